"""Mutants: each is a change that parses, the command kills one that must be killed, and what is written by hand fits the sources."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from nnx_lsp.dev.mutants import catalogue
from nnx_lsp.dev.mutants.catalogue import CatalogueError, Mutant
from nnx_lsp.dev.mutants.judge import Verdict
from nnx_lsp.dev.mutants.operators import Mutation, mutations
from nnx_lsp.dev.mutants.processes import Ended, Process, Say, pool
from nnx_lsp.dev.mutants.results import Fate, table
from nnx_lsp.dev.mutants.sources import AREAS, PACKAGE, Source, modules

SOURCES = modules()
BY_NAME = {source.name: source for source in SOURCES}
EVERY = tuple(catalogue.every(SOURCES))


def _written(tmp_path: Path, text: str) -> Source:
    file = tmp_path / "written.py"
    file.write_text(text, encoding="utf-8")
    return Source(f"{PACKAGE}.written", file)


def _made(tmp_path: Path, text: str) -> list[str]:
    source = _written(tmp_path, text)
    return [_line(source, each) for each in mutations(source)]


def _line(source: Source, mutation: Mutation) -> str:
    """The line that a mutation changes, as it is then."""
    edit = mutation.edit
    start = source.text.rfind("\n", 0, edit.span.start) + 1
    end = source.text.find("\n", edit.span.end)
    return (source.text[start : edit.span.start] + edit.text + source.text[edit.span.end : end]).strip()


def test_conditions_and_comparisons(tmp_path: Path) -> None:
    assert _made(tmp_path, "def f(x):\n    if not x and y < 3:\n        g(x)\n") == [
        "if (not (not x and y < 3)):",
        "if not x or y < 3:",
        "if True and y < 3:",
        "if not x and True:",
        "if x and y < 3:",
        "if not x and y <= 3:",
        "if not x and y >= 3:",
        "if not x and y < 2:",
        "if not x and y < 4:",
        "pass",
    ]


def test_loops_cases_and_results(tmp_path: Path) -> None:
    text = """
def f(x: int) -> Value | None:
    for each in x:
        break
    match x:
        case (A() | B()) if x:
            return x
        case é if (a):
            return UNKNOWN
        case C():
            return é
UNKNOWN = A
"""
    assert _made(tmp_path, text) == [
        "for each in ():",
        "continue",
        "case (A() | B()) if False:",
        "case (A() | B()) if (not (x)):",
        "case (B()) if x:",
        "case (A() ) if x:",
        "return UNKNOWN",
        "return None",
        "case é if (False):",
        "case é if ((not (a))):",
        "return None",
        "case C() if False:",
        "return UNKNOWN",
        "return None",
    ]


def test_calls_tables_and_defaults(tmp_path: Path) -> None:
    text = """
def f(x=""):
    return max(x[a:], b.get(c, d), key=e)
