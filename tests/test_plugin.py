"""Rules from another package: found by their entry point, with the same API, fixtures, selection and cache. With LONG=1 the example is installed for real."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent.parent / "examples" / "plugin"
LINT = str(Path(sys.executable).with_name("nnx-lint"))
USE = "import jax\nkey = jax.random.PRNGKey(0)\n"


def put(folder: Path) -> Path:
    """The example as if it was installed in a folder."""
    shutil.copytree(EXAMPLE / "acme_nnx_rules", folder / "acme_nnx_rules")
    about = folder / "acme_nnx_rules-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-nnx-rules\nVersion: 0.1.0\n")
    (about / "entry_points.txt").write_text("[console_scripts]\nx = y:z\n\n[nnx_lint.rules]\nacme = acme_nnx_rules\n")
    return folder


def lint(cwd: Path, *arguments: str, place: Path | None) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([*os.environ.get("PYTHONPATH", "").split(os.pathsep), *([str(place)] if place else [])]).strip(os.pathsep)
    variables = {**os.environ, "PYTHONPATH": path, "NNX_LINT_CACHE": str(cwd / ".cache")}
    return subprocess.run([LINT, *arguments], cwd=cwd, env=variables, capture_output=True, text=True, check=False, timeout=120)


def codes(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line.split()[1] for line in done.stdout.splitlines()]


def test_its_rules_are_rules(tmp_path: Path) -> None:
    place = put(tmp_path / "site")
    (tmp_path / "a.py").write_text(USE)
    concise = ("--output-format", "concise", "a.py")
    assert codes(lint(tmp_path, *concise, place=None)) == []
    assert codes(lint(tmp_path, *concise, place=place)) == ["ACME101"]  # The rules are part of the key of the cache.
    assert codes(lint(tmp_path, *concise, place=None)) == []
    for option, expected in (("--select=ACME", ["ACME101"]), ("--select=NNX1", []), ("--ignore=ACME1", []), ("--ignore=old_style_key", [])):
        assert codes(lint(tmp_path, option, *concise, place=place)) == expected
    assert "# old_style_key (ACME101)" in lint(tmp_path, "rule", "ACME101", place=place).stdout
    assert lint(tmp_path, "--fix", "--unsafe-fixes", "a.py", place=place).returncode == 0
    assert (tmp_path / "a.py").read_text() == USE.replace("PRNGKey", "key")
    (tmp_path / "a.py").write_text(USE.replace("(0)", "(0)  # nnx-lint: ignore[ACME101]"))
    assert codes(lint(tmp_path, *concise, place=place)) == []


def test_its_fixtures_carry_marks_and_are_verified(tmp_path: Path) -> None:
    place = put(tmp_path / "site")
    done = lint(tmp_path, "verify", "old_style_key", "--fixtures", str(EXAMPLE / "fixtures"), place=place)
    assert (done.returncode, "2 passed, 0 failed" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ACME101", "NNX101", "a plugin's code is two or more capital letters of its own"),
        ("from nnx_lsp.facts import Facts", "from nowhere import Facts", "ModuleNotFoundError"),
        ("def old_style_key", "def another_name", "must define one rule of its own name"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    place = put(tmp_path / "site")
    module = place / "acme_nnx_rules" / "old_style_key.py"
    module.write_text(module.read_text().replace(old, new))
    (tmp_path / "a.py").write_text(USE)
    done = lint(tmp_path, "a.py", place=place)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "the plugin acme_nnx_rules cannot be used" in done.stderr
    assert message in done.stderr


def test_what_is_linted_is_no_plugin(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / "acme_nnx_rules" / "__init__.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'w')\n")
    (tmp_path / "a.py").write_text(USE)
    command = [sys.executable, "-m", "nnx_lsp.cli.main", "--no-cache", "--output-format", "concise", "."]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert not (tmp_path / "executed").exists()


@pytest.mark.skipif("LONG" not in os.environ, reason="installs packages; set LONG=1")
def test_the_example_installs_beside_the_program(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    variables = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    for package in (EXAMPLE.parents[1], EXAMPLE):
        subprocess.run([python, "-m", "pip", "install", "-q", str(package)], env=variables, check=True, timeout=280)
    (tmp_path / "a.py").write_text(USE)
    command = [str(tmp_path / "venv" / "bin" / "nnx-lint"), "--output-format", "concise", "a.py"]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False, timeout=120)
    assert codes(done) == ["ACME101"]


def test_a_rule_that_takes_too_long_is_stopped_alone_and_named(tmp_path: Path) -> None:
    place = put(tmp_path / "site")
    module = place / "acme_nnx_rules" / "old_style_key.py"
    busy = "    import time\n\n    end = time.thread_time() + 1.5\n    while time.thread_time() < end:\n        pass\n"
    module.write_text(module.read_text().replace("    for call in", f"{busy}    for call in"))
    (tmp_path / "nnx-lint.toml").write_text("time-limit = 5\n")
    (tmp_path / "a.py").write_text(USE + "def f():\n    return jax.random.PRNGKey(1)\nnoise = jax.random.normal(jax.random.PRNGKey, (2,))\n")
    done = lint(tmp_path, "--output-format", "concise", "a.py", place=place)
    assert "rule ACME101 old_style_key took more than 1.25 s and was stopped" in done.stdout
    assert done.returncode == 1
