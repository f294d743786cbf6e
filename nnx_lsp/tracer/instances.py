"""Whether a value is an instance of a class, and what that tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from nnx_lsp.knowledge import arrays, foreign
from nnx_lsp.knowledge.library import Library as Knowledge
from nnx_lsp.tracer.values import (
    Array,
    Bound,
    Class,
    Classes,
    ClassOf,
    Dict,
    Foreign,
    Function,
    Iterator_,
    Library,
    List,
    Object,
    OneOf,
    Partial,
    Static,
    Transformed,
    Tree,
    Tuple,
    Unknown,
    Value,
    options,
    origin_of,
    resolution_order,
)

Verdict: TypeAlias = bool | None
"""Whether something holds; `None`: nobody knows."""

_TRACERS = ("jax.core.Tracer", "jax.extend.core.Tracer")
_PLAIN = frozenset(("int", "float", "bool", "complex", "str", "bytes", "NoneType", "ellipsis"))
"""Kinds of `Static` that are classes of Python."""
_OF_PYTHON = frozenset(("builtins", "numpy", "optax", "enum", "dataclasses", "functools", "abc", "copy", "contextlib", "logging", "random", "time", "math"))
_CONTAINERS = tuple(f"builtins.{name}" for name in ("list", "tuple", "dict", "set", "str", "int"))
_ENUMS = ("enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag")
_PROTOCOLS = ("typing.Protocol", "typing_extensions.Protocol")
_APART = ("jax.ShapeDtypeStruct", "jax.Device", "jax.sharding.", "jax.tree_util.", "jax.dtypes.", "jax.stages.", "jax.errors.")


def is_instance(known: Knowledge, value: Value, classes: Value) -> Verdict:
    """Whether a value is an instance of a class, or of one of several, as far as that is known."""
    if isinstance(value, OneOf):
        return _agreed(is_instance(known, option, classes) for option in value.options)
    if isinstance(value, Object) and value.is_of_another_class:
        return None
    match classes:
        case Tuple(items=members) | Classes(members=members):
            verdicts = {is_instance(known, value, cls) for cls in members}
            return True if True in verdicts else None if None in verdicts or not verdicts else False
        case OneOf(options=members):
            return _agreed(is_instance(known, value, cls) for cls in members)
        case Class():
            return _of_users(known, value, classes)
        case Library(name=name):
            return _of_library(known, value, name)
        case Foreign(name=name):
            return _of_foreign(value, name)
        case Static(kind="NoneType"):
            return _of_library(known, value, "builtins.NoneType")
        case _:
            return None


def _agreed(verdicts: Iterable[Verdict]) -> Verdict:
    found = set(verdicts)
    return found.pop() if len(found) == 1 else None


def _of_users(known: Knowledge, value: Value, cls: Class) -> Verdict:
    if _asks_itself(cls):
        return None
    match value:
        case Object(cls=Class() as own):
            if any(one is cls or one.place == cls.place for one in resolution_order(own)):
                return True
            return None if own.is_open or is_any_instance(value) else False
        case Object(cls=str() as name):
            return None if is_any_instance(value) and any(known.is_subclass(base, name) for base in cls.library_bases) else False
        case Static(kind=kind):
            return False if kind in _PLAIN and not any(base in _ENUMS for base in cls.library_bases) else None
        case Tuple(fields=fields):
            return None if fields else False
        case Unknown() | Tree():
            return None
        case _:
            return False


def _asks_itself(cls: Class) -> bool:
    """Whether a class may say by other means than inheritance what its instances are."""
    if any(base in _PROTOCOLS for base in cls.library_bases) or cls.lookup("__subclasshook__") is not None:
        return True
    parents = [base for base in cls.bases if isinstance(base, Class)]
    has_metaclass = cls.is_open and not any(isinstance(base, Unknown) or (isinstance(base, Class) and base.is_open) for base in cls.bases)
    return has_metaclass or any(type(base) is Unknown for base in cls.bases) or any(map(_asks_itself, parents))


def _of_library(known: Knowledge, value: Value, name: str) -> Verdict:
    root, _, last = name.partition(".")
    if name == "builtins.object":
        return True
    match value:
        case Array(level=level):
            return _is_array(level is not None, name, root)
        case Static(kind="ndarray"):
            if root == "builtins":
                return None if last in ("float", "complex") else False
            return False if name in arrays.ARRAY_CLASSES and not name.endswith("ArrayLike") else None
        case Static(kind=kind) if kind:
            if root == "builtins":
                return kind == last or (kind == "bool" and last == "int") or (kind == "shape" and last == "tuple")
            if name.endswith("ArrayLike"):
                return None
            return False if name in arrays.ARRAY_CLASSES or (kind in _PLAIN and root in ("numpy", "optax")) else None
        case Object(cls=str() as own):
            if own == name or known.is_subclass(own, name):
                return True
            return None if is_any_instance(value) and known.is_subclass(name, own) else False
        case Object(cls=Class() as cls):
            if any(base == name or known.is_subclass(base, name) for base in cls.library_bases):
                return True
            return None if cls.is_open or is_any_instance(value) else False
        case _:
            return _is_container(value, name, root)


def _is_container(value: Value, name: str, root: str) -> Verdict:
    """Whether a tuple, a list, a dict or what can be called is an instance of a library's class."""
    if name == "builtins.type":
        return True if isinstance(value, Class) else None if isinstance(value, Library | Iterator_ | Unknown | Tree) else False
    own: tuple[str, ...]
    match value:
        case Tuple():
            own = ("tuple",)
        case Iterator_(passes=True):
            return False if name in _CONTAINERS else None
        case List(kind="set"):
            own = ("set", "frozenset")
        case List(kind=kind):
            own = (kind,)
        case Dict():
            own = ("dict",)
        case Function() | Bound() | Partial() | Transformed() | Class():
            own = ()
        case _:
            return None
    if root == "builtins":
        return name == f"builtins.{own[0]}" if len(own) == 1 else None if name.removeprefix("builtins.") in own else False
    return False if name in arrays.ARRAY_CLASSES or root == "numpy" else None


