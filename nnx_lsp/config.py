"""Settings: `[tool.nnx-lint]` of pyproject.toml, or nnx-lint.toml, whichever is nearest."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from nnx_lsp.faults import FAULTS, Fault
from nnx_lsp.knowledge import releases
from nnx_lsp.project import discovery, files, versions
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
    exclude: tuple[tuple[str, str], ...] = ()
    """Patterns as in .gitignore, each with the folder that it is relative to."""
    flax_version: str | None = None
    """A version or a range, see `knowledge.releases.covered`."""
    jax_version: str | None = None
    """The version of jax beside it, where what was found names one."""
    is_hearsay: bool = False
    """Whether the older versions in force are hearsay, see `project.versions.Found`."""
    per_file_ignores: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """A folder, a pattern relative to it, and the selectors that are off for the files that it matches."""
    require_reasons: bool = False
    markdown: bool = False
    baseline: str | None = None
    """The file of accepted findings."""
    fail_on: str = "warning"
    time_limit: float = 60.0
    """Seconds of the processor's time that the check of one file may take."""

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

    def override(self, rule: Rule | Fault) -> Severity | None:
        """The severity that the settings give a rule in the place of what is found; `None` where they give none."""
        return self.severity_of(rule) if any(narrowest((selector,), rule) >= 0 for selector, _ in self.severity) else None

    def ignored_in(self, path: str) -> tuple[str, ...]:
        """The selectors that are off for one file."""
        return tuple(selector for folder, pattern, selectors in self.per_file_ignores if matches(path, folder, (pattern,)) for selector in selectors)

    def is_on_in(self, path: str, rule: Rule | Fault) -> bool:
        """Whether a rule is checked in one file."""
        return self.is_on(rule) and (not self.per_file_ignores or narrowest(self.ignored_in(path), rule) < 0)

    def excludes(self, path: str) -> bool:
        """Whether a file is left out."""
        return any(matches(path, folder, (pattern,)) for folder, pattern in self.exclude)


@lru_cache(4096)
def matches(path: str, folder: str, patterns: tuple[str, ...]) -> bool:
    """Whether a file, or a folder above it, matches patterns as in .gitignore that are relative to a folder."""
    from pathspec import GitIgnoreSpec

    relative = os.path.relpath(path, folder)
    return relative.split(os.sep, 1)[0] != os.pardir and bool(GitIgnoreSpec.from_lines(patterns).match_file(relative.replace(os.sep, "/")))


class Key(msgspec.Struct, frozen=True):
    """A setting: the kind of its value, and what it says; the JSON schema for editors is made of these."""

    kind: str
    page: str


KEYS = {
    "extend": Key("path", "Another configuration file, relative to this one, whose settings hold where this one has none; lists of `extend-…` are joined."),
    "select": Key("selectors", "The rules that are checked: codes, starts of codes, names, groups, `ALL`, `PREVIEW`. Default: all stable ones."),
    "extend-select": Key("selectors", "Rules that are checked besides."),
    "ignore": Key("selectors", "Rules that are not checked."),
    "per-file-ignores": Key("per-file", "By pattern of files, as in .gitignore and relative to this file, the rules that are not checked there."),
    "severity": Key("severities", "By rule, `error`, `warning`, `info` or `off`."),
    "exclude": Key("strings", "Files that are left out: patterns as in .gitignore, relative to this file."),
    "flax-version": Key("version", "The Flax version, or range of versions, in force. Default: found in lock files, the environment, the dependencies."),
    "require-reasons": Key("flag", "Whether a comment that silences findings must give a reason behind `--`."),
    "markdown": Key("flag", "Whether the Python blocks of Markdown files are checked."),
    "baseline": Key("path", "The file of accepted findings, relative to this file. Default: `nnx-lint-baseline.json` beside this file, where there is one."),
    "fail-on": Key("severity", "The least severity that makes the exit status 1: `error`, `warning` or `info`. Default: `warning`."),
    "time-limit": Key("seconds", "Seconds of the processor's time that the check of one file may take. Default: 60."),
}
SEVERITIES = ("error", "warning", "info", "off")


class Source(msgspec.Struct, frozen=True):
    """Where settings come from: a file with its text, or the client of the server."""

    name: str
    text: str = ""
    table: str = ""
    """The table of the file that they stand in."""
    folder: str = ""

    def at(self, key: str, value: object = None) -> str:
        """The name of the source, with the row of a key, or of a value below it, where that is found."""
        row = _row(self.text, self.table, key, value)
        return f"{self.name}:{row}" if row else self.name


def own(folder: Path) -> Path | None:
    """The configuration file that stands in a folder. Raises `ConfigError` where one cannot be read."""
    file = folder / "nnx-lint.toml"
    if os.path.lexists(file):  # False also where a name is too long, as in a commit from another system.
        return file
    project = folder / "pyproject.toml"
    return project if os.path.lexists(project) and b"nnx-lint" in _bytes(project) and _table(project)[0] is not None else None


