"""`python benchmarks/keystroke.py [LINES]`: from a keystroke to published diagnostics, with a real server process.

The file has 2,200 lines (or as many as asked) and is made of the fixtures, under other names each time.
"""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import sys
import time

import libcst
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from nnx_lsp.fixtures import fixtures, folder

URI = "file:///tmp/keystroke/benchmark.py"


def large_file(lines: int) -> str:
    """Fixtures one after the other, their top-level functions and classes under new names each time."""
    parts: list[str] = []
    count = size = 0
    sources = [fixture.text for fixture in fixtures(folder()) if fixture.kind == "good"]
    while size < lines:
        text = sources[count % len(sources)]
        for name in set(re.findall(r"^(?:def|class) (\w+)", text, re.MULTILINE)):
            text = re.sub(rf"\b{name}\b(?![\"'])", f"{name}_{count}", text)
        parts.append(text)
        size += text.count("\n")
        count += 1
    return "".join(parts)


async def main() -> None:
    """Type characters at random places, one at a time, and print the percentiles."""
    text = large_file(int(sys.argv[1]) if len(sys.argv) > 1 else 2200)
    client = LanguageClient("benchmark", "1")
    published: dict[int, asyncio.Future[float]] = {}

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def received(params: types.PublishDiagnosticsParams) -> None:
        waiting = published.get(params.version or 0)
        if waiting is not None and not waiting.done():
            waiting.set_result(time.perf_counter())

    await client.start_io(sys.executable, "-m", "nnx_lsp.server.main")
    await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
    client.initialized(types.InitializedParams())
    loop = asyncio.get_running_loop()
    published[1] = loop.create_future()
    begun = time.perf_counter()
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(URI, "python", 1, text)))
    opened = await asyncio.wait_for(published[1], 60) - begun
    source, times = random.Random(1), []
    rows = [row for row, line in enumerate(text.split("\n")) if line.strip() and not line.startswith(("#", "import", "from"))]
    for version in range(2, 202, 2):
        row = source.choice(rows)
        at = types.Position(row, len(text.split("\n")[row]))
        for step, (end, letter) in enumerate(((at, "x"), (types.Position(row, at.character + 1), ""))):
            published[version + step] = loop.create_future()
            begun = time.perf_counter()
            change = types.TextDocumentContentChangePartial(types.Range(at, end), letter)
            client.text_document_did_change(types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version + step, URI), [change]))
            times.append(await asyncio.wait_for(published[version + step], 60) - begun)
    await client.shutdown_async(None)
    client.exit(None)
    begun = time.perf_counter()
    libcst.parse_module(text)
    base = time.perf_counter() - begun
    cuts = statistics.quantiles(times, n=20)
    line_count = text.count("\n")
    print(f"{line_count} lines; libcst.parse_module {base * 1e3:.0f} ms; opened in {opened * 1e3:.0f} ms")
    for name, seconds in (("p50", statistics.median(times)), ("p95", cuts[18])):
        print(f"keystroke to diagnostics, {name}: {seconds * 1e3:.1f} ms, {seconds / base:.2f} x libcst.parse_module")


if __name__ == "__main__":
    asyncio.run(main())
