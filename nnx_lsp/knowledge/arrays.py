"""What jax arrays and the functions over them are: which attributes are static, which functions reduce, draw, create or compare.

Sources: `jax.Array` and `jax.numpy` (jax 0.6 to 0.12), checked against execution by the fixtures.
"""

from __future__ import annotations

STATIC_ATTRIBUTES = frozenset(
    (
        "shape",
        "dtype",
        "ndim",
        "size",
        "nbytes",
        "itemsize",
        "sharding",
        "device",
        "weak_type",
        "aval",
        "committed",
        "devices",
        "is_fully_addressable",
    )
)
"""Attributes of a tracer that are Python values."""

ARRAY_CLASSES = frozenset(
    (
        "jax.Array",
        "jax.numpy.ndarray",
        "jax.typing.ArrayLike",
        "jax.numpy.array",
        "chex.Array",
        "jaxtyping.Array",
        "jax.core.Tracer",
    )
)
"""Names that annotate or test for a jax array."""

ARRAY_METHODS = frozenset(
    [
        "all",
        "any",
        "argmax",
        "argmin",
        "argsort",
        "astype",
        "at",
        "clip",
        "conj",
        "copy",
        "cumprod",
        "cumsum",
        "diagonal",
        "dot",
        "flatten",
        "item",
        "max",
        "mean",
        "min",
        "nonzero",
        "prod",
        "ravel",
        "repeat",
        "reshape",
        "round",
        "sort",
        "squeeze",
        "std",
        "sum",
        "swapaxes",
        "take",
        "tolist",
        "trace",
        "transpose",
        "var",
    ]
)
"""Methods that tell an array where nothing else is known of a traced value."""

REDUCTIONS = frozenset(
    [
        "sum",
        "mean",
        "max",
        "min",
        "prod",
        "any",
        "all",
        "std",
        "var",
        "argmax",
        "argmin",
        "median",
        "nansum",
        "nanmean",
        "nanmax",
        "nanmin",
        "nanstd",
        "nanvar",
        "nanprod",
        "amax",
        "amin",
        "logsumexp",
        "norm",
        "ptp",
        "average",
        "count_nonzero",
        "nanargmax",
        "nanargmin",
        "quantile",
        "percentile",
        "nanmedian",
    ]
)
"""Without `axis` they give a scalar."""

_DRAWS_FLOATS = "ball beta cauchy dirichlet exponential gamma gumbel laplace logistic multivariate_normal normal orthogonal truncated_normal uniform"
DRAWS_FLOATS = frozenset(_DRAWS_FLOATS.split())
"""Functions of `jax.random` that draw floats; `choice` and `permutation` give what they are given."""

_RANKED_REDUCTIONS = "all amax amin any argmax argmin logsumexp max mean min nanmax nanmean nanmin nanprod nanstd nansum nanvar prod std sum var"
RANKED_REDUCTIONS = frozenset(_RANKED_REDUCTIONS.split())
"""Reductions whose second parameter is `axis`, and whose result has the dimensions that are left."""

_BINARY = (
    "add arctan2 divide equal floor_divide fmax fmin fmod greater greater_equal less less_equal logaddexp logical_and logical_or logical_xor maximum minimum "
    "mod multiply not_equal power remainder subtract true_divide"
)
BINARY = frozenset(_BINARY.split())
"""Element-wise functions of two arrays."""

BOOLEAN = frozenset(
    [
        "isnan",
        "isinf",
        "isfinite",
        "isclose",
        "allclose",
        "any",
        "all",
        "array_equal",
        "array_equiv",
        "equal",
        "not_equal",
        "less",
        "less_equal",
        "greater",
        "greater_equal",
        "logical_and",
        "logical_or",
        "logical_not",
        "logical_xor",
        "isin",
        "iscomplex",
        "isreal",
        "isneginf",
        "isposinf",
        "signbit",
        "bernoulli",
        "lt",
        "le",
        "gt",
        "ge",
        "eq",
        "ne",
    ]
)
INTEGER = frozenset(
    [
        "argmax",
        "argmin",
        "argsort",
        "count_nonzero",
        "searchsorted",
        "digitize",
        "randint",
        "categorical",
        "nanargmax",
        "nanargmin",
        "one_hot_int",
    ]
)

SCALARS = frozenset(("allclose", "array_equal", "array_equiv", "vdot"))
"""They give a scalar whatever they take."""

