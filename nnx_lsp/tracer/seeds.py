"""Seeds that are the same at each call of a function: numbers that are written down, and what an instance or a module holds and nobody changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnx_lsp import program
from nnx_lsp.tracer import events
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.rewritten import files
from nnx_lsp.tracer.scopes import bound_in, steady_names
from nnx_lsp.tracer.values import Array, Class, Library, Object, Static, Transformed, Value

if TYPE_CHECKING:
    from nnx_lsp.tracer.statements import Statements

_KEYS = ("jax.random.key", "jax.random.PRNGKey")


def note(tracer: Statements, arguments: Arguments, node: program.Node) -> None:
    """Record an `nnx.Rngs` that is made in a function with the same seeds at each call."""
    given = [argument.value for argument in (*arguments.nodes, *arguments.keyword_nodes.values()) if argument is not None]
    values = list(arguments.values())
    if tracer.frame.function is None or arguments.is_partial or not given or len(given) != len(values):
        return
    if all(isinstance(each, program.Constant) or (_is_seed(value) and _is_fixed(tracer, each)) for each, value in zip(given, values, strict=True)):
        tracer.emit(events.SameSeeds(tracer.place(node), node, tracer.context, tracer.guards))


def _is_seed(value: Value) -> bool:
    return (isinstance(value, Static) and value.kind == "int") or (isinstance(value, Array) and value.dtype == "key")


def _is_fixed(tracer: Statements, node: program.Expression) -> bool:
    """Whether an expression certainly gives the same at each call of the function at hand."""
    match node:
        case program.Constant():
            return True
        case program.Name(id=name):
            return _is_fixed_name(tracer, name)
        case program.Attribute(value=owner, name=name):
            return _is_fixed(tracer, owner) and _is_kept(tracer, tracer.evaluate_quietly(owner), name)
        case program.Binary(left=left, right=right):
            return _is_fixed(tracer, left) and _is_fixed(tracer, right)
        case program.Call(function=function, arguments=arguments):
            callee = tracer.evaluate_quietly(function)
            return isinstance(callee, Library) and callee.name in _KEYS and all(_is_fixed(tracer, each.value) for each in arguments)
        case _:
            return False


def _is_fixed_name(tracer: Statements, name: str) -> bool:
    function = tracer.frame.function
    if function is None or isinstance(function.definition, program.Lambda):
        return False
    definition = function.definition
    parameters = [each.name for each in definition.parameters]
    if name in parameters:
        return name == parameters[0] and function.owner is not None
    if name in steady_names(definition) or name in bound_in(definition.body):
        value = _assigned_once(definition, name)
        return value is not None and _is_fixed(tracer, value)
    around = tracer.found_in(name)
    if around.function is not None:
        return isinstance(_assigned_once(around.function.definition, name), program.Constant)
    return around.outer is None and tracer.is_steady(around.path, name)


def _assigned_once(definition: program.FunctionDef | program.Lambda, name: str) -> program.Expression | None:
    """What a function assigns to a name that it binds only there."""
    if isinstance(definition, program.Lambda) or name not in steady_names(definition):
        return None
    assigned = (each for statement in definition.body for each in program.walk(statement) if isinstance(each, program.Assign))
    return next((each.value for each in assigned if [target.id for target in each.targets if isinstance(target, program.Name)] == [name]), None)


def _is_kept(tracer: Statements, owner: Value, name: str) -> bool:
    """Whether an attribute is what `__init__`, or whoever made a module, left there."""
    if not isinstance(owner, Object) or not isinstance(owner.cls, Class):
        return isinstance(owner, Library)
    found = owner.cls.lookup(name)
    paths = {tracer.frame.path, tracer.root, *files(owner.cls)}
    is_read = found is None or not isinstance(found[0], Transformed | Object)
    return is_read and not tracer.may_be_assigned(paths, name)


__all__ = ["note"]
