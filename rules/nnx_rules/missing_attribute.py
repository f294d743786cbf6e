"""An attribute is read that no instance of the class has.

The instance was seen to be made, by an `__init__` of which everything is known, and nothing gave it the attribute before it is read: that raises
AttributeError. A name that is close to one that exists is named in the message.

It stays silent about instances that were not seen to be made (`self` in a method, a parameter that is known by its annotation: it may be of a subclass),
where a base class is not known, where the class defines `__getattr__`, and where the instance was given to code that is not known.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Class, Function, Module, resolution_order
from nnx_rules.torch_training_calls import CURES

HABITS = frozenset(("init", "apply", "init_with_output", "bind", *CURES))
"""What Linen and PyTorch have: these have rules of their own."""


def forgotten_base(cls: Class, name: str) -> tuple[Function, Class] | None:
    """The `__init__` of a class that calls no other `__init__`, and the base class whose own would have set the attribute."""
    order = resolution_order(cls)
    first = next((one for one in order if "__init__" in one.attributes), None)
    own = first.attributes["__init__"] if first is not None else None
    if first is None or not isinstance(own, Function) or ask.calls_method(own.definition, "__init__"):
        return None
    for base in order[order.index(first) + 1 :]:
        made = base.attributes.get("__init__")
        if isinstance(made, Function) and ask.calls_method(made.definition, name):
            return own, base
    return None


@rule(code="NNX301", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("AttributeError",)))
def missing_attribute(facts: Facts) -> Iterator[Finding]:
    for read in facts.of(AttributeRead):
        owner = read.owner
        if not read.is_certain or not isinstance(owner, Module) or not isinstance(owner.cls, Class) or read.name in HABITS:
            continue
        if owner.cls.lookup("setup") is not None and owner.cls.lookup("__init__") is None:  # As in Linen: that has a rule of its own.
            continue
        if forgotten_base(owner.cls, read.name) is not None:  # That has a rule of its own.
            continue
        known = {name for cls in resolution_order(owner.cls) for name in cls.attributes} | set(owner.attributes)
        near = difflib.get_close_matches(read.name, sorted(known), n=1, cutoff=0.75)
        hint = f"; the nearest is `{near[0]}`" if near else ""
        message = f"`{owner.class_name}` has no attribute `{read.name}`, so `{ask.text(read.node)}` raises AttributeError{hint}"
        yield Finding(read, read.place, message, ask.path(read.context))
