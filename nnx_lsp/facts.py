"""What a rule may ask: the events of one file's walk by kind, and claims about values.

A rule iterates over the events (`facts.calls`, `facts.branches`, …) and asks about values with the functions below; it never looks at syntax.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from nnx_lsp import program
from nnx_lsp.knowledge import library as knowledge
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.program import Place
from nnx_lsp.severity import Severity
from nnx_lsp.tracer import events
from nnx_lsp.tracer.contexts import Context
from nnx_lsp.tracer.values import (
    MISSING,
    Array,
    Bound,
    Certainty,
    Class,
    Dict,
    Function,
    Level,
    Library,
    List,
    Object,
    OneOf,
    Origin,
    Static,
    Tree,
    Tuple,
    Unknown,
    Value,
    Variable,
    items_of,
    options,
    outward,
    resolution_order,
)

Kind = TypeVar("Kind", bound=events.Event)
Seen = TypeVar("Seen", bound=events.Event)


class Facts:
    """The events of one file, and the library versions that they were found under."""

    def __init__(self, found: Iterable[events.Event], library: knowledge.Library) -> None:
        self.library = library
        self._by_kind: dict[type[events.Event], list[events.Event]] = {}
        for event in found:
            self._by_kind.setdefault(type(event), []).append(event)

    def of(self, kind: type[Kind]) -> Iterator[Kind]:
        """The events of one kind, in the order of the walk."""
        # The lists are made by type, so that their items are of the kind.
        return iter(self._by_kind.get(kind, ()))  # type: ignore[arg-type]

    @property
    def calls(self) -> Iterator[events.Call]:
        """Every call whose callee is known to be a library's or the user's."""
        return self.of(events.Call)

    @property
    def branches(self) -> Iterator[events.Branch]:
        """Every place where the truth of a value that may be an array or an object is taken."""
        return self.of(events.Branch)

    @property
    def conversions(self) -> Iterator[events.Conversion]:
        """Every conversion to a Python or NumPy value."""
        return self.of(events.Conversion)


# Claims about values -----------------------------------------------------------------------------------------------


def is_instance(value: Value, name: str, library: knowledge.Library) -> bool:
    """Whether the value is certainly an instance of a library's class or of a subclass (`name` is canonical: `flax.nnx.Rngs`)."""
    if isinstance(value, OneOf):
        return all(is_instance(option, name, library) for option in value.options)
    if not isinstance(value, Object):
        return False
    names = (value.cls,) if isinstance(value.cls, str) else value.cls.library_bases
    return any(each == name or library.is_subclass(each, name) for each in names)


def is_subclass(cls: Class, name: str, library: knowledge.Library) -> bool:
    """Whether a class of the user derives from a library's class (`name` is canonical)."""
    return any(each == name or library.is_subclass(each, name) for each in cls.library_bases)


def is_key(value: Value) -> bool:
    """Whether the value is certainly one PRNG key (or an array of keys)."""
    return all(isinstance(option, Array) and (option.dtype == "key" or option.uses is not None) for option in options(value))


def is_array(value: Value) -> bool:
    """Whether the value is certainly a jax array (a PRNG key is none)."""
    return all(isinstance(option, Array) and option.dtype != "key" and option.uses is None for option in options(value))


def traced_level(value: Value) -> Level | None:
    """The transform level that hides the value, seen through Variables, for the first option that has one."""
    for option in options(value):
        match option:
            case Array(level=level) if level is not None:
                return level
            case Variable():
                if (level := traced_level(option.content)) is not None:
                    return level
            case _:
                pass
    return None


def traced(value: Value) -> Certainty:
    """Whether the value is a tracer that has no concrete value here, seen through Variables."""
    found = {_is_traced(option) for option in options(value)}
    if found == {Certainty.ALWAYS}:
        return Certainty.ALWAYS
    if found == {Certainty.NEVER}:
        return Certainty.NEVER
    if Certainty.ALWAYS in found or Certainty.SOMETIMES in found:
        return Certainty.SOMETIMES
    return Certainty.UNKNOWN