def find(folder: Path) -> Path | None:
    """The nearest configuration file at or above a folder. Raises `ConfigError` where one cannot be read."""
    return next((found for place in (folder, *folder.parents) if (found := own(place)) is not None), None)


def load(folder: Path, rules: Rules) -> Settings:
    """The settings of a folder. Raises `ConfigError`."""
    found = find(Path(os.path.realpath(folder)))
    return read(found, rules) if found is not None else Settings()


def read(path: Path, rules: Rules, above: tuple[Path, ...] = ()) -> Settings:
    """The settings of one file, and of those that it extends. Raises `ConfigError`."""
    if not os.path.lexists(path):
        raise ConfigError(f"{path}: there is no such file")
    table, text = _table(path)
    table = {} if table is None else table
    prefix = "tool.nnx-lint" if path.name == "pyproject.toml" else ""
    source = Source(str(path), text, prefix, os.path.dirname(os.path.realpath(path)))  # noqa: PTH120
    base = Settings()
    if "extend" in table:
        extended = table["extend"]
        if not isinstance(extended, str) or "\0" in extended:
            raise ConfigError(f"{source.at('extend')}: `extend` is {extended!r}; it must be a path")
        here, other = Path(os.path.realpath(path)), Path(os.path.realpath(path.parent / extended))
        if other in above or other == here:
            raise ConfigError(f"{source.at('extend')}: `extend` leads back to {extended}")
        if not os.path.lexists(other):
            raise ConfigError(f"{source.at('extend')}: `extend`: there is no file {extended}")
        base = read(other, rules, (*above, here))
    return checked({key: value for key, value in table.items() if key != "extend"}, source, rules, base)


def in_force(settings: Settings, folder: Path, source: str | None = None, search: versions.Search | None = None) -> tuple[Settings, versions.Found]:
    """The settings with the versions that are in force in a folder, and where they were found; `source` names where the settings come from.

    `search` keeps what was read for other folders.
    """
    if settings.flax_version is not None:
        return settings, versions.Found(settings.flax_version, source or str(find(Path(os.path.realpath(folder))) or "the settings"))
    found, remarks = (search or versions.Search()).of(folder)
    if found is not None:
        try:
            releases.covered(found.flax)
        except ValueError:  # What is written there is no range that anybody can read.
            found = None
    if found is None:
        return settings, versions.Found(releases.RELEASES[-1], "nothing says which: the newest known", remarks=remarks)
    settings = msgspec.structs.replace(settings, flax_version=found.flax, jax_version=found.jax or None, is_hearsay=found.is_hearsay)
    return settings, msgspec.structs.replace(found, remarks=remarks)


def checked(table: Mapping[str, object], where: str | Source, rules: Rules, base: Settings | None = None) -> Settings:
    """Settings from a table of keys as in `[tool.nnx-lint]`, on top of others. Raises `ConfigError`; `where` names its source."""
    source = Source(where) if isinstance(where, str) else where
    base = base or Settings()
    for key in table:
        if key not in KEYS:
            raise ConfigError(f"{source.at(key)}: `{key}` is no setting{hint(key, KEYS)}; allowed are {', '.join(KEYS)}")
        if key == "extend":
            raise ConfigError(f"{source.at(key)}: `extend` has its place in a file")
    read_ = _Reader(table, source, rules)
    version = read_.version()
    exclude = tuple((source.folder, pattern) for pattern in read_.patterns("exclude"))
    baseline = read_.text("baseline", "a path")
    return Settings(
        select=read_.selectors("select") if "select" in table else base.select,
        extend_select=base.extend_select + read_.selectors("extend-select"),
        ignore=read_.selectors("ignore") if "ignore" in table else base.ignore,
        severity=read_.severities() + base.severity,
        exclude=exclude if "exclude" in table else base.exclude,
        flax_version=version or base.flax_version,
        per_file_ignores=base.per_file_ignores + read_.per_file(),
        require_reasons=read_.flag("require-reasons", base.require_reasons),
        markdown=read_.flag("markdown", base.markdown),
        baseline=os.path.join(source.folder, baseline) if baseline else base.baseline,  # noqa: PTH118
        fail_on=read_.severity("fail-on", base.fail_on),
        time_limit=read_.seconds("time-limit", base.time_limit),
    )


