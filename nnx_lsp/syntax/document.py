"""A file as the program sees it: its text, its chunks in program form, and spans on demand."""

from __future__ import annotations

import gc
from collections import OrderedDict
from functools import cached_property

import msgspec

from nnx_lsp import program
from nnx_lsp.program import Place
from nnx_lsp.syntax.chunks import Piece, cut
from nnx_lsp.syntax.layout import layout
from nnx_lsp.syntax.parse import ChunkError, lowered
from nnx_lsp.syntax.suppressions import Malformed, Suppression, suppressions
from nnx_lsp.text import Lines, Span

_EMPTY = program.Chunk((), 0)
_KEPT_LAYOUTS = 4096


class SyntaxProblem(msgspec.Struct, frozen=True):
    """A chunk that does not parse."""

    span: Span
    message: str


class _Part(msgspec.Struct, frozen=True):
    """One chunk of a document. `good` is the text that `chunk` was lowered from: another than the piece's where that does not parse now."""

    piece: Piece
    text: str
    chunk: program.Chunk
    good: str
    problem: SyntaxProblem | None


class Document:
    """An immutable parsed file. Places of its module are turned into spans with `span`."""

    def __init__(self, path: str, text: str, parts: tuple[_Part, ...]) -> None:
        self.path = path
        self.text = text
        self.parts = parts

    @cached_property
    def lines(self) -> Lines:
        """The line starts of the text."""
        return Lines(self.text)

    @cached_property
    def module(self) -> program.Module:
        """The file in program form."""
        return program.Module(self.path, tuple(part.chunk for part in self.parts))

    @property
    def problems(self) -> tuple[SyntaxProblem, ...]:
        """One problem for each chunk that does not parse."""
        return tuple(part.problem for part in self.parts if part.problem is not None)

    @cached_property
    def _comments(self) -> tuple[tuple[Suppression, ...], tuple[Malformed, ...]]:
        return suppressions(self.text, self.lines)

    @property
    def suppressions(self) -> tuple[Suppression, ...]:
        """The comments that silence findings."""
        return self._comments[0]

    @property
    def malformed(self) -> tuple[Malformed, ...]:
        """Comments that look like suppressions and are none."""
        return self._comments[1]

    def span(self, place: Place) -> Span:
        """The range of a place. In a chunk that does not parse now it is where it was, moved along with the chunk and kept inside it."""
        part = self.parts[place.chunk]
        spans = _layout(part.good, part.piece.depth)
        found = spans[place.at] if 0 <= place.at < len(spans) else Span(0, 0)
        size = len(part.text)
        return Span(min(found.start, size), min(found.end, size)).shifted(part.piece.start)

    def node(self, place: Place) -> program.Node | None:
        """The node at a place."""
        for statement in self.parts[place.chunk].chunk.statements:
            for node in program.walk(statement):
                if node.at == place.at:
                    return node
        return None


def parse(path: str, text: str, previous: Document | None = None) -> Document:
    """Parse a file; chunks whose text stands in `previous` are taken from there."""
    pieces = _pieces(text, previous)
    known: dict[str, _Part] = {part.text: part for part in previous.parts} if previous is not None else {}
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        parts = [_part(text, piece, known) for piece in pieces]
    finally:
        if is_enabled:
            gc.enable()
    if previous is not None and any(part.problem is not None for part in parts):
        parts = _with_last_good(parts, previous)
    return Document(path, text, tuple(parts))


def _pieces(text: str, previous: Document | None) -> list[Piece]:
    """The pieces of a text; those before the first difference to the previous text, and those after the last, are not scanned again."""
    if previous is None or not previous.parts:
        return list(cut(text))
    old = previous.text
    before = _common_prefix(old, text)
    kept = [part.piece for part in previous.parts if part.piece.end < before]
    # The end of a piece depends on the line behind it; the last one kept is scanned again.
    kept = kept[:-1]
    start = kept[-1].end if kept else 0
    delta = len(text) - len(old)
    tail = len(old) - _common_suffix(old, text, before)
    later = {part.piece.start: index for index, part in enumerate(previous.parts) if part.piece.start >= tail}
    found = list(kept)
    for piece in cut(text, start):
        index = later.get(piece.start - delta)
        if index is not None and piece.start > start:
            moved = previous.parts[index:]
            return found + [Piece(part.piece.start + delta, part.piece.end + delta, part.piece.depth) for part in moved]
        found.append(piece)
    return found


def _common_prefix(one: str, two: str) -> int:
    low, high = 0, min(len(one), len(two))
    if one[:high] == two[:high]:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == two[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_suffix(one: str, two: str, prefix: int) -> int:
    low, high = 0, min(len(one), len(two)) - prefix
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle :] == two[len(two) - middle :]:
            low = middle
        else:
            high = middle - 1
    return low


def _part(text: str, piece: Piece, known: dict[str, _Part]) -> _Part:
    own = text[piece.start : piece.end]
    found = known.get(own)
    if found is not None and found.problem is None:
        return _Part(piece, own, found.chunk, found.good, None)
    try:
        return _Part(piece, own, lowered(own, piece.depth), own, None)
    except ChunkError as error:
        start = piece.start + min(error.offset, max(len(own.rstrip()) - 1, 0))
        return _Part(piece, own, _EMPTY, own, SyntaxProblem(Span(start, min(start + 1, len(text))), error.message))


def _with_last_good(parts: list[_Part], previous: Document) -> list[_Part]:
    """Give each broken chunk the lowering that stood in its place before: between the same neighbours."""
    old = previous.parts
    prefix = 0
    while prefix < min(len(parts), len(old)) and parts[prefix].text == old[prefix].text:
        prefix += 1
    suffix = 0
    while suffix < min(len(parts), len(old)) - prefix and parts[-1 - suffix].text == old[-1 - suffix].text:
        suffix += 1
    for index in [*range(prefix), *range(len(parts) - suffix, len(parts))]:
        if parts[index].problem is not None:
            before = old[index if index < prefix else index - len(parts) + len(old)]
            parts[index] = _Part(parts[index].piece, parts[index].text, before.chunk, before.good, parts[index].problem)
    candidates = list(old[prefix : len(old) - suffix])
    for index in range(prefix, len(parts) - suffix):
        part = parts[index]
        if part.problem is not None and candidates:
            before = candidates.pop(0)
            parts[index] = _Part(part.piece, part.text, before.chunk, before.good, part.problem)
        elif candidates:
            candidates.pop(0)
    return parts


_layouts: OrderedDict[str, list[Span]] = OrderedDict()
"""Layouts by the text they are of: a cache, bounded, that no result depends on."""


def _layout(text: str, depth: int) -> list[Span]:
    found = _layouts.get(text)
    if found is None:
        try:
            found = layout(text, depth)
        except ChunkError:
            found = []
        _layouts[text] = found
        while len(_layouts) > _KEPT_LAYOUTS:
            _layouts.popitem(last=False)
    return found
