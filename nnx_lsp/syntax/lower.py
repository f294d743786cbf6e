"""Lowering: one pass from LibCST to the program form, numbering the nodes in preorder."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import libcst as cst

from nnx_lsp import program
from nnx_lsp.program import Expression, Statement

_OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.Minus: "-",
    cst.Plus: "+",
    cst.Not: "not",
    cst.BitInvert: "~",
    cst.And: "and",
    cst.Or: "or",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.PowerAssign: "**",
    cst.MatrixMultiplyAssign: "@",
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
    cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>",
}
_LARGEST = 2**63 - 1
_SINGLETONS: dict[str, bool | None] = {"None": None, "True": True, "False": False}

Kind = TypeVar("Kind")


class Lowering:
    """Lowers one chunk. With `records` it keeps the LibCST node of every number, for the layout."""

    def __init__(self, *, records: bool = False) -> None:
        self.count = 0
        self.nodes: list[cst.CSTNode] | None = [] if records else None
        self._has_yield = False
        self._expressions: dict[type[cst.CSTNode], Callable[[Any], Expression]] = {
            cst.Name: self._name,
            cst.Integer: self._integer,
            cst.Float: self._float,
            cst.Imaginary: self._imaginary,
            cst.SimpleString: self._string,
            cst.ConcatenatedString: self._concatenated,
            cst.FormattedString: self._formatted_string,
            cst.Ellipsis: self._ellipsis,
            cst.Attribute: self._attribute,
            cst.Subscript: self._subscript,
            cst.Call: self._call,
            cst.BinaryOperation: self._binary,
            cst.UnaryOperation: self._unary,
            cst.BooleanOperation: self._logical,
            cst.Comparison: self._comparison,
            cst.IfExp: self._conditional,
            cst.Tuple: self._tuple,
            cst.List: self._list,
            cst.Set: self._set,
            cst.Dict: self._dict,
            cst.ListComp: self._list_comprehension,
            cst.SetComp: self._set_comprehension,
            cst.GeneratorExp: self._generator_expression,
            cst.DictComp: self._dict_comprehension,
            cst.Lambda: self._lambda,
            cst.NamedExpr: self._named,
            cst.Await: self._await,
            cst.Yield: self._yield,
            cst.StarredElement: self._starred,
            cst.Element: self._element,
        }
        templated = getattr(cst, "TemplatedString", None)
        if templated is not None:
            self._expressions[templated] = self._formatted_string
        self._statements: dict[type[cst.CSTNode], Callable[[Any], Statement]] = {
            cst.Expr: self._expression_statement,
            cst.Assign: self._assign,
            cst.AnnAssign: self._annotated_assign,
            cst.AugAssign: self._augmented_assign,
            cst.Return: self._return,
            cst.Raise: self._raise,
            cst.Assert: self._assert,
            cst.Del: self._delete,
            cst.Pass: lambda node: program.Pass(self._number(node)),
            cst.Break: lambda node: program.Break(self._number(node)),
            cst.Continue: lambda node: program.Continue(self._number(node)),
            cst.Global: self._scope,
            cst.Nonlocal: self._scope,
            cst.Import: self._import,
            cst.ImportFrom: self._import_from,
            cst.TypeAlias: self._type_alias,
            cst.If: self._if,
            cst.While: self._while,
            cst.For: self._for,
            cst.With: self._with,
            cst.Try: self._try,
            cst.TryStar: self._try,
            cst.Match: self._match,
            cst.FunctionDef: self._function,
            cst.ClassDef: self._class,
        }

    def chunk(self, module: cst.Module) -> program.Chunk:
        """The program form of a parsed chunk."""
        statements = self._block(module.body)
        return program.Chunk(statements, self.count)

    def _number(self, node: cst.CSTNode) -> int:
        number = self.count
        self.count = number + 1
        if self.nodes is not None:
            self.nodes.append(node)
        return number

    def _block(self, body: Sequence[cst.CSTNode]) -> tuple[Statement, ...]:
        found: list[Statement] = []
        for node in body:
            if type(node) is cst.SimpleStatementLine or type(node) is cst.SimpleStatementSuite:
                found.extend([self._statements[type(small)](small) for small in node.body])
            else:
                found.append(self._statements[type(node)](node))
        return tuple(found)

    def _suite(self, body: cst.BaseSuite) -> tuple[Statement, ...]:
        if type(body) is cst.SimpleStatementSuite:
            return tuple([self._statements[type(small)](small) for small in body.body])
        return self._block(body.body)

    def _expression(self, node: cst.CSTNode) -> Expression:
        return self._expressions[type(node)](node)

    def _optional(self, node: cst.CSTNode | None) -> Expression | None:
        return self._expressions[type(node)](node) if node is not None else None

    # Names and literals ---------------------------------------------------------------------------------------------

    def _name(self, node: cst.Name) -> Expression:
        value = node.value
        if value in _SINGLETONS:
            return program.Constant(self._number(node), _SINGLETONS[value])
        return program.Name(self._number(node), value)

    def _integer(self, node: cst.Integer) -> Expression:
        value = int(node.value.replace("_", ""), 0) if not node.value.isdigit() else int(node.value) if len(node.value) < 4000 else _LARGEST + 1
        if value > _LARGEST:
            return program.Opaque(self._number(node), "int")
        return program.Constant(self._number(node), value)

    def _float(self, node: cst.Float) -> Expression:
        return program.Constant(self._number(node), float(node.value))

    def _imaginary(self, node: cst.Imaginary) -> Expression:
        return program.Opaque(self._number(node), "complex")

    def _ellipsis(self, node: cst.Ellipsis) -> Expression:
        return program.Opaque(self._number(node), "ellipsis")

    def _string(self, node: cst.SimpleString) -> Expression:
        value = _string_value(node.value)
        if value is None:
            return program.Opaque(self._number(node), "bytes")
        return program.Constant(self._number(node), value)

    def _concatenated(self, node: cst.ConcatenatedString) -> Expression:
        number = self._number(node)
        fields: list[program.Formatted] = []
        literal: list[str] = []
        is_formatted = is_bytes = False
        rest: cst.BaseExpression = node
        parts: list[cst.BaseExpression] = []
        while isinstance(rest, cst.ConcatenatedString):
            parts.append(rest.left)
            rest = rest.right
        for part in (*parts, rest):
            if isinstance(part, cst.SimpleString):
                value = _string_value(part.value)
                is_bytes = is_bytes or value is None
                literal.append(value or "")
            else:
                is_formatted = True
                self._parts(part, fields, literal)
        if is_bytes:
            return program.Opaque(number, "bytes")
        return _fstring(number, fields, literal) if is_formatted else program.Constant(number, "".join(literal))

    def _formatted_string(self, node: cst.FormattedString) -> Expression:
        number = self._number(node)
        fields: list[program.Formatted] = []
        literal: list[str] = []
        self._parts(node, fields, literal)
        return _fstring(number, fields, literal)

    def _parts(self, node: Any, fields: list[program.Formatted], literal: list[str]) -> None:
        for part in node.parts:
            expression = getattr(part, "expression", None)
            if expression is None:
                text = part.value.replace("{{", "{").replace("}}", "}")
                literal.append(text if "\\" not in text or "r" in node.prefix.lower() else _string_value(f"{node.start.lstrip('fF')}{text}{node.end}") or "")
                continue
            number = self._number(part)
            value = self._expression(expression)
            spec: str | None = None
            conversion = part.conversion
            if part.equal is not None:  # `f"{x=}"` shows the text of the field too, and its value as `repr` does.
                shown = (part.whitespace_before_expression, expression, part.equal)
                literal.append("".join(cst.Module([]).code_for_node(each) for each in shown))
                conversion = conversion or ("r" if part.format_spec is None else None)
            if part.format_spec is not None:
                nested: list[str] = []
                for piece in part.format_spec:
                    inner = getattr(piece, "expression", None)
                    if inner is not None:
                        self._expression(inner)
                    nested.append("{}" if inner is not None else piece.value)
                spec = "".join(nested)
            fields.append(program.Formatted(number, value, conversion, spec))
            literal.append(_FIELD)

    # Operators and access -------------------------------------------------------------------------------------------

    def _attribute(self, node: cst.Attribute) -> Expression:
        number = self._number(node)
        return program.Attribute(number, self._expression(node.value), node.attr.value)

    def _subscript(self, node: cst.Subscript) -> Expression:
        number = self._number(node)
        value = self._expression(node.value)
        elements = node.slice
        if len(elements) == 1 and type(elements[0].comma) is not cst.Comma and not _is_starred(elements[0]):
            return program.Subscript(number, value, self._index(elements[0].slice))
        tuple_number = self._number(node)
        return program.Subscript(
            number,
            value,
            program.TupleDisplay(tuple_number, tuple([self._index(element.slice) for element in elements])),
        )

    def _index(self, node: cst.BaseSlice) -> Expression:
        if isinstance(node, cst.Index):
            if node.star:
                return program.Starred(self._number(node), self._expression(node.value))
            return self._expression(node.value)
        assert isinstance(node, cst.Slice)
        number = self._number(node)
        return program.Slice(number, self._optional(node.lower), self._optional(node.upper), self._optional(node.step))

    def _call(self, node: cst.Call) -> Expression:
        number = self._number(node)
        function = self._expression(node.func)
        return program.Call(number, function, tuple([self._argument(argument) for argument in node.args]))

    def _argument(self, node: cst.Arg) -> program.Argument:
        number = self._number(node)
        return program.Argument(number, self._expression(node.value), node.keyword.value if node.keyword is not None else None, node.star)

    def _binary(self, node: cst.BinaryOperation) -> Expression:
        number = self._number(node)
        left = self._expression(node.left)
        return program.Binary(number, _OPERATORS[type(node.operator)], left, self._expression(node.right))

    def _unary(self, node: cst.UnaryOperation) -> Expression:
        return program.Unary(self._number(node), _OPERATORS[type(node.operator)], self._expression(node.expression))

    def _logical(self, node: cst.BooleanOperation) -> Expression:
        number = self._number(node)
        left = self._expression(node.left)
        return program.Logical(number, _OPERATORS[type(node.operator)], left, self._expression(node.right))

    def _comparison(self, node: cst.Comparison) -> Expression:
        number = self._number(node)
        left = self._expression(node.left)
        operators: list[str] = []
        comparators: list[Expression] = []
        for target in node.comparisons:
            operators.append(_OPERATORS[type(target.operator)])
            comparators.append(self._expression(target.comparator))
        return program.Compare(number, left, tuple(operators), tuple(comparators))

    def _conditional(self, node: cst.IfExp) -> Expression:
        number = self._number(node)
        test = self._expression(node.test)
        body = self._expression(node.body)
        return program.Conditional(number, test, body, self._expression(node.orelse))

    # Displays -------------------------------------------------------------------------------------------------------

    def _element(self, node: cst.Element) -> Expression:
        return self._expression(node.value)

    def _starred(self, node: cst.StarredElement) -> Expression:
        return program.Starred(self._number(node), self._expression(node.value))

    def _tuple(self, node: cst.Tuple) -> Expression:
        return program.TupleDisplay(self._number(node), tuple([self._expression(element) for element in node.elements]))

    def _list(self, node: cst.List) -> Expression:
        return program.ListDisplay(self._number(node), tuple([self._expression(element) for element in node.elements]))

    def _set(self, node: cst.Set) -> Expression:
        return program.SetDisplay(self._number(node), tuple([self._expression(element) for element in node.elements]))

    def _dict(self, node: cst.Dict) -> Expression:
        number = self._number(node)
        keys: list[Expression | None] = []
        values: list[Expression] = []
        for element in node.elements:
            keys.append(self._expression(element.key) if isinstance(element, cst.DictElement) else None)
            values.append(self._expression(element.value))
        return program.DictDisplay(number, tuple(keys), tuple(values))

    def _generators(self, node: cst.CompFor) -> tuple[program.Generator, ...]:
        found: list[program.Generator] = []
        inner: cst.CompFor | None = node
        while inner is not None:
            number = self._number(inner)
            target = self._expression(inner.target)
            iterable = self._expression(inner.iter)
            conditions = tuple([self._expression(condition.test) for condition in inner.ifs])
            found.append(program.Generator(number, target, iterable, conditions, inner.asynchronous is not None))
            inner = inner.inner_for_in
        return tuple(found)

    def _comprehension(self, kind: str, node: Any) -> Expression:
        number = self._number(node)
        element = self._expression(node.elt)
        return program.Comprehension(number, kind, None, element, self._generators(node.for_in))

    def _list_comprehension(self, node: cst.ListComp) -> Expression:
        return self._comprehension("list", node)

    def _set_comprehension(self, node: cst.SetComp) -> Expression:
        return self._comprehension("set", node)

    def _generator_expression(self, node: cst.GeneratorExp) -> Expression:
        return self._comprehension("generator", node)

    def _dict_comprehension(self, node: cst.DictComp) -> Expression:
        number = self._number(node)
        key = self._expression(node.key)
        element = self._expression(node.value)
        return program.Comprehension(number, "dict", key, element, self._generators(node.for_in))

    # Functions as expressions ---------------------------------------------------------------------------------------

    def _lambda(self, node: cst.Lambda) -> Expression:
        number = self._number(node)
        parameters = self._parameters(node.params)
        has_yield = self._has_yield
        body = self._expression(node.body)
        self._has_yield = has_yield
        return program.Lambda(number, parameters, body)

    def _parameters(self, node: cst.Parameters) -> tuple[program.Parameter, ...]:
        found = [self._parameter(one, "positional") for one in node.posonly_params]
        found += [self._parameter(one, "either") for one in node.params]
        if isinstance(node.star_arg, cst.Param):
            found.append(self._parameter(node.star_arg, "*"))
        found += [self._parameter(one, "keyword") for one in node.kwonly_params]
        if node.star_kwarg is not None:
            found.append(self._parameter(node.star_kwarg, "**"))
        return tuple(found)

    def _parameter(self, node: cst.Param, kind: str) -> program.Parameter:
        number = self._number(node)
        annotation = self._expression(node.annotation.annotation) if node.annotation is not None else None
        return program.Parameter(number, node.name.value, kind, annotation, self._optional(node.default))

    def _named(self, node: cst.NamedExpr) -> Expression:
        number = self._number(node)
        target = self._expression(node.target)
        return program.Named(number, target, self._expression(node.value))

    def _await(self, node: cst.Await) -> Expression:
        return program.Await(self._number(node), self._expression(node.expression))

    def _yield(self, node: cst.Yield) -> Expression:
        self._has_yield = True
        number = self._number(node)
        if isinstance(node.value, cst.From):
            return program.Yield(number, self._expression(node.value.item), True)
        return program.Yield(number, self._optional(node.value), False)

    # Simple statements ----------------------------------------------------------------------------------------------

    def _expression_statement(self, node: cst.Expr) -> Statement:
        return program.ExpressionStatement(self._number(node), self._expression(node.value))

    def _assign(self, node: cst.Assign) -> Statement:
        number = self._number(node)
        targets = tuple([self._expression(target.target) for target in node.targets])
        return program.Assign(number, targets, self._expression(node.value))

    def _annotated_assign(self, node: cst.AnnAssign) -> Statement:
        number = self._number(node)
        target = self._expression(node.target)
        annotation = self._expression(node.annotation.annotation)
        return program.AnnotatedAssign(number, target, annotation, self._optional(node.value))

    def _augmented_assign(self, node: cst.AugAssign) -> Statement:
        number = self._number(node)
        target = self._expression(node.target)
        return program.AugmentedAssign(number, target, _OPERATORS[type(node.operator)], self._expression(node.value))

    def _return(self, node: cst.Return) -> Statement:
        return program.Return(self._number(node), self._optional(node.value))

    def _raise(self, node: cst.Raise) -> Statement:
        number = self._number(node)
        exception = self._optional(node.exc)
        return program.Raise(number, exception, self._expression(node.cause.item) if node.cause is not None else None)

    def _assert(self, node: cst.Assert) -> Statement:
        number = self._number(node)
        test = self._expression(node.test)
        return program.Assert(number, test, self._optional(node.msg))

    def _delete(self, node: cst.Del) -> Statement:
        number = self._number(node)
        target = self._expression(node.target)
        return program.Delete(number, target.elements if isinstance(target, program.TupleDisplay) else (target,))

    def _scope(self, node: cst.Global | cst.Nonlocal) -> Statement:
        return program.Scope(self._number(node), isinstance(node, cst.Global), tuple(item.name.value for item in node.names))

    def _type_alias(self, node: cst.TypeAlias) -> Statement:
        number = self._number(node)
        target = self._expression(node.name)
        return program.Assign(number, (target,), self._expression(node.value))

    def _import(self, node: cst.Import) -> Statement:
        return program.Import(self._number(node), tuple([self._alias(alias) for alias in node.names]))

    def _alias(self, node: cst.ImportAlias) -> program.Alias:
        name = node.asname.name if node.asname is not None else None
        return program.Alias(self._number(node), _dotted(node.name), name.value if isinstance(name, cst.Name) else None)

    def _import_from(self, node: cst.ImportFrom) -> Statement:
        number = self._number(node)
        module = _dotted(node.module) if node.module is not None else ""
        if isinstance(node.names, cst.ImportStar):
            return program.ImportFrom(number, module, len(node.relative), (), True)
        return program.ImportFrom(number, module, len(node.relative), tuple([self._alias(alias) for alias in node.names]), False)

    # Compound statements --------------------------------------------------------------------------------------------

    def _if(self, node: cst.If) -> Statement:
        number = self._number(node)
        test = self._expression(node.test)
        body = self._suite(node.body)
        orelse: tuple[Statement, ...] = ()
        if isinstance(node.orelse, cst.If):
            orelse = (self._if(node.orelse),)
        elif node.orelse is not None:
            orelse = self._suite(node.orelse.body)
        return program.If(number, test, body, orelse)

    def _while(self, node: cst.While) -> Statement:
        number = self._number(node)
        test = self._expression(node.test)
        body = self._suite(node.body)
        return program.While(number, test, body, self._suite(node.orelse.body) if node.orelse is not None else ())

    def _for(self, node: cst.For) -> Statement:
        number = self._number(node)
        target = self._expression(node.target)
        iterable = self._expression(node.iter)
        body = self._suite(node.body)
        orelse = self._suite(node.orelse.body) if node.orelse is not None else ()
        return program.For(number, target, iterable, body, orelse, node.asynchronous is not None)

    def _with(self, node: cst.With) -> Statement:
        number = self._number(node)
        items = tuple([self._with_item(item) for item in node.items])
        return program.With(number, items, self._suite(node.body), node.asynchronous is not None)

    def _with_item(self, node: cst.WithItem) -> program.WithItem:
        number = self._number(node)
        value = self._expression(node.item)
        return program.WithItem(number, value, self._expression(node.asname.name) if node.asname is not None else None)

    def _try(self, node: cst.Try | cst.TryStar) -> Statement:
        number = self._number(node)
        body = self._suite(node.body)
        handlers = tuple([self._handler(handler) for handler in node.handlers])
        orelse = self._suite(node.orelse.body) if node.orelse is not None else ()
        return program.Try(number, body, handlers, orelse, self._suite(node.finalbody.body) if node.finalbody is not None else ())

    def _handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> program.Handler:
        number = self._number(node)
        kind = self._optional(node.type)
        name = node.name.name if node.name is not None else None
        return program.Handler(number, kind, name.value if isinstance(name, cst.Name) else None, self._suite(node.body))

    def _match(self, node: cst.Match) -> Statement:
        number = self._number(node)
        subject = self._expression(node.subject)
        return program.Match(number, subject, tuple([self._case(case) for case in node.cases]))

    def _case(self, node: cst.MatchCase) -> program.Case:
        number = self._number(node)
        compares = tuple([self._expression(value) for value in _compared(node.pattern)])
        patterns = _classes(node.pattern)
        classes = tuple([self._expression(pattern.cls) for pattern in patterns])
        guard = self._optional(node.guard)
        body = self._suite(node.body)
        irrefutable = isinstance(node.pattern, cst.MatchAs) and node.pattern.pattern is None and node.guard is None
        return program.Case(
            number,
            compares,
            tuple(_bound(node.pattern)),
            guard,
            body,
            irrefutable,
            classes,
            not any(pattern.patterns or pattern.kwds for pattern in patterns),
        )

    # Definitions ----------------------------------------------------------------------------------------------------

    def _function(self, node: cst.FunctionDef) -> Statement:
        number, name_number = self._number(node), self._number(node.name)
        decorators = tuple([self._expression(decorator.decorator) for decorator in node.decorators])
        parameters = self._parameters(node.params)
        returns = self._expression(node.returns.annotation) if node.returns is not None else None
        outer, self._has_yield = self._has_yield, False
        body = self._suite(node.body)
        is_generator, self._has_yield = self._has_yield, outer
        is_async = node.asynchronous is not None
        return program.FunctionDef(
            number,
            node.name.value,
            name_number,
            parameters,
            returns,
            decorators,
            body,
            is_async,
            is_generator,
            _docstring(body),
        )

    def _class(self, node: cst.ClassDef) -> Statement:
        number, name_number = self._number(node), self._number(node.name)
        decorators = tuple([self._expression(decorator.decorator) for decorator in node.decorators])
        bases = tuple([self._argument(argument) for argument in (*node.bases, *node.keywords)])
        outer = self._has_yield
        body = self._suite(node.body)
        self._has_yield = outer
        return program.ClassDef(number, node.name.value, name_number, bases, decorators, body)


def _is_starred(element: cst.SubscriptElement) -> bool:
    return isinstance(element.slice, cst.Index) and bool(element.slice.star)


_FIELD = "\0"
"""Stands among the literal parts of an f-string for a field."""


def _fstring(number: int, fields: list[program.Formatted], literal: list[str]) -> program.FString:
    text = "".join(literal)
    return program.FString(number, tuple(fields), text.replace(_FIELD, ""), tuple(text.split(_FIELD)))


def _string_value(source: str) -> str | None:
    """The value of a string literal; `None` for bytes."""
    quote = source[0]
    if quote in "'\"" and "\\" not in source and "\r" not in source:
        width = 3 if source[:3] in ("'''", '"""') and len(source) >= 6 else 1
        return source[width:-width]
    try:
        value: object = ast.literal_eval(source)
    except (SyntaxError, ValueError):
        return ""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else None


