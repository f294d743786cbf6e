"""`--watch`: check again whenever a file changes, until Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from nnx_lsp.project.discovery import SUFFIXES

_SETTINGS = (".toml", ".lock", ".md")


def watched(paths: Sequence[str], check: Callable[[], int]) -> int:
    """Run a check, and again after each change of a file that may matter; the exit status of the last."""
    try:
        import watchfiles
    except ImportError:
        print("nnx-lint: --watch needs the package watchfiles: pip install 'nnx-lint[watch]'", file=sys.stderr)
        return 2

    def matters(change: object, path: str) -> bool:
        return path.endswith((*SUFFIXES, *_SETTINGS))

    if missing := next((path for path in paths if not Path(path).exists()), None):
        print(f"nnx-lint: {missing}: there is no such file or folder", file=sys.stderr)
        return 2
    status = check()
    try:
        for _ in watchfiles.watch(*paths, watch_filter=matters, raise_interrupt=True):
            if sys.stdout.isatty():
                print("\x1b[2J\x1b[H", end="")
            status = check()
    except KeyboardInterrupt:
        pass
    return status
