"""Which exceptions code says that it expects: by `except`, by context managers of test libraries, and by the marks of a test that fails or does not run."""

from __future__ import annotations

from collections.abc import Iterator

from nnx_lsp import program

ANY = ""
"""Stands for whatever exception there may be."""


def exception_names(node: program.Expression) -> list[str]:
    """The names of exceptions in an expression that gives their classes."""
    match node:
        case program.Name(id=name) | program.Attribute(name=name):
            return [name]
        case program.TupleDisplay(elements=elements):
            return [found for element in elements for found in exception_names(element)]
        case _:
            return [ANY]


def handled(handler: program.Handler) -> list[str]:
    """The exception names of one `except`; `""` for a bare one, or one that names no class."""
    if handler.kind is None:
        return [ANY]
    return list(_classes(handler.kind))


def suppressed(node: program.Expression) -> list[str]:
    """The exceptions that a context manager expects: `pytest.raises(E)`, `contextlib.suppress(E)`, `self.assertRaises(E)`."""
    if not isinstance(node, program.Call):
        return []
    name = program.last_name(node.function)
    if name not in _EXPECTING and not name.startswith(_EXPECTING_PREFIXES):
        return []
    given = [argument.value for argument in node.arguments if not argument.keyword and not argument.star]
    named = [argument.value for argument in node.arguments if argument.keyword == "expected_exception"]
    classes = given if name == "suppress" else (given or named)[:1]
    return [found for each in classes for found in _classes(each)] or [ANY]


def by_call(node: program.Call) -> list[str]:
    """The exceptions that a call expects of the function that it is given: `self.assertRaises(E, f, x)`, `pytest.raises(E, f)`."""
    return suppressed(node) if program.last_name(node.function) != "suppress" else []


def by_parameter(node: program.Expression, definition: object) -> bool:
    """Whether a context manager is a parameter of a parametrized test (`with expectation:`): it may be one that expects an exception."""
    if not isinstance(node, program.Name) or not isinstance(definition, program.FunctionDef) or not definition.name.startswith("test"):
        return False
    return bool(definition.decorators) and any(parameter.name == node.id for parameter in definition.parameters)


def may_fail(definition: program.FunctionDef | program.Lambda) -> bool:
    """Whether a mark says of a test that it fails, or that it is not run."""
    return isinstance(definition, program.FunctionDef) and any(_mark(each) in _MARKS for each in definition.decorators)


def _mark(decorator: program.Expression) -> str:
    return program.last_name(decorator.function if isinstance(decorator, program.Call) else decorator)


def _classes(node: program.Expression) -> Iterator[str]:
    """Names of classes; a name that is not written as a class (`exc`, `ERRORS`) may stand for any."""
    for name in exception_names(node):
        yield name if name[:1].isupper() and not name.isupper() else ANY


_EXPECTING = frozenset(("raises", "suppress", "warns"))
_EXPECTING_PREFIXES = ("assertRaises", "assertWarns", "assert_raises", "assert_warns")
_MARKS = frozenset(("xfail", "expectedFailure", "skip", "skipIf", "skipUnless", "skipif", "skip_on_devices", "skip_on_flag"))
