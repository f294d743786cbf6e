"""What must hold of each fixture: what is found in it is what its marks say, and a fix of the bad one gives the fixed one."""

from __future__ import annotations

from functools import cache

import msgspec

from nnx_lsp import engine
from nnx_lsp.config import Settings
from nnx_lsp.diagnostic import Diagnostic, Safety
from nnx_lsp.fixes import fixed
from nnx_lsp.fixtures import Fixture, lint
from nnx_lsp.rule import Rule
from nnx_lsp.severity import Severity
from nnx_lsp.syntax.document import Document, Store, parse

LINES = ("0.10.7", "0.11.2", "0.12.12")
"""The Flax lines that fixtures are linted for, oldest first."""


@cache
def rules() -> dict[str, Rule]:
    """The rules by their names."""
    return {rule.name: rule for rule in engine.rules()}


class Compared(msgspec.Struct, frozen=True):
    """What marks say, and what is found: file, row, column, end and code each, in order. `unsaid` are the texts of marks that no message there says."""

    expected: list[tuple[str, int, int, int, str]]
    found: list[tuple[str, int, int, int, str]]
    unsaid: list[str]


def compared(fixture: Fixture, flax: str, store: Store | None = None) -> Compared:
    """Lint a fixture for a Flax version. What is only information counts for its own rule alone."""
    rule = rules()[fixture.rule]
    applying = {each.code for each in rules().values() if each.applies(flax)}
    marks = [mark for mark in fixture.marks if mark.code in applying]
    found = [
        each
        for each in lint(fixture, Settings(flax_version=flax), store)
        if each.diagnostic.severity is not Severity.INFO or each.diagnostic.rule == fixture.rule
    ]
    # A bad program of which nothing is marked on this line may still be found.
    counted = [each for each in found if marks or fixture.kind != "bad" or each.diagnostic.code != rule.code]
    said = [(each.file, each.row, each.diagnostic.code, each.diagnostic.message) for each in found]
    return Compared(
        sorted((mark.file, mark.row, mark.column, mark.end, mark.code) for mark in marks),
        sorted((each.file, each.row, each.column, each.end, each.diagnostic.code) for each in counted),
        [mark.text for mark in marks if not any((mark.file, mark.row, mark.code) == each[:3] and mark.text in each[3] for each in said)],
    )


class Repaired(msgspec.Struct, frozen=True):
    """A bad fixture after all fixes of its rule, what is still found then, and its text after all fixes of that."""

    text: str
    remaining: tuple[Diagnostic, ...]
    again: str


def line_of_fix(fixture: Fixture) -> str:
    """The newest line that a fix is shown on."""
    return next(line for line in reversed(LINES) if rules()[fixture.rule].applies(line) and fixture.covers(line))


def repaired(bad: Fixture, flax: str, store: Store | None = None) -> Repaired:
    """Apply the fixes of a fixture's rule."""

    def own(document: Document) -> tuple[Diagnostic, ...]:
        return tuple(each for each in engine.check(document, Settings(flax_version=flax)) if each.rule == bad.rule)

    safeties = frozenset((Safety.SAFE, Safety.UNSAFE))
    after = fixed(parse(bad.label, bad.text, None, store), own, safeties)
    again = fixed(parse(bad.label, after.text, None, store), own, safeties)
    return Repaired(after.text, tuple(after.remaining), again.text)
