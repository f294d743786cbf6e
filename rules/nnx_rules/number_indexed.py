"""A Variable that holds a Python number is indexed.

`nnx.Param(0.5)` keeps the float as it is. `param[...]` then indexes a float, which raises TypeError; so do `.shape` and other attributes of arrays. Inside of
`nnx.jit` the number has become an array, and the same line works.

```python
self.scale = nnx.Param(0.5)
x * self.scale[...]                         # raises TypeError outside of a transform
self.scale = nnx.Param(jnp.asarray(0.5))
```

A warning where only the class was seen: its instances may be used under a transform alone. Arithmetic with such a Variable works, and is not reported.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import NumberIndexed


@rule(code="NNX240", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Raises(("TypeError",)))
def number_indexed(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(NumberIndexed):
        variable = each.variable
        text = ask.text(each.node)
        steps = (Step(variable.place, "made of a Python number"),) if variable.place is not None else ()
        message = f"this `{variable.class_name}` holds a Python number, no array: `{text}` raises TypeError outside of a transform; make it of `jnp.asarray(…)`"
        severity = Severity.WARNING if variable.is_symbolic else None
        yield Finding(each, each.place, message, (*ask.path(each.context), *steps), severity=severity)
