"""The Flax version in force of a folder: what its lock files pin, else what is installed, else what the project declares. Read, and never imported."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatch, translate
from pathlib import Path

import msgspec
from packaging.version import InvalidVersion, Version

from nnx_lsp.project import files

WATCHED = ("uv.lock", "pylock*.toml", "poetry.lock", "pdm.lock", "requirements*.txt", "pixi.lock", "environment.y*ml", "pyproject.toml")
"""The files that may say which Flax is in force, as patterns of their names."""
_WATCHED = re.compile("|".join(translate(pattern) for pattern in WATCHED))
_DIST_INFO = re.compile(r"flax-(?P<version>[^-]+)\.dist-info\Z")
_NAME = "flax"


class Found(msgspec.Struct, frozen=True):
    """What a place says of the Flax version. `flax` is a version, or a PEP 440 range; alternatives stand beside `||`."""

    flax: str
    source: str
    """The file, or what else says so."""
    row: int = 0
    """The line of the file; 0 where there is none."""
    unread: tuple[str, ...] = ()
    """What is to be told of files on the way that could not be read."""

    @property
    def place(self) -> str:
        """The source as it is shown."""
        return f"{self.source}:{self.row}" if self.row else self.source


def found(folder: Path) -> Found | None:
    """What is in force in a folder: the nearest lock file at or above it, else the environment in use, else the nearest declared dependency."""
    return searched(folder)[0]


def searched(folder: Path) -> tuple[Found | None, tuple[str, ...]]:
    """What is in force in a folder, as `found` gives it, and what is to be told of the files that could not be read."""
    above = list(_above(Path(os.path.realpath(folder))))
    unread: dict[str, None] = {}

    def first(readers: tuple[tuple[str, _Reader], ...]) -> Found | None:
        for each in (each for place in above for each in _said(place, readers)):
            if isinstance(each, Found):
                return each
            unread[f"{each}; it says nothing of the Flax version"] = None
        return None

    return first(_LOCKS) or _installed(folder) or first(_DECLARED), tuple(unread)


def _above(folder: Path) -> Iterator[Path]:
    """The folder and those above it, up to the root of the repository."""
    for place in (folder, *folder.parents):
        yield place
        if os.path.exists(place / ".git"):
            return


_Reader = Callable[[str, Path], Iterable[tuple[str, int]]]
"""Gives what a file says of Flax, from its text: versions or ranges, each with its line."""


def _said(folder: Path, readers: tuple[tuple[str, _Reader], ...]) -> Iterator[Found | files.FileError]:
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
                said = tuple(reader(text, path)) if _NAME in text else ()
            except files.FileError as error:
                yield error
                continue
            except (ValueError, TypeError, AttributeError, LookupError, RecursionError):  # It holds something else than such files do.
                continue
            if said:
                yield Found(" || ".join(dict.fromkeys(flax for flax, _ in said)), str(path), said[0][1])


# Lock files --------------------------------------------------------------------------------------------------------


def _locked_toml(text: str, _: Path) -> Iterator[tuple[str, int]]:
    """The `[[package]]` tables of uv, poetry and pdm, and the `[[packages]]` of pylock.toml.

    A lock file may hold thousands of packages: only the tables that name Flax are parsed.
    """
    for row, table in _cut(text, re.compile(r"^\[\[packages?\]\][^\S\n]*$", re.MULTILINE)):
        if f'"{_NAME}"' in table:
            for packages in tomllib.loads(table).values():
                for package in packages if isinstance(packages, list) else ():
                    if package.get("name") == _NAME and _is_version(version := package.get("version")):
                        yield version, row


def _locked_pixi(text: str, _: Path) -> Iterator[tuple[str, int]]:
    """The entries of pixi.lock: `- pypi: …` with `name` and `version`, or `- conda: …/flax-0.12.0-build.conda`."""
    for row, entry in _cut(text, re.compile(r"^- (?:pypi|conda): ", re.MULTILINE)):
        head = entry.partition("\n")[0]
        if f"{_NAME}-" in head or f"name: {_NAME}\n" in entry:
            packages = _yaml(re.split(r"\n(?=\S)", entry, maxsplit=1)[0])
            for package in packages if isinstance(packages, list) and isinstance(packages[0], dict) else ():
                name = str(package.get("pypi") or package.get("conda")).rpartition("/")[2]
                version = package.get("version") or name.split("-")[1]
                if package.get("name", name.split("-")[0]) == _NAME and _is_version(version):
                    yield version, row


def _pinned_requirements(text: str, path: Path) -> Iterator[tuple[str, int]]:
    """The pins of a requirements file: `flax==0.12.8`."""
    return (each for each in _requirements(text, path) if _is_version(each[0]))


def _pinned_conda(text: str, path: Path) -> Iterator[tuple[str, int]]:
    return (each for each in _conda(text, path) if _is_version(each[0]))


def _cut(text: str, start: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """The parts of a text that begin where the pattern matches, each with its line."""
    starts = [match.start() for match in start.finditer(text)]
    row, counted = 1, 0
    for begin, end in zip(starts, (*starts[1:], len(text)), strict=True):
        row, counted = row + text.count("\n", counted, begin), begin
        yield row, text[begin:end]


# What a project declares -------------------------------------------------------------------------------------------


def _requirements(text: str, _: Path) -> Iterator[tuple[str, int]]:
    """The lines of a requirements file that name Flax, without options and hashes."""
    for row, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(_NAME):
            yield from _required(re.split(r"\s(?:#|--|\\)", f"{line} ", maxsplit=1)[0], row)


def _conda(text: str, _: Path) -> Iterator[tuple[str, int]]:
    """The dependencies of a conda environment: `flax=0.12.8`, and those that are given to pip."""
    data = _yaml(text)
    dependencies = data.get("dependencies") if isinstance(data, Mapping) else None
    for each in dependencies if isinstance(dependencies, list) else ():
        if isinstance(each, Mapping):
            for line in each.get("pip") or ():
                yield from _required(str(line), _row(text, str(line)))
        elif match := _CONDA.match(str(each)):
            sign, version = match["sign"] or "=", match["version"]
            if sign == "=":  # One `=` matches the start of a version, as `0.12` does `0.12.8`.
                version = version.removesuffix(".*")
                yield (version if version.count(".") > 1 else f"=={version}.*"), _row(text, str(each))
            else:
                yield from _required(f"{_NAME}{sign}{version}", _row(text, str(each)))


_CONDA = re.compile(rf"(?:[\w.-]+::)?{_NAME}\s*(?P<sign>[=<>!~]+)?\s*(?P<version>\d[^=\s]*)(?:=\S+)?\Z")


def _declared(text: str, _: Path) -> Iterator[tuple[str, int]]:
    """The dependencies of pyproject.toml: of the project, its extras, its groups, or of Poetry; from the first of them that bounds Flax."""
    data = tomllib.loads(text)
    project = _mapping(data.get("project"))
    for listed in (project.get("dependencies"), *_mapping(project.get("optional-dependencies")).values(), *_mapping(data.get("dependency-groups")).values()):
        lines = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
        bounded = [said for line in lines for said in _required(line, _row(text, line))]
        if bounded:
            yield from bounded
            return
    given = _mapping(_mapping(_mapping(data.get("tool")).get("poetry")).get("dependencies")).get(_NAME)
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


_LOCKS: tuple[tuple[str, _Reader], ...] = (
    ("uv.lock", _locked_toml),
    ("pylock.toml", _locked_toml),
    ("pylock.*.toml", _locked_toml),
    ("poetry.lock", _locked_toml),
    ("pdm.lock", _locked_toml),
    ("requirements*.txt", _pinned_requirements),
    ("pixi.lock", _locked_pixi),
    ("environment.y*ml", _pinned_conda),
)
_DECLARED: tuple[tuple[str, _Reader], ...] = (("pyproject.toml", _declared), ("requirements*.txt", _requirements), ("environment.y*ml", _conda))


def _required(line: str, row: int) -> Iterator[tuple[str, int]]:
    """What a requirement (PEP 508) says of Flax: its version where it pins one, its range where it has bounds."""
    from packaging.requirements import InvalidRequirement, Requirement  # Loading them takes as long as all else here.

    try:
        requirement = Requirement(line.strip())
    except InvalidRequirement:
        return
    if requirement.name.lower() != _NAME or not requirement.specifier:
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


def _installed(folder: Path) -> Found | None:
    """`$VIRTUAL_ENV`, `$CONDA_PREFIX`, or a `.venv` at or above the folder; where there is none of them, the interpreter's own environment."""
    places = list(_environments(folder))
    for place in places:
        try:
            installed = sorted(place.glob("lib/python*/site-packages/flax-*.dist-info")) + sorted(place.glob("Lib/site-packages/flax-*.dist-info"))
        except OSError:
            continue
        for each in installed:
            if match := _DIST_INFO.search(each.name):
                return Found(match["version"], str(each))
    from importlib import metadata

    try:
        return None if places else Found(metadata.version(_NAME), "the environment of nnx-lint")
    except metadata.PackageNotFoundError:
        return None


def _environments(folder: Path) -> Iterator[Path]:
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


__all__ = ["WATCHED", "Found", "found", "searched"]
