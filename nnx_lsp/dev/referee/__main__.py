"""`python -m nnx_lsp.dev.referee PROGRAMS…`: whether what the tracer says of values is true.

Each program runs in a child process, with every evaluated expression recorded; a concrete value outside of
what the tracer claims at its place is a violation. Printed are the violations, by cause and with a program cut
as small as it goes (`--reduce`), what the tracer knows by kind of value, and what stands before the rest.

    python -m nnx_lsp.dev.referee fixtures examples/digits
    python -m nnx_lsp.dev.referee --generate 1000 --seed 7

1 if there is a violation that `--expected FILE` does not list, or one that it lists and that is gone.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from nnx_lsp.dev import python_programs
from nnx_lsp.dev.referee.compare import Comparison, Violation
from nnx_lsp.dev.referee.knowledge import Table
from nnx_lsp.dev.referee.programs import Program, ProgramError, judged, programs, written
from nnx_lsp.dev.referee.recording import Recorder
from nnx_lsp.dev.referee.reduce import reduced
from nnx_lsp.knowledge import releases
from nnx_lsp.verify.environments import UnavailableError, environment

LIBRARIES = ("jax", "flax", "optax")
BOUNDED = Path(__file__).with_name("_bounded.py")
"""A plugin of pytest that keeps the tests of packages from hanging."""


class Job(msgspec.Struct, frozen=True):
    """One program to judge: a file with its others, or the seed of a generated one."""

    name: str
    program: Program | None = None
    seed: int = 0


class Result(msgspec.Struct, frozen=True):
    """What came of one job."""

    job: Job
    comparison: Comparison
    text: str = ""
    """The text of a generated program with violations."""


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The violations that are known, by program: how many of each cause."""

    violations: dict[str, dict[str, int]]


def main() -> int:
    """Judge, print, compare with what is expected."""
    given = _arguments()
    try:
        jobs = [Job(each.name, each) for path in given.programs for each in programs(path)]
        jobs += [Job(each.name, each) for each in packages(given.packages, each=given.timeout / 8, whole=given.timeout * 3 / 4)] if given.packages else []
        jobs += [Job(f"generated {seed}", None, seed) for seed in range(given.seed, given.seed + given.generate)]
        python = given.python or sys.executable
        if given.flax and not given.python:
            python = str(environment(given.flax, say=lambda text: print(text, file=sys.stderr)).python)
    except (ProgramError, UnavailableError) as error:
        print(error, file=sys.stderr)
        return 2
    flax = given.flax or releases.RELEASES[-1]
    begun = time.monotonic()
    results = list(_run(jobs, python, flax, given))
    return _report(results, given, python, flax, time.monotonic() - begun)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m nnx_lsp.dev.referee", description="Compare what the tracer says of values with what programs really have.")
    parser.add_argument("programs", nargs="*", type=Path, metavar="PROGRAM", help="a Python file, a folder with a main.py, or a folder of such")
    parser.add_argument("--packages", type=Path, metavar="FILE", help="run the tests of packages: a JSON list, see `packages`")
    parser.add_argument("--python", metavar="PYTHON", help="run programs by this interpreter, which has jax, flax and pytest")
    parser.add_argument("--generate", type=int, default=0, metavar="N", help="judge N generated Python programs too")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the seed of the first generated program (default 0)")
    parser.add_argument("--flax", metavar="VERSION", help="run under this Flax release, in an environment of its own (default: that of this Python)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: the cores)")
    parser.add_argument("--timeout", type=float, default=60, metavar="S", help="seconds that one program may run (default 60)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep recordings there, and use those that are there")
    parser.add_argument("--expected", type=Path, metavar="FILE", help="the violations that are known; others, and missing ones, are failures")
    parser.add_argument("--total", action="store_true", help="count generated programs of one seed together in the file of --expected")
    parser.add_argument("--write", action="store_true", help="write what is found into the file of --expected")
    parser.add_argument("--reduce", type=int, default=0, metavar="N", help="cut programs of the N most frequent causes as small as they go")
    parser.add_argument("--all", action="store_true", help="print every violation, and not only the first of each cause")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results there")
    given = parser.parse_args()
    if not (given.programs or given.generate or given.packages):
        parser.error("give programs, --packages FILE or --generate N")
    return given


