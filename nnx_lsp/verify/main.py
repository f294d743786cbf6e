"""`nnx-lint verify`: every rule is confirmed by running its fixtures under real JAX and Flax.

With `--json` it prints `{"environments": [{"flax", "jax", "python", "results": [{"rule", "fixture", "ran", "confirmed", "reason", "seconds", "said"}]}]}`;
`confirmed` is null where a fixture is out of range.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from nnx_lsp import engine
from nnx_lsp.config import Settings
from nnx_lsp.fixes import fixed
from nnx_lsp.fixtures import Fixture, FixtureError, Found, Mark, fixtures, folder, lint
from nnx_lsp.rule import Opinion, Raises, Retraces, Rule, Safety, Shows, Warns
from nnx_lsp.syntax.document import parse
from nnx_lsp.verify.environments import UnavailableError, environment

_CHILD = Path(__file__).with_name("_child.py")
_ADDRESS = re.compile(r"0x[0-9a-f]+")


class Verdict(msgspec.Struct, frozen=True):
    """What became of one fixture. `confirmed` is `None` where it is out of range; `reason` says why it is not confirmed, or out of range."""

    rule: str
    fixture: str
    ran: str
    confirmed: bool | None
    reason: str = ""
    seconds: float = 0.0
    said: str = ""
    """The exception, or the warning that the rule speaks of, with the first line of its message."""


def main(arguments: Sequence[str]) -> int:
    """Verify rules; 0 where all are confirmed, 1 where one is not, 2 for a usage or environment error."""
    parser = argparse.ArgumentParser(prog="nnx-lint verify", description="Runs every rule's fixtures under real JAX and Flax.")
    parser.add_argument("rules", nargs="*", metavar="RULE", help="codes or names (default: all)")
    parser.add_argument(
        "--flax",
        action="append",
        default=[],
        metavar="VERSION",
        help="build or reuse an environment with this Flax (repeatable); default: the one in use",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--fixtures", type=Path, metavar="DIR", help="another folder of fixtures")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="for one program (default: 60)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="programs that run side by side")
    parser.add_argument("--generate", type=int, metavar="N", help="judge N generated programs by JAX, in place of the fixtures")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the seed of the first generated program (default: 0)")
    given = parser.parse_args(list(arguments))
    try:
        if given.generate is not None:
            return max(_generated(python, given) for python in _pythons(given.flax))
        chosen = _chosen(given.rules)
        found = [fixture for fixture in fixtures(given.fixtures or folder()) if fixture.rule in {rule.name for rule in chosen}]
        environments = [verified(python, chosen, found, given) for python in _pythons(given.flax)]
    except (UnavailableError, FixtureError, KeyError) as error:
        print(f"nnx-lint verify: {error.args[0]}", file=sys.stderr)
        return 2
    if given.json:
        print(
            json.dumps(
                {"environments": [{**versions, "results": msgspec.to_builtins(verdicts)} for versions, verdicts in environments]},
                indent=2,
            )
        )
    else:
        for versions, verdicts in environments:
            _print(versions, verdicts)
    every = [verdict for _, verdicts in environments for verdict in verdicts]
    passed, failed = sum(each.confirmed is True for each in every), sum(each.confirmed is False for each in every)
    if not given.json:
        print(f"{passed} passed, {failed} failed, {len(every) - passed - failed} skipped")
    return 1 if failed or not passed else 0


def _generated(python: Path, given: argparse.Namespace) -> int:
    """The differential test under one interpreter; the exit status."""
    from nnx_lsp.verify import differential

    workers = [_Worker(python) for _ in range(max(1, given.jobs))]
    try:
        linter = differential.Linter(workers[0].versions["flax"])
        run = differential.run_with(workers, given.timeout)
        say = (lambda text: print(f"\r{text}", end="", file=sys.stderr, flush=True)) if sys.stderr.isatty() else (lambda _: None)
        summary = differential.compared(range(given.seed, given.seed + given.generate), run, linter, len(workers), say)
        if not given.json:
            print(f"Flax {workers[0].versions['flax']}, jax {workers[0].versions['jax']}, Python {workers[0].versions['python']}, seeds from {given.seed}")
        return differential.report(summary, run, linter, as_json=given.json)
    finally:
        for worker in workers:
            worker.close()


def _chosen(names: list[str]) -> list[Rule]:
    every = engine.rules()
    for name in names:
        if not any(name in (rule.code, rule.name) for rule in every):
            raise KeyError(f"there is no rule `{name}`; `nnx-lint rules` lists them")
    return [rule for rule in every if not names or rule.code in names or rule.name in names]


def _pythons(versions: list[str]) -> list[Path]:
    if versions:
        return [environment(version, say=lambda text: print(text, file=sys.stderr)).python for version in versions]
    if find_spec("flax") is None or find_spec("jax") is None or find_spec("optax") is None:
        raise UnavailableError("jax, flax and optax are not installed here: install `nnx-lint[verify]`, or name a version: --flax 0.12.8")
    return [Path(sys.executable)]


def verified(python: Path, rules: list[Rule], found: list[Fixture], given: argparse.Namespace) -> tuple[dict[str, str], list[Verdict]]:
    """Run the fixtures with an interpreter, and judge them."""
    workers = [_Worker(python) for _ in range(max(1, min(given.jobs, len(found))))]
    try:
        versions = workers[0].versions
        flax = versions["flax"]
        by_name = {rule.name: rule for rule in rules}
        twins = {(fixture.kind, fixture.rule, fixture.name): fixture for fixture in found if fixture.covers(flax)}

        done: list[str] = []

        def judge(part: list[Fixture], worker: _Worker) -> list[Verdict]:
            verdicts: list[Verdict] = []
            for fixture in part:
                verdicts.append(_verdict(by_name[fixture.rule], fixture, flax, worker, given.timeout, twins))
                done.append(fixture.label)
                if sys.stderr.isatty():
                    print(f"\r{len(done)}/{len(found)} on Flax {flax}", end="", file=sys.stderr, flush=True)
            return verdicts

        with ThreadPoolExecutor(len(workers)) as pool:
            parts = [found[index :: len(workers)] for index in range(len(workers))]
            results = [verdict for each in pool.map(judge, parts, workers) for verdict in each]
    finally:
        for worker in workers:
            worker.close()
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    results += list(_without_bad(rules, found, flax))
    return versions, sorted(results, key=lambda verdict: (verdict.rule, verdict.fixture))


def _without_bad(rules: list[Rule], found: list[Fixture], flax: str) -> Iterator[Verdict]:
    """A rule is confirmed by a bad fixture: one that has none in range is out of range by its own words, or not confirmed."""
    for rule in rules:
        if any(fixture.rule == rule.name and fixture.kind == "bad" and fixture.covers(flax) for fixture in found):
            continue
        if rule.applies(flax):
            yield Verdict(
                rule.name,
                "-",
                "-",
                False,
                "no bad fixture covers this Flax version, and the rule claims to hold for it",
            )


class _Worker:
    """A process of the environment that runs programs, one after another."""

    def __init__(self, python: Path) -> None:
        variables = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [str(python), "-I", str(_CHILD)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=variables,
            encoding="utf-8",
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            error = self._process.stderr.read() if self._process.stderr else ""
            raise UnavailableError(f"{python} cannot import jax, flax and optax: {error.strip().splitlines()[-1] if error.strip() else 'it printed nothing'}")
        self.versions: dict[str, str] = json.loads(line)

    def run(self, path: Path, timeout: float) -> dict[str, Any]:
        """What a program did, see `_child.executed`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"path": str(path), "timeout": timeout}) + "\n")
        self._process.stdin.flush()
        result: dict[str, Any] = json.loads(self._process.stdout.readline())
        return result

    def run_many(self, paths: list[str], timeout: float) -> list[dict[str, Any]]:
        """What programs did, see `_child.run_many`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"paths": paths, "timeout": timeout}) + "\n")
        self._process.stdin.flush()
        results: list[dict[str, Any]] = json.loads(self._process.stdout.readline())
        return results

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def _verdict(rule: Rule, fixture: Fixture, flax: str, worker: _Worker, timeout: float, twins: Mapping[tuple[str, str, str], Fixture]) -> Verdict:
    if not fixture.covers(flax):
        return Verdict(rule.name, fixture.label, "-", None, f"out of range: flax{fixture.flax}")
    expects = rule.applies(flax) and fixture.kind == "bad"
    if fixture.kind == "fixed":
        lint = _fix_fault(rule, fixture, twins.get(("bad", rule.name, fixture.name)), flax) if rule.applies(flax) else ""
    else:
        lint = _lint_fault(rule, fixture, flax, expects=expects)
    result = worker.run(fixture.path, timeout)
    ran = _shown(result)
    said = _said(rule, fixture, result)
    if fixture.kind == "bad" and not rule.applies(flax):
        return Verdict(
            rule.name,
            fixture.label,
            ran,
            False if lint else None,
            lint or f"out of range: the rule is for flax{rule.flax}",
            result["seconds"],
            said,
        )
    if fixture.kind == "fixed" and isinstance(rule.evidence, Shows):
        # A fixed file is what the fix makes of the bad one: its asserts still state the harm, and must fail now.
        is_gone = result["outcome"] == "raised" and result["names"][0] == "AssertionError"
        fault = lint or ("" if is_gone else f"the harm must be gone, so that an assert of it fails, and {ran}")
        return Verdict(rule.name, fixture.label, ran, not fault, fault, result["seconds"], said)
    has_twin = ("good", rule.name, fixture.name) in twins
    fault = lint or (_bad_fault(rule, fixture, result, has_twin=has_twin) if fixture.kind == "bad" else _good_fault(result))
    return Verdict(rule.name, fixture.label, ran, not fault, fault, result["seconds"], said)


def _said(rule: Rule, fixture: Fixture, result: dict[str, Any]) -> str:
    """What the program said at its end, or where the rule expects a warning, without what differs from run to run."""
    said = ""
    if result["outcome"] == "raised":
        said = f"{result['names'][0]}: {result['message']}"
    elif isinstance(rule.evidence, Warns):
        said = next((f"{names[0]}: {message}" for names, _, _, message in result.get("warnings", []) if rule.evidence.category in names), "")
    return _ADDRESS.sub("0x…", said.replace(f"{fixture.path.parent}{os.sep}", "")).removesuffix(": ")


def _lint_fault(rule: Rule, fixture: Fixture, flax: str, *, expects: bool) -> str:
    """How the linter's own findings differ from the marks, for this Flax version."""
    here = [each for each in lint(fixture, Settings(select=(rule.code,), flax_version=flax)) if each.diagnostic.code == rule.code]
    marks = [mark for mark in fixture.marks if mark.code == rule.code and not mark.is_wrong] if expects else []
    missing = [mark for mark in marks if not any(_at(each) == _place(mark) and mark.text in each.diagnostic.message for each in here)]
    extra = [each for each in here if not any(_at(each) == _place(mark) for mark in fixture.marks)]
    if expects and not marks:
        return "a bad fixture needs a mark of its rule"
    if missing:
        return f"the rule finds nothing at its mark in {_line(missing[0].file, missing[0].row)}"
    return f"the rule finds something without a mark in {_line(extra[0].file, extra[0].row)}" if extra else ""


