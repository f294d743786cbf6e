"""A function is made and jitted anew in each pass of a loop: each pass compiles.

The compiled code is kept by function. A lambda or a nested function that a loop makes is another one in each pass.

```python
for x in batches:
    f = nnx.jit(lambda model, x: model(x))                  # compiles in each pass
    f(model, x)

f = nnx.jit(lambda model, x: model(x))
for x in batches:
    f(model, x)
```

Silent for functions that were made before the loop.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.rule import Finding, Group, Retraces, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import TransformApplied


@rule(code="NNX506", group=Group.TRANSFORMS, severity=Severity.INFO, evidence=Retraces())
def jit_in_loop(facts: Facts) -> Iterator[Finding]:
    for applied in facts.of(TransformApplied):
        transformed = applied.transformed
        if not applied.in_loop or not transformed.transform.endswith(".jit") or not isinstance(applied.node, program.Call):
            continue
        if any(isinstance(argument.value, program.Lambda) for argument in applied.node.arguments):
            display = TRANSFORMS[transformed.transform].display
            message = f"`{display}` gets a new function in each pass of the loop, so each pass compiles; jit it before the loop"
            yield Finding(applied, applied.place, message, ask.path(applied.context))
