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
