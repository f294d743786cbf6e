"""Whole programs: what crosses files, what is kept between runs and between keystrokes."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nnx_lsp.config import Settings
from nnx_lsp.dev.edits import differences
from nnx_lsp.diagnostic import merged
from nnx_lsp.engine import Engine
from nnx_lsp.fixtures import folder
from nnx_lsp.project.project import Project
from nnx_lsp.server.session import Workspace
from nnx_lsp.server.settings import Configuration
from nnx_lsp.server.texts import plain
from nnx_lsp.tracer.modules import WRITES

HELPER = "def positive(x):\n    return x if x > 0 else -x\n"
STEP = "from flax import nnx\n{line}\n\n@nnx.jit\ndef step(x):\n    return {call}(x)\n"


def found(files: dict[str, str], root: Path) -> dict[str, list[str]]:
    """The codes found in each file of a project on the disk."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project = Project(None, str(root))
    checker = Engine(project, Settings())
    names = [name for name in files if name.endswith(".py")]
    project.register(names)
    every = merged((name, checker.check(name).found) for name in names)
    return {name: [each.code for each in each_found] for name, each_found in every.items() if each_found}


@pytest.mark.parametrize(
    ("files", "line", "call"),
    [
        ({"helpers.py": HELPER}, "from helpers import positive", "positive"),
        ({"helpers.py": HELPER}, "import helpers as h", "h.positive"),
        ({"helpers.py": HELPER}, "from helpers import *", "positive"),
        ({"pkg/__init__.py": "from .deep import positive", "pkg/deep.py": HELPER}, "from pkg import positive", "positive"),
        ({"pkg/__init__.py": "", "pkg/deep.py": HELPER}, "import pkg.deep", "pkg.deep.positive"),
        ({"src/pkg/__init__.py": "", "src/pkg/deep.py": HELPER, "pyproject.toml": "[project]\nname = 'pkg'\n"}, "from pkg.deep import positive", "positive"),
        ({"helpers.py": HELPER}, "import typing\nif typing.TYPE_CHECKING:\n    from helpers import positive", "positive"),
        ({"helpers.py": HELPER}, "try:\n    from helpers import positive\nexcept ImportError:\n    raise", "positive"),
    ],
    ids=["from", "alias", "star", "re-export", "dotted", "src layout", "TYPE_CHECKING", "try"],
)
def test_a_helper_is_walked_however_it_is_imported(files: dict[str, str], line: str, call: str, tmp_path: Path) -> None:
    helper = next(name for name, text in files.items() if text == HELPER)
    assert found({"main.py": STEP.format(line=line, call=call), **files}, tmp_path) == {helper: ["NNX401"]}


@pytest.mark.parametrize(
    "files",
    [
        {"helpers.py": "from main import step\n" + HELPER.replace("x if x > 0 else -x", "step(x)")},
        {"helpers.py": "import os\nif os.name == 'x':\n    def positive(x):\n        return x if x > 0 else -x\nelse:\n    from unknown import positive\n"},
        {},
    ],
    ids=["cycle", "conditional", "missing"],
)
def test_what_is_not_known_is_not_guessed(files: dict[str, str], tmp_path: Path) -> None:
    assert found({"main.py": STEP.format(line="from helpers import positive", call="positive"), **files}, tmp_path) == {}


_TRAIN = """import jax.numpy as jnp
from flax import nnx


def make_model():
    return nnx.Linear(8, 2, rngs=nnx.Rngs(0))


def run(x):
    return make_model()(x)
"""
_CALLER = """import sys
from unittest import mock
from unittest.mock import patch

import jax.numpy as jnp
import train


def test_it(monkeypatch, mocker):
    {line}
    train.run(jnp.ones((1, 4)))
"""


@pytest.mark.parametrize(
    "line",
    [
        'monkeypatch.setattr(train, "make_model", sum)',
        'monkeypatch.setattr("train.make_model", sum)',
        'mocker.patch("train.make_model", sum)',
        'mock.patch.object(train, "make_model", sum).start()',
        'patch(f"{train.__name__}.make_model", sum).start()',
        "patch.multiple(train, make_model=sum).start()",
        "train.make_model = sum",
        'sys.modules["train"].make_model = sum',
        'setattr(train, "make_model", sum)',
    ],
)
def test_nothing_is_known_of_what_a_caller_replaced(line: str, tmp_path: Path) -> None:
    assert found({"train.py": _TRAIN, "test_train.py": _CALLER.format(line=line)}, tmp_path) == {}


@pytest.mark.parametrize("line", ["pass", 'monkeypatch.setattr(train, "other", sum)', 'print("train.make_model")'])
def test_what_a_caller_did_not_replace_is_known(line: str, tmp_path: Path) -> None:
    assert found({"train.py": _TRAIN, "test_train.py": _CALLER.format(line=line)}, tmp_path) == {"train.py": ["NNX350"]}


