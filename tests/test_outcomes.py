"""The record of what running the fixtures did: complete, of these very files, and nothing in it contradicts a rule."""

from __future__ import annotations

import pytest

from nnx_lsp import engine
from nnx_lsp.fixtures import Fixture, fixtures, folder
from nnx_lsp.knowledge import library, releases
from nnx_lsp.outcomes import LINES, recorded
from nnx_lsp.rule import Rule

ALL = list(fixtures(folder()))
RULES = {rule.name: rule for rule in engine.rules()}


@pytest.mark.parametrize("fixture", ALL, ids=lambda each: each.label)
def test_every_fixture_is_recorded_as_it_is_now(fixture: Fixture) -> None:
    record = recorded().of(fixture, RULES[fixture.rule])
    assert record is not None, "run python -m nnx_lsp.dev.outcomes"
    assert [flax for flax, outcome in record.outcomes.items() if outcome.confirmed is False] == []
    assert all(outcome.confirmed is None or fixture.covers(flax) for flax, outcome in record.outcomes.items())


def test_nothing_is_recorded_of_what_is_gone() -> None:
    assert recorded().fixtures.keys() == {fixture.label for fixture in ALL}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_rule_is_confirmed_by_a_bad_program_on_every_line_that_it_claims(rule: Rule) -> None:
    confirmed = {
        flax
        for fixture in ALL
        if fixture.rule == rule.name and fixture.kind == "bad" and (record := recorded().of(fixture, rule)) is not None
        for flax, outcome in record.outcomes.items()
        if outcome.confirmed
    }
    assert {flax for flax in LINES if rule.applies(flax)} <= confirmed


def test_the_lines_are_those_that_there_is_knowledge_of_and_the_first_of_the_newest() -> None:
    assert {str(version) for version in library.available()} | {"0.12.0"} == set(LINES)


@pytest.mark.parametrize("fixture", [each for each in ALL if each.kind == "fixed"], ids=lambda each: each.label)
def test_what_a_fix_makes_was_run_on_every_line_that_the_fix_claims(fixture: Fixture) -> None:
    rule = RULES[fixture.rule]
    bad = next(each for each in ALL if (each.rule, each.kind, each.name) == (fixture.rule, "bad", fixture.name))
    record = recorded().of(bad, rule)
    assert record is not None
    claimed = [flax for flax in LINES if bad.covers(flax) and all(releases.holds(fix.flax, flax) for fix in record.fixes)]
    assert claimed
    assert all(fixture.covers(flax) for flax in claimed)
