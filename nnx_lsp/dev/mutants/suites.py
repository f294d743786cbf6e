"""The suites that judge mutants: each is a module with a function `suite`, that is imported in the process of a mutant only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

import msgspec

from nnx_lsp import program
from nnx_lsp.dev.mutants.sources import ROOT
from nnx_lsp.knowledge import library, releases
from nnx_lsp.program import Place
from nnx_lsp.syntax.document import parse


class Suite(Protocol):
    """Cases that pass or fail, each by itself."""

    def cases(self) -> Sequence[str]:
        """Their names, in the order in which they are run."""

    def run(self, case: str) -> str | None:
        """Why a case fails; `None` where it passes. What it raises is a failure too."""


class Kept:
    """Lowered programs by their text (a `syntax.document.Store`): the tracer has no part in them, so they are made once for all mutants."""

    def __init__(self) -> None:
        self._chunks: dict[str, program.Chunk] = {}

    def read(self, texts: Sequence[str]) -> Mapping[str, program.Chunk]:
        """Those that are known."""
        return {text: self._chunks[text] for text in texts if text in self._chunks}

    def write(self, chunks: Mapping[str, program.Chunk]) -> None:
        """Keep some."""
        self._chunks.update(chunks)


class Entry(msgspec.Struct, frozen=True):
    """A suite by name: the module that has it, and the files and folders below the repository that it rests on."""

    name: str
    module: str
    rests_on: tuple[str, ...]

    def load(self, kept: Kept) -> Suite:
        """The suite. Imports the tracer."""
        suite: Suite = import_module(self.module).suite(kept)
        return suite

    def files(self) -> list[Path]:
        """All files that it rests on."""
        places = [ROOT.parent / each for each in self.rests_on]
        found = [file for place in places for file in ([place] if place.is_file() else place.rglob("*"))]
        return sorted(file for file in found if file.suffix in (".py", ".md", ".toml", ".json") and "__pycache__" not in file.parts)


SUITES = (
    Entry("fixtures", "nnx_lsp.dev.mutants.of_fixtures", ("fixtures", "nnx_lsp/dev/marks.py", "nnx_lsp/dev/mutants/of_fixtures.py")),
    Entry("values", "nnx_lsp.dev.mutants.of_values", ("tests/values", "nnx_lsp/dev/values.py", "nnx_lsp/dev/referee", "nnx_lsp/dev/mutants/of_values.py")),
)
"""The first is what there was before."""


def lowered(entries: Iterable[Entry], only: str) -> Kept:
    """The programs of the suites, lowered, as far as their paths have `only` in them. What parsing, spans and knowledge need is loaded then: a process that is
    forked later has it too."""
    kept = Kept()
    first = parse("first.py", "x = 1\n", None, kept)
    first.span(Place(first.path, first.module.keys[0], 0))
    for release in releases.RELEASES:
        library.load(release)
    for entry in entries:
        for file in entry.files():
            if file.suffix == ".py" and not file.is_relative_to(ROOT) and only in str(file):
                parse(str(file), file.read_text(encoding="utf-8"), None, kept)
    return kept
