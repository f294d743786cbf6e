"""What functions, classes and methods of the modelled libraries do with abstract values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from nnx_lsp import program
from nnx_lsp.knowledge import arrays as known
from nnx_lsp.knowledge.decorators import KEEPING
from nnx_lsp.knowledge.functions import Takes, takes
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.knowledge.library import Entry
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.tracer import (
    array_functions,
    binding,
    by_default,
    containers,
    effects,
    events,
    host_arrays,
    iterables,
    keys,
    layers,
    lists_and_dicts,
    mapping,
    names,
    optimizing,
    plain,
    presence,
    record_functions,
    records,
    seeds,
    shapes,
    states,
    streams,
    train_states,
)
from nnx_lsp.tracer.applications import WRAPPED, Applications
from nnx_lsp.tracer.attributes import ABSTRACT, FILLED, REFERENCE_SWITCHES, SHARED
from nnx_lsp.tracer.base import TOUCHED, UNJITTED, Arguments, value_level, value_origin
from nnx_lsp.tracer.calls import kept_by
from nnx_lsp.tracer.conditions import is_subdtype
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.events import Test
from nnx_lsp.tracer.expressions import VERSION, is_version, text_of
from nnx_lsp.tracer.history import note_clone, note_overwritten, note_popped, note_refilled, note_sown
from nnx_lsp.tracer.instances import asks_for_tracers, is_callable
from nnx_lsp.tracer.training import (
    filters_meet,
    keep_of_metric,
    keep_of_optimizer,
    metric_call,
    mode_set,
    optimizers_made,
    other_updated,
    refilled,
    refilled_across,
)
from nnx_lsp.tracer.values import (
    ASKED,
    BOOL,
    FALSE,
    HOST_ARRAY,
    INT,
    NONE,
    SHAPE,
    STR,
    TRUE,
    UNKNOWN,
    Array,
    Bound,
    Class,
    ClassOf,
    Dict,
    Function,
    GraphDef,
    Iterator_,
    Level,
    Library,
    LibraryMethod,
    List,
    Marked,
    Metric,
    Module,
    Namespace,
    Object,
    OneOf,
    Optax,
    Optimizer,
    Partial,
    Pattern,
    Rngs,
    RngStream,
    State,
    Static,
    Super,
    Text,
    Transformed,
    Tree,
    Tuple,
    Unknown,
    Value,
    Variable,
    View,
    content_of,
    join,
    options,
    origin_of,
)
from nnx_lsp.tracer.views import object_type

Model = Callable[["Libraries", Arguments, program.Node], Value]


class Libraries(Applications):
    """Models of library code."""

    # Calls by name --------------------------------------------------------------------------------------------------

    def call_library(self, callee: Library, arguments: Arguments, node: program.Node) -> Value:
        """Call a library's function or class."""
        name = callee.name
        if "register" in name and arguments.positional and isinstance(cls := arguments.positional[0], Class):
            self.note_registered(cls)
        if name in KEEPING and name not in _FUNCTIONS:
            result = kept_by(arguments)
        elif name in TRANSFORMS:
            result = self.apply_transform(TRANSFORMS[name], arguments, node)
        elif name.startswith("flax.nnx."):
            result = self._nnx(name, arguments, node)
        elif name.startswith("builtins."):
            return self._builtin(name.removeprefix("builtins."), arguments, node)
        elif name.startswith(("numpy.", "math.")):
            result = self._host(name, arguments, node)
        elif name in _FUNCTIONS:
            result = _FUNCTIONS[name](self, arguments, node)
        elif name.startswith("logging."):
            result = self._log(name, arguments)
        elif name.startswith("optax.") and (transformation := optimizing.transformation(name.removeprefix("optax."), arguments)) is not None:
            result = transformation
        elif name.startswith(known.ARRAY_MODULES) or self._is_array_function(name):
            result = self._array_function(name, arguments, node)
        elif self.library.is_subclass(name, "flax.linen.Module") and name != "flax.linen.Module":
            self.escape(arguments.values())
            result = Object(name, {}, self.level, self.place(node), self.is_template, is_open=True)
        else:
            if not name.startswith(("optax.", "jax.")):
                self.escape(arguments.values())
            for value in arguments.values():
                effects.may_run(self, value)
            result = VERSION if any(map(is_version, arguments.positional)) else UNKNOWN
        self._record(callee, name, arguments, node, result, None)
        return result

    def _log(self, name: str, arguments: Arguments) -> Value:
        if name == "logging.getLogger":
            return Library("logging.Logger")
        if name.rpartition(".")[2] in _LOGGING:
            self.show(name.replace("logging.Logger", "logger"), arguments)
            return NONE
        return UNKNOWN

    def show(self, by: str, arguments: Arguments) -> None:
        """Record what is printed or logged."""
        for argument, value in zip(arguments.nodes, arguments.positional, strict=False):
            shown = value.shown if isinstance(value, Text) else content_of(value)
            if argument is not None and isinstance(shown, Array):
                self.emit(events.Printed(self.place(argument), argument, self.context, self.guards, shown, by))

    def _is_array_function(self, name: str) -> bool:
        entry = self.library.entry(name)
        return entry is not None and entry.kind == "function" and entry.home.startswith("optax.losses")

    def _record(self, callee: Value, name: str, arguments: Arguments, node: program.Node, result: Value, receiver: Value | None) -> None:
        """Record the call with the parameters that its arguments bind to."""
        signature = self._signature(name, receiver)
        found: list[events.CallArgument] = []
        names = [] if signature is None else [one.name for one in signature.placed]
        takes_more = signature is None or any(one.kind == "var_positional" for one in signature.parameters)
        takes_any = signature is None or any(one.kind == "var_keyword" for one in signature.parameters)
        keywords = set() if signature is None else {one.name for one in signature.parameters if one.kind in ("either", "keyword")}
        for index, (argument, value) in enumerate(zip(arguments.nodes, arguments.positional, strict=False)):
            parameter = names[index] if index < len(names) else None
            if argument is not None:
                found.append(self._argument(name, argument, value, parameter))
        for keyword, argument in arguments.keyword_nodes.items():
            parameter = keyword if keyword in keywords or takes_any else None
            found.append(self._argument(name, argument, arguments.keywords[keyword], parameter))
        missing: tuple[str, ...] = ()
        unexpected: tuple[str, ...] = ()
        excess = 0
        if signature is not None and not arguments.is_partial:
            given = set(names[: len(arguments.positional)]) | set(arguments.keywords)
            missing = tuple(
                one.name for one in signature.parameters if one.default is None and one.name not in given and one.kind not in ("var_positional", "var_keyword")
            )
            unexpected = () if takes_any else tuple(keyword for keyword in arguments.keywords if keyword not in keywords)
            excess = 0 if takes_more else max(len(arguments.positional) - len(names), 0)
        keys.draw_with(self, name, found, node)
        self.emit(
            events.Call(
                self.place(node),
                node,
                self.context,
                self.guards,
                callee,
                name,
                tuple(found),
                result,
                receiver,
                missing,
                unexpected,
                excess,
                arguments.is_partial,
                None,
                self.forks,
                self.looping > 0,
                layers.draws_without_rngs(self, receiver, arguments),
            )
        )

    def _argument(self, name: str, node: program.Argument, value: Value, parameter: str | None) -> events.CallArgument:
        what = takes(name, parameter) if parameter is not None else Takes.SEED if name == "flax.nnx.Rngs" else Takes.ANYTHING
        return events.CallArgument(self.place(node), node, value, parameter, what)

    def _signature(self, name: str, receiver: Value | None) -> Any:
        """The signature of a library's function, class or method, or `None`."""
        if receiver is not None:
            owner, _, method = name.rpartition(".")
            entry = self.library.entry(owner)
            if entry is None:
                return None
            if method == "__call__":
                return entry.call
            found = entry.methods.get(method)
            return found.signature if found is not None else None
        entry = self.library.entry(name)
        return entry.signature if entry is not None else None

    # jax ------------------------------------------------------------------------------------------------------------

    def _array_function(self, name: str, arguments: Arguments, node: program.Node) -> Value:
        last = name.rpartition(".")[2]
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](self, arguments, node)
        entry = self.library.entry(name)
        if entry is not None and entry.kind == "class" and not last[:1].islower():
            return UNKNOWN
        if last in known.STATIC_FUNCTIONS:
            first = arguments.get(0, "a")
            is_whole = len(arguments.positional) == 1 and all(value is NONE for value in arguments.keywords.values())
            if last in ("shape", "ndim", "size") and is_whole and isinstance(first, Array):
                return self.read_attribute(first, last, node)
            return SHAPE if last == "shape" else INT if last in ("ndim", "size") else Static()
        if name.startswith("jax.nn.initializers."):
            return Library(_INITIALIZER) if last not in ("zeros", "ones") else keys.drawn(self, arguments, 1, node, name)
        if name.startswith("jax.random."):
            drawn = keys.random(self, last, arguments, node, name)
            return UNKNOWN if value_level(drawn) is None and self.may_be_traced(arguments.values(), smooth=False) else drawn
        return array_functions.called(self, last, name, arguments, node)

    # numpy and math -------------------------------------------------------------------------------------------------

    def _host(self, name: str, arguments: Arguments, node: program.Node) -> Value:
        """A function of numpy or math: it converts its arguments to concrete values."""
        last = name.rpartition(".")[2]
        if last in known.NUMPY_STATIC and name.startswith("numpy."):
            return SHAPE if last == "shape" else INT if last in ("ndim", "size") else Static()
        if name == f"numpy.{last}" and last in known.NUMPY_DISPATCHED and arguments.positional:
            if isinstance(content_of(arguments.positional[0]), Array):
                return array_functions.called(self, last, f"jax.numpy.{last}", arguments, node)
            if isinstance(arguments.positional[0], Tree | OneOf):
                return UNKNOWN
        sizes = array_functions.sizes(self, last, name, arguments) if name == f"numpy.{last}" and last in known.NUMPY_SIZED else []
        if name == f"numpy.{last}" and last in known.NUMPY_TOLERANT:
            return UNKNOWN
        if name in ("math.prod", "math.sumprod"):  # Nothing is converted.
            return self._product(arguments) if last == "prod" else UNKNOWN
        entry_is_class = last in ("dtype", "ndarray", "errstate", "printoptions") or name.startswith(("numpy.testing.", "numpy.random."))
        by = name.split(".", 1)[0]
        if not entry_is_class or name.startswith("numpy.testing."):
            pairs = list(zip(arguments.nodes, arguments.positional, strict=False))
            pairs += [(argument, arguments.keywords[key]) for key, argument in arguments.keyword_nodes.items()]
            for argument, value in pairs:
                if argument is not None and argument not in sizes:
                    self._convert(by, name, value, argument.value)
        if by == "math":
            return plain.of_math(last, arguments.positional)
        return host_arrays.given(last, arguments) if not entry_is_class else Static()

    def _product(self, arguments: Arguments) -> Value:
        given, start = arguments.positional[:1], arguments.keywords.get("start")
        if arguments.is_partial or not given:
            return UNKNOWN
        items = self.items(given[0])
        factors = items if items is not None else (given[0],) if isinstance(given[0], Static) else (UNKNOWN,)
        return plain.product((*factors, start) if start is not None else factors)

    def _convert(self, by: str, name: str, value: Value, node: program.Expression) -> None:
        """Record a conversion of a value, or of the arrays inside a display."""
        if isinstance(value, Tuple | List) and value.items is not None:
            for item in value.items:
                if isinstance(item, Array) and item.level is not None:
                    self.emit(events.Conversion(self.place(node), node, self.context, self.guards, by, name, item))
                    return
            return
        if not isinstance(value, Static | Unknown | Function | Class | Library):
            self.emit(events.Conversion(self.place(node), node, self.context, self.guards, by, name, value))

    # builtins -------------------------------------------------------------------------------------------------------

    def _builtin(self, name: str, arguments: Arguments, node: program.Node) -> Value:
        values = arguments.positional
        nodes = [argument.value if argument is not None else None for argument in arguments.nodes]
        first: Value = values[0] if values else UNKNOWN
        if is_version(first) and name in ("int", "float", "str"):
            return VERSION
        where = nodes[0] if nodes and nodes[0] is not None else node
        match name:
            case "bool":
                known_truth = self.truth(first, where, Test.BOOL) if values else False
                return BOOL if known_truth is None else Static("bool", known_truth)
            case "int" | "float" | "complex":
                return iterables.number(self, name, first if len(values) == 1 and not arguments.keywords else UNKNOWN, where)
            case "len":
                return iterables.length(self, first, node)
            case "hash" | "id" | "ord":
                return INT
            case "str" | "repr":
                return (names.shown(values) if name == "str" and not arguments.keywords else None) or text_of(values[:1])
            case "chr" | "bin" | "hex" | "oct" | "ascii" | "input":
                return STR
            case "format":
                spec = values[1].constant if len(values) > 1 and isinstance(values[1], Static) and isinstance(values[1].constant, str) else None
                if not isinstance(first, Static | Unknown):
                    self.emit(events.Formatting(self.place(where), where, self.context, self.guards, first, spec))
                return STR
            case "isinstance":
                told = self.is_instance(first, values[1]) if len(values) > 1 else None
                if isinstance(first, Variable) and len(values) > 1:
                    self.emit(events.LibraryInstance(self.place(node), node, self.context, self.guards, first, values[1]))
                if told is None and asks_for_tracers(values[1] if len(values) > 1 else UNKNOWN):
                    return ASKED
                return BOOL if told is None else Static("bool", told)
            case "hasattr":
                return self._has_attribute(values)
            case "callable":
                called = is_callable(first) if values else None
                return BOOL if called is None else Static("bool", called)
            case "issubclass":
                below = self.is_instance(first.value, values[1]) if len(values) > 1 and isinstance(first, ClassOf) else None
                return BOOL if below is None else Static("bool", below)
            case "getattr":
                return self._get_attribute(values, node)
            case "setattr" | "object.__setattr__" | "type.__setattr__":
                if len(values) == 3 and isinstance(values[1], Static) and isinstance(values[1].constant, str):
                    self.write_attribute(values[0], values[1].constant, values[2], node)
                elif values:
                    self._write_some_attribute(values)
                return NONE
            case "delattr" | "object.__delattr__":
                if len(values) == 2 and isinstance(values[1], Static) and isinstance(values[1].constant, str):
                    self.delete_attribute(values[0], values[1].constant, node)
                elif values:
                    self._write_some_attribute((values[0],))
                return NONE
            case "property":
                return _property(self, arguments, node)
            case "staticmethod" | "classmethod":
                return Transformed(f"builtins.{name}", first, {}, self.place(node))
            case "super":
                return self._super(values)
            case "vars" | "globals" | "locals":
                return Namespace(first if isinstance(first, Object) else None)
            case "exec":
                self.write_namespace(Namespace())
                self.escape(values)
                return NONE
            case "type":
                if isinstance(first, Object) and isinstance(first.cls, Class) and len(values) == 1:
                    return self._class_of(first)
                if isinstance(first, Class) and len(values) == 1:
                    return UNKNOWN  # A metaclass may have made it.
                if first is NONE:
                    return Library("builtins.NoneType")
                return ClassOf(first) if len(values) == 1 else UNKNOWN
            case _:
                return iterables.call(self, name, arguments, node)

    def _write_some_attribute(self, values: tuple[Value, ...]) -> None:
        """`setattr` with a name that is not known: each attribute may be another afterwards, or each whose name is like what is known of it."""
        for one in options(values[0]):
            if isinstance(one, Class):
                self.open_class(one)
            if isinstance(one, Object):
                if len(values) == 3 and isinstance(values[1], Pattern):
                    one.is_open = True
                    self.note_escape(one)
                    names.write(self, one, values[1], containers.unmarked(values[2]))
                    continue
                self.write_namespace(Namespace(one))

    def _has_attribute(self, values: tuple[Value, ...]) -> Value:
        is_named = len(values) == 2 and isinstance(values[1], Static) and isinstance(values[1].constant, str)
        told = presence.has_attribute(self, values[0], str(values[1].constant)) if is_named and isinstance(values[1], Static) else None
        return BOOL if told is None else Static("bool", told)

    def _get_attribute(self, values: tuple[Value, ...], node: program.Node) -> Value:
        if len(values) >= 2 and isinstance(values[1], Static) and isinstance(values[1].constant, str):
            count = len(self.events)
            told = presence.has_attribute(self, values[0], values[1].constant) if len(values) > 2 else None
            if told is False:
                return values[2]
            found = self.read_attribute(values[0], values[1].constant, node)
            if len(values) > 2:
                del self.events[count:]
                return found if told else join((found, values[2])) if found is not UNKNOWN else UNKNOWN
            return found
        if len(values) == 2 and isinstance(values[1], Pattern) and isinstance(values[0], Object):
            return names.read(self, values[0], values[1])
        if values and isinstance(values[0], Object):  # It may be a Variable, which may be filled.
            self.made_concrete(values[0])
        return UNKNOWN

    def _super(self, values: tuple[Value, ...]) -> Value:
        if len(values) == 2 and isinstance(values[0], Class):
            return Super(values[0], values[1])
        frame = self.frame
        while frame is not None and (frame.function is None or frame.function.owner is None):
            if frame.outer is None:
                return UNKNOWN
            frame = frame.outer
        function = frame.function
        if function is None or function.owner is None or not function.definition.parameters:
            return UNKNOWN
        return Super(function.owner, frame.names.get(function.definition.parameters[0].name, UNKNOWN))

    # flax.nnx -------------------------------------------------------------------------------------------------------

    def _nnx(self, name: str, arguments: Arguments, node: program.Node) -> Value:
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](self, arguments, node)
        entry = self.library.entry(name)
        if entry is None:
            return self._of_class(name, arguments, node)
        if entry.kind == "class":
            return self._construct(name, arguments, node)
        if entry.home.startswith("jax.") or name.startswith("flax.nnx.initializers."):
            home = self.library.canonical(entry.home)
            if ".initializers." in entry.home or name.startswith("flax.nnx.initializers."):
                return Library(_INITIALIZER)
            return self._array_function(home if home.startswith("jax.") else f"jax.nn.{name.rpartition('.')[2]}", arguments, node)
        for value in arguments.values():
            effects.may_run(self, value)  # What comes out of `nnx.iter_graph` may be filled.
            if isinstance(value, Object):
                self.made_concrete(value)
            if isinstance(value, Module) and ".iter_" in name:  # Whoever goes through the Modules may set what they are.
                self.open_modes(value)
        return UNKNOWN

    def _of_class(self, name: str, arguments: Arguments, node: program.Node) -> Value:
        """A method that is taken from its class: `nnx.Module.eval(model)`."""
        owner, _, method = name.rpartition(".")
        entry = self.library.entry(owner)
        receiver = arguments.positional[0] if arguments.positional else UNKNOWN
        if entry is None or method not in entry.methods or not isinstance(receiver, Module):
            return UNKNOWN
        return self.call(LibraryMethod(receiver, owner, method), arguments.without_first(), node)

    def _construct(self, name: str, arguments: Arguments, node: program.Node) -> Value:
        """An instance of a class of nnx."""
        made = object_type(name, self.library.is_subclass)
        if made is Object:
            return UNKNOWN
        instance = made(name, {}, self.level, self.place(node), self.is_template)
        self.initialize_library(instance, name, arguments, node)
        return instance

    def initialize_library(self, instance: Object, name: str, arguments: Arguments, node: program.Node) -> None:
        """What a library's `__init__` does to an instance."""
        first: Value = arguments.positional[0] if arguments.positional else UNKNOWN
        match instance:
            case Variable():
                held = arguments.get(0, "value") or UNKNOWN
                held = self._initialized(held, arguments, node)
                self.journal.set(instance.attributes, "value", content_of(held) if not any(map(_is_hook, arguments.keywords)) else UNKNOWN)
                for key in arguments.keywords.keys() - {"value", *_BY_REFERENCE}:  # What else is given is kept beside it.
                    self.journal.set(instance.attributes, key, arguments.keywords[key])
                if any(arguments.keywords.get(name, FALSE) not in (FALSE, NONE) for name in _BY_REFERENCE) or any(map(self.asks_made, REFERENCE_SWITCHES)):
                    self.journal.set(instance.attributes, SHARED, TRUE)
                    self.journal.set(instance.attributes, "value", UNKNOWN)
            case Rngs():
                seeds.note(self, arguments, node)
                instance.streams = None if arguments.is_partial else frozenset(arguments.keywords) - {"default"}
                instance.has_default = None if arguments.is_partial else bool(arguments.positional) or "default" in arguments.keywords
                instance.is_scalar = not arguments.is_partial and all(isinstance(seed, Static) and seed.kind == "int" for seed in arguments.values())
                if isinstance(first, Dict):
                    instance.streams = None
                    instance.has_default = None
                instance.made_of = tuple(arguments.values())
            case Optimizer():
                self.journal.set(instance.attributes, "model", arguments.get(0, "model") or UNKNOWN)
                keep_of_optimizer(self, instance, arguments)
                self.journal.set(instance.attributes, "tx", arguments.get(1, "tx") or UNKNOWN)
                wrt = arguments.get(2, "wrt")
                self.journal.set(instance.attributes, "wrt", UNKNOWN if wrt is None or arguments.is_partial else wrt)
                self.journal.set(
                    instance.attributes,
                    "step",
                    Variable("flax.nnx.OptState", {"value": Array(None, "int", 0, 0)}, instance.level, None),
                )
            case Metric():
                keep_of_metric(instance, name, arguments)
            case _ if containers.fill(self, instance, name, arguments, node):
                pass
            case _:
                self._keep_arguments(instance, name, arguments, node)
                own = arguments.get(-1, "rngs")
                # Since Flax 0.11 a Dropout forks its stream when it is made; before, it asks at the first call.
                if name == "flax.nnx.Dropout" and isinstance(own, Rngs) and self.library.flax_minor >= (0, 11):
                    layers.asks_stream(self, instance, own, node)

    def _initialized(self, value: Value, arguments: Arguments, node: program.Node) -> Value:
        """`nnx.Param(initializer, key, shape)` calls the initializer."""
        if isinstance(value, Function | Partial | Library) and len(arguments.positional) > 1:
            return self.call(value, arguments.without_first(), node)
        return value

    def _keep_arguments(self, instance: Object, name: str, arguments: Arguments, node: program.Node) -> None:
        """Arguments of a layer that it keeps as attributes of the same name and that decide what its call does."""
        entry = self.library.entry(name)
        if entry is None or entry.signature is None:
            return
        given = binding.named(entry.signature, arguments).values
        for parameter in entry.signature.parameters:
            if parameter.name not in _KEPT:
                continue
            if parameter.name in given:
                value = given[parameter.name]
            elif arguments.is_partial:
                value = UNKNOWN
            else:
                value = _default_value(parameter.default)
            value = layers.as_kept(entry, parameter.name, value, given)
            if parameter.name == "rngs":
                held = streams.kept(self.library, instance, name, value, instance.attributes.get("rng_collection"), self.level)
                if held is None:
                    continue
                value = held
            self.journal.set(instance.attributes, parameter.name, value)
        for parameter_name, initializer in given.items():
            if parameter_name.endswith("_init"):
                self._initialize_weight(instance, entry, parameter_name.removesuffix("_init"), initializer, node)

    def _initialize_weight(self, instance: Object, entry: Entry, name: str, initializer: Value, node: program.Node) -> None:
        """A weight that a function of the user makes, or what is no initializer: it holds whatever that gives."""
        attribute = entry.attributes.get(name)
        if attribute is None or not attribute.kind.startswith("Variable:") or self.peek(instance, name) == NONE:
            return
        held: Value = UNKNOWN
        if isinstance(initializer, Function | Partial | Bound):
            shape = shapes.of_weight(entry.name.rpartition(".")[2], name, instance.attributes)
            told = shapes.as_value(shape) if shape is not None else UNKNOWN
            held = self.call(initializer, Arguments((keys.new_key(self.stage, None), told, UNKNOWN)), node)
        elif isinstance(initializer, Unknown | Static) or (isinstance(initializer, Library) and initializer.name in _INITIALIZES):
            return
        self.journal.set(instance.attributes, name, Variable(attribute.kind.removeprefix("Variable:"), {"value": held}, self.level, self.place(node)))

    # Calling instances ----------------------------------------------------------------------------------------------

    def call_library_object(self, callee: Object, arguments: Arguments, node: program.Node) -> Value:
        """Call an instance of a library's class, or of a user's class that inherits the call."""
        match callee:
            case Rngs():
                result: Value = self._draw_key(callee, node)
                if callee.has_default is False:
                    self.emit(events.AttributeRead(self.place(node), node, self.context, self.guards, callee, "default", result, False))
            case RngStream():
                result = self._draw_key(callee, node) if not (arguments.positional or arguments.keywords) else UNKNOWN  # It takes none: the call raises.
            case Optimizer() | Metric() | State() | GraphDef() | Variable():
                result = UNKNOWN
            case Module():
                if ABSTRACT in callee.attributes and TOUCHED not in callee.attributes and _holds_shapes(self, callee):
                    self.emit(events.AbstractCalled(self.place(node), node, self.context, self.guards, callee))
                result = layers.call_layer(self, callee, arguments, node)
            case Object(cls=str() as name) if name.startswith("flax.linen."):
                self.escape(arguments.values())
                result = UNKNOWN
            case _:
                self.escape(arguments.values())
                return UNKNOWN
        base = callee.library_class
        self._record(callee, f"{base}.__call__", arguments, node, result, callee)
        return result

    def made_concrete(self, owner: Object) -> None:
        """An object that held shapes only was given values."""
        waiting: list[Value] = [owner]
        while waiting:
            each = waiting.pop()
            if isinstance(each, Object) and ABSTRACT in each.attributes:
                self.journal.delete(each.attributes, ABSTRACT)
                waiting += each.attributes.values()

    def _draw_key(self, source: Object, node: program.Node) -> Value:
        self.mutate(source, "stream", node)
        drawn = streams.key_of(self, source)
        if not isinstance(drawn, Array) or drawn.level is None:
            return drawn
        return keys.new_key(drawn.level, self.link((), node, program.text(node)) if isinstance(node, program.Call) else None)

    # Methods --------------------------------------------------------------------------------------------------------

    def call_method(self, callee: LibraryMethod, arguments: Arguments, node: program.Node) -> Value:
        """Call a method of a library's object."""
        receiver, owner, name = callee.receiver, callee.owner, callee.name
        if owner == "jax.Array":
            return array_functions.array_method(self, receiver, name, arguments, node)
        if owner in ("list", "dict", "tree"):
            return self._container_method(callee, arguments, node)
        if owner == "version":
            return Iterator_(VERSION)
        if owner == "str" and name == "format":
            is_simple = not arguments.keywords and not arguments.is_partial
            return (names.filled(receiver, arguments.positional) if is_simple else None) or text_of(arguments.values())
        if owner == "plain" and isinstance(receiver, Static):
            return plain.method(receiver, name, arguments.positional if not arguments.keywords else (UNKNOWN,))
        if owner == "transformed":
            if name in ("defvjp", "defjvp", "lower", "trace", "clear_cache", "eval_shape"):
                for value in arguments.positional if name.startswith("def") else ():
                    effects.may_run(self, value)
                    self.host.append(value)
            return UNKNOWN
        if owner == "optax" and isinstance(receiver, Optax):
            return optimizing.initialized(self, receiver, arguments, node) if name == "init" else optimizing.updated(self, receiver, arguments, node)
        if owner == train_states.TRAIN_STATE:
            return train_states.call(self, callee, arguments, node)
        if owner == "numpy.ndarray":
            return host_arrays.method(name)
        if name == "__init__" and isinstance(receiver, Object):
            self.initialize_library(receiver, owner, arguments, node)
            return NONE
        result = containers.call(self, callee, arguments, node)
        if result is None:
            result = self._object_method(receiver, owner, name, arguments, node)
        self._record(callee, f"{owner}.{name}", arguments, node, result, receiver)
        return result

    def _container_method(self, callee: LibraryMethod, arguments: Arguments, node: program.Node) -> Value:
        receiver, name = callee.receiver, callee.name
        match receiver:
            case List():
                return self._list_method(receiver, name, arguments, node)
            case Dict():
                return self._dict_method(receiver, name, arguments, node)
            case Tree():
                if name == "get":
                    return UNKNOWN
                if name in ("items", "keys", "values"):
                    value = Tree(receiver.level, receiver.origin, receiver.role)
                    return Iterator_(Tuple((STR, value)) if name == "items" else STR if name == "keys" else value)
                return self._tree_method(receiver, name, arguments, node)
            case _:
                return UNKNOWN

    def _tree_method(self, receiver: Tree, name: str, arguments: Arguments, node: program.Node) -> Value:
        """A method of an argument of which only its use tells what it is."""
        if name == "update" and any(_role(value) == "gradient" for value in arguments.values()):
            self.mutate(receiver, "optimizer", node)
            result: Value = NONE if self.library.flax_minor < (0, 12) else UNKNOWN  # Since then it gives the updates.
            self._record(LibraryMethod(receiver, "flax.nnx.Optimizer", "update"), "", arguments, node, result, receiver)
            return result
        return UNKNOWN

    def _list_method(self, receiver: List, name: str, arguments: Arguments, node: program.Node) -> Value:
        first: Value = arguments.positional[0] if arguments.positional else UNKNOWN
        if lists_and_dicts.is_set(receiver):
            if name == "add" and receiver.level is not self.level:
                self.leak(receiver, receiver.level, first, node)
            return lists_and_dicts.set_method(self, receiver, name, arguments, node)
        if name in ("append", "extend", "insert") and receiver.level is not self.level:
            put = first if name == "append" else self.element(first, node) if name == "extend" else arguments.get(1, "")
            self.leak(receiver, receiver.level, put or UNKNOWN, node)
        if name == "append":
            is_initializer = self.frame.is_initializer
            is_skipped = is_initializer and by_default.is_skipped(self, node)
            self.emit(events.Appended(self.place(node), node, self.context, self.guards, receiver, first, is_initializer, is_skipped))
        return lists_and_dicts.list_method(self, receiver, name, arguments, node)

    def _dict_method(self, receiver: Dict, name: str, arguments: Arguments, node: program.Node) -> Value:
        first: Value = arguments.positional[0] if arguments.positional else UNKNOWN
        key = node.arguments[0] if isinstance(node, program.Call) and node.arguments else None
        if name in ("get", "pop", "setdefault") and key is not None and not key.keyword and not key.star:
            self._hash(first, key.value)
        if receiver.level is not self.level:
            if name == "setdefault" and len(arguments.positional) > 1:
                self.leak(receiver, receiver.level, arguments.positional[1], node)
            elif name == "update":
                self.leak(receiver, receiver.level, Tuple((first, *arguments.keywords.values())), node)
        return lists_and_dicts.dict_method(self, receiver, name, arguments, node)

    def _name_here(self, sought: Value | None) -> str:
        """How the code at this place reaches an object: by a name, or as an attribute of a named object; `""`: neither."""
        if not isinstance(sought, Object):
            return ""
        sought = origin_of(sought)
        frame: Frame | None = self.frame
        while frame is not None:
            for name, value in frame.names.items():
                if isinstance(value, Object) and origin_of(value) is sought:
                    if frame.outer is None:
                        self.reads.add((frame.path, name))
                    return name
            frame = frame.outer
        for name, value in self.frame.names.items():
            if isinstance(value, Object) and not isinstance(value, Optimizer):
                for key, held in origin_of(value).attributes.items():
                    if isinstance(held, Object) and origin_of(held) is sought:
                        return f"{name}.{key}"
        return ""

    def _object_method(self, receiver: Value, owner: str, name: str, arguments: Arguments, node: program.Node) -> Value:
        """A method of an object of nnx."""
        match receiver:
            case Rngs() | RngStream():
                return streams.called(self, receiver, name, arguments, node)
            case Variable():
                if name == "set_value" and arguments.positional:
                    note_overwritten(self, receiver, node.function if isinstance(node, program.Call) else None)
                    self.write_variable(receiver, arguments.positional[0], node)
                    return NONE
                found = layers.variable_method(self, receiver, name, arguments)
                return mapping.abstract(found) if ABSTRACT in receiver.attributes and name == "get_value" else found
            case Optimizer():
                if name == "update":
                    gradients = arguments.get(len(arguments.positional) - 1, "grads")
                    of = gradients.of if isinstance(gradients, State) else None
                    where = self.place(node)
                    names = self._name_here(origin_of(receiver).attributes.get("model")), self._name_here(of)
                    self.emit(events.OptimizerUpdate(where, node, self.context, self.guards, *names, optimizers_made(self, receiver, node)))
                    filters_meet(self, receiver, gradients or UNKNOWN, node)
                    other_updated(self, receiver, gradients or UNKNOWN, arguments, node)
                    self.mutate(receiver, "optimizer", node)
                    model = arguments.positional[0] if len(arguments.positional) > 1 else receiver.attributes.get("model", UNKNOWN)
                    if isinstance(model, Object) and not isinstance(model, State):
                        self.mutate(model, "update", node)
                    return NONE if self.library.flax_minor < (0, 12) else UNKNOWN  # Since then it gives the updates.
                return UNKNOWN
            case Metric():
                if name in ("update", "compute", "reset"):
                    metric_call(self, receiver, owner, name, arguments, node)
                if name in ("update", "reset"):
                    self.mutate(receiver, "metric", node)
                    return NONE
                if name == "compute":
                    return Array(self.array_level(())) if receiver.library_class.endswith((".Average", ".Accuracy")) else UNKNOWN
                return UNKNOWN
            case Module():
                return self._module_method(receiver, name, arguments, node)
            case Object(cls=states.SPLIT_CONTEXT):
                return states.split_in_context(self, arguments)
            case State():
                self.emit(events.StateMethod(self.place(node), node, self.context, self.guards, name, self._way_to("flax.nnx")))
                if name not in ("map", "filter"):
                    return UNKNOWN
                return State(receiver.cls, {}, self.level, self.place(node), is_open=True, role=receiver.role, of=receiver.of if name == "filter" else None)
            case _:
                return UNKNOWN

    def _way_to(self, module: str) -> str:
        """A name under which a module of a library is reached here; `""` where none is."""
        frame: Frame | None = self.frame
        while frame is not None:
            for name, value in frame.names.items():
                if isinstance(value, Library) and value.name == module:
                    if frame.outer is None:
                        self.reads.add((frame.path, name))
                    return name
            frame = frame.outer
        return ""

    def _module_method(self, receiver: Module, name: str, arguments: Arguments, node: program.Node) -> Value:
        match name:
            case "train" | "eval" | "set_attributes":
                if name != "set_attributes":
                    self._set_mode(receiver, is_training=name == "train")
                else:
                    for key, value in arguments.keywords.items():
                        self._set_everywhere(receiver, key, value, set())
                mode_set(self, receiver, name, arguments, node)
                self.mutate(receiver, "mode", node)
                return NONE
            case "sow":
                note_sown(self, receiver, self.place(node))
                return UNKNOWN
            case "iter_modules" | "iter_children":
                self.open_modes(receiver)
                return UNKNOWN
            case _:
                return UNKNOWN

    def _set_mode(self, receiver: Object, *, is_training: bool) -> None:
        self._set_everywhere(receiver, "deterministic", Static("bool", not is_training), set())
        self._set_everywhere(receiver, "use_running_average", Static("bool", not is_training), set())

    def open_modes(self, module: Module) -> None:
        """Nobody knows in which mode the layers of a Module run from here on, or how much they drop."""
        for name, value in (("deterministic", BOOL), ("use_running_average", BOOL), ("rate", UNKNOWN)):
            self._set_everywhere(module, name, value, set())

    def _set_everywhere(self, value: Value, name: str, to: Value, seen: set[int]) -> None:
        """Set an attribute of a module and of those below it that have it."""
        if id(value) in seen or len(seen) > 200:
            return
        seen.add(id(value))
        match value:
            case Module():
                names = dict.fromkeys(key for each in _stands_for(value) for key in each.attributes)
                if self.peek(value, name) is not None:
                    self.journal.set(value.attributes, name, to)
                for key in names:
                    inner = self.peek(value, key) if isinstance(key, str) else None
                    if isinstance(inner, Module | List | Tuple | Dict | OneOf):
                        self._set_everywhere(inner, name, to, seen)
            case Tuple(items=items):
                for item in items:
                    self._set_everywhere(item, name, to, seen)
            case List():
                for item in value.elements:
                    self._set_everywhere(item, name, to, seen)
            case Dict():
                for item in value.items.values():
                    self._set_everywhere(item, name, to, seen)
            case OneOf(options=found):
                for item in found:
                    self._set_everywhere(item, name, to, seen)
            case _:
                pass