def _is_traced(value: Value) -> Certainty:
    match value:
        case Array(level=level):
            return Certainty.NEVER if level is None or level.kind is LevelKind.DIFFERENTIATED else Certainty.ALWAYS
        case Variable():
            return traced(value.content)
        case Unknown() | Tree() | OneOf():
            return Certainty.UNKNOWN
        case _:
            return Certainty.NEVER


def constant(value: Value) -> object:
    """The Python constant, or `MISSING`."""
    return value.constant if isinstance(value, Static) else MISSING


def leaves(value: Value) -> Iterator[Value]:
    """The values inside tuples, lists and dicts whose contents are known; a value that is none of them is its own leaf."""
    match value:
        case Tuple() | List() | Dict():
            for item in items_of(value):
                yield from leaves(item)
        case _:
            yield value


def is_user_class(value: Value) -> bool:
    """Whether an object's class is the user's own, and all of it is known."""
    return isinstance(value, Object) and isinstance(value.cls, Class) and not value.cls.is_open


def root(owner: Object) -> Object:
    """The object that was made, for one that stands for it inside of transforms."""
    while owner.source is not None:
        owner = owner.source
    return owner


def own_function(value: Value) -> Function | None:
    """The user's function that a method is, or that a value is itself."""
    while isinstance(value, Bound):
        value = value.function
    return value if isinstance(value, Function) else None


def told_by_annotation(owner: Value | None) -> Severity | None:
    """A warning for what is said of an object that nobody was seen to make: it may be of a class below the one that is written down, or of another one."""
    return Severity.WARNING if isinstance(owner, Object) and root(owner).is_symbolic else None


def came_by_calls(context: Context | None) -> bool:
    """Whether calls within calls lead to a place, also before the transform that is around it: what a function captures came that way."""
    return context is not None and any(link.is_far for link in context.links())


def attribute(owner: Object, name: str) -> Value | None:
    """An attribute that an object was seen to get, by itself or before it crossed the border of a transform."""
    found: Object | None = owner
    while found is not None and name not in found.attributes:
        found = found.source
    return found.attributes[name] if found is not None else None


def classes(owner: Object) -> tuple[Class, ...]:
    """The user's classes that an object is an instance of, nearest first."""
    return tuple(resolution_order(owner.cls)) if isinstance(owner.cls, Class) else ()


def nnx_here(facts: Facts, owner: Object, path: str) -> str:
    """How a file reaches `flax.nnx` (`nnx`), seen from its own calls of it and the bases of the owner's classes; `""` where it is not seen."""
    for call in facts.calls:
        if call.place.path == path and call.name.startswith("flax.nnx.") and isinstance(call.node, program.Call):
            function = call.node.function
            if isinstance(function, program.Attribute) and call.name == f"flax.nnx.{function.name}":
                return text(function.value)
    return next((cls.nnx for cls in classes(owner) if cls.nnx and cls.place.path == path), "")


# The way of a value ------------------------------------------------------------------------------------------------


def origin(value: Value) -> Origin | None:
    """Where a traced value comes from: the first option's origin that is known."""
    for option in options(value):
        if isinstance(option, Array | Tree | Object) and option.origin is not None:
            return option.origin
        if isinstance(option, Variable) and (found := origin(option.content)) is not None:
            return found
    return None


class Step(msgspec.Struct, frozen=True, order=True, gc=False):
    """One place on the way of a value, with what happens there."""

    place: Place
    message: str


def path(context: Context | None, value: Value | None = None) -> tuple[Step, ...]:
    """The way to a place: the transforms and calls that were entered, then the links of the value's own way; no place twice."""
    steps = [Step(link.place, link.text) for link in (context.links() if context else ())]
    if value is not None and (found := origin(value)) is not None:
        steps += [Step(link.place, link.text) for link in found.links()]
    return tuple({(step.place, step.message): step for step in steps}.values())


