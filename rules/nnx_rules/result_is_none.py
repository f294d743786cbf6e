"""A name is bound to the result of a method that works in place on it: it is None afterwards.

`model.train()`, `model.eval()`, `nnx.update(model, state)`, `optimizer.update(...)`, `metrics.update(...)` and `metrics.reset()` change their object and
return None. What uses the name afterwards raises.

```python
model = model.eval()                                        # model is None now
model.eval()
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import NothingAssigned

_METHODS = ("train", "eval", "update", "reset", "set_attributes")


@rule(code="NNX604", group=Group.TRAINING, severity=Severity.ERROR, evidence=Raises(("TypeError", "AttributeError"), later=True), rests_on_values=True)
def result_is_none(facts: Facts) -> Iterator[Finding]:
    called = {id(call.node): call for call in facts.calls if call.name.startswith("flax.nnx.") and call.name.rpartition(".")[2] in _METHODS}
    for each in facts.of(NothingAssigned):
        call = called.get(id(each.node))
        if call is not None and each.target in _names(each.node):
            message = f"`{ask.text(each.node)}` changes its object and returns None, so `{each.target}` is None afterwards; call it without keeping the result"
            yield Finding(each, each.place, message, ask.path(each.context))


def _names(node: program.Node) -> set[str]:
    """What the call is of and what it is given, as written."""
    if not isinstance(node, program.Call):
        return set()
    receiver = {ask.text(node.function.value)} if isinstance(node.function, program.Attribute) else set()
    return receiver | {ask.text(argument.value) for argument in node.arguments}
