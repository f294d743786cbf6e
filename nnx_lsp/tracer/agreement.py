"""What loops carry and what branches return: whether two values certainly have other trees, shapes or dtypes.

Source: `jax/_src/lax/control_flow/` (jax 0.6 to 0.12), `flax/nnx/transforms/iteration.py` (flax 0.10 to 0.12).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from nnx_lsp import program
from nnx_lsp.knowledge.transforms import Shape, Transform
from nnx_lsp.tracer import dtypes, events, shapes
from nnx_lsp.tracer.axes import Axes, axis_at, default_axes, is_carry
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.values import UNKNOWN, Array, Dict, List, OneOf, Static, Transformed, Tuple, Value, join, options

_LOOPS = {Shape.LAX_SCAN: 0, Shape.WHILE: 0, Shape.FORI: 1}
"""Where the bodies of loops take what is carried."""
_NUMBERS = ("int", "float", "bool", "complex")


class Difference(msgspec.Struct, frozen=True):
    """The first part of two trees (`part`: how it is reached, as in `[0]['a']`) that differs. `sort` is `tree`, `shape`, `dtype` or `number` (a Python number
    where an array has to be)."""

    part: str
    one: str
    two: str
    sort: str


class Agreement(Axes):
    """Compares what goes into a body with what comes out of it, and bodies with one another."""

    def check_carry(self, transform: Transform, callee: Transformed, written: Arguments, seen: tuple[Value, ...], returned: Value, node: program.Node) -> None:
        """Record a carry that certainly comes back as something else."""
        index = carry_index(transform, callee)
        if index is None or index >= len(seen) or written.is_partial or "cond_fun" in callee.options:
            return
        where: program.Node = node.function if isinstance(node, program.Call) else node
        place = _returned_at(transform, callee)
        if place is None:
            return
        if place >= 0:
            if (found := _no_pair(returned)) and "out_axes" not in callee.options:
                self._disagree(transform, callee, "pair", Difference("", "", found, "tree"), where)
            if not isinstance(returned, Tuple | List) or returned.items is None or place >= len(returned.items):
                return
            returned = returned.items[place]
        argument = written.nodes[index] if index < len(written.nodes) else None
        where = argument.value if argument is not None else where
        found_difference = difference(seen[index], returned, refuses_numbers=transform.shape is Shape.SCAN)
        if found_difference is not None:
            self._disagree(transform, callee, "carry", found_difference, where)

    def check_branches(self, transform: Transform, results: Sequence[Value], nodes: Sequence[program.Node | None], node: program.Node) -> None:
        """Record a branch that certainly returns something else than the first."""
        for result, where in zip(results[1:], nodes[1:], strict=True):
            found = difference(results[0], result)
            if found is not None:
                where = where.value if isinstance(where, program.Argument) else where
                self._disagree(transform, None, "branches", found, where or (node.function if isinstance(node, program.Call) else node))
                return

    def _disagree(self, transform: Transform, callee: Transformed | None, what: str, found: Difference, where: program.Node) -> None:
        if found.sort == "shape" and self.hides_shapes:
            return
        self.emit(
            events.Disagreement(
                self.place(where), where, self.context, self.guards, transform.display, callee, what, found.part, found.one, found.two, found.sort
            )
        )


# Carries -----------------------------------------------------------------------------------------------------------


def carry_index(transform: Transform, callee: Transformed) -> int | None:
    """Which argument of a loop's body is carried, where that is known."""
    if transform.shape is not Shape.SCAN:
        return _LOOPS.get(transform.shape)
    if "*" in callee.options:
        return None
    found = _carry_at(callee.options.get("in_axes", default_axes(transform)))
    return 0 if found == -1 else found


def _carry_at(axes: Value) -> int | None:
    """Where `nnx.Carry` stands among axes; -1 where it is all there is."""
    if is_carry(axes):
        return -1
    if not isinstance(axes, Tuple):
        return None
    return next((index for index in range(len(axes.items)) if is_carry(axis_at(axes, index))), None)


def _returned_at(transform: Transform, callee: Transformed) -> int | None:
    """Where in what it returns the body of a loop gives back the carry; -1 where that is all that it returns, `None` where it is not known."""
    if transform.shape is Shape.LAX_SCAN:
        return 0
    return _carry_at(callee.options.get("out_axes", default_axes(transform))) if transform.shape is Shape.SCAN else -1


def handed_back(transform: Transform, callee: Transformed, given: Arguments, seen: tuple[Value, ...], returned: Value) -> Value:
    """What a body returned, without the numbers and arrays of numpy in the carry that it hands back as it got them: the loop may give those very objects in
    place of arrays, for JAX takes what no pass changes out of it."""
    index, place = carry_index(transform, callee), _returned_at(transform, callee)
    if index is None or place is None or index >= min(len(seen), len(given.positional)) or "cond_fun" in callee.options:
        return returned
    before, inside = given.positional[index], seen[index]
    if place < 0:
        return _handed_back(before, inside, returned)
    match returned:
        case Tuple(items=items, fields=fields) if place < len(items):
            return Tuple((*items[:place], _handed_back(before, inside, items[place]), *items[place + 1 :]), fields)
        case OneOf(options=found):
            return join([handed_back(transform, callee, given, seen, option) for option in found])
        case _:
            return returned


