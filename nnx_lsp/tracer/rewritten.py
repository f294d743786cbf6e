"""Attributes that other methods than `__init__` assign: at any moment an instance holds what `__init__` left there, or what one of them assigned.

That is known where each assignment of that name in the files of the class and its bases is a constant, or stands in a method of theirs and is plain:
its right side is evaluated with arguments of which nothing is known. What `setattr` with a name that is made may mean is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from nnx_lsp import program
from nnx_lsp.tracer import shapes
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.modules import WRITES
from nnx_lsp.tracer.scopes import Assigned, within
from nnx_lsp.tracer.values import (
    UNKNOWN,
    Array,
    Bound,
    Class,
    Function,
    Module,
    Object,
    Partial,
    Transformed,
    Unknown,
    Value,
    Variable,
    join,
    resolution_order,
    same,
)

if TYPE_CHECKING:
    from nnx_lsp.tracer.trace import Tracer

Write: TypeAlias = tuple[Function, program.Expression, str]
"""The method that assigns, the right side, and the operator of `+=` and its like."""

_MOST_WRITES = 6
"""An attribute that is assigned at more places than this is not followed."""
_MOST_ROUNDS = 3
"""How often the right sides are evaluated with what they left themselves."""


def rewritten(tracer: Tracer, cls: Class, instance: Object) -> dict[str, Value]:
    """What the attributes that other methods assign hold at any moment, as far as that is known."""
    paths = files(cls)
    tracer.reads.update((path, WRITES) for path in paths)
    if any(tracer.session.assigned(path, "") for path in paths):  # Any attribute may be meant.
        names = tuple(_own_names(cls))
        return {name: UNKNOWN for name, value in instance.attributes.items() if not isinstance(value, Module | Variable) and _may_be(name, names)}
    below = tracer.family(cls).classes
    if any(each.passes_over for each in below):  # It may have been given other values, or none.
        return {name: UNKNOWN for name in instance.attributes if name.isidentifier()}
    elsewhere = {name: tracer.writes(paths, name) for name in instance.attributes if name.isidentifier()}
    kept = {name: UNKNOWN if name in elsewhere and elsewhere[name][0] else value for name, value in instance.attributes.items()}
    bare = type(instance)(cls, kept, instance.level, None, True, instance.is_open)  # Of all that is assigned elsewhere nothing is known.
    found: dict[str, Value] = {}
    writes: dict[str, list[Write]] | None = None
    is_mixed = any(len(each.bases) > 1 for each in below)  # An instance may be one of other classes too.
    filled = _own_writes(cls, _plain_fill)
    for name, (assigned, rebound, _) in elsewhere.items():
        value = instance.attributes[name]
        if isinstance(value, Variable) and not rebound and name in filled:
            found[name] = _any_shape(tracer, bare, name, value, filled[name])
        if not assigned or isinstance(value, Unknown) or (isinstance(value, Variable) and not rebound):
            continue
        given = [each for path in paths for each in tracer.session.assigned(path, name) if is_mixed or not _is_of_others(each, path, cls)]
        writes = _own_writes(cls, _plain_write) if writes is None else writes
        own = [each for each in writes.get(name, ()) if not isinstance(each[1], program.Constant) or each[2]]
        if sum(not isinstance(each, program.Constant) for each in given) == len(own) <= _MOST_WRITES:
            constants = [tracer.evaluate(each) for each in given if isinstance(each, program.Constant)]
            found[name] = _any_of(tracer, bare, name, join([value, *constants]), own)
            if isinstance(now := found[name], Variable) and name in filled:
                found[name] = _any_shape(tracer, bare, name, now, filled[name])
    return found


def _is_of_others(assigned: Assigned, path: str, cls: Class) -> bool:
    """Whether an assignment certainly is to an instance of a class that is none of this one's bases."""
    return isinstance(assigned, str) and not any(one.name == assigned and one.place.path == path for one in resolution_order(cls))


def files(cls: Class) -> list[str]:
    """The files of a class and its bases."""
    return list(dict.fromkeys(one.place.path for one in resolution_order(cls)))


def _methods(cls: Class) -> Iterator[tuple[Class, Function, program.FunctionDef, str]]:
    """The functions that a class and its bases hold, but for initializers: each with its class, its code, and the name of `self` there."""
    for one in resolution_order(cls):
        for value in one.attributes.values():
            function = value
            while isinstance(function, Transformed | Partial | Bound):
                function = function.function
            definition = function.definition if isinstance(function, Function) else None
            if not isinstance(function, Function) or not isinstance(definition, program.FunctionDef) or not definition.parameters:
                continue
            if definition.name not in ("__init__", "__post_init__"):
                yield one, function, definition, definition.parameters[0].name


def _own_names(cls: Class) -> Iterator[str]:
    """The names of attributes that methods of a class and its bases write by `setattr(self, name, value)`, as regular expressions."""
    for _, _, definition, receiver in _methods(cls):
        for node in program.walk(definition):
            match node:
                case program.Call(function=program.Name(id="setattr"), arguments=(program.Argument(value=program.Name(id=owner)), second, *_)) if (
                    owner == receiver
                ):
                    yield _pattern(second.value)


def _pattern(name: program.Expression) -> str:
    match name:
        case program.FString(texts=texts):
            return ".*".join(map(re.escape, texts))
        case program.Constant(value=str() as text):
            return re.escape(text)
        case _:
            return ".*"