def _dotted(node: cst.BaseExpression) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


def _docstring(body: tuple[Statement, ...]) -> str | None:
    match body:
        case (program.ExpressionStatement(value=program.Constant(value=str() as text)), *_):
            return text
        case _:
            return None


def _compared(pattern: cst.MatchPattern) -> list[cst.BaseExpression]:
    """The expressions that a pattern compares its subject with."""
    match pattern:
        case cst.MatchValue(value=value):
            return [value]
        case cst.MatchOr(patterns=elements):
            found = [_compared(element.pattern) for element in elements]
            return [value for values in found for value in values] if all(found) else []
        case cst.MatchAs(pattern=inner) if inner is not None:
            return _compared(inner)
        case _:
            return []


def _classes(pattern: cst.MatchPattern | None) -> list[cst.MatchClass]:
    """The patterns of classes of which one must fit; none where something else may fit as well."""
    match pattern:
        case cst.MatchClass():
            return [pattern]
        case cst.MatchAs(pattern=inner):
            return _classes(inner)
        case cst.MatchOr(patterns=elements):
            found = [_classes(element.pattern) for element in elements]
            return [each for part in found for each in part] if all(found) else []
        case _:
            return []


def _bound(pattern: cst.CSTNode) -> list[str]:
    """The names that a pattern binds."""
    found: list[str] = []
    stack: list[cst.CSTNode] = [pattern]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.MatchAs | cst.MatchStar) and node.name is not None:
            found.append(node.name.value)
        if isinstance(node, cst.MatchMapping) and node.rest is not None:
            found.append(node.rest.value)
        stack.extend(node.children)
    return found