def _handed_back(given: Value, seen: Value, returned: Value) -> Value:
    if returned is seen and any(isinstance(option, Static) and option.kind in (*_NUMBERS, "ndarray") for option in options(given)):
        return UNKNOWN
    match given, seen, returned:
        case _, _, OneOf(options=found):
            return join([_handed_back(given, seen, option) for option in found])
        case Tuple(items=before), Tuple(items=inside), Tuple(items=after) if len(before) == len(inside) == len(after):
            return Tuple(tuple(map(_handed_back, before, inside, after)), returned.fields)
        case List(items=tuple() as before), List(items=tuple() as inside), List(items=tuple() as after) if len(before) == len(inside) == len(after):
            return List({"items": tuple(map(_handed_back, before, inside, after))}, returned.level, returned.kind)
        case Dict(), Dict(), Dict() if given.items.keys() == seen.items.keys() == returned.items.keys():
            items_by_key = {key: _handed_back(given.items[key], seen.items[key], item) for key, item in returned.items.items()}
            return Dict(items_by_key, returned.contents, returned.level)
        case _:
            return returned


def carried(value: Value) -> Value:
    """A carry as the body of a loop sees it: what is weakly typed may have become what comes back."""
    match value:
        case Array() if not dtypes.is_strong(value.exact):
            kind = value.dtype if value.dtype in ("float", "key") else ""
            return Array(value.level, kind, value.low, value.high, value.origin, value.role, value.dims)
        case Tuple(items=items, fields=fields):
            return Tuple(tuple(map(carried, items)), fields)
        case Dict():
            return Dict({key: carried(item) for key, item in value.items.items()}, value.contents, value.level)
        case List(kind="list") if value.items is not None:
            return List({"items": tuple(map(carried, value.items))}, value.level)
        case _:
            return value


def _no_pair(value: Value) -> str:
    """What a body returns in place of a carry and an output, or `""`."""
    sort = _sort(value)
    if sort in ("array", "None"):
        return _described(value)
    return _described(value) if sort == "tuple" and isinstance(value, Tuple) and len(value.items) != 2 else ""


# Trees -------------------------------------------------------------------------------------------------------------


def difference(one: Value, two: Value, part: str = "", *, refuses_numbers: bool = False) -> Difference | None:
    """The first part in which two trees certainly differ."""
    sorts = _sort(one), _sort(two)
    if "" in sorts:
        return None
    if sorts[0] != sorts[1]:
        return Difference(part, _described(one), _described(two), "tree")
    pairs: list[tuple[str, Value, Value]] = []
    if isinstance(one, Tuple | List) and isinstance(two, Tuple | List):
        if one.items is None or two.items is None:
            return None
        if len(one.items) != len(two.items):
            return Difference(part, _described(one), _described(two), "tree")
        pairs = [(f"[{index}]", *both) for index, both in enumerate(zip(one.items, two.items, strict=True))]
    elif isinstance(one, Dict) and isinstance(two, Dict):
        if one.is_open or two.is_open or one.is_shared or two.is_shared:
            return None
        if set(one.items) != set(two.items):
            return Difference(part, _described(one), _described(two), "tree")
        pairs = [(f"[{key!r}]", one.items[key], two.items[key]) for key in one.items]
    else:
        return _difference_of_leaves(one, two, part, refuses_numbers=refuses_numbers)
    found = (difference(left, right, part + step, refuses_numbers=refuses_numbers) for step, left, right in pairs)
    return next((each for each in found if each is not None), None)


def _difference_of_leaves(one: Value, two: Value, part: str, *, refuses_numbers: bool) -> Difference | None:
    extents = shapes.extent(one), shapes.extent(two)
    if shapes.differ(*extents):
        return Difference(part, _shown(extents[0]), _shown(extents[1]), "shape")
    left, right = dtypes.exact(one), dtypes.exact(two)
    kinds = _kind(one, left), _kind(two, right)
    if dtypes.differ(left, right):
        return Difference(part, f"`{left.removeprefix('~')}`", f"`{right.removeprefix('~')}`", "dtype")
    if "" not in kinds and kinds[0] != kinds[1]:
        return Difference(part, f"`{kinds[0]}`", f"`{kinds[1]}`", "dtype")
    if refuses_numbers and isinstance(two, Static) and two.kind in _NUMBERS and two.is_known:
        return Difference(part, "an array", f"the Python number `{two.constant}`", "number")
    return None


def _kind(value: Value, exact: str) -> str:
    found = dtypes.kind(exact) or (value.dtype if isinstance(value, Array) else value.kind if isinstance(value, Static) else "")
    return found if found in _NUMBERS else ""


def _sort(value: Value) -> str:
    """What a value is to a tree, where that is certain."""
    match value:
        case Array(role=role):
            return "array" if role != "told" else ""
        case Static(kind="NoneType"):
            return "None"
        case Static(kind=kind):
            return "array" if kind in (*_NUMBERS, "ndarray") else ""
        case Tuple(fields=()):
            return "tuple"
        case List(kind="list"):
            return "list"
        case Dict():
            return "dict"
        case _:
            return ""


def _described(value: Value) -> str:
    match value:
        case Tuple(items=items):
            return f"a tuple of {len(items)}"
        case List():
            return f"a list of {len(value.items)}" if value.items is not None else "a list"
        case Dict():
            keys = ", ".join(f"`{key}`" for key in value.items)
            return f"a dict with {keys}" if keys and not value.is_open else "a dict"
        case Static(kind="NoneType"):
            return "`None`"
        case _:
            return "an array"


def _shown(one: shapes.Extent) -> str:
    shape = one.shape
    if shape is None:
        last = [*(["..."] if one.low != one.high else []), *("?" if size is None else str(size) for size in one.dims)]
        return f"shape `({', '.join(last)})`"
    sizes = ", ".join("?" if size is None else str(size) for size in shape)
    return f"shape `({sizes},)`" if len(shape) == 1 else f"shape `({sizes})`"
