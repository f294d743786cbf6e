"""One line a finding: `path:row:column: CODE message`."""

from __future__ import annotations

from nnx_lsp.cli.escaping import path, terminal
from nnx_lsp.cli.report import Report, Style


def render(report: Report, style: Style) -> str:
    """The lines."""
    found: list[str] = []
    for each in report.every:
        lines = report.lines(each.path)
        where = style.paint(f"{path(each.path)}:{lines.label(lines.position(each.span.start))}:", "path")
        found.append(f"{where} {style.paint(each.code, each.severity.value)} {terminal(each.message)}\n")
    return "".join(found)
