"""Whether a value has an attribute, as `hasattr` and `getattr` with a default ask."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, TypeAlias

from nnx_lsp.knowledge import arrays as known
from nnx_lsp.tracer import containers, records
from nnx_lsp.tracer.rewritten import files
from nnx_lsp.tracer.state import MAYBE
from nnx_lsp.tracer.values import Array, Class, Dict, Library, List, Marked, Module, Object, OneOf, Rngs, Static, Transformed, Unknown, Value

if TYPE_CHECKING:
    from nnx_lsp.tracer.attributes import Attributes

Verdict: TypeAlias = bool | None

_OF_PYTHON = ("int", "float", "complex", "bool", "str", "bytes")
_NEW = frozenset(("is_integer", "removeprefix", "removesuffix", "bit_count", "from_number"))
"""Methods that plain values have in newer releases of Python alone."""
_DECIDING = ("__getattr__", "__getattribute__", "__slots__")
"""Names in a class by which it may have attributes of its own making."""
_LAYERS = "flax.nnx.Module"


def has_attribute(tracer: Attributes, owner: Value, name: str) -> Verdict:
    """Whether a value has an attribute; `None`: nobody knows."""
    match owner:
        case OneOf(options=found):
            verdicts = {has_attribute(tracer, each, name) for each in found}
            return verdicts.pop() if len(verdicts) == 1 else None
        case Rngs():
            entry = tracer.library.entry("flax.nnx.Rngs")
            if entry is None or name in entry.methods or name.startswith("_"):
                return True if entry is not None and name in entry.methods else None
            return name in owner.streams if owner.streams is not None and owner.has_default is False else None
        case Object():
            return _of_object(tracer, owner, name)
        case Array():
            is_known = name in known.OF_TORCH or name in known.STATIC_ATTRIBUTES or name in known.ARRAY_METHODS
            return name not in known.OF_TORCH if is_known else None
        case Library(name=module) if tracer.library.has_module(module):
            return tracer.library.entry(f"{module}.{name}") is not None or tracer.library.has_module(f"{module}.{name}")
        case Static(kind=kind) if kind in _OF_PYTHON:
            return _of_python(kind, name)
        case List(kind="list"):
            return _of_python("list", name)
        case Dict():
            return _of_python("dict", name)
        case _:
            return None


def _of_python(kind: str, name: str) -> Verdict:
    cls: type = getattr(builtins, kind)
    is_there = any(name in vars(each) for each in cls.__mro__)
    return is_there if name not in _NEW and not name.startswith("__") else None


def _of_object(tracer: Attributes, owner: Object, name: str) -> Verdict:
    held = tracer.peek(owner, name)
    if held is not None:
        is_there = (not isinstance(held, Unknown) or isinstance(held, Marked)) and tracer.peek(owner, MAYBE + name) is None
        return True if is_there else None
    if name.startswith("_") or tracer.is_replaced(name):
        return None
    if isinstance(owner.cls, Class):
        found = owner.cls.lookup(name)
        if found is not None:
            return None if isinstance(found[0], Unknown | Transformed | Object | OneOf) or MAYBE + name in found[1].attributes else True
    return False if _is_closed(tracer, owner) and not _may_come(tracer, owner, name) else None


def _is_closed(tracer: Attributes, owner: Object) -> bool:
    """Whether all attributes that an instance was given were seen."""
    if owner.is_open or not tracer.is_whole(owner):
        return False
    if isinstance(owner.cls, str):
        return isinstance(owner, Module) and tracer.library.is_subclass(owner.cls, _LAYERS) and containers.held(tracer, owner) is None
    return not owner.cls.is_open and not records.is_of_struct(owner.cls) and all(owner.cls.lookup(each) is None for each in _DECIDING)


def _may_come(tracer: Attributes, owner: Object, name: str) -> bool:
    """Whether a class of a library gives its instances such an attribute, or code that runs at another time assigns it."""
    for base in (owner.cls,) if isinstance(owner.cls, str) else owner.cls.library_bases:
        entry = tracer.library.entry(base)
        if entry is None or name in entry.methods or name in entry.attributes:
            return True
    if tracer.moment == 0:
        return False
    paths = {tracer.frame.path, tracer.root, *(files(owner.cls) if isinstance(owner.cls, Class) else ())}
    return tracer.may_be_assigned(paths, name)


__all__ = ["has_attribute"]
