"""Crossing a transform's border: how a value looks inside the transformed function, and how its result looks outside."""

from __future__ import annotations

from typing import Any

import msgspec
from packaging.version import Version

from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.tracer import filters, mapping, records, shapes
from nnx_lsp.tracer.dtypes import exact
from nnx_lsp.tracer.records import Crossing
from nnx_lsp.tracer.shapes import Extent
from nnx_lsp.tracer.state import ABSENT
from nnx_lsp.tracer.statements import Statements
from nnx_lsp.tracer.values import (
    NONE,
    UNKNOWN,
    Array,
    Axis,
    Class,
    Dict,
    Function,
    GraphDef,
    Iterator_,
    Level,
    Library,
    List,
    Metric,
    Module,
    Object,
    OneOf,
    Optimizer,
    Rngs,
    RngStream,
    State,
    Static,
    Tree,
    Tuple,
    Unknown,
    Value,
    Variable,
    View,
    join,
    join_ways,
    tags_of,
)

DATA = "#data "
"""Stands before the name of an attribute that was given as `nnx.data(…)`: whatever it gets later is data too."""

_CONTAINERS = ("flax.nnx.List", "flax.nnx.Dict", "flax.nnx.Sequential")
_PARAM = Library("flax.nnx.Param")
_NUMBERS = {"int": "int", "float": "float", "bool": "bool", "complex": "complex"}


