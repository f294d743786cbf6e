"""What the files of a folder say of a package: the versions that lock files pin, and the ranges that a project declares."""

from __future__ import annotations

import ast
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from contextlib import suppress
from fnmatch import fnmatch, translate
from pathlib import Path
from typing import TypeAlias

import msgspec
from packaging.version import Version

from nnx_lsp.project import files, lists, requirements, spoken
from nnx_lsp.project.requirements import Said, is_version, required

SETTINGS = "pyproject.toml"
"""What holds settings too: who reads those says where it cannot be read."""
NAME = "flax"
BESIDE = "jax"
"""What runs what is written for Flax: its version decides too (`knowledge.library.Library.jax`)."""


class File(msgspec.Struct, frozen=True):
    """What one file says of Flax, and of the jax beside it."""

    path: str
    flax: tuple[Said, ...]
    jax: tuple[Said, ...]


_Reader = Callable[[str, str, Path], Iterable[Said]]
"""Gives what a text says of a package; the path is that of the file."""
Readers: TypeAlias = tuple[tuple[str, _Reader], ...]


def said(folder: Path, readers: Readers) -> Iterator[File | files.FileError]:
    """What each file of a folder says, in the order of the readers, or why it cannot be read; one that is not what its name says, says nothing.

    Files whose names match one pattern that stands for many are one: nobody knows which of them is in use.
    """
    try:
        names = sorted(name for name in (*os.listdir(folder), *_below(folder)) if _WATCHED.match(name))
    except OSError:
        return
    if sum(_IS_NAMED.match(name) is None for name in names) > lists.MAX_FILES:
        names = [name for name in names if _IS_NAMED.match(name)]
    for pattern, reader in readers:
        found: list[File] = []
        for name in names:
            if fnmatch(name, pattern) and (readers is not LISTED or (not _DECIDES.match(name) and _is_short(folder / name))):
                each = _of_file(folder / name, reader)
                if isinstance(each, files.FileError):
                    yield each
                elif each is not None:
                    found.append(each)
        if len(found) > 1:
            yield File(found[0].path, _together(found, "flax"), _together(found, "jax"))
        elif found:
            yield found[0]


def _is_short(path: Path) -> bool:
    with suppress(OSError):
        return path.stat().st_size <= lists.MAX_BYTES
    return False


def _of_file(path: Path, reader: _Reader) -> File | files.FileError | None:
    try:
        text = files.text(path)
        if not any(word in text.lower() for word in (NAME, BESIDE, "-r", "dynamic")):
            return None
        found, beside = tuple(reader(text, NAME, path)), tuple(reader(text, BESIDE, path))
        beside = beside or tuple(reader(text, f"{BESIDE}lib", path))
    except files.FileError as error:
        return error
    except (
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        RecursionError,
        SyntaxError,
        ConfigParserError,
    ):  # It holds something else than such files do.
        return None
    return File(str(path), found, beside) if found or beside else None


def _together(found: list[File], package: str) -> tuple[Said, ...]:
    every = ((each, file.path) for file in found for each in (file.flax if package == NAME else file.jax))
    return tuple(msgspec.structs.replace(each, path=each.path or path) for each, path in every)


def _below(folder: Path) -> Iterator[str]:
    """The files of folders below that say something: many keep their requirements in `requirements/base.txt` and the like."""
    for name in _FOLDERS:
        if (folder / name).is_dir():
            yield from (f"{name}/{each}" for each in os.listdir(folder / name))
    packaged = [name for name in os.listdir(folder) if name.endswith(".dist-info")]
    if len(packaged) == 1 and (folder / packaged[0] / "METADATA").exists():  # A folder of many packages says nothing of any.
        yield f"{packaged[0]}/METADATA"


_FOLDERS = (
    *("requirements", "reqs", "deps", "env", "envs", "environments", "conda", "setup", "install", "scripts"),
    *("docker", ".devcontainer", "binder", ".binder", "ci", ".github/workflows"),
)


# Lock files --------------------------------------------------------------------------------------------------------


