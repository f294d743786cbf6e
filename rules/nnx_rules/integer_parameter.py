"""A Module is differentiated that has an integer or boolean `nnx.Param`.

`nnx.grad` takes the gradient of all Params, and JAX differentiates real numbers alone. A counter, a mask or an index is no parameter: keep it in a Variable
of its own sort.

```python
self.step = nnx.Param(jnp.array(0))         # nnx.grad(f)(model) raises TypeError

class Count(nnx.Variable):
    pass

self.step = Count(jnp.array(0))
```

Silent for models of which it is not known how they were made, and for gradients with a filter of their own (`nnx.DiffState`).
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import ModuleDifferentiated


@rule(code="NNX542", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Raises(("TypeError",)), rests_on_values=True)
def integer_parameter(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(ModuleDifferentiated):
        if not each.integers:
            continue
        first = each.integers[0]
        steps = (Step(first.place, "the Param that holds no real numbers"),) if first.place is not None else ()
        message = f"`{each.module.class_name}` has an `nnx.{first.class_name}` of integers or booleans, so differentiating it raises TypeError"
        yield Finding(each, each.place, f"{message}; keep it in a Variable that is no Param", (*ask.path(each.context), *steps))
