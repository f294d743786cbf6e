"""An array is indexed with a traced boolean mask.

The shape of `x[mask]` depends on how many elements are true, which is not known while the function is traced: it raises
NonConcreteBooleanIndexError.

```python
@nnx.jit
def f(x):
    return x[x > 0].sum()                # raises NonConcreteBooleanIndexError
    return jnp.where(x > 0, x, 0).sum()
```

`x.at[mask].set(value)` raises in the same way. Masks made of static NumPy arrays, and masks outside of transforms, are left alone.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import DataDependentShape


@rule(code="NNX406", group=Group.TRACING, severity=Severity.ERROR, evidence=Raises(("NonConcreteBooleanIndexError",)), rests_on_values=True)
def boolean_mask(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(DataDependentShape):
        if each.by != "boolean mask" or not ask.is_traced(each.value):
            continue
        level = ask.traced_level(each.value)
        message = (
            f"`{ask.text(each.node)}` is a mask traced by {ask.by(level)}{ask.source(each.value)}"
            f", so indexing with it {ask.raises(level, 'NonConcreteBooleanIndexError')}; use `jnp.where`"
        )
        yield Finding(each, each.place, message, ask.path(each.context, each.value), severity=ask.severity(level))
