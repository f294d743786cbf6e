"""The journal: every write of the walk, so that branches can be undone and joined at the cost of what they wrote."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final, TypeAlias

from nnx_lsp.tracer.values import UNKNOWN, Doubted, Entries, Tag, Told, join, join_ways, lost


class _Absent(enum.Enum):
    """Stands for a key that is not there, and for the order of the keys of a dict from which one was taken."""

    ABSENT = "absent"
    ORDER = "order"


ABSENT: Final = _Absent.ABSENT
_ORDER: Final = _Absent.ORDER

MAYBE: Final = "?"
"""Stands before the name of an attribute, among the attributes of an object that may lack it."""

Store: TypeAlias = dict[Any, Any]
"""A dict that is written through the journal: names of a frame, attributes of an object, contents of a container."""

Changes: TypeAlias = dict[tuple[int, Any], tuple[Store, Any, Any]]
"""What a stretch of the walk wrote: (identity of the store, key) → (store, key, last value or ABSENT)."""


class _Left:
    """Stands for what functions wrote to names of their own, once they are left for good: where one way has it and another does not, the ways differ."""

    def __init__(self, writes: list[tuple[Store, Any, Any]]) -> None:
        self._writes = writes
        """They are kept, for what is known by its identity has to live as long as it did."""


class Journal:
    """A log of writes. Stores are written with `set` and `delete` only."""

    def __init__(self) -> None:
        self._log: list[tuple[Store, Any, Any]] = []
        self._left: Store = {}
        """By what stands for them: names of functions that were left for good."""
        self._records: list[Changes] = []
        """For each `try` or `with` that is under way: all values that were written, those of ways that were undone too."""
        self._beneath: dict[tuple[int, Any], tuple[Store, Any]] = {}
        """By store and key: what is found there where nothing is written, as an attribute that the class of an object has; `ABSENT`: nothing."""

    def lies_beneath(self, store: Store, key: Any, value: Any) -> None:
        """Where one way writes this key and another does not, this is what the other finds there; `ABSENT`: it may lack it."""
        self._beneath[id(store), key] = (store, value)

    def set(self, store: Store, key: Any, value: Any) -> None:
        """`store[key] = value`."""
        self._log.append((store, key, store.get(key, ABSENT)))
        store[key] = value
        if self._records:
            self._note(store, key, value)

    def delete(self, store: Store, key: Any) -> None:
        """`del store[key]`, where it is there."""
        if key in store:
            if self._records:
                self._note(store, key, ABSENT)
            if isinstance(store, Entries):
                self._log.append((store, _ORDER, tuple(store)))
            self._log.append((store, key, store.pop(key)))

    def record(self) -> Changes:
        """From here on keep every value that is written, until `recorded`."""
        record: Changes = {}
        self._records.append(record)
        return record

    def recorded(self, record: Changes) -> Changes:
        """End a record, and those that were begun in it and broken off: by store and key, all values that were written, in the place of the last one."""
        while self._records:
            found = self._records.pop()
            if self._records:
                for store, key, values in found.values():
                    for value in values:
                        self._note(store, key, value)
            if found is record:
                break
        return record

    def break_off(self) -> None:
        """End all records: the walk that wanted them was broken off."""
        self._records.clear()

    @property
    def is_recording(self) -> bool:
        """Whether somebody wants to know what is written."""
        return bool(self._records)

    def _note(self, store: Store, key: Any, value: Any) -> None:
        record = self._records[-1]
        found = record.get((id(store), key))
        if found is None:
            record[id(store), key] = (store, key, [value])
        elif not any(each is value for each in found[2]):
            found[2].append(value)

    def blend(self, written: Changes) -> None:
        """Write what holds where a stretch was broken off at any point: each key has any of the values that it had there, or what it has now."""
        uncertain: list[tuple[Entries, Any]] = []
        for _, (store, key, values) in _items_last(written):
            now = store.get(key, ABSENT)
            if now is ABSENT and key == "element":
                continue  # It says nothing where the items are known.
            self._write(store, key, [now, *values])
            if isinstance(store, Entries) and key in store and (now is ABSENT or any(value is ABSENT for value in values)):
                uncertain.append((store, key))
        self._doubt(uncertain)

    def _doubt(self, uncertain: Iterable[tuple[Entries, Any]]) -> None:
        """Note the keys of dicts that may not be there."""
        for entries, key in uncertain:
            self.set(entries.contents, ("missing", key), True)
            self.set(entries.contents, "open", True)

    def mark(self) -> int:
        """A point of the walk to come back to."""
        return len(self._log)

    def changes(self, mark: int) -> Changes:
        """What was written since `mark`, with the values of now."""
        return {(id(store), key): (store, key, store.get(key, ABSENT)) for store, key, _ in self._log[mark:] if key is not _ORDER}

    def written(self, mark: int) -> list[tuple[Store, Any]]:
        """The stores and keys that were written since `mark`."""
        return [(store, key) for store, key, _ in self._log[mark:] if key is not _ORDER]

    def before(self, mark: int) -> Changes:
        """What was written since `mark`, with the values of then."""
        found: Changes = {}
        for store, key, old in self._log[mark:]:
            if key is not _ORDER:
                found.setdefault((id(store), key), (store, key, old))
        return found

    def history(self) -> dict[tuple[int, Any], list[tuple[int, Any]]]:
        """By store and key: what stood there before each write, with the number of the write; under `ABSENT`, the writes of any key."""
        found: dict[tuple[int, Any], list[tuple[int, Any]]] = {}
        for index, (store, key, old) in enumerate(self._log):
            found.setdefault((id(store), key), []).append((index, old))
            found.setdefault((id(store), ABSENT), []).append((index, old))
        return found

    def rollback(self, mark: int) -> Changes:
        """Undo what was written since `mark`; what it was comes back as changes."""
        log = self._log
        if len(log) == mark:
            return {}
        changes = self.changes(mark)
        for store, key, old in reversed(log[mark:]):
            if key is _ORDER:
                _put_in_order(store, old)
            elif old is ABSENT:
                store.pop(key, None)
            else:
                store[key] = old
        del log[mark:]
        return changes

    def leave(self, frame: object, names: Store, mark: int) -> None:
        """A function that nobody can come back to was left, which began at `mark`: nobody will read its names, or ask again what tests asked of them, so
        ways need not join what stands there. That there were such writes still tells a loop that its passes do not leave all as it was."""
        log, left = self._log, self._left
        if len(log) == mark:
            return
        given = {key for (_, key), (store, _, old) in self.before(mark).items() if store is names and old is not ABSENT}
        record = self._records[-1] if self._records else {}
        kept: list[tuple[Store, Any, Any]] = []
        dropped: list[tuple[Store, Any, Any]] = []
        is_any = False
        for entry in log[mark:]:
            store, key, _ = entry
            if store is left:
                is_any = True
            elif store is names and key not in given:
                is_any = is_any or key in names
            elif type(store) is not Told or isinstance(store.get(key), bool) or not _speaks_of(key, frame):
                kept.append(entry)
                continue
            dropped.append(entry)
            record.pop((id(store), key), None)
        for store, key, _ in dropped:
            if type(store) is Told:
                store.pop(key, None)
        if dropped:
            log[mark:] = kept
        if is_any:
            self.set(left, _Left(dropped), True)

    def leave_open(self, mark: int) -> None:
        """Let what was written since `mark` be what may have happened."""
        self.merge((self.rollback(mark), {}))

    def merge(self, alternatives: Iterable[Changes]) -> None:
        """Write what holds where any one of the alternatives happened; a key that one of them did not write keeps its value there."""
        ways = list(alternatives)
        if not ways:
            return
        if len(ways) == 1:
            for store, key, value in ways[0].values():
                if value is ABSENT:
                    self.delete(store, key)
                else:
                    self.set(store, key, value)
            return
        keys: Changes = {}
        for way in ways:
            keys.update(way)
        uncertain: list[tuple[Entries, Any]] = []
        told = _Tags(ways)
        for identity, (store, key, _) in _items_last(keys):
            now = store.get(key, ABSENT)
            values = [way[identity][2] if identity in way else now for way in ways]
            self._write(store, key, values, told)
            if isinstance(store, Entries) and key in store and any(value is ABSENT for value in values):
                uncertain.append((store, key))
        self._doubt(uncertain)

    def _write(self, store: Store, key: Any, values: list[Any], told: _Tags | None = None) -> None:
        first = values[0]
        for value in values:
            if value is not first:
                break
        else:
            if first is ABSENT:
                self.delete(store, key)
            else:
                self.set(store, key, first)
            return
        if isinstance(store, Told):
            self.set(store, key, first if all(type(value) is type(first) and value == first for value in values) else None)
            return
        present = [value for value in values if value is not ABSENT]
        if len(present) < len(values) and (beneath := self._beneath.get((id(store), key))) is not None:
            if beneath[1] is ABSENT:
                self.set(store, MAYBE + key, UNKNOWN)
            else:
                present.append(beneath[1])
        if any(isinstance(value, Doubted) for value in present):
            certain = [value.value if isinstance(value, Doubted) else value for value in present]
            if all(value is certain[0] for value in certain):  # Each way of a test went on with what was there.
                self.set(store, key, certain[0])
                return
        for value in present:
            if value is None or isinstance(value, tuple):
                self._write_items(store, key, [None if each is ABSENT else each for each in values])  # Without items, a list has one element for all.
                return
            if isinstance(value, bool):
                self.set(store, key, any(present))
                return
        tags = [tag for tag, value in zip(told.each, values, strict=False) if value is not ABSENT] if told is not None else []
        self.set(store, key, join_ways(present, tags) if len(tags) == len(present) else join(present))

    def _write_items(self, store: Store, key: Any, values: list[Any]) -> None:
        """The items of a list: joined one by one where every alternative has as many, else as one element."""
        tuples = [value for value in values if value is not None]
        if len(tuples) == len(values) and len({len(items) for items in tuples}) == 1:
            self.set(store, key, tuple(join(column) for column in zip(*tuples, strict=True)))
            return
        element = store.get("element")
        every = [item for items in tuples for item in items] + ([element] if element is not None else [])
        self.set(store, key, None)
        self.set(store, "element", join(every) if len(tuples) == len(values) or element is not None else lost(every))


def tag_of(way: Changes) -> Tag:
    """How tests came out on a way."""
    return tuple((key, value) for store, key, value in way.values() if type(store) is Told and isinstance(value, bool))


def _speaks_of(asked: Any, frame: object) -> bool:
    """Whether what a test asks is about a name of a frame."""
    return any(part is frame or (type(part) is tuple and _speaks_of(part, frame)) for part in asked)


class _Tags:
    """How tests came out on each of a few ways; it is looked for when the first value asks."""

    def __init__(self, ways: list[Changes]) -> None:
        self._ways = ways

    @cached_property
    def each(self) -> list[Tag]:
        """One for each way; none at all where no test is known on any."""
        found = [tag_of(way) for way in self._ways]
        return found if any(found) else []


def _items_last(changes: Changes) -> Iterator[tuple[tuple[int, Any], tuple[Store, Any, Any]]]:
    """Changes in their order, those of the items of lists behind the others: they are joined last, with the element that every way left."""
    last: list[tuple[int, Any]] = []
    for identity, change in changes.items():
        if identity[1] == "items":
            last.append(identity)
        else:
            yield identity, change
    for identity in last:
        yield identity, changes[identity]


def _put_in_order(store: Store, keys: tuple[Any, ...]) -> None:
    """Bring back the order that the keys had."""
    items = {key: store[key] for key in keys if key in store}
    store.clear()
    store.update(items)
