"""A name or a method of nnx that it warns of.

`nnx.VariableState` is another name of `nnx.Variable` since Flax 0.12. `model.iter_modules()` and `model.iter_children()` became functions. Both emit a
DeprecationWarning.

```python
isinstance(leaf, nnx.VariableState)           # nnx.Variable
for path, module in model.iter_modules():     # nnx.iter_modules(model)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Warns, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import DeprecatedName

_TWINS = {"flax.nnx.VariableState": "Variable"}
_METHODS = frozenset(("iter_modules", "iter_children"))


@rule(code="NNX850", group=Group.VERSIONS, severity=Severity.INFO, evidence=Warns("DeprecationWarning"), flax=">=0.12.1")
def deprecated_name(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(DeprecatedName):
        twin = _TWINS.get(each.name)
        if twin is None or not isinstance(each.node, program.Attribute):
            continue
        module = ask.place_of(each, each.node.value)
        fix = Fix(f"Write {ask.text(each.node.value)}.{twin}", (Change(each.place, Where.REPLACE, (module, f".{twin}")),))
        message = f"`{ask.text(each.node)}` is deprecated; write `{ask.text(each.node.value)}.{twin}`"
        yield Finding(each, each.place, message, ask.path(each.context), fix)
    for call in facts.calls:
        name = call.name.rpartition(".")[2]
        node = call.node
        if name in _METHODS and call.receiver is not None and isinstance(node, program.Call) and isinstance(node.function, program.Attribute):
            text = f"nnx.{name}({ask.text(node.function.value)})"
            if not node.arguments:
                message = f"`{ask.text(node)}` is deprecated; write `{text}`"
                yield Finding(call, ask.place_of(call, node), message, ask.path(call.context))
