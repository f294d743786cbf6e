"""A layer that was made as usual is mapped by `vmap` or `scan`: each lane gets a row of its weights instead of a layer.

`in_axes=0` (the default of `vmap`) cuts every array of the Module along its first axis. A `Linear(2, 3)` has no axis for lanes or layers: its
kernel is cut by input feature, its bias by output feature. That raises where the sizes differ, and is silently wrong where they agree.

```python
nnx.vmap(lambda m, x: m(x))(model, x)                       # cuts the weights
nnx.vmap(lambda m, x: m(x), in_axes=(None, 0))(model, x)    # one model for all

@nnx.split_rngs(splits=3)                                   # a stack of layers, to be scanned
@nnx.vmap
def create(rngs): return nnx.Linear(2, 2, rngs=rngs)
```

Silent for Modules that came out of a `vmap`, for what was merged from other states, and where no layer of it is called.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AxesMisfit


@rule(code="NNX524", group=Group.TRANSFORMS, severity=Severity.WARNING, evidence=Raises(("ValueError", "TypeError")))
def layer_sliced(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(AxesMisfit):
        if each.reason != "sliced":
            continue
        text, by = ask.text(each.node), TRANSFORMS[each.transformed.transform].display
        cure = "make it by `nnx.vmap`" if by.endswith("scan") else "write `None` for it in `in_axes`, or make it by `nnx.vmap`"
        message = f"`{by}` maps over the axes of `{text}`, whose `{each.detail}` was made without an axis for it: its weights are cut; {cure}"
        yield Finding(each, each.place, message, ask.path(each.context))
