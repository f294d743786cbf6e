"""A training step runs in a loop without `nnx.jit`: each operation is dispatched by itself.

Nothing is wrong with the result. But Python runs the whole step anew in each pass, and XLA sees one operation at a time.

```python
def train_step(model, optimizer, x):            # Python runs this in each pass
    loss, grads = nnx.value_and_grad(loss_fn)(model, x)
    optimizer.update(model, grads)

@nnx.jit                                        # Python runs this once
def train_step(model, optimizer, x): ...
```

Said of an `optimizer.update` in a loop that no transform is around. Silent where the loop is not seen.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity


@rule(code="NNX960", group=Group.PERFORMANCE, severity=Severity.INFO, evidence=Shows(), flax=">=0.11")
def training_step_not_jitted(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name != "flax.nnx.Optimizer.update" or not call.in_loop or call.level is not None:
            continue
        text = ask.text(call.node)
        if call.context is not None and call.context.is_call:
            message = f"`{call.context.function}` runs in a loop without `nnx.jit`, so `{text}` and all before it is dispatched one operation at a time"
            yield Finding(call, call.context.place, message, ask.path(call.context))
        else:
            message = f"`{text}` runs in a loop without `nnx.jit`, one operation at a time; put the step into a function under `nnx.jit`"
            yield Finding(call, call.place, message, ask.path(call.context))
