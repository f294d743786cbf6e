"""What `nnx.List`, `nnx.Dict` and `nnx.Sequential` hold, and what their methods do.

An `nnx.List` or an `nnx.Dict` keeps its items in a `List` or a `Dict` of its own, which is its attribute `contents`; an `nnx.Sequential` keeps its layers in
`layers`. So a View of the object shows them as it shows all that an object holds.
"""

from __future__ import annotations

from nnx_lsp import program
from nnx_lsp.tracer.base import Arguments, Base
from nnx_lsp.tracer.values import UNKNOWN, Array, Class, Dict, LibraryMethod, List, Marked, Module, Object, Static, Value, join, options

LIST, DICT, SEQUENTIAL = "flax.nnx.List", "flax.nnx.Dict", "flax.nnx.Sequential"
_OWN = ("__iter__", "__getitem__", "__len__", "__setitem__", "__getattr__")
_OF_LIST = frozenset(("append", "extend", "insert", "pop", "remove", "clear", "reverse", "index", "count"))
_OF_DICT = frozenset(("items", "keys", "values", "get", "pop", "update", "setdefault", "clear", "popitem"))
KIND = "nnx.List"
"""The kind of the `List` in an `nnx.List`: unlike a plain one, it may be held by a Module, and appended to."""


def held(tracer: Base, value: Value) -> List | Dict | None:
    """The items of an instance of one of these classes; `None` for any other value, and where a subclass has its own way with them."""
    if not isinstance(value, Object) or (name := value.library_class) not in (LIST, DICT, SEQUENTIAL):
        return None
    if isinstance(value.cls, Class) and any(value.cls.lookup(own) is not None for own in _OWN):
        return None
    inner = tracer.peek(value, "layers" if name == SEQUENTIAL else "contents")
    if name == SEQUENTIAL and isinstance(inner, Object):
        return held(tracer, inner)
    return inner if isinstance(inner, List | Dict) else None


def fill(tracer: Base, instance: Object, name: str, arguments: Arguments, node: program.Node) -> bool:
    """What the `__init__` of one of these classes does to an instance; `False` for any other class."""
    if name == LIST:
        first = arguments.positional[0] if arguments.positional else None
        contents = _listed(tracer, first, node) if first is not None or arguments.is_partial else List({"items": ()}, tracer.level, KIND)
        tracer.journal.set(instance.attributes, "contents", contents)
    elif name == DICT:
        tracer.journal.set(instance.attributes, "contents", _mapped(tracer, arguments))
    elif name == SEQUENTIAL:
        layers = List({"element": _starred(tracer, node)} if arguments.is_partial else {"items": tuple(map(unmarked, arguments.positional))}, tracer.level)
        tracer.journal.set(instance.attributes, "layers", _wrapped(tracer, layers, node))
    else:
        return False
    return True


def unmarked(value: Value) -> Value:
    """What an object holds after `owner.name = value`: `nnx.data(value)` is gone when it is stored."""
    return value.value if isinstance(value, Marked) else value


def _listed(tracer: Base, value: Value | None, node: program.Node) -> List:
    """A list of its own of what an iterable gives."""
    items = tracer.items(value) if value is not None else None
    if items is not None:
        return List({"items": tuple(map(unmarked, items))}, tracer.level, KIND)
    return List({"element": unmarked(tracer.element(value, node)) if value is not None else UNKNOWN}, tracer.level, KIND)


def _mapped(tracer: Base, arguments: Arguments) -> Dict:
    """A dict of its own of what `dict(…)` takes."""
    found: dict[object, Value] = {}
    is_open = arguments.is_partial
    for value in arguments.positional:
        inner = value if isinstance(value, Dict) else held(tracer, value)
        if isinstance(inner, Dict):
            found.update(inner.items)
            is_open = is_open or inner.is_open
        else:
            is_open = True
    found.update(arguments.keywords)
    return Dict({key: unmarked(value) for key, value in found.items()}, {"open": is_open}, tracer.level)


