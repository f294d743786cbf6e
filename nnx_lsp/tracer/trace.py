"""The walk of a file: the module, then what nobody called: transformed functions, methods and functions by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nnx_lsp import program
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.knowledge.library import Library as Knowledge
from nnx_lsp.knowledge.transforms import TRANSFORMS, Shape, Transform
from nnx_lsp.program import Place
from nnx_lsp.tracer.annotations import Annotations
from nnx_lsp.tracer.attributes import resolution_order
from nnx_lsp.tracer.base import MAX_STEPS, Arguments, BudgetExceededError
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.events import Event
from nnx_lsp.tracer.state import Journal
from nnx_lsp.tracer.statements import NEXT
from nnx_lsp.tracer.values import (
    UNKNOWN,
    Array,
    Bound,
    Class,
    Dict,
    Function,
    Iterator_,
    Level,
    Module,
    Object,
    OneOf,
    Origin,
    Partial,
    Rngs,
    Static,
    Transformed,
    Tree,
    Value,
    View,
    join,
)

_MODULE_STEPS = 400_000
"""How many expressions the walk of the module itself, with all that it calls, may evaluate."""
_FILE_STEPS = 2_000_000
"""How many expressions all walks of a file may evaluate."""


def trace(module: program.Module, library: Knowledge) -> list[Event]:
    """Walk a file as Python and JAX would, and give what happened, in order."""
    tracer = Tracer(module, library)
    tracer.walk()
    return tracer.events


class Tracer(Annotations):
    """The whole tracer of one file."""

    def __init__(self, module: program.Module, library: Knowledge) -> None:
        super().__init__(module.path, library)
        self.module = module
        self.applied: list[tuple[Transformed, object]] = []
        self.called: set[int] = set()
        self.host: list[Value] = []
        self.classes: list[Class] = []
        self._templates: dict[int, Object] = {}
        self._being_made: set[int] = set()
        self._generic: set[int] = set()
        self._assigned: dict[int, frozenset[str]] = {}
        self._total = 0

    # Entry points ---------------------------------------------------------------------------------------------------

    def walk(self) -> None:
        """Walk the module, then everything that was not reached from it."""
        with self._entry(_MODULE_STEPS):
            for index, chunk in enumerate(self.module.chunks):
                self.frame.chunk = index
                if self.execute(chunk.statements) != NEXT:
                    break
        with self._entry(MAX_STEPS):
            for value in self.frame.names.values():
                self.keep_alive.append(value)
        self._walk_applied()
        self._walk_methods()
        self._walk_functions()
        self._walk_applied()
        self._walk_assumed()

    @contextmanager
    def _entry(self, limit: int) -> Iterator[None]:
        """One entry point: bounded work, and the state of the walk as it was before, afterwards."""
        frame, created, mark = self.frame, self.created, self.journal.mark()
        is_module = self._total == 0
        self.steps, self.limit = 0, min(limit, _FILE_STEPS - self._total)
        if self.limit <= 0:
            self.limit = 1
        try:
            yield
        except BudgetExceededError:
            pass
        except RecursionError:
            pass
        finally:
            self._total += self.steps + 1
            self.frame, self.created = frame, created
            self.guards, self.depth, self.is_concrete = (), 0, False
            self.active.clear()
            self._exits.clear()
            self._loop_exits.clear()
            self.is_template = False
            if not is_module:
                self.journal.rollback(mark)

    def _walk_applied(self) -> None:
        """Walk transformed functions that no call reached, with arguments as their parameters tell."""
        index = 0
        while index < len(self.applied):
            transformed, frame = self.applied[index]
            index += 1
            if id(transformed) in self.called or transformed.transform not in TRANSFORMS:
                continue
            self.called.add(id(transformed))
            assert isinstance(frame, Frame)
            with self._entry(MAX_STEPS):
                self.frame = frame
                self._walk_transformed(transformed)
            for value in self.host:
                if isinstance(value, Function):
                    self._walk_generic(value)
            self.host.clear()

    def _walk_transformed(self, transformed: Transformed) -> None:
        transform = TRANSFORMS[transformed.transform]
        function, receiver, keywords = _underlying(transformed.function)
        if function is None or transform.level is None:
            return
        level = self.new_level(transform, transformed.place)
        first: tuple[Value, ...] = ()
        parameters = [parameter for parameter in function.definition.parameters if parameter.name not in keywords]
        if receiver is not None:
            first = (receiver,)
        elif function.owner is not None and parameters and not _is_static(function):
            first = (self._self_under(function.owner, transform, level, parameters[0]),)
        skipped = len(first)
        names: dict[str, Value] = dict(keywords)
        positional = list(first)
        for index, parameter in enumerate(parameters[skipped:]):
            value = self._parameter(function, parameter, transform, transformed, index + (skipped if receiver is None else 0), level)
            if parameter.kind in ("positional", "either"):
                positional.append(value)
            elif parameter.kind == "keyword":
                names[parameter.name] = value
        text = f"`{function.name}` runs under `{transform.display}`"
        returned = self.call_function(
            function,
            Arguments(tuple(positional), names),
            function.definition,
            text=text,
            level=level,
            place=transformed.place,
        )
        if transform.shape is Shape.GRADIENT:
            has_aux = transformed.options.get("has_aux", Static("bool", False))
            told = has_aux.constant if isinstance(has_aux, Static) and isinstance(has_aux.constant, bool) else None
            self._differentiated(transformed, returned, told, program.Pass(transformed.place.at))

    def _self_under(self, cls: Class, transform: Transform, level: Level, parameter: program.Parameter) -> Value:
        symbolic = self.symbolic(cls)
        origin = Origin(
            Place(cls.place.path, cls.place.chunk, parameter.at),
            f"argument `{parameter.name}` under `{transform.display}`",
        )
        keeps = transform.level is not LevelKind.STAGED
        return self.clone(symbolic, View(level, None if keeps else level, keeps, parameter.name, origin))

    def _parameter(
        self,
        function: Function,
        parameter: program.Parameter,
        transform: Transform,
        transformed: Transformed,
        index: int,
        level: Level,
    ) -> Value:
        """What a parameter of a transformed function is when nobody is seen calling it."""
        told = self.annotated(parameter.annotation, function.closure) if parameter.annotation is not None else None
        default = function.defaults.get(parameter.name)
        if parameter.kind not in ("positional", "either", "keyword"):
            return UNKNOWN
        position = index if parameter.kind != "keyword" else None
        kept = self.is_kept(transform, transformed, position, parameter.name)
        plain = told if told is not None else UNKNOWN
        if default is not None and told is None:
            plain = join((default, UNKNOWN))
        if kept is None:
            return UNKNOWN
        if transform.level is LevelKind.DIFFERENTIATED:
            return self.seen(plain, View(level, None, True, parameter.name)) if isinstance(plain, Object) else plain
        if kept:
            return plain
        place = Place(function.path, function.chunk, parameter.at)
        origin = Origin(place, f"argument `{parameter.name}` of `{function.name}` under `{transform.display}`")
        view = View(level, level, False, parameter.name, origin)
        if default is not None:
            if isinstance(default, Static) and default.kind in ("int", "float", "bool"):
                return join((default, self.seen(default, view)))
            if isinstance(default, Static) and default.kind == "NoneType":
                return join((default, self.seen(told, view))) if told is not None and not isinstance(told, OneOf) else UNKNOWN
            return default if isinstance(default, Static) and default.kind == "str" else UNKNOWN
        if told is not None:
            return self.seen(told, view)
        return Tree(level, origin)

    # Functions by themselves ----------------------------------------------------------------------------------------

    def _walk_methods(self) -> None:
        """Make one instance of each class for want of a known one: that walks its `__init__`."""
        index = 0
        while index < len(self.classes):
            cls = self.classes[index]
            index += 1
            with self._entry(MAX_STEPS):
                self.symbolic(cls)

    def _walk_functions(self) -> None:
        """Walk every function that was defined and not yet walked by itself."""
        index = 0
        while index < len(self.created):
            function = self.created[index]
            index += 1
            self._walk_generic(function)

    def _walk_generic(self, function: Function) -> None:
        definition = function.definition
        if id(definition) in self._generic or isinstance(definition, program.Lambda):
            return
        if id(definition) in self.walked and function.closure.outer is not None and not function.closure.is_class:
            return
        if function.name == "__init__" and function.owner is not None and id(function.owner) in self._templates:
            return
        self._generic.add(id(definition))
        if any(id(transformed.function) == id(function) for transformed, _ in self.applied):
            return
        with self._entry(MAX_STEPS):
            self.frame = Frame(function.path, function.chunk, {}, function.closure, function.closure.context)
            self.call_function(
                function,
                self._unknown_arguments(function),
                definition,
                text=f"`{function.name}` by itself",
                place=function.place,
            )

    def _unknown_arguments(self, function: Function) -> Arguments:
        """Arguments as annotations, conventions and nothing else tell them."""
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        for index, parameter in enumerate(function.definition.parameters):
            value = self._plain_parameter(function, parameter, index)
            if parameter.kind in ("positional", "either"):
                positional.append(value)
            elif parameter.kind == "keyword":
                keywords[parameter.name] = value
        return Arguments(tuple(positional), keywords)

    def _plain_parameter(self, function: Function, parameter: program.Parameter, index: int) -> Value:
        if index == 0 and function.owner is not None and not _is_static(function):
            return self.symbolic(function.owner)
        told = self.annotated(parameter.annotation, function.closure) if parameter.annotation is not None else None
        if told is not None:
            return told
        is_module = function.owner is not None and "flax.nnx.Module" in function.owner.library_bases
        if parameter.name == "rngs" and is_module and parameter.annotation is None:
            return Rngs("flax.nnx.Rngs", {}, self.level, None, True, True)
        return UNKNOWN

    # Instances that nobody made -------------------------------------------------------------------------------------

    def symbolic(self, cls: Class) -> Object:
        """An instance of a class of which only the class is known; its attributes are what `__init__` makes of unknown arguments."""
        template = self._templates.get(id(cls))
        if template is None:
            template = self._make_template(cls)
        return type(template)(cls, dict(template.attributes), self.level, None, True, template.is_open)

    def _make_template(self, cls: Class) -> Object:
        place = cls.place
        bare = self.new_instance(cls, place)
        bare.is_symbolic = True
        if id(cls) in self._being_made:
            bare.is_open = True
            return bare
        self._being_made.add(id(cls))
        frame, was_template, depth, active = self.frame, self.is_template, self.depth, self.active
        loop_exits, concrete, guards = self._loop_exits, self.is_concrete, self.guards
        self.frame = Frame(place.path, place.chunk, {}, frame.module, None)
        journal, self.journal = (
            self.journal,
            Journal(),
        )  # What a template is made of outlives the entry point that asked for it.
        self.is_template, self.depth, self.active, self._loop_exits, self.is_concrete, self.guards = (
            True,
            0,
            [],
            [],
            False,
            (),
        )
        level_free = bare
        level_free.level = None
        try:
            found = cls.lookup("__init__")
            if found is not None and isinstance(found[0], Function):
                function = found[0]
                self._generic.add(id(function.definition))
                arguments = self._unknown_arguments_after_self(function)
                self.call_function(
                    function,
                    arguments.preceded(bare),
                    function.definition,
                    text=f"`{cls.name}.__init__` by itself",
                    place=function.place,
                )
            elif found is not None:
                bare.is_open = True
            elif self.is_dataclass(cls):
                for one in reversed(resolution_order(cls)):
                    for name, _ in one.fields:
                        bare.attributes[name] = UNKNOWN
            self._add_other_attributes(cls, bare)
        except BudgetExceededError:
            bare.is_open = True
        finally:
            self.frame, self.is_template, self.depth, self.active = frame, was_template, depth, active
            self._loop_exits, self.is_concrete, self.guards = loop_exits, concrete, guards
            self._being_made.discard(id(cls))
            self.journal = journal
        template = type(bare)(cls, dict(bare.attributes), None, place, True, bare.is_open)
        self._templates[id(cls)] = template
        self.keep_alive.append(cls)
        return template

    def _unknown_arguments_after_self(self, function: Function) -> Arguments:
        arguments = self._unknown_for(function)
        return arguments.without_first()

    def _unknown_for(self, function: Function) -> Arguments:
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        for index, parameter in enumerate(function.definition.parameters):
            value = UNKNOWN if index == 0 else self._plain_parameter(function, parameter, index)
            if parameter.kind in ("positional", "either"):
                positional.append(value)
            elif parameter.kind == "keyword":
                keywords[parameter.name] = value
        return Arguments(tuple(positional), keywords)

    def _add_other_attributes(self, cls: Class, bare: Object) -> None:
        """Attributes that other methods assign exist too; nothing is known of what they hold."""
        for one in resolution_order(cls):
            for value in one.attributes.values():
                inner = value
                while isinstance(inner, Transformed | Partial | Bound):
                    inner = inner.function
                if isinstance(inner, Function) and inner.definition.parameters:
                    names = self._assigned.get(id(inner.definition))
                    if names is None:
                        names = self._assigned[id(inner.definition)] = frozenset(assigned_attributes(inner.definition))
                    for name in names:
                        bare.attributes.setdefault(name, UNKNOWN)

    # The assumed jit ------------------------------------------------------------------------------------------------

    def _walk_assumed(self) -> None:
        """Walk the `__call__` of a Module that was never seen under a staging transform once more, as `nnx.jit` would trace it."""
        transform = TRANSFORMS["flax.nnx.jit"]
        for cls in self.classes:
            if "flax.nnx.Module" not in cls.library_bases:
                continue
            method = cls.attributes.get("__call__")
            if not isinstance(method, Function) or id(method.definition) in self.staged:
                continue
            with self._entry(MAX_STEPS):
                level = self.new_level(transform, method.place, is_assumed=True)
                parameters = method.definition.parameters
                if not parameters:
                    continue
                receiver = self._self_under(cls, transform, level, parameters[0])
                positional: list[Value] = [receiver]
                keywords: dict[str, Value] = {}
                for parameter in parameters[1:]:
                    value = self._assumed_parameter(method, parameter, level)
                    if parameter.kind in ("positional", "either"):
                        positional.append(value)
                    elif parameter.kind == "keyword":
                        keywords[parameter.name] = value
                text = f"`{cls.name}.__call__` as `nnx.jit` would trace it"
                self.call_function(
                    method,
                    Arguments(tuple(positional), keywords),
                    method.definition,
                    text=text,
                    level=level,
                    place=method.place,
                )

    def _assumed_parameter(self, function: Function, parameter: program.Parameter, level: Level) -> Value:
        """An input of a `__call__` that is assumed to be jitted: an array where it is annotated as one, else unknown."""
        told = self.annotated(parameter.annotation, function.closure) if parameter.annotation is not None else None
        place = Place(function.path, function.chunk, parameter.at)
        origin = Origin(place, f"argument `{parameter.name}` of `{function.name}`")
        if isinstance(told, Array) and parameter.default is None:
            return Array(level, told.dtype, told.low, told.high, origin)
        if isinstance(told, Object):
            return self.seen(told, View(level, level, False, parameter.name, origin))
        return told if isinstance(told, Static) else UNKNOWN


def _underlying(value: Value) -> tuple[Function | None, Value | None, dict[str, Value]]:
    """The user's function under partials and bound methods, with its receiver and what is bound by keyword."""
    match value:
        case Function():
            return value, None, {}
        case Bound(function=Function() as function, receiver=receiver):
            return function, receiver, {}
        case Partial(function=inner, arguments=(), keywords=keywords):
            under, its, more = _underlying(inner)
            return under, its, {**more, **keywords}
        case _:
            return None, None, {}


def _is_static(function: Function) -> bool:
    definition = function.definition
    return isinstance(definition, program.FunctionDef) and any(
        isinstance(decorator, program.Name) and decorator.id in ("staticmethod", "classmethod") for decorator in definition.decorators
    )


def assigned_attributes(definition: program.FunctionDef | program.Lambda) -> Iterator[str]:
    """Names of the attributes of `self` that a method assigns anywhere in its body."""
    if not definition.parameters or isinstance(definition, program.Lambda):
        return
    receiver = definition.parameters[0].name
    for statement in definition.body:
        for node in program.walk(statement):
            targets: tuple[program.Expression, ...] = ()
            if isinstance(node, program.Assign):
                targets = node.targets
            elif isinstance(node, program.AnnotatedAssign | program.AugmentedAssign):
                targets = (node.target,)
            for target in targets:
                for each in target.elements if isinstance(target, program.TupleDisplay) else (target,):
                    if isinstance(each, program.Attribute) and isinstance(each.value, program.Name) and each.value.id == receiver:
                        yield each.name


__all__ = ["Dict", "Iterator_", "Module", "Tracer", "trace"]
