"""The log: to the client's window, and to a file where one is asked for."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from nnx_lsp.server.server import Server

_TYPES = ((logging.ERROR, types.MessageType.Error), (logging.WARNING, types.MessageType.Warning), (logging.INFO, types.MessageType.Info))


class _Window(logging.Handler):
    """Sends what is logged to the client, from whatever thread."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        kind = next((kind for level, kind in _TYPES if record.levelno >= level), types.MessageType.Log)
        params = types.LogMessageParams(kind, self.format(record))
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._server.window_log_message, params)


def connect(server: Server) -> None:
    """Send our own log to the client from here on."""
    log = logging.getLogger("nnx_lsp")
    for handler in [each for each in log.handlers if isinstance(each, _Window)]:
        log.removeHandler(handler)
    log.addHandler(_Window(server))


def write(file: Path) -> None:
    """Write everything that is logged to a file. Raises `OSError`."""
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("pygls").setLevel(logging.WARNING)  # Else every message stands in the log.
