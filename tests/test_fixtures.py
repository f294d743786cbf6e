"""Every fixture: the findings are the marks, the fixes give the fixed files; on each Flax line that a fixture covers."""

from __future__ import annotations

from collections import Counter

import pytest

from nnx_lsp import engine
from nnx_lsp.config import Settings
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.fixes import fixed
from nnx_lsp.fixtures import Fixture, fixtures, folder, lint
from nnx_lsp.rule import Safety
from nnx_lsp.severity import Severity
from nnx_lsp.syntax.document import Document, parse

LINES = ("0.10.7", "0.11.2", "0.12.12")
ALL = list(fixtures(folder()))
RULES = {rule.name: rule for rule in engine.rules()}


def _found(document: Document, flax: str) -> tuple[Diagnostic, ...]:
    return engine.check(document, Settings(flax_version=flax))


@pytest.mark.parametrize("flax", LINES)
@pytest.mark.parametrize("fixture", [each for each in ALL if each.kind != "fixed"], ids=lambda each: each.label)
def test_the_findings_are_the_marks(fixture: Fixture, flax: str) -> None:
    rule = RULES[fixture.rule]
    if not fixture.covers(flax):
        pytest.skip(f"the program needs flax{fixture.flax}")
    found = [
        (each.file, each.row, each.column, each.end, each.diagnostic.code, each.diagnostic.message)
        for each in lint(fixture, Settings(flax_version=flax))
        if each.diagnostic.severity is not Severity.INFO or each.diagnostic.rule == fixture.rule
    ]
    marks = [mark for mark in fixture.marks if RULES_BY_CODE[mark.code].applies(flax)]
    expected = [(mark.file, mark.row, mark.column, mark.end, mark.code) for mark in marks]
    assert sorted(expected) == sorted(each[:5] for each in found if not (fixture.kind == "bad" and each[4] == rule.code and not marks))
    for mark in marks:
        assert any(mark.text in message for file, row, _, _, code, message in found if (file, row, code) == (mark.file, mark.row, mark.code))


RULES_BY_CODE = {rule.code: rule for rule in engine.rules()}


@pytest.mark.parametrize("fixture", [each for each in ALL if each.kind == "fixed"], ids=lambda each: each.label)
def test_the_fix_gives_the_fixed_file_and_nothing_more(fixture: Fixture) -> None:
    rule = RULES[fixture.rule]
    bad = next(each for each in ALL if (each.rule, each.kind, each.name) == (fixture.rule, "bad", fixture.name))
    flax = next(line for line in reversed(LINES) if rule.applies(line) and fixture.covers(line))

    def own(document: Document) -> tuple[Diagnostic, ...]:
        return tuple(each for each in _found(document, flax) if each.rule == rule.name)

    safeties = frozenset((Safety.SAFE, Safety.UNSAFE))
    after = fixed(parse(bad.label, bad.text), own, safeties)
    assert after.text == fixture.text
    assert after.remaining == ()
    again = fixed(parse(bad.label, after.text), own, safeties)
    assert again.text == after.text


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
        fixes = [each.fix for each in _found(parse(fixture.label, fixture.text), "0.12.12") if each.rule == fixture.rule and each.fix]
        if any(fix.safety is Safety.SAFE for fix in fixes):
            assert any((each.rule, each.kind, each.name) == (fixture.rule, "fixed", fixture.name) for each in ALL), fixture.label
