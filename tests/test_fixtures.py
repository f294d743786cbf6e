"""Every fixture: the findings are the marks, the fixes give the fixed files; on each Flax line that a fixture covers."""

from __future__ import annotations

from collections import Counter

import pytest

from nnx_lsp import engine
from nnx_lsp.config import Settings
from nnx_lsp.dev import marks
from nnx_lsp.fixtures import Fixture, fixtures, folder
from nnx_lsp.rule import Safety
from nnx_lsp.syntax.document import parse

ALL = list(fixtures(folder()))
RULES = marks.rules()


@pytest.mark.parametrize("flax", marks.LINES)
@pytest.mark.parametrize("fixture", [each for each in ALL if each.kind != "fixed"], ids=lambda each: each.label)
def test_the_findings_are_the_marks(fixture: Fixture, flax: str) -> None:
    if not fixture.covers(flax):
        pytest.skip(f"the program needs flax{fixture.flax}")
    seen = marks.compared(fixture, flax)
    assert seen.expected == seen.found
    assert seen.unsaid == []


@pytest.mark.parametrize("fixture", [each for each in ALL if each.kind == "fixed"], ids=lambda each: each.label)
def test_the_fix_gives_the_fixed_file_and_nothing_more(fixture: Fixture) -> None:
    bad = next(each for each in ALL if (each.rule, each.kind, each.name) == (fixture.rule, "bad", fixture.name))
    after = marks.repaired(bad, marks.line_of_fix(fixture))
    assert after.text == fixture.text
    assert after.remaining == ()
    assert after.again == fixture.text


def test_every_rule_has_bad_and_good_fixtures_and_one_for_its_safe_fix() -> None:
    counts = Counter((fixture.rule, fixture.kind) for fixture in ALL)
    assert {fixture.rule for fixture in ALL} == set(RULES)
    for name in RULES:
        assert counts[name, "bad"] >= 1, name
        assert counts[name, "good"] >= 2, name
        assert any(fixture.rule == name and fixture.kind == "bad" and fixture.files for fixture in ALL), f"{name} has no fixture of several files"
    for fixture in ALL:
        if fixture.kind != "bad" or fixture.files or not RULES[fixture.rule].applies("0.12.12") or not fixture.covers("0.12.12"):
            continue
        fixes = [
            each.fix for each in engine.check(parse(fixture.label, fixture.text), Settings(flax_version="0.12.12")) if each.rule == fixture.rule and each.fix
        ]
        if any(fix.safety is Safety.SAFE for fix in fixes):
            assert any((each.rule, each.kind, each.name) == (fixture.rule, "fixed", fixture.name) for each in ALL), fixture.label
