"""A compiled function captured a value that has changed since.

What a jitted function reads of an enclosing function or of the module is a constant of the compiled code, the weights of a Module too. The next call with
arguments of the same shapes uses what was compiled: it does not see a new value.

```python
@nnx.jit
def predict(x):
    return model(x)                                         # the weights of the first call, for ever

predict(x)
train_step(model, optimizer, x)
predict(x)                                                  # the old weights

@nnx.jit
def predict(model, x):                                      # pass what changes
    return model(x)
```

Silent where nothing was seen to change between two calls: a frozen model may be captured. A warning, because a call with another shape compiles anew.
"""

from collections.abc import Iterator

from nnx_lsp.facts import Facts, Step
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import StaleCapture


@rule(code="NNX530", group=Group.TRANSFORMS, severity=Severity.WARNING, evidence=Shows())
def stale_capture(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(StaleCapture):
        display = TRANSFORMS[each.transformed.transform].display
        message = f"`{each.name}` is captured by a function under `{display}`, and has another value when it is called again"
        steps = [Step(each.changed, f"`{each.name}` changes here")] if each.changed is not None else []
        yield Finding(each, each.place, f"{message}: the compiled code keeps the first; pass it as an argument", tuple(steps))
