"""A Variable or a layer is an attribute of the class, not of the instance.

What stands in the class body is shared by all instances, and nnx does not see it: it is no part of `nnx.state`, has no gradient and is never trained.

```python
class Scale(nnx.Module):
    scale = nnx.Param(jnp.ones(3))                          # not in nnx.state(model)

class Scale(nnx.Module):
    def __init__(self):
        self.scale = nnx.Param(jnp.ones(3))
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import ClassDefined
from nnx_lsp.tracer.values import Module, Variable


@rule(code="NNX306", group=Group.STRUCTURE, severity=Severity.WARNING, evidence=Shows())
def class_state(facts: Facts) -> Iterator[Finding]:
    for defined in facts.of(ClassDefined):
        if not isinstance(defined.node, program.ClassDef) or "flax.nnx.Module" not in defined.cls.library_bases or defined.cls.decorators:
            continue
        for statement in defined.node.body:
            if not isinstance(statement, program.Assign) or not isinstance(statement.targets[0], program.Name):
                continue
            name = statement.targets[0].id
            value = defined.cls.attributes.get(name)
            if isinstance(value, Variable | Module):
                message = f"`{name}` is an attribute of the class `{defined.cls.name}`: no part of `nnx.state`, shared by all instances; make it in `__init__`"
                yield Finding(defined, ask.place_of(defined, statement.targets[0]), message, ask.path(defined.context))
