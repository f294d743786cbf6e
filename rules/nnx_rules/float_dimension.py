"""A size is a float.

Feature counts and shapes are integers. `features / 2` is a float in Python, also where it divides evenly, and the layer or `jnp` raises
TypeError.

```python
nnx.Linear(8, features / 2, rngs=rngs)     # raises TypeError
nnx.Linear(8, features // 2, rngs=rngs)
```

Silent where the value is not known to be a float.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.functions import Takes
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import ShapeUse
from nnx_lsp.tracer.values import Static


@rule(code="NNX709", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("TypeError", "ValueError")), rests_on_values=True)
def float_dimension(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        for argument in call.arguments:
            if argument.takes is Takes.DIMENSION and isinstance(argument.value, Static) and argument.value.kind == "float":
                text, place = ask.text(argument.node.value), ask.place_of(call, argument.node.value)
                message = f"`{text}` is a float; `{argument.parameter}` of `{ask.callee(call)}` counts features, so it raises TypeError; use `//` or `int()`"
                yield Finding(call, place, message, ask.path(call.context))
    for use in facts.of(ShapeUse):
        if isinstance(use.value, Static) and use.value.kind == "float" and use.by.rpartition(".")[2] not in ("arange", "linspace"):
            message = f"`{ask.text(use.node)}` is a float; a shape of `{use.by}` is made of integers, so it raises TypeError; use `//` or `int()`"
            yield Finding(use, use.place, message, ask.path(use.context))
