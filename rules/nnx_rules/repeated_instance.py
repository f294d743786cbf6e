"""A list of layers is made by multiplication: it holds one layer several times.

```python
self.layers = nnx.List([nnx.Linear(2, 2, rngs=rngs)] * 3)   # one layer, three times
self.layers = nnx.List([nnx.Linear(2, 2, rngs=rngs) for _ in range(3)])
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Repeated
from nnx_lsp.tracer.values import Module, Variable


@rule(code="NNX307", group=Group.STRUCTURE, severity=Severity.WARNING, evidence=Shows())
def repeated_instance(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Repeated):
        held = next((item for item in each.items if isinstance(item, Module | Variable)), None)
        if held is not None:
            message = f"`{ask.text(each.node)}` holds one `{held.class_name}` several times, not several of them; write a comprehension"
            yield Finding(each, each.place, message, ask.path(each.context))
