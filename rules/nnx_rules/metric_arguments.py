"""A metric is updated with arguments that it does not take.

The metrics of nnx take their values by keyword. `nnx.metrics.Average` and `Welford` take the one that they were made with, `values` where they were made
without; `Accuracy` takes `logits` and `labels`, the labels being integers with one dimension less than the logits; a `MultiMetric` hands all keywords to
each of its metrics, so each must find its own among them.

```python
metrics = nnx.MultiMetric(loss=nnx.metrics.Average(), accuracy=nnx.metrics.Accuracy())
metrics.update(loss=loss, logits=logits, labels=labels)             # raises TypeError: the average asks for `values`

metrics = nnx.MultiMetric(loss=nnx.metrics.Average("loss"), accuracy=nnx.metrics.Accuracy())
metrics.update(loss=loss, logits=logits, labels=labels)
```

Silent for metrics of which it is not known how they were made, and where `**` hides keywords.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Safety, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import MetricCall


@rule(code="NNX640", group=Group.TRAINING, severity=Severity.ERROR, evidence=Raises(("TypeError", "ValueError")), rests_on_values=True)
def metric_arguments(facts: Facts) -> Iterator[Finding]:
    for call in facts.of(MetricCall):
        if call.method != "update":
            continue
        text, path = ask.text(call.node), ask.path(call.context)
        if call.excess:
            message = f"`{text}` passes a value by position: metrics take their values by keyword alone, so it raises TypeError"
            yield Finding(call, call.place, message, path, refuses_call=True)
        elif call.missing:
            part, keyword, _ = call.missing[0]
            whose = f"`{part}`" if part else "the metric"
            message = f"{whose} asks for the keyword `{keyword}`, which `{text}` does not pass: this raises TypeError"
            yield Finding(call, call.place, message, path, _named(call), refuses_call=True)
        elif call.labels == "rank":
            message = f"the labels in `{text}` have the wrong number of dimensions: an accuracy takes integer labels of one dimension less than the logits"
            yield Finding(call, call.place, f"{message}, so it raises ValueError", path)
        elif call.labels == "dtype":
            yield Finding(call, call.place, f"the labels in `{text}` are no integers: an accuracy refuses them with ValueError", path)


def _named(call: MetricCall) -> Fix | None:
    """Give the average the name of the keyword that is meant for it, where that is plain."""
    if len(call.missing) != 1:
        return None
    part, _, place = call.missing[0]
    meant = part if part in call.unused else call.unused[0] if not part and len(call.unused) == 1 else ""
    if place is None or not meant:
        return None
    return Fix(f'Name the value: "{meant}"', (Change(place, Where.APPEND_ARGUMENT, (f'"{meant}"',)),), Safety.UNSAFE)
