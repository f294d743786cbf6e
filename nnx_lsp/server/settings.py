"""What the client sets, and what configuration files say: the client's keys win over a file's, one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from nnx_lsp import config, engine
from nnx_lsp.project import versions
from nnx_lsp.rule import Rule
from nnx_lsp.selection import hint

SECTION = "nnx-lint"
"""The section of a client's settings that is ours."""
_SKIPPED = ("interpreter", "environment", "path", "args", "trace", "server", "importStrategy", "enable")
"""Keys of that section which editors' own extensions read."""
_MODES = ("openFilesOnly", "workspace")
_LEVELS = ("error", "warning", "info", "debug")


class Behaviour(msgspec.Struct, frozen=True):
    """What only concerns the server. `diagnostic_mode`: what is checked without being asked for: the open files, or the whole workspace."""

    diagnostic_mode: str = "openFilesOnly"
    inlay_hints: bool = False
    log_level: str = "info"


class Found(msgspec.Struct, frozen=True):
    """The settings of a folder, and where they come from."""

    settings: config.Settings
    file: str
    """The configuration file, or nothing."""
    flax: versions.Found
    """The Flax version in force, and what says so."""


def table(options: object) -> dict[str, object]:
    """The settings among what a client sends: under `settings`, under `nnx-lint`, or all of it. What is not set is left out."""
    if not isinstance(options, Mapping):
        return {}
    for key in ("settings", SECTION):
        inner = options.get(key)
        if isinstance(inner, Mapping):
            return table(inner)
    return {_dashed(str(key)): value for key, value in options.items() if key not in _SKIPPED and value not in (None, [], {}, "")}


def _dashed(key: str) -> str:
    """A key as configuration files write it: `flaxVersion` is `flax-version`."""
    return re.sub(r"[A-Z]", lambda found: f"-{found[0].lower()}", key)


def behaviour(given: Mapping[str, object]) -> Behaviour:
    """The server's own settings in a table. Raises `ConfigError`."""
    found: dict[str, object] = {}
    for key, allowed in (("diagnostic-mode", _MODES), ("log-level", _LEVELS)):
        if (value := given.get(key)) is not None:
            if value not in allowed:
                raise config.ConfigError(f"the client's settings: `{key}` is {value!r}{hint(str(value), allowed)}; allowed are {', '.join(allowed)}")
            found[key.replace("-", "_")] = value
    if (value := given.get("inlay-hints")) is not None:
        if not isinstance(value, bool):
            raise config.ConfigError(f"the client's settings: `inlay-hints` is {value!r}; allowed are true, false")
        found["inlay_hints"] = value
    return msgspec.convert(found, Behaviour)


OWN = ("diagnostic-mode", "log-level", "inlay-hints")


class Configuration:
    """Settings by folder, read once and again when a configuration file changes. Wrong ones are said once and left out.

    It reads the disk, and is used on the thread that checks.
    """

    def __init__(self) -> None:
        self._given: dict[str, dict[str, object]] = {}
        """The client's settings by the path of the root that they are for; under `""` those for all."""
        self._roots: list[Path] = []
        self._known: dict[Path, Found] = {}
        self._good: dict[Path, config.Settings] = {}
        """What was last read without a mistake: it stands while a file is being written."""
        self._said: set[str] = set()
        self._said_before: set[str] = set()
        """What was wrong when the disk was last looked at: it is not said again while it stays so."""
        self.complaints: list[str] = []

    def give(self, given: Mapping[str, Mapping[str, object]], roots: Iterable[str] = ()) -> None:
        """Take the client's settings, by root, and all roots that it works in; and look at the disk again."""
        self._roots = sorted(map(Path, roots))
        self._given = {root: {key: value for key, value in each.items() if key not in OWN} for root, each in given.items()}
        if self._known:
            self._said_before, self._said = self._said, set()
        self._known.clear()

    def found(self, folder: Path) -> Found:
        """The settings of a folder."""
        if folder not in self._known:
            try:
                self._known[folder] = self._read(folder)
            except (OSError, ValueError, RuntimeError) as error:  # A folder that cannot be looked into keeps no other from being checked.
                self.complain(f"{folder}: {error}")
                self._known[folder] = Found(config.Settings(), "", versions.Found("", "nothing that can be read"))
        return self._known[folder]

    def root(self, folder: Path) -> Path:
        """The innermost root that a folder is in; itself where it is in none."""
        return next((root for root in reversed(self._roots) if folder.is_relative_to(root)), folder)

    def known(self) -> Mapping[Path, Found]:
        """What was read so far."""
        return self._known

    def _read(self, folder: Path) -> Found:
        file = ""
        settings = config.Settings()
        try:
            if (place := config.find(folder)) is not None:
                file = str(place)
                settings = config.read(place, _rules)
            self._good[folder] = settings
        except (config.ConfigError, OSError) as error:
            self.complain(str(error))
            settings = self._good.get(folder, settings)
        roots = [root for root in self._given if not root or folder.is_relative_to(root)]
        given: dict[str, object] = {}
        for root in sorted(roots, key=len):
            given |= self._given[root]
        for key, value in given.items():
            try:
                settings = config.checked({key: value}, config.Source("the client's settings", folder=str(self.root(folder))), _rules, settings)
            except config.ConfigError as error:
                self.complain(str(error))
        try:
            settings, where = config.in_force(settings, folder, file or "the client's settings")
        except (config.ConfigError, OSError) as error:
            self.complain(f"{folder}: {error}")
            return Found(settings, file, versions.Found("", "nothing that can be read"))
        for remark in where.remarks:
            self.complain(remark)
        return Found(settings, file, where)

    def complain(self, message: str) -> None:
        """Say once what is wrong."""
        if message not in self._said | self._said_before:
            self.complaints.append(message)
        self._said.add(message)


def _rules() -> Sequence[Rule]:
    return engine.usable().rules
