"""The thread on which an editor's files are checked."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

_STACK = 64 * 1024 * 1024


def checking() -> ThreadPoolExecutor:
    """One thread with a large stack: programs nest deeply."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))
    before = threading.stack_size(_STACK)
    try:
        worker = ThreadPoolExecutor(1, thread_name_prefix="nnx-lint-check")
        worker.submit(int).result()  # The thread starts here.
    finally:
        threading.stack_size(before)
    return worker
