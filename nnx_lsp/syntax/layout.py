"""Exact spans on demand: one chunk is laid out again, and every numbered node gets its range."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import libcst as cst
from libcst._nodes.internal import (
    CodegenState,
)  # LibCST offers no public way to lay out a tree without its metadata wrapper.

from nnx_lsp.syntax.parse import recorded
from nnx_lsp.text import Edit, Span


class _Layout(CodegenState):
    """Writes a tree out, counting code points, and keeps where each node begins and ends."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.offset = 0
        self.spans: dict[int, Span] = {}
        self._starts: list[int] = []

    def add_indent_tokens(self) -> None:
        self.offset += sum(map(len, self.indent_tokens))

    def add_token(self, value: str) -> None:
        self.offset += len(value)

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._starts.append(self.offset)

    def after_codegen(self, node: cst.CSTNode) -> None:
        self.spans.setdefault(id(node), Span(self._starts.pop(), self.offset))

    def pop_trailing_newline(self) -> None:
        pass

    @contextmanager
    def record_syntactic_position(self, node: cst.CSTNode, *, start_node: Any = None, end_node: Any = None) -> Iterator[None]:
        start = self.offset
        yield
        first = self.spans[id(start_node)].start if start_node is not None else start
        last = self.spans[id(end_node)].end if end_node is not None else self.offset
        self.spans[id(node)] = Span(first, last)


def layout(text: str, depth: int) -> list[Span]:
    """The range of every numbered node of a chunk, from its start. Raises `parse.ChunkError`."""
    module, nodes = recorded(text, depth)
    state = _Layout(module)
    module._codegen(state)
    return [state.spans.get(id(node), Span(0, 0)) for node in nodes]


_CLOSE = re.compile(r"\s*\)\Z")


def argument_appended(text: str, call: Span, argument: str, last: Span | None) -> Edit:
    """The edit that makes `argument` the last one of the call at `call`; `last` is its last argument's span, if it has any."""
    close = call.end - 1
    if last is None:
        return Edit(Span(close, close), argument)
    between = text[last.end : close]
    comma = _comma(between)
    if comma is not None:
        after = last.end + comma + 1
        newline = re.match(r"[ \t]*(?:\#[^\r\n]*)?(\r\n|\r|\n)([ \t]*)", text[after:close])
        if newline:
            line = text.rfind("\n", 0, last.start) + 1
            indent = re.match(r"[ \t]*", text[line:])
            return Edit(Span(after, after), f"{newline[1]}{indent[0] if indent else ''}{argument},")
        return Edit(Span(after, after), f" {argument},")
    return Edit(Span(last.end, last.end), f", {argument}")


def argument_removed(text: str, argument: Span, call: Span) -> Edit:
    """The edit that takes an argument out of a call, with the comma behind it, or before it where it is the last."""
    after = text[argument.end : call.end - 1]
    comma = _comma(after)
    if comma is not None and (rest := re.match(r"[ \t]*", after[comma + 1 :])) is not None:
        return Edit(Span(argument.start, argument.end + comma + 1 + len(rest[0])), "")
    start = argument.start
    before = text[call.start : start].rstrip()
    if before.endswith(","):
        start = call.start + len(before) - 1
    return Edit(Span(start, argument.end), "")


def _comma(between: str) -> int | None:
    """The offset of a comma in what stands between an argument and the closing bracket, comments aside."""
    for match in re.finditer(r"\#[^\r\n]*|,", between):
        if match[0] == ",":
            return match.start()
    return None