def first_link(value: Value) -> str:
    """The first link of a traced value's way in words (``argument `x` of `train_step` ``), or `""`."""
    found = origin(value)
    return next(iter(found.links())).text if found else ""


def place_of(event: events.Event, node: program.Node) -> Place:
    """The place of a node of the same chunk as the event."""
    return Place(event.place.path, event.place.chunk, node.at)


def callee(call: events.Call) -> str:
    """What is called, in the user's own code."""
    return text(call.node.function) if isinstance(call.node, program.Call) else text(call.node)


def required(facts: Facts, name: str) -> frozenset[str]:
    """The required parameters of a library's function or class."""
    entry = facts.library.entry(name)
    if entry is None or entry.signature is None:
        return frozenset()
    return frozenset(one.name for one in entry.signature.parameters if one.default is None)


def text(node: program.Node) -> str:
    """The user's own code of an expression, on one line."""
    return program.text(node)  # type: ignore[arg-type]  # messages only ever name expressions, arguments and parameters


def read(event: events.AttributeRead) -> str:
    """What is read as the user wrote it; of an import the whole name."""
    if isinstance(event.node, program.Alias):
        return f"{event.owner.name}.{event.name}" if isinstance(event.owner, Library) else event.name
    return text(event.node)


# Words for messages about traced values ----------------------------------------------------------------------------


def is_traced(value: Value) -> bool:
    """Whether the value is certainly a tracer without a concrete value."""
    return traced(value) is Certainty.ALWAYS


def has_no_array(value: Value) -> bool:
    """Whether NumPy, `float()` or a format certainly gets no number of the value: it is traced, or a gradient is taken of it (of the value
    itself `int()` and `if` still make sense there)."""
    return is_traced(value) or all(isinstance(option, Array) and option.level is not None for option in options(_content(value)))


def _content(value: Value) -> Value:
    return value.content if isinstance(value, Variable) else value


def by(level: Level | None) -> str:
    """The transform that traces, as the user knows it."""
    return f"`{level.name}`" if level is not None else "a transform"


def source(value: Value) -> str:
    """Where the value comes from, in brackets, or nothing."""
    link = first_link(value)
    return f" ({link.partition(' under ')[0]})" if link.startswith("argument") else ""


def raises(level: Level | None, exception: str) -> str:
    """`raises E`, or that it would under an assumed transform."""
    return f"raises {exception} once the model is jitted" if assumed_level(level) is not None else f"raises {exception}"


def severity(level: Level | None) -> Severity | None:
    """A warning under a level that is only assumed, or under `vmap`, where only what depends on a mapped argument is traced; else the rule's own."""
    return Severity.WARNING if assumed_level(level) is not None or (level is not None and level.kind is LevelKind.BATCHED) else None


def assumed_level(level: Level | None) -> Level | None:
    """The innermost level, of this one and those around it, that no code of the program was seen to open."""
    return next((each for each in outward(level) if each.is_assumed), None)


def place_at(event: events.Event, at: int) -> Place:
    """The place with a number in the chunk of an event."""
    return Place(event.place.path, event.place.chunk, at)


def calls_method(node: program.Node, name: str) -> bool:
    """Whether code anywhere below a node mentions an attribute of this name."""
    return any(isinstance(each, program.Attribute) and each.name == name for each in program.walk(node))


# What tracing makes of effects -------------------------------------------------------------------------------------

_ABSTRACT = ("jax.eval_shape", "nnx.eval_shape", "jax.make_jaxpr")


def is_abstract(level: Level | None) -> bool:
    """Whether code at a level is there for shapes alone, of which no number comes out."""
    return any(each.name in _ABSTRACT for each in outward(level))


def runs_once(level: Level | None) -> bool:
    """Whether code at a level certainly runs while it is traced, and not when what it gave is called: under a transform that stages, which was seen, and
    whose results are of use."""
    return level is not None and level.stage is not None and assumed_level(level) is None and not is_abstract(level)


