"""A layer is built without its required `rngs`.

Layers with parameters (`nnx.Linear`, `nnx.Conv`, `nnx.BatchNorm`, …) take `rngs` as a required keyword, from which they draw their
initial weights. Without it the constructor raises TypeError.

```python
nnx.Linear(2, 3)                     # raises TypeError
nnx.Linear(2, 3, rngs=nnx.Rngs(0))
```

Silent where `*` or `**` may hide the argument.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity


@rule(code="NNX103", group=Group.RANDOMNESS, severity=Severity.ERROR, evidence=Raises(("TypeError",)))
def missing_rngs(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.receiver is None and call.name.startswith("flax.nnx.") and call.missing == ("rngs",) and isinstance(call.node, program.Call):
            name = ask.text(call.node.function)
            yield Finding(
                call,
                call.place,
                f"`{name}` is built without `rngs`, which it requires, so it raises TypeError; pass `rngs=`",
                ask.path(call.context),
                refuses_call=True,
            )
