"""`python -m nnx_lsp.dev.outcomes [RULE ...] [--all]`: run fixtures on every Flax line, and record what they did in `rules/nnx_rules/outcomes.json`.

Without `--all`, only what is not recorded yet, or is recorded of another text, is run. `--check` runs nothing, and fails where that would be anything.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from nnx_lsp import engine
from nnx_lsp.config import Settings
from nnx_lsp.fixtures import Fixture, fixtures, folder, lint
from nnx_lsp.outcomes import LINES, OfferedFix, Outcome, Outcomes, Record, digest, recorded
from nnx_lsp.rule import Rule
from nnx_lsp.verify.environments import environment
from nnx_lsp.verify.main import verified

_AT_ONCE = 60
"""How many fixtures are run before they are written."""
TARGET = Path(__file__).parents[2] / "rules" / "nnx_rules" / "outcomes.json"


def main() -> int:
    """Record, or say what is not recorded; 1 where something is not, or is not confirmed."""
    parser = argparse.ArgumentParser(prog="python -m nnx_lsp.dev.outcomes")
    parser.add_argument("rules", nargs="*", metavar="RULE", help="codes or names (default: all)")
    parser.add_argument("--all", action="store_true", help="run what is recorded too")
    parser.add_argument("--check", action="store_true", help="only say what is not recorded")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--timeout", type=float, default=120.0, metavar="SECONDS", help="for one program (default: 120)")
    given = parser.parse_args()
    rules = {rule.name: rule for rule in engine.rules() if not given.rules or rule.code in given.rules or rule.name in given.rules}
    every = [fixture for fixture in fixtures(folder()) if fixture.rule in rules]
    due = [fixture for fixture in every if given.all or recorded().of(fixture, rules[fixture.rule]) is None]
    names = {(fixture.rule, fixture.name) for fixture in due}
    due = [fixture for fixture in every if (fixture.rule, fixture.name) in names]  # A bad program is judged with its twin.
    if given.check:
        for fixture in due:
            print(f"not recorded, or changed since: {fixture.label}", file=sys.stderr)
        return 1 if due else 0
    failed: list[str] = []
    for part in _parts(due):
        failed += _record(part, rules, given)
        print(f"recorded up to {part[-1].rule}", file=sys.stderr, flush=True)
    _write(Outcomes(_kept().jax, _merged({})))
    for line in failed:
        print(f"NOT CONFIRMED: {line}", file=sys.stderr)
    print(f"{len(due)} recorded, {len(failed)} not confirmed")
    return 1 if failed else 0


def _parts(due: list[Fixture]) -> Iterator[list[Fixture]]:
    """The fixtures of a few rules at a time: what is recorded of them stays when the rest is interrupted."""
    part: list[Fixture] = []
    for _, of_rule in groupby(due, key=lambda fixture: fixture.rule):
        part += of_rule
        if len(part) >= _AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _record(due: list[Fixture], rules: dict[str, Rule], given: argparse.Namespace) -> list[str]:
    """Run fixtures on every line and write what they did; gives what is not confirmed."""
    by_fixture: dict[str, dict[str, Outcome]] = {fixture.label: {} for fixture in due}
    jax: dict[str, str] = {}
    failed: list[str] = []
    for flax in LINES:
        versions, verdicts = verified(environment(flax).python, [rules[name] for name in sorted({each.rule for each in due})], due, given)
        jax[flax] = versions["jax"]
        for verdict in verdicts:
            if verdict.fixture in by_fixture:
                by_fixture[verdict.fixture][flax] = Outcome(verdict.confirmed, verdict.ran == "ran", verdict.said)
            if verdict.confirmed is False and verdict.fixture in by_fixture:
                failed.append(f"{verdict.rule} {verdict.fixture} on Flax {flax}: {verdict.reason}")
    records = {
        fixture.label: Record(digest(fixture, rules[fixture.rule]), by_fixture[fixture.label], tuple(sorted(set(_fixes(rules[fixture.rule], fixture)))))
        for fixture in due
    }
    _write(Outcomes(jax, _merged(records)))
    return failed


def _fixes(rule: Rule, fixture: Fixture) -> Iterator[OfferedFix]:
    """The fixes that the rule offers in a bad fixture on any of the lines."""
    if fixture.kind != "bad":
        return
    for flax in LINES:
        if fixture.covers(flax) and rule.applies(flax):
            for each in lint(fixture, Settings(select=(rule.code,), flax_version=flax)):
                if each.diagnostic.code == rule.code and (fix := each.diagnostic.fix) is not None:
                    yield OfferedFix(fix.title, fix.safety.value, fix.flax)


def _merged(new: dict[str, Record]) -> dict[str, Record]:
    """The record with what is new, without what no fixture is there for any more."""
    labels = {fixture.label for fixture in fixtures(folder())}
    return {label: record for label, record in sorted({**_kept().fixtures, **new}.items()) if label in labels}


def _kept() -> Outcomes:
    """The record as it is on the disk now."""
    return msgspec.json.decode(TARGET.read_bytes(), type=Outcomes) if TARGET.is_file() else Outcomes()


def _write(outcomes: Outcomes) -> None:
    """One line a fixture, so that a change of one is a change of one line."""
    rows = [f"{msgspec.json.encode(label).decode()}: {msgspec.json.encode(record).decode()}" for label, record in outcomes.fixtures.items()]
    text = f'{{"jax": {msgspec.json.encode(outcomes.jax).decode()},\n"fixtures": {{\n' + ",\n".join(rows) + "\n}}\n"
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
