"""Why a place is never run, as far as the texts of the project tell: no program imports its file, nothing names its function, or its file stops before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from nnx_lsp import program
from nnx_lsp.program import Place
from nnx_lsp.tracer.modules import Modules


class Reach(Modules, Protocol):
    """What is asked of the project. Each answer comes with what stands for the question among the files that a result rests on."""

    def reaches(self, path: str) -> tuple[bool, str]:
        """Whether a program of the project reaches a file."""

    def runs(self, path: str, owner: str, name: str) -> tuple[bool, str]:
        """Whether something that runs names a function of a file's top, or a method of the class `owner` there."""

    def lacks(self, path: str, dotted: str, level: int) -> tuple[bool, str]:
        """Whether a module that a file imports is certainly the project's own, and is not there."""


class Unreached:
    """Says it for the places of one check."""

    def __init__(self, files: Reach) -> None:
        self._files = files
        self._stops: dict[str, tuple[Place, str] | None] = {}
        self.questions: set[str] = set()
        """What the answers rest on."""

    def why(self, module: program.Module, place: Place) -> str:
        """Why a place of a file is not run; empty where it may be."""
        if not self._answer(self._files.reaches(place.path)):
            return "no program of this project imports this file"
        if module.is_notebook:
            return ""
        for owner, name in _functions(module, place):
            if not self._answer(self._files.runs(place.path, owner, name)):
                return f"nothing that runs in this project names `{name}`"
        if place.path not in self._stops:
            self._stops[place.path] = self._stop(module)
        stop = self._stops[place.path]
        if stop is not None and _is_before(module, stop[0], place):
            return f"this file stops at its import of `{stop[1]}`, which is not in this project"
        return ""

    def _answer(self, answer: tuple[bool, str]) -> bool:
        self.questions.update((answer[1],) if answer[1] else ())
        return answer[0]

    def _stop(self, module: program.Module) -> tuple[Place, str] | None:
        """The first import at the top of a file of a module that the project does not have."""
        for chunk, key in zip(module.chunks, module.keys, strict=True):
            for statement in chunk.statements:
                for dotted, level in _imported(statement):
                    if self._answer(self._files.lacks(module.path, dotted, level)):
                        return Place(module.path, key, statement.at), f"{'.' * level}{dotted}"
        return None


def _imported(statement: program.Statement) -> Iterator[tuple[str, int]]:
    match statement:
        case program.ImportFrom():
            yield statement.module, statement.level
        case program.Import():
            yield from ((alias.name, 0) for alias in statement.names)


def _functions(module: program.Module, place: Place) -> Iterator[tuple[str, str]]:
    """The function at the top of the file, or the method of a class there, in whose body a place stands: decorators and defaults are run with the file."""
    chunk = module.chunks[module.keys.index(place.chunk)] if place.chunk in module.keys else program.Chunk((), 0)
    match _around(chunk.statements, place.at):
        case program.FunctionDef(name=name, body=body) if body and body[0].at <= place.at:
            yield "", name
        case program.ClassDef(name=owner, body=body):
            method = _around(body, place.at)
            if isinstance(method, program.FunctionDef) and method.body and method.body[0].at <= place.at:
                yield owner, method.name


def _around(statements: tuple[program.Statement, ...], at: int) -> program.Statement | None:
    """The statement that a node stands in: a node's number comes before those of what is in it."""
    return next((each for each in reversed(statements) if each.at <= at), None)


def _is_before(module: program.Module, first: Place, place: Place) -> bool:
    keys = module.keys
    return place.chunk in keys and (keys.index(first.chunk), first.at) < (keys.index(place.chunk), place.at)


__all__ = ["Reach", "Unreached"]
