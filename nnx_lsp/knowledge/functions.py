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
