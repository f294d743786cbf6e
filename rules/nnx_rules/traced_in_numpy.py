"""A function of `numpy` or `math` meets a traced value.

They compute at once, outside of JAX, and need a value: `numpy` raises TracerArrayConversionError, `math` raises ConcretizationTypeError or
TypeError.

```python
@nnx.jit
def f(x):
    return np.tanh(x)      # raises TracerArrayConversionError
```

Use the function of `jax.numpy`. `np.shape`, `np.ndim` and functions of static shapes are left alone.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity


@rule(
    code="NNX404",
    group=Group.TRACING,
    severity=Severity.ERROR,
    evidence=Raises(("TracerArrayConversionError", "ConcretizationTypeError", "TypeError")),
    rests_on_values=True,
)
def traced_in_numpy(facts: Facts) -> Iterator[Finding]:
    for each in facts.conversions:
        if each.by not in ("numpy", "math") or not ask.has_no_array(each.value):
            continue
        level = ask.traced_level(each.value)
        error = "TracerArrayConversionError" if each.by == "numpy" else "ConcretizationTypeError"
        message = f"`{ask.text(each.node)}` is traced by {ask.by(level)}{ask.source(each.value)}, so `{each.name}` {ask.raises(level, error)}; use `jax.numpy`"
        yield Finding(each, each.place, message, ask.path(each.context, each.value), severity=ask.severity(level))
