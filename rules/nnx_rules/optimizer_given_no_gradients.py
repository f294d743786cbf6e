"""`optimizer.update` is given something that is no gradient of its model.

`nnx.value_and_grad(f)(model)` gives `(loss, gradients)`, `nnx.grad(f, has_aux=True)(model)` gives `(gradients, aux)`: the update takes the gradients alone. And
the gradients must be those of the model: where the function was differentiated by its inputs, or by another Module, the structures do not fit.

```python
out = nnx.value_and_grad(loss_fn)(model)
optimizer.update(model, out)                                        # raises ValueError
loss, grads = nnx.value_and_grad(loss_fn)(model)
optimizer.update(model, grads)
```

Silent where it is not known what the argument is.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import CallArgument
from nnx_lsp.tracer.values import Array, Module, State, Tree, Tuple, Value

_UPDATES = ("flax.nnx.Optimizer.update", "flax.nnx.ModelAndOptimizer.update")


@rule(
    code="NNX645",
    group=Group.TRAINING,
    severity=Severity.ERROR,
    evidence=Raises(("TypeError", "ValueError", "AttributeError", "IndexError")),
    rests_on_values=True,
)
def optimizer_given_no_gradients(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name not in _UPDATES or call.has_star:
            continue
        placed = [one for one in call.arguments if one.node.keyword is None]
        named = {one.node.keyword: one for one in call.arguments}
        given = named.get("grads", placed[-1] if placed else None)  # What has another name goes to the transformation.
        if given is None or given is named.get("model"):
            continue
        model = named.get("model", placed[0] if placed else given)
        why = _why(given, model.value if model is not given else None)
        if why:
            text = ask.text(given.node.value)
            yield Finding(call, ask.place_of(call, given.node.value), f"`{text}` {why}: `update` raises", ask.path(call.context))


def _why(given: CallArgument, model: Value | None) -> str:
    value = given.value
    if isinstance(value, Tuple) and _is_whole(value, model):
        return "is a whole result of differentiation, of which the gradients are a part"
    if isinstance(value, Array) and value.role == "gradient":
        return "is the gradient of an array, not of the model"
    if isinstance(value, State) and value.role == "gradient":
        of = value.of
        if isinstance(model, Module) and isinstance(of, Module) and model.cls != of.cls and not (model.is_open or of.is_open):
            return f"holds the gradients of `{of.class_name}`, not of `{model.class_name}`"
    return ""


def _is_whole(value: Tuple, model: Value | None) -> bool:
    """Whether a tuple has more than gradients in it; of several parts (`argnums=(0, 1)`), the gradients are a tuple, which fits a tuple of Modules."""
    roles = {item.role if isinstance(item, Array | State | Tree) else "" for item in value.items}
    if roles == {"gradient"}:
        return isinstance(model, Module)
    return bool(roles & {"loss", "gradient"})
