"""The settings of each file: those of its nearest configuration file, under what the command line says."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from nnx_lsp import config
from nnx_lsp.config import Settings
from nnx_lsp.knowledge import releases
from nnx_lsp.project import discovery, versions
from nnx_lsp.selection import unknown

if TYPE_CHECKING:
    from nnx_lsp.rule import Rule


class GitError(Exception):
    """Git does not know the commit, or this is no repository; the message says which."""


class Given(msgspec.Struct, frozen=True):
    """What the command line says, above all files."""

    config: str | None = None
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    flax_version: str | None = None
    markdown: bool = False
    baseline: str | None = None


def given(arguments: argparse.Namespace) -> Given:
    """What the options say. Raises `ConfigError`."""
    selectors = {name: _listed(getattr(arguments, name)) for name in ("select", "extend_select", "ignore")}
    for name, those in selectors.items():
        for selector in those:
            if (wrong := unknown(selector, rules())) is not None:
                raise config.ConfigError(f"--{name.replace('_', '-')}: {wrong}")
    if arguments.flax_version:
        try:
            releases.covered(arguments.flax_version)
        except ValueError as error:
            raise config.ConfigError(f"--flax-version: {error}") from None
    for pattern in arguments.exclude:
        if not discovery.is_pattern(pattern):
            raise config.ConfigError(f"--exclude: {pattern!r} is not a pattern as in .gitignore")
    return Given(
        arguments.config,
        **selectors,
        exclude=tuple(arguments.exclude),
        flax_version=arguments.flax_version,
        markdown=arguments.markdown,
        baseline=arguments.baseline,
    )


class Configured:
    """Settings by folder, each configuration file read once."""

    def __init__(self, given: Given, top: Path) -> None:
        self._given = given
        self._top = top
        self._files: dict[str, Path | None] = {}
        self._read: dict[Path | None, Settings] = {}
        self._folders: dict[str, Settings] = {}
        self._search = versions.Search()
        self.remarks: dict[str, None] = {}
        """What is to be told of how the Flax version was found."""

    def of(self, name: str) -> Settings:
        """The settings of a file. Raises `ConfigError`."""
        folder = os.path.dirname(name)
        found = self._folders.get(folder)
        if found is None:
            found = self._folders[folder] = self._in_force(folder)
        return found

    @cached_property
    def top(self) -> Settings:
        """Those of what was named first on the command line."""
        return self._in_force(str(self._top))

    @cached_property
    def top_file(self) -> Path | None:
        """The configuration file of what was named first."""
        return self.file(str(self._top))

    @property
    def baseline(self) -> Path:
        """The file of accepted findings, whether it is there or not: the one that is set, else the one beside the configuration file, else the one here."""
        if self.top.baseline is not None:
            return Path(self.top.baseline)
        return (self.top_file.parent if self.top_file is not None else Path.cwd()) / "nnx-lint-baseline.json"

    def file(self, folder: str) -> Path | None:
        """The configuration file that counts in a folder."""
        if self._given.config is not None:
            return Path(self._given.config)
        return self._nearest(os.path.realpath(folder))

    def _nearest(self, folder: str) -> Path | None:
        if folder not in self._files:
            above = os.path.dirname(folder)
            own = config.own(Path(folder))
            self._files[folder] = own if own is not None or above == folder else self._nearest(above)
        return self._files[folder]

    def _in_force(self, folder: str) -> Settings:
        """The settings of the files in a folder, with the versions in force there."""
        file = self.file(folder)
        if file not in self._read:
            self._read[file] = self._under(config.read(file, rules) if file is not None else Settings())
        settings, where = config.in_force(self._read[file], Path(folder), search=self._search)
        self.remarks |= dict.fromkeys(where.remarks)
        return settings

    def _under(self, settings: Settings) -> Settings:
        """The settings of a file under those of the command line."""
        say = self._given
        here = str(Path.cwd())
        return msgspec.structs.replace(
            settings,
            select=say.select or settings.select,
            extend_select=settings.extend_select + say.extend_select,
            ignore=settings.ignore + say.ignore,
            exclude=settings.exclude + tuple((here, pattern) for pattern in say.exclude),
            flax_version=say.flax_version or settings.flax_version,
            markdown=say.markdown or settings.markdown,
            baseline=os.path.join(here, say.baseline) if say.baseline else settings.baseline,
        )


def shown(configured: Configured) -> str:
    """The settings of what was named first, as a configuration file would say them, and where they come from."""
    settings = configured.top
    lines = [f"# {configured.top_file or 'no configuration file'}"]
    for key in config.KEYS:
        value = getattr(settings, key.replace("-", "_"), None)
        match key, value:
            case "severity", _:
                text = _table(settings.severity)
            case "per-file-ignores", _:
                text = _table((os.path.join(folder, pattern), list(off)) for folder, pattern, off in settings.per_file_ignores)
            case "exclude", _:
                text = _toml([os.path.join(folder, pattern) for folder, pattern in settings.exclude])
            case _, None:
                continue
            case _:
                text = _toml(list(value) if isinstance(value, tuple) else value)
        lines.append(f"{key} = {text}")
    return "\n".join(lines)


def _table(pairs: Iterable[tuple[str, object]]) -> str:
    return f"{{{', '.join(f'{_toml(key)} = {_toml(value)}' for key, value in pairs)}}}"


def _toml(value: object) -> str:
    return json.dumps(value)  # Strings, lists, numbers and truths are written alike.


def rules() -> Sequence[Rule]:
    """All rules; loading them takes longer than a run in which nothing changed."""
    from nnx_lsp import engine

    return engine.rules()


def _listed(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.strip() for each in given for part in each.split(",") if part.strip())
