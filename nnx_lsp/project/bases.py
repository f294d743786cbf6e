"""Which files of a project may derive a class from one of a given name: an index over their texts, for a class does not know what derives from it.

The files of a project are those below its root, or below the outermost package where no root is marked; of a file outside of both, those beside it. A
text is not parsed: the names in the brackets behind `class X` and in the tuple of `type("X", (…), …)` are taken, and what `import … as` calls otherwise.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from nnx_lsp.project import files
from nnx_lsp.project.discovery import ALWAYS_LEFT_OUT

MARK = "\0"
"""What a question begins with, see `Bases.question`; no path of a file holds it, and the name of standard input does not either."""
_MOST_FILES = 3_000
_MOST_KEPT = 20_000
"""Of how many files the names are kept in this process."""
_MOST_OF_NAME = 80
_CLASS = re.compile(r"class[ \t]+\w+(?:\[.*\])?[ \t]*\(((?:[^()]|\([^()]*\))*)\)")
_MADE = re.compile(r"\btype\([^(),]+,\s*\(((?:[^()]|\([^()]*\))*)\)")
"""`type("Name", (Base,), {…})`."""
_RENAMED = re.compile(r" as[ \t]+(\w+)")
_NAME = re.compile(r"\b(?:nnx|linen|torch|eqx|abc|typing|enum)\.\w+|[^\W\d]\w*")
"""A name among bases; one of a library that nobody calls otherwise is taken with that, and nobody asks for it."""


def named_bases(text: str) -> frozenset[str]:
    """The names in the brackets behind the classes of a text, under the name that each has where it is imported from."""
    found = {name for bases in (*_CLASS.findall(text), *_MADE.findall(text)) for name in _NAME.findall(bases)}
    renamed = [match.start() for match in _RENAMED.finditer(text) if match[1] in found] if found else []
    found.update(name for end in renamed for name in _NAME.findall(text[max(end - _MOST_OF_NAME, 0) : end])[-1:])
    return frozenset(found)


class Bases:
    """By the root of a project, which of its files name what as a base. Paths are absolute; the texts of the editor stand before those on the disk."""

    def __init__(self, root_of: Callable[[str], str]) -> None:
        self._root_of = root_of
        """The root of the files in a folder; it ends in a slash where the folders below belong to it too."""
        self._texts: dict[str, frozenset[str]] = {}
        self._names: dict[str, dict[str, frozenset[str]]] = {}
        self._files: dict[str, dict[str, tuple[str, ...]]] = {}

    def files(self, folder: str, name: str) -> tuple[str, ...]:
        """The files of the project that a folder belongs to whose texts name a base so, in order."""
        return self._by_name(self._root_of(folder)).get(name, ())

    def question(self, folder: str, name: str) -> str:
        """What stands among the paths that a result rests on, for the answer that `files` gave."""
        return f"{MARK}{name}{MARK}{self._root_of(folder)}"

    def digest(self, question: str) -> str:
        """A digest of the answer to a question as it is now."""
        _, name, root = question.split(MARK, 2)
        found = "\n".join(self._by_name(root).get(name, ()))
        return hashlib.blake2b(found.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()

    def write(self, path: str, text: str | None) -> list[str]:
        """Let the editor's text stand for a file, or `None` for the disk's; the questions whose answers that may change."""
        if text is None:
            if self._texts.pop(path, None) is None:
                return []
            now = _on_disk(path)
        else:
            now = self._texts[path] = named_bases(text)
        questions: list[str] = []
        for root, names in self._names.items():
            before = names.get(path, frozenset())
            if before != now and _is_in(path, root):
                names[path] = now
                self._files.pop(root, None)
                questions += [f"{MARK}{name}{MARK}{root}" for name in sorted(before ^ now)]
        return questions

    def forget(self) -> None:
        """Look at the disk again from here on."""
        self._names.clear()
        self._files.clear()

    def _by_name(self, root: str) -> dict[str, tuple[str, ...]]:
        found = self._files.get(root)
        if found is None:
            if root not in self._names:
                own = {path: names for path, names in self._texts.items() if _is_in(path, root)}
                self._names[root] = dict(_listed(root)) | own
            by_name: dict[str, list[str]] = {}
            for path, names in sorted(self._names[root].items()):
                for name in names:
                    by_name.setdefault(name, []).append(path)
            found = self._files[root] = {name: tuple(paths) for name, paths in by_name.items()}
        return found


def _is_in(path: str, root: str) -> bool:
    if not path.endswith(".py"):
        return False
    if not root.endswith("/"):
        return os.path.dirname(path) == root
    folders = path[len(root) :].split("/")[:-1]
    return path.startswith(root) and ALWAYS_LEFT_OUT.isdisjoint(folders) and not any(folder.startswith(".") for folder in folders)


def _listed(root: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The files of a project with the bases that they name; those of the outer folders first, for there is a bound."""
    waiting, count = [root.removesuffix("/")], 0
    for folder in waiting:
        try:
            entries = sorted(os.scandir(folder or "/"), key=lambda entry: entry.name)
        except (OSError, ValueError):
            continue
        for entry in entries:
            if entry.name.endswith(".py"):
                count += 1
                if count > _MOST_FILES:
                    return
                yield f"{folder}/{entry.name}", _on_disk(f"{folder}/{entry.name}")
            elif root.endswith("/") and _may_be_walked(entry):
                waiting.append(f"{folder}/{entry.name}")


def _may_be_walked(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder with code of the project; behind a link there may be anything."""
    return not entry.name.startswith(".") and entry.name not in ALWAYS_LEFT_OUT and entry.is_dir(follow_symlinks=False)


def _on_disk(path: str) -> frozenset[str]:
    try:
        status = os.stat(path)
        return _read(path, status.st_size, status.st_mtime_ns)
    except (OSError, ValueError):
        return frozenset()


@lru_cache(_MOST_KEPT)
def _read(path: str, size: int, changed: int) -> frozenset[str]:
    del changed  # It says which text is meant.
    return named_bases(files.contents(path).decode("utf-8", "replace")) if size <= files.MAX_BYTES else frozenset()


__all__ = ["MARK", "Bases", "named_bases"]
