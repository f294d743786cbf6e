"""One object meets a transform of nnx under two axes: passed twice, or passed and returned.

`nnx.vmap` and `nnx.scan` keep track of objects: one that is passed twice, or passed and returned, is one object, and must have one axis.
Two of them raise ValueError ("Inconsistent aliasing").

```python
nnx.vmap(f, in_axes=(0, None))(model, model)                          # raises ValueError
nnx.vmap(lambda m, x: (m, x), in_axes=(None, 0), out_axes=0)(m, x)    # m goes in under None and comes out under 0
nnx.vmap(lambda m, x: (m, x), in_axes=(None, 0), out_axes=(None, 0))(m, x)
```

A change in an argument is written back without its being returned.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AxesMisfit


@rule(code="NNX522", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Raises(("ValueError",)), rests_on_values=True)
def axes_conflict(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(AxesMisfit):
        text = ask.text(each.node)
        if each.reason == "alias":
            message = f"`{text}` is passed twice, under the axes {each.detail}, which raises ValueError: one object has one axis; pass it once, or a clone"
        elif each.reason == "returned":
            message = f"`{text}` goes in and comes back under the axes {each.detail}, which raises ValueError: one object has one axis; do not return it"
        else:
            continue
        yield Finding(each, each.place, message, ask.path(each.context))
