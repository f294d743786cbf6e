"""The results of `value_and_grad` are taken in the wrong order, or its arguments are.

`nnx.value_and_grad(f)(model)` gives `(value, gradients)`; with `has_aux=True` it gives `((value, aux), gradients)`. Its own first argument is
the function. Taken the other way round, the loss reaches the optimizer as gradients, or a Module is transformed in place of a function.

```python
grads, loss = nnx.value_and_grad(loss_fn)(model)
optimizer.update(model, grads)                    # raises: grads is the loss
loss, grads = nnx.value_and_grad(loss_fn)(model)
```

Silent where the results are not used as what they are not: what `optimizer.update` hands on to the transformation (`value=loss` of L-BFGS and
`reduce_on_plateau`) is the loss indeed.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Call, CallArgument, Differentiated
from nnx_lsp.tracer.values import Array, Bound, Function, Module, Partial, Tuple


@rule(
    code="NNX503",
    group=Group.TRANSFORMS,
    severity=Severity.ERROR,
    evidence=Raises(("TypeError", "ValueError", "AttributeError"), later=True),
    rests_on_values=True,
)
def value_and_grad_order(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name == "flax.nnx.Optimizer.update":
            for argument in _gradients(facts, call):
                if isinstance(argument.value, Array) and argument.value.role == "loss":
                    text, place = ask.text(argument.node.value), ask.place_of(call, argument.node.value)
                    message = f"`{text}` is the value of the loss, no gradient: `value_and_grad` gives `(value, gradients)`; swap the names"
                    yield Finding(call, place, message, ask.path(call.context))
        if call.name in ("flax.nnx.grad", "flax.nnx.value_and_grad") and len(call.arguments) >= 2:
            first, second = call.arguments[0], call.arguments[1]
            if isinstance(first.value, Module) and isinstance(second.value, Function | Bound | Partial) and first.value.is_user is False:
                message = (
                    f"`{ask.text(first.node.value)}` is no function: `{ask.text(call.node)}` takes the function first, "
                    "and the model in the call of what it gives"
                )
                yield Finding(call, ask.place_of(call, first.node.value), message, ask.path(call.context))
    for each in facts.of(Differentiated):
        if each.has_aux is False and isinstance(each.returned, Tuple) and len(each.returned.items) == 2:
            name = each.function.name if each.function is not None else "the function"
            message = f"`{name}` returns `(loss, aux)`, so differentiating it raises TypeError; pass `has_aux=True`"
            yield Finding(each, each.place, message, ask.path(each.context))


def _gradients(facts: Facts, call: Call) -> Iterator[CallArgument]:
    """The arguments of `optimizer.update` that it takes for the model or the gradients; all others go to the transformation."""
    own = 1 if facts.library.flax_minor < (0, 11) else 2
    for index, argument in enumerate(call.arguments):
        if argument.node.keyword in ("model", "grads") or (argument.node.keyword is None and index < own):
            yield argument