def packages(file: Path, *, each: float = 30, whole: float = 300) -> Iterator[Program]:
    """The packages of a JSON list whose tests are run: `name`, `root`, `paths` (folders that modules are imported from), `package` (folders whose
    files are recorded), `tests` (files or folders, recorded too), `arguments` (of pytest). A test is cut after `each` seconds, and none begins after
    `whole`. Raises `ProgramError`."""
    try:
        rows = msgspec.json.decode(file.read_bytes(), type=list[Package])
    except (OSError, msgspec.MsgspecError) as error:
        raise ProgramError(f"{file}: {error}") from None
    for row in rows:
        files: dict[Path, None] = {}
        for place in (Path(test.partition("::")[0]) for test in (*row.package, *row.tests)):
            files.update(dict.fromkeys(sorted(place.rglob("*.py")) if place.is_dir() else [place]))
        first, *others = files
        bounds = ("-p", BOUNDED.stem, f"--each={each:g}", f"--whole={whole:g}")
        yield Program(row.name, first, tuple(others), (*row.tests, *row.arguments, *bounds), (*row.paths, str(BOUNDED.parent)), row.root)


class Package(msgspec.Struct, frozen=True):
    """One row of the list of packages."""

    name: str
    root: str
    paths: list[str]
    package: list[str]
    tests: list[str]
    arguments: list[str] = []


_worker: tuple[Recorder, Recorder, str, float] | None = None


def _start(python: str, flax: str, keep: Path | None, timeout: float) -> None:
    global _worker  # One recorder for each worker process: starting jax takes seconds.
    _worker = Recorder(python, LIBRARIES, keep), Recorder(sys.executable, (), None), flax, timeout


def _judge(job: Job) -> Result:
    assert _worker is not None
    recorder, bare, flax, timeout = _worker
    if job.program is not None:
        return Result(job, judged(job.program, recorder, flax, timeout))
    text = python_programs.program(job.seed)
    with written(job.name, text) as program:
        comparison = judged(program, bare, flax, timeout)
    return Result(job, comparison, text if comparison.violations else "")


def _run(jobs: list[Job], python: str, flax: str, given: argparse.Namespace) -> Iterator[Result]:
    arguments = (python, flax, given.keep, given.timeout)
    with ProcessPoolExecutor(given.jobs, initializer=_start, initargs=arguments) as pool:
        for index, result in enumerate(pool.map(_judge, jobs, chunksize=4), 1):
            if sys.stderr.isatty() or index % 500 == 0:
                print(f"{index} of {len(jobs)}", file=sys.stderr, end="\r" if sys.stderr.isatty() else "\n")
            yield result


def origins(comparison: Comparison) -> list[Violation]:
    """The violations that do not follow from others."""
    return [each for each in comparison.violations if each.is_origin]


