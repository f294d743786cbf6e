"""The suite of the blocks of `tests/values`: the tracer says what stands behind each `reveal`. Nothing is run."""

from __future__ import annotations

from collections.abc import Sequence

from nnx_lsp.dev.mutants.sources import ROOT
from nnx_lsp.dev.mutants.suites import Kept, Suite
from nnx_lsp.dev.values import Block, blocks, words_at
from nnx_lsp.knowledge import releases


class _Values:
    def __init__(self) -> None:
        self._blocks: dict[str, Block] = {}
        for path in sorted((ROOT.parent / "tests/values").glob("*.md")):
            for block in blocks(path):
                assert block.label not in self._blocks, f"two blocks are called {block.label}"
                self._blocks[block.label] = block

    def cases(self) -> Sequence[str]:
        return tuple(self._blocks)

    def run(self, case: str) -> str | None:
        block = self._blocks[case]
        said = words_at(block, next(each for each in reversed(releases.RELEASES) if block.covers(each)))
        wrong = [f"line {block.line + row.row - 1} is {said[row.row]}, not {row.words}" for row in block.rows if said[row.row] != row.words]
        return "; ".join(wrong) or None


def suite(kept: Kept) -> Suite:
    """The suite. It has nothing to keep: its programs are small."""
    del kept
    return _Values()
