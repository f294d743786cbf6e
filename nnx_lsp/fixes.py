"""Applying fixes to a text, to a fixed point, and writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from nnx_lsp.diagnostic import Diagnostic, Safety
from nnx_lsp.syntax.document import Document, parse
from nnx_lsp.text import Edit, applied, moved

_ROUNDS = 10


class Fixed(msgspec.Struct, frozen=True):
    """A text after fixing: what was applied, and what is found in it now."""

    text: str
    applied: tuple[Diagnostic, ...]
    remaining: tuple[Diagnostic, ...]
    rounds: tuple[tuple[Edit, ...], ...] = ()
    """The edits of each round, in offsets of the text after the rounds before it."""


def fixed(document: Document, check: Callable[[Document], tuple[Diagnostic, ...]], safeties: frozenset[Safety]) -> Fixed:
    """Apply the fixes of these safeties, round after round, until nothing changes; a fix that would break the syntax is left out."""
    done: list[Diagnostic] = []
    rounds: list[tuple[Edit, ...]] = []
    refused: set[tuple[str, str]] = set()
    found = check(document)
    for _ in range(_ROUNDS):
        chosen = _compatible([each for each in found if each.fix is not None and each.fix.safety in safeties and (each.code, each.message) not in refused])
        if not chosen:
            break
        after = _applied(document, chosen)
        if after is None:
            single = [(each, result) for each in chosen if (result := _applied(document, [each])) is not None]
            refused |= {(each.code, each.message) for each in chosen if all(each is not one for one, _ in single)}
            if not single:
                continue
            chosen, after = [single[0][0]], single[0][1]
        if after.text == document.text:
            break
        document = after
        done += chosen
        rounds.append(_edits(chosen))
        found = check(document)
    return Fixed(document.text, tuple(done), found, tuple(rounds))


def _applied(document: Document, chosen: list[Diagnostic]) -> Document | None:
    """The document after these fixes, or `None` where a chunk of it no longer parses."""
    edits = _edits(chosen)
    after = parse(document.path, applied(document.text, list(edits)), document, breaks=moved(document.breaks, edits))
    return after if len(after.problems) <= len(document.problems) else None


def _edits(chosen: list[Diagnostic]) -> tuple[Edit, ...]:
    return tuple(dict.fromkeys(edit for each in chosen if each.fix is not None for edit in each.fix.edits))


def _compatible(found: list[Diagnostic]) -> list[Diagnostic]:
    """Fixes whose edits do not meet, the first of those that do."""
    taken: list[Edit] = []
    chosen: list[Diagnostic] = []
    for each in found:
        edits = each.fix.edits if each.fix is not None else ()
        if any(edit.span.overlaps(other.span) and edit != other for edit in edits for other in taken):
            continue
        taken += edits
        chosen.append(each)
    return chosen


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file's contents, or make the file, in one step: another process sees the old or the new file, never a part. Raises `OSError`."""
    target = path.resolve()
    mode = target.stat().st_mode if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(stat.S_IMODE(mode))
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
