"""The Flax version in force of a folder: what its lock files pin, else what is installed, else what the project declares. Read, and never imported."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatch, translate
from pathlib import Path
from typing import TypeAlias

import msgspec
from packaging.version import InvalidVersion, Version

from nnx_lsp.project import files

WATCHED = ("uv.lock", "pylock*.toml", "poetry.lock", "pdm.lock", "requirements*.txt", "pixi.lock", "environment.y*ml", "pyproject.toml")
"""The files that may say which Flax is in force, as patterns of their names."""
_WATCHED = re.compile("|".join(translate(pattern) for pattern in WATCHED))
_DIST_INFO = re.compile(r"(?:flax|jax)-(?P<version>[^-]+)\.dist-info\Z")
_SETTINGS = "pyproject.toml"
"""What holds settings too: who reads those says where it cannot be read."""
_NAME = "flax"
_BESIDE = "jax"
"""What runs what is written for Flax: its version decides too (`knowledge.library.Library.jax`)."""


class Found(msgspec.Struct, frozen=True):
    """What a place says of the Flax version. `flax` is a version, or a PEP 440 range; alternatives stand beside `||`."""

    flax: str
    source: str
    """The file, or what else says so."""
    row: int = 0
    """The line of the file; 0 where there is none."""
    remarks: tuple[str, ...] = ()
    """What is to be told: files on the way that could not be read, and what was passed over since it contradicts."""
    jax: str = ""
    """The version of jax that the same place names; empty where it names none."""

    @property
    def place(self) -> str:
        """The source as it is shown."""
        return f"{self.source}:{self.row}" if self.row else self.source


def found(folder: Path) -> Found | None:
    """What is in force in a folder.

    That is what the nearest lock file at or above it pins, else what the environment in use has, else what is declared. What is declared comes first where the
    other contradicts it: a pin beside a lock file, any bound below one, and a bound that the environment is outside of, which is then another project's.
    """
    return Search().of(folder)[0]


class _Nearest(msgspec.Struct, frozen=True):
    """What was found first, and how many folders above."""

    said: Found
    above: int


class Search:
    """Looks for what is in force in the folders of one run; each folder and each environment is read once."""

    def __init__(self) -> None:
        self._read: dict[tuple[Path, _Readers], tuple[Found | files.FileError, ...]] = {}
        self._installed: dict[tuple[Path, ...], Found | None] = {}

    def of(self, folder: Path) -> tuple[Found | None, tuple[str, ...]]:
        """What is in force in a folder, and what is to be told of what was read on the way."""
        above = list(_above(Path(os.path.realpath(folder))))
        remarks: dict[str, None] = {}
        lock, declared = self._first(above, _LOCKS, remarks), self._first(above, _DECLARED, remarks)
        if lock is not None and declared is not None and _overrules(declared, lock):
            remarks[f"{lock.said.place}: says Flax {lock.said.flax}, which {declared.said.place} excludes ({declared.said.flax}); that is in force"] = None
            return declared.said, tuple(remarks)
        if lock is not None:
            return lock.said, tuple(remarks)
        installed = self._of_environment(folder)
        if installed is None or declared is None or _fits(installed.flax, declared.said.flax):
            return installed or (declared.said if declared is not None else None), tuple(remarks)
        where = f"{installed.source}: Flax {installed.flax} is installed"
        remarks[f"{where}, which {declared.said.place} excludes ({declared.said.flax}); what is declared is in force"] = None
        return declared.said, tuple(remarks)

    def _first(self, above: list[Path], readers: _Readers, remarks: dict[str, None]) -> _Nearest | None:
        for count, place in enumerate(above):
            for each in self._said(place, readers):
                if isinstance(each, Found):
                    return _Nearest(each, count)
                if each.name != _SETTINGS:
                    remarks[f"{each}; it says nothing of the Flax version"] = None
        return None

    def _said(self, place: Path, readers: _Readers) -> tuple[Found | files.FileError, ...]:
        key = place, readers
        if key not in self._read:
            self._read[key] = tuple(_said(place, readers))
        return self._read[key]

    def _of_environment(self, folder: Path) -> Found | None:
        places = tuple(_environments(folder))
        if places not in self._installed:
            self._installed[places] = _installed(places)
        return self._installed[places]


def _overrules(declared: _Nearest, lock: _Nearest) -> bool:
    """Whether what is declared counts more than a lock file: it contradicts, and is a pin that stands no farther away, or stands nearer."""
    is_near = declared.above < lock.above or (declared.above == lock.above and _is_version(declared.said.flax))
    return is_near and not any(_fits(each.strip(), declared.said.flax) for each in lock.said.flax.split("||"))


def _fits(version: str, declared: str) -> bool:
    """Whether a version is in a declared range; also where one of them cannot be read."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        ranges = [f"=={each.strip()}" if _is_version(each.strip()) else each.strip() for each in declared.split("||")]
        return any(SpecifierSet(each).contains(Version(version), prereleases=True) for each in ranges)
    except (InvalidSpecifier, InvalidVersion):
        return True