def is_written_back(level: Level | None) -> bool:
    """Whether what changes in an argument at this level comes back to an eager caller through `nnx.jit`: all levels are of nnx, and the outermost is jit."""
    levels = list(outward(level))
    return bool(levels) and levels[-1].name == "nnx.jit" and not any(each.is_assumed or each.is_functional or each.name in _ABSTRACT for each in levels)


def is_argument(owner: Object, level: Level | None) -> bool:
    """Whether an object stands for one that the eager caller of the transforms around has."""
    while level is not None:
        if owner.level is not level or owner.source is None or owner.view is None or not owner.view.parameter:
            return False
        owner, level = owner.source, level.parent
    return owner.level is None


def is_in_initializer(context: Context | None) -> bool:
    """Whether an `__init__` is among the calls that led here."""
    return any(link.function == "__init__" for link in (context.links() if context else ()))


def is_simple(node: program.Expression) -> bool:
    """Whether an index can follow an expression as it stands."""
    return isinstance(node, program.Name | program.Attribute | program.Subscript | program.Call)


# One cause, one finding --------------------------------------------------------------------------------------------


def first_in_statement(found: Iterable[Seen], name: Callable[[Seen], str]) -> dict[Place, int]:
    """The first place of each name in a function or class at the top of a file, with how many more there are: the cause of all of them is one."""
    places: dict[tuple[str, int, str], set[Place]] = {}
    for event in found:
        places.setdefault((event.place.path, event.place.chunk, name(event)), set()).add(event.place)
    return {min(each): len(each) - 1 for each in places.values()}


def nearest_name(given: str, names: Iterable[str], cutoff: float) -> str:
    """The name that is meant by one that is not there: the same in other letters (`nnx.Vmap`, `nnx.valueAndGrad`), else the most like it; empty: none."""
    known = sorted(names)
    same = [name for name in known if _plain(name) == _plain(given)]
    found = difflib.get_close_matches(given, same, n=1, cutoff=0.0) or difflib.get_close_matches(given, known, n=1, cutoff=cutoff)
    return found[0] if found else ""


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


class Option(enum.Enum):
    """What a parameter is declared as, by its annotation, else by its default: a Python value that chooses what is done, or a number."""

    FLAG = ("bool", "str")
    NUMBER = ("int", "float")


def option(parameter: program.Parameter) -> Option | None:
    """What kind of Python value a parameter is declared as; `None`: it may be an array."""
    if isinstance(parameter.annotation, program.Name):
        name = parameter.annotation.id
    else:
        name = type(parameter.default.value).__name__ if isinstance(parameter.default, program.Constant) else ""
    return next((each for each in Option if name in each.value), None)


def given_option(event: events.Branch, value: Value) -> tuple[str, Option] | None:
    """The parameter that a traced value is, or is compared with a constant by Python, where it is declared as an option."""
    found = origin(value)
    given = parameter(found, event.context) if found is not None and found.parent is None else None
    kind = option(given[1]) if given is not None else None
    return (given[1].name, kind) if given is not None and kind is not None else None


def parameter(found: Origin, context: Context | None) -> tuple[Function, program.Parameter] | None:
    """The parameter that a value comes from, with its function, where that was entered on the way to a context."""
    for link in context.links() if context is not None else ():
        function = link.entered
        for each in function.definition.parameters if function is not None else ():
            if function is not None and Place(function.path, function.chunk, each.at) == found.place:
                return function, each
    return None


def no_such_name(event: events.AttributeRead, where: str, cure: str, more: int) -> str:
    """That a library does not have a name, what happens, and what to write instead if that is known."""
    raises = "ImportError" if isinstance(event.node, program.Alias) else "AttributeError"
    return f"`{read(event)}` does not exist in {where}, so it raises {raises}" + (f"; use {cure}" if cure else "") + as_often(more)


def as_often(more: int) -> str:
    """How often the same stands below, for the end of a message."""
    return f" (and {more} more below)" if more else ""
