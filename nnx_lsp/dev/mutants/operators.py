"""What can be changed at a node: one small mistake at a time, such as a person makes."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import msgspec

from nnx_lsp.dev.mutants.sources import Default, Scope, Source, nodes
from nnx_lsp.text import Edit, Span


class Sort(enum.Enum):
    """The sorts of mistakes."""

    CONDITION = "condition"
    COMPARISON = "comparison"
    NUMBER = "number"
    OPERAND = "operand"
    STATEMENT = "statement"
    RESULT = "result"
    LOOP = "loop"
    CASE = "case"
    FUNCTION = "function"
    DEFAULT = "default"
    ARGUMENTS = "arguments"
    TABLE = "table"
    BOUND = "bound"


class Mutation(msgspec.Struct, frozen=True):
    """One change of one module, of a sort. `operator` says what is done, `about` is the code that it is done to, without line breaks."""

    sort: Sort
    operator: str
    about: str
    edit: Edit
    scope: Scope


_Found: TypeAlias = Iterator[tuple[Sort, str, Span, str]]
"""Sort, operator, the range that is replaced, and what by."""
_Operator: TypeAlias = Callable[[Source, Any, Scope], _Found]


def mutations(source: Source) -> Iterator[Mutation]:
    """Every mutation of a module, in the order of the text; no two of them make the same change."""
    seen: set[Edit] = set()
    for node, scope in nodes(source):
        about = _about(source, node)
        for operator in _OPERATORS.get(type(node), ()):
            for sort, name, span, text in operator(source, node, scope):
                edit = Edit(span, text)
                if edit not in seen and source.code(span) != text:
                    seen.add(edit)
                    yield Mutation(sort, name, about, edit, scope)


def _about(source: Source, node: ast.AST) -> str:
    """The node's own code, of a statement with a body its head; the line that it stands in for a number, and for what is long."""
    match node:
        case ast.Constant():
            return _line(source, source.span(node))
        case ast.If(test=test) | ast.While(test=test):
            span = source.span(test)
        case ast.For(target=target, iter=iterable) | ast.comprehension(target=target, iter=iterable):
            span = Span(source.span(target).start, source.span(iterable).end)
        case ast.match_case(pattern=pattern):
            span = source.span(pattern)
        case ast.With(items=items):
            span = Span(source.span(items[0].context_expr).start, source.span(items[-1].context_expr).end)
        case Default(value=value):
            span = source.span(value)
        case ast.stmt() | ast.expr() | ast.pattern():
            span = source.span(node)
        case _:
            return ""
    code = " ".join(source.code(span).split())
    return code if len(code) <= _LONG else _line(source, span)


_LONG = 160


def _line(source: Source, span: Span) -> str:
    return source.lines.line(source.lines.position(span.start).row).strip()


# Conditions ---------------------------------------------------------------------------------------------------------


def _negated(source: Source, test: ast.expr) -> _Found:
    """A test the other way round; that of a comparison or a `not` is a mutation of its own."""
    if not _is_turned_itself(test):
        yield Sort.CONDITION, "negate", source.span(test), f"(not ({source.code(source.span(test))}))"


def _is_turned_itself(test: ast.expr) -> bool:
    return (isinstance(test, ast.Compare) and len(test.ops) == 1) or (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not))


def _test(source: Source, node: ast.If | ast.While | ast.IfExp, scope: Scope) -> _Found:
    del scope
    yield from _negated(source, node.test)


def _not(source: Source, node: ast.UnaryOp, scope: Scope) -> _Found:
    del scope
    inside = source.span(node.operand)
    if isinstance(node.op, ast.Not):
        yield (
            Sort.CONDITION,
            "remove not",
            Span(source.span(node).start, inside.start),
            _only_brackets(source.code(Span(source.span(node).start, inside.start))),
        )
    elif isinstance(node.op, ast.USub):
        yield Sort.NUMBER, "remove minus", source.span(node), source.code(inside)


def _only_brackets(text: str) -> str:
    return "(" * text.count("(")


def _logical(source: Source, node: ast.BoolOp, scope: Scope) -> _Found:
    del scope
    word, other, neutral = ("and", "or", "True") if isinstance(node.op, ast.And) else ("or", "and", "False")
    for left, right in pairwise(node.values):
        yield Sort.CONDITION, f"{word} to {other}", *_symbol(source, left, right, rf"\b{word}\b", other)
    for value in node.values:
        if not any(isinstance(each, ast.NamedExpr) for each in ast.walk(value)):
            yield Sort.CONDITION, "drop operand", source.span(value), neutral
        yield from _negated(source, value)


