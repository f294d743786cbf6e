"""An attribute of an `nnx.Variable` is assigned.

Since Flax 0.12.1 a Variable refuses it: AttributeError. What it holds is written with `variable[...] = value`; metadata is given when it is made, or set with
`variable.set_metadata(...)`.

```python
param.trainable = False                                     # raises AttributeError since 0.12.1
param = nnx.Param(value, trainable=False)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeWrite
from nnx_lsp.tracer.values import Variable


@rule(code="NNX209", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Raises(("AttributeError",)), flax=">=0.12.1", rests_on_values=True)
def variable_metadata_assigned(facts: Facts) -> Iterator[Finding]:
    for write in facts.of(AttributeWrite):
        if isinstance(write.owner, Variable) and not ask.is_user_class(write.owner) and not write.name.startswith("_"):
            message = f"an `nnx.Variable` takes no attributes: `{ask.text(write.node)} = …` raises AttributeError since Flax 0.12.1"
            message += f"; use `set_metadata({write.name}=…)`"
            yield Finding(write, write.place, message, ask.path(write.context), _set(write))


def _set(write: AttributeWrite) -> Fix | None:
    if not isinstance(write.statement, program.Assign) or not isinstance(write.node, program.Attribute):
        return None
    if isinstance(write.statement.value, program.TupleDisplay | program.Yield):  # Without its brackets it would be something else as an argument.
        return None
    owner, value = ask.place_of(write, write.node.value), ask.place_of(write, write.statement.value)
    change = Change(ask.place_of(write, write.statement), Where.REPLACE, (owner, f".set_metadata({write.name}=", value, ")"))
    return Fix(f"Call set_metadata({write.name}=…)", (change,), flax=">=0.12.1")
