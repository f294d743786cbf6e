"""Logging commands of Azure Pipelines."""

from __future__ import annotations

from nnx_lsp.cli import escaping
from nnx_lsp.cli.report import Report, Style
from nnx_lsp.severity import Severity

_TYPES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "warning"}
"""Azure knows no lesser kind."""


def render(report: Report, style: Style) -> str:
    """A command a finding."""
    found: list[str] = []
    for each in report.every:
        at = report.located(each.path, each.span)
        place = f"sourcepath={escaping.azure(each.path)};linenumber={at.start.row};columnnumber={at.start.column}"
        found.append(f"##vso[task.logissue type={_TYPES[each.severity]};{place};code={each.code};]{escaping.azure(at.note + each.message)}\n")
    return "".join(found)