class _Reader(msgspec.Struct, frozen=True):
    """Reads the values of a table."""

    table: Mapping[str, object]
    source: Source
    rules: Rules

    def wrong(self, key: str, must: str, value: object = None) -> ConfigError:
        return ConfigError(f"{self.source.at(key, value)}: `{key}` is {self.table[key]!r}; it must be {must}")

    def strings(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of strings")
        return tuple(str(item) for item in value)

    def patterns(self, key: str) -> tuple[str, ...]:
        found = self.strings(key)
        for pattern in found:
            if not discovery.is_pattern(pattern):
                raise ConfigError(f"{self.source.at(key, pattern)}: `{key}`: {pattern!r} is not a pattern as in .gitignore")
        return found

    def selectors(self, key: str) -> tuple[str, ...]:
        found = self.strings(key)
        for selector in found:
            self.known(selector, key)
        return found

    def known(self, selector: str, key: str) -> None:
        if (wrong := unknown(selector, self.rules())) is not None:
            raise ConfigError(f"{self.source.at(key, selector)}: `{key}`: {wrong}")

    def text(self, key: str, what: str) -> str | None:
        value = self.table.get(key)
        if value is not None and (not isinstance(value, str) or "\0" in value):
            raise self.wrong(key, what)
        return value

    def version(self) -> str | None:
        value = self.text("flax-version", 'a string such as "0.12.8" or ">=0.11,<0.13"')
        if value is not None:
            try:
                releases.covered(value)
            except ValueError as error:
                raise ConfigError(f"{self.source.at('flax-version')}: `flax-version`: {error}") from error
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def severity(self, key: str, default: str) -> str:
        value = self.table.get(key, default)
        if not isinstance(value, str) or value not in SEVERITIES[:3]:
            raise self.wrong(key, f"one of {', '.join(SEVERITIES[:3])}")
        return value

    def seconds(self, key: str, default: float) -> float:
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
            raise self.wrong(key, "a number of seconds above 0")
        return float(value)

    def severities(self) -> tuple[tuple[str, str], ...]:
        severity = self.mapping("severity", '{ NNX203 = "warning" }')
        for selector, value in severity.items():
            self.known(selector, "severity")
            if value not in SEVERITIES:
                raise ConfigError(f"{self.source.at('severity', selector)}: `severity.{selector}` is {value!r}; allowed are {', '.join(SEVERITIES)}")
        return tuple((selector, str(value)) for selector, value in severity.items())

    def per_file(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        found: list[tuple[str, str, tuple[str, ...]]] = []
        for pattern, value in self.mapping("per-file-ignores", '{ "tests/" = ["NNX1"] }').items():
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                at = self.source.at("per-file-ignores", pattern)
                raise ConfigError(f"{at}: `per-file-ignores`: {pattern!r} is {value!r}; it must be a list of strings")
            if not discovery.is_pattern(pattern):
                raise ConfigError(f"{self.source.at('per-file-ignores', pattern)}: `per-file-ignores`: {pattern!r} is not a pattern as in .gitignore")
            for selector in value:
                self.known(selector, "per-file-ignores")
            found.append((self.source.folder, pattern, tuple(value)))
        return tuple(found)

    def mapping(self, key: str, example: str) -> Mapping[str, object]:
        value = self.table.get(key, {})
        if not isinstance(value, Mapping):
            raise self.wrong(key, f"a table such as {example}")
        return value


def _bytes(path: Path) -> bytes:
    try:
        return files.contents(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error


def _table(path: Path) -> tuple[Mapping[str, object] | None, str]:
    """The table of settings in a file, and the text of the file."""
    try:
        text = files.text(path)
        data: dict[str, object] = tomllib.loads(text)
    except files.FileError as error:
        raise ConfigError(str(error)) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: is no valid TOML: {error}") from error
    if path.name != "pyproject.toml":
        return data, text
    tool = data.get("tool", {})
    found = tool.get("nnx-lint") if isinstance(tool, Mapping) else None
    if found is not None and not isinstance(found, Mapping):
        raise ConfigError(f"{path}: `tool.nnx-lint` is {found!r}; it must be a table")
    return found, text


_HEADER = re.compile(r"\s*\[\[?\s*(?P<name>[^\]]*?)\s*\]")


def _row(text: str, table: str, key: str, value: object) -> int | None:
    """The row of a key of a TOML table, or of a string that stands behind it (a value, or a key of a table below); told by the look of the lines."""
    inside = not table
    found: int | None = None
    names = re.compile(rf"\s*(?:{re.escape(key)}|\"{re.escape(key)}\"|'{re.escape(key)}')\s*[.=]")
    below = f"{table}.{key}" if table else key
    for row, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            name = header["name"].replace('"', "").replace(" ", "")
            inside = name == table
            if name == below:
                found = row
            elif found is not None:
                break
        if inside and found is None and names.match(line):
            found = row
        if found is not None and (value is None or re.search(rf"(?<![\w-]){re.escape(str(value))}(?![\w-])", line)):
            return row
    return found


__all__ = ["FAULTS", "KEYS", "SEVERITIES", "ConfigError", "Key", "Settings", "Source", "checked", "find", "in_force", "load", "matches", "own", "read"]
