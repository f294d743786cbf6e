"""Python blocks of Markdown files as programs of the same length: whatever is not theirs is blank, so that an offset in the program is one in the file.

Each block is a program of its own: blocks of one page often are alternatives. The imports of the blocks before it count for it too. Blocks in quotes are
left out. The `{code-cell}` blocks of MyST are the cells of one notebook, so all of a page are one program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nnx_lsp.syntax.notebook import prepared

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
    cells = [_blank(line) for line in lines]
    for token in MarkdownIt("commonmark").parse(text):
        if token.type != "fence" or token.map is None:
            continue
        if _is_cell(token.info):
            _put_cell(cells, lines, token.map[0] + 1, token.content)
        if token.info.strip().split(" ", 1)[0].strip("{}").lower() not in _LANGUAGES:
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
    if any(line.strip() for line in cells):
        yield "".join(cells)


def _is_cell(info: str) -> bool:
    words = info.strip().lower().split()
    return words[:1] == ["{code-cell}"] and (len(words) == 1 or words[1] in (*_LANGUAGES, "ipython", "ipython3"))


def _put_cell(cells: list[str], lines: list[str], first: int, content: str) -> None:
    """Put the code of a cell in its place: what the notebook would run, without the options at its head."""
    rows = content.splitlines()
    if _indentation(lines[first : first + len(rows)], rows) != 0:
        return
    head = _OPTIONS.match("\n".join((*rows, "")))
    skipped = head[0].count("\n") if head is not None else 0
    code = prepared("".join(lines[first + skipped : first + len(rows)]))
    for row, line in enumerate(_LINE.findall(code), first + skipped):
        cells[row] = line


_OPTIONS = re.compile(r"(?:---\n(?:.*\n)*?---\n)?(?::[\w-]+:.*\n)*")


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
