"""The findings of each file under its name."""

from __future__ import annotations

from nnx_lsp.cli.escaping import path, terminal
from nnx_lsp.cli.report import Report, Style


def render(report: Report, style: Style) -> str:
    """A block a file, its places in one column."""
    blocks: list[str] = []
    for name, found in report.found.items():
        lines = report.lines(name)
        places = [lines.label(lines.position(each.span.start)) for each in found]
        width = max(map(len, places), default=0)
        rows = [
            f"  {place:<{width}}  {style.paint(f'{each.severity.value:<7}', each.severity.value)}  {each.code} {each.rule}: {terminal(each.message)}\n"
            for place, each in zip(places, found, strict=True)
        ]
        blocks.append(f"{style.paint(path(name), 'path')}\n{''.join(rows)}")
    return "\n".join(blocks)
