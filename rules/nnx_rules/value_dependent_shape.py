"""A shape depends on a traced value.

Shapes are fixed while a function is traced. A size that is a traced value (`jnp.zeros((n, 2))`, `jnp.arange(n)`, `x.reshape(n, -1)`) raises
TypeError or ConcretizationTypeError, and so do functions whose result has as many elements as the values say (`jnp.nonzero`,
`jnp.unique`, `jnp.where` with one argument). So does an axis, a number of parts or a diagonal that is traced (`jnp.sum(x, axis=n)`, `jnp.split(x, n)`,
`jnp.tril(x, n)`), with one of these or ValueError.

```python
@nnx.jit
def f(x, n):
    return jnp.zeros((n, 2)) + x      # raises

@partial(nnx.jit, static_argnames="n")
def f(x, n): ...
```

Make the size static, or give `size=`. Sizes taken from `x.shape` are left alone.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import DataDependentShape, ShapeUse, StaticArgument


@rule(
    code="NNX407",
    group=Group.TRACING,
    severity=Severity.ERROR,
    evidence=Raises(("TypeError", "ConcretizationTypeError", "ValueError")),
)
def value_dependent_shape(facts: Facts) -> Iterator[Finding]:
    for use in facts.of(ShapeUse):
        if ask.is_traced(use.value):
            level = ask.traced_level(use.value)
            message = (
                f"`{ask.text(use.node)}` is traced by {ask.by(level)}{ask.source(use.value)}"
                f", so `{use.by}` {ask.raises(level, 'TypeError')}: a shape needs Python integers; make it static"
            )
            yield Finding(use, use.place, message, ask.path(use.context, use.value), severity=ask.severity(level))
    for argument in facts.of(StaticArgument):
        if ask.is_traced(argument.value):
            level = ask.traced_level(argument.value)
            message = (
                f"`{ask.text(argument.node)}` is traced by {ask.by(level)}{ask.source(argument.value)}"
                f", so `{argument.by}` {ask.raises(level, argument.exception)}: `{argument.parameter}` must be a Python integer; make it static"
            )
            yield Finding(argument, argument.place, message, ask.path(argument.context, argument.value), severity=ask.severity(level))
    for each in facts.of(DataDependentShape):
        if each.by != "boolean mask" and ask.is_traced(each.value):
            level = ask.traced_level(each.value)
            what = f"`{ask.text(each.node)}` is traced by" if ask.first_link(each.value) else "constants too are traced under"
            message = (
                f"{what} {ask.by(level)}{ask.source(each.value)}"
                f", so `{each.by}` {ask.raises(level, 'ConcretizationTypeError')}: its shape depends on values; give `size=`"
            )
            yield Finding(each, each.place, message, ask.path(each.context, each.value), severity=ask.severity(level))
