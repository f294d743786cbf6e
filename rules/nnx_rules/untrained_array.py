"""A raw array drawn from a key is kept as a weight: it is never trained.

Only `nnx.Variable` attributes are state of a Module. `nnx.grad` differentiates `nnx.Param`, so a weight that is a plain array has no
gradient, and the optimizer never changes it. Nothing raises.

```python
self.w = jax.random.normal(rngs.params(), (3, 3))             # silently never trained
self.w = nnx.Param(jax.random.normal(rngs.params(), (3, 3)))
```

Silent for arrays that were not drawn at random (tables, masks), for integers, and for random features that the Module wraps in a Variable.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeWrite
from nnx_lsp.tracer.values import Array, Module, Variable


@rule(code="NNX201", group=Group.VARIABLES, severity=Severity.WARNING, evidence=Shows())
def untrained_array(facts: Facts) -> Iterator[Finding]:
    chosen = {(id(write.owner), write.name) for write in facts.of(AttributeWrite) if isinstance(write.value, Variable)}
    for write in facts.of(AttributeWrite):
        value = write.value
        if (id(write.owner), write.name) in chosen:  # In another branch it is trained: here it is fixed on purpose.
            continue
        if write.is_chosen or not write.is_initializer or not isinstance(write.owner, Module) or write.before is not None:
            continue
        if isinstance(value, Array) and value.role == "random" and value.dtype in ("float", "") and value.level is None and value.low != 0:
            target = ask.text(write.node)
            yield Finding(
                write,
                write.place,
                f"`{target}` is a plain array, no `nnx.Param`: it has no gradient and is never trained; wrap it in `nnx.Param(...)`",
                ask.path(write.context),
            )
