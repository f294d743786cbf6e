"""Exact spans on demand: one chunk is laid out again, and every numbered node gets its range."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import libcst as cst
from libcst._nodes.internal import (
    CodegenState,
)  # LibCST offers no public way to lay out a tree without its metadata wrapper.

from nnx_lsp.syntax.parse import recorded
from nnx_lsp.text import Span


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
