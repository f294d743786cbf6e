"""A traced value is formatted with a numeric format.

`f"{x:.2f}"` needs a number; a traced array has none yet, so it raises TypeError.

```python
@nnx.jit
def f(x):
    print(f"loss {x.mean():.2f}")          # raises TypeError
    jax.debug.print("loss {:.2f}", x.mean())
```

Silent without a format: then the tracer itself is printed, once.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Formatting
from nnx_lsp.tracer.values import Variable


@rule(
    code="NNX405",
    group=Group.TRACING,
    severity=Severity.ERROR,
    evidence=Raises(("TypeError", "ConcretizationTypeError")),
    rests_on_values=True,
)
def traced_format(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Formatting):
        if not each.spec or isinstance(each.value, Variable) or not ask.has_no_array(each.value):
            continue
        level = ask.traced_level(each.value)
        message = (
            f"`{ask.text(each.node)}` is traced by {ask.by(level)}{ask.source(each.value)}"
            f", so the format `{each.spec}` {ask.raises(level, 'TypeError')}; use `jax.debug.print`"
        )
        yield Finding(each, each.place, message, ask.path(each.context, each.value), severity=ask.severity(level))
