"""`setup` or `@nn.compact` is used in an NNX Module.

NNX calls neither: layers are made in `__init__`. A Module with `setup` has none of the attributes that it assigns, and fails at the first
call.

```python
class Net(nnx.Module):
    def setup(self):                 # never called
        self.dense = nnx.Linear(...)

class Net(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.dense = nnx.Linear(..., rngs=rngs)
```

Silent where a class defines `__init__` too, or calls `setup` itself.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import ClassDefined

_ERRORS = ("AttributeError", "TypeError", "AssertionError", "NameError", "ValueError")


@rule(code="NNX702", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(_ERRORS, later=True))
def linen_compact_setup(facts: Facts) -> Iterator[Finding]:
    for defined in facts.of(ClassDefined):
        cls = defined.cls
        if "flax.nnx.Module" not in cls.library_bases or cls.is_open or not isinstance(defined.node, program.ClassDef):
            continue
        for statement in defined.node.body:
            if not isinstance(statement, program.FunctionDef):
                continue
            place = ask.place_at(defined, statement.name_at)
            if any(ask.text(decorator).endswith("compact") for decorator in statement.decorators):
                yield Finding(
                    defined,
                    place,
                    f"`@compact` is Linen's; an NNX Module makes its layers in `__init__`, so `{cls.name}.{statement.name}` fails",
                )
            elif (
                statement.name == "setup" and len(statement.parameters) == 1 and cls.lookup("__init__") is None and not ask.calls_method(defined.node, "setup")
            ):
                yield Finding(
                    defined,
                    place,
                    f"`{cls.name}.setup` is never called: NNX has no `setup`; make the layers in `__init__`",
                )
