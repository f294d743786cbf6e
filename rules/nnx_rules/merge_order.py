"""`nnx.merge` is given the State before the GraphDef.

```python
nnx.merge(state, graphdef)                                  # raises
nnx.merge(graphdef, state)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import State


@rule(code="NNX309", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("TypeError", "AttributeError")))
def merge_order(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name == "flax.nnx.merge" and call.arguments and isinstance(call.arguments[0].value, State):
            text = ask.text(call.arguments[0].node.value)
            message = f"`nnx.merge` takes the GraphDef first; `{text}` is a State, so it raises; write `nnx.merge(graphdef, {text})`"
            yield Finding(call, ask.place_of(call, call.arguments[0].node.value), message, ask.path(call.context))
