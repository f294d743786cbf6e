"""Lists, sets and dicts: what their methods give, and what writing to them leaves known.

A write that is not understood leaves open what it may have touched: a key that is not known may be any key that is there, an index any item. A container
that stands for several (made once for each pass of a comprehension that was walked once) may be any one of them, so nothing that is written to it is certain.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nnx_lsp import program
from nnx_lsp.tracer import plain
from nnx_lsp.tracer.base import Arguments, Base
from nnx_lsp.tracer.values import (
    BOOL,
    INT,
    NONE,
    UNKNOWN,
    Array,
    Class,
    Dict,
    Function,
    Iterator_,
    Library,
    List,
    OneOf,
    Static,
    Tuple,
    Unknown,
    Value,
    items_of,
    join,
    lost,
    options,
)

MOST = 64
"""How many items of a list are told apart."""


# Lists and sets -----------------------------------------------------------------------------------------------------


def distinct(items: Iterable[Value]) -> tuple[Value, ...]:
    """The members of a set: of equal constants the first."""
    found: list[Value] = []
    seen: list[Any] = []
    for item in items:
        if isinstance(item, Static) and item.is_known:
            if any(item.constant == other for other in seen):
                continue
            seen.append(item.constant)
        found.append(item)
    return tuple(found)


def is_set(container: List) -> bool:
    """Whether it is a set, frozen or not."""
    return container.kind in ("set", "frozenset")


def is_counted(container: List) -> bool:
    """Whether a container certainly has as many members as it has items: those of a set may be equal."""
    items = container.items
    return items is not None and (not is_set(container) or len(items) < 2 or all(isinstance(item, Static) and item.is_known for item in items))


def set_items(tracer: Base, container: List, items: tuple[Value, ...]) -> None:
    """Let a list have these items."""
    if container.contents.get("several") or len(items) > MOST:
        set_element(tracer, container, items)
        return
    tracer.journal.set(container.contents, "items", distinct(items) if is_set(container) else items)


def set_element(tracer: Base, container: List, values: Iterable[Value]) -> None:
    """Let each item of a list be one of these values; how many there are is not known."""
    found = tuple(values)
    if container.contents.get("several"):
        found = (*container.elements, *found)
    tracer.journal.set(container.contents, "element", joined(tracer, found))
    tracer.journal.set(container.contents, "items", None)


def forget(tracer: Base, container: Value) -> None:
    """Nothing is known any more of what a container holds."""
    if isinstance(container, List):
        set_element(tracer, container, (UNKNOWN,))
    elif isinstance(container, Dict):
        open_up(tracer, container, UNKNOWN)


def _position(items: tuple[Value, ...] | None, index: Value) -> int | None:
    """Which of the items an index takes; `None` where that is not known, or where there is none."""
    if items is None or not isinstance(index, Static) or not isinstance(index.constant, int) or not -len(items) <= index.constant < len(items):
        return None
    return index.constant % len(items)


def write_item(tracer: Base, container: List, index: Value, value: Value, node: program.Node) -> None:
    """`container[index] = value`."""
    items = container.items
    if plain.is_slice(index):
        bounds, given = plain.slice_of(index), tracer.items(value)
        if items is not None and bounds is not None and given is not None:
            after = list(items)
            try:
                after[bounds] = given
            except ValueError:
                return
            set_items(tracer, container, tuple(after))
        else:
            set_element(tracer, container, (*container.elements, tracer.element(value, node)))
        return
    if items is not None and isinstance(index, Static) and isinstance(index.constant, int):
        position = _position(items, index)
        if position is not None:
            set_items(tracer, container, (*items[:position], value, *items[position + 1 :]))
        return
    if items is not None and not plain.may_be_slice(index):
        set_items(tracer, container, tuple(join((item, value)) for item in items))
    elif plain.may_be_slice(index) and not isinstance(index, Array):
        set_element(tracer, container, (*container.elements, value, tracer.element(value, node)))
    else:
        set_element(tracer, container, (*container.elements, value))


def delete_item(tracer: Base, container: List, index: Value) -> None:
    """`del container[index]`."""
    items = container.items
    bounds = plain.slice_of(index)
    if items is not None and bounds is not None:
        after = list(items)
        del after[bounds]
        set_items(tracer, container, tuple(after))
    elif items is not None and (position := _position(items, index)) is not None:
        set_items(tracer, container, items[:position] + items[position + 1 :])
    else:
        set_element(tracer, container, container.elements)


def extend(tracer: Base, container: List, other: Value, node: program.Node) -> None:
    """`container += other`."""
    items, more = container.items, tracer.items(other)
    if items is not None and more is not None:
        set_items(tracer, container, items + more)
    else:
        set_element(tracer, container, (*container.elements, tracer.element(other, node)))


def list_method(tracer: Base, receiver: List, name: str, arguments: Arguments, node: program.Node) -> Value:
    """A method of a list."""
    items = receiver.items
    first: Value = arguments.positional[0] if arguments.positional else UNKNOWN
    second: Value = arguments.positional[1] if len(arguments.positional) > 1 else UNKNOWN
    if arguments.is_partial and name in _WRITES:
        forget(tracer, receiver)
        return UNKNOWN if name == "pop" else NONE
    match name:
        case "append":
            if items is not None:
                set_items(tracer, receiver, (*items, first))
            else:
                set_element(tracer, receiver, (receiver.element, first))
            return NONE
        case "extend":
            extend(tracer, receiver, first, node)
            return NONE
        case "insert":
            if items is not None and isinstance(first, Static) and isinstance(first.constant, int):
                after = list(items)
                after.insert(first.constant, second)
                set_items(tracer, receiver, tuple(after))
            else:
                set_element(tracer, receiver, (*receiver.elements, second))
            return NONE
        case "clear":
            set_items(tracer, receiver, ())
            return NONE
        case "reverse":
            if items is not None:
                set_items(tracer, receiver, tuple(reversed(items)))
            return NONE
        case "sort":
            if items is not None and len(items) > 1:
                set_items(tracer, receiver, (join(items),) * len(items))
            if (key := arguments.keywords.get("key")) is not None and items != ():
                tracer.any_times(lambda: tracer.call(key, Arguments((receiver.element,)), node), may_skip=items is None)
            return NONE
        case "remove":
            _remove(tracer, receiver, first)
            return NONE
        case "pop":
            return _pop(tracer, receiver, first if arguments.positional else Static("int", -1))
        case "copy":
            return List({"items": items} if items is not None else {"element": receiver.element}, tracer.level, receiver.kind)
        case "index" | "count" | "__len__":
            return INT
        case "__contains__" | "__eq__" | "__ne__":
            return BOOL
        case _:
            if name in ("__setitem__", "__delitem__", "__iadd__", "__imul__", "__init__"):
                forget(tracer, receiver)
            return UNKNOWN


_WRITES = frozenset(("append", "extend", "insert", "remove", "pop", "add", "discard", "update", "setdefault"))


def _remove(tracer: Base, receiver: List, value: Value) -> None:
    items = receiver.items
    if items is not None and isinstance(value, Static) and value.is_known:
        for position, item in enumerate(items):
            if not (isinstance(item, Static) and item.is_known):
                break
            if item.constant == value.constant:
                set_items(tracer, receiver, items[:position] + items[position + 1 :])
                return
    if items is not None and len(items) == 1:
        set_items(tracer, receiver, ())
    else:
        set_element(tracer, receiver, receiver.elements)


def _pop(tracer: Base, receiver: List, index: Value) -> Value:
    items = receiver.items
    if items is not None and (position := _position(items, index)) is not None:
        set_items(tracer, receiver, items[:position] + items[position + 1 :])
        return items[position]
    element = receiver.element
    set_element(tracer, receiver, receiver.elements)
    return element


def set_method(tracer: Base, receiver: List, name: str, arguments: Arguments, node: program.Node) -> Value:
    """A method of a set."""
    items = receiver.items
    others = arguments.positional
    first: Value = others[0] if others else UNKNOWN
    if arguments.is_partial:
        forget(tracer, receiver)
        return UNKNOWN
    match name:
        case "add":
            if items is not None:
                set_items(tracer, receiver, (*items, first))
            else:
                set_element(tracer, receiver, (receiver.element, first))
            return NONE
        case "update" | "symmetric_difference_update":
            known = [tracer.items(other) for other in others]
            if name == "update" and items is not None and all(each is not None for each in known):
                set_items(tracer, receiver, (*items, *(item for each in known for item in each or ())))
            else:
                set_element(tracer, receiver, (*receiver.elements, *(tracer.element(other, node) for other in others)))
            return NONE
        case "clear":
            set_items(tracer, receiver, ())
            return NONE
        case "remove" | "discard":
            _discard(tracer, receiver, first)
            return NONE
        case "intersection_update" | "difference_update":
            set_element(tracer, receiver, receiver.elements)
            return NONE
        case "pop":
            element = receiver.element
            set_element(tracer, receiver, receiver.elements)
            return element
        case "copy":
            return List({"items": items} if items is not None else {"element": receiver.element}, tracer.level, receiver.kind)
        case "union":
            return united(tracer, receiver, others, node)
        case "intersection" | "difference":
            return List({"element": receiver.element}, tracer.level, receiver.kind)
        case "symmetric_difference":
            return List({"element": join((receiver.element, tracer.element(first, node)))}, tracer.level, receiver.kind)
        case "issubset" | "issuperset" | "isdisjoint" | "__contains__" | "__eq__":
            return BOOL
        case _:
            if name.startswith("__"):
                forget(tracer, receiver)
            return UNKNOWN


def united(tracer: Base, receiver: List, others: tuple[Value, ...], node: program.Node) -> List:
    """A set of the members of all these iterables, frozen if the first one is."""
    parts = receiver, *others
    known = [part.items if isinstance(part, List) else tracer.items(part) for part in parts]
    if all(each is not None for each in known):
        return List({"items": distinct(item for each in known for item in each or ())}, tracer.level, receiver.kind)
    return List({"element": join([tracer.element(part, node) for part in parts])}, tracer.level, receiver.kind)


def _discard(tracer: Base, receiver: List, value: Value) -> None:
    items = receiver.items
    if items is not None and isinstance(value, Static) and value.is_known and is_counted(receiver):
        kept = [item for item in items if not (isinstance(item, Static) and item.is_known and item.constant == value.constant)]
        set_items(tracer, receiver, tuple(kept))
    else:
        set_element(tracer, receiver, receiver.elements)


def operated(tracer: Base, symbol: str, left: Value, right: Value, node: program.Node) -> Value:
    """An operator between containers of which one is a list, a set or a dict; what is not understood gives what is not known."""
    if isinstance(left, List) and isinstance(right, List) and is_set(left) and is_set(right):
        if symbol == "|":
            return united(tracer, left, (right,), node)
        if symbol in ("&", "-", "^"):
            return List({"element": join((left.element, right.element)) if symbol == "^" else left.element}, tracer.level, left.kind)
        return UNKNOWN
    if isinstance(left, List) and isinstance(right, List) and not is_set(left) and not is_set(right) and symbol == "+":
        one, two = left.items, right.items
        if one is not None and two is not None and len(one) + len(two) <= MOST:
            return List({"items": one + two}, tracer.level)
        return List({"element": join((*left.elements, *right.elements))}, tracer.level)
    if isinstance(left, Dict) and isinstance(right, Dict) and symbol == "|":
        made = Dict(left.items, left.presence, tracer.level)
        update(tracer, made, right)
        return made
    return UNKNOWN


def changed_in_place(tracer: Base, symbol: str, container: List | Dict, value: Value, node: program.AugmentedAssign) -> Value:
    """`container symbol= value`: a list, a set and a dict stay the same object."""
    if isinstance(container, Dict):
        if symbol == "|":
            update(tracer, container, value)
            return container
    elif container.kind == "frozenset":
        pass
    elif container.kind == "set":
        if symbol in _SET_METHODS:
            set_method(tracer, container, _SET_METHODS[symbol], Arguments((value,)), node)
            return container
    elif symbol == "+":
        extend(tracer, container, value, node.value)
        return container
    elif symbol == "*":
        items, count = container.items, value.constant if isinstance(value, Static) else None
        if items is not None and isinstance(count, int) and max(count, 0) * len(items) <= MOST:
            set_items(tracer, container, items * count)
        else:
            set_element(tracer, container, container.elements)
        return container
    return tracer.arithmetic(symbol, container, value, node)


_SET_METHODS = {"|": "update", "&": "intersection_update", "-": "difference_update", "^": "symmetric_difference_update"}


def repeated(tracer: Base, container: Value, times: Value, most: int) -> Value:
    """`container * times` of a list or a tuple."""
    if not (isinstance(times, Static) and times.kind in ("int", "bool")):
        return UNKNOWN
    count = max(int(times.constant), 0) if isinstance(times.constant, int) else None
    if isinstance(container, Tuple):
        if count is not None and count * len(container.items) <= most:
            return Tuple(container.items * count)
        return Iterator_(join(container.items))
    if not isinstance(container, List) or is_set(container):
        return UNKNOWN
    items = container.items
    if items is not None and count is not None and count * len(items) <= most:
        return List({"items": items * count}, tracer.level)
    return List({"element": container.element}, tracer.level)


# Dicts --------------------------------------------------------------------------------------------------------------


def write_key(tracer: Base, container: Dict, key: Value, value: Value) -> None:
    """`container[key] = value`."""
    several = options(key)
    if len(several) > 1 or container.contents.get("several"):
        for one in several:
            if isinstance(one, Static) and one.is_known:
                _may_write(tracer, container, one.constant, value)
            else:
                _write_some(tracer, container, one, value)
        return
    if isinstance(key, Static) and key.is_known:
        tracer.journal.set(container.items, key.constant, value)
        if container.contents.get(("missing", key.constant)):
            tracer.journal.set(container.contents, ("missing", key.constant), False)
        return
    _write_some(tracer, container, key, value)


def _may_write(tracer: Base, container: Dict, key: Any, value: Value) -> None:
    if key in container.items:
        tracer.journal.set(container.items, key, join((container.items[key], value)))
    else:
        tracer.journal.set(container.items, key, value if not container.is_open else UNKNOWN)
        tracer.journal.set(container.contents, ("missing", key), True)
        tracer.journal.set(container.contents, "open", True)


def _write_some(tracer: Base, container: Dict, key: Value, value: Value) -> None:
    """A value is written under a key that is not known: it may be any that is there."""
    for other in tuple(container.items):
        if may_equal(key, other):
            tracer.journal.set(container.items, other, join((container.items[other], value)))
    tracer.journal.set(container.contents, "open", True)


def may_equal(key: Value, other: object) -> bool:
    """Whether a key that is not known may be this one."""
    if isinstance(key, Static) and key.kind:
        if key.kind in plain.NUMBERS:
            return isinstance(other, int | float | complex)
        return key.kind == type(other).__name__ or key.kind not in ("str", "bytes", "NoneType")
    return not isinstance(key, Tuple | Function | Class | Library)


def delete_key(tracer: Base, container: Dict, key: Value) -> None:
    """`del container[key]`."""
    several = options(key)
    if len(several) == 1 and isinstance(key, Static) and key.is_known and not container.contents.get("several"):
        tracer.journal.delete(container.items, key.constant)
        if container.contents.get(("missing", key.constant)):
            tracer.journal.set(container.contents, ("missing", key.constant), False)
        return
    for one in several:
        for other in tuple(container.items):
            if other == one.constant if isinstance(one, Static) and one.is_known else may_equal(one, other):
                lose(tracer, container, other)


def lose(tracer: Base, container: Dict, key: Any) -> None:
    """A key may be gone."""
    tracer.journal.set(container.contents, ("missing", key), True)
    tracer.journal.set(container.contents, "open", True)


def open_up(tracer: Base, container: Dict, value: Value) -> None:
    """Any key may be gone, or have got this value, and there may be others."""
    for key in tuple(container.items):
        tracer.journal.set(container.items, key, join((container.items[key], value)))
        tracer.journal.set(container.contents, ("missing", key), True)
    tracer.journal.set(container.contents, "open", True)


def update(tracer: Base, container: Dict, other: Value, node: program.Node | None = None) -> None:
    """`container.update(other)`."""
    if isinstance(other, OneOf):
        for option in other.options:
            if isinstance(option, Dict):
                for key, value in option.items.items():
                    _may_write(tracer, container, key, value)
            if not isinstance(option, Dict) or option.is_open:
                _write_some(tracer, container, UNKNOWN, UNKNOWN)
        return
    if not isinstance(other, Dict):
        pairs = tracer.items(other)
        if pairs is not None and all(isinstance(pair, Tuple) and len(pair.items) == 2 for pair in pairs):
            for pair in pairs:
                assert isinstance(pair, Tuple)
                write_key(tracer, container, pair.items[0], pair.items[1])
            return
        _write_some(tracer, container, UNKNOWN, UNKNOWN)
        return
    if other.is_open:
        for key in tuple(container.items):
            if key not in other.items:
                tracer.journal.set(container.items, key, UNKNOWN)
        tracer.journal.set(container.contents, "open", True)
    for key, value in other.items.items():
        if other.has(key):
            write_key(tracer, container, plain.known(key), value)
        else:
            _may_write(tracer, container, key, value)


def value_at(tracer: Base, container: Dict, key: Value) -> Value:
    """`container[key]`, where the key is there."""
    found: list[Value] = []
    for one in options(key):
        if isinstance(one, Static) and one.is_known:
            found.append(container.items.get(one.constant, UNKNOWN))
        else:
            found += [value for other, value in container.items.items() if may_equal(one, other)]
            if container.is_open or container.is_shared:
                found.append(UNKNOWN)
    return joined(tracer, found)


def joined(tracer: Base, values: Iterable[Value]) -> Value:
    """One of these values. Where they are too many to be told apart, nobody knows which of them is changed from here on."""
    found = tuple(values)
    value = join(found)
    if isinstance(value, Unknown):
        loosen(tracer, found)
    return value


def loosen(tracer: Base, values: Iterable[Value], depth: int = 2) -> None:
    """Forget what containers hold that are reached by a value which is not known."""
    for value in values:
        for one in options(value):
            if depth:
                loosen(tracer, items_of(one), depth - 1)
            if isinstance(one, List | Dict):
                forget(tracer, one)


def dict_method(tracer: Base, receiver: Dict, name: str, arguments: Arguments, node: program.Node) -> Value:
    """A method of a dict."""
    first: Value = arguments.positional[0] if arguments.positional else UNKNOWN
    second: Value = arguments.positional[1] if len(arguments.positional) > 1 else NONE
    if arguments.is_partial and name in ("pop", "setdefault", "get"):
        if name != "get":
            open_up(tracer, receiver, UNKNOWN)
        return UNKNOWN
    match name:
        case "get":
            return _found_or(tracer, receiver, first, second)
        case "pop":
            found = _found_or(tracer, receiver, first, second) if len(arguments.positional) > 1 else value_at(tracer, receiver, first)
            if not (isinstance(first, Static) and first.is_known) or first.constant in receiver.items:
                delete_key(tracer, receiver, first)
            return found
        case "setdefault":
            return _set_default(tracer, receiver, first, second)
        case "popitem":
            last = next(reversed(receiver.items), None)
            if last is None or receiver.is_open or receiver.contents.get("several"):
                open_up(tracer, receiver, UNKNOWN) if receiver.items else None
                return Tuple((UNKNOWN, UNKNOWN))
            value = receiver.items[last]
            tracer.journal.delete(receiver.items, last)
            return Tuple((plain.known(last), value))
        case "clear":
            if receiver.contents.get("several"):
                open_up(tracer, receiver, UNKNOWN)
                return NONE
            for key in tuple(receiver.items):
                tracer.journal.delete(receiver.items, key)
                if receiver.contents.get(("missing", key)):
                    tracer.journal.set(receiver.contents, ("missing", key), False)
            tracer.journal.set(receiver.contents, "open", False)
            return NONE
        case "update":
            if arguments.positional:
                update(tracer, receiver, first, node)
            for key, value in arguments.keywords.items():
                write_key(tracer, receiver, Static("str", key), value)
            if arguments.is_partial:
                _write_some(tracer, receiver, UNKNOWN, UNKNOWN)
            return NONE
        case "copy":
            return Dict(receiver.items, receiver.presence, tracer.level)
        case "items" | "keys" | "values":
            return view(receiver, name)
        case "__contains__" | "__eq__":
            return BOOL
        case "__len__":
            return INT
        case _:
            open_up(tracer, receiver, UNKNOWN)
            return UNKNOWN


def view(container: Dict, name: str) -> Iterator_:
    """`container.items()`, `container.keys()`, `container.values()`."""
    if container.is_open:
        each = lost(container.items.values())
        return Iterator_(Tuple((Static(), each)) if name == "items" else Static() if name == "keys" else each, None, True, True, (container,))
    keys = tuple(plain.known(key) for key in container.items)
    values = tuple(container.items.values())
    if name == "items":
        pairs = tuple(Tuple(pair) for pair in zip(keys, values, strict=True))
        return Iterator_(Tuple((join(keys), join(values))) if pairs else UNKNOWN, pairs, True, True, (container,))
    return Iterator_(join(keys), keys, True, True, (container,)) if name == "keys" else Iterator_(join(values), values, True, True, (container,))


def _found_or(tracer: Base, container: Dict, key: Value, default: Value) -> Value:
    """`container.get(key, default)`."""
    found: list[Value] = []
    for one in options(key):
        if not (isinstance(one, Static) and one.is_known):
            found += [value_at(tracer, container, one), default]
        elif one.constant in container.items:
            found.append(container.items[one.constant])
            if not container.has(one.constant):
                found.append(default)
        else:
            found.append(UNKNOWN if container.is_open else default)
    return joined(tracer, found)


def _set_default(tracer: Base, container: Dict, key: Value, default: Value) -> Value:
    """`container.setdefault(key, default)`."""
    if not (isinstance(key, Static) and key.is_known) or container.contents.get("several"):
        _write_some(tracer, container, key, default)
        return UNKNOWN
    if container.has(key.constant):
        return container.items[key.constant]
    found = container.items.get(key.constant, UNKNOWN if container.is_open else default)
    value = join((found, default))
    write_key(tracer, container, key, value)
    return value


# Kept once for several ---------------------------------------------------------------------------------------------


def stands_for_several(tracer: Base, value: Value, depth: int = 3) -> None:
    """Mark the containers that were made once in the walk for any number of passes."""
    for one in options(value):
        if isinstance(one, List | Dict):
            tracer.journal.set(one.contents, "several", True)
        for each in items_of(one) if depth else ():
            stands_for_several(tracer, each, depth - 1)
