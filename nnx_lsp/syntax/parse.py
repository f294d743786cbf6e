"""Parsing one chunk with LibCST, safely: deep nesting is refused before it can crash the process."""

from __future__ import annotations

import ast
import re
import threading
import warnings
from collections.abc import Callable
from typing import TypeVar

import libcst as cst

from nnx_lsp import program
from nnx_lsp.syntax.chunks import ChunkError
from nnx_lsp.syntax.lower import Lowering

MAX_DEPTH = 200
"""Python's own limit of nested brackets (`MAXLEVEL` of its tokenizer)."""
MAX_SIZE = 1_000_000
"""Code points of one statement that are parsed at most."""
_SHALLOW, _SHORT = 40, 20_000
"""Chunks within both are parsed on the thread at hand."""
_STACK = 512 * 1024 * 1024

Result = TypeVar("Result")


def lowered(text: str, depth: int) -> program.Chunk:
    """The program form of a chunk whose brackets nest `depth` deep. Raises `ChunkError`."""
    return _guarded(text, depth, lambda: Lowering().chunk(_module(text)))


def recorded(text: str, depth: int) -> tuple[cst.Module, list[cst.CSTNode]]:
    """The LibCST tree of a chunk with the node of every number. Raises `ChunkError`."""

    def run() -> tuple[cst.Module, list[cst.CSTNode]]:
        module = _module(text)
        lowering = Lowering(records=True)
        lowering.chunk(module)
        return module, lowering.nodes or []

    return _guarded(text, depth, run)


def _guarded(text: str, depth: int, run: Callable[[], Result]) -> Result:
    if depth > MAX_DEPTH:
        raise ChunkError(f"nested too deeply: {depth} open brackets, the limit is {MAX_DEPTH}", 0)
    if len(text) > MAX_SIZE:
        raise ChunkError(f"one statement of {len(text)} characters, the limit is {MAX_SIZE}", 0)
    if (nul := text.find("\0")) >= 0:
        raise ChunkError("a NUL byte is no Python source", nul)
    try:
        return run() if depth <= _SHALLOW and len(text) <= _SHORT else on_large_stack(run)
    except RecursionError:
        raise ChunkError("nested too deeply for the parser", 0) from None


def on_large_stack(run: Callable[[], Result]) -> Result:
    """Run a function on a thread with a stack of 512 MiB and give what it gives, or raise what it raises."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(run())
        except BaseException as error:
            errors.append(error)

    with _LOCK:
        before = threading.stack_size(_STACK)
        try:
            thread = threading.Thread(target=work, name="nnx-lint-parser", daemon=True)
            thread.start()
        finally:
            threading.stack_size(before)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


_LOCK = threading.Lock()


class _Unchecked:
    """Inside of it LibCST builds nodes without checking each by itself.

    These checks are meant for trees that are made by hand. For what was parsed they refuse valid programs (`return(a if b else c)`, `not"x"`) or fail
    (`return(lambda: 0)`, LibCST 1.9.0), and cost a tenth of the time. They are put back for other users of LibCST in the process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._check = cst.CSTNode.__post_init__

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                cst.CSTNode.__post_init__ = _nothing  # type: ignore[method-assign, assignment]

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                cst.CSTNode.__post_init__ = self._check  # type: ignore[method-assign]


def _nothing(_: cst.CSTNode) -> None:
    pass


_UNCHECKED = _Unchecked()


def _module(text: str) -> cst.Module:
    try:
        with _UNCHECKED:
            return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise _as_python_says(text) or _as_libcst_says(text, error) from None
    except UnicodeEncodeError as error:
        raise ChunkError("a lone surrogate is no Python source", error.start) from None


def _as_python_says(text: str) -> ChunkError | None:
    """What Python has against a text: its place and words are those that people know. `None` where this Python reads it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of escapes in strings, which are none of ours.
            compile(text, "<chunk>", "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        return ChunkError(_LINES.sub("", error.msg), _offset(text, error.lineno or 1, (error.offset or 1) - 1))
    except (ValueError, MemoryError, RecursionError):
        return None
    return None


_LINES = re.compile(r" \(detected at line \d+\)| on line \d+")
"""Lines that Python names in its words: they are those of the chunk, not of the file."""


def _as_libcst_says(text: str, error: cst.ParserSyntaxError) -> ChunkError:
    first = error.message.replace("Internal error: ", "").split("\n", 1)[0].strip().rstrip(".")
    return ChunkError(first if len(first) <= 120 else f"{first[:119]}…", _offset(text, error.raw_line, error.raw_column))


def _offset(text: str, row: int, column: int) -> int:
    lines = text.splitlines(keepends=True)
    row = min(max(row, 1), max(len(lines), 1))
    return min(sum(map(len, lines[: row - 1])) + max(column, 0), len(text))
