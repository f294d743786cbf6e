"""Findings as text: concise lines, JSON, and full frames with carets and the way of the value."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeAlias

from nnx_lsp.diagnostic import Diagnostic, Related, Safety
from nnx_lsp.severity import Severity
from nnx_lsp.text import Lines, Span

_COLOURS = {"error": "31;1", "warning": "33;1", "info": "36;1", "path": "1", "dim": "2", "help": "32"}
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160)) if code != 9}
_BIDI = {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def escaped(text: str) -> str:
    """Text that cannot command a terminal: control characters are shown as escapes."""
    return text.translate(_CONTROL | _BIDI)


def concise(diagnostic: Diagnostic, lines: Lines) -> str:
    """`path:row:column: CODE message`."""
    at = lines.position(diagnostic.span.start)
    return f"{escaped(diagnostic.path)}:{lines.label(at)}: {diagnostic.code} {escaped(diagnostic.message)}"


LinesOf: TypeAlias = Callable[[str], Lines]
"""Gives the lines of a file."""


def as_json(diagnostics: Sequence[Diagnostic], lines_of: LinesOf) -> str:
    """An array of objects; see the README for the fields."""
    return json.dumps([_object(diagnostic, lines_of) for diagnostic in diagnostics], indent=2)


def _object(diagnostic: Diagnostic, lines_of: LinesOf) -> dict[str, object]:
    fix = diagnostic.fix
    lines = lines_of(diagnostic.path)
    return {
        "filename": diagnostic.path,
        "code": diagnostic.code,
        "rule": diagnostic.rule,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "location": _location(lines, diagnostic.span.start),
        "end_location": _location(lines, diagnostic.span.end),
        "path": [_step(each, lines_of) for each in diagnostic.related],
        "fix": None
        if fix is None
        else {
            "title": fix.title,
            "safety": fix.safety.value,
            "edits": [
                {
                    "location": _location(lines, edit.span.start),
                    "end_location": _location(lines, edit.span.end),
                    "content": edit.text,
                }
                for edit in fix.edits
            ],
        },
    }


def _step(related: Related, lines_of: LinesOf) -> dict[str, object]:
    return {"filename": related.path, "location": _location(lines_of(related.path), related.span.start), "message": related.message}


def _location(lines: Lines, offset: int) -> dict[str, int]:
    cell, position = lines.in_cell(lines.position(offset))
    return ({"cell": cell} if cell else {}) | {"row": position.row, "column": position.column}


class Full:
    """The full format, with or without colour."""

    def __init__(self, lines_of: LinesOf, *, has_colour: bool) -> None:
        self._lines_of = lines_of
        self._has_colour = has_colour

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self._has_colour else text

    def render(self, diagnostic: Diagnostic) -> str:
        """One finding: where and what, the source with carets, the way of the value, and the fix."""
        lines = self._lines_of(diagnostic.path)
        at = lines.position(diagnostic.span.start)
        where = self._paint(f"{escaped(diagnostic.path)}:{lines.label(at)}", "path")
        what = self._paint(f"{diagnostic.severity.value}[{diagnostic.code} {diagnostic.rule}]", diagnostic.severity.value)
        parts = [
            f"{where}: {what}: {escaped(diagnostic.message)}",
            *self._frame(diagnostic.span, lines, diagnostic.severity.value),
        ]
        for each in diagnostic.related:
            there = self._lines_of(each.path)
            place = there.position(each.span.start)
            parts.append(f"  {self._paint('via', 'dim')} {escaped(each.path)}:{there.label(place)}: {escaped(each.message)}")
            parts.append(f"      {self._paint(escaped(there.line(place.row).strip())[:120], 'dim')}")
        if diagnostic.fix is not None:
            flag = "--fix" if diagnostic.fix.safety is Safety.SAFE else "--unsafe-fixes --fix"
            parts.append(f"  {self._paint('help:', 'help')} {escaped(diagnostic.fix.title)} ({flag})")
        return "\n".join(parts)

    def _frame(self, span: Span, lines: Lines, colour: str) -> list[str]:
        start, end = lines.position(span.start), lines.position(span.end)
        source = lines.line(start.row)
        row = str(lines.in_cell(start)[1].row)
        width = len(row)
        stop = end.column - 1 if end.row == start.row else len(source)
        before = escaped(source[: start.column - 1].expandtabs(4))
        marked = escaped(source[start.column - 1 : stop].expandtabs(4))
        after = escaped(source[stop:].expandtabs(4))
        carets = self._paint("^" * max(len(marked), 1), colour)
        bar = self._paint("|", "dim")
        return [
            f" {' ' * width} {bar}",
            f" {self._paint(row, 'dim')} {bar} {before}{marked}{after}",
            f" {' ' * width} {bar} {' ' * len(before)}{carets}",
        ]


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """How many findings there are, by severity, and how many have a fix."""
    if not diagnostics:
        return "No findings."
    counts = [(severity.value, sum(each.severity is severity for each in diagnostics)) for severity in Severity]
    text = ", ".join(f"{count} {name}{'s' if count != 1 and name != 'info' else ''}" for name, count in counts if count)
    safe = sum(each.fix is not None and each.fix.safety is Safety.SAFE for each in diagnostics)
    return f"Found {text}." + (f" {safe} can be fixed with --fix." if safe else "")
