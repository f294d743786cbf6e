"""Calls of the user's own code: functions, methods and classes are walked with the caller's values."""

from __future__ import annotations

from collections.abc import Iterable

from nnx_lsp import program
from nnx_lsp.knowledge.decorators import KEEPING
from nnx_lsp.program import Place
from nnx_lsp.tracer import among, containers, decisions, effects, events, expected, lists_and_dicts, record_functions, records
from nnx_lsp.tracer.attributes import Attributes
from nnx_lsp.tracer.base import MAX_DEPTH, MAX_REPEATS, VERSION_GUARD, Arguments
from nnx_lsp.tracer.branches import NEXT, RAISE, Exits
from nnx_lsp.tracer.contexts import Context, Frame
from nnx_lsp.tracer.expressions import VERSION, is_version
from nnx_lsp.tracer.instances import is_any_instance
from nnx_lsp.tracer.modules import Session
from nnx_lsp.tracer.state import Changes
from nnx_lsp.tracer.values import (
    GIVEN,
    NONE,
    UNKNOWN,
    Among,
    Bound,
    Class,
    Dict,
    Foreign,
    Function,
    Given,
    Iterator_,
    Level,
    Library,
    LibraryMethod,
    List,
    Manufactured,
    MethodOfAny,
    Module,
    Namespace,
    Object,
    OneOf,
    Origin,
    Partial,
    Static,
    Super,
    Tag,
    Transformed,
    Tree,
    Tuple,
    Unknown,
    Value,
    Variable,
    items_of,
    join,
    options,
    resolution_order,
    tags_of,
)
from nnx_lsp.tracer.views import object_type

_RNGS = Library("flax.nnx.Rngs")


def annotation_place(function: Function, parameter: program.Parameter) -> Place:
    """Where a parameter's annotation stands, or its name: among what is contradicted if a call gave something else."""
    return Place(function.path, function.chunk, (parameter.annotation or parameter).at)


def is_rngs_by_name(function: Function, parameter: program.Parameter) -> bool:
    """Whether a parameter is an Rngs by convention: that of a Module's `__init__` of this name, which nothing else says anything of."""
    is_module = function.owner is not None and "flax.nnx.Module" in function.owner.library_bases
    return parameter.name == "rngs" and is_module and parameter.annotation is None and function.name == "__init__"


_WITHOUT_ARGUMENTS = frozenset(("flax.nnx.Module", "abc.ABC", "typing.Generic", "typing.Protocol", "builtins.object"))
"""Classes of libraries whose subclasses take no arguments by themselves."""
_SAID_OF_EACH = (events.ShapeMismatch, events.StateLost, events.UnfitArgument)
"""Events of a call that are certain, if one of a few values is called, only where each of them brings one."""


