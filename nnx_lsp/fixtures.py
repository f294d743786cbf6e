"""Fixtures: programs with marks that say what is found where, and that verify runs under real JAX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

_MARK = re.compile(r"\s*#(?P<space>\s*)(?P<carets>\^+)\s+(?P<code>NNX\d{3})\s*(?P<wrong>WRONG:)?\s*(?P<text>.*?)\s*\Z")
_REQUIRES = re.compile(r"#\s*requires:\s*flax\s*(?P<range>[^#]+?)\s*\Z")


class FixtureError(Exception):
    """A fixture is written wrongly; the message names the file and the line."""


class Mark(msgspec.Struct, frozen=True, order=True):
    """One expected finding: rows and columns from 1, `end` behind the last column; `text` is a part of the message. `is_wrong`: known to be wrong."""

    row: int
    column: int
    end: int
    code: str
    text: str
    is_wrong: bool = False


class Fixture(msgspec.Struct, frozen=True):
    """One program. `kind` is `bad`, `fixed` or `good`; `name` is the file name without it and without `.py`."""

    rule: str
    kind: str
    name: str
    path: Path
    text: str
    flax: str
    marks: tuple[Mark, ...]

    @property
    def label(self) -> str:
        """The path below the fixtures' folder."""
        return f"{self.rule}/{self.kind}_{self.name}.py"

    def covers(self, flax: str) -> bool:
        """Whether the program is meant for this Flax version."""
        return SpecifierSet(self.flax).contains(flax, prereleases=True)


def folder() -> Path:
    """Where the fixtures are: in a checkout beside the package, in an installed wheel inside it."""
    installed = Path(str(resources.files("nnx_lsp") / "_fixtures"))
    return installed if installed.is_dir() else Path(__file__).parent.parent / "fixtures"


def fixtures(root: Path) -> Iterator[Fixture]:
    """Every fixture below a folder, in order. Raises `FixtureError`."""
    if not root.is_dir():
        raise FixtureError(f"{root}: there is no such folder")
    for path in sorted(root.glob("*/*.py")):
        kind, _, name = path.stem.partition("_")
        if kind not in ("bad", "fixed", "good") or not name:
            raise FixtureError(f"{path}: a fixture is named bad_…, fixed_… or good_…")
        text = path.read_text(encoding="utf-8")
        if not text.strip():
            raise FixtureError(f"{path}: an empty program shows nothing")
        marks = () if kind == "fixed" else tuple(_marks(path, text))
        yield Fixture(path.parent.name, kind, name, path, text, _range(path, text), marks)


def _range(path: Path, text: str) -> str:
    first = text.split("\n", 1)[0]
    if not first.startswith("# requires"):
        return ""
    match = _REQUIRES.match(first)
    if match is None:
        raise FixtureError(f"{path}:1: a requirement is written as `# requires: flax>=0.11`")
    try:
        return str(SpecifierSet(match["range"]))
    except InvalidSpecifier as error:
        raise FixtureError(f"{path}:1: {error}") from None


def _marks(path: Path, text: str) -> Iterator[Mark]:
    lines = text.split("\n")
    for index, line in enumerate(lines):
        match = _MARK.match(line)
        if match is None:
            continue
        row = index
        while row > 0 and _MARK.match(lines[row - 1]):
            row -= 1
        column, end = match.start("carets") + 1, match.end("carets") + 1
        if row == 0 or end - 1 > len(lines[row - 1]):
            raise FixtureError(f"{path}:{index + 1}: the mark points outside of the line above it")
        yield Mark(row, column, end, match["code"], match["text"], match["wrong"] is not None)
