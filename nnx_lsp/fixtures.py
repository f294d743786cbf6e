"""Fixtures: programs with marks that say what is found where, and that verify runs under real JAX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from nnx_lsp.config import Settings
from nnx_lsp.diagnostic import Diagnostic, merged
from nnx_lsp.engine import Engine, Single
from nnx_lsp.knowledge import releases
from nnx_lsp.project.project import Project
from nnx_lsp.syntax.document import Document, Store, parse

_MARK = re.compile(r"\s*#(?P<space>\s*)(?P<carets>\^+)\s+(?P<code>[A-Z]{2,12}\d{3})\s*(?P<wrong>WRONG:)?\s*(?P<text>.*?)\s*\Z")
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
    file: str = ""
    """The file that it stands in, below the folder of a fixture that is one; else empty."""


class Fixture(msgspec.Struct, frozen=True):
    """One program. `kind` is `bad`, `fixed` or `good`; `name` is the file name without it and without `.py`.

    A folder is a small project: its `main.py` is run, and all its files are linted.
    """

    rule: str
    kind: str
    name: str
    path: Path
    """The file that is run."""
    text: str
    flax: str
    marks: tuple[Mark, ...]
    files: tuple[tuple[str, str], ...] = ()
    """For a folder, the paths and texts of all its files, `main.py` first."""

    @property
    def label(self) -> str:
        """The path below the fixtures' folder."""
        return f"{self.rule}/{self.kind}_{self.name}" + ("/" if self.files else ".py")

    @property
    def asserts(self) -> bool:
        """Whether it states anything."""
        return any("assert" in text for _, text in self.files or (("", self.text),))

    def covers(self, flax: str) -> bool:
        """Whether the program is meant for this Flax version."""
        return releases.holds(self.flax, flax)


def folder() -> Path:
    """Where the fixtures are: in a checkout beside the package, in an installed wheel inside it."""
    installed = Path(str(resources.files("nnx_lsp") / "_fixtures"))
    return installed if installed.is_dir() else Path(__file__).parent.parent / "fixtures"


def fixtures(root: Path) -> Iterator[Fixture]:
    """Every fixture below a folder, in order. Raises `FixtureError`."""
    if not root.is_dir():
        raise FixtureError(f"{root}: there is no such folder")
    for place in sorted(each for each in root.iterdir() if each.is_dir()):
        yield from fixtures_of(root, place.name)


def fixtures_of(root: Path, rule: str) -> Iterator[Fixture]:
    """The fixtures of one rule, in order. Raises `FixtureError`."""
    for path in sorted((root / rule).glob("*")):
        if path.is_dir() and path.name != "__pycache__":
            files = tuple((str(each.relative_to(path)), _text(each)) for each in sorted(path.rglob("*.py"), key=lambda each: (each != path / "main.py", each)))
            if not files or files[0][0] != "main.py":
                raise FixtureError(f"{path}: a folder needs a main.py, which is run")
            yield _fixture(path, path / "main.py", files)
        elif path.suffix == ".py":
            yield _fixture(path, path, ())


def _fixture(named: Path, main: Path, files: tuple[tuple[str, str], ...]) -> Fixture:
    kind, _, name = named.name.removesuffix(".py").partition("_")
    if kind not in ("bad", "fixed", "good") or not name:
        raise FixtureError(f"{named}: a fixture is named bad_…, fixed_… or good_…")
    text = _text(main)
    if not text.strip():
        raise FixtureError(f"{main}: an empty program shows nothing")
    marks: list[Mark] = []
    if kind != "fixed":
        for file, each in files or (("", text),):
            marks += [msgspec.structs.replace(mark, file=file) for mark in _marks(named / file if file else named, each)]
    return Fixture(named.parent.name, kind, name, main, text, _range(main, text), tuple(marks), files)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


class Found(msgspec.Struct, frozen=True):
    """A finding in a fixture, in the terms of its marks."""

    file: str
    row: int
    column: int
    end: int
    diagnostic: Diagnostic


def lint(fixture: Fixture, settings: Settings, store: Store | None = None) -> list[Found]:
    """What is found in a fixture: in all files of a folder. `store` may have its chunks, lowered."""
    if not fixture.files:
        document = parse(fixture.label, fixture.text, None, store)
        return [_found("", document, each) for each in Engine(Single(document), settings).check(document.path).found]
    folder = str(fixture.path.parent)
    project = Project(store, folder)
    names = [name for name, _ in fixture.files]
    engine = Engine(project, settings)
    by_path = merged((name, engine.check(name).found) for name in names)
    return [_found(path, there, each) for path, found in by_path.items() if (there := project.document(path)) is not None for each in found]


def _found(file: str, document: Document, each: Diagnostic) -> Found:
    at, end = document.lines.position(each.span.start), document.lines.position(each.span.end)
    width = end.column if end.row == at.row else len(document.lines.line(at.row)) + 1
    return Found(file, at.row, at.column, width, each)


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
