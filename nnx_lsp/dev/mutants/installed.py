"""Modules of the tracer with other code than their files have: put in place before the first of them is imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType

from nnx_lsp.dev.mutants.sources import PACKAGE, Source

SEEN = "__seen__"
"""What a module that counts its statements calls its counts."""


class _Loader(SourceFileLoader):
    """Loads a module from code that is given, with names that it finds there before it runs."""

    def __init__(self, name: str, path: str, code: CodeType, given: Mapping[str, object]) -> None:
        super().__init__(name, path)
        self._code = code
        self._given = given

    def get_code(self, fullname: str) -> CodeType:
        """The given code."""
        return self._code

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        vars(module).update(self._given)
        super().exec_module(module)


class _Finder(MetaPathFinder):
    """Finds the modules that are given."""

    def __init__(self, loaders: Mapping[str, _Loader]) -> None:
        self._loaders = loaders

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module, where it is one of those."""
        loader = self._loaders.get(fullname)
        return spec_from_file_location(fullname, loader.path, loader=loader) if loader is not None else None


def install_text(source: Source, text: str) -> None:
    """Let a module have this text in this process. Raises `RuntimeError` where the tracer was imported already, `SyntaxError` where the text is no module."""
    _install({source.name: _Loader(source.name, str(source.path), compile(text, str(source.path), "exec", dont_inherit=True), {})})


def install_counting(sources: Iterable[Source]) -> dict[str, bytearray]:
    """Let modules note in this process which of their statements run: by module a byte for each, by its number. Raises `RuntimeError` as above."""
    seen: dict[str, bytearray] = {}
    loaders: dict[str, _Loader] = {}
    for source in sources:
        notes = seen[source.name] = bytearray(len(source.statements))
        tree = _Noting(source).visit(ast.parse(source.text))
        code = compile(ast.fix_missing_locations(tree), str(source.path), "exec", dont_inherit=True)
        loaders[source.name] = _Loader(source.name, str(source.path), code, {SEEN: notes})
    _install(loaders)
    return seen


def _install(loaders: Mapping[str, _Loader]) -> None:
    if any(name.startswith(f"{PACKAGE}.") for name in sys.modules):
        raise RuntimeError("the tracer was imported already")
    sys.meta_path.insert(0, _Finder(loaders))


class _Noting(ast.NodeTransformer):
    """Puts `__seen__[number] = 1` before each statement."""

    def __init__(self, source: Source) -> None:
        self._numbers = {_place(node): source.statements[id(node)] for node in ast.walk(source.tree) if isinstance(node, ast.stmt)}

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Note the statements of each body."""
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body:
                setattr(node, name, [each for statement in body for each in self._noted(statement)])
        return node

    def _noted(self, statement: ast.stmt) -> list[ast.stmt]:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            return [statement]
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return [statement]  # A docstring stays the first.
        index = ast.Subscript(ast.Name(SEEN, ast.Load()), ast.Constant(self._numbers[_place(statement)]), ast.Store())
        return [ast.copy_location(ast.Assign([index], ast.Constant(1)), statement), statement]


def _place(node: ast.stmt) -> tuple[int, int, str]:
    return node.lineno, node.col_offset, type(node).__name__
