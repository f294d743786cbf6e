"""Commands: what the server thinks, a check of the whole workspace, and all safe fixes for clients that have no such action."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from statistics import quantiles

import msgspec
from lsprotocol import types

from nnx_lsp import __version__
from nnx_lsp.baseline import BaselineError
from nnx_lsp.fingerprint import Identity
from nnx_lsp.server.actions import fix_all
from nnx_lsp.server.diagnostics import publish_workspace
from nnx_lsp.server.server import ACCEPT, Server
from nnx_lsp.server.texts import path_of

log = logging.getLogger("nnx_lsp.server")
SHOW_STATUS, CHECK_WORKSPACE, FIX_FILE = "nnx-lint.showStatus", "nnx-lint.checkWorkspace", "nnx-lint.fixAll"


def register(server: Server) -> None:
    """Add these features to a server."""

    @server.command(SHOW_STATUS)
    async def show_status(ls: Server) -> dict[str, object]:
        """What the server thinks: as data, and under `text` in words, which the log shows too."""
        found = await ls.in_worker(lambda: _status(ls))
        for line in str(found["text"]).splitlines():
            log.info("%s", line)
        return found

    @server.command(CHECK_WORKSPACE)
    async def check_workspace(ls: Server) -> int:
        """Check all files; how many findings there are."""
        return await publish_workspace(ls)

    @server.command(ACCEPT)
    async def accept(ls: Server, uri: str, known_by: dict[str, str]) -> bool:
        """Accept a finding that is shown; whether it was still there, and the baseline could be written."""
        path = path_of(uri)
        try:
            identity = msgspec.convert(known_by, Identity)
            file = await ls.in_worker(lambda: ls.files.accept(path, identity))
        except (msgspec.ValidationError, BaselineError) as error:
            ls.complain(str(error))
            return False
        except OSError as error:
            ls.complain(f"the baseline of {path} cannot be written: {error.strerror or error}")
            return False
        if file is not None:
            log.info("accepted in %s: %s in %s", file, identity.code, identity.path)
            ls.refresh()
        return file is not None

    @server.command(FIX_FILE)
    async def fix_file(ls: Server, uri: str) -> bool:
        """Apply all safe fixes of a file or notebook; whether there were any, and the client took them."""
        shown = await ls.newest(uri)
        edit = await fix_all(ls, shown, None) if shown is not None else None
        if edit is None:
            return False
        answer = await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, "Apply all safe fixes of nnx-lint"))
        return answer.applied


def _status(ls: Server) -> dict[str, object]:
    folders = {str(folder): found for folder, found in sorted(ls.files.configuration.known().items())}
    times = ls.times.last
    percentiles = quantiles(times, n=20) if len(times) > 1 else [0.0] * 19
    return {
        "version": __version__,
        "python": sys.version.split()[0],
        "interpreter": sys.executable,
        "flax": [{"folder": folder, "version": found.flax.flax, "source": found.flax.place} for folder, found in folders.items()],
        "configuration": {folder: found.file for folder, found in folders.items()},
        "roots": ls.texts.roots(),
        "open": sorted(ls.opened),
        "findings": sum(len(shown.found) for shown in ls.shown.values()),
        "modules": sum(len(engine.session.states) for engine in ls.files.engines.values()),
        "checks": ls.times.count,
        "milliseconds": {"p50": round(percentiles[9] * 1000, 1), "p95": round(percentiles[18] * 1000, 1)},
        "encoding": ls.dialect.encoding.value,
        "pulls": ls.pulls,
        "text": "\n".join(_words(ls, percentiles)),
    }


def _words(ls: Server, percentiles: list[float]) -> Iterator[str]:
    yield f"nnx-lint {__version__}, Python {sys.version.split()[0]} at {sys.executable}"
    for folder, found in sorted(ls.files.configuration.known().items()):
        yield f"{folder}: Flax {found.flax.flax or 'not known'} ({found.flax.place}), settings of {found.file or 'the client or none'}"
    modules = sum(len(engine.session.states) for engine in ls.files.engines.values())
    yield f"{len(ls.opened)} files open, {modules} modules walked, {sum(len(shown.found) for shown in ls.shown.values())} findings shown"
    yield f"{ls.times.count} checks; of the last {len(ls.times.last)}, p50 {percentiles[9] * 1000:.1f} ms, p95 {percentiles[18] * 1000:.1f} ms"
    yield f"columns in {ls.dialect.encoding.value}, findings are {'asked for' if ls.pulls else 'published'}"
