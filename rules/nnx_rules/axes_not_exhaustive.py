"""The filters of `nnx.StateAxes` leave Variables of the Module over: the call raises ValueError.

Each Variable needs an axis. `...` stands for all that the other filters leave.

```python
axes = nnx.StateAxes({nnx.Param: None})                     # raises for a BatchNorm, a Dropout, …
axes = nnx.StateAxes({nnx.Param: None, ...: nnx.Carry})
```

Silent where the filters or the Variables of the Module are not known.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AxesMisfit


@rule(code="NNX523", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Raises(("ValueError",)), rests_on_values=True)
def axes_not_exhaustive(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(AxesMisfit):
        if each.reason != "rest":
            continue
        message = f"`nnx.StateAxes` has no axis for {each.detail} of `{ask.text(each.node)}`, so the call raises ValueError; add `...` with an axis"
        yield Finding(each, each.place, message, ask.path(each.context))
