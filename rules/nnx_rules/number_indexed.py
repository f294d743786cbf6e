"""A Variable that holds a Python number is indexed.

`nnx.Param(0.5)` keeps the float as it is. `param[...]` then indexes a float, which raises TypeError; so do `.shape` and other attributes of arrays. Inside of
`nnx.jit` the number has become an array, and the same line works.

```python
self.scale = nnx.Param(0.5)
x * self.scale[...]                         # raises TypeError outside of a transform
self.scale = nnx.Param(jnp.asarray(0.5))
```

Silent where only the class was seen, and where a transform is called too: what has passed one holds an array. Arithmetic with such a Variable works.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import NumberIndexed, TransformedCalled


@rule(code="NNX240", group=Group.VARIABLES, severity=Severity.WARNING, evidence=Raises(("TypeError",)))
def number_indexed(facts: Facts) -> Iterator[Finding]:
    if any(True for _ in facts.of(TransformedCalled)):
        return
    for each in facts.of(NumberIndexed):
        variable = each.variable
        if variable.is_symbolic or each.level is not None:
            continue
        text = ask.text(each.node)
        steps = (Step(variable.place, "made of a Python number"),) if variable.place is not None else ()
        message = f"this `{variable.class_name}` holds a Python number, no array: `{text}` raises TypeError outside of a transform; make it of `jnp.asarray(…)`"
        yield Finding(each, each.place, message, (*ask.path(each.context), *steps))
