"""What jax arrays and the functions over them are: which attributes are static, which functions reduce, draw, create or compare.

Sources: `jax.Array` and `jax.numpy` (jax 0.6 to 0.12), checked against execution by the fixtures.
"""

from __future__ import annotations

STATIC_ATTRIBUTES = frozenset(("shape", "dtype", "ndim", "size", "nbytes", "itemsize", "sharding", "device", "weak_type", "aval", "committed", "devices", "is_fully_addressable"))
"""Attributes of a tracer that are Python values."""

ARRAY_CLASSES = frozenset(("jax.Array", "jax.numpy.ndarray", "jax.typing.ArrayLike", "jax.numpy.array", "chex.Array", "jaxtyping.Array", "jax.core.Tracer"))
"""Names that annotate or test for a jax array."""

ARRAY_METHODS = frozenset(
    "all any argmax argmin argsort astype at clip conj copy cumprod cumsum diagonal dot flatten item max mean min nonzero prod ravel repeat "
    "reshape round sort squeeze std sum swapaxes take tolist trace transpose var".split()
)
"""Methods that tell an array where nothing else is known of a traced value."""

REDUCTIONS = frozenset(
    "sum mean max min prod any all std var argmax argmin median nansum nanmean nanmax nanmin nanstd nanvar nanprod amax amin logsumexp norm ptp "
    "average count_nonzero nanargmax nanargmin quantile percentile nanmedian".split()
)
"""Without `axis` they give a scalar."""

BOOLEAN = frozenset(
    "isnan isinf isfinite isclose allclose any all array_equal array_equiv equal not_equal less less_equal greater greater_equal logical_and "
    "logical_or logical_not logical_xor isin iscomplex isreal isneginf isposinf signbit bernoulli lt le gt ge eq ne".split()
)
INTEGER = frozenset("argmax argmin argsort arange count_nonzero searchsorted digitize randint categorical nanargmax nanargmin one_hot_int floor_divide".split())

SCALARS = frozenset(("allclose", "array_equal", "array_equiv", "vdot"))
"""They give a scalar whatever they take."""

ELEMENTWISE = frozenset(
    "abs absolute add arccos arcsin arctan arctan2 cbrt ceil clip conj cos cosh deg2rad divide equal exp exp2 expm1 fabs floor floor_divide fmax fmin "
    "fmod greater greater_equal isclose isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and logical_not logical_or "
    "logical_xor maximum minimum mod multiply nan_to_num negative not_equal positive power reciprocal remainder round sign sin sinh sqrt square "
    "subtract tan tanh true_divide where relu gelu silu swish sigmoid softplus elu leaky_relu softmax log_softmax log_sigmoid hard_tanh relu6 celu "
    "selu mish soft_sign hard_sigmoid hard_silu hard_swish astype rsqrt erf stop_gradient standardize".split()
)
"""The result has at least as many dimensions as each argument."""

STATIC_FUNCTIONS = frozenset(
    "shape ndim size result_type dtype issubdtype iinfo finfo promote_types isscalar iterable broadcast_shapes can_cast iscomplexobj isrealobj "
    "isdtype get_printoptions set_printoptions canonicalize_dtype process_count process_index device_count local_device_count devices "
    "local_devices default_backend typeof".split()
)
"""Functions whose result is a Python value, also of a tracer."""

SHAPED = {
    "zeros": ("shape",),
    "ones": ("shape",),
    "empty": ("shape",),
    "full": ("shape",),
    "eye": ("N", "M"),
    "identity": ("n",),
    "arange": ("start", "stop", "step"),
    "linspace": ("num",),
    "tri": ("N", "M"),
    "reshape": ("shape", "newshape"),
    "broadcast_to": ("shape",),
    "one_hot": ("num_classes",),
    "iota": ("size",),
    "tile": ("reps",),
}
"""Functions of `jax.numpy` (and `jax.nn`, `jax.lax`) with the parameters that must be Python integers or tuples of them."""

CREATION = frozenset(("zeros", "ones", "empty", "full"))
"""Their `shape` gives the rank."""

DATA_DEPENDENT = {
    "nonzero": "size",
    "flatnonzero": "size",
    "argwhere": "size",
    "unique": "size",
    "unique_values": "size",
    "unique_counts": "size",
    "union1d": "size",
    "intersect1d": "size",
    "setdiff1d": "size",
    "extract": "size",
    "compress": "size",
}
"""Functions whose result's shape depends on values, with the parameter that fixes it."""

TUPLES = frozenset(
    "split array_split hsplit vsplit dsplit unstack meshgrid nonzero divmod modf frexp eigh eig qr svd slogdet lstsq top_k histogram gradient "
    "histogram2d unravel_index ix_ broadcast_arrays unique_all unique_counts unique_inverse tril_indices triu_indices where_1 polyfit rsvd cho_factor lu".split()
)
"""Functions that may give several arrays."""

ARRAY_MODULES = (
    "jax.numpy.",
    "jax.nn.",
    "jax.lax.",
    "jax.random.",
    "jax.scipy.",
    "jax.image.",
    "jax.ops.",
    "optax.losses.",
    "optax.projections.",
)
"""What lies below these gives arrays, unless a table says otherwise."""

NUMPY_STATIC = frozenset("shape ndim size isscalar result_type dtype iterable broadcast_shapes issubdtype finfo iinfo can_cast promote_types isdtype".split())
"""Functions of numpy that take a tracer without converting it."""

MATH_FUNCTIONS = frozenset(
    "sqrt exp log log2 log10 log1p expm1 sin cos tan asin acos atan atan2 sinh cosh tanh pow floor ceil trunc fabs isnan isinf isfinite hypot erf "
    "gamma lgamma degrees radians isclose copysign fmod gcd factorial comb prod fsum isqrt cbrt exp2 ldexp modf frexp dist".split()
)
MATH_PROTOCOL = {"floor": "__floor__", "ceil": "__ceil__", "trunc": "__trunc__"}
