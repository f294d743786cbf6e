"""A list of layers is mapped by `scan` or `vmap`, and the body calls it as if it were one layer.

A list is a tree: its layers are cut each, and the body gets a list again, which cannot be called. To scan over layers, make one Module whose
arrays have an axis for them.

```python
layers = [nnx.Linear(2, 2, rngs=rngs) for _ in range(3)]
forward(x, layers)                                          # TypeError: 'list' object is not callable

@nnx.split_rngs(splits=3)
@nnx.vmap(in_axes=0, out_axes=0)
def create(rngs): return nnx.Linear(2, 2, rngs=rngs)
forward(x, create(nnx.Rngs(0)))
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AxesMisfit


@rule(code="NNX525", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Raises(("TypeError",), later=True), rests_on_values=True)
def list_of_layers_mapped(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(AxesMisfit):
        if each.reason != "list" or each.inside is None:
            continue
        by = TRANSFORMS[each.transformed.transform].display
        message = f"`{by}` passes the list `{ask.text(each.node)}` on as a list, and calling that raises TypeError; make one stacked layer by `nnx.vmap`"
        step = Step(each.inside.place, f"`{ask.text(each.inside.node)}` calls it")
        yield Finding(each, each.place, message, (*ask.path(each.context), step))
