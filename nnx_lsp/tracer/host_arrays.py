"""Arrays of NumPy: what functions of numpy and methods of its arrays give."""

from __future__ import annotations

from nnx_lsp.knowledge import arrays as known
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.values import HOST_ARRAY, STATIC, UNKNOWN, Value


def given(last: str, arguments: Arguments) -> Value:
    """What a function of numpy gives, by its last name: an array or a number of numpy, or what is not known."""
    if last in known.NUMPY_OTHERS and not _is_array(last, arguments):
        return UNKNOWN
    return HOST_ARRAY


def _is_array(last: str, arguments: Arguments) -> bool:
    """Whether a function that may give something else gives an array for these arguments."""
    others = known.NUMPY_ONE_ARRAY.get(last)
    if others is None or arguments.is_partial:
        return False
    if last == "where":
        return len(arguments.positional) == 3
    return len(arguments.positional) <= 3 and not any(name in arguments.keywords for name in others)


def method(name: str) -> Value:
    """What a method of an array gives."""
    if name in ("item", "tolist"):
        return STATIC
    return UNKNOWN if name in _OTHERS else HOST_ARRAY


_OTHERS = frozenset(("nonzero", "tobytes", "tofile", "dump", "dumps", "sort", "fill", "put", "setflags", "resize", "itemset"))
