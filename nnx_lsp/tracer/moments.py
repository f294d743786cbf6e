"""What names, attributes and containers hold at a moment that is not known: a function that is walked by itself speaks of every call of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from nnx_lsp.tracer import dtypes
from nnx_lsp.tracer.base import Base
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.families import Family
from nnx_lsp.tracer.modules import CLASSES, REGISTERED, REPLACED, STEADY, WRITES, Session
from nnx_lsp.tracer.scopes import declared_names, steady_names
from nnx_lsp.tracer.state import ABSENT
from nnx_lsp.tracer.uses import bound_names
from nnx_lsp.tracer.values import (
    FALSE,
    TRUE,
    UNKNOWN,
    Array,
    Class,
    Dict,
    Function,
    Level,
    Library,
    List,
    Module,
    Namespace,
    Object,
    OneOf,
    Static,
    Transformed,
    Tuple,
    UserModule,
    Value,
    Variable,
    join,
    options,
    resolution_order,
)


class Moments(Base):
    """Reads what outlives the walk at hand."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.moment = 0
        """Which walk by itself is under way; 0 while a module's own statements run, in their order."""
        self.since: tuple[str, int] = ("", 0)
        """The file of the function that is walked by itself, and the point of its module's journal at which it came to be."""
        self.rebound: set[str] = set()
        """The `global` names that this walk has bound."""
        self.settled: dict[Any, Any] = {}
        """By identity, the containers of which it was said what they may hold; written through the journal."""
        self._histories: dict[str, tuple[int, dict[tuple[int, Any], list[tuple[int, Any]]]]] = {}
        self._own_names: dict[int, tuple[object, frozenset[str]]] = {}
        self._steady: dict[int, tuple[object, frozenset[str]]] = {}

    def begin_moment(self, path: str, chunk: int) -> None:
        """From here on what is walked may run at any time after a top-level statement."""
        self.moment = next(self.numbers) + 1
        self.rebound = set()
        state = self.session.states.get(path)
        run = next((each for each in state.runs if each.key == chunk), None) if state is not None else None
        self.since = (path, run.mark if run is not None else 0)

    # Names ----------------------------------------------------------------------------------------------------------

    def is_own(self, frame: Frame, name: str) -> bool:
        """Whether a name belongs to the function whose frame this is, though it is not bound there: nothing around it is meant."""
        function, outer = frame.function, frame.outer
        if function is None or frame.is_class or outer is None or outer.function is function:
            return False
        definition = function.definition
        known = self._own_names.get(id(definition))
        if known is None:
            known = self._own_names[id(definition)] = (definition, bound_names(definition) - declared_names(definition))
        return name in known[1]

    def of_closure(self, frame: Frame, name: str, value: Value) -> Value:
        """A name of an enclosing function, for a function that may be called at any time, and may be made by any call of that one."""
        function = frame.function
        if self.moment == 0 or frame.moment == self.moment or function is None:
            return value
        definition = function.definition
        known = self._steady.get(id(definition))
        if known is None:
            known = self._steady[id(definition)] = (definition, steady_names(definition))
        if definition.parameters or name not in known[1]:
            return UNKNOWN
        self.settle(value, frame.path, may_change=not self._steadiness(frame.path, name)[1])
        return value

    def of_module(self, frame: Frame, name: str, value: Value) -> Value:
        """A name of a module, for a function that may be called at any time: any of the values that it has from when the function is defined."""
        if self.moment == 0 or name in self.rebound or frame.path not in self.session.states:
            return value
        is_steady, is_unchanged = self._steadiness(frame.path, name)
        if not is_steady:
            return UNKNOWN
        found = self._had(frame.path, frame.names, name, value)
        self.settle(found, frame.path, may_change=not is_unchanged)
        return found

    def is_steady(self, path: str, name: str) -> bool:
        """Whether a name of a module never stands for anything else, and nothing that it stands for changes."""
        return all(self._steadiness(path, name))

    def _steadiness(self, path: str, name: str) -> tuple[bool, bool]:
        self.reads.add((path, STEADY + name))
        return self.session.is_steady(path, name)

    def _had(self, path: str, store: dict[Any, Any], key: object, value: Value) -> Value:
        """Any of the values that stood at a key of a store since the function that is walked came to be."""
        olds = [old for old in self._olds(path, store, key) if old is not value]
        return join([*olds, value]) if olds else value

    def _olds(self, path: str, store: dict[Any, Any], key: object) -> list[Any]:
        where, mark = self.since
        if where != path:
            return []
        found = self._history(path).get((id(store), key), ())
        return [old for index, old in found if index >= mark and old is not ABSENT]

    def _history(self, path: str) -> dict[tuple[int, Any], list[tuple[int, Any]]]:
        state = self.session.states.get(path)
        if state is None:
            return {}
        size = state.journal.mark()
        known = self._histories.get(path)
        if known is None or known[0] != size:
            known = self._histories[path] = (size, state.journal.history())
        return known[1]

    def is_replaced(self, name: str) -> bool:
        """Whether the code at hand, or that of the file in which the walk began, puts something else in the place of a name of a module or a class."""
        first = self.frame.context
        while first is not None and first.parent is not None:
            first = first.parent
        for path in {self.frame.path, first.place.path if first is not None else self.frame.path}:
            self.reads.add((path, REPLACED))
            if name in self.session.scopes(path).replaces:
                return True
        return False

    # What values hold -----------------------------------------------------------------------------------------------

    def settle(self, value: Value, path: str, *, may_change: bool) -> None:
        """Make unknown what a container or an object of the module may hold at another moment than the end of the module, however deep it lies."""
        if id(value) in self.settled:
            return
        match value:
            case OneOf(options=found) | Tuple(items=found):
                for each in found:
                    self.settle(each, path, may_change=may_change)
            case List():
                self.journal.set(self.settled, id(value), True)
                if may_change or self._is_written(path, value.contents):
                    self.open(value)
                else:
                    for each in value.elements:
                        self.settle(each, path, may_change=False)
            case Dict():
                self.journal.set(self.settled, id(value), True)
                if may_change or self._is_written(path, value.items) or self._is_written(path, value.contents):
                    self.open(value)
                else:
                    for each in list(value.items.values()):
                        self.settle(each, path, may_change=False)
            case Object() if value.source is None:
                self.journal.set(self.settled, id(value), True)
                if may_change and (held := value.attributes.get(_HELD.get(value.library_class, ""))) is not None:
                    self.settle(held, path, may_change=True)
                self._settle_object(value, path)
            case _:
                pass

    def _settle_object(self, value: Object, path: str) -> None:
        for name, held in list(value.attributes.items()):
            if not isinstance(name, str) or not name.isidentifier():
                continue
            assigned, changed = self.attribute_writes(value, path, name) if isinstance(value.cls, Class) else (False, False)
            now = UNKNOWN if assigned else self._had(path, value.attributes, name, held)
            if isinstance(value, Variable) and name == "value":
                now = _at_any_moment(now)
            elif isinstance(value, Module):
                now = in_any_mode(name, now)
            if now is not held:
                self.journal.set(value.attributes, name, now)
            self.settle(now, path, may_change=changed)

    def open(self, value: List | Dict) -> None:
        """A container of which nothing is known any more but its kind."""
        if isinstance(value, Dict):
            for key in list(value.items):
                self.journal.delete(value.items, key)
            self.journal.set(value.contents, "open", True)
            return
        self.journal.set(value.contents, "items", None)
        self.journal.set(value.contents, "element", UNKNOWN)

    def _is_written(self, path: str, store: dict[Any, Any]) -> bool:
        where, mark = self.since
        if where != path:
            return False
        return any(index >= mark for index, _ in self._history(path).get((id(store), ABSENT), ()))

    # Attributes -----------------------------------------------------------------------------------------------------

    def attribute_writes(self, value: Object, path: str, name: str) -> tuple[bool, bool]:
        """Whether an attribute is assigned outside of `__init__`, in the file at hand or in that of the class, and whether the container that it holds is
        changed there."""
        assigned, _, changed = self.writes({path} | ({value.cls.place.path} if isinstance(value.cls, Class) else set()), name)
        return assigned, changed

    def writes(self, paths: Iterable[str], name: str) -> tuple[bool, bool, bool]:
        """Whether an attribute is assigned elsewhere than in `__init__` in any of a few files, in other ways than by `+=`, and whether the container that it
        holds is changed there."""
        assigned = rebound = changed = False
        for path in paths:
            self.reads.add((path, WRITES + name))
            found = self.session.writes(path, name)
            assigned, rebound, changed = assigned or found[0], rebound or found[1], changed or found[2]
        return assigned, rebound, changed

    def may_be_assigned(self, paths: Collection[str], name: str) -> bool:
        """Whether code of a few files that runs at another time than `__init__` assigns an attribute, or one whose name is not written down."""
        self.reads.update((path, WRITES) for path in paths)
        return self.writes(paths, name)[0] or any(self.session.assigned(path, "") for path in paths)

    def family(self, cls: Class) -> Family:
        """The classes of the project that stand below a class."""
        path = cls.place.path
        found = self.session.family(path, cls.name)
        self.reads.add((path, CLASSES + cls.name))
        self.reads.update((each, CLASSES) for each in found.rests if each != path)
        return found

    def names_below(self, cls: Class) -> frozenset[str]:
        """The names that classes below a class define or assign themselves."""
        return self.family(cls).names

    def is_final(self, cls: Class) -> bool:
        """Whether no class of the project stands below a class."""
        return not self.family(cls).classes

    def of_class(self, cls: Class, name: str, value: Value) -> Value:
        """An attribute of a class at the moment of the walk."""
        if self.moment == 0:
            return value
        path = cls.place.path
        assigned, _, changed = self.writes((path,), name)
        if assigned:
            return UNKNOWN
        found = self._had(path, cls.attributes, name, value)
        self.settle(found, path, may_change=changed)
        return found

    # Registrations --------------------------------------------------------------------------------------------------

    def note_registered(self, cls: Class) -> None:
        """A class is registered as a pytree, or given to code that is not known and may do that."""
        self.journal.set(cls.registrations, self.root, TRUE)

    def is_registered(self, cls: Class) -> bool:
        """Whether JAX may have been told how to take instances of a class apart, where the file in which the walk began is run."""
        self.reads.add((self.root, REGISTERED + cls.name))
        if self.session.is_registered(self.root, cls.name):
            return True
        return bool(cls.registrations) and not self.session.surroundings(self.root).isdisjoint(cls.registrations)

    def write_namespace(self, namespace: Namespace) -> None:
        """Somebody writes to the namespace of an object, or of the code that runs here: each value in it may be another afterwards."""
        owner = namespace.of
        if isinstance(owner, Object):
            owner.is_open = True
            self.note_escape(owner)
            for name in tuple(owner.attributes):
                self.journal.set(owner.attributes, name, UNKNOWN)
            for one in resolution_order(owner.cls) if isinstance(owner.cls, Class) else ():
                for name, value in one.attributes.items():
                    if name not in owner.attributes and not isinstance(value, Function | Transformed):
                        self.journal.set(owner.attributes, name, UNKNOWN)
            return
        for names in self._namespaces():
            for name, value in tuple(names.items()):
                if not isinstance(value, Library | Class | Function | UserModule):
                    self.journal.set(names, name, UNKNOWN)

    def write_name(self, namespace: Namespace, name: str) -> None:
        """Somebody writes one value to a namespace, under a name that is known."""
        owner = namespace.of
        for names in (owner.attributes,) if isinstance(owner, Object) else self._namespaces():
            if name in names or isinstance(owner, Object):
                self.journal.set(names, name, UNKNOWN)

    def _namespaces(self) -> tuple[dict[str, Value], ...]:
        """The names of the code that runs here, and those of its module."""
        here, module = self.frame.names, self.frame.module.names
        return (here, module) if here is not module else (here,)

    def open_class(self, cls: Class) -> None:
        """Somebody gives a class an attribute of which the name is not known."""
        cls.is_open = True
        for name, value in tuple(cls.attributes.items()):
            if not isinstance(value, Function | Transformed):
                self.journal.set(cls.attributes, name, UNKNOWN)


