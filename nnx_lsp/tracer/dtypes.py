"""The exact dtypes of arrays where they are certain, weak ones told from strong ones.

An exact dtype is `bool`, `int8`, `int16`, `int`, `uint8`, `uint16`, `uint`, `float16`, `bfloat16`, `float` or `complex`, with a `~` before it where it is
weakly typed, and `""` where it is not known. `int`, `uint`, `float` and `complex` stand for 32 and for 64 bits: which of them depends on `jax_enable_x64`.

Source: the promotion of `jax.numpy` and of jax's operators, measured on jax 0.6 to 0.12; what differs between them is not known here.
"""

from __future__ import annotations

from nnx_lsp.knowledge import arrays as known
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.values import NONE, Array, Dtype, Library, List, OneOf, Static, Tuple, Value, Variable

_KINDS = ("bool", "int", "float", "complex")
_SIGNED = ("int8", "int16", "int")
_UNSIGNED = ("uint8", "uint16", "uint")
_FLOATS = ("float16", "bfloat16", "float")
_KIND = {"bool": "bool", "complex": "complex", **dict.fromkeys((*_SIGNED, *_UNSIGNED), "int"), **dict.fromkeys(_FLOATS, "float")}
_OVER_BOOLS = frozenset("+*&|^@")
_CLOSED = frozenset(("+", "-", "*", "&", "|", "^", "<<", ">>", "%"))


def exact(value: Value | None) -> str:
    """The exact dtype of a value. A Python number is weakly typed; one that is not known may be a number of NumPy, which is not."""
    if isinstance(value, Array):
        return value.exact
    if isinstance(value, Static):
        if value.kind == "bool":
            return "bool"
        return f"~{value.kind}" if value.kind in ("int", "float", "complex") and value.is_known else ""
    if isinstance(value, Variable):
        return exact(value.content)
    if isinstance(value, OneOf):
        found = {exact(option) for option in value.options}
        return found.pop() if len(found) == 1 else ""
    return ""


def of_part(array: Array) -> str:
    """The exact dtype of the real part, the imaginary part or the absolute value of an array."""
    return array.exact if kind(array.exact) != "complex" else "float" if is_strong(array.exact) else ""


def kind(name: str) -> str:
    """The kind of an exact dtype: `bool`, `int`, `float`, `complex` or `""`."""
    return _KIND.get(name.removeprefix("~"), "")


def is_strong(name: str) -> bool:
    """Whether it is known, and not weakly typed."""
    return bool(name) and name[0] != "~"


def promoted(one: str, two: str) -> str:
    """What two exact dtypes become together."""
    if one == two or not one or not two:
        return one if one == two else ""
    ranks = _KINDS.index(kind(one)), _KINDS.index(kind(two))
    if ranks[0] != ranks[1]:
        lower, higher = (one, two) if ranks[0] < ranks[1] else (two, one)
        return higher if higher != "~complex" or kind(lower) != "float" else ""
    if "~" in (one[0], two[0]):
        return two if one[0] == "~" else one
    if one in _FLOATS and two in _FLOATS:
        return "float"
    for family in (_SIGNED, _UNSIGNED):
        if one in family and two in family:
            return max(one, two, key=family.index)
    signed, unsigned = (one, two) if one in _SIGNED else (two, one)
    return signed if _SIGNED.index(signed) > _UNSIGNED.index(unsigned) else ""


def operated(symbol: str, one: str, two: str) -> str:
    """What an operator gives for two exact dtypes."""
    both = promoted(one, two)
    if symbol == "/":
        return _inexact(both)
    if both == "bool":
        return "bool" if symbol in _OVER_BOOLS else ""
    return both if symbol in _CLOSED or is_strong(both) else ""


def _inexact(name: str) -> str:
    """What a function over floats gives."""
    return name if kind(name) in ("float", "complex", "") else "~float" if name[0] == "~" else "float"


# Functions ---------------------------------------------------------------------------------------------------------


def named(value: Value | None) -> str:
    """The exact dtype that an argument names: `jnp.int32`, `float`, `"int32"`."""
    if isinstance(value, Dtype):
        return value.exact.removeprefix("~")
    if isinstance(value, Library):
        return _NAMES.get(value.name.rpartition(".")[2], "")
    return _NAMES.get(value.constant, "") if isinstance(value, Static) and isinstance(value.constant, str) else ""


