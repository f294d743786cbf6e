"""Where the walk is: frames of functions, and the chain of calls and transforms that led to them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from nnx_lsp.program import Expression, Place
from nnx_lsp.tracer.values import Class, Function, Level, Value

ASSUMED = "as `nnx.jit` would trace it"
"""How the text of a link ends for a Module that no code was seen to jit."""


class Context(msgspec.Struct, eq=False, frozen=True):
    """One link of the way to a place: a call that was walked, or a transform that was entered.

    `place` is the node that calls or applies, `text` says it in words (``called as `clip(x)` ``), `function` is the one entered,
    `level` the innermost transform level inside it; `is_call`: it is a call that stands in the program; `entered` is the function itself, where it is one
    of the user's.
    """

    parent: Context | None
    place: Place
    text: str
    function: str
    level: Level | None
    is_call: bool = False
    entered: Function | None = None

    def links(self) -> Iterator[Context]:
        """The links from the outermost to this one."""
        if self.parent is not None:
            yield from self.parent.links()
        yield self

    @property
    def is_far(self) -> bool:
        """Whether further calls lead here from the function that the walk began with, or that a transform entered."""
        return self.is_call and self.parent is not None

    @property
    def depth(self) -> int:
        """How many links there are."""
        return sum(1 for _ in self.links())


class Frame(msgspec.Struct, eq=False):
    """The names of one running function, class body or module.

    `names` is written through the journal. `outer` is the frame of the enclosing function (or the module), where free names are looked up.
    """

    path: str
    chunk: int
    names: dict[str, Value]
    outer: Frame | None
    context: Context | None
    function: Function | None = None
    owner: Class | None = None
    is_class: bool = False
    is_comprehension: bool = False
    globals: frozenset[str] = frozenset()
    nonlocals: frozenset[str] = frozenset()
    returns: list[Value] = msgspec.field(default_factory=list)
    loops: int = 0
    is_initializer: bool = False
    """Whether this is a Module's `__init__` (or what it calls on the same `self`)."""
    is_over: bool = False
    """Whether the statement being run called what never returns."""
    moment: int = 0
    """The walk that made it, see `tracer.moments`."""
    given: dict[str, tuple[Expression, Frame] | None] = {}
    """The parameters, with what the caller wrote for them and its frame, where that says what they are (`tracer.decisions`)."""
    is_kept: bool = False
    """Whether something may come back to its names once its body has ended."""
    is_abstract: bool = False
    """Whether the body raises `NotImplementedError`: what stands there in a subclass does return."""

    def keep(self) -> None:
        """Something was made that may come back to its names, and to what it sees around them, once its body has ended."""
        frame: Frame | None = self
        while frame is not None and not frame.is_kept:
            frame.is_kept = True
            for by_caller in frame.given.values():
                if by_caller is not None:
                    by_caller[1].keep()
            frame = frame.outer

    @property
    def level(self) -> Level | None:
        """The innermost transform level."""
        return self.context.level if self.context else None

    @property
    def module(self) -> Frame:
        """The frame of the module."""
        frame = self
        while frame.outer is not None:
            frame = frame.outer
        return frame
