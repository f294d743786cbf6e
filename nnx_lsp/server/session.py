"""What the server keeps of the open files, and how they are checked: one project whose overlay they are, one engine for each settings in use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from nnx_lsp import config, engine
from nnx_lsp.diagnostic import Diagnostic, Safety, merged
from nnx_lsp.engine import Checked, Engine
from nnx_lsp.fixes import Fixed, fixed
from nnx_lsp.project.project import Project
from nnx_lsp.syntax.document import Document, Store
from nnx_lsp.text import Lines


class Shown(msgspec.Struct, frozen=True):
    """The newest findings that stand in an open file, with the text that they are of."""

    version: int
    document: Document
    found: tuple[Diagnostic, ...]
    others: dict[str, Lines] = {}
    """The lines of the other files that are on the way of a finding."""


class _Entry(msgspec.Struct, frozen=True):
    """The newest check of one open file."""

    checked: Checked
    generation: int
    settings: config.Settings


class Configuration:
    """Settings by folder, read once and again when a configuration file changes. Wrong ones are said once and replaced by the defaults."""

    def __init__(self, given: dict[str, object]) -> None:
        self._given = given
        self._known: dict[Path, config.Settings] = {}
        self._said: set[str] = set()
        self.complaints: list[str] = []

    def reload(self) -> None:
        """Forget what was read."""
        self._known.clear()
        self._said.clear()

    def give(self, table: dict[str, object]) -> None:
        """Settings of the client; they are used in place of a file's."""
        self._given = table
        self.reload()

    def settings(self, folder: Path) -> config.Settings:
        """The settings of a folder."""
        if folder not in self._known:
            self._known[folder] = self._read(folder)
        return self._known[folder]

    def _read(self, folder: Path) -> config.Settings:
        try:
            rules = engine.rules
            found = config.checked(self._given, "the client's settings", rules) if self._given else config.load(folder, rules)
        except config.ConfigError as error:
            message = str(error)
            if message not in self._said:
                self._said.add(message)
                self.complaints.append(message)
            found = config.Settings()
        return config.in_force(found, folder)[0]


class Workspace:
    """The open files and what was found in them. Its methods run on one thread, one at a time."""

    def __init__(self, store: Store | None = None) -> None:
        self.project = Project(store)
        self._engines: dict[config.Settings, Engine] = {}
        self._open: dict[str, tuple[int, config.Settings]] = {}
        self._entries: dict[str, _Entry] = {}
        self._shown: dict[str, Shown] = {}

    def update(self, changes: Mapping[str, tuple[str, int, config.Settings] | None]) -> dict[str, Shown]:
        """Take new texts (`None`: the file was closed), check what they may change, and give what is to be shown anew, by path."""
        for path, change in changes.items():
            if change is None:
                self._close(path)
            else:
                text, version, settings = change
                self._open[path] = version, settings
                self.project.register((path,))
                self.project.write(path, text)
        for path, (_, settings) in self._open.items():
            if self._is_due(path, settings):
                self._entries[path] = _Entry(self._engine(settings).check(path), self.project.generation, settings)
        return self._news(changes)

    def refresh(self) -> None:
        """Files on the disk may have changed, come or gone."""
        self.project.refresh()

    def fixed(self, path: str) -> Fixed | None:
        """A file after all its safe fixes, as if it held that; nothing is changed."""
        shown = self._shown.get(path)
        if shown is None or path not in self._open:
            return None
        before = shown.document.text
        settings = self._open[path][1]

        def check(document: Document) -> tuple[Diagnostic, ...]:
            self.project.write(path, document.text)
            return tuple(each for each in self._engine(settings).check(path).found if each.path == path)

        try:
            return fixed(shown.document, check, frozenset((Safety.SAFE,)))
        finally:
            self.project.write(path, before)

    def _engine(self, settings: config.Settings) -> Engine:
        if settings not in self._engines:
            self._engines[settings] = Engine(self.project, settings)
        return self._engines[settings]

    def _is_due(self, path: str, settings: config.Settings) -> bool:
        entry = self._entries.get(path)
        if entry is None or entry.settings != settings:
            return True
        changed = self.project.changed_since(entry.generation)
        return changed is None or not changed.isdisjoint(entry.checked.files)

    def _close(self, path: str) -> None:
        self._open.pop(path, None)
        self._entries.pop(path, None)
        self._shown.pop(path, None)
        self.project.drop(path)
        for each in self._engines.values():
            each.forget(path)

    def _news(self, changes: Mapping[str, object]) -> dict[str, Shown]:
        by_path = merged((path, entry.checked.found) for path, entry in self._entries.items())
        news: dict[str, Shown] = {}
        for path, (version, _) in self._open.items():
            document = self.project.document(path)
            if document is None:
                continue
            found = by_path.get(path, ())
            now = Shown(version, document, found, self._others(path, found))
            before = self._shown.get(path)
            if path in changes or before is None or before.found != now.found or before.document is not document:
                news[path] = self._shown[path] = now
        return news

    def _others(self, path: str, found: tuple[Diagnostic, ...]) -> dict[str, Lines]:
        names = {related.path for each in found for related in each.related} - {path}
        return {name: document.lines for name in names if (document := self.project.document(name)) is not None}