class Calls(Attributes):
    """Calls values."""

    _flow = NEXT
    """How the body that was walked last ended."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.around: dict[int, Changes] = {}
        """By identity of a manager that a generator makes: what its body writes."""

    _always_raises = False
    """Whether the body that was walked last cannot return."""

    def call(self, callee: Value, arguments: Arguments, node: program.Node) -> Value:
        """What calling a value with these arguments gives."""
        match callee:
            case Function():
                return self._call_user(callee, arguments, node)
            case Bound(function=function, receiver=receiver):
                if isinstance(function, Function):
                    return self._call_user(function, arguments.preceded(receiver), node)
                return self.call(function, arguments.preceded(receiver), node)
            case Partial(function=function, arguments=first, keywords=keywords):
                bound = Arguments(
                    first + arguments.positional,
                    {**keywords, **arguments.keywords},
                    (None,) * len(first) + arguments.nodes,
                    arguments.keyword_nodes,
                    arguments.is_partial,
                )
                return self.call(function, bound, node)
            case Class():
                return self.instantiate(callee, arguments, node)
            case Library():
                return self.call_library(callee, arguments, node)
            case LibraryMethod(owner="property", name=name, receiver=Transformed() as receiver):
                given = arguments.positional[0] if arguments.positional else UNKNOWN
                getter = given if name == "getter" else receiver.function
                return Transformed(receiver.transform, getter, {**receiver.options, name: given}, receiver.place)
            case LibraryMethod(owner=record_functions.DATACLASS):
                return record_functions.call(self, callee, arguments, node)
            case LibraryMethod(owner=record_functions.NAMED_TUPLE, name=name, receiver=Tuple() as held):
                return record_functions.method_of_named_tuple(self, held, name, arguments)
            case LibraryMethod():
                return self.call_method(callee, arguments, node)
            case Transformed():
                return self.call_transformed(callee, arguments, node)
            case Tuple() | List() | Object(cls=containers.LIST):
                self.emit(events.NotCallable(self.place(node), node, self.context, self.guards, callee))
                return UNKNOWN
            case Object():
                return self.call_object(callee, arguments, node)
            case OneOf(options=options):
                return self._call_one_of(options, tags_of(callee), arguments, node)
            case Super():
                return UNKNOWN
            case Namespace():
                self.write_namespace(callee)
                return UNKNOWN
            case Manufactured():
                effects.made(self, callee, arguments)
                return UNKNOWN
            case MethodOfAny():
                self.escape(arguments.values())
                return among.called(self, callee)
            case Foreign(name=name) if name in KEEPING:
                return kept_by(arguments)
            case _:
                self.escape(arguments.values())
                self._may_set(arguments.positional)
                return VERSION if any(map(is_version, arguments.positional)) else UNKNOWN

    def _may_set(self, values: tuple[Value, ...]) -> None:
        """Code that is not known, and gets an object with the name of one of its attributes, may set that (`mock.patch.object(model, "size", 3)`)."""
        for name in values[1:2]:
            if not (isinstance(name, Static) and isinstance(name.constant, str)):
                continue
            for owner in options(values[0]):
                has = self.peek(owner, name.constant) if isinstance(owner, Object) else owner.lookup(name.constant) if isinstance(owner, Class) else None
                if isinstance(owner, Object | Class) and has is not None:
                    self.journal.set(owner.attributes, name.constant, UNKNOWN)

    def _call_one_of(self, callees: tuple[Value, ...], tags: tuple[Tag, ...], arguments: Arguments, node: program.Node) -> Value:
        """Call one of a few values. What is said of the call itself is certain only where it is said of each of them; so is what happens inside of the
        methods of objects of different classes: which of them it is often goes with what the code around knows (`if self.kind == "linear": …`)."""
        several = len({callee.cls for callee in map(_receiver, callees) if isinstance(callee, Object)}) > 1
        is_choice = not all(isinstance(_receiver(callee), Object) for callee in callees)
        inside: list[set[tuple[type, Place]]] = []
        count, mark = len(self.events), self.journal.mark()
        results: list[Value] = []
        ways: list[Changes] = []
        names: list[set[str]] = []
        over: list[bool] = []
        said: list[set[type[events.Event]]] = []
        for callee, tag in zip(callees, tags, strict=True):
            before = len(self.events)
            self.frame.is_over = False
            decisions.assume(self, tag)
            self.choosing += is_choice
            try:
                results.append(self.call(callee, arguments, node))
            finally:
                self.choosing -= is_choice
            over.append(self.frame.is_over)
            inside.append({(type(event), event.place) for event in self.events[before:] if event.context is not self.context})
            ways.append(self.journal.rollback(mark))
            names.append({event.name for event in self.events[before:] if isinstance(event, events.Call) and event.node is node})
            said.append(self.said_since(before, _SAID_OF_EACH))
        self.journal.merge(ways)
        self.frame.is_over = all(over)
        shared = set.intersection(*names)
        self.keep_what_each_says(count, said)
        if several:
            common = set.intersection(*inside)
            self.events[count:] = [event for event in self.events[count:] if event.context is self.context or (type(event), event.place) in common]
        self.events[count:] = [event for event in self.events[count:] if not isinstance(event, events.Call) or event.node is not node or event.name in shared]
        return join(results)

    def escape(self, values: Iterable[Value], depth: int = 3) -> None:
        """Values are given to code that is not known: what a container holds afterwards is not known either."""
        for value in values:
            effects.may_run(self, value)
            match value:
                case Class():
                    self.note_registered(value)
                case Object():
                    self.note_escape(value)
                    self._reach_parts(value, depth)
                    if isinstance(value, Variable):
                        self.journal.set(value.attributes, "value", UNKNOWN)
                    if isinstance(value, Module):
                        self.open_modes(value)
                case Dict() | List():
                    if depth:
                        self.escape(value.items.values() if isinstance(value, Dict) else value.items or (value.element,), depth - 1)
                    lists_and_dicts.forget(self, value)
                case OneOf(options=held) | Tuple(items=held) if depth:
                    self.escape(held, depth - 1)
                case Iterator_(items=given, element=element) if depth:
                    self.escape(given if given is not None else (element,), depth - 1)
                case Among(held=inner) | MethodOfAny(held=inner):
                    among.change(self, inner)
                case LibraryMethod(receiver=List() | Dict() as receiver) | Bound(receiver=receiver):
                    self.escape((receiver,), depth)
                case Partial(function=function, arguments=arguments, keywords=keywords) if depth:
                    self.escape((function, *arguments, *keywords.values()), depth - 1)
                case _:
                    pass

    def _reach_parts(self, value: Value, depth: int) -> None:
        """Code that is not known got what holds these objects: it may have put others in their place, or changed them."""
        match value:
            case Object():
                held: Iterable[Value] = tuple(value.attributes.values())
            case OneOf(options=held):
                pass
            case _:
                held = items_of(value)
        for part in held:
            if isinstance(part, Object):
                if self.is_escaped(part):
                    continue
                self.note_escape(part)
            if depth:
                self._reach_parts(part, depth - 1)

    def open_modes(self, module: Module) -> None:
        """Nobody knows in which mode the layers of a Module run from here on."""
        raise NotImplementedError

    def manufacture(self, metaclass: Value, node: program.ClassDef) -> None:
        """A class is made by a metaclass of the user."""
        effects.manufacture(self, metaclass, node)

    def enter_manager(self, manager: Value, node: program.WithItem) -> Value:
        """What `with manager as …` binds."""
        return effects.enter(self, manager, node)

    def leave_manager(self, manager: Value, node: program.WithItem) -> bool | None:
        """The end of a `with`."""
        return effects.leave(self, manager, node)

    # Functions ------------------------------------------------------------------------------------------------------

    def _call_user(self, function: Function, arguments: Arguments, node: program.Node) -> Value:
        self._always_raises = False
        result = self.call_function(function, arguments, node)
        if self._always_raises:
            self.frame.is_over = True
        if isinstance(node, program.Call):
            self._user_call(function, arguments, node, result)
        return result

    def _user_call(self, callee: Function, arguments: Arguments, node: program.Call, result: Value) -> None:
        """Record a call of the user's own function, with what its signature makes of the arguments."""
        parameters = callee.definition.parameters
        names = [parameter.name for parameter in parameters if parameter.kind in ("positional", "either")]
        known = {parameter.name for parameter in parameters if parameter.kind in ("either", "keyword")}
        takes_any = any(parameter.kind == "**" for parameter in parameters)
        found: list[events.CallArgument] = []
        for index, (argument, value) in enumerate(zip(arguments.nodes, arguments.positional, strict=False)):
            if argument is not None:
                found.append(events.CallArgument(self.place(argument), argument, value, names[index] if index < len(names) else None))
        for name, argument in arguments.keyword_nodes.items():
            found.append(
                events.CallArgument(
                    self.place(argument),
                    argument,
                    arguments.keywords[name],
                    name if name in known or takes_any else None,
                )
            )
        unexpected = () if takes_any else tuple(name for name in arguments.keyword_nodes if name not in known)
        call = events.Call(
            self.place(node),
            node,
            self.context,
            self.guards,
            callee,
            "",
            tuple(found),
            result,
            unexpected=unexpected,
            has_star=arguments.is_partial,
            owner=arguments.positional[0] if arguments.positional else None,
        )
        self.emit(call)

    def call_function(
        self,
        function: Function,
        arguments: Arguments,
        node: program.Node,
        *,
        text: str = "",
        level: Level | None = None,
        place: Place | None = None,
    ) -> Value:
        """Walk a function's body with the arguments; what it returns. With `level` the body runs under that transform level."""
        definition = function.definition
        inner = level or self.level
        if self.depth >= (self.reach if inner is None else MAX_DEPTH) or sum(active is definition for active in self.active) >= MAX_REPEATS:
            self.escape(arguments.values())  # It is code that is not known: it may write any attribute.
            return UNKNOWN
        if not takes(definition, arguments):  # It raises TypeError before anything of it runs, or is another function than it seems.
            self.escape(arguments.values())
            return UNKNOWN
        where = place or self.place(node)
        said = text or f"called as `{program.text(node) if isinstance(node, program.Call) else function.name}`"
        context = Context(self.context, where, said, function.name, inner, not text, function)
        if inner is not None:
            self.closures[id(function.closure)] = function.closure
        frame = Frame(function.path, function.chunk, {}, function.closure, context, function, function.owner)
        frame.is_initializer = function.name == "__init__" or (self.frame.is_initializer and self._shares_self(arguments))
        frame.names.update(self.bind(function, arguments))
        frame.given = decisions.given(definition, arguments.nodes, arguments.keyword_nodes, self.frame, level)
        self.walked.add(function.place)
        if not text or isinstance(node, program.Call):
            for parameter in definition.parameters:
                given = frame.names[parameter.name]
                is_other = is_rngs_by_name(function, parameter) and not isinstance(given, Tree) and self.is_instance(given, _RNGS) is False
                if is_other or self.contradicts(given, parameter.annotation, function.closure):
                    self.walk.contradicted.add(annotation_place(function, parameter))
        if inner is not None and inner.stage is not None:
            self.staged.add(function.place)
        if level is not None and any(map(self.asks_made, ("jax_disable_jit", "JAX_DISABLE_JIT"))):
            with self.guarded((VERSION_GUARD,)):  # Whether anything is traced is a matter of configuration.
                return self.run(frame, definition)
        return self.run(frame, definition)

    def _shares_self(self, arguments: Arguments) -> bool:
        function = self.frame.function
        if function is None or not function.definition.parameters or not arguments.positional:
            return False
        return self.frame.names.get(function.definition.parameters[0].name) is arguments.positional[0]

    def run(self, frame: Frame, definition: program.FunctionDef | program.Lambda) -> Value:
        """Walk the body of a function in its frame; what it returns."""
        outer = self.frame
        frame.moment = self.moment
        loop_exits, concrete, forks, guards = self._loop_exits, self.is_concrete, self.forks, self.guards
        self.frame, self._loop_exits = frame, []
        self.active.append(definition)
        self.depth += 1
        mark = self.journal.mark()
        self._exits.append(Exits(mark))
        if frame.level is not (outer.level if outer else None):
            self.is_concrete = False
        if expected.may_fail(definition):
            self.guards = (*guards, expected.ANY)
        try:
            if isinstance(definition, program.Lambda):
                value = self.evaluate(definition.body)
                self.leave(frame, mark)
                self._always_raises = frame.is_over
                return UNKNOWN if frame.is_over else value
            flow = self._flow = self.execute(definition.body)
            if flow == NEXT:
                frame.returns.append(NONE)
            self._merge_exits(reached=flow != RAISE)
            self.leave(frame, mark)
            if definition.is_generator:
                return Iterator_(join(frame.returns[:-1]) if len(frame.returns) > 1 else UNKNOWN)
            if definition.is_async:
                return UNKNOWN
            self._always_raises = flow == RAISE and not frame.returns and not frame.is_abstract
            return join(frame.returns) if frame.returns else UNKNOWN
        finally:
            self._exits.pop()
            self.frame = outer
            self._loop_exits, self.is_concrete, self.forks, self.guards = loop_exits, concrete, forks, guards
            self.active.pop()
            self.depth -= 1

    def _merge_exits(self, *, reached: bool) -> None:
        """Join what ways that returned early wrote with what the end of the body leaves."""
        exits = self._exits[-1]
        if not exits.returns:
            return
        end = self.journal.rollback(exits.mark)
        self.journal.merge([*exits.returns, end] if reached else exits.returns)

    def bind(self, function: Function, arguments: Arguments) -> dict[str, Value]:
        """The names of the parameters with their values; a parameter that gets none is its default, or unknown."""
        names: dict[str, Value] = {}
        positional = list(arguments.positional)
        keywords = dict(arguments.keywords)
        for parameter in function.definition.parameters:
            name = parameter.name
            match parameter.kind:
                case "positional" | "either":
                    if positional:
                        names[name] = self._told(positional.pop(0), parameter, function)
                    elif name in keywords:
                        names[name] = self._told(keywords.pop(name), parameter, function)
                    else:
                        names[name] = self._default(function, parameter, arguments)
                case "*":
                    names[name] = Tuple(tuple(positional)) if not arguments.is_partial else Iterator_(UNKNOWN)
                    positional = []
                case "keyword":
                    names[name] = self._told(keywords.pop(name), parameter, function) if name in keywords else self._default(function, parameter, arguments)
                case _:
                    names[name] = Dict(dict(keywords.items()), {"open": arguments.is_partial}, self.level)
        return names

    def _told(self, value: Value, parameter: program.Parameter, function: Function) -> Value:
        """An argument of which nothing is known is what its parameter's annotation says."""
        if type(value) in (Unknown, Given, Among) and parameter.annotation is not None:
            told = self.annotated(parameter.annotation, function.closure)
            if told is None:
                return value
            return join(option for option in options(told) if option != NONE) if value is GIVEN else told
        return value

    def _default(self, function: Function, parameter: program.Parameter, arguments: Arguments) -> Value:
        if arguments.is_partial:
            return UNKNOWN
        value = function.defaults.get(parameter.name, UNKNOWN)
        if self.moment:  # It outlives the call, like a name of the module.
            self.settle(value, function.path, may_change=False)
        return value

    # Classes --------------------------------------------------------------------------------------------------------

    def instantiate(self, cls: Class, arguments: Arguments, node: program.Node) -> Value:
        """An instance of a class of the user: its `__init__` is walked."""
        made = records.made_by_base(self, cls, arguments)
        if made is not None:
            return made
        if (maker := cls.lookup("__new__")) is not None:
            return self._instance_of_new(cls, maker[0], arguments, node)
        if cls.is_open and not cls.library_bases:
            instance: Object = Object(cls, {}, self.level, self.place(node), is_open=True)
        else:
            instance = self.new_instance(cls, self.place(node))
        self.made.append(instance)
        self.initialize(instance, cls, arguments, node)
        self.emit(events.Instantiated(self.place(node), node, self.context, self.guards, instance))
        return instance

    def _instance_of_new(self, cls: Class, maker: Value, arguments: Arguments, node: program.Node) -> Value:
        """What a class with its own `__new__` gives: that may be anything, and its `__init__` runs if it is an instance."""
        self.call(maker.function if isinstance(maker, Transformed) else maker, arguments.preceded(cls), node)
        self.frame.is_over = False
        instance = self.new_instance(cls, self.place(node))
        instance.is_open = True
        count = len(self.events)
        effects.perhaps(self, lambda: self._begun(instance, cls, arguments, node))
        del self.events[count:]  # It runs on an instance of this class alone, and by itself it is walked anyway.
        self.frame.is_over = False
        return UNKNOWN

    def _begun(self, instance: Object, cls: Class, arguments: Arguments, node: program.Node) -> Value:
        self.initialize(instance, cls, arguments, node)
        return instance

    def new_instance(self, cls: Class, place: Place | None) -> Object:
        """A bare instance of a class of the user."""
        kind: type[Object] = Object
        for name in cls.library_bases:
            kind = object_type(name, self.library.is_subclass)
            if kind is not Object:
                break
        instance = kind(cls, {}, self.level, place, self.is_template, cls.is_open)
        instance.is_open = cls.is_open
        if cls.lookup("__new__") is not None or any(map(_may_add, resolution_order(cls))):
            self.note_escape(instance)  # There may be attributes that were not seen.
        instance.forks = self.forks
        return instance

    def initialize(self, instance: Object, cls: Class, arguments: Arguments, node: program.Node) -> None:
        """Walk `__init__`, or assign the fields of a dataclass."""
        found = records.initializer(cls)
        if found is not None:
            function = found[1]
            if function is None:
                records.assign_fields(self, instance, found[0], arguments, node)
            elif isinstance(function, Function):
                self.unfinished.add(id(instance))
                self.keep_alive.append(instance)
                self._flow = RAISE
                self._call_user(function, arguments.preceded(instance), node)
                if self._flow != RAISE:
                    self.unfinished.discard(id(instance))
            else:
                self.note_escape(instance)
                instance.is_open = True
                self.call(Bound(function, instance), arguments, node)
            return
        given = bool(arguments.positional or arguments.keywords) and not arguments.is_partial
        if (
            given
            and not cls.is_open
            and cls.library_bases[:1] == ("flax.nnx.Module",)
            and set(cls.library_bases) <= _WITHOUT_ARGUMENTS
            and not any(one.decorators for one in resolution_order(cls))
        ):
            self.emit(events.NoInitializer(self.place(node), node, self.context, self.guards, cls, tuple(arguments.keywords)))
        for name in cls.library_bases:
            self.initialize_library(instance, name, arguments, node)
            return
        if cls.is_open:
            self.escape(arguments.values())

    def call_object(self, callee: Object, arguments: Arguments, node: program.Node) -> Value:
        """Call an instance: its `__call__`, or what a library's class does."""
        self.use(callee, node)
        if callee.is_of_another_class:
            self.forget(callee)
            self.escape(arguments.values())
            return UNKNOWN
        if isinstance(callee.cls, Class) and (found := callee.cls.lookup("__call__")) is not None:
            if is_any_instance(callee) and "__call__" in self.names_below(callee.cls):
                self.escape(arguments.values())
                return UNKNOWN
            return self.call(Bound(found[0], callee), arguments, node)
        if isinstance(callee.cls, Class) and isinstance(callee, Module) and not callee.is_open and "flax.nnx.Module" in callee.cls.library_bases[:1]:
            self.emit(events.AttributeRead(self.place(node), node, self.context, self.guards, callee, "__call__", UNKNOWN, False))
            return UNKNOWN
        return self.call_library_object(callee, arguments, node)

    # Of the other parts ---------------------------------------------------------------------------------------------

    def call_library(self, callee: Library, arguments: Arguments, node: program.Node) -> Value:
        raise NotImplementedError

    def call_method(self, callee: LibraryMethod, arguments: Arguments, node: program.Node) -> Value:
        raise NotImplementedError

    def call_transformed(self, callee: Transformed, arguments: Arguments, node: program.Node) -> Value:
        raise NotImplementedError

    def call_library_object(self, callee: Object, arguments: Arguments, node: program.Node) -> Value:
        raise NotImplementedError

    def initialize_library(self, instance: Object, name: str, arguments: Arguments, node: program.Node) -> None:
        raise NotImplementedError


