"""A Module holds its data in a plain Python list, tuple or dict.

Since Flax 0.12 a Module refuses arrays, Variables and Modules inside of plain containers: the assignment raises ValueError. `nnx.List` and `nnx.Dict` hold
Modules and Variables; `nnx.data(...)` marks any container as data. Up to 0.11 plain containers were accepted.

```python
self.layers = [nnx.Linear(2, 2, rngs=rngs) for _ in range(3)]             # raises ValueError since 0.12
self.layers = nnx.List([nnx.Linear(2, 2, rngs=rngs) for _ in range(3)])
```

The fix wraps a flat list in `nnx.List(…)` and everything else in `nnx.data(…)`. It is safe where the container is written out at the assignment.

Silent for containers of Python values, under `nnx.data`, and for classes defined with `pytree=False`.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Safety, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Appended, AttributeWrite
from nnx_lsp.tracer.values import Array, Dict, List, Module, Object, Rngs, RngStream, Static, Tuple, Value, Variable, options


@rule(code="NNX302", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("ValueError",), later=True), flax=">=0.12")
def plain_container(facts: Facts) -> Iterator[Finding]:
    grown = {id(each.container) for each in facts.of(Appended)}
    for write in facts.of(AttributeWrite):
        value = write.value
        if id(value) in grown or not isinstance(value, List | Tuple | Dict) or not keeps_rules(write.owner, write.name):
            continue
        if isinstance(value, List | Dict) and value.contents.get("data"):
            continue
        if write.before is not None and not all(isinstance(option, Static) for option in options(write.before)):
            continue  # What began as data may become any data.
        if isinstance(value, List) and value.kind != "list":
            continue
        held = next((leaf for leaf in ask.leaves(value) if is_data(leaf)), None)
        if held is None:
            continue
        kind = "dict" if isinstance(value, Dict) else "tuple" if isinstance(value, Tuple) else "list"
        what = f"`{held.class_name}`" if isinstance(held, Object) else "array"
        cure = "nnx.List" if _is_flat(value) else "nnx.data"
        message = f"a Module keeps no {what} in a plain {kind} since Flax 0.12: `{ask.text(write.node)} = …` raises ValueError; wrap it in `{cure}(…)`"
        yield Finding(write, write.place, message, ask.path(write.context), _wrapped(facts, write, value))


_WRITTEN_OUT = (program.ListDisplay, program.TupleDisplay, program.DictDisplay, program.Comprehension)


def _wrapped(facts: Facts, write: AttributeWrite, value: List | Tuple | Dict) -> Fix | None:
    nnx = ask.nnx_here(facts, write.owner, write.place.path)
    if not nnx or write.assigned is None:
        return None
    is_flat = _is_flat(value)
    wrapper = f"{nnx}.List" if is_flat else f"{nnx}.data"
    safety = Safety.SAFE if isinstance(write.assigned, _WRITTEN_OUT) else Safety.UNSAFE
    return wrapped(write, write.assigned, wrapper, safety, ">=0.12")


def _is_flat(value: List | Tuple | Dict) -> bool:
    """Whether it is a list whose items are data themselves: that is what `nnx.List` holds."""
    return isinstance(value, List) and all(is_data(each) for each in value.elements)


def wrapped(write: AttributeWrite, assigned: program.Expression, wrapper: str, safety: Safety, flax: str) -> Fix:
    """The fix that wraps the right side of an assignment in a call."""
    place = ask.place_of(write, assigned)
    # An unbracketed tuple gets its brackets.
    opening, closing = ("((", "))") if isinstance(assigned, program.TupleDisplay) else ("(", ")")
    changes = (Change(place, Where.REPLACE, (f"{wrapper}{opening}", place, closing)),)
    return Fix(f"Wrap it in {wrapper}(…)", changes, safety, flax)


def keeps_rules(owner: Value, name: str) -> bool:
    """Whether an object is a Module for whose attribute the rules of Flax 0.12 about data hold, for certain."""
    if not isinstance(owner, Module) or not ask.is_user_class(owner) or owner.is_open:
        return False
    return all(not cls.has_own_rules and not cls.decorators and name not in dict(cls.fields) for cls in ask.classes(owner))


def is_data(value: Value) -> bool:
    """Whether Flax takes a value for data: an array, a Variable, a Module, a key or a stream."""
    return isinstance(value, Array | Variable | Module | Rngs | RngStream)
