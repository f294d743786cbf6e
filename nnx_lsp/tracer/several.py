"""Functions of JAX that do not give one array: lists and tuples of arrays, and values of Python.

Source: `jax.numpy`, `jax.lax` and `jax.scipy` (jax 0.6 to 0.12), compared with `jax.eval_shape` by `nnx_lsp.dev.models`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec

from nnx_lsp.tracer import dtypes, shapes
from nnx_lsp.tracer.binding import Named
from nnx_lsp.tracer.shapes import NOTHING, Extent, Size
from nnx_lsp.tracer.values import NONE, STR, UNKNOWN, Array, Dict, Level, List, OneOf, Static, Tree, Tuple, Unknown, Value, Variable


class Call(msgspec.Struct, frozen=True):
    """What a model is told: the arguments by name, an array of which nothing but its level and origin is known, the level of here, and the Flax version."""

    given: Named
    array: Array
    level: Level | None
    flax: tuple[int, int]

    def made(self, exact: str = "", extent: Extent = NOTHING, *, kind: str = "") -> Array:
        """One array of the result."""
        return Array(self.array.level, kind or dtypes.kind(exact), extent.low, extent.high, self.array.origin, "", extent.dims, None, exact)

    def some(self, element: Value, container: str) -> List:
        """A list or tuple of nobody knows how many."""
        return List({"element": element}, self.level, container)

    def listed(self, items: Sequence[Value]) -> List:
        """A list of these."""
        return List({"items": tuple(items)}, self.level)


Model = Callable[[Call], Value | None]


def result(name: str, call: Call) -> Value | None:
    """What a function gives that does not always give one array; `None` where it gives one this time."""
    model = MODELS.get(name)
    if model is None:
        return None
    return UNKNOWN if call.given.is_open else model(call)


def _is(value: Value | None, default: bool = False) -> bool | None:
    """Whether an option is on; `None` where nobody knows."""
    if value is None:
        return default
    return value.constant if isinstance(value, Static) and isinstance(value.constant, bool) else None


def _items(value: Value | None) -> tuple[Value, ...] | None:
    return value.items if isinstance(value, Tuple | List) else None


def _may_be_array(value: Value | None) -> bool:
    """Whether it may be anything but a container, so that the function gives one array."""
    return not isinstance(value, Tuple | List | Static)


# Parts of an array ---------------------------------------------------------------------------------------------------


def _split(axis: int | None = None, before: Callable[[Extent], int | None] | None = None) -> Model:
    """`jnp.split` and its like: a list of parts along an axis."""

    def model(call: Call) -> Value:
        subject = call.given.get("ary", "operand")
        if isinstance(subject, Static) and subject.kind == "ndarray":
            return UNKNOWN
        one, exact = shapes.extent(subject), dtypes.exact(subject)
        if before is not None:
            where = before(one)
        elif axis is not None:
            where = axis
        else:
            given = call.given.get("axis")
            where = 0 if given is None else shapes.size(given)
        lengths = _lengths(call.given.get("indices_or_sections", "sizes"), _along(one, where))
        if lengths is None:
            return call.some(call.made(exact, _with(one, where, None), kind=_kind(subject)), "list")
        return call.listed([call.made(exact, _with(one, where, length), kind=_kind(subject)) for length in lengths])

    return model


def _kind(value: Value | None) -> str:
    return value.dtype if isinstance(value, Array) else ""


def _along(one: Extent, axis: int | None) -> Size:
    shape = one.shape
    return shape[axis] if shape is not None and axis is not None and -len(shape) <= axis < len(shape) else None


def _with(one: Extent, axis: int | None, length: Size) -> Extent:
    """The same number of dimensions with another length along one of them."""
    shape = one.shape
    if shape is None or axis is None or not -len(shape) <= axis < len(shape):
        return Extent(one.low, one.high)
    found = list(shape)
    found[axis] = length
    return shapes.exactly(found)


def _lengths(where: Value | None, along: Size) -> list[Size] | None:
    """The lengths of the parts; `None` where nobody knows how many there are."""
    count = shapes.size(where)
    if count is not None and 0 < count <= _MANY:
        if along is None:
            return [None] * count
        return [along // count + (index < along % count) for index in range(count)]
    bounds = _items(where)
    if bounds is None or len(bounds) >= _MANY:
        return None
    places: list[Size] = [0, *map(shapes.size, bounds), along]
    return [
        max(end - start, 0) if start is not None and end is not None and along is not None and 0 <= start <= along and 0 <= end <= along else None
        for start, end in pairwise(places)
    ]


def _lengths_of_sizes(call: Call) -> Value:
    """`jax.lax.split(operand, sizes, axis)`."""
    subject, sizes = call.given.get("operand"), _items(call.given.get("sizes"))
    axis = call.given.get("axis")
    where = 0 if axis is None else shapes.size(axis)
    one, exact = shapes.extent(subject), dtypes.exact(subject)
    if sizes is None:
        return call.some(call.made(exact, _with(one, where, None), kind=_kind(subject)), "list")
    return call.listed([call.made(exact, _with(one, where, shapes.size(size)), kind=_kind(subject)) for size in sizes])


_MANY = 16
"""More parts than that are one value that stands for each."""


def _unstack(call: Call) -> Value:
    subject, axis = call.given.get("x"), call.given.get("axis")
    one, where = shapes.extent(subject), 0 if axis is None else shapes.size(axis)
    count, shape = _along(one, where), one.shape
    left = shapes.exactly([each for index, each in enumerate(shape) if index != (where or 0) % len(shape)]) if shape and where is not None else NOTHING
    part = call.made(dtypes.exact(subject), left, kind=_kind(subject))
    return Tuple((part,) * count) if count is not None and count <= _MANY else call.some(part, "tuple")


def _since(flax: tuple[int, int]) -> Callable[[Call, Sequence[Value]], Value]:
    """A container that was a list, and is a tuple in a jax that may be the one beside a release of Flax from this one on."""

    def model(call: Call, items: Sequence[Value]) -> Value:
        return OneOf((Tuple(tuple(items)), call.listed(items))) if call.flax >= flax else call.listed(items)

    return model


def _meshgrid(call: Call) -> Value:
    given = call.given.rest
    items = [
        call.made(dtypes.exact(each), Extent(0, -1) if "sparse" in call.given.values else shapes.exactly([None] * len(given)), kind=_kind(each))
        for each in given
    ]
    return _AS_TUPLE(call, items)


def _broadcast_arrays(call: Call) -> Value:
    extent = shapes.broadcast([shapes.extent(each) for each in call.given.rest])
    return _AS_TUPLE(call, [call.made(dtypes.exact(each), extent, kind=_kind(each)) for each in call.given.rest])


def _at_least(count: int) -> Model:
    """`jnp.atleast_1d` and its like: one array for one, several for several."""

    def model(call: Call) -> Value:
        found = [call.made(dtypes.exact(each), _raised(shapes.extent(each), count), kind=_kind(each)) for each in call.given.rest]
        return found[0] if len(found) == 1 and _may_be_array(call.given.rest[0]) else UNKNOWN if len(found) == 1 else _AS_TUPLE(call, found)

    return model


def _raised(one: Extent, count: int) -> Extent:
    """The extent with at least so many dimensions."""
    if not one.is_ranked or one.low >= count:
        return one if one.low >= count else Extent(count, -1 if one.high < 0 else max(one.high, count))
    if one.low == 0 or count < 3:
        return shapes.exactly((*(1,) * (count - one.low), *(one.shape or ())))
    return Extent(count, count)


_AS_TUPLE = _since((0, 12))


def _gradient(call: Call) -> Value:
    subject, axis = call.given.get("f"), call.given.get("axis")
    one = shapes.extent(subject)
    axes = _items(axis)
    part = call.made("", one)
    if isinstance(axis, Static) and axis.kind == "int":
        return part
    if axes is not None:
        return call.listed((part,) * len(axes))
    if axis is not None and axis is not NONE:
        return UNKNOWN
    if not one.is_ranked:
        return UNKNOWN
    return part if one.low == 1 else call.listed((part,) * one.low)


# Indices -------------------------------------------------------------------------------------------------------------


def _indices(call: Call, count: Size, length: Size = None) -> Value:
    """A tuple of arrays of indices."""
    each = call.made("int" if call.given.option("fill_value") is None else "", shapes.exactly([length]))
    return Tuple((each,) * count) if count is not None and count <= _MANY else call.some(each, "tuple")


def _nonzero(call: Call) -> Value:
    one = shapes.extent(call.given.get("a", "condition", "arr"))
    count = max(one.low, 1) if one.is_ranked else None
    return _indices(call, count, shapes.size(call.given.get("size")))


def _where(call: Call) -> Value | None:
    """`jnp.where` with a condition alone gives indices."""
    if any(call.given.get(name) not in (None, NONE) for name in ("x", "y")):
        return None
    return _nonzero(call)


def _diagonal(call: Call) -> Value:
    count = call.given.get("ndim")
    return _indices(call, 2 if count is None else shapes.size(count), shapes.size(call.given.get("n")))


def _diagonal_from(call: Call) -> Value:
    one = shapes.extent(call.given.get("arr"))
    return _indices(call, one.low if one.is_ranked else None)


def _two_indices(call: Call) -> Value:
    return _indices(call, 2)


def _open_mesh(call: Call) -> Value:
    count = len(call.given.rest)
    return Tuple(tuple(call.made("", Extent(count, count)) for _ in range(count)))


def _unravel(call: Call) -> Value:
    shape, index = call.given.get("shape", "dims"), call.given.get("indices")
    items = _items(shape)
    each = call.made("", shapes.extent(index) if isinstance(index, Array) else NOTHING)
    if isinstance(shape, Static) and shape.kind == "int":
        return Tuple((each,))
    return Tuple((each,) * len(items)) if items is not None else call.some(each, "tuple")


def _mesh_of(call: Call) -> Value | None:
    """`jnp.indices(dimensions, sparse=True)`."""
    sparse = _is(call.given.get("sparse"))
    if sparse is False:
        return None
    items = _items(call.given.get("dimensions"))
    if sparse is None or items is None:
        return UNKNOWN
    return Tuple((call.made("", shapes.exactly([None] * len(items))),) * len(items))


# Several results -----------------------------------------------------------------------------------------------------


def _pair(call: Call) -> Value:
    return Tuple((call.made(), call.made()))


def _alike(*names: str) -> Model:
    """Two arrays of the shape of the argument."""

    def model(call: Call) -> Value:
        one = shapes.extent(call.given.get(*names))
        return Tuple((call.made("", one), call.made("", one)))

    return model


def _largest(call: Call) -> Value:
    """`jax.lax.top_k`: values and indices."""
    subject, count, axis = call.given.get("operand", "a"), call.given.get("k"), call.given.get("axis", "reduction_dimension")
    one = shapes.extent(subject)
    where = -1 if axis is None else shapes.size(axis)
    after = _with(one, where, shapes.size(count))
    pair = call.made(dtypes.exact(subject), after, kind=_kind(subject)), call.made("int", after)
    return call.listed(pair)


def _approximate(call: Call) -> Value:
    subject = call.given.get("operand")
    one = shapes.extent(subject)
    plain = Extent(one.low, one.high)
    return call.listed((call.made(dtypes.exact(subject), plain, kind=_kind(subject)), call.made("int", plain)))


def _histogram(call: Call) -> Value:
    return Tuple((call.made("", Extent(1, 1)), call.made("", Extent(1, 1))))


def _histogram2d(call: Call) -> Value:
    return Tuple((call.made("", Extent(2, 2)), call.made("", Extent(1, 1)), call.made("", Extent(1, 1))))


def _histogramdd(call: Call) -> Value:
    return Tuple((call.made(), call.some(call.made("", Extent(1, 1)), "list")))


def _named(fields: str, *ranks: int) -> Model:
    """A named tuple."""

    def model(call: Call) -> Value:
        return Tuple(tuple(call.made("", Extent(rank, rank) if rank >= 0 else NOTHING) for rank in ranks), tuple(fields.split()))

    return model


def _eigen(call: Call) -> Value:
    """Eigenvalues and eigenvectors of what is made symmetric first: `(3, 1)` becomes `(3, 3)` by that."""
    one = shapes.extent(call.given.get("a", "x"))
    shape = one.shape
    if shape is not None and len(shape) >= 2:
        size = shape[-1] if shape[-1] == shape[-2] else None
        one = shapes.exactly((*shape[:-2], size, size))
    values = shapes.exactly(one.shape[:-1]) if one.shape else NOTHING
    return Tuple((call.made("", values), call.made("", one)), ("eigenvalues", "eigenvectors"))


def _eigen_of_any(call: Call) -> Value:
    """The same of an array that need not be symmetric: a plain tuple in the releases of JAX beside older ones of Flax."""
    found = _eigen(call)
    return found if call.flax >= (0, 12) or not isinstance(found, Tuple) else Tuple(found.items)


def _sign_and_logarithm(call: Call) -> Value:
    one = shapes.extent(call.given.get("a"))
    left = shapes.exactly(one.shape[:-2]) if one.shape and one.low >= 2 else NOTHING
    return Tuple((call.made("", left), call.made("", left)), ("sign", "logabsdet"))


def _svd(call: Call) -> Value:
    vectors = _is(call.given.get("compute_uv"), True)
    one = shapes.extent(call.given.get("a"))
    rank, left = Extent(one.low, one.high), Extent(max(one.low - 1, 0), one.high - 1 if one.high > 0 else -1)
    if vectors is None:
        return UNKNOWN
    if vectors is False:
        return call.made("", left)
    return Tuple((call.made("", rank), call.made("", left), call.made("", rank)), ("U", "S", "Vh"))


def _qr(call: Call) -> Value:
    mode = call.given.get("mode")
    word = "reduced" if mode is None else mode.constant if isinstance(mode, Static) and isinstance(mode.constant, str) else None
    one = shapes.extent(call.given.get("a"))
    rank = Extent(one.low, one.high)
    if word == "r":
        return call.made("", rank)
    if word in ("reduced", "complete", "full"):
        return Tuple((call.made("", rank), call.made("", rank)), ("Q", "R"))
    return UNKNOWN


def _least_squares(call: Call) -> Value:
    return Tuple((call.made(), call.made(), call.made("int", shapes.SCALAR), call.made("", Extent(1, 1))))


def _fitted(call: Call) -> Value:
    """`jnp.polyfit`: coefficients, and more with `full` or `cov`."""
    if _is(call.given.get("full")) is False and _is(call.given.get("cov")) is False:
        return call.made()
    return UNKNOWN


def _unique(call: Call) -> Value | None:
    """`jnp.unique`: the values, and for each option that is on one array more."""
    options = [_is(call.given.get(name)) for name in ("return_index", "return_inverse", "return_counts")]
    if None in options:
        return UNKNOWN
    if not any(options):
        return None
    return Tuple((call.made(), *(call.made("int") for each in options if each)))


def _with_option(option: str, count: int) -> Model:
    """One array, or so many where an option is on."""

    def model(call: Call) -> Value | None:
        is_on = _is(call.given.get(option))
        return None if is_on is False else UNKNOWN if is_on is None else Tuple(tuple(call.made() for _ in range(count)))

    return model


def _sorted(call: Call) -> Value | None:
    """`jax.lax.sort` of one array, or of several together."""
    operand = call.given.get("operand")
    items = _items(operand)
    if items is None:
        return None if _may_be_array(operand) and not isinstance(operand, Unknown) else UNKNOWN
    return Tuple(tuple(call.made(dtypes.exact(each), shapes.extent(each), kind=_kind(each)) for each in items))


def _sorted_pair(call: Call) -> Value:
    found = (call.given.get("keys"), call.given.get("values"))
    return Tuple(tuple(call.made(dtypes.exact(each), shapes.extent(each), kind=_kind(each)) for each in found))


def _generated(call: Call) -> Value:
    key = call.given.get("key")
    return Tuple((_again(call, key) if key is not None else UNKNOWN, call.made("", shapes.of_shape(call.given.get("shape")))))


def _of_host(call: Call) -> Value | None:
    """What leaves an array of NumPy what it is, at least in some releases."""
    subject = call.given.get("a")
    return UNKNOWN if isinstance(subject, Static) and subject.kind == "ndarray" else None


def _nothing(call: Call) -> Value:
    del call
    return NONE


def _text(call: Call) -> Value:
    del call
    return STR


def _unknown(call: Call) -> Value:
    del call
    return UNKNOWN


def _same(call: Call) -> Value | None:
    """What gives a tree of the same arrays: they are the result of the call now."""
    operand = call.given.get("operand", "x")
    if isinstance(operand, Static) and (call.array.level is None or call.flax < (0, 12)):
        return UNKNOWN  # A number stays one, of whichever class.
    if isinstance(operand, Array) or (isinstance(operand, Static) and operand.kind in ("bool", "int", "float", "complex")):
        return None
    if isinstance(operand, Variable) and call.flax < (0, 11):
        return None
    return _again(call, operand) if operand is not None else UNKNOWN


def _exchanged(call: Call) -> Value | None:
    """What devices exchange: a tree of as many arrays as were given, of which the shapes may be others."""
    given = call.given.get("x")
    if isinstance(given, Array) or (isinstance(given, Static) and given.kind in ("bool", "int", "float", "complex")):
        return None
    return _elsewhere(call, given) if given is not None else UNKNOWN


def _elsewhere(call: Call, value: Value) -> Value:
    match value:
        case Array():
            return call.made(value.exact, kind=value.dtype)
        case Tree():
            return Tree(call.array.level, call.array.origin)
        case _:
            return _each(call, value, _elsewhere)


def _again(call: Call, value: Value) -> Value:
    match value:
        case Array():
            return call.made(value.exact, shapes.extent(value), kind=value.dtype)
        case Variable():
            return Variable(value.cls, {"value": _again(call, value.content)}, call.level, value.place)
        case _:
            return _each(call, value, _again)


def _each(call: Call, value: Value, made: Callable[[Call, Value], Value]) -> Value:
    """A container that the call makes of what is made of each item of another; of all else nothing is known."""
    match value:
        case Tuple(items=items, fields=fields):
            return Tuple(tuple(made(call, item) for item in items), fields)
        case List(kind="list") if value.items is not None:
            return call.listed([made(call, item) for item in value.items])
        case Dict() if not value.is_open:
            return Dict({key: made(call, item) for key, item in value.items.items()}, {}, call.level)
        case _:
            return UNKNOWN


MODELS: dict[str, Model] = {
    "jax.numpy.split": _split(),
    "jax.numpy.array_split": _split(),
    "jax.numpy.hsplit": _split(before=lambda one: (0 if one.low == 1 else 1) if one.is_ranked else None),
    "jax.numpy.vsplit": _split(0),
    "jax.numpy.dsplit": _split(2),
    "jax.lax.split": _lengths_of_sizes,
    "jax.numpy.unstack": _unstack,
    "jax.lax.unstack": _unstack,
    "jax.numpy.meshgrid": _meshgrid,
    "jax.numpy.broadcast_arrays": _broadcast_arrays,
    "jax.numpy.atleast_1d": _at_least(1),
    "jax.numpy.atleast_2d": _at_least(2),
    "jax.numpy.atleast_3d": _at_least(3),
    "jax.numpy.gradient": _gradient,
    "jax.numpy.nonzero": _nonzero,
    "jax.numpy.where": _where,
    "jax.numpy.diag_indices": _diagonal,
    "jax.numpy.diag_indices_from": _diagonal_from,
    "jax.numpy.mask_indices": _two_indices,
    "jax.numpy.tril_indices": _two_indices,
    "jax.numpy.triu_indices": _two_indices,
    "jax.numpy.tril_indices_from": _two_indices,
    "jax.numpy.triu_indices_from": _two_indices,
    "jax.numpy.ix_": _open_mesh,
    "jax.numpy.unravel_index": _unravel,
    "jax.numpy.indices": _mesh_of,
    "jax.numpy.reshape": _of_host,
    "jax.numpy.divmod": _pair,
    "jax.numpy.modf": _alike("x"),
    "jax.numpy.frexp": _alike("x"),
    "jax.numpy.minmax": _pair,
    "jax.numpy.polydiv": _pair,
    "jax.numpy.polyfit": _fitted,
    "jax.numpy.histogram": _histogram,
    "jax.numpy.histogram2d": _histogram2d,
    "jax.numpy.histogramdd": _histogramdd,
    "jax.numpy.unique": _unique,
    "jax.numpy.unique_all": _named("values indices inverse_indices counts", 1, 1, -1, 1),
    "jax.numpy.unique_counts": _named("values counts", 1, 1),
    "jax.numpy.unique_inverse": _named("values inverse_indices", 1, -1),
    "jax.numpy.intersect1d": _with_option("return_indices", 3),
    "jax.numpy.top_k": _largest,
    "jax.numpy.array_repr": _text,
    "jax.numpy.array_str": _text,
    "jax.numpy.einsum_path": _unknown,
    "jax.numpy.linalg.eigh": _eigen,
    "jax.numpy.linalg.eig": _eigen_of_any,
    "jax.numpy.linalg.slogdet": _sign_and_logarithm,
    "jax.numpy.linalg.svd": _svd,
    "jax.numpy.linalg.qr": _qr,
    "jax.numpy.linalg.lstsq": _least_squares,
    "jax.nn.logsumexp": _with_option("return_sign", 2),
    "jax.nn.dot_product_attention": _with_option("return_residual", 2),
    "jax.scipy.special.logsumexp": _with_option("return_sign", 2),
    "jax.scipy.special.fresnel": _alike("x"),
    "jax.scipy.special.sici": _alike("x"),
    "jax.lax.top_k": _largest,
    "jax.lax.approx_max_k": _approximate,
    "jax.lax.approx_min_k": _approximate,
    "jax.lax.sort": _sorted,
    "jax.lax.sort_key_val": _sorted_pair,
    "jax.lax.rng_bit_generator": _generated,
    "jax.lax.optimization_barrier": _same,
    "jax.lax.stop_gradient": _same,
    "jax.lax.dce_sink": _nothing,
    **dict.fromkeys((f"jax.lax.{each}" for each in ("all_to_all", "pcast", "ppermute", "pshuffle", "psum_scatter", "pswapaxes", "pvary")), _exchanged),
    **dict.fromkeys((f"jax.scipy.linalg.{each}" for each in ("cho_factor", "eigh", "eigh_tridiagonal", "lu", "lu_factor", "polar")), _unknown),
    **dict.fromkeys((f"jax.scipy.linalg.{each}" for each in ("qr", "rsf2csf", "schur", "svd")), _unknown),
    **dict.fromkeys((f"jax.lax.linalg.{each}" for each in ("eig", "eigh", "lu", "qr", "schur", "svd", "tridiagonal")), _unknown),
    "jax.lax.composite": _unknown,
    "jax.lax.conv_dimension_numbers": _unknown,
    "jax.lax.padtype_to_pads": _unknown,
    "jax.lax.shape_as_value": _unknown,
}
"""Functions that do not, or not always, give one array; a model gives `None` where it is one this time."""
