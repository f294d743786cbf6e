"""A Module declares `__slots__`.

Since Flax 0.12.8 the class statement raises TypeError (not on 0.12.0): a Module keeps its attributes in a dict.

```python
class Block(nnx.Module):
    __slots__ = ("w",)                        # raises TypeError; leave it out
```

An empty `__slots__` is left alone.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import ClassDefined
from nnx_lsp.tracer.values import List, Static, Tuple


@rule(code="NNX354", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("TypeError",), later=True), flax=">=0.12.8")
def slots(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(ClassDefined):
        value = each.cls.attributes.get("__slots__")
        names = bool(value.items) if isinstance(value, Tuple | List) else isinstance(value, Static) and isinstance(value.constant, str)
        if not names or not ask.is_subclass(each.cls, "flax.nnx.Module", facts.library) or not isinstance(each.node, program.ClassDef):
            continue
        for statement in program.walk(each.node):
            if isinstance(statement, program.Name) and statement.id == "__slots__":
                message = f"`{each.cls.name}` is a Module and declares `__slots__`: the class statement raises TypeError"
                yield Finding(each, ask.place_of(each, statement), message)
                break
