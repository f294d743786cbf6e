"""Code that is meant to run on the host: nobody would jit it, so what it would raise there is of no use to anybody.

A Module's `__call__` is walked as if it were jitted, for most are one day. Some are not: a trainer with a progress bar, a pipeline that saves
figures, a model that brings its arrays to NumPy by `np.asarray` on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable

from nnx_lsp import program
from nnx_lsp.knowledge.host import CLOCKS
from nnx_lsp.tracer import events
from nnx_lsp.tracer.values import Function

_HOST_CALLS = frozenset(
    (
        *("tqdm", "trange", "input", "open", "block_until_ready", "device_get", "savefig", "imshow", "imread", "imwrite", "savez", "sleep"),
        *("read_csv", "to_csv", "urlopen", "display"),
    )
)
_HOST_MODULES = frozenset(("wandb", "plt", "cv2", "mlflow", "subprocess", "tqdm"))
_TO_HOST = ("numpy.asarray", "numpy.array", "numpy.ascontiguousarray", "numpy.copy")
_STOPS = ("KeyboardInterrupt", "SystemExit")


def is_of_host(happened: Iterable[events.Event]) -> bool:
    """Whether any of the functions in which this happened talks to people, files or the clock, or brings arrays to NumPy as a whole."""
    seen: dict[int, Function] = {}
    for event in happened:
        if isinstance(event, events.Conversion) and event.name in _TO_HOST:
            return True
        if isinstance(event, events.Call) and event.name in CLOCKS:
            return True
        links = event.context.links() if event.context is not None else ()
        seen |= {id(link.entered.definition): link.entered for link in links if link.entered is not None}
    return any(_talks(node) for function in seen.values() for node in program.walk(function.definition))


def _talks(node: program.Node) -> bool:
    match node:
        case program.Call(function=function):
            is_of_module = isinstance(function, program.Attribute) and program.last_name(function.value) in _HOST_MODULES
            return is_of_module or program.last_name(function) in _HOST_CALLS
        case program.Handler(kind=kind) if kind is not None:
            return any(isinstance(each, program.Name) and each.id in _STOPS for each in program.walk(kind))
        case _:
            return False
