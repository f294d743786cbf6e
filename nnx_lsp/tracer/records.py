"""Classes whose instances a decorator or a base makes: dataclasses in all spellings, named tuples, typed dicts and enumerations."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from nnx_lsp import program
from nnx_lsp.tracer.base import Arguments, Base
from nnx_lsp.tracer.values import (
    FALSE,
    TRUE,
    UNKNOWN,
    Bound,
    Class,
    Dict,
    Function,
    Library,
    Object,
    Partial,
    Static,
    Transformed,
    Tuple,
    Unknown,
    Value,
    resolution_order,
)

if TYPE_CHECKING:
    from nnx_lsp.tracer.calls import Calls

FIELD = "dataclasses.Field"
_OPAQUE_BASES = frozenset(
    f"builtins.{name}" for name in ("dict", "list", "tuple", "set", "frozenset", "int", "float", "complex", "str", "bytes", "bool", "type")
) | {"collections.OrderedDict", "collections.defaultdict", "collections.UserDict", "collections.Counter", "collections.deque"}
"""Bases whose instances are values that the walk does not follow through a class of the user."""


_NODE = "flax.struct.PyTreeNode"
TRAIN_STATE = "flax.training.train_state.TrainState"
_OF_STRUCT = Library("flax.struct.dataclass")
"""What makes dataclasses whose instances are pytrees; the classes below `PyTreeNode` are made by it too, `TrainState` among them."""


class Specification(msgspec.Struct, frozen=True):
    """One field of a dataclass: how it comes to its value."""

    name: str
    default: Value | None = None
    factory: Value | None = None
    is_keyword: bool | None = None
    """`None`: as the decorator says."""
    is_given: bool = True
    """Whether it is a parameter of `__init__`."""
    is_kept: bool = True
    """Whether an attribute holds it: an `InitVar` is a parameter only."""
    is_static: bool = False
    """Whether it says that JAX is to leave it as it is (`struct.field(pytree_node=False)`, `field(metadata={"static": True})`)."""
    is_compared: bool = True
    """Whether it certainly is a part of the hash that a dataclass makes."""


_OF_TRAIN_STATE = (
    Specification("step"),
    Specification("apply_fn", is_static=True),
    Specification("params"),
    Specification("tx", is_static=True),
    Specification("opt_state"),
)
"""The fields of `TrainState`, which stand before those of classes below."""


def field(tracer: Base, arguments: Arguments, node: program.Node) -> Value:
    """`dataclasses.field(…)`."""
    return Object(FIELD, dict(arguments.keywords), tracer.level, tracer.place(node), is_open=arguments.is_partial)


def specifications(node: program.ClassDef, attributes: dict[str, Value]) -> tuple[Specification, ...]:
    """The fields that the body of a class names, in order."""
    found: list[Specification] = []
    keyword_only: bool | None = None
    for statement in node.body:
        if not isinstance(statement, program.AnnotatedAssign) or not isinstance(statement.target, program.Name):
            continue
        kind, name = _last_name(statement.annotation), statement.target.id
        if kind == "KW_ONLY":
            keyword_only = True
        elif kind != "ClassVar":
            value = attributes.get(name, UNKNOWN) if statement.value is not None else None
            found.append(_specification(name, value, keyword_only, is_kept=kind != "InitVar"))
    return tuple(found)


def _specification(name: str, value: Value | None, is_keyword: bool | None, *, is_kept: bool) -> Specification:
    if not (isinstance(value, Object) and value.cls == FIELD):
        return Specification(name, value, None, is_keyword, is_kept=is_kept)
    told = value.attributes.get("kw_only")
    if value.is_open:
        return Specification(name, UNKNOWN, None, is_keyword, is_kept=is_kept, is_compared=False)
    is_given = value.attributes.get("init", TRUE) != FALSE
    keyword = is_keyword if told is None else told == TRUE
    marks = value.attributes.get("metadata")
    is_static = value.attributes.get("pytree_node") == FALSE or (isinstance(marks, Dict) and marks.items.get("static") == TRUE)
    is_compared = all(value.attributes.get(option, TRUE) == TRUE for option in ("compare", "hash"))
    return Specification(name, value.attributes.get("default"), value.attributes.get("default_factory"), keyword, is_given, is_kept, is_static, is_compared)


def _last_name(annotation: program.Expression) -> str:
    match annotation:
        case program.Name(id=name) | program.Attribute(name=name):
            return name
        case program.Subscript(value=value):
            return _last_name(value)
        case program.Constant(value=str() as text):
            return text.partition("[")[0].rpartition(".")[2]
        case _:
            return ""


# Dataclasses -------------------------------------------------------------------------------------------------------


def decorator_of(cls: Class) -> Value | None:
    """What makes a dataclass of this very class; `None` where nothing does."""
    told = next((each for each in cls.decorators if is_maker(each)), None)
    return told if told is not None or {_NODE, TRAIN_STATE}.isdisjoint(cls.library_bases) else _OF_STRUCT


def is_maker(decorator: Value) -> bool:
    """Whether a decorator makes dataclasses."""
    if isinstance(decorator, Partial):
        return is_maker(decorator.function)
    return isinstance(decorator, Library) and decorator.name.rpartition(".")[2] == "dataclass"


def is_dataclass(cls: Class) -> bool:
    """Whether a decorator makes a dataclass of it, or of one of its bases."""
    return any(decorator_of(one) is not None for one in resolution_order(cls))


def is_of_struct(cls: Class) -> bool:
    """Whether `flax.struct` makes a dataclass of it, or of one of its bases: a pytree with a method `replace`."""
    makers = [decorator_of(one) for one in resolution_order(cls)]
    return any((each.function if isinstance(each, Partial) else each) == _OF_STRUCT for each in makers)


class Crossing(enum.Enum):
    """What a transform makes of an attribute of an object that is not one of nnx: a leaf that it traces, or nothing; or that is not known."""

    LEAF = "leaf"
    STATIC = "static"
    UNKNOWN = "unknown"


def crossing(tracer: Base, cls: Class, name: str) -> Crossing:
    """What a transform makes of an attribute of an instance."""
    if any(base.startswith("flax.nnx.") for base in cls.library_bases):
        return Crossing.STATIC
    told = next((each for each in in_order(cls) if each.name == name), None)
    if told is not None and told.is_static:
        return Crossing.STATIC
    if is_of_struct(cls):
        return Crossing.LEAF if told is not None else Crossing.STATIC
    is_known = all(is_maker(each) for one in resolution_order(cls) for each in one.decorators)
    return Crossing.UNKNOWN if cls.is_open or cls.library_bases or not is_known or tracer.is_registered(cls) else Crossing.STATIC


def _option(cls: Class, name: str) -> Value | None:
    decorator = decorator_of(cls)
    return decorator.keywords.get(name) if isinstance(decorator, Partial) else None


def initializer(cls: Class) -> tuple[Class, Value | None] | None:
    """The class that says how instances are initialized, with its own `__init__`, or `None` for the one that `dataclass` makes."""
    for one in resolution_order(cls):
        if "__init__" in one.attributes:
            return one, one.attributes["__init__"]
        if decorator_of(one) is not None and _option(one, "init") != FALSE:
            return one, None
    return None


def fields(cls: Class) -> tuple[Specification, ...]:
    """The fields of a dataclass, those of its bases first; the parameters that are given by keyword alone stand last."""
    found = in_order(cls)
    return (*(each for each in found if not each.is_keyword), *(each for each in found if each.is_keyword))


def in_order(cls: Class) -> tuple[Specification, ...]:
    """The fields of a dataclass as they are written, those of its bases first."""
    found = {each.name: each for each in _OF_TRAIN_STATE} if TRAIN_STATE in cls.library_bases else {}
    for one in reversed(resolution_order(cls)):
        if decorator_of(one) is None:
            continue
        by_keyword = _option(one, "kw_only") == TRUE
        for each in one.specifications:
            found[each.name] = msgspec.structs.replace(each, is_keyword=by_keyword if each.is_keyword is None else each.is_keyword)
    return tuple(found.values())


def assign_fields(tracer: Calls, instance: Object, cls: Class, arguments: Arguments, node: program.Node) -> None:
    """What the `__init__` of a dataclass does."""
    positional = list(arguments.positional)
    passed: list[Value] = []
    for each in fields(cls):
        if not each.is_given:
            value = _default(tracer, each, node) if each.default is not None or each.factory is not None else None
        elif positional and not each.is_keyword:
            value = positional.pop(0)
        elif each.name in arguments.keywords:
            value = arguments.keywords[each.name]
        else:
            value = UNKNOWN if arguments.is_partial else _default(tracer, each, node)
        if not each.is_kept:
            passed.append(value if value is not None else UNKNOWN)
        elif value is not None:
            tracer.journal.set(instance.attributes, each.name, value)
    if (found := (instance.cls if isinstance(instance.cls, Class) else cls).lookup("__post_init__")) is not None:
        tracer.call(Bound(found[0], instance), Arguments(tuple(passed)), node if isinstance(node, program.Call) else program.Pass(0))


def _default(tracer: Calls, each: Specification, node: program.Node) -> Value:
    if each.factory is not None:
        return tracer.call(each.factory, Arguments(), node)
    if isinstance(each.default, Object) and each.default.cls != FIELD and each.default.is_open:
        return UNKNOWN
    return each.default if each.default is not None else UNKNOWN


def dataclass(tracer: Base, arguments: Arguments, node: program.Node) -> Value:
    """`dataclass(…)`: a decorator where no class is given, else the class as a dataclass."""
    del node
    if not arguments.positional:
        return Partial(Library("dataclasses.dataclass"), (), dict(arguments.keywords)) if not arguments.is_partial else UNKNOWN
    cls = arguments.positional[0]
    if not isinstance(cls, Class):
        return UNKNOWN
    if decorator_of(cls) is not None:
        return cls
    decorator = Partial(Library("dataclasses.dataclass"), (), dict(arguments.keywords))
    made = msgspec.structs.replace(cls, decorators=(*cls.decorators, decorator), attributes=dict(cls.attributes))
    settle_defaults(made)
    tracer.keep_alive.append(made)
    cls.is_open = True  # It is the same class: who goes on using it under its first name finds the fields of each instance.
    for each in cls.specifications:
        tracer.journal.set(cls.attributes, each.name, UNKNOWN)
    return made


def settle_defaults(cls: Class) -> None:
    """The defaults of fields are what the class has under their names; a field without one leaves nothing."""
    for each in cls.specifications:
        value = cls.attributes.get(each.name)
        if isinstance(value, Object) and value.cls == FIELD:
            if each.default is not None:
                cls.attributes[each.name] = each.default
            else:
                del cls.attributes[each.name]


def writes_initializer(cls: Class) -> bool:
    """Whether the `__init__` of this very class is the one that `dataclass` makes."""
    return "__init__" not in cls.attributes and decorator_of(cls) is not None and _option(cls, "init") != FALSE


def may_take_fields(cls: Class) -> bool:
    """Whether code that is not seen may fill fields of the annotated names of a class: a base from a library, as `flax.linen.Module` and `TrainState` do,
    or an `__init__` that somebody put in the place of that which `dataclass` makes."""
    if decorator_of(cls) is not None and "__init__" in cls.attributes:
        own = cls.attributes["__init__"]
        return not isinstance(own, Function) or own.owner is not cls
    return any(base.startswith("flax.") and not base.startswith("flax.nnx.") for base in cls.library_bases)


# Named tuples, typed dicts, enumerations ---------------------------------------------------------------------------


def made_by_base(tracer: Base, cls: Class, arguments: Arguments) -> Value | None:
    """An instance of a class whose base makes something else than an object; `None`: the base makes none of these."""
    bases = cls.library_bases
    if any(base.endswith(".TypedDict") for base in bases):
        is_open = arguments.is_partial or bool(arguments.positional)
        return Dict(dict(arguments.keywords), {"open": is_open}, tracer.level) if not is_open else UNKNOWN
    if any(base.endswith(".NamedTuple") for base in bases):
        return _named_tuple(cls, arguments)
    if any(base.startswith("enum.") or base in _OPAQUE_BASES for base in bases):
        return UNKNOWN
    return None


def _named_tuple(cls: Class, arguments: Arguments) -> Value:
    specified = next((one.specifications for one in resolution_order(cls) if one.specifications), ())
    if arguments.is_partial or len(arguments.positional) > len(specified) or cls.lookup("__new__") is not None:
        return UNKNOWN
    items: list[Value] = []
    for index, each in enumerate(specified):
        given = arguments.positional[index] if index < len(arguments.positional) else arguments.keywords.get(each.name, each.default)
        if given is None:
            return UNKNOWN
        items.append(given)
    methods = [name for name, value in cls.attributes.items() if isinstance(value, Function | Transformed)]
    return Tuple(tuple(items), tuple(each.name for each in specified)) if not methods else UNKNOWN


def is_enumeration(cls: Class) -> bool:
    """Whether a class is an enumeration."""
    return any(base.startswith("enum.") for base in cls.library_bases)


def enumerate_members(tracer: Base, cls: Class, node: program.ClassDef) -> None:
    """What the body of an enumeration assigns are its members, not their values."""
    for name, place in _assigned(node):
        value = cls.attributes.get(name)
        if name.startswith("_") or value is None or isinstance(value, Function | Transformed | Class | Bound):
            continue
        plain = value if isinstance(value, Static) and cls.lookup("__new__") is None and not isinstance(value, Unknown) else UNKNOWN
        held: dict[str, Value] = {"name": Static("str", name), "value": plain}
        cls.attributes[name] = Object(cls, held, tracer.level, tracer.place(place), is_open=True)


def same_member(left: Value, right: Value) -> bool | None:
    """Whether two members of an enumeration are one; `None`: they are not, or nobody knows."""
    if not (isinstance(left, Object) and isinstance(right, Object) and isinstance(left.cls, Class) and isinstance(right.cls, Class)):
        return None
    if left.cls.place != right.cls.place or not is_enumeration(left.cls) or left.cls.lookup("__eq__") is not None:
        return None
    names, values = [each.attributes.get("name") for each in (left, right)], [each.attributes.get("value") for each in (left, right)]
    if None in names:
        return None
    if names[0] == names[1]:
        return True
    known = [each for each in values if isinstance(each, Static) and each.is_known]
    return bool(known[0].constant == known[1].constant) if len(known) == 2 else None


def _assigned(node: program.ClassDef) -> Iterator[tuple[str, program.Node]]:
    for statement in node.body:
        for each in program.walk(statement) if not isinstance(statement, program.FunctionDef | program.ClassDef) else ():
            if isinstance(each, program.Assign):
                yield from ((target.id, each) for target in each.targets if isinstance(target, program.Name))
                for target in each.targets:
                    if isinstance(target, program.TupleDisplay):
                        yield from ((inner.id, each) for inner in target.elements if isinstance(inner, program.Name))


__all__ = [
    "FIELD",
    "Crossing",
    "Specification",
    "assign_fields",
    "crossing",
    "dataclass",
    "enumerate_members",
    "field",
    "fields",
    "in_order",
    "initializer",
    "is_dataclass",
    "is_enumeration",
    "is_of_struct",
    "made_by_base",
    "may_take_fields",
    "same_member",
    "settle_defaults",
    "specifications",
    "writes_initializer",
]
