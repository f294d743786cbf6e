"""Which classes JAX may have been told to take apart: `jax.tree_util.register_pytree_node(Box, …)` may stand in another file than the class.

A class is a pytree for a run only if the code that registers it is a part of that run: the file in which the walk began, the packages around it, and
what these import. That is read from their texts, for a module that is imported for what it does is not walked. What a walk itself sees is noted with the
class, under the file in which it began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from nnx_lsp import program
from nnx_lsp.tracer.scopes import Imported

Finds: TypeAlias = Callable[[str, str, int], str | None]
"""Which file a module is, that another one names with leading dots."""

ANY = ""
"""Stands for a class that a registering call does not name."""
_MOST_PACKAGES = 8
"""How many packages around a file are looked at."""


def registered_names(nodes: Iterable[program.Node]) -> frozenset[str]:
    """The names that calls of something like `register_pytree_node` are given; `ANY` where one is given a variable."""
    found: set[str] = set()
    for node in nodes:
        for each in program.walk(node):
            if isinstance(each, program.Call) and "register" in program.last_name(each.function):
                for argument in each.arguments[:1]:
                    name = program.last_name(argument.value)
                    found.update((name,) if name[:1].isupper() else (name, ANY))
    return frozenset(found)


def imported_names(nodes: Iterable[program.Node]) -> frozenset[Imported]:
    """What the imports anywhere below name."""
    found: set[Imported] = set()
    for node in nodes:
        for each in program.walk(node):
            if isinstance(each, program.Import):
                found.update((alias.name, 0, "") for alias in each.names)
            elif isinstance(each, program.ImportFrom):
                found.add((each.module, each.level, ""))
                found.update((each.module, each.level, alias.name) for alias in each.names)
    return frozenset(found)


def closure(path: str, run_with: Callable[[str], Iterable[str]]) -> set[str]:
    """A file, those that run with it, and those that run with them."""
    found, waiting = {path}, [path]
    while waiting:
        more = set(run_with(waiting.pop())) - found
        found |= more
        waiting += more
    return found


def files(path: str, named: Iterable[Imported], find: Finds, below: Callable[[str, str], str | None]) -> Iterator[str]:
    """The files of the packages around a file, and those that its imports name."""
    yield from _packages(path, find)
    for dotted, level, name in named:
        found = find(path, dotted, level)
        each = below(found, name) if found is not None and name else found
        if each is not None and not each.endswith("/"):
            yield each


def _packages(path: str, find: Finds) -> Iterator[str]:
    """The `__init__.py` of the packages around a file: they run before it does."""
    for level in range(1, _MOST_PACKAGES):
        found = find(path, "", level)
        if found is None or found.endswith("/"):
            return
        yield found


__all__ = ["ANY", "closure", "files", "imported_names", "registered_names"]
