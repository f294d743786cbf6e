"""Axes of `vmap` and `scan`: whether what they map, broadcast and carry goes with what the arguments are, and with what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from nnx_lsp import program
from nnx_lsp.knowledge import arrays as known
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.knowledge.transforms import Shape, Transform
from nnx_lsp.tracer import events
from nnx_lsp.tracer.base import TOUCHED, Arguments
from nnx_lsp.tracer.calls import Calls
from nnx_lsp.tracer.values import (
    NONE,
    TRUE,
    UNKNOWN,
    Array,
    Class,
    Dict,
    Level,
    Library,
    List,
    Module,
    Object,
    OneOf,
    Rngs,
    RngStream,
    Static,
    Transformed,
    Tuple,
    Value,
    Variable,
)

_DEEP = 6
_CARRY = Library("flax.nnx.Carry")
_CHANGES = ("variable", "stream", "statistics", "metric", "optimizer")


class Mapped(msgspec.Struct, eq=False):
    """One call of a transformed function after its body was walked."""

    transform: Transform
    callee: Transformed
    arguments: Arguments
    """As the transform passes them on."""
    written: Arguments
    """As the call gives them."""
    names: list[str]
    seen: tuple[Value, ...]
    """The positional ones as the body saw them."""
    returned: Value
    level: Level
    events: list[events.Event]
    """What happened in the body."""
    clones: dict[int, Object]
    node: program.Node

    def entries(self) -> Iterator[tuple[int, str, Value, Value]]:
        """The positional arguments: index, name, value, axis."""
        axes = self.callee.options.get("in_axes", default_axes(self.transform))
        for index, value in enumerate(self.arguments.positional):
            yield index, self.names[index] if index < len(self.names) else f"*{index}", value, axis_at(axes, index)


class Axes(Calls):
    """Judges calls of mapped functions."""

    def check_axes(self, call: Mapped) -> None:
        """Record what does not go together."""
        is_mapping = call.transform.level is LevelKind.BATCHED or call.transform.shape is Shape.SCAN
        if not is_mapping or call.arguments.is_partial or "*" in call.callee.options:
            return
        self._scalar_keys(call)
        self._sliced(call)
        if call.transform.is_functional:
            return
        self._broadcast_changed(call)
        self._aliases(call)
        self._returned(call)
        self._rest(call)

    def _misfit(self, call: Mapped, index: int, name: str, value: Value, reason: str, *, detail: str = "", inside: events.Event | None = None) -> None:
        where: program.Node = call.node
        if index < len(call.written.nodes) and (argument := call.written.nodes[index]) is not None:
            where = argument.value
        elif name in call.written.keyword_nodes:
            where = call.written.keyword_nodes[name].value
        self.emit(events.AxesMisfit(self.place(where), where, self.context, self.guards, call.callee, name, value, reason, detail, inside))

    # What is mapped -------------------------------------------------------------------------------------------------

    def _scalar_keys(self, call: Mapped) -> None:
        for index, name, value, axis in call.entries():
            if is_number(axis) and self._holds_scalar_keys(value, 0):
                self._misfit(call, index, name, value, "scalar keys")

    def _holds_scalar_keys(self, value: Value, depth: int) -> bool:
        """Whether an object has a stream of one key, so that it cannot be mapped along an axis."""
        if not isinstance(value, Object) or depth > _DEEP or self._may_be_stacked(value):
            return False
        root = _root(value)
        if isinstance(root, Rngs):
            return root.is_scalar and not root.is_symbolic and bool(root.streams or root.has_default)
        if isinstance(root, RngStream):
            return root.is_scalar and not root.is_symbolic
        return isinstance(root, Module) and any(self._holds_scalar_keys(held, depth + 1) for held in _held(root))

    def _may_be_stacked(self, value: Object) -> bool:
        """Whether its arrays may have a dimension more than its constructor gave them."""
        each: Object | None = value
        while each is not None:
            if (each.view is not None and each.view.stacks) or TOUCHED in each.attributes:
                return True
            each = each.source
        return False

    def _sliced(self, call: Mapped) -> None:
        for index, name, value, axis in call.entries():
            if not is_number(axis):
                continue
            seen = call.seen[index] if index < len(call.seen) else UNKNOWN
            if isinstance(value, List) or (isinstance(value, Object) and value.cls == "flax.nnx.List"):
                called = next((event for event in call.events if isinstance(event, events.NotCallable) and event.callee is seen), None)
                if called is not None:
                    self._misfit(call, index, name, value, "list", inside=called)
            elif not _is_declared_alone(value) and not self._is_one_stacked(value, 0) and (layer := self._sliced_layer(call, name)) is not None:
                self._misfit(call, index, name, value, "sliced", detail=layer.class_name)

    def _is_one_stacked(self, value: Value, depth: int) -> bool:
        """Whether a value, or what it holds, is one of a few objects of which some may have the axis."""
        match value:
            case OneOf(options=found):
                return any(isinstance(each, Object) and self._may_be_stacked(each) for each in found)
            case Object() if depth <= _DEEP and not isinstance(value, Variable):
                return any(self._is_one_stacked(held, depth + 1) for held in _held(_root(value)))
            case _:
                return False

    def _sliced_layer(self, call: Mapped, name: str) -> Object | None:
        """The first layer that is reached from an argument, was never stacked, and is called in the body."""
        for event in call.events:
            if not isinstance(event, events.Call) or not event.name.endswith(".__call__"):
                continue
            layer = event.receiver
            if isinstance(layer, Module) and layer.level is call.level and layer.parameter == name and not self._may_be_stacked(layer):
                root = _root(layer)
                if isinstance(root.cls, str) and root.cls.rpartition(".")[2] in known.WEIGHTED and root.place is not None:
                    return layer
        return None

    # What is broadcast ----------------------------------------------------------------------------------------------

    def _broadcast_changed(self, call: Mapped) -> None:
        for index, name, value, axis in call.entries():
            if axis is not NONE or not isinstance(value, Object):
                continue
            reached = (event for event in call.events if isinstance(event, events.Mutation) and _is_reached(event.target, call.level, name))
            changes = [event for event in reached if event.what in _CHANGES]
            if call.transform.shape is Shape.SCAN:
                if changes and call.callee.options.get("graph_updates", TRUE) == TRUE:  # Else it accumulates.
                    self._misfit(call, index, name, value, "lost", inside=changes[0])
                continue
            draw = next((event for event in changes if event.what == "stream"), None)
            if draw is not None:
                self._misfit(call, index, name, value, "shared keys", inside=draw)
            for clone in call.clones.values():
                if isinstance(clone, Variable) and clone.parameter == name and isinstance(held := clone.content, Array) and held.level is call.level:
                    write = next((event for event in changes if event.what in ("variable", "statistics")), None)
                    self._misfit(call, index, name, value, "batched", detail=clone.class_name, inside=write)
                    break

    # One object, two axes -------------------------------------------------------------------------------------------

    def _aliases(self, call: Mapped) -> None:
        first: dict[int, Value] = {}
        for index, name, value, axis in call.entries():
            if not isinstance(value, Object) or not _has_state(value, 0):
                continue
            before = first.setdefault(id(value), axis)
            if before is not axis and differ(before, axis):
                self._misfit(call, index, name, value, "alias", detail=f"`{axis_text(before)}` and `{axis_text(axis)}`")

    def _returned(self, call: Mapped) -> None:
        axes = call.callee.options.get("out_axes", default_axes(call.transform))
        given = {name: (index, value, axis) for index, name, value, axis in call.entries()}
        parts = call.returned.items if isinstance(call.returned, Tuple) else (call.returned,)
        for position, part in enumerate(parts):
            if not isinstance(part, Object) or part.source is None or part.level is not call.level or part.parameter not in given:
                continue
            index, value, axis = given[part.parameter]
            out = axis_at(axes, position) if isinstance(call.returned, Tuple) else axes
            if _has_state(part.source, 0) and differ(axis, out):
                self._misfit(call, index, part.parameter, value, "returned", detail=f"`{axis_text(axis)}` and `{axis_text(out)}`")

    # Filters that leave something over ------------------------------------------------------------------------------

    def _rest(self, call: Mapped) -> None:
        axes = call.callee.options.get("in_axes", default_axes(call.transform))
        for index, name, value, _ in call.entries():
            axis = axes.items[index] if isinstance(axes, Tuple) and index < len(axes.items) else axes
            if not isinstance(axis, Object) or axis.cls != "flax.nnx.StateAxes":
                continue
            filters = axis.attributes.get("filters")
            if not isinstance(filters, Tuple) or not all(isinstance(one, Library) for one in filters.items):
                continue
            names = [one.name for one in filters.items if isinstance(one, Library)]
            left = [sort for sort in self.sorts(value) if not any(sort == one or self.library.is_subclass(sort, one) for one in names)]
            if left:
                self._misfit(call, index, name, value, "rest", detail=", ".join(f"`{sort.rpartition('.')[2]}`" for sort in sorted(left)))

    def sorts(self, value: Value, depth: int = 0) -> set[str]:
        """The canonical names of the sorts of Variables that an object certainly has."""
        if depth > _DEEP or not isinstance(value, Object):
            return set()
        root = _root(value)
        if isinstance(root, Variable):
            return {root.cls} if isinstance(root.cls, str) else set()
        if isinstance(root, RngStream) or (isinstance(root, Rngs) and (root.streams or root.has_default)):
            return {"flax.nnx.RngKey", "flax.nnx.RngCount"}
        if not isinstance(root, Module):
            return set()
        found = {"flax.nnx.BatchStat"} if root.cls == "flax.nnx.BatchNorm" else set()
        for held in _held(root):
            found |= self.sorts(held, depth + 1)
        return found


# Axes --------------------------------------------------------------------------------------------------------------


def stacks(transform: Transform) -> bool:
    """Whether a transform's results have a dimension more than inside."""
    return transform.maps


