"""What code makes of a name: whether what a function gives may depend on it, and whether all its assignments give the same value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nnx_lsp import program

_OF_SHAPE = frozenset(("shape", "dtype", "ndim", "size"))
_TELLS = frozenset(("debug", "info", "warning", "error", "critical", "exception", "log"))


def matters(node: program.Node, name: str, *, only_shape: bool) -> bool:
    """Whether what code computes may depend on the value of a name: it is not only printed, logged, asserted or counted up.

    `only_shape`: the shape and the dtype of the value are as they were, so they do not matter."""
    match node:
        case program.Name(id=other):
            return other == name
        case program.AugmentedAssign(target=program.Name(id=other), value=value) if other == name:
            return matters(value, name, only_shape=only_shape)
        case program.Assign(targets=targets, value=value):
            written = any(matters(target, name, only_shape=only_shape) for target in targets if not isinstance(target, program.Name))
            return written or matters(value, name, only_shape=only_shape)
        case program.Assert() | program.Raise() | program.Scope():
            return False
        case program.ExpressionStatement(value=program.Call(function=function, arguments=arguments)) if _only_tells(function, arguments, name):
            return False
        case program.Attribute(value=program.Name(), name=attribute) if only_shape and attribute in _OF_SHAPE:
            return False
        case _:
            return any(matters(child, name, only_shape=only_shape) for child in program.children(node))


def _only_tells(function: program.Expression, arguments: Iterable[program.Argument], name: str) -> bool:
    """Whether a call shows its arguments to people, or notes the value itself in a list."""
    match function:
        case program.Name(id="print"):
            return True
        case program.Attribute(value=program.Name() | program.Attribute(), name=method) if method in _TELLS:
            return "debug" not in program.text(function.value)  # `jax.debug` shows what was compiled.
        case program.Attribute(name="append"):
            return all(isinstance(argument.value, program.Name) and argument.value.id == name for argument in arguments)
        case _:
            return False


def assigned(nodes: Iterable[program.Node], name: str) -> Iterator[program.Expression | None]:
    """What a name is assigned anywhere in code; `None` for what is not written out as an expression."""
    for node in nodes:
        for each in program.walk(node):
            match each:
                case program.Assign(targets=(program.Name(id=other),), value=value) if other == name:
                    yield value
                case program.Assign(targets=targets) if any(_names(target, name) for target in targets):
                    yield None
                case program.AnnotatedAssign(target=program.Name(id=other), value=value) if other == name and value is not None:
                    yield value
                case program.AugmentedAssign(target=target) | program.For(target=target) | program.Named(target=target) if _names(target, name):
                    yield None
                case program.WithItem(target=target) if target is not None and _names(target, name):
                    yield None
                case program.FunctionDef(name=other) | program.ClassDef(name=other) if other == name:
                    yield None


def _names(target: program.Node, name: str) -> bool:
    return any(isinstance(each, program.Name) and each.id == name for each in program.walk(target))
