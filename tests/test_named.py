"""What is written: the files that were named, or stand below a named folder, and no others, whatever leads to them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cli import BAD, GOOD, run
from test_config import codes, write

HELPER = "import jax\n\n\ndef noise(rngs):\n    return jax.random.normal(rngs, (2, 3))\n"
MAIN = "from flax import nnx\nfrom helper import noise\n\nprint(noise(nnx.Rngs(0)))\n"
BOTH = MAIN + "import jax\njax.random.normal(nnx.Rngs(1), (2,))\n"
FIXED = BOTH.replace("nnx.Rngs(1)", "nnx.Rngs(1).params()")


def fix(folder: Path, *arguments: str) -> str:
    return run("--fix", "--output-format", "concise", *arguments, cwd=folder).stderr


@pytest.mark.parametrize("cached", [(), ("--no-cache",)])
def test_a_file_that_was_not_named_is_not_fixed_and_the_fix_is_told(tmp_path: Path, cached: tuple[str, ...]) -> None:
    write(tmp_path, {"main.py": BOTH, "helper.py": HELPER})
    assert codes(tmp_path, "main.py", *cached) == ["main.py NNX101", "helper.py NNX101"]
    assert "helper.py" not in run("--diff", "main.py", *cached, cwd=tmp_path).stdout
    done = run("--fix", "main.py", *cached, cwd=tmp_path)
    assert (done.returncode, [(tmp_path / name).read_text() for name in ("main.py", "helper.py")]) == (1, [FIXED, HELPER])
    assert "nnx-lint: helper.py: 1 finding is not fixed: the file is excluded, or is none of those that were named\n" in done.stderr
    assert "helper.py:5:30" in done.stdout
    assert "Fixed 1." in done.stderr
    run("--add-ignores", "known", "main.py", *cached, cwd=tmp_path)
    assert (tmp_path / "helper.py").read_text() == HELPER
    assert "not fixed" not in fix(tmp_path, "main.py", "helper.py", *cached)
    assert (tmp_path / "helper.py").read_text() == HELPER.replace("normal(rngs,", "normal(rngs.params(),")


def test_a_file_that_is_excluded_or_outside_is_not_fixed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(tmp_path, {"project/pyproject.toml": '[tool.nnx-lint]\nexclude = ["/helper.py"]\n', "project/helper.py": HELPER, "project/main.py": BOTH})
    write(tmp_path, {"outside/__init__.py": "", "outside/helper.py": HELPER, "project/sub/main.py": BOTH.replace("from helper", "from outside.helper")})
    project = tmp_path / "project"
    (project / "sub/outside").symlink_to(outside, target_is_directory=True)
    said = fix(project, ".")
    assert sorted(line.split(": ")[1] for line in said.splitlines() if "not fixed" in line) == ["helper.py", "sub/outside/helper.py"]
    assert [(project / name).read_text() for name in ("helper.py", "main.py")] == [HELPER, FIXED]
    assert (outside / "helper.py").read_text() == HELPER
    fix(project, ".", "helper.py", "sub/outside")
    assert HELPER not in ((project / "helper.py").read_text(), (outside / "helper.py").read_text())


def test_links_lead_to_no_file_that_was_not_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"project/vendor/b.py": BAD, "project/vendor/c.py": BAD, "project/z.py": BAD, "outside.py": BAD, "project/nnx-lint.toml": 'exclude = ["vendor"]\n'},
    )
    project = tmp_path / "project"
    for name, target in (("a_link.py", "z.py"), ("b_link.py", "vendor/b.py"), ("o_link.py", "../outside.py"), ("v_link", "vendor")):
        (project / name).symlink_to(target)
    places = {"z": project / "z.py", "b": project / "vendor/b.py", "c": project / "vendor/c.py", "outside": tmp_path / "outside.py"}

    def fixed(*arguments: str) -> list[str]:
        for path in places.values():
            path.write_text(BAD)
        fix(project, *arguments)
        return [name for name, path in places.items() if path.read_text() == GOOD]

    assert codes(project, ".") == ["b_link.py NNX101", "o_link.py NNX101", "v_link/c.py NNX101", "z.py NNX101"]
    assert fixed(".") == ["z"]
    assert fixed("o_link.py") == ["outside"]
    assert fixed("a_link.py") == ["z"]
    assert fixed(".", str(tmp_path)) == ["z", "outside"]
    assert fixed("b_link.py") == fixed("v_link") == fixed("--force-exclude", "b_link.py") == []
    assert fixed("./vendor/b.py", "b_link.py") == fixed("b_link.py", "vendor/b.py") == ["b"]
    assert fixed("--force-exclude", "./vendor/b.py", str(project / "vendor/c.py"), "z.py") == ["z"]
    (tmp_path / "alias").symlink_to("project")
    inside = str(tmp_path / "alias/vendor/c.py")
    assert (fixed(inside), fixed("--force-exclude", inside), fixed("./vendor/../vendor/c.py")) == (["c"], [], ["c"])
    assert all((project / name).is_symlink() for name in ("a_link.py", "b_link.py", "o_link.py"))


def test_notebooks_migrations_and_standard_input_change_what_was_named(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": [BOTH]}
    write(tmp_path, {"n.ipynb": json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "helper.py": HELPER})
    assert "helper.py: 1 finding is not fixed" in fix(tmp_path, "n.ipynb")
    assert "nnx.Rngs(1).params()" in (tmp_path / "n.ipynb").read_text()
    old = "def step(model, optimizer, grads):\n    optimizer.update(grads)\n"
    new = "import optax\nfrom flax import nnx\nfrom old import step\n\nmodel = nnx.Linear(2, 2, rngs=nnx.Rngs(0))\n"
    new += "optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)\nstep(model, optimizer, nnx.grad(lambda m: m.kernel.sum())(model))\n"
    write(tmp_path, {"old.py": old, "new.py": new})
    move = ("migrate", "--from", "0.10", "--to", "0.12", "--fix", "--unsafe-fixes", "--output-format", "concise")
    assert "old.py: 1 finding is not fixed" in run(*move, "new.py", cwd=tmp_path).stderr
    assert (tmp_path / "old.py").read_text() == old
    run(*move, "new.py", "old.py", cwd=tmp_path)
    assert (tmp_path / "old.py").read_text() != old
    done = run("--fix", "-", "--stdin-filename", "main.py", cwd=tmp_path, stdin=BOTH)
    assert (done.returncode, done.stdout, (tmp_path / "helper.py").read_text()) == (0, FIXED, HELPER)
    write(tmp_path, {"nnx-lint.toml": 'exclude = ["main.py"]\n'})
    done = run("--fix", "--force-exclude", "-", "--stdin-filename", "main.py", cwd=tmp_path, stdin=BOTH)
    assert (done.returncode, done.stdout) == (0, BOTH)


def test_a_finding_of_a_file_that_was_not_named_is_accepted_once(tmp_path: Path) -> None:
    write(tmp_path, {"pkg/main.py": MAIN, "pkg/helper.py": HELPER, "nnx-lint.toml": ""})
    for name in (".", "pkg/main.py", "pkg/main.py"):
        run("baseline", name, cwd=tmp_path)
        (accepted,) = json.loads((tmp_path / "nnx-lint-baseline.json").read_text())["findings"]
        assert (accepted["path"], accepted["count"]) == ("pkg/helper.py", 1)
