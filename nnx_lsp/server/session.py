"""What the server keeps of one open file, and how a check of it runs: the engine called with a document and settings."""

from __future__ import annotations

from pathlib import Path

import msgspec

from nnx_lsp import config, engine
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.project import versions
from nnx_lsp.syntax.document import Document, parse


class Checked(msgspec.Struct, frozen=True):
    """The newest result for a file."""

    version: int
    document: Document
    found: tuple[Diagnostic, ...]


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
        if found.flax_version is None and (version := versions.flax_version(folder)) is not None:
            return msgspec.structs.replace(found, flax_version=version[0])
        return found


def checked(path: str, text: str, version: int, before: Checked | None, settings: config.Settings) -> Checked:
    """Check a text; chunks that did not change are taken from the check before."""
    document = parse(path, text, before.document if before is not None else None)
    return Checked(version, document, engine.check(document, settings))
