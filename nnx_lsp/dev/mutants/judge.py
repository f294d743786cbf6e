"""Runs suites over mutants, each pair in a process of its own that stops at the first case that fails."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from nnx_lsp.dev.mutants.catalogue import Mutant
from nnx_lsp.dev.mutants.installed import install_text
from nnx_lsp.dev.mutants.processes import Ended, Process, Say, pool
from nnx_lsp.dev.mutants.reached import Case, Reach
from nnx_lsp.dev.mutants.sources import Source
from nnx_lsp.dev.mutants.suites import Entry, Kept

_LEAST = 20.0
"""Seconds that any case may take."""
_TIMES = 10
"""How many times as long as without a mutation a case may take."""
_START = 300.0
"""Seconds that the imports may take, also where the machine has other work."""

KILLED, SURVIVED, STILLBORN = "killed", "survived", "stillborn"
"""A case fails, none does, or the mutated module cannot even be imported."""


class Verdict(msgspec.Struct, frozen=True):
    """What a suite makes of a mutant. `case` is the one that failed, `why` what it said; `ran` is how many cases were chosen."""

    outcome: str
    ran: int
    case: str = ""
    why: str = ""
    seconds: float = 0.0


class Task(msgspec.Struct, frozen=True):
    """A mutant that a suite is to judge."""

    mutant: Mutant
    entry: Entry


class _Begun(msgspec.Struct, frozen=True):
    """A case begins."""

    begun: str


def verdicts(
    tasks: Sequence[Task],
    sources: Mapping[str, Source],
    reaches: Mapping[str, Reach],
    kept: Kept,
    jobs: int,
) -> Iterator[tuple[Task, Verdict]]:
    """Each verdict as it comes. The cases that killed most so far are run first."""
    kills: Counter[tuple[str, str]] = Counter()
    running: dict[Process, tuple[Task, int]] = {}
    ready: list[tuple[Task, Verdict]] = []

    def works() -> Iterator[Process]:
        for task in tasks:
            chosen = reaches[task.entry.name].of(task.mutant.key.module, task.mutant.statement)
            if not chosen:
                ready.append((task, Verdict(SURVIVED, 0, why="no case runs it")))
                continue
            cases = sorted(chosen, key=lambda case: -kills[task.entry.name, case.name])
            process = _process(task, cases, sources[task.mutant.key.module], kept)
            running[process] = task, len(cases)
            yield process

    for process, message in pool(works(), jobs):
        if isinstance(message, Ended):
            task, count = running.pop(process)
            verdict = _verdict(message, count, time.monotonic() - process.begun)
            kills[task.entry.name, verdict.case] += verdict.outcome == KILLED
            ready.append((task, verdict))
        yield from ready
        ready.clear()
    yield from ready


def _process(task: Task, cases: Sequence[Case], source: Source, kept: Kept) -> Process:
    limits = {msgspec.json.encode(_Begun(case.name)): max(_LEAST, _TIMES * case.seconds) for case in cases}
    names = [case.name for case in cases]
    text = task.mutant.text(source)
    return Process(lambda say: _judge(task.entry, source, text, names, kept, say), lambda last: limits.get(last, _START))


def _judge(entry: Entry, source: Source, text: str, cases: Sequence[str], kept: Kept, say: Say) -> None:
    try:
        install_text(source, text)
        suite = entry.load(kept)
    except BaseException as error:  # A mutated module may raise anything.
        say(Verdict(STILLBORN, len(cases), why=_said(error)))
        return
    for case in cases:
        say(_Begun(case))
        try:
            failure = suite.run(case)
        except BaseException as error:
            failure = _said(error)
        if failure is not None:
            say(Verdict(KILLED, len(cases), case, failure))
            return
    say(Verdict(SURVIVED, len(cases)))


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _verdict(ended: Ended, count: int, seconds: float) -> Verdict:
    """What the last message says; a process that said no verdict was killed by the case that it was running."""
    if ended.last.startswith(b'{"outcome"'):
        return msgspec.structs.replace(msgspec.json.decode(ended.last, type=Verdict), seconds=seconds)
    case = msgspec.json.decode(ended.last, type=_Begun).begun if ended.last else ""
    why = "takes too long" if ended.is_late else f"the process ends with status {ended.status}"
    return Verdict(KILLED if case else STILLBORN, count, case, why, seconds)
