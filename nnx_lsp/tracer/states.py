"""What the State of an object holds, and the objects that `nnx.merge` makes of it."""

from __future__ import annotations

from nnx_lsp import program
from nnx_lsp.tracer import containers, effects
from nnx_lsp.tracer.base import Arguments, Base
from nnx_lsp.tracer.values import TRUE, UNKNOWN, Array, Dict, Level, Library, List, Module, Object, State, Static, Value, Variable, View

SAME_TREE = "#same tree"
"""In the attributes of the gradients of `jax.grad`: they are of the class of what they were taken of, and no State."""


SPLIT_CONTEXT = "flax.nnx.SplitContext"


def split_context(tracer: Base, arguments: Arguments, node: program.Node) -> Value:
    """`with nnx.split_context(…) as ctx`."""
    del arguments
    entered = Object(SPLIT_CONTEXT, {}, tracer.level, tracer.place(node), is_open=True)
    return Object(effects.MANAGER, {"entered": entered}, tracer.level, tracer.place(node))


def split_in_context(tracer: Base, arguments: Arguments) -> Value:
    """`ctx.split(node)`: what is merged later in the same context, anywhere, may write to the very objects that are split here."""
    for value in arguments.values():
        if isinstance(value, Object):
            tracer.forget(value)
    return UNKNOWN


def part(tracer: Base, state: State, key: object) -> Value:
    """`state[key]`, or `state.key`: a Variable of the object whose State it is, or the State of what the object has there."""
    name = f"#{key!r}"
    if name not in state.attributes:
        state.attributes[name] = _part(tracer, state, _there(tracer, state.of, key))
    return state.attributes[name]


def _there(tracer: Base, of: Object | None, key: object) -> Value | None:
    """What an object has under a key of its State."""
    if not isinstance(of, Module):
        return None
    inner = containers.held(tracer, of) if of.library_class in (containers.LIST, containers.DICT) else None
    if isinstance(inner, List):
        return inner.items[key] if inner.items is not None and isinstance(key, int) and 0 <= key < len(inner.items) else None
    if isinstance(inner, Dict):
        return inner.items.get(key)
    return tracer.peek(of, key) if isinstance(key, str) else None


def _part(tracer: Base, state: State, value: Value | None) -> Value:
    match value:
        case Variable() if tracer.library.flax_minor < (0, 11):
            return UNKNOWN  # A VariableState.
        case Variable() if state.role == "gradient":
            return Variable(value.cls, {"value": _gradient(tracer.stage, value.content)}, state.level, state.place)
        case Variable() if state.view is not None:
            return tracer.clone(value, state.view)
        case Variable():
            return value
        case Module():
            is_like = SAME_TREE in state.attributes
            held: dict[str, Value] = {SAME_TREE: TRUE} if is_like else {}
            made = State(value.cls if is_like else "flax.nnx.State", held, state.level, state.place, is_open=True, role=state.role, of=value)
            made.source, made.view = state.source, state.view
            return made
        case _:
            return UNKNOWN


def _gradient(stage: Level | None, value: Value) -> Value:
    if not isinstance(value, Array):
        return UNKNOWN
    return Array(stage, value.dtype, value.low, value.high, value.origin, "gradient", value.dims)


def merged_through(states: tuple[Value, ...], of: Object | None, level: Level | None) -> View | None:
    """How the arrays of an object look once they are merged from States of it: as in the States; `None` where they may be others than its own."""
    if of is None or not states or not all(isinstance(state, State) and state.of is of and state.role == "" for state in states):
        return None
    views = {id(state.view): state.view for state in states if isinstance(state, State)}
    if any(isinstance(state, State) and state.source is not None and state.source.view is not None for state in states):
        return None
    through = [view for view in views.values() if view is not None]
    if not through:
        return View(level, None, keeps_arrays=True)
    first = through[0]
    if any((view.arrays, view.keeps_arrays, view.axis) != (first.arrays, first.keeps_arrays, first.axis) for view in through):
        return None
    if len(through) < len(views) and not first.keeps_arrays:
        return None
    taken = [state for state in states if isinstance(state, State) and state.view is not None and state.view.tangents is not None]
    tangents = taken[0].view.tangents if taken and taken[0].view is not None else None
    wanted = first.wanted if len(taken) in (0, len(states)) else _part_of(taken)
    return View(level, first.arrays, keeps_arrays=first.keeps_arrays, keeps_shapes=first.keeps_shapes, tangents=tangents, wanted=wanted, axis=first.axis)


def _part_of(taken: list[State]) -> Value:
    """The filter of what is differentiated, where some States of an object are and others are not."""
    wanted = taken[0].view.wanted if taken[0].view is not None else UNKNOWN
    is_whole = wanted == Library("builtins.Ellipsis") or (wanted is not None and wanted == taken[0].filter)
    return taken[0].filter if len(taken) == 1 and is_whole and taken[0].filter is not None else UNKNOWN


def key_of(index: Value) -> object:
    """The key that an index is, where that is known; `None`: not known."""
    return index.constant if isinstance(index, Static) and isinstance(index.constant, str | int) else None
