"""Which files of a project its programs reach: what imports, strings, READMEs and notebooks name, and what a copy of another project is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnx_lsp import engine
from nnx_lsp.config import Settings
from nnx_lsp.engine import Engine
from nnx_lsp.project.project import Project
from nnx_lsp.severity import Severity
from nnx_lsp.syntax.document import parse

MODEL = "from flax import nnx\n\n\nclass Net(nnx.Module):\n    def __init__(self):\n        self.linear = nnx.Linear(2, 3)\n"
PROJECT = {"pyproject.toml": '[project]\nname = "mine"\n', "models/net.py": MODEL, "run.py": "print('run')\n"}
NOTICE = "# Copyright 2024 Somebody Else.\n"


def project(folder: Path, files: dict[str, str]) -> Project:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Project(None, str(folder))


def severity(folder: Path, files: dict[str, str], path: str = "models/net.py") -> Severity:
    """That of the one finding in a file."""
    [found] = Engine(project(folder, files), Settings(flax_version="0.12.8")).check(path).found
    return found.severity


def test_what_no_program_imports_is_a_warning_that_says_so(tmp_path: Path) -> None:
    files = {**PROJECT, "train.py": "print('train')\n"}
    [found] = Engine(project(tmp_path, files), Settings(flax_version="0.12.8")).check("models/net.py").found
    assert (found.code, found.severity) == ("NNX103", Severity.WARNING)
    assert found.message.endswith("(no program of this project imports this file)")


@pytest.mark.parametrize(
    "files",
    [
        {"train.py": "from models.net import Net\nprint(Net)\n"},
        {"train.py": "from models import net\nprint(net)\n"},
        {"train.py": "def main():\n    import models.net\n\n\nmain()\n"},
        {"train.py": "from models import *\nprint(Net)\n", "models/__init__.py": "from .net import Net\n"},
        {"train.py": "import models\nprint(models)\n", "models/__init__.py": "from models.net import Net\n"},
        {"train.py": "import step\nprint(step)\n", "step.py": "from models.net import Net\n"},
        {"models/train.py": "from net import Net\nprint(Net)\n"},
        {"train.py": "import importlib\nprint(importlib.import_module('models.net'))\n"},
        {"train.py": "import importlib, sys\nprint(importlib.import_module(f'models.{sys.argv[1]}'))\n"},
        {"train.py": "import importlib, sys\nprint(importlib.import_module(sys.argv[1]))\n"},
        {"train.py": "import importlib\nprint(importlib.import_module('.net', 'models'))\n"},
        {"train.py": "import importlib\nprint(importlib.import_module('models.' + input()))\n"},
        {"train.py": "import pkgutil\nprint(*pkgutil.iter_modules(['models']))\n"},
        {"run.py": "def run():\n    pass\n"},
        {"pyproject.toml": '[project]\nname = "Models"\n', "models/__init__.py": ""},
        {"tests/test_net.py": "from models.net import Net\n"},
        {"README.md": "Run `python -m models.net`.\n"},
        {"run.sh": "python models/net.py\n"},
        {"config.yaml": "model:\n  _target_: models.net.Net\n"},
        {"look.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": ["import jax\n", "from net import Net\n"]}]})},
        {"models/net.py": MODEL + "\n\nif __name__ == '__main__':\n    print(Net)\n"},
        {"models/net.py": MODEL + "\n\nprint(Net)\n"},
        {"models/net.py": MODEL + "\n\nfor _ in range(3):\n    pass\n"},
        {"pyproject.toml": '[project]\nname = "mine"\n[build-system]\nrequires = ["hatchling"]\n'},
        {"setup.py": "from setuptools import setup, find_packages\nsetup(packages=find_packages())\n"},
    ],
    ids=lambda files: next(iter(files)),
)
def test_what_a_program_reaches_is_an_error(tmp_path: Path, files: dict[str, str]) -> None:
    assert severity(tmp_path, {**PROJECT, **files}) is Severity.ERROR


@pytest.mark.parametrize(
    "files",
    [
        {"step.py": "from models.net import Net\n"},
        {"train.py": "from other.net import Net\nprint(Net)\n", "other/net.py": "Net = 1\n"},
        {"train.py": "import net\nprint(net)\n", "net.py": "Net = 1\n"},
        {"models/__init__.py": "", "train.py": "import models\nprint(models)\n"},
        {"models/net.py": '"""A model."""\n\n' + MODEL + "\n\nWIDTH = 3\n__all__ = ['Net']\n"},
    ],
    ids=lambda files: next(iter(files)),
)
def test_what_only_unreached_files_import_or_another_file_is_named_for_is_a_warning(tmp_path: Path, files: dict[str, str]) -> None:
    assert severity(tmp_path, {**PROJECT, **files}) is Severity.WARNING


def test_without_the_mark_of_a_project_nothing_is_known(tmp_path: Path) -> None:
    assert severity(tmp_path, {"models/net.py": MODEL, "train.py": "print('train')\n"}) is Severity.ERROR


def test_a_package_below_src_is_there_to_be_imported(tmp_path: Path) -> None:
    files = {**PROJECT, "src/deep/__init__.py": "", "src/deep/net.py": MODEL, "src/net.py": MODEL}
    assert severity(tmp_path, files, "src/deep/net.py") is Severity.ERROR
    assert severity(tmp_path, files, "src/net.py") is Severity.WARNING


def test_a_project_inside_of_another_may_be_imported_from_there(tmp_path: Path) -> None:
    files = {"pyproject.toml": "", **{f"inner/{name}": text for name, text in PROJECT.items()}}
    assert severity(tmp_path, files, "inner/models/net.py") is Severity.ERROR


COPY = {
    "pyproject.toml": '[project]\nname = "mine"\n',
    "train.py": "from vision.used import Net\nprint(Net)\n",
    "vision/__init__.py": NOTICE,
    "vision/used.py": NOTICE + MODEL,
    "vision/train.py": NOTICE + MODEL + "\n\nif __name__ == '__main__':\n    print(Net)\n",
}


def test_a_copy_of_another_project_is_reached_where_it_is_imported_from_outside(tmp_path: Path) -> None:
    assert severity(tmp_path, COPY, "vision/used.py") is Severity.ERROR
    assert severity(tmp_path, COPY, "vision/train.py") is Severity.WARNING


@pytest.mark.parametrize(
    "files",
    [
        {"train.py": NOTICE + COPY["train.py"]},
        {"vision/__init__.py": "# My own.\n"},
        {"README.md": "The models are in vision.\n"},
        {"train.py": "print('it imports nothing of it')\n"},
        {"run.sh": "python vision/train.py\n"},
    ],
    ids=lambda files: next(iter(files)),
)
def test_a_folder_of_ones_own_has_programs_of_its_own(tmp_path: Path, files: dict[str, str]) -> None:
    assert severity(tmp_path, {**COPY, **files}, "vision/train.py") is Severity.ERROR


def test_an_editor_is_told_anew_as_soon_as_a_program_imports_the_file(tmp_path: Path) -> None:
    own = project(tmp_path, {**PROJECT, "train.py": "print('train')\n"})
    checker = Engine(own, Settings(flax_version="0.12.8"))
    checked = checker.check("models/net.py")
    assert [each.severity for each in checked.found] == [Severity.WARNING]
    before = own.generation
    own.write("train.py", "from models.net import Net\nprint(Net)\n")
    changed = own.changed_since(before)
    assert changed is None or not changed.isdisjoint(checked.files)
    assert [each.severity for each in checker.check("models/net.py").found] == [Severity.ERROR]


def test_a_kept_result_rests_on_what_is_reached(tmp_path: Path) -> None:
    own = project(tmp_path, {**PROJECT, "train.py": "print('train')\n"})
    kept = own.folders(Engine(own, Settings(flax_version="0.12.8")).check("models/net.py").files)
    (tmp_path / "train.py").write_text("from models.net import Net\nprint(Net)\n")
    now = Project(None, str(tmp_path))
    assert any(now.digest(folder) != digest for folder, digest in kept.items())


def test_what_is_set_by_the_user_stays(tmp_path: Path) -> None:
    settings = Settings(flax_version="0.12.8", severity=(("NNX103", "error"),))
    [found] = Engine(project(tmp_path, PROJECT), settings, every=engine.rules()).check("models/net.py").found
    assert found.severity is Severity.ERROR


STEP = "from flax import nnx\n\n\ndef step(rngs):\n    return nnx.Linear(2, 3)\n"
"""A mistake in a function."""
UNCALLED = {"pyproject.toml": '[project]\nname = "mine"\n', "run.py": "import steps\nprint(steps)\n", "steps.py": STEP}


def test_what_nothing_names_is_a_warning_that_says_so(tmp_path: Path) -> None:
    [found] = Engine(project(tmp_path, UNCALLED), Settings(flax_version="0.12.8")).check("steps.py").found
    assert (found.code, found.severity) == ("NNX103", Severity.WARNING)
    assert found.message.endswith("(nothing that runs in this project names `step`)")


@pytest.mark.parametrize(("run", "severity"), [("import steps\nprint(steps)\n", Severity.INFO), ("import steps\nsteps.draw(3)\n", Severity.WARNING)])
def test_a_warning_there_is_a_hint(tmp_path: Path, run: str, severity: Severity) -> None:
    text = "import jax\n\n\ndef draw(key):\n    return jax.random.normal(key, (3,)) - jax.random.normal(key, (3,))\n"
    [found] = Engine(project(tmp_path, UNCALLED | {"run.py": run, "steps.py": text}), Settings(flax_version="0.12.8")).check("steps.py").found
    assert (found.code, found.severity) == ("NNX108", severity)


METHOD = "from flax import nnx\n\n\nclass Net(nnx.Module):\n    def grow(self):\n        return nnx.Linear(2, 3)\n"


@pytest.mark.parametrize(
    "files",
    [
        {"run.py": "import steps\nsteps.step(0)\n"},
        {"run.py": "from steps import step as go\ngo(0)\n"},
        {"run.py": "import steps\nprint(getattr(steps, 'step'))\n"},
        {"run.py": "import steps, sys\nprint(getattr(steps, sys.argv[1]))\n"},
        {"run.py": "import steps\nprint(steps)  # or step\n"},
        {"run.py": "import steps\n\n\ndef main():\n    steps.step(0)\n\n\nmain()\n"},
        {"run.py": "import steps\n\n\nclass Run:\n    first = steps.step\n\n\nprint(Run)\n"},
        {"run.py": "import steps\n\n\nclass Run:\n    def __call__(self):\n        return steps.step(0)\n\n\nRun()()\n"},
        {"run.py": "import steps\n\n\ndef go():\n    def inner():\n        return steps.step(0)\n    return inner()\n\n\nprint(go())\n"},
        {"config.yaml": "_target_: steps.step\n"},
        {"README.md": "Call `step`.\n"},
        {"look.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": ["steps.step(0)\n"]}]})},
        {"steps.py": STEP + "\n\n__all__ = ['step']\n"},
        {"steps.py": STEP + "\n\nSTEPS = {'first': step}\n"},
        {"steps.py": STEP.replace("def step", "@register\ndef step")},
        {"steps.py": STEP.replace("def step", "@partial(register, 'x')\ndef step")},
        {"steps.py": "from flax import nnx\n\n\ndef step(layer=nnx.Linear(2, 3)):\n    return layer\n"},
        {"steps.py": "from flax import nnx\n\n\nclass Net:\n    def step(layer=nnx.Linear(2, 3)):\n        return layer\n"},
        {"steps.py": STEP.replace("step", "main")},
        {"steps.py": STEP.replace("step", "on_start")},
        {"steps.py": STEP + "\n\nprint(globals()['st' + 'ep'])\n"},
        {"steps.py": METHOD.replace("grow", "__len__")},
        {"steps.py": METHOD.replace("nnx.Module", "Trainer")},
        {"steps.py": METHOD.replace("nnx.Module", "nnx.Module, Mixin")},
        {"steps.py": METHOD.replace("class", "@register\nclass")},
        {"steps.py": METHOD, "run.py": "import steps, sys\nprint(getattr(steps.Net(), sys.argv[1])())\n"},
        {"steps.py": METHOD, "run.py": "import steps\nsteps.Net().grow()\n"},
        {"steps.py": "if True:\n    from flax import nnx\n\n    def step(rngs):\n        return nnx.Linear(2, 3)\n"},
        {"pyproject.toml": '[project]\nname = "mine"\n[build-system]\nrequires = ["hatchling"]\n'},
        {"run.py": ""},
    ],
    ids=lambda files: next(iter(files.values()))[-30:],
)
def test_what_may_be_run_by_its_name_is_an_error(tmp_path: Path, files: dict[str, str]) -> None:
    assert severity(tmp_path, {**UNCALLED, **files}, "steps.py") is Severity.ERROR


@pytest.mark.parametrize(
    "files",
    [
        {"steps.py": STEP + "    # step\n    return step(rngs)\n"},
        {"steps.py": STEP.replace("def", "@nnx.jit\ndef")},
        {"steps.py": STEP.replace("def", "@partial(\n    jax.jit,\n    static_argnums=(0,),\n)\ndef")},
        {"steps.py": STEP.replace("    return", '    """A text\nat the margin."""\n    return')},
        {"steps.py": STEP + "\n\ndef more():\n    return step(0)\n"},
        {"steps.py": STEP + "\n\ndef more():\n    return step(0) or most()\n\n\ndef most():\n    return more()\n"},
        {"steps.py": STEP, "other.py": "import steps\n\n\nclass Other:\n    def more(self):\n        return steps.step(0)\n"},
        {"steps.py": METHOD},
        {"steps.py": METHOD.replace("class", "class Base(nnx.Module):\n    pass\n\n\nclass").replace("Net(nnx.Module)", "Net(Base)")},
        {"steps.py": METHOD.replace("    def", "    @staticmethod\n    def").replace("self", "")},
        {"steps.py": STEP, "run.py": "import steps, sys\nprint(steps, getattr(args, sys.argv[1]))\n"},
    ],
    ids=lambda files: next(iter(files.values()))[-30:],
)
def test_what_is_named_only_where_nothing_runs_is_a_warning(tmp_path: Path, files: dict[str, str]) -> None:
    assert severity(tmp_path, {**UNCALLED, **files}, "steps.py") is Severity.WARNING


def test_a_method_of_the_same_name_is_known_by_its_class(tmp_path: Path) -> None:
    text = STEP + "\n\nclass Other(Unknown):\n    def step(self):\n        return nnx.Linear(2, 3)\n"
    found = Engine(project(tmp_path, {**UNCALLED, "steps.py": text}), Settings(flax_version="0.12.8")).check("steps.py").found
    assert [each.severity for each in found] == [Severity.ERROR, Severity.ERROR]


def test_an_editor_is_told_anew_as_soon_as_something_names_the_function(tmp_path: Path) -> None:
    own = project(tmp_path, {**UNCALLED, "look.ipynb": '{"cells": []}'})
    checker = Engine(own, Settings(flax_version="0.12.8"))
    for path, text, expected in (
        ("run.py", UNCALLED["run.py"], Severity.WARNING),
        ("run.py", "import steps\nprint(steps.step)\n", Severity.ERROR),
        ("run.py", "import steps\nprint(steps.stop)\n", Severity.WARNING),
        ("look.ipynb", "import steps\nsteps.step(0)\n", Severity.ERROR),
    ):
        before, rested = own.generation, checker.check("steps.py").files
        was = [each.severity for each in checker.check("steps.py").found]
        own.write(path, text)
        changed = own.changed_since(before)
        assert was == [expected] or changed is None or not changed.isdisjoint(rested)
        assert [each.severity for each in checker.check("steps.py").found] == [expected]


def test_a_kept_result_rests_on_what_names_the_function(tmp_path: Path) -> None:
    own = project(tmp_path, UNCALLED)
    kept = own.folders(Engine(own, Settings(flax_version="0.12.8")).check("steps.py").files)
    (tmp_path / "run.py").write_text("import steps\nsteps.step(0)\n")
    now = Project(None, str(tmp_path))
    assert any(now.digest(folder) != digest for folder, digest in kept.items())


def test_a_function_of_a_notebook_or_of_a_lone_text_is_an_error(tmp_path: Path) -> None:
    cells = json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": STEP.splitlines(keepends=True)}]})
    assert severity(tmp_path, {**UNCALLED, "steps.ipynb": cells, "steps.py": ""}, "steps.ipynb") is Severity.ERROR
    assert [each.severity for each in engine.check(parse("steps.py", STEP), Settings(flax_version="0.12.8"))] == [Severity.ERROR]


STOPPED = {
    "setup.py": "from setuptools import setup\nsetup()\n",
    "tasks/other.py": "",
    "train.py": "from tasks.move import Move\n" + STEP + "\n\nstep(Move)\n",
}


def test_what_stands_behind_an_import_that_fails_is_a_warning_that_says_so(tmp_path: Path) -> None:
    [found] = Engine(project(tmp_path, STOPPED), Settings(flax_version="0.12.8")).check("train.py").found
    assert found.severity is Severity.WARNING
    assert found.message.endswith("(this file stops at its import of `tasks.move`, which is not in this project)")


@pytest.mark.parametrize(
    "files",
    [
        {"tasks/move.py": ""},
        {"tasks/move/__init__.py": ""},
        {"tasks/move.so": ""},
        {"tasks/move/cells.txt": ""},
        {"tasks/other.py": "import sys\nsys.path.append('../elsewhere')\n"},
        {"train.py": "import sys\nsys.path.append('x')\n" + STOPPED["train.py"]},
        {"train.py": "try:\n    from tasks.move import Move\nexcept ImportError:\n    Move = 0\n" + STEP},
        {"train.py": "def late():\n    from tasks.move import Move\n" + STEP},
        {"train.py": STEP + "\n\nfrom tasks.move import Move\n"},
        {"train.py": STOPPED["train.py"].replace("tasks.move", "elsewhere.move")},
        {"train.py": STOPPED["train.py"].replace("tasks.move", "tasks.move_pb2")},
        {"train.py": STOPPED["train.py"].replace("tasks.move", "tasks")},
        {"train.py": "import rootutils\nrootutils.setup_root(__file__, pythonpath=True)\n" + STOPPED["train.py"]},
        {"train.py": STOPPED["train.py"].replace("tasks.move", "jax.moved"), "jax/other.py": ""},
        {"train.py": STOPPED["train.py"].replace("tasks.move", "xml.moved"), "xml/other.py": ""},
        {"requirements.txt": "tasks\n"},
        {".gitignore": "tasks/move.py\n"},
        {".gitmodules": "path = tasks\n"},
        {"run.sh": "PYTHONPATH=../elsewhere python train.py\n"},
    ],
    ids=lambda files: " ".join((*files, next(iter(files.values()))[:30])),
)
def test_what_may_be_there_after_all_stops_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    assert severity(tmp_path, {**STOPPED, **files}, "train.py") is Severity.ERROR


@pytest.mark.parametrize(
    "files",
    [
        {"train.py": "import tasks.move as move\n" + STEP + "\n\nstep(move)\n"},
        {"tasks/__init__.py": "", "requirements.txt": "tasks\n"},
        {"train.py": STOPPED["train.py"].replace("tasks.move", "tasks.deep.move"), "tasks/deep/other.py": ""},
        {"tasks/other.py": "import sys\nsys.path.append(str(Path(__file__).parent))\n"},
    ],
    ids=lambda files: " ".join(files),
)
def test_other_ways_to_import_what_is_not_there_stop_it_too(tmp_path: Path, files: dict[str, str]) -> None:
    assert severity(tmp_path, {**STOPPED, **files}, "train.py") is Severity.WARNING


@pytest.mark.parametrize(
    ("path", "text"), [("tasks/move.py", ""), ("requirements.txt", "tasks"), (".gitignore", "tasks/"), ("go.sh", "PYTHONPATH=.. python train.py")]
)
def test_a_kept_result_rests_on_where_the_module_may_be(tmp_path: Path, path: str, text: str) -> None:
    own = project(tmp_path, STOPPED)
    kept = own.folders(Engine(own, Settings(flax_version="0.12.8")).check("train.py").files)
    assert all(Project(None, str(tmp_path)).digest(folder) == digest for folder, digest in kept.items())
    (tmp_path / path).write_text(text)
    now = Project(None, str(tmp_path))
    assert any(now.digest(folder) != digest for folder, digest in kept.items())


def test_an_editor_is_told_anew_as_soon_as_the_path_leads_elsewhere(tmp_path: Path) -> None:
    own = project(tmp_path, STOPPED)
    checker = Engine(own, Settings(flax_version="0.12.8"))
    checked = checker.check("train.py")
    before = own.generation
    own.write("tasks/other.py", "import sys\nsys.path.append('../elsewhere')\n")
    changed = own.changed_since(before)
    assert changed is None or not changed.isdisjoint(checked.files)
    assert [each.severity for each in checker.check("train.py").found] == [Severity.ERROR]


def test_a_folder_that_only_stands_between_is_not_the_package_that_is_meant(tmp_path: Path) -> None:
    files = {**STOPPED, "deep/tasks/other.py": "", "deep/in/train.py": STOPPED["train.py"]}
    del files["tasks/other.py"]
    assert severity(tmp_path, files, "deep/in/train.py") is Severity.ERROR
    assert severity(tmp_path, {**files, "deep/train.py": STOPPED["train.py"]}, "deep/train.py") is Severity.WARNING


def test_a_relative_import_of_what_is_not_there_stops_it_too(tmp_path: Path) -> None:
    text = "from .move import Move\n" + STEP
    assert severity(tmp_path, {**STOPPED, "tasks/__init__.py": "", "tasks/train.py": text}, "tasks/train.py") is Severity.WARNING
    (tmp_path / "tasks/move.py").write_text("")
    assert severity(tmp_path, {"tasks/train.py": text}, "tasks/train.py") is Severity.ERROR
