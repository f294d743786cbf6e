"""What programs are made of, found in their syntax trees: the table that the grammar is held against."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

_METHODS = (
    *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "copy", "index", "count"),
    *("update", "popitem", "setdefault", "fromkeys", "get", "keys", "values", "items", "move_to_end", "most_common"),
    *("add", "discard", "union", "intersection", "difference", "difference_update", "intersection_update", "symmetric_difference_update"),
    *("appendleft", "popleft", "rotate", "extendleft"),
    *("upper", "split", "join", "format", "replace", "startswith", "partition", "strip", "zfill"),
    *("send", "close", "throw", "cache_clear", "register", "_replace", "_asdict", "_make", "mro", "callback", "enter_context"),
)
_CALLS = (
    *(
        "partial",
        "wraps",
        "lru_cache",
        "cache",
        "cached_property",
        "reduce",
        "singledispatch",
        "total_ordering",
        "contextmanager",
        "suppress",
        "nullcontext",
        "ExitStack",
    ),
    *(
        "dataclass",
        "field",
        "replace",
        "asdict",
        "astuple",
        "fields",
        "is_dataclass",
        "make_dataclass",
        "namedtuple",
        "auto",
        "deque",
        "defaultdict",
        "Counter",
    ),
    *("OrderedDict", "ChainMap", "chain", "islice", "accumulate", "SimpleNamespace", "MethodType", "attrgetter", "TypeVar", "NewType"),
    *("getattr", "setattr", "hasattr", "delattr", "vars", "globals", "locals", "exec", "eval", "isinstance", "issubclass", "callable", "type", "super"),
    *("zip", "enumerate", "reversed", "map", "filter", "sorted", "min", "max", "sum", "any", "all", "iter", "next", "range", "len", "abs", "divmod", "round"),
    *("int", "str", "float", "bool", "list", "tuple", "dict", "set", "repr", "ord", "chr", "hash"),
)
_SPECIAL = (
    *(
        "__init__",
        "__new__",
        "__call__",
        "__len__",
        "__bool__",
        "__eq__",
        "__lt__",
        "__hash__",
        "__contains__",
        "__getitem__",
        "__setitem__",
        "__delitem__",
        "__iter__",
        "__next__",
        "__missing__",
        "__reversed__",
    ),
    *("__enter__", "__exit__", "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__get__", "__set__", "__delete__", "__set_name__"),
    *(
        "__init_subclass__",
        "__class_getitem__",
        "__post_init__",
        "__add__",
        "__radd__",
        "__iadd__",
        "__mul__",
        "__neg__",
        "__or__",
        "__str__",
        "__repr__",
        "__index__",
    ),
)
_ATTRIBUTES = (
    "__dict__",
    "__class__",
    "__name__",
    "__mro__",
    "__bases__",
    "__defaults__",
    "__wrapped__",
    "__self__",
    "__func__",
    "__members__",
    "args",
    "__cause__",
)
_BASES = (
    "ABC",
    "Enum",
    "IntEnum",
    "StrEnum",
    "Flag",
    "IntFlag",
    "NamedTuple",
    "TypedDict",
    "Protocol",
    "Generic",
    "dict",
    "int",
    "list",
    "tuple",
    "type",
    "Exception",
    "UserDict",
    "str",
)
_OPTIONS = (
    "frozen",
    "kw_only",
    "order",
    "slots",
    "eq",
    "unsafe_hash",
    "match_args",
    "default",
    "default_factory",
    "init",
    "compare",
    "maxlen",
    "key",
)

_FOUND = (
    *(
        "assign",
        "assign.chained",
        "assign.star",
        "assign.nested",
        "assign.swap",
        "assign.attribute",
        "assign.item",
        "assign.slice",
        "assign.annotated",
        "annotated",
    ),
    *(
        "augmented.name",
        "augmented.attribute",
        "augmented.item",
        "walrus",
        "walrus in comprehension",
        "delete.name",
        "delete.attribute",
        "delete.item",
        "delete.slice",
    ),
    *("global", "nonlocal", "closure", "lambda", "lambda.default", "recursion", "nested function", "nested class", "class in function", "function in loop"),
    *("if", "elif", "if.else", "for", "for.else", "for.unpacks", "while", "while.else", "while True", "break", "continue", "return", "return in loop"),
    *("try.except", "try.else", "try.finally", "try.nested", "except.as", "except.several", "except.tuple", "raise", "raise.again", "raise.from"),
    *("return in finally", "break in try", "with", "with.as", "with.several", "assert", "pass"),
    *(
        "match.literal",
        "match.sequence",
        "match.mapping",
        "match.class",
        "match.class by position",
        "match.guard",
        "match.or",
        "match.as",
        "match.star",
        "match.rest",
    ),
    *("match.capture", "match.wildcard", "match.singleton", "match.value"),
    *("list comprehension", "dict comprehension", "set comprehension", "generator expression", "comprehension.nested", "comprehension.condition"),
    *("parameter.default", "parameter.mutable default", "parameter.keyword-only", "parameter.positional-only", "parameter.star", "parameter.names"),
    *("argument.keyword", "argument.star", "argument.names", "yield", "yield.value", "yield from", "return in generator"),
    *(
        "class",
        "class.base",
        "class.bases",
        "class.again",
        "class.keyword",
        "class attribute",
        "__slots__",
        "property",
        "setter",
        "deleter",
        "classmethod",
        "staticmethod",
    ),
    *(
        "decorator.function",
        "decorator.called",
        "decorator.class",
        "decorator.of class",
        "function.again",
        "KW_ONLY",
        "InitVar",
        "ClassVar",
        "dataclass.bare",
        "dataclass.called",
    ),
    *("dataclass.own __init__", "dataclass.inherits", "dataclass of a call"),
    *(
        "conditional expression",
        "and",
        "or",
        "not",
        "chained comparison",
        "is None",
        "in",
        "f-string",
        "slice",
        "star in display",
        "names in display",
        "union of dicts",
    ),
    *("floor division", "modulo", "power", "shift", "bits", "text multiplied", "text formatted"),
)
_TABLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("method", _METHODS),
    ("call", _CALLS),
    ("special", _SPECIAL),
    ("attribute", _ATTRIBUTES),
    ("base", _BASES),
    ("option", _OPTIONS),
)
CONSTRUCTS: tuple[str, ...] = (*_FOUND, *(f"{table} {name}" for table, names in _TABLES for name in names))
"""All constructs that the grammar has."""


def constructs(programs: Iterable[str]) -> Counter[str]:
    """In how many programs each construct occurs; those of `CONSTRUCTS` that do not occur count 0."""
    counts = Counter(dict.fromkeys(CONSTRUCTS, 0))
    for text in programs:
        counts.update({name for name in _Finder().of(ast.parse(text)) if name in counts})
    return counts


class _Finder:
    """Walks a tree with what stands around each node."""

    def __init__(self) -> None:
        self._above: list[ast.AST] = []
        self._seen: Counter[tuple[int, str, str]] = Counter()
        self._classes: dict[str, ast.ClassDef] = {}

    def of(self, node: ast.AST) -> Iterator[str]:
        yield from self._here(node)
        self._above.append(node)
        for child in ast.iter_child_nodes(node):
            yield from self.of(child)
        self._above.pop()

    def _inside(self, *kinds: type[ast.AST]) -> bool:
        """Whether a node of these kinds stands around, in the same function."""
        for node in reversed(self._above):
            if isinstance(node, kinds):
                return True
            if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
                return False
        return False

    def _function(self) -> ast.AST | None:
        return next((node for node in reversed(self._above) if isinstance(node, ast.FunctionDef | ast.Lambda)), None)

    def _here(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.NamedExpr() | ast.Delete():
                yield from _bindings(node)
                if isinstance(node, ast.NamedExpr) and self._inside(ast.ListComp, ast.GeneratorExp):
                    yield "walrus in comprehension"
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _last(node.value.func) == "dataclass":
                    yield "dataclass of a call"
            case ast.FunctionDef() | ast.Lambda():
                yield from self._function_parts(node)
            case ast.ClassDef():
                yield from self._class_parts(node)
            case (
                ast.If()
                | ast.For()
                | ast.While()
                | ast.Try()
                | ast.With()
                | ast.Assert()
                | ast.Pass()
                | ast.Break()
                | ast.Continue()
                | ast.Return()
                | ast.Raise()
            ):
                yield from self._flow(node)
            case ast.match_case() | ast.pattern():
                yield from _patterns(node)
            case ast.Global() | ast.Nonlocal():
                yield type(node).__name__.lower()
            case ast.expr():
                yield from self._expressions(node)
            case _:
                pass

    def _again(self, node: ast.FunctionDef | ast.ClassDef) -> bool:
        key = (id(self._above[-1]), type(node).__name__, node.name)
        self._seen[key] += 1
        return self._seen[key] > 1

    def _function_parts(self, node: ast.FunctionDef | ast.Lambda) -> Iterator[str]:
        given = node.args
        around = self._function()
        if isinstance(node, ast.Lambda):
            yield from ("lambda", *(["lambda.default"] if given.defaults else []))
        else:
            yield from (["nested function"] if around else [])
            yield from (["function in loop"] if self._inside(ast.For, ast.While) else [])
            yield from (
                ["recursion"]
                if any(isinstance(part, ast.Call) and _last(part.func) == node.name and isinstance(part.func, ast.Name) for part in ast.walk(node))
                else []
            )
            if not node.decorator_list and self._again(node) and not isinstance(self._above[-1], ast.ClassDef):
                yield "function.again"
            yield from self._decorators(node.decorator_list)
            yield f"special {node.name}"
            if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node)) and any(
                isinstance(part, ast.Return) and part.value for part in ast.walk(node)
            ):
                yield "return in generator"
        if isinstance(around, ast.FunctionDef):
            bound = {argument.arg for argument in (*around.args.args, *around.args.kwonlyargs)} | {
                part.id for part in ast.walk(around) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
            own = {argument.arg for argument in given.args}
            if any(isinstance(part, ast.Name) and part.id in bound - own for part in ast.walk(node)):
                yield "closure"
        yield from (["parameter.default"] if given.defaults or given.kw_defaults else [])
        yield from (["parameter.mutable default"] if any(isinstance(value, ast.List | ast.Dict) for value in (*given.defaults, *given.kw_defaults)) else [])
        for part, name in ((given.kwonlyargs, "keyword-only"), (given.posonlyargs, "positional-only"), (given.vararg, "star"), (given.kwarg, "names")):
            if part:
                yield f"parameter.{name}"

    def _decorators(self, decorators: list[ast.expr]) -> Iterator[str]:
        for decorator in decorators:
            name = _last(decorator.func if isinstance(decorator, ast.Call) else decorator)
            yield from {
                "property": ["property"],
                "setter": ["setter"],
                "deleter": ["deleter"],
                "classmethod": ["classmethod"],
                "staticmethod": ["staticmethod"],
            }.get(name, [])
            if isinstance(decorator, ast.Call):
                yield "decorator.called"
            elif isinstance(decorator, ast.Name) and decorator.id in self._classes:
                yield "decorator.class"
            elif isinstance(decorator, ast.Name):
                yield "decorator.function"
            yield f"call {name}"

    def _class_parts(self, node: ast.ClassDef) -> Iterator[str]:
        yield from ("class", *(["class.again"] if self._again(node) else []), *(["class.keyword"] if node.keywords else []))
        yield from (["class.base"] if node.bases else [])
        yield from (["class.bases"] if len(node.bases) > 1 else [])
        yield from (["nested class"] if isinstance(self._above[-1], ast.ClassDef) else ["class in function"] if self._function() else [])
        yield from (f"base {_last(base.value if isinstance(base, ast.Subscript) else base)}" for base in node.bases)
        yield from (["decorator.of class"] if node.decorator_list else [])
        yield from self._decorators(node.decorator_list)
        names = {statement.name for statement in node.body if isinstance(statement, ast.FunctionDef)}
        for decorator in node.decorator_list:
            if _last(decorator.func if isinstance(decorator, ast.Call) else decorator) == "dataclass":
                yield "dataclass.called" if isinstance(decorator, ast.Call) else "dataclass.bare"
                yield from (["dataclass.own __init__"] if "__init__" in names else [])
                yield from (
                    ["dataclass.inherits"]
                    if any(isinstance(base, ast.Name) and self._classes[base.id].decorator_list for base in node.bases if _last(base) in self._classes)
                    else []
                )
        for statement in node.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                yield "class attribute"
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                yield from (["__slots__"] if any(_last(target) == "__slots__" for target in targets) else [])
            if isinstance(statement, ast.AnnAssign):
                annotation = ast.unparse(statement.annotation)
                yield from (name for name in ("KW_ONLY", "InitVar", "ClassVar") if name in annotation)
        self._classes[node.name] = node

    def _flow(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.If(orelse=orelse):
                yield from ("if", *([] if not orelse else ["elif"] if isinstance(orelse[0], ast.If) else ["if.else"]))
            case ast.For(target=target, orelse=orelse):
                yield from ("for", *(["for.else"] if orelse else []), *(["for.unpacks"] if isinstance(target, ast.Tuple) else []))
            case ast.While(test=test, orelse=orelse):
                yield from ("while", *(["while.else"] if orelse else []), *(["while True"] if isinstance(test, ast.Constant) else []))
            case ast.Try():
                yield from (["try.except"] if node.handlers else [])
                yield from (["try.else"] if node.orelse else [])
                yield from (["try.finally"] if node.finalbody else [])
                yield from (["try.nested"] if self._inside(ast.Try) else [])
                yield from (["except.several"] if len(node.handlers) > 1 else [])
                yield from ("except.as" for handler in node.handlers if handler.name)
                yield from ("except.tuple" for handler in node.handlers if isinstance(handler.type, ast.Tuple))
                yield from ("return in finally" for statement in node.finalbody for part in ast.walk(statement) if isinstance(part, ast.Return))
            case ast.With():
                yield from (
                    "with",
                    *(["with.as"] if any(item.optional_vars for item in node.items) else []),
                    *(["with.several"] if len(node.items) > 1 else []),
                )
            case ast.Raise():
                yield "raise.from" if node.cause else "raise" if node.exc else "raise.again"
            case ast.Break() | ast.Continue():
                yield type(node).__name__.lower()
                yield from (["break in try"] if self._inside(ast.Try) else [])
            case ast.Return():
                yield from ("return", *(["return in loop"] if self._inside(ast.For, ast.While) else []))
            case _:
                yield type(node).__name__.lower()

    def _expressions(self, node: ast.expr) -> Iterator[str]:
        match node:
            case ast.Call(func=func, args=arguments, keywords=keywords):
                name = _last(func)
                yield f"method {name}" if isinstance(func, ast.Attribute) else f"call {name}"
                if isinstance(func, ast.Attribute):
                    yield f"call {name}"
                yield from ("argument.star" for argument in arguments if isinstance(argument, ast.Starred))
                yield from ("argument.keyword" if keyword.arg else "argument.names" for keyword in keywords)
                yield from (f"option {keyword.arg}" for keyword in keywords)
            case ast.Attribute(attr=name):
                yield f"attribute {name}"
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                yield {
                    "ListComp": "list comprehension",
                    "SetComp": "set comprehension",
                    "DictComp": "dict comprehension",
                    "GeneratorExp": "generator expression",
                }[type(node).__name__]
                yield from (["comprehension.nested"] if len(node.generators) > 1 else [])
                yield from ("comprehension.condition" for part in node.generators if part.ifs)
            case ast.Yield() | ast.YieldFrom():
                yield "yield from" if isinstance(node, ast.YieldFrom) else "yield"
                yield from (["yield.value"] if isinstance(self._above[-1], ast.Assign) else [])
            case ast.Subscript(slice=ast.Slice()):
                yield "slice"
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                yield from ("star in display" for item in items if isinstance(item, ast.Starred) and isinstance(item.ctx, ast.Load))
            case ast.Dict(keys=keys):
                yield from ("names in display" for key in keys if key is None)
            case _:
                yield from _operators(node)


def _operators(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.IfExp():
            yield "conditional expression"
        case ast.BoolOp(op=op):
            yield type(op).__name__.lower()
        case ast.UnaryOp(op=ast.Not()):
            yield "not"
        case ast.JoinedStr():
            yield "f-string"
        case ast.Compare(ops=ops, comparators=others):
            yield from (["chained comparison"] if len(ops) > 1 else [])
            yield from (["in"] if isinstance(ops[0], ast.In | ast.NotIn) else [])
            yield from (["is None"] if isinstance(ops[0], ast.Is | ast.IsNot) and ast.unparse(others[0]) == "None" else [])
        case ast.BinOp(left=left, op=op):
            text = isinstance(left, ast.Constant) and isinstance(left.value, str)
            names = {
                "FloorDiv": "floor division",
                "Mod": "modulo",
                "Pow": "power",
                "LShift": "shift",
                "RShift": "shift",
                "BitAnd": "bits",
                "BitXor": "bits",
                "BitOr": "bits",
            }
            yield from (["text multiplied"] if text and isinstance(op, ast.Mult) else ["text formatted"] if text and isinstance(op, ast.Mod) else [])
            yield from ([names[type(op).__name__]] if type(op).__name__ in names else [])
            yield from (["union of dicts"] if isinstance(op, ast.BitOr) and isinstance(left, ast.Dict) else [])
        case _:
            pass


def _bindings(node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr | ast.Delete) -> Iterator[str]:
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ("assign", *(["assign.chained"] if len(targets) > 1 else []))
            for target in targets:
                yield from _targets(target)
                if (
                    isinstance(target, ast.Tuple)
                    and isinstance(value, ast.Tuple)
                    and sorted(map(ast.unparse, target.elts)) == sorted(map(ast.unparse, value.elts))
                ):
                    yield "assign.swap"
        case ast.AnnAssign(value=value):
            yield "annotated" if value is None else "assign.annotated"
        case ast.AugAssign(target=target):
            yield f"augmented.{_kind(target)}"
        case ast.NamedExpr():
            yield "walrus"
        case ast.Delete(targets=targets):
            yield from (f"delete.{_kind(target)}" if not _is_slice(target) else "delete.slice" for target in targets)


def _targets(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Tuple(elts=items) | ast.List(elts=items):
            yield from (["assign.star"] if any(isinstance(item, ast.Starred) for item in items) else [])
            yield from (["assign.nested"] if any(isinstance(item, ast.Tuple | ast.List) for item in items) else [])
            for item in items:
                yield from _targets(item)
        case ast.Attribute() | ast.Subscript():
            yield "assign.slice" if _is_slice(target) else f"assign.{_kind(target)}"
        case _:
            pass


def _kind(target: ast.expr) -> str:
    return {"Name": "name", "Attribute": "attribute", "Subscript": "item"}[type(target).__name__]


def _is_slice(target: ast.expr) -> bool:
    return isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice)


def _patterns(node: ast.match_case | ast.pattern) -> Iterator[str]:
    match node:
        case ast.match_case(guard=guard):
            yield from (["match.guard"] if guard is not None else [])
        case ast.MatchValue(value=ast.Attribute()):
            yield "match.value"
        case ast.MatchValue():
            yield "match.literal"
        case ast.MatchSingleton():
            yield "match.singleton"
        case ast.MatchSequence():
            yield "match.sequence"
        case ast.MatchStar():
            yield "match.star"
        case ast.MatchMapping(rest=rest):
            yield from ("match.mapping", *(["match.rest"] if rest else []))
        case ast.MatchClass(cls=ast.Name(id=name), patterns=patterns):
            yield "match.class by position" if patterns and name[0].isupper() else "match.class"
        case ast.MatchOr():
            yield "match.or"
        case ast.MatchAs(pattern=pattern, name=name):
            yield "match.as" if pattern is not None else "match.capture" if name else "match.wildcard"
        case _:
            pass


def _last(node: ast.expr) -> str:
    """The last name of a dotted one."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
