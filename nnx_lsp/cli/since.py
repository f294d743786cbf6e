"""`--diff-base REF`: what was found at a commit already, so that only what is new is shown.

Git is asked for the files, and they are checked in memory: a tree may hold names such as `../../.bashrc`, so nothing of it is written to the disk. Nor is
anything run that the repository names in its configuration: no hook, no filter, no program to fetch what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
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
from nnx_lsp.project.files import MAX_BYTES
from nnx_lsp.project.imports import MARKS
from nnx_lsp.syntax.decode import UnreadableError, decode

_TOP = f"{Path(__file__).absolute().as_posix()}/before"
"""The root of the files of a commit: below a file there is nothing on the disk."""
_SAFE = (
    "--no-pager",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "diff.external=",
    "-c",
    "fetch.bundleURI=",
    "-c",
    "safe.bareRepository=explicit",
)
"""What is given here wins over every file of configuration. A folder that only looks like a repository is taken for none."""
_KEPT = frozenset(
    [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
        "GIT_CEILING_DIRECTORIES",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM",
        "GIT_EXEC_PATH",
    ]
)
"""The variables by which the user says where the repository and git itself are. Those that begin with `GIT_CONFIG` are kept too."""
_REFUSALS = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "GIT_OPTIONAL_LOCKS": "0"}
"""Git fetches what a partial clone lacks by itself, with programs that the repository's configuration names. Newer ones know the first variable; for all others
no protocol is allowed, which wins over `protocol.ext.allow = always` in a configuration, as `-c protocol.allow=never` does not."""
_PARTIAL = "nothing is fetched here: `git fetch --refetch --no-filter` gets what a partial clone lacks"


class Before(msgspec.Struct, frozen=True):
    """What was found at a commit, by identities whose paths are relative to the root of the repository; those that moved have their path of now."""

    root: Path
    found: Counter[Identity]


def before(ref: str, folder: Path, paths: Sequence[str], configured: Configured, cache: Cache | None, jobs: int) -> Before:
    """Check the files below some paths as they were at a commit. Raises `GitError`."""
    root = Path(os.path.realpath(_git(folder, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").rstrip("\n")))
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").decode().strip()
    tops = [_relative(path, root) for path in paths]
    entries = dict(_entries(root, commit))
    texts = dict(_texts(root, {path: blob for path, blob in entries.items() if path.endswith(SUFFIXES)}))
    moved = dict(_moved(root, commit))
    wanted = [file for file in texts if any(part in ("", ".") or _is_below(file, part) or _is_below(moved.get(file, file), part) for part in tops)]
    now = {f"{_TOP}/{file}": moved.get(file, file) for file in texts}
    names = [f"{_TOP}/{file}" for file in wanted]
    checker = Checker(names, lambda name: configured.of(str(root / now.get(name, name))), cache)
    for mark in (".git", *(path for path in entries if path.rpartition("/")[2] in MARKS)):
        checker.project.write(f"{_TOP}/{mark}", "")
    for file, text in texts.items():
        checker.project.put(f"{_TOP}/{file}", text)
    found: Counter[Identity] = Counter()
    for path, each in merged((result.path, result.found) for result in checked(names, checker, jobs)).items():
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
    """The files that have another path now, as far as git was told of it: the old one, and the new one.

    Only what is in the index is compared, so that no file is read through a filter.
    """
    options = ("--cached", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--name-status", "-z", "-M", "--diff-filter=R")
    parts = _git(root, "diff-index", *options, commit, "--").decode("utf-8", "surrogateescape").split("\0")
    for index in range(0, len(parts) - 2, 3):
        yield parts[index + 1], parts[index + 2]


def _entries(root: Path, commit: str) -> Iterator[tuple[str, str]]:
    """The paths of the files of a commit with the names of their texts. A path that leads out of the repository is none of its files."""
    for entry in _git(root, "ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape").split("\0"):
        about, _, path = entry.partition("\t")
        if about.startswith("100") and not {"", ".", ".."} & set(path.split("/")):
            yield path, about.split()[2]


def _texts(root: Path, blobs: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The texts of the files of a commit, as git has them, by path; without those that are too large, or no text. Raises `GitError`."""
    asked = "".join(f"{blob}\n" for blob in blobs.values()).encode()
    try:
        data = _git(root, "cat-file", "--batch", given=asked) if blobs else b""
    except GitError as error:
        raise GitError(f"{error}; {_PARTIAL}") from None
    at = 0
    for path in blobs:
        end = data.index(b"\n", at)
        _, kind, *size = data[at:end].split()
        if not size:
            raise GitError(f"--diff-base: {path} is {kind.decode()} in this clone; {_PARTIAL}")
        at = end + 1 + int(size[0]) + 1
        body = data[end + 1 : at - 1]
        if kind == b"blob" and len(body) <= MAX_BYTES:
            try:
                yield path, decode(body).text
            except UnreadableError:
                continue


def _git(folder: Path, *arguments: str, given: bytes | None = None) -> bytes:
    """What git says. Raises `GitError`."""
    try:
        done = subprocess.run([_program(), *_SAFE, "-C", str(folder), *arguments], input=given, capture_output=True, env=_environment(), check=False)
    except OSError as error:
        raise GitError(f"--diff-base: git cannot be run: {error.strerror or error}") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().split("\n")
        said = next((line for line in lines if not line.startswith("warning:")), lines[0])
        raise GitError(f"--diff-base: {said or 'git knows no such commit'}")
    return done.stdout


def _program() -> str:
    """The git of the user's path; not one of the folder that is checked, where Windows would look first."""
    places = [place for place in map(Path, os.environ.get("PATH", os.defpath).split(os.pathsep)) if place.is_absolute()]
    found = next((found for place in places if (found := shutil.which(place / "git")) is not None), None)
    if found is None:
        raise GitError("--diff-base: git cannot be run: it is not on the path")
    return found


def _environment() -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT or name.startswith("GIT_CONFIG")}
    return given | _REFUSALS
