"""Arrays that change nothing where they are used: a factor of ones, a summand of zeros. Nobody writes one for what it is: it was meant to be trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnx_lsp import program
from nnx_lsp.tracer import events
from nnx_lsp.tracer.modules import OPERANDS
from nnx_lsp.tracer.rewritten import files
from nnx_lsp.tracer.values import Array, Class, Library, Module, Value

if TYPE_CHECKING:
    from nnx_lsp.tracer.statements import Statements

NEUTRAL = {"jax.numpy.ones": "*", "jax.numpy.zeros": "+"}
"""The functions that make them, with the operator under which what they give changes nothing."""


def note(tracer: Statements, owner: Value, name: str, value: Value, statement: program.Assign | program.AnnotatedAssign) -> None:
    """Record an attribute of a Module that `__init__` sets to such an array, where all that its code does with it leaves everything as it is."""
    call = statement.value
    if not tracer.frame.is_initializer or not isinstance(owner, Module) or not isinstance(owner.cls, Class) or not isinstance(call, program.Call):
        return
    if not isinstance(value, Array) or value.level is not None or value.low == 0:
        return
    function = tracer.evaluate_quietly(call.function) if isinstance(call.function, program.Name | program.Attribute) else None
    operator = NEUTRAL.get(function.name) if isinstance(function, Library) else None
    paths = {*files(owner.cls), tracer.root}
    if operator is None or tracer.may_be_assigned(paths, name):
        return
    tracer.reads.update((path, OPERANDS + name) for path in paths)
    uses = frozenset[str]().union(*(tracer.session.operands(path, name) for path in paths))
    if uses == {operator}:
        target = statement.targets[0] if isinstance(statement, program.Assign) else statement.target
        tracer.emit(events.NeutralKept(tracer.place(target), target, tracer.context, tracer.guards, owner, name, operator))


__all__ = ["note"]
