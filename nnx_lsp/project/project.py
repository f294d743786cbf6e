"""The files of a project: read from the disk, or from the editor where it holds a newer text; parsed once, and found by import."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import TypeAlias

import msgspec

from nnx_lsp import program
from nnx_lsp.project import bases, files
from nnx_lsp.project.bases import Bases
from nnx_lsp.project.functions import QUESTION as OF_FUNCTIONS
from nnx_lsp.project.functions import Functions
from nnx_lsp.project.imports import Finder, imports, is_of_package, mentions
from nnx_lsp.project.programs import QUESTION, Programs
from nnx_lsp.syntax import notebook
from nnx_lsp.syntax.decode import Decoded
from nnx_lsp.syntax.document import Document, Store, parse
from nnx_lsp.syntax.notebook import CellLines, Notebook
from nnx_lsp.text import Lines


class _Entry(msgspec.Struct, eq=False):
    """A file that was read. `found` is why there is no text; `stamp` is its size and time on the disk, taken before it was read."""

    found: Decoded | files.Notice | files.FileError
    stamp: Stamp | None
    document: Document | None = None
    """The newest parse; of another text than that of now where it is older."""
    notebook: Notebook | None = None
    breaks: tuple[int, ...] = ()
    """The starts of a notebook's cells."""

    @property
    def text(self) -> str | None:
        """The program: the file's text, or a notebook's code."""
        if self.notebook is not None:
            return self.notebook.text
        return self.found.text if isinstance(self.found, Decoded) else None