_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}


def _comparison(source: Source, node: ast.Compare, scope: Scope) -> _Found:
    del scope
    for (left, right), operator in zip(pairwise((node.left, *node.comparators)), node.ops, strict=True):
        word, others = _COMPARISONS[type(operator)]
        for other in others:
            yield Sort.COMPARISON, f"{word} to {other}", *_symbol(source, left, right, r"\s+".join(map(re.escape, word.split())), other)


def _symbol(source: Source, left: ast.expr, right: ast.expr, pattern: str, other: str) -> tuple[Span, str]:
    """Another operator between two operands."""
    gap = Span(source.span(left).end, source.span(right).start)
    found = re.search(pattern, source.code(gap))
    assert found is not None, source.code(gap)
    return Span(gap.start + found.start(), gap.start + found.end()), other


# Numbers and operators ----------------------------------------------------------------------------------------------

_SIGNS: dict[type[ast.operator], tuple[str, str]] = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "//"), ast.FloorDiv: ("//", "*")}


def _arithmetic(source: Source, node: ast.BinOp, scope: Scope) -> _Found:
    """Another operator where numbers are seen; elsewhere (sets, tuples, texts) one operand is left out."""
    del scope
    signs = _SIGNS.get(type(node.op))
    if signs is not None and (_is_number(node.left) or _is_number(node.right)):
        yield Sort.NUMBER, f"{signs[0]} to {signs[1]}", *_symbol(source, node.left, node.right, re.escape(signs[0]), signs[1])
        return
    yield Sort.OPERAND, "drop right operand", source.span(node), f"({source.code(source.span(node.left))})"
    if isinstance(node.op, ast.Add | ast.BitOr | ast.BitAnd):
        yield Sort.OPERAND, "drop left operand", source.span(node), f"({source.code(source.span(node.right))})"


def _is_number(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=int() | float()):
            return True
        case ast.Call(func=ast.Name(id="len" | "sum" | "int" | "abs")):
            return True
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _is_number(operand)
        case ast.BinOp(left=left, right=right):
            return _is_number(left) or _is_number(right)
        case _:
            return False


def _constant(source: Source, node: ast.Constant, scope: Scope) -> _Found:
    del scope
    match node.value:
        case bool():
            yield Sort.NUMBER, f"{node.value} to {not node.value}", source.span(node), str(not node.value)
        case int():
            for other in (1,) if node.value == 0 else (0, 2) if node.value == 1 else (node.value - 1, node.value + 1):
                yield Sort.NUMBER, f"{node.value} to {other}", source.span(node), str(other)
        case _:
            pass


# Statements ---------------------------------------------------------------------------------------------------------


def _expression(source: Source, node: ast.Expr, scope: Scope) -> _Found:
    del scope
    match node.value:
        case ast.Yield() | ast.YieldFrom():
            yield Sort.STATEMENT, "drop statement", source.span(node), "yield from ()"
        case _:
            yield Sort.STATEMENT, "drop statement", source.span(node), "pass"


