"""An attribute that holds an `nnx.Variable` is assigned an array: the Variable is gone.

`self.kernel = array` replaces the `nnx.Param` object, it does not write into it. On Flax 0.12 the weight is silently no parameter
any more: no gradient, no update, not in the state. On 0.10 and 0.11 built-in layers raise at the next call.

```python
self.scale = self.scale * 0.5        # the Param is gone
self.scale[...] = self.scale * 0.5   # writes into it
```

Silent where the new value is a Variable, `None` or not known.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Shows, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeWrite
from nnx_lsp.tracer.values import Array, Variable


@rule(code="NNX202", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Shows())
def variable_rebound(facts: Facts) -> Iterator[Finding]:
    for write in facts.of(AttributeWrite):
        if not isinstance(write.before, Variable) or not isinstance(write.value, Array) or (write.operator and facts.library.flax_minor >= (0, 12)):
            continue
        target = ask.text(write.node)
        kind = write.before.class_name
        fix = Fix(f"Write into the Variable: {target}[...] = …", (Change(write.place, Where.AFTER, ("[...]",)),)) if not write.operator else None
        message = (
            f"`{target}` holds an `nnx.{kind}`; assigning an array replaces it, and the value is no state of the Module any more; write `{target}[...] = …`"
        )
        yield Finding(write, write.place, message, ask.path(write.context), fix)
