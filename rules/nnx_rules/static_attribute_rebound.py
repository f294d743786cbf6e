"""An attribute that began as a Python value becomes an array, a Variable or a Module.

Flax decides at the first assignment whether an attribute is data. Since 0.12 one that began as `None`, a number or a string refuses data afterwards:
the second assignment raises ValueError.

```python
self.bias = None
if use_bias:
    self.bias = nnx.Param(jnp.zeros(2))                     # raises ValueError since 0.12

self.bias = nnx.Param(jnp.zeros(2)) if use_bias else None
self.cache = nnx.data(None)                                 # may be filled later
```

The fix writes `nnx.data(None)` where the attribute begins, if there is one such place in the file.

Silent for attributes that begin as data, under `nnx.data`, and for classes defined with `pytree=False`.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Fix, Group, Raises, Safety, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeWrite
from nnx_lsp.tracer.values import NONE, Static, options
from nnx_rules.plain_container import is_data, keeps_rules, wrapped

_KINDS = ("NoneType", "int", "float", "bool", "str")


@rule(code="NNX303", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("ValueError",)), flax=">=0.12")
def static_attribute_rebound(facts: Facts) -> Iterator[Finding]:
    for write in facts.of(AttributeWrite):
        before = write.before
        if (
            before is None
            or write.operator
            or (write.owner.is_symbolic and not write.is_initializer)
            or not is_data(write.value)
            or not keeps_rules(write.owner, write.name)
            or write.is_data
        ):
            continue
        if not all(isinstance(option, Static) and option.kind in _KINDS for option in options(before)):
            continue
        kind = next(option.kind for option in options(before) if isinstance(option, Static))
        began = "None" if kind == "NoneType" else f"a Python {kind}"
        target = ask.text(write.node)
        first = "None" if began == "None" else "…"
        message = f"`{target}` began as {began} and is static: assigning data raises ValueError since Flax 0.12; begin with `nnx.data({first})`"
        yield Finding(write, write.place, message, ask.path(write.context), _data_first(facts, write) if began == "None" else None)


def _data_first(facts: Facts, write: AttributeWrite) -> Fix | None:
    """Let the attribute begin as data, where it is seen to begin."""
    nnx = ask.nnx_here(facts, write.owner, write.place.path)
    owners = ask.classes(write.owner)
    begins = {
        each.place: each
        for each in facts.of(AttributeWrite)
        if each.name == write.name and each.value is NONE and ask.classes(each.owner) == owners and each.place.path == write.place.path
    }
    if not nnx or len(begins) != 1:
        return None
    (first,) = begins.values()
    return wrapped(first, first.assigned, f"{nnx}.data", Safety.SAFE, ">=0.12") if first.assigned is not None else None
