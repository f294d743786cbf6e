"""Positions in a text: offsets inside the program, lines and columns only at its edges.

Every offset counts code points of the decoded text. Lines end as Python's tokenizer ends them: at `\\n`, `\\r\\n` and `\\r`.
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property

import msgspec

_LINE_END = re.compile(r"\r\n|\r|\n")


class Span(msgspec.Struct, frozen=True, order=True):
    """The half-open range `start <= offset < end` of a text."""

    start: int
    end: int

    def shifted(self, by: int) -> Span:
        """The same range, `by` code points further on."""
        return Span(self.start + by, self.end + by)

    def contains(self, other: Span) -> bool:
        """Whether `other` lies wholly inside this range."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two ranges share a code point, or start at one place."""
        return self.start == other.start or (self.start < other.end and other.start < self.end)


class Edit(msgspec.Struct, frozen=True, order=True):
    """A replacement of the range `span` by `text`; an empty range is an insertion."""

    span: Span
    text: str


class Position(msgspec.Struct, frozen=True, order=True):
    """A place as people count: `row` and `column` start at 1, columns count code points."""

    row: int
    column: int


class Encoding(enum.Enum):
    """The unit in which an LSP client counts columns (LSP 3.17, `PositionEncodingKind`)."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


class Lines:
    """The line starts of one text, for conversions at the edges."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def starts(self) -> list[int]:
        """Offset of the first code point of every line."""
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]

    def position(self, offset: int) -> Position:
        """Row and column (from 1, in code points) of an offset."""
        row = bisect_right(self.starts, offset)
        return Position(row, offset - self.starts[row - 1] + 1)

    def offset(self, position: Position) -> int:
        """Offset of a row and column; both are clamped to the text."""
        row = min(max(position.row, 1), len(self.starts))
        start, end = self._bounds(row)
        return min(start + max(position.column, 1) - 1, end)

    def in_cell(self, position: Position) -> tuple[int, Position]:
        """The number of the notebook's cell that a position stands in, and the position there; 0 and itself where there are no cells."""
        return 0, position

    def label(self, position: Position) -> str:
        """A position as it is written behind a path: `2:5`, in a notebook `cell 3:2:5`."""
        cell, inside = self.in_cell(position)
        return f"cell {cell}:{inside.row}:{inside.column}" if cell else f"{inside.row}:{inside.column}"

    def line(self, row: int) -> str:
        """The text of a row (from 1) without its line end."""
        start, end = self._bounds(row)
        return self.text[start:end]

    def units(self, offset: int, encoding: Encoding) -> tuple[int, int]:
        """Line and column (both from 0) of an offset, columns in units of `encoding`."""
        row = bisect_right(self.starts, offset) - 1
        return row, _width(self.text[self.starts[row] : offset], encoding)

    def from_units(self, line: int, column: int, encoding: Encoding) -> int:
        """The offset of an LSP position; a position outside the text is clamped as LSP asks."""
        if line >= len(self.starts):
            return len(self.text)
        start, end = self._bounds(line + 1)
        if encoding is Encoding.UTF32 or self.text[start:end].isascii():
            return min(start + column, end)
        for offset in range(start, end):
            if column <= 0:
                return offset
            column -= _width(self.text[offset], encoding)
        return end

    def _bounds(self, row: int) -> tuple[int, int]:
        """Start of a row and the end of its text, before the line end."""
        start = self.starts[row - 1]
        if row == len(self.starts):
            return start, len(self.text)
        end = self.starts[row]
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return start, end


def _width(text: str, encoding: Encoding) -> int:
    """How many units of `encoding` the text takes."""
    match encoding:
        case Encoding.UTF32:
            return len(text)
        case Encoding.UTF8:
            return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        case Encoding.UTF16:
            return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def applied(text: str, edits: list[Edit]) -> str:
    """The text after all edits, which must not overlap; offsets are those of the given text."""
    parts: list[str] = []
    done = 0
    for edit in sorted(edits):
        if edit.span.start < done:
            raise ValueError(f"overlapping edits at offset {edit.span.start}")
        parts += (text[done : edit.span.start], edit.text)
        done = edit.span.end
    parts.append(text[done:])
    return "".join(parts)


def moved(offsets: Iterable[int], edits: Iterable[Edit]) -> tuple[int, ...]:
    """Where offsets of a text are after the edits; what is inserted at an offset comes behind it."""
    made = tuple(edits)
    return tuple(
        offset + sum(len(edit.text) - (edit.span.end - edit.span.start) for edit in made if edit.span.end <= offset and edit.span.start < offset)
        for offset in offsets
    )
