"""The filters of `nnx.split` leave something over, or `...` stands before others.

`nnx.split` must place every Variable. Filters that leave some raise ValueError; end them with `...`. And `...` takes all
that is left: behind it nothing may stand.

```python
graphdef, params = nnx.split(model, nnx.Param)              # raises ValueError where there is a BatchStat
graphdef, params, rest = nnx.split(model, nnx.Param, ...)
```

`nnx.state` may leave something over.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Split
from nnx_lsp.tracer.values import Library, Static


@rule(code="NNX310", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("ValueError",)))
def split_filters(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Split):
        last = len(each.filters) - 1
        if any(isinstance(one, Static) and one.kind == "ellipsis" and index < last for index, one in enumerate(each.filters)):
            yield Finding(each, each.place, "`...` takes all that is left: as a filter before others it raises ValueError; put it last", ask.path(each.context))
        elif each.rest and each.filters and all(isinstance(one, Library) and one.name == "flax.nnx.Param" for one in each.filters):
            rest = ", ".join(f"`{name}`" for name in each.rest)
            message = f"`nnx.split` must place every Variable, and {rest} is left over: this raises ValueError; end the filters with `...`"
            yield Finding(each, each.place, message, ask.path(each.context))
