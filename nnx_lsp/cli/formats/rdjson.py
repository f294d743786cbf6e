"""The Reviewdog Diagnostic Format: columns count bytes of UTF-8."""

from __future__ import annotations

import json

from nnx_lsp.cli.report import Report, Style
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.severity import Severity
from nnx_lsp.text import Encoding, Lines, Span

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def render(report: Report, style: Style) -> str:
    """One object with all findings."""
    return json.dumps({"source": {"name": "nnx-lint"}, "diagnostics": [_diagnostic(each, report) for each in report.every]}, indent=2) + "\n"


def _diagnostic(each: Diagnostic, report: Report) -> dict[str, object]:
    lines = report.lines(each.path)
    made: dict[str, object] = {
        "message": report.located(each.path, each.span).note + each.message,
        "location": {"path": each.path, "range": _range(each.span, lines)},
        "severity": _SEVERITIES[each.severity],
        "code": {"value": each.code},
    }
    if each.related:
        made["related_locations"] = [
            {"message": step.message, "location": {"path": step.path, "range": _range(step.span, report.lines(step.path))}} for step in each.related
        ]
    if each.fix is not None and not lines.in_cell(lines.position(each.span.start))[0]:
        made["suggestions"] = [{"range": _range(edit.span, lines), "text": edit.text} for edit in each.fix.edits]
    return made


def _range(span: Span, lines: Lines) -> dict[str, object]:
    return {"start": _position(span.start, lines), "end": _position(span.end, lines)}


def _position(offset: int, lines: Lines) -> dict[str, int]:
    if lines.in_cell(lines.position(offset))[0]:
        return {"line": 1, "column": 1}
    row, column = lines.units(offset, Encoding.UTF8)
    return {"line": row + 1, "column": column + 1}
