"""The arguments of `optimizer.update` are swapped.

`optimizer.update(model, grads)` takes the model first. The other way round the gradients are overwritten with parameters, and the model is not
trained; nothing raises.

```python
optimizer.update(grads, model)   # silently no training
optimizer.update(model, grads)
```

Silent where it is not known what the arguments are.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Shows, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Module, State, Tree


@rule(code="NNX603", group=Group.TRAINING, severity=Severity.ERROR, evidence=Shows(), flax=">=0.11")
def optimizer_update_swapped(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name != "flax.nnx.Optimizer.update" or len(call.arguments) != 2:
            continue
        first, second = call.arguments
        if first.node.keyword is not None or second.node.keyword is not None:
            continue  # Each is where its name says.
        if isinstance(first.value, State | Tree) and first.value.role == "gradient" and isinstance(second.value, Module):
            one, two = ask.place_of(call, first.node.value), ask.place_of(call, second.node.value)
            fix = Fix("Pass the model first", (Change(one, Where.REPLACE, (two,)), Change(two, Where.REPLACE, (one,))))
            message = f"`{ask.text(call.node)}` takes `{ask.text(first.node.value)}` for the model and changes the gradients instead; pass the model first"
            yield Finding(call, call.place, message, ask.path(call.context), fix)
