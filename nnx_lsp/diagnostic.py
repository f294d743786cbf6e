"""A finding as its reader gets it: with exact spans, independent of how it was found."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import msgspec

from nnx_lsp.severity import Severity
from nnx_lsp.text import Edit, Span


class Safety(enum.Enum):
    """Whether a fix may be applied without looking."""

    SAFE = "safe"
    """Behaviour is certain, and equal or repaired."""
    UNSAFE = "unsafe"
    """The intent is guessed."""
    DISPLAY = "display"
    """Only shown as a proposal in the editor."""


class Related(msgspec.Struct, frozen=True):
    """One place on the way of a finding's value."""

    path: str
    span: Span
    message: str


class ResolvedFix(msgspec.Struct, frozen=True):
    """A fix as edits of the finding's own file."""

    title: str
    safety: Safety
    edits: tuple[Edit, ...]
    flax: str


class Silenced(msgspec.Struct, frozen=True):
    """Why a finding is not shown: the comment at `at`, or the baseline where that is `None`; with the reason that was given."""

    reason: str
    at: Span | None = None


class Diagnostic(msgspec.Struct, frozen=True):
    """A finding for its reader."""

    path: str
    code: str
    rule: str
    severity: Severity
    message: str
    span: Span
    related: tuple[Related, ...] = ()
    fix: ResolvedFix | None = None
    silenced: Silenced | None = None
    cause: str = ""
    """What the findings of one mistake in a file share, see `told_once`."""


SEVERITY_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def order(each: Diagnostic) -> tuple[str, Span, str]:
    """Findings are shown in order of file, place and code."""
    return each.path, each.span, each.code


def merged(results: Iterable[tuple[str, Iterable[Diagnostic]]]) -> dict[str, tuple[Diagnostic, ...]]:
    """The findings of the checks of several files, by the file that they stand in.

    A finding that more than one check gave is taken from the one that makes it the most severe, then from its own file's, then by the shortest path.
    """
    best: dict[tuple[str, str, Span], tuple[tuple[int, bool, int, str], Diagnostic]] = {}
    for origin, found in results:
        for each in found:
            key = each.path, each.code, each.span
            weight = SEVERITY_ORDER[each.severity], each.path != origin, len(each.related), origin
            if key not in best or weight < best[key][0]:
                best[key] = weight, each
    by_path: dict[str, list[Diagnostic]] = {}
    for _, each in best.values():
        by_path.setdefault(each.path, []).append(each)
    return {path: told_once(sorted(found, key=order)) for path, found in by_path.items()}


def told_once(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings of one file, in order. Of those with one cause, whichever rules gave them, the first of the most severe is as severe as it is; the others
    are shown and count for nothing.
    """
    every = list(found)
    first: dict[str, Diagnostic] = {}
    for each in sorted(every, key=lambda each: SEVERITY_ORDER[each.severity]):
        first.setdefault(each.cause, each)
    told: list[Diagnostic] = []
    for each in every:
        before = first[each.cause] if each.cause else each
        if before is not each:
            related = Related(before.path, before.span, "the same mistake, told here")
            each = msgspec.structs.replace(each, severity=Severity.INFO, related=(*each.related, related))
        told.append(each)
    return tuple(told)
