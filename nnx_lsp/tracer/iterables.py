"""Builtins that count, go through or make containers and iterators: `len`, `range`, `zip`, `sorted`, `next`, …, and conversions to numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnx_lsp import program
from nnx_lsp.tracer import containers, dtypes, events, lists_and_dicts, plain, protocols
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.events import Test
from nnx_lsp.tracer.values import (
    BOOL,
    INT,
    NONE,
    STATIC,
    UNKNOWN,
    Array,
    Dict,
    Iterator_,
    List,
    Object,
    OneOf,
    Static,
    Tree,
    Tuple,
    Unknown,
    Value,
    Variable,
    content_of,
    join,
    options,
)

if TYPE_CHECKING:
    from nnx_lsp.tracer.libraries import Libraries


def call(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    """A call of one of these builtins, or of one that has no model."""
    model = _MODELS.get(name)
    if model is not None:
        return model(tracer, name, arguments, node)
    tracer.escape(arguments.positional)
    return UNKNOWN


def length(tracer: Libraries, value: Value, node: program.Node) -> Value:
    """`len(value)`."""
    if (told := protocols.length(tracer, value, node)) is not None:
        return told
    if isinstance(value, List):
        return Static("int", len(value.items)) if value.items is not None and lists_and_dicts.is_counted(value) else INT
    if isinstance(value, Static) and isinstance(value.constant, str):
        return Static("int", len(value.constant))
    items = tracer.items(value)
    return Static("int", len(items)) if items is not None else INT


def number(tracer: Libraries, name: str, value: Value, where: program.Node) -> Value:
    """`int(value)`, `float(value)`, `complex(value)`."""
    if not isinstance(value, Static | Unknown):
        tracer.emit(events.Conversion(tracer.place(where), where, tracer.context, tracer.guards, name, name, value))
    return plain.number(name, value)


# Containers ---------------------------------------------------------------------------------------------------------


def _list(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    first, items = _first(tracer, arguments)
    if items is not None:
        return List({"items": items if name == "list" else lists_and_dicts.distinct(items)}, tracer.level, name)
    made = List({"element": tracer.element(first, node)}, tracer.level, name)
    if name == "list":
        protocols.length(tracer, first, node)  # A list asks how much there is to come.
    return made


def _tuple(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    del name
    first, items = _first(tracer, arguments)
    if items is not None:
        return Tuple(items)
    element = tracer.element(first, node)
    protocols.length(tracer, first, node)
    return Iterator_(element)


def _dict(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    del name
    made = Dict({}, {"open": False}, tracer.level)
    if arguments.positional:
        lists_and_dicts.update(tracer, made, arguments.positional[0], node)
    for key, value in arguments.keywords.items():
        lists_and_dicts.write_key(tracer, made, Static("str", key), value)
    if arguments.is_partial:
        lists_and_dicts.open_up(tracer, made, UNKNOWN)
    return made


def _first(tracer: Libraries, arguments: Arguments) -> tuple[Value, tuple[Value, ...] | None]:
    """The first argument, and the items that it has; none without an argument."""
    if arguments.positional:
        return arguments.positional[0], tracer.items(arguments.positional[0])
    return UNKNOWN, None if arguments.is_partial or arguments.keywords else ()


# Iterators ----------------------------------------------------------------------------------------------------------


def _may_change(source: Value) -> bool:
    """Whether an iterable may hold something else by the time that an iterator over it is asked."""
    return any(isinstance(one, List | Dict) or (isinstance(one, Iterator_) and one.is_view) for one in options(source))


def _sources(*values: Value) -> tuple[List | Dict, ...]:
    """The containers that an iterator over these looks into when it is asked."""
    found: list[List | Dict] = []
    for one in (one for value in values for one in options(value)):
        found += (one,) if isinstance(one, List | Dict) else one.sources if isinstance(one, Iterator_) else ()
    return tuple(found)


def _enumerate(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    del name
    first, items = _first(tracer, arguments)
    start = arguments.get(1, "start")
    begin = 0 if start is None else start.constant if isinstance(start, Static) and isinstance(start.constant, int) else None
    if arguments.is_partial:
        begin = None
    if items is not None:
        pairs = tuple(Tuple((Static("int", begin + index) if begin is not None else INT, item)) for index, item in enumerate(items))
        return Iterator_(Tuple((INT, join(items))) if items else UNKNOWN, pairs, True, _may_change(first), _sources(first))
    return Iterator_(Tuple((INT, tracer.element(first, node))), None, True, _may_change(first), _sources(first))


def _zip(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    del name
    if arguments.is_partial:
        return Iterator_(UNKNOWN, None, True)
    values = arguments.positional
    known = [tracer.items(value) for value in values]
    element = Tuple(tuple(tracer.element(value, node) for value in values))
    if values and all(each is not None for each in known):
        rows = tuple(Tuple(row) for row in zip(*(each for each in known if each is not None), strict=False))
        return Iterator_(element, rows, True, any(map(_may_change, values)), _sources(*values))
    return Iterator_(element, None, True, any(map(_may_change, values)), _sources(*values))


def _iter(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    first, items = _first(tracer, arguments)
    if len(arguments.positional) != 1:
        tracer.escape(arguments.positional)
        return UNKNOWN
    if name == "reversed" and isinstance(first, Object) and containers.held(tracer, first) is None:
        return protocols.ask(tracer, first, "__reversed__", (), node) or Iterator_(UNKNOWN, None, True)
    if isinstance(first, Iterator_) and first.passes and not first.is_view and name == "iter":
        return first
    shown = tuple(reversed(items)) if items is not None and name == "reversed" else items
    return Iterator_(tracer.element(first, node), shown, True, _may_change(first), _sources(first))


def _map(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    del name
    if len(arguments.positional) < 2 or arguments.is_partial:
        tracer.escape(arguments.positional)
        return UNKNOWN
    function, *sources = arguments.positional
    elements = tuple(tracer.element(source, node) for source in sources)
    element = tracer.any_times(lambda: tracer.call(function, Arguments(elements), node), may_skip=True)
    lists_and_dicts.stands_for_several(tracer, element)
    return Iterator_(element, None, True, True, _sources(*sources))


def _filter(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    del name
    if len(arguments.positional) != 2:
        tracer.escape(arguments.positional)
        return UNKNOWN
    test, source = arguments.positional
    element = tracer.element(source, node)
    if test is not NONE:
        tracer.truth(tracer.any_times(lambda: tracer.call(test, Arguments((element,)), node), may_skip=True), node, Test.FILTER)
    return Iterator_(element, None, True, True, _sources(source))


def _next(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    del name
    first: Value = arguments.positional[0] if arguments.positional else UNKNOWN
    default = arguments.positional[1:]
    if isinstance(first, Iterator_) and first.items is not None:
        return first.items[0] if first.items else join(default)
    if (told := protocols.ask(tracer, first, "__next__", (), node)) is not None:
        return join((told, *default))
    return join((tracer.element(first, node), *default))


def _range(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    del name, node
    for argument, value in zip(arguments.nodes, arguments.positional, strict=False):
        if argument is not None and not isinstance(value, Static | Unknown):
            tracer.emit(events.Conversion(tracer.place(argument.value), argument.value, tracer.context, tracer.guards, "range", "range", value))
    bounds: list[Any] = [value.constant if isinstance(value, Static) and isinstance(value.constant, int) else None for value in arguments.positional]
    if bounds and None not in bounds and len(bounds) <= 3 and not arguments.is_partial and bounds[2:] != [0]:
        numbers = range(*bounds)
        if len(numbers) <= 4:
            return Iterator_(INT, tuple(Static("int", each) for each in numbers))
    return Iterator_(INT)


def chain(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`itertools.chain(*iterables)`."""
    return _chained(tracer, arguments.positional, node) if not arguments.is_partial else Iterator_(UNKNOWN, None, True)


