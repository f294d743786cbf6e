"""Workflow commands of GitHub Actions, which shows them beside the code: errors first, since it shows ten of a kind and step."""

from __future__ import annotations

from nnx_lsp.cli.escaping import github, github_property, markdown
from nnx_lsp.cli.report import Report, Style, place, summary
from nnx_lsp.diagnostic import SEVERITY_ORDER, Diagnostic
from nnx_lsp.severity import Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_SHOWN = 100
"""So many findings stand in the summary of a step, which has a limit of size."""


def render(report: Report, style: Style) -> str:
    """A command a finding."""
    return "".join(_command(each, report) for each in _by_severity(report))


def _by_severity(report: Report) -> list[Diagnostic]:
    return sorted(report.every, key=lambda each: SEVERITY_ORDER[each.severity])


def _command(each: Diagnostic, report: Report) -> str:
    at = report.located(each.path, each.span)
    start, end = at.start, at.end
    properties = {"title": f"nnx-lint {each.code} {each.rule}", "file": each.path, "line": start.row, "endLine": end.row}
    if start.row == end.row:
        properties |= {"col": start.column, "endColumn": end.column}
    way = "".join(f"%0Avia {github(place(report, step.path, step.span))}: {github(step.message)}" for step in each.related)
    listed = ",".join(f"{name}={github_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[each.severity]} {listed}::{github(place(report, each.path, each.span))}: {each.code} {github(each.message)}{way}\n"


def step_summary(report: Report) -> str:
    """A page in Markdown for the summary of the step."""
    every = _by_severity(report)
    files = f"{report.count} file{'s' if report.count != 1 else ''} checked."
    head = f"### nnx-lint\n\n{summary(every)} {files}\n"
    if not every:
        return head
    rows = ["", "| severity | place | rule | what |", "|--|--|--|--|"]
    rows += [
        f"| {each.severity.value} | {markdown(place(report, each.path, each.span))} | {each.code} {markdown(each.rule)} | {markdown(each.message)} |"
        for each in every[:_SHOWN]
    ]
    if len(every) > _SHOWN:
        rows += ["", f"And {len(every) - _SHOWN} more."]
    return head + "\n".join(rows) + "\n"
