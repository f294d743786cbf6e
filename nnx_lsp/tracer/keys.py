"""What `jax.random` and layers make of PRNG keys: new keys, draws, and the record of what was drawn from which."""

from __future__ import annotations

from typing import cast

from nnx_lsp import program
from nnx_lsp.knowledge import arrays as known
from nnx_lsp.knowledge.functions import Takes
from nnx_lsp.tracer import events, shapes
from nnx_lsp.tracer.array_functions import shown_name, size
from nnx_lsp.tracer.base import Arguments, Base, value_level, value_origin
from nnx_lsp.tracer.values import Array, Iterator_, Level, Library, Origin, Static, Tree, Tuple, Unknown, Value


def random(tracer: Base, last: str, arguments: Arguments, node: program.Node, name: str) -> Value:
    level = tracer.array_level(arguments.values())
    origin = tracer.link(tuple(arguments.values()), node, shown_name(name)) if level is not None else None
    if last in ("key", "PRNGKey", "fold_in", "wrap_key_data", "clone"):
        return new_key(level, origin)
    if last == "split":
        count = arguments.get(1, "num")
        number = 2 if count is None else count.constant if isinstance(count, Static) else None
        if isinstance(number, int) and 0 < number <= 16:
            return Tuple(tuple(new_key(level, origin) for _ in range(number)))
        return Iterator_(Array(level, "key", 0, 0, origin))
    if last in ("key_data", "bits"):
        return Array(level, "int", 0, -1, origin)
    _shape_argument(tracer, arguments, node, name)
    return drawn(
        tracer,
        arguments,
        _SHAPE_POSITIONS.get(last),
        node,
        name,
        dtype="bool" if last in known.BOOLEAN else "int" if last in known.INTEGER else "float" if last in known.DRAWS_FLOATS else "",
    )


def _shape_argument(tracer: Base, arguments: Arguments, node: program.Node, name: str) -> None:
    last = name.rpartition(".")[2]
    position = _SHAPE_POSITIONS.get(last, 1)
    value = arguments.get(position, "shape")
    argument = arguments.keyword_nodes.get("shape") or (arguments.nodes[position] if position < len(arguments.nodes) else None)
    if value is not None and argument is not None and last in _SHAPE_POSITIONS:
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
    if module != "jax.random" or last in known.DERIVE_KEYS or tracer.alternatives:
        return
    for argument in arguments:
        key = _as_key(tracer, argument) if argument.takes is Takes.KEY else None
        if key is None or key.uses is None:
            continue
        place = tracer.place(node)
        others = tuple(other.value for other in arguments if other is not argument)
        written = tuple(program.text(other.node.value) for other in arguments if other is not argument)
        fixed = others if all(map(_is_constant, others)) else None
        for at, text, context, forks, then, drawn_by, drawn_with, written_as in tuple(key.uses):
            is_again = at == place and forks == tracer.forks and fixed is not None and fixed == then
            if context is tracer.context and (is_again or (at != place and may_both(forks, tracer.forks))):
                where = argument.node.value
                if not (drawn_by == name and _keeps_rows_together(last, drawn_with, others, written_as, written)):
                    is_same = drawn_by == name and (is_again or _are_same(drawn_with, others))
                    tracer.emit(events.KeyReused(tracer.place(where), where, tracer.context, tracer.guards, text, is_again, is_same))
                break
        else:
            text = program.text(cast("program.Expression", node))
            tracer.journal.set(key.uses, (place, text, tracer.context, tracer.forks, fixed, name, others, written), True)


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


def _as_key(tracer: Base, argument: events.CallArgument) -> Array | None:
    """The key that an argument is. A name of which only its use tells that it is one stands for one key from here on."""
    value, node = argument.value, argument.node.value
    if isinstance(value, Array) and value.uses is not None:
        return value
    if not isinstance(node, program.Name) or not (isinstance(value, Unknown | Tree) or (isinstance(value, Array) and value.dtype in ("key", ""))):
        return None
    frame = tracer.frame
    while node.id not in frame.names and frame.outer is not None and frame.outer.function is frame.function:
        frame = frame.outer
    if node.id not in frame.names:
        return None
    key = new_key(value_level(value), value_origin(value))
    tracer.journal.set(frame.names, node.id, key)
    return key


def new_key(level: Level | None, origin: Origin | None) -> Array:
    """One PRNG key, from which nothing was drawn."""
    return Array(level, "key", 0, 0, origin, uses={})


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
