"""Applying fixes to a text, to a fixed point, and writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import stat
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from nnx_lsp.diagnostic import Diagnostic, Safety
from nnx_lsp.syntax.document import Document, parse
from nnx_lsp.text import Edit, applied, moved

_ROUNDS = 10
_PREFIX = ".nnx-lint-"
"""What files are named by while they are written, before the number of the process that writes."""


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
    """Replace a file's contents, or make the file, in one step: another process sees the old or the new file, never a part.

    Links stay; the mode stays, and as far as this user may say so the owner. Raises `OSError`, also where it is no regular file.
    """
    target = Path(os.path.realpath(path))
    try:
        before = target.stat()
    except FileNotFoundError:
        before = None
    if before is not None and not stat.S_ISREG(before.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    _clear(target.parent)
    handle, name = tempfile.mkstemp(prefix=f"{_PREFIX}{os.getpid()}-{_home()}-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if before is not None and sys.platform != "win32":
            with contextlib.suppress(OSError):
                os.chown(name, before.st_uid, before.st_gid)
        Path(name).chmod(stat.S_IMODE(before.st_mode) if before is not None else 0o666 & ~_umask())
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _clear(folder: Path) -> None:
    """Remove what writers left in a folder that were killed."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for name in [entry.name for entry in entries if entry.name.startswith(_PREFIX)]:
            process, _, rest = name.removeprefix(_PREFIX).partition("-")
            if process.isdecimal() and rest.startswith(f"{_home()}-") and not _is_running(int(process)):
                with contextlib.suppress(OSError):
                    (folder / name).unlink()


@cache
def _home() -> str:
    """Where a process number means something: this machine, and in a container this one."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return hashlib.blake2b(f"{platform.node()}\0{space}".encode(), digest_size=4).hexdigest()


def _is_running(process: int) -> bool:
    """Whether there is such a process here, or may be."""
    if sys.platform == "win32":
        return True  # There is no question there that does no harm.
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
