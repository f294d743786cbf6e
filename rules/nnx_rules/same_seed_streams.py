"""Two streams of an `nnx.Rngs` have the same seed: they give the same keys.

```python
rngs = nnx.Rngs(params=0, dropout=0)                        # equal keys in both
rngs = nnx.Rngs(params=0, dropout=1)
rngs = nnx.Rngs(0)                                          # each name draws from one counter
```

For information, as equal keys seldom matter: the streams serve different things, or a checkpoint replaces what was drawn. Said once of a call. Silent in
tests, where which numbers are drawn does not matter.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer import asked
from nnx_lsp.tracer.values import Static


@rule(code="NNX110", group=Group.RANDOMNESS, severity=Severity.INFO, evidence=Shows())
def same_seed_streams(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name != "flax.nnx.Rngs" or asked.is_test(call.place.path):
            continue
        seeds: dict[object, str] = {}
        for argument in call.arguments:
            value = argument.value
            if argument.node.star or not isinstance(value, Static) or value.kind != "int" or not value.is_known:
                continue
            name = argument.node.keyword or "default"
            first = seeds.setdefault(value.constant, name)
            if first != name:
                message = f"the streams `{first}` and `{name}` have the same seed, so they give the same keys; give each its own"
                yield Finding(call, argument.place, message, ask.path(call.context))
                break
