"""A key is made by `jax.random.PRNGKey`: a raw array of numbers, which nothing tells from any other.

It passes where any array of integers does, so that arithmetic on keys goes unnoticed. `jax.random.key` makes keys of a type of their own.

```python
key = jax.random.PRNGKey(0)
key = jax.random.key(0)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Safety, Shows, Where, rule
from nnx_lsp.severity import Severity


@rule(code="ACME101", group=Group.RANDOMNESS, severity=Severity.WARNING, evidence=Shows())
def old_style_key(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name == "jax.random.PRNGKey" and isinstance(call.node, program.Call):
            text, place = ask.text(call.node.function), ask.place_of(call, call.node.function)
            new = text.replace("PRNGKey", "key")
            fix = Fix(f"Write {new}", (Change(place, Where.REPLACE, (new,)),), Safety.UNSAFE)
            yield Finding(call, place, f"`{text}` makes a raw array, no typed key; write `{new}`", ask.path(call.context), fix)
