"""An `nnx.Variable` is compared with `<`, `<=`, `>` or `>=`, which it does not support.

Arithmetic works on a Variable directly, ordering does not: it raises TypeError, also outside of any transform, and so do `min`,
`max` and `sorted` over Variables.

```python
if self.step > 10: ...        # raises TypeError
if self.step[...] > 10: ...
```

Silent where it is not known that the operand is a Variable.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Comparison
from nnx_lsp.tracer.values import Variable


@rule(code="NNX204", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Raises(("TypeError",)), rests_on_values=True)
def variable_ordered(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Comparison):
        if each.operator not in ("<", "<=", ">", ">=") or not (isinstance(each.left, Variable) or isinstance(each.right, Variable)):
            continue
        text, fix = ask.text(each.node), None
        if isinstance(each.node, program.Compare) and len(each.node.operators) == 1:
            sides = [(each.left, each.node.left), (each.right, each.node.comparators[0])]
            changes = tuple(Change(ask.place_of(each, node), Where.AFTER, ("[...]",)) for value, node in sides if isinstance(value, Variable))
            fix = Fix("Compare what the Variable holds: [...]", changes)
        yield Finding(
            each,
            each.place,
            f"`{text}` orders an `nnx.Variable`, which raises TypeError; compare what it holds, with `[...]`",
            ask.path(each.context),
            fix,
        )
