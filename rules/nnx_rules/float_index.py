"""An `nnx.Embed` or an array is indexed with floats.

Indices are integers. `nnx.Embed` raises ValueError for floats and for bools, an array raises TypeError for floats. `jnp.ones`, `jnp.zeros` and `jnp.linspace`
give floats unless they are told a dtype, and so does `/`.

```python
embed(jnp.zeros((2, 8)))                      # raises ValueError
embed(jnp.zeros((2, 8), jnp.int32))
table[position / 2]                           # raises TypeError
table[position // 2]
```

Silent where the dtype is not known, and for a layer that was not seen to be made, or that a choice made since may depend on.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Indexing
from nnx_lsp.tracer.values import Array, Object, Tuple, Value, Variable


@rule(code="NNX352", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("ValueError", "TypeError")), rests_on_values=True)
def float_index(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        layer = call.receiver
        if not isinstance(layer, Object) or layer.is_symbolic or set(call.forks) - set(ask.root(layer).forks):
            continue
        if call.name == "flax.nnx.Embed.__call__" and call.arguments and (kind := _kind(call.arguments[0].value)) in ("float", "bool"):
            argument = call.arguments[0].node.value
            message = f"`{ask.text(argument)}` holds {kind}s, and `nnx.Embed` looks up integers: this raises ValueError; use `.astype(jnp.int32)`"
            yield Finding(call, ask.place_of(call, argument), message, ask.path(call.context, call.arguments[0].value))
    for each in facts.of(Indexing):
        if not isinstance(each.node, program.Subscript) or not ask.is_array(each.container):
            continue
        values = each.index.items if isinstance(each.index, Tuple) and not each.index.fields else (each.index,)
        nodes = each.node.index.elements if isinstance(each.node.index, program.TupleDisplay) else (each.node.index,)
        for value, node in zip(values, nodes, strict=False):
            if len(values) == len(nodes) and _kind(value) == "float":
                message = f"`{ask.text(node)}` holds floats, and an array is indexed with integers: this raises TypeError; use `//` or `.astype(jnp.int32)`"
                yield Finding(each, ask.place_of(each, node), message, ask.path(each.context, value))


def _kind(value: Value) -> str:
    """The kind of dtype that an array certainly has."""
    if isinstance(value, Variable):
        return _kind(value.content)
    return value.dtype if isinstance(value, Array) and value.role != "told" else ""