ELEMENTWISE = frozenset(
    [
        "abs",
        "absolute",
        "add",
        "arccos",
        "arcsin",
        "arctan",
        "arctan2",
        "cbrt",
        "ceil",
        "clip",
        "conj",
        "cos",
        "cosh",
        "deg2rad",
        "divide",
        "equal",
        "exp",
        "exp2",
        "expm1",
        "fabs",
        "floor",
        "floor_divide",
        "fmax",
        "fmin",
        "fmod",
        "greater",
        "greater_equal",
        "isclose",
        "isfinite",
        "isinf",
        "isnan",
        "less",
        "less_equal",
        "log",
        "log10",
        "log1p",
        "log2",
        "logaddexp",
        "logical_and",
        "logical_not",
        "logical_or",
        "logical_xor",
        "maximum",
        "minimum",
        "mod",
        "multiply",
        "nan_to_num",
        "negative",
        "not_equal",
        "positive",
        "power",
        "reciprocal",
        "remainder",
        "round",
        "sign",
        "sin",
        "sinh",
        "sqrt",
        "square",
        "subtract",
        "tan",
        "tanh",
        "true_divide",
        "where",
        "relu",
        "gelu",
        "silu",
        "swish",
        "sigmoid",
        "softplus",
        "elu",
        "leaky_relu",
        "softmax",
        "log_softmax",
        "log_sigmoid",
        "hard_tanh",
        "relu6",
        "celu",
        "selu",
        "mish",
        "soft_sign",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "astype",
        "rsqrt",
        "erf",
        "stop_gradient",
        "standardize",
    ]
)
"""The result has at least as many dimensions as each argument."""

CREATED = {"zeros": 1, "ones": 1, "empty": 1, "full": 2, "linspace": 5, "array": 1, "asarray": 1, "eye": 3, "identity": 1, "arange": 3}
"""Functions that make arrays, with the position of their `dtype`."""

# Dtypes, measured on jax 0.6.2, 0.7.2, 0.8.0, 0.10.2 and 0.12.0.1 with arrays of each dtype, weakly typed ones too.
_KEEP = """
abs broadcast_to ceil conj copy expand_dims flatten flip floor positive ravel relu repeat reshape roll round squeeze stop_gradient
negative sign take tile transpose trunc hard_tanh
"""
KEEP_DTYPE = frozenset(_KEEP.split())
"""The result has the dtype of the first argument, weakly typed or not."""
KEEP_DTYPE_STRONG = frozenset(("max", "min", "amax", "amin", "nanmax", "nanmin"))
"""The result has the dtype of the first argument, and is not weakly typed."""
SUM = frozenset(("sum", "prod", "nansum", "cumsum", "cumprod"))
"""Sums and products: of bools they are integers."""
MEAN = frozenset(("mean", "std", "var", "median", "nanmean", "log10", "logsumexp", "gelu"))
"""They give floats, never weakly typed."""
_FLOATING = "exp log log1p sqrt sin cos tanh sinh arctan reciprocal expm1 fabs exp2 log2 cbrt softplus softmax log_softmax"
FLOATING = frozenset(_FLOATING.split())
"""They give floats, weakly typed ones where the argument is."""
OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "power": "**", "matmul": "@", "dot": "@"}
PROMOTE = frozenset((*OPERATORS, "maximum", "minimum", "where"))
"""The result has the dtype that the arguments become together."""

