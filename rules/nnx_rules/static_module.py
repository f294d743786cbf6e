"""A method of a Module is jitted by `jax.jit` with `self` as a static argument.

A static argument is compared by identity, and what the function reads of it are constants of the compiled code. A Module stays the same object while it is
trained: later calls use the weights of the first one.

```python
class Net(nnx.Module):
    @partial(jax.jit, static_argnums=0)                     # the weights of the first call, for ever
    def __call__(self, x): ...

    @nnx.jit                                                # the state is an argument
    def __call__(self, x): ...
```

Silent for Modules without Variables, for classes that are not Modules, and where a function gets a Module as a static argument: it may be frozen. Silent as
well where no call outside of transforms was seen with a Module that has changed since an earlier one: inside of a transform the weights are traced, and a
Module that is merged for each call is another object each time.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import KeptArgument
from nnx_lsp.tracer.history import reached
from nnx_lsp.tracer.values import Function, Module, Variable


@rule(code="NNX532", group=Group.TRANSFORMS, severity=Severity.WARNING, evidence=Shows())
def static_module(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(KeptArgument):
        function, value = each.transformed.function, each.value
        if each.transformed.transform != "jax.jit" or not isinstance(value, Module) or not isinstance(function, Function) or function.owner is None:
            continue
        if not each.is_outdated or each.name != function.definition.parameters[0].name:
            continue
        if any(isinstance(part, Variable) or (isinstance(part, Module) and not part.is_user) for part in reached(value)):
            message = f"`{each.name}` is static under `jax.jit` and is an `{value.class_name}`: its weights are constants of the compiled code"
            yield Finding(each, each.place, f"{message}, and later updates are not seen; use `nnx.jit`", ask.path(each.context))