class Views(Statements):
    """Lifts values into a transform and out of it."""

    def seen(self, value: Value, view: View) -> Value:
        """An argument or result as it looks across the border; numbers become arrays, as a transform makes of them."""
        match value:
            case Array() | Tree() | Unknown() | Static(kind="int" | "float" | "bool" | "complex" | "ndarray" | "shape") if view.hides_arrays:
                return UNKNOWN
            case Static(kind=kind):
                if view.keeps_arrays or kind in ("NoneType", "str"):
                    return value
                if kind in _NUMBERS:
                    low, high, dims = mapping.crossed(shapes.SCALAR, view.axis) if view.axis is not None and view.axis.is_added else shapes.SCALAR
                    by = view.arrays if kind in ("float", "complex") or not _is_gradient(view.arrays) else None
                    lifted = Array(by, _NUMBERS[kind], low, high, view.origin, "", dims, exact=exact(value))
                    return join((lifted, Static(kind))) if view.may_keep_numbers else lifted
                if kind == "ndarray":
                    return Array(view.arrays, origin=view.origin)
                if kind == "shape":
                    return Tree(view.arrays, view.origin)
                return UNKNOWN
            case Unknown():
                return Tree(view.arrays, view.origin) if not view.keeps_arrays else UNKNOWN
            case OneOf(options=found):
                return join_ways([self.seen(option, view) for option in found], tags_of(value))
            case Tuple(items=items, fields=fields):
                return Tuple(tuple(self.seen(item, view) for item in items), fields)
            case List(kind="list"):
                if value.items is not None:
                    return List({"items": tuple(self.seen(item, view) for item in value.items)}, view.level)
                return List({"element": self.seen(value.element, view)}, view.level)
            case Dict():
                return Dict(
                    {key: self.seen(item, view) for key, item in value.items.items()},
                    value.presence,
                    view.level,
                )
            case _:
                return self.seen_inside(value, view)

    def seen_inside(self, value: Value, view: View) -> Value:
        """What an object holds, as it looks across the border: Python values stay what they are."""
        match value:
            case Array() | Tree() | Static(kind="ndarray") if view.hides_arrays:
                return UNKNOWN
            case Array() if view.tangents is not None and self.stage is None and (taken := self._held_tangent(value, view)) is not None:
                return taken
            case Array(level=Level(kind=LevelKind.DIFFERENTIATED) as level) if view.keeps_arrays and not level.is_around(view.level):
                return Array(None, value.dtype, value.low, value.high, None, value.role, value.dims, None, value.exact)
            case Array():
                if view.keeps_arrays and view.axis is None:
                    return value
                extent = shapes.extent(value)
                if view.axis is not None:
                    extent = mapping.crossed(extent, view.axis)
                elif not view.keeps_shapes:
                    extent = Extent(extent.low, extent.high)
                by = value.level if view.keeps_arrays or _is_open(value.level, view) else view.arrays
                if _is_gradient(by) and value.dtype not in ("", "float"):
                    by = None
                return Array(by, value.dtype, *extent[:2], view.origin or value.origin, value.role, extent.dims, None, value.exact)
            case Tree():
                return value if view.keeps_arrays else Tree(view.arrays, view.origin, value.role)
            case Static(kind="ndarray"):
                return value if view.keeps_arrays else Array(view.arrays, origin=view.origin)
            case Object():
                return self.clone(value, view)
            case OneOf(options=found):
                return join_ways([self.seen_inside(option, view) for option in found], tags_of(value))
            case Tuple(items=items, fields=fields):
                return Tuple(tuple(self.seen_inside(item, view) for item in items), fields)
            case List():
                if value.items is not None:
                    return List({"items": tuple(self.seen_inside(item, view) for item in value.items)}, view.level, value.kind)
                return List({"element": self.seen_inside(value.element, view)}, view.level, value.kind)
            case Dict():
                return Dict(
                    {key: self.seen_inside(item, view) for key, item in value.items.items()},
                    value.presence,
                    view.level,
                )
            case Iterator_(element=element):
                return Iterator_(self.seen_inside(element, view))
            case _:
                return value

    def held_inside(self, owner: Object, name: str, value: Value, view: View) -> Value:
        """What an attribute of an object is on the other side: the fields of a dataclass that is a pytree are leaves, its numbers are traced too
        where it is no part of a Module."""
        if isinstance(value, List | Dict) and isinstance(owner, Module) and self._is_static(owner, name, value):
            seen = left_behind(self.seen_inside(value, view))
            return _same_list(seen, value) if self.library.flax >= Version("0.12.1") else seen
        if isinstance(owner, Module) and type(value) is Object and not view.keeps_numbers and not self._are_leaves(owner, name, value, view):
            return self.seen_inside(value, msgspec.structs.replace(view, keeps_numbers=True))
        if owner.library_class.startswith("flax.nnx.") and not view.is_in_module and isinstance(value, Object | List | Dict | Tuple | OneOf):
            return self.seen_inside(value, msgspec.structs.replace(view, is_in_module=True))
        if view.keeps_arrays or view.is_in_module or type(owner) is not Object or not isinstance(owner.cls, Class):
            return self.seen_inside(value, view)
        match records.crossing(self, owner.cls, name):
            case Crossing.LEAF:
                return self.seen_inside(value, view) if view.keeps_numbers else self.seen(value, view)
            case Crossing.STATIC:
                return self.seen_inside(value, view)
            case _:
                return self.seen_inside(value, view) if isinstance(value, Object | Array | Tree | Function) else UNKNOWN

    def _are_leaves(self, owner: Module, name: str, value: Object, view: View) -> bool:
        """Whether the numbers in what a Module holds are leaves to a transform of jax, as they are beside arrays; those of nnx take arrays alone out of it."""
        is_functional = view.level is not None and view.level.is_functional
        is_data = owner.source is not None and self.peek(owner.source, DATA + name) is not None
        return is_functional and (is_data or value.is_symbolic or any(not isinstance(held, Static) for held in value.attributes.values()))

    def _is_static(self, owner: Module, name: str, value: List | Dict) -> bool:
        """Whether a container that a Module holds need not be data: since Flax 0.12 it is not if it held no arrays first, unless `nnx.data` says so."""
        is_plain = (isinstance(value, Dict) or value.kind == "list") and owner.library_class not in _CONTAINERS
        is_data = "data" in value.contents or (owner.source is not None and self.peek(owner.source, DATA + name) is not None)
        return is_plain and not is_data and self.library.flax_minor >= (0, 12)

    def clone(self, source: Object, view: View) -> Object:
        """The object that stands for `source` on the other side; one for each object, so that aliases stay aliases."""
        found = view.clones.get(id(source))
        if found is not None:
            return found
        if view.shares and isinstance(source, Variable):
            return source
        clone = new_object(source, view)
        view.clones[id(source)] = clone
        self.keep_alive.append(source)
        if isinstance(source, Variable):
            content = self.seen(source.content, view) if source.content is not NONE else NONE
            is_taken = self._is_taken(source, view) if view.tangents is not None and self.stage is None else False
            if is_taken is None:
                content = UNKNOWN
            elif is_taken and isinstance(content, Array) and content.level is None and content.dtype in ("", "float"):
                content = Array(view.tangents, content.dtype, content.low, content.high, view.origin, content.role, content.dims, None, content.exact)
            clone.attributes["value"] = content
        return clone

    def _held_tangent(self, value: Array, view: View) -> Value | None:
        """An array that an object holds without a Variable, where a filter asks for it; `None`: it is seen as any other."""
        if value.level is not None or value.dtype not in ("", "float"):
            return None
        is_taken = filters.takes_array(view.wanted if view.wanted is not None else _PARAM)
        if is_taken is None:
            return UNKNOWN
        tangent = Array(view.tangents, value.dtype, value.low, value.high, view.origin, value.role, value.dims, None, value.exact)
        return tangent if is_taken else None

    def _is_taken(self, variable: Variable, view: View) -> bool | None:
        """Whether a Variable is one of those that are differentiated; `None` where that is not known."""
        return filters.takes(self.library, variable, view.wanted if view.wanted is not None else _PARAM)

    def write_back(self, mark: int, view: View, outer: View) -> None:
        """Write to the caller's objects what a transform of nnx wrote to those that stood for them."""
        clones = {id(clone.attributes): clone for clone in view.clones.values()}
        for store, key, value in list(self.journal.changes(mark).values()):
            clone = clones.get(id(store))
            if clone is not None and clone.source is not None and isinstance(key, str):
                outside = self.seen_inside(value, _back(outer, clone.view))
                is_new = not isinstance(clone, Variable) and self.peek(clone.source, key) is None
                self.journal.set(clone.source.attributes, key, left_behind(outside) if is_new else outside)
            elif id(store) in self.walk.stand_ins:
                _, original, through = self.walk.stand_ins[id(store)]
                self._write_item(original, key, value, _back(outer, through))

    def _write_item(self, store: dict[Any, Any], key: Any, value: Any, outer: View) -> None:
        """Write one change of a container to the one that it stands for."""
        if isinstance(value, tuple):
            value = tuple(self.seen_inside(item, outer) for item in value)
            before = store.get(key) or ()
            value = tuple(item if index < len(before) and isinstance(before[index], Array) else left_behind(item) for index, item in enumerate(value))
        elif value is not None and not isinstance(value, bool) and value is not ABSENT:
            value = self.seen_inside(value, outer)
            value = value if isinstance(store.get(key), Array) else left_behind(value)
        if value is ABSENT:
            self.journal.delete(store, key)
        else:
            self.journal.set(store, key, value)

    def stand_for(self, value: Value, source: Value, view: View) -> None:
        """Remember which container a view of it stands for, so that what is written to it comes back."""
        if isinstance(value, List) and isinstance(source, List):
            pairs = [(value.contents, source.contents)]
        elif isinstance(value, Dict) and isinstance(source, Dict):
            pairs = [(value.contents, source.contents), (value.items, source.items)]
            for key in value.items.keys() & source.items.keys():
                self.stand_for(value.items[key], source.items[key], view)
        else:
            return
        for store, original in pairs:
            self.walk.stand_ins[id(store)] = (store, original, view)
        if isinstance(value, List) and isinstance(source, List):
            for one, other in zip(value.items or (), source.items or (), strict=False):
                self.stand_for(one, other, view)

    def outside(self, value: Value, inner: Level, view: View) -> Value:
        """The result of a transformed function as its caller sees it: the caller's own objects come back as themselves."""
        match value:
            case Object() if (own := _of_caller(value, inner)) is not None and not _is_plain(own):
                return own
            case Tuple(items=items, fields=fields):
                return Tuple(tuple(self.outside(item, inner, view) for item in items), fields)
            case List():
                if value.items is not None:
                    return List(
                        {"items": tuple(self.outside(item, inner, view) for item in value.items)},
                        view.level,
                        value.kind,
                    )
                return List({"element": self.outside(value.element, inner, view)}, view.level, value.kind)
            case Dict():
                return Dict(
                    {key: self.outside(item, inner, view) for key, item in value.items.items()},
                    value.presence,
                    view.level,
                )
            case OneOf(options=found):
                return join([self.outside(option, inner, view) for option in found])
            case Unknown():
                return UNKNOWN
            case _:
                return self.seen(value, view)


