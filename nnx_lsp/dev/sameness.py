"""`python -m nnx_lsp.dev.sameness PATH…`: does what is found stay the same where the meaning of a program does?

A program is a Python file, or a folder of them. It is written anew in ways that change nothing of what it does: the files in another order, a copy of each
file beside, line breaks in its parentheses, other names for its local variables, all of it in a function that is called, a function in a module of its own.
A finding is known by its code and the token that it begins at, which each way knows to find again. Prints what is lost (`-`) and what is new (`+`).
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import keyword
import sys
import tokenize
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from nnx_lsp.config import Settings
from nnx_lsp.diagnostic import Diagnostic, merged
from nnx_lsp.engine import Engine
from nnx_lsp.project.project import Project

Texts: TypeAlias = dict[str, str]
Token: TypeAlias = tuple[str, int]
"""A file, and the number of a token in it."""
Finding: TypeAlias = tuple[str, str, int]
"""A code, with the file and the number of the token that it begins at."""

_COPIED = "copied_before"
_INSIGNIFICANT = frozenset((tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENCODING, tokenize.ENDMARKER))


class Variant(msgspec.Struct, frozen=True):
    """A program written anew: its texts, the order in which they are checked, and where each token of the first program is now."""

    texts: Texts
    order: tuple[str, ...]
    now: Callable[[Token], Token]


class Difference(msgspec.Struct, frozen=True):
    """What one way of writing a program anew changes in what is found."""

    way: str
    program: str
    changes: tuple[str, ...]


def differences(name: str, texts: Texts, ways: Mapping[str, Way], settings: Settings | None = None) -> Iterator[Difference]:
    """Where a program written anew has other findings."""
    settings = settings or Settings()
    before = found(texts, tuple(texts), settings)
    for way, write in ways.items():
        try:
            variant = write(texts)
        except (SyntaxError, tokenize.TokenError):
            continue
        if variant is None:
            continue
        after = found(variant.texts, variant.order, settings)
        expected: Counter[Finding] = Counter()
        for (code, path, token), count in before.items():
            expected[code, *variant.now((path, token))] += count
        after = Counter({finding: count for finding, count in after.items() if not finding[1].startswith(_COPIED)})
        lost = [f"-{code} {path}:{token}" for code, path, token in sorted(expected - after)]
        new = [f"+{code} {path}:{token}" for code, path, token in sorted(after - expected)]
        if lost or new:
            yield Difference(way, name, (*lost, *new))


def found(texts: Texts, order: tuple[str, ...], settings: Settings) -> Counter[Finding]:
    """What is found in a program whose files are checked in an order."""
    every = [each for those in fresh(texts, order, settings).values() for each in those]
    starts = {path: _starts(text) for path, text in texts.items()}
    return Counter((each.code, each.path, bisect_right(starts[each.path], each.span.start) - 1) for each in every)


def fresh(texts: Texts, order: Iterable[str], settings: Settings) -> Mapping[str, tuple[Diagnostic, ...]]:
    """What a run that begins anew finds in each file, where they are checked in an order."""
    project = Project()
    project.register(texts)
    for path, text in texts.items():
        project.write(path, text)
    engine = Engine(project, settings)
    return merged((path, engine.check(path).found) for path in order)


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in _INSIGNIFICANT]


def _lines(text: str) -> list[int]:
    """Where each line begins."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _starts(text: str) -> list[int]:
    lines = _lines(text)
    return [lines[token.start[0] - 1] + token.start[1] for token in _tokens(text)]


# Ways --------------------------------------------------------------------------------------------------------------

Way: TypeAlias = Callable[[Texts], Variant | None]


def in_another_order(texts: Texts) -> Variant | None:
    """The files are checked from the last to the first."""
    return Variant(dict(reversed(texts.items())), tuple(reversed(texts)), lambda token: token) if len(texts) > 1 else None


