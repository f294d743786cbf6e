"""Comments that silence findings, judged: which of them silence nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from nnx_lsp import program
from nnx_lsp.diagnostic import Diagnostic, ResolvedFix, Safety
from nnx_lsp.faults import FAULTS, INTERNAL_ERROR, UNUSED_SUPPRESSION, Fault
from nnx_lsp.syntax.suppressions import Suppression, named_by
from nnx_lsp.text import Edit, Span

if TYPE_CHECKING:
    from nnx_lsp.config import Settings
    from nnx_lsp.rule import Rule
    from nnx_lsp.syntax.document import Document

_DEFINITIONS = (program.FunctionDef, program.ClassDef, program.Lambda)


class Comment(msgspec.Struct, frozen=True, array_like=True):
    """A comment whose use can be judged. `is_inner`: it stands in a function or class, so that a file that calls it may show what it silences."""

    suppression: Suppression
    is_inner: bool


def judged(document: Document) -> tuple[Comment, ...]:
    """The comments of a file that can be judged: none where a part of it does not parse, and not those that are meant for other tools too."""
    if not document.suppressions or document.problems:
        return ()
    found: list[Comment] = []
    for each in document.suppressions:
        if each.rules or each.kind != "noqa":
            around = next((part for part in document.parts if part.piece.start <= each.span.start < part.piece.end), None)
            is_inner = each.kind == "ignore-file" or (
                around is not None and any(isinstance(node, _DEFINITIONS) for statement in around.chunk.statements for node in program.walk(statement))
            )
            found.append(Comment(each, is_inner))
    return tuple(found)


def unused(
    path: str, text: str, comments: Iterable[Comment], silenced: Sequence[Diagnostic], settings: Settings, rules: Sequence[Rule], *, is_whole: bool
) -> Iterator[Diagnostic]:
    """A finding for each comment of a file that silences none of its findings, or names a rule of which it silences none.

    `silenced` are all findings of the run that comments silence. A comment in a function is judged only where the run covers the whole project (`is_whole`),
    and one that names a rule that is off is not judged.
    """
    if not settings.is_on_in(path, UNUSED_SUPPRESSION):
        return
    severity = settings.severity_of(UNUSED_SUPPRESSION)
    for comment in comments:
        each = comment.suppression
        if severity is None or (comment.is_inner and not is_whole):
            continue
        here = [one for one in silenced if one.path == path and one.silenced is not None and one.silenced.at == each.span]
        idle = tuple(name for name in each.rules if not any(named_by(name, one.code, one.rule) for one in here) and _is_judged(name, path, settings, rules))
        if each.rules and idle:
            what = f"silences no {' and no '.join(f'`{name}`' for name in idle)}"
        elif not each.rules and not here and all(settings.is_on_in(path, rule) for rule in rules if rule.is_default):
            what = "silences nothing"
        else:
            continue
        is_all = len(idle) == len(each.rules)
        edit = _without(text, each) if is_all else _with_rules(text, each, idle)
        title = "Remove the comment" if is_all else f"Remove {', '.join(idle)} from the comment"
        fix = ResolvedFix(title, Safety.SAFE, (edit,), "") if edit is not None else None
        message = f"`{text[each.span.start : each.span.end].strip()}` {what}"
        yield Diagnostic(path, UNUSED_SUPPRESSION.code, UNUSED_SUPPRESSION.name, severity, message, each.span, fix=fix)


def _is_judged(name: str, path: str, settings: Settings, rules: Sequence[Rule]) -> bool:
    known: tuple[Rule | Fault, ...] = (*rules, *FAULTS)
    meant = [rule for rule in known if named_by(name, rule.code, rule.name)]
    return bool(meant) and INTERNAL_ERROR not in meant and all(settings.is_on_in(path, rule) and _applies(rule, settings) for rule in meant)


def _applies(rule: Rule | Fault, settings: Settings) -> bool:
    from nnx_lsp.knowledge import releases

    return isinstance(rule, Fault) or any(map(rule.applies, releases.covered(settings.flax_version)))


def _without(text: str, each: Suppression) -> Edit | None:
    """The edit that takes a comment away: with its line where nothing else stands there."""
    codes = text[each.span.start : each.span.end]
    if each.kind == "noqa" and len(_listed(codes)) > len(each.rules):
        return _with_rules(text, each, each.rules)
    start, end = each.span.start, each.span.end
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    if start == 0 or text[start - 1] in "\r\n":
        for line_end in ("\r\n", "\n", "\r"):
            if text.startswith(line_end, end):
                return Edit(Span(start, end + len(line_end)), "")
    return Edit(Span(start, end), "")


def _with_rules(text: str, each: Suppression, gone: tuple[str, ...]) -> Edit | None:
    """The edit that takes rules out of a comment that names others too."""
    comment = text[each.span.start : each.span.end]
    begin, end = (comment.find(":") + 1, len(comment)) if each.kind == "noqa" else (comment.find("[") + 1, comment.find("]"))
    if begin <= 0 or end < begin:
        return None
    listed = comment[begin:end]
    names = _listed(comment) if each.kind == "noqa" else [part.strip() for part in listed.split(",") if part.strip()]
    kept = ", ".join(name for name in names if name.upper() not in gone and name not in gone)
    if each.kind == "noqa":
        last = comment.find(names[-1], begin) + len(names[-1])
        return Edit(Span(each.span.start + begin, each.span.start + last), f" {kept}")
    return Edit(Span(each.span.start + begin, each.span.start + end), kept)


def _listed(comment: str) -> list[str]:
    """The codes of a `noqa` comment as they are written."""
    from nnx_lsp.syntax.suppressions import NOQA, codes

    found = NOQA.search(comment)
    return codes(found["codes"] or "") if found else []


__all__ = ["Comment", "judged", "unused"]
