"""`python -m nnx_lsp.dev.pages [--check]`: write `rules/README.md`, the table of rules with their pages; with `--check` fail where it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from nnx_lsp import engine
from nnx_lsp.cli.pages import page

TARGET = Path(__file__).parents[2] / "rules" / "README.md"


def rendered() -> str:
    """The file: a table that links to the page of each rule."""
    rules = engine.rules()
    rows = [
        f"| [{rule.code}](#{rule.name}-{rule.code.lower()}) | `{rule.name}` | {rule.severity.value} | {rule.flax or 'all'} | {rule.summary} |" for rule in rules
    ]
    head = [
        "# Rules",
        "",
        "Written by `python -m nnx_lsp.dev.pages` from the rules themselves.",
        "",
        "| code | name | severity | Flax | what |",
        "|--|--|--|--|--|",
        *rows,
        "",
    ]
    return "\n".join(head) + "\n" + "\n\n".join(f"#{page(rule)}" for rule in rules) + "\n"


def main() -> int:
    """Write the file, or say whether it is stale."""
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(rendered(), encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == rendered():
        return 0
    print(f"{TARGET} is stale: run python -m nnx_lsp.dev.pages", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
