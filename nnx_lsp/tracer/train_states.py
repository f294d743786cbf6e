"""`flax.training.train_state.TrainState`: what classes below it inherit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnx_lsp import program
from nnx_lsp.tracer import record_functions
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.records import TRAIN_STATE
from nnx_lsp.tracer.values import UNKNOWN, Class, LibraryMethod, Object, Static, Value

if TYPE_CHECKING:
    from nnx_lsp.tracer.calls import Calls

METHODS = ("create", "apply_gradients")


def inherits(cls: Class | str, name: str) -> bool:
    """Whether a class of the user has a method of `TrainState`."""
    return isinstance(cls, Class) and name in METHODS and TRAIN_STATE in cls.library_bases


def call(tracer: Calls, callee: LibraryMethod, arguments: Arguments, node: program.Node) -> Value:
    """`cls.create(apply_fn=…, params=…, tx=…, **fields)` or `state.apply_gradients(grads=…, **fields)`."""
    receiver = callee.receiver
    if arguments.positional:
        return UNKNOWN
    if callee.name == "create" and isinstance(receiver, Class):
        given: dict[str, Value] = {"step": Static("int", 0), "opt_state": UNKNOWN, **arguments.keywords}
        return tracer.call(receiver, Arguments((), given, (), {}, arguments.is_partial), node)
    if callee.name == "apply_gradients" and isinstance(receiver, Object):
        step = tracer.arithmetic("+", tracer.read_attribute(receiver, "step", node), Static("int", 1), node)
        kept = {name: value for name, value in arguments.keywords.items() if name != "grads"}
        changes: dict[str, Value] = {"step": step, "params": UNKNOWN, "opt_state": UNKNOWN, **kept}
        return record_functions.replace(tracer, Arguments((receiver,), changes, (None,), {}, arguments.is_partial), node)
    return UNKNOWN


__all__ = ["METHODS", "TRAIN_STATE", "call", "inherits"]
