"""The table of decorators that keep what they are given: each row is executed, and what the tracer says of the decorated function is what Python has there."""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from nnx_lsp.dev.values import blocks, words_at
from nnx_lsp.knowledge.decorators import KEEPING, Keeping, Of

_OPTIONS = {
    "functools.wraps": "(lambda *args: None)",
    "jax.debug_nans": "(False)",
    "jax.default_device": "(None)",
    "jax.default_matmul_precision": "('float32')",
    "jax.log_compiles": "(False)",
    "jax.named_scope": "('name')",
    "jax.transfer_guard": "('allow')",
    "jaxtyping.jaxtyped": "(typechecker=None)",
    "typing_extensions.deprecated": "('old')",
}
"""How a decorator is written that is not written without options."""
_BASES = {"enum.unique": "enum.Enum", "typing.runtime_checkable": "typing.Protocol", "typing_extensions.runtime_checkable": "typing.Protocol"}

_FUNCTION = """import {library}


@{written}
def pair(first, second=2):
    return first, second


reveal(pair(1))  # tuple (int 1, int 2)
reveal(pair(second="b", first=None))  # tuple (None, str 'b')
"""
_CLASS = """import {library}
import enum
import typing


@{written}
class Sized({base}):
    SIZE = 3

    def __lt__(self, other):
        return False


reveal(Sized.__name__)  # str 'Sized'
reveal(Sized.SIZE)  # {said}
"""
_REAL: dict[Of, list[Any]] = {Of.FUNCTION: [(1, 2), (None, "b")], Of.CLASS: ["Sized", 3]}


def _program(row: Keeping) -> str:
    root, _, rest = row.name.partition(".")
    library = row.name.rpartition(".")[0] if root != "jax" or rest.count(".") else root
    base = _BASES.get(row.name, "")
    shape = _FUNCTION if row.of is Of.FUNCTION else _CLASS
    return shape.format(library=library, written=row.name + _OPTIONS.get(row.name, ""), base=base, said="Sized object" if base == "enum.Enum" else "int 3")


def _executed(text: str) -> list[Any]:
    found: list[Any] = []
    reveal: Callable[[Any], None] = found.append
    exec(compile(text, "program.py", "exec"), {"reveal": reveal, "__name__": "program"})
    return [each.value if isinstance(each, enum.Enum) else each for each in found]


@pytest.mark.parametrize("row", KEEPING.values(), ids=lambda row: row.name)
def test_what_is_said_of_the_decorated(row: Keeping, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"# A page\n\n```python\n{_program(row)}```\n")
    [block] = blocks(path)
    assert words_at(block, version("flax") if find_spec("flax") else "0.12.12") == {each.row: each.words for each in block.rows}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("row", [row for row in KEEPING.values() if row.is_installed], ids=lambda row: row.name)
def test_what_python_has_there(row: Keeping) -> None:
    root = row.name.partition(".")[0]
    if root == "jax" and find_spec("jax") is None:
        pytest.skip("jax is not installed: install the extra `verify`")
    if row.name == "typing.override" and sys.version_info < (3, 12):
        pytest.skip("`typing.override` is there since Python 3.12")
    assert _executed(_program(row)) == _REAL[row.of]


def test_rows_say_whether_their_library_is_here() -> None:
    said = {row.name.partition(".")[0]: row.is_installed for row in KEEPING.values()}
    assert {root for root, is_here in said.items() if is_here and root != "jax" and find_spec(root) is None} == set()
