"""What a run found, and what every format of it needs: texts, places, styles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from nnx_lsp.diagnostic import Diagnostic, Safety
from nnx_lsp.severity import Severity
from nnx_lsp.text import Lines, Position, Span

if TYPE_CHECKING:
    from nnx_lsp.project.project import Project

_COLOURS = {"error": "31;1", "warning": "33;1", "info": "36;1", "path": "1", "dim": "2", "help": "32"}


class Report(msgspec.Struct):
    """What a run found: by file, in order; with the project that the positions are of, and the files that fixes changed."""

    found: dict[str, tuple[Diagnostic, ...]]
    count: int
    project: Project
    changed: dict[str, tuple[str, str]] = {}
    """By file, all of its text before and after."""
    applied: int = 0
    silenced: list[Diagnostic] = []
    """What a comment or the baseline keeps from being shown."""

    @property
    def every(self) -> list[Diagnostic]:
        """All findings."""
        return [each for found in self.found.values() for each in found]

    def lines(self, path: str) -> Lines:
        """The lines of a file that has a finding or is on the way of one."""
        return self.project.lines(path)

    def located(self, path: str, span: Span) -> Located:
        """Where a range of a file is for what knows no cells."""
        lines = self.project.lines(path)
        start = lines.position(span.start)
        if lines.in_cell(start)[0]:
            return Located(Position(1, 1), Position(1, 1), f"{lines.label(start)}: ")
        return Located(start, lines.position(span.end), "")


class Located(msgspec.Struct, frozen=True):
    """A range as rows and columns. In a notebook it is the start of the file, and `note` says the place in its cells, for the message."""

    start: Position
    end: Position
    note: str


class Style(msgspec.Struct, frozen=True):
    """How text for people looks."""

    has_colour: bool = False

    def paint(self, text: str, colour: str) -> str:
        """The text in a colour, where there are colours."""
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.has_colour else text


def place(report: Report, path: str, span: Span) -> str:
    """`path:row:column`."""
    lines = report.lines(path)
    return f"{path}:{lines.label(lines.position(span.start))}"


def summary(diagnostics: list[Diagnostic]) -> str:
    """How many findings there are, by severity, and how many have a fix."""
    if not diagnostics:
        return "No findings."
    counts = [(severity.value, sum(each.severity is severity for each in diagnostics)) for severity in Severity]
    text = ", ".join(f"{count} {name}{'s' if count != 1 and name != 'info' else ''}" for name, count in counts if count)
    safe = sum(each.fix is not None and each.fix.safety is Safety.SAFE for each in diagnostics)
    return f"Found {text}." + (f" {safe} can be fixed with --fix." if safe else "")
