"""Python programs that nobody wrote, without JAX: the same seed gives the same program. `nnx_lsp.dev.referee` runs them and judges the tracer by them.

python -m nnx_lsp.dev.python_programs --show 7                          # prints one
python -m nnx_lsp.dev.python_programs --count 1000 --seed 0 --constructs   # counts what they are made of
"""

from __future__ import annotations

from collections.abc import Iterator

from nnx_lsp.dev.python_programs.grammar import GRAMMAR
from nnx_lsp.dev.python_programs.maker import Maker


def program(seed: int) -> str:
    """The text of the program of a seed: 15 to 60 lines that run under CPython 3.11 or later, with the standard library alone."""
    return Maker(GRAMMAR, seed).made()


def programs(seed: int, count: int) -> Iterator[str]:
    """This many programs; those of another seed are others."""
    for number in range(count):
        yield program(seed * 1_000_003 + number)