__all__ = ["Calls", "Origin", "kept_by"]


def kept_by(arguments: Arguments) -> Value:
    """What a decorator that keeps what it is given gives: that, or (called with its options) a decorator that does."""
    first = arguments.positional[0] if arguments.positional else None
    is_given = isinstance(first, Function | Transformed | Bound | Partial | LibraryMethod | Class | Object | Unknown)
    return first if is_given and first is not None else Library("functools._same")


def _receiver(callee: Value) -> Value:
    return callee.receiver if isinstance(callee, Bound) else callee


def _may_add(cls: Class) -> bool:
    """Whether a decorator that is not a library's may give a class attributes of its own."""
    decorators = [each.function if isinstance(each, Partial) else each for each in cls.decorators]
    return any(isinstance(each, Function | Bound) for each in decorators)


def takes(definition: program.FunctionDef | program.Lambda, arguments: Arguments) -> bool:
    """Whether a function can be called with these arguments: `False` where Python certainly raises TypeError at once."""
    if arguments.is_partial:
        return True
    kinds = {parameter.kind for parameter in definition.parameters}
    places = [parameter for parameter in definition.parameters if parameter.kind in ("positional", "either")]
    if "*" not in kinds and len(arguments.positional) > len(places):
        return False
    filled = {parameter.name for parameter in places[: len(arguments.positional)]}
    by_name = {parameter.name for parameter in definition.parameters if parameter.kind in ("either", "keyword")} - filled
    if "**" not in kinds and not arguments.keywords.keys() <= by_name:
        return False
    wanted = (parameter for parameter in definition.parameters if parameter.kind in ("positional", "either", "keyword") and parameter.default is None)
    return all(parameter.name in filled or parameter.name in arguments.keywords for parameter in wanted)
