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

Make the size static, or give `size=`. Sizes taken from `x.shape` are left alone. Of one value that is a size several times the first is named.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.causes import StaticArguments, one_value
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import DataDependentShape, ShapeUse, StaticArgument


@rule(
    code="NNX407",
    group=Group.TRACING,
    severity=Severity.ERROR,
    evidence=Raises(("TypeError", "ConcretizationTypeError", "ValueError")),
    rests_on_values=True,
)
def value_dependent_shape(facts: Facts) -> Iterator[Finding]:
    uses = [use for use in facts.of(ShapeUse) if ask.is_traced(use.value)]
    first = ask.first_in_statement(uses, lambda use: ask.text(use.node) + ask.source(use.value))
    static = StaticArguments(facts)
    for use in uses:
        if use.place in first:
            cause = static.cause(use) or one_value(use.value)
            yield _finding(use, "TypeError", f"a shape needs Python integers; make it static{ask.as_often(first[use.place])}", cause=cause)
    for argument in facts.of(StaticArgument):
        if ask.is_traced(argument.value):
            why = f"`{argument.parameter}` must be a Python integer; make it static"
            yield _finding(argument, argument.exception, why, cause=static.cause(argument))
    for each in facts.of(DataDependentShape):
        if each.by != "boolean mask" and ask.is_traced(each.value):
            is_constant = not ask.first_link(each.value)
            yield _finding(each, "ConcretizationTypeError", "its shape depends on values; give `size=`", is_constant=is_constant)


def _finding(event: ShapeUse | StaticArgument | DataDependentShape, exception: str, why: str, *, is_constant: bool = False, cause: str = "") -> Finding:
    level = ask.traced_level(event.value)
    what = "constants too are traced under" if is_constant else f"`{ask.text(event.node)}` is traced by"
    message = f"{what} {ask.by(level)}{ask.source(event.value)}, so `{event.by}` {ask.raises(level, exception)}: {why}"
    return Finding(event, event.place, message, ask.path(event.context, event.value), severity=ask.severity(level), cause=cause)
