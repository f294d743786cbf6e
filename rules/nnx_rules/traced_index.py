"""A traced value is used where Python needs an integer: `range()`, the index of a list or tuple, a slice.

They call `__index__`, which raises TracerIntegerConversionError for a traced value; a slice of an array with traced bounds raises too, also in `x.at[:n]`.

```python
@nnx.jit
def f(x, n):
    for i in range(n):      # raises TracerIntegerConversionError
        x = x + i
    return x
```

Use `jax.lax.fori_loop`, `jnp.stack(items)[i]`, `jax.lax.dynamic_slice`, or make the argument static. Arrays may be indexed by traced integers.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.causes import StaticArguments, takes_number
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Array

_EXCEPTIONS = (
    "TracerIntegerConversionError",
    "IndexError",
    "TypeError",
    "TracerArrayConversionError",
    "ConcretizationTypeError",
)
_CURES = {
    "range": "use `jax.lax.fori_loop`, or make it static",
    "index": "use `jnp.stack(...)[i]` or `jax.lax.switch`, or make it static",
    "slice": "use `jax.lax.dynamic_slice`, or make it static",
}


@rule(code="NNX403", group=Group.TRACING, severity=Severity.ERROR, evidence=Raises(_EXCEPTIONS), rests_on_values=True)
def traced_index(facts: Facts) -> Iterator[Finding]:
    static = StaticArguments(facts)
    for each in facts.conversions:
        if not ask.is_traced(each.value) or not takes_number(each):
            continue
        level = ask.traced_level(each.value)
        name = {"range": "`range()`", "index": "the index", "slice": "the slice"}[each.by]
        error = "IndexError" if each.by == "slice" and isinstance(each.container, Array) else "TracerIntegerConversionError"
        message = f"`{ask.text(each.node)}` is traced by {ask.by(level)}{ask.source(each.value)}, so {name} {ask.raises(level, error)}; {_CURES[each.by]}"
        yield Finding(each, each.place, message, ask.path(each.context, each.value), severity=ask.severity(level), cause=static.cause(each))
