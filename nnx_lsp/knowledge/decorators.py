"""Decorators that give the function, or the class, that they are given: with its signature, and with the results that it had."""

from __future__ import annotations

import enum

import msgspec


class Of(enum.Enum):
    """What a decorator is written above."""

    FUNCTION = "function"
    CLASS = "class"


class Keeping(msgspec.Struct, frozen=True):
    """One decorator under its whole name. It may be written with options, and then gives one that is like it."""

    name: str
    of: Of
    is_installed: bool = True
    """Whether the environment of the tests has its library, so that a test can run it; where it has not, only its documentation says what it does."""


_ROWS = (
    Keeping("abc.abstractmethod", Of.FUNCTION),
    Keeping("beartype.beartype", Of.FUNCTION, is_installed=False),
    Keeping("enum.unique", Of.CLASS),
    Keeping("functools.total_ordering", Of.CLASS),
    Keeping("functools.wraps", Of.FUNCTION),
    Keeping("jax.default_device", Of.FUNCTION),
    Keeping("jax.default_matmul_precision", Of.FUNCTION),
    Keeping("jax.debug_nans", Of.FUNCTION),
    Keeping("jax.log_compiles", Of.FUNCTION),
    Keeping("jax.named_scope", Of.FUNCTION),
    Keeping("jax.profiler.annotate_function", Of.FUNCTION),
    Keeping("jax.transfer_guard", Of.FUNCTION),
    Keeping("jaxtyping.jaxtyped", Of.FUNCTION, is_installed=False),
    Keeping("overrides.override", Of.FUNCTION, is_installed=False),
    Keeping("typeguard.typechecked", Of.FUNCTION, is_installed=False),
    Keeping("typing.final", Of.CLASS),
    Keeping("typing.no_type_check", Of.FUNCTION),
    Keeping("typing.override", Of.FUNCTION),
    Keeping("typing.runtime_checkable", Of.CLASS),
    Keeping("typing_extensions.deprecated", Of.FUNCTION),
    Keeping("typing_extensions.final", Of.CLASS),
    Keeping("typing_extensions.override", Of.FUNCTION),
    Keeping("typing_extensions.runtime_checkable", Of.CLASS),
)
KEEPING = {row.name: row for row in _ROWS}
"""By their names."""

__all__ = ["KEEPING", "Keeping", "Of"]
