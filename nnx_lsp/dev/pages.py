"""`python -m nnx_lsp.dev.pages [--check]`: write `rules/README.md`, the index of the rules, `rules/pages/`, a page each, and the table of Flax lines in
the `README.md` of the project.

With `--check` it writes nothing, and fails where one is stale. What running the programs did is taken from the record (`python -m nnx_lsp.dev.outcomes`);
a page says where there is none yet.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

from nnx_lsp import engine
from nnx_lsp.dev import schemas
from nnx_lsp.fixtures import Fixture, fixtures, folder
from nnx_lsp.outcomes import LINES
from nnx_lsp.pages import lines, page, stage, summary

ROOT = Path(__file__).parents[2] / "rules"
_FRONT = ROOT.parent / "README.md"
_TABLE = re.compile(r"(?<=<!-- lines -->\n)(?:\|.*\n)*")
"""The table in the README, below its mark."""


def rendered() -> dict[str, str]:
    """Every file below `rules/`, by its path there."""
    rules = engine.rules()
    by_rule = _by_rule()
    rows = [
        f"| [{rule.code}](pages/{rule.name}.md) | `{rule.name}` | {rule.severity.value} | {stage(rule)} | {rule.flax or 'all'} | {rule.summary} |"
        for rule in rules
    ]
    index = [
        "# Rules",
        "",
        "Written by `python -m nnx_lsp.dev.pages` from the rules themselves. A rule in preview is on only where it is chosen.",
        "",
        "| code | name | severity | stage | Flax | what |",
        "|--|--|--|--|--|--|",
        *rows,
        "",
        "## Confirmed by execution",
        "",
        f"Every program of every rule was run under Flax {', '.join(LINES)}, each beside a jax that fits (`python -m nnx_lsp.dev.outcomes`).",
        "In brackets: how many programs of the rule did there what the rule says of them, good ones among them.",
        "",
        summary(rules, by_rule),
        "",
    ]
    return {"README.md": "\n".join(index), **{f"pages/{rule.name}.md": page(rule, by_rule.get(rule.name, [])) + "\n" for rule in rules}}


def front() -> str:
    """The README of the project with the table of Flax lines as it is now."""
    table = lines(engine.rules(), _by_rule())
    return _TABLE.sub(lambda _: f"{table}\n", _FRONT.read_text(encoding="utf-8"))


@cache
def _by_rule() -> dict[str, list[Fixture]]:
    found: dict[str, list[Fixture]] = {}
    for fixture in fixtures(folder()):
        found.setdefault(fixture.rule, []).append(fixture)
    return found


def main() -> int:
    """Write the files, and the schemas, which name the rules too; or say which are stale."""
    if schemas.main():
        return 1
    files = {ROOT / name: text for name, text in rendered().items()} | {_FRONT: front()}
    there = {path: path.read_text(encoding="utf-8") for path in (_FRONT, ROOT / "README.md", *(ROOT / "pages").glob("*.md")) if path.is_file()}
    stale = [path for path in files.keys() | there.keys() if files.get(path) != there.get(path)]
    if "--check" in sys.argv[1:]:
        for path in sorted(stale):
            print(f"{path.relative_to(_FRONT.parent)} is stale: run python -m nnx_lsp.dev.pages", file=sys.stderr)
        return 1 if stale else 0
    (ROOT / "pages").mkdir(exist_ok=True)
    for path in stale:
        if path in files:
            path.write_text(files[path], encoding="utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
