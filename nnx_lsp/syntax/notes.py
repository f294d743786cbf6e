"""What people wrote beside a place: comments, the docstring of the file, and what else stands in a notebook's cell."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from nnx_lsp.program import Place
from nnx_lsp.syntax.document import Document
from nnx_lsp.syntax.suppressions import COMMENT


def beside(document: Document, place: Place) -> str:
    """The comments on the lines of the statement that a place is in, as far as the place, and those directly above it; and what the statement assigns to."""
    own, at = document.statement(place), document.span(place)
    first, last = document.lines.position(own.start).row, document.lines.position(max(at.end - 1, at.start)).row
    while first > 1 and document.lines.line(first - 1).lstrip().startswith("#"):
        first -= 1
    comments = [text for start, text in _comments(document.text) if first <= document.lines.position(start).row <= last]
    target = _TARGET.match(document.text, own.start)
    return "\n".join((*comments, target[0] if target else ""))


def around(document: Document, place: Place) -> str:
    """What stands in the notebook's cell that a place is in, or the comments and the docstring at the top of its file."""
    if document.breaks:
        first, last = _cell(document, place)
        return document.text[first:last]
    found = _TOP.match(document.text)
    return found[0] if found else ""


def near(document: Document, place: Place) -> str:
    """Some of the code before a place and behind it, in a notebook of the same cell; a null character stands at the place."""
    first, last = _cell(document, place)
    at = document.span(place).start
    return f"{document.text[max(first, at - _NEAR) : at]}\0{document.text[at : min(last, at + _NEAR)]}"


def _cell(document: Document, place: Place) -> tuple[int, int]:
    index = bisect_right(document.breaks, document.span(place).start) - 1
    first = document.breaks[index] if index >= 0 else 0
    return first, next(iter(document.breaks[index + 1 :]), len(document.text))


_NEAR = 1000
_TARGET = re.compile(r"[\w, ]+(?==[^=])")

_TOP = re.compile(r"(?:\s*#[^\r\n]*)*\s*(?:[rRuU]?(?:\"{3}.*?\"{3}|'{3}.*?'{3}|\"[^\"\r\n]*\"))?", re.DOTALL)


@lru_cache(maxsize=4)
def _comments(text: str) -> tuple[tuple[int, str], ...]:
    """The comments of a text by their offsets."""
    return tuple((each.start(), each["comment"]) for each in COMMENT.finditer(text) if each["comment"] is not None)
