"""`python -m nnx_lsp.dev.soak FOLDER [--edits 20000] [--open 50] [--seed S]`: does a server that runs for long stay as it was?

A copy of a real package is open in a real server, and is edited as `nnx_lsp.dev.edits` does: through broken states, with files that change on the disk,
and some edits sent faster than they can be checked. A file that has grown or shrunk by a fifth is set back, so that the work stays the same. Prints memory
after the 2,000th edit and at the end, the time from an edit to its findings, and the time of a request that needs no check (how long the event loop was
held); then compares all findings with a run that begins anew. Exit status 1 where they differ, where findings never came, or where memory grew by more than
a tenth.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import quantiles
from typing import Any

from nnx_lsp.dev.client import Client
from nnx_lsp.dev.edits import Replay
from nnx_lsp.dev.sameness import Texts
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.text import Lines

_WARM = 2000
"""After so many edits memory is what the end is measured by."""
_GROWTH = 1.1


class Served:
    """A server process with the files that are open in it, and how long it took."""

    def __init__(self, root: Path, seed: int) -> None:
        self.random = random.Random(seed)
        published = {"versionSupport": True, "relatedInformation": True}
        self.client = Client(root, {"general": {"positionEncodings": ["utf-32"]}, "textDocument": {"publishDiagnostics": published}})
        self.latencies: list[float] = []
        self.held: list[float] = []
        self.lost: list[str] = []
        self._versions: dict[str, int] = {}
        self._texts: Texts = {}

    def give(self, changes: Mapping[str, str | None]) -> None:
        """See `edits.Subject`."""
        for path, text in changes.items():
            uri = Path(path).as_uri()
            if text is None:
                self.client.close(uri)
                del self._texts[path]
                continue
            version = self._versions[uri] = self._versions.get(uri, 0) + 1
            before = self._texts.get(path)
            self._texts[path] = text
            begun = time.perf_counter()
            if before is None:
                self.client.open(uri, text, version)
                self._wait(uri, version)
                continue
            self.client.change(uri, version, _change(before, text))
            if self.random.random() < 0.02:
                self.client.reply(self.client.begin("nnx-lint/nothing", None))
                self.held.append(time.perf_counter() - begun)
            if self.random.random() < 0.9:
                self._wait(uri, version)
                self.latencies.append(time.perf_counter() - begun)

    def refresh(self, paths: Iterable[Path]) -> None:
        """See `edits.Subject`."""
        self.client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": path.as_uri(), "type": 2} for path in paths]})

    def settle(self) -> None:
        """Wait until the server has said all that it has to say."""
        for path in self._texts:
            uri = Path(path).as_uri()
            self._wait(uri, self._versions[uri])
        self.client.ask("workspace/executeCommand", {"command": "nnx-lint.showStatus"})
        time.sleep(1)

    def _wait(self, uri: str, version: int) -> None:
        try:
            self.client.wait_shown(uri, version)
        except TimeoutError:
            self.lost.append(f"{uri} version {version}")


def _change(before: str, after: str) -> dict[str, object]:
    """The smallest change from one text to another, in UTF-32."""
    start = 0
    end = min(len(before), len(after))
    while start < end and before[start] == after[start]:
        start += 1
    same = 0
    while same < end - start and before[-1 - same] == after[-1 - same]:
        same += 1
    lines = Lines(before)
    first, last = lines.position(start), lines.position(len(before) - same)
    span = {"start": {"line": first.row - 1, "character": first.column - 1}, "end": {"line": last.row - 1, "character": last.column - 1}}
    return {"range": span, "text": after[start : len(after) - same]}


def _said(found: Iterable[Diagnostic], text: str) -> list[tuple[object, ...]]:
    lines = Lines(text)
    places = [(each, lines.position(each.span.start)) for each in found]
    return sorted((at.row - 1, at.column - 1, each.code, each.message) for each, at in places)


def _shown(found: Iterable[dict[str, Any]]) -> list[tuple[object, ...]]:
    return sorted((each["range"]["start"]["line"], each["range"]["start"]["character"], each["code"], each["message"]) for each in found)


def _set_back(replay: Replay, first: Texts) -> None:
    """Set files back that are no longer of their size."""
    for path, text in tuple(replay.texts.items()):
        if path in first and abs(len(text) - len(first[path])) > len(first[path]) / 5 + 200:
            replay.texts[path] = replay.good[path] = first[path]
            replay.subject.give({path: first[path]})


def main() -> None:
    """Edit, measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edits", type=int, default=20_000)
    parser.add_argument("--open", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "package"
        shutil.copytree(options.folder, root)
        server = Served(root, options.seed)
        replay = Replay(root, options.open, options.seed, server)
        first = dict(replay.texts)
        print(f"{len(first)} files open after {time.perf_counter() - begun:.1f} s, {server.client.memory() / 1e6:.0f} MB", flush=True)
        warm = 0
        for number, _ in enumerate(replay.steps(options.edits), 1):
            if number % 20 == 0:
                _set_back(replay, first)
            if number == min(_WARM, options.edits // 2):
                server.settle()
                warm = server.client.memory()
            if number % 1000 == 0:
                print(f"{number} edits, {server.client.memory() / 1e6:.0f} MB, {time.perf_counter() - begun:.0f} s", flush=True)
        replay.mend()
        server.settle()
        last = server.client.memory()
        shown = {path: _shown(server.client.shown.get(Path(path).as_uri(), (0, []))[1]) for path in replay.texts}
        server.client.end()
        expected = {path: _said(found, replay.texts[path]) for path, found in replay.expected().items()}
    wrong = [path for path in expected if expected[path] != shown[path]]
    for path in wrong[:5]:
        missing, stale = [each for each in expected[path] if each not in shown[path]], [each for each in shown[path] if each not in expected[path]]
        print(f"{Path(path).name}: missing {missing}, stale {stale}")
    percent = quantiles(server.latencies, n=100)
    held = quantiles(server.held, n=20) if len(server.held) > 1 else [0.0] * 19
    print(f"memory: {warm / 1e6:.0f} MB after {min(_WARM, options.edits // 2)} edits, {last / 1e6:.0f} MB at the end ({last / warm:.2f})")
    print(f"edit to findings: p50 {percent[49] * 1000:.0f} ms, p95 {percent[94] * 1000:.0f} ms, p99 {percent[98] * 1000:.0f} ms, of {len(server.latencies)}")
    print(f"a request that needs no check: p50 {held[9] * 1000:.0f} ms, p95 {held[18] * 1000:.0f} ms, most {max(server.held, default=0) * 1000:.0f} ms")
    print(
        f"{sum(map(len, expected.values()))} findings in {len(expected)} files, {len(wrong)} files with others than a fresh run, {len(server.lost)} never came"
    )
    sys.exit(1 if wrong or server.lost or last > warm * _GROWTH else 0)


if __name__ == "__main__":
    main()
