"""Requirements (PEP 508), as files of requirements, projects and commands write them: which version or range of a package they ask for."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from packaging.version import InvalidVersion, Version

from nnx_lsp.project import files


class Said(msgspec.Struct, frozen=True):
    """A version or a range (PEP 440) of a package."""

    version: str
    row: int
    marker: str = ""
    """For which Python and platform it is (PEP 508); empty: for all."""
    path: str = ""
    """The file that it stands in, where that is another than the one that was asked."""


def is_version(text: object) -> bool:
    """Whether a text is one version, and no range."""
    try:
        return isinstance(text, str) and Version(text) is not None
    except InvalidVersion:
        return False


def of_file(text: str, name: str, path: Path) -> Iterator[Said]:
    """What a file of requirements asks for, with those that it includes (`-r`), within the bounds of those that constrain it (`-c`).

    A line like `pip install "flax<0.11"` counts too.
    """
    parts = list(_included(text, path, frozenset((os.path.realpath(path),))))
    asked = [_from(each, part) for part in parts if not part.is_constraint for each in of_lines(part.text, name)]
    bounds = [_from(each, part) for part in parts if part.is_constraint for each in of_lines(part.text, name)]
    if not bounds:
        yield from asked
        return
    if asked:
        yield from narrowed(asked, bounds)
    elif any(is_named(line, name) for part in parts if not part.is_constraint for line in part.text.splitlines()):
        yield from bounds


def narrowed(asked: Iterable[Said], bounds: Iterable[Said]) -> Iterator[Said]:
    """What is asked for, within bounds that hold besides: a pin of either, else both ranges."""
    bounds = tuple(bounds)
    for each in asked:
        version, row, path = each.version, each.row, each.path
        for bound in bounds:
            if is_version(version):
                break
            version, row, path = (bound.version, bound.row, bound.path) if is_version(bound.version) else (f"{version},{bound.version}", row, path)
        yield Said(version, row, each.marker, path)


class _Part(msgspec.Struct, frozen=True):
    """The text of one file."""

    text: str
    path: str
    """Empty for the file that was asked."""
    is_constraint: bool


def _included(text: str, path: Path, above: frozenset[str], *, is_constraint: bool = False) -> Iterator[_Part]:
    """A file of requirements and what it includes; a file that includes itself ends there."""
    yield _Part(text, str(path) if len(above) > 1 else "", is_constraint)
    for option in _OPTION.finditer(text):
        other = path.parent / option["path"].strip("'\"")
        real = os.path.realpath(other)
        if real not in above and os.path.isfile(real):
            with suppress(files.FileError):
                yield from _included(files.text(other), other, above | {real}, is_constraint=is_constraint or option["constraint"] is not None)


_OPTION = re.compile(r"^[ \t]*(?:-r|--requirement|(?P<constraint>-c|--constraint))[ \t=]*(?P<path>[^\s#]+)", re.MULTILINE)


def _from(each: Said, part: _Part) -> Said:
    return msgspec.structs.replace(each, path=part.path) if part.path else each


def of_lines(text: str, name: str) -> Iterator[Said]:
    """The lines that name the package, without options and hashes."""
    for row, line in enumerate(text.splitlines(), 1):
        for asked in _asked(line):
            yield from required(asked, row, name)


def of_commands(text: str, name: str) -> Iterator[Said]:
    """What the commands in a text install: `pip install "flax==0.10.7"`, wherever it stands in a line; `\\` goes on in the next line."""
    values = {match["name"]: match["value"] for match in _VALUE.finditer(text)}
    named = re.compile(rf"(?<![\w.-]){name}\s*[\[=<>~!@]", re.IGNORECASE)
    for command in _COMMAND.finditer(text):
        line = _LINE.match(text, command.end())
        rest = _END.split(line[0], maxsplit=1)[0] if line is not None else ""
        at = named.search(rest)
        row = text.count("\n", 0, command.end() + (at.start() if at is not None else 0)) + 1
        for asked in _words(_GIVEN.sub(lambda given: values.get(given["name"], given[0]), rest.replace("\\\n", " "))):
            yield from required(_of_other_tools(asked), row, name)


def of_tokens(text: str, name: str) -> Iterator[Said]:
    """The requirements that stand anywhere in a script, in front of a space or a quote."""
    bound = r"(?:[=<>~!]=|<|>)\s?\d[\w.*]*"
    for found in re.finditer(rf"(?<![\w./-]){name}(?:\[[\w,-]*\])?{bound}(?:,\s?{bound})*(?=[\s\"'`;\\)]|\Z)", text, re.IGNORECASE):
        if "#" not in text[text.rfind("\n", 0, found.start()) + 1 : found.start()]:
            yield from required(found[0], text.count("\n", 0, found.start()) + 1, name)


def _of_other_tools(word: str) -> str:
    """`flax=0.10` of conda, which any patch release meets, and `flax@0.10.7` of Poetry."""
    if (found := _OF_OTHER_TOOLS.fullmatch(word)) is None:
        return word
    is_line = found["sign"] == "=" and found["version"].count(".") == 1
    return f"{found['name']}=={found['version']}{'.*' if is_line else ''}"


_OF_OTHER_TOOLS = re.compile(r"(?:[\w.-]+::)?(?P<name>[\w-]+)(?P<sign>[=@])(?P<version>\d+(?:\.\d+)+)(?:=\S+)?")
_COMMAND = re.compile(r"\b(?:pip3?\s+install|(?:micromamba|mamba|conda)\s+(?:install|create)|(?:uv|poetry|pdm|pixi|rye)\s+add)\s")
_LINE = re.compile(r"(?:[^\n\\]|\\\n|\\.)*")
_VALUE = re.compile(r"^\s*(?:ARG|ENV|export)?\s*(?P<name>[A-Z][A-Z0-9_]*)\s*[=: ]\s*[\"']?(?P<value>\d+(?:\.\w+)+)[\"']?\s*$", re.MULTILINE)
_GIVEN = re.compile(r"\$\{?\{?\s*(?:env\.)?(?P<name>[A-Z][A-Z0-9_]*)\s*\}?\}?")
_END = re.compile(r"&&|;\s|`|[|]|\s>")


def _words(text: str) -> list[str]:
    """The words of a command."""
    try:
        return shlex.split(text, comments=True)
    except ValueError:  # A quote that is not closed.
        return [word.strip("'\"") for word in text.split()]


def _asked(line: str) -> Iterator[str]:
    """The requirements of one line."""
    if (command := _INSTALLING.match(line)) is not None:
        yield from _words(line[command.end() :])
        return
    line = _EDITABLE.sub("", _BULLET.sub("", line.strip()))
    line = line.rstrip(",").strip("\"'") if line[:1] in ("'", '"') else line
    if exported := _EXPORTED.fullmatch(line):
        yield f"{exported[1]}=={exported[2]}"
        return
    if tabled := _TABLED.fullmatch(line):
        yield f"{tabled[1]}=={tabled[2]}"
        return
    yield re.split(r"\s(?:#|--?[a-zA-Z]|\\)", f"{line} ", maxsplit=1)[0]


_INSTALLING = re.compile(r"\s*[!%]?\s*(?:\S*python\S*\s+-m\s+|uv\s+)?pip\d?\s+install\s")
_EXPORTED = re.compile(r"([\w.-]+)=(\d[\w.]*)=\S+")
"""As `conda list --export` writes what is installed."""
_TABLED = re.compile(r"([A-Za-z][\w.-]*)(?:\s+|\s*:\s*)(\d[\w.+!]*)(?:\s+[^\s#;]\S*){0,2}")
"""As `pip list` and `conda list` do."""
_BULLET = re.compile(r"^[-*]\s+")
_EDITABLE = re.compile(r"^(?:-e|--editable)[ =]\s*")


def is_named(line: str, name: str) -> bool:
    """Whether a line asks for the package, with bounds or without."""
    return re.match(rf"\s*{name}(?![\w.-])", line, re.IGNORECASE) is not None


def required(line: str, row: int, name: str) -> Iterator[Said]:
    """What a requirement says of the package: its version where it pins one, its range where it has bounds."""
    if name not in line.lower():
        return
    if (source := _SOURCE.search(line)) is not None:
        yield from _of_source(line, source[0], row, name)
        return
    from packaging.requirements import InvalidRequirement, Requirement  # Loading them takes as long as all else here.

    try:
        requirement = Requirement(_BRACKETED.sub(r"\1", line.strip()))
    except InvalidRequirement:
        return
    if requirement.name.lower() != name or not requirement.specifier:
        return
    clauses = list(requirement.specifier)
    is_pin = len(clauses) == 1 and clauses[0].operator in ("==", "===") and is_version(clauses[0].version)
    yield Said(clauses[0].version if is_pin else str(requirement.specifier), row, str(requirement.marker or ""))


_BRACKETED = re.compile(r"\(([^()]*)\)(?=\s*(?:;|\Z))")
_SOURCE = re.compile(r"(?:git\+|https?://|file://)\S+")
ANY = ">=0.10"
"""What a package is bound by that is taken from a commit: nobody knows which release that is near to."""


def _of_source(line: str, source: str, row: int, name: str) -> Iterator[Said]:
    """`flax @ git+https://…/flax@v0.10.4` and the like; what a branch holds is the newest, so it says nothing."""
    address, _, marker = line.partition(" ;")
    if wheel := re.search(rf"/{name}-(\d[\w.]*?)(?:-py|\.tar|\.zip)", source):
        yield Said(wheel[1], row, marker.strip())
    elif re.match(rf"\s*{name}(?:\[[^\]]*\])?\s*@", line, re.IGNORECASE) is None and re.search(rf"/{name}(?:\.git)?(?:@|#|\Z|\s)", source) is None:
        return
    elif revisions := re.findall(r"(?<=[^/:])@([^@#;\s]+)", address[address.index(source[:4]) :]):
        yield from of_revision(revisions[-1], row, marker.strip())


def of_revision(revision: str, row: int, marker: str = "") -> Iterator[Said]:
    """What a tag or a commit says."""
    if is_version(version := revision.removeprefix("v")) and "." in version:
        yield Said(version, row, marker)
    elif re.fullmatch(r"[0-9a-f]{7,40}", revision):
        yield Said(ANY, row, marker)
