"""A filter is the name of an attribute: a string filters by the tag of a Variable, and selects nothing.

In `nnx.state(model, "kernel")` the string is compared with the tag that a Variable has, as the streams of an `nnx.Rngs` have, not with its name. No weight
has one, so the State is empty and nothing raises.

```python
nnx.state(model, "kernel")                                # empty
nnx.state(model, nnx.PathContains("kernel"))
```

Only the names of the weights of layers (`kernel`, `bias`, `scale`, `embedding`) are taken for names.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Safety, Shows, Where, rule
from nnx_lsp.severity import Severity

_NAMES = frozenset(("kernel", "bias", "scale", "embedding", "embeddings", "weight", "weights"))
_FILTERED = frozenset(f"flax.nnx.{name}" for name in ("state", "split", "pop", "variables", "split_state", "filter_state"))


@rule(code="NNX251", group=Group.VARIABLES, severity=Severity.WARNING, evidence=Shows())
def filter_by_name(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        for argument in call.arguments[1:] if call.name in _FILTERED else ():
            name = ask.constant(argument.value)
            if not isinstance(name, str) or name not in _NAMES or argument.node.keyword is not None:
                continue
            place = ask.place_of(call, argument.node.value)
            text = f'nnx.PathContains("{name}")'
            message = f"`{ask.text(argument.node.value)}` filters by the tag of a Variable, not by its name, and selects nothing; write `{text}`"
            fix = Fix(f"Filter by the path: {text}", (Change(place, Where.REPLACE, ("nnx.PathContains(", place, ")")),), Safety.UNSAFE)
            yield Finding(call, place, message, ask.path(call.context), fix)
