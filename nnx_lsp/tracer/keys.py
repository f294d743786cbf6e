"""What `jax.random` and layers make of PRNG keys: new keys, draws, and the record of what was drawn from which."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from nnx_lsp import program
from nnx_lsp.knowledge import arrays as known
from nnx_lsp.knowledge.functions import Takes
from nnx_lsp.tracer import events, shapes
from nnx_lsp.tracer.array_functions import shown_name, size, static_arguments
from nnx_lsp.tracer.base import Arguments, Base, value_level, value_origin
from nnx_lsp.tracer.contexts import Context
from nnx_lsp.tracer.shapes import Extent
from nnx_lsp.tracer.values import UNKNOWN, Array, Level, Library, Origin, Static, Tree, Tuple, Unknown, Value


def random(tracer: Base, last: str, arguments: Arguments, node: program.Node, name: str) -> Value:
    """A function of `jax.random`."""
    level = tracer.array_level(arguments.values())
    origin = tracer.link(tuple(arguments.values()), node, shown_name(name)) if level is not None else None
    source = arguments.get(0, "key")
    entry = tracer.library.entry(name)
    static_arguments(tracer, name, entry.signature if entry is not None else None, arguments)
    match last:
        case "key" | "wrap_key_data":
            return new_key(level, origin)
        case "PRNGKey":
            return Array(level, "int", 1, 1, origin, dims=(None,), uses={}, exact="uint")
        case "fold_in":
            return _like(source, shapes.SCALAR, level, origin)
        case "clone":
            return _clone(source, level, origin)
        case "split":
            return _split(arguments, level, origin)
        case "key_data":
            keys = shapes.extent(arguments.get(0, "keys"))
            return (
                Array(level, "int", keys.low + 1, keys.high + 1 if keys.high >= 0 else -1, origin)
                if is_typed(arguments.get(0, "keys"))
                else Array(level, "int")
            )
        case "bits":
            return Array(level, "int", 0, -1, origin)
        case "key_impl" | "key_dtype":
            return UNKNOWN
    _shape_argument(tracer, arguments, node, name)
    dtype = "bool" if last in known.BOOLEAN else "int" if last in known.INTEGER else "float" if last in known.DRAWS_FLOATS else ""
    if any(isinstance(value, Library) and "complex" in value.name for value in arguments.values()):
        dtype = ""
    return drawn(tracer, arguments, _SHAPE_POSITIONS.get(last), node, name, dtype=dtype)


# Keys and arrays of keys ---------------------------------------------------------------------------------------------


def new_key(level: Level | None, origin: Origin | None) -> Array:
    """One PRNG key, from which nothing was drawn."""
    return Array(level, "key", 0, 0, origin, uses={})


def is_key(value: Value | None) -> bool:
    """Whether a value is a key, or an array of keys, of either kind."""
    return isinstance(value, Array) and (value.dtype == "key" or value.uses is not None)


def is_typed(value: Value | None) -> bool:
    """Whether a value has the dtype of keys, and not the two numbers that `jax.random.PRNGKey` gives."""
    return isinstance(value, Array) and value.dtype == "key"


def _like(source: Value | None, lead: Extent, level: Level | None, origin: Origin | None) -> Array:
    """Keys of the kind of another, in an array of these dimensions. A key of old is numbers, and has a dimension more."""
    high = lead.high + 1 if lead.high >= 0 else -1
    if isinstance(source, Array) and (source.exact == "uint" or (source.dtype != "key" and source.low)):
        return Array(level, "int", lead.low + 1, high, origin, dims=(*lead.dims, None), uses={}, exact="uint")
    if is_typed(source):
        return Array(level, "key", lead.low, lead.high, origin, dims=lead.dims, uses={})
    return Array(level, "", lead.low, high, origin, uses={_LEAD: lead.shape} if lead.shape else {})


_LEAD = "lead"
"""Where `uses` of an array of keys of which nobody knows the kind hold its dimensions without the one that keys of old have."""


def _key_of_either_kind(level: Level | None, origin: Origin | None) -> Array:
    return Array(level, "", 0, 1, origin, uses={})


def _clone(source: Value | None, level: Level | None, origin: Origin | None) -> Value:
    if is_key(source) or source is None or isinstance(source, Unknown | Tree):
        before = shapes.extent(source)
        return (
            Array(level, source.dtype, *before[:2], origin, dims=before.dims, uses={}, exact=source.exact)
            if isinstance(source, Array)
            else _key_of_either_kind(level, origin)
        )
    return Array(level, origin=origin)


def _split(arguments: Arguments, level: Level | None, origin: Origin | None) -> Array:
    """`jax.random.split(key, num)`: an array of keys, whose items are told apart (`item`)."""
    count = arguments.get(1, "num")
    lead = shapes.exactly([2]) if count is None else shapes.of_shape(count)
    if arguments.is_partial or lead == shapes.NOTHING:
        lead = Extent(0, -1) if arguments.is_partial or not isinstance(count, Static | Array) else Extent(1, 1)
    return _like(arguments.get(0, "key"), lead, level, origin)


def many(value: Value) -> int | None:
    """The number of keys along the first dimension of an array of keys; `None` for what is not one, or where it is not known."""
    if not isinstance(value, Array) or value.uses is None:
        return None
    if lead := value.uses.get(_LEAD):
        return cast("int | None", lead[0])
    shape = shapes.extent(value).shape
    return shape[0] if shape is not None and len(shape) > (0 if is_typed(value) else 1) else None


def item(keys: Array, index: int | None) -> Array:
    """One of the keys in an array: the same one for the same index. Where the index is not known, it is told apart from all others."""
    assert keys.uses is not None
    extent = shapes.extent(keys)
    rest = Extent(max(extent.low - 1, 0), extent.high - 1 if extent.high > 0 else -1, extent.dims[1:] if len(extent.dims) == extent.low else extent.dims)
    lead = keys.uses.get(_LEAD, ())[1:]
    made = Array(keys.level, keys.dtype, rest.low, rest.high, keys.origin, keys.role, rest.dims, {_LEAD: lead} if lead else {}, keys.exact)
    count = many(keys)
    if index is None or (index < 0 and count is None):
        return made
    found: Array = keys.uses.setdefault(index % count if count else index, made)
    return found


def items(keys: Array) -> tuple[Value, ...] | None:
    """Each of the keys in an array, where there are few."""
    count = many(keys)
    return tuple(item(keys, index) for index in range(count)) if count is not None and count <= _FEW else None


def part(keys: Array, bounds: slice) -> Array | None:
    """`keys[start:stop]`: an array of some of the very keys; `None` where it is not known which."""
    count, extent = many(keys), shapes.extent(keys)
    if count is None:
        return None
    taken = range(count)[bounds]
    uses: dict[Any, Any] = {place: item(keys, index) for place, index in enumerate(taken[:_FEW])}
    if _LEAD in (keys.uses or {}):
        assert keys.uses is not None
        uses[_LEAD] = (len(taken), *keys.uses[_LEAD][1:])
        return Array(keys.level, keys.dtype, extent.low, extent.high, keys.origin, keys.role, (), uses)
    return Array(keys.level, keys.dtype, extent.low, extent.high, keys.origin, keys.role, (len(taken), *extent.dims[1:]), uses, keys.exact)


_FEW = 16
"""More keys than that are one value that stands for each."""


_TOLD = "told"
"""Under this, beside the draws from a key, is the way to the place where it was said that it is used again: further draws there are the same mistake."""


# Draws ---------------------------------------------------------------------------------------------------------------


def _shape_argument(tracer: Base, arguments: Arguments, node: program.Node, name: str) -> None:
    position = _SHAPE_POSITIONS.get(name.rpartition(".")[2])
    key = arguments.get(0, "key")
    if position is None or (isinstance(key, Static) and key.kind in ("int", "float")):  # Without a key, the others stand where NumPy and PyTorch have them.
        return
    value, argument = arguments.get(position, "shape"), arguments.argument(position, "shape")
    if value is not None and argument is not None:
        size(tracer, value, argument.value, shown_name(name))


def drawn(tracer: Base, arguments: Arguments, position: int | None, node: program.Node, name: str, *, dtype: str = "float") -> Array:
    """What is drawn from a key, with its shape where a parameter says it."""
    shape = arguments.get(position, "shape") if position is not None else None
    low, high, dims = shapes.of_shape(shape) if shape is not None else shapes.NOTHING
    exact = dtype if "dtype" not in arguments.keywords and len(arguments.positional) <= 2 and not arguments.is_partial else ""
    return tracer.result(tuple(arguments.values()), node, shown_name(name), dtype=dtype, low=low, high=high, role="random", dims=dims, exact=exact)


def draw_with(tracer: Base, name: str, arguments: list[events.CallArgument], node: program.Node) -> None:
    """Record a draw from a key; and that there was one before on this way, or at this very place in the pass before."""
    module, _, last = name.rpartition(".")
    if module != "jax.random" or last in known.DERIVE_KEYS or tracer.alternatives or any(each is node for each in tracer.shown):
        return  # What is only shown goes into nothing.
    if _has_one_outcome(arguments):
        return
    for argument in arguments:
        key = _as_key(tracer, argument) if argument.takes is Takes.KEY else None
        if key is None or key.uses is None or many(key) is not None:
            continue
        place = tracer.place(node)
        others = tuple(_without_uses(other.value) for other in arguments if other is not argument)
        written = tuple(program.text(other.node.value) for other in arguments if other is not argument)
        fixed = others if all(map(_is_constant, others)) else None
        draws = tuple(each for each in key.uses if isinstance(each, tuple))  # beside them are the places of what was read of it by an index
        for at, text, context, forks, then, drawn_by, drawn_with, written_as in draws:
            is_same = (fixed is not None and fixed == then) or last in _OF_PARAMETERS
            is_again = at == place and forks == tracer.forks and is_same
            is_in_loop = is_again and tracer.looping > 0 and same_way(context, tracer.context)
            if is_in_loop or (context is tracer.context and (is_again or (at != place and may_both(forks, tracer.forks)))):
                where = argument.node.value
                is_told = key.uses.get(_TOLD, _TOLD) is tracer.context
                if not is_told and not (drawn_by == name and _keeps_rows_together(last, drawn_with, others, written_as, written)):
                    is_same = drawn_by == name and (is_again or _are_same(drawn_with, others))
                    code = tracer.frame.function.definition if tracer.frame.function is not None else tracer.script
                    tracer.emit(events.KeyReused(tracer.place(where), where, tracer.context, tracer.guards, text, is_again, is_same, code))
                    if not is_again and (is_same or code is not None):
                        tracer.journal.set(key.uses, _TOLD, tracer.context)
                break
        else:
            text = program.text(cast("program.Expression", node))
            tracer.journal.set(key.uses, (place, text, tracer.context, tracer.forks, fixed, name, others, written), True)


def _has_one_outcome(arguments: list[events.CallArgument]) -> bool:
    """Whether the bounds of a draw leave one number: no bits of the key are in it."""
    for low, high in (("minval", "maxval"), ("lower", "upper")):
        bounds = [each.value.constant for each in arguments if each.parameter in (low, high) and isinstance(each.value, Static)]
        if len(bounds) == 2 and bounds[0] == bounds[1]:
            return True
    return False


def _without_uses(value: Value) -> Value:
    """An argument as far as draws are told apart by it. What was drawn from a key changes, and is left out."""
    match value:
        case Static() | Library():
            return value
        case Array():
            return msgspec.structs.replace(value, uses=None)
        case Tuple(items=items, fields=fields):
            return Tuple(tuple(map(_without_uses, items)), fields)
        case _:
            return UNKNOWN


def _keeps_rows_together(last: str, one: tuple[Value, ...], two: tuple[Value, ...], first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether two different arrays are permuted, or chosen from, by one key: that is done on purpose."""
    if last not in ("permutation", "choice") or not one or not two:
        return False
    return not isinstance(one[0], Static) and not isinstance(two[0], Static) and first[0] != second[0]