def _above(folder: Path) -> Iterator[Path]:
    """The folder and those above it, up to the root of the repository."""
    for place in (folder, *folder.parents):
        yield place
        if os.path.exists(place / ".git"):
            return


_Reader = Callable[[str, str], Iterable[tuple[str, int]]]
"""Gives what a text says of a package: versions or ranges, each with its line."""
_Readers: TypeAlias = tuple[tuple[str, _Reader], ...]


def _said(folder: Path, readers: _Readers) -> Iterator[Found | files.FileError]:
    """What each file of a folder says, in the order of the readers, or why it cannot be read; one that is not what its name says, says nothing."""
    try:
        names = sorted(name for name in os.listdir(folder) if _WATCHED.match(name))
    except OSError:
        return
    for pattern, reader in readers:
        for name in names:
            if not fnmatch(name, pattern):
                continue
            path = folder / name
            try:
                text = files.text(path)
                said = tuple(reader(text, _NAME)) if _NAME in text else ()
                beside = next((version for version, _ in reader(text, _BESIDE) if _is_version(version)), "") if said else ""
            except files.FileError as error:
                yield error
                continue
            except (ValueError, TypeError, AttributeError, LookupError, RecursionError):  # It holds something else than such files do.
                continue
            if said:
                yield Found(" || ".join(dict.fromkeys(flax for flax, _ in said)), str(path), said[0][1], jax=beside)


# Lock files --------------------------------------------------------------------------------------------------------


def _locked_toml(text: str, name: str) -> Iterator[tuple[str, int]]:
    """The `[[package]]` tables of uv, poetry and pdm, and the `[[packages]]` of pylock.toml.

    A lock file may hold thousands of packages: only the tables that name the package are parsed.
    """
    for row, table in _cut(text, re.compile(r"^\[\[packages?\]\][^\S\n]*$", re.MULTILINE)):
        if f'"{name}"' in table:
            for packages in tomllib.loads(table).values():
                for package in packages if isinstance(packages, list) else ():
                    if package.get("name") == name and _is_version(version := package.get("version")):
                        yield version, row


def _locked_pixi(text: str, package: str) -> Iterator[tuple[str, int]]:
    """The entries of pixi.lock: `- pypi: …` with `name` and `version`, or `- conda: …/flax-0.12.0-build.conda`."""
    for row, entry in _cut(text, re.compile(r"^- (?:pypi|conda): ", re.MULTILINE)):
        head = entry.partition("\n")[0]
        if f"{package}-" in head or f"name: {package}\n" in entry:
            packages = _yaml(re.split(r"\n(?=\S)", entry, maxsplit=1)[0])
            for each in packages if isinstance(packages, list) and isinstance(packages[0], dict) else ():
                file = str(each.get("pypi") or each.get("conda")).rpartition("/")[2]
                version = each.get("version") or file.split("-")[1]
                if each.get("name", file.split("-")[0]) == package and _is_version(version):
                    yield version, row


def _pinned_requirements(text: str, name: str) -> Iterator[tuple[str, int]]:
    """The pins of a requirements file: `flax==0.12.8`."""
    return (each for each in _requirements(text, name) if _is_version(each[0]))


def _pinned_conda(text: str, name: str) -> Iterator[tuple[str, int]]:
    return (each for each in _conda(text, name) if _is_version(each[0]))


