"""What functions of `jax.numpy` and its like, and methods of arrays, make of arrays: the shape, the dtype, and what they record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from nnx_lsp import program
from nnx_lsp.knowledge import arrays as known
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.knowledge.library import Signature
from nnx_lsp.knowledge.static_arguments import STATIC, UNLESS
from nnx_lsp.tracer import dtypes, events, plain, several, shapes
from nnx_lsp.tracer.base import Arguments, Base, value_level
from nnx_lsp.tracer.binding import Named, named, spread
from nnx_lsp.tracer.shapes import Extent
from nnx_lsp.tracer.values import (
    BOOL,
    FALSE,
    NONE,
    UNKNOWN,
    Array,
    Library,
    List,
    OneOf,
    Static,
    Tree,
    Tuple,
    Unknown,
    Value,
    items_of,
)


def called(tracer: Base, last: str, name: str, arguments: Arguments, node: program.Node) -> Value:
    """A function of `jax.numpy` and its like."""
    result = _called(tracer, last, name, arguments, node)
    values = arguments.positional[1:2] if last in _LIKE else arguments.values()
    return UNKNOWN if _is_doubtful(tracer, result, values, last) else result


def _is_doubtful(tracer: Base, result: Value, values: Iterable[Value], last: str) -> bool:
    """Whether arrays of a result may be traced though they do not say so."""
    if value_level(result) is not None:
        return False
    given = tuple(values)
    is_open = tracer.stage is None and last not in known.FLAT and last not in known.SMOOTH and _may_be_float(result)
    is_given = is_open and any(level is not None and level.kind is LevelKind.DIFFERENTIATED for level in map(value_level, given))
    return is_given or tracer.may_be_traced(given, smooth=is_open or last in known.SMOOTH)


def _may_be_float(value: Value) -> bool:
    match value:
        case Array(dtype=dtype):
            return dtype in ("", "float", "complex")
        case Tuple() | List():
            return any(map(_may_be_float, items_of(value)))
        case _:
            return False


def _called(tracer: Base, last: str, name: str, arguments: Arguments, node: program.Node) -> Value:
    values = tuple(arguments.values())
    for argument, value in zip(arguments.nodes, arguments.positional, strict=False):
        if argument is not None:
            tracer.use(value, argument.value)
    shown = shown_name(name)
    sizes(tracer, last, shown, arguments)
    if last in known.DATA_DEPENDENT or (last == "where" and len(arguments.positional) == 1 and not {"x", "y"} & set(arguments.keywords)):
        fixed = known.DATA_DEPENDENT.get(last, "size")
        if fixed not in arguments.keywords and arguments.positional and not arguments.is_partial:
            first = arguments.nodes[0] if arguments.nodes else None
            where: program.Node = first.value if first is not None else node
            value = arguments.positional[0]
            if tracer.stage is not None and value_level(value) is None:  # Staged all the same, also on a constant.
                value = Array(tracer.stage)
            tracer.emit(events.DataDependentShape(tracer.place(node), where, tracer.context, tracer.guards, shown, value))
    signature = entry.signature if (entry := tracer.library.entry(name)) is not None else None
    given = named(signature, arguments)
    static_arguments(tracer, name, signature, arguments)
    if name in several.MODELS:
        array = tracer.result(values, node, shown, smooth=last in known.SMOOTH)
        told = several.result(name, several.Call(given, array, tracer.level, tracer.library.flax_minor))
        if told is not None:
            return told
    bound = spread(signature, arguments)
    is_told = not name.startswith(_APART)
    dtype = "bool" if last in known.BOOLEAN and is_told else "int" if last in known.INTEGER and is_told else _created(name, bound)
    exact = dtypes.of_function(_IN_NUMPY.get(name, last), bound) if name.startswith(("jax.numpy.", "jax.nn.", "jax.lax.")) and name not in _APART else ""
    low, high, dims = _extent(tracer, name, given, bound, node)
    if last in _LIKE and name.startswith(("jax.numpy.", "jax.lax.")) and not arguments.is_partial:
        values = bound.positional[1:2] if last == "full_like" else ()
    return tracer.result(values, node, shown, dtype=dtype or dtypes.kind(exact), low=low, high=high, smooth=last in known.SMOOTH, dims=dims, exact=exact)


_LIKE = ("zeros_like", "ones_like", "empty_like", "full_like")
"""Functions that ask an array for its shape and its dtype alone: what traces it does not trace their result."""


_APART = ("jax.scipy.special.bernoulli", "jax.lax.complex", "jax.lax.conj")
"""What is no function of the name that the tables know."""


def _extent(tracer: Base, name: str, given: Named, arguments: Arguments, node: program.Node) -> Extent:
    """What is known of the result's shape. The arguments are bound: also those that stand at a place are found by name."""
    last, shown = name.rpartition(".")[2], shown_name(name)
    if name.startswith(_APART) or arguments.is_partial:
        return shapes.NOTHING
    if last in known.SCALARS:
        return shapes.SCALAR
    first = arguments.positional[0] if arguments.positional else None
    if last in known.REDUCTIONS and name not in _IN_NUMPY:
        return _reduced(last, first, given)
    if last in known.ELEMENTWISE or last in known.BOOLEAN or name in _IN_NUMPY:
        return _elementwise(tracer, last, shown, given, node)
    if last in ("matmul", "dot") and len(arguments.positional) == 2:
        return _product(tracer, last, shown, arguments, node)
    if last in _EXTENTS and shown.startswith(("jnp.", "jax.nn.", "jax.Array.")):
        return _EXTENTS[last](arguments)
    if last.endswith("_like") and first is not None and name != "jax.lax.broadcast_like":
        shape = given.option("shape")
        return shapes.of_shape(shape) if shape is not None else shapes.extent(first)
    return shapes.NOTHING


