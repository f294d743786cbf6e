"""Plain Python data: what operators, builtins and methods make of numbers, strings and bytes.

Known operands are computed; else only the type is said, and nothing where it depends on their values (`2 ** n` is an `int` or a `float`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from nnx_lsp.tracer.values import (
    BOOL,
    FLOAT,
    HOST_ARRAY,
    INT,
    SHAPE,
    STATIC,
    STR,
    UNKNOWN,
    List,
    Static,
    Tuple,
    Value,
)

NUMBERS = ("int", "float", "bool", "complex")
"""The types of numbers."""

BYTES = Static("bytes")
COMPLEX = Static("complex")

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LARGEST = 2**40
"""Numbers are computed up to this size."""
_LONGEST = 200
"""Strings are computed up to this length."""
_HIGHEST = 64
"""Powers are computed up to this exponent."""


def known(value: object) -> Static:
    """A constant."""
    return Static(type(value).__name__, value)


def arithmetic(symbol: str, left: Static, right: Static) -> Static:
    """`left symbol right`."""
    if "ndarray" in (left.kind, right.kind):
        return HOST_ARRAY
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return _numbers(symbol, left, right)
    if left.kind in ("str", "bytes"):
        return _texts(symbol, left, right)
    if symbol == "*" and right.kind in ("str", "bytes") and left.kind in ("int", "bool"):
        return Static(right.kind)
    if "shape" in (left.kind, right.kind) and symbol in "+*":
        return SHAPE
    return STATIC


def _numbers(symbol: str, left: Static, right: Static) -> Static:
    one, two = left.constant, right.constant
    if left.is_known and right.is_known:
        if symbol == "**":
            return _power(one, two)
        if symbol in _ARITHMETIC:
            try:
                value = _ARITHMETIC[symbol](one, two)
            except (ArithmeticError, ValueError, TypeError):
                return STATIC
            return known(value) if _is_small(value) else Static(type(value).__name__)
    kinds = (left.kind, right.kind)
    if symbol in ("&", "|", "^"):
        return BOOL if kinds == ("bool", "bool") else INT
    if symbol in ("<<", ">>"):
        return INT
    if "complex" in kinds:
        return COMPLEX
    if symbol == "**":
        if "float" in kinds:  # A negative number to the power of a broken one is complex.
            return FLOAT if right.kind != "float" or (right.is_known and two.is_integer()) or (left.is_known and one > 0) else STATIC
        return (INT if two >= 0 else FLOAT) if right.is_known else INT if right.kind == "bool" else STATIC
    if symbol == "@":
        return STATIC
    return FLOAT if "float" in kinds or symbol == "/" else INT


def _power(one: Any, two: Any) -> Static:
    if abs(two) > _HIGHEST or abs(one) > _LARGEST:
        return Static("int") if isinstance(one, int) and isinstance(two, int) and two >= 0 else STATIC
    try:
        value = one**two
    except (ArithmeticError, ValueError):
        return STATIC
    return known(value) if _is_small(value) else Static(type(value).__name__)


def _is_small(value: Any) -> bool:
    return bool(value != value or abs(value) < _LARGEST or abs(value) == float("inf"))


def _texts(symbol: str, left: Static, right: Static) -> Static:
    """An operator behind a string or bytes."""
    if symbol == "%" or (symbol == "+" and left.kind == right.kind):
        if symbol == "+" and isinstance(left.constant, str) and isinstance(right.constant, str) and len(left.constant + right.constant) <= _LONGEST:
            return known(left.constant + right.constant)
        return Static(left.kind)
    if symbol == "*" and right.kind in ("int", "bool"):
        return Static(left.kind)
    return STATIC


def negated(symbol: str, value: Static) -> Static:
    """`-value`, `+value`, `~value`."""
    kind = "int" if value.kind == "bool" else value.kind
    if kind not in NUMBERS:
        return HOST_ARRAY if kind == "ndarray" else STATIC
    if value.is_known and symbol in _SIGNS and not (symbol == "~" and kind != "int"):
        return known(_SIGNS[symbol](value.constant))
    return Static(kind)


_SIGNS: dict[str, Callable[[Any], Any]] = {"-": operator.neg, "+": operator.pos, "~": lambda value: ~int(value)}


def compared(symbol: str, left: Static, right: Static) -> Static:
    """`left symbol right`."""
    if "ndarray" in (left.kind, right.kind):
        return HOST_ARRAY
    if "" in (left.kind, right.kind):
        return STATIC
    if left.is_known and right.is_known and symbol in _COMPARISONS:
        try:
            return Static("bool", bool(_COMPARISONS[symbol](left.constant, right.constant)))
        except TypeError:
            return BOOL
    return BOOL


def are_equal(left: Value, right: Value) -> bool | None:
    """Whether two values are equal that are tuples of what is plain, as far as that is known."""
    if isinstance(left, Static) and isinstance(right, Static):
        is_plain = left.is_known and right.is_known and not {"", "ndarray"} & {left.kind, right.kind}
        return bool(left.constant == right.constant) if is_plain else None
    if not isinstance(left, Tuple) or not isinstance(right, Tuple):
        return None
    if len(left.items) != len(right.items):
        return False
    found = {are_equal(one, two) for one, two in zip(left.items, right.items, strict=True)}
    return False if False in found else None if None in found else True


def item(text: Static, index: Value) -> Static:
    """`text[index]` of a string."""
    if isinstance(text.constant, str) and text.kind == "str":
        bounds = slice_of(index)
        if bounds is not None:
            return known(text.constant[bounds])
        if isinstance(index, Static) and isinstance(index.constant, int) and -len(text.constant) <= index.constant < len(text.constant):
            return known(text.constant[index.constant])
    return STR


def slice_of(index: Value) -> slice | None:
    """A slice whose bounds are all known."""
    if not is_slice(index):
        return None
    assert isinstance(index, Tuple)
    bounds: list[Any] = [part.constant if isinstance(part, Static) and part.is_known else ... for part in index.items]
    if any(bound is not None and not isinstance(bound, int) for bound in bounds) or bounds[2] == 0:
        return None
    return slice(*bounds)


def is_slice(index: Value) -> bool:
    """Whether an index is a slice."""
    return isinstance(index, Tuple) and index.fields == ("lower", "upper", "step")


def may_be_slice(index: Value) -> bool:
    """Whether an index may be more than the number of one item."""
    return not (isinstance(index, Static) and index.kind in ("int", "bool"))


# Builtins -----------------------------------------------------------------------------------------------------------


def rounded(value: Static, digits: Value | None) -> Static:
    """`round(value, digits)`."""
    if value.kind == "ndarray":
        return HOST_ARRAY
    if value.kind not in ("int", "bool", "float"):
        return STATIC
    is_whole = digits is None or (isinstance(digits, Static) and digits.kind == "NoneType")
    if is_whole and value.is_known and _is_small(value.constant) and abs(value.constant) < _LARGEST:
        return known(round(value.constant))
    if is_whole or value.kind != "float":
        return INT
    return FLOAT if isinstance(digits, Static) and digits.kind in ("int", "bool") else STATIC


def absolute(value: Static) -> Static:
    """`abs(value)`."""
    if value.kind == "ndarray":
        return HOST_ARRAY
    if value.kind not in NUMBERS:
        return STATIC
    if value.is_known:
        return known(abs(value.constant))
    return INT if value.kind == "bool" else FLOAT if value.kind == "complex" else Static(value.kind)


def divided(left: Static, right: Static) -> Value:
    """`divmod(left, right)`."""
    if left.kind not in ("int", "bool", "float") or right.kind not in ("int", "bool", "float"):
        return UNKNOWN
    return Tuple((arithmetic("//", left, right), arithmetic("%", left, right)))


def number(name: str, value: Value) -> Static:
    """`int(value)`, `float(value)`, `complex(value)`."""
    if isinstance(value, Static) and isinstance(value.constant, int | float | str) and name in ("int", "float"):
        try:
            made = int(value.constant) if name == "int" else float(value.constant)
        except (OverflowError, ValueError):
            return Static(name)
        return known(made) if abs(made) < _LARGEST else Static(name)
    return Static(name)


# Methods ------------------------------------------------------------------------------------------------------------


def method(receiver: Static, name: str, arguments: tuple[Value, ...]) -> Value:
    """A method of a string, of bytes or of a number, called with positional arguments."""
    told = _METHODS[receiver.kind].get(name) if receiver.kind in _METHODS else None
    if told is None:
        return UNKNOWN
    if name in ("partition", "rpartition"):
        return Tuple((told, told, told))
    if name in ("split", "rsplit", "splitlines"):
        return List({"element": told})
    if isinstance(receiver.constant, str) and all(isinstance(each, Static) and isinstance(each.constant, str | int) for each in arguments):
        return _computed(receiver.constant, name, [each.constant for each in arguments if isinstance(each, Static)], told)
    return told


def _computed(text: str, name: str, arguments: list[Any], told: Static) -> Static:
    """A method of a known string whose arguments are known."""
    if name in _NOT_COMPUTED or any(isinstance(each, int) and abs(each) > _LONGEST for each in arguments) or len(text) > _LONGEST:
        return told
    try:
        value = getattr(text, name)(*arguments)
    except (TypeError, ValueError):
        return told
    return known(value) if not isinstance(value, str) or len(value) <= _LONGEST else told


_NOT_COMPUTED = frozenset(("format", "format_map", "encode", "translate", "maketrans", "join"))

_TESTS = ("isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper")
_CHANGES = (
    *("capitalize", "casefold", "center", "expandtabs", "format", "format_map", "join", "ljust", "lower", "lstrip", "removeprefix", "removesuffix"),
    *("replace", "rjust", "rstrip", "strip", "swapcase", "title", "translate", "upper", "zfill"),
)


def _text_methods(own: Static) -> dict[str, Static]:
    return {
        **dict.fromkeys((*_TESTS, "startswith", "endswith", "__contains__", "__eq__", "__ne__", "__lt__", "__gt__", "__le__", "__ge__"), BOOL),
        **dict.fromkeys(_CHANGES, own),
        **dict.fromkeys(("count", "find", "index", "rfind", "rindex", "__len__", "__hash__"), INT),
        **dict.fromkeys(("split", "rsplit", "splitlines", "partition", "rpartition"), own),
    }


_METHODS: dict[str, dict[str, Static]] = {
    "str": {**_text_methods(STR), "encode": BYTES, "__str__": STR},
    "bytes": {**_text_methods(BYTES), "decode": STR, "hex": STR},
    "int": {"bit_length": INT, "bit_count": INT, "conjugate": INT, "is_integer": BOOL, "__index__": INT, "to_bytes": BYTES},
    "bool": {"bit_length": INT, "bit_count": INT, "conjugate": INT, "is_integer": BOOL, "__index__": INT, "to_bytes": BYTES},
    "float": {"is_integer": BOOL, "hex": STR, "conjugate": FLOAT},
    "complex": {"conjugate": COMPLEX},
}
"""The methods of plain values with the types of what they give."""


def attribute(owner: Static, name: str) -> Value | None:
    """An attribute of a number that is not a method; `None`: there is no such."""
    if owner.kind in ("int", "bool", "float") and name in ("real", "imag"):
        return INT if owner.kind != "float" else FLOAT
    if owner.kind == "complex" and name in ("real", "imag"):
        return FLOAT
    if owner.kind in ("int", "bool") and name in ("numerator", "denominator"):
        return INT
    return None


def has_method(kind: str, name: str) -> bool:
    """Whether a plain type has this method, as far as it is modelled."""
    return name in _METHODS.get(kind, ())


# math ---------------------------------------------------------------------------------------------------------------

_OF_MATH: dict[str, Value] = {
    **dict.fromkeys(("isnan", "isinf", "isfinite", "isclose"), BOOL),
    **dict.fromkeys(("floor", "ceil", "trunc", "gcd", "lcm", "comb", "perm", "factorial", "isqrt"), INT),
    "frexp": Tuple((FLOAT, INT)),
    "modf": Tuple((FLOAT, FLOAT)),
}


def product(factors: Sequence[Value]) -> Value:
    """`math.prod` of these: Python multiplies whatever they are, arrays too."""
    numbers = [each.constant for each in factors if isinstance(each, Static) and isinstance(each.constant, int | float)]
    if len(numbers) == len(factors) <= _FACTORS:
        return known(math.prod(numbers))
    return STATIC if all(isinstance(each, Static) and each.kind in (*NUMBERS, "shape") for each in factors) else UNKNOWN


_FACTORS = 8


def of_math(name: str, arguments: tuple[Value, ...]) -> Value:
    """What a function of `math` gives. `floor`, `ceil` and `trunc` ask an object of another type for a method of its own."""
    if name in ("floor", "ceil", "trunc") and not all(isinstance(each, Static) and each.kind in NUMBERS for each in arguments):
        return STATIC
    return _OF_MATH.get(name, FLOAT)
