"""What the tracer says of a value at one moment: a frozen copy of an abstract value, for the referee of values and for the tests under `tests/values`."""

from __future__ import annotations

from typing import Any

import msgspec

from nnx_lsp.program import Place
from nnx_lsp.tracer.values import (
    Array,
    Bound,
    Class,
    Deferred,
    Dict,
    Function,
    Iterator_,
    Level,
    Library,
    LibraryMethod,
    List,
    Object,
    OneOf,
    Optax,
    Partial,
    Static,
    Super,
    Transformed,
    Tree,
    Tuple,
    Unknown,
    UserModule,
    Value,
    Variable,
)

DEEPEST = 3
MOST = 16
"""How many items of a container, or attributes of an object, are copied at most."""


class Claim(msgspec.Struct, frozen=True):
    """One abstract value, frozen. `sort` is the name of its kind in lower case (`array`, `static`,
    `object`, …); which of the other fields mean something depends on it."""

    sort: str
    name: str = ""
    """The type of a static value, the class of an object or a container, the canonical name of library code, or the name of a definition."""
    constant: Any = None
    is_constant: bool = False
    """Whether `constant` is claimed."""
    place: Place | None = None
    """Where the class, or the function, is defined."""
    level: str = ""
    """For arrays and trees: `staged`, `batched` or `differentiated`; empty: not traced, as far as is known."""
    transform: str = ""
    """The transform that traces it."""
    dtype: str = ""
    exact: str = ""
    low: int = 0
    high: int = -1
    dims: tuple[int | None, ...] = ()
    items: tuple[Claim, ...] | None = None
    """Items of a tuple, a list or an iterator; values of a dict; options of `oneof`; `None`: not known."""
    keys: tuple[Any, ...] = ()
    attributes: tuple[tuple[str, Claim], ...] = ()
    inner: Claim | None = None
    """What is bound, wrapped or held; what each item of a container is whose length is not known."""
    key: int = 0
    """Which PRNG key it is, by a number of its own; 0: not said."""
    is_open: bool = False
    is_symbolic: bool = False
    """For an object: nobody saw it made, so it may be an instance of a subclass."""


UNKNOWN = Claim("unknown")


def frozen(value: Value, depth: int = DEEPEST) -> Claim:
    """The claim that an abstract value makes now. Nothing is looked up for it, so that it leaves no trace in the walk."""
    match value:
        case Unknown() | Deferred():
            return UNKNOWN
        case Static():
            return _static(value)
        case Object() if value.is_of_another_class:
            return UNKNOWN
        case Array():
            return Claim(
                "array",
                dtype=value.dtype,
                exact=value.exact,
                low=value.low,
                high=value.high,
                dims=value.dims,
                level=_kind(value.level),
                transform=value.level.name if value.level is not None else "",
                key=id(value.uses) if value.uses is not None and value.dtype == "key" else 0,
            )
        case Tree():
            return Claim("tree", level=_kind(value.level), transform=value.level.name if value.level is not None else "")
        case Library():
            return Claim("library", value.name)
        case LibraryMethod():
            return Claim("method", value.name)
        case Function():
            return Claim("function", value.name, place=value.place)
        case Class():
            return Claim("class", value.name, place=value.place)
        case UserModule():
            return Claim("module", value.path)
        case Super():
            return Claim("super", value.owner.name)
        case Optax():
            return Claim("optax", value.sort)
        case _ if depth == 0:
            return _shallow(value)
        case _:
            return _deep(value, depth - 1)


def _static(value: Static) -> Claim:
    constant = value.constant if value.is_known else None
    is_constant = value.is_known and isinstance(constant, bool | int | float | str | complex | type(None) | tuple)
    return Claim("static", value.kind, constant if is_constant else None, is_constant)


def _kind(level: Level | None) -> str:
    return level.kind.value if level is not None else ""


def _shallow(value: Value) -> Claim:
    """What a value is, without what is in it."""
    match value:
        case Object():
            return _object(value, ())
        case Tuple():
            return Claim("tuple", keys=value.fields, is_open=True)
        case List():
            return Claim("list", value.kind, is_open=True)
        case Dict():
            return Claim("dict", is_open=True)
        case Iterator_():
            return Claim("iterator")
        case Bound():
            return Claim("bound")
        case Partial():
            return Claim("partial")
        case Transformed():
            return Claim("transformed", value.transform)
        case _:
            return UNKNOWN


def _deep(value: Value, depth: int) -> Claim:
    match value:
        case Object():
            held = value.attributes.get("value") if isinstance(value, Variable) else None
            return _object(value, _attributes(value, depth), frozen(held, depth) if held is not None else None)
        case Tuple():
            return Claim("tuple", items=_items(value.items, depth), keys=value.fields)
        case List():
            items = value.items
            if items is None:
                return Claim("list", value.kind, inner=frozen(value.contents.get("element", Unknown()), depth))
            return Claim("list", value.kind, items=_items(items, depth))
        case Dict():
            sure = {key: each for key, each in value.items.items() if value.has(key)}
            return Claim("dict", items=_items(tuple(sure.values()), depth), keys=tuple(sure)[:MOST], is_open=value.is_open or value.is_shared)
        case Iterator_():
            return Claim("iterator", items=_items(value.items, depth) if value.items is not None else None, inner=frozen(value.element, depth))
        case Bound():
            return Claim("bound", inner=frozen(value.function, depth), items=(frozen(value.receiver, min(depth, 1)),))
        case Partial():
            return Claim("partial", inner=frozen(value.function, depth))
        case Transformed():
            return Claim("transformed", value.transform, inner=frozen(value.function, depth))
        case OneOf():
            return Claim("oneof", items=tuple(frozen(each, depth + 1) for each in value.options))
        case _:
            return UNKNOWN


def _items(values: tuple[Value, ...], depth: int) -> tuple[Claim, ...]:
    """The items; those behind the first few count, and nothing is said of them."""
    shown = tuple(frozen(each, depth) for each in values[:MOST])
    return shown + (UNKNOWN,) * (len(values) - len(shown))


def _object(value: Object, attributes: tuple[tuple[str, Claim], ...], held: Claim | None = None) -> Claim:
    is_user = not isinstance(value.cls, str)
    return Claim(
        "object",
        value.class_name if is_user else str(value.cls),
        place=value.cls.place if not isinstance(value.cls, str) else None,
        level=_kind(value.level),
        attributes=attributes,
        inner=held,
        is_open=value.is_open,
        is_symbolic=value.is_symbolic,
    )


def _attributes(value: Object, depth: int) -> tuple[tuple[str, Claim], ...]:
    """The attributes that the object itself has now; those that a view would make when they are read are not asked for."""
    if value.is_symbolic or any(not isinstance(name, str) or name.startswith("<touched") for name in value.attributes):
        return ()
    own = [(name, each) for name, each in value.attributes.items() if name.isidentifier()]
    return tuple((name, frozen(each, depth)) for name, each in own[:MOST])