def default_axes(transform: Transform) -> Value:
    """`in_axes` and `out_axes` where they are left out."""
    return Tuple((_CARRY, Static("int", 0))) if transform.shape is Shape.SCAN else Static("int", 0)


def axis_at(axes: Value, index: int) -> Value:
    """The axis of one argument or result; not known where it is one for each part of it."""
    if isinstance(axes, Tuple):
        return axes.items[index] if index < len(axes.items) else UNKNOWN
    return axes if isinstance(axes, Static) or is_carry(axes) else UNKNOWN


def is_number(axis: Value) -> bool:
    """Whether it is an axis to map along."""
    return isinstance(axis, Static) and axis.kind == "int"


def is_carry(axis: Value) -> bool:
    """Whether it is `nnx.Carry`."""
    return isinstance(axis, Library) and axis.name.endswith(".Carry")


def differ(one: Value, two: Value) -> bool:
    """Whether two axes are certainly not the same."""
    texts = axis_text(one), axis_text(two)
    return texts[0] != texts[1] and "" not in texts


def axis_text(axis: Value) -> str:
    """An axis as it is written; `""` where it is not known."""
    if is_carry(axis):
        return "nnx.Carry"
    return str(axis.constant) if isinstance(axis, Static) and axis.is_known else ""


# Objects -----------------------------------------------------------------------------------------------------------


