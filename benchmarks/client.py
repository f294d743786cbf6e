"""The client of the tests, with a stopwatch: how long a server, this one or another, takes until it publishes."""

from __future__ import annotations

import time
from pathlib import Path

from nnx_lsp.dev.client import Client

PATIENCE = 30.0
CAPABILITIES = {"textDocument": {"publishDiagnostics": {"versionSupport": True}}, "workspace": {"configuration": True}}


class Stopwatch(Client):
    """One running server, asked for its settings and told none."""

    def __init__(self, command: list[str], root: Path) -> None:
        super().__init__(root, CAPABILITIES, command=command, answers={"workspace/configuration": lambda asked: [None] * len(asked["items"])})

    def opened(self, uri: str, text: str) -> float:
        """Open a file; the seconds until its first diagnostics. Raises `TimeoutError`."""
        begun = time.perf_counter()
        self.open(uri, text)
        return self._published(uri, 1, begun) - begun

    def changed(self, uri: str, version: int, start: tuple[int, int], end: tuple[int, int], text: str) -> float:
        """Change a file; the seconds until the next diagnostics. Raises `TimeoutError`."""
        span = {"start": {"line": start[0], "character": start[1]}, "end": {"line": end[0], "character": end[1]}}
        begun = time.perf_counter()
        self.change(uri, version, {"range": span, "text": text})
        return self._published(uri, version, begun) - begun

    def memory(self) -> int:
        """Resident memory in bytes, of the server and its children."""
        total = 0
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            except OSError:
                continue
            if str(self.process.pid) in (fields["Pid"].strip(), fields["PPid"].strip()):
                total += int(fields.get("VmRSS", "0 kB").split()[0]) * 1024
        return total

    def _published(self, uri: str, version: int, begun: float) -> float:
        """When diagnostics of this version (of any, where the server does not say it) came, after `begun`."""
        found: list[float] = []

        def came() -> bool:
            for at, message in reversed(self.received):
                if at < begun:
                    return False
                parameters = message.get("params")
                if message["method"] == "textDocument/publishDiagnostics" and parameters["uri"] == uri and (parameters.get("version") or version) >= version:
                    found.append(at)
                    return True
            return False

        self.until(came, f"diagnostics of {uri} version {version}", PATIENCE)
        return found[-1]
