"""The modules of the tracer as text and tree, and the nodes of them that do something at run time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from nnx_lsp.text import Lines, Span

ROOT = Path(__file__).parents[2]
"""The folder of the package `nnx_lsp`."""
PACKAGE = "nnx_lsp.tracer"
AREAS = (
    "values",
    "state",
    "shapes",
    "dtypes",
    "narrowing",
    "expressions",
    "statements",
    "calls",
    "attributes",
    "libraries",
    "applications",
)
"""The parts of the tracer that mutants are drawn from, equally many from each: the module of that name, and those that carry on its subject."""
CARRIED_ON = {
    "annotations": "narrowing",
    "conditions": "narrowing",
    "instances": "narrowing",
    "moments": "state",
    "states": "state",
    "widening": "state",
    "branches": "statements",
    "effects": "statements",
    "records": "statements",
    "scopes": "statements",
    "host_arrays": "expressions",
    "iterables": "expressions",
    "protocols": "expressions",
    "mapping": "applications",
    "views": "applications",
    "names": "attributes",
    "array_functions": "libraries",
    "binding": "libraries",
    "containers": "libraries",
    "keys": "libraries",
    "layers": "libraries",
    "lists_and_dicts": "libraries",
    "plain": "libraries",
    "several": "libraries",
    "streams": "libraries",
}
"""The modules that carry on the subject of another, with it."""


class Scope(msgspec.Struct, frozen=True):
    """What stands around a node. `function` is its qualified name (empty in a module's own code), `returns` the text of its result's annotation.

    `statement` is the number of the innermost statement (see `Source.statements`); `bound` are the names that certainly have a value before it.
    """

    function: str = ""
    returns: str = ""
    statement: int = 0
    bound: frozenset[str] = frozenset()
    is_body: bool = False
    """Whether it is code of a function, not of a class or a module."""


class Default(ast.AST):
    """Stands for the default of a parameter."""

    _fields = ("value",)

    def __init__(self, value: ast.expr) -> None:
        super().__init__()
        self.value = value


class Source:
    """One module of the tracer."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.text = path.read_text(encoding="utf-8")

    @property
    def area(self) -> str:
        """The part of the tracer that it belongs to: `values`."""
        module = self.name.removeprefix(f"{PACKAGE}.").partition(".")[0]
        return CARRIED_ON.get(module, module)

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)

    @cached_property
    def statements(self) -> dict[int, int]:
        """The number of each statement, by identity of its node: a count over the tree."""
        return {id(node): number for number, node in enumerate(each for each in ast.walk(self.tree) if isinstance(each, ast.stmt))}

    def statement_at(self, offset: int) -> int:
        """The number of the innermost statement around an offset."""
        around = ((span.end - span.start, number) for span, number in self._ranges if span.start <= offset < span.end)
        return min(around)[1]

    @cached_property
    def _ranges(self) -> list[tuple[Span, int]]:
        return [(self.span(node), self.statements[id(node)]) for node in ast.walk(self.tree) if isinstance(node, ast.stmt)]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the module defines or imports."""
        found: set[str] = set()
        for node in self.tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                found.update(alias.asname or alias.name for alias in node.names)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            else:
                found |= _stored(node)
        return frozenset(found)

    @cached_property
    def lines(self) -> Lines:
        """The line starts of its text."""
        return Lines(self.text)

    def span(self, node: ast.expr | ast.stmt | ast.pattern | ast.keyword | ast.arg) -> Span:
        """The range of a node in the text."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return Span(self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset))

    def code(self, span: Span) -> str:
        """A part of the text."""
        return self.text[span.start : span.end]

    def _offset(self, row: int, column: int) -> int:
        """The tree counts columns in bytes of UTF-8."""
        line = self.lines.line(row)
        return self.lines.starts[row - 1] + (column if line.isascii() else len(line.encode()[:column].decode()))


def modules() -> tuple[Source, ...]:
    """Every module of the tracer, by name."""
    folder = ROOT.joinpath(*PACKAGE.split(".")[1:])
    found: list[Source] = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        found.append(Source(".".join((PACKAGE, *(parts[:-1] if parts[-1] == "__init__" else parts))), path))
    return tuple(found)


def nodes(source: Source) -> Iterator[tuple[ast.AST, Scope]]:
    """The nodes that can matter at run time, each with what is around it, in the order of the text.

    Left out are imports, annotations and aliases of types, docstrings, decorators, `__all__` and `__slots__`, code for type checkers, asserts, bodies that
    only raise `NotImplementedError`, the arguments of a class, `strict=` of `zip`, and the fields of f-strings, which are texts for people.
    """
    yield from _body(source, source.tree.body, Scope())


def _body(source: Source, body: list[ast.stmt], scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    bound = scope.bound
    for statement in body:
        if _is_idle(statement):
            continue
        inner = msgspec.structs.replace(scope, statement=source.statements[id(statement)], bound=bound)
        yield from _statement(source, statement, inner)
        bound |= _stored(statement)


def _statement(source: Source, node: ast.stmt, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    match node:
        case ast.ClassDef():
            yield from _body(source, node.body, Scope(_within(scope, node.name), "", scope.statement))
        case ast.FunctionDef():
            for default in (*node.args.defaults, *node.args.kw_defaults):
                if default is not None:
                    yield Default(default), scope
                    yield from _below(source, default, scope)
            returns = ast.unparse(node.returns) if node.returns is not None else ""
            arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            bound = frozenset(argument.arg for argument in arguments)
            yield from _body(source, node.body, Scope(_within(scope, node.name), returns, scope.statement, bound, is_body=True))
        case _:
            yield node, scope
            for child in ast.iter_child_nodes(node):
                if isinstance(node, ast.AnnAssign) and child is node.annotation:
                    continue
                if not isinstance(child, ast.stmt):
                    yield from _below(source, child, scope)
            for body in _bodies(node):
                yield from _body(source, body, scope)


def _below(source: Source, node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """A node that is not a statement, and what stands in it."""
    if (
        isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.match_case) and _is_unreachable(node))
        or (isinstance(node, ast.keyword) and node.arg == "strict")
    ):
        return
    yield node, scope
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt) or (isinstance(node, ast.Call) and child in node.args[:1] and _is_called(node, "cast")):
            continue
        yield from _below(source, child, scope)
    if isinstance(node, ast.match_case | ast.ExceptHandler):
        yield from _body(source, node.body, scope)


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        if isinstance(found := getattr(node, name, None), list):
            yield found


def _within(scope: Scope, name: str) -> str:
    return f"{scope.function}.{name}" if scope.function else name


def _stored(node: ast.stmt) -> frozenset[str]:
    """The names that a statement certainly binds."""
    match node:
        case ast.Assign(targets=targets):
            pass
        case ast.AnnAssign(target=target, value=ast.expr()) | ast.AugAssign(target=target):
            targets = [target]
        case _:
            return frozenset()
    return frozenset(each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store))


def _is_idle(node: ast.stmt) -> bool:
    """Whether a statement does nothing that could be seen."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.Pass() | ast.Global() | ast.Nonlocal():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")) | ast.AnnAssign(value=None):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__slots__" | "_")]) | ast.Delete(targets=[ast.Name()]):
            return True
        case ast.ClassDef(bases=[ast.Name(id="Protocol"), *_]):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
        case _:
            return False


def _is_unreachable(case: ast.match_case) -> bool:
    return any(isinstance(each, ast.Expr) and isinstance(each.value, ast.Call) and _is_called(each.value, "assert_never") for each in case.body)


def _is_called(node: ast.Call, name: str) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == name