def _are_same(one: tuple[Value, ...], two: tuple[Value, ...]) -> bool:
    """Whether two draws of one function may give the same numbers, as far as their other arguments tell: the same shape and the same parameters."""
    return len(one) == len(two) and all(map(_is_same, one, two))


def _is_same(one: Value, two: Value) -> bool:
    known = (Static, Tuple, Library)
    return one == two if isinstance(one, known) and isinstance(two, known) else not isinstance(one, known) and not isinstance(two, known)


_OF_PARAMETERS = ("categorical", "bernoulli", "poisson", "gamma")
"""Draws that follow the parameters of a distribution: with the same key they follow the same random numbers, whatever the parameters are."""


def same_way(one: Context | None, two: Context | None) -> bool:
    """Whether two calls came by the same places, as they do in two passes of a loop around them."""
    while one is not None and two is not None and one is not two and (one.place, one.function) == (two.place, two.function):
        one, two = one.parent, two.parent
    return one is two


def _as_key(tracer: Base, argument: events.CallArgument) -> Array | None:
    """The key that an argument is. A name of which only its use tells that it is one stands for one key from here on."""
    value, node = argument.value, argument.node.value
    if isinstance(value, Array) and value.uses is not None:
        return value
    may_be_key = isinstance(value, Unknown | Tree) or (isinstance(value, Array) and (value.dtype in ("key", "") or value.exact == "uint"))
    if not isinstance(node, program.Name) or not may_be_key:
        return None
    frame = tracer.frame
    while node.id not in frame.names and frame.outer is not None and frame.outer.function is frame.function:
        frame = frame.outer
    if node.id not in frame.names:
        return None
    is_known = isinstance(value, Array) and value.dtype != ""
    key = msgspec.structs.replace(value, uses={}) if isinstance(value, Array) and is_known else _key_of_either_kind(value_level(value), value_origin(value))
    tracer.journal.set(frame.names, node.id, key)
    return key


def may_both(one: tuple[int, ...], two: tuple[int, ...]) -> bool:
    """Whether what stands under these branches may happen in one run: one of them does not stand in a branch that excludes the other."""
    count = min(len(one), len(two))
    return one[:count] == two[:count]


def _is_constant(value: Value) -> bool:
    """Whether a value is the same each time its place runs."""
    match value:
        case Static(is_known=is_known):
            return is_known
        case Library():
            return True
        case Tuple(items=items):
            return all(map(_is_constant, items))
        case _:
            return False


_SHAPE_POSITIONS = {
    "normal": 1,
    "uniform": 1,
    "truncated_normal": 3,
    "bernoulli": 2,
    "randint": 1,
    "gumbel": 1,
    "exponential": 1,
    "laplace": 1,
    "rademacher": 1,
    "cauchy": 1,
    "logistic": 1,
}
