"""The function that is differentiated returns no scalar.

`nnx.grad` and `nnx.value_and_grad` differentiate one number. An array with dimensions raises TypeError: the mean or the sum was forgotten.

```python
nnx.grad(lambda m: (m(x) - y) ** 2)(model)            # raises TypeError
nnx.grad(lambda m: ((m(x) - y) ** 2).mean())(model)
```

Silent where the number of dimensions is not known.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Differentiated
from nnx_lsp.tracer.values import Array, Tuple


@rule(code="NNX504", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Raises(("TypeError",)), rests_on_values=True)
def loss_not_scalar(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Differentiated):
        loss = each.returned
        if each.has_aux and isinstance(loss, Tuple) and loss.items:
            loss = loss.items[0]
        if each.has_aux is not None and isinstance(loss, Array) and loss.low >= 1:
            name = f"`{each.function.name}`" if each.function is not None and each.function.name != "<lambda>" else "the loss"
            message = f"{name} returns an array with dimensions, so differentiating it raises TypeError; take the mean or the sum"
            yield Finding(each, each.place, message, ask.path(each.context))
