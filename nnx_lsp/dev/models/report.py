"""What came out, counted: tables by module, function, kind of wrong claim and exception."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from nnx_lsp.dev.models.compare import Grade
from nnx_lsp.dev.models.release import Versions
from nnx_lsp.dev.models.run import ARGUMENTS_NAME, Case, Result

COLUMNS = ("tried", "accepted", "exact", "partial", "unknown", "wrong", "raise", "foreseen")


class Tally(msgspec.Struct):
    """Calls of one function or of many. `tried` counts calls, the rest counts calls in their situation: eager, or under `jax.jit`."""

    tried: int = 0
    accepted: int = 0
    exact: int = 0
    partial: int = 0
    unknown: int = 0
    wrong: int = 0
    raised: int = 0
    foreseen: int = 0

    @property
    def cells(self) -> tuple[int, ...]:
        """In the order of `COLUMNS`."""
        return self.tried, self.accepted, self.exact, self.partial, self.unknown, self.wrong, self.raised, self.foreseen

    def count(self, case: Case) -> None:
        """Count one situation."""
        if case.exception:
            self.raised += 1
            self.foreseen += bool(case.foreseen)
            self.wrong += case.verdict.grade is Grade.WRONG  # The tracer fails at it.
            return
        self.accepted += 1
        match case.verdict.grade:
            case Grade.EXACT:
                self.exact += 1
            case Grade.PARTIAL:
                self.partial += 1
            case Grade.UNKNOWN:
                self.unknown += 1
            case Grade.WRONG:
                self.wrong += 1


class Outcome(msgspec.Struct, frozen=True):
    """The result of one release, and how it was come by."""

    versions: Versions
    seed: int
    limit: int
    result: Result
    seconds: float = 0.0
    """Of processor time, here and in the environment."""

    @property
    def wrong(self) -> list[Case]:
        """The cases with a wrong claim."""
        return [case for case in self.result.cases if case.verdict.grade is Grade.WRONG]


def by_function(result: Result) -> dict[str, Tally]:
    """The tally of each function, in the order in which they were asked."""
    found = {name: Tally(tried) for name, tried in result.tried.items()}
    for case in result.cases:
        found[case.function].count(case)
    return found


def by_module(result: Result) -> dict[str, Tally]:
    """The tally of each module."""
    found: dict[str, Tally] = {}
    for name, tally in by_function(result).items():
        _add(found.setdefault(module(name), Tally()), tally)
    return found


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them in one."""
    found = Tally()
    for tally in tallies:
        _add(found, tally)
    return found


def _add(to: Tally, tally: Tally) -> None:
    for field in Tally.__struct_fields__:
        setattr(to, field, getattr(to, field) + getattr(tally, field))


def module(name: str) -> str:
    """The module of a function."""
    return name.rpartition(".")[0] or name


def text(outcome: Outcome) -> Iterator[str]:
    """The lines for a terminal."""
    yield f"{outcome.versions.label}, Python {outcome.versions.python}; seed {outcome.seed}, {outcome.seconds:.0f} s of processor time"
    width = max((len(name) for name in outcome.result.tried), default=20) + 2
    yield " " * width + "".join(f"{column:>10}" for column in COLUMNS)
    for name, tally in by_function(outcome.result).items():
        yield f"{name:<{width}}" + "".join(f"{cell:>10,}" for cell in tally.cells)
    yield ""
    for name, tally in by_module(outcome.result).items():
        yield f"{name:<{width}}" + "".join(f"{cell:>10,}" for cell in tally.cells)
    yield f"{'all':<{width}}" + "".join(f"{cell:>10,}" for cell in total(by_function(outcome.result).values()).cells)
    yield ""
    for kind, count in Counter(case.verdict.kind for case in outcome.wrong).most_common():
        yield f"wrong, {kind}: {count:,}"


