"""A function of `jax.tree` is given a Module, which is one leaf before Flax 0.11.

Since Flax 0.11 a Module is a pytree, and the function reaches its arrays. Before, it gets the Module itself.

```python
leaves = jax.tree.leaves(model)                     # Flax 0.10: [model]
leaves = jax.tree.leaves(nnx.state(model))          # its arrays, on each version
```

Silent for containers of Modules.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Module

_SUBJECT = {"leaves": 0, "flatten": 0, "structure": 0, "map": 1, "reduce": 1}


@rule(code="NNX840", group=Group.VERSIONS, severity=Severity.WARNING, evidence=Shows(), flax="<0.11")
def module_as_leaf(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        module, _, last = call.name.rpartition(".")
        index = _SUBJECT.get(last.removeprefix("tree_")) if module in ("jax.tree", "jax.tree_util") else None
        if index is None or len(call.arguments) <= index:
            continue
        argument = call.arguments[index]
        if isinstance(argument.value, Module):
            text = ask.text(argument.node.value)
            message = f"`{text}` is a Module, which is one leaf before Flax 0.11: `{ask.text(call.node)}` does not reach its arrays; pass `nnx.state({text})`"
            yield Finding(call, ask.place_of(call, argument.node.value), message, ask.path(call.context))
