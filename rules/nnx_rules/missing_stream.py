"""A stream is drawn that the `nnx.Rngs` does not have, and there is no default.

An `nnx.Rngs` made of named streams only (`nnx.Rngs(params=0)`) has no default stream: `rngs()` and `rngs.dropout()` raise.
Layers ask by name: an `nnx.Dropout` draws from `dropout`.

```python
rngs = nnx.Rngs(params=0)
key = rngs.noise()                 # raises AttributeError
rngs = nnx.Rngs(0, noise=1)        # a default, and a stream of its own
```

Silent where the streams are not known, or a default exists.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.functions import Takes
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Rngs


@rule(
    code="NNX104",
    group=Group.RANDOMNESS,
    severity=Severity.ERROR,
    evidence=Raises(("AttributeError", "KeyError", "ValueError")),
)
def missing_stream(facts: Facts) -> Iterator[Finding]:
    for read in facts.of(AttributeRead):
        if read.is_found or not isinstance(read.owner, Rngs) or read.owner.streams is None:
            continue
        has = ", ".join(f"`{name}`" for name in sorted(read.owner.streams)) or "none"
        yield Finding(
            read,
            read.place,
            f"`{ask.text(read.node)}` asks for a stream `{read.name}`; this `nnx.Rngs` has {has} and no default, so it raises; make it with a default seed",
            ask.path(read.context),
        )
    for call in facts.calls:
        if call.name not in _WEIGHTED or call.receiver is not None:
            continue
        for argument in call.arguments:
            rngs = argument.value
            if argument.takes is not Takes.RNGS or not isinstance(rngs, Rngs) or rngs.streams is None:
                continue
            if rngs.has_default is False and "params" not in rngs.streams:
                has = ", ".join(f"`{name}`" for name in sorted(rngs.streams)) or "none"
                layer = call.name.rpartition(".")[2]
                message = f"`nnx.{layer}` draws from the stream `params`; this `nnx.Rngs` has {has} and no default, so it raises; make it with a default seed"
                yield Finding(call, ask.place_of(call, argument.node.value), message, ask.path(call.context))


_LAYERS = (
    "BatchNorm Conv ConvTranspose Einsum Embed GRUCell GroupNorm LayerNorm Linear LinearGeneral LoRA LSTMCell MultiHeadAttention OptimizedLSTMCell RMSNorm "
    "SimpleCell"
)
_WEIGHTED = frozenset(f"flax.nnx.{name}" for name in _LAYERS.split())
"""The layers that draw from `params` when they are built."""