_HELD = {"flax.nnx.List": "contents", "flax.nnx.Dict": "contents", "flax.nnx.Sequential": "layers"}
"""By container of nnx, the attribute that holds its items."""
_MODES = ("deterministic", "use_running_average")
"""Attributes that tell in which mode a Module is: `.eval()` and `.train()` set them in all that lies below what they are called on."""


def in_any_mode(name: str, value: Value) -> Value:
    """What an attribute of a Module holds where nobody knows in which mode that is."""
    if name not in _MODES or not any(isinstance(option, Static) and option.kind == "bool" for option in options(value)):
        return value
    return join((value, TRUE, FALSE))


def _at_any_moment(content: Value) -> Value:
    """What a Variable may hold at another moment: a transform makes an array of a number, and what is weakly typed becomes strong by many operations. A tracer
    that was left there was something else before."""
    match content:
        case Array(level=Level()):
            return UNKNOWN
        case Array(exact=exact) if exact and not dtypes.is_strong(exact):
            return Array(None, content.dtype, content.low, content.high, content.origin, content.role, content.dims)
        case Static(kind="int" | "float" | "bool" | "complex"):
            return join((content, Array(None, content.kind, 0, 0)))
        case Static(kind="NoneType"):
            return UNKNOWN  # It waits for a value.
        case OneOf(options=found):
            return join(map(_at_any_moment, found))
        case _:
            return content


__all__ = ["Moments"]
