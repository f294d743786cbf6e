"""A GitLab Code Quality report: the part of the Code Climate format that GitLab reads."""

from __future__ import annotations

import json

from nnx_lsp.cli.report import Report, Style
from nnx_lsp.fingerprint import fingerprints
from nnx_lsp.severity import Severity

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(report: Report, style: Style) -> str:
    """An array of issues; the fingerprint of one stays the same when it moves."""
    issues: list[dict[str, object]] = []
    every = report.every
    for each, fingerprint in zip(every, fingerprints(every, report.lines), strict=True):
        at = report.located(each.path, each.span)
        issues.append(
            {
                "type": "issue",
                "check_name": f"{each.code} {each.rule}",
                "description": at.note + each.message,
                "categories": ["Bug Risk"],
                "severity": _SEVERITIES[each.severity],
                "fingerprint": fingerprint,
                "location": {"path": each.path, "lines": {"begin": at.start.row, "end": at.end.row}},
            }
        )
    return json.dumps(issues, indent=2) + "\n"
