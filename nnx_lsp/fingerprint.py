"""What a finding is known by when lines move: its file, its rule, the function or class around it, and its source, with blanks and comments evened out."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.text import Lines

_BLOCK = re.compile(r"[ \t]*(?:async[ \t]+)?(?:(?:def|class)[ \t]+(?P<name>\w+)|(?:if|elif|else|for|while|with|try|except|finally|match|case)\b)")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
_ROWS = 5
"""So many rows of a finding's source count."""


class Identity(msgspec.Struct, frozen=True, order=True):
    """See the module. `path` is as in the finding."""

    path: str
    code: str
    symbol: str
    snippet: str


def identity(diagnostic: Diagnostic, lines: Lines) -> Identity:
    """The identity of a finding."""
    first = lines.position(diagnostic.span.start).row
    last = lines.position(max(diagnostic.span.end - 1, diagnostic.span.start)).row
    rows = (" ".join(_COMMENT.sub("", lines.line(row)).split()) for row in range(first, min(last, first + _ROWS - 1) + 1))
    return Identity(diagnostic.path, diagnostic.code, symbol(lines, first), " ".join(row for row in rows if row))


def symbol(lines: Lines, row: int) -> str:
    """The dotted name of the functions and classes around a row; of what a decorator decorates. It is told by indentation, so that broken code has one too."""
    at = lines.line(row)
    while at.lstrip().startswith("@") and row < len(lines.starts):
        row += 1
        at = lines.line(row)
        if (found := _BLOCK.match(at)) and found["name"]:
            return ".".join(part for part in (symbol(lines, row), found["name"]) if part)
    names: list[str] = []
    depth = _indentation(at)
    while depth and row > 1:
        row -= 1
        above = lines.line(row)
        indentation = _indentation(above)
        if indentation < depth and (found := _BLOCK.match(above)):
            depth = indentation
            if found["name"]:
                names.append(found["name"])
    return ".".join(reversed(names))


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t\f"))


def fingerprints(found: Iterable[Diagnostic], lines_of: Callable[[str], Lines]) -> list[str]:
    """A short text for each finding, the same in another run and another for each of several that are alike."""
    seen: Counter[Identity] = Counter()
    made: list[str] = []
    for each in found:
        known_by = identity(each, lines_of(each.path))
        parts = (*msgspec.structs.astuple(known_by), str(seen[known_by]))
        made.append(hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest())
        seen[known_by] += 1
    return made
