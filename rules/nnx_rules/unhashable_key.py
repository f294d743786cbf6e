"""A jax array or an `nnx.Variable` is used as a key of a dict, or as an element of a set.

Arrays have no hash: TypeError. Variables have had none since Flax 0.12.1.

```python
seen = {x}                                                  # raises TypeError
counts[label] += 1                                          # raises TypeError for an array

counts[int(label)] += 1                                     # outside of a transform
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Hashed
from nnx_lsp.tracer.values import Variable


@rule(code="NNX210", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Raises(("TypeError",)), rests_on_values=True)
def unhashable_key(facts: Facts) -> Iterator[Finding]:
    from packaging.version import Version

    for each in facts.of(Hashed):
        is_variable = isinstance(each.value, Variable)
        if is_variable and facts.library.flax < Version("0.12.1"):
            continue
        what = "an `nnx.Variable`, which has no hash since Flax 0.12.1" if is_variable else "a jax array, which has no hash"
        yield Finding(each, each.place, f"`{ask.text(each.node)}` is {what}: as a key it raises TypeError", ask.path(each.context, each.value))
