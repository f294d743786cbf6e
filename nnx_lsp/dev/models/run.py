"""From a release to judged calls: search, ask, walk, compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from nnx_lsp.dev.models.calls import NAMES, Call, Situation
from nnx_lsp.dev.models.claims import Claimed, claimed
from nnx_lsp.dev.models.compare import NOTHING, Canonical, Grade, Verdict, judge, together
from nnx_lsp.dev.models.examples import SKIPPED
from nnx_lsp.dev.models.release import Release
from nnx_lsp.dev.models.search import Limits, Subject, found
from nnx_lsp.dev.models.truth import Answer, words
from nnx_lsp.knowledge import library
from nnx_lsp.tracer.values import Value

ARGUMENTS_NAME = "(arguments)"
"""Stands for a function in the table: the named arguments themselves, which all calls rest on."""


class Case(msgspec.Struct, frozen=True):
    """One judged call. `truth` is what it gave, in words, or empty where it raised `exception`; `foreseen` is the code of the rule that says that it raises."""

    function: str
    call: str
    is_staged: bool
    verdict: Verdict
    truth: str = ""
    exception: str = ""
    foreseen: str = ""


class Result(msgspec.Struct, frozen=True):
    """What came out of one release. `tried` are the calls that were tried of each function, `lost` those that took too long or ended the process."""

    cases: tuple[Case, ...]
    tried: dict[str, int]
    lost: int = 0


_Asked = tuple[str, Situation, Answer]


def judged(release: Release, subjects: Sequence[Subject], seed: int, limits: Limits, say: Callable[[str], None]) -> Result:
    """Search for calls of each function, and judge what the tracer says of them."""
    asked: list[_Asked] = [(ARGUMENTS_NAME, Situation(call, False), answer) for call, answer in _arguments(release)]
    tried = {ARGUMENTS_NAME: len(asked)}
    for number, subject in enumerate(subjects):
        if number % 50 == 0:
            say(f"{number} of {len(subjects)} functions: {subject.name}")
        calls = found(subject, release.eager, seed, limits)
        tried[subject.name] = calls.tried
        eager = [(subject.name, Situation(call, False), answer) for call, answer in (*calls.accepted, *calls.refused)]
        staged = [Situation(situation.call, True) for _, situation, _ in eager if situation.call.traced]
        asked += eager
        asked += [(subject.name, *pair) for pair in zip(staged, release.answers(staged), strict=True)]
    say(f"{len(asked)} calls are compared")
    known = [each for each in asked if not each[2].is_lost]
    return Result(tuple(compared(known, release.versions.flax)), tried, len(asked) - len(known))


def subjects(release: Release) -> list[Subject]:
    """All that is asked of a release."""
    return [each for each in release.subjects() if each.name not in SKIPPED]


def compared(asked: Sequence[_Asked], flax: str) -> list[Case]:
    """What the tracer says of calls whose answers are known."""
    canonical = library.load(flax).canonical

    def verdict(number: int, value: Value) -> Verdict:
        return _verdict(asked[number][2], value, canonical)

    said = claimed([situation for _, situation, _ in asked], flax, verdict)
    return [_case(each, claim) for each, claim in zip(asked, said, strict=True)]


def _arguments(release: Release) -> list[tuple[Call, Answer]]:
    calls = [Call(name, attribute=name) for name in NAMES]
    return list(zip(calls, release.eager(calls), strict=True))


def _verdict(answer: Answer, value: Value, canonical: Canonical) -> Verdict:
    return judge(value, answer.gives, canonical) if answer.gives is not None else NOTHING


def _case(asked: _Asked, claim: Claimed) -> Case:
    function, situation, answer = asked
    verdict = together(claim.verdicts)
    if answer.gives is None:
        failure = verdict if verdict.grade is Grade.WRONG else NOTHING  # No claim of a value is judged here.
        return Case(function, situation.call.shown, situation.is_staged, failure, exception=answer.raises[0], foreseen=claim.foreseen)
    if claim.foreseen:
        verdict = Verdict(Grade.WRONG, "raises", f"it raises ({claim.foreseen})")
    return Case(function, situation.call.shown, situation.is_staged, verdict, words(answer.gives), foreseen=claim.foreseen)
