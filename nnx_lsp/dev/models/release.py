"""One Flax release to ask: a process in its environment that runs calls."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from nnx_lsp.dev.models.calls import ARGUMENTS, Call, Situation
from nnx_lsp.dev.models.search import Subject
from nnx_lsp.dev.models.truth import Answer
from nnx_lsp.knowledge.library import Parameter

MODULES = ("jax.numpy", "jax.lax", "jax.nn", "jax.random", "jax.numpy.linalg", "jax.tree", "jax.scipy.special", "flax.nnx")
_CHILD = Path(__file__).with_name("_child.py")
_ANSWERS = msgspec.json.Decoder(list[Answer])


class Versions(msgspec.Struct, frozen=True):
    """What is installed in an environment."""

    flax: str
    jax: str
    python: str

    @property
    def label(self) -> str:
        """How expectations name them: `flax 0.12.12, jax 0.12.0.1`."""
        return f"flax {self.flax}, jax {self.jax}"


class _Listed(msgspec.Struct, frozen=True):
    name: str
    signature: list[tuple[str, str, str | None]] | None
    call: list[tuple[str, str, str | None]] | None
    is_layer: bool


class _EndedError(Exception):
    """The process ended while it was asked."""


class Release:
    """The process of one environment. It is started again where a call ends it."""

    def __init__(self, python: Path) -> None:
        self._python = python
        self._start()

    @classmethod
    def here(cls) -> Release:
        """The environment that this runs in."""
        return cls(Path(sys.executable))

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [str(self._python), "-I", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "JAX_PLATFORMS": "cpu", "JAX_TRACEBACK_FILTERING": "off"},
        )
        self.versions = msgspec.json.decode(self._asked({"prepare": ARGUMENTS}), type=Versions)

    def __enter__(self) -> Release:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def subjects(self, modules: Sequence[str] = MODULES) -> list[Subject]:
        """The functions and layers of these modules, in order."""
        listed = msgspec.json.decode(self._asked({"list": modules}), type=list[_Listed])
        return [Subject(each.name, _signature(each.signature), _signature(each.call), each.is_layer) for each in listed]

    def eager(self, calls: Sequence[Call]) -> list[Answer]:
        """What calls do outside of any transform."""
        return self.answers([Situation(call, False) for call in calls])

    def answers(self, situations: Sequence[Situation]) -> list[Answer]:
        """What calls do; of one that ends the process, or takes too long, nothing is known."""
        if not situations:
            return []
        try:
            return _ANSWERS.decode(self._asked({"calls": [each.question for each in situations]}))
        except _EndedError:
            self._start()
        if len(situations) == 1:
            return [Answer()]
        middle = len(situations) // 2
        return self.answers(situations[:middle]) + self.answers(situations[middle:])

    def _asked(self, question: dict[str, Any]) -> bytes:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(msgspec.json.encode(question) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise _EndedError from error
        answer = self._process.stdout.readline()
        if not answer:
            raise _EndedError
        return answer


def _signature(rows: list[tuple[str, str, str | None]] | None) -> tuple[Parameter, ...] | None:
    return None if rows is None else tuple(Parameter(*row) for row in rows)
