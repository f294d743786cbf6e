"""Watching the walk: which values stand at which places, for what an editor shows beside the code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnx_lsp import program
from nnx_lsp.program import Place
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.events import Event
from nnx_lsp.tracer.modules import Session
from nnx_lsp.tracer.trace import Traced, Tracer
from nnx_lsp.tracer.values import Value


class Seen(Event, frozen=True):
    """The value of a name, an attribute or a parameter while the place ran once."""

    value: Value
    is_bound: bool = False
    """Whether it is given the value here: a target of an assignment, or a parameter."""


def observe(session: Session, path: str, digest: Callable[[list[Event]], Any]) -> Traced:
    """As `trace`, with a `Seen` among the events wherever a name or an attribute is evaluated. The session must be one that only observes."""
    session.refresh()
    return _Observer(session).units(path, digest)


class _Observer(Tracer):
    def evaluate(self, node: program.Expression) -> Value:
        value = super().evaluate(node)
        if isinstance(node, program.Name | program.Attribute):
            self.emit(Seen(self.place(node), node, self.context, (), value))
        return value

    def assign(self, target: program.Expression, value: Value, node: program.Node) -> None:
        super().assign(target, value, node)
        if isinstance(target, program.Name | program.Attribute):
            self.emit(Seen(self.place(target), target, self.context, (), value, True))

    def run(self, frame: Frame, definition: program.FunctionDef | program.Lambda) -> Value:
        for parameter in definition.parameters:
            if (value := frame.names.get(parameter.name)) is not None:
                self.emit(Seen(Place(frame.path, frame.chunk, parameter.at), parameter, frame.context, (), value, True))
        return super().run(frame, definition)
