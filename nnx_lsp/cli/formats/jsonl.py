"""One JSON object a line, as in the format `json`."""

from __future__ import annotations

import msgspec

from nnx_lsp.cli.formats.json import finding
from nnx_lsp.cli.report import Report, Style


def render(report: Report, style: Style) -> str:
    """The lines."""
    return "".join(f"{msgspec.json.encode(finding(each, report)).decode()}\n" for each in report.every)
