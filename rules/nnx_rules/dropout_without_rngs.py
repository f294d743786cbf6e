"""An `nnx.Dropout` in train mode has no `rngs`, neither from its construction nor at the call.

Dropout needs randomness: `nnx.Dropout(rate, rngs=rngs)`, or `rngs=` at the call. With neither, a call in train mode with a rate above
zero raises ValueError.

```python
drop = nnx.Dropout(0.5)
drop(x)                                   # raises ValueError
nnx.Dropout(0.5, rngs=nnx.Rngs(0))(x)
```

Silent in `eval()` mode, with `deterministic=True`, for a rate of zero, and where the mode is not known.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Object


@rule(code="NNX106", group=Group.RANDOMNESS, severity=Severity.ERROR, evidence=Raises(("ValueError",)), rests_on_values=True)
def dropout_without_rngs(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        layer = call.receiver
        if call.name != "flax.nnx.Dropout.__call__" or not isinstance(layer, Object) or layer.is_symbolic or call.has_star:
            continue
        if not call.draws_without_rngs:
            continue
        yield Finding(
            call,
            call.place,
            f"`{ask.text(call.node)}` drops out in train mode without `rngs`, so it raises ValueError; build the `nnx.Dropout` with `rngs=`",
            ask.path(call.context),
        )
