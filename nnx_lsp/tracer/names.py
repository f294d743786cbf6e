"""Attributes whose names are made: `setattr(self, f"layer_{i}", …)` and `getattr(self, f"layer_{i}")`.

What is written under a name that is known in part is kept under its pattern, beside the attributes; it is what any name of that pattern may stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeGuard

from nnx_lsp import program
from nnx_lsp.tracer.base import Base
from nnx_lsp.tracer.values import UNKNOWN, Class, Counter, Object, Pattern, Static, Value, join

_MARK = "#f:"
_NUMBER = r"-?\d+"


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
        _NUMBER if isinstance(value, Static) and value.kind == "int" and not field.spec else ".*" for field, value in zip(node.fields, values, strict=True)
    ]
    return Pattern("str", pattern="".join(text for pair in zip(map(re.escape, node.texts), (*fields, ""), strict=True) for text in pair))


def _shown(field: program.Formatted, value: Value) -> str | None:
    return _text(value, as_code=field.conversion == "r") if field.conversion in (None, "r") and not field.spec else None


def shown(values: Sequence[Value]) -> Static | None:
    """`str(value)`: the string, or its pattern; `None` where nothing is known of it."""
    if len(values) != 1 or not isinstance(values[0], Static):
        return None
    text = _text(values[0])
    return Static("str", text) if text is not None else Pattern("str", pattern=_NUMBER) if values[0].kind == "int" else None


def together(left: Value, right: Value) -> Static | None:
    """`left + right` of two strings of which one is known in part."""
    parts = [each.pattern if isinstance(each, Pattern) else re.escape(each.constant) if _is_text(each) else None for each in (left, right)]
    if not (isinstance(left, Pattern) or isinstance(right, Pattern)) or None in parts:
        return None
    return Pattern("str", pattern="".join(each for each in parts if each is not None))


def filled(template: Value, values: Sequence[Value]) -> Static | None:
    """`template % values` and `template.format(*values)`, where the template has no options."""
    if not _is_text(template):
        return None
    pieces, marks = re.split(_MARKS, template.constant), re.findall(_MARKS, template.constant)
    if any(set(piece) & set("%{}") for piece in pieces) or len(marks) != len(values):
        return None
    if not all(mark in ("{}", f"{{{index}}}", "%d", "%i", "%s") for index, mark in enumerate(marks)):
        return None
    told = [shown((value,)) if mark == "%s" or mark[0] == "{" or _is_number(value) else None for mark, value in zip(marks, values, strict=True)]
    if not all(told):
        return None
    if not any(isinstance(each, Pattern) for each in told):
        texts = [each.constant for each in told if each is not None]
        return Static("str", "".join(text for pair in zip(pieces, (*texts, ""), strict=True) for text in pair))
    patterns = [each.pattern if isinstance(each, Pattern) else re.escape(each.constant) for each in told if each is not None]
    return Pattern("str", pattern="".join(text for pair in zip(map(re.escape, pieces), (*patterns, ""), strict=True) for text in pair))


_MARKS = r"%[dis]|\{\d?\}"


def _is_number(value: Value) -> bool:
    return isinstance(value, Static) and value.kind == "int"


def _is_text(value: Value) -> TypeGuard[Static]:
    return isinstance(value, Static) and isinstance(value.constant, str)


def _text(value: Value, *, as_code: bool = False) -> str | None:
    """What a value is in a string."""
    if not isinstance(value, Static) or isinstance(value, Counter) or value.kind not in ("int", "str", "bool"):
        return None
    return (repr if as_code else str)(value.constant) if value.is_known else None


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
    others = [each for each in _names(owner) if each.startswith(_MARK) and each != name and _may_meet(each.removeprefix(_MARK), pattern.pattern)]
    made = tracer.peek(owner, name)
    if others or (made is None and owner.is_open):
        return UNKNOWN
    found = [value for each in _like(owner, pattern) if (value := tracer.peek(owner, each)) is not None]
    return join(found if made is None else [made, *found])


def named(tracer: Base, owner: Object, name: str) -> Value | None:
    """`owner.name`, where only a name that is known in part was written that may be this one."""
    found = [each for each in _names(owner) if each.startswith(_MARK) and _is_like(each.removeprefix(_MARK), name)]
    return tracer.peek(owner, found[0]) if len(found) == 1 else None


def _may_meet(one: str, other: str) -> bool:
    """Whether a name may match both of two patterns: not where their beginnings differ."""
    first, second = (re.split(r"-\?\\d\+|\.\*", each)[0] for each in (one, other))
    return first.startswith(second) or second.startswith(first)


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
