"""What a call of a layer of nnx gives and changes."""

from __future__ import annotations

from collections.abc import Mapping

from nnx_lsp import program
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.knowledge.library import Entry
from nnx_lsp.tracer import containers, dtypes, events, shapes
from nnx_lsp.tracer.applications import Applications
from nnx_lsp.tracer.base import Arguments, value_level
from nnx_lsp.tracer.history import note_read
from nnx_lsp.tracer.shapes import Extent
from nnx_lsp.tracer.training import layer_ran
from nnx_lsp.tracer.values import NONE, TRUE, UNKNOWN, Array, List, Module, Object, OfNumber, Rngs, RngStream, Static, Tuple, Value, Variable, content_of, join


def call_layer(tracer: Applications, callee: Object, arguments: Arguments, node: program.Node) -> Value:
    """A layer's result is an array (or more of them) that depends on its arguments and its own state."""
    name = callee.library_class
    last = name.rpartition(".")[2]
    values = tuple(arguments.values())
    if last == "Sequential":
        return _call_sequential(tracer, callee, arguments, node)
    if tracer.compiling:
        note_read(tracer, callee, node)
    if last in ("Module", "Pytree", "Object", "List", "Dict"):
        return UNKNOWN
    if last in ("BatchNorm", "Dropout") and not callee.is_symbolic:
        _stateful(tracer, callee, last, arguments, node)
    if last.endswith("Cell") or last in ("RNN", "Bidirectional"):
        return UNKNOWN
    low, high, dims = _layer_extent(tracer, callee, last, arguments, node)
    level = tracer.array_level(values, smooth=True)
    if level is None or level.kind is LevelKind.DIFFERENTIATED:
        weights = _weights(tracer, callee, last, arguments)
        level = tracer.array_level((*values, *weights), smooth=True)
        if level is None and tracer.may_be_traced((*values, *weights), smooth=True):
            return UNKNOWN
    origin = tracer.link((*values, callee), node, program.text(node) if isinstance(node, program.Call) else last) if level is not None else None
    kind, exact = _dtype(last, arguments)
    return Array(level, kind, low, high, origin, dims=dims, exact=exact)


def _weights(tracer: Applications, layer: Object, last: str, arguments: Arguments, depth: int = 0) -> list[Value]:
    """What the Variables hold that the result of a layer depends on; unknown where it is not known which these are."""
    if layer.view is None or last in _WEIGHTLESS:
        return []
    if layer.view.hides_arrays:
        return [UNKNOWN]
    entry = tracer.library.entry(layer.library_class)
    names = [name for name, one in entry.attributes.items() if one.kind.startswith(("Variable", "Module"))] if entry is not None else []
    if not names or depth > _DEEPEST:
        return [UNKNOWN]
    if last == "BatchNorm":
        mode = _mode(tracer, layer, "use_running_average", arguments)
        names = [name for name in names if mode == TRUE or name not in ("mean", "var")]
    found: list[Value] = []
    for name in names:
        part = tracer.peek(layer, name)
        if isinstance(part, Module):
            found += _weights(tracer, part, part.library_class.rpartition(".")[2], Arguments(), depth + 1)
        elif part is not None:
            found.append(content_of(part))
    return found


_WEIGHTLESS = ("Dropout", "Identity")
_DEEPEST = 3


def _dtype(last: str, arguments: Arguments) -> tuple[str, str]:
    """The kind of dtype of a layer's result, and its exact dtype where it is that of the input."""
    given = arguments.positional[0] if arguments.positional else None
    exact, kind = dtypes.exact(given), given.dtype if isinstance(given, Array) else ""
    if last in _PASSING:
        return kind if kind == "float" else "", exact if kind == "float" and dtypes.is_strong(exact) and last != "PReLU" else ""
    return "" if any(isinstance(value, Array) and value.dtype == "complex" for value in arguments.values()) else "float", ""


_PASSING = ("Dropout", "Identity", "PReLU")
"""Layers that give what they are given, or something of its shape and of its dtype."""


