"""Filters of nnx: which Variables one takes (`nnx.Param`, a class of the user, `...`, several of them).

Source: flax/nnx/filterlib.py (flax 0.10 to 0.12), `to_predicate`.
"""

from __future__ import annotations

from nnx_lsp.knowledge.library import Library as Knowledge
from nnx_lsp.tracer.values import Class, Library, List, Static, Tuple, Value, Variable, resolution_order

_VARIABLE = "flax.nnx.Variable"


def is_of(library: Knowledge, variable: Variable, wanted: Value) -> bool | None:
    """Whether a Variable is of a class (a filter of one type); `None` where the filter is another."""
    if isinstance(wanted, Class):
        return isinstance(variable.cls, Class) and wanted in resolution_order(variable.cls)
    if isinstance(wanted, Library) and (wanted.name == _VARIABLE or library.is_subclass(wanted.name, _VARIABLE)):
        names = (variable.cls,) if isinstance(variable.cls, str) else variable.cls.library_bases
        return any(name == wanted.name or library.is_subclass(name, wanted.name) for name in names)
    return None


def takes(library: Knowledge, variable: Variable, wanted: Value) -> bool | None:
    """Whether a filter takes a Variable, wherever it stands; `None` where that is not known."""
    match wanted:
        case Library(name="builtins.Ellipsis") | Static(kind="ellipsis") | Static(kind="bool", constant=True):
            return True
        case Static(kind="NoneType") | Static(kind="bool", constant=False):
            return False
        case Tuple(items=items) | List(items=tuple() as items):
            return _any([takes(library, variable, item) for item in items])
        case _:
            return is_of(library, variable, wanted)


def takes_array(wanted: Value) -> bool | None:
    """Whether a filter takes an array that stands in an object without a Variable: no class of Variables does. `None`: not known."""
    match wanted:
        case Library(name="builtins.Ellipsis") | Static(kind="ellipsis") | Static(kind="bool", constant=True):
            return True
        case Static(kind="NoneType") | Static(kind="bool", constant=False) | Class():
            return False
        case Library(name=name):
            return False if name.startswith("flax.nnx.") else None
        case Tuple(items=items) | List(items=tuple() as items):
            return _any(list(map(takes_array, items)))
        case _:
            return None


def _any(answers: list[bool | None]) -> bool | None:
    return True if True in answers else None if None in answers else False
