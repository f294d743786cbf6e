"""Notebooks: the code cells of a Jupyter notebook as one program, and changed cells back in the notebook's own JSON.

Cells run in the order in which they stand. What IPython adds to Python (`%magic`, `!shell`, `name?`, cells of another language) becomes blank of the
same length, so that an offset in the program is an offset in the cells. Nothing here writes JSON anew: only the strings of changed lines are
replaced in the text of the file, so that outputs, metadata and formatting stay byte for byte.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from json.decoder import JSONDecoder
from typing import Any

import msgspec

from nnx_lsp.syntax.chunks import TOKEN
from nnx_lsp.text import Edit, Lines, Position, Span, applied, moved

SUFFIX = ".ipynb"
OLDEST = 4
"""The oldest format of notebooks that is read."""


class NotebookError(Exception):
    """A file is no notebook that can be read; the message says why."""


class Cell(msgspec.Struct, frozen=True):
    """A code cell: its number among all cells, from 1, its source, and where it starts in the program.

    `has_run`: its outputs show that it was run, and raised nothing.
    """

    number: int
    source: str
    start: int
    has_run: bool = False


class Notebook(msgspec.Struct, frozen=True):
    """The code cells of a notebook, and the program that they are.

    `is_hosted`: it is run by a service (Colab, Kaggle) with packages of its own, and asks for none of Flax there.
    """

    cells: tuple[Cell, ...]
    text: str
    is_hosted: bool = False

    @property
    def breaks(self) -> tuple[int, ...]:
        """Where each cell starts in the program."""
        return tuple(cell.start for cell in self.cells)


class CellLines(Lines):
    """The lines of a notebook's cells as they are written; they count anew in each cell."""

    def __init__(self, notebook: Notebook) -> None:
        super().__init__("".join(f"{cell.source}\n" for cell in notebook.cells))
        self._cells = notebook.cells

    def in_cell(self, position: Position) -> tuple[int, Position]:
        """See `Lines.in_cell`."""
        found = [cell for cell in self._cells if cell.start <= self.starts[position.row - 1]]
        if not found:
            return 0, position
        return found[-1].number, Position(position.row - bisect_right(self.starts, found[-1].start) + 1, position.column)


def joined(sources: Sequence[tuple[int, str]]) -> Notebook:
    """The program of code cells, which are given with their numbers."""
    cells: list[Cell] = []
    parts: list[str] = []
    start = 0
    for number, source in sources:
        cells.append(Cell(number, source, start))
        parts.append(prepared(source) + "\n")
        start += len(source) + 1
    return Notebook(tuple(cells), "".join(parts))


def edited(cells: Sequence[Cell], rounds: Sequence[Sequence[Edit]]) -> tuple[str, ...]:
    """The sources of cells after edits of their program, round after round; a cell that no edit meets stays as it is."""
    text = "".join(f"{cell.source}\n" for cell in cells)
    breaks = tuple(cell.start for cell in cells)
    for edits in rounds:
        breaks = moved(breaks, edits)
        text = applied(text, list(edits))
    ends = (*breaks[1:], len(text))
    return tuple(text[start:end].removesuffix("\n") for start, end in zip(breaks, ends, strict=True))


# What IPython adds to Python ----------------------------------------------------------------------------------------

