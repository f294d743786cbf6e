"""Accepted findings: a file that names them without lines, so that they stay accepted while code moves around them."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from nnx_lsp import targets
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.faults import INTERNAL_ERROR, OUT_OF_TIME, UNREADABLE_FILE
from nnx_lsp.fingerprint import Identity, identity
from nnx_lsp.project import files
from nnx_lsp.targets import TargetError
from nnx_lsp.text import Lines

NAME = "nnx-lint-baseline.json"
_NEVER = (UNREADABLE_FILE.code, INTERNAL_ERROR.code, OUT_OF_TIME.code)


class BaselineError(Exception):
    """The file cannot be used; the message names it and says why."""


class Accepted(msgspec.Struct, frozen=True, eq=False):
    """A baseline with its file."""

    file: Path
    counts: Counter[Identity]


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: str
    code: str
    symbol: str
    snippet: str
    count: int = 1


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    findings: list[_Entry]


class Split(msgspec.Struct, frozen=True):
    """Findings under a baseline: those that are new, those that are accepted, and how often each accepted one was not found."""

    new: list[Diagnostic]
    accepted: list[Diagnostic]
    missing: Counter[Identity]


def read(file: Path) -> Counter[Identity]:
    """The accepted findings, with how often each is; paths are relative to the file's folder. Raises `BaselineError`."""
    try:
        # The standard decoder, for a file name may hold half a surrogate pair, which `json.dumps` writes.
        found = msgspec.convert(json.loads(files.contents(file)), _File)
    except (OSError, ValueError, RecursionError) as error:
        raise BaselineError(f"{file}: cannot be used as a baseline: {error}; where it is removed, `nnx-lint baseline` makes it anew") from None
    if found.version != 1:
        raise BaselineError(f"{file}: is a baseline of version {found.version}; this program knows version 1")
    counts: Counter[Identity] = Counter()
    for each in found.findings:
        counts[Identity(each.path, each.code, each.symbol, each.snippet)] += each.count
    return counts


def nearest(folder: Path, root: Path) -> Path | None:
    """The baseline in a folder or in the nearest one above it, up to the root of the workspace."""
    for place in (folder, *folder.parents):
        if os.path.isfile(place / NAME):  # noqa: PTH113  # `Path.is_file` raises where a folder may not be looked into.
            return place / NAME
        if place == root or not place.is_relative_to(root):
            break
    return None


def write(file: Path, accepted: Mapping[Identity, int]) -> None:
    """Write the file, one finding a line, in order. Raises `OSError`, and `BaselineError` where the file is a source."""
    try:
        targets.check(str(file))
    except TargetError as error:
        raise BaselineError(f"the baseline {error}") from None
    kept = [_Entry(each.path, each.code, each.symbol, each.snippet, count) for each, count in sorted(accepted.items()) if count > 0]
    entries = [json.dumps(msgspec.to_builtins(entry)) for entry in kept]
    body = ",\n".join(f"    {entry}" for entry in entries)
    targets.write(file, f'{{\n  "version": 1,\n  "findings": [\n{body}\n  ]\n}}\n'.encode())


def identities(found: Iterable[Diagnostic], lines_of: Callable[[str], Lines], folder: Path) -> list[tuple[Diagnostic, Identity]]:
    """Findings with what they are known by in a baseline in a folder; without those that cannot be accepted."""
    base = os.path.realpath(folder)
    made: list[tuple[Diagnostic, Identity]] = []
    for each in found:
        if each.code not in _NEVER:
            path = os.path.relpath(os.path.realpath(each.path), base).replace(os.sep, "/")
            made.append((each, msgspec.structs.replace(identity(each, lines_of(each.path)), path=path)))
    return made


def split(found: Iterable[Diagnostic], accepted: Counter[Identity], lines_of: Callable[[str], Lines], folder: Path) -> Split:
    """Tell new findings from accepted ones."""
    found = list(found)
    left = Counter(accepted)
    known: set[int] = set()
    for each, known_by in identities(found, lines_of, folder):
        if left[known_by] > 0:
            left[known_by] -= 1
            known.add(id(each))
    return Split([each for each in found if id(each) not in known], [each for each in found if id(each) in known], +left)


__all__ = ["NAME", "Accepted", "BaselineError", "Split", "identities", "nearest", "read", "split", "write"]
