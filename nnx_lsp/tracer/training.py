"""What metrics keep and ask for, the modes that layers run in, and what gradients and optimizers take of a Module."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from packaging.version import Version

from nnx_lsp import program
from nnx_lsp.program import Place
from nnx_lsp.tracer import events, filters, shapes
from nnx_lsp.tracer.attributes import Attributes
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.lost import is_temporary
from nnx_lsp.tracer.values import (
    NONE,
    TRUE,
    UNKNOWN,
    Array,
    Class,
    Dict,
    Function,
    Library,
    List,
    Metric,
    Module,
    Object,
    Rngs,
    RngStream,
    State,
    Static,
    Tree,
    Tuple,
    Unknown,
    Value,
    Variable,
    origin_of,
)

_PARTS = "#parts"
"""The attribute under which a MultiMetric keeps its metrics, where all of them are known."""
_COMPUTED = "#computed"
"""The attribute under which a metric keeps where it was computed since its last reset."""
_UNNAMED = "#unnamed"
"""The attribute that an average has that was made without a name for its value."""

_OWN = "#own"
"""The attribute of an optimizer that was given an instance which was made in its own call."""

Asked: TypeAlias = tuple[str, str, Place | None]
"""A keyword that an update asks for: the name of the metric inside of a MultiMetric, the keyword, and where the metric was made, if without a name for it."""


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
    tracer.emit(events.Mode(tracer.place(node), node, tracer.context, tracer.guards, origin_of(module), True, is_training, tracer.in_pass))


def layer_ran(tracer: Attributes, layer: Object, mode: Value | None, node: program.Node) -> None:
    """Record that a layer runs whose mode is kept in `mode` (its `deterministic` or `use_running_average`)."""
    if isinstance(mode, Static) and mode.kind == "bool":
        is_training = not mode.constant if isinstance(mode.constant, bool) else None
        tracer.emit(events.Mode(tracer.place(node), node, tracer.context, tracer.guards, origin_of(layer), False, is_training, tracer.in_pass))


# Gradients ---------------------------------------------------------------------------------------------------------

_PARAM = "flax.nnx.Param"
_DEEPEST = 12


def variables(tracer: Attributes, value: Value, depth: int = 0) -> tuple[list[Variable], bool]:
    """The Variables below a value, and whether these are all."""
    if depth > _DEEPEST:
        return [], False
    match value:
        case Variable():
            return [value], True
        case Rngs() | RngStream() | Static() | Array() | Function() | Library() | Class():
            return [], True
        case Module(cls=str() as cls) if cls not in ("flax.nnx.Sequential", "flax.nnx.List", "flax.nnx.Dict"):
            entry = tracer.library.entry(cls)
            parts = [tracer.peek(value, name) for name, one in entry.attributes.items() if one.kind.startswith(("Variable", "Module"))] if entry else []
            return _below(tracer, [part for part in parts if part is not None], depth, all_known=bool(parts))
        case Module():
            names = dict.fromkeys((*origin_of(value).attributes, *value.attributes))
            parts = [tracer.peek(value, name) for name in names if isinstance(name, str) and not name.startswith("#")]
            return _below(tracer, [part for part in parts if part is not None], depth, all_known=not value.is_open)
        case Tuple(items=items):
            return _below(tracer, items, depth, all_known=True)
        case List():
            return _below(tracer, value.items or (value.element,), depth, all_known=True)
        case Dict():
            return _below(tracer, value.items.values(), depth, all_known=not value.is_open)
        case _:
            return [], False


def _below(tracer: Attributes, values: Iterable[Value], depth: int, *, all_known: bool) -> tuple[list[Variable], bool]:
    found: list[Variable] = []
    for value in values:
        its, are_all = variables(tracer, value, depth + 1)
        found += its
        all_known = all_known and are_all
    return found, all_known


def differentiated(tracer: Attributes, module: Module, node: program.Node) -> None:
    """Record what a gradient with respect to a Module's Params meets."""
    found, are_all = variables(tracer, module)
    params = [each for each in found if filters.is_of(tracer.library, each, Library(_PARAM))]
    integers = tuple(each for each in params if _is_discrete(each.content)) if not module.is_symbolic else ()
    others = tuple(sorted({each.class_name for each in found})) if are_all and not params and not module.is_symbolic else ()
    if integers or others:
        tracer.emit(events.ModuleDifferentiated(tracer.place(node), node, tracer.context, tracer.guards, module, integers, others))


def _is_discrete(value: Value) -> bool:
    kind = value.dtype if isinstance(value, Array) else value.kind if isinstance(value, Static) else ""
    return kind in ("int", "bool")


def filters_meet(tracer: Attributes, optimizer: Object, gradients: Value, node: program.Node) -> None:
    """Record where an optimizer's `wrt` takes other Variables than the gradients of a Module's Params hold."""
    wrt = tracer.peek(optimizer, "wrt")
    if wrt is None or not isinstance(gradients, State) or gradients.role != "gradient" or gradients.of is None:
        return
    for variable in variables(tracer, gradients.of)[0]:
        is_wanted = filters.is_of(tracer.library, variable, wrt)
        if is_wanted is not None and is_wanted != filters.is_of(tracer.library, variable, Library(_PARAM)):
            name = wrt.name.rpartition(".")[2] if isinstance(wrt, Class | Library) else ""
            tracer.emit(events.FilterMismatch(tracer.place(node), node, tracer.context, tracer.guards, name, variable.class_name))
            return


