"""What Python asks an object of the user for: operators, iteration, truth, length and items are methods of its class."""

from __future__ import annotations

from nnx_lsp import program
from nnx_lsp.tracer.base import Arguments, Base
from nnx_lsp.tracer.values import BOOL, INT, UNKNOWN, Bound, Class, Library, Object, Static, Value, options

_OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
}
_COMPARISONS = {"==": ("__eq__", "__eq__"), "!=": ("__ne__", "__ne__"), "<": ("__lt__", "__gt__"), ">": ("__gt__", "__lt__"), "<=": ("__le__", "__ge__")}
_COMPARISONS[">="] = ("__ge__", "__le__")
_SIGNS = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}


def ask(tracer: Base, owner: Value, name: str, arguments: tuple[Value, ...], node: program.Node) -> Value | None:
    """What a method of this name gives, where the class of an object defines it in the user's code; else `None`."""
    if not isinstance(owner, Object) or not isinstance(owner.cls, Class):
        return None
    found = owner.cls.lookup(name)
    return tracer.call(Bound(found[0], owner), Arguments(arguments), node) if found is not None else None


def element(tracer: Base, value: Object, node: program.Node) -> Value | None:
    """One value for each item of an iterable object; `None`: its class does not say what it gives."""
    made = ask(tracer, value, "__iter__", (), node)
    if made is None:
        if isinstance(value.cls, Class) and value.cls.lookup("__getitem__") is not None:
            return tracer.any_times(lambda: ask(tracer, value, "__getitem__", (INT,), node) or UNKNOWN, may_skip=True)
        return None
    if isinstance(made, Object) and isinstance(made.cls, Class) and made.cls.lookup("__next__") is not None:
        return tracer.any_times(lambda: ask(tracer, made, "__next__", (), node) or UNKNOWN, may_skip=True)
    return tracer.element(made, node) if made is not value else UNKNOWN


def contains(tracer: Base, container: Object, value: Value, node: program.Node) -> None:
    """`value in container`: what that does to the container; whether it is, is not said."""
    if ask(tracer, container, "__contains__", (value,), node) is None:
        element(tracer, container, node)


def length(tracer: Base, value: Value, node: program.Node) -> Value | None:
    """`len(value)` of an object of the user."""
    told = ask(tracer, value, "__len__", (), node)
    return told if told is None or (isinstance(told, Static) and told.kind == "int") else INT


def truth(tracer: Base, value: Object, node: program.Node) -> bool | None:
    """The truth of an object of the user, where its class says it."""
    told = ask(tracer, value, "__bool__", (), node)
    if told is None:
        told = ask(tracer, value, "__len__", (), node)
    return bool(told.constant) if isinstance(told, Static) and told.is_known else None


def operated(tracer: Base, symbol: str, left: Value, right: Value, node: program.Node) -> Value | None:
    """`left symbol right`, where one of both is an object of the user that defines it."""
    name = _OPERATORS.get(symbol)
    if name is None or not (isinstance(left, Object) or isinstance(right, Object)):
        return None
    if (told := ask(tracer, left, f"__{name}__", (right,), node)) is not None and not _may_refuse(told):
        return told
    reflected = ask(tracer, right, f"__r{name}__", (left,), node)
    return UNKNOWN if told is not None else reflected


def compared(tracer: Base, symbol: str, left: Value, right: Value, node: program.Node) -> Value | None:
    """One comparison, where one of both is an object of the user that defines it."""
    if not (isinstance(left, Object) or isinstance(right, Object)):
        return None
    own, reflected = _COMPARISONS[symbol]
    told = ask(tracer, left, own, (right,), node)
    if told is None and symbol == "!=":
        told = BOOL if ask(tracer, left, "__eq__", (right,), node) is not None else None
    if told is not None and not _may_refuse(told):
        return told
    if any(isinstance(side, Object) and isinstance(side.cls, Class) and _is_decorated(side.cls) for side in (left, right)):
        return UNKNOWN  # `functools.total_ordering` and the like write comparisons of their own.
    other = ask(tracer, right, reflected, (left,), node)
    return UNKNOWN if told is not None else other


def in_place(tracer: Base, symbol: str, left: Value, right: Value, node: program.Node) -> Value | None:
    """`left symbol= right`, where the class of an object defines that of its own."""
    name = _OPERATORS.get(symbol)
    told = ask(tracer, left, f"__i{name}__", (right,), node) if name is not None else None
    return UNKNOWN if told is not None and _may_refuse(told) else told


def signed(tracer: Base, symbol: str, value: Value, node: program.Node) -> Value | None:
    """`-value`, `+value`, `~value` of an object of the user."""
    return ask(tracer, value, _SIGNS[symbol], (), node) if symbol in _SIGNS else None


def _is_decorated(cls: Class) -> bool:
    return bool(cls.decorators) or any(isinstance(base, Class) and _is_decorated(base) for base in cls.bases)


def _may_refuse(value: Value) -> bool:
    """Whether a method may have given `NotImplemented`."""
    return any(isinstance(option, Library) and option.name == "builtins.NotImplemented" for option in options(value))
