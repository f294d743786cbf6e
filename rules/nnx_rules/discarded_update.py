"""The result of `x.at[i].set(v)` is not used: the update is lost.

`.at[...]` changes nothing in place; it gives a new array.

```python
x.at[0].set(5.0)                                            # x is as before
x = x.at[0].set(5.0)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import ValueDropped

_METHODS = frozenset(("set", "add", "subtract", "multiply", "mul", "divide", "power", "min", "max", "apply"))


@rule(code="NNX410", group=Group.TRACING, severity=Severity.ERROR, evidence=Shows())
def discarded_update(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(ValueDropped):
        call = each.node
        if not isinstance(call, program.Call) or not isinstance(call.function, program.Attribute) or call.function.name not in _METHODS:
            continue
        match call.function.value:
            case program.Subscript(value=program.Attribute(name="at", value=owner)) if not isinstance(owner, program.Call) and not each.guards:
                text = ask.text(owner)
                message = f"`{ask.text(call)}` gives a new array and changes nothing in place: the update is lost; write `{text} = {ask.text(call)}`"
                yield Finding(each, each.place, message, ask.path(each.context))
            case _:
                pass
