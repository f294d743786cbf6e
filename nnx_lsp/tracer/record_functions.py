"""What is done with records once they are made: `dataclasses.replace`, `asdict`, `astuple`, the methods that decorators write, those of named tuples."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nnx_lsp import program
from nnx_lsp.tracer.base import Arguments, Base
from nnx_lsp.tracer.records import assign_fields, fields, in_order, initializer, is_dataclass
from nnx_lsp.tracer.values import NONE, UNKNOWN, Array, Class, Dict, LibraryMethod, List, Object, Static, Tuple, Value

if TYPE_CHECKING:
    from nnx_lsp.tracer.calls import Calls

DATACLASS = "dataclass"
"""The owner of the methods that a decorator writes."""
NAMED_TUPLE = "namedtuple"
"""The owner of the methods of named tuples."""


def call(tracer: Calls, callee: LibraryMethod, arguments: Arguments, node: program.Node) -> Value:
    """Call a method that a decorator wrote: `__init__`, with the instance as first argument, or `replace`."""
    if callee.name == "replace":
        return replace(tracer, arguments.preceded(callee.receiver), node)
    instance = arguments.positional[0] if arguments.positional else UNKNOWN
    if isinstance(callee.receiver, Class) and isinstance(instance, Object):
        assign_fields(tracer, instance, callee.receiver, arguments.without_first(), node)
    return NONE


def replace(tracer: Calls, arguments: Arguments, node: program.Node) -> Value:
    """`dataclasses.replace(value, **changes)`: an object of the same class, made of the fields of the old one."""
    value, changes = arguments.get(0, "obj"), arguments.without_first()
    if not isinstance(value, Object) or not isinstance(value.cls, Class) or initializer(value.cls) is None or not _is_whole(value):
        return UNKNOWN
    given = dict(changes.keywords)
    for each in fields(value.cls):
        if each.is_given and each.is_kept and each.name not in given:
            held = tracer.peek(value, each.name)
            given[each.name] = held if held is not None and not changes.is_partial else UNKNOWN
    return tracer.call(value.cls, Arguments((), given, (), {}, changes.is_partial), node)


def as_dict(tracer: Base, arguments: Arguments, node: program.Node) -> Value:
    """`dataclasses.asdict(value)`."""
    del node
    return _as_dict(tracer, arguments.positional[0]) if len(arguments.positional) == 1 and not arguments.keywords else UNKNOWN


def as_tuple(tracer: Base, arguments: Arguments, node: program.Node) -> Value:
    """`dataclasses.astuple(value)`."""
    del node
    return _as_tuple(tracer, arguments.positional[0]) if len(arguments.positional) == 1 and not arguments.keywords else UNKNOWN


def _as_dict(tracer: Base, value: Value) -> Value:
    held = _held(tracer, value)
    return Dict({name: _taken_apart(tracer, each, _as_dict) for name, each in held.items()}, {"open": False}, tracer.level) if held is not None else UNKNOWN


def _as_tuple(tracer: Base, value: Value) -> Value:
    held = _held(tracer, value)
    return Tuple(tuple(_taken_apart(tracer, each, _as_tuple) for each in held.values())) if held is not None else UNKNOWN


def _held(tracer: Base, value: Value) -> dict[str, Value] | None:
    """The fields of an instance of a dataclass, in order."""
    if not isinstance(value, Object) or not isinstance(value.cls, Class) or not is_dataclass(value.cls) or not _is_whole(value):
        return None
    kept = [each.name for each in in_order(value.cls) if each.is_kept]
    return {name: held if (held := tracer.peek(value, name)) is not None else UNKNOWN for name in kept}


def _taken_apart(tracer: Base, value: Value, take: Callable[[Base, Value], Value]) -> Value:
    """What a field holds, as a copy of all that is in it."""
    match value:
        case Static() | Array():
            return value
        case Object(cls=Class() as cls) if is_dataclass(cls):
            return take(tracer, value)
        case Tuple(items=items, fields=names):
            return Tuple(tuple(_taken_apart(tracer, each, take) for each in items), names)
        case List(kind="list", items=tuple() as items):
            return List({"items": tuple(_taken_apart(tracer, each, take) for each in items)}, tracer.level)
        case Dict() if not value.is_open:
            return Dict({key: _taken_apart(tracer, each, take) for key, each in value.items.items()}, {"open": False}, tracer.level)
        case _:
            return UNKNOWN


def _is_whole(value: Object) -> bool:
    """Whether it was made before our eyes, of exactly its class."""
    return not value.is_symbolic and not value.is_open and not (isinstance(value.cls, Class) and value.cls.is_open)


def of_named_tuple(owner: Tuple, name: str) -> Value:
    """What a named tuple has beside its fields."""
    if owner.fields and name == "_fields":
        return Tuple(tuple(Static("str", each) for each in owner.fields))
    return LibraryMethod(owner, NAMED_TUPLE, name) if owner.fields and name in ("_replace", "_asdict") else UNKNOWN


def method_of_named_tuple(tracer: Base, owner: Tuple, name: str, arguments: Arguments) -> Value:
    """`owner._replace(field=value)` and `owner._asdict()`."""
    held = dict(zip(owner.fields, owner.items, strict=True))
    if arguments.is_partial or not arguments.keywords.keys() <= held.keys():
        return UNKNOWN
    held.update(arguments.keywords)
    return Tuple(tuple(held.values()), owner.fields) if name == "_replace" else Dict(dict(held), {"open": False}, tracer.level)


__all__ = ["DATACLASS", "NAMED_TUPLE", "as_dict", "as_tuple", "call", "method_of_named_tuple", "of_named_tuple", "replace"]