# What an update changes ---------------------------------------------------------------------------------------------


def refilled(tracer: Attributes, module: Object, states: tuple[Value, ...]) -> None:
    """`nnx.update(module, *states)` with the State of another object, or with what nobody knows: its arrays take the places of those here, whatever shapes
    they have."""
    if any(isinstance(state, Unknown | Tree) for state in states):
        for variable in variables(tracer, module)[0]:
            tracer.journal.set(variable.attributes, "value", UNKNOWN)
        return
    for state in states:
        if isinstance(state, State) and state.view is not None and (not state.view.keeps_shapes or state.view.axis is not None):  # It comes out of lanes.
            _reshaped(tracer, variables(tracer, module)[0])
            continue
        if not isinstance(state, State) or state.of is None or state.role == "gradient" or origin_of(state.of) is origin_of(module):
            continue
        here, are_all = variables(tracer, module)
        there, are_all_there = variables(tracer, state.of)
        held = [shapes.extent(each.content) for each in here]
        if are_all and are_all_there and held == [shapes.extent(each.content) for each in there] and all(one.low == one.high for one in held):
            continue
        _reshaped(tracer, here)


def refilled_across(tracer: Attributes, module: Object, states: tuple[Value, ...], node: program.Node) -> None:
    """`nnx.update(module, *states)` where another level made the Variables: from Flax 0.12.1 on each of them is asked whether it may be changed here."""
    if tracer.library.flax < Version("0.12.1"):
        return
    held = [each for each in variables(tracer, module)[0] if each.level is not tracer.level]
    if any(isinstance(state, State) and any(_has(tracer, state, each) for each in held) for state in states):
        tracer.mutate(module, "state", node)


def _has(tracer: Attributes, state: State, variable: Variable) -> bool:
    """Whether a State certainly has an entry for a Variable of an object, or of one like it."""
    if state.of is None or origin_of(variable) not in map(origin_of, variables(tracer, state.of)[0]):
        return False
    return state.filter is None or filters.takes(tracer.library, variable, state.filter) is True


def _reshaped(tracer: Attributes, found: Iterable[Variable]) -> None:
    """Variables hold arrays of which nobody knows the shapes any more."""
    for variable in found:
        content = variable.content
        if isinstance(content, Array) and content.dtype != "key":
            tracer.journal.set(variable.attributes, "value", Array(content.level, origin=content.origin, role=content.role))


def keep_of_optimizer(tracer: Attributes, optimizer: Object, arguments: Arguments) -> None:
    """Note where an optimizer is made of an instance that nothing else holds: `nnx.ModelAndOptimizer(Net(rngs=rngs), tx)`."""
    if arguments.nodes and is_temporary(arguments.positional[0], arguments.nodes[0], tracer.frame):
        tracer.journal.set(optimizer.attributes, _OWN, TRUE)


def other_updated(tracer: Attributes, optimizer: Object, gradients: Value, arguments: Arguments, node: program.Node) -> None:
    """Record an update of another instance than the one that the gradients are of, where nobody can have meant that."""
    root = origin_of(optimizer)
    if not isinstance(gradients, State) or gradients.role != "gradient" or not isinstance(of := gradients.of, Module) or root.is_symbolic:
        return
    keeps_model = optimizer.library_class == "flax.nnx.ModelAndOptimizer" or tracer.library.flax_minor < (0, 11)
    updated: Value
    if len(arguments.positional) == 1 and keeps_model and _OWN in root.attributes:
        updated, made = root.attributes.get("model", UNKNOWN), root.place
    elif len(arguments.positional) == 2 and arguments.nodes and is_temporary(arguments.positional[0], arguments.nodes[0], tracer.frame):
        updated, made = arguments.positional[0], None
    else:
        return
    if not isinstance(updated, Module):
        return
    one, other = origin_of(of), origin_of(updated)
    if (
        (one is not other or _is_clone(updated))
        and of is not updated
        and one.cls == other.cls
        and not (one.is_symbolic or other.is_symbolic or one.is_open or other.is_open)
    ):
        tracer.emit(events.OtherUpdated(tracer.place(node), node, tracer.context, tracer.guards, of, updated, made))


def _is_clone(module: Module) -> bool:
    """Whether it is what `nnx.clone` gave, with Variables of its own."""
    return module.source is not None and not module.parameter and module.view is not None and module.view.keeps_arrays and not module.view.shares


# Optimizers that only an annotation tells of ------------------------------------------------------------------------


def optimizers_made(tracer: Attributes, optimizer: Object, node: program.Node) -> str:
    """Of which class an optimizer may be that is annotated `nnx.Optimizer` (see `events.OptimizerUpdate`)."""
    if not origin_of(optimizer).is_symbolic:
        return ""
    if _reads_model(tracer, node) or any(map(tracer.asks_made, ("ModelAndOptimizer", ":Optimizer", ":ModelAndOptimizer"))):
        return "other"
    return "plain" if tracer.asks_made("Optimizer") else ""


def _reads_model(tracer: Attributes, node: program.Node) -> bool:
    if tracer.frame.function is None or not isinstance(node, program.Call) or not isinstance(node.function, program.Attribute):
        return False
    optimizer = program.text(node.function.value)
    attributes = (each for each in program.walk(tracer.frame.function.definition) if isinstance(each, program.Attribute))
    return any(each.name == "model" and program.text(each.value) == optimizer for each in attributes)