Stamp: TypeAlias = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds."""


class Project:
    """One overlay over the disk. Everything that is asked of it gives the same until `write`, `drop` or `refresh` is called.

    A file has one name, whatever way leads to it: the one that it was registered under, else its path below `here` where that is given, else its
    absolute path.
    """

    def __init__(self, store: Store | None = None, here: str | None = None) -> None:
        self.generation = 0
        self._store = store
        self._finder = Finder()
        self._bases = Bases(self._finder.project)
        self._programs = Programs(self._finder.project)
        self._functions = Functions(self._finder)
        self._entries: dict[str, _Entry] = {}
        self._overlay: set[str] = set()
        self._names: dict[str, str] = {}
        self._changes: dict[str | None, int] = {}
        """By file the generation before its last change, in order; under `None` that of the last time when any may have changed."""
        self._concerns: dict[str, bool] = {}
        self._concerns_at = 0
        self._here = _slashed(os.path.abspath(here)) if here is not None else None

    def register(self, names: Iterable[str]) -> None:
        """Let files be known by these names."""
        for name in names:
            self._names[self._absolute(name)] = name

    # What the engine asks ------------------------------------------------------------------------------------------

    def read(self, path: str) -> Decoded | files.Notice | files.FileError:
        """The text of a file, or why there is none."""
        return self._entry(path).found

    def stamp(self, path: str) -> Stamp | None:
        """Size and time of a file when it was read; `None` where it was not there, or is the editor's."""
        return self._entry(path).stamp

    def document(self, path: str) -> Document | None:
        """A file; `None` where it is missing, too large or no text."""
        entry = self._entry(path)
        text = entry.text
        if text is None:
            return None
        if entry.document is None or entry.document.text != text or entry.document.breaks != entry.breaks:
            entry.document = parse(path, text, entry.document, self._store, breaks=entry.breaks)
        return entry.document

    def notebook(self, path: str) -> Notebook | None:
        """The notebook that a file is on the disk; `None` for any other file, and where the editor's text stands for it."""
        return self._entry(path).notebook

    def text(self, path: str) -> str:
        """The program in a file; empty where it cannot be read."""
        return self._entry(path).text or ""

    def lines(self, path: str) -> Lines:
        """The lines of a file; a notebook's count anew in each cell. A file that cannot be read has none."""
        entry = self._entry(path)
        if entry.notebook is not None:
            return CellLines(entry.notebook)
        if entry.document is not None and entry.document.text == entry.text:
            return entry.document.lines
        return Lines(entry.text or "")

    def folders(self, paths: Collection[str]) -> dict[str, str]:
        """The folders that were looked into for the imports of these files, with digests of what they list; the same for the questions."""
        own = {os.path.dirname(self._absolute(path)) for path in paths if not path.startswith(bases.MARK)}
        asked = [path for path in paths if path.startswith(bases.MARK)]
        return {folder: self.digest(folder) for folder in (*(each for one in own for each in self._finder.consulted.get(one, ())), *asked)}

    def digest(self, folder: str) -> str:
        """See `Finder.digest`; for a question of `deriving`, `reaches`, `runs` or `lacks`, a digest of the answer."""
        if folder.startswith(OF_FUNCTIONS):
            return self._functions.digest(folder)
        if folder.startswith(QUESTION):
            return self._programs.digest(folder)
        return self._bases.digest(folder) if folder.startswith(bases.MARK) else self._finder.digest(folder)

    def _entry(self, path: str) -> _Entry:
        entry = self._entries.get(path)
        if entry is None:
            entry = self._entries[path] = _read(self._on_disk(path), None)
        return entry

    def module(self, path: str) -> program.Module | None:
        """A file in program form."""
        document = self.document(path)
        return document.module if document is not None else None

    def concerns(self, path: str) -> tuple[bool, frozenset[str]]:
        """Whether a file can matter: it, or what it imports from the project, mentions flax, nnx or jax. With the files that were looked at for it."""
        if self._concerns_at != self.generation:
            self._concerns.clear()
            self._concerns_at = self.generation
        seen = {path}
        waiting = [path]
        while waiting:
            each = waiting.pop()
            known = self._concerns.get(each)
            text = self._entry(each).text if not each.endswith("/") else None
            if known or (known is None and text is not None and mentions(text)):
                self._concerns[path] = True
                return True, frozenset(seen)
            if known is None and text is not None:
                new = {found for dotted, level, names in imports(text) for found in self._imported(each, dotted, level, names)} - seen
                seen |= new
                waiting += new
        self._concerns.update(dict.fromkeys(seen, False))
        return False, frozenset(seen)

    def _imported(self, importer: str, dotted: str, level: int, names: tuple[str, ...]) -> Iterator[str]:
        found = self.find(importer, dotted, level)
        if found is None:
            return
        yield found
        for name in names:
            if (below := self.below(found, name)) is not None:
                yield below

    def find(self, importer: str, dotted: str, level: int) -> str | None:
        """See `Finder.find`."""
        path = self._absolute(importer)
        found = self._finder.find(path, dotted, level)
        is_beside = found is not None and not level and found.startswith(f"{os.path.dirname(path)}/")
        if is_beside and is_of_package(self.text(importer)):
            found = self._finder.find(path, dotted, level, beside=False)
        return self._named(found)

    def below(self, path: str, name: str) -> str | None:
        """See `Finder.below`."""
        return self._named(self._finder.below(self._absolute(path), name))

    def deriving(self, path: str, name: str) -> tuple[tuple[str, ...], str]:
        """The other files of the project in whose texts a class may be derived from the one of this name in a file, and what that rests on."""
        absolute = self._absolute(path)
        folder = os.path.dirname(absolute)
        found = tuple(self._named(each) or each for each in self._bases.files(folder, name) if each != absolute)
        return found, self._bases.question(folder, name)

    def reaches(self, path: str) -> tuple[bool, str]:
        """Whether a program of the project reaches a file, as far as anybody knows, and what that rests on."""
        absolute = self._absolute(path)
        return self._programs.reaches(absolute), self._programs.question(absolute)

    def has_run(self, path: str, offset: int) -> bool:
        """Whether what stands at an offset was run, as the outputs of a notebook show, or is run elsewhere with other packages than those of the folder."""
        read = self._entry(path).notebook
        return read is not None and (read.is_hosted or next((cell.has_run for cell in reversed(read.cells) if cell.start <= offset), False))

    def runs(self, path: str, owner: str, name: str) -> tuple[bool, str]:
        """Whether something that runs names a function of a file's top, or a method of the class `owner` there, and what that rests on."""
        absolute = self._absolute(path)
        return self._functions.runs(absolute, owner, name), self._functions.question(absolute)

    def lacks(self, path: str, dotted: str, level: int) -> tuple[bool, str]:
        """Whether a module that a file imports is certainly the project's own, and is not there, and what that rests on."""
        absolute = self._absolute(path)
        is_led = any(word in self.text(path) for word in ("sys.path", "setup_root"))
        if is_led or self.find(path, dotted, level) is not None or not self._functions.may_lack(absolute, dotted, level):
            return False, ""
        return self._functions.lacks(absolute, dotted, level), self._functions.question(absolute, of_modules=True)

    def changed_since(self, generation: int) -> frozenset[str] | None:
        """The files that changed since; `None`: any may have."""
        changed = [path for path, _ in takewhile(lambda each: each[1] >= generation, reversed(self._changes.items()))]
        return None if None in changed else frozenset(path for path in changed if path is not None)

    # Changes -------------------------------------------------------------------------------------------------------

    def write(self, path: str, text: str, breaks: tuple[int, ...] = ()) -> None:
        """Let the editor's text stand for a file; for a notebook its program, with the starts of its cells."""
        before = self._entries.get(path)
        is_new = path not in self._overlay
        self._overlay.add(path)
        if is_new:
            self._finder.add(self._absolute(path))
        self._derive(path, text)
        if before is not None and before.text == text and before.breaks == breaks and before.notebook is None:
            return
        self._entries[path] = _Entry(Decoded(text, "utf-8", False), None, before.document if before is not None else None, None, breaks)
        self._note(None if is_new and (before is None or before.stamp is None) else path)

    def put(self, path: str, text: str) -> None:
        """Let another text stand for the whole file: for a notebook its JSON."""
        if not path.endswith(notebook.SUFFIX):
            self.write(path, text)
            return
        before = self._entries.get(path)
        self._overlay.add(path)
        self._entries[path] = _as_notebook(Decoded(text, "utf-8", False), None, before.document if before is not None else None)
        self._note(path)

    def drop(self, path: str) -> None:
        """Let the disk stand for a file again."""
        if path in self._overlay:
            self._overlay.discard(path)
            self._finder.discard(self._absolute(path))
            self._reread(path)
            self._derive(path, None)
            if self._entries[path].stamp is None:
                self._note(None)

    def refresh(self) -> None:
        """Look at the disk again: files may have changed, come and gone."""
        self._finder.forget()
        self._bases.forget()
        self._programs.forget()
        self._functions.forget()
        self._note(None)
        for path, entry in list(self._entries.items()):
            if path not in self._overlay and entry.stamp != stamp_of(self._on_disk(path)):
                self._reread(path)

    def keep(self, paths: Collection[str]) -> None:
        """Let go of all files that were read but these and the editor's; they are read anew where they are asked for again."""
        for path in self._entries.keys() - paths - self._overlay:
            del self._entries[path]

    @property
    def count(self) -> int:
        """How many files are kept."""
        return len(self._entries)

    def _reread(self, path: str) -> None:
        before = self._entries.get(path)
        self._entries[path] = _read(self._on_disk(path), before.document if before is not None else None)
        self._note(path)

    def _derive(self, path: str, text: str | None) -> None:
        absolute = self._absolute(path)
        for question in (*self._bases.write(absolute, text), *self._programs.write(absolute, text), *self._functions.write(absolute, text)):
            self._note(question)

    def _note(self, path: str | None) -> None:
        self._changes.pop(path, None)
        self._changes[path] = self.generation
        self.generation += 1

    def _on_disk(self, path: str) -> str:
        return os.path.join(self._here, path) if self._here is not None else path

    # Names ---------------------------------------------------------------------------------------------------------

    def _absolute(self, path: str) -> str:
        if path.endswith("/"):
            return f"{self._absolute(path[:-1])}/" if len(path) > 1 else "/"
        if path.startswith("/") and "/." not in path and "//" not in path:
            return path
        return _slashed(os.path.abspath(os.path.join(self._here, path) if self._here is not None else path))

    def _named(self, found: str | None) -> str | None:
        if found is None:
            return None
        known = self._names.get(found)
        if known is None:
            below = f"{self._here}/"
            known = found[len(below) :] if self._here is not None and found.startswith(below) and found != below else found
            self._names[found] = known
        return known


def _slashed(path: str) -> str:
    return path.replace(os.sep, "/") if os.sep != "/" else path


def _read(path: str, before: Document | None) -> _Entry:
    """Read a file; `before` is what the project knew of it."""
    stamp = stamp_of(path)
    try:
        found: Decoded | files.Notice | files.FileError = files.read(Path(path))
    except files.FileError as error:
        found = error
    if isinstance(found, Decoded) and path.endswith(notebook.SUFFIX):
        return _as_notebook(found, stamp, before)
    return _Entry(found, stamp, before)


def _as_notebook(found: Decoded, stamp: Stamp | None, before: Document | None) -> _Entry:
    try:
        read = notebook.read(found.text)
    except notebook.NotebookError as error:
        if mentions(found.text):
            return _Entry(files.FileError(str(error)), stamp, before)
        read = notebook.joined(())
    return _Entry(found, stamp, before, read, read.breaks)


def stamp_of(path: str) -> Stamp | None:
    """Size and time of a file now; `None` where there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


__all__ = ["Project", "Stamp", "stamp_of"]
