"""Which names a body of code uses: reads of a name in a statement that only gives it a new value are none. Which names a function takes from around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nnx_lsp import program
from nnx_lsp.tracer.scopes import bindings, targets_in

OTHER_USE = ""
"""Stands for a use of an attribute that is not that of an operand."""


def used_names(nodes: Iterable[program.Node]) -> frozenset[str]:
    """The names that are used anywhere below; `x = x + 1` and `nnx.replace_by_pure_dict(x, …)` alone do not use `x`."""
    return frozenset(name for node in nodes for name in _uses(node))


def stored_names(node: program.Node) -> frozenset[str]:
    """The names that an assignment gives other values, whatever they were."""
    targets = node.targets if isinstance(node, program.Assign) else (node.target,) if isinstance(node, program.AnnotatedAssign | program.For) else ()
    return frozenset(targets_in(targets))


def made_names(nodes: Iterable[program.Node]) -> frozenset[str]:
    """The last names of all that is called or decorates anywhere below; those of base classes after a colon. Names of switches of jax and flax too."""
    found: set[str] = set()
    for node in nodes:
        for each in program.walk(node):
            if isinstance(each, program.Call):
                found.add(program.last_name(each.function))
            elif isinstance(each, program.Constant) and isinstance(each.value, str) and each.value.lower().startswith(("jax_", "flax_")):
                found.add(each.value)
            elif isinstance(each, program.FunctionDef):
                found.update(map(program.last_name, each.decorators))
            elif isinstance(each, program.ClassDef):
                found.update(f":{program.last_name(base.value)}" for base in each.bases)
    return frozenset(found)


def operands(nodes: Iterable[program.Node]) -> dict[str, frozenset[str]]:
    """By name, the operators of which an attribute of that name is an operand anywhere below, and `OTHER_USE` where it is used in another way. That something
    is assigned to it is not a use."""
    found: dict[str, set[str]] = {}
    waiting: list[tuple[program.Node, str]] = [(node, OTHER_USE) for node in nodes]
    while waiting:
        node, operator = waiting.pop()
        if isinstance(node, program.Attribute):
            found.setdefault(node.name, set()).add(operator)
        targets = node.targets if isinstance(node, program.Assign) else (node.target,) if isinstance(node, program.AnnotatedAssign) else ()
        for child in program.children(node):
            if isinstance(child, program.Attribute) and any(child is target for target in targets):
                waiting.append((child.value, OTHER_USE))
            else:
                waiting.append((child, node.operator if isinstance(node, program.Binary) else OTHER_USE))
    return {name: frozenset(used) for name, used in found.items()}


def _uses(node: program.Node) -> Iterator[str]:
    match node:
        case program.Name(id=name):
            yield name
        case program.Assign(targets=targets, value=value):
            own = {target.id for target in targets if isinstance(target, program.Name)}
            for target in targets:
                yield from _stored(target)
            yield from (name for name in _uses(value) if name not in own)
        case program.AugmentedAssign(target=program.Name(id=own), value=value):
            yield from (name for name in _uses(value) if name != own)
        case program.ExpressionStatement(value=program.Call(function=function, arguments=[program.Argument(value=program.Name()), *rest])) if _replaces(
            function
        ):
            for each in (function, *rest):
                yield from _uses(each)
        case program.AnnotatedAssign() | program.For() | program.Named() | program.Generator() | program.WithItem():
            for child in program.children(node):
                yield from _stored(child) if child is node.target else _uses(child)
        case program.Scope(names=names):
            yield from names
        case _:
            for child in program.children(node):
                yield from _uses(child)


def _stored(target: program.Node) -> Iterator[str]:
    """The names that are used where something is assigned to a target."""
    match target:
        case program.Name():
            pass
        case program.Starred(value=value):
            yield from _stored(value)
        case program.TupleDisplay(elements=elements) | program.ListDisplay(elements=elements):
            for element in elements:
                yield from _stored(element)
        case _:
            yield from _uses(target)


def _replaces(function: program.Expression) -> bool:
    """Whether a call changes its first argument and nothing else."""
    return program.last_name(function) == "replace_by_pure_dict"


# Closures ----------------------------------------------------------------------------------------------------------


def takes_from(function: program.FunctionDef | program.Lambda, around: program.FunctionDef | program.Lambda) -> bool:
    """Whether a function that is defined inside of another one uses what differs from call to call of that one: a parameter, or a name that is assigned there.
    Functions that are defined beside it count as far as they do so themselves."""
    own = bound_names(around)
    beside = {each.name: each for each in (node for statement in _body(around) for node in program.walk(statement)) if isinstance(each, program.FunctionDef)}
    waiting, seen = [function], set[int]()
    while waiting:
        each = waiting.pop()
        seen.add(each.at)
        for name in free_names(each) & own:
            helper = beside.get(name)
            if helper is None or helper.decorators:
                return True
            if helper.at not in seen and helper is not function:
                waiting.append(helper)
    return False


def free_names(function: program.FunctionDef | program.Lambda) -> frozenset[str]:
    """The names that a function uses and does not bind."""
    found: set[str] = set()
    waiting: list[program.Node] = list(_body(function))
    while waiting:
        node = waiting.pop()
        match node:
            case program.FunctionDef() | program.Lambda():
                found |= free_names(node)
                waiting += [each.default for each in node.parameters if each.default is not None]
                waiting += node.decorators if isinstance(node, program.FunctionDef) else ()
            case program.Name(id=name):
                found.add(name)
            case program.Scope(names=names):
                return frozenset(found.union(names, bound_names(function)))
            case _:
                waiting += program.children(node)
    return frozenset(found - bound_names(function))


def bound_names(function: program.FunctionDef | program.Lambda) -> frozenset[str]:
    """The names that a function binds: its parameters, and what is assigned or defined in its body; imports, the same thing each time, are none."""
    found = {parameter.name for parameter in function.parameters}
    waiting: list[program.Node] = list(_body(function))
    while waiting:
        node = waiting.pop()
        match node:
            case program.FunctionDef() | program.ClassDef():
                found.update(bindings(node))
                continue
            case program.Lambda():
                continue
            case program.AnnotatedAssign(target=target) | program.Generator(target=target):
                found.update(targets_in((target,)))
            case program.Import() | program.ImportFrom() | program.Delete():
                pass
            case _:
                found.update(bindings(node))
        waiting += program.children(node)
    return frozenset(found)


def _body(function: program.FunctionDef | program.Lambda) -> tuple[program.Node, ...]:
    return function.body if isinstance(function, program.FunctionDef) else (function.body,)
