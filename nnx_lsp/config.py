"""Settings: `[tool.nnx-lint]` of pyproject.toml, or nnx-lint.toml, whichever is nearest."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from nnx_lsp.faults import FAULTS, Fault
from nnx_lsp.knowledge import releases
from nnx_lsp.project import versions
from nnx_lsp.selection import chosen, hint, narrowest, unknown
from nnx_lsp.severity import Severity

if TYPE_CHECKING:
    from nnx_lsp.rule import Rule


Rules: TypeAlias = "Callable[[], Sequence[Rule]]"
"""Gives the rules there are: they are loaded only where a setting names one."""


class ConfigError(Exception):
    """A setting is wrong; the message names the file, the key, what was given and what is allowed."""


class Settings(msgspec.Struct, frozen=True):
    """What is checked and how. `severity` maps selectors to `error`, `warning`, `info` or `off`; `flax_version`: the version or range in force."""

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, str], ...] = ()
    exclude: tuple[str, ...] = ()
    flax_version: str | None = None
    """A version or a range, see `knowledge.releases.covered`."""

    def is_on(self, rule: Rule | Fault) -> bool:
        """Whether a rule is checked: the narrowest selector that names it decides; one in preview is on only where it is named as such.

        The engine's own findings are on until they are named.
        """
        off = narrowest(self.ignore, rule)
        if isinstance(rule, Fault):
            return off < 0
        on = chosen(self.select + self.extend_select, rule)
        if on < 0 and not self.select and rule.is_default:
            on = 0
        return on >= 0 and on >= off and self.severity_of(rule) is not None

    def severity_of(self, rule: Rule | Fault) -> Severity | None:
        """The severity that the settings give a rule, its own where they give none, `None` for `off`."""
        best, found = -1, rule.severity.value
        for selector, value in self.severity:
            narrow = narrowest((selector,), rule)
            if narrow > best:
                best, found = narrow, value
        return None if found == "off" else Severity(found)

    @property
    def overrides(self) -> bool:
        """Whether any severity is set."""
        return bool(self.severity)


_KEYS = ("select", "extend-select", "ignore", "severity", "exclude", "flax-version")
_SEVERITIES = ("error", "warning", "info", "off")


def find(folder: Path) -> Path | None:
    """The nearest configuration file at or above a folder."""
    for place in (folder, *folder.parents):
        own = place / "nnx-lint.toml"
        if own.is_file():
            return own
        project = place / "pyproject.toml"
        if b"nnx-lint" in _bytes(project) and _table(project) is not None:
            return project
    return None


def load(folder: Path, rules: Rules) -> Settings:
    """The settings of a folder. Raises `ConfigError`."""
    found = find(folder.resolve())
    return read(found, rules) if found is not None else Settings()


def read(path: Path, rules: Rules) -> Settings:
    """The settings of one file. Raises `ConfigError`."""
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    table = _table(path)
    return checked(table if table is not None else {}, str(path), rules)


def in_force(settings: Settings, folder: Path, source: str | None = None) -> tuple[Settings, versions.Found]:
    """The settings with the Flax version that is in force in a folder, and where that was found; `source` names where the settings come from."""
    if settings.flax_version is not None:
        return settings, versions.Found(settings.flax_version, source or str(find(folder.resolve()) or "the settings"))
    found = versions.found(folder)
    if found is not None:
        try:
            releases.covered(found.flax)
        except ValueError:  # What is written there is no range that anybody can read.
            found = None
    if found is None:
        return settings, versions.Found(releases.RELEASES[-1], "nothing says which: the newest known")
    return msgspec.structs.replace(settings, flax_version=found.flax), found


def checked(table: Mapping[str, object], where: str, rules: Rules) -> Settings:
    """Settings from a table of keys as in `[tool.nnx-lint]`. Raises `ConfigError`; `where` names its source."""
    for key in table:
        if key not in _KEYS:
            raise ConfigError(f"{where}: `{key}` is no setting{hint(key, _KEYS)}; allowed are {', '.join(_KEYS)}")
    version = table.get("flax-version")
    if version is not None and not isinstance(version, str):
        raise ConfigError(f'{where}: `flax-version` is {version!r}; it must be a string such as "0.12.8" or ">=0.11,<0.13"')
    if version is not None:
        try:
            releases.covered(version)
        except ValueError as error:
            raise ConfigError(f"{where}: `flax-version`: {error}") from error
    severity = table.get("severity", {})
    if not isinstance(severity, Mapping):
        raise ConfigError(f'{where}: `severity` is {severity!r}; it must be a table such as {{ NNX203 = "warning" }}')
    levels: list[tuple[str, str]] = []
    for selector, value in severity.items():
        _known(str(selector), f"{where}: `severity`", rules)
        if value not in _SEVERITIES:
            raise ConfigError(f"{where}: `severity.{selector}` is {value!r}; allowed are {', '.join(_SEVERITIES)}")
        levels.append((str(selector), str(value)))
    return Settings(
        select=_selectors(table, "select", where, rules),
        extend_select=_selectors(table, "extend-select", where, rules),
        ignore=_selectors(table, "ignore", where, rules),
        severity=tuple(levels),
        exclude=_strings(table, "exclude", where),
        flax_version=version,
    )


def _selectors(table: Mapping[str, object], key: str, where: str, rules: Rules) -> tuple[str, ...]:
    found = _strings(table, key, where)
    for selector in found:
        _known(selector, f"{where}: `{key}`", rules)
    return found


def _known(selector: str, where: str, rules: Rules) -> None:
    if (wrong := unknown(selector, rules())) is not None:
        raise ConfigError(f"{where}: {wrong}")


def _strings(table: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: `{key}` is {value!r}; it must be a list of strings")
    return tuple(str(item) for item in value)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _table(path: Path) -> Mapping[str, object] | None:
    try:
        data: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is no valid TOML: {error}") from error
    if path.name != "pyproject.toml":
        return data
    tool = data.get("tool", {})
    own = tool.get("nnx-lint") if isinstance(tool, Mapping) else None
    return own if isinstance(own, Mapping) else None


__all__ = ["FAULTS", "ConfigError", "Settings", "checked", "find", "in_force", "load", "read"]
