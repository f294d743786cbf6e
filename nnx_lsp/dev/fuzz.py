"""`python -m nnx_lsp.dev.fuzz --cases N --seed S [--jobs J]`: the whole path, from bytes and settings to findings, fixes and formats, on programs that are cut,
spliced and corrupted.

A case is a folder with one to three files, sometimes with settings, and a command line. It must end with a known status and within its time, without an
internal error; what a format prints must be what it says it is; a fix must not break what parses, and must leave everything outside of its edits as it
was. A case is made from its seed and number alone: `--seed S --only N` runs one again, and `--keep FOLDER` leaves its files there.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

from nnx_lsp import engine
from nnx_lsp.cli import formats
from nnx_lsp.cli.main import main as command
from nnx_lsp.cli.run import Checker
from nnx_lsp.config import KEYS, ConfigError, Settings, checked
from nnx_lsp.diagnostic import Diagnostic, Safety
from nnx_lsp.faults import INTERNAL_ERROR
from nnx_lsp.fixes import fixed
from nnx_lsp.fixtures import folder
from nnx_lsp.selection import allowed
from nnx_lsp.syntax.decode import UnreadableError, decode
from nnx_lsp.syntax.document import Document
from nnx_lsp.verify.generate import program

_LIMIT = 20
"""Seconds that one case may take."""
_BATCH = 50
_TOKENS = (
    *("(", ")", "[", "]", "{", "}", ":", ",", ";", "\\", "\\\n", "#", "'", '"', '"""', "'''", "f'{", "f'{x!r:>{w}}'", "rb'", "\0", "\ufeff", "\x0c", "\x1b[0m"),
    *("\u2028", "\t", "\r", "\r\n", "\n", "\n\n    ", " \\\r\n", "é", "𝒙", "\u202e", "\ud800", "**", "*", "->", ":=", "@", "...", "0x", "1e999", "9" * 400),
    *("lambda", "lambda: ", "yield ", "await ", "async ", "match x:\n    case ", "try:\n", "except* E:\n", "global x\n", "del ", "return "),
    *("class A(A): pass\n", "def f(*, **k): ", "type X[T] = ", "with (a as b, c): ", "# nnx-lint: ignore", "# nnx-lint: ignore[rngs_as_key, x] -- y\n"),
    *("# nnx-lint: ignore-file[", "# noqa: NNX101, E5", "# -*- coding: utf-16 -*-\n", "# coding: latin-1\n", "nnx.jit", "@nnx.jit\n", "jax.jit("),
    *("nnx.Rngs(0)", "rngs", "self.", "nnx.Param(", "jnp.where(", "x if x > 0 else ", "while x > 0: ", "for _ in x: ", "int(x)", "x[x > 0]", "%time ", "!ls\n"),
)


class Failure(msgspec.Struct, frozen=True):
    """A case that did not do as it must."""

    number: int
    what: str


@cache
def sources() -> tuple[bytes, ...]:
    """The programs that cases are made of: all fixtures."""
    return tuple(path.read_bytes() for path in sorted(folder().rglob("*.py")))


# Making cases -------------------------------------------------------------------------------------------------------


class Case(msgspec.Struct, frozen=True):
    """Files by name, and options."""

    files: dict[str, bytes]
    options: tuple[str, ...]


def case(seed: int, number: int) -> Case:
    """One case; the same for the same numbers."""
    chance = random.Random(f"{seed}:{number}")
    files: dict[str, bytes] = {}
    for index in range(chance.choice((1, 1, 1, 2, 3))):
        name = chance.choice(("a.py", "pkg/b.py", "helpers.py", "c.pyi", "d.ipynb")) if index else chance.choice(("a.py", "a.py", "a.py", "a.ipynb"))
        data = _source(chance)
        for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
            data = chance.choice(_MUTATIONS)(data, chance)
        files[name] = _as_notebook(data, chance) if name.endswith(".ipynb") else data
    if chance.random() < 0.15:
        files[chance.choice(("nnx-lint.toml", "pyproject.toml"))] = _settings(chance)
    options = ["--no-cache", "--jobs", "1", "--output-format", chance.choice(formats.names())]
    fixes = ((), (), ("--fix",), ("--fix", "--unsafe-fixes"), ("--diff", "--unsafe-fixes"))
    options += chance.choice((*fixes, ("--select", "ALL,PREVIEW"), ("--flax-version", ">=0.10.7")))
    return Case(files, (*options, "."))


def _source(chance: random.Random) -> bytes:
    if chance.random() < 0.25:
        return chance.choice(program(chance.randrange(1_000_000)).files)[1].encode()
    return chance.choice(sources())


def _cut(data: bytes, chance: random.Random) -> bytes:
    start, end = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    return data[:start] + data[end:] if chance.random() < 0.5 else data[start:end]


