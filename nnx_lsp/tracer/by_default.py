"""What a function does that is called with its defaults, where nobody knows what else it is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nnx_lsp import program
from nnx_lsp.tracer.values import Static, Unknown, Value

if TYPE_CHECKING:
    from nnx_lsp.tracer.attributes import Attributes


def is_skipped(tracer: Attributes, node: program.Node) -> bool:
    """Whether the defaults of the function at hand are such that it never comes to a node: a loop around it has no pass, or a test around it fails. Arguments
    of which more is known than their defaults count as they are."""
    function, names = tracer.frame.function, tracer.frame.names
    if function is None or isinstance(function.definition, program.Lambda):
        return False
    assumed = {name: default for name, default in function.defaults.items() if _is_open(names.get(name, default))}
    if not assumed:
        return False
    tracer.frame.names = {**names, **assumed}
    try:
        return any(_is_nothing(tracer, tracer.evaluate_quietly(each)) for each in _conditions(function.definition.body, node))
    finally:
        tracer.frame.names = names


def _is_open(value: Value) -> bool:
    return isinstance(value, Unknown) or (isinstance(value, Static) and not value.is_known)


def _conditions(body: tuple[program.Statement, ...], node: program.Node) -> Iterator[program.Expression]:
    """What loops around a node go through, and tests that must hold for it to run."""
    for statement in body:
        if not any(each is node for each in program.walk(statement)):
            continue
        match statement:
            case program.For(iterable=iterable, body=inner):
                yield iterable
                yield from _conditions(inner, node)
            case program.If(test=test, body=inner) if any(each is node for one in inner for each in program.walk(one)):
                yield test
                yield from _conditions(inner, node)
            case program.If(orelse=inner) | program.With(body=inner):
                yield from _conditions(inner, node)
            case _:
                pass


def _is_nothing(tracer: Attributes, value: Value) -> bool:
    return not value.constant if isinstance(value, Static) and value.is_known else tracer.items(value) == ()


__all__ = ["is_skipped"]