def _cut(text: str, start: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """The parts of a text that begin where the pattern matches, each with its line."""
    starts = [match.start() for match in start.finditer(text)]
    row, counted = 1, 0
    for begin, end in zip(starts, (*starts[1:], len(text)), strict=True):
        row, counted = row + text.count("\n", counted, begin), begin
        yield row, text[begin:end]


# What a project declares -------------------------------------------------------------------------------------------


def _requirements(text: str, name: str) -> Iterator[tuple[str, int]]:
    """The lines of a requirements file that name the package, without options and hashes."""
    for row, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(name):
            yield from _required(re.split(r"\s(?:#|--|\\)", f"{line} ", maxsplit=1)[0], row, name)


def _conda(text: str, name: str) -> Iterator[tuple[str, int]]:
    """The dependencies of a conda environment: `flax=0.12.8`, and those that are given to pip."""
    data = _yaml(text)
    dependencies = data.get("dependencies") if isinstance(data, Mapping) else None
    for each in dependencies if isinstance(dependencies, list) else ():
        if isinstance(each, Mapping):
            for line in each.get("pip") or ():
                yield from _required(str(line), _row(text, str(line)), name)
        elif (match := _CONDA.match(str(each))) and match["name"] == name:
            sign, version = match["sign"] or "=", match["version"]
            if sign == "=":  # One `=` matches the start of a version, as `0.12` does `0.12.8`.
                version = version.removesuffix(".*")
                yield (version if version.count(".") > 1 else f"=={version}.*"), _row(text, str(each))
            else:
                yield from _required(f"{name}{sign}{version}", _row(text, str(each)), name)


_CONDA = re.compile(r"(?:[\w.-]+::)?(?P<name>flax|jax)\s*(?P<sign>[=<>!~]+)?\s*(?P<version>\d[^=\s]*)(?:=\S+)?\Z")


def _declared(text: str, name: str) -> Iterator[tuple[str, int]]:
    """The dependencies of pyproject.toml: of the project, its groups, or of Poetry; from the first of them that bounds the package.

    Extras are optional: most who use the project do not have them, so they decide nothing.
    """
    data = tomllib.loads(text)
    project = _mapping(data.get("project"))
    for listed in (project.get("dependencies"), *_mapping(data.get("dependency-groups")).values()):
        lines = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
        bounded = [said for line in lines for said in _required(line, _row(text, line), name)]
        if bounded:
            yield from bounded
            return
    given = _mapping(_mapping(_mapping(data.get("tool")).get("poetry")).get("dependencies")).get(name)
    version = _mapping(given).get("version") if isinstance(given, Mapping) else given
    if isinstance(version, str) and (parts := [_poetry(part.strip()) for part in version.split("||")]) and all(parts):
        yield from ((part, _row(text, version)) for part in parts)


def _poetry(bound: str) -> str:
    """A bound as Poetry writes it in PEP 440: `^0.12.1` is `>=0.12.1,<0.13`."""
    if not bound.startswith("^"):
        return f"=={bound}" if _is_version(bound) else re.sub(r"^~(?!=)", "~=", bound).replace(" ", "").removeprefix("*")
    release = Version(bound[1:]).release
    index = next((at for at, number in enumerate(release) if number), len(release) - 1)
    after = ".".join(map(str, (*release[:index], release[index] + 1)))
    return f">={bound[1:]},<{after}"


_LOCKS: _Readers = (
    ("uv.lock", _locked_toml),
    ("pylock.toml", _locked_toml),
    ("pylock.*.toml", _locked_toml),
    ("poetry.lock", _locked_toml),
    ("pdm.lock", _locked_toml),
    ("requirements*.txt", _pinned_requirements),
    ("pixi.lock", _locked_pixi),
    ("environment.y*ml", _pinned_conda),
)
_DECLARED: _Readers = ((_SETTINGS, _declared), ("requirements*.txt", _requirements), ("environment.y*ml", _conda))


def _required(line: str, row: int, name: str) -> Iterator[tuple[str, int]]:
    """What a requirement (PEP 508) says of the package: its version where it pins one, its range where it has bounds."""
    from packaging.requirements import InvalidRequirement, Requirement  # Loading them takes as long as all else here.

    try:
        requirement = Requirement(line.strip())
    except InvalidRequirement:
        return
    if requirement.name.lower() != name or not requirement.specifier:
        return
    clauses = list(requirement.specifier)
    is_pin = len(clauses) == 1 and clauses[0].operator in ("==", "===") and _is_version(clauses[0].version)
    yield (clauses[0].version if is_pin else str(requirement.specifier)), row


def _is_version(text: object) -> bool:
    try:
        return isinstance(text, str) and Version(text) is not None
    except InvalidVersion:
        return False


def _row(text: str, part: str) -> int:
    """The first line that holds a part of the text."""
    at = text.find(part)
    return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


# The environment ---------------------------------------------------------------------------------------------------


def _installed(places: tuple[Path, ...]) -> Found | None:
    """What the first of these environments has that has Flax; where there is none of them, the interpreter's own environment."""
    for place in places:
        try:
            installed = sorted(place.glob("lib/python*/site-packages/flax-*.dist-info")) + sorted(place.glob("Lib/site-packages/flax-*.dist-info"))
        except OSError:
            continue
        for each in installed:
            if match := _DIST_INFO.search(each.name):
                return Found(match["version"], str(each), jax=_beside(each.parent))
    own = "" if places else _own(_NAME)
    return Found(own, "the environment of nnx-lint", jax=_own(_BESIDE)) if own else None


def _own(name: str) -> str:
    """The version of a package in the interpreter's own environment; empty where it is not there."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _beside(site: Path) -> str:
    """The version of jax that is installed in a folder of packages."""
    installed = sorted(site.glob(f"{_BESIDE}-*.dist-info"))
    match = _DIST_INFO.search(installed[0].name) if installed else None
    return match["version"] if match is not None else ""


def _environments(folder: Path) -> Iterator[Path]:
    """`$VIRTUAL_ENV`, `$CONDA_PREFIX`, and each `.venv` at or above the folder."""
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if active := os.environ.get(variable):
            yield Path(active)
    here = Path(os.path.realpath(folder))
    yield from (place / ".venv" for place in (here, *here.parents) if os.path.isdir(place / ".venv"))


# YAML, which is needed rarely --------------------------------------------------------------------------------------


def _yaml(text: str) -> object:
    """What YAML holds. Raises `ValueError`."""
    import yaml

    try:
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


__all__ = ["WATCHED", "Found", "Search", "found"]
