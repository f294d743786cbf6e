"""State that changes in the copy which a transform of jax works on: which of it nobody would miss.

A change in a copy is a mistake where it was meant for the object that the caller has. It is not where the caller has no such object, and where the function
puts something in to use it right away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nnx_lsp import program
from nnx_lsp.tracer import events
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.contexts import Context, Frame
from nnx_lsp.tracer.values import Bound, Function, Level, Object, Partial, Transformed, Value, Variable


def changed(happened: list[events.Event], level: Level) -> Iterator[tuple[str, events.Mutation]]:
    """What changes in arguments of the function under `level`, with the names of their parameters."""
    for event in happened:
        if not isinstance(event, events.Mutation) or not isinstance(target := event.target, Object) or target.level is not level:
            continue
        if target.parameter and (target.source is not None or isinstance(target, Variable)):
            yield target.parameter, event


def is_temporary(value: Value, argument: program.Argument | None, frame: Frame) -> bool:
    """Whether an argument is made in the call itself (`step(nnx.clone(model), x)`), and no name of here holds it."""
    if argument is None or not isinstance(argument.value, program.Call) or not isinstance(value, Object):
        return False
    each: Frame | None = frame
    while each is not None:
        if any(_holds(held, value) for held in each.names.values()):
            return False
        each = each.outer
    return True


def _holds(held: Value, value: Object) -> bool:
    return held is value or (isinstance(held, Object) and any(each is value for each in held.attributes.values()))


def is_used_there(mutation: events.Mutation, name: str, transformed: Transformed, happened: list[events.Event], outer: Context | None) -> bool:
    """Whether the function itself replaces what the argument holds, by something else than what it held, and uses the argument after that: the change is a
    way to say with what it is to run."""
    after = happened[next(index for index, event in enumerate(happened) if event is mutation) + 1 :]
    if mutation.what == "mode":
        return any(_calls(event, name) for event in after)
    definition = _definition(transformed.function)
    if definition is None or mutation.context is None or mutation.context.parent is not outer or not _replaces(mutation, after):
        return False
    last = max(each.at for each in program.walk(mutation.node))
    return any(isinstance(each, program.Name) and each.id == name and each.at > last for each in program.walk(definition))


def _replaces(mutation: events.Mutation, after: Iterable[events.Event]) -> bool:
    """Whether a change puts something in that does not follow from what was there."""
    node = mutation.node
    if mutation.what == "update":  # That of an optimizer is a step from what was there.
        return isinstance(node, program.Call) and any(
            isinstance(event, events.Call) and event.node is node and event.name == "flax.nnx.update" for event in after
        )
    if mutation.what != "variable":
        return False
    if isinstance(node, program.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, program.Call) and isinstance(node.function, program.Attribute) and node.arguments:
        target, value = node.function, node.arguments[0].value
    else:
        return False
    if not isinstance(target, program.Subscript | program.Attribute):
        return False
    owner = program.text(target.value)
    return not any(isinstance(each, program.Name | program.Attribute) and program.text(each) == owner for each in program.walk(value))


def _calls(event: events.Event, name: str) -> bool:
    return isinstance(event, events.Call) and isinstance(event.receiver, Object) and event.receiver.parameter == name


def _definition(function: Value) -> program.FunctionDef | program.Lambda | None:
    while isinstance(function, Bound | Partial):
        function = function.function
    return function.definition if isinstance(function, Function) else None


def argument_of(name: str, names: list[str], written: Arguments) -> program.Argument | None:
    """The code of the argument for a parameter."""
    return written.argument(names.index(name) if name in names else len(written.nodes), name)
