"""Shapes of arrays, as far as they are known: what functions, operators and layers make of them.

An array's shape is known from its end: `Extent.dims` are its last dimensions, all of them where the number of dimensions is known too.

Sources: `jax.numpy` (jax 0.6 to 0.12); `flax/nnx/nn/linear.py`, `normalization.py` and `flax/linen/pooling.py` (flax 0.10 to 0.12).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nnx_lsp.tracer.values import INT, UNKNOWN, Array, Function, Library, List, OneOf, Static, Tuple, Value, Variable

Size = int | None
"""The length of one dimension; `None` where it is not known."""


class Extent(NamedTuple):
    """Bounds of the number of dimensions (`high` -1: not bounded), and the last dimensions; never more of these than `low`."""

    low: int = 0
    high: int = -1
    dims: tuple[Size, ...] = ()

    @property
    def is_ranked(self) -> bool:
        """Whether the number of dimensions is known."""
        return self.low == self.high

    def at(self, back: int) -> Size:
        """The dimension that stands `back` places from the end (0: the last one)."""
        return self.dims[-1 - back] if back < len(self.dims) else None

    @property
    def shape(self) -> tuple[Size, ...] | None:
        """All dimensions, where their number is known."""
        return (None,) * (self.low - len(self.dims)) + self.dims if self.is_ranked else None

    @property
    def size(self) -> Size:
        """How many elements there are."""
        return _product(self.shape)


NOTHING = Extent()
SCALAR = Extent(0, 0)


def exactly(dims: Sequence[Size]) -> Extent:
    """The extent of a shape whose number of dimensions is known."""
    return Extent(len(dims), len(dims), tuple(dims))


def extent(value: Value | None) -> Extent:
    """What is known of a value's shape. What is no array at all, but an option of a function, counts as a scalar."""
    match value:
        case Variable():
            return extent(value.content)
        case Array(low=low, high=high, dims=dims):
            return Extent(low, high, dims)
        case Static(kind=kind):
            return SCALAR if kind not in ("ndarray", "shape", "") else NOTHING
        case Library() | Function():
            return SCALAR
        case OneOf(options=found):
            extents = [extent(option) for option in found]
            high = -1 if any(one.high < 0 for one in extents) else max(one.high for one in extents)
            return Extent(min(one.low for one in extents), high, joined([one.dims for one in extents]))
        case _:
            return NOTHING


def joined(every: Sequence[tuple[Size, ...]]) -> tuple[Size, ...]:
    """The last dimensions that are the same in each of some shapes."""
    shortest = min(map(len, every))
    columns = zip(*(dims[len(dims) - shortest :] for dims in every), strict=True)
    return tuple(column[0] if len(set(column)) == 1 else None for column in columns)


# Operators ---------------------------------------------------------------------------------------------------------


def broadcast(extents: Sequence[Extent]) -> Extent:
    """The extent of an element-wise result."""
    if not extents:
        return NOTHING
    low = max(one.low for one in extents)
    high = -1 if any(one.high < 0 for one in extents) else max(one.high for one in extents)
    return Extent(low, high, tuple(_common(extents, back) for back in reversed(range(low))))


def _common(extents: Sequence[Extent], back: int) -> Size:
    sizes = [1 if 0 <= one.high <= back else one.at(back) for one in extents]
    larger = {size for size in sizes if size is not None and size != 1}
    if len(larger) > 1:  # They do not fit: who repairs that changes one of them.
        return None
    return next(iter(larger), None if None in sizes else 1)


def clash(left: Extent, right: Extent) -> bool:
    """Whether two arrays certainly do not broadcast."""
    pairs = ((left.at(back), right.at(back)) for back in range(min(len(left.dims), len(right.dims))))
    return any(one is not None and two is not None and one != two and 1 not in (one, two) for one, two in pairs)


def differ(one: Extent, two: Extent) -> bool:
    """Whether two shapes are certainly not the same."""
    if (0 <= one.high < two.low) or (0 <= two.high < one.low):
        return True
    count = min(len(one.dims), len(two.dims))
    pairs = ((one.at(back), two.at(back)) for back in range(count))
    return any(left is not None and right is not None and left != right for left, right in pairs)


def contracted(left: Extent, right: Extent) -> tuple[Size, Size]:
    """The two dimensions that a matrix product sums over."""
    return left.at(0), right.at(0) if right.high == 1 else right.at(1) if right.low >= 2 else None


