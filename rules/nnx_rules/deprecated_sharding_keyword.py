"""A Variable is made with `sharding=` or `sharding_names=`, which became `out_sharding=` in Flax 0.12.6.

It still works and emits a DeprecationWarning that names a place inside of Flax: Python does not show it by default.

```python
nnx.Param(value, sharding=(None, "model"))
nnx.Param(value, out_sharding=(None, "model"))
```

Before Flax 0.12.4 a Variable takes `out_sharding=` as metadata of no meaning and shards nothing, so the fix is offered only where all versions in force know
it. The keyword of `jax.jit`, `jax.device_put` and the like is another one.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.program import Place
from nnx_lsp.rule import Change, Finding, Fix, Group, Shows, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Call, CallArgument

_OLD = frozenset(("sharding", "sharding_names"))


@rule(code="NNX897", group=Group.VERSIONS, severity=Severity.INFO, evidence=Shows(), flax=">=0.12.6")
def deprecated_sharding_keyword(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.receiver is not None or not (call.name == "flax.nnx.Variable" or facts.library.is_subclass(call.name, "flax.nnx.Variable")):
            continue
        names = {argument.node.keyword for argument in call.arguments}
        for argument in call.arguments:
            if argument.node.keyword not in _OLD:
                continue
            message = f"`{argument.node.keyword}=` of `{ask.callee(call)}` is deprecated since Flax 0.12.6; write `out_sharding=`"
            fix = _fix(call, argument) if len(names & {*_OLD, "out_sharding"}) == 1 else None
            yield Finding(call, argument.place, message, ask.path(call.context), fix)


def _fix(call: Call, argument: CallArgument) -> Fix | None:
    node, value = argument.node.value, ask.place_of(call, argument.node.value)
    if isinstance(node, program.TupleDisplay):  # Its brackets are not part of it.
        text: tuple[str | Place, ...] = ("out_sharding=(", value, ")")
    elif ask.is_simple(node) or isinstance(node, program.Constant | program.ListDisplay):
        text = ("out_sharding=", value)
    else:
        return None
    return Fix("Write out_sharding=", (Change(argument.place, Where.REPLACE, text),), flax=">=0.12.6")