_BY_REFERENCE = ("hijax", "ref", "mutable", "use_ref")


def _stands_for(value: Object) -> Iterator[Object]:
    """An object, and those that it stands for: what crossed two borders stands for what stands for another."""
    each: Object | None = value
    while each is not None:
        yield each
        each = each.source


def _is_hook(keyword: str) -> bool:
    """Whether a keyword of a Variable names a function that has a hand in what is read or written."""
    return keyword.startswith("on_")


def _holds_shapes(tracer: Libraries, layer: Module) -> bool:
    """Whether an object that was made with shapes only certainly has a Variable, and none that may have been given a value or put in the place of another."""
    entry = tracer.library.entry(layer.library_class)
    for name in (name for name, one in entry.attributes.items() if one.kind.startswith("Variable")) if entry is not None else ():
        is_new, held = name not in layer.attributes, tracer.peek(layer, name)
        if is_new and isinstance(held, Variable):
            tracer.journal.set(held.attributes, ABSTRACT, UNKNOWN)
    variables = [each for each in layer.attributes.values() if isinstance(each, Variable)]
    return bool(variables) and all(ABSTRACT in each.attributes and FILLED not in each.attributes for each in variables)


# Functions with a model of their own -------------------------------------------------------------------------------


def _partial(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    del tracer, node
    if not arguments.positional or arguments.is_partial:
        return UNKNOWN
    return Partial(arguments.positional[0], arguments.positional[1:], arguments.keywords)


def _identity(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    del tracer, node
    return arguments.positional[0] if arguments.positional else UNKNOWN


def _cached(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`lru_cache(maxsize=…)` gives a decorator; bare, a function of which a call may give what a former one gave."""
    first = arguments.positional[0] if arguments.positional else None
    if isinstance(first, Function | Transformed | Bound | Partial | LibraryMethod):
        return Transformed("functools.cache", first, {}, tracer.place(node))
    return Library("functools._cached")


def _wraps(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`functools.wraps(f)`: what it decorates has the signature of `f`."""
    del tracer, node
    return Partial(Library("functools._signed"), (arguments.get(0, "wrapped") or UNKNOWN,), {})


def _signed_as(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    del node
    wrapped, function = (*arguments.positional, UNKNOWN, UNKNOWN)[:2]
    if isinstance(function, Function):
        tracer.journal.set(function.history, WRAPPED, wrapped)
    return function


def _context_manager(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    return Transformed("contextlib.contextmanager", arguments.positional[0] if arguments.positional else UNKNOWN, {}, tracer.place(node))


def _property(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`property(fget, fset, fdel, doc)`."""
    if arguments.is_partial:
        return UNKNOWN
    getter, setter, deleter = arguments.get(0, "fget"), arguments.get(1, "fset"), arguments.get(2, "fdel")
    others = {name: function for name, function in (("setter", setter), ("deleter", deleter)) if function not in (None, NONE)}
    return Transformed("builtins.property", getter or UNKNOWN, {name: one for name, one in others.items() if one is not None}, tracer.place(node))


def _cached_property(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    return Transformed(
        "functools.cached_property",
        arguments.positional[0] if arguments.positional else UNKNOWN,
        {},
        tracer.place(node),
    )


def _split(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`nnx.split(node, *filters)`: a GraphDef and one State for each filter (one where there is none)."""
    subject = arguments.positional[0] if arguments.positional else UNKNOWN
    if arguments.is_partial:
        return UNKNOWN
    graphdef = GraphDef(
        "flax.nnx.GraphDef",
        {},
        tracer.level,
        tracer.place(node),
        is_open=True,
        of=subject if isinstance(subject, Object) else None,
    )
    if isinstance(subject, Tuple):
        graphdef.attributes["parts"] = subject
    tracer.emit(events.Split(tracer.place(node), node, tracer.context, tracer.guards, arguments.positional[1:], tuple(sorted(_beside_params(subject, 0)))))
    states = _states_of(tracer, subject, arguments.positional[1:], node)
    graphdef.split, graphdef.parts = next(tracer.numbers), _parted(subject, arguments.positional[1:])
    for index, state in enumerate(states):
        if isinstance(state, State):
            state.part = (graphdef.split, index)
    return Tuple((graphdef, *states))


def _parted(subject: Value, filters: tuple[Value, ...]) -> tuple[frozenset[str] | None, ...]:
    """The sorts of Variables that each of the filters certainly takes."""
    beside = _beside_params(subject, 0) & {"BatchStat", "RngState"}  # Others may be sorts of Param.
    left: set[str] | None = beside | ({"Param"} if _has_params(subject, 0) else set())
    found: list[frozenset[str] | None] = []
    for one in filters:
        if left is None or not ((isinstance(one, Static) and one.kind == "ellipsis") or (isinstance(one, Library) and one.name.startswith("flax.nnx."))):
            left = None
            found.append(None)
            continue
        taken = left if isinstance(one, Static) else left & {one.name.rpartition(".")[2]}
        found.append(frozenset(taken))
        left = left - taken if isinstance(one, Static) or one.name in _OWN_SORTS else None
    return tuple(found)


_OWN_SORTS = ("flax.nnx.Param", "flax.nnx.BatchStat", "flax.nnx.RngState")
"""Sorts of Variables of which each takes what is named so, and nothing else of those that are told apart here."""


def _has_params(subject: Value, depth: int) -> bool:
    """Whether a Module certainly has a Param."""
    if not isinstance(subject, Module) or depth > _DEEP:
        return False
    if subject.library_class.rpartition(".")[2] in known.WEIGHTED:
        return True
    return any(_has_params(value, depth + 1) or (isinstance(value, Variable) and value.cls == "flax.nnx.Param") for value in subject.attributes.values())


def _beside_params(subject: Value, depth: int) -> set[str]:
    """The sorts of Variables, other than Params, that a Module certainly has."""
    if not isinstance(subject, Module) or depth > _DEEP:
        return set()
    if subject.library_class == "flax.nnx.BatchNorm":
        return {"BatchStat"}
    found: set[str] = set()
    if not isinstance(subject.cls, Class) and subject.library_class not in ("flax.nnx.Sequential", "flax.nnx.List", "flax.nnx.Dict"):
        return found
    for value in subject.attributes.values():
        if isinstance(value, Variable):
            found |= {value.class_name} - {"Param"}
        elif isinstance(value, Rngs | RngStream):
            found.add("RngState")
        else:
            found |= _beside_params(value, depth + 1)
    return found


_DEEP = 8


def _states_of(tracer: Libraries, subject: Value, filters: tuple[Value, ...], node: program.Node) -> tuple[State, ...]:
    """The State of an object, or that of several in a tuple, whose parts it has by number; one for each filter, which has what those before it leave."""
    owner = subject if isinstance(subject, Object) else None
    states = tuple(State("flax.nnx.State", {}, tracer.level, tracer.place(node), is_open=True, of=owner) for _ in range(max(len(filters), 1)))
    for index, (state, one) in enumerate(zip(states, filters, strict=False)):
        state.filter = one if index == 0 else UNKNOWN
    return states


def _state(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    subject = arguments.positional[0] if arguments.positional else UNKNOWN
    if arguments.is_partial:
        return UNKNOWN
    states = _states_of(tracer, subject, arguments.positional[1:], node)
    return states[0] if len(states) == 1 else Tuple(states)


def _merge(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`nnx.merge(graphdef, *states)`: a new object of the level of here. Since Flax 0.11 it has the very Variables of the states, unless `copy=True`."""
    graphdef = arguments.positional[0] if arguments.positional else UNKNOWN
    if not isinstance(graphdef, GraphDef):
        return UNKNOWN
    _lacks_states(tracer, graphdef, arguments, node)
    parts = graphdef.attributes.get("parts")
    subjects = parts.items if isinstance(parts, Tuple) else (graphdef.of,)
    traced = next((level for value in arguments.positional[1:] if (level := _state_level(value)) is not None), tracer.stage)
    last = arguments.positional[-1]
    copies = arguments.keywords.get("copy", FALSE) != FALSE
    keeps = all(isinstance(value, State) and value.of is graphdef.of for value in arguments.positional[1:]) and graphdef.of is not None
    view = states.merged_through(arguments.positional[1:], graphdef.of, tracer.level) or View(tracer.level, traced, keeps_shapes=keeps, stacks=not keeps)
    view.may_keep_numbers = any(not isinstance(value, State) or value.view is None for value in arguments.positional[1:])
    is_old = tracer.library.flax_minor < (0, 11) or tracer.forks
    if tracer.level is not None and not is_old and isinstance(last, State) and last.level is not tracer.level and not copies:
        view.level, view.merged = last.level, tracer.place(node)
    for subject in subjects:
        if isinstance(subject, Object):
            tracer.made_concrete(subject)
    made = tuple(tracer.clone(subject, view) if isinstance(subject, Object) else UNKNOWN for subject in subjects)
    return Tuple(made) if isinstance(parts, Tuple) else made[0]


def _lacks_states(tracer: Libraries, graphdef: GraphDef, arguments: Arguments, node: program.Node) -> None:
    """Record that `nnx.merge` gets some States of a split and not the others, of which one certainly holds something."""
    given = [value.part for value in arguments.positional[1:] if isinstance(value, State) and value.part is not None]
    if arguments.is_partial or arguments.keywords or graphdef.split is None or not given or len(given) < len(arguments.positional) - 1:
        return
    if any(part[0] != graphdef.split for part in given):
        return
    missing = [index for index in range(len(graphdef.parts)) if (graphdef.split, index) not in given and graphdef.parts[index]]
    if missing:
        sorts = sorted(sort for index in missing for sort in graphdef.parts[index] or ())
        tracer.emit(events.IncompleteMerge(tracer.place(node), node, tracer.context, tracer.guards, len(given), len(graphdef.parts), tuple(sorts)))


def _state_level(value: Value) -> Any:
    if isinstance(value, State) and value.view is not None:
        return value.view.arrays
    return value.level if isinstance(value, Tree | Array) else None


def _clone(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    del node
    subject = arguments.positional[0] if arguments.positional else UNKNOWN
    if not isinstance(subject, Object):
        return UNKNOWN
    clone = tracer.clone(subject, View(tracer.level, tracer.stage, True))
    if tracer.level is None:
        note_clone(tracer, subject, clone)
    return clone


def _view(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`nnx.view(node, deterministic=True)`: other Modules with the same Variables, of which those that have such an attribute have it set."""
    del node
    subject = arguments.positional[0] if arguments.positional else UNKNOWN
    if not isinstance(subject, Module):
        return UNKNOWN
    shown = tracer.clone(subject, View(tracer.level, None, keeps_arrays=True, shares=True))
    for name, value in arguments.keywords.items():
        if name not in ("only", "raise_if_not_found", "graph"):
            tracer._set_everywhere(shown, name, value if "only" not in arguments.keywords else UNKNOWN, set())
    return shown


def _pop(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    del node
    for value in arguments.positional[:1]:
        note_popped(tracer, value)
    return UNKNOWN


def _update(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    for subject in arguments.positional[:1]:
        for item in subject.items if isinstance(subject, Tuple) else (subject,):
            if isinstance(item, Object) and not isinstance(item, State):
                tracer.mutate(item, "update", node)
                refilled_across(tracer, item, arguments.positional[1:], node)
                note_refilled(tracer, item, arguments.positional[1:])
                tracer.made_concrete(item)
                refilled(tracer, item, arguments.positional[1:])
    return NONE


def _data(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`nnx.data(value)`: a container is marked as one that a Module may hold; of a Python value it is not said any more what it is."""
    del node
    value = arguments.positional[0] if arguments.positional else UNKNOWN
    match value:
        case List() | Dict():
            value.contents["data"] = True  # The mark outlives the branch that it was set in: who marks it once means it.
            return Marked(value)
        case Tuple(items=items):
            return Marked(List({"items": items, "data": True}, tracer.level, "tuple"))
        case Static() if value != NONE:
            return UNKNOWN
        case _:
            return Marked(value)


def _tree_map(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`jax.tree.map(f, tree, *rest)`: `f` is called with leaves."""
    if len(arguments.positional) < 2:
        return UNKNOWN
    function, *trees = arguments.positional
    leaves = tuple(map(_leaf, trees))
    given: Value = UNKNOWN
    if any(leaf is UNKNOWN for leaf in leaves):
        effects.may_run(tracer, function)
    elif isinstance(trees[0], Array):
        given = tracer.call(function, Arguments(leaves, {}, (None,) * len(leaves)), node)
    else:  # It is called for each of the leaves, of which nobody knows how many they are.
        given, _ = effects.perhaps(tracer, lambda: tracer.call(function, Arguments(leaves, {}, (None,) * len(leaves)), node))
    first = trees[0]
    if isinstance(first, Array):
        return given
    if isinstance(first, Tree) and isinstance(given, Array | Tree | Unknown):
        return Tree(first.level, first.origin, first.role)
    if isinstance(first, State) and first.role != "gradient" and any(_role(tree) == "gradient" for tree in trees[1:]):
        return _updated_state(tracer, node)
    return UNKNOWN


def _updated_state(tracer: Libraries, node: program.Node) -> State:
    """The State of a model after a step."""
    return State("flax.nnx.State", {}, tracer.level, tracer.place(node), is_open=True, role="updated")


def _apply_updates(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`optax.apply_updates(params, updates)`."""
    first = arguments.get(0, "params")
    optimizing.applied(tracer, arguments, node)
    return _updated_state(tracer, node) if isinstance(first, State) and first.role != "gradient" else UNKNOWN


def _merges(tracer: Libraries) -> bool:
    """Whether the function at hand calls `merge`: then it may be the Module made by it that has the new values."""
    function = tracer.frame.function
    calls = (each for each in program.walk(function.definition) if isinstance(each, program.Call)) if function is not None else ()
    return any(program.last_name(each.function) == "merge" for each in calls)


def _replace_by_pure_dict(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`nnx.replace_by_pure_dict(state, values)` changes the State in place."""
    del node
    first = arguments.nodes[0] if arguments.nodes else None
    if first is not None and isinstance(first.value, program.Name) and isinstance(arguments.positional[0], State) and not _merges(tracer):
        tracer.made_of_nothing(first.value, "restored")
    return NONE


def _leaf(tree: Value) -> Value:
    match tree:
        case Array():
            return tree
        case Tree(level=level, origin=origin):
            return Array(level, origin=origin)
        case State() if tree.view is not None and tree.view.arrays is not None:
            return Array(tree.view.arrays, origin=tree.origin)
        case Tuple() | List() | Dict():
            level = value_level(tree)
            return Array(level, origin=value_origin(tree)) if level is not None else UNKNOWN
        case _:
            return UNKNOWN


def _concrete(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    del tracer, arguments, node
    return Static("concrete")


def _unjitted(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`jax.disable_jit()`, unless it is told not to."""
    del tracer, node
    return UNKNOWN if arguments.get(0, "disable") not in (None, TRUE) else Static("unjitted")


def _asks_whether_traced(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`jax.core.is_concrete(x)`: what is under its test is written for one of both."""
    del tracer, arguments, node
    return ASKED


def _configured(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`jax.config.update("jax_disable_jit", True)`."""
    del node
    name, value = arguments.get(0, "name"), arguments.get(1, "val")
    if isinstance(name, Static) and name.constant == "jax_disable_jit" and value is not None and tracer.frame.function is None:
        tracer.journal.set(tracer.frame.module.names, UNJITTED, value)
    return NONE


def _is_subdtype(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    del tracer, node
    dtype, kind = arguments.get(0, "arg1"), arguments.get(1, "arg2")
    known = is_subdtype(dtype, kind) if dtype is not None and kind is not None else None
    return BOOL if known is None else Static("bool", known)


def _eager(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`jax.device_get` converts concrete arrays to numpy, and gives back a tracer as it is."""
    del node
    first = arguments.positional[0] if arguments.positional else UNKNOWN
    if not isinstance(first, Array):
        return UNKNOWN
    if first.level is not None:
        return first
    if arguments.nodes and (argument := arguments.nodes[0]) is not None:
        tracer.emit(events.Conversion(tracer.place(argument.value), argument.value, tracer.context, tracer.guards, "numpy", "jax.device_get", first))
    return HOST_ARRAY


def _same_value(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    del tracer, node
    return arguments.positional[0] if arguments.positional and isinstance(arguments.positional[0], Array | Tree) else UNKNOWN


def _collective(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`jax.lax.psum(x, axis_name)`: the same in each lane, so the level that maps the lanes does not trace it."""
    del node
    return _gathered(tracer, arguments.positional[0]) if arguments.positional else UNKNOWN


def _all_gathered(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`jax.lax.all_gather(x, axis_name)`: what all lanes have, with one dimension more, or a longer one."""
    gathered = _collective(tracer, arguments, node)
    if isinstance(gathered, Array):
        return Array(gathered.level, gathered.dtype, origin=gathered.origin, exact=gathered.exact)
    return UNKNOWN


def _gathered(tracer: Libraries, value: Value) -> Value:
    match value:
        case Array(level=Level(kind=LevelKind.BATCHED) as level):
            outer = level.parent
            if outer is not None and outer.stage is None:  # One of several that map, or that differentiate: which of them names the axis is not known.
                return UNKNOWN
            return Array(outer, value.dtype, value.low, value.high, value.origin if outer is not None else None, "", value.dims, None, value.exact)
        case Array(level=Level()):
            return value
        case Tuple(items=items, fields=fields):
            return Tuple(tuple(_gathered(tracer, item) for item in items), fields)
        case Dict():
            return Dict({key: _gathered(tracer, item) for key, item in value.items.items()}, {"open": value.is_open}, tracer.level)
        case _:
            return UNKNOWN


def _initialize(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """An initializer draws an array: `init(key, shape, dtype)`."""
    return keys.drawn(tracer, arguments, 1, node, "jax.nn.initializers.Initializer")


def _pool(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`nnx.max_pool(inputs, window_shape, strides, padding)`."""
    inputs = arguments.get(0, "inputs")
    if inputs is None or not isinstance(inputs, Array):
        return UNKNOWN
    low, high, dims = shapes.NOTHING
    if not arguments.is_partial:
        low, high, dims = shapes.pooled(shapes.extent(inputs), arguments.get(1, "window_shape"), arguments.get(2, "strides"), arguments.get(3, "padding"))
    return tracer.result((inputs,), node, program.text(node) if isinstance(node, program.Call) else "pool", low=low, high=high, dims=dims)


def _state_axes(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`nnx.StateAxes({filter: axis, …})` with its filters and axes, where they are written out."""
    first = node.arguments[0].value if isinstance(node, program.Call) and node.arguments else None
    if not isinstance(first, program.DictDisplay) or None in first.keys or arguments.is_partial:
        return UNKNOWN
    filters = tuple(tracer.evaluate_quietly(key) for key in first.keys if key is not None)
    axes = tuple(tracer.evaluate_quietly(value) for value in first.values)
    held: dict[str, Value] = {"filters": Tuple(filters), "axes": Tuple(axes)}
    return Object("flax.nnx.StateAxes", held, tracer.level, tracer.place(node), is_open=True)


def _diff_state(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    """`nnx.DiffState(argnum, filter)`: of which Variables of an argument a gradient is taken."""
    held: dict[str, Value] = {"argnum": arguments.get(0, "argnum") or UNKNOWN, "filter": arguments.get(1, "filter") or UNKNOWN}
    return Object("flax.nnx.DiffState", held, tracer.level, tracer.place(node), is_open=True)


def _unknown(tracer: Libraries, arguments: Arguments, node: program.Node) -> Value:
    del tracer, arguments, node
    return UNKNOWN


_INITIALIZER = "jax.nn.initializers.Initializer()"
_INITIALIZES = (_INITIALIZER, "jax.nn.initializers.zeros", "jax.nn.initializers.ones")
"""What functions like `jax.nn.initializers.normal()` make: a function that draws."""

_FUNCTIONS: dict[str, Model] = {
    "functools.partial": _partial,
    "functools.reduce": iterables.reduce,
    "itertools.chain": iterables.chain,
    "itertools.chain.from_iterable": iterables.chain_of,
    "jax.tree_util.Partial": _partial,
    "flax.nnx.cached_partial": _partial,
    "functools.wraps": _wraps,
    "functools._same": _identity,
    "functools._signed": _signed_as,
    "functools.lru_cache": _cached,
    "functools.cache": _cached,
    "functools._cached": _cached,
    "functools.cached_property": _cached_property,
    "flax.nnx.split_rngs": streams.split_rngs,
    streams.SPLITTING: streams.called_with_split,
    "flax.nnx.StateAxes": _state_axes,
    "contextlib.contextmanager": _context_manager,
    "flax.nnx.DiffState": _diff_state,
    "dataclasses.dataclass": records.dataclass,
    "flax.nnx.dataclass": _identity,
    "dataclasses.field": records.field,
    "flax.struct.field": records.field,
    "dataclasses.replace": record_functions.replace,
    "dataclasses.asdict": record_functions.as_dict,
    "dataclasses.astuple": record_functions.as_tuple,
    "flax.nnx.split": _split,
    "flax.nnx.state": _state,
    "flax.nnx.merge": _merge,
    "flax.nnx.split_context": states.split_context,
    "flax.nnx.clone": _clone,
    "flax.nnx.view": _view,
    "flax.nnx.pop": _pop,
    "flax.nnx.replace_by_pure_dict": _replace_by_pure_dict,
    "optax.apply_updates": _apply_updates,
    "flax.nnx.update": _update,
    "flax.nnx.data": _data,
    "flax.nnx.static": _data,
    "flax.nnx.pure": _unknown,
    "flax.nnx.graphdef": _unknown,
    "jax.tree.map": _tree_map,
    "jax.tree_util.tree_map": _tree_map,
    "jax.tree_map": _tree_map,
    "jax.ensure_compile_time_eval": _concrete,
    "jax.disable_jit": _unjitted,
    "jax.core.is_concrete": _asks_whether_traced,
    "jax.core.trace_state_clean": _asks_whether_traced,
    "jax.config.update": _configured,
    "jax.numpy.issubdtype": _is_subdtype,
    "jax.dtypes.issubdtype": _is_subdtype,
    "flax.nnx.max_pool": _pool,
    "flax.nnx.min_pool": _pool,
    "flax.nnx.avg_pool": _pool,
    "jax.device_get": _eager,
    "jax.device_put": _same_value,
    "jax.block_until_ready": _same_value,
    "jax.nn.identity": _same_value,
    "jax.lax.with_sharding_constraint": _same_value,
    _INITIALIZER: _initialize,
    "jax.lax.cond_p": _unknown,
    "jax.lax.psum": _collective,
    "jax.lax.pmean": _collective,
    "jax.lax.pmax": _collective,
    "jax.lax.pmin": _collective,
    "jax.lax.all_gather": _all_gathered,
    "jax.lax.axis_index": _unknown,
    "jax.lax.axis_size": _unknown,
    "jax.lax.associative_scan": _unknown,
    "jax.lax.custom_root": _unknown,
    "jax.lax.custom_linear_solve": _unknown,
    "jax.lax.reduce": _unknown,
    "jax.lax.reduce_window": _unknown,
    "jax.numpy.vectorize": _unknown,
    "jax.numpy.apply_along_axis": _unknown,
    "jax.numpy.apply_over_axes": _unknown,
    "jax.numpy.piecewise": _unknown,
    "jax.numpy.fromfunction": _unknown,
    "jax.numpy.printoptions": _unknown,
    "jax.numpy.dtype": _unknown,
    "jax.numpy.save": _unknown,
    "jax.numpy.savez": _unknown,
    "jax.numpy.load": _unknown,
}

_LOGGING = frozenset(("debug", "info", "warning", "error", "critical", "exception", "log"))
"""Functions of `logging`, and methods of its loggers, that show their arguments."""


_KEPT = frozenset(
    (
        "kernel_shape",
        "bias_shape",
        "rate",
        "rngs",
        "deterministic",
        "use_running_average",
        "broadcast_dims",
        "use_bias",
        "use_scale",
        "dropout_rate",
        "decode",
        "rng_collection",
        "axis_name",
        "in_features",
        "out_features",
        "num_features",
        "num_embeddings",
        "features",
        "kernel_size",
        "strides",
        "padding",
        "input_dilation",
        "kernel_dilation",
        "feature_group_count",
        "transpose_kernel",
        "axis",
        "feature_axes",
        "momentum",
        "epsilon",
    )
)
"""What a layer's call depends on."""


def _role(value: Value) -> str:
    return value.role if isinstance(value, Array | Tree | State) else ""


def _default_value(default: str | None) -> Value:
    """The value of a default as knowledge writes it."""
    simple: dict[str | None, Value] = {"None": NONE, "True": Static("bool", True), "False": Static("bool", False)}
    if default in simple:
        return simple[default]
    if default is not None and default[:1] == "'":
        return Static("str", default.strip("'"))
    if default is not None and default.lstrip("-").isdigit():
        return Static("int", int(default))
    try:
        number = float(default or "")
    except ValueError:
        return UNKNOWN
    return Static("float", number)