def _locked_toml(text: str, name: str, path: Path) -> Iterator[Said]:
    """The `[[package]]` tables of uv, poetry and pdm, and the `[[packages]]` of pylock.toml.

    A lock file may hold thousands of packages: only the tables that name the package are parsed.
    """
    for row, table in _cut(text, re.compile(r"^\[\[packages?\]\][^\S\n]*$", re.MULTILINE)):
        if f'"{name}"' in table:
            for packages in tomllib.loads(table).values():
                for package in packages if isinstance(packages, list) else ():
                    if package.get("name") == name and is_version(version := package.get("version")):
                        yield Said(version, row, _marker(package) or _of_python(package))


def _marker(package: Mapping[str, object]) -> str:
    """For what a locked package is: uv forks a resolution by markers, Poetry has one for each group or for all, pdm and pylock.toml have one."""
    forks = package.get("resolution-markers")
    if isinstance(forks, list):
        return " or ".join(f"({fork})" for fork in forks)
    given = package.get("marker") or package.get("markers")
    if isinstance(given, Mapping):
        given = given.get("main") or next(iter(given.values()), "")
    return given if isinstance(given, str) else ""


def _of_python(package: Mapping[str, object]) -> str:
    """The marker of what Poetry, pdm and pylock.toml say of the Python that a package takes."""
    bounds = package.get("python-versions") or package.get("requires_python") or package.get("requires-python")
    signs = [re.fullmatch(r"\s*(>=|<=|<|>)\s*(3\.\d+(?:\.\d+)?)\s*", bound) for bound in bounds.split(",")] if isinstance(bounds, str) else []
    return " and ".join(f"python_full_version {sign[1]} '{sign[2]}'" for sign in signs if sign is not None)


def _locked_pixi(text: str, package: str, path: Path) -> Iterator[Said]:
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


def _pinned_requirements(text: str, name: str, path: Path) -> Iterator[Said]:
    """The pins of a requirements file: `flax==0.12.8`."""
    return (each for each in requirements.of_file(text, name, path) if is_version(each.version))


def _pinned_conda(text: str, name: str, path: Path) -> Iterator[Said]:
    return (each for each in _conda(text, name, path) if is_version(each.version))


def _locked_pipfile(text: str, name: str, path: Path) -> Iterator[Said]:
    """Pipfile.lock: `"flax": {"version": "==0.12.8"}`."""
    data = _mapping(json.loads(text))
    package = _mapping(data.get("default")).get(name) or _mapping(data.get("develop")).get(name)
    version = str(_mapping(package).get("version", "")).removeprefix("==")
    if is_version(version):
        yield Said(version, _row(text, f'"{name}"'), str(_mapping(package).get("markers", "")))


def _locked_conda(text: str, name: str, path: Path) -> Iterator[Said]:
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


def _conda(text: str, name: str, path: Path) -> Iterator[Said]:
    """The dependencies of a conda environment: `flax=0.12.8`, and those that are given to pip."""
    data = _yaml(text)
    dependencies = data.get("dependencies") if isinstance(data, Mapping) else None
    for each in dependencies if isinstance(dependencies, list) else ():
        if isinstance(each, Mapping):
            for line in each.get("pip") or ():
                yield from required(str(line), _row(text, str(line)), name)
        elif (match := _CONDA.match(str(each))) and match["name"] == name:
            sign, version = match["sign"] or "=", match["version"]
            if sign == "=":  # One `=` matches the start of a version, as `0.12` does `0.12.8`.
                version = version.removesuffix(".*")
                yield Said(version if version.count(".") > 1 else f"=={version}.*", _row(text, str(each)))
            else:
                yield from required(f"{name}{sign}{version}", _row(text, str(each)), name)


def _listed_conda(text: str, name: str, path: Path) -> Iterator[Said]:
    """An environment of conda by what stands in it."""
    if re.search(r"^dependencies:", text, re.MULTILINE) is not None and name in text:
        yield from _conda(text, name, path)


_CONDA = re.compile(r"(?:[\w.-]+::)?(?P<name>flax|jaxlib|jax)\s*(?P<sign>[=<>!~]+)?\s*(?P<version>\d\S*?)(?:(?<![=<>!~,])=[^=\s,]+)?\Z")