def chain_of(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`itertools.chain.from_iterable(iterables)`."""
    first, items = _first(tracer, arguments)
    if items is not None:
        return _chained(tracer, items, node)
    return Iterator_(tracer.element(tracer.element(first, node), node), None, True, True)


def _chained(tracer: Libraries, sources: tuple[Value, ...], node: program.Node) -> Value:
    known = [tracer.items(source) for source in sources]
    element = join([tracer.element(source, node) for source in sources]) if sources else UNKNOWN
    items = tuple(item for each in known if each is not None for item in each) if None not in known else None
    return Iterator_(element, items, True, any(map(_may_change, sources)), _sources(*sources))


def reduce(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`functools.reduce(function, iterable, initial)`."""
    if len(arguments.positional) < 2 or arguments.is_partial or arguments.keywords:
        tracer.escape(arguments.values())
        return UNKNOWN
    function, source, *start = arguments.positional
    items = tracer.items(source)
    if items is None or len(items) > _MOST_FOLDED or not (items or start):
        each = tracer.element(source, node)
        value = start[0] if start else each
        return join((value, tracer.any_times(lambda: tracer.call(function, Arguments((UNKNOWN, each)), node), may_skip=True)))
    values = [*start, *items]
    value = values[0]
    for item in values[1:]:
        value = tracer.call(function, Arguments((value, item)), node)
    return value


_MOST_FOLDED = 8
"""Up to this many known items are folded one after the other."""


# One value of many --------------------------------------------------------------------------------------------------


def _aggregate(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    """`min`, `max`, `sorted`, `any`, `all` and `sum` over an iterable or several arguments."""
    values = arguments.positional
    if not values or arguments.is_partial:
        return UNKNOWN
    several = len(values) > 1 and name in ("min", "max")
    items = values if several else values[0].items if isinstance(values[0], List) else tracer.items(values[0])
    element = join(items) if items else tracer.element(values[0], node)
    if name == "sum":
        return _sum(tracer, tracer.items(values[0]), element, arguments, node)
    form = Test(f"{name}()")
    arrays: list[Value] = [item for item in (items or (element,)) if isinstance(item, Array | Tree | Variable | OneOf)]
    key = arguments.keywords.get("key")
    if key is not None and key is not NONE:
        result = tracer.any_times(lambda: tracer.call(key, Arguments((element,)), node), may_skip=not items)
        arrays = [result] if isinstance(result, Array) else []
    if name in ("any", "all"):
        for array in arrays:
            tracer.truth(array, node, form)
        return BOOL
    count = len(items) if items is not None else 2
    if arrays and count > 1 and name not in arguments.keywords:
        _ordered(tracer, arrays, element, form, node)
    if name == "sorted":
        known = tracer.items(values[0])
        return List({"items": (element,) * len(known)} if known is not None else {"element": element}, tracer.level)
    return join((element, arguments.keywords["default"])) if "default" in arguments.keywords and not items else element


def _ordered(tracer: Libraries, arrays: list[Value], element: Value, form: Test, node: program.Node) -> None:
    """Record that arrays or Variables are compared with one another."""
    level = tracer.array_level(arrays)
    held = next((array for array in arrays if isinstance(array, Variable)), None)
    if held is not None:
        tracer.emit(events.Comparison(tracer.place(node), node, tracer.context, tracer.guards, "<", held, element))
    elif all(isinstance(array, Array) for array in arrays):
        origin = next((array.origin for array in arrays if isinstance(array, Array) and array.level is level), None)
        tracer.emit(events.Branch(tracer.place(node), node, tracer.context, tracer.guards, form, Array(level, "bool", 0, 0, origin)))


def _sum(tracer: Libraries, items: tuple[Value, ...] | None, element: Value, arguments: Arguments, node: program.Node) -> Value:
    start = arguments.get(1, "start") or Static("int", 0)
    if items is not None and len(items) <= 8:
        total: Value = start
        for item in items:
            total = tracer.arithmetic("+", total, item, node)
        return total
    if isinstance(element, Array):
        return tracer.arithmetic("+", start, element, node)
    if not isinstance(element, Static) or not isinstance(start, Static):
        return UNKNOWN
    once = plain.arithmetic("+", Static(start.kind), Static(element.kind))
    return once if once.kind and once.kind == start.kind else STATIC  # It is the start alone where there is nothing.


def _rounded(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    """`abs`, `round`, `pow`, `divmod`."""
    if not arguments.positional or arguments.is_partial:
        return UNKNOWN
    first, *rest = map(content_of, arguments.positional)
    second = rest[0] if rest else arguments.get(1, {"round": "ndigits", "pow": "exp"}.get(name, ""))
    if isinstance(first, OneOf):
        ways = (Arguments((option, *rest), arguments.keywords) for option in first.options)
        return join([_rounded(tracer, name, way, node) for way in ways])
    if isinstance(first, Array):
        if name == "round" and (second is None or second is NONE):
            return Array(first.level, "int", first.low, first.high, first.origin, first.role, first.dims)
        if name == "abs" and first.dtype == "complex":
            return Array(first.level, "float", first.low, first.high, first.origin, first.role, first.dims, exact=dtypes.of_part(first))
        return first if name in ("abs", "round") else UNKNOWN
    if not isinstance(first, Static):
        return UNKNOWN
    if name == "abs":
        return plain.absolute(first)
    if name == "round":
        return plain.rounded(first, second)
    if not isinstance(second, Static):
        return UNKNOWN
    if name == "divmod":
        return plain.divided(first, second)
    return plain.arithmetic("**", first, second) if len(arguments.positional) + len(arguments.keywords) == 2 else INT


def _print(tracer: Libraries, name: str, arguments: Arguments, node: program.Node) -> Value:
    del name, node
    tracer.show("print", arguments)
    return NONE


_MODELS = {
    **dict.fromkeys(("list", "set", "frozenset"), _list),
    "tuple": _tuple,
    "dict": _dict,
    "enumerate": _enumerate,
    "zip": _zip,
    **dict.fromkeys(("iter", "reversed"), _iter),
    "map": _map,
    "filter": _filter,
    "next": _next,
    "range": _range,
    **dict.fromkeys(("min", "max", "sorted", "any", "all", "sum"), _aggregate),
    **dict.fromkeys(("abs", "round", "pow", "divmod"), _rounded),
    "print": _print,
}
