"""What code puts in the place of names of modules and classes, as far as its text tells: `mock.patch`, `monkeypatch.setattr`, `module.name = value`.

A test that replaces a function of another file changes what the code of that file calls; of what stands in its place nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator

from nnx_lsp import program

_SETTING = ("setattr", "delattr", "patch", "multiple", "object")
"""The last parts of the names of what replaces an attribute: `patch`, `patch.object`, `mocker.patch`, `monkeypatch.setattr`."""


def replaced(node: program.Node) -> Iterator[tuple[str, str]]:
    """The names that one node replaces, each behind the name of the module that it is one of (empty: of whatever)."""
    match node:
        case program.Assign(targets=targets):
            for target in targets:
                yield from _assigned(target)
        case program.AugmentedAssign(target=target):
            yield from _assigned(target)
        case program.Call(function=program.Name(id="setattr" | "delattr"), arguments=(program.Argument(value=program.Name(id=root)), second, *_)):
            yield from ((root, name) for name in _names(second.value))
        case program.Call(function=function, arguments=arguments) if _replaces(function):
            for argument in arguments[:2]:
                yield from (("", name) for name in _names(argument.value))
            if program.last_name(function) == "multiple":
                yield from (("", argument.keyword) for argument in arguments if argument.keyword is not None)
        case _:
            pass


def _assigned(target: program.Node) -> Iterator[tuple[str, str]]:
    match target:
        case program.Attribute(value=program.Name(id=root), name=name):
            yield root, name
        case program.Attribute(value=program.Subscript(value=program.Attribute(name="modules")), name=name):
            yield "", name
        case program.TupleDisplay(elements=elements) | program.ListDisplay(elements=elements):
            for element in elements:
                yield from _assigned(element)
        case _:
            pass


def _replaces(function: program.Expression) -> bool:
    last = program.last_name(function)
    return last in _SETTING and (last != "object" or (isinstance(function, program.Attribute) and program.last_name(function.value) == "patch"))


def _names(node: program.Expression) -> Iterator[str]:
    """The last part of the dotted name that a string tells."""
    told = node.value if isinstance(node, program.Constant) else node.texts[-1] if isinstance(node, program.FString) and node.texts else None
    if isinstance(told, str) and (last := told.rpartition(".")[2]).isidentifier():
        yield last


__all__ = ["replaced"]
