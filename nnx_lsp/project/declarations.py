"""What the files of a folder say of a package: the versions that lock files pin, and the ranges that a project declares."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from fnmatch import fnmatch, translate
from pathlib import Path
from typing import TypeAlias

import msgspec
from packaging.version import InvalidVersion, Version

from nnx_lsp.project import files

SETTINGS = "pyproject.toml"
"""What holds settings too: who reads those says where it cannot be read."""
NAME = "flax"
BESIDE = "jax"
"""What runs what is written for Flax: its version decides too (`knowledge.library.Library.jax`)."""


class Said(msgspec.Struct, frozen=True):
    """A version or a range (PEP 440) of a package."""

    version: str
    row: int
    marker: str = ""
    """For which Python and platform it is (PEP 508); empty: for all."""


class File(msgspec.Struct, frozen=True):
    """What one file says of Flax, and of the jax beside it."""

    path: str
    flax: tuple[Said, ...]
    jax: tuple[Said, ...]


_Reader = Callable[[str, str], Iterable[Said]]
"""Gives what a text says of a package."""
Readers: TypeAlias = tuple[tuple[str, _Reader], ...]


def said(folder: Path, readers: Readers) -> Iterator[File | files.FileError]:
    """What each file of a folder says, in the order of the readers, or why it cannot be read; one that is not what its name says, says nothing."""
    try:
        names = sorted(name for name in (*os.listdir(folder), *_below(folder, "requirements")) if _WATCHED.match(name))
    except OSError:
        return
    for pattern, reader in readers:
        for name in names:
            if not fnmatch(name, pattern):
                continue
            path = folder / name
            try:
                text = files.text(path)
                found = tuple(reader(text, NAME)) if NAME in text.lower() else ()
                beside = tuple(reader(text, BESIDE)) if found else ()
            except files.FileError as error:
                yield error
                continue
            except (
                ValueError,
                TypeError,
                AttributeError,
                LookupError,
                RecursionError,
                SyntaxError,
                ConfigParserError,
            ):  # It holds something else than such files do.
                continue
            if found:
                yield File(str(path), found, tuple(each for each in beside if is_version(each.version)))


def _below(folder: Path, name: str) -> Iterator[str]:
    """The files of a folder below: many keep their requirements in `requirements/base.txt` and the like."""
    if (folder / name).is_dir():
        yield from (f"{name}/{each}" for each in os.listdir(folder / name))


def is_version(text: object) -> bool:
    """Whether a text is one version, and no range."""
    try:
        return isinstance(text, str) and Version(text) is not None
    except InvalidVersion:
        return False


# Lock files --------------------------------------------------------------------------------------------------------


def _locked_toml(text: str, name: str) -> Iterator[Said]:
    """The `[[package]]` tables of uv, poetry and pdm, and the `[[packages]]` of pylock.toml.

    A lock file may hold thousands of packages: only the tables that name the package are parsed.
    """
    for row, table in _cut(text, re.compile(r"^\[\[packages?\]\][^\S\n]*$", re.MULTILINE)):
        if f'"{name}"' in table:
            for packages in tomllib.loads(table).values():
                for package in packages if isinstance(packages, list) else ():
                    if package.get("name") == name and is_version(version := package.get("version")):
                        yield Said(version, row, _marker(package))


def _marker(package: Mapping[str, object]) -> str:
    """For what a locked package is: uv forks a resolution by markers, Poetry has one for each group or for all, pdm and pylock.toml have one."""
    forks = package.get("resolution-markers")
    if isinstance(forks, list):
        return " or ".join(f"({fork})" for fork in forks)
    given = package.get("marker") or package.get("markers")
    if isinstance(given, Mapping):
        given = given.get("main") or next(iter(given.values()), "")
    return given if isinstance(given, str) else ""


def _locked_pixi(text: str, package: str) -> Iterator[Said]:
    """The entries of pixi.lock: `- pypi: …` with `name` and `version`, or `- conda: …/flax-0.12.0-build.conda`."""
    default = re.search(r"^  default:\n(?:    .*\n|\n)*", text, re.MULTILINE)
    for row, entry in _cut(text, re.compile(r"^- (?:pypi|conda): ", re.MULTILINE)):
        head = entry.partition("\n")[0]
        if f"{package}-" in head or f"name: {package}\n" in entry:
            packages = _yaml(re.split(r"\n(?=\S)", entry, maxsplit=1)[0])
            for each in packages if isinstance(packages, list) and isinstance(packages[0], dict) else ():
                file = str(each.get("pypi") or each.get("conda")).rpartition("/")[2]
                version = each.get("version") or file.split("-")[1]
                if each.get("name", file.split("-")[0]) == package and is_version(version):
                    yield Said(version, row, "" if default is None or head.removeprefix("- ") in default[0] else _OF_AN_EXTRA)


_OF_AN_EXTRA = "extra == 'another'"
"""The marker of what is for an environment beside the default one."""


def _pinned_requirements(text: str, name: str) -> Iterator[Said]:
    """The pins of a requirements file: `flax==0.12.8`."""
    return (each for each in _requirements(text, name) if is_version(each.version))


def _pinned_conda(text: str, name: str) -> Iterator[Said]:
    return (each for each in _conda(text, name) if is_version(each.version))


def _locked_pipfile(text: str, name: str) -> Iterator[Said]:
    """Pipfile.lock: `"flax": {"version": "==0.12.8"}`."""
    package = _mapping(_mapping(json.loads(text)).get("default")).get(name)
    version = str(_mapping(package).get("version", "")).removeprefix("==")
    if is_version(version):
        yield Said(version, _row(text, f'"{name}"'), str(_mapping(package).get("markers", "")))


def _locked_conda(text: str, name: str) -> Iterator[Said]:
    """conda-lock.yml: `- name: flax` with its version below."""
    for row, entry in _cut(text, re.compile(rf"^- name: {re.escape(name)}$", re.MULTILINE)):
        if (found := re.search(r"^  version: ['\"]?([\w.]+)", re.split(r"\n(?=\S)", entry, maxsplit=1)[0], re.MULTILINE)) and is_version(found[1]):
            yield Said(found[1], row)


def _cut(text: str, start: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """The parts of a text that begin where the pattern matches, each with its line."""
    starts = [match.start() for match in start.finditer(text)]
    row, counted = 1, 0
    for begin, end in zip(starts, (*starts[1:], len(text)), strict=False):  # There may be none.
        row, counted = row + text.count("\n", counted, begin), begin
        yield row, text[begin:end]


# What a project declares -------------------------------------------------------------------------------------------


def _requirements(text: str, name: str) -> Iterator[Said]:
    """The lines of a requirements file that name the package, without options and hashes; also what a line like `pip install "flax<0.11"` asks for."""
    for row, line in enumerate(text.splitlines(), 1):
        for asked in _asked(line):
            if asked.lower().startswith(name):
                yield from _required(asked, row, name)


def _asked(line: str) -> Iterator[str]:
    """The requirements of one line."""
    if (command := _INSTALLING.match(line)) is None:
        yield re.split(r"\s(?:#|--|\\)", f"{line.lstrip()} ", maxsplit=1)[0]
        return
    try:
        yield from shlex.split(line[command.end() :], comments=True)
    except ValueError:  # A quote that is not closed.
        return


_INSTALLING = re.compile(r"\s*[!%]?\s*(?:\S*python\S*\s+-m\s+|uv\s+)?pip\d?\s+install\s")


def _conda(text: str, name: str) -> Iterator[Said]:
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
                yield Said(version if version.count(".") > 1 else f"=={version}.*", _row(text, str(each)))
            else:
                yield from _required(f"{name}{sign}{version}", _row(text, str(each)), name)


_CONDA = re.compile(r"(?:[\w.-]+::)?(?P<name>flax|jax)\s*(?P<sign>[=<>!~]+)?\s*(?P<version>\d[^=\s]*)(?:=\S+)?\Z")


def _declared(text: str, name: str) -> Iterator[Said]:
    """The dependencies of pyproject.toml: of the project, its groups, Poetry, pdm, uv, Hatch or pixi; from the first of them that bounds the package.

    Extras are optional: most who use the project do not have them, so they decide nothing. Nor do groups but `dev`, where the project itself asks for it;
    of groups that differ nobody knows which is in use.
    """
    data = tomllib.loads(text)
    project, tool = _mapping(data.get("project")), _mapping(data.get("tool"))
    poetry, pixi = _mapping(tool.get("poetry")), _mapping(tool.get("pixi"))
    hatch = _mapping(_mapping(_mapping(tool.get("hatch")).get("envs")).get("default"))
    uv, groups = _mapping(tool.get("uv")), _mapping(data.get("dependency-groups"))
    named = re.compile(rf"\s*{name}(?![\w.-])", re.IGNORECASE)
    own = project.get("dependencies")
    is_asked_for = isinstance(own, list) and any(isinstance(each, str) and named.match(each) for each in own)
    listed = (
        uv.get("override-dependencies"),
        own,
        uv.get("constraint-dependencies"),
        groups.get("dev"),
        [line for group in groups.values() if isinstance(group, list) for line in group] if not is_asked_for else (),
        *_mapping(_mapping(tool.get("pdm")).get("dev-dependencies")).values(),
        uv.get("dev-dependencies"),
        hatch.get("dependencies"),
    )
    tables = (
        poetry.get("dependencies"),
        *(_mapping(group).get("dependencies") for group in _mapping(poetry.get("group")).values()),
        poetry.get("dev-dependencies"),
        pixi.get("pypi-dependencies"),
        pixi.get("dependencies"),
    )
    found = (*(tuple(_of_list(each, text, name)) for each in listed), *(tuple(_of_table(each, text, name)) for each in tables))
    yield from next(filter(None, found), ())


def _of_list(listed: object, text: str, name: str) -> Iterator[Said]:
    """Requirements (PEP 508) in a list."""
    for line in listed if isinstance(listed, list) else ():
        if isinstance(line, str):
            yield from _required(line, _row(text, line), name)


def _of_table(table: object, text: str, name: str) -> Iterator[Said]:
    """A table from names to bounds: as text, as a table with `version`, or as a list of such tables, each for some versions of Python."""
    given = _mapping(table).get(name)
    for each in given if isinstance(given, list) else (given,):
        version = _mapping(each).get("version") if isinstance(each, Mapping) else each
        if isinstance(version, str) and (parts := [_poetry(part.strip()) for part in version.split("||")]) and all(parts):
            yield from (Said(_pin(part), _row(text, version), _poetry_marker(_mapping(each))) for part in parts)


def _pin(bound: str) -> str:
    """A bound, or the version where it allows one alone."""
    version = bound.removeprefix("==")
    return version if is_version(version) else bound


def _poetry_marker(table: Mapping[str, object]) -> str:
    python = table.get("python")
    bounds = _poetry(python).split(",") if isinstance(python, str) and "||" not in python else ()
    marker = table.get("markers")
    signs = [re.match(r"([=<>!~]+)(.+)", bound.strip()) for bound in bounds]
    return marker if isinstance(marker, str) else " and ".join(f"python_version {sign[1]} '{sign[2]}'" for sign in signs if sign is not None)


def _of_pipfile(text: str, name: str) -> Iterator[Said]:
    yield from _of_table(tomllib.loads(text).get("packages"), text, name)


def _of_pixi(text: str, name: str) -> Iterator[Said]:
    data = tomllib.loads(text)
    yield from tuple(_of_table(data.get("pypi-dependencies"), text, name)) or _of_table(data.get("dependencies"), text, name)


def _of_setup_cfg(text: str, name: str) -> Iterator[Said]:
    """`install_requires` of setup.cfg."""
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    for line in parser.get("options", "install_requires", fallback="").splitlines():
        yield from _required(line.partition("#")[0], _row(text, line.strip()), name)


def _of_setup_py(text: str, name: str) -> Iterator[Said]:
    """The lists that are given to `install_requires` in setup.py, written there or under a name; the file is read as text."""
    tree = ast.parse(text)
    bound = {target.id: node.value for node in tree.body if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "install_requires":
            for each in _listed(node.value, bound):
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield from _required(each.value, each.lineno, name)


def _listed(value: ast.expr | None, bound: Mapping[str, ast.expr]) -> Iterator[ast.expr]:
    """The items of a list that is written as such, under a name, or as the sum of such lists."""
    match value:
        case ast.List() | ast.Tuple():
            yield from value.elts
        case ast.BinOp(op=ast.Add()):
            yield from _listed(value.left, bound)
            yield from _listed(value.right, bound)
        case ast.Name() if value.id in bound:
            yield from _listed(bound[value.id], {name: each for name, each in bound.items() if name != value.id})
        case _:
            return


def _poetry(bound: str) -> str:
    """A bound as Poetry writes it in PEP 440: `^0.12.1` is `>=0.12.1,<0.13`."""
    if "," in bound:
        return ",".join(_poetry(part.strip()) for part in bound.split(","))
    if line := re.fullmatch(r"(?:~\s*|==?)?(\d+\.\d+)\.\*|~\s*(\d+\.\d+)", bound):  # `~=0.12` would allow 0.13.
        return f"=={line[1] or line[2]}.*"
    if not bound.startswith("^"):
        return f"=={bound}" if is_version(bound) else re.sub(r"^~(?!=)", "~=", bound).replace(" ", "").removeprefix("*")
    release = Version(bound[1:]).release
    index = next((at for at, number in enumerate(release) if number), len(release) - 1)
    after = ".".join(map(str, (*release[:index], release[index] + 1)))
    return f">={bound[1:]},<{after}"


LOCKS: Readers = (
    ("uv.lock", _locked_toml),
    ("pylock.toml", _locked_toml),
    ("pylock.*.toml", _locked_toml),
    ("poetry.lock", _locked_toml),
    ("pdm.lock", _locked_toml),
    ("Pipfile.lock", _locked_pipfile),
    ("requirements.txt", _pinned_requirements),
    ("requirements*.txt", _pinned_requirements),
    ("pixi.lock", _locked_pixi),
    ("conda-lock.yml", _locked_conda),
    ("environment.y*ml", _pinned_conda),
)
DECLARED: Readers = (
    (SETTINGS, _declared),
    ("setup.cfg", _of_setup_cfg),
    ("setup.py", _of_setup_py),
    ("Pipfile", _of_pipfile),
    ("pixi.toml", _of_pixi),
    ("requirements.txt", _requirements),
    ("requirements*.txt", _requirements),
    ("environment.y*ml", _conda),
)
WATCHED = tuple(dict.fromkeys(name for name, _ in (*LOCKS, *DECLARED)))
"""The files that may say which Flax is in force, as patterns of their names."""
_WATCHED = re.compile("|".join(translate(pattern) for pattern in WATCHED))


def _required(line: str, row: int, name: str) -> Iterator[Said]:
    """What a requirement (PEP 508) says of the package: its version where it pins one, its range where it has bounds."""
    from packaging.requirements import InvalidRequirement, Requirement  # Loading them takes as long as all else here.

    try:
        requirement = Requirement(line.strip())
    except InvalidRequirement:
        return
    if requirement.name.lower() != name or not requirement.specifier:
        return
    clauses = list(requirement.specifier)
    is_pin = len(clauses) == 1 and clauses[0].operator in ("==", "===") and is_version(clauses[0].version)
    yield Said(clauses[0].version if is_pin else str(requirement.specifier), row, str(requirement.marker or ""))


def _row(text: str, part: str) -> int:
    """The first line that holds a part of the text."""
    at = text.find(part)
    return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


# YAML, which is needed rarely --------------------------------------------------------------------------------------


def _yaml(text: str) -> object:
    """What YAML holds. Raises `ValueError`."""
    import yaml

    try:
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
