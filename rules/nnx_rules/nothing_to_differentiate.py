"""A Module is differentiated that has no `nnx.Param`: the gradient is empty.

`nnx.grad` differentiates the Params of its first argument. Weights in a Variable of another sort are left out, and nothing raises. Derive the sort from
`nnx.Param`, or name it to the gradient and to the optimizer.

```python
class Scale(nnx.Variable):
    pass

grads = nnx.grad(loss_fn)(model)                                            # an empty State
grads = nnx.grad(loss_fn, argnums=nnx.DiffState(0, Scale))(model)
```

Silent unless all Variables of the Module are known.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import ModuleDifferentiated


@rule(code="NNX543", group=Group.TRANSFORMS, severity=Severity.WARNING, evidence=Shows())
def nothing_to_differentiate(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(ModuleDifferentiated):
        if each.others:
            sorts = ", ".join(f"`{name}`" for name in each.others)
            message = f"`{each.module.class_name}` has no `nnx.Param` (its Variables are of {sorts}): the gradient is empty; pass `argnums=nnx.DiffState(0, …)`"
            yield Finding(each, each.place, message, ask.path(each.context))
