"""A Variable is made of a NumPy array, and keeps it as it is.

It stays in host memory until something moves it, it may be of float64, which JAX computes with nowhere by default, and it changes its type at the first update.

```python
self.table = nnx.Param(np.ones((4, 4)))     # float64, on the host
self.table = nnx.Param(jnp.ones((4, 4)))
```

Loading weights and converting them later is legal: this is a hint.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Static


@rule(code="NNX241", group=Group.VARIABLES, severity=Severity.INFO, evidence=Shows())
def numpy_in_variable(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if not facts.library.is_subclass(call.name, "flax.nnx.Variable") or not call.arguments or call.receiver is not None:
            continue
        value = call.arguments[0].value
        if isinstance(value, Static) and value.kind == "ndarray":
            text = ask.text(call.arguments[0].node.value)
            message = f"`{text}` is a NumPy array, and `{ask.text(call.node)}` keeps it on the host in NumPy's dtype; convert it with `jnp.asarray`"
            yield Finding(call, ask.place_of(call, call.arguments[0].node.value), message, ask.path(call.context))