def _declared(text: str, name: str, path: Path) -> Iterator[Said]:
    """The dependencies of pyproject.toml: of the project, its groups, Poetry, pdm, uv, Hatch or pixi; from the first of them that bounds the package.

    Extras are optional: most who use the project do not have them, so they decide nothing. Nor do groups but `dev`, where the project itself asks for it;
    of groups that differ nobody knows which is in use.
    """
    data = tomllib.loads(text)
    project, tool = _mapping(data.get("project")), _mapping(data.get("tool"))
    uv, pdm, poetry, pixi = (_mapping(tool.get(each)) for each in ("uv", "pdm", "poetry", "pixi"))
    own = [
        *_of_list(project.get("dependencies"), text, name),
        *_of_files(_mapping(_mapping(tool.get("setuptools")).get("dynamic")).get("dependencies"), name, path),
    ]
    overrides = (
        _of_list(uv.get("override-dependencies"), text, name),
        _of_table(_mapping(pdm.get("resolution")).get("overrides"), text, name),
        requirements.narrowed(own or (), _of_list(uv.get("constraint-dependencies"), text, name)),
        () if own else _of_list(uv.get("constraint-dependencies"), text, name),
        _of_git(_mapping(uv.get("sources")).get(name), text),
    )
    found = (*overrides, own, *_of_groups(data, text, name), *_of_tables(poetry, pixi, text, name))
    yield from next(filter(None, map(tuple, found)), ())


def _of_groups(data: Mapping[str, object], text: str, name: str) -> Iterator[Iterable[Said]]:
    """The groups of pyproject.toml, and the environments of Hatch."""
    groups, tool = _mapping(data.get("dependency-groups")), _mapping(data.get("tool"))
    own = _mapping(data.get("project")).get("dependencies")
    is_asked_for = isinstance(own, list) and any(isinstance(each, str) and requirements.is_named(each, name) for each in own)
    yield _of_list(groups.get("dev"), text, name)
    yield () if is_asked_for else [said for group in groups.values() for said in _of_list(group, text, name)]
    for listed in _mapping(_mapping(tool.get("pdm")).get("dev-dependencies")).values():
        yield _of_list(listed, text, name)
    yield _of_list(_mapping(tool.get("uv")).get("dev-dependencies"), text, name)
    yield from _of_hatch(_mapping(_mapping(tool.get("hatch")).get("envs")), text, name, is_asked_for=is_asked_for)


def _of_hatch(environments: Mapping[str, object], text: str, name: str, *, is_asked_for: bool) -> Iterator[Iterable[Said]]:
    default, keys = _mapping(environments.get("default")), ("dependencies", "extra-dependencies")
    yield [said for key in keys for said in _of_list(default.get(key), text, name)]
    yield [] if is_asked_for else [said for each in environments.values() for key in keys for said in _of_list(_mapping(each).get(key), text, name)]


def _of_tables(poetry: Mapping[str, object], pixi: Mapping[str, object], text: str, name: str) -> Iterator[Iterable[Said]]:
    """The tables of Poetry and pixi."""
    yield _of_table(poetry.get("dependencies"), text, name)
    for group in _mapping(poetry.get("group")).values():
        yield _of_table(_mapping(group).get("dependencies"), text, name)
    yield _of_table(poetry.get("dev-dependencies"), text, name)
    for key in _OF_PIXI:
        yield _of_table(pixi.get(key), text, name)
    # Of features nobody knows which is in use.
    yield [said for feature in _mapping(pixi.get("feature")).values() for key in _OF_PIXI for said in _of_table(_mapping(feature).get(key), text, name)]


_OF_PIXI = ("pypi-dependencies", "dependencies")


def _of_files(dynamic: object, name: str, path: Path) -> Iterator[Said]:
    """The files of requirements that setuptools is told to read."""
    given = _mapping(dynamic).get("file")
    for each in given if isinstance(given, list) else (given,):
        if isinstance(each, str) and (path.parent / each).is_file():
            for said in requirements.of_file(files.text(path.parent / each), name, path.parent / each):
                yield msgspec.structs.replace(said, path=said.path or str(path.parent / each))


def _of_hatch_toml(text: str, name: str, path: Path) -> Iterator[Said]:
    found = _of_hatch(_mapping(tomllib.loads(text).get("envs")), text, name, is_asked_for=False)
    yield from next(filter(None, map(tuple, found)), ())


