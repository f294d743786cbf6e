"""The run of a program while it is written: pieces are executed one after the other, and one that does not do well is taken back."""

from __future__ import annotations
import __future__

import resource
import signal
import sys
from types import FrameType, ModuleType
from typing import Any

Failure = str
_MOST_LINES = 2_500
_LONGEST = 60
_HUGE = 1_000
_MOST_MEMORY = 64 * 1024
_LONGEST_TEXT = 200
_LARGEST = 10**12
_NAME = "__trial__"
_PATIENCE = 0.2
"""Seconds that a piece which is broken off has for what its `finally` does."""


class _EndlessError(BaseException):
    """A piece runs for too many lines. The code under trial catches only `Exception`."""


class Trial:
    """A module that grows by pieces."""

    def __init__(self, head: list[str]) -> None:
        self._flags = __future__.annotations.compiler_flag if head else 0
        self._pieces: list[list[str]] = []
        self._module = ModuleType(_NAME)

    def values(self) -> dict[str, object]:
        """What the names of the module hold."""
        return self._module.__dict__

    def run(self, piece: list[str]) -> Failure | None:
        """Executes one more piece. A piece that fails is taken back, and the module is as it was; says whether it raised, or ran or grew too far."""
        failure = self._executed(piece) or self._grown()
        if failure is None:
            self._pieces.append(piece)
            return None
        self._module = ModuleType(_NAME)
        for earlier in self._pieces:
            self._executed(earlier)
        return failure

    def _executed(self, piece: list[str]) -> Failure | None:
        code = compile("\n".join(piece) + "\n", "<trial>", "exec", self._flags, dont_inherit=True)
        before, sys.modules[_NAME] = sys.gettrace(), self._module
        handler = signal.signal(signal.SIGALRM, _break_off)
        sys.settrace(_counting())
        try:
            exec(code, self._module.__dict__)
        except _EndlessError:
            return "endless"
        except Exception:
            return "Exception"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler)
            sys.settrace(before)
            del sys.modules[_NAME]
        return None

    def _grown(self) -> Failure | None:
        return "grown" if any(_is_large(value, 3) for name, value in list(self._module.__dict__.items()) if name != "__builtins__") else None


def _counting() -> Any:
    """A trace function that ends a piece. It must not look at the locals of a frame: under Python 3.12 that changes them."""
    left = _MOST_LINES
    most = _memory() + _MOST_MEMORY

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename != "<trial>":
            return None
        if event == "line":
            left -= 1
        if left < 0 or _memory() > most or _is_huge(argument) or any(map(_is_huge, frame.f_globals.values())):
            # Python traces no further after this, and a loop in a `finally` would run for ever.
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE, _PATIENCE)
            raise _EndlessError
        return trace

    return trace


def _break_off(number: int, frame: FrameType | None) -> None:
    """Ends a piece once more that was broken off."""
    if frame is not None and frame.f_code.co_filename == "<trial>":
        raise _EndlessError


def _memory() -> int:
    """The most kibibytes that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _is_huge(value: object) -> bool:
    """Whether a value doubles without end."""
    kind = type(value)
    if kind is list or kind is str or kind is tuple:
        return len(value) > _HUGE  # type: ignore[arg-type]
    return kind is int and value.bit_length() > _HUGE  # type: ignore[attr-defined]


def _is_large(value: object, depth: int) -> bool:
    """Whether a value is larger than a program needs; built-in types only, so nothing of the program runs."""
    kind = type(value)
    if kind is str:
        return len(value) > _LONGEST_TEXT  # type: ignore[arg-type]
    if kind is int:
        return abs(value) > _LARGEST  # type: ignore[arg-type]
    match value:
        case (list() | tuple() | set()) as items if depth and kind in (list, tuple, set):
            return len(items) > _LONGEST or any(_is_large(item, depth - 1) for item in items)
        case dict() as table if depth and kind is dict and "__builtins__" not in table:
            return len(table) > _LONGEST or any(_is_large(item, depth - 1) for item in table.values())
    return False
