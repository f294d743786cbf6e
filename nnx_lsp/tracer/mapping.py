"""What mapping along an axis makes of values: the part that a lane of `vmap`, or a step of `scan`, sees, and what their results are side by side."""

from __future__ import annotations

import msgspec

from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.tracer import dtypes, shapes
from nnx_lsp.tracer.shapes import Extent
from nnx_lsp.tracer.values import (
    UNKNOWN,
    Array,
    Axis,
    Dict,
    Level,
    List,
    Object,
    OneOf,
    Static,
    Tuple,
    Value,
    with_items,
)

_DEEP = 4


def crossed(extent: Extent, axis: Axis) -> Extent:
    """An extent as it is on the other side of a border that takes an axis away, or adds one."""
    return _widened(extent, axis) if axis.is_added else _narrowed(extent, axis.number)


def _narrowed(extent: Extent, number: int | None) -> Extent:
    low, high = max(extent.low - 1, 0), extent.high - 1 if extent.high > 0 else extent.high
    dims = list(extent.shape or ())
    if number is not None and -len(dims) <= number < len(dims):
        del dims[number]
        return shapes.exactly(dims)
    if number == 0 and not extent.is_ranked:
        return Extent(low, high, extent.dims[max(len(extent.dims) - low, 0) :] if low else ())
    return Extent(low, high)


def _widened(extent: Extent, axis: Axis) -> Extent:
    low, high = extent.low + 1, extent.high + 1 if extent.high >= 0 else -1
    if axis.number is None:
        return Extent(low, high)
    if not extent.is_ranked and axis.number >= 0:
        return Extent(low, high, extent.dims if axis.number == 0 else ())
    dims = (extent.shape if extent.is_ranked else None) or extent.dims
    place = axis.number if axis.number >= 0 else len(dims) + 1 + axis.number
    return Extent(low, high, (*dims[:place], axis.size, *dims[place:]) if 0 <= place <= len(dims) else ())


def perhaps_in_a_lane(value: Value) -> Value:
    """An array that may be seen whole, or as a lane or a step sees it: without its first dimension."""
    if not isinstance(value, Array) or not value.low:
        return value
    low = value.low - 1
    return Array(value.level, value.dtype, low, value.high, value.origin, value.role, value.dims[-low:] if low else (), value.uses, value.exact)


def axis_of(value: Value, *, is_added: bool = False, size: int | None = None) -> Axis | None:
    """The axis that an option such as `in_axes` names for one argument; `None` where it names none."""
    if not isinstance(value, Static) or value.kind != "int":
        return None
    return Axis(value.constant if isinstance(value.constant, int) else None, size, is_added)


def length(value: Value, axis: Axis, depth: int = 0) -> int | None:
    """How many lanes there are, by an argument that is mapped."""
    match value:
        case Array():
            shape = shapes.extent(value).shape
            number = axis.number
            return shape[number] if shape is not None and number is not None and -len(shape) <= number < len(shape) else None
        case Tuple(items=items):
            return _first_length(items, axis, depth)
        case List():
            return _first_length(value.items or (), axis, depth)
        case Dict():
            return _first_length(tuple(value.items.values()), axis, depth)
        case _:
            return None


def _first_length(values: tuple[Value, ...], axis: Axis, depth: int) -> int | None:
    if depth > _DEEP:
        return None
    return next((found for value in values if (found := length(value, axis, depth + 1)) is not None), None)


def settled(value: Value) -> Value:
    """What a loop carries, as it is after any number of passes: what is weakly typed may have become strong."""
    match value:
        case Array() if value.exact and not dtypes.is_strong(value.exact):
            return Array(value.level, value.dtype, value.low, value.high, value.origin, "", value.dims)
        case Tuple(items=items, fields=fields):
            return Tuple(tuple(map(settled, items)), fields)
        case List(kind="list") if value.items is not None:
            return List({"items": tuple(map(settled, value.items))}, value.level)
        case Dict():
            return Dict({key: settled(item) for key, item in value.items.items()}, value.contents, value.level)
        case _:
            return value


def abstract(value: Value) -> Value:
    """What `eval_shape` gives for a value: shapes and dtypes, of which none is an array."""
    match value:
        case Array():
            return msgspec.structs.replace(value, role="abstract")
        case Tuple() | List(kind="list") | Dict():
            return with_items(value, abstract)
        case _:
            return value


def batched_as(value: Value, given: Value) -> Value:
    """A carry after a loop in a lane: what was mapped before is mapped afterwards; of the rest nobody knows whether the lanes differ."""
    match value:
        case Array():
            is_mapped = isinstance(given, Array) and given.level is not None and given.level.kind is LevelKind.BATCHED
            return value if is_mapped else UNKNOWN
        case Tuple(items=items, fields=fields) if isinstance(given, Tuple) and len(given.items) == len(items):
            return Tuple(tuple(map(batched_as, items, given.items)), fields)
        case Static() | Object():
            return value
        case _:
            return UNKNOWN


def traced_by(value: Value, wanted: LevelKind, depth: int = 0) -> Level | None:
    """The level of this kind that traces an array in a value, or the Params of an object."""
    match value:
        case Array(level=Level(kind=kind) as level) if kind is wanted:
            return level
        case Object(view=view) if view is not None:
            by = view.tangents if wanted is LevelKind.DIFFERENTIATED else view.arrays
            return by if by is not None and by.kind is wanted else None
        case Tuple(items=items) | OneOf(options=items):
            return _first_traced(items, wanted, depth)
        case List():
            return _first_traced(value.items or (value.element,), wanted, depth)
        case Dict():
            return _first_traced(tuple(value.items.values()), wanted, depth)
        case _:
            return None


def _first_traced(values: tuple[Value, ...], wanted: LevelKind, depth: int) -> Level | None:
    if depth > _DEEP:
        return None
    return next((level for value in values if (level := traced_by(value, wanted, depth + 1)) is not None), None)