def _layer_extent(tracer: Applications, callee: Object, last: str, arguments: Arguments, node: program.Node) -> Extent:
    """The extent of a layer's result; recorded where its input does not fit its weights."""
    before = shapes.extent(arguments.positional[0]) if arguments.positional else shapes.NOTHING
    if last in _PASSING:
        return before
    if last in ("BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm", "RMSNorm"):
        weight = _weight(tracer, callee, "mean" if last == "BatchNorm" else "scale")
        is_last = tracer.peek(callee, "axis" if last == "BatchNorm" else "feature_axes") == Static("int", -1)
        if is_last and not (last == "BatchNorm" and 1 in (weight.at(0), before.at(0))) and last in ("BatchNorm", "LayerNorm", "RMSNorm"):
            is_fit = _fit(tracer, callee, last, before, weight, weight.at(0), node)
            return before if is_fit else Extent(before.low, before.high, (*before.dims[:-1], None))  # Nobody knows which of the two is meant.
        return before
    if last in ("Linear", "LoRALinear"):
        weight = _weight(tracer, callee, "kernel")
        if before.high == 0 or not weight.low == weight.high == 2:  # It raises, or the weight is a part of what the layer was made with.
            return shapes.NOTHING
        _fit(tracer, callee, last, before, weight, weight.at(1), node)
        return Extent(max(before.low, 1), before.high, (*before.dims[:-1], weight.at(0)))
    if last == "Conv":
        weight = _weight(tracer, callee, "kernel")
        held = {name: value for name in _CONVOLVES if (value := tracer.peek(callee, name)) is not None}
        groups = shapes.size(held.get("feature_group_count"))
        inputs = weight.at(1)
        _fit(tracer, callee, last, before, weight, inputs * groups if inputs is not None and groups is not None else None, node)
        return shapes.convolved(before, weight, held)
    if last in ("ConvTranspose", "LoRA"):
        return Extent(max(before.low, 1), before.high)
    if last == "Embed":
        return shapes.stretched(before, Static("int", _weight(tracer, callee, "embedding").at(0)))
    return shapes.NOTHING


def _weight(tracer: Applications, layer: Object, name: str) -> Extent:
    """The extent of a layer's own weight, as it is now."""
    return shapes.extent(tracer.peek(layer, name))


def _fit(tracer: Applications, layer: Object, last: str, before: Extent, weight: Extent, wanted: int | None, node: program.Node) -> bool:
    """Whether the features of an input may be those that a layer was made for; recorded where they are not."""
    if wanted is None or before.at(0) is None or before.at(0) == wanted:
        return True
    tracer.unfit(last, layer, (before, weight), (before.at(0), wanted), node)
    return False


def _stateful(tracer: Applications, callee: Object, last: str, arguments: Arguments, node: program.Node) -> None:
    """Record what a call of Dropout or BatchNorm in train mode changes."""
    switch = "deterministic" if last == "Dropout" else "use_running_average"
    mode = _mode(tracer, callee, switch, arguments)
    if last == "BatchNorm" or _drops(tracer, callee):
        layer_ran(tracer, callee, mode, node)
    if not (isinstance(mode, Static) and mode.constant is False):
        return
    if last == "BatchNorm":
        tracer.mutate(callee, "statistics", node)
        _mapped_statistics(tracer, callee, arguments)
        return
    rngs = arguments.keywords.get("rngs") or tracer.peek(callee, "rngs")
    if _drops(tracer, callee) and isinstance(rngs, Rngs | RngStream):
        asks_stream(tracer, callee, rngs, node)
        tracer.mutate(rngs, "stream", node)


def _mode(tracer: Applications, layer: Object, switch: str, arguments: Arguments) -> Value | None:
    """What a call says of a switch, or else what the layer keeps of it."""
    given = arguments.keywords.get(switch)
    return given if given is not None and given is not NONE else tracer.peek(layer, switch)


def _drops(tracer: Applications, layer: Object) -> bool:
    """Whether the rate of a Dropout is known, and is above zero."""
    rate = tracer.peek(layer, "rate")
    return isinstance(rate, Static) and isinstance(rate.constant, int | float) and rate.constant > 0


