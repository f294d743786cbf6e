"""The suite of all fixtures, on each Flax line: the findings are the marks, and fixes give the fixed files."""

from __future__ import annotations

from collections.abc import Sequence

from nnx_lsp.dev import marks
from nnx_lsp.dev.mutants.suites import Kept, Suite
from nnx_lsp.fixtures import Fixture, fixtures, folder


class _Fixtures:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        every = list(fixtures(folder()))
        self._bad = {(each.rule, each.name): each for each in every if each.kind == "bad"}
        self._cases: dict[str, tuple[Fixture, str]] = {}
        for each in every:
            for flax in (marks.line_of_fix(each),) if each.kind == "fixed" else filter(each.covers, marks.LINES):
                self._cases[f"{each.label} on {flax}"] = each, flax

    def cases(self) -> Sequence[str]:
        return tuple(self._cases)

    def run(self, case: str) -> str | None:
        fixture, flax = self._cases[case]
        if fixture.kind == "fixed":
            repaired = marks.repaired(self._bad[fixture.rule, fixture.name], flax, self._kept)
            return None if repaired == marks.Repaired(fixture.text, (), fixture.text) else "the fix does not give the fixed file"
        seen = marks.compared(fixture, flax, self._kept)
        if seen.expected != seen.found:
            return (
                f"missing {[each for each in seen.expected if each not in seen.found]}, unmarked {[each for each in seen.found if each not in seen.expected]}"
            )
        return f"no message says {seen.unsaid}" if seen.unsaid else None


def suite(kept: Kept) -> Suite:
    """The suite."""
    return _Fixtures(kept)