def markdown(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The tables of several releases, for `benchmarks/models.md`."""
    labels = [outcome.versions.flax for outcome in outcomes]
    yield "## By module"
    for outcome in outcomes:
        yield f"\n{outcome.versions.label}, Python {outcome.versions.python}; {outcome.seconds:.0f} s of processor time; {outcome.result.lost} calls given up\n"
        rows = {name: tally for name, tally in by_module(outcome.result).items() if name != ARGUMENTS_NAME}
        yield from _table(("module", "functions", *COLUMNS), _module_rows(outcome.result, rows))
    yield "\n## By situation\n"
    yield from _table(("release", "situation", *COLUMNS[1:]), _situations(outcomes))
    yield "\n## Wrong claims by kind\n"
    yield from _table(("kind", *labels, "a function with it"), _kinds(outcomes))
    yield "\n## What raises, and whether it is foreseen\n"
    yield from _table(("exception", *(f"{label}: raised / foreseen" for label in labels)), _exceptions(outcomes))
    yield "\n## By function\n"
    yield "Each cell: tried; exact / partial / unknown / **wrong**; foreseen of those that raise.\n"
    yield from _table(("function", *labels), _functions(outcomes))


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|--" * len(head) + "|"
    for row in rows:
        yield f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else str(cell) for cell in row)} |"


def _module_rows(result: Result, rows: Mapping[str, Tally]) -> Iterator[tuple[object, ...]]:
    counts = Counter(module(name) for name in result.tried)
    for name, tally in rows.items():
        yield (f"`{name}`", counts[name], *tally.cells)
    yield ("all", sum(counts[name] for name in rows), *total(rows.values()).cells)


def _situations(outcomes: Sequence[Outcome]) -> Iterator[tuple[object, ...]]:
    for outcome in outcomes:
        for words, is_staged in (("eager", False), ("under `jax.jit`", True)):
            tally = Tally()
            for case in outcome.result.cases:
                if case.is_staged == is_staged:
                    tally.count(case)
            yield (outcome.versions.flax, words, *tally.cells[1:])


def _kinds(outcomes: Sequence[Outcome]) -> Iterator[tuple[object, ...]]:
    counts = [Counter(case.verdict.kind for case in outcome.wrong) for outcome in outcomes]
    for kind, _ in sum(counts, Counter[str]()).most_common():
        example = next(case for outcome in reversed(outcomes) for case in outcome.wrong if case.verdict.kind == kind)
        yield (
            kind,
            *(count[kind] for count in counts),
            f"{_code(example.call)}: said {_code(example.verdict.said)}, is {_code(example.truth or example.exception)}",
        )


def _exceptions(outcomes: Sequence[Outcome]) -> Iterator[tuple[object, ...]]:
    raised = [Counter(case.exception for case in outcome.result.cases if case.exception) for outcome in outcomes]
    seen = [Counter(case.exception for case in outcome.result.cases if case.exception and case.foreseen) for outcome in outcomes]
    for name, _ in sum(raised, Counter[str]()).most_common():
        yield (f"`{name}`", *(f"{one[name]:,} / {two[name]:,}" for one, two in zip(raised, seen, strict=True)))


def _functions(outcomes: Sequence[Outcome]) -> Iterator[tuple[object, ...]]:
    tallies = [by_function(outcome.result) for outcome in outcomes]
    names = list(dict.fromkeys(name for each in reversed(tallies) for name in each))
    for name in sorted(names, key=lambda name: (module(name), name)):
        yield (f"`{name}`", *(_cell(each.get(name)) for each in tallies))


def _cell(tally: Tally | None) -> str:
    if tally is None:
        return ""
    wrong = f"**{tally.wrong}**" if tally.wrong else "0"
    return f"{tally.tried}; {tally.exact} / {tally.partial} / {tally.unknown} / {wrong}; {tally.foreseen} of {tally.raised}"


def _code(text: str) -> str:
    shown = text if len(text) <= 120 else f"{text[:119]}…"
    return f"`{shown}`".replace("|", "\\|")
