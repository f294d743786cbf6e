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
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Safety, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead, ClassDefined
from nnx_lsp.tracer.values import Module


@rule(code="NNX706", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("TypeError",), later=True))
def torch_forward(facts: Facts) -> Iterator[Finding]:
    called = {id(read.owner.cls) for read in facts.of(AttributeRead) if isinstance(read.owner, Module) and read.name == "__call__" and not read.is_found}
    for defined in facts.of(ClassDefined):
        cls = defined.cls
        if cls.library_bases[:1] != ("flax.nnx.Module",) or cls.is_open or cls.lookup("__call__") is not None or not isinstance(defined.node, program.ClassDef):
            continue
        if id(cls) not in called:
            continue
        for statement in defined.node.body:
            if isinstance(statement, program.FunctionDef) and statement.name == "forward" and not statement.decorators:
                place = ask.place_at(defined, statement.name_at)
                fix = Fix("Name it __call__", (Change(place, Where.REPLACE, ("__call__",)),), Safety.UNSAFE)
                yield Finding(
                    defined,
                    place,
                    f"`{cls.name}` has `forward` and no `__call__`, so calling an instance raises TypeError; name it `__call__`",
                    fix=fix,
                )
