"""A bar on a terminal, for runs that take longer than a moment."""

from __future__ import annotations

import time
from collections.abc import Iterator

from nnx_lsp.cli.run import Result

_MOMENT = 1.0


def told(results: Iterator[Result], count: int) -> Iterator[Result]:
    """The results, with a bar on standard error once a second has passed; it is gone at the end."""
    begun = time.monotonic()
    for done, result in enumerate(results, 1):
        yield result
        if done < count and time.monotonic() - begun > _MOMENT:
            break
    else:
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress("checking", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=count, completed=done)
        for result in results:
            yield result
            bar.advance(task)
