"""Tests that are decided while a function is traced, by the rank, the shape or the dtype of an array, or by who reads the program."""

from __future__ import annotations

from nnx_lsp import program
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.tracer import dtypes
from nnx_lsp.tracer.contexts import Context
from nnx_lsp.tracer.events import Branch, Event
from nnx_lsp.tracer.values import Array, Dtype, Function, Library, Static, Value

_EXTENTS = ("shape", "ndim", "size")
_AMBIGUOUS = ("int", "uint", "float", "complex")
"""Exact dtypes that stand for 32 and for 64 bits."""
_KINDS: dict[str, tuple[str, ...]] = {
    "bool": ("bool",),
    "bool_": ("bool",),
    "integer": ("int",),
    "signedinteger": ("signed",),
    "unsignedinteger": ("unsigned",),
    "floating": ("float",),
    "complexfloating": ("complex",),
    "inexact": ("float", "complex"),
    "number": ("int", "float", "complex"),
    "generic": ("bool", "int", "float", "complex"),
}
"""The abstract dtypes, by the kinds below them."""


def is_type_checking(test: program.Expression) -> bool:
    """Whether a test asks for a type checker: `TYPE_CHECKING`."""
    match test:
        case program.Name(id="TYPE_CHECKING") | program.Attribute(name="TYPE_CHECKING"):
            return True
        case _:
            return False


def asks_for_extents(test: program.Expression) -> bool:
    """Whether a test asks for the rank or the shape of an array."""
    return any(isinstance(each, program.Attribute) and each.name in _EXTENTS for each in program.walk(test))


def may_ask_for_extents(callee: Value, arguments: tuple[Value, ...]) -> bool:
    """Whether a test that is a call may ask for the extents of an array: its own function is given one."""
    return isinstance(callee, Function) and any(isinstance(value, Array) for value in arguments)


def is_for_scalars(test: program.Expression, *, outcome: bool) -> bool:
    """Whether a test that came out so lets an array come on only if it is a number: code behind it is written for concrete ones."""
    match test:
        case program.Unary(operator="not", operand=operand):
            return is_for_scalars(operand, outcome=not outcome)
        case program.Logical(operator=symbol, left=left, right=right):
            return (symbol == "and") is outcome and (is_for_scalars(left, outcome=outcome) or is_for_scalars(right, outcome=outcome))
        case program.Compare(left=left, operators=(("==" | "!=") as symbol,), comparators=(right,)):
            return (symbol == "==") is outcome and (_is_extent(left, right) or _is_extent(right, left))
        case _:
            return not outcome and _measure(test) in ("ndim", "shape", "len")


def _is_extent(measured: program.Expression, value: program.Expression) -> bool:
    """Whether it is the extent of a number that is asked for: `x.ndim == 0`, `x.shape == ()`, `x.size == 1`."""
    match _measure(measured), value:
        case (("ndim" | "len"), program.Constant(value=0)):
            return True
        case "size", program.Constant(value=1):
            return True
        case "shape", program.TupleDisplay(elements=()):
            return True
        case _:
            return False


def _measure(node: program.Expression) -> str:
    match node:
        case program.Attribute(name=("ndim" | "shape" | "size") as name):
            return name
        case program.Call(function=program.Name(id="len"), arguments=(program.Argument(value=program.Attribute(name="shape")),)):
            return "len"
        case program.Call(function=program.Attribute(name=("ndim" | "shape" | "size") as name)):  # `jnp.ndim(x)`
            return name
        case _:
            return ""


# Dtypes ------------------------------------------------------------------------------------------------------------


def same_dtype(left: Value, right: Value) -> bool | None:
    """Whether two dtypes are equal, as far as that is known."""
    one, two = _named(left), _named(right)
    if not one or not two:
        return None
    if one != two:
        return False
    return None if one in _AMBIGUOUS else True


def _named(value: Value) -> str:
    return value.exact.removeprefix("~") if isinstance(value, Dtype) else dtypes.named(value)


def is_subdtype(value: Value, kind: Value) -> bool | None:
    """`jnp.issubdtype(dtype, kind)`, as far as that is known."""
    name = _named(value)
    if not name or not isinstance(kind, Library) or not kind.name.startswith(("jax.numpy.", "numpy.", "jax.dtypes.")):
        return None
    last = kind.name.rpartition(".")[2]
    if last in ("prng_key", "extended"):
        return False
    below = _KINDS.get(last)
    if below is None:
        return same_dtype(value, kind)
    of = dtypes.kind(name)
    return of in below or (of == "int" and ("unsigned" if name.startswith("u") else "signed") in below)


def dtype_of(array: Array) -> Static:
    """What `array.dtype` is."""
    return Dtype("dtype", exact=array.exact) if array.exact else Static("dtype")


# Tests of several parts --------------------------------------------------------------------------------------------


def has_no_truth(found: list[Event], context: Context | None) -> bool:
    """Whether one of these events says that a truth is taken here which is certainly not known: that of an array that is traced."""
    return any(isinstance(event, Branch) and event.context is context and _is_hidden(event.value) for event in found)


def without_tests(found: list[Event], context: Context | None) -> list[Event]:
    """These events without the truths that are taken here."""
    return [event for event in found if not isinstance(event, Branch) or event.context is not context]


def _is_hidden(value: Value) -> bool:
    return isinstance(value, Array) and value.level is not None and value.level.kind is not LevelKind.DIFFERENTIATED


__all__ = [
    "asks_for_extents",
    "dtype_of",
    "has_no_truth",
    "is_for_scalars",
    "is_subdtype",
    "is_type_checking",
    "may_ask_for_extents",
    "same_dtype",
    "without_tests",
]
