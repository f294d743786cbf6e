"""A stream is drawn that the `nnx.Rngs` does not have, and there is no default.

An `nnx.Rngs` made of named streams only (`nnx.Rngs(params=0)`) has no default stream: `rngs()` and `rngs.dropout()` raise.
Layers ask by name: an `nnx.Dropout` draws from `dropout`.

```python
rngs = nnx.Rngs(params=0)
key = rngs.noise()                 # raises AttributeError
rngs = nnx.Rngs(0, noise=1)        # a default, and a stream of its own
```

Silent where the streams are not known, or a default exists. Of all places that ask one `nnx.Rngs` for the same stream the first is named: it raises before the
others are reached.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.functions import Takes
from nnx_lsp.program import Place
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Rngs


@rule(
    code="NNX104",
    group=Group.RANDOMNESS,
    severity=Severity.ERROR,
    evidence=Raises(("AttributeError", "KeyError", "ValueError")),
    rests_on_values=True,
)
def missing_stream(facts: Facts) -> Iterator[Finding]:
    first: dict[object, tuple[Place, Finding]] = {}
    for rngs, stream, finding in (*_asked(facts), *_drawn(facts)):
        cause = (rngs.place or id(rngs), stream)
        known = first.get(cause)
        if known is None or _is_before(finding.place, known[0]):
            first[cause] = finding.place, finding
    yield from (finding for _, finding in first.values())


def _asked(facts: Facts) -> Iterator[tuple[Rngs, str, Finding]]:
    """Streams that are asked for by name."""
    for read in facts.of(AttributeRead):
        if read.is_found or not isinstance(read.owner, Rngs) or read.owner.streams is None:
            continue
        message = f"`{ask.text(read.node)}` asks for a stream `{read.name}`; this `nnx.Rngs` has {_streams(read.owner)} and no default, so it raises"
        yield read.owner, read.name, Finding(read, read.place, f"{message}; make it with a default seed", ask.path(read.context))


def _drawn(facts: Facts) -> Iterator[tuple[Rngs, str, Finding]]:
    """The stream from which layers draw their weights."""
    for call in facts.calls:
        if call.name not in _WEIGHTED or call.receiver is not None:
            continue
        for argument in call.arguments:
            rngs = argument.value
            if argument.takes is not Takes.RNGS or not isinstance(rngs, Rngs) or rngs.streams is None:
                continue
            if rngs.has_default is False and "params" not in rngs.streams:
                layer = call.name.rpartition(".")[2]
                message = f"`nnx.{layer}` draws from the stream `params`; this `nnx.Rngs` has {_streams(rngs)} and no default, so it raises"
                place = ask.place_of(call, argument.node.value)
                yield rngs, "params", Finding(call, place, f"{message}; make it with a default seed", ask.path(call.context))


def _streams(rngs: Rngs) -> str:
    return ", ".join(f"`{name}`" for name in sorted(rngs.streams or ())) or "none"


def _is_before(place: Place, other: Place) -> bool:
    """Whether a place stands before another one in the same statement."""
    return (place.path, place.chunk) == (other.path, other.chunk) and place.at < other.at


_LAYERS = (
    "BatchNorm Conv ConvTranspose Einsum Embed GRUCell GroupNorm LayerNorm Linear LinearGeneral LoRA LSTMCell MultiHeadAttention OptimizedLSTMCell RMSNorm "
    "SimpleCell"
)
_WEIGHTED = frozenset(f"flax.nnx.{name}" for name in _LAYERS.split())
"""The layers that draw from `params` when they are built."""
