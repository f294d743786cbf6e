"""`--add-ignores REASON`: a comment for each finding, so that only what comes later is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.faults import FAULTS
from nnx_lsp.project.project import Project
from nnx_lsp.syntax.decode import Decoded
from nnx_lsp.syntax.notebook import edited, rewritten
from nnx_lsp.syntax.suppressions import silencing
from nnx_lsp.text import Edit, Lines, applied

_FAULTS = frozenset(fault.code for fault in FAULTS)


def ignored(every: Mapping[str, Iterable[Diagnostic]], project: Project, reason: str) -> dict[str, tuple[str, str]]:
    """The files that get comments for findings, each with its text before and after. What no comment can silence is left."""
    changed: dict[str, tuple[str, str]] = {}
    for path, found in every.items():
        file = project.read(path)
        if not isinstance(file, Decoded):
            continue
        rounds = _rounds(project.text(path), [each for each in found if each.code not in _FAULTS], reason)
        notebook = project.notebook(path)
        if notebook is not None:
            sources = edited(notebook.cells, rounds)
            after = rewritten(file.text, {cell.number: source for cell, source in zip(notebook.cells, sources, strict=True)})
        else:
            after = file.text
            for edits in rounds:
                after = applied(after, list(edits))
        if after != file.text:
            changed[path] = file.text, after
    return changed


def _rounds(text: str, found: list[Diagnostic], reason: str) -> list[tuple[Edit]]:
    """One edit after the other, the last finding first: an edit moves nothing before it."""
    rounds: list[tuple[Edit]] = []
    for each in sorted(found, key=lambda each: each.span, reverse=True):
        edit = silencing(text, Lines(text), each.span, each.rule)
        if edit is not None:
            body = edit.text.rstrip("\n")
            if body.endswith("]"):
                edit = Edit(edit.span, f"{body} -- {reason}{edit.text[len(body) :]}")
            rounds.append((edit,))
            text = applied(text, [edit])
    return rounds
