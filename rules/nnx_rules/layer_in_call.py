"""A layer with weights is made inside of `__call__`: each call has new weights, and none is trained.

The layer lives as long as the call. It is no attribute, so `nnx.state`, `nnx.grad` and the optimizer never see it.

```python
def __call__(self, x):
    return nnx.Linear(2, 2, rngs=self.rngs)(x)              # other weights each time

def __init__(self, rngs):
    self.linear = nnx.Linear(2, 2, rngs=rngs)
```

Silent where the layer is kept as an attribute.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.arrays import WEIGHTED
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeWrite, Returned


@rule(code="NNX305", group=Group.STRUCTURE, severity=Severity.WARNING, evidence=Shows())
def layer_in_call(facts: Facts) -> Iterator[Finding]:
    kept = {id(write.value) for write in facts.of(AttributeWrite)} | {id(each.value) for each in facts.of(Returned)}
    for call in facts.calls:
        layer = call.name.removeprefix("flax.nnx.")
        if layer not in WEIGHTED or call.receiver is not None or call.context is None or call.context.function != "__call__":
            continue
        if id(call.result) not in kept:
            message = f"`nnx.{layer}` is made at each call: it has new weights every time and is never trained; make it in `__init__`"
            yield Finding(call, call.place, message, ask.path(call.context))
