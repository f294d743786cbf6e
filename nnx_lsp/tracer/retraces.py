"""What happens only when JAX traces a function: calls of a function that was traced before use what was traced then, and its body need not run again.

JAX knows a function by its identity (and a bound method by its object), whichever of its transforms it is given to next; `nnx.jit` makes a new one of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.knowledge.transforms import Transform
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.values import UNKNOWN, Bound, Class, Dict, Function, Level, List, Object, Partial, Transformed, Value

if TYPE_CHECKING:
    from nnx_lsp.tracer.base import Base

_TRACED = "traced"
_DEEPEST = 3


def is_traced_again(tracer: Base, transform: Transform, callee: Transformed) -> bool:
    """Whether a function that a transform stages may have been traced before; from here on it was."""
    if transform.level is not LevelKind.STAGED:
        return False
    function = _innermost(callee)
    owner = callee if function is None or transform.name == "flax.nnx.jit" else function
    if _TRACED in owner.history:
        return True
    tracer.journal.set(owner.history, _TRACED, UNKNOWN)
    return False


def _innermost(value: Value) -> Function | None:
    while isinstance(value, Transformed | Bound | Partial):
        value = value.function
    return value if isinstance(value, Function) else None


def leave_open(tracer: Base, callee: Transformed, mark: int, level: Level, closures: Iterable[Frame]) -> None:
    """Let what a body wrote since `mark` to what is outside of it be what it may have written. `closures` are where the functions stand that ran.

    What it does to its arguments comes back in any case; names, lists, dicts and Python objects of the code around may be as they were.
    """
    around = {store for frame in closures for store in _stores_around(frame, level)} | set(_stores_of_receiver(callee))
    if any(id(store) in around for store, _ in tracer.journal.written(mark)):
        changes = tracer.journal.rollback(mark)
        tracer.journal.merge((changes, {identity: change for identity, change in changes.items() if id(change[0]) not in around}))


def _stores_around(frame: Frame | None, level: Level) -> Iterator[int]:
    """The identities of the names that a function sees outside of a level, and of what stands under them."""
    while frame is not None:
        if not level.is_around(frame.level):
            yield id(frame.names)
            for value in frame.names.values():
                yield from _stores_in(value, 0)
        frame = frame.outer


def _stores_of_receiver(callee: Transformed) -> Iterator[int]:
    function = callee.function
    while isinstance(function, Transformed | Partial):
        function = function.function
    if isinstance(function, Bound):
        yield from _stores_in(function.receiver, 0)


def _stores_in(value: Value, depth: int) -> Iterator[int]:
    """The identities of what lists, dicts, classes and objects of Python hold. Objects of nnx come back from where they were given."""
    if depth >= _DEEPEST:
        return
    held: Iterable[Value] = ()
    match value:
        case List():
            yield id(value.contents)
            held = value.items or ()
        case Dict():
            yield id(value.contents)
            yield id(value.items)
            held = value.items.values()
        case Object(cls=Class() as cls) if type(value) is Object and not cls.library_bases:
            yield id(value.attributes)
            held = value.attributes.values()
        case Class():
            yield id(value.attributes)
            held = value.attributes.values()
        case _:
            return
    for each in tuple(held):
        yield from _stores_in(each, depth + 1)
