"""An optimizer takes other Variables than the gradient has.

`nnx.Optimizer(model, tx, wrt=X)` updates the Variables of sort `X`; `nnx.grad` and `nnx.value_and_grad` differentiate `nnx.Param` unless they are told
otherwise. Where the two disagree, the structures do not fit and the update raises. Newer versions of Flax take the wanted part of the gradients by themselves.

```python
optimizer = nnx.Optimizer(model, tx, wrt=nnx.LoRAParam)
grads = nnx.grad(loss_fn)(model)                                                # of all Params
grads = nnx.grad(loss_fn, argnums=nnx.DiffState(0, nnx.LoRAParam))(model)
optimizer.update(model, grads)
```

Silent for filters other than one class, and for models of which it is not known how they were made.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import FilterMismatch


@rule(code="NNX647", group=Group.TRAINING, severity=Severity.ERROR, evidence=Raises(("ValueError",)), flax="<0.12.1", rests_on_values=True)
def wrt_mismatch(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(FilterMismatch):
        message = f"the optimizer was made with `wrt={each.wrt}`, and the gradients are those of `nnx.Param`: `{each.variable}` is in one of them only"
        yield Finding(each, each.place, f"{message}, so it raises ValueError; pass `argnums=nnx.DiffState(0, …)` to the gradient", ask.path(each.context))
