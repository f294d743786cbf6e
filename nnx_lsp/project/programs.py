"""Which files of a project its programs reach, kept by the root of the project: the files there, the texts of the editor before those on the disk.

Nothing is said where no file marks the root of the project, where it is built (what it ships is public), where it lies in another project, or where it is
too large to be looked through.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache

from nnx_lsp.project import files
from nnx_lsp.project.bases import MARK
from nnx_lsp.project.discovery import ALWAYS_LEFT_OUT
from nnx_lsp.project.imports import MARKS
from nnx_lsp.project.reached import Note, Text, note, read, unreached

QUESTION = MARK * 2
"""What the question for the programs of a root begins with, among the paths that a result rests on."""
MOST_FILES = 3_000
_MOST_KEPT = 20_000
_MOST_OPEN = 256
_MOST_BYTES = 400_000
"""Of a file that is no Python; notebooks hold pictures too."""
_SUFFIXES = (".md", ".rst", ".sh", ".toml", ".cfg", ".ini", ".yml", ".yaml", ".json", ".txt", ".ipynb", ".slurm", ".sbatch", ".bat", ".ps1", ".gin", ".mk")
_NAMES = frozenset(("Makefile", "Dockerfile", "Justfile", "justfile", "Procfile", "makefile"))
_HIDDEN = frozenset((".github", ".circleci", ".vscode", ".devcontainer"))
_BUILT = ("setup.py", "PKG-INFO", "MANIFEST.in", "meta.yaml", "BUILD", "BUILD.bazel", "pants.toml")
_BUILT_BY = ("build-system", "packages", "scripts", "tool.poetry", "[metadata]", "[options", "tool.flit", "tool.hatch", "tool.pdm", "py-modules")
_MAX_ABOVE = 12
_NAME = re.compile(r"^name[ \t]*=[ \t]*[\"']([^\"']+)", re.M)


class Programs:
    """By the root of a project, the files that none of its programs reaches. Paths are absolute."""

    def __init__(self, root_of: Callable[[str], str]) -> None:
        self._root_of = root_of
        self._written: dict[str, str] = {}
        self._unreached: dict[str, frozenset[str]] = {}
        self._judged: set[str] = set()
        """The roots of which a changed text may change what is known."""

    def reaches(self, path: str) -> bool:
        """Whether a file is reached, as far as anybody knows."""
        return path not in self._of(self._root_of(os.path.dirname(path)))

    def question(self, path: str) -> str:
        """What stands among the paths that a result rests on, for what `reaches` gave."""
        return f"{QUESTION}{self._root_of(os.path.dirname(path))}"

    def digest(self, question: str) -> str:
        """A digest of what is not reached now."""
        found = "\n".join(sorted(self._of(question.removeprefix(QUESTION))))
        return hashlib.blake2b(found.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()

    def write(self, path: str, text: str | None) -> list[str]:
        """Let the editor's text stand for a file, or `None` for the disk's; the questions whose answers that may change."""
        if not path.endswith(".py"):
            return []
        written = self._written.get(path)
        stale = [root for root in self._judged if path.startswith(root)]
        before = (text_of(path, written) if written is not None else _on_disk(path)) if stale else None
        if text is not None:
            self._written[path] = text
        elif self._written.pop(path, None) is None:
            return []
        if not stale or before == (text_of(path, text) if text is not None else _on_disk(path)):
            return []
        for root in stale:
            del self._unreached[root]
            self._judged.discard(root)
        return [f"{QUESTION}{root}" for root in stale]

    def forget(self) -> None:
        """Look at the disk again from here on."""
        self._unreached.clear()
        self._judged.clear()

    def _of(self, root: str) -> frozenset[str]:
        if root not in self._unreached:
            is_judged = root.endswith("/") and may_be_judged(root)
            self._unreached[root] = self._found(root) if is_judged else frozenset()
            self._judged.update((root,) if is_judged else ())
        return self._unreached[root]

    def _found(self, root: str) -> frozenset[str]:
        texts: dict[str, Text] = {}
        notes: dict[str, Note] = {}
        for count, (path, size, changed) in enumerate(listed(root.removesuffix("/"))):
            if count > MOST_FILES or not is_read(path, size):
                if path.endswith((".py", ".ipynb")) or count > MOST_FILES:
                    return frozenset()  # It may import what nothing else does.
                continue
            if not path.endswith(".py"):
                notes[path] = words_of(path, size, changed)
            else:
                texts[path] = text_of(path, self._written[path]) if path in self._written else text_on_disk(path, size, changed)
        texts |= {path: text_of(path, text) for path, text in self._written.items() if path.startswith(root) and path not in texts}
        return unreached(root, texts, notes, tuple(packages(root, texts)))


def is_read(path: str, size: int) -> bool:
    """Whether a file is not too large."""
    return size <= (_MOST_BYTES if path.endswith(".json") else files.MAX_BYTES)


def packages(root: str, texts: Collection[str]) -> Iterator[str]:
    """The folders of packages that are there to be imported: those below `src`, and that which has the project's own name."""
    named = _NAME.search(content(f"{root}pyproject.toml"))
    own = {_normal(os.path.basename(root.rstrip("/"))), _normal(named[1]) if named is not None else ""}
    for path in texts:
        folder, _, name = path.rpartition("/")
        above, _, last = folder.rpartition("/")
        if name == "__init__.py" and (above == f"{root}src" or (f"{above}/" == root and _normal(last) in own)):
            yield f"{folder}/"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def may_be_judged(root: str) -> bool:
    """Whether a root is that of a project which is not built, and does not lie in another."""
    folder = root.removesuffix("/")
    try:
        names = frozenset(os.listdir(folder or "/"))
    except OSError:
        return False
    if names.isdisjoint(MARKS) or not names.isdisjoint(_BUILT) or any(name.endswith((".egg-info", ".dist-info")) for name in names):
        return False
    if any(word in content(f"{folder}/{name}") for name in ("pyproject.toml", "setup.cfg") if name in names for word in _BUILT_BY):
        return False
    return ".git" in names or not _is_inside(folder)


