"""`nnx.merge` is given some of the States that `nnx.split` made, and not the others.

A Module is merged from all its State: the GraphDef counts the Variables that it needs, and raises ValueError where some are missing.

```python
graphdef, params, rest = nnx.split(model, nnx.Param, ...)
nnx.merge(graphdef, params)                   # raises ValueError where there is a BatchStat or an RngState
nnx.merge(graphdef, params, rest)
```

Silent where the States that are missing may be empty, and for States that come from somewhere else.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import IncompleteMerge


@rule(code="NNX353", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("ValueError",)), rests_on_values=True)
def incomplete_merge(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(IncompleteMerge):
        sorts = ", ".join(f"`{sort}`" for sort in each.sorts)
        message = f"`{ask.text(each.node)}` gets {each.given} of the {each.count} States of the split, and {sorts} is missing: this raises ValueError"
        yield Finding(each, each.place, message, ask.path(each.context))