def _is_declared_alone(value: Value) -> bool:
    """Whether only an annotation tells of an object: nobody saw it made, and it may be a stack of many."""
    return isinstance(value, Object) and _root(value).place is None


def _root(value: Object) -> Object:
    """The object that was made, behind all views of it."""
    while value.source is not None and type(value.source) is type(value):
        value = value.source
    return value


def _held(value: Object) -> Iterator[Value]:
    """What is in the attributes that are known, and in the containers there."""
    for each in value.attributes.values():
        match each:
            case Tuple(items=items):
                yield from items
            case List():
                yield from each.items or ()
            case Dict():
                yield from each.items.values()
            case _:
                yield each


def _has_state(value: Value, depth: int) -> bool:
    """Whether an object certainly has a Variable."""
    if isinstance(value, Variable | Rngs | RngStream):
        return True
    if not isinstance(value, Module) or depth > _DEEP:
        return False
    root = _root(value)
    if not isinstance(root.cls, Class) and root.cls.rpartition(".")[2] in (*known.WEIGHTED, "BatchNorm"):
        return True
    return any(_has_state(held, depth + 1) for held in _held(root))


def _is_reached(target: Value, level: Level, name: str) -> bool:
    """Whether what changes is the argument of this name, or reached from it."""
    if not isinstance(target, Object) or target.level is not level or target.parameter != name:
        return False
    return target.source is not None or isinstance(target, Variable | RngStream)
