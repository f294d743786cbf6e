"""Which functions of a project something names that runs, and whether it may look for modules elsewhere, kept by the root of the project: the files there,
the texts of the editor before those on the disk. See `programs` for the projects of which nothing is said.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable
from functools import lru_cache

import msgspec

from nnx_lsp.project import files
from nnx_lsp.project.imports import Finder
from nnx_lsp.project.named import Function, Names, read, unnamed
from nnx_lsp.project.programs import MOST_FILES, content, is_read, listed, may_be_judged, packages, text_of, text_on_disk, words_of
from nnx_lsp.project.programs import QUESTION as OF_FILES

QUESTION = f"{OF_FILES}\0"
"""What the questions for the functions of a root begin with, among the paths that a result rests on; they begin as the one for its files does."""
_OF_MODULES = f"{QUESTION}\0"
"""The same for the modules that it lacks."""
_MOST_KEPT = 20_000
_MOST_OPEN = 256
_WORD = re.compile(r"\w+")
_NOT_COMMITTED = (".gitignore", ".gitmodules")
_REQUIREMENTS = (".txt", ".toml", ".yml", ".yaml", ".cfg")
_LIBRARIES = frozenset(("jax", "flax", "optax", "orbax", "numpy", "torch", "tensorflow", "datasets", "evaluate", "transformers", "wandb", "gym", "google"))
"""Names of libraries that folders of projects have as well."""
_GENERATED = re.compile(r"_\w*|\w*_pb2(?:_grpc)?|version|\w*generated\w*|\w*local\w*|\w*secrets?\w*")
"""Modules that are made on each machine."""


class _Known(msgspec.Struct):
    """What is known of a root."""

    texts: dict[str, Names] = {}
    programs: set[str] = set()
    others: dict[str, frozenset[str]] = {}
    not_committed: frozenset[str] = frozenset()
    is_whole: bool = True
    """Whether no file was too large, and there were not too many."""
    is_judged: bool = False
    unnamed: frozenset[Function] = frozenset()
    changes_path: bool = True

    def conclude(self, root: str) -> None:
        """Say what follows from the texts."""
        is_said = self.is_whole and self.is_judged and bool(self.programs)
        self.unnamed = unnamed(self.texts, self.others.values(), tuple(packages(root, self.texts))) if is_said else frozenset()
        self.changes_path = (
            not self.is_whole or any(each.changes_path for each in self.texts.values()) or any("PYTHONPATH" in each for each in self.others.values())
        )

    @property
    def is_elsewhere(self) -> tuple[bool, frozenset[str], frozenset[str]]:
        """What says where a module may be that is not there: that Python looks elsewhere, what is not in the history, what is required."""
        required = (words for path, words in self.others.items() if path.endswith(_REQUIREMENTS))
        return self.changes_path, self.not_committed, frozenset[str]().union(*required)


class Functions:
    """By the root of a project, the functions that nothing names which runs. Paths are absolute."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._root_of: Callable[[str], str] = finder.project
        self._written: dict[str, str] = {}
        self._known: dict[str, _Known] = {}
        self._judged: dict[str, bool] = {}

    def runs(self, path: str, owner: str, name: str) -> bool:
        """Whether something names a function of a file's top, or a method of a class there, as far as anybody knows."""
        root = self._root_of(os.path.dirname(path))
        return not self._is_judged(root) or (path, owner, name) not in self._of(root).unnamed

    def may_lack(self, path: str, dotted: str, level: int) -> bool:
        """Whether a module that a file imports would be the project's own, and is not there."""
        root = self._root_of(os.path.dirname(path))
        if not root.endswith("/") or not dotted or self._finder.find(path, dotted, level) is not None:
            return False
        parts = dotted.split(".")
        if not level and (self._first(path, root, parts[0]) is None or parts[0] in _LIBRARIES or parts[0] in sys.stdlib_module_names):
            return False
        starts = [".".join(parts[:end]) for end in range(len(parts) - 1, -1 if level else 0, -1)]
        above = next((found for start in starts if (found := self._finder.find(path, start, level))), None)
        if above is None or not above.startswith(root) or not above.endswith(("/", "/__init__.py")):
            return False
        try:
            names = os.listdir(os.path.dirname(above))
        except OSError:
            return False
        if not any(name.endswith(".py") for name in names) or any(_GENERATED.fullmatch(part) for part in parts):
            return False  # A submodule that is not fetched, or what is made on each machine.
        return all(name.partition(".")[0].lower() not in map(str.lower, parts) for name in names)  # Else it may be an extension.

    def _first(self, path: str, root: str, name: str) -> str | None:
        """The package that an absolute import begins with, where it stands at the root of the project, below its `src`, or beside the file."""
        found = self._finder.find(path, name, 0)
        beside = (root, f"{root}src/", f"{os.path.dirname(path)}/")
        return found if found in {f"{folder}{name}/{last}" for folder in beside for last in ("", "__init__.py")} else None

    def lacks(self, path: str, dotted: str, level: int) -> bool:
        """Whether what `may_lack` says of is certainly not elsewhere."""
        changes_path, not_committed, required = self._of(self._root_of(os.path.dirname(path))).is_elsewhere
        first, *others = dotted.split(".")
        if changes_path or not not_committed.isdisjoint((first, *others)):
            return False
        return level > 0 or (self._finder.find(path, first, 0) or "").endswith("/__init__.py") or first not in required

    def question(self, path: str, *, of_modules: bool = False) -> str:
        """What stands among the paths that a result rests on, for what `runs` or `lacks` gave."""
        return f"{_OF_MODULES if of_modules else QUESTION}{self._root_of(os.path.dirname(path))}"

    def digest(self, question: str) -> str:
        """A digest of the answer now."""
        if question.startswith(_OF_MODULES):
            changes_path, *words = self._of(question.removeprefix(_OF_MODULES)).is_elsewhere
            found = [str(changes_path), *("\n".join(sorted(each)) for each in words)]
        else:
            root = question.removeprefix(QUESTION)
            found = sorted(map("\t".join, self._of(root).unnamed)) if self._is_judged(root) else []
        return hashlib.blake2b("\0".join(found).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()

    def write(self, path: str, text: str | None) -> list[str]:
        """Let the editor's text stand for a file, or `None` for the disk's; the questions whose answers that changes."""
        if not path.endswith((".py", ".ipynb")):
            return []
        if text is not None:
            self._written[path] = text
        elif self._written.pop(path, None) is None:
            return []
        changed = []
        for root, known in self._known.items():
            if path.startswith(root) and known.is_whole:
                functions, modules = known.unnamed, known.is_elsewhere
                self._put(known, path)
                known.conclude(root)
                changed += [f"{QUESTION}{root}"] if known.unnamed != functions else []
                changed += [f"{_OF_MODULES}{root}"] if known.is_elsewhere != modules else []
        return changed

    def forget(self) -> None:
        """Look at the disk again from here on."""
        self._known.clear()
        self._judged.clear()

    def _is_judged(self, root: str) -> bool:
        if root not in self._judged:
            self._judged[root] = root.endswith("/") and may_be_judged(root)
        return self._judged[root]

    def _of(self, root: str) -> _Known:
        if root not in self._known:
            known = self._known[root] = _Known({}, set(), {}, _words_beside(root), is_judged=self._is_judged(root))
            for count, (path, size, changed) in enumerate(listed(root.removesuffix("/"))):
                if count > MOST_FILES or (not is_read(path, size) and path.endswith((".py", ".ipynb"))):
                    known.is_whole = False
                    break
                if is_read(path, size) and path not in self._written:
                    _put_from_disk(known, path, size, changed)
            for path in self._written:
                if path.startswith(root):
                    self._put(known, path)
            known.conclude(root)
        return self._known[root]

    def _put(self, known: _Known, path: str) -> None:
        """Let what a file says now stand for it."""
        known.texts.pop(path, None)
        known.others.pop(path, None)
        known.programs.discard(path)
        text = self._written.get(path)
        if text is None:
            try:
                status = os.stat(path)
            except (OSError, ValueError):
                return
            if is_read(path, status.st_size):
                _put_from_disk(known, path, status.st_size, status.st_mtime_ns)
        elif path.endswith(".py"):
            known.texts[path] = _of_text(path, text)
            known.programs.update((path,) if text_of(path, text).is_program else ())
        else:
            known.others[path] = frozenset(_WORD.findall(text))


def _put_from_disk(known: _Known, path: str, size: int, changed: int) -> None:
    if path.endswith(".py"):
        known.texts[path] = _on_disk(path, size, changed)
        known.programs.update((path,) if text_on_disk(path, size, changed).is_program else ())
    else:
        known.others[path] = words_of(path, size, changed).words


def _words_beside(root: str) -> frozenset[str]:
    """The words of what says which files are not in the project's history."""
    found: set[str] = set()
    for name in _NOT_COMMITTED:
        try:
            found.update(_WORD.findall(files.text(f"{root}{name}")))
        except files.FileError:
            continue
    return frozenset(found)


@lru_cache(_MOST_OPEN)
def _of_text(path: str, text: str) -> Names:
    return read(path, text)


@lru_cache(_MOST_KEPT)
def _on_disk(path: str, size: int, changed: int) -> Names:
    del size, changed  # They say which text is meant.
    return read(path, content(path))


__all__ = ["QUESTION", "Functions"]
