"""A metric is updated with a keyword that none of its metrics takes.

`MultiMetric.update` hands all keywords to each of its metrics, and these ignore what they do not know. A misspelt keyword, or one whose metric was
forgotten, raises nothing: its values are dropped.

```python
metrics = nnx.MultiMetric(loss=nnx.metrics.Average("loss"))
metrics.update(loss=loss, accuracy=accuracy)                        # `accuracy` goes nowhere
metrics = nnx.MultiMetric(loss=nnx.metrics.Average("loss"), accuracy=nnx.metrics.Average("accuracy"))
```

Silent for metrics of which it is not known what they take, and for `mask`. Passing the same keywords to several metrics is legal: this is a hint.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import MetricCall


@rule(code="NNX641", group=Group.TRAINING, severity=Severity.INFO, evidence=Shows())
def metric_keyword_unused(facts: Facts) -> Iterator[Finding]:
    for call in facts.of(MetricCall):
        if call.method != "update" or call.missing or call.excess:
            continue
        for name in call.unused:
            message = f"no metric takes the keyword `{name}`: `{ask.text(call.node)}` drops its value"
            yield Finding(call, call.place, message, ask.path(call.context))
            break
