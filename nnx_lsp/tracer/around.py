"""What traces, outside of a transform, what comes out of it: gradients and lanes around it, where no stage is.

Under `jax.grad` each operation decides for itself whether its result is differentiated. What a transformed function gives may depend on any of its
arguments, and on what it captures, so it is known only where all of them are differentiated, or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.tracer import dtypes
from nnx_lsp.tracer.base import Arguments, is_doubtful
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.mapping import traced_by
from nnx_lsp.tracer.uses import free_names
from nnx_lsp.tracer.values import (
    UNKNOWN,
    Among,
    Array,
    Bound,
    Dict,
    Function,
    Given,
    Iterator_,
    Level,
    List,
    Object,
    OneOf,
    Partial,
    State,
    Static,
    Transformed,
    Tree,
    Tuple,
    Unknown,
    Value,
    items_of,
    join,
    outward,
    with_items,
)

_DEEPEST = 4
_OPEN = (LevelKind.BATCHED, LevelKind.DIFFERENTIATED)


class Around(msgspec.Struct, frozen=True):
    """What traces the results of a transform outside of it; `is_sure` is false where it may be something for some of them, and nothing for others."""

    level: Level | None
    is_sure: bool = True
    by: LevelKind = LevelKind.DIFFERENTIATED
    """What may trace them."""


def around(values: Iterable[Value], function: Value) -> Around:
    """What traces the results of a function that a transform runs on these values."""
    given = tuple(values)
    everything = Tuple(given)
    level = traced_by(everything, LevelKind.BATCHED) or traced_by(everything, LevelKind.DIFFERENTIATED)
    captured = captures(function) or (LevelKind.DIFFERENTIATED if any(map(is_doubtful, given)) else None)
    if level is None:
        return Around(None) if captured is None else Around(None, False, captured)
    is_batched = level.kind is LevelKind.BATCHED or captured is LevelKind.BATCHED
    kind = LevelKind.BATCHED if is_batched else LevelKind.DIFFERENTIATED
    return Around(level, all(each is level for value in given for each in _levels(value, 0)), kind)


def _levels(value: Value, depth: int) -> Iterator[Level | None]:
    """What traces each array in a value that may be one of floats."""
    match value:
        case Array(level=level, dtype=dtype):
            if dtype in ("", "float", "complex") or (level is not None and level.kind is LevelKind.BATCHED):
                yield level
        case Tree(level=level):
            yield level
        case Static(kind="float" | "ndarray"):
            yield None
        case Object() if value.view is not None:
            yield value.view.tangents or value.view.arrays
        case OneOf() | Tuple() | List() | Dict() if depth < _DEEPEST:
            for item in value.options if isinstance(value, OneOf) else items_of(value):
                yield from _levels(item, depth + 1)
        case _:
            pass


def captures(function: Value) -> LevelKind | None:
    """What traces values that a function takes from the functions around it, from its receiver, or from the arguments that it holds: lanes before gradients.
    What is not known there may be traced by a gradient."""
    found = set(_captured(function, set(), 0))
    return next((kind for kind in _OPEN if kind in found), None)


def _captured(value: Value, seen: set[int], depth: int) -> Iterator[LevelKind]:
    if id(value) in seen or depth > _DEEPEST:
        return
    seen.add(id(value))
    match value:
        case Array(level=Level(kind=kind)) | Tree(level=Level(kind=kind)) if kind in _OPEN:
            yield kind
        case Function():
            for name in free_names(value.definition):
                held = _local(value.closure, name)
                if held is not None:
                    yield from _captured(held, seen, depth + 1)
        case Bound(function=function, receiver=receiver):
            yield from _captured(function, seen, depth + 1)
            yield from _captured(receiver, seen, depth + 1)
        case Partial(function=function, arguments=arguments, keywords=keywords):
            for each in (function, *arguments, *keywords.values()):
                yield from _captured(each, seen, depth + 1)
        case Transformed(function=function):
            yield from _captured(function, seen, depth)
        case State():
            pass
        case Object():
            by = (value.view.tangents or value.view.arrays) if value.view is not None else None
            if by is not None and by.kind in _OPEN:
                yield by.kind
            for each in tuple(value.attributes.values()):
                yield from _captured(each, seen, depth + 1)
        case OneOf() | Tuple() | List() | Dict():
            for each in value.options if isinstance(value, OneOf) else items_of(value):
                yield from _captured(each, seen, depth + 1)
        case Iterator_(element=element):
            yield from _captured(element, seen, depth + 1)
        case Unknown() if type(value) in (Unknown, Given, Among):
            yield LevelKind.DIFFERENTIATED
        case _:
            pass


def _local(frame: Frame | None, name: str) -> Value | None:
    """What a name is in the functions around; names of a module hold nothing that a transform traces."""
    while frame is not None and frame.outer is not None:
        if name in frame.names and not frame.is_class:
            return frame.names[name]
        frame = frame.outer
    return None


def perhaps(value: Value, by: Around) -> Value:
    """A result of which nobody knows whether it is traced: gradients trace floats alone."""
    match value:
        case Array(level=level, dtype=dtype):
            is_open = level is None or level is by.level
            return UNKNOWN if is_open and (dtype in ("", "float", "complex") or by.by is LevelKind.BATCHED) else value
        case Tree(level=level):
            return UNKNOWN if level is None or level is by.level else value
        case List(items=None):
            return List({"element": perhaps(value.element, by)}, value.level, value.kind)
        case Tuple() | List() | Dict():
            return with_items(value, lambda item: perhaps(item, by))
        case OneOf():
            return UNKNOWN
        case Static(kind="int" | "float" | "bool" | "complex") if by.by is LevelKind.BATCHED:
            return UNKNOWN
        case _:
            return value


def perhaps_numbers(value: Value) -> Value:
    """What a function with rules of its own gives, where it may be under a transform or not: a number may come out as an array."""
    match value:
        case Static(kind="int" | "float" | "bool" | "complex"):
            return UNKNOWN
        case Tuple():
            return with_items(value, perhaps_numbers)
        case _:
            return value


def carry(value: Value, given: Value) -> Value:
    """A carry after a loop of which something is differentiated: what was so before is so afterwards, integers are not; of the rest nobody knows."""
    match value:
        case Array(dtype=dtype):
            is_traced = isinstance(given, Array) and given.level is not None and given.level.kind is LevelKind.DIFFERENTIATED
            return value if is_traced or dtype in ("int", "bool", "key") else UNKNOWN
        case Tuple(items=items, fields=fields) if isinstance(given, Tuple) and len(given.items) == len(items):
            return Tuple(tuple(map(carry, items, given.items)), fields)
        case List(items=tuple() as items, kind="list") if isinstance(given, List) and given.items is not None and len(given.items) == len(items):
            return List({"items": tuple(map(carry, items, given.items))}, value.level)
        case Dict() if isinstance(given, Dict) and value.items.keys() == given.items.keys():
            return Dict({key: carry(item, given.items[key]) for key, item in value.items.items()}, value.presence, value.level)
        case Static() | Object():
            return value
        case _:
            return UNKNOWN


def concrete(value: Value) -> Value:
    """An argument as a function with rules of its own sees it: `custom_vjp` and `custom_jvp` run it on what is differentiated without a tracer, unless a
    gradient is taken of a gradient."""
    match value:
        case Array(level=Level(kind=LevelKind.DIFFERENTIATED) as level):
            if _is_nested(level) or (value.exact and not dtypes.is_strong(value.exact)):
                return UNKNOWN  # It may also be the Python number that was given.
            return msgspec.structs.replace(value, level=None, origin=None)
        case Tree(level=Level(kind=LevelKind.DIFFERENTIATED) as level):
            return UNKNOWN if _is_nested(level) else Tree(None, None, value.role)
        case Tuple() | List() | Dict():
            return with_items(value, concrete)
        case OneOf():
            return UNKNOWN if traced_by(value, LevelKind.DIFFERENTIATED) else value
        case _:
            return value


def unrefused(arguments: Arguments, names: Sequence[str], fixed: Sequence[object] | None) -> Arguments:
    """Arguments as the body of a function under `custom_vjp` sees them, with the numbers and names of those that are not differentiated (`None`: any may be
    one): JAX refuses a tracer there with UnexpectedTracerError, so what the body gets is not traced, whatever was given.

    Source: `custom_vjp.__call__` in `jax/_src/custom_derivatives.py` (jax 0.6 to 0.12). `custom_jvp` refuses nothing.
    """

    def seen(value: Value, index: int | None, name: str) -> Value:
        return _untraced(value) if fixed is None or index in fixed or name in fixed else value

    known = dict(enumerate(names))
    positional = tuple(seen(value, index, known.get(index, "")) for index, value in enumerate(arguments.positional))
    numbers = {name: index for index, name in known.items()}
    keywords = {name: seen(value, numbers.get(name), name) for name, value in arguments.keywords.items()}
    return msgspec.structs.replace(arguments, positional=positional, keywords=keywords)


def _untraced(value: Value) -> Value:
    match value:
        case Array(level=Level()) | Tree(level=Level()):
            return UNKNOWN
        case Tuple() | List() | Dict():
            return with_items(value, _untraced)
        case OneOf(options=found):
            return join([_untraced(option) for option in found])
        case _:
            return value


def _is_nested(level: Level) -> bool:
    return any(each.kind in _OPEN for each in outward(level.parent))


__all__ = ["Around", "around", "captures", "carry", "concrete", "perhaps", "perhaps_numbers", "unrefused"]
