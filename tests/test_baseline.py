"""Accepted findings, and those that are new since a commit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import BAD, GOOD, run
from test_config import TWO, codes, write

BASELINE = "nnx-lint-baseline.json"


def test_accepted_findings_stay_accepted_where_code_moves_and_new_ones_are_shown(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": TWO, "sub/b.py": BAD, "nnx-lint.toml": ""})
    done = run("baseline", cwd=tmp_path)
    assert (done.returncode, "3 findings accepted" in done.stderr) == (0, True)
    assert all("line" not in key for each in json.loads((tmp_path / BASELINE).read_text())["findings"] for key in each)
    assert codes(tmp_path, ".") == []
    assert codes(tmp_path / "sub", "../a.py", "b.py") == []
    write(tmp_path, {"a.py": "# moved\n\n" + TWO.replace("    return 1", "    # so\n    return  1"), "sub/b.py": BAD + BAD})
    assert codes(tmp_path, ".") == ["sub/b.py NNX101"]
    assert run("-", "--stdin-filename", "sub/b.py", cwd=tmp_path, stdin="# moved\n" + BAD).returncode == 0
    assert run("-", "--stdin-filename", "a.py", cwd=tmp_path, stdin=BAD + BAD).returncode == 1
    log = json.loads(run("--output-format", "sarif", ".", cwd=tmp_path).stdout)
    kinds = [each["suppressions"][0]["kind"] for each in log["runs"][0]["results"] if "suppressions" in each]
    assert kinds == ["external"] * 3


def test_the_baseline_shrinks_by_itself_and_is_stale_in_ci(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": TWO, "b.py": BAD})
    run("baseline", ".", cwd=tmp_path)
    full = (tmp_path / BASELINE).read_text()
    write(tmp_path, {"b.py": GOOD})
    command = [str(Path(sys.executable).with_name("nnx-lint")), "."]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "CI": "true"}, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, (tmp_path / BASELINE).read_text() == full) == (1, True)
    assert "1 accepted finding is no longer there" in done.stderr
    for partial in (("b.py",), ("--ignore", "NNX1", "."), ("--select", "NNX4", ".")):
        run(*partial, cwd=tmp_path)
        assert (tmp_path / BASELINE).read_text() == full
    done = run(".", cwd=tmp_path)
    assert (done.returncode, "left the baseline" in done.stderr) == (0, True)
    assert [each["path"] for each in json.loads((tmp_path / BASELINE).read_text())["findings"]] == ["a.py", "a.py"]
    write(tmp_path, {"b.py": BAD})
    assert codes(tmp_path, ".") == ["b.py NNX101"]


def test_a_part_is_accepted_beside_what_was(tmp_path: Path) -> None:
    write(tmp_path, {"a/a.py": TWO, "b/b.py": BAD, "nnx-lint.toml": 'baseline = "accepted.json"\n'})
    assert run(".", cwd=tmp_path).returncode == 2
    run("baseline", "a", cwd=tmp_path)
    run("baseline", "b", cwd=tmp_path)
    assert codes(tmp_path, ".") == []
    assert len(json.loads((tmp_path / "accepted.json").read_text())["findings"]) == 3


@pytest.mark.parametrize("text", ["", "{", '{"version": 2, "findings": []}', '{"version": 1, "findings": [{"path": 3}]}', "[]"])
def test_a_broken_baseline_is_named(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"a.py": BAD, BASELINE: text})
    done = run(".", cwd=tmp_path)
    assert (done.returncode, BASELINE in done.stderr) == (2, True)


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_only_what_is_new_since_a_commit(tmp_path: Path) -> None:
    helper = "def positive(x):\n    return x if x > 0 else -x\n"
    main = "from flax import nnx\nfrom pkg.helper import positive\n\n@nnx.jit\ndef step(x):\n    return positive(x)\n"
    write(tmp_path, {"pkg/__init__.py": "", "pkg/a.py": TWO, "pkg/helper.py": helper, "main.py": main, "gone.py": BAD})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    assert sorted(codes(tmp_path, ".")) == ["gone.py NNX101", "pkg/a.py NNX101", "pkg/a.py NNX401", "pkg/helper.py NNX401"]
    assert codes(tmp_path, "--diff-base", "HEAD", ".") == []
    (tmp_path / "pkg/a.py").rename(tmp_path / "pkg/renamed.py")
    git(tmp_path, "add", ".")
    write(tmp_path, {"pkg/renamed.py": "# more\n" + TWO + "\nother = jax.random.normal(nnx.Rngs(1), (2,))\n", "new.py": BAD})
    (tmp_path / "gone.py").unlink()
    assert codes(tmp_path, "--diff-base", "HEAD", ".") == ["new.py NNX101", "pkg/renamed.py NNX101"]
    assert codes(tmp_path / "pkg", "--diff-base", "HEAD", ".") == ["renamed.py NNX101"]
    assert codes(tmp_path, "--diff-base", "HEAD", "pkg/helper.py", "main.py") == []


def test_a_commit_that_is_none_is_named_and_nothing_of_the_repository_runs(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD, ".gitattributes": "*.py filter=evil diff=evil\n"})
    assert run("--diff-base", "HEAD", ".", cwd=tmp_path).returncode == 2
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    for key in ("filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv", "diff.evil.command", "core.fsmonitor"):
        git(tmp_path, "config", key, f"touch {tmp_path}/executed; cat")
    write(tmp_path, {"a.py": BAD + BAD})
    (tmp_path / "executed").unlink(missing_ok=True)
    assert codes(tmp_path, "--diff-base", "HEAD", ".") == ["a.py NNX101"]
    done = run("--diff-base", "nowhere", ".", cwd=tmp_path)
    assert (done.returncode, "--diff-base" in done.stderr) == (2, True)
    assert run("--diff-base", "--output=x", ".", cwd=tmp_path).returncode == 2
    assert not (tmp_path / "executed").exists()


def test_fail_on(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD, "nnx-lint.toml": 'severity = { NNX101 = "warning" }\n'})
    assert [run(*options, ".", cwd=tmp_path).returncode for options in ((), ("--fail-on", "error"), ("--fail-on", "info"), ("--exit-zero",))] == [1, 0, 1, 0]
    write(tmp_path, {"nnx-lint.toml": 'severity = { NNX101 = "info" }\nfail-on = "info"\n'})
    assert [run(*options, ".", cwd=tmp_path).returncode for options in ((), ("--fail-on", "warning"))] == [1, 0]
