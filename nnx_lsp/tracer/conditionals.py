"""The older form of `jax.lax.cond`, in which each branch has an operand of its own: `cond(pred, true_operand, true_fun, false_operand, false_fun)`.

Source: `cond` in jax/_src/lax/control_flow/conditionals.py. Up to jax 0.8 it binds its arguments, keywords too, to these parameters, and takes them so
where both functions can be called; later releases look at positions only, and take them so where the first "function" cannot be called.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from packaging.version import Version

from nnx_lsp import program
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.instances import is_callable
from nnx_lsp.tracer.values import Value

_PARAMETERS = ("pred", "true_operand", "true_fun", "false_operand", "false_fun")
_BRANCHES = (("true_fun", "true_operand"), ("false_fun", "false_operand"))
_BY_POSITION = Version("0.10")
"""From here on the form surely has no keywords."""

Branch: TypeAlias = tuple[Value, Value, program.Argument | None]
"""A function, its operand, and the code of the function."""


def apart(arguments: Arguments, jax: Version) -> tuple[Branch, ...] | Literal["doubtful"] | None:
    """The branches of a call in this form; `None` where it has the common form, `"doubtful"` where nobody knows which it has or it raises."""
    bound = dict(zip(_PARAMETERS, arguments.positional, strict=False)) | arguments.keywords
    if len(arguments.positional) + len(arguments.keywords) != len(_PARAMETERS) or set(bound) != set(_PARAMETERS):
        return None
    is_older = jax < _BY_POSITION
    if arguments.keywords and not is_older:
        return "doubtful"
    first, last = (is_callable(bound[name]) for name in ("true_operand", "false_fun"))
    if first is True or (first is None and last is False):
        return "doubtful" if last is True and is_older else None
    if first is None and last is None:
        return "doubtful"
    return tuple((bound[name], bound[operand], arguments.argument(_PARAMETERS.index(name), name)) for name, operand in _BRANCHES)


__all__ = ["Branch", "apart"]
