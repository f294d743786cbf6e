"""Hyper-parameters are declared as class fields, as in Linen, and the Module has no `__init__`.

A Linen Module is a dataclass; an NNX Module is a plain class. Annotated names in its body are no parameters: calling the class with arguments raises TypeError.

```python
class Dense(nnx.Module):
    features: int                                           # in Linen a field
    ...
Dense(features=3)                                           # raises TypeError

class Dense(nnx.Module):
    def __init__(self, features: int): ...
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import NoInitializer


@rule(code="NNX711", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("TypeError",)))
def linen_fields(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(NoInitializer):
        fields = [name for cls in (each.cls,) for name, _ in cls.fields]
        hint = f": fields such as `{fields[0]}` are none, write an `__init__`" if fields else ": it has no `__init__`"
        yield Finding(each, each.place, f"`{each.cls.name}` takes no arguments{hint}; `{ask.text(each.node)}` raises TypeError", ask.path(each.context))
