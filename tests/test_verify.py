"""verify itself: it confirms what is right and refuses what is wrong. Needs jax and flax in the environment."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(find_spec("flax") is None, reason="jax and flax are not installed: install the extra `verify`")

PROGRAM = """import jax
from flax import nnx

rngs = nnx.Rngs(0)
noise = jax.random.normal(rngs, (2, 3))
#                         ^^^^ NNX101 takes one PRNG key
"""
GOOD = "import jax\nfrom flax import nnx\n\nrngs = nnx.Rngs(0)\nnoise = jax.random.normal(rngs.params(), (2, 3))\n"

FIXED = PROGRAM.replace("(rngs, (2", "(rngs.params(), (2")


def _verify(root: Path, rule: str = "rngs_as_key", *more: str) -> tuple[int, dict[str, tuple[bool | None, str]]]:
    command = [str(Path(sys.executable).with_name("nnx-lint")), "verify", "--json", "--fixtures", str(root), *more, rule]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.stdout, done.stderr
    (environment,) = json.loads(done.stdout)["environments"]
    return done.returncode, {each["fixture"]: (each["confirmed"], each["reason"]) for each in environment["results"]}


def _write(root: Path, rule: str, **programs: str) -> None:
    (root / rule).mkdir(parents=True)
    for name, text in programs.items():
        (root / rule / f"{name}.py").write_text(text)


def test_right_fixtures_are_confirmed(tmp_path: Path) -> None:
    _write(tmp_path, "rngs_as_key", bad_a=PROGRAM, fixed_a=FIXED, good_a=GOOD)
    assert _verify(tmp_path) == (0, {f"rngs_as_key/{kind}_a.py": (True, "") for kind in ("bad", "fixed", "good")})


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("bad_caught", PROGRAM.replace("rngs = nnx", "x = 1 / 0\nrngs = nnx"), "raised ZeroDivisionError"),
        ("bad_elsewhere", PROGRAM.replace("rngs = nnx", "jax.random.normal(nnx.Rngs(1), (2,))\nrngs = nnx"), "without a mark in line 4"),
        ("bad_moved_mark", PROGRAM.replace("#                         ^^^^", "#                          ^^^"), "nothing at its mark in line 5"),
        ("bad_no_mark", PROGRAM.rsplit("\n", 2)[0] + "\n", "needs a mark"),
        ("bad_unreached", "import sys\ngetattr(sys, 'exit')(0)\n" + PROGRAM, "and raised SystemExit"),
        ("fixed_a", GOOD.replace("(2, 3)", "(2,  3)"), "not what the fixes make of the bad one"),
        ("fixed_alone", GOOD, "no bad twin"),
        ("good_raises", "import jax\nraise ValueError\n", "it must run, and ValueError@2"),
        ("good_slow", "import jax, time\ntime.sleep(60)\n", "it must run, and timeout"),
    ],
)
def test_wrong_fixtures_are_not_confirmed(tmp_path: Path, name: str, text: str, reason: str) -> None:
    _write(tmp_path, "rngs_as_key", bad_a=PROGRAM, **{name: text})
    status, found = _verify(tmp_path, "rngs_as_key", "--timeout", "8")
    confirmed, why = found[f"rngs_as_key/{name}.py"]
    assert (status, confirmed) == (1, False)
    assert reason in why


def test_a_silent_harm_needs_asserts_and_a_twin(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent / "fixtures/untrained_array/bad_array_instead_of_param.py").read_text()
    bare = "\n".join(line for line in text.split("\n") if "assert" not in line)
    _write(tmp_path, "untrained_array", bad_alone=text, bad_bare=bare, good_bare=GOOD)
    _, found = _verify(tmp_path, "untrained_array")
    assert found["untrained_array/bad_bare.py"] == (False, "it shows nothing: it has no assert")
    assert found["untrained_array/bad_alone.py"] == (False, "it has no good twin whose asserts show the harm gone")


def test_generated_programs_are_the_same_for_the_same_seed() -> None:
    from nnx_lsp.verify.generate import program

    assert [program(seed) for seed in range(50)] == [program(seed) for seed in range(50)]
    assert len({program(seed).files for seed in range(200)}) > 190
    for seed in range(200):
        for name, text in program(seed).files:
            compile(text, name, "exec", dont_inherit=True)


def test_the_differential_test_finds_a_wrong_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that also speaks of shapes, and one that is silent, are both found against real JAX."""
    pytest.importorskip("flax")
    from nnx_lsp import facts
    from nnx_lsp.tracer.values import Array
    from nnx_lsp.verify import differential
    from nnx_lsp.verify.main import _Worker

    worker = _Worker(Path(sys.executable))
    try:
        linter = differential.Linter(worker.versions["flax"])
        run = differential.run_with([worker], 60.0)
        right = differential.compared(range(60), run, linter, 1, lambda _: None)
        assert (right.false, right.missed) == ([], [])
        assert right.raising > 10
        with monkeypatch.context() as patch:
            patch.setattr(facts, "is_traced", lambda value: isinstance(value, Array))
            assert differential.compared(range(60), run, linter, 1, lambda _: None).false
        with monkeypatch.context() as patch:
            patch.setattr(facts, "is_traced", lambda _: False)
            assert differential.compared(range(60), run, linter, 1, lambda _: None).missed
    finally:
        worker.close()
