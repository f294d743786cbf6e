"""A parameter that is keyword-only, under a transform that passes everything by position.

`nnx.grad`, `nnx.value_and_grad`, `nnx.remat`, `nnx.vmap` and `nnx.scan` bind the call to the signature and pass all of it on by position, defaults too.
A keyword-only parameter has no position: each call raises TypeError, whether it names the parameter or not. `nnx.jit` takes keywords as they are.

```python
def loss_fn(model, x, *, train=True): ...

nnx.grad(loss_fn)(model, x)                                # raises TypeError

nnx.grad(lambda model, x: loss_fn(model, x, train=True))(model, x)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import UnfitArgument


@rule(code="NNX409", group=Group.TRACING, severity=Severity.ERROR, evidence=Raises(("TypeError",)), rests_on_values=True)
def keyword_only_argument(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(UnfitArgument):
        if each.reason == "keyword":
            display = TRANSFORMS[each.transformed.transform].display
            message = f"`{each.name}` is keyword-only, but `{display}` passes all arguments by position, so the call raises TypeError"
            message += "; drop the `*`, or bind it in a lambda"
            yield Finding(each, each.place, message, ask.path(each.context))
