"""A raw array drawn from a key is kept as a weight: it is never trained.

Only `nnx.Variable` attributes are state of a Module. `nnx.grad` differentiates `nnx.Param`, so a weight that is a plain array has no
gradient, and the optimizer never changes it. Nothing raises.

```python
self.w = jax.random.normal(rngs.params(), (3, 3))             # silently never trained
self.w = nnx.Param(jax.random.normal(rngs.params(), (3, 3)))
```

Ones that are only ever multiplied with, and zeros that are only ever added, do nothing as they are: they were to be trained too.

```python
self.scale = jnp.ones((16,))                                  # `x * self.scale` is `x`, for ever
self.scale = nnx.Param(jnp.ones((16,)))
```

Silent for other arrays that were not drawn at random (tables, masks), for integers, and for random features that the Module wraps in a Variable.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeWrite, NeutralKept
from nnx_lsp.tracer.values import Array, Module, Variable


@rule(code="NNX201", group=Group.VARIABLES, severity=Severity.WARNING, evidence=Shows())
def untrained_array(facts: Facts) -> Iterator[Finding]:
    chosen = {(id(write.owner), write.name) for write in facts.of(AttributeWrite) if isinstance(write.value, Variable)}
    for kept in facts.of(NeutralKept):
        if (id(kept.owner), kept.name) not in chosen:
            target, what = ask.text(kept.node), "ones that are only multiplied with" if kept.operator == "*" else "zeros that are only added"
            message = f"`{target}` is a plain array of {what}, so it does nothing: no `nnx.Param`, never trained; wrap it in `nnx.Param(...)`"
            yield Finding(kept, kept.place, message, ask.path(kept.context))
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
