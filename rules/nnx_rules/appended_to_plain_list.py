"""Modules or Variables are appended to a plain list that a Module holds.

The empty list passes when it is assigned; what is appended later is found when the Module has been built: since Flax 0.12 its construction raises ValueError.

```python
self.layers = []                                            # raises ValueError at the end of __init__, since 0.12
self.layers = nnx.List()
for _ in range(3):
    self.layers.append(nnx.Linear(2, 2, rngs=rngs))
```

Silent where the defaults of `__init__` are such that nothing is appended, and nobody is seen to give it anything else.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Fix, Group, Raises, Safety, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Appended, AttributeWrite
from nnx_lsp.tracer.values import List
from nnx_rules.plain_container import is_data, keeps_rules, wrapped


@rule(code="NNX304", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("ValueError",), later=True), flax=">=0.12")
def appended_to_plain_list(facts: Facts) -> Iterator[Finding]:
    written: dict[int, AttributeWrite] = {}
    for write in facts.of(AttributeWrite):
        value = write.value
        is_plain = isinstance(value, List) and value.kind == "list" and not value.contents.get("data")
        if write.is_initializer and is_plain and keeps_rules(write.owner, write.name):
            written[id(value)] = write
    for each in facts.of(Appended):
        target = written.get(id(each.container))
        if target is not None and each.is_initializer and not each.is_skipped_by_default and is_data(each.value):
            name = ask.text(target.node)
            message = f"`{name}` is a plain list, in which a Module keeps no data since Flax 0.12: building it raises ValueError; make it `{name} = nnx.List()`"
            yield Finding(each, target.place, message, ask.path(each.context), _made_list(facts, target))


def _made_list(facts: Facts, target: AttributeWrite) -> Fix | None:
    nnx = ask.nnx_here(facts, target.owner, target.place.path)
    if not nnx or target.assigned is None:
        return None
    is_display = isinstance(target.assigned, program.ListDisplay)
    return wrapped(target, target.assigned, f"{nnx}.List", Safety.SAFE if is_display else Safety.UNSAFE, ">=0.12")