_IN_NUMPY = {"jax.lax.max": "maximum", "jax.lax.min": "minimum"}
"""Element-wise functions whose last words name reductions elsewhere, with their names in `jax.numpy`."""


def _reduced(last: str, first: Value | None, given: Named) -> Extent:
    """The extent of a reduction. A mask or a correction that is an array may have more dimensions than what is reduced."""
    before = shapes.extent(first)
    for parameter in ("where", "correction", "ddof", "b", "q"):
        other = given.option(parameter)
        beside = shapes.extent(other)
        if other is not None and beside.high != 0 and (parameter not in ("where", "b") or not 0 <= beside.high <= before.low):
            return shapes.NOTHING
    axis, keeps = given.option("axis"), given.option("keepdims")
    if last in known.RANKED_REDUCTIONS:
        return shapes.reduced(before, axis, keeps)
    return shapes.SCALAR if axis is None and keeps in (None, FALSE) else shapes.NOTHING


def _elementwise(tracer: Base, last: str, shown: str, given: Named, node: program.Node) -> Extent:
    found = [*map(shapes.extent, given.rest), *(shapes.extent(value) for name, value in given.values.items() if name not in _BESIDE)]
    if last == "isin":
        return found[0] if found else shapes.NOTHING
    if last == "clip" and not {"a", "a_min", "a_max"}.isdisjoint(given.values):  # Names of old: which of them are heard depends on the release.
        return shapes.NOTHING
    if last in known.BINARY and len(found) == 2 and shapes.clash(*found):
        tracer.unfit(shown, None, (found[0], found[1]), (None, None), node)
    return shapes.broadcast(found)


_BESIDE = frozenset(("accuracy", "copy", "nan", "posinf", "neginf", "out", "axis", "dtype"))
"""Parameters of element-wise functions that the shape of the result does not depend on."""


def _product(tracer: Base, last: str, shown: str, arguments: Arguments, node: program.Node) -> Extent:
    left, right = shapes.extent(arguments.positional[0]), shapes.extent(arguments.positional[1])
    if last == "dot" and not (0 <= left.high <= 2 and 0 <= right.high <= 2 and left.low and right.low):
        return shapes.NOTHING
    sizes = shapes.contracted(left, right)
    if None not in sizes and sizes[0] != sizes[1]:
        tracer.unfit(shown, None, (left, right), sizes, node)
    return shapes.product(left, right)


def sizes(tracer: Base, last: str, shown: str, arguments: Arguments) -> list[program.Argument]:
    """Record what is used as a size or shape; the arguments that are."""
    found = []
    for parameter in known.SHAPED.get(last, ()):
        position = _SIZE_POSITIONS.get((last, parameter), -1)
        value, argument = arguments.get(position, parameter), arguments.argument(position, parameter)
        if value is not None and argument is not None:
            size(tracer, value, argument.value, shown)
            found.append(argument)
    return found


