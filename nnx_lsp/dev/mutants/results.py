"""What came out: kept in a file line by line, and told as a table and as a list of survivors."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from nnx_lsp.dev.mutants.catalogue import NAMED, Key, Mutant
from nnx_lsp.dev.mutants.judge import KILLED, STILLBORN, SURVIVED, Verdict
from nnx_lsp.dev.mutants.sources import AREAS, ROOT, Source
from nnx_lsp.dev.mutants.suites import Entry

_NOT_THE_ENGINE = ("dev", "verify", "cli", "server", "integrations")


class Row(msgspec.Struct, frozen=True):
    """One line of the file. `of` stands for the mutant, the sources and the suite."""

    of: str
    mutant: str
    suite: str
    verdict: Verdict


class Results:
    """The verdicts of a file; what is added is written at once."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._rows: dict[str, Row] = {}
        if file is not None and file.is_file():
            data = file.read_bytes()
            whole = data.rfind(b"\n") + 1
            if whole < len(data):  # The last line was cut when the run was ended.
                os.truncate(file, whole)
            for line in data[:whole].splitlines():
                row = msgspec.json.decode(line, type=Row)
                self._rows[row.of] = row

    def get(self, of: str) -> Verdict | None:
        """The verdict, if there is one."""
        row = self._rows.get(of)
        return row.verdict if row is not None else None

    def add(self, row: Row) -> None:
        """Keep a verdict."""
        self._rows[row.of] = row
        if self._file is not None:
            with self._file.open("ab") as stream:
                stream.write(msgspec.json.encode(row) + b"\n")


def of_engine() -> str:
    """A digest of all that a finding is made by: the engine, its knowledge, and the rules."""
    files = [file for file in ROOT.rglob("*") if file.suffix in (".py", ".json") and file.relative_to(ROOT).parts[0] not in _NOT_THE_ENGINE]
    return _of_files((*files, *(ROOT.parent / "rules").rglob("*.py")))


def of_suite(entry: Entry, engine: str, only: str) -> str:
    """A digest of a suite over an engine."""
    return _digest(engine, entry.name, only, _of_files(entry.files()))


def of_task(mutant: Mutant, suite: str) -> str:
    """What a verdict is kept under. `suite` is the digest of the suite over the engine."""
    return _digest(suite, mutant.id, repr(mutant.key), repr(mutant.edit))


def _of_files(files: Iterable[Path]) -> str:
    return _digest(*(part for file in sorted(files) for part in (str(file.relative_to(ROOT.parent)), file.read_bytes().hex())))


def _digest(*parts: str) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part.encode())
    return digest.hexdigest()


# Telling ------------------------------------------------------------------------------------------------------------


class Fate(msgspec.Struct, frozen=True):
    """What became of a mutant: its verdicts by suite, and whether it is proved that no test can notice it."""

    mutant: Mutant
    verdicts: dict[str, Verdict]
    is_equivalent: bool

    @property
    def is_stillborn(self) -> bool:
        """Whether its module cannot be imported: no test is needed to see that, so it counts nowhere."""
        return any(verdict.outcome == STILLBORN for verdict in self.verdicts.values())

    def is_killed(self, suites: Collection[str]) -> bool:
        """Whether one of these suites notices it."""
        return any(verdict.outcome == KILLED for suite, verdict in self.verdicts.items() if suite in suites)

    @property
    def is_survivor(self) -> bool:
        """Whether nothing notices it and nothing is proved of it."""
        return not self.is_stillborn and not self.is_equivalent and all(verdict.outcome == SURVIVED for verdict in self.verdicts.values())


_HEAD = ("module", "drawn", "not importable", "killed by {before} (before)", "killed by all (after)", "equivalent", "before", "after", "survivors")


def table(fates: Sequence[Fate], suites: Sequence[str]) -> Iterator[str]:
    """The table by module, as Markdown; "before" is the first suite alone. A proved equivalent counts as killed in both shares."""
    yield "| " + " | ".join(_HEAD).format(before=suites[0]) + " |"
    yield "|--" * len(_HEAD) + "|"
    by_area = {area: [fate for fate in fates if fate.mutant.area == area] for area in (*AREAS, NAMED)}
    for area, those in by_area.items():
        if those:
            yield _row(area, those, suites)
    drawn = [fate for fate in fates if fate.mutant.area != NAMED]
    yield _row("**all drawn**", drawn, suites)
    yield _row("**all**", fates, suites)


def _row(name: str, fates: Sequence[Fate], suites: Sequence[str]) -> str:
    born = [fate for fate in fates if not fate.is_stillborn]
    equivalent = sum(fate.is_equivalent for fate in born)
    before, after = (sum(fate.is_killed(some) and not fate.is_equivalent for fate in born) for some in (suites[:1], suites))
    shares = (f"{(killed + equivalent) / len(born):.0%}" if born else "" for killed in (before, after))
    cells = (name, len(fates), len(fates) - len(born), before, after, equivalent, *shares, sum(fate.is_survivor for fate in born))
    return "| " + " | ".join(map(str, cells)) + " |"


def survivors(fates: Iterable[Fate], sources: Mapping[str, Source]) -> Iterator[str]:
    """Each survivor: its name, what it does as a row for the file of proofs, and the difference."""
    for fate in fates:
        if fate.is_survivor:
            yield told(fate, sources)


def told(fate: Fate, sources: Mapping[str, Source]) -> str:
    """A mutant in full."""
    key = fate.mutant.key
    lines = [f"== {fate.mutant.id}", *_proof_row(key), fate.mutant.shown(sources[key.module])]
    for suite, verdict in fate.verdicts.items():
        by = f" by {verdict.case}: {verdict.why[:300]}" if verdict.case else f": {verdict.why}" if verdict.why else ""
        lines.append(f"{suite}: {verdict.outcome}{by} ({verdict.ran} cases chosen, {verdict.seconds:.1f} s)")
    return "\n".join((*lines, ""))


def _proof_row(key: Key) -> Iterator[str]:
    for name in ("module", "function", "operator", "about"):
        yield f"{name} = {json.dumps(getattr(key, name), ensure_ascii=False)}"
    if key.occurrence != 1:
        yield f"occurrence = {key.occurrence}"
