"""What the outcome of a test tells of the values in it: `x is None`, `isinstance(x, T)`, `x == "mode"`, the truth of `x`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnx_lsp import program
from nnx_lsp.tracer.values import NONE, Static, Tree, Unknown, Value, join, options

if TYPE_CHECKING:
    from nnx_lsp.tracer.expressions import Expressions


_TELLING = frozenset((program.Unary, program.Logical, program.Compare, program.Call, program.Named, program.Name, program.Attribute))


def narrow(tracer: Expressions, test: program.Expression, *, outcome: bool) -> None:
    """Write what is known of the names in a test where it came out as `outcome`."""
    if type(test) not in _TELLING:
        return
    match test:
        case program.Unary(operator="not", operand=operand):
            narrow(tracer, operand, outcome=not outcome)
        case program.Logical(operator=symbol, left=left, right=right):
            if (symbol == "and") is outcome:
                narrow(tracer, left, outcome=outcome)
                narrow(tracer, right, outcome=outcome)
        case program.Compare(left=left, operators=(("is" | "is not") as symbol,), comparators=(program.Constant(value=None),)):
            _keep_none(tracer, left, is_none=(symbol == "is") is outcome)
        case program.Compare(left=left, operators=(("==" | "!=") as symbol,), comparators=(program.Constant(value=constant),)):
            _keep_equal(tracer, left, constant, equal=(symbol == "==") is outcome)
        case program.Call(function=program.Name(id="isinstance"), arguments=(subject, kinds)):
            _keep_instances(tracer, subject.value, kinds.value, outcome=outcome)
        case program.Named(target=target):
            narrow(tracer, target, outcome=outcome)
        case program.Name() | program.Attribute():
            if outcome:
                _keep_none(tracer, test, is_none=False)
        case _:
            pass


def _refine(tracer: Expressions, subject: program.Expression, kept: list[Value], value: Value) -> None:
    """Give the subject, a name or an attribute of an object, the values that are kept."""
    if not kept or len(kept) == len(options(value)):
        return
    set_subject(tracer, subject, join(kept))


def set_subject(tracer: Expressions, subject: program.Expression, value: Value) -> None:
    """Give a name or an attribute of an object a value that a test has told."""
    match subject:
        case program.Name(id=name) if name in tracer.frame.names:
            tracer.journal.set(tracer.frame.names, name, value)
        case program.Attribute(value=program.Name(id=owner), name=name):
            holder = tracer.frame.names.get(owner)
            attributes = getattr(holder, "attributes", None)
            if isinstance(attributes, dict) and name in attributes:
                tracer.journal.set(attributes, name, value)
        case program.Named(target=target):
            set_subject(tracer, target, value)
        case _:
            pass


def current(tracer: Expressions, subject: program.Expression) -> Value | None:
    """What a name or an attribute of a local object stands for, without recording anything."""
    match subject:
        case program.Name(id=name):
            return tracer.frame.names.get(name)
        case program.Attribute(value=program.Name(id=owner), name=name):
            attributes = getattr(tracer.frame.names.get(owner), "attributes", None)
            return attributes.get(name) if isinstance(attributes, dict) else None
        case program.Named(target=target):
            return current(tracer, target)
        case _:
            return None


def _keep_none(tracer: Expressions, subject: program.Expression, *, is_none: bool) -> None:
    value = current(tracer, subject)
    if value is None:
        return
    if is_none and isinstance(value, Unknown | Tree):
        set_subject(tracer, subject, NONE)
        return
    kept = [option for option in options(value) if (isinstance(option, Static) and option.kind == "NoneType") is is_none]
    _refine(tracer, subject, kept, value)


def _keep_equal(tracer: Expressions, subject: program.Expression, constant: object, *, equal: bool) -> None:
    value = current(tracer, subject)
    if value is None:
        return
    kept = [option for option in options(value) if not (isinstance(option, Static) and option.is_known) or (option.constant == constant) is equal]
    _refine(tracer, subject, kept, value)


def _keep_instances(tracer: Expressions, subject: program.Expression, kinds: program.Expression, *, outcome: bool) -> None:
    value = current(tracer, subject)
    if value is None:
        return
    classes = tracer.evaluate(kinds)
    kept = [option for option in options(value) if tracer.is_instance(option, classes) is not (not outcome)]
    if isinstance(value, Unknown | Tree) and outcome:
        told = tracer.instance_of(classes)
        if isinstance(value, Tree) and isinstance(told, Array):
            told = Array(value.level, origin=value.origin, role=told.role)  # What was traced is traced still.
        if told is not None:
            set_subject(tracer, subject, told)
        return
    _refine(tracer, subject, kept, value)