TABLE = {"one": 1, **others}
PAIR = ("a", "b")
"""
    assert _made(tmp_path, text) == [
        "return min(x[a:], b.get(c, d), key=e)",
        "return max(b.get(c, d), x[a:], key=e)",
        "return max(x[a:], b.get(c, d))",
        "return max(x[:], b.get(c, d), key=e)",
        "return max(x[(a) + 1:], b.get(c, d), key=e)",
        "return max(x[a:], b.get(c, None), key=e)",
        "return max(x[a:], b.get(d, c), key=e)",
        "TABLE = {**others}",
        'TABLE = {"one": 1}',
        'TABLE = {"one": 0, **others}',
        'TABLE = {"one": 2, **others}',
        'PAIR = ("b",)',
        'PAIR = ("a",)',
    ]


def test_what_does_nothing_at_run_time_is_left_alone(tmp_path: Path) -> None:
    text = '''
"""A docstring of 1 line."""
from a import b
__all__ = ["a", "b"]
Value: TypeAlias = A | B
if TYPE_CHECKING:
    c = 1
@decorated(1)
class C(D, kind=1):
    __slots__ = ("a", "b")
    def f(self, x: int = a) -> list[1]:
        """Another 1."""
        assert x > 1
        match x:
            case _:
                assert_never(x)
        name: Final[1] = cast(1, f"{x + 1}")
        some = zip(x, strict=True)
    def g(self):
        raise NotImplementedError
'''
    assert _made(tmp_path, text) == []


def test_only_a_value_that_takes_the_place_of_another_is_dropped(tmp_path: Path) -> None:
    text = "def f(x):\n    y = g()\n    x = y\n    if x:\n        y = h()\n    self.z = y\n"
    assert [line for line in _made(tmp_path, text) if line == "pass"] == ["pass"] * 3


def test_every_mutant_has_a_name_of_its_own() -> None:
    assert [name for name, count in Counter(mutant.id for mutant in EVERY).items() if count > 1] == []


def test_the_draw_is_in_equal_parts_and_each_mutant_parses() -> None:
    drawn = catalogue.drawn(EVERY, 0, 60)
    assert drawn == catalogue.drawn(EVERY, 0, 60)
    assert drawn != catalogue.drawn(EVERY, 1, 60)
    assert set(Counter(mutant.area for mutant in drawn).values()) == {5, 6}
    assert {mutant.area for mutant in drawn} == set(AREAS)
    for mutant in drawn:
        ast.parse(mutant.text(BY_NAME[mutant.key.module]))


def test_the_mutants_that_are_written_by_hand_fit_the_sources() -> None:
    named = catalogue.named(SOURCES)
    assert len(named) >= 24
    for mutant in named:
        ast.parse(mutant.text(BY_NAME[mutant.key.module]))


def test_one_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "named.toml"
    file.write_text('[[mutant]]\nname = "a"\nsays = "b"\nmodule = "nnx_lsp.tracer.state"\nold = "self"\nnew = ""\n')
    with pytest.raises(CatalogueError, match=r"named.toml: a: its `old` stands \d\d times in nnx_lsp.tracer.state, not once"):
        catalogue.named(SOURCES, file)


def test_each_proof_is_of_a_mutant() -> None:
    proofs = catalogue.equivalents((*EVERY, *catalogue.named(SOURCES)))
    assert all(proofs.values())


def _proof(mutant: Mutant, proof: str) -> str:
    rows = {**msgspec.to_builtins(mutant.key), "proof": proof}
    return "[[equivalent]]\n" + "".join(f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in rows.items())


def test_a_proof_of_nothing_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "equivalent.toml"
    proof = "Both sides are always the same here, because of what the caller gives."
    file.write_text(_proof(EVERY[0], proof))
    assert catalogue.equivalents(EVERY, file) == {EVERY[0].key: proof}
    with pytest.raises(CatalogueError, match="there is no mutant"):
        catalogue.equivalents(EVERY[1:], file)
    file.write_text(_proof(EVERY[0], proof) * 2)
    with pytest.raises(CatalogueError, match="stands there twice"):
        catalogue.equivalents(EVERY, file)
    file.write_text(_proof(EVERY[0], "Trust me."))
    with pytest.raises(CatalogueError, match="needs a proof"):
        catalogue.equivalents(EVERY, file)


def test_the_table_counts_what_is_proved_as_killed_and_what_cannot_be_imported_nowhere() -> None:
    mutant = msgspec.structs.replace(EVERY[0], area="values")
    outcomes = [("killed", "survived"), ("survived", "killed"), ("survived", "survived"), ("survived", "survived"), ("stillborn", "stillborn")]
    fates = [Fate(mutant, {"one": Verdict(one, 1), "two": Verdict(two, 1)}, number == 2) for number, (one, two) in enumerate(outcomes)]
    assert list(table(fates, ["one", "two"]))[2] == "| values | 5 | 1 | 1 | 2 | 1 | 50% | 75% | 1 |"
    assert [fate.is_survivor for fate in fates] == [False, False, False, True, False]


def _work(say: Say) -> None:
    say("begun")
    time.sleep(60)


def test_a_process_that_says_nothing_is_ended() -> None:
    works = iter((Process(_work, lambda last: 0.2 if last else 60.0), Process(lambda say: os.kill(os.getpid(), signal.SIGKILL), lambda _: 60.0)))
    found = [message for _, message in pool(works, 1)]
    assert found == [b'"begun"', Ended(b'"begun"', True, -signal.SIGKILL), Ended(b"", False, -signal.SIGKILL)]


def _run(cache: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "nnx_lsp.dev.mutants", "--suite", "fixtures", "--cases", "rngs_as_key/", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "NNX_LINT_CACHE": str(cache)})
    return done.stdout


def test_the_command_kills_what_a_case_notices_and_goes_on_where_it_was(tmp_path: Path) -> None:
    """That the receiver is put before the arguments of a bound method is noticed; how long a text may be that names a call is not."""
    noticed = next(each for each in EVERY if each.key.function == "Arguments.preceded" and each.key.operator == "drop left operand")
    unnoticed = next(each for each in EVERY if each.key.function == "_trimmed" or each.key.about.startswith("_FEW_PASSES"))
    results = tmp_path / "results.jsonl"
    first = _run(tmp_path, "--results", str(results), "--only", noticed.id, "--only", unnoticed.id, "--survivors")
    assert f"{noticed.id} fixtures: killed by rngs_as_key/" in first
    assert f"{unnoticed.id} fixtures: survived" in first
    assert "| **all** | 2 | 0 | 1 | 1 | 0 | 50% | 50% | 1 |" in first
    assert f"== {unnoticed.id}" in first and f"== {noticed.id}" not in first
    whole = results.read_bytes()
    results.write_bytes(whole + b'{"cut')
    again = _run(tmp_path, "--results", str(results), "--only", noticed.id, "--only", unnoticed.id)
    assert "fixtures: " not in again
    assert "| **all** | 2 | 0 | 1 | 1 | 0 | 50% | 50% | 1 |" in again
    assert results.read_bytes() == whole
    shown = _run(tmp_path, "--results", str(results), "--show", noticed.id)
    assert "\n-" in shown and "\n+" in shown and "fixtures: killed by rngs_as_key/" in shown
