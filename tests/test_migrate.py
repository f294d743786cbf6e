"""`nnx-lint migrate`: what changes its meaning between two Flax versions, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnx_lsp.project import cache

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "migration"


def migrate(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("nnx-lint")), "migrate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=120)


def test_the_example_becomes_its_migrated_text(tmp_path: Path) -> None:
    before, after = ((EXAMPLE / name).read_text() for name in ("before.py", "after.py"))
    (tmp_path / "train.py").write_text(before)
    shown = migrate("--from", "0.10", "--to", "0.12", "--diff", ".", cwd=tmp_path)
    assert (tmp_path / "train.py").read_text() == before
    assert "+        self.blocks = nnx.List([" in shown.stdout
    done = migrate("--from", "0.10", "--to", "0.12", "--fix", "--output-format", "json", ".", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "train.py").read_text() == after
    assert {each["severity"] for each in json.loads(done.stdout)} <= {"info"}
    again = migrate("--from", "0.10", "--to", "0.12", "--fix", ".", cwd=tmp_path)
    assert (again.returncode, (tmp_path / "train.py").read_text()) == (0, after)


def test_each_kind_of_change_is_reported(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text((EXAMPLE / "before.py").read_text())
    done = migrate("--from", "0.10", "--to", "0.12", "--output-format", "json", ".", cwd=tmp_path)
    assert done.returncode == 1
    assert {each["code"] for each in json.loads(done.stdout)} >= {"NNX203", "NNX207", "NNX209", "NNX302", "NNX303", "NNX304", "NNX601", "NNX602"}


def test_what_is_wrong_on_both_versions_is_no_matter_of_migration(tmp_path: Path) -> None:
    wrong = "import jax\nfrom flax import nnx\n\nnoise = jax.random.normal(nnx.Rngs(0), (2, 3))\ncount = nnx.Variable(1)\n"
    (tmp_path / "a.py").write_text(wrong + "count += 1\n")
    done = migrate("--from", "0.10", "--to", "0.12", "--output-format", "concise", ".", cwd=tmp_path)
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["a.py:6:1:", "NNX207"]]
    back = migrate("--from", "0.12", "--to", "0.10", "--output-format", "concise", ".", cwd=tmp_path)
    assert (back.returncode, back.stdout) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from", "0.9", "--to", "0.12"), "no release of Flax 0.9 is known; the lines are 0.10, 0.11, 0.12"),
        (("--from", "old", "--to", "0.12"), "`old` is no version"),
        (("--from", "0.12", "--to", "0.12.12"), "--from 0.12 and --to 0.12.12 are the same version"),
        (("--to", "0.12"), "the following arguments are required: --from"),
        (("--from", "0.10", "--to", "0.12", "--fux"), "--fux is no option; the nearest is --fix"),
    ],
)
def test_a_wrong_command_line_is_named_and_exits_2(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = migrate(*arguments, cwd=tmp_path)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def _python(flax: str) -> Path | None:
    """The interpreter of an environment that `nnx-lint verify` has built."""
    return next(iter(sorted((cache.folder() / "environments").glob(f"flax-{flax}-py*/bin/python"))), None)


@pytest.mark.skipif("NNX_LINT_LONG" not in os.environ, reason="part of the long run: NNX_LINT_LONG=1")
def test_the_example_runs_before_and_after_with_the_same_losses() -> None:
    """On the line that each is written for; and neither on the other, for else there was nothing to migrate."""
    old, new = _python("0.10.7"), _python("0.12.12")
    if old is None or new is None:
        pytest.skip("build the environments: nnx-lint verify rngs_as_key --flax 0.10.7 --flax 0.12.12")

    def run(python: Path, name: str) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONPATH": ""}
        return subprocess.run([str(python), str(EXAMPLE / name)], capture_output=True, text=True, env=variables, check=False, timeout=240)

    before, after = run(old, "before.py"), run(new, "after.py")
    assert (before.returncode, after.returncode) == (0, 0), before.stderr + after.stderr
    assert before.stdout == after.stdout != ""
    assert run(new, "before.py").returncode
    assert run(old, "after.py").returncode