def _starred(tracer: Base, node: program.Node) -> Value:
    """One value for each layer of `nnx.Sequential(*layers)`, where nobody knows how many they are."""
    if not isinstance(node, program.Call) or any(argument.keyword is not None for argument in node.arguments):
        return UNKNOWN
    count = len(tracer.events)
    values = [(argument, tracer.evaluate(argument.value)) for argument in node.arguments]
    del tracer.events[count:]
    return join([tracer.element(value, node) if argument.star else value for argument, value in values])


def _wrapped(tracer: Base, layers: List, node: program.Node) -> Value:
    """The layers of an `nnx.Sequential`: an `nnx.List` since Flax 0.12, before a list."""
    if tracer.library.flax_minor < (0, 12):
        return layers
    return Module(LIST, {"contents": List(layers.contents, layers.level, KIND)}, tracer.level, tracer.place(node))


def is_method(value: Object, name: str) -> bool:
    """Whether a name is that of a method which works on the items."""
    return name in (_OF_LIST if value.library_class == LIST else _OF_DICT if value.library_class == DICT else ())


def call(tracer: Base, callee: LibraryMethod, arguments: Arguments, node: program.Node) -> Value | None:
    """Call a method of an `nnx.List` or an `nnx.Dict`; `None` where it is not one that works on the items."""
    inner = held(tracer, callee.receiver)
    if inner is None or not isinstance(callee.receiver, Object) or not is_method(callee.receiver, callee.name):
        return None
    stored = Arguments(
        tuple(map(unmarked, arguments.positional)),
        {name: unmarked(value) for name, value in arguments.keywords.items()},
        arguments.nodes,
        arguments.keyword_nodes,
        arguments.is_partial,
    )
    return tracer.call(LibraryMethod(inner, "list" if isinstance(inner, List) else "dict", callee.name), stored, node)


def attribute(tracer: Base, owner: Object, name: str) -> Value | None:
    """An item of an `nnx.Dict`, read as an attribute."""
    inner = held(tracer, owner)
    if not isinstance(inner, Dict) or owner.library_class != DICT:
        return None
    return inner.items.get(name)


def may_have_more(tracer: Base, owner: Object) -> bool:
    """Whether it is an `nnx.Dict` that may have keys which were not seen."""
    inner = held(tracer, owner)
    return isinstance(inner, Dict) and inner.is_open


def write(tracer: Base, owner: Object, name: str, value: Value) -> bool:
    """`owner.name = value` of an `nnx.Dict`; whether it is one."""
    inner = held(tracer, owner)
    if not isinstance(inner, Dict) or owner.library_class != DICT:
        return False
    tracer.journal.set(inner.items, name, in_place_of(tracer, inner.items.get(name), unmarked(value)))
    return True


def in_place_of(tracer: Base, before: Value | None, value: Value) -> Value:
    """What a Module has where a value is put in the place of another one: a number that a transform puts where an array or a Variable was is an array
    once it has left that, for what was a leaf stays one."""
    if tracer.level is None or before is None or not isinstance(value, Static) or value.kind not in ("int", "float", "bool", "complex"):
        return value
    is_plain = all(isinstance(option, Static) for option in options(before))
    return value if is_plain else join((value, Array(None, value.kind, 0, 0)))


def written(tracer: Base, inner: List | Dict, index: Value, value: Value) -> Value:
    """What one of these containers has at an index once a value is put there."""
    key = index.constant if isinstance(index, Static) else None
    if isinstance(inner, Dict):
        before = inner.items.get(key) if key is not None else UNKNOWN
    else:
        items = inner.items or ()
        before = items[key] if isinstance(key, int) and -len(items) <= key < len(items) else UNKNOWN
    return in_place_of(tracer, before, unmarked(value))


def layers(tracer: Base, value: Object) -> tuple[tuple[Value, ...] | None, Value]:
    """The layers of an `nnx.Sequential`, where all are known, and one value for each of them."""
    inner = held(tracer, value)
    if not isinstance(inner, List):
        return None, UNKNOWN
    return inner.items, inner.element
