"""A Module that `nnx.vmap` broadcasts keeps what differs from lane to lane: the call raises ValueError.

With `None` in `in_axes` there is one Module for all lanes, so its state must come out the same in each. A value that depends on a mapped argument
does not: a BatchNorm in train mode, a Variable that remembers its input.

```python
nnx.vmap(lambda m, x: m(x), in_axes=(None, 0))(batch_norm, x)   # raises ValueError
batch_norm(x)                                                    # layers take a batch by themselves
```

Map over a Module that has a state for each lane, or call the layer on the whole batch; `nnx.BatchNorm(axis_name=…)` averages over the lanes.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AxesMisfit


@rule(code="NNX521", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Raises(("ValueError",)), rests_on_values=True)
def broadcast_state_batched(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(AxesMisfit):
        if each.reason != "batched":
            continue
        text = ask.text(each.node)
        change = f"`{ask.text(each.inside.node)}`" if each.inside is not None else "the function"
        message = f"`{text}` is broadcast (`None` in `in_axes`), but {change} gives its `{each.detail}` a value for each lane, so `nnx.vmap` raises ValueError"
        steps = (Step(each.inside.place, f"{change} changes what `{each.name}` holds"),) if each.inside is not None else ()
        yield Finding(each, each.place, message, (*ask.path(each.context), *steps))