def product(left: Extent, right: Extent) -> Extent:
    """The extent of `left @ right`; of two that do not fit only the rank is known, for who repairs that changes one of them."""
    sizes = contracted(left, right)
    if None not in sizes and sizes[0] != sizes[1]:
        left, right = (Extent(one.low, one.high, (None,) * len(one.dims)) for one in (left, right))
    if right.is_ranked and right.low == 2 and left.low >= 1:
        return Extent(left.low, left.high, (*left.dims[:-1], right.at(0)))
    if not (left.is_ranked and right.is_ranked and left.low and right.low):
        return NOTHING
    if left.low >= 2 and right.low >= 2:
        outer = broadcast((_without_last(left, 2), _without_last(right, 2)))
        return exactly((*(outer.shape or ()), left.at(1), right.at(0)))
    shapes = (left.shape or ()), (right.shape or ())
    return exactly(shapes[0][:-1] + (shapes[1][:-2] + shapes[1][-1:] if right.low >= 2 else ()))


def _without_last(one: Extent, count: int) -> Extent:
    return exactly((one.shape or ())[:-count])


# Functions ---------------------------------------------------------------------------------------------------------


def of_shape(value: Value | None) -> Extent:
    """The extent that a `shape` argument gives."""
    match value:
        case None:
            return SCALAR
        case Tuple(items=items):
            return exactly([size(item) for item in items])
        case List() if value.items is not None:
            return exactly([size(item) for item in value.items])
        case Static(kind="int"):
            return exactly([size(value)])
        case _:
            return NOTHING


def size(value: Value | None) -> Size:
    """A Python integer that is known."""
    if isinstance(value, Static) and isinstance(value.constant, int) and not isinstance(value.constant, bool):
        return value.constant
    return None


def of_display(value: Value) -> Extent:
    """The extent of `jnp.array` of a number or of nested lists."""
    if isinstance(value, List | Tuple):
        if not value.items:
            return exactly([0]) if value.items is not None else Extent(1, -1)
        inner = [of_display(item) for item in value.items]
        high = -1 if any(one.high < 0 for one in inner) else max(one.high for one in inner) + 1
        low = min(one.low for one in inner) + 1
        return Extent(low, high, ((len(value.items),) if low == high else ()) + joined([one.dims for one in inner]))
    return extent(value) if not isinstance(value, Library) else NOTHING


def reshaped(before: Extent, shape: Value | None) -> Extent:
    """The extent after `reshape`."""
    found = of_shape(shape)
    if -1 not in found.dims:
        return found
    rest = _product([each for each in found.dims if each != -1])
    total = before.size
    inferred = total // rest if total is not None and rest else None
    return exactly([inferred if each == -1 else each for each in found.dims])


def reduced(before: Extent, axis: Value | None, keeps: Value | None) -> Extent:
    """The extent after a reduction along `axis`."""
    axes = _axes(axis)
    shape = before.shape
    is_kept = keeps.constant if isinstance(keeps, Static) and isinstance(keeps.constant, bool) else None if keeps is not None else False
    if axis is None or (isinstance(axis, Static) and axis.kind == "NoneType"):
        return SCALAR if is_kept is False else NOTHING
    if axes is None or shape is None or is_kept is None or any(not -len(shape) <= each < len(shape) for each in axes):
        return NOTHING
    gone = {each % len(shape) for each in axes}
    return exactly([1 if index in gone else each for index, each in enumerate(shape) if is_kept or index not in gone])


def transposed(before: Extent, axes: Value | None) -> Extent:
    """The extent after `transpose`."""
    shape = before.shape
    if shape is None:
        return Extent(before.low, before.high)
    if axes is None:
        return exactly(shape[::-1])
    order = _axes(axes)
    if (
        order is None
        or any(not -len(shape) <= each < len(shape) for each in order)
        or sorted(each % max(len(shape), 1) for each in order) != list(range(len(shape)))
    ):
        return Extent(before.low, before.high)
    return exactly([shape[each] for each in order])


def expanded(before: Extent, axis: Value | None) -> Extent:
    """The extent after `expand_dims`."""
    where, shape = size(axis), before.shape
    if where is None or shape is None or not -len(shape) - 1 <= where <= len(shape):
        return NOTHING
    place = where if where >= 0 else where + len(shape) + 1
    return exactly((*shape[:place], 1, *shape[place:]))


def concatenated(parts: Value | None, axis: Value | None) -> Extent:
    """The extent after `concatenate`."""
    items = parts.items if isinstance(parts, Tuple | List) else None
    found = [extent(item) for item in items or ()]
    where = 0 if axis is None else size(axis)
    if not found or where is None or any(not one.is_ranked or one.low != found[0].low for one in found) or not -found[0].low <= where < found[0].low:
        return NOTHING
    where %= found[0].low
    shapes = [one.shape or () for one in found]
    columns = list(zip(*shapes, strict=True))
    along = columns[where]
    total = sum(each for each in along if each is not None) if None not in along else None
    return exactly([total if index == where else column[0] if len(set(column)) == 1 else None for index, column in enumerate(columns)])


