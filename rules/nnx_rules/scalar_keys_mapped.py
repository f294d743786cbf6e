"""An `nnx.Rngs` whose streams have one key each is mapped by `vmap` or `scan`: a single key has no axis to map along.

`in_axes=0` wants a key for each lane or step. `nnx.Rngs(0)` has one for each stream, and so has a Dropout that was made with it: the call raises ValueError.

```python
@nnx.vmap(in_axes=0)                                        # raises ValueError
def create(rngs):
    return nnx.Linear(2, 3, rngs=rngs)
create(nnx.Rngs(0))

@nnx.split_rngs(splits=5)                                   # a key for each lane
@nnx.vmap(in_axes=0)
def create(rngs): ...
```

Silent for an `nnx.Rngs` that was split, or of which it is not known what it was made of.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AxesMisfit
from nnx_lsp.tracer.values import Rngs


@rule(code="NNX120", group=Group.RANDOMNESS, severity=Severity.ERROR, evidence=Raises(("ValueError", "IndexError", "TypeError")), rests_on_values=True)
def scalar_keys_mapped(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(AxesMisfit):
        if each.reason != "scalar keys":
            continue
        text, by = ask.text(each.node), TRANSFORMS[each.transformed.transform].display
        what = (
            "an `nnx.Rngs` with one key for each stream" if isinstance(each.value, Rngs) else "a Module that holds an `nnx.Rngs` with one key for each stream"
        )
        message = f"`{text}` is {what}, which `{by}` cannot map along an axis, so the call raises; split it with `nnx.split_rngs`"
        yield Finding(each, each.place, message, ask.path(each.context))