def _same_list(seen: Value, value: List | Dict) -> Value:
    """What a body sees of a list that Flax does not take apart: it is the caller's own, so that what is put in stays there."""
    return List(seen.contents, value.level, seen.kind) if isinstance(seen, List) else seen


def left_behind(value: Value) -> Value:
    """What a transform of nnx puts where there was no array before: Flax takes a tracer for data in some releases, in others the tracer itself stays there.
    What Variables hold comes back in each."""
    match value:
        case Array() | Tree():
            return UNKNOWN
        case Tuple(items=items, fields=fields):
            return Tuple(tuple(map(left_behind, items)), fields)
        case List(items=tuple() as items):
            return List({"items": tuple(map(left_behind, items))}, value.level, value.kind)
        case List():
            return List({"element": left_behind(value.element)}, value.level, value.kind)
        case Dict():
            return Dict({key: left_behind(item) for key, item in value.items.items()}, value.presence, value.level)
        case OneOf(options=found):
            return join(map(left_behind, found))
        case _:
            return value


def _of_caller(value: Object, inner: Level) -> Object | None:
    """The caller's object that one inside of a transform stands for; `None`: it was made in there, be it seen from another transform in there too."""
    found: Object | None = value
    while found is not None and inner.is_around(found.level):
        found = found.source
    return found if found is not value else None


