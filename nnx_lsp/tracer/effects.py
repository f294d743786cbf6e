"""Code of the project that runs at a moment of which nobody knows whether, or how often, it comes: callbacks, generators, and what stands around a `with`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from nnx_lsp import program
from nnx_lsp.tracer import withdrawn
from nnx_lsp.tracer.base import Arguments, BudgetExceededError
from nnx_lsp.tracer.state import Changes
from nnx_lsp.tracer.values import FALSE, NONE, UNKNOWN, Bound, Class, Function, LibraryMethod, Manufactured, Module, Object, Partial, Static, Unknown, Value

if TYPE_CHECKING:
    from nnx_lsp.tracer.calls import Calls

MANAGER = "contextlib._GeneratorContextManager"
"""The class of what a function under `contextlib.contextmanager` gives."""
_MOST_STEPS = 400
"""How many expressions a callback may evaluate of which it is not known that it runs."""


def perhaps(tracer: Calls, run: Callable[[], Value]) -> tuple[Value, Changes]:
    """Walk code that runs in part, once or several times: what it writes may be so or not. What it gives, and what it wrote."""
    mark = tracer.journal.mark()
    record = tracer.journal.record()
    try:
        value = run()
    finally:
        written = tracer.journal.recorded(record)
        tracer.journal.rollback(mark)
    tracer.journal.blend(written)
    return value, written


def may_run(tracer: Calls, value: Value) -> None:
    """A function of the project is given to code that is not known, which may call it."""
    match value:
        case Function(definition=definition) | Bound(function=Function(definition=definition)):
            if not _acts(definition) or definition in tracer.active:
                return
        case Partial(function=Function() | Bound()) | LibraryMethod(receiver=Module(), name="train" | "eval"):
            pass
        case _:
            return
    _silently(tracer, value)


def called_back(tracer: Calls, value: Value) -> None:
    """A function is given to JAX, which calls it on the host: under none of the transforms that are around here, and for no trace of them."""
    frame, compiling = tracer.frame, tracer.compiling
    frame.keep()
    tracer.frame, tracer.compiling = msgspec.structs.replace(frame, context=None), []
    try:
        tracer.escape((_callable(value),))
    finally:
        tracer.frame, tracer.compiling = frame, compiling


def _callable(value: Value) -> Value:
    """What is called where a value is: the method that makes an instance of a class callable."""
    match value:
        case Partial(function=function, arguments=arguments, keywords=keywords):
            return Partial(_callable(function), arguments, keywords)
        case Object(cls=Class() as cls) if (found := cls.lookup("__call__")) is not None:
            return Bound(found[0], value)
        case _:
            return value


def _silently(tracer: Calls, value: Value) -> None:
    """Call a function for what it writes; nothing else of the call is left."""
    walk, frame, steps, limit, over = tracer.walk, tracer.frame, tracer.steps, tracer.limit, tracer.frame.is_over
    tracer.limit = min(limit, steps + _MOST_STEPS)
    tracer.switch(walk.apart())
    try:
        with tracer.forked():
            perhaps(tracer, lambda: tracer.call(value, Arguments(is_partial=True), program.Pass(0)))
    except BudgetExceededError:
        if limit <= tracer.steps:
            raise
    finally:
        reads = tracer.reads
        tracer.switch(walk)
        tracer.reads |= reads
        tracer.frame, tracer.steps, tracer.limit = frame, steps, limit
        tracer.frame.is_over = over


def _acts(definition: program.FunctionDef | program.Lambda) -> bool:
    """Whether a function may change what is outside of it."""
    body = definition.body if isinstance(definition, program.FunctionDef) else (definition.body,)
    return any(
        isinstance(node, program.Call | program.Scope | program.Subscript | program.Attribute | program.Yield) for each in body for node in program.walk(each)
    )


# Metaclasses -------------------------------------------------------------------------------------------------------


def manufacture(tracer: Calls, metaclass: Value, node: program.ClassDef) -> None:
    """A class is made by a metaclass: its methods run, of which the first gets the metaclass, and the second the class."""
    if not isinstance(metaclass, Class):
        tracer.escape((metaclass,))
        return
    given = Arguments((Static("str", node.name), UNKNOWN, UNKNOWN), is_partial=len(node.bases) > 1)
    for name, receiver in (("__new__", metaclass), ("__init__", UNKNOWN)):
        found = metaclass.lookup(name)
        if found is not None and isinstance(found[0], Function) and found[0].definition not in tracer.active:
            tracer.call(Bound(found[0], receiver), given, node)
            tracer.frame.is_over = False


def made(tracer: Calls, made_by: Manufactured, arguments: Arguments) -> None:
    """A class that a metaclass made is called: the one's `__call__`, and the other's `__init__`, may run."""
    tracer.escape(arguments.values())
    for cls, name in ((made_by.metaclass, "__call__"), (made_by.cls, "__init__")):
        found = cls.lookup(name) if isinstance(cls, Class) else None
        if found is not None:
            may_run(tracer, Bound(found[0], UNKNOWN))


# Managers ----------------------------------------------------------------------------------------------------------


def managed(tracer: Calls, function: Value, arguments: Arguments, node: program.Node) -> Value:
    """`f(…)` of a function under `contextlib.contextmanager`: its body runs in two parts, around that of the `with`."""
    manager = Object(MANAGER, {}, tracer.level, tracer.place(node), is_open=True)

    def run() -> Value:
        count = len(tracer.events)
        value = tracer.call(function, arguments, node)
        withdrawn.forget(tracer, count)
        return value

    value, written = perhaps(tracer, run)
    tracer.frame.is_over = False
    manager.attributes["entered"] = tracer.element(value, node)
    tracer.around[id(manager)] = written
    tracer.keep_alive.append(manager)
    return manager


def enter(tracer: Calls, manager: Value, node: program.WithItem) -> Value:
    """What `with manager as …` binds."""
    match manager:
        case Object(cls=Class() as cls):
            found = cls.lookup("__enter__")
            return tracer.call(tracer.read_attribute(manager, "__enter__", node), Arguments(), node) if found is not None else UNKNOWN
        case Object(cls=name) if name == MANAGER:
            found_value: Value = manager.attributes.get("entered", UNKNOWN)
            return found_value
        case Unknown():
            return UNKNOWN
        case _:
            tracer.escape((manager,))
            return UNKNOWN


def leave(tracer: Calls, manager: Value, node: program.WithItem) -> bool | None:
    """The end of a `with`: whether an exception may end there; `None`: nothing is known of that."""
    match manager:
        case Object(cls=Class() as cls):
            if cls.lookup("__exit__") is None:
                return None
            told = tracer.call(tracer.read_attribute(manager, "__exit__", node), Arguments((UNKNOWN,) * 3), node)
            tracer.frame.is_over = False
            return told not in (NONE, FALSE)
        case Object(cls=name) if name == MANAGER:
            tracer.journal.blend(tracer.around.get(id(manager), {}))
            return True
        case _:
            return None


__all__ = ["MANAGER", "called_back", "enter", "leave", "made", "managed", "manufacture", "may_run", "perhaps"]
