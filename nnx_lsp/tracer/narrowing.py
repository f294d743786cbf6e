"""What the outcome of a test tells of the values in it: `x is None`, `isinstance(x, T)`, `x == "mode"`, `callable(x)`, the truth of `x`.

A test may stand in a function (`if is_tensor(x):`): then the names of its parameters stand for what was given to it.
A test of which nobody knows what it asks (`isinstance(x, some.Class)`) leaves doubt on both ways: there is no saying which values come there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from nnx_lsp import program
from nnx_lsp.knowledge.arrays import OF_TORCH
from nnx_lsp.tracer import decisions
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.instances import is_callable, is_resolved
from nnx_lsp.tracer.values import (
    FALSE,
    NONE,
    TRUE,
    UNKNOWN,
    Array,
    Bound,
    Class,
    Dict,
    Doubted,
    Foreign,
    Function,
    List,
    Object,
    Static,
    Tree,
    Unknown,
    Value,
    join,
    options,
    resolution_order,
)

if TYPE_CHECKING:
    from nnx_lsp.tracer.expressions import Expressions


_TELLING = frozenset((program.Unary, program.Logical, program.Compare, program.Call, program.Named, program.Name, program.Attribute, program.Subscript))
_DEEPEST = 3
"""How many functions deep a test is looked for."""


class _Given(msgspec.Struct, frozen=True):
    """The function that a test stands in: where it was defined, and what stands for its parameters."""

    frame: Frame
    names: dict[str, program.Expression | None]
    depth: int


def narrow(tracer: Expressions, test: program.Expression, *, outcome: bool, within: _Given | None = None) -> None:
    """Write what is known of the names in a test where it came out as `outcome`."""
    if type(test) not in _TELLING:
        return
    if within is None and not isinstance(test, program.Unary | program.Logical):
        decisions.tell(tracer, test, came_out=outcome)
    match test:
        case program.Unary(operator="not", operand=operand):
            narrow(tracer, operand, outcome=not outcome, within=within)
        case program.Logical(operator=symbol, left=left, right=right):
            if (symbol == "and") is outcome:
                narrow(tracer, left, outcome=outcome, within=within)
                narrow(tracer, right, outcome=outcome, within=within)
            else:
                _doubt_operands(tracer, test, within)
        case program.Compare(left=left, operators=(symbol,), comparators=(right,)):
            _compared(tracer, left, symbol, right, outcome=outcome, within=within)
        case program.Call():
            _called(tracer, test, outcome=outcome, within=within)
        case program.Named(target=target):
            narrow(tracer, target, outcome=outcome, within=within)
        case program.Name() | program.Attribute() | program.Subscript():
            if outcome and (subject := _subject(test, within)) is not None:
                _keep_none(tracer, subject, is_none=False)
        case _:
            pass


def _subject(node: program.Expression, within: _Given | None) -> program.Expression | None:
    """What a name in a test stands for where the tests are made."""
    if within is None:
        return node
    return within.names.get(node.id) if isinstance(node, program.Name) else None


def _evaluated(tracer: Expressions, node: program.Expression, within: _Given | None) -> Value:
    """What a part of a test gives there, without recording anything."""
    count, outer = len(tracer.events), tracer.frame
    tracer.frame = within.frame if within is not None else outer
    try:
        return tracer.evaluate(node)
    finally:
        tracer.frame = outer
        del tracer.events[count:]


def _compared(tracer: Expressions, left: program.Expression, symbol: str, right: program.Expression, *, outcome: bool, within: _Given | None) -> None:
    is_equal = (symbol in ("is", "==")) is outcome
    match left:
        case program.Call(function=program.Name(id="type"), arguments=(argument,)) if symbol in ("is", "is not", "==", "!=", "in", "not in"):
            if (subject := _subject(argument.value, within)) is not None:
                has_class = (symbol in ("is", "==", "in")) is outcome
                keep_instances(tracer, subject, _evaluated(tracer, right, within), outcome=has_class, is_exact=True)
            return
        case _:
            pass
    subject = _subject(left, within)
    if subject is None or not isinstance(right, program.Constant):
        return
    if symbol in ("is", "is not"):
        if right.value is None:
            _keep_none(tracer, subject, is_none=is_equal)
        elif isinstance(right.value, bool):
            _keep_truth(tracer, subject, right.value, is_it=is_equal)
    elif symbol in ("==", "!="):
        _keep_equal(tracer, subject, right.value, equal=is_equal)


def _called(tracer: Expressions, test: program.Call, *, outcome: bool, within: _Given | None) -> None:
    arguments = test.arguments
    if not arguments or any(argument.star for argument in arguments):
        return
    match test.function:
        case program.Name(id="isinstance") if len(arguments) == 2:
            if (subject := _subject(arguments[0].value, within)) is not None:
                keep_instances(tracer, subject, _evaluated(tracer, arguments[1].value, within), outcome=outcome)
            return
        case program.Name(id="callable") if len(arguments) == 1:
            if (subject := _subject(arguments[0].value, within)) is not None:
                _keep_callable(tracer, subject, outcome=outcome)
            return
        case program.Name(id="hasattr") if len(arguments) == 2 and isinstance(arguments[1].value, program.Constant):
            subject = _subject(arguments[0].value, within)
            if outcome and subject is not None and isinstance(name := arguments[1].value.value, str):
                _keep_attribute(tracer, subject, name)
            return
        case program.Name() | program.Attribute():
            _of_function(tracer, test, _evaluated(tracer, test.function, within), outcome=outcome, within=within)
        case _:
            pass


def _of_function(tracer: Expressions, test: program.Call, callee: Value, *, outcome: bool, within: _Given | None) -> None:
    """What a function tells of its arguments: one of the user by what it returns; one that is not known may ask whether they are of some class."""
    function = callee.function if isinstance(callee, Bound) else callee
    if isinstance(function, Function):
        answer = _answer(function)
        depth = within.depth if within is not None else 0
        if answer is None or depth >= _DEEPEST:
            return
        names: dict[str, program.Expression | None] = {}
        parameters = [parameter.name for parameter in function.definition.parameters]
        for name, argument in zip(parameters[isinstance(callee, Bound) :], test.arguments, strict=False):
            names[argument.keyword or name] = _subject(argument.value, within)
        narrow(tracer, answer, outcome=outcome, within=_Given(function.closure, names, depth + 1))
    elif isinstance(callee, Foreign) and callee.name.rpartition(".")[2].startswith("is"):
        for argument in test.arguments:
            if (subject := _subject(argument.value, within)) is not None:
                _doubt(tracer, subject)


def _answer(function: Function) -> program.Expression | None:
    """What a function returns that does nothing else."""
    if isinstance(function.definition, program.Lambda):
        return function.definition.body
    body = function.definition.body
    is_documented = body and isinstance(body[0], program.ExpressionStatement) and isinstance(body[0].value, program.Constant)
    match body[1:] if is_documented else body:
        case (program.Return(value=value),):
            return value
        case _:
            return None


_HOST = frozenset(("list", "tuple", "ndarray", "generic"))
_OF_NUMPY = frozenset(("ndarray", "generic"))
_OF_JAX = frozenset(("jax", "jnp"))


def is_for_host(tracer: Expressions, test: program.Expression, *, outcome: bool, depth: int = 0) -> bool:
    """Whether a test that came out so lets what is not known come on only if it is not an array of JAX: `isinstance(x, (list, np.ndarray))`."""
    match test:
        case program.Unary(operator="not", operand=operand):
            return is_for_host(tracer, operand, outcome=not outcome, depth=depth)
        case program.Logical(operator=symbol, left=left, right=right):
            return (symbol == "and") is outcome and (
                is_for_host(tracer, left, outcome=outcome, depth=depth) or is_for_host(tracer, right, outcome=outcome, depth=depth)
            )
        case program.Call(function=program.Name(id="isinstance"), arguments=(subject, classes)):
            named = classes.value.elements if isinstance(classes.value, program.TupleDisplay) else (classes.value,)
            if any(program.last_name(each) == "Tracer" for each in named):
                return not outcome
            value = current(tracer, subject.value)
            if isinstance(value, Array | Tree) and value.level is not None and outcome:
                return all(program.last_name(each) in _OF_NUMPY and not _is_of_jax(each) for each in named)
            if not isinstance(value, Unknown):
                return False
            if outcome:
                return all(program.last_name(each) in _HOST and not _is_of_jax(each) for each in named)
            return any(program.last_name(each) == "Array" or _is_of_jax(each) for each in named)
        case program.Call(function=program.Name(id="any" | "all" as name), arguments=(program.Argument(value=program.Comprehension(element=element)),)):
            return (name == "all") is outcome and is_for_host(tracer, element, outcome=outcome, depth=depth)
        case program.Call(function=program.Name(id=name)) if depth < _DEEPEST and isinstance(function := tracer.lookup(name), Function):
            answer = _answer(function)
            return answer is not None and is_for_host(tracer, answer, outcome=outcome, depth=depth + 1)
        case _:
            return False


def _is_of_jax(cls: program.Expression) -> bool:
    return isinstance(cls, program.Attribute) and isinstance(cls.value, program.Name | program.Attribute) and program.text(cls).partition(".")[0] in _OF_JAX


# Names and what they stand for -------------------------------------------------------------------------------------


def set_subject(tracer: Expressions, subject: program.Expression, value: Value) -> None:
    """Give a name, an attribute of an object or an item of a container a value that a test has told."""
    match subject:
        case program.Name(id=name) if (frame := _frame(tracer.frame, name)) is not None:
            tracer.journal.set(frame.names, name, value)
        case program.Attribute(value=program.Name(id=owner), name=name):
            holder = tracer.frame.names.get(owner)
            attributes = getattr(holder, "attributes", None)
            if isinstance(attributes, dict) and name in attributes:
                tracer.journal.set(attributes, name, value)
        case program.Subscript(value=program.Name(id=owner), index=program.Constant(value=key)):
            container = tracer.frame.names.get(owner)
            if isinstance(container, Dict) and key in container.items:
                tracer.journal.set(container.items, key, value)
            elif isinstance(container, List) and (items := container.items) is not None and isinstance(key, int) and 0 <= key < len(items):
                tracer.journal.set(container.contents, "items", (*items[:key], value, *items[key + 1 :]))
        case program.Named(target=target):
            set_subject(tracer, target, value)
        case _:
            pass


def _frame(frame: Frame, name: str) -> Frame | None:
    """The frame of the running function that has a name: a comprehension in it has one of its own."""
    while name not in frame.names:
        if frame.outer is None or frame.is_class or frame.outer.function is not frame.function:
            return None
        frame = frame.outer
    return frame


def current(tracer: Expressions, subject: program.Expression) -> Value | None:
    """What a name, an attribute of a local object or an item stands for, without recording anything."""
    match subject:
        case program.Name(id=name):
            frame = _frame(tracer.frame, name)
            return frame.names[name] if frame is not None else None
        case program.Attribute(value=program.Name(id=owner), name=name):
            attributes = getattr(tracer.frame.names.get(owner), "attributes", None)
            return attributes.get(name) if isinstance(attributes, dict) else None
        case program.Subscript(value=program.Name(id=owner), index=program.Constant(value=key)):
            container = tracer.frame.names.get(owner)
            if isinstance(container, Dict):
                return container.items.get(key)
            items = container.items if isinstance(container, List) else None
            return items[key] if items is not None and isinstance(key, int) and 0 <= key < len(items) else None
        case program.Named(target=target):
            return current(tracer, target)
        case _:
            return None


def _refine(tracer: Expressions, subject: program.Expression, kept: list[Value], value: Value) -> None:
    """Give the subject the values that are kept."""
    if not kept or len(kept) == len(options(value)):
        return
    set_subject(tracer, subject, join(kept))


def _doubt(tracer: Expressions, subject: program.Expression) -> None:
    """Nobody knows whether what the subject stands for comes here."""
    value = current(tracer, subject)
    if value is not None and not isinstance(value, Unknown):
        set_subject(tracer, subject, Doubted(value))


def _doubt_operands(tracer: Expressions, test: program.Logical, within: _Given | None) -> None:
    """Where one of several tests decided, and it is not known which, those that nobody knows leave their doubt."""
    for each in (test.left, test.right):
        inner = each.operand if isinstance(each, program.Unary) else each
        match inner:
            case program.Logical():
                _doubt_operands(tracer, inner, within)
            case program.Call(function=program.Name(id="isinstance"), arguments=(argument, kinds)):
                if (subject := _subject(argument.value, within)) is not None and not is_resolved(_evaluated(tracer, kinds.value, within)):
                    _doubt(tracer, subject)
            case _:
                pass


# What each test keeps ----------------------------------------------------------------------------------------------


def _keep_none(tracer: Expressions, subject: program.Expression, *, is_none: bool) -> None:
    value = current(tracer, subject)
    if value is None:
        return
    if is_none and isinstance(value, Unknown | Tree):
        set_subject(tracer, subject, NONE)
        return
    kept = [option for option in options(value) if (isinstance(option, Static) and option.kind == "NoneType") is is_none]
    _refine(tracer, subject, kept, value)


def _keep_truth(tracer: Expressions, subject: program.Expression, constant: bool, *, is_it: bool) -> None:
    """`x is True`."""
    value = current(tracer, subject)
    if value is None:
        return
    wanted, other = (TRUE, FALSE) if constant else (FALSE, TRUE)
    if not is_it:
        kept = [other if _is_some_bool(option) else option for option in options(value) if option != wanted]
        if kept and kept != list(options(value)):
            set_subject(tracer, subject, join(kept))
    elif any(isinstance(option, Unknown | Tree) or (isinstance(option, Static) and option.kind in ("", "bool")) for option in options(value)):
        set_subject(tracer, subject, wanted)


def _is_some_bool(value: Value) -> bool:
    return isinstance(value, Static) and value.kind == "bool" and not value.is_known


def _keep_equal(tracer: Expressions, subject: program.Expression, constant: object, *, equal: bool) -> None:
    value = current(tracer, subject)
    if value is None:
        return
    kept = [option for option in options(value) if not (isinstance(option, Static) and option.is_known) or (option.constant == constant) is equal]
    _refine(tracer, subject, kept, value)


def keep_instances(tracer: Expressions, subject: program.Expression, classes: Value, *, outcome: bool, is_exact: bool = False) -> None:
    """Write what the outcome of `isinstance(subject, classes)` tells; `is_exact`: of `type(subject) is classes`."""
    value = current(tracer, subject)
    if value is None:
        return
    if not is_resolved(classes):
        _doubt(tracer, subject)
        return
    if isinstance(value, Unknown | Tree) and outcome:
        told = tracer.instance_of(classes)
        if isinstance(value, Tree) and isinstance(told, Array):
            told = Array(value.level, origin=value.origin, role=told.role)  # What was traced is traced still.
        if told is not None:
            set_subject(tracer, subject, told)
        return
    if is_exact and not outcome:
        return  # It may be an instance of a subclass.
    kept = [option for option in options(value) if tracer.is_instance(option, classes) is not (not outcome)]
    if outcome and any(map(_may_be_of_a_subclass, kept)):
        narrower = [_of_the_subclass(tracer, option, classes) for option in kept]
        if any(one is not other for one, other in zip(narrower, kept, strict=True)):
            set_subject(tracer, subject, join(narrower))
            return
    _refine(tracer, subject, kept, value)


def _may_be_of_a_subclass(value: Value) -> bool:
    """Whether a value is known by the annotation of a class of the user alone."""
    return isinstance(value, Object) and value.is_symbolic and isinstance(value.cls, Class)


def _of_the_subclass(tracer: Expressions, value: Value, classes: Value) -> Value:
    """What was annotated with a class and found to be an instance of one that derives from it. Nobody knows how the attributes look inside of a transform."""
    told = tracer.instance_of(classes) if _may_be_of_a_subclass(value) else None
    found = options(told) if told is not None else ()
    if not isinstance(value, Object) or not found or not all(_derives(each, value) for each in found):
        return value
    return UNKNOWN if value.source is not None or told is None else told


def _derives(value: Value, base: Object) -> bool:
    """Whether an instance is of a class that derives from another one's."""
    return isinstance(value, Object) and isinstance(value.cls, Class) and value.cls is not base.cls and base.cls in resolution_order(value.cls)


def _keep_callable(tracer: Expressions, subject: program.Expression, *, outcome: bool) -> None:
    value = current(tracer, subject)
    if value is not None:
        _refine(tracer, subject, [option for option in options(value) if is_callable(option) is not (not outcome)], value)


def _keep_attribute(tracer: Expressions, subject: program.Expression, name: str) -> None:
    """`hasattr(x, "name")`: an array has what arrays have, and what an object was not seen to get may be there."""
    value = current(tracer, subject)
    if value is None:
        return
    kept = [option for option in options(value) if not (isinstance(option, Array) and name in OF_TORCH)]
    _refine(tracer, subject, kept, value)
    for option in kept:
        if isinstance(option, Object) and isinstance(option.cls, Class) and tracer.peek(option, name) is None and option.cls.lookup(name) is None:
            set_subject(tracer, subject, Doubted(value))
            return


__all__ = ["current", "is_for_host", "keep_instances", "narrow", "set_subject"]
