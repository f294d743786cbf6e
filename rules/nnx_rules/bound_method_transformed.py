"""A transform of nnx is applied to a bound method.

The Module of a bound method is no argument: its state would be a constant. Since Flax 0.12.1 `nnx.jit(model.method)` raises ValueError; before, it ran with
`model` captured: `nnx.grad(model.loss)` differentiated the first argument, not the weights, and a change of state raised under `nnx.jit`.

```python
grads = nnx.grad(model.loss)(x)                             # raises ValueError since 0.12.1
grads = nnx.grad(lambda model, x: model.loss(x))(model, x)

@nnx.jit
def predict(self, x): ...                                   # as a decorator inside the class it is well
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import TransformApplied
from nnx_lsp.tracer.values import Bound, Function, Module

_REFUSING = frozenset(f"flax.nnx.{name}" for name in ("jit", "grad", "value_and_grad", "vmap", "remat", "scan"))


@rule(code="NNX505", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Raises(("ValueError",)), flax=">=0.12.1", rests_on_values=True)
def bound_method_transformed(facts: Facts) -> Iterator[Finding]:
    for applied in facts.of(TransformApplied):
        function = applied.transformed.function
        if applied.transformed.transform not in _REFUSING or not isinstance(function, Bound):
            continue
        if isinstance(function.receiver, Module) and isinstance(function.function, Function):
            display, name = TRANSFORMS[applied.transformed.transform].display, function.function.name
            message = f"`{display}` takes no bound method: `{ask.text(applied.node)}` raises ValueError since Flax 0.12.1"
            message += f"; pass the Module as an argument, as in `{display}(lambda model, …: model.{name}(…))`"
            yield Finding(applied, applied.place, message, ask.path(applied.context))