def _assigned(source: Source, node: ast.Assign | ast.AnnAssign | ast.AugAssign, scope: Scope) -> _Found:
    """A value that is kept, or that takes the place of another one; a name's first value is needed by all that follows."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [each for each in targets if isinstance(each, ast.Name)]
    is_first = any(name.id not in scope.bound for name in names) or len(names) < sum(isinstance(each, ast.Name | ast.Tuple) for each in targets)
    if scope.is_body and not is_first and not scope.function.endswith("__init__"):
        yield Sort.STATEMENT, "drop statement", source.span(node), "pass"


def _leaving(source: Source, node: ast.Raise | ast.Delete, scope: Scope) -> _Found:
    del scope
    yield Sort.STATEMENT, "drop statement", source.span(node), "pass"


def _break(source: Source, node: ast.Break | ast.Continue, scope: Scope) -> _Found:
    del scope
    word, other = ("break", "continue") if isinstance(node, ast.Break) else ("continue", "break")
    yield Sort.LOOP, f"{word} to {other}", source.span(node), other


_EMPTY = {"tuple": "()", "list": "[]", "dict": "{}", "set": "set()", "frozenset": "frozenset()", "str": '""'}


def _return(source: Source, node: ast.Return, scope: Scope) -> _Found:
    """What a function of this type may give in place of a value."""
    if node.value is None:
        yield Sort.STATEMENT, "drop statement", source.span(node), "pass"
        return
    span, kinds = source.span(node.value), re.split(r"\s*\|\s*", scope.returns)
    given = source.code(span)
    if "Value" in kinds and "UNKNOWN" in source.names and given != "UNKNOWN":
        yield Sort.RESULT, "return UNKNOWN", span, "UNKNOWN"
    if "None" in kinds and given != "None":
        yield Sort.RESULT, "return None", span, "None"
    if "bool" in kinds and not isinstance(node.value, ast.Constant):
        yield Sort.RESULT, "return True", span, "True"
        yield Sort.RESULT, "return False", span, "False"
    for kind in kinds:
        empty = _EMPTY.get(kind.partition("[")[0])
        if empty is not None and given != empty:
            yield Sort.RESULT, f"return {empty}", span, empty


def _for(source: Source, node: ast.For, scope: Scope) -> _Found:
    del scope
    yield Sort.LOOP, "skip loop body", source.span(node.iter), "()"


def _comprehension(source: Source, node: ast.comprehension, scope: Scope) -> _Found:
    del scope
    yield Sort.LOOP, "skip loop body", source.span(node.iter), "()"
    for test in node.ifs:
        yield from _negated(source, test)


def _with(source: Source, node: ast.With, scope: Scope) -> _Found:
    del scope
    for item in node.items:
        if item.optional_vars is None:
            yield Sort.STATEMENT, "drop context manager", source.span(item.context_expr), '__import__("contextlib").nullcontext()'


def _case(source: Source, node: ast.match_case, scope: Scope) -> _Found:
    del scope
    if node.guard is not None:
        yield Sort.CASE, "skip case", source.span(node.guard), "False"
        yield from _negated(source, node.guard)
        return
    end = source.span(node.pattern).end
    colon = re.compile(r"[\s),\]]*(?=:)").match(source.text, end)
    if colon is not None and not isinstance(node.body[0], ast.Pass):
        yield Sort.CASE, "skip case", Span(colon.end(), colon.end()), " if False"


def _alternatives(source: Source, node: ast.MatchOr, scope: Scope) -> _Found:
    del scope
    for pattern in node.patterns:
        yield Sort.CASE, "drop alternative", _with_separator(source, source.span(pattern), "|"), ""


# Calls and tables ---------------------------------------------------------------------------------------------------

_OTHER_FUNCTION = {"min": "max", "max": "min", "any": "all", "all": "any", "reversed": "list", "sorted": "list"}
_ASKS_FOR = {"get": 1, "pop": 1, "getattr": 2, "next": 1}
"""Functions with a default, and its position."""
_FIXED_ORDER = frozenset(("isinstance", "issubclass", "getattr", "hasattr", "setattr", "cast"))
_IDLE_KEYWORDS = frozenset(("strict",))
_NAMED = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


def _call(source: Source, node: ast.Call, scope: Scope) -> _Found:
    del scope
    name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if isinstance(node.func, ast.Name) and name in _OTHER_FUNCTION:
        yield Sort.FUNCTION, f"{name} to {_OTHER_FUNCTION[name]}", source.span(node.func), _OTHER_FUNCTION[name]
    position = _ASKS_FOR.get(name)
    if position is not None and len(node.args) == position + 1:
        yield Sort.DEFAULT, "empty default", source.span(node.args[position]), "None"
    if name not in _FIXED_ORDER:
        for left, right in pairwise(node.args):
            if type(left) is type(right) or (isinstance(left, _NAMED) and isinstance(right, _NAMED)):
                one, gap, two = source.span(left), Span(source.span(left).end, source.span(right).start), source.span(right)
                yield Sort.ARGUMENTS, "swap arguments", Span(one.start, two.end), source.code(two) + source.code(gap) + source.code(one)
    for keyword in node.keywords:
        if keyword.arg is not None and keyword.arg not in _IDLE_KEYWORDS:
            yield Sort.DEFAULT, f"drop {keyword.arg}=", _with_separator(source, source.span(keyword), ","), ""
    if len(node.args) == 1 and isinstance(node.args[0], ast.Tuple | ast.List):
        yield from _without_each(source, node.args[0])


def _default(source: Source, node: Default, scope: Scope) -> _Found:
    del scope
    match node.value:
        case ast.Constant(value=str(value)) if value:
            yield Sort.DEFAULT, "empty default", source.span(node.value), '""'
        case ast.Tuple(elts=[_, *_]):
            yield Sort.DEFAULT, "empty default", source.span(node.value), "()"
        case _:
            pass


def _table(source: Source, node: ast.Tuple | ast.List | ast.Set, scope: Scope) -> _Found:
    """An element of what may have any number of elements: a table of a module, a list, a set, constants, what is put together with stars."""
    is_free = isinstance(node, ast.Set | ast.List) or not scope.is_body
    is_free = is_free or all(isinstance(each, ast.Constant) for each in node.elts) or any(isinstance(each, ast.Starred) for each in node.elts)
    if is_free and not isinstance(node, ast.Set) and not isinstance(node.ctx, ast.Load):
        is_free = False
    if is_free:
        yield from _without_each(source, node)


def _without_each(source: Source, node: ast.Tuple | ast.List | ast.Set) -> _Found:
    if len(node.elts) < 2:
        return
    for element in node.elts:
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            (other,) = (each for each in node.elts if each is not element)
            yield Sort.TABLE, _left_out(source, element), source.span(node), f"({source.code(source.span(other))},)"
        else:
            yield Sort.TABLE, _left_out(source, element), _with_separator(source, source.span(element), ","), ""


def _dict(source: Source, node: ast.Dict, scope: Scope) -> _Found:
    del scope
    for key, value in zip(node.keys, node.values, strict=True):
        end = source.span(value).end
        start = source.span(key).start if key is not None else source.text.rindex("**", 0, source.span(value).start)
        yield Sort.TABLE, _left_out(source, key or value), _with_separator(source, Span(start, end), ","), ""


def _left_out(source: Source, element: ast.expr) -> str:
    return "drop " + " ".join(source.code(source.span(element)).split())


def _with_separator(source: Source, span: Span, separator: str) -> Span:
    """The range with the separator behind it, else with the one before it, and with brackets of its own."""
    start, end = span.start, span.end
    while (behind := re.compile(r"\s*\)").match(source.text, end)) and (before := re.compile(r"\(\s*\Z").search(source.text[:start])):
        if source.text[: before.start()].rstrip()[-1:] not in (separator, "(", "[", "{", ":"):
            break
        start, end = before.start(), behind.end()
    if behind := re.compile(rf"\s*{re.escape(separator)}\s*").match(source.text, end):
        return Span(start, behind.end())
    head = source.text[:start].rstrip()
    return Span(len(head) - 1, end) if head.endswith(separator) else Span(start, end)


def _subscript(source: Source, node: ast.Subscript, scope: Scope) -> _Found:
    del scope
    if not isinstance(node.slice, ast.Slice):
        return
    for bound in (node.slice.lower, node.slice.upper):
        if bound is not None:
            yield Sort.BOUND, "drop bound", source.span(bound), ""
            if not isinstance(bound, ast.Constant | ast.UnaryOp):
                yield Sort.BOUND, "bound + 1", source.span(bound), f"({source.code(source.span(bound))}) + 1"
    if node.slice.step is not None:
        yield Sort.BOUND, "drop step", source.span(node.slice.step), ""


_OPERATORS: dict[type[ast.AST], Sequence[_Operator]] = {
    ast.If: (_test,),
    ast.While: (_test,),
    ast.IfExp: (_test,),
    ast.UnaryOp: (_not,),
    ast.BoolOp: (_logical,),
    ast.Compare: (_comparison,),
    ast.BinOp: (_arithmetic,),
    ast.Constant: (_constant,),
    ast.Expr: (_expression,),
    ast.Assign: (_assigned,),
    ast.AnnAssign: (_assigned,),
    ast.AugAssign: (_assigned,),
    ast.Raise: (_leaving,),
    ast.Delete: (_leaving,),
    ast.Break: (_break,),
    ast.Continue: (_break,),
    ast.Return: (_return,),
    ast.For: (_for,),
    ast.comprehension: (_comprehension,),
    ast.With: (_with,),
    ast.match_case: (_case,),
    ast.MatchOr: (_alternatives,),
    ast.Call: (_call,),
    Default: (_default,),
    ast.Tuple: (_table,),
    ast.List: (_table,),
    ast.Set: (_table,),
    ast.Dict: (_dict,),
    ast.Subscript: (_subscript,),
}
