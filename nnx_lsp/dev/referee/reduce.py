"""The smallest program that still shows what a larger one shows: statements are deleted as long as it does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

MOST_TRIALS = 400


def reduced(text: str, shows: Callable[[str], bool]) -> str:
    """`text` with all statements gone that are not needed. `shows` tells whether a program still shows it; it is asked a bounded number of times."""
    trials = 0
    changed = True
    while changed and trials < MOST_TRIALS:
        changed = False
        for candidate in _smaller(text):
            trials += 1
            if trials > MOST_TRIALS:
                break
            if candidate != text and _compiles(candidate) and shows(candidate):
                text, changed = candidate, True
                break
    return text


def _compiles(text: str) -> bool:
    try:
        compile(text, "program.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _smaller(text: str) -> Iterator[str]:
    """The program without one statement, or with the body of a compound one in its place; large deletions first."""
    tree = ast.parse(text)
    lines = text.split("\n")
    found: list[tuple[int, int, int, list[str]]] = []
    for node in ast.walk(tree):
        for body in _bodies(node):
            for statement in body:
                first, last = _rows(statement)
                indent = " " * statement.col_offset
                instead = [] if len(body) > 1 or isinstance(node, ast.Module) else [f"{indent}pass"]
                if not isinstance(statement, ast.Pass):
                    found.append((last - first, first, last, instead))
                for inner in _bodies(statement):
                    if inner and not isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                        start, end = _rows(inner[0])[0], _rows(inner[-1])[1]
                        moved = [line[inner[0].col_offset - statement.col_offset :] for line in lines[start - 1 : end]]
                        found.append((last - first - (end - start), first, last, moved))
    for _, first, last, instead in sorted(found, key=lambda each: (-each[0], -each[1])):
        yield "\n".join(lines[: first - 1] + instead + lines[last:])


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
            yield body
    for handler in getattr(node, "handlers", ()):
        yield handler.body
    for case in getattr(node, "cases", ()):
        yield case.body


def _rows(statement: ast.stmt) -> tuple[int, int]:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)]), statement.end_lineno or statement.lineno
