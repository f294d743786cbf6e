"""What metrics keep and ask for, and the modes that layers run in."""

from __future__ import annotations

from typing import TypeAlias

from nnx_lsp import program
from nnx_lsp.program import Place
from nnx_lsp.tracer import events
from nnx_lsp.tracer.attributes import Attributes
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.values import NONE, UNKNOWN, Array, Class, Function, Metric, Object, Static, Tuple, Value, Variable

_PARTS = "#parts"
"""The attribute under which a MultiMetric keeps its metrics, where all of them are known."""
_COMPUTED = "#computed"
"""The attribute under which a metric keeps where it was computed since its last reset."""
_UNNAMED = "#unnamed"
"""The attribute that an average has that was made without a name for its value."""

Asked: TypeAlias = tuple[str, str, Place | None]
"""A keyword that an update asks for: the name of the metric inside of a MultiMetric, the keyword, and where the metric was made, if without a name for it."""


def origin_of(owner: Object) -> Object:
    """The object that a transform's function sees as `owner`, as it was made outside of all of them."""
    while owner.source is not None:
        owner = owner.source
    return owner


# Metrics -----------------------------------------------------------------------------------------------------------


def keep_of_metric(metric: Metric, name: str, arguments: Arguments) -> None:
    """What `__init__` of a library's metric keeps (flax.nnx.training.metrics, 0.12.12)."""
    default: Value = UNKNOWN if arguments.is_partial else Static("str", "values")
    match name.rpartition(".")[2]:
        case "MultiMetric":
            metric.attributes.update(arguments.keywords)
            if arguments.is_partial:
                metric.is_open = True
            else:
                metric.attributes[_PARTS] = Tuple(tuple(arguments.keywords.values()), tuple(arguments.keywords))
        case "Accuracy":
            metric.attributes["threshold"] = arguments.get(0, "threshold") or (UNKNOWN if arguments.is_partial else NONE)
        case "Average" | "Welford":
            metric.attributes["argname"] = arguments.get(0, "argname") or default
            if not arguments.positional and not arguments.keywords and not arguments.is_partial:
                metric.attributes[_UNNAMED] = NONE
        case _:
            pass


def metric_call(tracer: Attributes, metric: Metric, owner: str, method: str, arguments: Arguments, node: program.Node) -> None:
    """Record a call of a method that the library's class `owner` gives a metric, and keep since when it was computed."""
    made = origin_of(metric)
    place = tracer.place(node)
    missing: tuple[Asked, ...] = ()
    unused: tuple[str, ...] = ()
    labels = ""
    computed: Place | None = None
    match method:
        case "update":
            if not arguments.is_partial:
                asked, taken = _asked_by_library(tracer, metric, owner, "")
                missing = tuple(each for each in asked if each[1] not in arguments.keywords)
                if taken is not None:
                    unused = tuple(name for name in arguments.keywords if name not in taken and name != "mask")
                labels = _labels(tracer, metric, arguments)
            found = tracer.peek(metric, _COMPUTED)
            if isinstance(found, Static) and isinstance(found.constant, Place) and not made.is_symbolic and id(made) not in tracer.escaped:
                computed = found.constant
        case "compute":
            tracer.journal.set(metric.attributes, _COMPUTED, Static("place", place))
        case _:
            for part in (metric, *(part for part in _parts(tracer, metric) or () if isinstance(part, Metric))):
                tracer.journal.set(part.attributes, _COMPUTED, NONE)
    excess = len(arguments.positional) if method == "update" else 0
    tracer.emit(events.MetricCall(place, node, tracer.context, tracer.guards, made, method, missing, unused, excess, labels, computed))


def _parts(tracer: Attributes, metric: Metric) -> tuple[Value, ...] | None:
    """The metrics inside of a MultiMetric, where all are known."""
    found = tracer.peek(metric, _PARTS)
    return found.items if isinstance(found, Tuple) else None


