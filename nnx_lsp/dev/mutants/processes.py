"""Work in forked processes: what each says comes back line by line, and one that says nothing for too long is ended."""

from __future__ import annotations

import gc
import os
import resource
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec

_MEMORY = 6 * 1024**3
"""Bytes of addresses that one process may have."""
_POLL = 0.5
"""Seconds between looks at the clock."""

Say: TypeAlias = Callable[[object], None]
"""Send a message to the parent: anything that msgspec writes as JSON."""


class Ended(msgspec.Struct, frozen=True):
    """How a process ended. `last` is its last message (empty: none), `is_late` whether it was ended because it said nothing for too long."""

    last: bytes
    is_late: bool
    status: int
    """As `os.waitstatus_to_exitcode` gives it."""


class Process:
    """A forked process that does one piece of work and says what comes of it."""

    def __init__(self, work: Callable[[Say], None], patience: Callable[[bytes], float]) -> None:
        """`patience` gives the seconds that it may take after a message (empty: after its start)."""
        self.patience = patience
        self.begun = self.heard = time.monotonic()
        self.last = b""
        self.output, there = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.output)
            _work(work, there)
        os.close(there)
        self._rest = b""

    def read(self) -> Iterator[bytes] | None:
        """The messages that have come; `None` at the end."""
        data = os.read(self.output, 1 << 20)
        if not data:
            return None
        self.heard = time.monotonic()
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.last = lines[-1] if lines else self.last
        return iter(lines)

    @property
    def is_late(self) -> bool:
        """Whether it said nothing for longer than it may."""
        return time.monotonic() - self.heard > self.patience(self.last)

    def end(self, *, is_late: bool) -> Ended:
        """Wait for its end."""
        if is_late:
            os.kill(self.pid, signal.SIGKILL)
        os.close(self.output)
        _, status = os.waitpid(self.pid, 0)
        return Ended(self.last, is_late, os.waitstatus_to_exitcode(status))


def _work(work: Callable[[Say], None], output: int) -> None:
    """What the forked process does; it never returns."""
    status = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1):
            os.dup2(nowhere, standard)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        work(lambda message: _send(output, msgspec.json.encode(message) + b"\n"))
        status = 0
    except BaseException:  # The parent's code must not go on in the child, whatever happened.
        traceback.print_exc()
    finally:
        os._exit(status)


def _send(output: int, data: bytes) -> None:
    while data:
        data = data[os.write(output, data) :]


def pool(works: Iterator[Process], jobs: int) -> Iterator[tuple[Process, bytes | Ended]]:
    """Run processes, so many at once: each message with its process as it comes, and each end. The next is started when one has ended."""
    gc.collect()
    gc.freeze()  # Forked processes share what is there now.
    running: dict[int, Process] = {}
    try:
        with selectors.DefaultSelector() as selector:
            yield from _watched(selector, running, works, jobs)
    finally:
        for process in running.values():  # Whoever listens has gone.
            process.end(is_late=True)


def _watched(selector: selectors.BaseSelector, running: dict[int, Process], works: Iterator[Process], jobs: int) -> Iterator[tuple[Process, bytes | Ended]]:
    is_done = False
    while running or not is_done:
        while len(running) < jobs and not is_done:
            process = next(works, None)
            if process is None:
                is_done = True
                break
            running[process.output] = process
            selector.register(process.output, selectors.EVENT_READ)
        ready = {key.fd for key, _ in selector.select(_POLL)} if running else set()
        for output, process in list(running.items()):
            messages = process.read() if output in ready else iter(())
            if messages is not None:
                for message in messages:
                    yield process, message
                if not process.is_late:
                    continue
            selector.unregister(output)
            del running[output]
            yield process, process.end(is_late=messages is not None)
