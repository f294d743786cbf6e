"""An augmented assignment to an `nnx.Variable` itself.

Since Flax 0.12 `variable += x` raises NotImplementedError; before it changed the Variable in place. `variable[...] += x` works on every line.

```python
self.count += 1        # raises on 0.12
self.count[...] += 1
```

Silent before 0.12, and where it is not known that the target is a Variable.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AugmentedVariable


@rule(
    code="NNX207",
    group=Group.VARIABLES,
    severity=Severity.ERROR,
    evidence=Raises(("NotImplementedError",)),
    flax=">=0.12",
    rests_on_values=True,
)
def variable_augmented(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(AugmentedVariable):
        if isinstance(each.node, program.AugmentedAssign):
            text, place = ask.text(each.node.target), ask.place_of(each, each.node.target)
            fix = Fix(f"Write {text}[...] {each.operator}= …", (Change(place, Where.AFTER, ("[...]",)),))
            message = f"`{text}` is an `nnx.Variable`; `{each.operator}=` on it raises NotImplementedError; write `{text}[...] {each.operator}= …`"
            yield Finding(each, place, message, ask.path(each.context), fix)
