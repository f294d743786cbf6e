"""The differential test: generated programs, run under real JAX and linted; where the two disagree, JAX is right.

An error that does not happen is a *false* one. So is a harm that is said to happen silently and does not: programs of the sort `effects` end
with a line that asserts that it did not. Harm that no rule names is counted apart: much of it is legal, and meant. What JAX raises of the kinds that
the rules speak of (tracing, levels, randomness, attributes), and that is not found on the line where it is raised, is *missed*. Every disagreement is
made small and printed as a fixture.
"""

from __future__ import annotations

import ast
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from nnx_lsp import engine
from nnx_lsp.config import Settings
from nnx_lsp.diagnostic import Diagnostic, merged
from nnx_lsp.engine import Engine
from nnx_lsp.project.project import Project
from nnx_lsp.rule import Raises, Retraces, Shows
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.contexts import ASSUMED
from nnx_lsp.verify.generate import Program, program

BATCH = 40
"""Programs that share a child."""
_TRIES = 60
"""How many smaller programs are tried for one disagreement."""
_SHOWN = 12
"""How many disagreements are made small and printed."""
SPOKEN_OF = frozenset(
    (
        "ConcretizationTypeError",
        "TracerBoolConversionError",
        "TracerArrayConversionError",
        "TracerIntegerConversionError",
        "NonConcreteBooleanIndexError",
        "UnexpectedTracerError",
        "TraceContextError",
    )
)
"""Exceptions that are always of the kinds that the rules speak of; a TypeError, ValueError or AttributeError is where a rule says so."""

Files: TypeAlias = tuple[tuple[str, str], ...]
Run: TypeAlias = Callable[[Sequence[Files]], list[dict[str, Any]]]


class Claim(msgspec.Struct, frozen=True):
    """What the linter says: an exception that is raised in a line."""

    file: str
    row: int
    code: str
    message: str
    is_silent: bool = False
    """Whether it says that something happens silently."""


class Verdict(msgspec.Struct, frozen=True):
    """A program judged: `agreed`, `false` (an error or a harm that does not happen), `missed`, `unnamed` (a silent harm of which nothing is said),
    or `other` (it failed in a way that no rule speaks of)."""

    program: Program
    outcome: str
    raised: str
    """What JAX did, in words."""
    claims: tuple[Claim, ...]


class Summary(msgspec.Struct):
    """What came of all programs."""

    count: int = 0
    raising: int = 0
    """Programs that raise what the rules speak of."""
    found: int = 0
    """Those of them that were found on the right line."""
    false: list[Verdict] = []
    missed: list[Verdict] = []
    other: list[Verdict] = []
    unnamed: list[Verdict] = []
    harmed: int = 0
    """Programs of the sort `effects` in which the harm happens."""
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """The part of what is raised that is found."""
        return self.found / self.raising if self.raising else 1.0


class Linter:
    """Lints programs that are on no disk."""

    def __init__(self, flax: str) -> None:
        self._settings = Settings(flax_version=flax)

    def claims(self, files: Files) -> tuple[Claim, ...]:
        """What is said to raise, for certain or by way of further calls, and the harm that is said to happen silently."""
        project = Project(None, "/generated")
        for name, text in files:
            project.write(name, text)
        checker = Engine(project, self._settings)
        raising = {rule.code for rule in engine.rules() if isinstance(rule.evidence, Raises)}
        showing = {rule.code for rule in engine.rules() if isinstance(rule.evidence, Shows | Retraces)}
        of_values = {rule.code for rule in engine.rules() if rule.rests_on_values and rule.code in raising}
        compiling = {rule.code for rule in engine.rules() if isinstance(rule.evidence, Retraces)}
        found: list[Claim] = []
        for path, diagnostics in merged((name, checker.check(name).found) for name, _ in files).items():
            document = project.document(path)
            if document is None:
                continue
            lines = document.lines
            found.extend(
                Claim(path, lines.position(each.span.start).row, each.code, each.message, each.code in showing)
                for each in diagnostics
                if (each.severity is Severity.ERROR and (each.code in raising or each.code.startswith("NNX0")))
                or (each.severity is Severity.WARNING and each.code in of_values and not _is_assumed(each))
                or (each.code in showing and (each.severity is not Severity.INFO or each.code in compiling))
            )
        return tuple(found)