_NAMES = {name: name for name in (*_SIGNED, *_UNSIGNED, *_FLOATS, "complex", "bool")} | {
    "int32": "int",
    "int64": "int",
    "int_": "int",
    "uint32": "uint",
    "uint64": "uint",
    "float32": "float",
    "float64": "float",
    "float_": "float",
    "complex64": "complex",
    "complex128": "complex",
    "bool_": "bool",
}

_LIKE = {"zeros_like": 1, "ones_like": 1, "empty_like": 1, "full_like": 2}


def of_function(last: str, arguments: Arguments) -> str:
    """What a function of `jax.numpy` or `jax.nn`, or a method of an array, gives."""
    if arguments.is_partial:
        return ""
    first = arguments.positional[0] if arguments.positional else None
    if last in _NAMES:
        return _NAMES[last]
    position = known.CREATED.get(last)
    if position is not None:
        return _created(last, arguments.get(position, "dtype"), arguments, first)
    if last in _LIKE:
        given = arguments.get(_LIKE[last], "dtype")
        return exact(first) if given is None or given == NONE else named(given)
    if last in known.BOOLEAN:
        return "bool" if last != "isnan" else ""
    if last in known.INTEGER:
        wanted = arguments.keywords.get("index_dtype")
        return "int" if wanted is None else exact(wanted).removeprefix("~") if isinstance(wanted, Array) else named(wanted)
    if last == "astype":
        return named(arguments.get(1, "dtype"))
    wanted = next((arguments.keywords[name] for name in ("dtype", "preferred_element_type") if arguments.keywords.get(name, NONE) != NONE), None)
    if wanted is not None:
        return named(wanted) if last not in ("var", "std") or kind(named(wanted)) == "float" else ""
    if last in known.KEEP_DTYPE:
        if exact(first) == "bool" and last in ("relu", "hard_tanh"):
            return "~int"
        return exact(first) if last != "abs" or exact(first) != "complex" else ""
    if last in known.PROMOTE:
        return _promoted(last, arguments.positional[1:] if last == "where" else arguments.positional)
    found = exact(first)
    if not found or kind(found) == "complex" or len(arguments.positional) > 2:
        return ""
    if last == "sort":
        return found if is_strong(found) else ""  # A weak type is kept by newer releases only.
    if last in known.KEEP_DTYPE_STRONG:
        return found.removeprefix("~")
    if last in known.SUM:
        return found.removeprefix("~") if kind(found) == "float" else "int" if found in ("bool", "int", "~int") else ""
    if last in known.MEAN:
        return _inexact(found.removeprefix("~"))
    if last in known.FLOATING and is_strong(found):
        return _inexact(found) if last != "softplus" or found != "bool" else ""
    return ""


def _created(last: str, given: Value | None, arguments: Arguments, first: Value | None) -> str:
    if given is not None and given != NONE:
        return named(given)
    if last == "full":
        return exact(arguments.get(1, "fill_value"))
    if last in ("array", "asarray"):
        return exact(first) if not isinstance(first, List | Tuple) else _of_items(first)
    if last == "arange":
        bounds = tuple(value for name in ("start", "stop", "step") if (value := arguments.keywords.get(name)) is not None)
        found = _promoted("+", bounds or arguments.positional).removeprefix("~")
        return found if found in ("int", "float") else ""
    return "float"


def _of_items(value: List | Tuple) -> str:
    """The dtype of an array of nested lists; of numbers it is strong."""
    found = ""
    for item in value.items or ():
        one = _of_items(item) if isinstance(item, List | Tuple) else exact(item)
        found = promoted(found, one.removeprefix("~")) if found else one.removeprefix("~")
        if not found:
            return ""
    return found


def _promoted(last: str, values: tuple[Value, ...]) -> str:
    found = exact(values[0]) if values else ""
    for value in values[1:]:
        found = operated(known.OPERATORS.get(last, "+"), found, exact(value)) if last in known.OPERATORS else promoted(found, exact(value))
        if not found:
            return ""
    return found


# Agreement ---------------------------------------------------------------------------------------------------------


def differ(one: str, two: str) -> bool:
    """Whether two exact dtypes are certainly not the same; whether they are weakly typed makes no difference."""
    return bool(one) and bool(two) and one.removeprefix("~") != two.removeprefix("~")