def _shortened(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + data[start + chance.randrange(30) :]


def _spliced(data: bytes, chance: random.Random) -> bytes:
    other = _source(chance)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _inserted(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_TOKENS).encode("utf-8", "surrogatepass") + data[at:]


def _lines_moved(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    match chance.randrange(4):
        case 0:
            lines.insert(chance.randrange(len(lines)), lines.pop(chance.randrange(len(lines))))
        case 1:
            lines[chance.randrange(len(lines))] *= 2
        case 2:
            index = chance.randrange(len(lines))
            lines[index] = b" " * chance.randrange(9) + lines[index].lstrip()
        case _:
            del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def _bytes_changed(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _renamed(data: bytes, chance: random.Random) -> bytes:
    words = data.split()
    if not words:
        return data
    return data.replace(chance.choice(words), chance.choice((*words, b"self", b"x", b"None", b"nnx", b"*a")))


def _nested(data: bytes, chance: random.Random) -> bytes:
    depth = chance.choice((5, 50, 199, 201, 1000))
    at = data.find(b"\n", chance.randrange(len(data) + 1)) + 1
    open_, close = chance.choice(((b"(", b")"), (b"[", b"]"), (b"-", b""), (b"not ", b""), (b"f(", b")"), (b"x if x else (", b")"), (b"lambda: ", b"")))
    return data[:at] + b"x = " + open_ * depth + b"1" + close * depth + b"\n" + data[at:]


def _line_ends(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\n\r")))


def _commented(data: bytes, chance: random.Random) -> bytes:
    comment = chance.choice((b"  # nnx-lint: ignore", b"  # nnx-lint: ignore[NNX1] -- x", b"  # noqa: NNX401,E1", b"  # nnx-lint: ignore[NNX401, rngs_as_key]"))
    lines = data.split(b"\n")
    for _ in range(chance.randrange(1, 8)):
        lines[chance.randrange(len(lines))] += comment
    return b"\n".join(lines)


_MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_cut, _shortened, _shortened, _spliced, _inserted, _inserted, _inserted),
    *(_lines_moved, _lines_moved, _bytes_changed, _renamed, _renamed, _nested, _line_ends, _commented),
)


def _as_notebook(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    lines = text.splitlines(keepends=True)
    middle = chance.randrange(len(lines) + 1)
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": part if chance.random() < 0.7 else "".join(part)}
        for part in (lines[:middle], lines[middle:])
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    made = json.dumps(notebook, indent=chance.choice((None, 1)), ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    return _bytes_changed(made, chance) if chance.random() < 0.1 else made


def _value(chance: random.Random, depth: int = 0) -> object:
    words = (*allowed(engine.rules()), "x", "", "\0", "**/*.py", "[", "!", "../..", ">=0.11", "0.12.8", "error", "off")
    match chance.randrange(8 if depth < 3 else 5):
        case 0:
            return chance.choice((0, -1, 1e300, True, False, 10**30))
        case 1 | 2 | 3 | 4:
            return chance.choice(words)
        case 5 | 6:
            return [_value(chance, depth + 1) for _ in range(chance.randrange(4))]
        case _:
            return {str(chance.choice(words)): _value(chance, depth + 1) for _ in range(chance.randrange(3))}


def _settings(chance: random.Random) -> bytes:
    """Settings that are right or wrong; sometimes no TOML at all."""
    lines = ["[tool.nnx-lint]"] if chance.random() < 0.5 else []
    lines += [f"{key} = {_toml(_value(chance))}" for key in chance.sample([*KEYS, "selekt"], chance.randrange(4))]
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    return _bytes_changed(data, chance) if chance.random() < 0.3 else data


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(str(key))} = {_toml(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)


# Running them -------------------------------------------------------------------------------------------------------


class OutOfTimeError(BaseException):
    """A case takes too long; no part of the program catches this."""


@contextlib.contextmanager
def _limited(seconds: int) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise OutOfTimeError(f"took more than {seconds} s")

    former = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, former)


def failure(seed: int, number: int, keep: Path | None = None) -> Failure | None:
    """Run one case; what is wrong with it."""
    made = case(seed, number)
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="nnx-fuzz-") as place:
        base = keep if keep is not None else Path(place)
        for name, data in made.files.items():
            (base / name).parent.mkdir(parents=True, exist_ok=True)
            (base / name).write_bytes(data)
        os.chdir(base)
        try:
            with _limited(_LIMIT):
                what = _commanded(made) or _fixed(made) or _configured(seed, number)
        except (Exception, OutOfTimeError, RecursionError):
            what = traceback.format_exc(limit=-6)
        finally:
            os.chdir(here)
    return Failure(number, what) if what else None


def _commanded(made: Case) -> str:
    """Run the command line; what is wrong."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = command(list(made.options))
    shown, said = out.getvalue(), err.getvalue()
    if INTERNAL_ERROR.code in shown and "failed with" in shown:
        return f"an internal error: {shown[-2000:]}"
    has_settings = any(name.endswith(".toml") for name in made.files)
    if status not in (0, 1) and not (status == 2 and (has_settings or "changed on disk" in said or "cannot be written" in said)):
        return f"status {status}: {said[-2000:]}"
    format_ = made.options[made.options.index("--output-format") + 1]
    if status != 2 and "--diff" not in made.options and format_ in ("json", "sarif", "gitlab", "rdjson"):
        json.loads(shown)
    if format_ in ("full", "concise", "grouped", "github", "azure") and any(char < " " and char != "\n" and char != "\t" for char in shown):
        return "a control character reached the terminal"
    return ""


def _fixed(made: Case) -> str:
    """Fix each file by itself; what is wrong with the text after."""
    for name, data in made.files.items():
        if not name.endswith((".py", ".pyi")):
            continue
        try:
            text = decode(data)
        except UnreadableError:
            continue
        if text.encoded(text.text) != data:
            return f"{name}: decoding and encoding changes bytes"
        checker = Checker([name], lambda _: Settings(), None)
        checker.project.put(name, text.text)
        document = checker.project.document(name)
        if document is None:
            continue
        if wrong := _found_wrong(checker.check(name).found, checker):
            return f"{name}: {wrong}"

        def check(document: Document, name: str = name, checker: Checker = checker) -> tuple[Diagnostic, ...]:
            checker.project.write(name, document.text, document.breaks)
            return tuple(each for each in checker.check(name).found if each.path == name)

        after = fixed(document, check, frozenset((Safety.SAFE, Safety.UNSAFE)))
        expected = text.text
        for edits in after.rounds:
            for edit in sorted(edits, reverse=True):
                expected = expected[: edit.span.start] + edit.text + expected[edit.span.end :]
        if expected != after.text:
            return f"{name}: the text after the fixes is not the text with their edits"
        checker.project.write(name, after.text)
        again = checker.project.document(name)
        if again is None or len(again.problems) > len(document.problems):
            return f"{name}: a fix broke the syntax"
    return ""


def _found_wrong(found: Sequence[Diagnostic], checker: Checker) -> str:
    for each in found:
        if each.code == INTERNAL_ERROR.code:
            return each.message
        for path, span in ((each.path, each.span), *((step.path, step.span) for step in each.related)):
            if not 0 <= span.start <= span.end <= len(checker.project.text(path)):
                return f"{each.code}: a span outside of its file"
    return ""


def _configured(seed: int, number: int) -> str:
    """Read a table of settings as the server gets it; it is taken or refused with a message."""
    chance = random.Random(f"settings {seed}:{number}")
    table = {chance.choice((*KEYS, "x", "")): _value(chance) for _ in range(chance.randrange(4))}
    try:
        checked(table, "the client's settings", engine.rules)
    except ConfigError as error:
        return "" if str(error).startswith("the client's settings") else f"an error that names no source: {error}"
    return ""


def _batch(seed: int, numbers: Sequence[int]) -> list[Failure]:
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))
    return [found for number in numbers if (found := failure(seed, number)) is not None]


def run(seed: int, cases: int, jobs: int) -> list[Failure]:
    """Run cases in worker processes; a worker that dies is a failure of the case that it died of."""
    engine.rules()
    sources()
    failures: list[Failure] = []
    batches = [range(start, min(start + _BATCH, cases)) for start in range(0, cases, _BATCH)]
    begun = time.monotonic()
    for start in range(0, len(batches), 20 * jobs):
        some = batches[start : start + 20 * jobs]
        with ProcessPoolExecutor(jobs) as pool:
            futures = [(batch, pool.submit(_batch, seed, batch)) for batch in some]
            for batch, future in futures:
                try:
                    found = future.result()
                except BrokenProcessPool:
                    found = _alone(seed, batch)
                for each in found:
                    print(f"== --seed {seed} --only {each.number}\n{each.what}", flush=True)
                failures += found
        done = some[-1].stop
        print(f"{done} cases, {len(failures)} failed, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return failures


def _alone(seed: int, batch: Sequence[int]) -> list[Failure]:
    found: list[Failure] = []
    for number in batch:
        with ProcessPoolExecutor(1) as pool:
            try:
                found += pool.submit(_batch, seed, [number]).result()
            except BrokenProcessPool:
                found.append(Failure(number, "the process died"))
    return found


def main() -> int:
    """Run cases; 1 where one fails."""
    parser = argparse.ArgumentParser(prog="python -m nnx_lsp.dev.fuzz")
    parser.add_argument("--cases", type=int, default=2000, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--jobs", type=int, default=1, metavar="J")
    parser.add_argument("--only", type=int, metavar="N", help="run this case alone")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="with --only: leave its files there")
    given = parser.parse_args()
    if given.only is not None:
        if given.keep is not None:
            given.keep.mkdir(parents=True, exist_ok=True)
            print(" ".join(case(given.seed, given.only).options))
        one = failure(given.seed, given.only, given.keep)
        failures = [one] if one is not None else []
        if one is not None:
            print(one.what)
    else:
        failures = run(given.seed, given.cases, given.jobs)
    count = 1 if given.only is not None else given.cases
    print(f"{count - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
