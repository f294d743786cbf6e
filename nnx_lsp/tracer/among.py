"""What is done to a value that is not known, but that may be one of a few containers and objects (`values.Among`): it may be done to each of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nnx_lsp import program
from nnx_lsp.tracer import lists_and_dicts
from nnx_lsp.tracer.scopes import CHANGING
from nnx_lsp.tracer.state import Changes
from nnx_lsp.tracer.values import (
    UNKNOWN,
    Among,
    Dict,
    List,
    MethodOfAny,
    Object,
    Tuple,
    Unknown,
    Value,
    items_of,
    join,
    lost,
)

if TYPE_CHECKING:
    from nnx_lsp.tracer.statements import Statements

_METHODS = frozenset(name for kind in (list, dict, set) for name in dir(kind))


def attribute(owner: Among, name: str) -> Unknown:
    """`owner.name`."""
    containers = tuple(one for one in owner.held if isinstance(one, List | Dict))
    if containers and name in _METHODS:
        return MethodOfAny(containers, name)
    return _of(owner, (one.attributes[name] for one in owner.held if isinstance(one, Object) and name in one.attributes))


def called(tracer: Statements, method: MethodOfAny) -> Unknown:
    """A method of such a value is called."""
    inner = lost(each for one in method.held for each in items_of(one))
    if method.name in CHANGING:
        change(tracer, method.held)
    return inner


def change(tracer: Statements, held: tuple[Value, ...]) -> None:
    """Nothing is known any more of what these containers hold."""
    for one in held:
        lists_and_dicts.forget(tracer, one)


def element(value: Among) -> Unknown:
    """One value for each item of such a value."""
    return _of(value, (each for one in value.held for each in (one.elements if isinstance(one, List) else ())))


def item(container: Among) -> Unknown:
    """`container[index]`."""
    return _of(container, (each for one in container.held for each in items_of(one)))


def _of(value: Among, values: Iterable[Value]) -> Unknown:
    """What is taken out of such a value: one of these values, or what a tuple or an iterator holds there, however deep it stands in it."""
    return lost((Tuple(value.inside), *values))


def write_item(tracer: Statements, container: Among, index: Value, value: Value, target: program.Subscript) -> None:
    """`container[index] = value`."""
    mark = tracer.journal.mark()
    ways: list[Changes] = [{}]
    for one in container.held:
        if isinstance(one, Dict):
            lists_and_dicts.write_key(tracer, one, index, value)
        elif isinstance(one, List):
            lists_and_dicts.write_item(tracer, one, index, value, target)
        ways.append(tracer.journal.rollback(mark))
    tracer.journal.merge(ways)


def write_attribute(tracer: Statements, owner: Among, name: str, value: Value) -> None:
    """`owner.name = value`."""
    for one in owner.held:
        if isinstance(one, Object):
            had = tracer.peek(one, name)
            tracer.journal.set(one.attributes, name, join((had, value)) if had is not None else UNKNOWN)


__all__ = ["attribute", "called", "change", "element", "item", "write_attribute", "write_item"]
