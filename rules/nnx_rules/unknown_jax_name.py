"""A name that JAX does not have.

It comes from an older JAX (`jax.tree_map` and `jnp.in1d` are gone), from NumPy or PyTorch (`jnp.randn`, `jnp.cat`), or it is misspelled. Reading it raises
AttributeError, importing it ImportError.

```python
jax.tree_map(f, tree)                  # jax.tree.map
jnp.finite(x)                          # jnp.isfinite
jax.random.randn(key, (3,))            # jax.random.normal
```

Only what no JAX from 0.6 on has is reported, in `jax`, `jax.numpy`, `jax.lax`, `jax.nn`, `jax.random`, `jax.tree` and `jax.tree_util`. Silent under `hasattr`
and `try`, for modules of the package `jax` that some import may have loaded, and where the Flax in force takes an older JAX.
"""

from collections.abc import Iterator

from packaging.version import Version

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge import library
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Library

_MODULES = ("jax", "jax.numpy", "jax.numpy.linalg", "jax.numpy.fft", "jax.lax", "jax.nn", "jax.random", "jax.tree", "jax.tree_util")
_LOADED = frozenset(
    (
        *("ad_checkpoint", "cloud_tpu_init", "collect_profile", "custom_transpose", "example_libraries", "experimental", "export", "extend"),
        *("flatten_util", "memory", "test_util", "tools", "util"),
    )
)
"""Modules of the package, which stand in it as soon as any code imports them."""
_SINCE = Version("0.10.7")
"""The first Flax that takes no JAX older than those that are known."""
_TWINS = {
    "jax.tree_map": "jax.tree.map",
    "jax.tree_multimap": "jax.tree.map",
    "jax.tree_leaves": "jax.tree.leaves",
    "jax.tree_flatten": "jax.tree.flatten",
    "jax.tree_unflatten": "jax.tree.unflatten",
    "jax.tree_structure": "jax.tree.structure",
    "jax.tree_util.tree_multimap": "jax.tree.map",
    "jax.tree.flatten_one_level": "jax.tree_util.default_registry.flatten_one_level",
    "jax.random.randn": "jax.random.normal",
    "jax.random.rand": "jax.random.uniform",
    "jax.random.seed": "jax.random.key",
    "jax.random.KeyArray": "jax.Array",
    "jax.random.default_prng_impl": "jax.config.jax_default_prng_impl",
    "jax.nn.normalize": "jax.nn.standardize",
    "jax.numpy.DeviceArray": "jax.Array",
    "jax.numpy.Tensor": "jax.Array",
    "jax.numpy.alltrue": "jnp.all",
    "jax.numpy.sometrue": "jnp.any",
    "jax.numpy.product": "jnp.prod",
    "jax.numpy.cumproduct": "jnp.cumprod",
    "jax.numpy.in1d": "jnp.isin",
    "jax.numpy.row_stack": "jnp.vstack",
    "jax.numpy.round_": "jnp.round",
    "jax.numpy.trapz": "jnp.trapezoid",
    "jax.numpy.finite": "jnp.isfinite",
    "jax.numpy.cat": "jnp.concatenate",
    "jax.numpy.unsqueeze": "jnp.expand_dims",
    "jax.numpy.from_numpy": "jnp.asarray",
    "jax.numpy.as_tensor": "jnp.asarray",
    "jax.numpy.tensor": "jnp.array",
    "jax.numpy.numel": "jnp.size",
    "jax.numpy.mm": "jnp.matmul",
    "jax.numpy.bmm": "jnp.matmul",
    "jax.numpy.random": "jax.random",
    "jax.numpy.float": "float",
    "jax.numpy.bool8": "jnp.bool_",
}


@rule(code="NNX713", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("AttributeError", "ImportError")))
def unknown_jax_name(facts: Facts) -> Iterator[Finding]:
    if facts.library.flax < _SINCE or not facts.library.is_described:
        return
    unknown = [read for read in facts.of(AttributeRead) if (name := _name(read)) and not library.is_of_any_jax(name)]
    first = ask.first_in_statement(unknown, _name)
    for read in unknown:
        if read.place in first:
            message = ask.no_such_name(read, f"any JAX that Flax {facts.library.flax} takes", _cure(_name(read), facts), first[read.place])
            yield Finding(read, read.place, message, ask.path(read.context), cause=f"jax {_name(read)}")


def _name(read: AttributeRead) -> str:
    """The whole name that is not there; empty for what is, and for what this rule does not judge."""
    if read.is_found or not isinstance(read.owner, Library) or read.owner.name not in _MODULES or (read.owner.name == "jax" and read.name in _LOADED):
        return ""
    return f"{read.owner.name}.{read.name}"


def _cure(name: str, facts: Facts) -> str:
    module, _, last = name.rpartition(".")
    near = ask.nearest_name(last, facts.library.public_names(module), 0.85)
    shown = module.replace("jax.numpy", "jnp")
    return _TWINS.get(name) or (f"{shown}.{near}" if near else "")