def static_arguments(tracer: Base, name: str, signature: Signature | None, arguments: Arguments) -> None:
    """Record what stands where only a Python integer may stand: an axis, a length, a number of parts, or one of a tuple of them."""
    static = STATIC.get(name, {})
    if not static or signature is None or arguments.is_partial:
        return
    places = [one.name for one in signature.placed]
    for parameter, exception in static.items():
        position = places.index(parameter) if parameter in places else len(arguments.positional)
        value, argument = arguments.get(position, parameter), arguments.argument(position, parameter)
        if argument is None or value is None or UNLESS.get((name, parameter)) in arguments.keywords:
            continue
        for each, where in _written(value, argument.value):
            if isinstance(each, Array | Tree | OneOf):
                tracer.emit(events.StaticArgument(tracer.place(where), where, tracer.context, tracer.guards, shown_name(name), parameter, exception, each))


def _written(value: Value, node: program.Expression) -> Iterator[tuple[Value, program.Expression]]:
    """The elements of a tuple or list with the expression of each, or the whole where it is not written out."""
    items = value.items if isinstance(value, Tuple | List) else None
    if items is None:
        yield value, node
        return
    is_display = isinstance(node, program.TupleDisplay | program.ListDisplay) and len(items) == len(node.elements)
    for index, item in enumerate(items):
        yield from _written(item, node.elements[index] if is_display and isinstance(node, program.TupleDisplay | program.ListDisplay) else node)


def size(tracer: Base, value: Value, node: program.Expression, by: str) -> None:
    """Record a value that is used as a size, one record for each element of a tuple."""
    if (
        isinstance(value, Tuple | List)
        and isinstance(node, program.TupleDisplay | program.ListDisplay)
        and value.items is not None
        and len(value.items) == len(node.elements)
    ):
        for item, element in zip(value.items, node.elements, strict=True):
            size(tracer, item, element, by)
        return
    if not (isinstance(value, Unknown) or (isinstance(value, Static) and value.kind in ("int", "shape", "str", "dtype", ""))):
        tracer.emit(events.ShapeUse(tracer.place(node), node, tracer.context, tracer.guards, by, value))


def array_method(tracer: Base, receiver: Value, name: str, arguments: Arguments, node: program.Node) -> Value:
    """A method of an array."""
    result = _method(tracer, receiver, name, arguments, node)
    is_array = not isinstance(result, Static | Unknown)
    return UNKNOWN if is_array and _is_doubtful(tracer, result, (receiver, *arguments.values()), name) else result


