"""`python benchmarks/catalogue.py FOLDER`: how many mistakes of a catalogue are found, and what is wrongly found in its legal programs.

The folder holds `catalog.json` (entries with `slug`, `flax`: the range on which it is a mistake, `lines`: where a finding may stand, `priority`,
`static_level`) and `cases/` with `bad_SLUG.py`, `good_SLUG.py` and `legal_SLUG.py`. A bad one counts as found when a finding stands on one of its
lines under a Flax line of its range; findings of severity info in good and legal ones do not count.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from packaging.specifiers import SpecifierSet

from nnx_lsp import engine
from nnx_lsp.config import Settings
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.severity import Severity
from nnx_lsp.syntax.document import parse

LINES = ("0.12.12", "0.11.2", "0.10.7")


def found(path: Path, flax: str) -> list[tuple[int, Diagnostic]]:
    """The findings in a file with their rows."""
    document = parse(path.name, path.read_text(encoding="utf-8"))
    return [(document.lines.position(each.span.start).row, each) for each in engine.check(document, Settings(flax_version=flax))]


def main() -> int:
    """Print both numbers; 1 if anything is found in a legal program."""
    if len(sys.argv) < 2:
        print("usage: python benchmarks/catalogue.py FOLDER [--missed]", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    entries = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))["entries"]
    totals, hits = Counter[str](), Counter[str]()
    for entry in entries:
        path = folder / "cases" / f"bad_{entry['slug']}.py"
        lines = [line for line in LINES if entry["flax"] != "<0" and SpecifierSet(entry["flax"]).contains(line)]
        hit = any(row in entry["lines"] for line in lines for row, _ in found(path, line))
        for key in ("all", f"priority {entry['priority']}", f"visible {entry['static_level']}"):
            totals[key] += 1
            hits[key] += hit
        if not hit and "--missed" in sys.argv:
            print(f"missed: priority {entry['priority']} {entry['slug']}: {entry['title']}")
    for key in sorted(totals):
        print(f"found {hits[key]:>3} of {totals[key]:>3}  {key}")
    legal = sorted([*folder.glob("cases/good_*.py"), *folder.glob("cases/legal_*.py")])
    wrong = [(path, line, row, each) for path in legal for line in LINES for row, each in found(path, line) if each.severity is not Severity.INFO]
    for path, line, row, each in wrong:
        print(f"WRONG: {path.name}:{row} on Flax {line}: {each.code} {each.message}")
    print(f"{len({path for path, *_ in wrong})} of {len(legal)} good and legal programs have a finding")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
