"""A name or a method of nnx that it warns of.

`nnx.VariableState` is another name of `nnx.Variable` since Flax 0.12. `model.iter_modules()` and `model.iter_children()` became functions. Both emit a
DeprecationWarning. So does `rngs.fork(split=n)` since Flax 0.12.6, which became `rngs.split(n)`.

```python
isinstance(leaf, nnx.VariableState)           # nnx.Variable
for path, module in model.iter_modules():     # nnx.iter_modules(model)
keys = rngs.fork(split=4)                     # rngs.split(4)
```
"""

from collections.abc import Iterator

from packaging.version import Version

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Warns, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import DeprecatedName
from nnx_lsp.tracer.values import Rngs, RngStream, Static, Unknown, options

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
    yield from _forks(facts)
    for call in facts.calls:
        name = call.name.rpartition(".")[2]
        node = call.node
        if name in _METHODS and call.receiver is not None and isinstance(node, program.Call) and isinstance(node.function, program.Attribute):
            text = f"nnx.{name}({ask.text(node.function.value)})"
            if not node.arguments:
                message = f"`{ask.text(node)}` is deprecated; write `{text}`"
                yield Finding(call, ask.place_of(call, node), message, ask.path(call.context))


def _forks(facts: Facts) -> Iterator[Finding]:
    if facts.library.flax < Version("0.12.6"):
        return
    for call in facts.calls:
        node, split = call.node, call.argument("split")
        if not isinstance(call.receiver, Rngs | RngStream) or not isinstance(node, program.Call) or not isinstance(node.function, program.Attribute):
            continue
        if node.function.name != "fork" or split is None or split.node.keyword != "split" or len(node.arguments) != 1:
            continue
        if any(isinstance(option, Unknown) or (isinstance(option, Static) and option.constant is None) for option in options(split.value)):
            continue
        receiver, count = ask.place_of(call, node.function.value), ask.place_of(call, split.node.value)
        place = ask.place_of(call, node)
        text = f"{ask.text(node.function.value)}.split({ask.text(split.node.value)})"
        fix = Fix(f"Write {text}", (Change(place, Where.REPLACE, (receiver, ".split(", count, ")")),))
        yield Finding(call, place, f"`{ask.text(node)}` is deprecated; write `{text}`", ask.path(call.context), fix)