def _method(tracer: Base, receiver: Value, name: str, arguments: Arguments, node: program.Node) -> Value:
    where = node.function.value if isinstance(node, program.Call) and isinstance(node.function, program.Attribute) else node
    if name in ("is_ready", "is_deleted", "delete"):  # They may be asked of what was donated.
        return NONE if name == "delete" else BOOL
    tracer.use(receiver, where)
    if name in ("item", "tolist", "__bool__", "__int__", "__float__", "__index__"):
        tracer.emit(events.Conversion(tracer.place(node), where, tracer.context, tracer.guards, name, f"jax.Array.{name}", receiver))
        kind = receiver.dtype if isinstance(receiver, Array) and receiver.dtype in plain.NUMBERS else ""
        return Static() if name != "item" else Static(kind)
    if name in ("items", "keys", "values"):  # It is no array after all.
        return UNKNOWN
    if name == "copy" and isinstance(receiver, Tree):  # Lists and dicts have it too.
        return receiver
    if name == "sort" and isinstance(receiver, Tree):
        return UNKNOWN
    if name in ("block_until_ready", "copy_to_host_async"):
        return receiver
    if name == "reshape" and isinstance(receiver, Array | Tree):
        return _reshape(tracer, receiver, arguments, node)
    if name in ("set", "add", "multiply", "divide", "min", "max", "get", "power", "apply", "mul") and isinstance(node, program.Call) and _is_at(node):
        found = receiver if isinstance(receiver, Array) else Array()
        level = tracer.array_level((receiver, *arguments.values()), smooth=found.dtype in ("", "float"))
        return Array(
            level,
            found.dtype,
            found.low if name != "get" else 0,
            found.high if name != "get" else -1,
            tracer.link((receiver,), node, f".at[…].{name}") if level else None,
            exact=found.exact,
        )
    values = (receiver, *arguments.values())
    shifted = arguments.preceded(receiver)
    dtype = "bool" if name in known.BOOLEAN else "int" if name in known.INTEGER else ""
    if name == "astype" and arguments.positional:
        dtype = dtype_kind(arguments.positional[0])
    entry = tracer.library.entry(f"jax.numpy.{name}")
    signature = entry.signature if entry is not None else None
    given, bound = named(signature, shifted), spread(signature, shifted)
    text = program.text(node) if isinstance(node, program.Call) else name
    if name == "nonzero":
        if "size" not in arguments.keywords:
            tracer.emit(events.DataDependentShape(tracer.place(node), where, tracer.context, tracer.guards, "nonzero", receiver))
        return several.result("jax.numpy.nonzero", several.Call(given, tracer.result(values, node, text), tracer.level, tracer.library.flax_minor)) or UNKNOWN
    low, high, dims = (
        _extent(tracer, f"jax.Array.{name}", given, bound, node) if name not in ("astype", "clip", "copy", "round", "conj") else shapes.extent(receiver)
    )
    is_smooth = name in known.SMOOTH or name == "copy" or (name == "astype" and dtype == "float")
    exact = dtypes.of_function(name, bound)
    kind = dtype or dtypes.kind(exact)
    return tracer.result(values, node, text, dtype=kind, low=low, high=high, smooth=is_smooth, dims=dims, exact=exact)


def _reshape(tracer: Base, receiver: Value, arguments: Arguments, node: program.Node) -> Value:
    for argument, value in zip(arguments.nodes, arguments.positional, strict=False):
        if argument is not None:
            size(tracer, value, argument.value, "reshape")
    low, high, dims = shapes.NOTHING
    if arguments.positional and not arguments.is_partial:
        shape = Tuple(arguments.positional) if len(arguments.positional) > 1 else arguments.positional[0]
        low, high, dims = shapes.reshaped(shapes.extent(receiver), shape)
    exact = dtypes.exact(receiver)
    every = (receiver, *arguments.values())
    return tracer.result(every, node, "reshape", dtype=dtypes.kind(exact), low=low, high=high, smooth=True, dims=dims, exact=exact)


_EXTENTS: dict[str, Callable[[Arguments], Extent]] = {
    "zeros": lambda arguments: shapes.of_shape(arguments.get(0, "shape")),
    "ones": lambda arguments: shapes.of_shape(arguments.get(0, "shape")),
    "empty": lambda arguments: shapes.of_shape(arguments.get(0, "shape")),
    "full": lambda arguments: shapes.of_shape(arguments.get(0, "shape")),
    "arange": lambda arguments: shapes.counted(arguments.get(0, "start"), arguments.get(1, "stop"), arguments.get(2, "step")),
    "linspace": lambda arguments: shapes.stacked_numbers(arguments.get(0, "start"), arguments.get(1, "stop"), arguments.get(2, "num") or Static("int", 50)),
    "eye": lambda arguments: shapes.exactly([shapes.size(arguments.get(0, "N")), shapes.size(arguments.get(1, "M") or arguments.get(0, "N"))]),
    "identity": lambda arguments: shapes.exactly([shapes.size(arguments.get(0, "n"))] * 2),
    "array": lambda arguments: shapes.of_display(arguments.get(0, "object") or UNKNOWN) if arguments.keywords.get("ndmin") is None else shapes.NOTHING,
    "asarray": lambda arguments: shapes.of_display(arguments.get(0, "a") or UNKNOWN),
    "reshape": lambda arguments: shapes.reshaped(shapes.extent(arguments.get(0, "a")), arguments.get(1, "shape") or UNKNOWN),
    "ravel": lambda arguments: shapes.exactly([shapes.extent(arguments.get(0, "a")).size]),
    "flatten": lambda arguments: shapes.exactly([shapes.extent(arguments.get(0, "a")).size]),
    "transpose": lambda arguments: shapes.transposed(
        shapes.extent(arguments.get(0, "a")), Tuple(arguments.positional[1:]) if len(arguments.positional) > 2 else arguments.get(1, "axes")
    ),
    "permute_dims": lambda arguments: shapes.transposed(shapes.extent(arguments.get(0, "a")), arguments.get(1, "axes")),
    "expand_dims": lambda arguments: shapes.expanded(shapes.extent(arguments.get(0, "a")), arguments.get(1, "axis")),
    "squeeze": lambda arguments: (
        shapes.NOTHING if arguments.get(1, "axis") in (None, NONE) else shapes.reduced(shapes.extent(arguments.get(0, "a")), arguments.get(1, "axis"), None)
    ),
    "broadcast_to": lambda arguments: shapes.of_shape(arguments.get(1, "shape") or UNKNOWN),
    "concatenate": lambda arguments: shapes.concatenated(arguments.get(0, "arrays"), arguments.get(1, "axis")),
    "concat": lambda arguments: shapes.concatenated(arguments.get(0, "arrays"), arguments.get(1, "axis")),
    "stack": lambda arguments: shapes.stacked(arguments.get(0, "arrays"), arguments.get(1, "axis")),
    "one_hot": lambda arguments: (
        shapes.stretched(shapes.extent(arguments.get(0, "x")), arguments.get(1, "num_classes")) if "axis" not in arguments.keywords else shapes.NOTHING
    ),
}
"""The extents that functions of `jax.numpy` and `jax.nn` give; methods of arrays are called with the array before their arguments."""