_KEPT = frozenset(["capture", "debug", "ipytest", "memit", "prun", "pyinstrument", "scalene", "snakeviz", "time", "timeit", "wandb"])
"""The cell magics whose cells hold Python that runs in the notebook's own namespace."""
_CELL_MAGIC = re.compile(r"\s*^%%(?P<name>\w*)[^\r\n]*", re.M)
_ADDED = re.compile(r"[%!?]|^[ \t]*[/,;]", re.M)
_ESCAPED = re.compile(r"(?P<indent>[ \t]*)[%!?/,;]")
_TIMED = re.compile(r"%time[ \t]+(?!(?:async|class|def|for|if|try|while|with)\b|[@%!?-])(?=\S)")
_MEASURES = re.compile(r"%%?timeit\b[^\r\n]*(?:\r\n|\r|\n)?\Z|%%time\b")
_HELP = re.compile(r"(?P<indent>[ \t]*)[A-Za-z_*][\w.*]*(?:\[[^\]\r\n]*\])*\?{1,2}[ \t]*(?:#[^\r\n]*)?$", re.M)
_ASSIGNED = re.compile(r"[ \t]*[A-Za-z_(*][\w., \t*()]*(?:\[[^\]\r\n]*\][\w., \t*()]*)*=[ \t]*(?=%[A-Za-z]|!)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
_INDENTED = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*[ \t]+[^\s%!?#]")
"""A cell whose first line is indented: IPython takes this indent from all of its lines, which cannot be done at the same length."""
_BINDS_ANYTHING = "exec(__)"
_LINE_MAGICS = frozenset(
    (
        *("alias", "autoreload", "bookmark", "cat", "cd", "conda", "config", "cp", "debug", "dhist", "edit", "env", "gui", "history", "hist", "ldir", "less"),
        *("ll", "load", "load_ext", "loadpy", "ls", "macro", "mamba", "man", "matplotlib", "micromamba", "mkdir", "more", "mv", "notebook", "page", "pastebin"),
        *("pdef", "pdoc", "pfile", "pinfo", "pip", "popd", "precision", "prun", "psearch", "psource", "pushd", "pycat", "pylab", "reload_ext", "rerun"),
        *("reset", "reset_selective", "rm", "rmdir", "run", "save", "set_env", "store", "sx", "system", "tensorboard", "time", "timeit", "unload_ext", "uv"),
        *("who", "whos", "xdel", "xmode"),
    )
)
_AUTOMAGIC = re.compile(r"\s*(?P<name>[a-z_]\w*)[ \t]+(?!(?:and|as|for|if|in|is|not|or)\b|[-./~][ \t=])[\w\"'./~$%{-][^\r\n]*\s*")
"""A cell of one line in which IPython takes the first word for a line magic, without its `%` (`pip install flax`)."""


def prepared(source: str) -> str:
    """The source of a cell as Python: what IPython adds is blank, of the same length and with the same line ends."""
    if _INDENTED.match(source):
        return _anything(source)
    if (magic := _AUTOMAGIC.fullmatch(source)) and magic["name"] in _LINE_MAGICS:
        end = magic.end("name")
        return "__;".ljust(end) + source[end:] if magic["name"] == "time" and magic.start("name") == 0 else _blank(source)
    if not _ADDED.search(source):
        return source
    done = 0
    parts: list[str] = []
    if cell_magic := _CELL_MAGIC.match(source):
        if cell_magic["name"] not in _KEPT:
            return _blank(source)
        done = cell_magic.end()
        begin = cell_magic.start("name") - len("%%")
        parts.append(_blank(source[:begin]) + _timing(source[begin:done]))
    while done < len(source):
        end, part = _logical_line(source, done)
        parts.append(part)
        done = end
    return "".join(parts)


def _anything(source: str) -> str:
    """A program of the same length of which nobody knows which names it binds."""
    blank = _blank(source)
    room = next((found.start() for found in re.finditer(r"[^\r\n]+", blank) if len(found[0]) >= len(_BINDS_ANYTHING)), None)
    return blank if room is None else blank[:room] + _BINDS_ANYTHING + blank[room + len(_BINDS_ANYTHING) :]


def _logical_line(source: str, start: int) -> tuple[int, str]:
    """The end of the logical line that starts at an offset, and that line as Python."""
    if found := _ESCAPED.match(source, start):
        begin = found.end("indent")
        if timed := _TIMED.match(source, begin):
            end = _python_end(source, timed.end())
            return end, source[start:begin] + "__;".ljust(timed.end() - begin) + source[timed.end() : end]
        end = _shell_end(source, start)
        return end, _nothing(source[start:end], begin - start)
    if found := _HELP.match(source, start):
        end = _shell_end(source, start)
        return end, _nothing(source[start:end], found.end("indent") - start)
    if found := _ASSIGNED.match(source, start):
        end = _shell_end(source, start)
        value = source[found.end() : end]
        return end, source[start : found.end()] + "__"[: len(value.rstrip())] + _blank(value[2:])
    end = _python_end(source, start)
    return end, source[start:end]


def _nothing(line: str, indent: int) -> str:
    """A statement that does nothing: a blank line, or inside a block, which must not be empty, a name that is never bound."""
    if not indent:
        return _timing(line)
    name = "__"[: len(line.rstrip()) - indent]
    return line[:indent] + name + _blank(line[indent + len(name) :])


def _timing(line: str) -> str:
    """A line that measures time stays to be read, as a comment; all else that IPython adds is blank."""
    return f"#{line[1:]}" if _MEASURES.match(line) else _blank(line)


def _blank(text: str) -> str:
    return re.sub(r"[^\r\n]", " ", text)


def _shell_end(source: str, start: int) -> int:
    """The end of a line and of those that a backslash at its end continues."""
    while start < len(source):
        line = _LINE.match(source, start)
        assert line is not None  # It matches anywhere.
        start = line.end()
        if not line[0].rstrip("\r\n").endswith("\\"):
            break
    return start


def _python_end(source: str, start: int) -> int:
    depth = 0
    for token in TOKEN.finditer(source, start):
        match token.lastgroup:
            case "open":
                depth += 1
            case "close":
                depth = max(depth - 1, 0)
            case "line" if not depth:
                return token.end()
            case _:
                pass
    return len(source)


# The file -----------------------------------------------------------------------------------------------------------

_DECODER = JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


class _Source(msgspec.Struct, frozen=True):
    """Where the source of a cell stands in the text of the file: the value with its brackets, and the string literals."""

    span: Span
    literals: tuple[Span, ...]
    is_list: bool


def read(text: str) -> Notebook:
    """The notebook in the text of a file. Raises `NotebookError`."""
    data, places = _scanned(text)
    if _language(data.get("metadata")) != "python":
        return Notebook((), "")
    pairs = enumerate(zip(data.get("cells", []), places, strict=True), 1)
    kept = [(number, cell) for number, (cell, place) in pairs if place is not None and _is_python(cell)]
    program = joined([(number, _source(cell)) for number, cell in kept])
    cells = tuple(msgspec.structs.replace(each, has_run=_has_run(cell)) for each, (_, cell) in zip(program.cells, kept, strict=True))
    is_hosted = any(map(_is_service, (data.get("metadata"), *(cell.source for cell in cells))))
    return Notebook(cells, program.text, is_hosted and not any(_INSTALLS.search(cell.source) for cell in cells))


_INSTALLS = re.compile(r"^[^#\n]*\binstall\b[^\n]*?(?:\bflax\s*[=<>~]|\s-r\b|--requirement|\s-e\b|\s\.)", re.MULTILINE)
_HOSTED = re.compile(r"[\"'(=\s](?:/content|/kaggle/(?:working|input))(?:/|\b)|^[^#\n]*\bgoogle\.colab\b", re.MULTILINE)


def _has_run(cell: Mapping[str, object]) -> bool:
    """Whether the outputs of a cell show that it was run to its end."""
    outputs = [each for each in found if isinstance(each, dict)] if isinstance(found := cell.get("outputs"), list) else []
    is_run = isinstance(cell.get("execution_count"), int) or bool(outputs)
    return is_run and all(each.get("output_type") != "error" for each in outputs)


def _is_service(said: object) -> bool:
    """Whether the metadata of a notebook, or a cell by the paths in it, says that a service runs it."""
    return _HOSTED.search(said) is not None if isinstance(said, str) else isinstance(said, dict) and not said.keys().isdisjoint(("colab", "kaggle"))


def rewritten(text: str, sources: Mapping[int, str]) -> str:
    """The text of the file with new sources for some cells, by their numbers. Raises `NotebookError`."""
    data, places = _scanned(text)
    is_ascii = text.isascii()
    edits: list[Edit] = []
    for number, source in sources.items():
        place = places[number - 1]
        if place is not None and _source(data["cells"][number - 1]) != source:
            edits.append(Edit(place.span, _literal_of(text, place, source, is_ascii=is_ascii)))
    return applied(text, edits)


def _language(metadata: object) -> str:
    """The language that a notebook says it is in; Python where it says nothing."""
    found = ""
    if isinstance(metadata, dict):
        for key, name in (("kernelspec", "language"), ("language_info", "name")):
            inner = metadata.get(key)
            if not found and isinstance(inner, dict) and isinstance(inner.get(name), str):
                found = inner[name]
    return found.lower() or "python"


def _is_python(cell: dict[str, object]) -> bool:
    if cell.get("cell_type") != "code":
        return False
    metadata = cell.get("metadata")
    own = metadata.get("vscode") if isinstance(metadata, dict) else None
    return not isinstance(own, dict) or own.get("languageId", "python") == "python"


def _source(cell: dict[str, object]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source) if isinstance(source, list) else ""


def _scanned(text: str) -> tuple[dict[str, Any], list[_Source | None]]:
    """The data of a notebook, and where the source of each cell stands."""
    try:
        data = json.loads(text)
        if not isinstance(data, dict) or not isinstance(data.get("cells", []), list) or not isinstance(data.get("nbformat"), int):
            raise NotebookError("is no notebook: it holds no object with `nbformat` and `cells`")
        if data["nbformat"] < OLDEST:
            raise NotebookError(f"is a notebook of format {data['nbformat']}; the oldest that is read is {OLDEST}")
        places: list[_Source | None] = []
        for key, start in _members(text, _after_space(text, 0)):
            if key == "cells":
                places = [_cell(text, at) for at in _items(text, start)]
    except json.JSONDecodeError as error:
        raise NotebookError(f"is no notebook: {error.msg} in line {error.lineno}") from None
    except RecursionError:
        raise NotebookError("is no notebook: its JSON is nested too deeply") from None
    return data, places


def _cell(text: str, start: int) -> _Source | None:
    found: _Source | None = None
    if text[start] != "{":
        return None
    for key, at in _members(text, start):
        if key == "source":
            found = None
            if text[at] == '"':
                end = _DECODER.raw_decode(text, at)[1]
                found = _Source(Span(at, end), (Span(at, end),), False)
            elif text[at] == "[":
                items = list(_items(text, at))
                if all(text[item] == '"' for item in items):
                    literals = tuple(Span(item, _DECODER.raw_decode(text, item)[1]) for item in items)
                    found = _Source(Span(at, _DECODER.raw_decode(text, at)[1]), literals, True)
    return found


def _members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """The keys of the object at an offset, with where their values start."""
    at = _after_space(text, start + 1)
    while text[at] == '"':
        key, at = _DECODER.raw_decode(text, at)
        at = _after_space(text, _after_space(text, at) + 1)  # Behind the colon.
        yield key, at
        at = _after_space(text, _DECODER.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _after_space(text, at + 1)


def _items(text: str, start: int) -> Iterator[int]:
    """Where the items of the array at an offset start."""
    at = _after_space(text, start + 1)
    while text[at] != "]":
        yield at
        at = _after_space(text, _DECODER.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _after_space(text, at + 1)


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _literal_of(text: str, place: _Source, source: str, *, is_ascii: bool) -> str:
    """The JSON of a source in the form that the cell had; what did not change keeps its very characters."""
    raw = [text[literal.start : literal.end] for literal in place.literals]
    if not place.is_list:
        return _merged(raw[0], source, is_ascii=is_ascii)
    lines = source.splitlines(keepends=True)
    values = [json.loads(each) for each in raw]
    before = 0
    while before < min(len(lines), len(values)) and lines[before] == values[before]:
        before += 1
    after = 0
    while after < min(len(lines), len(values)) - before and lines[-1 - after] == values[-1 - after]:
        after += 1
    old, new = raw[before : len(raw) - after], lines[before : len(lines) - after]
    middle = [_merged(one, line, is_ascii=is_ascii) for one, line in zip(old, new, strict=False)]
    middle += [json.dumps(line, ensure_ascii=is_ascii) for line in new[len(old) :]]
    every = [*raw[:before], *middle, *raw[len(raw) - after :]]
    if not every:
        return "[]"
    if not place.literals:
        return f"[{', '.join(every)}]"
    opened = text[place.span.start : place.literals[0].start]
    closed = text[place.literals[-1].end : place.span.end]
    between = text[place.literals[0].end : place.literals[1].start] if len(raw) > 1 else f",{opened[1:] or ' '}"
    return opened + between.join(every) + closed


def _merged(raw: str, value: str, *, is_ascii: bool) -> str:
    """The literal of a string, made of the literal of another: equal characters at its start and its end stay written as they were."""
    pieces = _characters(raw)
    before = 0
    while before < min(len(pieces), len(value)) and json.loads(f'"{pieces[before]}"') == value[before]:
        before += 1
    after = 0
    while after < min(len(pieces), len(value)) - before and json.loads(f'"{pieces[-1 - after]}"') == value[-1 - after]:
        after += 1
    middle = json.dumps(value[before : len(value) - after], ensure_ascii=is_ascii)[1:-1]
    return f'"{"".join(pieces[:before])}{middle}{"".join(pieces[len(pieces) - after :])}"'


_CHARACTER = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.S)


def _characters(raw: str) -> list[str]:
    """The characters of a literal as they are written."""
    return _CHARACTER.findall(raw[1:-1])