def _extras(text: str, name: str, path: Path) -> Iterator[Said]:
    """The extras of pyproject.toml, and what Poetry has as optional."""
    data = tomllib.loads(text)
    own = _mapping(_mapping(_mapping(_mapping(data.get("tool")).get("poetry")).get("dependencies")).get(name))
    yield from _of_table({name: {**own, "optional": False}}, text, name) if own.get("optional") is True else ()
    for listed in _mapping(_mapping(data.get("project")).get("optional-dependencies")).values():
        yield from _of_list(listed, text, name)


def _extras_of_setup_cfg(text: str, name: str, path: Path) -> Iterator[Said]:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    for lines in parser["options.extras_require"].values() if parser.has_section("options.extras_require") else ():
        for line in lines.splitlines():
            yield from required(line.partition("#")[0], _row(text, line.strip()), name)


def _extras_of_setup_py(text: str, name: str, path: Path) -> Iterator[Said]:
    """The lists in the dicts that are given to `extras_require`."""
    tree = ast.parse(text)
    bound = _bound(tree)
    for value in _keywords(tree, "extras_require"):
        extras = bound.get(value.id, [value])[0] if isinstance(value, ast.Name) else value
        for listed in extras.values if isinstance(extras, ast.Dict) else ():
            yield from _of_items(listed, bound, name)


def _extras_of_metadata(text: str, name: str, path: Path) -> Iterator[Said]:
    return (msgspec.structs.replace(each, marker="") for each in _of_metadata(text, name, path) if "extra" in each.marker)


def _of_list(listed: object, text: str, name: str) -> Iterator[Said]:
    """Requirements (PEP 508) in a list."""
    for line in listed if isinstance(listed, list) else ():
        if isinstance(line, str):
            yield from required(line, _row(text, line), name)


def _of_table(table: object, text: str, name: str) -> Iterator[Said]:
    """A table from names to bounds: as text, as a table with `version`, or as a list of such tables, each for some versions of Python."""
    given = _mapping(table).get(name)
    for each in given if isinstance(given, list) else (given,):
        if _mapping(each).get("optional") is True:
            continue
        yield from _of_git(each, text)
        version = _mapping(each).get("version") if isinstance(each, Mapping) else each
        if isinstance(version, str) and (parts := [_poetry(part.strip()) for part in version.split("||")]) and all(parts):
            yield from (Said(_pin(part), _row(text, version), _poetry_marker(_mapping(each))) for part in parts)


def _of_git(source: object, text: str) -> Iterator[Said]:
    """A table that names a tag or a commit: `{git = "…", tag = "v0.10.4"}`, also in a list of such tables."""
    for each in source if isinstance(source, list) else (source,):
        table = _mapping(each)
        for key in ("tag", "rev", "ref"):
            if ("git" in table or "url" in table) and isinstance(revision := table.get(key), str):
                marker = table.get("marker")
                yield from requirements.of_revision(revision, _row(text, f'"{revision}"'), marker if isinstance(marker, str) else "")


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


def _of_pipfile(text: str, name: str, path: Path) -> Iterator[Said]:
    data = tomllib.loads(text)
    yield from tuple(_of_table(data.get("packages"), text, name)) or _of_table(data.get("dev-packages"), text, name)


def _of_pixi(text: str, name: str, path: Path) -> Iterator[Said]:
    yield from next(filter(None, map(tuple, _of_tables({}, tomllib.loads(text), text, name))), ())


def _of_metadata(text: str, name: str, path: Path) -> Iterator[Said]:
    """`Requires-Dist` of a package that was built: METADATA of a wheel, PKG-INFO of a source distribution."""
    for row, line in enumerate(text.split("\n\n", 1)[0].splitlines(), 1):
        if line.startswith("Requires-Dist:"):
            yield from required(line.removeprefix("Requires-Dist:"), row, name)


def _of_setup_cfg(text: str, name: str, path: Path) -> Iterator[Said]:
    """`install_requires` of setup.cfg."""
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    for line in parser.get("options", "install_requires", fallback="").splitlines():
        yield from required(line.partition("#")[0], _row(text, line.strip()), name)


def _of_setup_py(text: str, name: str, path: Path) -> Iterator[Said]:
    """The lists that are given to `install_requires` in setup.py, written there or under a name; the file is read as text."""
    tree = ast.parse(text)
    for value in _keywords(tree, "install_requires"):
        yield from _of_items(value, _bound(tree), name)


