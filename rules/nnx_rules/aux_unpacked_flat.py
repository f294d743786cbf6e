"""The results of a function with auxiliary data are unpacked as if it had none, or the other way round.

With `has_aux=True`, `nnx.value_and_grad(f)(model)` gives `((loss, aux), gradients)`; without it, `(loss, gradients)`.

```python
loss, grads = nnx.value_and_grad(loss_fn, has_aux=True)(model)      # `loss` is the pair: `loss * 2.0` raises TypeError
loss, aux, grads = nnx.value_and_grad(loss_fn, has_aux=True)(model) # raises ValueError
(loss, aux), grads = nnx.value_and_grad(loss_fn, has_aux=True)(model)
```

Keeping the pair under one name is legal; it is reported where the pair is used as a number. Silent where it is not known what `has_aux` is.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.program import Place
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Call, Conversion, Event, Formatting, PairUsed, Unpacked
from nnx_lsp.tracer.values import Array, LossAndAux, Tuple

_REDUCTIONS = frozenset(f"jax.numpy.{name}" for name in ("mean", "sum", "isnan", "isfinite", "sqrt", "exp", "log"))


@rule(
    code="NNX540",
    group=Group.TRANSFORMS,
    severity=Severity.ERROR,
    evidence=Raises(("TypeError", "ValueError", "AttributeError"), later=True),
    rests_on_values=True,
)
def aux_unpacked_flat(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Unpacked):
        if any(isinstance(target, program.Starred) for target in each.targets):
            continue
        value = each.value
        if isinstance(value, Tuple) and value.items and isinstance(value.items[0], LossAndAux) and len(each.targets) > 2:
            message = f"with `has_aux=True` there are two results, `((loss, aux), gradients)`; {len(each.targets)} names take them, so it raises ValueError"
            yield Finding(each, each.place, message, ask.path(each.context))
        elif isinstance(value, Array) and value.role == "loss":
            message = f"`{ask.text(each.node)}` takes apart a single loss, which raises TypeError: `value_and_grad` gives a pair with `has_aux=True` only"
            yield Finding(each, each.place, message, ask.path(each.context))
    for event, pair, node in _used(facts):
        place = pair.place if pair.place is not None and pair.place.path == event.place.path else event.place
        message = f"with `has_aux=True` this gives `((loss, aux), gradients)`: the pair is used as a number in `{ask.text(node)}`, which raises TypeError"
        yield Finding(event, place, message, ask.path(event.context, pair) or _step(event, place))


def _used(facts: Facts) -> Iterator[tuple[Event, LossAndAux, program.Node]]:
    """Where a pair is used as a number is."""
    for used in facts.of(PairUsed):
        yield used, used.pair, used.node
    for conversion in facts.of(Conversion):
        if conversion.by in ("int", "float") and isinstance(conversion.value, LossAndAux):
            yield conversion, conversion.value, conversion.node
    for formatting in facts.of(Formatting):
        if isinstance(formatting.value, LossAndAux) and formatting.spec:
            yield formatting, formatting.value, formatting.node
    for call in facts.of(Call):
        for argument in call.arguments:
            if isinstance(argument.value, LossAndAux) and (call.name in _REDUCTIONS or _is_average(call, argument.parameter)):
                yield call, argument.value, call.node


def _is_average(call: Call, keyword: str | None) -> bool:
    return call.name in ("flax.nnx.metrics.Average.update", "flax.nnx.MultiMetric.update") and keyword is not None and "loss" in keyword


def _step(event: Event, place: Place) -> tuple[ask.Step, ...]:
    return (ask.Step(event.place, "used as a number here"),) if event.place != place else ()
