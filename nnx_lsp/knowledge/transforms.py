"""What the transforms of JAX and Flax do with a function: which arguments they trace, keep, map, carry and differentiate.

Sources: `jax/_src/api.py`, `jax/_src/lax/control_flow/` (jax 0.6 to 0.12) and `flax/nnx/transforms/` (flax 0.10 to 0.12).
"""

from __future__ import annotations

import enum

import msgspec

from nnx_lsp.knowledge.levels import LevelKind


class Shape(enum.Enum):
    """How a transform is used."""

    WRAP = "wrap"
    """`t(f, **options)` gives a function with the parameters of `f`."""
    GRADIENT = "gradient"
    """As `WRAP`; calling gives gradients of what `f` returns."""
    JACOBIAN = "jacobian"
    """As `GRADIENT`, of a function that returns any arrays."""
    SCAN = "scan"
    """As `WRAP`, of `nnx.scan`: arguments are carried, mapped or broadcast as `in_axes` says."""
    PLAIN = "plain"
    """As `WRAP`; the function runs as it is (`custom_vjp`, `named_call`)."""
    LAX_SCAN = "lax scan"
    """`t(f, init, xs)` runs at once."""
    COND = "cond"
    """`t(pred, true_fun, false_fun, *operands)` runs at once."""
    SWITCH = "switch"
    """`t(index, branches, *operands)` runs at once."""
    WHILE = "while"
    """`t(cond_fun, body_fun, init_val)` runs at once."""
    FORI = "fori"
    """`t(lower, upper, body_fun, init_val)` runs at once."""
    MAP = "map"
    """`t(f, xs)` runs at once."""
    ASSOCIATIVE = "associative"
    """`t(fn, elems)` runs at once; `fn` takes two elements."""
    APPLY = "apply"
    """`t(f, *args, **kwargs)` runs at once (`eval_shape`, `vjp`)."""
    HOST = "host"
    """The function runs later on the host with concrete arrays (`pure_callback`, `debug.callback`)."""


class Transform(msgspec.Struct, frozen=True):
    """A transform. `display` is how a message names it; `is_functional`: it does not write the state of objects back (jax)."""

    name: str
    display: str
    shape: Shape
    level: LevelKind | None
    is_functional: bool = False
    has_value: bool = False
    """For gradients: the value is returned beside them."""
    static_numbers: str = "static_argnums"
    static_names: str = "static_argnames"
    parameters: tuple[str, ...] = ("f",)
    """The names of its own leading positional parameters."""

    @property
    def resolves_keywords(self) -> bool:
        """Whether keywords and defaults become positional arguments before it runs: flax/nnx/transforms/transforms.py, `resolve_kwargs`."""
        return self.name in _RESOLVING

    @property
    def maps(self) -> bool:
        """Whether it maps its function over an axis, which arrays lack inside, and have again outside."""
        return self.level is LevelKind.BATCHED or self.shape is Shape.SCAN or self.name.endswith(".pmap")

    @property
    def takes_descriptions(self) -> bool:
        """Whether it takes anything with a `shape` and a `dtype` for an array: jax/_src/api.py, `eval_shape` and `make_jaxpr`."""
        return self.name.rpartition(".")[2] in ("eval_shape", "make_jaxpr")


def _jax(
    name: str,
    shape: Shape,
    level: LevelKind | None,
    *,
    static_numbers: str = "static_argnums",
    has_value: bool = False,
    parameters: tuple[str, ...] = ("f",),
) -> Transform:
    return Transform(name, name, shape, level, True, has_value, static_numbers, parameters=parameters)


def _nnx(
    name: str,
    shape: Shape,
    level: LevelKind | None,
    *,
    static_numbers: str = "static_argnums",
    has_value: bool = False,
    parameters: tuple[str, ...] = ("f",),
) -> Transform:
    return Transform(f"flax.nnx.{name}", f"nnx.{name}", shape, level, False, has_value, static_numbers, parameters=parameters)


_STAGED, _BATCHED, _DIFFERENTIATED = LevelKind.STAGED, LevelKind.BATCHED, LevelKind.DIFFERENTIATED
_COND = ("pred", "true_fun", "false_fun")
_WHILE = ("cond_fun", "body_fun", "init_val")
_FORI = ("lower", "upper", "body_fun", "init_val")
_ARGNUMS = ("f", "argnums", "has_aux")
_GRAD = ("fun", "argnums", "has_aux", "holomorphic", "allow_int", "reduce_axes")

