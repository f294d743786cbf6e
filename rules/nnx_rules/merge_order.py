"""`nnx.merge` is given the State before the GraphDef, or no State at all.

```python
nnx.merge(state, graphdef)                                  # raises
nnx.merge(graphdef)                                         # raises
nnx.merge(graphdef, state)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Call
from nnx_lsp.tracer.values import GraphDef, State


@rule(code="NNX309", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("TypeError", "AttributeError")))
def merge_order(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name == "flax.nnx.merge" and call.arguments and isinstance(call.arguments[0].value, State):
            text = ask.text(call.arguments[0].node.value)
            others = [ask.text(other.node.value) for other in call.arguments[1:] if isinstance(other.value, GraphDef)]
            graphdef = others[0] if others else "graphdef"
            cure = f"write `nnx.merge({graphdef}, {text})`" if text != "graphdef" else "`nnx.split` gives the GraphDef first, and the State behind it"
            message = f"`nnx.merge` takes the GraphDef first; `{text}` is a State, so it raises; {cure}"
            yield Finding(call, ask.place_of(call, call.arguments[0].node.value), message, ask.path(call.context))
        elif call.name == "flax.nnx.merge" and _is_alone(call) and isinstance(call.arguments[0].value, GraphDef):
            text = ask.text(call.arguments[0].node.value)
            message = f"`nnx.merge` gets no State, so it raises TypeError; write `nnx.merge({text}, state)` with what the split gave beside `{text}`"
            yield Finding(call, call.place, message, ask.path(call.context))


def _is_alone(call: Call) -> bool:
    """Whether one argument is written, and it stands for no more."""
    return isinstance(call.node, program.Call) and len(call.arguments) == 1 and len(call.node.arguments) == 1 and not call.node.arguments[0].star
