"""What parameters of library functions demand, beyond their signatures: keys, generators, sizes, seeds.

Sources: `jax.random`, `flax.nnx` layers (flax 0.10 to 0.12), as executed by the fixtures.
"""

from __future__ import annotations

import enum


class Takes(enum.Enum):
    """What a parameter of a library's function demands."""

    ANYTHING = "anything"
    KEY = "key"
    """One PRNG key."""
    RNGS = "rngs"
    """An `nnx.Rngs`."""
    DIMENSION = "dimension"
    """A Python integer: a feature count, a size."""
    SHAPE = "shape"
    """A tuple of Python integers, or one."""
    SEED = "seed"
    """An integer seed."""
    ARRAY = "array"
    """An array as `jax.lax` takes it, without conversion."""


DIMENSIONS = frozenset(
    (
        "in_features",
        "out_features",
        "num_features",
        "num_embeddings",
        "features",
        "num_heads",
        "qkv_features",
        "hidden_features",
        "num_groups",
        "group_size",
        "lora_rank",
    )
)
"""Parameters of nnx layers that count features."""

TAKES_RNGS = frozenset(("rngs",))

_NO_KEY = frozenset(("key_data", "key_impl", "wrap_key_data", "key", "PRNGKey", "default_prng_impl"))


def takes(function: str, parameter: str) -> Takes:
    """What a parameter demands; `function` is the canonical name of the function or class."""
    if parameter == "rngs" and function.startswith("flax.nnx."):
        return Takes.RNGS
    if function.startswith("jax.random."):
        name = function.removeprefix("jax.random.")
        if parameter == "key" and name not in _NO_KEY:
            return Takes.KEY
        if parameter == "seed" and name in ("key", "PRNGKey"):
            return Takes.SEED
        return Takes.SHAPE if parameter == "shape" else Takes.ANYTHING
    if function == "flax.nnx.Rngs":
        return Takes.SEED
    if function.startswith("flax.nnx."):
        return Takes.DIMENSION if parameter in DIMENSIONS else Takes.ANYTHING
    if function.startswith("jax.numpy.") and parameter in ("shape", "newshape"):
        return Takes.SHAPE
    if function.startswith("jax.nn.") and parameter == "num_classes":
        return Takes.DIMENSION
    return Takes.ANYTHING


LAX_PRIMITIVES = {
    "abs": 1,
    "acos": 1,
    "asin": 1,
    "atan": 1,
    "argmax": 1,
    "argmin": 1,
    "bitcast_convert_type": 1,
    "broadcast": 1,
    "broadcast_in_dim": 1,
    "ceil": 1,
    "cos": 1,
    "cosh": 1,
    "cumlogsumexp": 1,
    "cummax": 1,
    "cummin": 1,
    "cumprod": 1,
    "cumsum": 1,
    "dynamic_index_in_dim": 1,
    "dynamic_slice": 1,
    "dynamic_slice_in_dim": 1,
    "erf": 1,
    "erf_inv": 1,
    "exp": 1,
    "exp2": 1,
    "expand_dims": 1,
    "expm1": 1,
    "floor": 1,
    "index_in_dim": 1,
    "integer_pow": 1,
    "is_finite": 1,
    "lgamma": 1,
    "log": 1,
    "log1p": 1,
    "logistic": 1,
    "neg": 1,
    "reduce_max": 1,
    "reduce_min": 1,
    "reduce_sum": 1,
    "reshape": 1,
    "rev": 1,
    "rsqrt": 1,
    "sign": 1,
    "sin": 1,
    "sinh": 1,
    "slice": 1,
    "slice_in_dim": 1,
    "sort": 1,
    "sqrt": 1,
    "square": 1,
    "squeeze": 1,
    "tan": 1,
    "tanh": 1,
    "top_k": 1,
    "transpose": 1,
    "add": 2,
    "atan2": 2,
    "conv_general_dilated": 2,
    "div": 2,
    "dot": 2,
    "dot_general": 2,
    "dynamic_update_slice": 2,
    "eq": 2,
    "ge": 2,
    "gt": 2,
    "le": 2,
    "lt": 2,
    "max": 2,
    "min": 2,
    "mul": 2,
    "ne": 2,
    "pad": 2,
    "pow": 2,
    "rem": 2,
    "sub": 2,
    "clamp": 3,
    "select": 3,
    "select_n": 3,
}
"""Functions of `jax.lax` that take arrays and nothing that holds one, with how many of their leading parameters are arrays
(as executed with flax 0.10 to 0.12)."""