def with_a_copy(texts: Texts) -> Variant | None:
    """Each file stands in another folder too, which is checked first."""
    copies = {str(Path(_COPIED) / path): text for path, text in texts.items()}
    return Variant({**copies, **texts}, (*copies, *texts), lambda token: token)


def with_line_breaks(texts: Texts) -> Variant | None:
    """A line break behind each opening parenthesis."""
    return Variant({path: _broken(text) for path, text in texts.items()}, tuple(texts), lambda token: token)


def _broken(text: str) -> str:
    lines, made, last, depth = _lines(text), [], 0, 0
    for token in _tokens(text):
        depth += tokenize.tok_name[token.type].endswith("STRING_START") - tokenize.tok_name[token.type].endswith("STRING_END")
        if token.string == "(" and token.type == tokenize.OP and not depth:
            end = lines[token.end[0] - 1] + token.end[1]
            made.append(text[last:end] + "\n")
            last = end
    return "".join((*made, text[last:]))


def with_other_names(texts: Texts) -> Variant | None:
    """The local variables of functions have other names."""
    renamed = {path: _renamed(text) for path, text in texts.items()}
    return Variant(renamed, tuple(texts), lambda token: token) if renamed != texts else None


def _renamed(text: str) -> str:
    if any(word in text for word in ("locals(", "exec(", "eval(", "vars(")):
        return text
    edits: dict[tuple[int, int], str] = {}
    tree = ast.parse(text)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for name in _own_names(function):
                for node in ast.walk(function):
                    if isinstance(node, ast.Name) and node.id == name:
                        edits[node.lineno, node.col_offset] = name
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    for (row, column), name in sorted(edits.items(), reverse=True):
        line = lines[row - 1]
        end = column + len(name.encode())
        lines[row - 1] = line[:end] + b"_" + line[end:]
    return b"".join(lines).decode()


