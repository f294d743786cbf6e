"""An array of objects, one a finding. What they hold is said by `schemas/findings.schema.json`."""

from __future__ import annotations

import msgspec

from nnx_lsp.cli.report import Report, Style
from nnx_lsp.diagnostic import Diagnostic, Related, ResolvedFix
from nnx_lsp.text import Lines


class Place(msgspec.Struct, frozen=True):
    """Row and column, from 1; columns count code points. In a notebook they count in the cell of this number, from 1."""

    row: int
    column: int
    cell: int | msgspec.UnsetType = msgspec.UNSET


class Step(msgspec.Struct, frozen=True):
    """A place on the way of the value."""

    filename: str
    location: Place
    message: str


class Edit(msgspec.Struct, frozen=True):
    """A replacement of the text between two places."""

    location: Place
    end_location: Place
    content: str


class Fix(msgspec.Struct, frozen=True):
    """A repair. `safety` is `safe`, `unsafe` or `display`; `flax` is the range of versions that it holds for, empty for all."""

    title: str
    safety: str
    flax: str
    edits: list[Edit]


class Finding(msgspec.Struct, frozen=True):
    """One finding. `severity` is `error`, `warning` or `info`; `path` is the way of the value."""

    filename: str
    code: str
    rule: str
    severity: str
    message: str
    location: Place
    end_location: Place
    path: list[Step]
    fix: Fix | None


def render(report: Report, style: Style) -> str:
    """The array."""
    objects = [finding(each, report) for each in report.every]
    return msgspec.json.format(msgspec.json.encode(objects), indent=2).decode() + "\n"


def finding(diagnostic: Diagnostic, report: Report) -> Finding:
    """One object."""
    lines = report.lines(diagnostic.path)
    return Finding(
        _text(diagnostic.path),
        diagnostic.code,
        diagnostic.rule,
        diagnostic.severity.value,
        _text(diagnostic.message),
        _place(lines, diagnostic.span.start),
        _place(lines, diagnostic.span.end),
        [_step(each, report) for each in diagnostic.related],
        _fix(diagnostic.fix, lines) if diagnostic.fix is not None else None,
    )


def _fix(fix: ResolvedFix, lines: Lines) -> Fix:
    edits = [Edit(_place(lines, each.span.start), _place(lines, each.span.end), _text(each.text)) for each in fix.edits]
    return Fix(_text(fix.title), fix.safety.value, fix.flax, edits)


def _step(related: Related, report: Report) -> Step:
    return Step(_text(related.path), _place(report.lines(related.path), related.span.start), _text(related.message))


def _place(lines: Lines, offset: int) -> Place:
    cell, position = lines.in_cell(lines.position(offset))
    return Place(position.row, position.column, cell or msgspec.UNSET)


def _text(text: str) -> str:
    """Text that UTF-8 can hold: a lone surrogate stands for a byte of a file's name that is no text."""
    return text.encode("utf-8", "backslashreplace").decode()
