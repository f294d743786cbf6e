"""Frames for people: the source with carets, the way of the value, the fix."""

from __future__ import annotations

from nnx_lsp.cli.escaping import path, terminal
from nnx_lsp.cli.report import Report, Style
from nnx_lsp.diagnostic import Diagnostic, ResolvedFix, Safety
from nnx_lsp.text import Lines, Span


def render(report: Report, style: Style) -> str:
    """One frame a finding, with an empty line behind each."""
    return "".join(f"{frame(each, report, style)}\n\n" for each in report.every)


def frame(diagnostic: Diagnostic, report: Report, style: Style) -> str:
    """One finding: where and what, the source with carets, the way of the value, and the fix."""
    lines = report.lines(diagnostic.path)
    at = lines.position(diagnostic.span.start)
    where = style.paint(f"{path(diagnostic.path)}:{lines.label(at)}", "path")
    what = style.paint(f"{diagnostic.severity.value}[{diagnostic.code} {diagnostic.rule}]", diagnostic.severity.value)
    parts = [f"{where}: {what}: {terminal(diagnostic.message)}", *_source(diagnostic.span, lines, style, diagnostic.severity.value)]
    for each in diagnostic.related:
        there = report.lines(each.path)
        place = there.position(each.span.start)
        parts.append(f"  {style.paint('via', 'dim')} {terminal(each.path)}:{there.label(place)}: {terminal(each.message)}")
        parts.append(f"    {style.paint('|', 'dim')} {style.paint(terminal(there.line(place.row).strip())[:120], 'dim')}")
    if diagnostic.fix is not None:
        parts.append(f"  {style.paint('help:', 'help')} {terminal(diagnostic.fix.title)} ({_how(diagnostic.fix)})")
    return "\n".join(parts)


def _how(fix: ResolvedFix) -> str:
    flag = {Safety.SAFE: "--fix", Safety.UNSAFE: "--unsafe-fixes --fix", Safety.DISPLAY: "in the editor only"}[fix.safety]
    return f"{flag}; Flax {fix.flax}" if fix.flax else flag


def _source(span: Span, lines: Lines, style: Style, colour: str) -> list[str]:
    start, end = lines.position(span.start), lines.position(span.end)
    source = lines.line(start.row)
    row = str(lines.in_cell(start)[1].row)
    width = len(row)
    stop = end.column - 1 if end.row == start.row else len(source)
    before = terminal(source[: start.column - 1].expandtabs(4))
    marked = terminal(source[start.column - 1 : stop].expandtabs(4))
    after = terminal(source[stop:].expandtabs(4))
    carets = style.paint("^" * max(len(marked), 1), colour)
    bar = style.paint("|", "dim")
    return [
        f" {' ' * width} {bar}",
        f" {style.paint(row, 'dim')} {bar} {before}{marked}{after}",
        f" {' ' * width} {bar} {' ' * len(before)}{carets}",
    ]
