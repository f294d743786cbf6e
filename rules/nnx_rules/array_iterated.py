"""A Python loop goes over a traced array: it is unrolled.

Each row becomes code of its own. The time to compile, and the size of the program, grow with the length of the array.

```python
@nnx.jit
def total(x):
    s = 0.0
    for row in x:                                           # as many copies of the body as rows
        s = s + row
    return s
```

Use an operation on the whole array (`x.sum(0)`), `jax.lax.scan`, or `jax.vmap`. A short axis of known length is well.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Iterated


@rule(code="NNX935", group=Group.PERFORMANCE, severity=Severity.INFO, evidence=Shows())
def array_iterated(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Iterated):
        if ask.is_traced(each.value) and ask.runs_once(each.level):
            message = f"`{ask.text(each.node)}` is traced by {ask.by(ask.traced_level(each.value))}{ask.source(each.value)}"
            message += ": the loop is unrolled, one copy of its body for each row; use an operation on the whole array, or `jax.lax.scan`"
            yield Finding(each, each.place, message, ask.path(each.context, each.value))
