"""`python -m nnx_lsp.dev.mutants [--results FILE]`: what do the tests notice if the engine is changed in one small place?

Mutants are made mechanically, drawn by a seed in equal parts from the tracer's modules, and joined by those that are written in `named.toml`. Each is
judged by every suite, with the cases that run the changed statement; a verdict that stands in FILE already is not sought again. A survivor counts as
killed only with a proof in `equivalent.toml`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from nnx_lsp.dev.mutants import catalogue, results
from nnx_lsp.dev.mutants.catalogue import NAMED, CatalogueError, Mutant
from nnx_lsp.dev.mutants.judge import SURVIVED, Task, verdicts
from nnx_lsp.dev.mutants.reached import Reach, SuiteError, reach
from nnx_lsp.dev.mutants.results import Fate, Results, Row
from nnx_lsp.dev.mutants.sources import AREAS, Source, modules
from nnx_lsp.dev.mutants.suites import SUITES, Entry, lowered


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1 where a proof is refuted, 2 where something does not fit."""
    given = _parser().parse_args(arguments)
    try:
        return _run(given)
    except (CatalogueError, SuiteError) as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nnx_lsp.dev.mutants")
    parser.add_argument("--results", type=Path, metavar="FILE", help="keep verdicts here (lines of JSON), and do only what is missing")
    parser.add_argument("--seed", type=int, default=0, help="what the draw depends on (default 0)")
    parser.add_argument("--count", type=int, default=300, help="how many are drawn (default 300)")
    parser.add_argument("--area", action="append", choices=(*AREAS, NAMED), help="only from this module of the tracer (repeatable)")
    parser.add_argument("--only", action="append", metavar="ID", help="only this mutant, drawn or not (repeatable)")
    parser.add_argument("--suite", action="append", choices=[entry.name for entry in SUITES], help="judge by this suite only (repeatable)")
    parser.add_argument("--cases", default="", metavar="TEXT", help="only the cases that have this in their names")
    parser.add_argument("--until-killed", action="store_true", help="the values first, and the fixtures for what they leave alive")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once (default 2)")
    parser.add_argument("--show", metavar="ID", help="show this mutant and what is known of it, and run nothing")
    parser.add_argument("--list", action="store_true", help="list the mutants that would be judged, and run nothing")
    parser.add_argument("--survivors", action="store_true", help="show each survivor behind the table")
    return parser


def _run(given: argparse.Namespace) -> int:
    sources = modules()
    by_name = {source.name: source for source in sources}
    every = (*catalogue.every(sources), *catalogue.named(sources))
    proofs = catalogue.equivalents(every)
    chosen = _chosen(every, given)
    if given.list:
        print("\n".join(f"{mutant.id}  {mutant.key.operator}: {mutant.key.about[:100]}" for mutant in chosen))
        return 0
    entries = [entry for entry in SUITES if entry.files() and entry.name in (given.suite or [each.name for each in SUITES])]
    if given.until_killed:
        entries.reverse()
    engine = results.of_engine()
    digests = {entry.name: results.of_suite(entry, engine, given.cases) for entry in entries}
    kept = Results(given.results)
    if given.show is None:
        for some in [[entry] for entry in entries] if given.until_killed else [entries]:
            _judge([mutant for mutant in chosen if not given.until_killed or not _is_settled(mutant, digests, kept)], sources, some, digests, kept, given)
    fates = [
        Fate(mutant, {name: verdict for name, digest in digests.items() if (verdict := kept.get(results.of_task(mutant, digest)))}, mutant.key in proofs)
        for mutant in chosen
    ]
    if given.show is not None:
        print(*(results.told(fate, by_name) for fate in fates), sep="\n")
        return 0
    print("", *results.table(fates, list(digests)), sep="\n")
    if given.survivors:
        print("", *results.survivors(fates, by_name), sep="\n")
    refuted = [fate.mutant.id for fate in fates if fate.is_equivalent and fate.is_killed(list(digests))]
    for each in refuted:
        print(f"mutants: {each} is called equivalent, and a test notices it", file=sys.stderr)
    return 1 if refuted else 0


def _chosen(every: Sequence[Mutant], given: argparse.Namespace) -> tuple[Mutant, ...]:
    if ids := [given.show] if given.show is not None else given.only:
        found = tuple(mutant for mutant in every if mutant.id in ids)
        if missing := set(ids) - {mutant.id for mutant in found}:
            raise CatalogueError(f"there is no mutant {', '.join(sorted(missing))}")
        return found
    areas = [area for area in AREAS if area in (given.area or AREAS)]
    by_hand = [mutant for mutant in every if mutant.area == NAMED and NAMED in (given.area or [NAMED])]
    return (*(catalogue.drawn(every, given.seed, given.count, areas) if areas else ()), *by_hand)


def _is_settled(mutant: Mutant, digests: dict[str, str], kept: Results) -> bool:
    """Whether a suite has killed a mutant, or it cannot be imported."""
    found = (kept.get(results.of_task(mutant, digest)) for digest in digests.values())
    return any(verdict is not None and verdict.outcome != SURVIVED for verdict in found)


def _judge(
    chosen: Sequence[Mutant],
    sources: Sequence[Source],
    entries: Sequence[Entry],
    digests: dict[str, str],
    kept: Results,
    given: argparse.Namespace,
) -> None:
    """Seek the verdicts that are missing."""
    tasks = [Task(mutant, entry) for mutant in chosen for entry in entries if kept.get(results.of_task(mutant, digests[entry.name])) is None]
    if not tasks:
        return
    begun = time.monotonic()
    programs = lowered(entries, given.cases)
    reaches: dict[str, Reach] = {}
    for entry in {task.entry.name: task.entry for task in tasks}.values():
        reaches[entry.name] = reach(entry, sources, programs, given.jobs, digests[entry.name], given.cases)
        print(f"{entry.name}: {len(reaches[entry.name].cases)} cases, {time.monotonic() - begun:.0f} s", flush=True)
    if not any(each.cases for each in reaches.values()):
        raise SuiteError(f"no case has {given.cases!r} in its name")
    nothing = [Task(catalogue.unchanged(sources[0]), entry) for entry in entries if entry.name in reaches]
    by_name = {source.name: source for source in sources}
    for task, verdict in verdicts(nothing, by_name, reaches, programs, given.jobs):
        if verdict.outcome != SURVIVED:
            raise SuiteError(f"{task.entry.name} fails without a mutation: {verdict.case}: {verdict.why}")
        print(f"{task.entry.name}: all pass without a mutation, in {verdict.seconds:.0f} s", flush=True)
    begun = time.monotonic()
    for number, (task, verdict) in enumerate(verdicts(tasks, by_name, reaches, programs, given.jobs), start=1):
        kept.add(Row(results.of_task(task.mutant, digests[task.entry.name]), task.mutant.id, task.entry.name, verdict))
        left = (time.monotonic() - begun) / number * (len(tasks) - number)
        by = f" by {verdict.case}" if verdict.case else ""
        print(
            f"[{number}/{len(tasks)}, {left / 60:.0f} min left] {task.mutant.id} {task.entry.name}: {verdict.outcome}{by} {verdict.seconds:.1f} s", flush=True
        )


if __name__ == "__main__":
    sys.exit(main())
