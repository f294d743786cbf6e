"""How often each rule was broken, the most frequent first."""

from __future__ import annotations

from collections import Counter

from nnx_lsp.cli.report import Report, Style
from nnx_lsp.diagnostic import Safety


def render(report: Report, style: Style) -> str:
    """A line a rule: its count, code, severity and name, and how many of its findings have a safe fix."""
    every = report.every
    counts = Counter(each.code for each in every)
    fixable = Counter(each.code for each in every if each.fix is not None and each.fix.safety is Safety.SAFE)
    of = {each.code: each for each in every}
    width = len(str(max(counts.values(), default=0)))
    lines: list[str] = []
    for code, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        fixes = f"  ({fixable[code]} fixable)" if fixable[code] else ""
        lines.append(f"{count:>{width}}  {code}  {style.paint(f'{of[code].severity.value:<7}', of[code].severity.value)}  {of[code].rule}{fixes}\n")
    return "".join(lines)
