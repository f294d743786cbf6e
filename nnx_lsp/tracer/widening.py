"""What stands before any pass of a loop: values that go on changing from pass to pass lose what changes."""

from __future__ import annotations

from typing import Any

from nnx_lsp.tracer.state import ABSENT, Changes
from nnx_lsp.tracer.values import UNKNOWN, Array, Dict, Entries, Function, List, Object, OneOf, Static, Told, Tuple, Unknown, Value, join, lost, same

_DEEPEST = 4


def is_stable(head: Changes, left: Changes) -> bool:
    """Whether a pass leaves what stood before it, so that a further one would do what it did; of what the first pass wrote, what stood before the loop."""
    for identity, (store, key, new) in left.items():
        old = head[identity][2] if identity in head else store.get(key, ABSENT)
        if new is not old and type(store) is not Told and not _alike(old, new, 0):
            return False
    return True


def _alike(old: Any, new: Any, depth: int) -> bool:
    """Whether two contents of a store mean the same to the walk; an object made by this pass is like the one that the last pass made at the same place."""
    if old is new:
        return True
    if old is ABSENT or new is ABSENT or old is None or new is None or depth > _DEEPEST:
        return False
    if isinstance(old, tuple) or isinstance(new, tuple):
        return (
            isinstance(old, tuple)
            and isinstance(new, tuple)
            and len(old) == len(new)
            and all(_alike(one, two, depth) for one, two in zip(old, new, strict=True))
        )
    if isinstance(old, bool) or isinstance(new, bool):
        return bool(old == new)
    if isinstance(old, Unknown) and isinstance(new, Unknown):
        return True
    if type(old) is not type(new):
        return False
    if isinstance(old, Object):
        return (
            old.cls is new.cls
            and old.place == new.place
            and old.level is new.level
            and old.source is new.source
            and _alike_all(old.attributes, new.attributes, depth)
        )
    if isinstance(old, List):
        return old.kind == new.kind and _alike(old.items, new.items, depth + 1) and (old.items is not None or _alike(old.element, new.element, depth + 1))
    if isinstance(old, Dict):
        return old.is_open == new.is_open and _alike_all(old.items, new.items, depth)
    if isinstance(old, Tuple | OneOf):
        left, right = (old.items, new.items) if isinstance(old, Tuple) else (old.options, new.options)
        return _alike(left, right, depth + 1)
    if isinstance(old, Function):
        return old.definition is new.definition
    try:
        return same(old, new)
    except TypeError:
        return False


def _alike_all(old: dict[Any, Any], new: dict[Any, Any], depth: int) -> bool:
    return old.keys() == new.keys() and all(_alike(old[key], new[key], depth + 1) for key in old)


def widen_counters(left: Changes) -> Changes:
    """What the first pass left, where numbers that it changed are numbers that go on changing."""
    found: Changes = {}
    for identity, (store, key, new) in left.items():
        old = store.get(key, ABSENT)
        is_counted = isinstance(old, Static) and isinstance(new, Static) and old.kind == new.kind and old.kind in ("int", "float") and not same(old, new)
        found[identity] = (store, key, Static(new.kind) if is_counted and type(new) is Static else new)
    return found


def widen(head: Changes, left: Changes, *, to_nothing: bool) -> Changes:
    """What may stand before any further pass, where the last one began with `head` and left `left`."""
    found: Changes = {}
    growing: list[Entries] = []
    for identity, (store, key, new) in left.items():
        old = head[identity][2] if identity in head else store.get(key, ABSENT)
        if old is new or _alike(old, new, 0):
            found[identity] = (store, key, new)
            continue
        if old is ABSENT and isinstance(store, Entries):
            growing.append(store)
        if type(store) is Told:
            found[identity] = (store, key, None)
        elif isinstance(new, tuple) or isinstance(old, tuple):  # The items of a list.
            _widen_items(found, store, key, old, new, to_nothing=to_nothing)
        elif isinstance(new, bool) or isinstance(old, bool):
            found[identity] = (store, key, bool(old if isinstance(old, bool) else False) or bool(new if isinstance(new, bool) else False))
        elif new is None or old is None:
            found[identity] = (store, key, None)
        else:
            found[identity] = (store, key, _widened(old, new, to_nothing=to_nothing))
    for entries in growing:  # Each pass puts a key of its own into a dict: there will be others.
        found[id(entries.contents), "open"] = (entries.contents, "open", True)
    return found


def _widen_items(found: Changes, store: dict[Any, Any], key: Any, old: Any, new: Any, *, to_nothing: bool) -> None:
    found[id(store), key] = (store, key, None)
    if key == "items":
        both = [*(old if isinstance(old, tuple) else ()), *(new if isinstance(new, tuple) else ())]
        element = store.get("element")
        told = join([*both, *([element] if element is not None else [])]) if both else UNKNOWN
        found[id(store), "element"] = (store, "element", lost(both) if to_nothing or None in (old, new) else told)


def _widened(old: Any, new: Value, *, to_nothing: bool) -> Value:
    if isinstance(old, Static) and type(new) is Static and old.kind == new.kind != "":
        return Static(new.kind)
    if old is ABSENT and not to_nothing:
        return new
    if isinstance(old, Array) and isinstance(new, Array) and old.level is new.level:
        return _any_array(old, new) if to_nothing else join((old, new))
    return lost((new,) if old is ABSENT else (old, new))


def _any_array(old: Array, new: Array) -> Value:
    """An array of which neither shape nor rank is known, for both may go on changing, and no dtype that changed. A key stays one."""
    if "key" in (old.dtype, new.dtype) and old.dtype != new.dtype:
        return UNKNOWN
    return Array(new.level, new.dtype if old.dtype == new.dtype else "", 0, -1, new.origin)


__all__ = ["is_stable", "widen", "widen_counters"]
