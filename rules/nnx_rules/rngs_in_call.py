"""An `nnx.Rngs` with a fixed seed is made inside of `__call__`: each call draws the same numbers.

```python
def __call__(self, x):
    return self.drop(x, rngs=nnx.Rngs(0))                   # the same mask at each call

def __init__(self, rngs):
    self.drop = nnx.Dropout(0.5, rngs=rngs)                 # its stream counts
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity


@rule(code="NNX109", group=Group.RANDOMNESS, severity=Severity.WARNING, evidence=Shows())
def rngs_in_call(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name != "flax.nnx.Rngs" or call.context is None or call.context.function != "__call__" or not call.arguments:
            continue
        if all(isinstance(argument.node.value, program.Constant) for argument in call.arguments):
            message = f"`{ask.text(call.node)}` begins anew at each call, so each draws the same numbers; make it in `__init__`, or take it as an argument"
            yield Finding(call, call.place, message, ask.path(call.context))
