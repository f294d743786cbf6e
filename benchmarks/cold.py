"""`python benchmarks/cold.py FOLDER…`: the time to lint files that use NNX over that of `libcst.parse_module` alone.

The same files, in one run, on one core.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import libcst

from nnx_lsp import engine
from nnx_lsp.config import Settings
from nnx_lsp.knowledge import library
from nnx_lsp.project.files import Notice, read
from nnx_lsp.syntax.document import parse
from nnx_lsp.tracer.trace import trace


def timed(texts: list[tuple[str, str]], run: Callable[[str, str], object]) -> float:
    """Seconds for a function over all texts."""
    begun = time.perf_counter()
    for path, text in texts:
        run(path, text)
    return time.perf_counter() - begun


def main() -> None:
    """Print the table of ratios."""
    texts: list[tuple[str, str]] = []
    for folder in sys.argv[1:] or ["."]:
        for path in sorted(Path(folder).rglob("*.py")):
            found = read(path)
            if not isinstance(found, Notice) and "nnx" in found.text:
                texts.append((str(path), found.text))
    settings = Settings()
    engine.rules()
    known = library.load(None)
    base = timed(texts, lambda _, text: libcst.parse_module(text))
    parsed = timed(texts, parse)
    documents = {path: parse(path, text) for path, text in texts}
    traced = timed(texts, lambda path, _: trace(documents[path].module, known))
    whole = timed(texts, lambda path, text: engine.check(parse(path, text), settings))
    lines = sum(text.count("\n") for _, text in texts)
    print(f"{len(texts)} files that mention nnx, {lines} lines, one core")
    for name, seconds in (("libcst.parse_module", base), ("chunks + parse + lower", parsed), ("trace", traced), ("whole check", whole)):
        print(f"{name:<24} {seconds:7.2f} s   {seconds / base:5.2f} x libcst.parse_module   {seconds / max(lines, 1) * 1e6:5.1f} us a line")


if __name__ == "__main__":
    main()
