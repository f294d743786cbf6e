"""Values under test: Python blocks of Markdown files in which `reveal(expression)  # words` states what the tracer knows of the expression there.

    python -m nnx_lsp.dev.values tests/values/loops.md            # shows where words and tracer differ
    python -m nnx_lsp.dev.values --write tests/values/loops.md    # writes what the tracer says; review the difference like code

A row whose claim is known to be wrong says so, and what is true: `reveal(x)  # int 1 WRONG: it is 2`.
Then the words must be what the tracer says, and the value that the program really has must lie outside; a row
that is right again fails until the mark is gone. A block may begin with `# requires: flax>=0.11`.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from markdown_it import MarkdownIt

from nnx_lsp import program
from nnx_lsp.dev.referee.claim import Claim
from nnx_lsp.dev.referee.watch import Watched, watched
from nnx_lsp.dev.referee.words import told
from nnx_lsp.engine import Single
from nnx_lsp.knowledge import releases
from nnx_lsp.program import Place
from nnx_lsp.syntax.document import Document, parse

_WORDS = re.compile(r"\)\s*#\s*(?P<words>.*?)\s*(?:WRONG:\s*(?P<why>.*?)\s*)?$")
_REQUIRES = re.compile(r"#\s*requires:\s*flax\s*(?P<range>.+?)\s*$")
_CALL = "reveal("


class BlockError(Exception):
    """A block is written wrongly; the message names the file and the line."""


class Row(msgspec.Struct, frozen=True):
    """One `reveal`: its row in the block from 1, the words behind it, and why they are wrong if they are known to be."""

    row: int
    words: str
    wrong: str


class Block(msgspec.Struct, frozen=True):
    """One program of a file. `line` is the line of the file that its first row stands in; `text` has the bare expressions in place of the calls of `reveal`."""

    path: str
    heading: str
    line: int
    text: str
    rows: tuple[Row, ...]
    flax: str
    """The Flax versions that it is for, as a specifier; empty: all."""

    @property
    def label(self) -> str:
        """How tests name it."""
        words = re.sub(r"[^a-z0-9]+", "_", self.heading.lower()).strip("_")
        return f"{Path(self.path).stem}:{words}:{self.line}"

    @property
    def needs_jax(self) -> bool:
        """Whether running it takes jax or flax."""
        return re.search(r"^\s*(import|from) (jax|flax|optax|numpy|einops)", self.text, re.MULTILINE) is not None

    def covers(self, flax: str) -> bool:
        """Whether it is meant for this Flax version."""
        return releases.holds(self.flax, flax)


def blocks(path: Path) -> Iterator[Block]:
    """The Python blocks of a Markdown file, in order. Raises `BlockError`."""
    heading, is_title = "", False
    for token in MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8")):
        if token.type == "heading_open":
            is_title = True
        elif token.type == "inline" and is_title:
            heading, is_title = token.content, False
        elif token.type == "fence":
            assert token.map is not None
            if token.info.split()[:1] != ["python"]:
                raise BlockError(f"{path}:{token.map[0] + 1}: a block that is not of Python states nothing, and one that is not closed hides what follows")
            yield _block(path, heading, token.map[0] + 2, token.content)


def _block(path: Path, heading: str, line: int, text: str) -> Block:
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise BlockError(f"{path}:{line + (error.lineno or 1) - 1}: {error.msg}") from None
    lines = text.split("\n")
    rows: list[Row] = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            continue
        call = node.value
        if not (isinstance(call.func, ast.Name) and call.func.id == "reveal"):
            continue
        where = f"{path}:{line + node.lineno - 1}"
        if call.keywords or len(call.args) != 1 or node.end_lineno != node.lineno:
            raise BlockError(f"{where}: `reveal` takes one expression, on one line")
        match = _WORDS.match(lines[node.lineno - 1], (node.end_col_offset or 1) - 1)
        if match is None:
            raise BlockError(f"{where}: what the tracer says stands behind `reveal(…)` as a comment")
        rows.append(Row(node.lineno, match["words"], match["why"] or ""))
    if not rows:
        raise BlockError(f"{path}:{line}: a block without `reveal` states nothing")
    for row in rows:  # The bare expression, in parentheses: what is walked and what is run is the same text.
        lines[row.row - 1] = lines[row.row - 1].replace(_CALL, "(", 1)
    requires = _REQUIRES.match(lines[0])
    rows.sort(key=lambda each: each.row)
    return Block(str(path), heading, line, "\n".join(lines), tuple(rows), requires["range"] if requires else "")


def claimed(block: Block, flax: str) -> dict[int, tuple[Claim, ...]]:
    """What the tracer says at each `reveal`, by its row: where the program itself comes there, by that way alone."""
    document = parse("block.py", block.text)
    return claims_of(document, watched(Single(document), [document.path], flax), {row.row for row in block.rows})


def claims_of(document: Document, walk: Watched, rows: set[int]) -> dict[int, tuple[Claim, ...]]:
    """What a walk said of the expressions that are statements of their own in these rows."""
    places = {place: row for place, row in _statements(document) if row in rows}
    by_row: dict[int, dict[bool, dict[Claim, None]]] = {}
    for said in walk.said:
        row = places.get(said.place)
        if row is not None and said.way.root.kind != "assumed":
            by_row.setdefault(row, {}).setdefault(said.way.root.kind == "module", {})[said.claim] = None
    return {row: tuple(found[True] if True in found else found[False]) for row, found in by_row.items()}


def _statements(document: Document) -> Iterator[tuple[Place, int]]:
    module = document.module
    for key, chunk in zip(module.keys, module.chunks, strict=True):
        for statement in chunk.statements:
            for node in program.walk(statement):
                if isinstance(node, program.ExpressionStatement):
                    place = Place(document.path, key, node.value.at)
                    yield place, document.lines.position(document.span(place).start).row


def words_at(block: Block, flax: str) -> dict[int, str]:
    """What the tracer says at each `reveal` in words, by its row; `not reached` if it never comes there."""
    claims = claimed(block, flax)
    return {row.row: told(claims[row.row]) if row.row in claims else "not reached" for row in block.rows}


def main() -> int:
    """Show, or write, what the tracer says; 1 if words differ."""
    parser = argparse.ArgumentParser(prog="python -m nnx_lsp.dev.values", description="Compare the words of `reveal` rows with what the tracer says.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--write", action="store_true", help="write what the tracer says into the files")
    parser.add_argument("--flax", default=releases.RELEASES[-1], metavar="VERSION", help="the Flax version in force (default: the newest)")
    given = parser.parse_args()
    differ = 0
    for path in given.files:
        lines = path.read_text(encoding="utf-8").split("\n")
        try:
            found = list(blocks(path))
        except (OSError, BlockError) as error:
            print(error, file=sys.stderr)
            return 2
        for block in found:
            if not block.covers(given.flax):
                continue
            said = words_at(block, given.flax)
            for row in block.rows:
                if said[row.row] == row.words:
                    continue
                differ += 1
                at = block.line + row.row - 2
                print(f"{path}:{at + 1}: {lines[at].strip()}\n    the tracer says: {said[row.row]}")
                code = lines[at][: lines[at].rindex(")", 0, lines[at].rindex("#")) + 1] if "#" in lines[at] else lines[at]
                lines[at] = f"{code}  # {said[row.row]}" + (f" WRONG: {row.wrong}" if row.wrong else "")
        if given.write:
            path.write_text("\n".join(lines), encoding="utf-8")
    return 1 if differ and not given.write else 0


if __name__ == "__main__":
    sys.exit(main())