def stacked(parts: Value | None, axis: Value | None) -> Extent:
    """The extent after `stack`."""
    items = parts.items if isinstance(parts, Tuple | List) else None
    if not items:
        return NOTHING
    found = [extent(item) for item in items]
    if any(not one.is_ranked or one.low != found[0].low for one in found):
        return NOTHING
    one = expanded(exactly(joined([one.shape or () for one in found])), axis if axis is not None else Static("int", 0))
    where = 0 if axis is None else size(axis)
    shape = list(one.shape or ())
    if where is None or not shape:
        return NOTHING
    shape[where] = len(items)
    return exactly(shape)


def stretched(before: Extent, length: Value | None) -> Extent:
    """The extent with one dimension more at the end."""
    return Extent(before.low + 1, before.high + 1 if before.high >= 0 else -1, (*before.dims, size(length)))


def stacked_numbers(start: Value | None, stop: Value | None, count: Value) -> Extent:
    """The extent of `linspace`."""
    return exactly([size(count)]) if extent(start) == extent(stop) == SCALAR else NOTHING


def counted(start: Value | None, stop: Value | None, step: Value | None) -> Extent:
    """The extent of `arange`."""
    if stop is None:
        length = size(start) if step is None else None
        return exactly([max(length, 0) if length is not None else None])
    numbers = size(start), size(stop), size(step) if step is not None else 1
    if numbers[0] is None or numbers[1] is None or not numbers[2]:
        return exactly([None])
    return exactly([max(math.ceil((numbers[1] - numbers[0]) / numbers[2]), 0)])


def subscripted(before: Extent, parts: Sequence[Value]) -> Extent:
    """The extent of `array[parts]` for integers, slices, `None` and one `...`; nothing is known for other indices."""
    shape = before.shape
    taken = sum(1 for part in parts if _consumes(part))
    if shape is None or any(not _is_basic(part) for part in parts) or taken > len(shape):
        return NOTHING
    left = list(shape)
    made: list[Size] = []
    for part in parts:
        if isinstance(part, Static) and part.kind == "NoneType":
            made.append(1)
        elif isinstance(part, Static) and part.kind == "ellipsis":
            count = len(shape) - taken
            made, left = made + left[:count], left[count:]
        elif isinstance(part, Tuple):
            made.append(_sliced(left.pop(0), part))
        else:
            left.pop(0)
    return exactly(made + left)


def _consumes(part: Value) -> bool:
    return isinstance(part, Tuple) or (isinstance(part, Static) and part.kind not in ("NoneType", "ellipsis"))


def _is_basic(part: Value) -> bool:
    return (isinstance(part, Tuple) and bool(part.fields)) or (isinstance(part, Static) and part.kind in ("int", "NoneType", "ellipsis"))


def _sliced(length: Size, part: Tuple) -> Size:
    bounds = [bound.constant if isinstance(bound, Static) and isinstance(bound.constant, int | None) else ... for bound in part.items]
    if all(bound is None for bound in bounds):
        return length
    if length is None or ... in bounds or bounds[2] == 0:
        return None
    return len(range(*slice(*bounds).indices(length)))


def _axes(value: Value | None) -> list[int] | None:
    items = value.items if isinstance(value, Tuple | List) else (value,)
    found = [size(item) for item in items or ()]
    return None if None in found or not found else [each for each in found if each is not None]


def _product(sizes: Sequence[Size] | None) -> Size:
    total = 1
    for each in sizes if sizes is not None else (None,):
        if each is None:
            return None
        total *= each
    return total


# Layers ------------------------------------------------------------------------------------------------------------


