"""JUnit's XML: a suite a file, a failed case a finding; one case that passed where there is none."""

from __future__ import annotations

from nnx_lsp.cli.escaping import xml
from nnx_lsp.cli.report import Report, Style, place
from nnx_lsp.diagnostic import Diagnostic


def render(report: Report, style: Style) -> str:
    """The document."""
    suites = [_suite(name, [_failed(each, report) for each in found], len(found)) for name, found in report.found.items() if found]
    if not suites:
        suites = [_suite("nnx-lint", [f'    <testcase classname="nnx-lint" name="{report.count} files" time="0" />'], 0)]
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', '<testsuites name="nnx-lint">', *suites, "</testsuites>", ""])


def _suite(name: str, cases: list[str], failures: int) -> str:
    head = f'  <testsuite name="{xml(name)}" tests="{len(cases)}" failures="{failures}" errors="0" skipped="0" time="0">'
    return "\n".join([head, *cases, "  </testsuite>"])


def _failed(each: Diagnostic, report: Report) -> str:
    where = place(report, each.path, each.span)
    way = "".join(f"\nvia {place(report, step.path, step.span)}: {step.message}" for step in each.related)
    text = "\n".join(xml(line) for line in f"{where}: {each.severity.value}: {each.message}{way}".split("\n"))
    name = xml(f"{each.code} {each.rule} {where.removeprefix(each.path + ':')}")
    return (
        f'    <testcase classname="{xml(each.path)}" name="{name}" time="0">\n'
        f'      <failure message="{xml(each.message)}" type="{each.severity.value}">{text}</failure>\n    </testcase>'
    )
