"""A method of `torch.Tensor` is used on a jax array.

Jax arrays have NumPy's methods. What only a tensor has raises AttributeError.

```python
x.unsqueeze(0)                                              # raises AttributeError
jnp.expand_dims(x, 0)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.arrays import OF_TORCH
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Array


@rule(code="NNX712", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("AttributeError",)), rests_on_values=True)
def torch_array_methods(facts: Facts) -> Iterator[Finding]:
    for read in facts.of(AttributeRead):
        if isinstance(read.owner, Array) and read.name in OF_TORCH and read.owner.dtype != "key" and read.owner.role != "told":
            message = f"a jax array has no `{read.name}`, so `{ask.text(read.node)}` raises AttributeError; in JAX it is `{OF_TORCH[read.name]}`"
            yield Finding(read, read.place, message, ask.path(read.context))
