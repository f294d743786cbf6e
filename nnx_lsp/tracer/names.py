"""Attributes whose names are made: `setattr(self, f"layer_{i}", …)` and `getattr(self, f"layer_{i}")`.

What is written under a name that is known in part is kept under its pattern, beside the attributes; it is what any name of that pattern may stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nnx_lsp import program
from nnx_lsp.tracer.base import Base
from nnx_lsp.tracer.values import UNKNOWN, Class, Counter, Object, Pattern, Static, Value, join

_MARK = "#f:"


def formatted(node: program.FString, values: Sequence[Value]) -> Static | None:
    """The string that an f-string makes of these values, or its pattern; `None` where nothing in it is known."""
    if not all(isinstance(value, Static) for value in values):
        return None
    shown = [_shown(field, value) for field, value in zip(node.fields, values, strict=True)]
    if None not in shown:
        parts = [text for pair in zip(node.texts, (*shown, ""), strict=True) for text in pair if text is not None]
        return Static("str", "".join(parts))
    if not any(node.texts):
        return None
    fields = [
        r"-?\d+" if isinstance(value, Static) and value.kind == "int" and not field.spec else ".*" for field, value in zip(node.fields, values, strict=True)
    ]
    return Pattern("str", pattern="".join(text for pair in zip(map(re.escape, node.texts), (*fields, ""), strict=True) for text in pair))


def _shown(field: program.Formatted, value: Value) -> str | None:
    is_plain = field.conversion in (None, "r") and not field.spec
    if not is_plain or not isinstance(value, Static) or isinstance(value, Counter) or value.kind not in ("int", "str", "bool"):
        return None
    shown = repr if field.conversion == "r" else str
    return shown(value.constant) if value.is_known else None


def write(tracer: Base, owner: Object, pattern: Pattern, value: Value) -> None:
    """`setattr(owner, pattern, value)`: one of the attributes whose names are like it may be another afterwards."""
    name = _MARK + pattern.pattern
    before = tracer.peek(owner, name)
    tracer.journal.set(owner.attributes, name, value if before is None else join((before, value)))
    for each in _like(owner, pattern):
        had = tracer.peek(owner, each)
        tracer.journal.set(owner.attributes, each, value if had is None else join((had, value)))


def read(tracer: Base, owner: Object, pattern: Pattern) -> Value:
    """`getattr(owner, pattern)`: what was written under names like it."""
    if isinstance(owner.cls, Class) and owner.cls.is_open:
        return UNKNOWN
    name = _MARK + pattern.pattern
    others = [each for each in _names(owner) if each.startswith(_MARK) and each != name]
    made = tracer.peek(owner, name)
    if others or (made is None and owner.is_open):
        return UNKNOWN
    found = [value for each in _like(owner, pattern) if (value := tracer.peek(owner, each)) is not None]
    return join(found if made is None else [made, *found])


def named(tracer: Base, owner: Object, name: str) -> Value | None:
    """`owner.name`, where only a name that is known in part was written that may be this one."""
    found = [each for each in _names(owner) if each.startswith(_MARK) and _is_like(each.removeprefix(_MARK), name)]
    return tracer.peek(owner, found[0]) if len(found) == 1 else None


def _like(owner: Object, pattern: Pattern) -> Iterator[str]:
    return (name for name in _names(owner) if not name.startswith("#") and _is_like(pattern.pattern, name))


def _names(owner: Object) -> list[str]:
    """The names of all attributes that an object and those that it stands for have."""
    found: dict[str, None] = {}
    each: Object | None = owner
    while each is not None:
        found.update(dict.fromkeys(name for name in each.attributes if isinstance(name, str)))
        each = each.source
    return list(found)


def _is_like(pattern: str, name: str) -> bool:
    return re.fullmatch(pattern, name, re.DOTALL) is not None
