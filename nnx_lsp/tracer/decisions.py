"""Tests that came out on the way that is walked: a second test of the same comes out so again, and a value that was chosen by one is the chosen one.

What a test asks is told by its subjects, which are names, attributes and items by where they are kept: a flag of a module or of an object is the same
in whatever function it is asked for, and an argument that is a name of the caller is asked there. Each subject has a version that is another one
when it is assigned; what was told of the former says nothing then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from nnx_lsp import program
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.scopes import CHANGING
from nnx_lsp.tracer.values import Level, Object, OneOf, Tag, Unknown, Value, join, origin_of

if TYPE_CHECKING:
    from nnx_lsp.tracer.expressions import Expressions

Asked: TypeAlias = tuple[Any, ...]
"""What a test asks: its form, with its subjects and their versions."""

_OPPOSITES = {"is not": "is", "!=": "==", "not in": "in", ">=": "<", "<=": ">"}
_ASKING = frozenset(("isinstance", "callable", "len", "hasattr", "bool"))
_PURE = frozenset(
    (
        *("get", "items", "keys", "values", "copy", "format", "join", "split", "strip", "lower", "upper", "startswith", "endswith", "count", "index"),
        *("sum", "mean", "max", "min", "any", "all", "astype", "reshape", "item", "numpy", "tolist"),
    )
)
"""Methods of what is not known that leave it as it was."""
_TAKING = frozenset(("heappop", "heappush", "heapify", "heappushpop", "heapreplace", "shuffle", "next"))
"""Functions that change what they are given."""
_DEEPEST = 6


def outcome(tracer: Expressions, test: program.Expression) -> bool | None:
    """How a test comes out that nothing else decides, where it was decided before."""
    asked, is_opposite = _asked(tracer, test)
    if asked is None:
        return None
    found = tracer.told.get(asked)
    if found is None:
        tracer.journal.set(tracer.told, asked, UNDECIDED)
    return found != is_opposite if isinstance(found, bool) else None


def undecide(tracer: Expressions, test: program.Expression) -> None:
    """A loop asks again in each pass: what it does may have changed what is asked in ways that are not seen."""
    match test:
        case program.Unary(operator="not", operand=operand):
            undecide(tracer, operand)
        case program.Logical(left=left, right=right):
            undecide(tracer, left)
            undecide(tracer, right)
        case _:
            asked, _ = _asked(tracer, test)
            if asked is not None and tracer.told.get(asked, UNDECIDED) is not UNDECIDED:
                tracer.journal.set(tracer.told, asked, UNDECIDED)


def tell(tracer: Expressions, test: program.Expression, *, came_out: bool) -> None:
    """Note how a test came out, for what is behind it."""
    asked, is_opposite = _asked(tracer, test)
    if asked is None:
        return
    _decide(tracer, asked, came_out=came_out != is_opposite)
    if came_out and asked[0] == "truth" and (identity := _subject(tracer, test, 0, contents=False)) is not None:
        _decide(tracer, ("is", identity, ("NoneType", None)), came_out=False)
    elif asked[0] == "is" and asked[2] == ("NoneType", None) and came_out != is_opposite and isinstance(test, program.Compare):
        subject = _subject(tracer, test.left, 0, contents=True)
        _decide(tracer, ("truth", subject), came_out=False)


UNDECIDED = 0
"""Stands for a test that was met and may come out either way."""


def _decide(tracer: Expressions, asked: Asked, *, came_out: bool) -> None:
    if tracer.told.get(asked) is not came_out:
        tracer.journal.set(tracer.told, asked, came_out)


def as_told(tracer: Expressions, value: OneOf) -> Value:
    """Those of a few values that the tests on this way leave."""
    left = [option for option, tag in zip(value.options, value.when, strict=True) if all(tracer.told.get(asked) is not (not told) for asked, told in tag)]
    return value if not left or len(left) == len(value.options) else join(left)


def assume(tracer: Expressions, tag: Tag) -> None:
    """What follows stands on the way on which these tests came out so."""
    for asked, told in tag:
        _decide(tracer, asked, came_out=told)


# What may be another one now ---------------------------------------------------------------------------------------


def rebound(tracer: Expressions, frame: Frame, name: str) -> None:
    """A name is assigned."""
    if name in frame.given or ("name", frame, name) in tracer.told:
        _renew(tracer, ("name", frame, name))


def written(tracer: Expressions, owner: Object, name: str) -> None:
    """An attribute of an object is assigned."""
    if tracer.told and (key := ("attribute", _with_contents(tracer, ("object", origin_of(owner))), name)) in tracer.told:
        _renew(tracer, key)


def assigned(tracer: Expressions, target: program.Attribute) -> None:
    """An attribute of something that is not a known object is assigned."""
    if tracer.told and (below := _subject(tracer, target.value, 0, contents=True)) is not None and (key := ("attribute", below, target.name)) in tracer.told:
        _renew(tracer, key)


def called(tracer: Expressions, node: program.Call, callee: Value) -> None:
    """A call may change what is in its receiver or its arguments."""
    if not tracer.told:
        return
    function = node.function
    is_unknown = isinstance(callee, Unknown)
    if isinstance(function, program.Attribute) and ((is_unknown and function.name not in _PURE) or function.name in CHANGING):
        _changed(tracer, function.value)
    for argument in node.arguments:
        if program.last_name(function) in _TAKING or (is_unknown and isinstance(argument.value, program.Name) and _is_object(tracer, argument.value.id)):
            _changed(tracer, argument.value)


def _is_object(tracer: Expressions, name: str) -> bool:
    return isinstance(tracer.found_in(name).names.get(name), Object)


def changed_item(tracer: Expressions, target: program.Subscript) -> None:
    """An item is assigned or deleted."""
    if tracer.told:
        _changed(tracer, target.value)


def _changed(tracer: Expressions, node: program.Expression) -> None:
    subject = _subject(tracer, node, 0, contents=False)
    if subject is not None:
        _renew(tracer, ("contents", subject))


def _renew(tracer: Expressions, key: Asked) -> None:
    tracer.journal.set(tracer.told, key, next(tracer.numbers) + 1)


def _version(tracer: Expressions, key: Asked) -> int:
    found = tracer.told.get(key, UNDECIDED)
    if isinstance(found, int):
        return found
    _renew(tracer, key)  # The ways that came together here may have left different ones.
    return _version(tracer, key)


# What a test asks --------------------------------------------------------------------------------------------------


def _asked(tracer: Expressions, test: program.Expression) -> tuple[Asked | None, bool]:
    """What a test asks, and whether it asks for the opposite."""
    match test:
        case program.Name() | program.Attribute() | program.Subscript():
            subject = _subject(tracer, test, 0, contents=True)
            return ("truth", subject) if subject is not None else None, False
        case program.Named(target=target):
            return _asked(tracer, target)
        case program.Compare(left=left, operators=(symbol,), comparators=(right,)):
            form = _OPPOSITES.get(symbol, symbol)
            one, two = _part(tracer, left, 0, contents=form != "is"), _part(tracer, right, 0, contents=form != "is")
            return (form, one, two) if one is not None and two is not None else None, form != symbol
        case program.Call(function=program.Name(id=name), arguments=arguments) if name in _ASKING:
            parts = tuple(_part(tracer, argument.value, 0, contents=True) for argument in arguments if not argument.star and argument.keyword is None)
            return (name, *parts) if len(parts) == len(arguments) and None not in parts else None, False
        case _:
            return None, False


def _part(tracer: Expressions, node: program.Expression, depth: int, *, contents: bool) -> Asked | None:
    """A subject or a constant in a test, or what operators make of them."""
    if depth > _DEEPEST:
        return None
    match node:
        case program.Constant(value=value):
            return (type(value).__name__, value) if value.__hash__ is not None else None
        case program.Binary(left=left, right=right):
            one, two = _part(tracer, left, depth + 1, contents=contents), _part(tracer, right, depth + 1, contents=contents)
            return (node.operator, one, two) if one is not None and two is not None else None
        case program.TupleDisplay(elements=elements) | program.ListDisplay(elements=elements):
            found = [_part(tracer, each, depth + 1, contents=contents) for each in elements]
            return ("items", *found) if None not in found else None
        case program.Call(function=program.Name(id=name), arguments=(argument,)) if name in ("len", "type") and argument.keyword is None:
            inner = _part(tracer, argument.value, depth + 1, contents=True)
            return (name, inner) if inner is not None else None
        case _:
            return _subject(tracer, node, depth, contents=contents)


def _subject(tracer: Expressions, node: program.Expression, depth: int, *, contents: bool) -> Asked | None:
    """What a name, an attribute or an item is by where it is kept, with the version that is there; `contents`: and with what was put into it since."""
    if depth > _DEEPEST:
        return None
    found: Asked | None = None
    match node:
        case program.Name(id=name):
            found = _name(tracer, name, depth)
        case program.Attribute(value=owner, name=name):
            below = _subject(tracer, owner, depth + 1, contents=True)
            found = _kept(tracer, ("attribute", below, name)) if below is not None else None
        case program.Subscript(value=owner, index=index):
            below, at = _subject(tracer, owner, depth + 1, contents=True), _part(tracer, index, depth + 1, contents=True)
            found = ("item", below, at) if below is not None and at is not None else None
        case _:
            return None
    return found if found is None or not contents else _with_contents(tracer, found)


def _kept(tracer: Expressions, key: Asked) -> Asked:
    """A place to which something may be assigned; from here on it is seen when that happens."""
    if key not in tracer.told:
        tracer.journal.set(tracer.told, key, UNDECIDED)
    version = _version(tracer, key)
    return (*key, version) if version else key


def _with_contents(tracer: Expressions, subject: Asked) -> Asked:
    key = ("contents", subject)
    version = _version(tracer, key) if key in tracer.told else UNDECIDED
    return (*subject, "with", version) if version else subject


def _name(tracer: Expressions, name: str, depth: int) -> Asked | None:
    frame = tracer.found_in(name)
    value = frame.names.get(name)
    if isinstance(value, Object):
        return ("object", origin_of(value))
    key = ("name", frame, name)
    if key not in tracer.told and (by_caller := frame.given.get(name)) is not None:
        argument, caller = by_caller
        here, tracer.frame = tracer.frame, caller
        try:
            return _subject(tracer, argument, depth + 1, contents=False)
        finally:
            tracer.frame = here
    return _kept(tracer, key)


def given(
    definition: program.FunctionDef | program.Lambda,
    nodes: tuple[program.Argument | None, ...],
    keywords: dict[str, program.Argument],
    caller: Frame,
    level: Level | None,
) -> dict[str, tuple[program.Expression, Frame] | None]:
    """The parameters of a function that is called, with what the caller wrote for them where that is a name, an attribute or an item. Under a transform
    that calls it with other values than it was given itself, they say nothing."""
    found: dict[str, tuple[program.Expression, Frame] | None] = {}
    waiting = list(nodes)
    is_direct = level is None or level.name.rpartition(".")[2] in _DIRECT
    for parameter in definition.parameters:
        argument = keywords.get(parameter.name)
        if parameter.kind in ("positional", "either") and waiting:
            argument = waiting.pop(0)
        value = argument.value if argument is not None and is_direct and not argument.star else None
        found[parameter.name] = (value, caller) if isinstance(value, program.Name | program.Attribute | program.Subscript) else None
    return found


_DIRECT = frozenset(("jit", "grad", "value_and_grad", "checkpoint", "remat"))
"""Transforms that call a function with what they are given."""


__all__ = ["as_told", "assigned", "assume", "called", "changed_item", "given", "outcome", "rebound", "tell", "undecide", "written"]
