"""What a file's code may do, as far as its text tells: names that are bound more than once, what functions change, which classes stand below which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias, TypeVar

import msgspec

from nnx_lsp import program
from nnx_lsp.tracer import replacements

CHANGING = frozenset(
    (
        *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"),
        *("update", "setdefault", "popitem", "add", "discard", "appendleft", "popleft", "extendleft", "rotate"),
        *("intersection_update", "difference_update", "symmetric_difference_update", "subtract", "move_to_end", "__setitem__", "__delitem__"),
        *("set_value", "set_raw_value"),
    )
)
"""Methods of containers and Variables that change them."""

Imported: TypeAlias = tuple[str, int, str]
"""A module as an import names it, its leading dots, and the name taken from it, if any."""
_SETTERS = ("__setattr__", "__delattr__")
_SUPER = "super"
_T = TypeVar("_T")
_LOOPS = (program.For, program.While)
_WITH_STATEMENTS = (
    *(program.If, program.For, program.While, program.With, program.Try, program.Handler, program.Match, program.Case),
    *(program.FunctionDef, program.ClassDef),
)
"""Nodes that have statements below them."""


class ClassText(msgspec.Struct, frozen=True):
    """What the text of a class tells: its name, the dotted names of its bases, and the names that it defines or that its methods assign to instances."""

    name: str
    bases: tuple[str, ...]
    names: frozenset[str]
    passes_over: bool = False
    """Whether its `__init__` calls that of a class farther up, and not that of its own bases (`super(Base, self).__init__()`)."""


Assigned: TypeAlias = program.Constant | str | None
"""What an assignment to an attribute assigns, if that is a constant; or the class of which a method assigns it to its own `self`."""


class Scopes(msgspec.Struct, frozen=True):
    """What the code of one top-level statement may do."""

    unsteady: frozenset[str] = frozenset()
    """Names of the module that it binds in a loop, twice in a branch, or in a function that declares them `global`."""
    changed: frozenset[str] = frozenset()
    """Names whose container or object a function may change."""
    attributes: frozenset[str] = frozenset()
    """Attributes that are assigned elsewhere than by `__init__` to its own `self`."""
    contents: frozenset[str] = frozenset()
    """Attributes whose container is changed elsewhere than in `__init__`."""
    classes: tuple[ClassText, ...] = ()
    rebound: frozenset[str] = frozenset()
    """Those of `attributes` that are assigned in other ways than by `+=` and its like."""
    replaced: frozenset[tuple[str, str]] = frozenset()
    """What it may replace in modules and classes, see `tracer.replacements`."""
    imported: frozenset[str] = frozenset()
    """Names that its imports bind."""
    assigned: dict[str, tuple[Assigned, ...]] = {}
    """By name, the assignments to one of `attributes`; those that do not say the name stand under `""`."""
    origins: dict[str, Imported] = {}
    """By name that its imports bind, the module and the name there; without a name where it is the module."""
    stars: tuple[Imported, ...] = ()
    """The modules of which it imports all names."""
    replaces: frozenset[str] = frozenset()
    """The names of modules and classes in whose place a whole file puts something else."""


def scopes(statements: Iterable[program.Statement]) -> Scopes:
    """What the code of a top-level statement may do."""
    found = tuple(statements)
    unsteady, changed, attributes, contents, rebound = set(unsteady_names(found)), set[str](), set[str](), set[str](), set[str]()
    replaced, imported = set[tuple[str, str]](), set[str]()
    classes: list[ClassText] = []
    origins: dict[str, Imported] = {}
    stars: list[Imported] = []
    assigned: dict[str, tuple[Assigned, ...]] = {}
    for statement in found:
        method_of = _methods(statement)
        for node, function, own in within(statement):
            if isinstance(node, program.Scope) and node.is_global:
                unsteady.update(node.names)
            elif isinstance(node, program.ClassDef):
                classes.append(_class_text(node))
            elif isinstance(node, program.Call):
                classes.extend(_made_by_type(node))
            elif isinstance(node, program.Import | program.ImportFrom):
                imported.update(bindings(node))
                for name, origin in _origins(node):
                    if name == "*":
                        stars.append(origin)
                    else:
                        origins[name] = origin
            for root, name in replacements.replaced(node):
                replaced.add((root, name))
                if not root:
                    attributes.add(name)
                    rebound.add(name)
            for kind, owner, name in _changes(node):
                is_own = bool(own) and owner in (own, _SUPER)
                if kind == "name" and function is not None:
                    changed.add(name)
                elif kind == "attribute" and not is_own and (name or not _hands_on(function)):
                    attributes.add(name)
                    assigned[name] = (*assigned.get(name, ()), _constant(node) or _class_that_assigns(node, method_of.get(id(function))))
                    if not isinstance(node, program.AugmentedAssign):
                        rebound.add(name)
                elif kind == "contents" and not is_own:
                    contents.add(name)
    return Scopes(
        frozenset(unsteady),
        frozenset(changed),
        frozenset(attributes),
        frozenset(contents),
        tuple(classes),
        frozenset(rebound),
        frozenset(replaced),
        frozenset(imported),
        assigned,
        origins,
        tuple(stars),
    )


def together(parts: Iterable[Scopes]) -> Scopes:
    """What the code of several top-level statements may do."""
    found = tuple(parts)
    replaced, imported = _any(each.replaced for each in found), _any(each.imported for each in found)
    assigned: dict[str, tuple[Assigned, ...]] = {}
    for each in found:
        for name, given in each.assigned.items():
            assigned[name] = (*assigned.get(name, ()), *given)
    return Scopes(
        _any(each.unsteady for each in found),
        _any(each.changed for each in found),
        _any(each.attributes for each in found),
        _any(each.contents for each in found),
        tuple(one for each in found for one in each.classes),
        _any(each.rebound for each in found),
        replaced,
        imported,
        assigned,
        {name: origin for each in found for name, origin in each.origins.items()},
        tuple(one for each in found for one in each.stars),
        frozenset(name for root, name in replaced if not root or root in imported),
    )


def _constant(node: program.Node) -> program.Constant | None:
    """The constant that a plain assignment assigns."""
    if isinstance(node, program.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], program.Attribute):
        return node.value if isinstance(node.value, program.Constant) else None
    return node.value if isinstance(node, program.AnnotatedAssign) and isinstance(node.value, program.Constant) else None


def _methods(statement: program.Statement) -> dict[int, tuple[str, str]]:
    """By the identity of each plain method of a class, the name of the class and that of `self`."""
    if not isinstance(statement, program.ClassDef):
        return {}
    return {
        id(each): (statement.name, each.parameters[0].name)
        for each in statement.body
        if isinstance(each, program.FunctionDef) and each.parameters and not each.decorators and each.name != "__new__"
    }


def _class_that_assigns(node: program.Node, method: tuple[str, str] | None) -> str | None:
    """The class of which a method assigns an attribute of its own `self` in this statement, and nothing else."""
    match node:
        case (
            program.Assign(targets=(program.Attribute(value=program.Name(id=owner)),))
            | program.AugmentedAssign(target=program.Attribute(value=program.Name(id=owner)))
            | program.AnnotatedAssign(target=program.Attribute(value=program.Name(id=owner)))
        ) if method is not None and owner == method[1]:
            return method[0]
        case _:
            return None


def _any(parts: Iterable[frozenset[_T]]) -> frozenset[_T]:
    return frozenset[_T]().union(*parts)


def within(node: program.Node) -> Iterator[tuple[program.Node, object, str]]:
    """The nodes below, each with the innermost function around it, and the name of `self` where that is an `__init__`."""
    waiting: list[tuple[program.Node, program.FunctionDef | program.Lambda | None, str]] = [(node, None, "")]
    while waiting:
        each, around, receiver = waiting.pop()
        yield each, around, receiver
        if isinstance(each, program.FunctionDef):
            is_initializer = each.name in ("__init__", "__post_init__") and bool(each.parameters)
            around, receiver = each, each.parameters[0].name if is_initializer else ""
        elif isinstance(each, program.Lambda):
            around, receiver = each, ""
        waiting += [(child, around, receiver) for child in program.children(each)]


def _changes(node: program.Node) -> Iterator[tuple[str, str, str]]:
    """What one node changes: (`name`, "", name of a container), (`attribute`, owner, its name), (`contents`, owner, the attribute that holds a container)."""
    match node:
        case program.Assign(targets=targets):
            for target in targets:
                yield from _written(target)
        case program.AugmentedAssign(target=target):
            yield from _written(target)
            yield from _container(target)
        case program.AnnotatedAssign(target=target, value=value) if value is not None:
            yield from _written(target)
        case program.For(target=target) | program.Generator(target=target) | program.Named(target=target):
            yield from _written(target)
        case program.WithItem(target=target) if target is not None:
            yield from _written(target)
        case program.Delete(targets=targets):
            for target in targets:
                yield from _written(target)
        case program.Attribute(value=owner, name=name) if name in CHANGING:  # Called here, or given to whoever calls it.
            yield from _container(owner)
        case program.Call(function=program.Name(id="setattr" | "delattr"), arguments=(first, second, *_)):
            yield "attribute", _root(first.value), _told(second.value)
        case program.Call(function=program.Attribute(value=owner, name=method), arguments=(first, *rest)) if method in _SETTERS:
            root = program.last_name(owner.function) if isinstance(owner, program.Call) else _root(owner)
            if root in ("object", "type") and rest:
                root, first = _root(first.value), rest[0]
            yield "attribute", root, _told(first.value)
        case _:
            pass


def _told(name: program.Node) -> str:
    """The name of an attribute that a call is given; empty where the text does not say it."""
    return name.value if isinstance(name, program.Constant) and isinstance(name.value, str) else ""


def _hands_on(function: object) -> bool:
    """Whether it is the method that Python calls for an assignment to an attribute: what that sets is named there."""
    return isinstance(function, program.FunctionDef) and function.name in _SETTERS


def _written(target: program.Node) -> Iterator[tuple[str, str, str]]:
    match target:
        case program.Attribute(value=owner, name=name):
            yield "attribute", _root(owner), name
            if name in ("value", "raw_value"):
                yield from _container(owner)
        case program.Subscript(value=owner):
            yield from _container(owner)
        case program.Starred(value=value):
            yield from _written(value)
        case program.TupleDisplay(elements=elements) | program.ListDisplay(elements=elements):
            for element in elements:
                yield from _written(element)
        case _:
            pass


def _container(owner: program.Node) -> Iterator[tuple[str, str, str]]:
    match owner:
        case program.Name(id=name):
            yield "name", "", name
        case program.Attribute(value=inner, name=name):
            yield "contents", _root(inner), name
        case program.Subscript(value=inner):
            yield from _container(inner)
        case _:
            pass


def _root(node: program.Node) -> str:
    return node.id if isinstance(node, program.Name) else ""


def _class_text(node: program.ClassDef) -> ClassText:
    names: set[str] = set(bound_in(node.body))
    for statement in node.body:
        for each in program.walk(statement):
            names.update(name for kind, _, name in _changes(each) if kind == "attribute")
    bases = tuple(_dotted(base.value) for base in node.bases if base.keyword is None)
    return ClassText(node.name, bases, frozenset(names), _passes_over(node, bases))


def _passes_over(node: program.ClassDef, bases: tuple[str, ...]) -> bool:
    """Whether the `__init__` of a class calls that of a class which is not one of its bases."""
    for each in node.body:
        if isinstance(each, program.FunctionDef) and each.name == "__init__":
            for call in program.walk(each):
                match call:
                    case program.Call(
                        function=program.Attribute(value=program.Call(function=program.Name(id="super"), arguments=(first, *_)), name="__init__")
                    ):
                        if _dotted(first.value) != node.name:
                            return True
                    case program.Call(function=program.Attribute(value=program.Name() | program.Attribute() as owner, name="__init__"), arguments=(_, *_)):
                        if _dotted(owner) not in bases:
                            return True
                    case _:
                        pass
    return False


def _made_by_type(node: program.Call) -> Iterator[ClassText]:
    """The class that `type("Name", (Base,), {"method": function})` makes."""
    match node:
        case program.Call(
            function=program.Name(id="type"),
            arguments=(program.Argument(value=name), program.Argument(value=program.TupleDisplay(elements=bases)), program.Argument(value=body)),
        ):
            keys = body.keys if isinstance(body, program.DictDisplay) else ()
            names = {key.value for key in keys if isinstance(key, program.Constant) and isinstance(key.value, str)}
            called = name.value if isinstance(name, program.Constant) and isinstance(name.value, str) else ""
            yield ClassText(called, tuple(map(_dotted, bases)), frozenset(names))
        case _:
            pass


def _dotted(base: program.Expression) -> str:
    """A base as it is written, without what it is parametrized with (`Base[T]`); nothing for what has no name."""
    match base:
        case program.Subscript(value=value):
            return _dotted(value)
        case program.Name(id=name):
            return name
        case program.Attribute(value=owner, name=name):
            return f"{_dotted(owner)}.{name}"
        case _:
            return ""


def _origins(node: program.Import | program.ImportFrom) -> Iterator[tuple[str, Imported]]:
    """The names that an import binds, each with what it stands for."""
    for alias in node.names:
        if isinstance(node, program.ImportFrom):
            yield alias.alias or alias.name, (node.module, node.level, alias.name)
        elif alias.alias:
            yield alias.alias, (alias.name, 0, "")
        else:
            first = alias.name.partition(".")[0]
            yield first, (first, 0, "")


# Bindings ----------------------------------------------------------------------------------------------------------


def bindings(node: program.Node) -> Iterator[str]:
    """The names that one statement or expression binds itself, without what stands below it."""
    match node:
        case program.FunctionDef(name=name) | program.ClassDef(name=name):
            yield name
        case program.Assign(targets=targets) | program.Delete(targets=targets):
            yield from targets_in(targets)
        case program.AnnotatedAssign(target=target, value=value) if value is not None:
            yield from targets_in((target,))
        case program.AugmentedAssign(target=target) | program.For(target=target) | program.Named(target=target):
            yield from targets_in((target,))
        case program.WithItem(target=target) if target is not None:
            yield from targets_in((target,))
        case program.Handler(name=str() as name):
            yield name
        case program.Case(binds=binds):
            yield from binds
        case program.Import(names=names):
            yield from (alias.alias or alias.name.partition(".")[0] for alias in names)
        case program.ImportFrom(names=names):
            yield from (alias.alias or alias.name for alias in names)
        case _:
            pass


def targets_in(targets: Iterable[program.Node]) -> Iterator[str]:
    """The names among what something is assigned to."""
    for target in targets:
        match target:
            case program.Name(id=name):
                yield name
            case program.Starred(value=value):
                yield from targets_in((value,))
            case program.TupleDisplay(elements=elements) | program.ListDisplay(elements=elements):
                yield from targets_in(elements)
            case _:
                pass


def bound_in(nodes: Iterable[program.Node]) -> list[str]:
    """The names that a body binds in its own scope, as often as it does."""
    found: list[str] = []
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        found += bindings(node)
        if isinstance(node, program.FunctionDef):
            waiting += (*node.decorators, *(each.default for each in node.parameters if each.default is not None))
        elif isinstance(node, program.ClassDef):
            waiting += (*node.decorators, *(base.value for base in node.bases))
        elif isinstance(node, program.Comprehension):
            waiting += [each for each in program.walk(node) if isinstance(each, program.Named)]
        elif not isinstance(node, program.Lambda):
            waiting += program.children(node)
    return found


def unsteady_names(statements: Iterable[program.Statement]) -> frozenset[str]:
    """The names of which a body binds more values than the end of each of its statements shows: in a loop, or twice in one branch."""
    found: set[str] = set()
    for statement in statements:
        if isinstance(statement, _LOOPS):
            found.update(bound_in((statement,)))
        elif isinstance(statement, program.If | program.Try | program.With | program.Match):
            names = bound_in((statement,))
            if len(names) > len(set(names)):
                found.update(name for name in names if names.count(name) > 1 and not _once_a_branch(statement, name))
            for body in _bodies(statement):
                found |= unsteady_names(body)
    return frozenset(found)


def _once_a_branch(statement: program.Statement, name: str) -> bool:
    """Whether no branch of a statement binds a name more than once."""
    if isinstance(statement, program.If):
        return all(bound_in(body).count(name) <= 1 for body in _bodies(statement))
    if isinstance(statement, program.Try):
        return bound_in(statement.finalbody).count(name) == 0 and all(bound_in(body).count(name) <= 1 for body in _bodies(statement))
    return False


def _bodies(statement: program.Node) -> Iterator[tuple[program.Statement, ...]]:
    match statement:
        case program.If(body=body, orelse=orelse):
            yield body
            yield orelse
        case program.With(body=body):
            yield body
        case program.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
            yield (*body, *orelse)
            yield from (handler.body for handler in handlers)
            yield finalbody
        case program.Match(cases=cases):
            yield from (case.body for case in cases)
        case _:
            pass


def declared_names(function: program.FunctionDef | program.Lambda) -> frozenset[str]:
    """The names that a function declares to be those of the module or of a function around it."""
    found: set[str] = set()
    waiting: list[program.Node] = list(function.body) if isinstance(function, program.FunctionDef) else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, program.Scope):
            found.update(node.names)
        elif isinstance(node, _WITH_STATEMENTS):
            waiting += program.children(node)
    return frozenset(found)


def steady_names(function: program.FunctionDef | program.Lambda) -> frozenset[str]:
    """The names that a function binds exactly once, not in a loop: what they stand for at its end they stand for whenever they are there."""
    if isinstance(function, program.Lambda):
        return frozenset()
    names = bound_in(function.body)
    declared = declared_names(function)
    unsteady = unsteady_names(function.body)
    own = {parameter.name for parameter in function.parameters}
    return frozenset(name for name in names if names.count(name) == 1 and name not in unsteady and name not in declared and name not in own)


__all__ = [
    "CHANGING",
    "ClassText",
    "Imported",
    "Scopes",
    "bindings",
    "bound_in",
    "declared_names",
    "scopes",
    "steady_names",
    "targets_in",
    "together",
    "unsteady_names",
    "within",
]
