"""A function is made and jitted anew at each call of the function around it: each call compiles.

The compiled code is kept by function. A nested function and a lambda are other ones at each call; `nnx.jit` makes another one of each function that it gets,
`jax.jit` knows a function of the module again.

```python
class Model(nnx.Module):
    def fit(self, x):
        @nnx.jit
        def step(layer, x):                                 # compiles at each call of fit
            return layer(x)
        return step(self.layer, x)

@nnx.jit
def step(layer, x):                                         # compiles once
    return layer(x)
```

Said where a loop calls the function around in each pass, or where two calls are seen that give the jitted function the same objects and arrays of the same
shape; and only where nothing in it depends on the call, so that it can stand outside. Silent for what is kept (`functools.cache`, an attribute that is
set once), and for functions that are made to be returned.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.rule import Finding, Group, Retraces, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import CompiledAnew
from nnx_lsp.tracer.values import Function, Transformed


@rule(code="NNX595", group=Group.TRANSFORMS, severity=Severity.INFO, evidence=Retraces())
def jit_made_anew(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(CompiledAnew):
        if each.context is not None and each.context.is_call:
            display = TRANSFORMS[each.transformed.transform].display
            made = f"each call of `{each.context.function}` makes {_name(each.transformed)} under `{display}` anew"
            yield Finding(each, each.place, f"{made}, and compiles it again; nothing in it depends on the call: make it outside", ask.path(each.context))


def _name(transformed: Transformed) -> str:
    function = transformed.function
    return f"`{function.name}`" if isinstance(function, Function) and function.name != "<lambda>" else "a lambda"
