"""State that changes in the copy which a transform of jax works on: which of it nobody would miss.

A change in a copy is a mistake where it was meant for the object that the caller has. It is not where the caller has no such object, and where the function
puts something in to use it right away.
"""

from __future__ import annotations

from collections.abc import Iterator

from nnx_lsp import program
from nnx_lsp.tracer import events
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.contexts import Context, Frame
from nnx_lsp.tracer.values import Bound, Function, Level, Object, Partial, Transformed, Value, Variable


def changed(happened: list[events.Event], level: Level, shown: dict[int, Object]) -> Iterator[tuple[str, events.Mutation]]:
    """What changes in arguments of the function under `level`, with the names of their parameters; `shown` are what stands there for the caller's objects."""
    for event in happened:
        if not isinstance(event, events.Mutation) or not isinstance(target := event.target, Object) or target.level is not level:
            continue
        is_copy = any(view is not None and view.clones is not shown for view in (target.view, target.source.view if target.source is not None else None))
        if not is_copy and target.parameter and (target.source is not None or isinstance(target, Variable)):
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
    """Whether the function itself changes the argument, and uses it after that: the change is a way to say with what it is to run. What follows from what was
    there before (`count[...] += 1`) has to be used by a call: reading it is how one would look at a count."""
    after = happened[next(index for index, event in enumerate(happened) if event is mutation) + 1 :]
    if mutation.what == "mode":
        return any(_calls(event, name) for event in after)
    definition = _definition(transformed.function)
    if definition is None or mutation.context is None:
        return False
    if _brings_out(definition, name):
        return True
    if mutation.context.parent is not outer:
        return False
    last = max(each.at for each in program.walk(mutation.node))
    if mutation.what == "update":  # That of an optimizer is a step from what was there.
        updates = (event for event in after if isinstance(event, events.Call) and event.node is mutation.node and event.name == "flax.nnx.update")
        return next(updates, None) is not None and _is_named_after(definition, name, last)
    if mutation.what != "variable":
        return False
    return _is_given_after(definition, name, last) or (_replaces(mutation.node) and _is_named_after(definition, name, last))


def _brings_out(definition: program.FunctionDef | program.Lambda, name: str) -> bool:
    """Whether what the argument holds is returned by itself, beside other things (`return loss, model.count[...]`)."""
    returned = [each.value for each in program.walk(definition) if isinstance(each, program.Return) and each.value is not None]
    for value in returned:
        parts = value.elements if isinstance(value, program.TupleDisplay) else value.values if isinstance(value, program.DictDisplay) else (value,)
        if any(isinstance(part, program.Subscript | program.Attribute) and _root(part) == name for part in parts):
            return True
    return False


def _root(node: program.Expression) -> str:
    while isinstance(node, program.Subscript | program.Attribute):
        node = node.value
    return node.id if isinstance(node, program.Name) else ""


def _is_named_after(definition: program.FunctionDef | program.Lambda, name: str, last: int) -> bool:
    return any(isinstance(each, program.Name) and each.id == name and each.at > last for each in program.walk(definition))


def _is_given_after(definition: program.FunctionDef | program.Lambda, name: str, last: int) -> bool:
    """Whether the argument is called, or given to a call."""
    calls = (each for each in program.walk(definition) if isinstance(each, program.Call) and each.at > last)
    return any(isinstance(part, program.Name) and part.id == name for call in calls for part in (call.function, *(one.value for one in call.arguments)))


def _replaces(node: program.Node) -> bool:
    """Whether an assignment puts something in that does not follow from what was there."""
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
