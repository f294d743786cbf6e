"""What cannot be traced is tried, and `except Exception` hides that it never happens.

`if x > 0` on a traced value raises, each time. Inside of a `try` that catches everything the error is gone: the code behind it never runs, for no value.

```python
@nnx.jit
def f(x):
    try:
        if x > 2:                                           # always raises here
            return x * 2                                    # never returned
    except Exception:
        pass
    return x

@nnx.jit
def f(x):
    return jnp.where(x > 2, x * 2, x)
```

Silent where the handler names the error of JAX (`except jax.errors.ConcretizationTypeError`), or raises again. Nor is it said of a
function that only asks whether a value is known, and whose handler has the answer: `return bool(x)`, or else `return default`.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Swallowed


@rule(code="NNX432", group=Group.TRACING, severity=Severity.WARNING, evidence=Shows())
def traced_error_swallowed(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Swallowed):
        value = each.cause.value
        if not ask.is_traced(value) or not ask.runs_once(each.level):
            continue
        level = ask.traced_level(value)
        message = f"`{ask.text(each.node)}` is traced by {ask.by(level)}{ask.source(value)}: it always raises here, and `except {each.handler}".rstrip()
        message += "` hides it, so that what follows never runs; use `jnp.where` or `jax.lax.cond`"
        yield Finding(each, each.place, message, ask.path(each.context, value))