def _fix_fault(rule: Rule, fixture: Fixture, bad: Fixture | None, flax: str) -> str:
    """How a fixed program differs from what the fixes of its rule make of the bad one, for this Flax version."""
    if bad is None:
        return f"it has no bad twin: {rule.name}/bad_{fixture.name}"
    settings = Settings(select=(rule.code,), flax_version=flax)
    after = fixed(parse(bad.label, bad.text), lambda document: engine.check(document, settings), frozenset((Safety.SAFE, Safety.UNSAFE)))
    return "" if after.text == fixture.text else "it is not what the fixes make of the bad one"


def _at(found: Found) -> tuple[str, int, int]:
    return found.file, found.row, found.column


def _place(mark: Mark) -> tuple[str, int, int]:
    return mark.file, mark.row, mark.column


def _line(file: str, row: int) -> str:
    return f"line {row} of {file}" if file else f"line {row}"


def _good_fault(result: dict[str, Any]) -> str:
    return "" if result["outcome"] == "ran" else f"it must run, and {_shown(result)}"


def _bad_fault(rule: Rule, fixture: Fixture, result: dict[str, Any], *, has_twin: bool) -> str:
    """Why running a bad fixture does not show what the rule claims, or nothing."""
    rows = {(mark.file, mark.row) for mark in fixture.marks if mark.code == rule.code}
    match rule.evidence:
        case Raises(exceptions=exceptions, later=later):
            if result["outcome"] != "raised":
                return f"it must raise {' or '.join(exceptions)}, and {_shown(result)}"
            if not set(exceptions) & set(result["names"]):
                return f"it must raise {' or '.join(exceptions)}, and raised {result['names'][0]}"
            if not later and not any(where == file and first <= row <= last for where, first, last in result["lines"] for file, row in rows):
                raised = _line(*result["lines"][-1][:2]) if result["lines"] else "a library"
                return f"it raised in {raised}, the mark is in {_line(*min(rows))}"
            return ""
        case Shows() | Retraces():
            if not fixture.asserts:
                return "it shows nothing: it has no assert"
            if result["outcome"] != "ran":
                return f"its asserts must hold, and {_shown(result)}"
            return "" if has_twin else "it has no good twin whose asserts show the harm gone"
        case Warns(category=category):
            lines = [(file, line) for names, file, line, _ in result.get("warnings", []) if category in names]
            return "" if not rows.isdisjoint(lines) else f"it must warn of {category} in {_line(*min(rows))}, and warned in {[line for _, line in lines]}"
        case Opinion():
            return _good_fault(result)


def _shown(result: dict[str, Any]) -> str:
    match result["outcome"]:
        case "ran":
            return "ran"
        case "raised":
            return f"{result['names'][0]}@{result['lines'][-1][1] if result['lines'] else '?'}"
        case other:
            return str(other)


def _print(versions: dict[str, str], verdicts: list[Verdict]) -> None:
    title = f"Flax {versions['flax']}, jax {versions['jax']}, Python {versions['python']}"
    words = {True: "confirmed", False: "NOT CONFIRMED", None: "out of range"}
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        table = Table(title=title)
        for column in ("rule", "fixture", "ran", "verdict"):
            table.add_column(column)
        for each in verdicts:
            colour = {True: "green", False: "red", None: "dim"}[each.confirmed]
            table.add_row(
                each.rule,
                each.fixture.rpartition("/")[2],
                each.ran,
                f"[{colour}]{words[each.confirmed]}[/] {each.reason}",
            )
        Console().print(table)
        return
    print(title)
    for each in verdicts:
        print(f"  {each.fixture if each.fixture != '-' else each.rule:<60} {each.ran:<34} {words[each.confirmed]}{': ' + each.reason if each.reason else ''}")
