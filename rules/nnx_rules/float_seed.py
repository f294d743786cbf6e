"""A seed is a float.

`nnx.Rngs` and `jax.random.key` take integers; a float raises ValueError or TypeError. It comes from divisions and from configuration files.

```python
nnx.Rngs(0.0)   # raises
nnx.Rngs(0)
```

Silent where the value is not known to be a Python float.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.functions import Takes
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Static


@rule(code="NNX105", group=Group.RANDOMNESS, severity=Severity.ERROR, evidence=Raises(("ValueError", "TypeError")), rests_on_values=True)
def float_seed(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        for argument in call.arguments:
            if argument.takes is Takes.SEED and isinstance(argument.value, Static) and argument.value.kind == "float":
                text, place = ask.text(argument.node.value), ask.place_of(call, argument.node.value)
                yield Finding(
                    call,
                    place,
                    f"a seed is an integer; `{text}` is a float, so it raises; write `int({text})`",
                    ask.path(call.context),
                )
