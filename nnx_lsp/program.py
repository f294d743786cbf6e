"""The program form: what the tracer needs of a Python file, small, frozen and serialisable.

A file is a sequence of *chunks*, one a top-level statement. Every node carries `at`, its number in the preorder of its chunk;
with the file and the chunk's key that is its address (`Place`). Spans are not kept: `syntax` lays a chunk out again when a
place is reported. Operators are kept as their source text (`"+"`, `"not in"`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TypeAlias

import msgspec


class Place(msgspec.Struct, frozen=True, order=True, gc=False):
    """The address of a node: path of the file, key of the chunk, number of the node in the chunk."""

    path: str
    chunk: int
    at: int


class Node(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """What every node has: its number in the preorder of its chunk."""

    at: int


# Expressions -------------------------------------------------------------------------------------------------------


class Name(Node, frozen=True):
    id: str


class Constant(Node, frozen=True):
    """A number, string, `None` or truth value. Bytes, complex and integers past 64 bits are `Opaque`."""

    value: bool | int | float | str | None


class Opaque(Node, frozen=True):
    """A literal whose value is of no use: `kind` is the name of its Python type (`"ellipsis"`, `"bytes"`, `"complex"`, `"int"`)."""

    kind: str


class Attribute(Node, frozen=True):
    value: Expression
    name: str


class Subscript(Node, frozen=True):
    """`value[index]`; several indices are a `TupleDisplay`."""

    value: Expression
    index: Expression


class Slice(Node, frozen=True):
    lower: Expression | None
    upper: Expression | None
    step: Expression | None


class Argument(Node, frozen=True):
    """One argument of a call. `star` is `""`, `"*"` or `"**"`; its place spans keyword, equals sign and value."""

    value: Expression
    keyword: str | None
    star: str


class Call(Node, frozen=True):
    function: Expression
    arguments: tuple[Argument, ...]


class Binary(Node, frozen=True):
    operator: str
    left: Expression
    right: Expression


class Unary(Node, frozen=True):
    """`-x`, `+x`, `~x` and `not x`."""

    operator: str
    operand: Expression


class Logical(Node, frozen=True):
    """`left and right`, `left or right`."""

    operator: str
    left: Expression
    right: Expression


class Compare(Node, frozen=True):
    """`left op₀ comparators₀ op₁ comparators₁ …`; operators are `<`, `is not`, `in`, …"""

    left: Expression
    operators: tuple[str, ...]
    comparators: tuple[Expression, ...]


class Conditional(Node, frozen=True):
    """`body if test else orelse`."""

    test: Expression
    body: Expression
    orelse: Expression


class Starred(Node, frozen=True):
    value: Expression


class TupleDisplay(Node, frozen=True):
    elements: tuple[Expression, ...]


class ListDisplay(Node, frozen=True):
    elements: tuple[Expression, ...]


class SetDisplay(Node, frozen=True):
    elements: tuple[Expression, ...]


class DictDisplay(Node, frozen=True):
    """A key of `None` stands for `**value`."""

    keys: tuple[Expression | None, ...]
    values: tuple[Expression, ...]


class Generator(Node, frozen=True):
    """`for target in iterable if condition …` of a comprehension."""

    target: Expression
    iterable: Expression
    conditions: tuple[Expression, ...]
    is_async: bool


class Comprehension(Node, frozen=True):
    """`kind` is `"list"`, `"set"`, `"dict"` or `"generator"`; `key` is there for dicts only."""

    kind: str
    key: Expression | None
    element: Expression
    generators: tuple[Generator, ...]


class Parameter(Node, frozen=True):
    """`kind` is `"positional"` (before `/`), `"either"`, `"*"`, `"keyword"` or `"**"`."""

    name: str
    kind: str
    annotation: Expression | None
    default: Expression | None


class Lambda(Node, frozen=True):
    parameters: tuple[Parameter, ...]
    body: Expression


class Formatted(Node, frozen=True):
    """`{value!conversion:spec}` in an f-string; `spec` is the literal text of the format, with nested fields as `{}`."""

    value: Expression
    conversion: str | None
    spec: str | None


class FString(Node, frozen=True):
    """`literal` is the text between the fields, joined; `texts` are its parts: before, between and behind the fields."""

    fields: tuple[Formatted, ...]
    literal: str
    texts: tuple[str, ...] = ()


class Named(Node, frozen=True):
    """`target := value`."""

    target: Expression
    value: Expression


class Await(Node, frozen=True):
    value: Expression


class Yield(Node, frozen=True):
    value: Expression | None
    is_from: bool


Expression: TypeAlias = (
    Name
    | Constant
    | Opaque
    | Attribute
    | Subscript
    | Slice
    | Call
    | Binary
    | Unary
    | Logical
    | Compare
    | Conditional
    | Starred
    | TupleDisplay
    | ListDisplay
    | SetDisplay
    | DictDisplay
    | Comprehension
    | Lambda
    | FString
    | Named
    | Await
    | Yield
)


# Statements --------------------------------------------------------------------------------------------------------


class ExpressionStatement(Node, frozen=True):
    value: Expression


class Assign(Node, frozen=True):
    """`targets₀ = targets₁ = … = value`."""

    targets: tuple[Expression, ...]
    value: Expression


class AnnotatedAssign(Node, frozen=True):
    target: Expression
    annotation: Expression
    value: Expression | None


class AugmentedAssign(Node, frozen=True):
    """`target operator= value`; `operator` is without the equals sign."""

    target: Expression
    operator: str
    value: Expression


class Return(Node, frozen=True):
    value: Expression | None


class Raise(Node, frozen=True):
    exception: Expression | None
    cause: Expression | None


class Assert(Node, frozen=True):
    test: Expression
    message: Expression | None


class Delete(Node, frozen=True):
    targets: tuple[Expression, ...]


class Pass(Node, frozen=True):
    """`pass`, and a statement of no meaning to the tracer (a type alias, a magic line)."""


class Break(Node, frozen=True):
    pass


class Continue(Node, frozen=True):
    pass


class Scope(Node, frozen=True):
    """`global names` or `nonlocal names`."""

    is_global: bool
    names: tuple[str, ...]


class Alias(Node, frozen=True):
    """`name as alias` in an import; `name` is dotted in `import name`."""

    name: str
    alias: str | None


class Import(Node, frozen=True):
    names: tuple[Alias, ...]


class ImportFrom(Node, frozen=True):
    """`from {"." * level}{module} import names`; a star import has `names` empty and `star` true."""

    module: str
    level: int
    names: tuple[Alias, ...]
    star: bool


class If(Node, frozen=True):
    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class While(Node, frozen=True):
    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class For(Node, frozen=True):
    target: Expression
    iterable: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]
    is_async: bool


class WithItem(Node, frozen=True):
    value: Expression
    target: Expression | None


class With(Node, frozen=True):
    items: tuple[WithItem, ...]
    body: tuple[Statement, ...]
    is_async: bool


class Handler(Node, frozen=True):
    """`except kind as name: body`."""

    kind: Expression | None
    name: str | None
    body: tuple[Statement, ...]


class Try(Node, frozen=True):
    body: tuple[Statement, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Statement, ...]
    finalbody: tuple[Statement, ...]


class Case(Node, frozen=True):
    """One `case`. `compares` are the expressions that the subject is compared with (`==`) in this pattern, `binds` the names it binds.

    `classes` are those of which the subject must be an instance of one (`case int() | str():`); it suffices where `asks_class_alone`.

    `irrefutable` is true for a bare name or `_` without a guard.
    """

    compares: tuple[Expression, ...]
    binds: tuple[str, ...]
    guard: Expression | None
    body: tuple[Statement, ...]
    irrefutable: bool
    classes: tuple[Expression, ...] = ()
    asks_class_alone: bool = False


class Match(Node, frozen=True):
    subject: Expression
    cases: tuple[Case, ...]


class FunctionDef(Node, frozen=True):
    """`at` is the place of the whole definition, `name_at` of its name alone."""

    name: str
    name_at: int
    parameters: tuple[Parameter, ...]
    returns: Expression | None
    decorators: tuple[Expression, ...]
    body: tuple[Statement, ...]
    is_async: bool
    is_generator: bool
    docstring: str | None


class ClassDef(Node, frozen=True):
    name: str
    name_at: int
    bases: tuple[Argument, ...]
    decorators: tuple[Expression, ...]
    body: tuple[Statement, ...]


Statement: TypeAlias = (
    ExpressionStatement
    | Assign
    | AnnotatedAssign
    | AugmentedAssign
    | Return
    | Raise
    | Assert
    | Delete
    | Pass
    | Break
    | Continue
    | Scope
    | Import
    | ImportFrom
    | If
    | While
    | For
    | With
    | Try
    | Match
    | FunctionDef
    | ClassDef
)


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """One top-level statement (or one line of several, joined by `;`), lowered.

    `size` is the number of nodes: valid addresses are `0 <= at < size`.
    """

    statements: tuple[Statement, ...]
    size: int


class Module(msgspec.Struct, frozen=True):
    """A file in program form: its chunks in order. `path` is the path that places of this file carry."""

    path: str
    chunks: tuple[Chunk, ...]
    keys: tuple[int, ...]
    """One for each chunk, see `digest`."""
    is_notebook: bool = False
    """Whether a statement that raises does not keep the next ones from running."""


def digest(chunk: Chunk) -> int:
    """A number that stands for a chunk as long as its program form stays the same: comments, spaces and its place in the file do not count.

    The key of a chunk is its digest, or the next free number where equal chunks stand before it in the file.
    """
    return int.from_bytes(hashlib.blake2b(_ENCODER.encode(chunk), digest_size=7).digest())


_ENCODER = msgspec.msgpack.Encoder()


# Reading -----------------------------------------------------------------------------------------------------------


def children(node: Node) -> Iterator[Node]:
    """The direct child nodes, in source order."""
    for field in node.__struct_fields__:
        value = getattr(node, field)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:  # pyright: ignore[reportUnknownVariableType] — a tuple of nodes or of strings
                if isinstance(item, Node):
                    yield item


def walk(node: Node) -> Iterator[Node]:
    """The node and all nodes below it, in preorder."""
    stack: list[Node] = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(list(children(top))))


def last_name(node: Node) -> str:
    """The last part of a dotted name; nothing for what is none."""
    return node.id if isinstance(node, Name) else node.name if isinstance(node, Attribute) else ""


_PRECEDENCE = 60


def text(node: Expression | Argument | Parameter, *, limit: int = _PRECEDENCE) -> str:
    """The expression as source on one line, cut to `limit` code points: for messages, not for edits."""
    whole = _text(node)
    return whole if len(whole) <= limit else whole[: limit - 1] + "…"


def _text(node: Node | None) -> str:
    match node:
        case None:
            return ""
        case Name(id=name):
            return name
        case Constant(value=value):
            return repr(value)
        case Opaque(kind=kind):
            return "..." if kind == "ellipsis" else f"<{kind}>"
        case Attribute(value=value, name=name):
            return f"{_tight(value)}.{name}"
        case Subscript(value=value, index=index):
            inner = ", ".join(map(_text, index.elements)) if isinstance(index, TupleDisplay) else _text(index)
            return f"{_tight(value)}[{inner}]"
        case Slice(lower=lower, upper=upper, step=step):
            return f"{_text(lower)}:{_text(upper)}" + (f":{_text(step)}" if step else "")
        case Argument(value=value, keyword=keyword, star=star):
            return f"{keyword}={_text(value)}" if keyword else star + _text(value)
        case Call(function=function, arguments=arguments):
            return f"{_tight(function)}({', '.join(map(_text, arguments))})"
        case Binary(operator=operator, left=left, right=right):
            return f"{_operand(left)} {operator} {_operand(right)}"
        case Unary(operator=operator, operand=operand):
            return f"not {_operand(operand)}" if operator == "not" else operator + _tight(operand)
        case Logical(operator=operator, left=left, right=right):
            return f"{_text(left)} {operator} {_text(right)}"
        case Compare(left=left, operators=operators, comparators=comparators):
            return _operand(left) + "".join(f" {operator} {_operand(right)}" for operator, right in zip(operators, comparators, strict=True))
        case Conditional(test=test, body=body, orelse=orelse):
            return f"{_text(body)} if {_text(test)} else {_text(orelse)}"
        case Starred(value=value):
            return "*" + _tight(value)
        case TupleDisplay(elements=elements):
            return f"({_text(elements[0])},)" if len(elements) == 1 else f"({', '.join(map(_text, elements))})"
        case ListDisplay(elements=elements):
            return f"[{', '.join(map(_text, elements))}]"
        case SetDisplay(elements=elements):
            return f"{{{', '.join(map(_text, elements))}}}"
        case DictDisplay(keys=keys, values=values):
            pairs = (f"{_text(k)}: {_text(v)}" if k else f"**{_text(v)}" for k, v in zip(keys, values, strict=True))
            return f"{{{', '.join(pairs)}}}"
        case Comprehension(kind=kind, key=key, element=element):
            inner = (f"{_text(key)}: " if key else "") + _text(element) + " for …"
            return {"list": f"[{inner}]", "generator": f"({inner})"}.get(kind, f"{{{inner}}}")
        case Parameter(name=name, kind=kind):
            return (kind if kind in ("*", "**") else "") + name
        case Lambda(parameters=parameters, body=body):
            return f"lambda {', '.join(map(_text, parameters))}: {_text(body)}"
        case FString():
            return 'f"…"'
        case Named(target=target, value=value):
            return f"({_text(target)} := {_text(value)})"
        case Await(value=value):
            return f"await {_text(value)}"
        case Yield(value=value):
            return f"yield {_text(value)}".rstrip()
        case _:
            return "…"


def _tight(node: Expression) -> str:
    """As an operand of a dot, a call or a unary operator."""
    loose = isinstance(node, Binary | Unary | Logical | Compare | Conditional | Lambda | Await | Yield)
    return f"({_text(node)})" if loose else _text(node)


def _operand(node: Expression) -> str:
    """As an operand of a binary operator."""
    loose = isinstance(node, Binary | Logical | Compare | Conditional | Lambda)
    return f"({_text(node)})" if loose else _text(node)
