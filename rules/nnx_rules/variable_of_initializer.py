"""An `nnx.Variable` holds an initializer instead of an array.

`nnx.initializers.lecun_normal()` makes a function; it draws an array when it is called with a key and a shape. Without that the Variable holds the function:
nothing raises where it is made, and every use as an array raises AttributeError or TypeError. `lecun_normal((3, 4))` is no call with a shape: the factory takes
axes there.

```python
nnx.Param(nnx.initializers.lecun_normal((3, 4)))                            # holds a function
nnx.Param(nnx.initializers.lecun_normal()(rngs.params(), (3, 4)))
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Library, Variable


@rule(code="NNX250", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Raises(("AttributeError", "TypeError"), later=True))
def variable_of_initializer(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if not isinstance(call.result, Variable) or call.receiver is not None or len(call.arguments) != 1 or call.has_star:
            continue
        value, node = call.arguments[0].value, call.arguments[0].node.value
        if isinstance(value, Library) and ".initializers." in value.name and call.arguments[0].node.keyword in (None, "value"):
            text = ask.text(node)
            message = f"`{text}` is an initializer, and the Variable holds that function: using it as an array raises; call it with a key and a shape"
            yield Finding(call, ask.place_of(call, node), message, ask.path(call.context))