def _is_assumed(finding: Diagnostic) -> bool:
    """Whether it speaks of a Module as `nnx.jit` would trace it, which no code of the program does."""
    return any(step.message.endswith(ASSUMED) for step in finding.related)


def judged(given: Program, result: dict[str, Any], claims: tuple[Claim, ...]) -> Verdict:
    """Compare what JAX did with what was said."""
    outcome = result["outcome"]
    if given.tags[0] == "effects" and outcome == "raised" and "AssertionError" in result["names"]:
        is_named = any(claim.is_silent for claim in claims)
        return Verdict(given, "agreed" if is_named else "unnamed", "harm", claims)
    if given.tags[0] != "effects":  # Nothing in them says whether the harm happens.
        claims = tuple(claim for claim in claims if not claim.is_silent)
    if outcome == "ran":
        return Verdict(given, "false" if claims else "agreed", "ran", claims)
    if outcome != "raised":
        return Verdict(given, "other", str(outcome), claims)
    name, lines = result["names"][0], [(file, first, last) for file, first, last in result["lines"]]
    where = f" in {lines[-1][0]}:{lines[-1][1]}" if lines else ""
    raised = f"{name}{where}: {result['message']}"
    later = {rule.code for rule in engine.rules() if isinstance(rule.evidence, Raises) and rule.evidence.later}
    exceptions = {rule.code: set(rule.evidence.exceptions) for rule in engine.rules() if isinstance(rule.evidence, Raises)}
    is_found = any(
        not exceptions.get(claim.code, set()).isdisjoint(result["names"])
        and (claim.code in later or any(file == claim.file and first <= claim.row <= last for file, first, last in lines))
        for claim in claims
    )
    if is_found:
        return Verdict(given, "agreed", raised, claims)
    if SPOKEN_OF.isdisjoint(result["names"]) and given.tags[0] in ("tracing", "effects"):
        return Verdict(given, "false" if claims else "other", raised, claims)
    return Verdict(given, "missed", raised, claims)


def compared(seeds: Iterable[int], run: Run, linter: Linter, workers: int, say: Callable[[str], None]) -> Summary:
    """Generate, run and lint the programs of these seeds. `run` is safe to call from several threads."""
    summary = Summary()
    begun = time.monotonic()
    batches = list(_batches([program(seed) for seed in seeds]))

    def one(batch: list[Program]) -> list[Verdict]:
        results = run([each.files for each in batch])
        return [judged(each, result, linter.claims(each.files)) for each, result in zip(batch, results, strict=True)]

    with ThreadPoolExecutor(workers) as pool:
        for verdicts in pool.map(one, batches):
            for verdict in verdicts:
                summary.count += 1
                summary.harmed += verdict.raised == "harm"
                if verdict.outcome == "missed" or (verdict.outcome == "agreed" and verdict.raised not in ("ran", "harm")):
                    summary.raising += 1
                    summary.found += verdict.outcome == "agreed"
                if verdict.outcome == "false":
                    summary.false.append(verdict)
                elif verdict.outcome == "missed":
                    summary.missed.append(verdict)
                elif verdict.outcome == "other":
                    summary.other.append(verdict)
                elif verdict.outcome == "unnamed":
                    summary.unnamed.append(verdict)
            say(f"{summary.count} programs, {len(summary.false)} false, {len(summary.missed)} missed")
    summary.seconds = time.monotonic() - begun
    return summary


def _batches(programs: list[Program]) -> Iterator[list[Program]]:
    for start in range(0, len(programs), BATCH):
        yield programs[start : start + BATCH]


def run_with(workers: Sequence[Any], timeout: float) -> Run:
    """A function that runs programs in worker processes (`verify.main.Worker`), each used by one thread at a time."""
    import queue

    free: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for worker in workers:
        free.put(worker)

    def run(programs: Sequence[Files]) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory(prefix="nnx-lint-") as folder:
            paths: list[str] = []
            for index, files in enumerate(programs):
                place = Path(folder) / str(index)
                place.mkdir()
                for name, text in files:
                    (place / name).write_text(text, encoding="utf-8")
                paths.append(str(place / "main.py"))
            worker = free.get()
            try:
                results: list[dict[str, Any]] = worker.run_many(paths, timeout)
            finally:
                free.put(worker)
        return results

    return run