def _asked(tracer: Attributes, metric: Value, name: str) -> tuple[list[Asked], set[str] | None]:
    """What an update of a metric asks for, and all keywords that it takes (`None`: not known)."""
    if not isinstance(metric, Metric):
        return [], None
    if isinstance(metric.cls, Class) and (found := metric.cls.lookup("update")) is not None:
        return _asked_by_user(found[0], name)
    return _asked_by_library(tracer, metric, metric.library_class, name)


def _asked_by_library(tracer: Attributes, metric: Metric, owner: str, name: str) -> tuple[list[Asked], set[str] | None]:
    match owner.rpartition(".")[2]:
        case "MultiMetric":
            kept = tracer.peek(metric, _PARTS)
            if not isinstance(kept, Tuple):
                return [], None
            asked: list[Asked] = []
            taken: set[str] | None = set()
            for key, part in zip(kept.fields, kept.items, strict=True):
                its, more = _asked(tracer, part, key)
                asked += its
                taken = taken | more if taken is not None and more is not None else None
            return asked, taken
        case "Accuracy":
            return [(name, "logits", None), (name, "labels", None)], {"logits", "labels"}
        case "Average" | "Welford":
            argument = tracer.peek(metric, "argname")
            if isinstance(argument, Static) and isinstance(argument.constant, str):
                place = origin_of(metric).place if tracer.peek(metric, _UNNAMED) is not None else None
                return [(name, argument.constant, place)], {argument.constant}
            return [], None
        case _:
            return [], None


def _asked_by_user(update: Value, name: str) -> tuple[list[Asked], set[str] | None]:
    if not isinstance(update, Function) or not update.definition.parameters:
        return [], None
    parameters = update.definition.parameters[1:]
    named = [one for one in parameters if one.kind in ("either", "keyword")]
    is_open = any(one.kind == "**" for one in parameters)
    return [(name, one.name, None) for one in named if one.default is None], None if is_open else {one.name for one in named}


def _labels(tracer: Attributes, metric: Metric, arguments: Arguments) -> str:
    """What makes an accuracy refuse its labels."""
    parts = _parts(tracer, metric) or (metric,)
    accuracy = next((part for part in parts if isinstance(part, Metric) and part.cls == "flax.nnx.metrics.Accuracy"), None)
    threshold = tracer.peek(accuracy, "threshold") if accuracy is not None else None
    logits, labels = _content(arguments.keywords.get("logits")), _content(arguments.keywords.get("labels"))
    if not isinstance(threshold, Static) or not isinstance(logits, Array) or not isinstance(labels, Array):
        return ""
    between = 1 if threshold.kind == "NoneType" else 0
    if logits.low == logits.high and labels.low == labels.high and logits.low != labels.low + between:
        return "rank"
    return "dtype" if labels.dtype in ("float", "bool", "complex") else ""


def _content(value: Value | None) -> Value | None:
    return value.content if isinstance(value, Variable) else value


# Modes -------------------------------------------------------------------------------------------------------------


def mode_set(tracer: Attributes, module: Object, method: str, arguments: Arguments, node: program.Node) -> None:
    """Record that a Module's mode is set by `train`, `eval` or `set_attributes`."""
    is_training: bool | None = method == "train"
    if method == "set_attributes":
        given = [arguments.keywords[name] for name in ("deterministic", "use_running_average") if name in arguments.keywords]
        if not given:
            return
        is_training = not given[0].constant if isinstance(given[0], Static) and isinstance(given[0].constant, bool) else None
    tracer.emit(events.Mode(tracer.place(node), node, tracer.context, tracer.guards, origin_of(module), True, is_training))


def layer_ran(tracer: Attributes, layer: Object, mode: Value | None, node: program.Node) -> None:
    """Record that a layer runs whose mode is kept in `mode` (its `deterministic` or `use_running_average`)."""
    if isinstance(mode, Static) and mode.kind == "bool":
        is_training = not mode.constant if isinstance(mode.constant, bool) else None
        tracer.emit(events.Mode(tracer.place(node), node, tracer.context, tracer.guards, origin_of(layer), False, is_training))
