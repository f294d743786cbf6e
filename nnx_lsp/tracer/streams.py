"""The streams of an `nnx.Rngs`: what its methods give, and what a layer keeps of the one that it is made with.

Source: flax/nnx/rnglib.py and flax/nnx/nn (0.10.7 to 0.12.12); which methods there are on a line is in the data of `knowledge`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnx_lsp import program
from nnx_lsp.knowledge.library import Library as Knowledge
from nnx_lsp.tracer import binding, keys, shapes
from nnx_lsp.tracer.attributes import Attributes
from nnx_lsp.tracer.base import Arguments, value_level
from nnx_lsp.tracer.values import (
    NONE,
    UNKNOWN,
    Array,
    Function,
    Level,
    Library,
    Object,
    Partial,
    Rngs,
    RngStream,
    Static,
    Transformed,
    Unknown,
    Value,
    origin_of,
)

if TYPE_CHECKING:
    from nnx_lsp.tracer.calls import Calls

_COPIES = frozenset(("fork", "split", "broadcast", "copy"))
_DRAWN = frozenset(("truncated_normal", "multivariate_normal", "generalized_normal"))
"""Draws whose names end as those of initializers do."""
_INITIALIZERS = frozenset(("orthogonal", "delta_orthogonal", "variance_scaling"))


def called(tracer: Attributes, receiver: Rngs | RngStream, name: str, arguments: Arguments, node: program.Node) -> Value:
    """`rngs.name(…)`, or the same of one stream."""
    entry = tracer.library.entry("flax.nnx.RngStream" if isinstance(receiver, RngStream) else "flax.nnx.Rngs")
    method = entry.methods.get(name) if entry is not None else None
    if method is not None and not binding.fits(method.signature, arguments):
        return UNKNOWN  # The call raises.
    if name in _COPIES:
        if name != "copy":
            tracer.mutate(receiver, "stream", node)
        if isinstance(receiver, RngStream):
            return RngStream("flax.nnx.RngStream", {}, tracer.level, tracer.place(node), name=receiver.name)
        copied = Rngs("flax.nnx.Rngs", {}, tracer.level, tracer.place(node), streams=receiver.streams, has_default=receiver.has_default)
        copied.made_of = _made_of(receiver)
        return copied
    if name in ("items", "keys", "values"):
        return UNKNOWN
    tracer.mutate(receiver, "stream", node)
    if name in _INITIALIZERS or (name.endswith(("_normal", "_uniform")) and name not in _DRAWN):
        return UNKNOWN  # It makes an initializer that asks for a shape.
    shape = arguments.get(0, "shape")
    low, high, dims = shapes.of_shape(shape) if shape is not None else shapes.NOTHING
    text = program.text(node) if isinstance(node, program.Call) else name
    key, values = key_of(tracer, receiver), tuple(arguments.values())
    if isinstance(key, Unknown) or tracer.may_be_traced(values, smooth=False):
        return UNKNOWN
    return tracer.result((*values, key), node, text, low=low, high=high, role="random", dims=dims)


def key_of(tracer: Attributes, source: Object) -> Value:
    """The key that is drawn from an Rngs or a stream: traced by what stages here, or as the transform shows it whose argument the source is."""
    level = tracer.array_level(())
    view = source.view or (source.source.view if source.source is not None else None)
    if level is None and view is not None:
        if view.hides_arrays:
            return UNKNOWN
        level = view.arrays
    if level is None:
        seeds = _made_of(source)
        levels = {id(level): level for level in map(value_level, seeds)}
        if len(levels) > 1 or tracer.may_be_traced(seeds, smooth=False):
            return UNKNOWN
        level = next((each for each in levels.values() if each is not None and each.is_around(tracer.level)), None)
    return keys.new_key(level, None)


def _made_of(source: Object) -> tuple[Value, ...]:
    root = origin_of(source)
    return root.made_of if isinstance(root, Rngs) else ()


SPLITTING = "flax.nnx.split_rngs()"
"""A function that `nnx.split_rngs(splits=…)` decorates."""


def split_rngs(tracer: Calls, arguments: Arguments, node: program.Node) -> Value:
    """`nnx.split_rngs(node, splits=…)` splits in place; without a node it is a decorator, and what it decorates gets split ones."""
    del node
    first = arguments.positional[0] if arguments.positional else None
    if first is None and not arguments.is_partial:
        return Partial(Library("flax.nnx.split_rngs"), (), dict(arguments.keywords))
    if isinstance(first, Function | Transformed) and not arguments.is_partial:
        return Partial(Library(SPLITTING), (first,), {})
    tracer.escape(arguments.positional)
    return UNKNOWN


def called_with_split(tracer: Calls, arguments: Arguments, node: program.Node) -> Value:
    """A call of what `nnx.split_rngs` decorates: each Rngs comes as one of several keys. What becomes of an Rngs inside of other objects is not known."""
    function, *given = arguments.positional
    if arguments.is_partial or not all(isinstance(value, Rngs | Array | Static) for value in (*given, *arguments.keywords.values())):
        tracer.escape(arguments.values())
        return UNKNOWN

    def split(value: Value) -> Value:
        return called(tracer, value, "fork", Arguments(), node) if isinstance(value, Rngs) else value

    nodes = arguments.nodes[1:] if len(arguments.nodes) == len(given) + 1 else ()
    inner = Arguments(tuple(map(split, given)), {name: split(value) for name, value in arguments.keywords.items()}, nodes, arguments.keyword_nodes)
    return tracer.call(function, inner, node)


def kept(library: Knowledge, layer: Object, cls: str, given: Value | None, collection: Value | None, level: Level | None) -> Value | None:
    """What a layer keeps as `rngs`: the Rngs itself, a stream of its own, or nothing; `None`: it has no such attribute."""
    entry = library.entry(cls)
    attribute = entry.attributes.get("rngs") if entry is not None else None
    if attribute is None:
        return None
    if given is None or given == NONE or attribute.kind.startswith("rngs:"):
        return given
    if attribute.kind.startswith("stream:"):
        if not isinstance(given, Rngs | RngStream):
            return UNKNOWN
        name = given.name if isinstance(given, RngStream) else collection.constant if isinstance(collection, Static) else ""
        is_scalar = given.is_scalar if isinstance(given, Rngs) else False
        return RngStream("flax.nnx.RngStream", {}, level, layer.place, layer.is_symbolic, name=str(name), is_scalar=is_scalar)
    return UNKNOWN  # `keep_rngs` decides.
