"""A metric is updated again after it was computed, and never reset: each value mixes with all that came before.

`compute()` leaves a metric as it is. Computed once in each epoch and never reset, the value of the second epoch is the mean over both.

```python
for epoch in range(epochs):
    for batch in batches:
        metrics.update(loss=train_step(model, optimizer, batch))
    print(metrics.compute())                                        # from the second epoch on: the mean over all epochs
    metrics.reset()
```

Silent where the metric is reset anywhere in the same function, where it is made anew, and where code that is not known gets it. A mean over the whole run
may be wanted. Outside of a loop this is a hint.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.program import Place
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import MetricCall


@rule(code="NNX642", group=Group.TRAINING, severity=Severity.WARNING, evidence=Shows())
def metric_not_reset(facts: Facts) -> Iterator[Finding]:
    calls = list(facts.of(MetricCall))
    reset = {id(call.metric) for call in calls if call.method == "reset"}
    updated: dict[int, set[Place]] = {}
    computed: dict[tuple[int, Place], tuple[MetricCall, set[Place]]] = {}
    for call in calls:
        seen = updated.setdefault(id(call.metric), set())
        if call.method == "compute":
            computed[id(call.metric), call.place] = call, set(seen)
        if call.method != "update":
            continue
        if call.computed is not None and id(call.metric) not in reset:
            where, before = computed.get((id(call.metric), call.computed), (call, set[Place]()))
            is_repeated = call.place in before
            message = f"`{ask.text(call.node)}` goes on after the metric was computed, and nothing resets it: its value mixes with what came before"
            yield Finding(where, where.place, message, ask.path(where.context), severity=None if is_repeated else Severity.INFO)
        seen.add(call.place)
