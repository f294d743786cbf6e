"""The `__init__` of a subclass does not call the one of its base class: what that would have set is missing.

A Module needs no `super().__init__()` for itself, and so it is forgotten where it matters: the base class makes layers in its `__init__`, and its methods use
them. They raise AttributeError.

```python
class Child(Base):
    def __init__(self, rngs):
        super().__init__(rngs)                # makes self.a
        self.b = nnx.Linear(2, 2, rngs=rngs)
```

Silent where the subclass sets the attributes itself, and where nothing is seen to read them.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Class, Module
from nnx_rules.missing_attribute import forgotten_base


@rule(code="NNX355", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("AttributeError",), later=True))
def base_not_initialized(facts: Facts) -> Iterator[Finding]:
    for read in facts.of(AttributeRead):
        owner = read.owner
        if not read.is_certain or not isinstance(owner, Module) or not isinstance(owner.cls, Class):
            continue
        if (found := forgotten_base(owner.cls, read.name)) is not None:
            own, base = found
            message = (
                f"`{owner.class_name}.__init__` does not call `super().__init__`, and `{base.name}.__init__` would have set `{read.name}`: reading it raises "
                "AttributeError"
            )
            yield Finding(read, own.place, message, ask.path(read.context))
