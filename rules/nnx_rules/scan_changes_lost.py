"""A Module that `nnx.scan` broadcasts changes in the body: every step starts from the same state, and what it changes is lost.

With `None` in `in_axes` each step sees the Module as it was before the loop. A counter stays where it was, a BatchNorm keeps its old statistics, and
a Dropout or an `nnx.Rngs` gives the same mask in each step and in each call.

```python
@nnx.scan(in_axes=(None, nnx.Carry, 0), out_axes=(nnx.Carry, 0))
def body(model, carry, x): ...                              # the same Dropout mask in each step

axes = nnx.StateAxes({nnx.Param: None, ...: nnx.Carry})     # state goes from step to step
@nnx.scan(in_axes=(axes, nnx.Carry, 0), out_axes=(nnx.Carry, 0))
def body(model, carry, x): ...
```

The same mask in each step may be meant (variational dropout). Silent where nothing changes.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AxesMisfit, Mutation


@rule(code="NNX520", group=Group.TRANSFORMS, severity=Severity.WARNING, evidence=Shows())
def scan_changes_lost(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(AxesMisfit):
        if each.reason != "lost" or each.inside is None:
            continue
        text, change = ask.text(each.node), ask.text(each.inside.node)
        what = (
            "draws the same in each step"
            if isinstance(each.inside, Mutation) and each.inside.what == "stream"
            else "starts from the same state in each step, and its change is lost"
        )
        cure = "carry its state: `nnx.StateAxes({nnx.Param: None, ...: nnx.Carry})`"
        message = f"`{text}` is broadcast by `nnx.scan` (`None` in `in_axes`), so `{change}` {what}; {cure}"
        step = Step(each.inside.place, f"`{change}` changes what `{each.name}` holds")
        yield Finding(each, each.transformed.place, message, (*ask.path(each.context), step))
