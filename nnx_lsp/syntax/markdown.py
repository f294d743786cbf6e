"""Python blocks of Markdown files as programs of the same length: whatever is not theirs is blank, so that an offset in the program is one in the file.

Each block is a program of its own: blocks of one page often are alternatives. The imports of the blocks before it count for it too. Blocks in quotes are
left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SUFFIXES = (".md", ".markdown")
_LANGUAGES = frozenset(["python", "py", "python3"])
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_IMPORT = re.compile(r"(?:import|from)[ \t]+[A-Za-z_.][^()\\\r\n]*(?:\r\n|\r|\n|\Z)")
_HEAD = "if 1:"
"""Stands in place of the fence where a block is indented, as in a list."""


def programs(text: str) -> Iterator[str]:
    """The program of each Python block of a page, in order."""
    from markdown_it import MarkdownIt

    lines = _LINE.findall(text)
    imports: set[int] = set()
    for token in MarkdownIt("commonmark").parse(text):
        if token.type != "fence" or token.map is None or token.info.strip().split(" ", 1)[0].strip("{}").lower() not in _LANGUAGES:
            continue
        first, last = token.map[0] + 1, token.map[0] + 1 + len(token.content.splitlines())
        indent = _indentation(lines[first:last], token.content.splitlines())
        if indent is None:
            continue
        kept = {*imports, *range(first, last)}
        made = [line if row in kept else _blank(line) for row, line in enumerate(lines)]
        if indent:
            made[first - 1] = _HEAD + made[first - 1][len(_HEAD) :]
        yield "".join(made)
        if not indent:
            imports |= {row for row in range(first, last) if _IMPORT.fullmatch(lines[row])}


def _indentation(lines: list[str], content: list[str]) -> int | None:
    """How far the lines of a block are indented; `None` where something else than blanks stands before them."""
    found = {len(line.rstrip("\r\n")) - len(own) for line, own in zip(lines, content, strict=False) if own.strip()}
    is_plain = all(line.rstrip("\r\n").endswith(own) for line, own in zip(lines, content, strict=False))
    if len(lines) != len(content) or len(found) > 1 or not is_plain:
        return None
    indent = next(iter(found), 0)
    return indent if all(not line[:indent].strip() for line in lines) else None


def _blank(line: str) -> str:
    return re.sub(r"[^\r\n]", " ", line)