def _created(name: str, arguments: Arguments) -> str:
    """The kind of dtype of a new array."""
    last = name.rpartition(".")[2]
    position = known.CREATED.get(last)
    if position is None or arguments.is_partial or not name.startswith(("jax.numpy.", "jax.lax.")):
        return ""
    given = arguments.get(position, "dtype")
    if given is not None and given != NONE:
        return dtype_kind(given)
    if last in ("array", "asarray", "full"):
        held = arguments.get(1, "fill_value") if last == "full" else arguments.positional[0] if arguments.positional else None
        return _kind_of(held) if held is not None else ""
    if last == "arange":
        return _kind_of(Tuple(tuple(value for one in ("start", "stop", "step") if (value := arguments.keywords.get(one)) is not None)))
    return "float"


def _kind_of(value: Value) -> str:
    """The kind of dtype of what `jnp.array` makes of numbers and of nested lists of them."""
    if isinstance(value, List | Tuple):
        kinds = {_kind_of(item) for item in value.items or ()}
        if not kinds or "" in kinds or "key" in kinds:
            return ""
        return next(kind for kind in ("complex", "float", "int", "bool") if kind in kinds)
    if isinstance(value, Array):
        return value.dtype
    return value.kind if isinstance(value, Static) and value.kind in ("int", "float", "bool", "complex") else ""


def dtype_kind(value: Value) -> str:
    """The kind of a dtype: `jnp.int32` → `int`."""
    if isinstance(value, Library):
        last = value.name.rpartition(".")[2]
        for kind in ("bool", "int", "uint", "float", "bfloat", "complex"):
            if last.startswith(kind):
                return {"uint": "int", "bfloat": "float"}.get(kind, kind)
    return ""


_SIZE_POSITIONS = {
    ("zeros", "shape"): 0,
    ("ones", "shape"): 0,
    ("empty", "shape"): 0,
    ("full", "shape"): 0,
    ("eye", "N"): 0,
    ("eye", "M"): 1,
    ("identity", "n"): 0,
    ("arange", "start"): 0,
    ("arange", "stop"): 1,
    ("arange", "step"): 2,
    ("linspace", "num"): 2,
    ("tri", "N"): 0,
    ("tri", "M"): 1,
    ("reshape", "shape"): 1,
    ("broadcast_to", "shape"): 1,
    ("one_hot", "num_classes"): 1,
    ("tile", "reps"): 1,
}


def shown_name(name: str) -> str:
    """A canonical name as users write it."""
    return name.replace("jax.numpy.", "jnp.", 1)


def _is_at(node: program.Call) -> bool:
    """Whether a call is `x.at[…].method(…)`."""
    return (
        isinstance(node.function, program.Attribute)
        and isinstance(node.function.value, program.Subscript)
        and isinstance(node.function.value.value, program.Attribute)
        and node.function.value.value.name == "at"
    )
