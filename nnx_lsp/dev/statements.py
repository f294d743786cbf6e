"""`python -m nnx_lsp.dev.statements PATH…`: does the server show what a fresh run finds, after each change of a whole statement?

Each top-level statement of a program is deleted, put in a second time at the end, and replaced by `pass`, each time followed by the program as it was. After
each step what the server's workspace shows must equal what a run that begins anew finds in the same texts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from nnx_lsp.config import Settings
from nnx_lsp.dev.edits import InProcess
from nnx_lsp.dev.sameness import Texts, fresh, programs
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.server.settings import Configuration
from nnx_lsp.syntax.chunks import cut

KINDS = ("deleted", "repeated", "replaced")


class Step(msgspec.Struct, frozen=True):
    """One change after which the server shows something else than a fresh run: what was done to which statement, and the codes that differ."""

    program: str
    kind: str
    statement: int
    changes: tuple[str, ...]


def steps(name: str, texts: Texts) -> Iterator[Step]:
    """Change each statement of a program; the steps after which the server differs."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        given = {str(root / path): text for path, text in texts.items()}
        for path, text in given.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(text, encoding="utf-8")
        settings = Configuration().found(Path(next(iter(given))).parent).settings
        subject = InProcess()
        subject.give(given)
        for path, text in given.items():
            for kind, number, changed in _changes(text):
                for what, new in ((kind, changed), (f"{kind} and undone", text)):
                    subject.give({path: new})
                    lost, gained = _difference(subject, {**given, path: new}, settings)
                    if lost or gained:
                        yield Step(name, what, number, (*(f"-{each}" for each in lost), *(f"+{each}" for each in gained)))


def _changes(text: str) -> Iterator[tuple[str, int, str]]:
    """What is made of a text by each kind of change of each statement."""
    for number, piece in enumerate(cut(text)):
        before, statement, after = text[: piece.start], text[piece.start : piece.end], text[piece.end :]
        if statement.strip():
            yield KINDS[0], number, before + after
            yield KINDS[1], number, f"{text}\n{statement}"
            yield KINDS[2], number, f"{before}pass\n{after}"


def _difference(subject: InProcess, texts: Texts, settings: Settings) -> tuple[list[str], list[str]]:
    """The codes that the server does not show, and those that only it shows."""
    found = fresh(texts, texts, settings)
    expected = Counter(map(_key, [each for path in texts for each in found.get(path, ())]))
    shown = Counter(map(_key, [each for path in texts for each in subject.shown.get(path, ())]))
    return sorted(code for code, *_ in expected - shown), sorted(code for code, *_ in shown - expected)


def _key(each: Diagnostic) -> tuple[str, str, str, str, int]:
    return each.code, Path(each.path).name, each.message, each.severity.value, each.span.start


def main() -> None:
    """Change programs and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    options = parser.parse_args()
    count: Counter[str] = Counter()
    number = 0
    for path in options.paths:
        for name, texts in programs(path):
            number += 1
            for step in steps(name, texts):
                count[step.kind] += 1
                print(f"{step.program}: statement {step.statement} {step.kind}: {', '.join(step.changes)}", flush=True)
    print(f"{number} programs, {sum(count.values())} steps after which the server shows something else than a fresh run: {dict(count)}")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