def _may_be(name: str, patterns: tuple[str, ...]) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def _own_writes(cls: Class, plain: Callable[[program.Node, str], tuple[str, program.Expression, str] | None]) -> dict[str, list[Write]]:
    """By attribute, the assignments to it of one sort in methods of a class and its bases."""
    found: dict[str, list[Write]] = {}
    for one, function, definition, receiver in _methods(cls):
        if function.owner is not one:
            continue
        for statement in definition.body:
            for node, around, _ in within(statement):
                if around is None and (target := plain(node, receiver)) is not None:
                    name, right, operator = target
                    found.setdefault(name, []).append((function, right, operator))
    return found


def _plain_write(node: program.Node, receiver: str) -> tuple[str, program.Expression, str] | None:
    match node:
        case (
            program.Assign(targets=(program.Attribute(value=program.Name(id=owner), name=name),), value=value)
            | program.AnnotatedAssign(target=program.Attribute(value=program.Name(id=owner), name=name), value=value)
        ) if owner == receiver and value is not None:
            return name, value, ""
        case program.AugmentedAssign(target=program.Attribute(value=program.Name(id=owner), name=name), value=value) if owner == receiver:
            return name, value, node.operator
        case _:
            return None


def _plain_fill(node: program.Node, receiver: str) -> tuple[str, program.Expression, str] | None:
    """`self.name.value = …` and `self.name.set_value(…)`, which may bring another shape; an assignment to `self.name[...]` keeps it."""
    match node:
        case program.Assign(targets=(program.Attribute(value=program.Attribute(value=program.Name(id=owner), name=name), name="value" | "raw_value"),)) if (
            owner == receiver
        ):
            return name, node.value, ""
        case program.Call(
            function=program.Attribute(value=program.Attribute(value=program.Name(id=owner), name=name), name="set_value"),
            arguments=(program.Argument(value=given),),
        ) if owner == receiver:
            return name, given, ""
        case _:
            return None


def _any_shape(tracer: Tracer, instance: Object, name: str, variable: Variable, writes: list[Write]) -> Variable:
    """A Variable as it is at any moment: of the shape that it begins with, or of any where a method fills it with what may be of another."""
    held = variable.content
    if not isinstance(held, Array):
        return variable
    given = [_right_side(tracer, instance, name, variable, write) for write in writes if not _goes_on(write[1], name)]
    if all(isinstance(each, Array) and shapes.extent(each) == shapes.extent(held) for each in given):
        return variable
    held = Array(held.level, origin=held.origin, role=held.role)
    return msgspec.structs.replace(variable, attributes={**variable.attributes, "value": held}, history=dict(variable.history))


def _goes_on(right: program.Expression, name: str) -> bool:
    """Whether an operator makes the next value of a Variable out of the one before, as of a sum or a mean: those keep their shapes."""
    if not isinstance(right, program.Binary):
        return False
    return any(isinstance(each, program.Attribute) and each.name == name for each in program.walk(right))


def _any_of(tracer: Tracer, instance: Object, name: str, value: Value, writes: list[Write]) -> Value:
    """The value that an attribute has, or any that these assignments make of it, again and again."""
    for _ in range(_MOST_ROUNDS):
        more = [_right_side(tracer, instance, name, value, write) for write in writes]
        now = _one_variable(value, more) or join([value, *more])
        if same(now, value) or (isinstance(now, Variable) and isinstance(value, Variable) and same(now.content, value.content)) or isinstance(now, Unknown):
            return now
        value = now
    return UNKNOWN


def _one_variable(value: Value, more: list[Value]) -> Variable | None:
    """One Variable for several of one class that are put in the place of each other, as where a metric is reset: with what any of them holds."""
    if not isinstance(value, Variable):
        return None
    contents = [value.content]
    for each in more:
        if not isinstance(each, Variable) or each.cls != value.cls or not _differ_by_content(value, each):
            return None
        contents.append(each.content)
    return msgspec.structs.replace(value, attributes={**value.attributes, "value": join(contents)}, history={})


def _differ_by_content(one: Variable, other: Variable) -> bool:
    """Whether two Variables are alike in all that is kept beside what they hold."""
    names = (one.attributes.keys() | other.attributes.keys()) - {"value"}
    return all(name in one.attributes and name in other.attributes and same(one.attributes[name], other.attributes[name]) for name in names)


def _right_side(tracer: Tracer, instance: Object, name: str, value: Value, write: Write) -> Value:
    """What an assignment in a method gives, where the attribute of an instance like this one holds `value`."""
    function, right, operator = write
    receiver = type(instance)(instance.cls, {**instance.attributes, name: value}, instance.level, None, True, instance.is_open)
    names: dict[str, Value] = {parameter.name: UNKNOWN for parameter in function.definition.parameters}
    names[function.definition.parameters[0].name] = receiver
    outer, count, mark = tracer.frame, len(tracer.events), tracer.journal.mark()
    tracer.frame = Frame(function.path, function.chunk, names, function.closure, None, function, function.owner)
    tracer.frame.moment = tracer.moment
    try:
        given = tracer.evaluate(right)
        if isinstance(given, Variable):  # What it holds was written just now, and is undone below.
            given = msgspec.structs.replace(given, attributes=dict(given.attributes), history={})
        return tracer.arithmetic(operator, value, given, right) if operator else given
    finally:
        tracer.frame = outer
        del tracer.events[count:]
        tracer.journal.rollback(mark)


__all__ = ["files", "rewritten"]
