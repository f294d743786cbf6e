"""Which names a body of code uses: reads of a name in a statement that only gives it a new value are none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nnx_lsp import program


def used_names(nodes: Iterable[program.Node]) -> frozenset[str]:
    """The names that are used anywhere below; `x = x + 1` and `nnx.replace_by_pure_dict(x, …)` alone do not use `x`."""
    return frozenset(name for node in nodes for name in _uses(node))


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
    return (function.name if isinstance(function, program.Attribute) else function.id if isinstance(function, program.Name) else "") == "replace_by_pure_dict"
