"""A Module is copied with `copy.copy`: both share their layers and Variables.

`copy.copy` copies the outermost object alone. Training the model changes the copy with it, and the other way round.

```python
target = copy.copy(model)                   # follows every update of the model
target = nnx.clone(model)                   # a model of its own; `copy.deepcopy` gives one too
```

Replacing whole attributes of the copy is legal.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Safety, Shows, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Call
from nnx_lsp.tracer.values import Metric, Module, Optimizer


@rule(code="NNX340", group=Group.STRUCTURE, severity=Severity.WARNING, evidence=Shows())
def module_shallow_copied(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name != "copy.copy" or not call.arguments or isinstance(call.arguments[0].value, Metric | Optimizer):
            continue
        if isinstance(call.arguments[0].value, Module):
            text = ask.text(call.arguments[0].node.value)
            message = f"`{ask.text(call.node)}` shares all layers and Variables with `{text}`: what changes one changes the other; call `nnx.clone({text})`"
            yield Finding(call, call.place, message, ask.path(call.context), _deep(call))


def _deep(call: Call) -> Fix | None:
    function = call.node.function if isinstance(call.node, program.Call) else None
    if not isinstance(function, program.Attribute):
        return None
    change = Change(ask.place_of(call, function), Where.REPLACE, (ask.place_of(call, function.value), ".deepcopy"))
    return Fix("Copy all of it: copy.deepcopy", (change,), Safety.UNSAFE)
