"""The referee of values: it sees wrong claims, changes nothing of the walk, and what it shows today is what is expected."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from nnx_lsp.dev.referee.programs import Program, judged
from nnx_lsp.dev.referee.recording import Recorder
from nnx_lsp.dev.referee.reduce import reduced
from nnx_lsp.dev.referee.watch import Watcher
from nnx_lsp.engine import Single
from nnx_lsp.fixtures import fixtures, folder
from nnx_lsp.knowledge import library
from nnx_lsp.knowledge.releases import RELEASES
from nnx_lsp.syntax.document import Document, parse
from nnx_lsp.tracer.events import Event
from nnx_lsp.tracer.modules import Session
from nnx_lsp.tracer.trace import Tracer

ROOT = Path(__file__).parent.parent

PROGRAM = """import jax
import jax.numpy as jnp
from flax import nnx


class Block(nnx.Module):
    def __init__(self, rngs: nnx.Rngs):
        self.linear = nnx.Linear(3, 4, rngs=rngs)
        self.norm = nnx.BatchNorm(4, rngs=rngs)

    def __call__(self, x):
        return self.norm(self.linear(x))


class Head(Block):
    pass


@nnx.jit
def step(model, x):
    y = model(x)
    return y.sum()


model = Head(nnx.Rngs(0))
model.eval()
model.norm.use_running_average
product = jnp.ones((2, 3)) @ jnp.ones((3, 5))
product.shape
sizes = [2, 3]
sizes.append(4)
sizes
step(model, jnp.ones((2, 3)))


def doubled(x):
    return x * 2


def shifted(values):
    return values + jnp.zeros(2)


twice = jax.jit(doubled)
doubled(jnp.ones(3))
twice(jnp.ones(3))
with jax.disable_jit():
    twice(jnp.ones(2))
vars(jax)["jit"](jax.vmap(shifted))(jnp.ones((3, 2)))
shared = nnx.Variable(jnp.ones(2), hijax=True)
shared
"""
"""A function that is called as it is and under a transform, and one under a transform in another; a Variable of which JAX makes something else."""

PLANTED = {
    "class": (
        "calls.py",
        "instance = kind(cls, {}, self.level",
        "instance = kind(next((each for each in cls.bases if isinstance(each, Class)), cls), {}, self.level",
    ),
    "shape": ("shapes.py", "(*left.dims[:-1], right.at(0))", "(*left.dims[:-1], right.at(1))"),
    "traced": ("base.py", "return Array(level, dtype,", "return Array(None, dtype,"),
    "length": (
        "lists_and_dicts.py",
        'case "append":\n            if items is not None:\n                set_items(tracer, receiver, (*items, first))',
        'case "append":\n            if items is not None:\n                set_items(tracer, receiver, items)',
    ),
    "constant": ("libraries.py", '"use_running_average", Static("bool", not is_training)', '"use_running_average", Static("bool", is_training)'),
}
"""One wrong claim each: the file of the tracer, its text, and what stands there instead."""

JUDGE = """
import sys
from pathlib import Path

from nnx_lsp.dev.referee.programs import Program, judged
from nnx_lsp.dev.referee.recording import Recorder

with Recorder(sys.executable, ["jax", "flax"]) as recorder:
    comparison = judged(Program("program", Path(sys.argv[1])), recorder, sys.argv[2])
assert comparison.outcome == "ran" and comparison.values > 40, comparison
print(*sorted({f"{each.problem.aspect}:{each.text}" for each in comparison.violations}), sep="\\n")
"""

needs_jax = pytest.mark.skipif(find_spec("flax") is None, reason="jax and flax are not installed: install the extra `verify`")


def _said(package: Path, tmp_path: Path) -> list[str]:
    """The violations of the program, by the linter in a folder."""
    main = tmp_path / "program.py"
    main.write_text(PROGRAM, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (package, package / "rules")))}
    command = [sys.executable, "-c", JUDGE, str(main), version("flax")]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


DEEP = """def innermost():
    for first in range(6):
        for second in range(6):
            for third in range(2):
                found = 1
                for fourth in range(6):
                    seen = found
                    found = str(seen)
    return seen


innermost()
"""
LONG = """def last():
    for flag in (1, "b"):
        kept = flag
        spent(3)
        other = kept
    return other


def spent(x):
{lines}
    return x


last()
"""


@pytest.mark.parametrize("text", [DEEP, LONG.format(lines="    x = x + 1 - 1 + 2 * 2 - 2 * 2\n" * 420)], ids=["deep loops", "a bound"])
def test_what_is_said_in_one_pass_of_a_loop_is_not_said_of_those_that_are_not_walked(text: str, tmp_path: Path) -> None:
    main = tmp_path / "program.py"
    main.write_text(text, encoding="utf-8")
    with Recorder(sys.executable, []) as recorder:
        comparison = judged(Program("program", main), recorder, RELEASES[-1])
    assert comparison.outcome == "ran" and comparison.values > 40, comparison
    assert comparison.violations == []


@needs_jax
def test_a_right_program_has_no_violation(tmp_path: Path) -> None:
    assert _said(ROOT, tmp_path) == []


@needs_jax
@pytest.mark.parametrize("aspect", PLANTED)
def test_a_wrong_claim_is_seen(aspect: str, tmp_path: Path) -> None:
    file, right, wrong = PLANTED[aspect]
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "nnx_lsp", copy / "nnx_lsp", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "rules").symlink_to(ROOT / "rules")
    place = copy / "nnx_lsp" / "tracer" / file
    text = place.read_text(encoding="utf-8")
    assert text.count(right) == 1
    place.write_text(text.replace(right, wrong), encoding="utf-8")
    seen = {"class": "class", "shape": "shape", "traced": "untraced", "length": "length", "constant": "constant"}[aspect]
    assert any(each.startswith(f"{seen}:") for each in _said(copy, tmp_path)), aspect


def test_watching_changes_nothing_of_the_walk() -> None:
    """What a walk emits is the same whether it is watched or not."""
    knowledge = library.load(RELEASES[-1])
    for fixture in list(fixtures(folder()))[::25]:
        document = parse(fixture.label, fixture.text)

        def walked(kind: type[Tracer], document: Document = document) -> list[tuple[str, int, int]]:
            found: list[tuple[str, int, int]] = []

            def keep(events: list[Event]) -> None:
                found.extend((type(each).__name__, each.place.chunk, each.place.at) for each in events)

            kind(Session(Single(document), knowledge)).units(document.path, keep)
            return found

        assert walked(Watcher) == walked(Tracer), fixture.label


def test_a_violation_is_reduced_to_what_shows_it() -> None:
    text = "a = 1\nif a:\n    b = 2\n    c = 3\nfor d in (1, 2):\n    e = d\nprint(b)\n"
    assert reduced(text, lambda each: "b = 2" in each) == "b = 2\n"


def test_generated_programs_show_what_is_known(tmp_path: Path) -> None:
    """One seed of generated Python against the list of its violations: a new one fails, and so does one that is gone."""
    command = [sys.executable, "-m", "nnx_lsp.dev.referee", "--generate", "300", "--seed", "0", "--jobs", "2"]
    command += ["--expected", str(ROOT / "tests/expected/generated_python.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "as expected" in done.stdout
