"""A Module that holds one layer under two names is differentiated by a transform of jax: each name gets a part of the gradient.

`jax.grad` and `jax.value_and_grad` take a Module as a pytree (since Flax 0.11). A pytree knows no sharing: the layer is flattened once for each name, and
the gradient of its weights is split over the names. `nnx.grad` sees that both are one layer.

```python
self.encoder = nnx.Linear(4, 4, rngs=rngs)
self.decoder = self.encoder

grads = jax.grad(loss_fn)(model)      # half of the gradient under each name
grads = nnx.grad(loss_fn)(model)      # one gradient
```

Silent where it is not known that both names hold the same object.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import TransformedCalled
from nnx_lsp.tracer.values import Module, Value, Variable

_TRANSFORMS = ("jax.grad", "jax.value_and_grad")


@rule(code="NNX560", group=Group.TRANSFORMS, severity=Severity.WARNING, evidence=Shows(), flax=">=0.11")
def shared_in_pytree(facts: Facts) -> Iterator[Finding]:
    for call in facts.of(TransformedCalled):
        if call.transformed.transform not in _TRANSFORMS:
            continue
        for name, value in call.arguments.items():
            shared = _shared(value)
            if shared is None:
                continue
            one, two = shared
            transform = call.transformed.transform
            message = (
                f"`{name}` holds one object as `{one}` and `{two}`, and `{transform}` takes them apart: each gets a part of the gradient; "
                f"use `nnx.{transform.rpartition('.')[2]}`"
            )
            yield Finding(call, call.place, message, ask.path(call.context))


def _shared(value: Value) -> tuple[str, str] | None:
    """The names of two attributes of a Module that hold the same layer or Variable."""
    if not isinstance(value, Module) or not value.is_user:
        return None
    seen: dict[int, str] = {}
    for name, held in value.attributes.items():
        if isinstance(held, Module | Variable) and (before := seen.setdefault(id(held), name)) != name:
            return before, name
    return None
