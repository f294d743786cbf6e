"""Which cases of a suite run which statements of the tracer, and how long each takes: found once for each state of the sources, and kept."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from nnx_lsp.dev.mutants.installed import install_counting
from nnx_lsp.dev.mutants.processes import Ended, Process, Say, pool
from nnx_lsp.dev.mutants.sources import Source
from nnx_lsp.dev.mutants.suites import Entry, Kept
from nnx_lsp.project.cache import folder

_LIMIT = 120.0
"""Seconds that one case may take."""


class SuiteError(Exception):
    """A suite fails without any mutation; the message names the cases."""


class Case(msgspec.Struct, frozen=True):
    """One case: its time in seconds, and by module the statements that it runs, as the bits of their numbers."""

    name: str
    seconds: float
    seen: dict[str, bytes]
    failure: str | None = None


class Reach(msgspec.Struct, frozen=True):
    """What a suite runs. `at_import` are the statements that run as modules are imported, whatever the case."""

    cases: list[Case]
    at_import: dict[str, bytes]

    def of(self, module: str, statement: int | None) -> list[Case]:
        """The cases that what a statement does can matter to; all where none is given."""
        if statement is None or _has(self.at_import.get(module, b""), statement):
            return self.cases
        return [case for case in self.cases if _has(case.seen.get(module, b""), statement)]


def _has(bits: bytes, number: int) -> bool:
    return number >> 3 < len(bits) and bool(bits[number >> 3] >> (number & 7) & 1)


class _Start(msgspec.Struct, frozen=True):
    """The first message: how many cases there are, and what ran before them."""

    count: int
    at_import: dict[str, bytes]


def reach(entry: Entry, sources: Sequence[Source], kept: Kept, jobs: int, digest: str, only: str) -> Reach:
    """What the cases of a suite run whose names hold `only`. Raises `SuiteError` where one fails. `digest` stands for the sources and the suite."""
    file = folder() / "mutants" / f"{digest}.json"
    if file.is_file():
        return msgspec.json.decode(file.read_bytes(), type=Reach)
    found = _found(entry, sources, kept, jobs, only)
    if failed := [case for case in found.cases if case.failure is not None]:
        raise SuiteError(f"{len(failed)} cases of {entry.name} fail without a mutation, first {failed[0].name}: {failed[0].failure}")
    file.parent.mkdir(parents=True, exist_ok=True)
    partly = file.with_suffix(f".{os.getpid()}")
    partly.write_bytes(msgspec.json.encode(found))
    partly.replace(file)
    return found


def _found(entry: Entry, sources: Sequence[Source], kept: Kept, jobs: int, only: str) -> Reach:
    def works() -> Iterator[Process]:
        for part in range(jobs):
            yield Process(partial(_run, entry, sources, kept, only, (part, jobs)), lambda _: _LIMIT)

    starts: list[_Start] = []
    cases: list[Case] = []
    for _, message in pool(works(), jobs):
        if isinstance(message, Ended):
            if message.status != 0:
                raise SuiteError(f"the suite {entry.name} ends with status {message.status} without a mutation, after {message.last[:80].decode()}")
        elif message.startswith(b'{"count"'):
            starts.append(msgspec.json.decode(message, type=_Start))
        else:
            cases.append(msgspec.json.decode(message, type=Case))
    if len(cases) != starts[0].count:
        raise SuiteError(f"{starts[0].count - len(cases)} cases of {entry.name} said nothing")
    return Reach(sorted(cases, key=lambda case: case.name), starts[0].at_import)


def _run(entry: Entry, sources: Sequence[Source], kept: Kept, only: str, part: tuple[int, int], say: Say) -> None:
    """Run each of some cases in a process of its own: what is kept of one in memory must not spare the next its work."""
    notes = install_counting(sources)
    suite = entry.load(kept)
    cases = [case for case in suite.cases() if only in case]
    say(_Start(len(cases), {name: _bits(seen) for name, seen in notes.items()}))
    for case in cases[part[0] :: part[1]]:
        pid = os.fork()
        if pid == 0:
            for seen in notes.values():
                seen[:] = bytes(len(seen))
            begun = time.monotonic()
            failure = suite.run(case)
            say(Case(case, time.monotonic() - begun, {name: _bits(seen) for name, seen in notes.items()}, failure))
            os._exit(0)
        os.waitpid(pid, 0)


def _bits(seen: bytearray) -> bytes:
    bits = bytearray((len(seen) + 7) // 8)
    for number, is_seen in enumerate(seen):
        if is_seen:
            bits[number >> 3] |= 1 << (number & 7)
    return bytes(bits)
