"""Which values have no hash, and so are no static arguments."""

from __future__ import annotations

from nnx_lsp.tracer import records
from nnx_lsp.tracer.values import FALSE, NONE, TRUE, Array, Class, Dict, Library, List, Object, Partial, Tuple, Value, options, resolution_order


def unhashable(value: Value) -> str:
    """What a value is that certainly has no hash (`a list`); `""` where it may have one."""
    found = [_unhashable(option) for option in options(value)]
    return found[0] if all(found) else ""


def _unhashable(value: Value) -> str:
    match value:
        case Array():
            return "an array"
        case List(kind="list"):
            return "a list"
        case List(kind="set"):
            return "a set"
        case Dict():
            return "a dict"
        case Tuple(items=items):
            inside = next(filter(None, map(unhashable, items)), "")
            return f"a tuple with {inside} in it" if inside else ""
        case Object(cls=Class() as cls) if type(value) is Object and not value.is_symbolic and not cls.is_open and not cls.library_bases:
            return _unhashable_instance(value, cls)
        case _:
            return ""


def _unhashable_instance(instance: Object, cls: Class) -> str:
    """What an instance of a user's class is, by the nearest class that says anything about its hash.

    ```python
    class A:                       # equality without a hash takes the hash away
        def __eq__(self, other): ...
    @dataclass                     # and a dataclass defines equality
    class B: ...
    ```
    """
    for one in resolution_order(cls):
        if not all(map(_is_understood, one.decorators)):
            return ""
        if "__hash__" in one.attributes:
            return f"a `{cls.name}`" if one.attributes["__hash__"] is NONE else ""
        decorator = records.decorator_of(one)
        if decorator is not None:
            given = decorator.keywords if isinstance(decorator, Partial) else {}
            equal, frozen, unsafe = (given.get(name, default) for name, default in (("eq", TRUE), ("frozen", FALSE), ("unsafe_hash", FALSE)))
            if not {equal, frozen, unsafe} <= {TRUE, FALSE}:
                return ""
            if unsafe == TRUE or (equal == TRUE and frozen == TRUE):
                return _unhashable_field(instance, one)
            if equal == TRUE:
                return f"a `{cls.name}`"
        if "__eq__" in one.attributes:
            return f"a `{cls.name}`"
    return ""


def _is_understood(decorator: Value) -> bool:
    """Whether it is known what a decorator makes of the hash of a class."""
    while isinstance(decorator, Partial):
        decorator = decorator.function
    return isinstance(decorator, Library) and decorator.name in ("dataclasses.dataclass", "typing.final")


def _unhashable_field(instance: Object, cls: Class) -> str:
    """What an instance is whose hash is made of its fields."""
    for each in records.fields(cls):
        inside = unhashable(instance.attributes[each.name]) if each.is_compared and each.name in instance.attributes else ""
        if inside:
            return f"a `{cls.name}` whose `{each.name}` is {inside}"
    return ""
