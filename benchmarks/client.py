"""A small LSP client for the benchmarks: it speaks to any server on standard input and output, and notes when diagnostics come."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from pathlib import Path
from typing import Any


class Client:
    """One running server."""

    def __init__(self, command: list[str], root: Path) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root)
        self.published: queue.Queue[tuple[float, str, int]] = queue.Queue()
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._count = 0
        threading.Thread(target=self._read, daemon=True).start()
        self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
                "capabilities": {"textDocument": {"publishDiagnostics": {"versionSupport": True}}, "workspace": {"configuration": True}},
            },
        )
        self.notify("initialized", {})

    def notify(self, method: str, parameters: object) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": parameters})

    def request(self, method: str, parameters: object, patience: float = 60) -> dict[str, Any]:
        """Send a request; its answer."""
        self._count += 1
        self._send({"jsonrpc": "2.0", "id": self._count, "method": method, "params": parameters})
        return self._answers.get(timeout=patience)

    def open(self, uri: str, text: str) -> float:
        """Open a file; the seconds until its first diagnostics."""
        begun = time.perf_counter()
        self.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": text}})
        return self.wait(uri) - begun

    def change(self, uri: str, version: int, start: tuple[int, int], end: tuple[int, int], text: str) -> float:
        """Change a file; the seconds until the next diagnostics."""
        while not self.published.empty():
            self.published.get()
        span = {"start": {"line": start[0], "character": start[1]}, "end": {"line": end[0], "character": end[1]}}
        begun = time.perf_counter()
        self.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"range": span, "text": text}]})
        return self.wait(uri, version) - begun

    def wait(self, uri: str, version: int = 0, patience: float = 30) -> float:
        """When diagnostics of this file (of this version, where the server says it) came."""
        until = time.perf_counter() + patience
        while True:
            at, found, number = self.published.get(timeout=max(until - time.perf_counter(), 0.01))
            if found == uri and (number >= version or number == 0):
                return at

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

    def close(self) -> None:
        """End the server."""
        try:
            self.request("shutdown", None, 5)
            self.notify("exit", None)
            self.process.wait(5)
        except (queue.Empty, OSError, subprocess.TimeoutExpired):
            self.process.kill()

    def _send(self, message: object) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while line := stream.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not length:
                return
            message = json.loads(stream.read(length))
            at = time.perf_counter()
            if message.get("method") == "textDocument/publishDiagnostics":
                self.published.put((at, message["params"]["uri"], message["params"].get("version") or 0))
            elif "method" in message and "id" in message:
                items = message.get("params", {}).get("items") if isinstance(message.get("params"), dict) else None
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": [None] * len(items) if items else None})
            elif "id" in message:
                self._answers.put(message)
