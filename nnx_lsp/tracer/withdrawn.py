"""What was stored while a function was traced, and is gone before its transform ends: nobody finds a tracer there afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnx_lsp.tracer import events
from nnx_lsp.tracer.values import (
    UNKNOWN,
    Array,
    Dict,
    Level,
    List,
    Module,
    Tuple,
    Value,
    items_of,
    options,
)

if TYPE_CHECKING:
    from nnx_lsp.tracer.base import Base


def forget(tracer: Base, count: int) -> None:
    """Take back what was recorded of it since there were `count` events."""
    kept: list[events.Event] = []
    for event in tracer.events[count:]:
        level = event.value.level if isinstance(event, events.AttributeWrite | events.Leak) and isinstance(event.value, Array) else None
        if level is None or not _is_gone(event, level):
            kept.append(event)
        elif event in level.leaks:
            level.leaks.remove(event)
    tracer.events[count:] = kept


def _is_gone(event: events.Event, level: Level) -> bool:
    if isinstance(event, events.AttributeWrite):
        is_new = event.before is None and isinstance(event.owner, Module)
        return is_new and not _holds(event.owner.attributes.get(event.name, UNKNOWN), level, 0)
    if not isinstance(event, events.Leak):
        return False
    if event.names is not None:
        return not _holds(event.names.get(getattr(event.node, "id", ""), UNKNOWN), level, 0)
    return isinstance(event.target, List | Dict) and not _holds(event.target, level, 0)


def _holds(value: Value, level: Level, depth: int) -> bool:
    """Whether what the level traces may be found in a value. An item of a container that is not known may be all."""
    for one in options(value):
        if isinstance(one, Array) and one.level is level:
            return True
        if not isinstance(one, Tuple | List | Dict):
            continue
        if isinstance(one, Dict) and one.contents.get("open"):
            return True
        if depth > _DEEPEST or any(_holds(each, level, depth + 1) or (each is UNKNOWN and not isinstance(one, Tuple)) for each in items_of(one)):
            return True
    return False


_DEEPEST = 4


__all__ = ["forget"]
