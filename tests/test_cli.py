"""The command line, as a real process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnx_lsp import __version__

BAD = "import jax\nfrom flax import nnx\n\nrngs = nnx.Rngs(0)\nnoise = jax.random.normal(rngs, (2, 3))\n"
GOOD = BAD.replace("(rngs,", "(rngs.params(),")


def run(*arguments: str, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("nnx-lint")), *arguments]
    variables = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "VIRTUAL_ENV")}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, input=stdin, env=variables, check=False, timeout=120)


def test_concise_lines_and_exit_status(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    done = run("--output-format", "concise", "a.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (
        1,
        "a.py:5:27: NNX101 `jax.random.normal` takes one PRNG key; `rngs` is an `nnx.Rngs`, so it raises TypeError; draw a key with `rngs.params()`\n",
    )
    (tmp_path / "a.py").write_text(GOOD)
    assert run("check", ".", cwd=tmp_path).returncode == 0


def test_what_does_not_parse_is_one_finding_a_file(tmp_path: Path) -> None:
    cells = "!pip install jax\n%matplotlib inline\n" + BAD + "\nfor name in range(3):\n    !ls {name}\n\n%%time\nx = (1\n"
    (tmp_path / "a.py").write_text(cells)
    (tmp_path / "b.py").write_text("import jax\nx = (1\ny = 2\n\ndef f():\n\nz = ]\n")
    found = [line.split(" ", 2) for line in run("--output-format", "concise", ".", cwd=tmp_path).stdout.splitlines()]
    assert [(place[:6], code) for place, code, _ in found] == [("a.py:1", "NNX001"), ("a.py:7", "NNX101"), ("b.py:2", "NNX001")]
    assert found[0][2].startswith("`!pip install jax` is a line of IPython, not of Python")
    assert found[2][2].endswith("; 2 more statements behind it do not parse")


def test_json_has_the_way_of_the_value_and_the_fix(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from flax import nnx\n\n@nnx.jit\ndef f(x):\n    if x > 0:\n        return x\n    return -x\n" + BAD)
    done = run("--output-format", "json", "a.py", cwd=tmp_path)
    branch, key = json.loads(done.stdout)
    assert (branch["code"], branch["location"], branch["end_location"]) == ("NNX401", {"row": 5, "column": 8}, {"row": 5, "column": 13})
    assert [step["message"] for step in branch["path"]] == ["`f` runs under `nnx.jit`", "argument `x` of `f` under `nnx.jit`"]
    assert branch["fix"] is None
    assert key["fix"]["edits"] == [{"location": {"row": 12, "column": 31}, "end_location": {"row": 12, "column": 31}, "content": ".params()"}]


def test_full_format_escapes_control_characters(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD.replace("(2, 3))", "(2, 3))  # \x1b[31m"))
    done = run("a.py", cwd=tmp_path)
    assert "\x1b" not in done.stdout
    assert " 5 | noise = jax.random.normal(rngs, (2, 3))  # \\x1b[31m\n   |                           ^^^^\n" in done.stdout


def test_fix_writes_and_keeps_line_ends_and_encoding(tmp_path: Path) -> None:
    data = ("# -*- coding: latin-1 -*-\r\n" + BAD.replace("\n", "\r\n") + "s = 'é'\r\n").encode("latin-1")
    (tmp_path / "a.py").write_bytes(data)
    done = run("--fix", "a.py", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "a.py").read_bytes() == data.replace(b"normal(rngs,", b"normal(rngs.params(),")


def test_diff_shows_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    done = run("--diff", "a.py", cwd=tmp_path)
    assert "+noise = jax.random.normal(rngs.params(), (2, 3))" in done.stdout
    assert (tmp_path / "a.py").read_text() == BAD


def test_standard_input(tmp_path: Path) -> None:
    done = run("-", "--output-format", "concise", "--stdin-filename", "b.py", cwd=tmp_path, stdin=BAD)
    assert done.stdout.startswith("b.py:5:27: NNX101 ")
    assert run("-", "--fix", cwd=tmp_path, stdin=BAD).stdout == GOOD


def test_suppression_and_configuration(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD.replace("(2, 3))", "(2, 3))  # nnx-lint: ignore[rngs_as_key] -- shown to raise"))
    assert run(".", cwd=tmp_path).returncode == 0
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "pyproject.toml").write_text('[tool.nnx-lint]\nignore = ["randomness"]\n')
    assert run(".", cwd=tmp_path).returncode == 0
    assert run(".", "--config", "pyproject.toml", "--extend-select", "NNX101", cwd=tmp_path).returncode == 1
    (tmp_path / "pyproject.toml").write_text('[tool.nnx-lint.severity]\nrngs_as_key = "info"\n')
    assert run(".", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("selekt = []", "`selekt` is no setting; the nearest is `select`"),
        ('ignore = ["rngs_as_keys"]', "`rngs_as_keys` names no rule; the nearest is `rngs_as_key`"),
        ("select = 3", "`select` is 3; it must be a list of strings"),
        ('flax-version = "new"', "`new` is no version"),
    ],
)
def test_a_wrong_setting_is_named_and_exits_2(tmp_path: Path, table: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.nnx-lint]\n{table}\n")
    (tmp_path / "a.py").write_text(GOOD)
    done = run(".", cwd=tmp_path)
    assert done.returncode == 2
    assert "pyproject.toml" in done.stderr
    assert message in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"), [(("--fux",), "--fux is no option; the nearest is --fix"), (("nowhere",), "nowhere: there is no such file or folder")]
)
def test_a_wrong_command_line_is_named_and_exits_2(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, message in done.stderr) == (2, True)


def test_gitignore_is_honoured(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("out/\n*_old.py\n!keep_old.py\n")
    (tmp_path / "out").mkdir()
    for name in ("out/a.py", "b_old.py", "keep_old.py", "c.py"):
        (tmp_path / name).write_text(BAD)
    done = run("--output-format", "concise", ".", cwd=tmp_path)
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["c.py", "keep_old.py"]


def test_hostile_files_give_one_finding_or_notice_each_and_the_others_are_linted(tmp_path: Path) -> None:
    (tmp_path / "deep.py").write_text("import jax\nx = " + "(" * 1500 + ")" * 1500 + "\n")
    (tmp_path / "nul.py").write_bytes(b"import jax\nx = '\0'\n")
    (tmp_path / "latin.py").write_bytes(b"import jax\nx = '\xe9'\n")
    (tmp_path / "large.py").write_text("import jax\n" + "x = 1\n" * 900_000)
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "folder.py" / "b.py").write_text(BAD)
    (tmp_path / "dangling.py").symlink_to(tmp_path / "nowhere.py")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    (tmp_path / "ok.py").write_text(BAD)
    for jobs in ("1", "2"):
        done = run("--output-format", "concise", "--jobs", jobs, ".", cwd=tmp_path)
        found = {line.split(":")[0]: line.split()[1] for line in done.stdout.splitlines()}
        assert found == {"dangling.py": "NNX002", "deep.py": "NNX001", "folder.py/b.py": "NNX101", "latin.py": "NNX002", "nul.py": "NNX001", "ok.py": "NNX101"}
        assert len(done.stdout.splitlines()) == len(found)
        assert "large.py: left out" in done.stderr
        assert "loop: left out" in done.stderr
        assert done.returncode == 1


def test_nothing_of_the_folder_is_executed(tmp_path: Path) -> None:
    for name in ("struct", "typing", "string", "copy"):
        (tmp_path / f"{name}.py").write_text(f"import jax\nopen({str(tmp_path / 'executed')!r}, 'w').write({name!r})\n")
    (tmp_path / "a.py").write_text(BAD)
    for jobs in ("1", "2"):
        done = run("--output-format", "concise", "--jobs", jobs, ".", cwd=tmp_path)
        assert done.stdout.startswith("a.py:5:27: NNX101 ")
    assert not (tmp_path / "executed").exists()


def test_rules_and_pages(tmp_path: Path) -> None:
    assert "NNX101  error    stable   rngs_as_key" in run("rules", cwd=tmp_path).stdout
    assert run("rule", "rngs_as_key", cwd=tmp_path).stdout == run("rule", "NNX101", cwd=tmp_path).stdout
    done = run("rule", "rngs_as_kee", cwd=tmp_path)
    assert (done.returncode, "the nearest is `rngs_as_key`" in done.stderr) == (2, True)


def test_the_version_is_said_however_it_is_asked_for(tmp_path: Path) -> None:
    said = {(done.returncode, done.stdout) for done in (run(how, cwd=tmp_path) for how in ("version", "--version", "-V"))}
    assert said == {(0, f"nnx-lint {__version__}\n")}
