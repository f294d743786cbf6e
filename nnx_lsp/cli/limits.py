"""Limits on what one file may take, and workers that end with the process that they work for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class OutOfTimeError(BaseException):
    """The time is over. No part of the program takes this for a failure of its own."""


_BLOCKED = 10
"""So many times the limit may pass on the clock on the wall: what waits takes no time of the processor, and must end too."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `OutOfTimeError` in what takes longer; on a system without timers, and outside of the main thread, there is no limit.

    The time of the processor counts, so what is checked beside many other programs is not stopped before what is checked alone.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise OutOfTimeError

    with (
        _timer(signal.ITIMER_PROF, signal.SIGPROF, seconds, time.process_time, stop),
        _timer(signal.ITIMER_REAL, signal.SIGALRM, seconds * _BLOCKED, time.monotonic, stop),
    ):
        yield


@contextmanager
def _timer(timer: int, sent: signal.Signals, seconds: float, clock: Callable[[], float], stop: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call `stop` after some seconds; a timer that runs already goes on behind."""
    handler = signal.signal(sent, stop)
    left, interval = signal.setitimer(timer, seconds)
    begun = clock()
    try:
        yield
    finally:
        signal.setitimer(timer, 0)
        signal.signal(sent, handler)
        if left:
            signal.setitimer(timer, max(left - (clock() - begun), 0.001), interval)


def begin_worker() -> None:
    """Make this worker leave Ctrl-C to its parent, and end when the parent does, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="nnx-lint-parent", daemon=True).start()


def end_workers() -> None:
    """End the workers at once: nobody waits for what they give."""
    for worker in multiprocessing.active_children():
        worker.terminate()
