"""The counter of a loop is passed as a static argument: each pass compiles.

A static argument is part of what a function is compiled for. One that is another number in each pass compiles in each pass.

```python
step = nnx.jit(train_step, static_argnames="epoch")
for epoch in range(100):
    step(model, x, epoch=epoch)                             # compiles 100 times

step = nnx.jit(train_step)                                  # a number becomes an array
```

Silent for loops of fewer than four passes, and where other values are passed. An information: what decides a shape has to be static.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.rule import Finding, Group, Retraces, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import KeptArgument
from nnx_lsp.tracer.values import Counter


@rule(code="NNX931", group=Group.PERFORMANCE, severity=Severity.INFO, evidence=Retraces())
def static_loop_counter(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(KeptArgument):
        if isinstance(each.value, Counter) and each.transformed.transform.endswith(".jit") and each.level is None:
            name = f"`{each.name}`" if each.name else "an argument"
            display = TRANSFORMS[each.transformed.transform].display
            message = f"{name} is static under `{display}` and counts the passes of a loop: each pass compiles; pass it as an array"
            yield Finding(each, each.place, message, ask.path(each.context))
