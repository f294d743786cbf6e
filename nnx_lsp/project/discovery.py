"""Finding the Python files and notebooks below paths, as git would see them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from pathspec import GitIgnoreSpec

from nnx_lsp.project import files
from nnx_lsp.project.files import Notice

ALWAYS_LEFT_OUT = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        ".tox",
        ".nox",
        ".eggs",
        "build",
        "dist",
        "site-packages",
        ".mypy_cache",
        ".ruff_cache",
        ".ipynb_checkpoints",
    ]
)
"""Folders that are never walked into, unless they are named on the command line."""
SUFFIXES = (".py", ".pyi", ".ipynb")


class PathError(Exception):
    """A path on the command line is wrong; the message says which and why."""


_Patterns: TypeAlias = tuple[tuple[str, GitIgnoreSpec], ...]


def discover(paths: Iterable[str], exclude: Iterable[tuple[str, str]], *, suffixes: tuple[str, ...] = SUFFIXES) -> Iterator[Path | Notice]:
    """The files named, and those below the folders named, each once, in order. Raises `PathError`.

    `exclude` has patterns with the folders that they are relative to. A file that a walk finds both by itself and behind a link has its own name.
    """
    by_folder: dict[str, list[str]] = {}
    for folder, pattern in exclude:
        by_folder.setdefault(folder, []).append(pattern)
    excluded = tuple((folder, GitIgnoreSpec.from_lines(patterns)) for folder, patterns in by_folder.items())
    seen: set[str] = set()
    folders: dict[str, str] = {}
    found: list[Path | Notice]
    for name in paths:
        path = Path(name)
        if not os.path.lexists(name):
            raise PathError(f"{name}: there is no such file or folder")
        if os.path.isdir(path):
            found = list(_walk(path, excluded, _above(path), set(), suffixes))
            itself = {str(each) for each in found if isinstance(each, Path) and is_itself(str(each), name)}
            keys = {_real(each, folders) for each in itself}
            found = [each for each in found if isinstance(each, Notice) or str(each) in itself or _real(str(each), folders) not in keys]
        elif path.suffix in suffixes:
            found = [path]
        else:
            raise PathError(f"{name}: is no Python file; allowed are folders and files that end in {', '.join(suffixes)}")
        for each in found:
            if isinstance(each, Notice):
                yield each
            elif (key := _real(str(each), folders)) not in seen:
                seen.add(key)
                yield each


def is_itself(path: str, folder: str) -> bool:
    """Whether a file that a walk of a folder found stands there: no link leads from the folder to it."""
    return os.path.realpath(path) == os.path.join(os.path.realpath(folder), os.path.relpath(path, folder))


def _real(path: str, folders: dict[str, str]) -> str:
    """The path of a file without links. `folders` keeps those of folders: they are many files' own."""
    if os.path.islink(path):
        return os.path.realpath(path)
    folder, name = os.path.split(path)
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    return os.path.join(folders[folder], name)


_Ignores = tuple[tuple[Path, GitIgnoreSpec], ...]


def _above(folder: Path) -> _Ignores:
    """The ignore files of the folders above, up to the root of the repository."""
    found: list[tuple[Path, GitIgnoreSpec]] = []
    here = Path(os.path.realpath(folder))
    for place in (here, *here.parents):
        if place != here:
            found += _ignores(place)
        if os.path.exists(place / ".git"):
            return (*found, *_ignores(place, ".git/info/exclude"))
    return ()


def _ignores(folder: Path, name: str = ".gitignore") -> list[tuple[Path, GitIgnoreSpec]]:
    """What a file of patterns leaves out in a folder: nothing where it cannot be read; a line that is not a pattern counts for nothing, as for git."""
    try:
        lines = files.contents(folder / name).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [(folder, GitIgnoreSpec.from_lines(line for line in lines if is_pattern(line)))]


def is_pattern(line: str) -> bool:
    """Whether a line is a pattern as in .gitignore, or empty."""
    try:
        GitIgnoreSpec.from_lines((line,))
    except (ValueError, re.error):
        return False
    return True


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry of a folder is a folder, or leads to one; a link that leads to itself does not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _walk(folder: Path, excluded: _Patterns, ignores: _Ignores, above: set[str], suffixes: tuple[str, ...]) -> Iterator[Path | Notice]:
    real = os.path.realpath(folder)
    if real in above:
        yield Notice(str(folder), "left out: a link to a folder above it")
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Notice(str(folder), f"left out: {error.strerror or error}")
        return
    ignores = (*ignores, *_ignores(Path(real)))
    for entry in entries:
        path = Path(entry.path)
        is_walked = is_folder(entry)
        if _is_ignored(Path(real) / entry.name, ignores, is_folder=is_walked) or any(
            spec.match_file(_relative(path, base, is_folder=is_walked)) for base, spec in excluded
        ):
            continue
        if is_walked:
            if entry.name not in ALWAYS_LEFT_OUT and not entry.name.endswith(".egg-info"):
                yield from _walk(path, excluded, ignores, above | {real}, suffixes)
        elif entry.name.endswith(suffixes):
            yield path


def _relative(path: Path, base: str, *, is_folder: bool) -> str:
    text = os.path.relpath(path, base)
    return f"{text}/" if is_folder else text


def _is_ignored(path: Path, ignores: _Ignores, *, is_folder: bool) -> bool:
    for base, spec in ignores:
        try:
            relative = path.relative_to(base)
        except ValueError:
            continue
        if spec.match_file(f"{relative}/" if is_folder else str(relative)):
            return True
    return False
