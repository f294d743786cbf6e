"""`--diff-base REF`: what was found at a commit already, so that only what is new is shown. Git is asked for the files; nothing of the repository is run."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from nnx_lsp.cli.run import Checker, checked
from nnx_lsp.cli.settings import Configured, GitError
from nnx_lsp.diagnostic import merged
from nnx_lsp.fingerprint import Identity, identity
from nnx_lsp.project.cache import Cache
from nnx_lsp.project.discovery import SUFFIXES

_QUIET = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "diff.external=", "-c", "core.quotePath=false")


class Before(msgspec.Struct, frozen=True):
    """What was found at a commit, by identities whose paths are relative to the root of the repository; those that moved have their path of now."""

    root: Path
    found: Counter[Identity]


def before(ref: str, folder: Path, paths: Sequence[str], configured: Configured, cache: Cache | None, jobs: int) -> Before:
    """Check the files below some paths as they were at a commit. Raises `GitError`."""
    root = Path(os.path.realpath(_git(folder, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").rstrip("\n")))
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").decode().strip()
    tops = [_relative(path, root) for path in paths]
    moved = dict(_moved(root, commit))
    with tempfile.TemporaryDirectory(prefix="nnx-lint-") as place:
        top = Path(os.path.realpath(place))
        files = list(_written(root, commit, top))
        wanted = [file for file in files if any(part in ("", ".") or _is_below(file, part) or _is_below(moved.get(file, file), part) for part in tops)]
        now = {str(top / file): moved.get(file, file) for file in files}
        names = [str(top / file) for file in wanted]
        checker = Checker(names, lambda name: configured.of(str(root / now.get(name, name))), cache)
        results = list(checked(names, checker, jobs))
        found: Counter[Identity] = Counter()
        for path, each in merged((result.path, result.found) for result in results).items():
            lines = checker.project.lines(path)
            for one in each:
                known_by = identity(one, lines)
                found[msgspec.structs.replace(known_by, path=now.get(path, path))] += 1
    return Before(root, found)


def _relative(path: str, root: Path) -> str:
    return os.path.relpath(os.path.realpath(path), root).replace(os.sep, "/")


def _is_below(file: str, top: str) -> bool:
    return file == top or file.startswith(f"{top}/")


def _moved(root: Path, commit: str) -> Iterator[tuple[str, str]]:
    """The files that have another path now, as far as git was told of it: the old one, and the new one. Asking for the files themselves would run filters."""
    options = ("--cached", "--no-ext-diff", "--no-textconv", "--name-status", "-z", "-M", "--diff-filter=R")
    parts = _git(root, "diff", *options, commit, "--").decode("utf-8", "surrogateescape").split("\0")
    for index in range(0, len(parts) - 2, 3):
        yield parts[index + 1], parts[index + 2]


def _written(root: Path, commit: str, place: Path) -> Iterator[str]:
    """Write the Python files of a commit below a folder, as git has them: no filter of the repository is run. Gives their paths."""
    blobs: list[tuple[str, str]] = []
    for entry in _git(root, "ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape").split("\0"):
        about, _, path = entry.partition("\t")
        if about.startswith("100") and path.endswith(SUFFIXES):
            blobs.append((about.split()[2], path))
    if not blobs:
        return
    asked = "".join(f"{name}\n" for name, _ in blobs).encode()
    data = _git(root, "cat-file", "--batch", given=asked)
    at = 0
    for _, path in blobs:
        head_end = data.index(b"\n", at)
        size = int(data[at:head_end].split()[2])
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data[head_end + 1 : head_end + 1 + size])
        at = head_end + 1 + size + 1
        yield path


def _git(folder: Path, *arguments: str, given: bytes | None = None) -> bytes:
    try:
        done = subprocess.run(["git", *_QUIET, "-C", str(folder), *arguments], input=given, capture_output=True, check=False)
    except OSError as error:
        raise GitError(f"--diff-base: git cannot be run: {error.strerror or error}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise GitError(f"--diff-base: {said or 'git knows no such commit'}")
    return done.stdout
