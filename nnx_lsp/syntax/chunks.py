"""Cutting a text into its top-level statements, without parsing it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

TOKEN = re.compile(
    r"""(?P<comment>\#[^\r\n]*)
    |(?P<string>\"{3}(?:[^\\\"]|\\.|\"(?!\"\"))*\"{3}|'{3}(?:[^\\']|\\.|'(?!''))*'{3}|"(?:[^"\\\r\n]|\\.)*"?|'(?:[^'\\\r\n]|\\.)*'?)
    |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<joined>\\(?:\r\n|\r|\n))|(?P<line>\r\n|\r|\n)""",
    re.VERBOSE | re.DOTALL,
)
_CONTINUES = re.compile(r"(?:elif|else|except|finally)\b")
_RESTARTS = re.compile(r"(?:def|class|import|from|async[ \t]+def)[ \t]+[A-Za-z_.]|@[A-Za-z_][\w.]*[^\r\n]*(?:\r\n|\r|\n)(?:@|def\b|class\b|async\b)")
"""A line at column 0 that begins a statement even where a bracket before it was never closed."""
_BLANK = frozenset(" \t\f\r\n#)]}")


class ChunkError(Exception):
    """A chunk does not parse: `message`, and the offset in the chunk where it stands."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Piece(msgspec.Struct, frozen=True, gc=False):
    """The range `start <= offset < end` of one top-level statement with what follows it up to the next. `depth`: its deepest nesting of brackets."""

    start: int
    end: int
    depth: int
    is_open: bool = False
    """Whether it has a triple quote that nothing closes: one typed far below it would."""


def cut(text: str, start: int = 0) -> Iterator[Piece]:
    """The top-level statements of a text from a boundary on, in order; together they cover all of it.

    Code that is broken while it is typed does not swallow what follows: an open bracket ends where a line at column 0 can only begin a statement.
    """
    begin, depth, deepest, is_open = start, 0, 0, False
    is_decorator = text.startswith("@", start)
    is_started = bool(text[start : start + 1]) and text[start] not in _BLANK
    for token in TOKEN.finditer(text, start):
        kind = token.lastgroup
        if kind == "open":
            depth += 1
            deepest = max(deepest, depth)
        elif kind == "close":
            depth = max(depth - 1, 0)
        elif kind == "string":
            is_open = is_open or (token.end() - token.start() == 2 and text.startswith(text[token.start()], token.end()))
        elif kind == "line":
            offset = token.end()
            if offset >= len(text) or text[offset] in _BLANK:
                continue
            if depth and not _RESTARTS.match(text, offset):
                continue
            if not depth and _CONTINUES.match(text, offset):
                continue
            if is_started and not is_decorator:
                yield Piece(begin, offset, deepest, is_open)
                begin, deepest, is_open = offset, 0, False
            depth = 0
            is_started = True
            is_decorator = text[offset] == "@"
    if begin < len(text):
        yield Piece(begin, len(text), deepest, is_open)
