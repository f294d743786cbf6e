"""optax gets a Module where the gradients are a State.

`nnx.grad` gives the gradients as an `nnx.State`. optax walks the gradients, its own state and the parameters together, and raises ValueError or TypeError
where one of them is a Module: `tx.init(model)` makes the state of Adam like the Module, `optax.apply_updates(model, updates)` adds a State to one. On
Flax 0.10 a Module is no tree at all, and `tx.init(model)` raises by itself for each transformation that keeps moments.

```python
opt_state = tx.init(model)                                              # like the Module
updates, opt_state = tx.update(grads, opt_state, model)                 # raises ValueError

params = nnx.state(model, nnx.Param)
opt_state = tx.init(params)
updates, opt_state = tx.update(grads, opt_state, params)
nnx.update(model, optax.apply_updates(params, updates))

optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)                     # or let nnx do it
optimizer.update(model, grads)
```

Silent for the gradients of `jax.grad`, which are a Module where the model is one, and for transformations that are not known.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import OptaxMisfit

_WHY = {
    "init": "`{text}` is a Module, which is no tree on Flax 0.10: this raises TypeError; give `init` the State `nnx.state({text}, nnx.Param)`",
    "state": "`{text}` was made of a Module, and the gradients are a State: this raises ValueError; give `init` the State `nnx.state(model, nnx.Param)`",
    "params": "`{text}` is a Module, and the gradients are a State: this raises ValueError; give it `nnx.state({text}, nnx.Param)`",
    "apply": "`{text}` is a Module, and the updates are a State: this raises an error; update `nnx.state({text}, nnx.Param)`, then `nnx.update` the Module",
}


@rule(code="NNX690", group=Group.TRAINING, severity=Severity.ERROR, evidence=Raises(("TypeError", "ValueError", "AttributeError")), rests_on_values=True)
def optax_given_module(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(OptaxMisfit):
        yield Finding(each, each.place, _WHY[each.reason].format(text=ask.text(each.node)), ask.path(each.context))
