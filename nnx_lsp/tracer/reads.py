"""Results of compiled functions that a loop reads on the host in each of its passes, so that Python waits for the device each time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nnx_lsp import program
from nnx_lsp.tracer import events
from nnx_lsp.tracer.contexts import Context
from nnx_lsp.tracer.values import Array, Dict, List, Tuple, Value, options

_COMPILING = ("flax.nnx.jit", "jax.jit")
_KEEPS = frozenset(("float", "item", "numpy"))
"""Conversions by which a loss is summed, kept or shown; `int` and `tolist` rather feed other code."""
_WAITS = frozenset(("jax.block_until_ready", "jax.device_get", "time.time", "time.perf_counter", "time.monotonic", "time.process_time"))


def read_in_each_pass(loop: program.For | program.While, found: list[events.Event], context: Context | None) -> events.HostRead | None:
    """The first read, in each pass, of a loss that a compiled function gave in the same pass, where nothing else waits for it and nothing is decided by it.

    `found` are the events of the body, `context` is where the loop stands. The call and the read stand in the body itself, on the way that every pass goes.
    """
    if not any(isinstance(event, events.TransformedCalled) and event.transformed.transform in _COMPILING for event in found):
        return None
    statements = tuple(always(loop.body))
    if not statements or isinstance(statements[-1], program.Break | program.Return | program.Raise) or _waits(loop, found):
        return None
    decides = _decides(loop)
    surely = {id(node): statement for statement in statements for node in certain(statement)}
    calls: dict[int, program.Call] = {}
    arrays: list[Array] = []
    first: events.HostRead | None = None
    for event in found:
        if event.context is not context:
            continue
        match event:
            case events.TransformedCalled(node=program.Call() as node) if event.transformed.transform in _COMPILING and id(node) in surely:
                for array in _arrays(event.result):
                    arrays.append(array)
                    calls[id(array)] = node
            case events.Branch(value=value) if _is_eager(value):
                return None
            case events.Conversion() | events.Formatting() | events.Printed() if id(event.node) in surely and _is_eager(event.value):
                call = calls.get(id(event.value))
                is_kept = not isinstance(event, events.Conversion) or event.by in _KEEPS
                if call is None or not is_kept or not _is_loss(event.value) or not _only_keeps(surely[id(event.node)], decides):
                    return None
                if first is None:
                    first = events.HostRead(event.place, event.node, context, event.guards, event.value, call)
            case _:
                pass
    return first


def always(body: Iterable[program.Statement]) -> Iterator[program.Statement]:
    """The simple statements that every pass runs, up to what may go on with the next one."""
    for statement in body:
        if isinstance(statement, program.With):
            yield from always(statement.body)
        elif not isinstance(statement, program.If | program.For | program.While | program.Try | program.Match):
            yield statement
        if any(isinstance(each, program.Continue) for each in program.walk(statement)):
            return


def certain(node: program.Node) -> Iterator[program.Node]:
    """The nodes that are evaluated whenever the statement is."""
    yield node
    for child in program.children(node):
        if not isinstance(child, program.Conditional | program.Logical | program.Lambda | program.Comprehension):
            yield from certain(child)


def _decides(loop: program.For | program.While) -> frozenset[str]:
    """The names on which something in the loop depends that is done or not."""
    found: set[str] = set()
    assigned: list[tuple[set[str], set[str]]] = []
    for node in (each for statement in (*loop.body, *((loop.test,) if isinstance(loop, program.While) else ())) for each in program.walk(statement)):
        match node:
            case program.If(test=test) | program.While(test=test) | program.Conditional(test=test) | program.Assert(test=test) | program.Match(subject=test):
                found |= _names(test)
            case program.Logical() | program.Compare():
                found |= _names(node)
            case program.Assign(targets=targets, value=value):
                assigned.append(({_kept(target) for target in targets}, _names(value)))
            case program.AugmentedAssign(target=target, value=value):
                assigned.append(({_kept(target)}, _names(value)))
            case program.Named(target=target, value=value):
                assigned.append(({_kept(target)}, _names(value)))
            case _:
                pass
    for _ in assigned:
        before = len(found)
        for owners, names in assigned:
            if owners & found:
                found |= names
        if len(found) == before:
            break
    return frozenset(found)


def _names(node: program.Node) -> set[str]:
    return {each.id if isinstance(each, program.Name) else each.name for each in program.walk(node) if isinstance(each, program.Name | program.Attribute)}


def _kept(target: program.Node) -> str:
    """The name under which a value is kept: the last part of it."""
    match target:
        case program.Name(id=name) | program.Attribute(name=name):
            return name
        case program.Subscript(value=value) | program.Call(function=program.Attribute(value=value)):
            return _kept(value)
        case _:
            return ""


def _only_keeps(statement: program.Statement, decides: frozenset[str]) -> bool:
    """Whether a statement keeps or shows what it reads, and nothing is decided by that."""
    match statement:
        case program.Assign(targets=targets):
            return not {_kept(target) for target in targets} & decides
        case program.AugmentedAssign(target=target) | program.AnnotatedAssign(target=target):
            return _kept(target) not in decides
        case program.ExpressionStatement(value=program.Call() as call):
            return _kept(call) not in decides
        case _:
            return False


def _waits(loop: program.For | program.While, found: list[events.Event]) -> bool:
    """Whether the loop waits for the device on purpose, or takes the time."""
    if any(isinstance(event, events.Call) and event.name in _WAITS for event in found):
        return True
    return any(isinstance(each, program.Attribute) and each.name == "block_until_ready" for statement in loop.body for each in program.walk(statement))


def _arrays(value: Value) -> Iterator[Array]:
    match value:
        case Array():
            yield value
        case Tuple(items=items):
            for item in items:
                yield from _arrays(item)
        case List():
            for item in value.items or ():
                yield from _arrays(item)
        case Dict(items=items):
            for item in items.values():
                yield from _arrays(item)
        case _:
            pass


def _is_eager(value: Value) -> bool:
    return any(isinstance(option, Array) and option.level is None for option in options(value))


def _is_loss(value: Value) -> bool:
    """Whether it is one number, as a loss is, and none that counts or chooses."""
    return isinstance(value, Array) and value.is_scalar and value.dtype in ("float", "")


__all__ = ["read_in_each_pass"]
