"""A client for tests and measurements: it sends what it is told to, at once, and keeps what a real server sends, with the time when it came."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

SERVER = (sys.executable, "-P", "-m", "nnx_lsp.server.main")
PATIENCE = 60.0


class Client:
    """One running server. `answers` gives its requests' results by method: a value, or a function of the parameters; others are answered with null."""

    def __init__(
        self,
        root: Path,
        capabilities: Mapping[str, object],
        *,
        command: Sequence[str] = SERVER,
        options: object = None,
        folders: Sequence[Path] | None = None,
        answers: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        environ = {**os.environ, **(environment or {})}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root, env=environ)
        self.received: list[tuple[float, dict[str, Any]]] = []
        """Everything that came, in order."""
        self.shown: dict[str, tuple[int, list[dict[str, Any]]]] = {}
        """The newest published diagnostics by URI, with their version (0: none was said)."""
        self._replies: dict[int, tuple[float, dict[str, Any]]] = {}
        self._came = threading.Condition()
        self._answers = dict(answers or {})
        self._count = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()
        uris = [{"uri": each.as_uri(), "name": each.name} for each in (folders or [root])]
        parameters = {"processId": None, "rootUri": root.as_uri(), "workspaceFolders": uris, "capabilities": capabilities, "initializationOptions": options}
        self.capabilities: dict[str, Any] = self.ask("initialize", parameters)["capabilities"]
        self.notify("initialized", {})

    # Documents -----------------------------------------------------------------------------------------------------

    def open(self, uri: str, text: str, version: int = 1, language: str = "python") -> None:
        """Open a text."""
        self.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": language, "version": version, "text": text}})

    def change(self, uri: str, version: int, *changes: Mapping[str, object]) -> None:
        """Change a text."""
        self.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)})

    def close(self, uri: str) -> None:
        """Close a text."""
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def wait_shown(self, uri: str, version: int) -> float:
        """When diagnostics of this version of a text, or of a later one, came. Raises `TimeoutError`."""
        self.until(lambda: self.shown.get(uri, (-1, []))[0] >= version, f"diagnostics of {uri} version {version}")
        return time.perf_counter()

    def codes(self, uri: str, expected: Sequence[str]) -> list[dict[str, Any]]:
        """Wait until exactly these codes are shown for a text. Raises `TimeoutError`."""
        self.until(lambda: uri in self.shown and [each["code"] for each in self.shown[uri][1]] == list(expected), f"{expected} in {uri}")
        return self.shown[uri][1]

    # Messages ------------------------------------------------------------------------------------------------------

    def notify(self, method: str, parameters: object) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": parameters})

    def begin(self, method: str, parameters: object) -> int:
        """Send a request; its number."""
        self._count += 1
        self._send({"jsonrpc": "2.0", "id": self._count, "method": method, "params": parameters})
        return self._count

    def reply(self, number: int) -> dict[str, Any]:
        """Wait for the whole answer to a request. Raises `TimeoutError`."""
        self.until(lambda: number in self._replies, f"an answer to request {number}")
        return self._replies.pop(number)[1]

    def ask(self, method: str, parameters: object) -> Any:
        """Send a request; its result. Raises `RuntimeError` where the answer is an error."""
        found = self.reply(self.begin(method, parameters))
        if "error" in found:
            raise RuntimeError(f"{method}: {found['error']}")
        return found["result"]

    def messages(self, method: str) -> list[dict[str, Any]]:
        """The parameters of all notifications and requests of one method that came."""
        with self._came:
            return [each.get("params") or {} for _, each in self.received if each.get("method") == method]

    def until(self, holds: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Wait until something holds. Raises `TimeoutError`, which says what was waited for."""
        with self._came:
            if not self._came.wait_for(lambda: holds() or self.process.poll() is not None, patience) or not holds():
                raise TimeoutError(f"waited for {what}; shown is {self.shown}")

    def memory(self) -> int:
        """Resident memory of the server in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    def end(self) -> int:
        """End the server as the protocol says; its exit status."""
        try:
            self.ask("shutdown", None)
            self.notify("exit", None)
            return self.process.wait(20)
        except (OSError, TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            return self.process.wait()

    def _send(self, message: object) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        with self._lock:
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
                with self._came:
                    self._came.notify_all()
                return
            message = json.loads(stream.read(length))
            self._take(time.perf_counter(), message)

    def _take(self, at: float, message: dict[str, Any]) -> None:
        with self._came:
            if "method" not in message:
                self._replies[message["id"]] = at, message
            elif message["method"] == "textDocument/publishDiagnostics":
                found = message["params"]
                self.shown[found["uri"]] = found.get("version") or 0, found["diagnostics"]
            if "method" in message:
                self.received.append((at, message))
                del self.received[:-5000]
            self._came.notify_all()
        if "method" in message and "id" in message:
            answer = self._answers.get(message["method"])
            result = answer(message["params"]) if callable(answer) else answer
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})