def _is_array(is_traced: bool, name: str, root: str) -> Verdict:
    """Whether an array is an instance of a library's class."""
    if name in _TRACERS:
        return True if is_traced else None
    if name in arrays.ARRAY_CLASSES or name in ("jaxtyping.Array", "jaxtyping.ArrayLike"):
        return True
    if name.startswith(_APART) or (root == "flax" and not name.startswith("flax.typing.")):
        return False
    return False if root in _OF_PYTHON or foreign.excludes_arrays(name) else None


def _of_foreign(value: Value, name: str) -> Verdict:
    if name in arrays.ARRAY_CLASSES:
        return True if isinstance(value, Array) else False if isinstance(value, Static) and value.kind in _PLAIN else None
    if isinstance(value, Array):
        return False if foreign.excludes_arrays(name) else None
    is_abstract = name.startswith(("collections.", "numbers.", "enum.", "types."))
    return False if isinstance(value, Static) and value.kind in _PLAIN and not is_abstract and foreign.excludes_arrays(name) else None


def is_resolved(classes: Value) -> bool:
    """Whether it is known what the classes are that a test asks for, so that the ways behind it are those that Python may take."""
    match classes:
        case Tuple(items=members) | Classes(members=members) | OneOf(options=members):
            return all(map(is_resolved, members))
        case Class():
            return not _asks_itself(classes)
        case Library(name=name):
            root = name.partition(".")[0]
            return name in arrays.ARRAY_CLASSES or root in _OF_PYTHON or name.startswith((*_APART, "flax.")) or foreign.excludes_arrays(name)
        case Foreign(name=name):
            return name in arrays.ARRAY_CLASSES or foreign.excludes_arrays(name)
        case Static(kind="NoneType"):
            return True
        case _:
            return False


def is_exactly(known: Knowledge, kind: ClassOf, cls: Value) -> Verdict:
    """Whether `type(value) is cls`."""
    if isinstance(cls, ClassOf) or not isinstance(cls, Class | Library | Foreign):
        return None
    found = {_is_exact(known, option, cls) for option in options(kind.value)}
    return found.pop() if len(found) == 1 else None


def _is_exact(known: Knowledge, value: Value, cls: Value) -> Verdict:
    if is_instance(known, value, cls) is False:
        return False
    match value, cls:
        case Static(kind=kind), Library(name=name) if kind in _PLAIN:
            return name == f"builtins.{kind}"
        case (Object(cls=str() as own, is_symbolic=False), Library(name=name)):
            return own == name
        case Object(cls=Class() as own_class, is_symbolic=False), _:
            return own_class is cls if isinstance(cls, Class) else False
        case Array(), Library(name=name):
            return False if name in ("jax.Array", "builtins.object") else None
        case _:
            return None


def is_callable(value: Value) -> Verdict:
    """Whether a value can be called."""
    match value:
        case Array():
            return False
        case Static(kind=kind):
            return False if kind in _PLAIN or kind in ("ndarray", "shape") else None
        case Tuple() | List() | Dict():
            return False
        case Function() | Bound() | Partial() | Transformed() | Class():
            return True
        case Object(cls=Class() as cls):
            return True if cls.lookup("__call__") is not None else None
        case OneOf(options=found):
            return _agreed(map(is_callable, found))
        case _:
            return None


def united(left: Value, right: Value) -> Value | None:
    """`left | right` of classes; `None` where they are not."""
    both = (left, right)
    if not any(isinstance(each, Class | Library | Foreign | Classes) for each in both):
        return None
    if not all(isinstance(each, Class | Library | Unknown) or (isinstance(each, Static) and each.kind == "NoneType") for each in both):
        return None
    return Classes(tuple(member for each in both for member in (each.members if isinstance(each, Classes) else (each,))))


def told(classes: Value, one: Callable[[Value], Value | None]) -> list[Value] | None:
    """What `one` makes of each class; `None` where it makes nothing of one of them."""
    members = classes.items if isinstance(classes, Tuple) else classes.members if isinstance(classes, Classes) else (classes,)
    found = [value for member in members if (value := one(member)) is not None]
    return found if members and len(found) == len(members) else None


def asks_for_tracers(classes: Value) -> bool:
    """Whether `isinstance` asks of a value whether it is traced."""
    match classes:
        case Tuple(items=members) | Classes(members=members) | OneOf(options=members):
            return any(map(asks_for_tracers, members))
        case Library(name=name):
            return name in _TRACERS
        case _:
            return False


def is_any_instance(value: Object) -> bool:
    """Whether an object stands for every instance of its class and of those below it."""
    return origin_of(value).is_symbolic
