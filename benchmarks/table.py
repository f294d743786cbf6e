"""`python benchmarks/table.py [--corpus FOLDER] [--others BIN] [--lines N]`: every speed figure of this project, as ratios measured in one run.

Files are those of the fixtures, or those below FOLDER that use NNX. BIN is the `bin` folder of an environment that holds other tools (`pip install ruff fixit
pylint python-lsp-server basedpyright ty pyrefly`); those that are missing are left out. Growth is measured up to N lines (100,000; `1000000` takes minutes).
All commands run on one core, one after the other; a time is the best of three.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import corpus
from client import Stopwatch

PYTHON = sys.executable
OURS = [PYTHON, "-m", "nnx_lsp.cli.main"]
PARSE = "import sys, pathlib, libcst\nfor p in sorted(pathlib.Path(sys.argv[1]).rglob('*.py')): libcst.parse_module(p.read_text())"


def seconds(command: list[str], environment: dict[str, str] | None = None, times: int = 3) -> float:
    """The best time of a command, whatever it returns."""
    best = math.inf
    for _ in range(times):
        begun = time.perf_counter()
        subprocess.run(command, check=False, capture_output=True, env={**os.environ, **(environment or {})})
        best = min(best, time.perf_counter() - begun)
    return best


def row(name: str, value: str, ratio: str = "") -> None:
    """Print a row of the table."""
    print(f"| {name} | {value} | {ratio} |", flush=True)


def cold(folder: Path, others: Path | None) -> None:
    """All files of a folder, nothing kept from before."""
    count = len(list(folder.rglob("*.py")))
    start = seconds([PYTHON, "-c", "import libcst"])
    base = seconds([PYTHON, "-c", PARSE, str(folder)]) - start
    row(f"`libcst.parse_module`, {count} files", f"{base:.2f} s", "1.00")
    tools: list[tuple[str, list[str]]] = [("nnx-lint --no-cache --jobs 1", [*OURS, "--no-cache", "--jobs", "1", str(folder)])]
    for name, arguments in (
        ("ruff", ["check", "--no-cache", "--isolated"]),
        ("fixit", ["--quiet", "lint"]),
        ("pylint", ["--disable=all", "--enable=E", "-j1"]),
    ):
        if others is not None and (others / name).exists():
            tools.append((name, [str(others / name), *arguments, str(folder)]))
    for name, command in tools:
        taken = seconds(command, times=1 if name in ("fixit", "pylint") else 3)
        row(f"cold, {name}", f"{taken:.2f} s", f"{taken / base:.2f}")


def warm(folder: Path, one: Path) -> None:
    """Nothing changed since the last run; one file, as pre-commit runs it."""
    with tempfile.TemporaryDirectory() as cache:
        kept = {"NNX_LINT_CACHE": cache}
        first = seconds([*OURS, "--jobs", "1", str(folder)], kept, 1)
        count = len(list(folder.rglob("*.py")))
        again = seconds([*OURS, "--jobs", "1", str(folder)], kept)
        row(f"unchanged, {count} files", f"{again:.2f} s", f"{again / first:.3f} of the first run")
        listing = subprocess.run(
            [PYTHON, "-X", "importtime", *OURS[1:], str(folder)], check=False, capture_output=True, text=True, env={**os.environ, **kept}
        ).stderr
        row("… imports LibCST", "yes" if "libcst" in listing else "no")
        seconds([*OURS, str(one)], kept, 1)
        row("one file, warm", f"{seconds([*OURS, str(one)], kept):.2f} s")
    row("one file, cold", f"{seconds([*OURS, '--no-cache', str(one)]):.2f} s")
    row("`python -c pass`", f"{seconds([PYTHON, '-c', 'pass']):.2f} s")


def keystroke(name: str, command: list[str], text: str, samples: int) -> None:
    """From a character typed to the diagnostics that answer it."""
    lines = text.split("\n")
    rows = [index for index, line in enumerate(lines) if line.strip() and not line.startswith(("#", "import", "from"))]
    choose = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        uri = (Path(folder) / "main.py").as_uri()
        Path(folder, "main.py").write_text(text, encoding="utf-8")
        client = Stopwatch(command, Path(folder))
        try:
            opened = client.opened(uri, text)
            times: list[float] = []
            for version in range(2, 2 + samples, 2):
                at = choose.choice(rows)
                end = len(lines[at])
                times.append(client.changed(uri, version, (at, end), (at, end), "x"))
                times.append(client.changed(uri, version + 1, (at, end), (at, end + 1), ""))
            late = statistics.quantiles(times, n=20)[18]
            middle = statistics.median(times)
            row(f"keystroke, {len(lines):,} lines, {name}", f"p50 {middle * 1e3:.1f} ms, p95 {late * 1e3:.1f} ms", f"opened in {opened * 1e3:.0f} ms")
        except Exception as error:  # another tool's failure is a row, not the end of the table
            row(f"keystroke, {len(lines):,} lines, {name}", "no diagnostics", type(error).__name__)
        finally:
            client.end()


def memory(folder: Path) -> None:
    """The server with a project, 20 of its files open."""
    paths = sorted(folder.rglob("*.py"))
    client = Stopwatch([PYTHON, "-m", "nnx_lsp.server.main"], folder)
    for path in paths[:: max(len(paths) // 20, 1)]:
        client.opened(path.as_uri(), path.read_text(encoding="utf-8"))
    row(f"server, {len(paths)} files, 20 open", f"{client.memory() / 2**20:.0f} MB")
    client.end()


def growth(texts: list[str], limit: int) -> None:
    """The time over the number of lines, in files of the same kind, without the start of Python."""
    start = seconds([*OURS, "--version"])
    points: list[tuple[float, float]] = []
    size = 1000
    while size <= limit:
        with tempfile.TemporaryDirectory() as name:
            folder, lines = Path(name), 0
            for index, text in enumerate(corpus.files(texts)):
                if lines >= size:
                    break
                (folder / f"module_{index}.py").write_text(text, encoding="utf-8")
                lines += text.count("\n")
            taken = seconds([*OURS, "--no-cache", "--jobs", "1", str(folder)], times=3 if size <= 10_000 else 1) - start
            points.append((math.log(lines), math.log(max(taken, 1e-3))))
            row(f"growth, {lines:,} lines", f"{taken:.2f} s", f"{taken / lines * 1e6:.0f} µs a line")
        size *= 10
    slope = statistics.linear_regression(*zip(*points, strict=True)).slope
    tail = statistics.linear_regression(*zip(*points[-2:], strict=True)).slope
    row("growth, log-log slope", f"{slope:.3f}", f"{tail:.3f} between the last two")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--others", type=Path)
    parser.add_argument("--lines", type=int, default=100_000)
    options = parser.parse_args()
    texts = corpus.sources(options.corpus)
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; {len(texts)} texts of {options.corpus or 'the fixtures'}")
    print("\n| what | figure | ratio |\n|--|--|--|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus.project(folder / "cold", min(len(texts), 300), texts)
        cold(folder / "cold", options.others)
        corpus.project(folder / "many", 1000, corpus.sources())
        shutil.copy(folder / "many" / "module_7.py", folder / "one.py")
        warm(folder / "many", folder / "one.py")
        ours = [PYTHON, "-m", "nnx_lsp.server.main"]
        for lines in (200, 2200, 8000):
            text = corpus.large_file(lines, corpus.sources())
            keystroke("nnx-lsp", ours, text, 200)
            for title, command in (
                ("ruff", "ruff server"),
                ("pylsp", "pylsp"),
                ("basedpyright", "basedpyright-langserver --stdio"),
                ("ty", "ty server"),
                ("pyrefly", "pyrefly lsp"),
            ):
                if options.others is not None and (options.others / command.split()[0]).exists():
                    keystroke(title, [str(options.others / command.split()[0]), *command.split()[1:]], text, 20 if lines < 8000 else 4)
        memory(folder / "many")
    growth(texts, options.lines)


if __name__ == "__main__":
    main()
