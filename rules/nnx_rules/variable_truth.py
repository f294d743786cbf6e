"""The truth of an `nnx.Variable` is taken: that asks for its length, not for what it holds.

A Variable has no truth of its own, so Python takes `len()`: for a scalar it raises TypeError, for a vector it says whether there are elements.

```python
if self.is_ready: ...          # raises TypeError for a scalar
if self.is_ready[...]: ...     # the value (outside of transforms)
```

Silent where it is not known that the value is a Variable with a scalar.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Safety, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Test
from nnx_lsp.tracer.values import Array, Variable

_OWN = (Test.MIN, Test.MAX, Test.SORTED, Test.IN)
_OF_EACH = (Test.ANY, Test.ALL)


@rule(code="NNX205", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Raises(("TypeError",)), rests_on_values=True)
def variable_truth(facts: Facts) -> Iterator[Finding]:
    for branch in facts.branches:
        value = branch.value
        if not isinstance(value, Variable) or branch.form in _OWN or not isinstance(value.content, Array) or not value.content.is_scalar:
            continue
        text = ask.text(branch.node)
        if branch.form in _OF_EACH:
            message = f"`{text}` takes the truth of an `nnx.Variable` with a scalar, which raises TypeError as it asks for `len()`; take `[...]` of each"
            yield Finding(branch, branch.place, message, ask.path(branch.context))
            continue
        fix = Fix(f"Take the truth of {text}[...]", (Change(branch.place, Where.AFTER, ("[...]",)),), Safety.UNSAFE)
        message = f"`{text}` is an `nnx.Variable` with a scalar: its truth asks for `len()`, which raises TypeError; take `{text}[...]`"
        yield Finding(branch, branch.place, message, ask.path(branch.context), fix)
