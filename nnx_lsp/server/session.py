"""What the server keeps of the files that are open or were scanned, and how they are checked: one project whose overlay the open ones are, one engine for
each settings in use."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from nnx_lsp import baseline, comments, config, engine
from nnx_lsp.baseline import Accepted
from nnx_lsp.diagnostic import Diagnostic, Safety, merged, order
from nnx_lsp.engine import Checked, Engine
from nnx_lsp.fingerprint import Identity
from nnx_lsp.fixes import Fixed, fixed
from nnx_lsp.project import discovery, files
from nnx_lsp.project.project import Project
from nnx_lsp.server.accepted import Baselines
from nnx_lsp.server.settings import Configuration
from nnx_lsp.server.texts import Opened, plain
from nnx_lsp.syntax.document import Document, Store
from nnx_lsp.text import Lines

_GROWTH = 1.1
"""Files that nothing rests on are let go when there are so many times as many files as when that was last done."""

Elsewhere: TypeAlias = Opened | Lines
"""Where a place in another file is shown: as the client has it open, or as it is on the disk."""


class Shown(msgspec.Struct, frozen=True, eq=False):
    """The newest findings that stand in a file, with the text that they are of."""

    opened: Opened
    document: Document
    found: tuple[Diagnostic, ...]
    others: dict[str, Elsewhere] = {}
    """The other files that are on the way of a finding."""


class _Entry(msgspec.Struct, frozen=True):
    """The newest check of one file."""

    checked: Checked
    generation: int
    settings: config.Settings


class _Parted(msgspec.Struct, frozen=True, eq=False):
    """The findings of a file, and those of them that the baseline does not accept."""

    document: Document
    accepted: Accepted
    found: tuple[Diagnostic, ...]
    new: tuple[Diagnostic, ...]


class Workspace:
    """The files and what was found in them. Its methods run on one thread, one at a time."""

    def __init__(self, configuration: Configuration, store: Store | None = None) -> None:
        self.project = Project(store)
        self.configuration = configuration
        self.baselines = Baselines(configuration)
        self._engines: dict[config.Settings, Engine] = {}
        self._open: dict[str, Opened] = {}
        """The file that was changed last comes last."""
        self._entries: dict[str, _Entry] = {}
        self._scanned: dict[str, _Entry] = {}
        self._shown: dict[str, Shown] = {}
        self.kept: frozenset[str] = frozenset()
        """The files that findings rested on when all others were last let go."""
        self._parted: dict[str, _Parted] = {}
        self._changed: set[str] = set()
        """The open files whose texts changed since they were last shown."""

    # Open files ----------------------------------------------------------------------------------------------------

    def write(self, changes: Mapping[str, Opened | None]) -> None:
        """Take new texts; `None`: the file was closed."""
        for path, change in changes.items():
            self._open.pop(path, None)
            if change is None:
                self._close(path)
            else:
                self._open[path] = change
                self._changed.add(path)
                self.project.register((path,))
                self.project.write(path, change.text, change.breaks)

    def step(self) -> tuple[dict[str, Shown], bool]:
        """Check one of the open files that changes may matter to, the one that was changed last first. Gives what is to be shown anew, by path, and
        whether all is done."""
        due = [path for path in reversed(self._open) if self._is_due(path, self._entries.get(path))]
        if due:
            self._entries[due[0]] = self._check(due[0])
        news, is_done = self._news(due[1:]), len(due) <= 1
        if is_done and self.project.count > len(self.kept) * _GROWTH:
            self._tidy()
        return news, is_done

    def update(self, changes: Mapping[str, Opened | None]) -> dict[str, Shown]:
        """Take new texts, check all that they may change, and give what is to be shown anew, by path."""
        self.write(changes)
        news: dict[str, Shown] = {}
        is_done = False
        while not is_done:
            found, is_done = self.step()
            news |= found
        return news

    def refresh(self) -> None:
        """Files on the disk may have changed, come or gone."""
        self.project.refresh()
        self.baselines.forget()

    def settings(self, path: str) -> config.Settings:
        """The settings of a file."""
        return self.configuration.found(Path(path).parent).settings

    def _check(self, path: str) -> _Entry:
        settings = self.settings(path)
        generation = self.project.generation
        return _Entry(self._engine(settings).check(path), generation, settings)

    def _engine(self, settings: config.Settings) -> Engine:
        if settings not in self._engines:
            in_use = {self.settings(path) for path in self._open}
            self._engines = {known: engine for known, engine in self._engines.items() if known in in_use}
            for wrong in engine.usable().wrong:
                self.configuration.complain(wrong)
            self._engines[settings] = Engine(self.project, settings, every=engine.usable().rules)
        return self._engines[settings]

    def _is_due(self, path: str, entry: _Entry | None) -> bool:
        if entry is None or entry.settings != self.settings(path):
            return True
        changed = self.project.changed_since(entry.generation)
        return changed is None or not changed.isdisjoint(entry.checked.files)

    def _close(self, path: str) -> None:
        self._entries.pop(path, None)
        self._shown.pop(path, None)
        self._parted.pop(path, None)
        self._changed.discard(path)
        self.project.drop(path)
        for each in self._engines.values():
            each.forget(path)

    def _tidy(self) -> None:
        """Let go of the files that no finding rests on any more."""
        every = (*self._entries.values(), *self._scanned.values())
        self.kept = frozenset(path for entry in every for path in entry.checked.files)
        self.project.keep(self.kept)
        for each in self._engines.values():
            each.keep(self.kept)

    def _news(self, due: list[str]) -> dict[str, Shown]:
        """What is to be shown anew; nothing of files that wait for a check, nor of those that such a check last found something in."""
        blocked = set(due)
        for path in due:
            if (entry := self._entries.get(path)) is not None:
                blocked |= {each.path for each in entry.checked.found}
        by_path = merged((path, entry.checked.found) for path, entry in self._entries.items())
        news: dict[str, Shown] = {}
        for path, opened in self._open.items():
            document = self.project.document(path) if path not in blocked else None
            if document is None:
                continue
            found = by_path.get(path, ())
            if document.suppressions:
                found = tuple(sorted((*found, *self._idle_comments(document)), key=order))
            found = self._new(opened, document, found)
            before = self._shown.get(path)
            if path in self._changed or before is None or before.found != found or before.document is not document:
                news[path] = self._shown[path] = Shown(opened, document, found, self._others(path, found))
                self._changed.discard(path)
        return news

    def _new(self, opened: Opened, document: Document, found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        """The findings of a file that the baseline does not accept."""
        path = opened.path
        accepted = self.baselines.of(path) if found else None
        if accepted is None:
            return found
        before = self._parted.get(path)
        if before is None or before.document is not document or before.accepted is not accepted or before.found != found:
            lines = opened.written
            new = tuple(baseline.split(found, accepted.counts, lambda _: lines, accepted.file.parent).new)
            before = self._parted[path] = _Parted(document, accepted, found, new)
        return before.new

    def accept(self, path: str, known_by: Identity) -> Path | None:
        """Accept a finding that is shown; the baseline that was written, `None` where it is not shown any more. Raises `BaselineError` and `OSError`."""
        shown = self._shown.get(path)
        if shown is None or all(each != known_by for _, each in self.baselines.identities(path, shown.found, shown.opened.written)):
            return None
        return self.baselines.accept(path, known_by)

    def _idle_comments(self, document: Document) -> Iterator[Diagnostic]:
        """The comments of an open file that silence nothing, as far as that can be told without looking into all files."""
        path = document.path
        silenced = [each for entry in self._entries.values() for each in entry.checked.silenced if each.path == path]
        yield from comments.unused(path, document.text, comments.judged(document), silenced, self.settings(path), engine.usable().rules, is_whole=False)

    def _others(self, path: str, found: tuple[Diagnostic, ...]) -> dict[str, Elsewhere]:
        names = {related.path for each in found for related in each.related} - {path}
        return {name: self._open.get(name) or self.project.lines(name) for name in names}

    # The whole workspace -------------------------------------------------------------------------------------------

    def discovered(self, roots: list[str]) -> list[str]:
        """The Python files of the roots that are not open; of those that were scanned before and are gone, nothing is kept."""
        names: list[str] = []
        for root in roots:
            if os.path.isdir(root):  # noqa: PTH112  # `Path.is_dir` raises where a folder may not be looked into.
                exclude = self.configuration.found(Path(root)).settings.exclude
                found = discovery.discover((root,), exclude, suffixes=(".py", ".pyi"))
                names += [str(each) for each in found if not isinstance(each, files.Notice)]
        closed = {name: None for name in names if name not in self._open}
        self._scanned = {name: entry for name, entry in self._scanned.items() if name in closed}
        self._parted = {name: each for name, each in self._parted.items() if name in self._open or name in self._scanned}
        return list(closed)

    def scan(self, path: str) -> tuple[Diagnostic, ...]:
        """Check a file that is not open, where something changed that may matter to it; what its own check finds."""
        entry = self._scanned.get(path)
        if self._is_due(path, entry):
            entry = self._scanned[path] = self._check(path)
            for each in self._engines.values():
                each.forget(path)
        assert entry is not None  # What is not known is due.
        return entry.checked.found

    def scanned(self) -> dict[str, Shown]:
        """The findings of all files that were scanned or are open, by the file that they stand in: those that are not open."""
        every = {**self._scanned, **self._entries}
        by_path = merged((path, entry.checked.found) for path, entry in every.items())
        found: dict[str, Shown] = {}
        for path in self._scanned:
            document = self.project.document(path) if by_path.get(path) else None
            if document is not None:
                opened = plain(path, document.text)
                new = self._new(opened, document, by_path[path])
                found[path] = Shown(opened, document, new, self._others(path, new))
        return found

    # Fixes ---------------------------------------------------------------------------------------------------------

    def fixed(self, path: str) -> Fixed | None:
        """A file after all its safe fixes, as if it held that; nothing is changed."""
        shown, opened = self._shown.get(path), self._open.get(path)
        if shown is None or opened is None:
            return None

        def check(document: Document) -> tuple[Diagnostic, ...]:
            self.project.write(path, document.text, document.breaks)
            return tuple(each for each in self._engine(self.settings(path)).check(path).found if each.path == path)

        try:
            return fixed(shown.document, check, frozenset((Safety.SAFE,)))
        finally:
            self.project.write(path, opened.text, opened.breaks)

    @property
    def engines(self) -> Mapping[config.Settings, Engine]:
        """The engines in use, by their settings."""
        return self._engines


__all__ = ["Elsewhere", "Shown", "Workspace"]