def _is_gradient(level: Level | None) -> bool:
    return level is not None and level.kind is LevelKind.DIFFERENTIATED


def _is_plain(value: Object) -> bool:
    """Whether it is not an object of nnx: if it comes back at all, it is put together anew of its leaves."""
    return type(value) is Object and isinstance(value.cls, Class) and not any(base.startswith("flax.nnx.") for base in value.cls.library_bases)


def _back(outer: View, through: View | None) -> View:
    """How what was seen through a View looks when it comes back through `outer`: what was mapped has its axis again."""
    if through is None or through.axis is None:
        return outer
    return msgspec.structs.replace(outer, axis=Axis(through.axis.number, None, True))


def _is_open(level: Level | None, view: View) -> bool:
    """Whether an array that comes out of a transform is traced by one that is around it too: its value is not known there either."""
    if level is None or view.arrays is not None or level.kind is not LevelKind.BATCHED:
        return False
    around = view.level
    while around is not None and around is not level:
        around = around.parent
    return around is level


def new_object(source: Object, view: View) -> Object:
    """An object of the same class that takes its attributes from `source` through `view` when they are read."""
    clone = type(source)(
        source.cls,
        {},
        view.level,
        source.place,
        source.is_symbolic,
        source.is_open,
        view.parameter or source.parameter,
        source,
        view,
        view.origin or source.origin,
    )
    if isinstance(source, Rngs) and isinstance(clone, Rngs):
        clone.streams, clone.has_default = source.streams, source.has_default
    if isinstance(source, RngStream) and isinstance(clone, RngStream):
        clone.name, clone.is_scalar = source.name, source.is_scalar
    if isinstance(source, State) and isinstance(clone, State):
        clone.role, clone.of, clone.part, clone.filter = source.role, source.of, source.part, source.filter
    if isinstance(source, GraphDef) and isinstance(clone, GraphDef):
        clone.of, clone.split, clone.parts = source.of, source.split, source.parts
    return clone


def object_type(name: str, is_subclass: object) -> type[Object]:
    """The sort of object that an instance of a library's class is; `is_subclass(name, base)` asks the knowledge."""
    assert callable(is_subclass)
    for base, kind in (
        ("flax.nnx.Variable", Variable),
        ("flax.nnx.Rngs", Rngs),
        ("flax.nnx.RngStream", RngStream),
        ("flax.nnx.Optimizer", Optimizer),
        ("flax.nnx.metrics.Metric", Metric),
        ("flax.nnx.Metric", Metric),
        ("flax.nnx.State", State),
        ("flax.nnx.GraphDef", GraphDef),
        ("flax.nnx.Module", Module),
    ):
        if name == base or is_subclass(name, base):
            return kind
    return Object


__all__ = ["Class", "Views", "new_object", "object_type"]
