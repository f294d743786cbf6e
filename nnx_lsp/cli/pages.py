"""`nnx-lint rule` and `nnx-lint rules`: what the rules say of themselves."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from nnx_lsp import engine
from nnx_lsp.pages import page, stage
from nnx_lsp.rule import Rule
from nnx_lsp.selection import hint, named


def main(command: str, arguments: Sequence[str]) -> int:
    """Print one page, or the table of all rules."""
    found = engine.rules()
    if command == "rules":
        if list(arguments) not in ([], ["--json"]):
            print(f"nnx-lint rules: {arguments[0]} is no option; allowed is --json", file=sys.stderr)
            return 2
        print(json.dumps([_object(rule) for rule in found], indent=2) if arguments else table(found))
        return 0
    if len(arguments) != 1:
        print("nnx-lint rule: name one rule, by code or name, as in: nnx-lint rule NNX101", file=sys.stderr)
        return 2
    rule = named(arguments[0], found)
    if rule is None:
        choices = [name for each in found for name in (each.code, each.name)]
        print(f"nnx-lint rule: there is no rule {arguments[0]}{hint(arguments[0], choices)}", file=sys.stderr)
        return 2
    print(page(rule))
    return 0


def table(rules: Sequence[Rule]) -> str:
    """One line a rule."""
    return "\n".join(f"{rule.code}  {rule.severity.value:<7}  {stage(rule):<7}  {rule.name:<27} {rule.summary}" for rule in rules)


def _object(rule: Rule) -> dict[str, object]:
    return {
        "code": rule.code,
        "name": rule.name,
        "group": rule.group.value,
        "severity": rule.severity.value,
        "stage": stage(rule),
        "is_default": rule.is_default,
        "flax": rule.flax,
        "summary": rule.summary,
    }
