"""What a generated program knows of its own values while it is written: types, what functions take and give, what objects have."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["bool", "deque", "dict", "either", "float", "function", "int", "list", "none", "object", "optional", "set", "str", "tuple"]
How = Literal["positional", "plain", "keyword"]


class Type(msgspec.Struct, frozen=True):
    """A type of the generated program."""

    kind: Kind
    items: tuple[Type, ...] = ()
    """Of a container its item (of a dict key and value), of a tuple each item; what an `optional` or an `either` may be."""
    shape: str = ""
    """Of an object: the key of its shape."""
    signature: Signature | None = None
    """Of a function."""


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of a function."""

    name: str
    type: Type
    how: How = "plain"
    has_default: bool = False


class Signature(msgspec.Struct, frozen=True):
    """What a function takes and gives."""

    parameters: tuple[Parameter, ...] = ()
    result: Type | None = None
    """`None` where the result is of no use."""
    takes_more: Type | None = None
    """What further positional arguments are."""
    takes_names: Type | None = None
    """What further keyword arguments are."""


class Field(msgspec.Struct, frozen=True):
    """An attribute that can be read."""

    name: str
    type: Type
    is_writable: bool = True


class Method(msgspec.Struct, frozen=True):
    """A method, with its signature behind the receiver."""

    name: str
    signature: Signature


class Shape(msgspec.Struct, frozen=True):
    """What is known of the objects of one class."""

    name: str
    made_by: Signature
    fields: tuple[Field, ...] = ()
    methods: tuple[Method, ...] = ()
    match_args: tuple[str, ...] = ()
    """Fields that a class pattern takes by position."""
    can: frozenset[str] = frozenset()
    """Protocols beside plain attributes: `len`, `iter`, `call`, `add`, `equal`, `order`, `replace`."""
    bases: tuple[str, ...] = ()
    """Keys of the shapes of its bases."""


INT = Type("int")
STR = Type("str")
BOOL = Type("bool")
FLOAT = Type("float")
NONE = Type("none")
SCALARS = (INT, STR, BOOL, FLOAT)


def list_of(item: Type) -> Type:
    """A list of one type of items."""
    return Type("list", (item,))


def dict_of(value: Type, key: Type = STR) -> Type:
    """A dict of one type of values."""
    return Type("dict", (key, value))


def set_of(item: Type) -> Type:
    """A set. Only integers are put into sets: their order is the same in each run."""
    return Type("set", (item,))


def deque_of(item: Type) -> Type:
    """A `collections.deque`."""
    return Type("deque", (item,))


def tuple_of(*items: Type) -> Type:
    """A tuple of these items."""
    return Type("tuple", items)


def optional(item: Type) -> Type:
    """A value, or `None`."""
    return Type("optional", (item,))


def either(one: Type, other: Type) -> Type:
    """A value of one of two types."""
    return Type("either", (one, other))


def object_of(shape: str) -> Type:
    """An object of a class by the key of its shape."""
    return Type("object", shape=shape)


def function(signature: Signature) -> Type:
    """A function."""
    return Type("function", signature=signature)


def is_plain(type: Type) -> bool:
    """Whether the text of such values is the same in each run: no object or function is inside."""
    return type.kind not in ("object", "function", "set") and all(is_plain(item) for item in type.items)


def fits(type: Type, value: object) -> bool:
    """Whether a value of a run is of a type."""
    match type.kind:
        case "int" | "str" | "bool" | "float":
            return value.__class__.__name__ == type.kind
        case "none":
            return value is None
        case "list" | "set" | "deque":
            return _is_named(value, type.kind) and all(fits(type.items[0], item) for item in list(value))  # type: ignore[call-overload]
        case "dict":
            return isinstance(value, dict) and all(fits(type.items[0], key) and fits(type.items[1], item) for key, item in value.items())
        case "tuple":
            return isinstance(value, tuple) and len(value) == len(type.items) and all(map(fits, type.items, value))
        case "optional":
            return value is None or fits(type.items[0], value)
        case "either":
            return any(fits(item, value) for item in type.items)
        case "object":
            return _is_named(value, type.shape.partition("#")[0])
        case "function":
            return callable(value)


def _is_named(value: object, name: str) -> bool:
    return type(value).__name__ == name