# Making small ------------------------------------------------------------------------------------------------------


def minimised(verdict: Verdict, run: Run, linter: Linter) -> Verdict:
    """A smaller program with the same disagreement: statements are left out as long as it stays."""
    best, tries = verdict, 0
    is_smaller = True
    while is_smaller and tries < _TRIES:
        is_smaller = False
        for files in _smaller(best.program.files):
            tries += 1
            if tries > _TRIES:
                break
            candidate = msgspec.structs.replace(best.program, files=files)
            now = judged(candidate, run([files])[0], linter.claims(files))
            if now.outcome == best.outcome and now.raised.split(" ")[0] == best.raised.split(" ")[0]:
                best, is_smaller = now, True
                break
    return best


def _smaller(files: Files) -> Iterator[Files]:
    """The program without one of its statements, the largest first."""
    cuts: list[tuple[int, int, str]] = []
    for index, (_, text) in enumerate(files):
        lines = text.split("\n")
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if not isinstance(body, list):
                continue
            for statement in body:
                decorators = getattr(statement, "decorator_list", [])
                first = min([statement.lineno, *(each.lineno for each in decorators)])
                last = statement.end_lineno or first
                filler = [" " * statement.col_offset + "pass"] if len(body) == 1 else []
                rest = "\n".join([*lines[: first - 1], *filler, *lines[last:]])
                if rest != text:
                    cuts.append((last - first, index, rest))
    for _, index, rest in sorted(cuts, key=lambda cut: -cut[0]):
        yield tuple((name, rest if place == index else text) for place, (name, text) in enumerate(files))


# Showing -----------------------------------------------------------------------------------------------------------


def shown(verdict: Verdict) -> str:
    """A disagreement as a fixture: its files, with what JAX did and what was said."""
    parts = [f"# seed {verdict.program.seed}: {verdict.outcome}; JAX: {verdict.raised}", f"# made of: {', '.join(verdict.program.tags)}"]
    for name, text in verdict.program.files:
        rows: list[str] = []
        for row, line in enumerate(text.rstrip("\n").split("\n"), start=1):
            rows.append(line)
            rows += [f"# ^ line {row}: {claim.code} {claim.message}" for claim in verdict.claims if (claim.file, claim.row) == (name, row)]
        parts.append(f"# --- {name}\n" + "\n".join(rows))
    return "\n".join(parts)


def report(summary: Summary, run: Run, linter: Linter, *, as_json: bool) -> int:
    """Print what came of it; the exit status."""
    is_good = not summary.false and summary.rate >= 0.99
    if as_json:
        facts = {"programs": summary.count, "raising": summary.raising, "found": summary.found, "harmed": summary.harmed, "seconds": round(summary.seconds, 1)}
        seeds = {name: [each.program.seed for each in getattr(summary, name)] for name in ("false", "missed", "other", "unnamed")}
        print(json.dumps({**facts, **seeds}))
        return 0 if is_good else 1
    print(f"{summary.count} programs in {summary.seconds:.0f} s; {summary.raising} raise what the rules speak of, {summary.found} of them found on the line")
    print(f"{len(summary.false)} false, {len(summary.missed)} missed ({summary.rate:.2%} found), {len(summary.other)} failed otherwise")
    if summary.harmed:
        print(f"{summary.harmed} are harmed silently, {summary.harmed - len(summary.unnamed)} of them named")
    for name, verdicts in (("missed", summary.missed), ("failed otherwise", summary.other), ("unnamed", summary.unnamed)):
        causes = Counter(_cause(each) for each in verdicts)
        for cause, count in causes.most_common(25):
            print(f"  {name} {count:>4} x {cause}")
    for verdict in [*summary.false, *summary.missed][:_SHOWN]:
        print("\n" + shown(minimised(verdict, run, linter)))
    sys.stdout.flush()
    return 0 if is_good else 1


def _cause(verdict: Verdict) -> str:
    if verdict.raised == "harm":
        return ", ".join(verdict.program.tags[1:4])
    name, _, rest = verdict.raised.partition(" in ")
    probe = next((tag for tag in reversed(verdict.program.tags) if "{v}" in tag or " " in tag), "")
    return f"{name.partition(':')[0]} {probe or rest[:60]}"
