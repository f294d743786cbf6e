"""Python decides by a value that is traced.

Under `nnx.jit`, `scan`, `vmap` and the like, arrays have no value yet while the function runs: JAX records what happens to them. `if`,
`while`, `assert`, `and`, `or`, `not`, a conditional expression, a chained comparison, `in`, `match`, `min`, `max` and comprehension
filters need a value, so they raise TracerBoolConversionError.

```python
@nnx.jit
def f(x):
    if x.sum() > 0:                     # raises TracerBoolConversionError
        return x
    return -x

@nnx.jit
def f(x):
    return jnp.where(x.sum() > 0, x, -x)
```

Use `jnp.where` or `jax.lax.cond` for values, `static_argnames` for flags (`training: bool`, `mode="mean"`) and other options (`dropout: float = 0.0`).
Shapes, dtypes, `len`, `is None`, `isinstance`, static arguments and configuration are no traced values and are left alone; so is code under eager `nnx.grad`.
A `__call__` that no transform was seen to reach is a warning: it raises once the model is jitted.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.causes import StaticArguments
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Branch
from nnx_lsp.tracer.values import Level, Variable

_CURE = "use `jnp.where` or `jax.lax.cond`"
_WITH_NAMES = ("nnx.jit", "jax.jit")
_WITH_NUMBERS = ("nnx.remat", "jax.checkpoint", "jax.remat")


@rule(code="NNX401", group=Group.TRACING, severity=Severity.ERROR, evidence=Raises(("TracerBoolConversionError", "ValueError")), rests_on_values=True)
def traced_branch(facts: Facts) -> Iterator[Finding]:
    static = StaticArguments(facts)
    for branch in facts.branches:
        if isinstance(branch.value, Variable) or not ask.is_traced(branch.value):
            continue
        level = ask.traced_level(branch.value)
        message = (
            f"`{ask.text(branch.node)}` is traced by {ask.by(level)}{ask.source(branch.value)}"
            f", so `{branch.form.value}` {ask.raises(level, 'TracerBoolConversionError')}; {_cure(branch, level)}"
        )
        yield Finding(branch, branch.place, message, ask.path(branch.context, branch.value), severity=ask.severity(level), cause=static.cause(branch))


def _cure(branch: Branch, level: Level | None) -> str:
    """A flag is made static, where the transform can do that, and a number may be; all else is chosen by JAX."""
    given = ask.given_option(branch, branch.value)
    if given is None or level is None or level.name not in (*_WITH_NAMES, *_WITH_NUMBERS):
        return _CURE
    name, kind = given
    if level.name in _WITH_NAMES:
        static = f'give `{level.name}` `static_argnames=("{name}",)`'
    else:
        static = f"name the position of `{name}` in `static_argnums` of `{level.name}`"
    return static if kind is ask.Option.FLAG else f"{static} if it is an option, else {_CURE}"
