"""Hooks, the action and the examples for CI: against schemas that others keep, and their commands run. In pre-commit itself: `nnx_lsp.dev.precommit`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from test_cli import BAD, GOOD, run

ROOT = Path(__file__).parent.parent
CI = ROOT / "examples" / "ci"


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", ROOT / "action.yml"),
        ("vendor.github-workflows", CI / "github-workflow.yml"),
        ("vendor.gitlab-ci", CI / "gitlab-ci.yml"),
        ("vendor.azure-pipelines", CI / "azure-pipelines.yml"),
    ],
    ids=["action", "workflow", "gitlab", "azure"],
)
def test_the_files_for_ci_validate(schema: str, file: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pre_commit_takes_the_hooks() -> None:
    manifest, config = ROOT / ".pre-commit-hooks.yaml", CI / "pre-commit-config.yaml"
    for command, file in (("validate-manifest", manifest), ("validate-config", config)):
        done = subprocess.run([sys.executable, "-m", "pre_commit", command, str(file)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    offered = {hook["id"] for hook in yaml.safe_load(manifest.read_text())}
    assert {hook["id"] for hook in yaml.safe_load(config.read_text())["repos"][0]["hooks"]} == offered == {"nnx-lint", "nnx-lint-fix"}


def test_the_entries_of_the_hooks_run(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "nnx-lint.toml").write_text('exclude = ["b.py"]\n')
    (tmp_path / "b.py").write_text(BAD)
    entries = {hook["id"]: hook["entry"].split()[1:] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert run(*entries["nnx-lint"], "a.py", "b.py", cwd=tmp_path).returncode == 1
    assert run(*entries["nnx-lint-fix"], "a.py", "b.py", cwd=tmp_path).returncode == 0
    assert [(tmp_path / name).read_text() for name in ("a.py", "b.py")] == [GOOD, BAD]


@pytest.mark.parametrize(("args", "status", "count"), [("", 1, 1), ("--exit-zero --select NNX1", 0, 1), ("--ignore NNX101", 0, 0)])
def test_the_command_of_the_action(tmp_path: Path, args: str, status: int, count: int) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "-odd name.py").write_text(BAD)
    (tmp_path / "nnx-lint" / "bin").mkdir(parents=True)
    (tmp_path / "nnx-lint" / "bin" / "nnx-lint").symlink_to(Path(sys.executable).with_name("nnx-lint"))
    (step,) = [step for step in yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"] if "ARGS" in step.get("env", {})]
    variables = {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "page.md"), "PATHS": ".", "ARGS": args, "SARIF": "out.sarif"}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path / "code",
        env={**os.environ, **variables, "GITHUB_ACTIONS": "true"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout.count("::error ")) == (status, count), done.stderr
    assert len(json.loads((tmp_path / "code" / "out.sarif").read_text())["runs"][0]["results"]) == count
    assert "### nnx-lint" in (tmp_path / "page.md").read_text()


def test_the_commands_of_the_other_examples(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    scripts = [yaml.safe_load((CI / "gitlab-ci.yml").read_text())["nnx-lint"]["script"][1]]
    scripts += [yaml.safe_load((CI / "azure-pipelines.yml").read_text())["steps"][1]["script"].splitlines()[1]]
    for script in scripts:
        assert run(*script.split()[1:], cwd=tmp_path).returncode == 1
    assert json.loads((tmp_path / "gl-code-quality-report.json").read_text())
    assert "NNX101" in (tmp_path / "nnx-lint.xml").read_text()