TRANSFORMS: dict[str, Transform] = {
    transform.name: transform
    for transform in (
        _nnx("jit", Shape.WRAP, _STAGED, parameters=("fun",)),
        _nnx("jit_partial", Shape.WRAP, _STAGED, parameters=("fun",)),
        _nnx("remat", Shape.WRAP, _STAGED),
        _nnx("pmap", Shape.WRAP, _STAGED, static_numbers="static_broadcasted_argnums"),
        _nnx("vmap", Shape.WRAP, _BATCHED, parameters=("f", "in_axes", "out_axes")),
        _nnx("grad", Shape.GRADIENT, _DIFFERENTIATED, parameters=_ARGNUMS),
        _nnx("value_and_grad", Shape.GRADIENT, _DIFFERENTIATED, has_value=True, parameters=_ARGNUMS),
        _nnx("scan", Shape.SCAN, _STAGED, parameters=("f", "length", "reverse")),
        _nnx("cond", Shape.COND, _STAGED, parameters=_COND),
        _nnx("switch", Shape.SWITCH, _STAGED, parameters=("index", "branches")),
        _nnx("while_loop", Shape.WHILE, _STAGED, parameters=_WHILE),
        _nnx("fori_loop", Shape.FORI, _STAGED, parameters=_FORI),
        _nnx("eval_shape", Shape.APPLY, _STAGED),
        _nnx("custom_vjp", Shape.PLAIN, None, parameters=("fun",)),
        _nnx("shard_map", Shape.PLAIN, None),
        _nnx("vjp", Shape.APPLY, _DIFFERENTIATED),
        _nnx("jvp", Shape.APPLY, _DIFFERENTIATED),
        _jax("jax.jit", Shape.WRAP, _STAGED, parameters=("fun",)),
        _jax("jax.pmap", Shape.WRAP, _STAGED, static_numbers="static_broadcasted_argnums", parameters=("fun",)),
        _jax("jax.checkpoint", Shape.WRAP, _STAGED, parameters=("fun",)),
        _jax("jax.make_jaxpr", Shape.WRAP, _STAGED, parameters=("fun",)),
        _jax("jax.vmap", Shape.WRAP, _BATCHED, parameters=("fun", "in_axes", "out_axes")),
        _jax("jax.grad", Shape.GRADIENT, _DIFFERENTIATED, parameters=_GRAD),
        _jax("jax.value_and_grad", Shape.GRADIENT, _DIFFERENTIATED, has_value=True, parameters=_GRAD),
        _jax("jax.jacobian", Shape.JACOBIAN, _DIFFERENTIATED, parameters=("fun", "argnums", "has_aux")),
        _jax("jax.jacfwd", Shape.JACOBIAN, _DIFFERENTIATED, parameters=("fun", "argnums", "has_aux")),
        _jax("jax.jacrev", Shape.JACOBIAN, _DIFFERENTIATED, parameters=("fun", "argnums", "has_aux")),
        _jax("jax.hessian", Shape.JACOBIAN, _DIFFERENTIATED, parameters=("fun", "argnums", "has_aux")),
        _jax("jax.custom_vjp", Shape.PLAIN, None, parameters=("fun", "nondiff_argnums", "nondiff_argnames")),
        _jax("jax.custom_jvp", Shape.PLAIN, None, parameters=("fun",)),
        _jax("jax.named_call", Shape.PLAIN, None, parameters=("fun",)),
        _jax("jax.shard_map", Shape.PLAIN, None),
        _jax("jax.experimental.shard_map.shard_map", Shape.PLAIN, None),
        _jax("jax.lax.scan", Shape.LAX_SCAN, _STAGED, parameters=("f", "init", "xs")),
        _jax("jax.lax.cond", Shape.COND, _STAGED, parameters=_COND),
        _jax("jax.lax.switch", Shape.SWITCH, _STAGED, parameters=("index", "branches")),
        _jax("jax.lax.while_loop", Shape.WHILE, _STAGED, parameters=_WHILE),
        _jax("jax.lax.fori_loop", Shape.FORI, _STAGED, parameters=("lower", "upper", "body_fun", "init_val")),
        _jax("jax.lax.map", Shape.MAP, _STAGED, parameters=("f", "xs")),
        _jax("jax.lax.associative_scan", Shape.ASSOCIATIVE, None, parameters=("fn", "elems")),
        _jax("jax.eval_shape", Shape.APPLY, _STAGED, parameters=("fun",)),
        _jax("jax.vjp", Shape.APPLY, _DIFFERENTIATED, parameters=("fun",)),
        _jax("jax.linearize", Shape.APPLY, _DIFFERENTIATED, parameters=("fun",)),
        _jax("jax.pure_callback", Shape.HOST, None, parameters=("callback",)),
        _jax("jax.experimental.io_callback", Shape.HOST, None, parameters=("callback",)),
        _jax("jax.experimental.host_callback.call", Shape.HOST, None, parameters=("callback_func",)),
        _jax("jax.experimental.host_callback.id_tap", Shape.HOST, None, parameters=("tap_func",)),
        _jax("jax.debug.callback", Shape.HOST, None, parameters=("callback",)),
    )
}
"""By canonical name."""

_RESOLVING = frozenset(f"flax.nnx.{name}" for name in ("grad", "value_and_grad", "remat", "scan", "vmap"))
