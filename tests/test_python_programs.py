"""The generated Python programs: the same for a seed, legal, quick, and made of every construct that the grammar names."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from functools import cache

import libcst
import pytest

from nnx_lsp.config import Settings
from nnx_lsp.dev.python_programs import generated, program, programs
from nnx_lsp.dev.python_programs.__main__ import main
from nnx_lsp.dev.python_programs.constructs import CONSTRUCTS, constructs
from nnx_lsp.dev.python_programs.grammar import GRAMMAR
from nnx_lsp.dev.python_programs.trial import Trial
from nnx_lsp.engine import Engine, Single
from nnx_lsp.project.imports import mentions
from nnx_lsp.syntax.document import parse

SAMPLE = 150
SEED = 3
IMPORTED = {"__future__", "abc", "collections", "contextlib", "dataclasses", "enum", "functools", "itertools", "operator", "types", "typing"}
RUNNER = """
import json, re, resource, signal, sys
from types import ModuleType

def stop(*_):
    raise TimeoutError("too long")

resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
signal.signal(signal.SIGALRM, stop)
said = []
for text in json.load(sys.stdin):
    module = sys.modules["program"] = ModuleType("program")
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        exec(compile(text, "program.py", "exec"), module.__dict__)
        ended = ""
    except BaseException as error:
        ended = type(error).__name__
    values = {}
    for name, value in vars(module).items():
        if not name.startswith("__"):
            try:
                values[name] = re.sub(r" at 0x[0-9a-f]+", "", repr(value))
            except Exception as error:
                values[name] = type(error).__name__
    signal.setitimer(signal.ITIMER_REAL, 0)
    said.append((ended, values))
json.dump(said, sys.stdout)
"""


@cache
def sample() -> tuple[str, ...]:
    return tuple(programs(SEED, SAMPLE))


def child(*arguments: str, given: str = "", hash_seed: int = 0) -> str:
    """What another Python says, whose texts have other hashes."""
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    return subprocess.run([sys.executable, *arguments], input=given, capture_output=True, text=True, check=True, timeout=120, env=environment).stdout


def test_a_seed_gives_the_same_program_in_each_process() -> None:
    text = "import hashlib; from nnx_lsp.dev.python_programs import programs; print(hashlib.sha256(''.join(programs(3, 60)).encode()).hexdigest())"
    here = hashlib.sha256("".join(programs(SEED, 60)).encode()).hexdigest()
    assert [here, here] == [child("-c", text, hash_seed=seed).strip() for seed in (1, 2)]
    assert len({*sample(), *programs(SEED + 1, 20)}) == SAMPLE + 20


def test_they_run_and_say_the_same_whatever_the_hashes_are() -> None:
    ran = json.loads(child("-c", RUNNER, given=json.dumps(sample()), hash_seed=1))
    assert ran == json.loads(child("-c", RUNNER, given=json.dumps(sample()), hash_seed=2))
    assert len(ran) == SAMPLE
    ended = Counter(end for end, _ in ran)
    assert not ended.keys() & {"TimeoutError", "MemoryError", "SyntaxError", "RecursionError"}
    assert SAMPLE - ended[""] <= 0.05 * SAMPLE
    assert all(len(values) > 1 for _, values in ran)


def test_few_end_with_an_exception_and_some_do() -> None:
    ran = json.loads(child("-c", RUNNER, given=json.dumps([*programs(0, 400)])))
    assert 0 < sum(end != "" for end, _ in ran) <= 20


@pytest.mark.parametrize("number", range(0, SAMPLE, 30))
def test_they_are_small_and_need_nothing_else(number: int) -> None:
    for text in sample()[number : number + 30]:
        assert 15 <= len(text.splitlines()) <= 60
        assert text.startswith("# jax\n")
        assert mentions(text)
        assert libcst.parse_module(text).code == text
        tree = ast.parse(text)
        modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert modules <= IMPORTED
        called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        assert not called & {"id", "input", "open", "print", "breakpoint"}


def test_they_read_what_they_make() -> None:
    for text in sample():
        tree = ast.parse(text)
        reads = sum(isinstance(node, ast.Expr) for node in ast.walk(tree))
        assert reads >= 3, text


def test_every_production_and_every_construct_occurs() -> None:
    made = [generated(seed) for seed in range(1500)]
    written = Counter(name for each in made for name in set(each.productions))
    assert {each.name for each in GRAMMAR.statements} - written.keys() == set()
    assert written.keys() <= {each.name for each in GRAMMAR.statements}
    counts = constructs(each.text for each in made)
    assert set(counts) == set(CONSTRUCTS)
    assert [name for name, count in counts.items() if not count] == []


def test_the_check_of_a_file_walks_them() -> None:
    for text in sample()[:40]:
        assert Engine(Single(parse("a.py", text)), Settings()).check("a.py").found == ()


def test_the_command_shows_a_program_and_counts_constructs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--show", "7"]) == 0
    assert capsys.readouterr().out == program(7)
    assert main(["--count", "30", "--seed", "2", "--constructs"]) == 0
    counted = dict(reversed(line.split(maxsplit=1)) for line in capsys.readouterr().out.splitlines())
    assert {name: int(count) for name, count in counted.items()} == dict(constructs(programs(2, 30)))


def test_a_piece_that_is_broken_off_ends_though_its_finally_does_not() -> None:
    trial = Trial([])
    assert trial.run(["items = [1]"]) is None
    piece = ["try:", "    while True:", "        items", "finally:", "    for each in items:", "        items.append(each)"]
    assert trial.run(piece) == "endless"
    assert trial.values()["items"] == [1]
