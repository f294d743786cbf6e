"""The loss of a compiled step is read in each pass of a loop: Python waits for the device each time.

A compiled step returns at once, and the device works while Python prepares the next batch. `float(loss)`, `loss.item()`, `print(loss)` and a format need
the number, so they wait until the step is done; the device then waits for Python. Nothing is wrong with the result.

```python
for batch in batches:
    total += float(train_step(model, optimizer, batch))     # waits in each pass

losses = []
for batch in batches:
    losses.append(train_step(model, optimizer, batch))      # an array that may not be there yet
total = float(sum(losses))                                  # waits once
```

Reading it one pass behind, or every hundredth pass, helps as much. Silent where something is decided by the loss (early stopping), where the loop waits anyway
(`block_until_ready`, another value that is read, a clock), and where not every pass is seen to call a function under `jit` and to read what it gave.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import HostRead


@rule(code="NNX995", group=Group.PERFORMANCE, severity=Severity.INFO, evidence=Shows())
def loss_read_in_each_step(facts: Facts) -> Iterator[Finding]:
    for read in facts.of(HostRead):
        step = ask.text(read.step.function)
        message = f"each pass of the loop reads what `{step}` gives, so Python waits until the step is done; keep the array, and read it after the loop"
        yield Finding(read, read.place, message, ask.path(read.context))
