"""The wrong claims that are known: strict expected failures, by release, function and kind.

Each row says how many calls of a function have a wrong claim of one kind, and shows one. More of them than the row says
fails, and so do fewer, until the row says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from nnx_lsp.dev.models.report import Outcome
from nnx_lsp.dev.models.run import Case

FILE = Path(__file__).parents[3] / "tests" / "expected" / "models.json"


class Known(msgspec.Struct, frozen=True, array_like=True):
    """How many calls have it, and one of them."""

    count: int
    example: str


class Line(msgspec.Struct, frozen=True):
    """What is known of one release: rows by function, then kind. They hold for this seed and this limit alone."""

    seed: int
    limit: int
    wrong: dict[str, dict[str, Known]]


Expected = dict[str, Line]
"""By the label of the versions (`Versions.label`)."""


def read(path: Path) -> Expected:
    """The file; empty where there is none."""
    return msgspec.json.decode(path.read_bytes(), type=Expected) if path.is_file() else {}


def rows(outcome: Outcome) -> dict[str, dict[str, Known]]:
    """The wrong claims of a run."""
    found: dict[str, dict[str, list[Case]]] = {}
    for case in outcome.wrong:
        found.setdefault(case.function, {}).setdefault(case.verdict.kind, []).append(case)
    return {name: {kind: Known(len(cases), example(cases[0])) for kind, cases in sorted(kinds.items())} for name, kinds in sorted(found.items())}


def example(case: Case) -> str:
    """A wrong claim in one line."""
    return f"{case.call}{' under jax.jit' if case.is_staged else ''}: said {case.verdict.said}, is {case.truth or case.exception}"


def differences(outcome: Outcome, line: Line) -> Iterator[str]:
    """How a run differs from what is known, over the functions that it asked for."""
    now, known = rows(outcome), line.wrong
    for name in sorted(now.keys() | (known.keys() & outcome.result.tried.keys())):
        for kind in sorted(now.get(name, {}).keys() | known.get(name, {}).keys()):
            new, old = now.get(name, {}).get(kind), known.get(name, {}).get(kind)
            if new is not None and (old is None or new.count > old.count):
                yield f"{name}: {new.count} wrong claims ({kind}), {old.count if old is not None else 'none'} expected; one is {new.example}"
            elif old is not None and (new is None or new.count < old.count):
                yield f"{name}: {new.count if new is not None else 'no'} wrong claims ({kind}), {old.count} expected: take them out of the file (`--write`)"


def updated(expected: Expected, outcome: Outcome) -> Expected:
    """What is known, with the functions of a run as they are now."""
    label = outcome.versions.label
    line = expected.get(label)
    is_alike = line is not None and (line.seed, line.limit) == (outcome.seed, outcome.limit)
    kept = {name: kinds for name, kinds in line.wrong.items() if name not in outcome.result.tried} if line is not None and is_alike else {}
    return {**expected, label: Line(outcome.seed, outcome.limit, dict(sorted({**kept, **rows(outcome)}.items())))}


def written(expected: Expected) -> str:
    """The file: one row a line, so that a change of one is a change of one line."""
    parts: list[str] = []
    for label, line in sorted(expected.items()):
        inner = [f"  {_json(name)}: {{{', '.join(f'{_json(kind)}: {_json(known)}' for kind, known in kinds.items())}}}" for name, kinds in line.wrong.items()]
        head = f'{_json(label)}: {{"seed": {line.seed}, "limit": {line.limit}, "wrong": {{\n'
        parts.append(head + ",\n".join(inner) + "\n}}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
