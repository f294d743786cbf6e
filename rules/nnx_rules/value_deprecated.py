"""`.value` of an `nnx.Variable` is deprecated since Flax 0.12.1.

It still works and emits a DeprecationWarning. `variable[...]` reads and writes what the Variable holds on every supported Flax line;
`get_value()` and `set_value()` exist from 0.12 on. An assignment becomes `set_value`: `variable[...] = x` keeps shape and dtype of what is there, which
`.value = x` does not.

```python
loss = model.count.value + 1
loss = model.count[...] + 1
```

Silent for `.value` of anything that is not known to be a Variable.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Safety, Warns, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead, ValueWrite
from nnx_lsp.tracer.values import Array, Variable, options


@rule(code="NNX203", group=Group.VARIABLES, severity=Severity.INFO, evidence=Warns("DeprecationWarning"), flax=">=0.12.1")
def value_deprecated(facts: Facts) -> Iterator[Finding]:
    for read in facts.of(AttributeRead):
        if read.name != "value" or not isinstance(read.owner, Variable) or not isinstance(read.node, program.Attribute):
            continue
        text = ask.text(read.node.value)
        # An array is certainly the same through `[...]`; other contents (functions, Python numbers) need not be subscriptable.
        safety = Safety.SAFE if _holds_array(read.owner) else Safety.UNSAFE
        fix = Fix(
            f"Write {text}[...]",
            (Change(read.place, Where.REPLACE, (ask.place_of(read, read.node.value), "[...]")),),
            safety,
        )
        yield Finding(
            read,
            read.place,
            f"`{text}.value` is deprecated since Flax 0.12.1; write `{text}[...]`",
            ask.path(read.context),
            fix,
        )
    for write in facts.of(ValueWrite):
        if isinstance(write.variable, Variable) and isinstance(write.node, program.Attribute):
            text = ask.text(write.node.value)
            message = f"assigning `{text}.value` is deprecated since Flax 0.12.1; write `{text}.set_value(…)`"
            yield Finding(write, write.place, message, ask.path(write.context), _set(write, write.node))


def _set(write: ValueWrite, target: program.Attribute) -> Fix | None:
    if not isinstance(write.statement, program.Assign) or isinstance(write.statement.value, program.TupleDisplay | program.Yield):
        return None  # Without its brackets such a value would be something else as an argument.
    owner, value = ask.place_of(write, target.value), ask.place_of(write, write.statement.value)
    change = Change(ask.place_of(write, write.statement), Where.REPLACE, (owner, ".set_value(", value, ")"))
    return Fix(f"Write {ask.text(target.value)}.set_value(…)", (change,), flax=">=0.12.1")


def _holds_array(variable: Variable) -> bool:
    return all(isinstance(option, Array) for option in options(variable.content))
