"""A stream of an `nnx.Rngs` has the name of one of its methods.

The stream hides the method: `rngs.normal((2, 3))` then calls the stream, which takes no arguments, and raises TypeError.

```python
rngs = nnx.Rngs(params=0, normal=1)                         # rngs.normal((2, 3)) raises TypeError
rngs = nnx.Rngs(params=0, noise=1)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity

_NAMES = "bernoulli beta bits categorical choice dirichlet exponential fork gamma items normal permutation randint split truncated_normal uniform"
_METHODS = frozenset(_NAMES.split())


@rule(code="NNX107", group=Group.RANDOMNESS, severity=Severity.WARNING, evidence=Raises(("TypeError", "ValueError"), later=True), flax=">=0.11.2")
def stream_named_like_method(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name != "flax.nnx.Rngs":
            continue
        for argument in call.arguments:
            name = argument.node.keyword
            if name in _METHODS:
                message = f"the stream `{name}` hides the method of `nnx.Rngs`: `rngs.{name}(…)` with arguments raises TypeError; name it otherwise"
                yield Finding(call, argument.place, message, ask.path(call.context))
