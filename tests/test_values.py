"""The blocks of `tests/values`: the tracer says what stands behind each `reveal`, and what Python and JAX have there lies in it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from nnx_lsp.dev.referee.judge import Judge
from nnx_lsp.dev.referee.recording import Recorder
from nnx_lsp.dev.referee.watch import watched
from nnx_lsp.dev.values import Block, BlockError, blocks, claims_of, words_at
from nnx_lsp.engine import Single
from nnx_lsp.knowledge import releases
from nnx_lsp.program import Place
from nnx_lsp.syntax.document import Document, parse

ALL = [block for path in sorted((Path(__file__).parent / "values").glob("*.md")) for block in blocks(path)]
HAS_JAX = find_spec("flax") is not None
"""Whether blocks that need jax can be run here."""


@pytest.fixture(scope="module")
def python() -> Iterator[Recorder]:
    """Runs blocks that need Python alone."""
    with Recorder(sys.executable) as recorder:
        yield recorder


@pytest.fixture(scope="module")
def jax() -> Iterator[Recorder]:
    """Runs blocks under JAX."""
    with Recorder(sys.executable, ["jax", "flax", "optax"]) as recorder:
        yield recorder


@pytest.mark.parametrize("block", ALL, ids=lambda each: each.label)
def test_the_tracer_says_what_is_revealed(block: Block) -> None:
    flax = releases.RELEASES[-1] if block.covers(releases.RELEASES[-1]) else next(each for each in reversed(releases.RELEASES) if block.covers(each))
    assert words_at(block, flax) == {row.row: row.words for row in block.rows}


@pytest.mark.parametrize("block", ALL, ids=lambda each: each.label)
def test_what_is_really_there_lies_in_it(block: Block, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if block.needs_jax and not HAS_JAX:
        pytest.skip("jax and flax are not installed: install the extra `verify`")
    flax = version("flax") if block.needs_jax else releases.RELEASES[-1]
    if not block.covers(flax):
        pytest.skip(f"the block needs flax{block.flax}")
    path = tmp_path / "block.py"
    path.write_text(block.text, encoding="utf-8")
    document = parse(str(path), block.text)
    claims = claims_of(document, watched(Single(document), [document.path], flax), {row.row for row in block.rows})
    recorder: Recorder = request.getfixturevalue("jax" if block.needs_jax else "python")
    recording = recorder.run(str(path), {str(path): block.text})
    assert recording["outcome"] in ("ran", "SystemExit"), recording
    judge = Judge(lambda place: _row(document, place), recorder.identity)
    wrong: dict[int, str] = {}
    visited: set[int] = set()
    starts = {row.row: len(block.text.split("\n")[row.row - 1].split("(", 1)[0]) for row in block.rows}
    for number, _, seen in recording["visits"]:
        _, row, column, _, end, _ = recording["places"][number]
        line = block.text.split("\n")[row - 1]
        if row in starts and column == starts[row] + 1 and line[end:].lstrip(" )").startswith("#") and row in claims:
            visited.add(row)
            for _, index in seen:
                problem = judge.problem(claims[row], recording["values"][index])
                if problem is not None:
                    wrong[row] = f"{problem.said}, and it is {problem.real}"
    known = {row.row for row in block.rows if row.wrong}
    assert {row: text for row, text in wrong.items() if row not in known} == {}
    assert known - wrong.keys() == set(), "marked as wrong, and right"
    assert {row.row for row in block.rows if row.words != "not reached"} == visited, "rows that the program reaches, or not"


def test_a_block_that_is_not_closed_hides_none_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "written.md"
    path.write_text("## Begun\n```\n\n## Hidden\n\n```python\nreveal(1)  # int 1\n```\n", encoding="utf-8")
    with pytest.raises(BlockError, match=r"written\.md:2: "):
        list(blocks(path))


def _row(document: Document, place: Place) -> tuple[str, int]:
    return document.path, document.lines.position(document.span(place).start).row