def of_weight(layer: str, name: str, held: Mapping[str, Value]) -> Extent | None:
    """The extent of a layer's own weight from the arguments that the layer keeps; `None` where there is no telling."""
    if layer in ("LinearGeneral", "Einsum"):
        return _of_general(layer, name, held)
    features = size(held.get("out_features"))
    if layer in ("Linear", "Conv", "ConvTranspose") and name == "bias":
        return exactly([features])
    inputs = size(held.get("in_features"))
    match layer, name:
        case "Linear", "kernel":
            return exactly([inputs, features])
        case (("Conv" | "ConvTranspose"), "kernel"):
            window = _window(held.get("kernel_size"))
            groups = size(held.get("feature_group_count")) if layer == "Conv" else 1
            if window is None or held.get("transpose_kernel", Static("bool", False)) != Static("bool", False):
                return Extent(3, -1)
            return exactly((*window, inputs // groups if inputs is not None and groups else None, features))
        case "Embed", "embedding":
            return exactly([size(held.get("num_embeddings")), size(held.get("features"))])
        case (("LayerNorm" | "RMSNorm" | "BatchNorm" | "GroupNorm"), ("scale" | "bias" | "mean" | "var")):
            return exactly([size(held.get("num_features"))])
        case _:
            return None


def _of_general(layer: str, name: str, held: Mapping[str, Value]) -> Extent | None:
    """The same for a layer whose weights have a dimension for each of several features."""
    if name not in ("kernel", "bias"):
        return None
    if layer == "Einsum":
        return of_shape(held.get(f"{name}_shape", UNKNOWN))
    inputs, outputs = (of_shape(held.get(f"{which}_features", UNKNOWN)).shape for which in ("in", "out"))
    if name == "bias":
        return exactly(outputs) if outputs is not None else Extent(1, -1)
    return exactly((*inputs, *outputs)) if inputs is not None and outputs is not None else Extent(2, -1)


def _window(value: Value | None) -> tuple[Size, ...] | None:
    found = of_shape(value) if value is not None else NOTHING
    return found.shape


def convolved(before: Extent, kernel: Extent, held: Mapping[str, Value]) -> Extent:
    """The extent after an `nnx.Conv` with this kernel."""
    if not kernel.is_ranked:
        return Extent(max(before.low, 1), before.high, (kernel.at(0),))
    count = kernel.low - 2
    window = (kernel.shape or ())[:count]
    low = max(before.low, count + 1)
    places = _windows(before, window, held.get("strides"), held.get("padding"), held.get("kernel_dilation"), held.get("input_dilation"))
    batch = before.dims[: max(len(before.dims) - count - 1, 0)]
    dims = (*batch, *places, kernel.at(0))
    return Extent(low, before.high if before.high < 0 else max(before.high, low), dims[-low:])


def pooled(before: Extent, window: Value | None, strides: Value | None, padding: Value | None) -> Extent:
    """The extent after `nnx.max_pool` and its like."""
    sizes = _window(window)
    if sizes is None or isinstance(window, Static):
        return Extent(before.low, before.high)
    places = _windows(before, sizes, strides, padding if padding is not None else Static("str", "VALID"), None, None)
    low = max(before.low, len(sizes) + 1)
    batch = before.dims[: max(len(before.dims) - len(sizes) - 1, 0)]
    return Extent(low, before.high if before.high < 0 else max(before.high, low), (*batch, *places, before.at(0))[-low:])


def _windows(
    before: Extent, window: tuple[Size, ...], strides: Value | None, padding: Value | None, dilation: Value | None, spread: Value | None
) -> tuple[Size, ...]:
    """The spatial dimensions after a window went over them."""
    count = len(window)
    steps, dilated, spreads = (_each(value, count) for value in (strides, dilation, spread))
    pads = _paddings(padding, count)
    return tuple(
        _places(before.at(count - index), window[index], steps[index], pads[index], dilated[index]) if spreads[index] == 1 else None for index in range(count)
    )


def _places(length: Size, window: Size, step: Size, padding: object, dilation: Size) -> Size:
    if length is None or window is None or not step or dilation is None:
        return None
    reach = (window - 1) * dilation + 1
    match padding:
        case "SAME" | "CIRCULAR" | "REFLECT" if padding == "SAME" or step == 1:
            return math.ceil(length / step)
        case "CAUSAL":
            return math.ceil(length / step)
        case "VALID":
            return max((length - reach) // step + 1, 0)
        case (int() as before, int() as after):
            return max((length + before + after - reach) // step + 1, 0)
        case _:
            return None


def _each(value: Value | None, count: int) -> tuple[Size, ...]:
    """An option that is one number for all dimensions or one for each; without it, ones."""
    if value is None or (isinstance(value, Static) and value.kind == "NoneType"):
        return (1,) * count
    if isinstance(value, Static):
        return (size(value),) * count
    found = of_shape(value).shape
    return found if found is not None and len(found) == count else (None,) * count


def _paddings(value: Value | None, count: int) -> tuple[object, ...]:
    if isinstance(value, Static):
        return (value.constant if isinstance(value.constant, str) else (value.constant,) * 2 if isinstance(value.constant, int) else None,) * count
    items = value.items if isinstance(value, Tuple | List) else None
    if items is None or len(items) != count:
        return (None,) * count
    return tuple((size(item),) * 2 if isinstance(item, Static) else of_shape(item).dims for item in items)


# Values of Python --------------------------------------------------------------------------------------------------


def as_value(one: Extent) -> Value:
    """What `array.shape` gives: a tuple where the number of dimensions is known."""
    shape = one.shape
    return Tuple(tuple(Static("int", each) if each is not None else INT for each in shape)) if shape is not None else UNKNOWN
