"""One PRNG key is used for two draws: both get the same bits.

A key is no generator. Two calls with the same key, function and shape give the same numbers; with other shapes or functions, correlated ones.

```python
w = jax.random.normal(key, (4, 4))
v = jax.random.normal(key, (4, 4))                          # the same numbers again

key, sub = jax.random.split(key)
w = jax.random.normal(sub, (4, 4))
```

Silent where the two draws stand in branches that exclude each other, and for keys from places that were not seen.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.functions import Takes
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Call
from nnx_lsp.tracer.values import Array

_NO_DRAW = frozenset(("split", "fold_in", "key_data", "wrap_key_data", "clone", "key_impl"))


@rule(code="NNX108", group=Group.RANDOMNESS, severity=Severity.WARNING, evidence=Shows())
def key_reused(facts: Facts) -> Iterator[Finding]:
    seen: dict[int, Call] = {}
    for call in facts.calls:
        module, _, last = call.name.rpartition(".")
        if module != "jax.random" or last in _NO_DRAW:
            continue
        for argument in call.arguments:
            value = argument.value
            if argument.takes is not Takes.KEY or not isinstance(value, Array) or value.dtype != "key":
                continue
            first = seen.setdefault(id(value), call)
            if first.place == call.place or first.context is not call.context or not _both(first.forks, call.forks):
                continue
            text = ask.text(argument.node.value)
            message = f"`{text}` was used by `{ask.text(first.node)}` already: both draws come from the same bits; split it first"
            yield Finding(call, ask.place_of(call, argument.node.value), message, ask.path(call.context))


def _both(one: tuple[int, ...], two: tuple[int, ...]) -> bool:
    """Whether two calls may happen in one run: one of them does not stand in a branch that excludes the other."""
    count = min(len(one), len(two))
    return one[:count] == two[:count]