def _mapped_statistics(tracer: Applications, callee: Object, arguments: Arguments) -> None:
    """The statistics of one lane differ from those of another, unless `axis_name` has them averaged."""
    level = value_level(arguments.positional[0]) if arguments.positional else None
    if level is None or level.kind is not LevelKind.BATCHED or tracer.peek(callee, "axis_name") is not NONE:
        return
    for name in ("mean", "var"):
        held = tracer.peek(callee, name)
        if isinstance(held, Variable):
            tracer.journal.set(held.attributes, "value", Array(level, "float", 1, 1))


def asks_stream(tracer: Applications, layer: Object, rngs: Object, node: program.Node) -> None:
    """A Dropout asks an Rngs for its stream (`rng_collection`); record where there is none, and no default."""
    name = layer.attributes.get("rng_collection")
    stream = name.constant if isinstance(name, Static) else None
    if isinstance(stream, str) and isinstance(rngs, Rngs) and rngs.streams is not None and stream not in rngs.streams and rngs.has_default is False:
        tracer.emit(events.AttributeRead(tracer.place(node), node, tracer.context, tracer.guards, rngs, stream, UNKNOWN, False))


def draws_without_rngs(tracer: Applications, receiver: Value | None, arguments: Arguments) -> bool:
    """Whether this is a call of a Dropout that will ask for rngs and find none."""
    if not isinstance(receiver, Module) or receiver.cls != "flax.nnx.Dropout" or arguments.is_partial:
        return False
    mode = _mode(tracer, receiver, "deterministic", arguments)
    if not (isinstance(mode, Static) and mode.constant is False and _drops(tracer, receiver)):
        return False
    held = tracer.peek(receiver, "rngs")
    return isinstance(held, Static) and held.kind == "NoneType" and arguments.keywords.get("rngs", NONE) is NONE


def _call_sequential(tracer: Applications, callee: Object, arguments: Arguments, node: program.Node) -> Value:
    items, each = containers.layers(tracer, callee)
    if not arguments.positional or items == ():  # Without layers some releases give the input, others nothing.
        return UNKNOWN
    value: Value = arguments.positional[0]
    if items is None:  # Any number of them: after the first, each gets what one before gave.
        for _ in range(2):
            value = join((value, tracer.call(each, Arguments((value,)), node)))
        return value
    for index, layer in enumerate(items):
        if index == 0:
            value = tracer.call(layer, arguments, node)
        else:
            value = tracer.call(layer, Arguments(value.items if isinstance(value, Tuple) else (value,), is_partial=bool(arguments.keywords)), node)
    return value


_CONVOLVES = ("strides", "padding", "input_dilation", "kernel_dilation", "feature_group_count")


# What a layer keeps --------------------------------------------------------------------------------------------------


def as_kept(entry: Entry, name: str, value: Value, given: Mapping[str, Value]) -> Value:
    """An argument as a layer keeps it: a number where it always keeps a tuple is one of one item, `None` may stand for another argument."""
    attribute = entry.attributes.get(name)
    if entry.name == "flax.nnx.MultiHeadAttention" and name == "out_features" and value == NONE:
        return given.get("in_features", UNKNOWN)
    if attribute is None or attribute.kind != "static:tuple":
        return value
    if "batch_axis" in given and name in ("in_features", "out_features"):
        return UNKNOWN  # The weights have more dimensions then.
    if isinstance(value, List):
        return Tuple(value.items) if value.items is not None else UNKNOWN
    return OfNumber((value,)) if isinstance(value, Static) and value.kind == "int" else value


def variable_method(tracer: Applications, receiver: Variable, name: str, arguments: Arguments) -> Value:
    """A method of a Variable that changes nothing."""
    if name == "get_value":
        return receiver.content
    if name not in ("copy", "replace") or arguments.is_partial:
        return UNKNOWN
    copied = Variable(receiver.cls, dict(receiver.attributes), tracer.level, receiver.place)
    given = next((value for key in ("value", "raw_value") if (value := arguments.get(0, key)) is not None), None)
    if name == "replace" and given is not None:
        copied.attributes["value"] = content_of(given)
    return copied
