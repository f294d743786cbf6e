"""A layer is built with its output features alone, as in Linen.

NNX layers know their input size from the start: `nnx.Linear(in_features, out_features)`, `nnx.Conv(in_features, out_features, kernel_size)`.
Without it the constructor raises TypeError.

```python
nnx.Linear(64, rngs=rngs)          # raises TypeError
nnx.Linear(32, 64, rngs=rngs)
```

Silent where `*` or `**` may hide an argument.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity


@rule(code="NNX703", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("TypeError",)))
def linen_features_only(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.receiver is not None or not call.name.startswith("flax.nnx.") or not isinstance(call.node, program.Call):
            continue
        sizes = [name for name in call.missing if name in ("in_features", "out_features", "num_features", "features", "kernel_size")]
        if sizes and not call.unexpected:
            missing = ", ".join(f"`{name}`" for name in sizes)
            message = f"`{ask.text(call.node)}` lacks {missing}: NNX layers take the input size too, so it raises TypeError"
            yield Finding(call, call.place, message, ask.path(call.context), refuses_call=True)