def _own_names(function: ast.FunctionDef) -> set[str]:
    """The names that are bound in a function by assignment alone, and nowhere in it in another way."""
    stored: set[str] = set()
    other: set[str] = {argument.arg for node in ast.walk(function) if isinstance(node, ast.arguments) for argument in _arguments(node)}
    for node in ast.walk(function):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                stored.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                other.update(names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                other.add(name)
            case ast.alias(name=name, asname=alias):
                other.add(alias or name.partition(".")[0])
            case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                other.add(name)
            case ast.MatchMapping(rest=str() as name):
                other.add(name)
            case ast.JoinedStr():  # Where names stand in them is not known to each Python.
                other.update(each.id for each in ast.walk(node) if isinstance(each, ast.Name))
            case _:
                pass
    for node in ast.walk(function):  # Names of classes in it are attributes.
        if isinstance(node, ast.ClassDef):
            other.update(each.id for each in ast.walk(node) if isinstance(each, ast.Name))
    every = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return {name for name in stored - other if f"{name}_" not in every and not keyword.iskeyword(f"{name}_")}


def _arguments(node: ast.arguments) -> Iterator[ast.arg]:
    yield from (*node.posonlyargs, *node.args, *node.kwonlyargs)
    yield from (each for each in (node.vararg, node.kwarg) if each is not None)


def in_a_function(texts: Texts) -> Variant | None:
    """All that a program's one file does stands in a function that is called."""
    if len(texts) != 1:
        return None
    ((path, text),) = texts.items()
    tree = ast.parse(text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    is_bound_to_its_place = any(
        isinstance(node, ast.Global) or (isinstance(node, ast.ImportFrom) and (node.module == "__future__" or any(each.name == "*" for each in node.names)))
        for node in ast.walk(tree)
    )
    if is_bound_to_its_place or names & {"globals", "exec", "eval", "vars", "locals", "__name__", "__file__"} or _has_long_strings(tree):
        return None
    indented = "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))
    head = "def whole_program():\n"
    shift = len(_tokens(f"{head}    pass\n")) - 1
    return Variant({path: f"{head}{indented}\n\nwhole_program()\n"}, (path,), lambda token: (token[0], token[1] + shift))


def _has_long_strings(tree: ast.Module) -> bool:
    """Whether strings reach over several lines: they would be indented too."""
    return any(isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno != node.lineno for node in ast.walk(tree))


def with_a_function_elsewhere(texts: Texts) -> Variant | None:
    """The first function that asks for nothing but what was imported stands in a module of its own."""
    for path, text in texts.items():
        tree = ast.parse(text)
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        imported = {alias.asname or alias.name.partition(".")[0] for node in imports for alias in node.names}
        bound = {name for node in tree.body if node not in imports for name in _bound_by(node)}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.decorator_list and not _used(node) & (bound - {node.name}) and imported:
                return _moved(texts, path, node, imports)
    return None


def _bound_by(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        yield node.name
    else:
        yield from (each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store))


def _used(node: ast.FunctionDef) -> set[str]:
    texts = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} | texts


def _moved(texts: Texts, path: str, node: ast.FunctionDef, imports: list[ast.Import | ast.ImportFrom]) -> Variant:
    text, module = texts[path], "function_elsewhere"
    lines = text.splitlines(keepends=True)
    first, last = node.lineno - 1, node.end_lineno or node.lineno
    head = "".join(f"{ast.unparse(each)}\n" for each in imports)
    line = f"from {module} import {node.name}\n"
    other = str(Path(path).parent / f"{module}.py")
    made = {**texts, path: "".join((*lines[:first], line, *lines[last:])), other: f"{head}\n\n{''.join(lines[first:last])}"}
    begin = len(_tokens("".join(lines[:first])))
    count = len(_tokens("".join(lines[first:last])))
    before, shift = len(_tokens(head)), len(_tokens(line)) - count

    def now(token: Token) -> Token:
        at, number = token
        if at != path or number < begin:
            return token
        return (path, number + shift) if number >= begin + count else (other, number - begin + before)

    return Variant(made, (*texts, other), now)


WAYS: dict[str, Way] = {
    way.__name__: way for way in (in_another_order, with_a_copy, with_line_breaks, with_other_names, in_a_function, with_a_function_elsewhere)
}


def programs(path: Path) -> Iterator[tuple[str, Texts]]:
    """The programs that a path stands for: a file, a folder with a `main.py` or an `__init__.py`, or all such below it, with their texts."""
    if path.is_file():
        yield path.name, {path.name: path.read_text(encoding="utf-8", errors="replace")}
        return
    if any((path / name).is_file() for name in ("main.py", "__init__.py")):
        files = sorted(path.rglob("*.py"))
        yield path.name, {str(each.relative_to(path.parent)): each.read_text(encoding="utf-8", errors="replace") for each in files}
        return
    for each in sorted(path.iterdir()):
        if each.suffix == ".py" or (each.is_dir() and each.name != "__pycache__"):
            for name, texts in programs(each):
                yield f"{path.name}/{name}", texts


def is_plain(texts: Texts) -> bool:
    """Whether no comment in a program says anything to the linter: it would hold for other lines."""
    return not any("nnx-lint:" in text or "noqa" in text for text in texts.values())


def main() -> None:
    """Write programs anew and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--way", action="append", choices=list(WAYS), help="only these ways")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write what differs to FILE, as the tests expect it")
    options = parser.parse_args()
    known: dict[str, dict[str, list[str]]] = {}
    ways = {name: way for name, way in WAYS.items() if not options.way or name in options.way}
    count: Counter[str] = Counter()
    number = 0
    for path in options.paths:
        for name, texts in programs(path):
            number += 1
            for each in differences(name, texts, ways) if is_plain(texts) else ():
                count[each.way] += 1
                known.setdefault(each.way, {})[each.program] = list(each.changes)
                print(f"{each.program} {each.way}: {', '.join(each.changes)}", flush=True)
    print(f"{number} programs, {sum(count.values())} differences: {dict(count)}")
    if options.write:
        options.write.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
