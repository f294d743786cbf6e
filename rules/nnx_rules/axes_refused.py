"""`in_axes`, `out_axes` or `argnums` are such that the transform refuses them.

`nnx.scan` has at most one carry. It stands at the top of `in_axes` and of `out_axes`, in both or in none. What comes out is stacked or carried: no output
can be broadcast, so there is no `None` in `out_axes`. An object is no axis: `in_axes` and `argnums` say where it stands. `nnx.StateAxes` and `nnx.DiffState`
need the graph and its updates. All of it raises ValueError when the transform is applied.

```python
@nnx.scan(in_axes=(nnx.Carry, 0), out_axes=(nnx.Carry, None))         # raises ValueError
def body(carry, x): ...

@nnx.scan(in_axes=(nnx.Carry, 0), out_axes=nnx.Carry)                 # only the carry comes out
def body(carry, x): ...
```

Silent where a part of the axes is not known.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.axes import is_carry
from nnx_lsp.tracer.events import TransformApplied
from nnx_lsp.tracer.values import NONE, Dict, Library, List, Module, Object, Static, Tuple, Value

_CARRY = "flax.nnx.Carry"
_PARTS = {"flax.nnx.StateAxes": "nnx.StateAxes", "flax.nnx.DiffState": "nnx.DiffState"}
_OBJECTS = {"flax.nnx.vmap": ("in_axes",), "flax.nnx.scan": ("in_axes",), "flax.nnx.grad": ("argnums",), "flax.nnx.value_and_grad": ("argnums",)}


@rule(
    code="NNX526",
    group=Group.TRANSFORMS,
    severity=Severity.ERROR,
    evidence=Raises(("ValueError", "TypeError", "AssertionError"), later=True),
    rests_on_values=True,
)
def axes_refused(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(TransformApplied):
        given = each.transformed.options
        name = f"nnx.{each.transformed.transform.rpartition('.')[2]}"
        if "*" in given or each.transformed.transform not in _OBJECTS:
            continue
        what = _object(each) or _in_tree_mode(given) or (_of_scan(given) if name == "nnx.scan" else "")
        if what:
            yield Finding(each, each.place, f"`{name}` refuses these axes with ValueError: {what}", ask.path(each.context))


def _object(applied: TransformApplied) -> str:
    for option in _OBJECTS[applied.transformed.transform]:
        value = applied.transformed.options.get(option)
        if isinstance(value, Module):
            return f"`{option}` is a `{value.class_name}`; it takes the place or the axis of an argument, and the object goes into the call"
    return ""


def _in_tree_mode(given: dict[str, Value]) -> str:
    """`StateAxes` and `DiffState` without what they need."""
    off = next((name for name in ("graph", "graph_updates") if given.get(name) == Static("bool", False)), "")
    if not off:
        return ""
    for option in ("in_axes", "out_axes", "argnums"):
        for _, leaf in _leaves(given[option]) if option in given else ():
            if isinstance(leaf, Object) and isinstance(leaf.cls, str) and leaf.cls in _PARTS:
                return f"`{_PARTS[leaf.cls]}` in `{option}` needs the graph, and `{off}=False` switches it off"
    return ""


def _of_scan(given: dict[str, Value]) -> str:
    default = Tuple((Library(_CARRY), Static("int", 0)))
    axes = {option: list(_leaves(given.get(option, default))) for option in ("in_axes", "out_axes")}
    for option, leaves in axes.items():
        depths = [depth for depth, leaf in leaves if is_carry(leaf)]
        if any(depth > 1 for depth in depths):
            return f"the carry stands inside of a part of `{option}`; it stands at the top"
        if len(depths) > 1:
            return f"`{option}` has {len(depths)} carries, and a scan has one; carry a tuple"
    for _, leaf in axes["out_axes"]:
        if leaf == NONE:
            return "an output is stacked or carried, and `None` in `out_axes` would broadcast it; leave it out, or give it an axis"
        parts = leaf.attributes.get("axes") if isinstance(leaf, Object) and leaf.cls == "flax.nnx.StateAxes" else None
        if isinstance(parts, Tuple) and any(part == NONE or is_carry(part) for part in parts.items):
            return "the State of an output is stacked, and `nnx.StateAxes` in `out_axes` broadcasts or carries a part of it; give each part an axis"
    one, two = (_has_carry(leaves) for leaves in axes.values())
    if {one, two} == {True, False}:
        has, lacks = ("in_axes", "out_axes") if one else ("out_axes", "in_axes")
        return f"`{has}` has a carry and `{lacks}` has none; what goes in as the carry comes out as the carry"
    return ""


def _has_carry(leaves: list[tuple[int, Value]]) -> bool | None:
    """Whether axes have a carry; `None`: a part of them is not known."""
    if any(is_carry(leaf) for _, leaf in leaves):
        return True
    return False if all(isinstance(leaf, Static) and leaf.is_known for _, leaf in leaves) else None


def _leaves(axes: Value, depth: int = 0) -> Iterator[tuple[int, Value]]:
    """The axes in a tree of them, with how deep they stand."""
    match axes:
        case Tuple(items=items):
            parts = items
        case List() if axes.items is not None:
            parts = axes.items
        case Dict() if not axes.is_open:
            parts = tuple(axes.items.values())
        case _:
            yield depth, axes
            return
    for part in parts:
        yield from _leaves(part, depth + 1)
