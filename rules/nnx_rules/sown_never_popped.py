"""What a Module sows under `nnx.jit` is never taken out: it grows, and each call compiles.

`self.sow` appends to a tuple. `nnx.jit` writes it back, so that the next call meets a Module with one more array, traces and compiles again, and keeps all of
them in memory.

```python
for x in batches:
    step(model, x)                                          # sows; compiles in each pass

for x in batches:
    step(model, x)
    seen = nnx.pop(model, nnx.Intermediate)                 # taken out
```

`nnx.pop` may also stand inside of the step. Silent where the function is called once, and under transforms of jax.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Retraces, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Regrown


@rule(code="NNX534", group=Group.TRANSFORMS, severity=Severity.WARNING, evidence=Retraces())
def sown_never_popped(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Regrown):
        message = f"what is sown here is still there when `{ask.text(each.node)}` is called again: it compiles each time and grows; take it out with `nnx.pop`"
        yield Finding(each, each.sown, message, (Step(each.place, "called again here"),))
