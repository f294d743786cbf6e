"""Gradients are computed, and nothing is done with them: the model is not trained.

`nnx.value_and_grad` changes no model. The gradients must reach `optimizer.update(model, grads)`, or what else applies them.

```python
@nnx.jit
def train_step(model, optimizer, x):
    loss, grads = nnx.value_and_grad(loss_fn)(model, x)             # the loss never changes
    return loss

    optimizer.update(model, grads)                                  # what was forgotten
```

Said of a name that the function gives gradients of a Module, and that it never uses. Without an optimizer at hand this is a hint: who wants the value alone
calls the function itself. Silent for names that begin with an underscore, and outside of functions.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import NothingMadeOf


@rule(code="NNX646", group=Group.TRAINING, severity=Severity.WARNING, evidence=Shows())
def gradients_unused(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(NothingMadeOf):
        function = each.context.function if each.context is not None else ""
        if each.what != "gradient" or each.guards or not function:
            continue
        message = f"`{ask.text(each.node)}` is never used: `{function}` computes gradients and changes no model"
        if each.optimizer:
            message += f"; call `{each.optimizer}.update`"
        yield Finding(each, each.place, message, ask.path(each.context), severity=None if each.optimizer else Severity.INFO)