def _is_inside(folder: str) -> bool:
    """Whether a folder lies in another project, whose files may import from it."""
    for _ in range(_MAX_ABOVE):
        if os.path.dirname(folder) == folder:
            return False
        folder = os.path.dirname(folder)
        if any(os.path.lexists(f"{folder}/{mark}") for mark in MARKS):
            return True
    return False


def listed(folder: str) -> Iterator[tuple[str, int, int]]:
    """The files below a folder that may import others, or name them, with size and time of the last change."""
    try:
        entries = sorted(os.scandir(folder or "/"), key=lambda entry: entry.name)
    except (OSError, ValueError):
        return
    for entry in entries:
        try:
            if entry.name.endswith((".py", *_SUFFIXES)) or entry.name in _NAMES:
                status = entry.stat()
                yield f"{folder}/{entry.name}", status.st_size, status.st_mtime_ns
            elif (entry.name in _HIDDEN or not entry.name.startswith(".")) and entry.name not in ALWAYS_LEFT_OUT and entry.is_dir(follow_symlinks=False):
                yield from listed(f"{folder}/{entry.name}")
        except OSError:
            continue


def _on_disk(path: str) -> Text | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return text_on_disk(path, status.st_size, status.st_mtime_ns) if status.st_size <= files.MAX_BYTES else None


@lru_cache(_MOST_OPEN)
def text_of(path: str, text: str) -> Text:
    """What the editor's text of a Python file says."""
    return read(path, text)


@lru_cache(_MOST_KEPT)
def text_on_disk(path: str, size: int, changed: int) -> Text:
    """What the text of a Python file says that has this size and time."""
    del size, changed  # They say which text is meant.
    return read(path, content(path))


@lru_cache(_MOST_KEPT)
def words_of(path: str, size: int, changed: int) -> Note:
    """What a file that is no Python says."""
    del size, changed
    return note(content(path))


def content(path: str) -> str:
    """The text of a file; nothing where it cannot be read."""
    try:
        return files.contents(path).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


__all__ = ["QUESTION", "Programs", "content", "is_read", "listed", "may_be_judged", "packages", "text_of", "text_on_disk", "words_of"]
