"""A file as the program sees it: its text, its chunks in program form, and spans on demand."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import takewhile
from typing import Protocol

import msgspec

from nnx_lsp import program
from nnx_lsp.program import Place
from nnx_lsp.syntax.chunks import ChunkError, Piece, cut
from nnx_lsp.syntax.suppressions import Malformed, Suppression, suppressions
from nnx_lsp.text import Lines, Span

_EMPTY = program.Chunk((), 0)
_KEPT_SPANS = 25_000


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
    digest: int = 0
    key: int = 0
    """See `program.digest`."""


class Store(Protocol):
    """Lowered chunks by their text, from wherever they are kept."""

    def read(self, texts: Sequence[str]) -> Mapping[str, program.Chunk]:
        """Those that are known."""

    def write(self, chunks: Mapping[str, program.Chunk]) -> None:
        """Keep some."""


class Document:
    """An immutable parsed file. Places of its module are turned into spans with `span`."""

    def __init__(self, path: str, text: str, parts: tuple[_Part, ...], breaks: tuple[int, ...] = ()) -> None:
        self.path = path
        self.text = text
        self.parts = parts
        self.breaks = breaks
        """Where the cells of a notebook start; no statement goes on behind one."""

    @cached_property
    def lines(self) -> Lines:
        """The line starts of the text."""
        return Lines(self.text)

    @cached_property
    def module(self) -> program.Module:
        """The file in program form."""
        return program.Module(self.path, tuple(part.chunk for part in self.parts), tuple(part.key for part in self.parts), bool(self.breaks))

    @cached_property
    def _by_key(self) -> dict[int, _Part]:
        return {part.key: part for part in self.parts}

    def knows(self, place: Place) -> bool:
        """Whether the place is one of this text: its chunk stands in it, and of a chunk that does not parse now, what stood there still does."""
        part = self._by_key.get(place.chunk)
        if part is None or part.problem is None:
            return part is not None
        spans = _layout(part.good, part.piece.depth)
        found = spans[place.at] if 0 <= place.at < len(spans) else Span(0, 0)
        return found.start < found.end and part.good[found.start : found.end] == part.text[found.start : found.end]

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
        part = self._by_key[place.chunk]
        spans = _layout(part.good, part.piece.depth)
        found = spans[place.at] if 0 <= place.at < len(spans) else Span(0, 0)
        size = len(part.text)
        return Span(min(found.start, size), min(found.end, size)).shifted(part.piece.start)

    def statement(self, place: Place) -> Span:
        """The range of the innermost statement that a place is in."""
        inner = [node.at for each in self._by_key[place.chunk].chunk.statements for node in program.walk(each) if isinstance(node, program.Statement)]
        return self.span(Place(place.path, place.chunk, max((at for at in inner if at <= place.at), default=place.at)))

    def node(self, place: Place) -> program.Node | None:
        """The node at a place."""
        for statement in self._by_key[place.chunk].chunk.statements:
            for node in program.walk(statement):
                if node.at == place.at:
                    return node
        return None


def parse(path: str, text: str, previous: Document | None = None, store: Store | None = None, *, breaks: tuple[int, ...] = ()) -> Document:
    """Parse a file; chunks whose text stands in `previous` are taken from there, others from the `store` where it has them.

    `breaks` are the starts of the cells of a notebook: what is broken in one does not reach into the next.
    """
    pieces = _pieces(text, previous) if not breaks else list(_pieces_of_cells(text, breaks))
    known: dict[str, _Part] = {part.text: part for part in previous.parts if part.problem is None} if previous is not None else {}
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        kept: Mapping[str, program.Chunk] = {}
        if store is not None:
            wanted = [own for piece in pieces if (own := text[piece.start : piece.end]) not in known]
            kept = store.read(wanted) if wanted else {}
        parts = [_part(text, piece, known, kept) for piece in pieces]
        if store is not None:
            fresh = {part.text: part.chunk for part in parts if part.problem is None and part.text not in known and part.text not in kept}
            if fresh:
                store.write(fresh)
        if previous is not None and any(part.problem is not None for part in parts):
            parts = _with_last_good(parts, previous)
        return Document(path, text, tuple(_keyed(parts, previous)), breaks)
    finally:
        if is_enabled:
            gc.enable()


def _keyed(parts: list[_Part], previous: Document | None) -> Iterator[_Part]:
    """Give each part its key; where the document before has a chunk of that key, the same object stands for it."""
    counts: dict[int, int] = {}
    for part in parts:
        digest = part.digest or program.digest(part.chunk)
        key = digest + (count := counts.get(digest, 0))
        counts[digest] = count + 1
        before = previous._by_key.get(key) if previous is not None else None
        chunk = part.chunk if before is None else before.chunk
        is_same = key == part.key and digest == part.digest and chunk is part.chunk
        yield part if is_same else _Part(part.piece, part.text, chunk, part.good, part.problem, digest, key)


def _pieces(text: str, previous: Document | None) -> list[Piece]:
    """The pieces of a text; those before the first difference to the previous text, and those after the last, are not scanned again."""
    if previous is None or not previous.parts or previous.breaks:
        return list(cut(text))
    old = previous.text
    before = _common_prefix(old, text)
    kept = list(takewhile(lambda piece: piece.end < before and not piece.is_open, (part.piece for part in previous.parts)))
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
            return found + [msgspec.structs.replace(part.piece, start=part.piece.start + delta, end=part.piece.end + delta) for part in moved]
        found.append(piece)
    return found


def _pieces_of_cells(text: str, breaks: tuple[int, ...]) -> Iterator[Piece]:
    for start, end in zip((0, *breaks), (*breaks, len(text)), strict=True):
        for piece in cut(text[start:end]):
            yield msgspec.structs.replace(piece, start=piece.start + start, end=piece.end + start)


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


def _part(text: str, piece: Piece, known: dict[str, _Part], kept: Mapping[str, program.Chunk]) -> _Part:
    own = text[piece.start : piece.end]
    found = known.get(own)
    if found is not None:
        return found if found.piece == piece else _Part(piece, own, found.chunk, found.good, None, found.digest, found.key)
    if (chunk := kept.get(own)) is not None:
        return _Part(piece, own, chunk, own, None)
    from nnx_lsp.syntax.parse import lowered  # LibCST is imported only where something is parsed.

    try:
        chunk = lowered(own, piece.depth)
        return _Part(piece, own, chunk, own, None, program.digest(chunk))
    except ChunkError as error:
        offset, message = error.offset, error.message
    except RecursionError:  # Python parses deeper than msgspec serialises.
        offset, message = 0, "nested too deeply for the parser"
    start = piece.start + min(offset, max(len(own.rstrip()) - 1, 0))
    return _Part(piece, own, _EMPTY, own, SyntaxProblem(Span(start, min(start + 1, len(text))), message))


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
            parts[index] = _Part(parts[index].piece, parts[index].text, before.chunk, before.good, parts[index].problem, before.digest)
    candidates = list(old[prefix : len(old) - suffix])
    for index in range(prefix, len(parts) - suffix):
        part = parts[index]
        if part.problem is not None and candidates:
            before = candidates.pop(0)
            parts[index] = _Part(part.piece, part.text, before.chunk, before.good, part.problem, before.digest)
        elif candidates:
            candidates.pop(0)
    return parts


_layouts: OrderedDict[str, list[Span]] = OrderedDict()
"""Layouts by the text they are of, the one that was used last at the end: a cache, bounded, that no result depends on."""
_kept = 0
"""How many spans there are in them."""


def _layout(text: str, depth: int) -> list[Span]:
    global _kept
    found = _layouts.get(text)
    if found is not None:
        _layouts.move_to_end(text)
        return found
    from nnx_lsp.syntax.layout import layout

    try:
        found = layout(text, depth)
    except ChunkError:
        found = []
    _layouts[text] = found
    _kept += len(found)
    while _kept > _KEPT_SPANS and len(_layouts) > 1:
        _kept -= len(_layouts.popitem(last=False)[1])
    return found
