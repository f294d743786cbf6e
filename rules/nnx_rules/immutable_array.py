"""An item of a jax array is assigned: arrays are immutable.

`x[i] = v` works on a NumPy array and on an `nnx.Variable`; on a jax array it raises TypeError. `p.value[0] = v` and `p[...][0] = v` assign to the array that
the Variable holds, not to the Variable.

```python
x[0] = 0.0                                                  # raises TypeError
x = x.at[0].set(0.0)

self.table[...][0] = 1.0                                    # raises TypeError
self.table[0] = 1.0
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import ItemWrite
from nnx_lsp.tracer.values import Array


@rule(code="NNX208", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Raises(("TypeError",)), rests_on_values=True)
def immutable_array(facts: Facts) -> Iterator[Finding]:
    for write in facts.of(ItemWrite):
        told = isinstance(write.container, Array) and write.container.role == "told"  # NumPy's arrays and the references of a Pallas kernel are called so too.
        if told or not ask.is_array(write.container) or not isinstance(write.node, program.Subscript):
            continue
        if ask.text(write.node.value).endswith("_ref"):  # The references of a Pallas kernel are written so.
            continue
        whole = ask.text(write.node.value)
        at = program.Subscript(write.node.at, program.Attribute(write.node.at, write.node.value, "at"), write.node.index)
        method = {"": "set", "+": "add", "-": "add", "*": "multiply", "/": "divide", "**": "power"}.get(write.operator, "set")
        message = f"`{whole}` is a jax array, which is immutable, so assigning an item raises TypeError"
        message += f"; write `{ask.text(at)}.{method}(…)`, and keep its result"
        yield Finding(write, write.place, message, ask.path(write.context, write.container))