def _report(results: list[Result], given: argparse.Namespace, python: str, flax: str, seconds: float) -> int:
    by_cause: dict[str, list[tuple[Result, Violation]]] = defaultdict(list)
    table = Table()
    for result in results:
        table.adopt(result.comparison.known)
        for violation in origins(result.comparison):
            by_cause[violation.cause].append((result, violation))
    ordered = sorted(by_cause.items(), key=lambda each: -len(each[1]))
    comparisons = [result.comparison for result in results]
    outcomes = Counter(each.outcome if each.outcome in ("ran", "timeout", "died", "recorder failed") else "raised" for each in comparisons)
    print(f"{len(results)} programs ({', '.join(f'{count} {outcome}' for outcome, count in outcomes.most_common())}) in {seconds:.0f} s")
    print(f"{sum(each.places for each in comparisons)} places, {sum(each.values for each in comparisons)} values compared")
    print(f"{sum(each.unmatched for each in comparisons)} visits by ways that were not walked")
    count = sum(map(len, by_cause.values()))
    bad = sum(1 for each in comparisons if each.violations)
    print(f"{count} violations in {bad} programs, {sum(len(each.violations) for each in comparisons)} with those that follow from them")
    for cause, found in ordered:
        print(f"\n== {cause}: {len(found)} in {len({result.job.name for result, _ in found})} programs")
        for result, each in found if given.all else found[:1]:
            file = f"/{Path(each.spot[0]).name}" if result.job.program is not None and result.job.program.others else ""
            print(f"   {result.job.name}{file}:{each.spot[1]}:{each.spot[2] + 1}: `{each.text}` is said to be {each.problem.said}, and is {each.problem.real}")
    for cause, found in ordered[: given.reduce]:
        print(f"\n-- {cause}\n{_reduced(cause, found, python, flax, given.timeout)}")
    print("\n" + "\n".join([*table.rows(), "", *table.because()]))
    if given.json:
        given.json.write_bytes(msgspec.json.encode([_row(each) for each in results]))
    return _against(results, given)


def _row(result: Result) -> dict[str, object]:
    comparison = result.comparison
    return {
        "program": result.job.name,
        "outcome": comparison.outcome,
        "message": comparison.message,
        "places": comparison.places,
        "values": comparison.values,
        "violations": origins(comparison),
        "known": comparison.known,
    }


def _reduced(cause: str, found: Iterable[tuple[Result, Violation]], python: str, flax: str, timeout: float) -> str:
    """The smallest program of this cause, made of the shortest one that shows it."""
    texts = [
        result.text or (result.job.program.main.read_text(encoding="utf-8") if result.job.program and not result.job.program.others else "")
        for result, _ in found
    ]
    texts = sorted(filter(None, texts), key=len)
    if not texts:
        return "(in programs of several files only)"
    needs_jax = "jax" in texts[0].replace("# jax", "")
    with Recorder(python, LIBRARIES if needs_jax else ()) as recorder:

        def shows(text: str) -> bool:
            with written("reduced", text) as program:
                comparison = judged(program, recorder, flax, timeout)
            return comparison.outcome == "ran" and any(each.cause == cause for each in origins(comparison))

        return reduced(texts[0], shows) if shows(texts[0]) else texts[0]


def _against(results: list[Result], given: argparse.Namespace) -> int:
    """Compare with the violations that are expected; without such a file, any violation fails."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        is_counted_together = given.total and result.job.program is None
        name = f"generated {given.seed} to {given.seed + given.generate - 1}" if is_counted_together else result.job.name
        counts[name].update(each.cause for each in origins(result.comparison))
    found = {name: dict(sorted(causes.items())) for name, causes in counts.items()}
    now = Expected({name: causes for name, causes in sorted(found.items()) if causes})
    if given.expected is None:
        return 1 if now.violations else 0
    listed = msgspec.json.decode(given.expected.read_bytes(), type=Expected).violations if given.expected.exists() else {}
    if given.write:
        others = {name: causes for name, causes in listed.items() if name not in found}
        now = Expected(dict(sorted((others | now.violations).items())))
        given.expected.write_bytes(msgspec.json.format(msgspec.json.encode(now), indent=1) + b"\n")
        return 0
    known = {name: causes for name, causes in listed.items() if name in found}
    status = 0
    for name in sorted(known.keys() | now.violations.keys()):
        before, after = known.get(name, {}), now.violations.get(name, {})
        for cause in sorted(before.keys() | after.keys()):
            if before.get(cause, 0) != after.get(cause, 0):
                status = 1
                print(f"{name}: {cause}: expected {before.get(cause, 0)}, found {after.get(cause, 0)}")
    print("as expected" if status == 0 else "not as expected: repair it, or run again with --write and review the difference")
    return status


if __name__ == "__main__":
    sys.exit(main())