def _keywords(tree: ast.Module, name: str) -> Iterator[ast.expr]:
    """What is given under a name to any call, or stands under it in a dict."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == name:
            yield node.value
        elif isinstance(node, ast.Dict):
            yield from (value for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant) and key.value == name)


def _bound(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """What is assigned to each name, or added to it."""
    bound: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else ()
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value is not None:
                bound.setdefault(target.id, []).append(node.value)
    return bound


def _of_items(value: ast.expr, bound: Mapping[str, list[ast.expr]], name: str) -> Iterator[Said]:
    for each in _listed(value, bound):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            for row, line in enumerate(each.value.splitlines()):
                yield from required(line, each.lineno + row, name)


def _commands(text: str, name: str, path: Path) -> Iterator[Said]:
    """What the commands of a text install."""
    return requirements.of_commands(text, name)


def _tokens(text: str, name: str, path: Path) -> Iterator[Said]:
    """What a script names with bounds, be it in a command or in a list that one is given."""
    return requirements.of_tokens(text, name)


def _of_page(text: str, name: str, path: Path) -> Iterator[Said]:
    """What the commands on a page install, else the pins that it shows: `flax==0.10.2`."""
    yield from tuple(requirements.of_commands(text, name)) or (each for each in requirements.of_tokens(text, name) if is_version(each.version))


def _of_script(text: str, name: str, path: Path) -> Iterator[Said]:
    """What a script says that it needs (PEP 723), has installed where it runs elsewhere (`image.pip_install("flax==0.10.7")`), or is to be installed for it."""
    if "# /// script" in text or "pip_install(" in text:
        yield from requirements.of_tokens("\n".join(line.lstrip("# ") for line in text.splitlines()), name)
    else:
        yield from requirements.of_commands(text, name)


def _of_notebook(text: str, name: str, path: Path) -> Iterator[Said]:
    """What the cells of a notebook install; else what their outputs say that they installed, or found there."""
    shown = _shown(name)
    if "install" not in text and "already satisfied" not in text and f"{name}.__version__" not in text and shown.search(text.replace("\\n", "\n")) is None:
        return
    cells = _mapping(json.loads(text)).get("cells")
    sources = [cell.get("source", "") for cell in cells] if isinstance(cells, list) else []
    asked = [said for each in sources for said in requirements.of_commands(each if isinstance(each, str) else "".join(each), name)]
    installed = re.findall(rf"(?:Successfully installed [^\"\\]*\b{name}-|Requirement already satisfied: {name}\S* in [^\"(]*\()(\d[\w.]*\d)", text)
    printed = [version for cell in cells for version in _printed(cell, name)] if isinstance(cells, list) else []
    # A row of a cell is not one of the file.
    yield from (msgspec.structs.replace(each, row=0) for each in asked or (Said(version, 0) for version in installed or printed if is_version(version)))


def _shown(name: str) -> re.Pattern[str]:
    """How tools print the version of a package: `pip list`, `pip freeze`, `pip show`, `watermark`."""
    return re.compile(rf"(?:^|[\"\n]\s*)(?:{name}\s*(?:==|:|\s)\s*|Name: {name}\s*[\",\s]*Version:\s*)(\d+\.\d+\.\d+)")


def _printed(cell: object, name: str) -> Iterator[str]:
    """The version of a package that the outputs of a cell show."""
    source = _mapping(cell).get("source")
    outputs = _mapping(cell).get("outputs")
    texts = [
        _mapping(output).get("text") or _mapping(_mapping(output).get("data")).get("text/plain") for output in (outputs if isinstance(outputs, list) else ())
    ]
    shown = "\n".join(text if isinstance(text, str) else "".join(map(str, text)) for text in texts if isinstance(text, str | list))
    found = _shown(name).search(shown)
    if found is None and f"{name}.__version__" in str(source):
        found = re.search(rf"\b{name}\b[^\d\n]{{0,30}}(\d+\.\d+\.\d+)", shown, re.IGNORECASE)
        is_alone = str(source).count("__version__") == 1
        found = found or (re.match(r"\s*['\"]?(\d+\.\d+\.\d+)['\"]?\s*\Z", shown) if is_alone else None)
    if found is not None:
        yield found[1]


def _listed(value: ast.expr, bound: Mapping[str, list[ast.expr]]) -> Iterator[ast.expr]:
    """The items of a list that is written as such, as a text of lines, under a name, or as the sum of such lists."""
    match value:
        case ast.List() | ast.Tuple():
            yield from value.elts
        case ast.Constant():
            yield value
        case ast.BinOp(op=ast.Add()):
            yield from _listed(value.left, bound)
            yield from _listed(value.right, bound)
        case ast.Name() if value.id in bound:
            others = {name: each for name, each in bound.items() if name != value.id}
            for each in bound[value.id]:
                yield from _listed(each, others)
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
    ("requirements/base.txt", _pinned_requirements),
    ("requirements*.txt", _pinned_requirements),
    ("*requirements*.txt", _pinned_requirements),
    ("requirements.lock", _pinned_requirements),
    ("requirements*.lock", _pinned_requirements),
    ("pixi.lock", _locked_pixi),
    ("conda-lock.yml", _locked_conda),
    ("environment.y*ml", _pinned_conda),
    ("*env*.y*ml", _pinned_conda),
    ("conda*.y*ml", _pinned_conda),
)
DECLARED: Readers = (
    (SETTINGS, _declared),
    ("setup.cfg", _of_setup_cfg),
    ("setup.py", _of_setup_py),
    ("Pipfile", _of_pipfile),
    ("pixi.toml", _of_pixi),
    ("hatch.toml", _of_hatch_toml),
    ("requirements.txt", requirements.of_file),
    ("requirements/base.txt", requirements.of_file),
    ("requirements*.txt", requirements.of_file),
    ("*requirements*.txt", requirements.of_file),
    ("*requirements*.in", requirements.of_file),
    ("environment.y*ml", _conda),
    ("*env*.y*ml", _conda),
    ("conda*.y*ml", _conda),
    ("constraints.txt", requirements.of_file),
    ("*.dist-info/METADATA", _of_metadata),
    ("PKG-INFO", _of_metadata),
)
MENTIONED: Readers = (
    ("*Dockerfile*", _commands),
    (".github/workflows/*.y*ml", _commands),
    ("*.ipynb", _of_notebook),
    ("README*", _of_page),
    ("*.sh", _tokens),
    ("Makefile", _tokens),
    ("tox.ini", _tokens),
    ("noxfile.py", _tokens),
    (".gitlab-ci.yml", _commands),
    ("*.def", _commands),
    ("*[Ii][Nn][Ss][Tt][Aa][Ll][Ll]*", _of_page),
    ("cog.yaml", _tokens),
    ("*.py", _of_script),
)
"""Files that install packages or say how to, which count where nothing else says anything."""
LISTED: Readers = (
    ("*.txt", lists.of_text),
    ("*[Rr][Ee][Qq]*", lists.of_text),
    ("*[Ff]reeze*", lists.of_text),
    ("*.pip", lists.of_text),
    ("*.y*ml", _listed_conda),
)
"""Files that are lists of requirements by what stands in them, which count where none of a folder is called so."""
SPOKEN: Readers = (
    ("README*", spoken.of_page),
    ("*[Ii][Nn][Ss][Tt][Aa][Ll][Ll]*", spoken.of_page),
    ("CLAUDE.md", spoken.of_page),
    ("AGENTS.md", spoken.of_page),
)
"""Pages that speak of versions, which decide nothing."""
OPTIONAL: Readers = (
    (SETTINGS, _extras),
    ("setup.cfg", _extras_of_setup_cfg),
    ("setup.py", _extras_of_setup_py),
    ("*.dist-info/METADATA", _extras_of_metadata),
    ("PKG-INFO", _extras_of_metadata),
)
"""Extras, which decide nothing: what they name may be in force, or the newest."""
WATCHED = tuple(dict.fromkeys(name for name, _ in (*LOCKS, *DECLARED)))
"""The files that may say which Flax is in force, as patterns of their names."""
_DECIDES = re.compile("|".join(map(translate, WATCHED)))
_IS_NAMED = re.compile("|".join(translate(pattern) for pattern in (*WATCHED, *(name for name, _ in (*MENTIONED, *SPOKEN)))))
_WATCHED = re.compile("|".join((_IS_NAMED.pattern, *(translate(pattern) for pattern, _ in LISTED))))


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
