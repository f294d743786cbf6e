"""The results of `nnx.split` are unpacked into another number of names than there are.

`nnx.split(model)` gives a GraphDef and one State; with filters, a GraphDef and one State for each filter.

```python
graphdef, params, rest = nnx.split(model)                   # raises ValueError
graphdef, params, rest = nnx.split(model, nnx.Param, ...)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Unpacked
from nnx_lsp.tracer.values import GraphDef, Tuple


@rule(code="NNX308", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("ValueError",)))
def unpack_mismatch(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Unpacked):
        value = each.value
        if not isinstance(value, Tuple) or not value.items or not isinstance(value.items[0], GraphDef):
            continue
        if len(value.items) == len(each.targets) or any(isinstance(target, program.Starred) for target in each.targets):
            continue
        states = len(value.items) - 1
        message = (
            f"`nnx.split` gives a GraphDef and {states} State{'s' if states > 1 else ''} here, {len(each.targets)} names take them: this raises ValueError"
        )
        yield Finding(each, each.place, message + "; give one filter for each State", ask.path(each.context))
