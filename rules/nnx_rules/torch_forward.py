"""A Module defines `forward`, as in PyTorch, and no `__call__`.

Calling an NNX Module calls its `__call__`. With `forward` alone, `model(x)` raises TypeError.

```python
class Net(nnx.Module):
    def forward(self, x): ...      # model(x) raises TypeError
    def __call__(self, x): ...
```

Silent where no instance is seen called, for `model.forward(x)` is legal, and where `__call__` is defined or inherited.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Safety, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Class, Function, Module


@rule(code="NNX706", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("TypeError",), later=True))
def torch_forward(facts: Facts) -> Iterator[Finding]:
    for read in facts.of(AttributeRead):
        if read.name != "__call__" or read.is_found or not isinstance(read.owner, Module) or not isinstance(read.owner.cls, Class):
            continue
        forward = read.owner.cls.attributes.get("forward")
        if not isinstance(forward, Function) or not isinstance(forward.definition, program.FunctionDef) or forward.definition.decorators:
            continue
        fix = Fix("Name it __call__", (Change(forward.place, Where.REPLACE, ("__call__",)),), Safety.UNSAFE)
        name = read.owner.cls.name
        message = f"`{name}` has `forward` and no `__call__`, so calling an instance raises TypeError; name it `__call__`"
        way = (*ask.path(read.context), Step(read.place, f"an instance of `{name}` is called"))
        yield Finding(read, forward.place, message, way, fix)
