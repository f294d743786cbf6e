"""What people wrote beside a place: comments, the docstring of the file, and what else stands in a notebook's cell."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from nnx_lsp.program import Place
from nnx_lsp.syntax.document import Document
from nnx_lsp.syntax.suppressions import COMMENT


def beside(document: Document, place: Place) -> str:
    """The comments on the lines of the statement that a place is in, as far as the place, and those directly above it."""
    own, at = document.statement(place), document.span(place)
    first, last = document.lines.position(own.start).row, document.lines.position(max(at.end - 1, at.start)).row
    while first > 1 and document.lines.line(first - 1).lstrip().startswith("#"):
        first -= 1
    return "\n".join(text for start, text in _comments(document.text) if first <= document.lines.position(start).row <= last)


def around(document: Document, place: Place) -> str:
    """What stands in the notebook's cell that a place is in, or the comments and the docstring at the top of its file."""
    if document.breaks:
        index = bisect_right(document.breaks, document.span(place).start) - 1
        return document.text[slice(document.breaks[max(index, 0)], next(iter(document.breaks[index + 1 :]), None))]
    found = _TOP.match(document.text)
    return found[0] if found else ""


_TOP = re.compile(r"(?:\s*#[^\r\n]*)*\s*(?:[rRuU]?(?:\"{3}.*?\"{3}|'{3}.*?'{3}|\"[^\"\r\n]*\"))?", re.DOTALL)


@lru_cache(maxsize=4)
def _comments(text: str) -> tuple[tuple[int, str], ...]:
    """The comments of a text by their offsets."""
    return tuple((each.start(), each["comment"]) for each in COMMENT.finditer(text) if each["comment"] is not None)
