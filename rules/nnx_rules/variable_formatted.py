"""An `nnx.Variable` is formatted with a numeric format.

`f"{variable:.2f}"` raises TypeError: a Variable has no format of its own.

```python
print(f"{self.scale:.2f}")        # raises TypeError
print(f"{self.scale[...]:.2f}")   # a scalar outside of transforms
```

Silent without a format, and where it is not known that the value is a Variable.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Safety, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Formatting
from nnx_lsp.tracer.values import Variable


@rule(code="NNX206", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Raises(("TypeError",)), rests_on_values=True)
def variable_formatted(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Formatting):
        if isinstance(each.value, Variable) and each.spec:
            text = ask.text(each.node)
            fix = Fix(f"Format {text}[...]", (Change(each.place, Where.AFTER, ("[...]",)),), Safety.UNSAFE)
            message = f"`{text}` is an `nnx.Variable`; the format `{each.spec}` raises TypeError; format `{text}[...]`"
            yield Finding(each, each.place, message, ask.path(each.context), fix)