BESIDE = STEP.format(line="from helpers import positive", call="positive")


@pytest.mark.parametrize(
    ("caller", "is_beside"),
    [
        (BESIDE, True),
        (f"try:\n    from .other import one\nexcept ImportError:\n    one = 1\n{BESIDE}", True),
        (f"from .other import one\n{BESIDE}", False),
        (STEP.format(line="from . import other\nimport helpers", call="helpers.positive"), False),
    ],
    ids=["a script", "a script or a module", "a module", "a module of a package"],
)
def test_a_file_beside_a_module_of_a_package_is_not_what_it_imports(caller: str, is_beside: bool, tmp_path: Path) -> None:
    files = {"pkg/__init__.py": "", "pkg/main.py": caller, "pkg/helpers.py": HELPER, "pkg/other.py": "one = 1\n"}
    assert found(files, tmp_path) == ({"pkg/helpers.py": ["NNX401"]} if is_beside else {})


def test_no_file_means_itself_by_the_name_of_a_library(tmp_path: Path) -> None:
    text = HELPER + STEP.format(line="import helpers", call="helpers.positive")
    assert found({"helpers.py": text}, tmp_path) == {}


def test_the_path_of_a_finding_crosses_files(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text(HELPER)
    (tmp_path / "main.py").write_text(STEP.format(line="from helpers import positive", call="positive"))
    project = Project(None, str(tmp_path))
    (finding,) = Engine(project, Settings()).check("main.py").found
    assert finding.path == "helpers.py"
    assert [each.path for each in finding.related] == ["main.py", "main.py", "main.py"]


def _workspace(root: Path, *names: str) -> Workspace:
    workspace = Workspace(Configuration())
    workspace.update({str(root / name): plain(str(root / name), (root / name).read_text(), 1) for name in names})
    return workspace


def test_a_helper_that_changes_changes_what_its_open_callers_show(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("def positive(x):\n    return x\n")
    (tmp_path / "main.py").write_text(STEP.format(line="from helpers import positive", call="positive"))
    workspace = _workspace(tmp_path, "main.py", "helpers.py")
    helper = str(tmp_path / "helpers.py")
    news = workspace.update({helper: plain(helper, HELPER, 2)})
    assert [each.code for each in news[helper].found] == ["NNX401"]
    news = workspace.update({helper: plain(helper, "def positive(x):\n    return x\n", 3)})
    assert news[helper].found == ()


def test_a_comment_walks_nothing_again(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text(HELPER)
    (tmp_path / "main.py").write_text(STEP.format(line="from helpers import positive", call="positive"))
    workspace = _workspace(tmp_path, "main.py", "helpers.py")
    (session,) = [each.session for each in workspace._engines.values()]  # the count of walks is no part of what a server needs
    before = session.walks
    main = str(tmp_path / "main.py")
    workspace.update({main: plain(main, "# a comment\n" + (tmp_path / "main.py").read_text(), 2)})
    assert session.walks == before
    helper = str(tmp_path / "helpers.py")
    workspace.update({helper: plain(helper, HELPER.replace("> 0", ">= 0"), 2)})
    assert session.walks > before


UPDATED = """import jax.numpy as jnp
from flax import nnx
param = nnx.Param(jnp.zeros(3))
row = param[...]
row = row.at[0].set(1.0)
"""


def test_a_use_of_a_name_further_down_changes_what_is_said_above(tmp_path: Path) -> None:
    project = Project(None, str(tmp_path))
    checker = Engine(project, Settings())
    codes = []
    for text in (UPDATED, f"{UPDATED}param[...] = row\n", UPDATED, f"{UPDATED}def rows():\n    return row\n", f"{UPDATED}row = 3\n"):
        project.put("main.py", text)
        codes.append([each.code for each in checker.check("main.py").found])
    assert codes == [["NNX541"], [], ["NNX541"], [], ["NNX541"]]


def test_after_every_edit_the_server_shows_what_a_fresh_run_finds(tmp_path: Path) -> None:
    package = tmp_path / "package"
    for fixture in sorted(folder().glob("traced_*/*/main.py"))[:8]:
        for path in fixture.parent.rglob("*.py"):
            target = package / fixture.parent.parent.name / fixture.parent.name / path.relative_to(fixture.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text())
    steps = list(differences(package, edits=150, opened=5, seed=7))
    assert [step for step in steps if step[2]] == []
    assert sum(paths is not None for _, _, paths in steps) > 50


def test_another_constant_that_is_assigned_elsewhere_is_another_answer(tmp_path: Path) -> None:
    project = Project(None, str(tmp_path))
    session = Engine(project, Settings()).session
    answers = []
    for value in ("1", "True", "1.0", "value", "1"):
        project.put("main.py", f"def change(model, value):\n    model.mode = {value}\n")
        answers.append(session.signature(("main.py", f"{WRITES}mode")))
    assert answers[0] == answers.pop()
    assert len(set(answers)) == 4


def test_names_that_come_and_go_behind_a_star_are_seen(tmp_path: Path) -> None:
    (tmp_path / "names.py").write_text("import jax\n")
    (tmp_path / "main.py").write_text("import jax\nfrom names import *\nnoise = jax.random.normal(rngs, (2,))\n")
    workspace = _workspace(tmp_path, "main.py")
    made = "from flax import nnx\nrngs = nnx.Rngs(0)\n"
    codes = []
    for text in (made, made.replace("rngs", "other"), f"{made}__all__ = ['nnx']\n", f"{made}__all__ = ['rngs']\n"):
        (tmp_path / "names.py").write_text(text)
        workspace.refresh()
        codes.append([each.code for shown in workspace.update({}).values() for each in shown.found])
    assert codes == [["NNX101"], [], [], ["NNX101"]]


def test_edits_leave_nothing_behind(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    for number in range(40):
        (package / f"helpers_{number}.py").write_text(HELPER)
    main = str(package / "main.py")
    workspace = Workspace(Configuration())

    def edited(numbers: range) -> int:
        for number in numbers:
            own = f"def own_{number}(x):\n    return positive(x) + name_{number}\n\n\nown_{number}({number})\n"
            news = workspace.update({main: plain(main, f"from helpers_{number % 40} import positive\n{UPDATED}\n\n{own}", number)})
            workspace.refresh()
            assert [each.code for each in news[main].found] == ["NNX541"]
        gc.collect()
        return sum(len(each) for each in gc.get_objects() if isinstance(each, list | dict | set | frozenset | tuple))

    few = edited(range(80))
    assert edited(range(80, 400)) < few + 320
    assert workspace.project.count < 5


def _run(arguments: list[str], cwd: Path, cache: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NNX_LINT_CACHE": str(cache)}
    return subprocess.run(
        [sys.executable, *options, "-m", "nnx_lsp.cli.main", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def _project(root: Path) -> None:
    (root / "helpers.py").write_text(HELPER)
    (root / "main.py").write_text(STEP.format(line="from helpers import positive", call="positive"))


def test_an_unchanged_run_gives_the_same_and_imports_no_libcst(tmp_path: Path) -> None:
    _project(tmp_path)
    first = _run(["."], tmp_path, tmp_path / ".cache")
    again = _run(["."], tmp_path, tmp_path / ".cache", "-X", "importtime")
    assert (again.returncode, again.stdout) == (1, first.stdout)
    assert "nnx_lsp.cli" in again.stderr
    assert "libcst" not in again.stderr


def test_a_change_of_an_imported_file_is_seen_through_the_cache(tmp_path: Path) -> None:
    _project(tmp_path)
    assert _run(["main.py"], tmp_path, tmp_path / ".cache").returncode == 1
    (tmp_path / "helpers.py").write_text("def positive(x):\n    return x\n")
    assert _run(["main.py"], tmp_path, tmp_path / ".cache").returncode == 0
    (tmp_path / "helpers.py").unlink()
    assert _run(["main.py"], tmp_path, tmp_path / ".cache").returncode == 0
    (tmp_path / "helpers.py").write_text(HELPER)
    assert _run(["main.py"], tmp_path, tmp_path / ".cache").returncode == 1


def test_a_broken_or_unwritable_cache_changes_nothing(tmp_path: Path) -> None:
    _project(tmp_path)
    expected = _run(["--no-cache", "."], tmp_path, tmp_path / "unused").stdout
    assert not (tmp_path / "unused").exists()
    cache = tmp_path / ".cache"
    assert _run(["."], tmp_path, cache).stdout == expected
    for file in cache.iterdir():
        file.write_bytes(b"no database" * 100)
    assert _run(["."], tmp_path, cache).stdout == expected
    assert _run(["."], tmp_path, Path("/dev/null/nowhere")).stdout == expected


def test_runs_at_the_same_time_share_a_cache(tmp_path: Path) -> None:
    for index in range(30):
        (tmp_path / f"helpers_{index}.py").write_text(HELPER.replace("0", str(index)))
        (tmp_path / f"main_{index}.py").write_text(STEP.format(line=f"from helpers_{index} import positive", call="positive"))
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: _run(["."], tmp_path, tmp_path / ".cache"), range(4)))
    assert {(run.returncode, run.stdout) for run in runs} == {(1, runs[0].stdout)}
    assert runs[0].stdout.count("NNX401") == 30