STATIC_FUNCTIONS = frozenset(
    [
        "shape",
        "ndim",
        "size",
        "result_type",
        "dtype",
        "issubdtype",
        "iinfo",
        "finfo",
        "promote_types",
        "isscalar",
        "iterable",
        "broadcast_shapes",
        "can_cast",
        "iscomplexobj",
        "isrealobj",
        "isdtype",
        "get_printoptions",
        "set_printoptions",
        "canonicalize_dtype",
        "process_count",
        "process_index",
        "device_count",
        "local_device_count",
        "devices",
        "local_devices",
        "default_backend",
        "typeof",
    ]
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

NUMPY_SIZED = frozenset(("zeros", "ones", "empty", "full", "eye", "identity", "arange", "linspace", "tri"))
"""Functions of `numpy` that take the same sizes; a traced one raises there too."""

STREAMS = frozenset(("params", "dropout", "default", "noise", "carry", "sample", "fork"))
"""What code asks an `nnx.Rngs` for, and no array has: streams of usual names, and a method."""

DERIVE_KEYS = frozenset(("split", "fold_in", "key_data", "wrap_key_data", "clone", "key_impl"))
"""Functions of `jax.random` that draw nothing from the key that they take."""

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

NUMPY_STATIC = frozenset(
    [
        "shape",
        "ndim",
        "size",
        "isscalar",
        "result_type",
        "dtype",
        "iterable",
        "broadcast_shapes",
        "issubdtype",
        "finfo",
        "iinfo",
        "can_cast",
        "promote_types",
        "isdtype",
    ]
)
"""Functions of numpy that take a tracer without converting it."""

NUMPY_DISPATCHED = frozenset(
    [
        "all",
        "amax",
        "amin",
        "any",
        "argmax",
        "argmin",
        "argsort",
        "around",
        "cumprod",
        "cumsum",
        "max",
        "mean",
        "min",
        "permute_dims",
        "prod",
        "real",
        "imag",
        "repeat",
        "reshape",
        "round",
        "searchsorted",
        "squeeze",
        "std",
        "sum",
        "swapaxes",
        "transpose",
        "var",
    ]
)
"""Functions of numpy that call the method of that name of what they are given, and so give a jax array for one.

Measured with numpy 2.4 on jax 0.6.2, 0.7.2 and 0.10.2: every function of numpy was called with a tracer.
"""
NUMPY_TOLERANT = frozenset(
    [
        "array_equal",
        "array_equiv",
        "array_split",
        "bmat",
        "common_type",
        "flip",
        "hsplit",
        "iscomplexobj",
        "isreal",
        "isrealobj",
        "split",
        "unstack",
    ]
)
"""Functions of numpy that were seen to take a tracer and not to raise, by other ways."""

MATH_FUNCTIONS = frozenset(
    [
        "sqrt",
        "exp",
        "log",
        "log2",
        "log10",
        "log1p",
        "expm1",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "atan2",
        "sinh",
        "cosh",
        "tanh",
        "pow",
        "floor",
        "ceil",
        "trunc",
        "fabs",
        "isnan",
        "isinf",
        "isfinite",
        "hypot",
        "erf",
        "gamma",
        "lgamma",
        "degrees",
        "radians",
        "isclose",
        "copysign",
        "fmod",
        "gcd",
        "factorial",
        "comb",
        "prod",
        "fsum",
        "isqrt",
        "cbrt",
        "exp2",
        "ldexp",
        "modf",
        "frexp",
        "dist",
    ]
)
MATH_PROTOCOL = {"floor": "__floor__", "ceil": "__ceil__", "trunc": "__trunc__"}

_SMOOTH = """
abs absolute acos acosh add amax amin append arccos arccosh arcsin arcsinh arctan arctan2 arctanh array asarray asin asinh atan atan2 atanh atleast_1d
atleast_2d atleast_3d average batch_matmul block block_diag broadcast broadcast_arrays broadcast_in_dim broadcast_to cbrt cdf celu cho_solve cholesky
clamp clip collapse column_stack concat concatenate conj conjugate convolve copysign corrcoef correlate cos cosh cosine_distance cosine_similarity cov
cross cumlogsumexp cummax cummin cumprod cumsum cumulative_prod cumulative_sum deg2rad degrees delete det diag diagflat diagonal diff digamma div
divide dot dot_general dstack dynamic_index_in_dim dynamic_slice dynamic_slice_in_dim dynamic_update_index_in_dim dynamic_update_slice
dynamic_update_slice_in_dim ediff1d eigh eigvalsh einsum elu entr erf erf_inv erfc erfinv exp exp2 expand_dims expit expm expm1 fabs fft fft2 fftn
fftshift flatten flip fliplr flipud float_power fmax fmin fmod full full_like gammaln gelu glu gradient hard_tanh hinge_loss hsplit hstack huber_loss
hypot i0 i0e i1e ifft ifft2 ifftn ifftshift index_in_dim inner insert integer_pow interp inv irfft irfft2 irfftn kron l2_loss leaky_relu lgamma log
log10 log1p log2 log_cosh log_ndtr log_sigmoid log_softmax logaddexp logaddexp2 logcdf logistic logit logpdf logsumexp matmul matrix_power
matrix_transpose matvec max maximum mean median meshgrid min minimum mod moveaxis mul multi_dot multiply nan_to_num nancumprod nancumsum nanmax
nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar ndtr ndtri neg negative norm outer pad pdf percentile permute_dims
piecewise pinv pmean polyadd polyint polymul polysub polyval positive pow power prod psum ptp qr quantile rad2deg radians ravel real reciprocal relu
relu6 remainder repeat reshape resize rev rfft rfft2 rfftn roll rollaxis rot90 rsqrt safe_norm segment_max segment_min segment_prod segment_sum select
selu sigmoid sigmoid_binary_cross_entropy silu sin sinc sinh slice_in_dim softmax softmax_cross_entropy softmax_cross_entropy_with_integer_labels
softplus solve solve_triangular sort split sqrt square squared_error squeeze stack std sub subtract sum svd swapaxes swish take take_along_axis tan
tanh tensordot tile trace transpose trapezoid tril triu true_divide unstack unwrap vander var vdot vecdot vecmat vsplit vstack where xlog1py xlogy
"""
SMOOTH = frozenset(_SMOOTH.split())
"""Functions whose result is differentiated where one of its arguments is."""

_FLAT = """
around ceil empty_like fix floor floor_divide full_like nextafter ones_like rint round round_ sign stop_gradient trunc zeros_like
"""
FLAT = frozenset(_FLAT.split())
"""Functions whose result is never differentiated, though it may be a float: their derivative is zero everywhere."""

_WEIGHTED = "Conv ConvTranspose Einsum Embed GroupNorm LayerNorm Linear LinearGeneral LoRA LoRALinear MultiHeadAttention RMSNorm"
WEIGHTED = frozenset(_WEIGHTED.split())
"""Layers whose result depends on their own Params."""

OF_TORCH = {
    "unsqueeze": "jnp.expand_dims",
    "permute": "jnp.transpose",
    "contiguous": "the array itself",
    "detach": "jax.lax.stop_gradient",
    "requires_grad_": "nnx.Param",
    "requires_grad": "nnx.Param",
    "backward": "nnx.grad",
    "grad": "nnx.grad",
    "numpy": "np.asarray",
    "cpu": "jax.device_get",
    "cuda": "jax.device_put",
    "dim": ".ndim",
    "float": ".astype(jnp.float32)",
    "long": ".astype(jnp.int32)",
    "half": ".astype(jnp.float16)",
    "masked_fill": "jnp.where",
    "expand": "jnp.broadcast_to",
    "expand_as": "jnp.broadcast_to",
    "add_": ".at[...].add",
    "mul_": ".at[...].multiply",
    "zero_": "jnp.zeros_like",
    "numel": ".size",
    "bmm": "jnp.matmul",
    "index_select": "jnp.take",
}
"""What a `torch.Tensor` has and a jax array has not, with what says it in JAX."""

NUMPY_OTHERS = frozenset(
    (
        *("nonzero", "meshgrid", "histogram", "histogram2d", "histogramdd", "histogram_bin_edges", "eigh", "eig", "svd", "qr", "slogdet", "lstsq"),
        *("unravel_index", "divmod", "modf", "frexp", "array2string", "array_repr", "array_str", "allclose", "isfortran", "may_share_memory"),
        *("shares_memory", "save", "savez", "savez_compressed", "savetxt", "load", "vectorize", "frompyfunc", "ndenumerate", "ndindex", "nditer"),
        *("broadcast_arrays", "ix_", "gradient", "vsplit", "dsplit", "tril_indices", "triu_indices", "tril_indices_from", "triu_indices_from"),
        *("diag_indices", "diag_indices_from", "polyfit", "poly1d", "copyto", "put", "place", "putmask", "fill_diagonal", "put_along_axis"),
        *("set_printoptions", "get_printoptions", "seterr", "geterr", "base_repr", "binary_repr", "format_float_positional", "format_float_scientific"),
        *("typename", "mintypecode", "memmap", "fromregex", "show_config", "info", "get_include", "atleast_1d", "atleast_2d", "atleast_3d"),
        *("unique", "average", "where", "linspace", "einsum_path", "unique_all", "unique_counts", "unique_inverse"),
    )
)
"""Functions of numpy that give, or may give, something else than an array: a tuple, a list, text, nothing."""

NUMPY_ONE_ARRAY = {"unique": ("return_index", "return_inverse", "return_counts"), "average": ("returned",), "linspace": ("retstep",), "where": ()}
"""Of these, those that give an array unless a keyword says otherwise; `where` with one argument gives a tuple."""
