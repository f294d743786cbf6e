"""Which Flax is in force, and what a range of versions makes of a check."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import msgspec
import pytest

from nnx_lsp import engine, selection
from nnx_lsp.cli.run import Kept
from nnx_lsp.config import ConfigError, Settings, checked, in_force
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.engine import check, walked
from nnx_lsp.knowledge import library, releases
from nnx_lsp.project import versions
from nnx_lsp.project.cache import Cache
from nnx_lsp.severity import Severity
from nnx_lsp.syntax.document import parse

UV = """version = 1
requires-python = ">=3.11"

[[package]]
name = "absl-py"
version = "2.3.1"
source = { registry = "index" }

[[package]]
name = "flax"
version = "0.12.3"
source = { registry = "index" }
dependencies = [
    { name = "jax" },
]

[package.metadata]
requires-dist = [{ name = "numpy", specifier = ">=1.23" }]

[[package]]
name = "flaxformer"
version = "0.8.8"
"""
UV_FORKED = UV.replace(
    '[[package]]\nname = "flaxformer"',
    '[[package]]\nname = "flax"\nversion = "0.10.7"\nresolution-markers = ["python_full_version < \'3.12\'"]\n\n[[package]]\nname = "flaxformer"',
)
PYLOCK = """lock-version = "1.0"
created-by = "pip"

[[packages]]
name = "chex"
version = "0.1.90"

[[packages]]
name = "flax"
version = "0.12.6"

[[packages.wheels]]
name = "flax-0.12.6-py3-none-any.whl"
hashes = { sha256 = "00" }
"""
POETRY = """[[package]]
name = "etils"
version = "1.13.0"
description = "for flax"

[[package]]
name = "flax"
version = "0.11.2"
description = "Flax: A neural network library for JAX"
optional = false
python-versions = ">=3.11"

[package.dependencies]
jax = ">=0.6.0"

[metadata]
lock-version = "2.1"
"""
REQUIREMENTS = """# pinned by pip-compile
-r base.txt
jax[cuda12]==0.7.2
flax==0.11.1 \\
    --hash=sha256:00  # via -r requirements.in
flaxmodels==0.1
"""
PIXI = """version: 6
environments:
  default:
    packages:
      linux-64:
      - conda: noarch/flax-0.12.1-pyhd8ed1ab_0.conda
packages:
- conda: noarch/absl-py-2.3.1-pyhd8ed1ab_0.conda
  sha256: '00'
- conda: noarch/flax-0.12.1-pyhd8ed1ab_0.conda
  sha256: '00'
  depends:
  - jax >=0.8.1
- pypi: wheels/zstandard-0.25.0-py3-none-any.whl
  name: zstandard
  version: 0.25.0
"""
PIXI_PYPI = """version: 6
packages:
- pypi: wheels/flax-0.12.4-py3-none-any.whl
  name: flax
  version: 0.12.4
  requires_dist:
  - jax>=0.8.1
"""
CONDA = """name: train
channels: [conda-forge]
dependencies:
  - python=3.12
  - conda-forge::flax=0.10.7=pyhd8ed1ab_0
"""
CONDA_PIP = """name: train
dependencies:
  - python
  - pip:
      - jax
      - flax==0.12.2
"""
PROJECT = '[project]\nname = "a"\ndependencies = [\n  "jax>=0.6",\n  "flax>=0.10.7,<0.12",\n]\n'


def found(root: Path, **files: str) -> tuple[str, str, int] | None:
    (root / ".git").mkdir()
    (root / ".venv").mkdir()  # An environment in use that has no Flax.
    for name, text in files.items():
        (root / name).write_text(text)
    said = versions.found(root)
    return (said.flax, Path(said.source).name, said.row) if said is not None else None


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("name", "text", "flax", "row"),
    [
        ("uv.lock", UV, "0.12.3", 9),
        ("uv.lock", UV_FORKED, "0.12.3 || 0.10.7", 9),
        ("pylock.toml", PYLOCK, "0.12.6", 8),
        ("pylock.dev.toml", PYLOCK, "0.12.6", 8),
        ("poetry.lock", POETRY, "0.11.2", 6),
        ("pdm.lock", POETRY, "0.11.2", 6),
        ("requirements.txt", REQUIREMENTS, "0.11.1", 4),
        ("requirements-train.txt", "flax == 0.12.8 ; python_version >= '3.11'\n", "0.12.8", 1),
        ("requirements.txt", "jax\nflax>=0.11,<0.13  # both\n", "<0.13,>=0.11", 2),
        ("requirements.txt", 'pip install -U "jax[cuda12]"\npip install "flax<0.11.0"  # old\n', "<0.11.0", 2),
        ("requirements.txt", "!uv pip install optax flax>=0.12\nmamba install flax=0.10\n", ">=0.12", 1),
        ("pixi.lock", PIXI, "0.12.1", 10),
        ("pixi.lock", PIXI_PYPI, "0.12.4", 3),
        ("environment.yml", CONDA, "0.10.7", 5),
        ("environment.yaml", CONDA_PIP, "0.12.2", 6),
        ("environment.yml", CONDA.replace("0.10.7=pyhd8ed1ab_0", "0.12"), "==0.12.*", 5),
        ("environment.yml", CONDA.replace("flax=0.10.7=pyhd8ed1ab_0", "flax >=0.11"), ">=0.11", 5),
        ("pyproject.toml", PROJECT, "<0.12,>=0.10.7", 5),
        ("pyproject.toml", '[dependency-groups]\ndev = [{ include-group = "x" }, "flax==0.11.2"]\n', "0.11.2", 2),
        ("pyproject.toml", '[tool.poetry.dependencies]\nflax = "^0.11.1"\n', ">=0.11.1,<0.12", 2),
        ("pyproject.toml", '[tool.poetry.dependencies]\nflax = { version = "~0.12.0", extras = ["all"] }\n', "~=0.12.0", 2),
        ("pyproject.toml", '[tool.poetry.dependencies]\nflax = "~0.11"\n', "==0.11.*", 2),
        ("pyproject.toml", '[tool.poetry.dependencies]\nflax = "0.11.*"\n', "==0.11.*", 2),
        ("pyproject.toml", '[tool.poetry.dependencies]\nflax = "^0.11.1,<0.11.2"\n', ">=0.11.1,<0.12,<0.11.2", 2),
        ("pyproject.toml", '[tool.poetry.group.nn.dependencies]\nflax = "0.11.2"\n', "0.11.2", 2),
        ("pyproject.toml", '[tool.poetry.dev-dependencies]\nflax = "0.11.2"\n', "0.11.2", 2),
        ("pyproject.toml", '[tool.pdm.dev-dependencies]\nnn = ["flax==0.11.2"]\n', "0.11.2", 2),
        ("pyproject.toml", '[tool.uv]\ndev-dependencies = ["flax==0.11.2"]\n', "0.11.2", 2),
        ("pyproject.toml", '[project]\ndependencies = ["flax>=0.11"]\n\n[tool.uv]\noverride-dependencies = ["flax==0.11.2"]\n', "0.11.2", 5),
        ("pyproject.toml", '[tool.hatch.envs.default]\ndependencies = ["flax==0.11.2"]\n', "0.11.2", 2),
        ("pyproject.toml", '[tool.pixi.pypi-dependencies]\nflax = ">=0.11,<0.12"\n', ">=0.11,<0.12", 2),
        ("pixi.toml", '[dependencies]\npython = "3.11.*"\nflax = ">=0.11,<0.12"\n', ">=0.11,<0.12", 3),
        ("setup.py", 'HERE = ["jax"]\nALL = HERE + ["flax>=0.12"]\nsetup(install_requires=ALL + HERE)\n', ">=0.12", 2),
        ("pyproject.toml", '[dependency-groups]\nold = ["flax==0.10.7"]\nnew = ["flax==0.12.8"]\n', "0.10.7 || 0.12.8", 2),
        ("pyproject.toml", '[dependency-groups]\nold = ["flax==0.10.7"]\ndev = ["flax==0.12.8"]\n', "0.12.8", 3),
        ("pyproject.toml", '[project]\ndependencies = ["flax"]\n\n[dependency-groups]\nold = ["flax==0.10.7"]\ndev = ["flax==0.12.8"]\n', "0.12.8", 6),
        ("conda-lock.yml", "package:\n- name: flax\n  version: 0.11.2\n  manager: conda\n- name: flaxen\n  version: 0.1\n", "0.11.2", 2),
        ("Pipfile", '[packages]\nflax = "==0.11.2"\n', "0.11.2", 2),
        ("Pipfile.lock", '{"default": {\n"flax": {"version": "==0.11.2", "markers": "python_version >= \'3.11\'"}}}\n', "0.11.2", 2),
        ("setup.cfg", "[metadata]\nname = a\n[options]\ninstall_requires =\n  jax\n  flax>=0.11,<0.12  # both\n", "<0.12,>=0.11", 6),
        ("setup.py", 'from setuptools import setup\n\nsetup(name="a", install_requires=["jax", "flax==0.11.2"])\n', "0.11.2", 3),
        ("setup.py", 'import setuptools\nREQUIRED = [\n    "Flax>=0.12",\n]\nsetuptools.setup(install_requires=REQUIRED)\n', ">=0.12", 3),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "",
)
def test_each_kind_of_file_is_read(tmp_path: Path, name: str, text: str, flax: str, row: int) -> None:
    assert found(tmp_path, **{name: text}) == (flax, name, row)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", UV.replace('"flax"', '"flaxen"')),
        ("uv.lock", UV.replace('version = "0.12.3"', 'version = "0.12.3')),
        ("pixi.lock", "version: 6\npackages:\n- pypi: flax-0.12.4.whl\n  name: [flax\n"),
        ("environment.yml", "dependencies: [flax=0.12, {"),
        ("environment.yml", "- flax=0.12\n"),
        ("requirements.txt", "flax\nflax @ file:///flax.whl\nflax==\n"),
        ("pyproject.toml", '[project]\ndependencies = ["flax"]\n'),
        ("pyproject.toml", '[project]\ndependencies = "flax"\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nflax = "*"\n'),
        ("pyproject.toml", "[project\nflax"),
        ("pyproject.toml", '[project]\ndependencies = ["jax", "flax[all]"]\n[dependency-groups]\nold = ["flax==0.10.7"]\n'),
        ("setup.py", "setup(install_requires=['flax==0.12.8'\n"),
        ("setup.py", "A = A\nsetup(install_requires=A + ['jax'])\n"),
        ("setup.py", "setup(install_requires=read('flax.txt'))\n"),
        ("setup.cfg", "install_requires = flax==0.12.8\n"),
        ("Pipfile.lock", '{"default": {"flax": {"git": "flax"}}}'),
        ("Pipfile.lock", '{"flax'),
    ],
)
def test_what_says_nothing_or_is_broken_is_passed_over(tmp_path: Path, name: str, text: str) -> None:
    assert found(tmp_path, **{name: text}) is None


def test_lock_file_then_environment_then_declared_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(tmp_path, **{"pyproject.toml": PROJECT, "poetry.lock": POETRY}) == ("0.11.2", "poetry.lock", 6)
    site = tmp_path / ".venv/lib/python3.12/site-packages/flax-0.12.8.dist-info"
    site.mkdir(parents=True)
    below = tmp_path / "src" / "models"
    below.mkdir(parents=True)
    assert versions.found(below) == versions.Found("0.11.2", str(tmp_path / "poetry.lock"), 6)
    (tmp_path / "poetry.lock").unlink()
    site = site.rename(site.with_name("flax-0.11.2.dist-info"))
    assert versions.found(below) == versions.Found("0.11.2", str(site))
    site.rename(site.with_name("jax-0.7.2.dist-info"))
    assert versions.found(below) == versions.Found("<0.12,>=0.10.7", str(tmp_path / "pyproject.toml"), 5)
    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path / "conda"))
    (tmp_path / "conda/lib/python3.13/site-packages/flax-0.11.1.dist-info").mkdir(parents=True)
    said = versions.found(below)
    assert said is not None
    assert said.flax == "0.11.1"


def test_an_environment_outside_of_what_is_declared_does_not_win(tmp_path: Path) -> None:
    site = tmp_path / ".venv/lib/python3.12/site-packages"
    assert found(tmp_path, **{"pyproject.toml": PROJECT}) == ("<0.12,>=0.10.7", "pyproject.toml", 5)
    (site / "flax-0.12.8.dist-info").mkdir(parents=True)
    said = in_force(Settings(), tmp_path)[1]
    assert said.flax == "<0.12,>=0.10.7"
    assert said.remarks == (
        f"{site}/flax-0.12.8.dist-info: Flax 0.12.8 is installed, which {tmp_path}/pyproject.toml:5 excludes (<0.12,>=0.10.7); what is declared is in force",
    )


def test_an_installed_package_that_says_nothing_of_itself_is_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "flax-0.12.8.dist-info").mkdir()
    assert in_force(Settings(), tmp_path)[1].remarks == ()


def test_a_pin_comes_before_a_lock_file_that_contradicts_it(tmp_path: Path) -> None:
    pin = PROJECT.replace("flax>=0.10.7,<0.12", "flax==0.10.7")
    assert found(tmp_path, **{"pyproject.toml": pin, "uv.lock": UV}) == ("0.10.7", "pyproject.toml", 5)
    assert in_force(Settings(), tmp_path)[1].remarks == (
        f"{tmp_path}/uv.lock:9: says Flax 0.12.3, which {tmp_path}/pyproject.toml:5 excludes (0.10.7); that is in force",
    )
    (tmp_path / "pyproject.toml").write_text(pin.replace("0.10.7", "0.12.3"))
    assert in_force(Settings(), tmp_path)[1] == versions.Found("0.12.3", f"{tmp_path}/uv.lock", 9)


def test_a_nearer_declaration_comes_before_a_farther_lock_file_that_contradicts_it(tmp_path: Path) -> None:
    assert found(tmp_path, **{"uv.lock": UV}) == ("0.12.3", "uv.lock", 9)
    below = tmp_path / "examples"
    below.mkdir()
    (below / "requirements.txt").write_text("flax>=0.12\n")
    assert versions.found(below) == versions.Found("0.12.3", f"{tmp_path}/uv.lock", 9)
    (below / "requirements.txt").write_text("flax>=0.10.7,<0.11\n")
    assert versions.found(below) == versions.Found("<0.11,>=0.10.7", f"{below}/requirements.txt", 1)


# Lists of requirements by what stands in them --------------------------------------------------------------------------

FROZEN = "absl-py==2.1.0\nattrs @ file:///croot/attrs_1\naiohttp==3.9.5\nflax==0.10.0\njax==0.5.3\n# from a machine\nnumpy>=1.26,<3 ; python_version > '3.9'\n"
PIP_LIST = "Package    Version\n---------- -----------\nabsl-py    2.1.0\nflax       0.10.7\njax        0.6.2\nmine       0.1.0 /home/me/mine\n"
CONDA_LIST = """# packages in environment at /opt/conda:
#
# Name  Version  Build  Channel
_libgcc_mutex 0.1 main
absl-py  2.1.0  pypi_0  pypi
flax  0.10.7  pypi_0  pypi
"""
EXPLICIT = "# platform: linux-64\n@EXPLICIT\nhttps://conda.anaconda.org/conda-forge/noarch/flax-0.10.7-pyhd8ed1ab_0.conda#00\n"
EXPORTED = "# platform: linux-64\nabsl-py=2.1.0=pypi_0\nflax=0.10.7=pypi_0\n"
BY_HAND = "jax[cuda12]\nflax >=0.10.2,<0.11  # the old one\noptax\n"
OPTIONAL_ONLY = '[project]\nname = "a"\nrequires-python = ">=3.10"\n[project.optional-dependencies]\njax = ["jax", "flaxX"]\n'
PROSE = "What to do:\nflax==0.10.7 does not work on the cluster.\nAsk for another one.\nflax==0.10.7\n"


@pytest.mark.parametrize(
    ("name", "text", "flax", "row"),
    [
        ("user_reqs.txt", FROZEN, "0.10.0", 4),
        ("pip-freeze.txt", FROZEN, "0.10.0", 4),
        ("freeze", FROZEN, "0.10.0", 4),
        ("Requirements.txt", FROZEN, "0.10.0", 4),
        ("packages.txt", BY_HAND, "<0.11,>=0.10.2", 2),
        ("deps.pip", BY_HAND, "<0.11,>=0.10.2", 2),
        ("list.txt", PIP_LIST, "0.10.7", 4),
        ("requirements.txt", PIP_LIST, "0.10.7", 4),
        ("installed.txt", CONDA_LIST, "0.10.7", 6),
        ("spec-file.txt", EXPLICIT, "0.10.7", 3),
        ("spec.txt", EXPORTED, "0.10.7", 3),
        ("gpu.yml", CONDA, "0.10.7", 5),
        ("scripts/setup.txt", FROZEN, "0.10.0", 4),
        ("libs.txt", "- flax==0.10.7\n- jax==0.6.2\n", "0.10.7", 1),
        ("libs.txt", '"jax==0.6.2",\n"flax==0.10.7",\n', "0.10.7", 2),
        ("versions.txt", "Python: 3.10\nflax: 0.10.7\njax: 0.6.2\n", "0.10.7", 2),
        ("install.txt", "pip install flax==0.10.7 jax==0.6.2 optax\n", "0.10.7", 1),
        ("x.txt", "-r more.txt\n--extra-index-url https://x/y\nflax==0.10.7 \\\n    --hash=sha256:00\n", "0.10.7", 3),
    ],
)
def test_a_list_of_requirements_is_read_whatever_its_name_is(tmp_path: Path, name: str, text: str, flax: str, row: int) -> None:
    (tmp_path / "scripts").mkdir()
    assert found(tmp_path, **{name: text}) == (flax, Path(name).name, row)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes.txt", PROSE),
        ("words.txt", "cat\ndog\nflax\nlinen\n"),
        ("log.txt", "Collecting flax==0.10.7\n  Downloading flax-0.10.7-py3-none-any.whl (456 kB)\nInstalling collected packages: flax\n"),
        ("values.yml", "model: {flax: 0.10.7}\nsteps: 3\n"),
        ("data.txt", f"{FROZEN}{'numpy==2.0.0' * 30000}\n"),
    ],
)
def test_another_text_is_no_list_of_requirements(tmp_path: Path, name: str, text: str) -> None:
    assert found(tmp_path, **{name: text}) is None


def test_texts_of_which_there_are_many_are_data(tmp_path: Path) -> None:
    many = {f"{count}.txt": "a text\n" for count in range(60)}
    assert found(tmp_path, **many, **{"freeze.txt": FROZEN}) is None


@pytest.mark.parametrize(
    ("beside", "flax"),
    [
        ({"requirements.txt": "numpy\n# flax>=0.11\n"}, "0.10.0"),
        ({"requirements.txt": "numpy\nflax\n"}, "0.10.0"),
        ({"requirements.txt": "numpy\nflax==0.12.8\n"}, "0.12.8"),
        ({"requirements-train.txt": "flax==0.12.8\n"}, "0.12.8"),
        ({"pyproject.toml": PROJECT.replace("flax>=0.10.7", "flax>=0.10")}, "0.10.0"),
    ],
)
def test_what_is_called_requirements_comes_before_other_lists(tmp_path: Path, beside: dict[str, str], flax: str) -> None:
    said = found(tmp_path, **{"a_list.txt": FROZEN}, **beside)
    assert said is not None
    assert said[0] == flax


def test_a_list_without_a_name_of_its_own_does_not_win_over_the_environment_in_use(tmp_path: Path) -> None:
    assert found(tmp_path, **{"user_reqs.txt": FROZEN}) == ("0.10.0", "user_reqs.txt", 4)
    (tmp_path / ".venv/lib/python3.12/site-packages/flax-0.12.6.dist-info").mkdir(parents=True)
    assert in_force(Settings(), tmp_path)[1].flax == "0.10.0 || 0.12.6"


@pytest.mark.parametrize(
    ("beside", "flax"),
    [
        ({"requirements.txt": "jax\n", "requirements_gpu.txt": "flax==0.10.2\n"}, "0.10.2"),
        ({".python-version": "3.10\n", "pyproject.toml": OPTIONAL_ONLY.replace("X", ">=0.12.0")}, ">=0.12.0"),
        ({".python-version": "3.10\n", "pyproject.toml": OPTIONAL_ONLY.replace("X", ">=0.10.0")}, "<0.11.0"),
    ],
)
def test_what_names_flax_with_what_leaves_it_open(tmp_path: Path, beside: dict[str, str], flax: str) -> None:
    said = found(tmp_path, **beside)
    assert said is not None
    assert said[0] == flax


@pytest.mark.parametrize("mark", ["README.md", "requirements.txt", ".git"])
def test_a_list_above_the_project_is_not_its_own(tmp_path: Path, mark: str) -> None:
    project = tmp_path / "work" / "project"
    (project / "src").mkdir(parents=True)
    (project / ".venv").mkdir()
    (project / mark).write_text("numpy\n")
    (tmp_path / "work" / "everything.txt").write_text(FROZEN)
    assert versions.found(project) is None
    (project / "everything.txt").write_text(FROZEN)
    assert (said := versions.found(project / "src")) is not None
    assert (said.flax, Path(said.source).parent) == ("0.10.0", project)


# The environment of nnx-lint --------------------------------------------------------------------------------------------

OWN = metadata.version("flax")
OPEN = '[project]\nname = "a"\ndependencies = ["jax", "flax>=0.10.0"]\n'
INSTALLS = "flax==0.10.3"


def _shown(source: str, text: str) -> str:
    """A notebook of one cell with its output."""
    return json.dumps({"cells": [{"cell_type": "code", "source": [source], "outputs": [{"output_type": "stream", "name": "stdout", "text": [text]}]}]})


@pytest.mark.parametrize(
    ("name", "text", "flax"),
    [
        ("README.md", "```\npip install 'flax>=0.10.0,<0.10.4' optax\n```\n", "<0.10.4,>=0.10.0"),
        ("README.md", "| Package | Version |\n|--|--|\n| jax / jaxlib | 0.6.2 |\n| flax | 0.10.3 |\n", "0.10.3"),
        ("README.md", "| **Flax NNX 0.10.3** | Layers |\n", "0.10.3"),
        ("README.md", "It was tested with Flax 0.10.3 and jax 0.5.\n", "0.10.3"),
        ("README.md", "- Python 3.12\n- `flax` (0.10.3)\n", "0.10.3"),
        ("README.md", "Runs on Flax v0.10.3, not yet with newer flax (0.12+).\n", "0.10.3"),
        ("README.md", "The VMs pin `flax` to 0.10.3.\n", "0.10.3"),
        ("README.md", "![](https://img.shields.io/badge/Flax-0.10.3-orange.svg)\n", "0.10.3"),
        ("README.md", "<tr><td>Flax</td>\n<td><b>0.10.3</b></td></tr>\n", "0.10.3"),
        ("README.md", "It does not work with Flax 0.10.4 or later.\n", "<0.10.4"),
        ("README.md", "poetry add flax@0.10.3\n", "0.10.3"),
        ("README.md", "conda install -c conda-forge flax=0.10.3=pyhd8ed1ab_0\n", "0.10.3"),
        ("INSTALL.md", "You need `flax (>=0.10.0,<0.10.4)`.\n", "<0.10.4,>=0.10.0"),
        ("Dockerfile", f"FROM python:3.12\nRUN pip install {INSTALLS}\n", "0.10.3"),
        ("setup.sh", f"python -m pip install {INSTALLS}\n", "0.10.3"),
        ("train.ipynb", _shown("import flax\nprint(flax.__version__)", "0.10.3\n"), "0.10.3"),
        ("train.ipynb", _shown("!pip show flax", "Name: flax\nVersion: 0.10.3\n"), "0.10.3"),
        ("train.ipynb", _shown("!pip list | grep -i ax", "flax                0.10.3\njax                 0.6.2\n"), "0.10.3"),
        ("train.ipynb", _shown("%watermark -iv", "numpy: 2.0.2\nflax : 0.10.3\n"), "0.10.3"),
        ("train.ipynb", _shown("print(f'Flax version: {flax.__version__}')", "Flax version: 0.10.3\n"), "0.10.3"),
    ],
)
@pytest.mark.parametrize("project", [OPEN, ""], ids=["a range", "nothing"])
def test_the_environment_of_nnx_lint_says_nothing_against_what_a_project_names(tmp_path: Path, name: str, text: str, flax: str, project: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / name).write_text(text)
    (tmp_path / "pyproject.toml").write_text(project)
    said = in_force(Settings(), tmp_path)[1]
    assert Path(said.source).name == name
    # What installs it is in force where nothing else is said.
    assert said.flax in ({f"{flax} || {OWN}"} if project else {f"{flax} || {OWN}", flax})
    assert said.is_hearsay is (name in ("README.md", "INSTALL.md") and re.search(r"\b(?:install|add) ", text) is None)


@pytest.mark.parametrize(
    "text",
    [
        "pip install 'flax>=0.10.0'\n",
        f"pip install flax=={OWN}\n",
        "pip install flax==0.9.0\n",  # It is outside of what is declared.
        "Flax 0.10+ is needed.\n",
        "flax >= 0.10.2\n",
        "Since Flax 0.11 `update` takes the model, before Flax 0.10.3 it did not.\n",
        "See https://github.com/google/flax/tree/v0.10.3 or flaxmodels 0.10.3\n",
        "| flax | neural networks | 0.10.3 |\n",
    ],
)
def test_what_says_nothing_against_the_environment_of_nnx_lint_leaves_it_in_force(tmp_path: Path, text: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_text(text)
    (tmp_path / "pyproject.toml").write_text(OPEN)
    assert in_force(Settings(), tmp_path)[1] == versions.Found(OWN, "the environment of nnx-lint", jax=metadata.version("jax"))


def test_an_environment_of_the_project_comes_before_what_its_pages_install(tmp_path: Path) -> None:
    assert found(tmp_path, **{"pyproject.toml": OPEN, "README.md": f"pip install {INSTALLS}\n"}) == (">=0.10.0", "pyproject.toml", 3)
    (tmp_path / ".venv/lib/python3.12/site-packages/flax-0.12.6.dist-info").mkdir(parents=True)
    assert in_force(Settings(), tmp_path)[1].flax == "0.12.6"


# What a notebook's outputs show ----------------------------------------------------------------------------------------

LATER = """from flax import nnx
import optax

model = nnx.Linear(2, 2, rngs=nnx.Rngs(0))
optimizer = nnx.ModelAndOptimizer(model, optax.sgd(0.1))
nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param).update(model, nnx.state(model, nnx.Param))
nnx.Rngs(0).normal((2,))
"""
AHEAD = ["NNX704", "NNX602", "NNX895"]
STREAM = {"output_type": "stream", "name": "stdout", "text": ["done\n"]}
RAISED = {"output_type": "error", "ename": "AttributeError", "evalue": "", "traceback": []}


@pytest.mark.parametrize(
    ("count", "outputs", "others", "metadata", "codes"),
    [
        (None, [], "", {}, AHEAD),
        (3, [], "", {}, []),
        (None, [STREAM], "", {}, []),  # Somebody took the numbers away.
        (3, [STREAM, RAISED], "", {}, AHEAD),
        (None, [], "", {"colab": {"provenance": []}}, []),
        (None, [], "", {"kaggle": {"accelerator": "gpu"}}, []),
        (None, [], "import os\nos.chdir('/content/work')", {}, []),
        (None, [], "WORK = '/kaggle/working'", {}, []),
        (None, [], "from google.colab import drive", {}, []),
        (None, [], "# from google.colab import drive\nHERE = 'my/content'", {}, AHEAD),
        (None, [], "!pip install -q -r requirements.txt", {"colab": {}}, AHEAD),
        (None, [], "%pip install 'flax==0.10.4'", {"colab": {}}, AHEAD),
        (None, [], "!pip install -U flax optax", {"colab": {}}, []),
    ],
)
def test_what_a_notebook_ran_is_not_reported_as_written_for_a_later_flax(
    tmp_path: Path, count: int | None, outputs: list[object], others: str, metadata: dict[str, object], codes: list[str]
) -> None:
    cells = [
        {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": others},
        {"cell_type": "code", "metadata": {}, "execution_count": count, "outputs": outputs, "source": LATER.splitlines(keepends=True)},
    ]
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    assert found(tmp_path, **{"requirements.txt": "flax==0.10.4\n", "a.ipynb": json.dumps(notebook)}) == ("0.10.4", "requirements.txt", 1)
    assert [code for code, _ in _lint_json(tmp_path)] == codes


def test_what_raises_on_a_later_flax_is_reported_though_a_notebook_ran_it(tmp_path: Path) -> None:
    source = "import optax\nfrom flax import nnx\n\nnnx.Optimizer(nnx.Linear(2, 2, rngs=nnx.Rngs(0)), optax.sgd(0.1))\n"
    cells = [{"cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [STREAM], "source": source}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    assert found(tmp_path, **{"requirements.txt": "flax==0.12.8\n", "a.ipynb": json.dumps(notebook)}) == ("0.12.8", "requirements.txt", 1)
    assert _lint_json(tmp_path) == [("NNX601", "error")]


def _lint_json(folder: Path) -> list[tuple[str, str]]:
    command = [str(Path(sys.executable).with_name("nnx-lint")), "--no-cache", "--output-format", "json", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [(each["code"], each["severity"]) for each in json.loads(done.stdout)]


# Which of several versions ------------------------------------------------------------------------------------------

UV_MARKED = """version = 1
requires-python = ">=3.10"
resolution-markers = [
    "python_full_version >= '3.11'",
    "python_full_version < '3.11'",
]

[[package]]
name = "flax"
version = "0.10.7"
source = { registry = "index" }
resolution-markers = [
    "python_full_version < '3.11'",
]

[[package]]
name = "flax"
version = "0.12.6"
source = { registry = "index" }
resolution-markers = [
    "python_full_version >= '3.12'",
    "python_full_version == '3.11.*'",
]

[[package]]
name = "jax"
version = "0.6.2"
resolution-markers = [
    "python_full_version < '3.11'",
]

[[package]]
name = "jax"
version = "0.9.0"
resolution-markers = [
    "python_full_version >= '3.11'",
]
"""
POETRY_MARKED = """[[package]]
name = "flax"
version = "0.10.7"
python-versions = ">=3.10"
markers = "python_version < \\"3.11\\""

[[package]]
name = "flax"
version = "0.12.6"
python-versions = ">=3.11"
markers = {main = "python_version >= \\"3.11\\"", dev = "python_version >= \\"3.11\\""}
"""
PDM_MARKED = POETRY_MARKED.replace("markers = {main", "marker = {main").replace("markers", "marker")
COMPILED = "flax==0.10.7 ; python_full_version < '3.11'\nflax==0.12.6 ; python_full_version >= '3.11'\n"
BY_PLATFORM = "flax==0.10.7 ; sys_platform == 'win32'\nflax==0.12.6 ; sys_platform != 'win32'\n"
BY_EXTRA = UV_MARKED.replace("python_full_version < '3.11'", "extra == 'extra-4-demo-old'").replace(
    "python_full_version == '3.11.*'", "extra != 'extra-4-demo-old'"
)
BOTH = "0.10.7 || 0.12.6"


@pytest.mark.parametrize(
    ("lock", "text", "beside", "flax"),
    [
        ("uv.lock", UV_MARKED, {}, BOTH),
        ("uv.lock", UV_MARKED, {".python-version": "3.10\n"}, "0.10.7"),
        ("uv.lock", UV_MARKED, {".python-version": "3.10.14\n"}, "0.10.7"),
        ("uv.lock", UV_MARKED, {".python-version": "cpython-3.12\n"}, "0.12.6"),
        ("uv.lock", UV_MARKED, {".python-version": "3.8.18\n"}, BOTH),  # No Flax with NNX runs on it: another program's.
        ("uv.lock", UV_MARKED, {"environment.yml": "dependencies:\n- python=3.8.18\n", ".python-version": "3.11\n"}, "0.12.6"),
        # An environment of another framework, without jax, is another program's.
        ("uv.lock", UV_MARKED, {"environment.yml": "dependencies:\n- python=3.10\n- pytorch::pytorch=2.0\n"}, BOTH),
        ("uv.lock", UV_MARKED, {"environment.yml": "dependencies:\n- python=3.10\n- pip:\n  - torch==2.0\n  - jax[cuda12]\n"}, "0.10.7"),
        ("uv.lock", UV_MARKED, {"environment.yml": "dependencies:\n- python=3.10\n- tensorflow\n- pip:\n  - -r requirements.txt\n"}, "0.10.7"),
        ("uv.lock", UV_MARKED, {"environment.yml": "dependencies:\n- python>=3.10,<3.11\n- numpy\n"}, "0.10.7"),
        ("uv.lock", UV_MARKED, {"environment.yml": "dependencies:\n- python>=3.10,<3.11\n- torch\n"}, BOTH),
        ("uv.lock", UV_MARKED, {".python-version": "my-environment\n"}, BOTH),
        ("uv.lock", UV_MARKED, {".tool-versions": "nodejs 20\npython 3.11.4\n"}, "0.12.6"),
        ("uv.lock", UV_MARKED, {"runtime.txt": "python-3.10.4\n"}, "0.10.7"),
        ("uv.lock", UV_MARKED, {"pyproject.toml": '[project]\nrequires-python = ">=3.11"\n'}, "0.12.6"),
        ("uv.lock", UV_MARKED, {"pyproject.toml": '[project]\nrequires-python = "==3.10.*"\n'}, "0.10.7"),
        ("uv.lock", UV_MARKED, {"pyproject.toml": '[project]\nrequires-python = ">=3.9"\n'}, BOTH),
        ("uv.lock", UV_MARKED, {"pyproject.toml": '[tool.poetry.dependencies]\npython = "~3.10"\n'}, "0.10.7"),
        ("uv.lock", UV_MARKED, {"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.11"\n'}, "0.12.6"),
        ("uv.lock", UV_MARKED, {"pyproject.toml": '[project]\nrequires-python = ">=3.11"\n', ".python-version": "3.10\n"}, BOTH),
        ("uv.lock", UV_MARKED, {"pyproject.toml": '[project]\nrequires-python = ">=3.10"\n', ".python-version": "3.10\n"}, "0.10.7"),
        ("uv.lock", UV_MARKED, {".python-version": "3.10\n", "README.md": "Needs Python 3.11 or newer.\n"}, BOTH),
        ("uv.lock", UV_MARKED, {".python-version": "3.10\n", "README.md": "Needs Python 3.9+.\n"}, "0.10.7"),
        ("uv.lock", UV_MARKED, {".python-version": "3.10\n", "README.md": "Needs Python 3.10+.\n\n- Python 3.11+\n"}, BOTH),
        ("uv.lock", UV_MARKED, {".python-version": "3.12\n", "README.md": "Needs Python 3.11+, works on Python 3.13\n"}, "0.12.6"),
        ("uv.lock", UV_MARKED, {".python-version": "3.10\n", "Dockerfile": "FROM python:3.12-slim\n"}, BOTH),
        ("uv.lock", UV_MARKED, {".python-version": "3.10\n", ".tool-versions": "python 3.12.1\n"}, BOTH),
        ("uv.lock", UV_MARKED, {"pyproject.toml": '[project]\nname = "a"\n[tool.hatch.envs.old]\npython = "3.10"\n'}, BOTH),
        ("uv.lock", UV_MARKED, {"pyproject.toml": '[tool.pixi.dependencies]\nflax = "*"\npython = ">=3.11,<3.13"\n'}, "0.12.6"),
        ("uv.lock", UV_MARKED, {"pixi.toml": '[dependencies]\npython = "3.10.*"\n'}, "0.10.7"),
        ("uv.lock", UV_MARKED.replace(">=3.10", ">=3.11"), {}, "0.12.6"),
        ("requirements.txt", COMPILED, {"environment.yml": "dependencies:\n- python>=3.11,<3.13\n"}, "0.12.6"),
        ("uv.lock", UV_MARKED, {"setup.py": "setup(python_requires='>=3.11')\n"}, "0.12.6"),
        ("uv.lock", UV_MARKED, {"setup.cfg": "[options]\npython_requires = ~=3.10.0\n"}, "0.10.7"),
        ("uv.lock", UV_MARKED, {"pyproject.toml": '[project]\nrequires-python = ">= 3.10, < 3.11"\n'}, "0.10.7"),
        ("uv.lock", UV_MARKED, {"pyproject.toml": '[project]\ndependencies = ["flax<0.12"]\n'}, "0.10.7"),
        ("uv.lock", BY_EXTRA, {}, "0.12.6"),
        ("poetry.lock", POETRY_MARKED, {}, BOTH),
        ("poetry.lock", POETRY_MARKED, {".python-version": "3.10"}, "0.10.7"),
        ("pdm.lock", PDM_MARKED, {".python-version": "3.12"}, "0.12.6"),
        ("requirements.txt", COMPILED, {".python-version": "3.10"}, "0.10.7"),
        ("requirements.txt", BY_PLATFORM, {".python-version": "3.11"}, BOTH),
        ("pylock.toml", PDM_MARKED.replace("[[package]]", "[[packages]]"), {".python-version": "3.10"}, "0.10.7"),
    ],
)
def test_of_several_versions_that_for_the_python_of_the_folder_is_in_force(tmp_path: Path, lock: str, text: str, beside: dict[str, str], flax: str) -> None:
    said = found(tmp_path, **{lock: text}, **beside)
    assert said is not None
    assert said[0] == flax


def test_of_several_versions_the_one_that_is_installed_is_in_force(tmp_path: Path) -> None:
    assert found(tmp_path, **{"uv.lock": UV_MARKED}) == (BOTH, "uv.lock", 8)
    site = tmp_path / ".venv/lib/python3.12/site-packages"
    (site / "flax-0.12.3.dist-info").mkdir(parents=True)
    assert in_force(Settings(), tmp_path)[1].flax == BOTH
    (site / "flax-0.12.6.dist-info").mkdir()
    (site / "flax-0.12.3.dist-info").rmdir()
    assert in_force(Settings(), tmp_path)[1].flax == "0.12.6"


def test_an_environment_that_the_python_of_the_folder_speaks_against_makes_it_uncertain(tmp_path: Path) -> None:
    assert found(tmp_path, **{"uv.lock": UV_MARKED, ".python-version": "3.10\n"}) == ("0.10.7", "uv.lock", 8)
    (tmp_path / ".venv/lib/python3.12/site-packages/flax-0.12.6.dist-info").mkdir(parents=True)
    assert in_force(Settings(), tmp_path)[1].flax == BOTH
    (tmp_path / ".python-version").write_text("3.12\n")
    assert in_force(Settings(), tmp_path)[1].flax == "0.12.6"


def test_of_several_lock_files_those_count_that_are_in_what_is_declared(tmp_path: Path) -> None:
    assert found(tmp_path, **{"poetry.lock": POETRY, "uv.lock": UV}) == ("0.12.3 || 0.11.2", "uv.lock", 9)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    assert in_force(Settings(), tmp_path)[1].flax == "0.11.2"


def test_a_lock_file_that_contradicts_a_range_beside_it_makes_it_uncertain(tmp_path: Path) -> None:
    assert found(tmp_path, **{"pyproject.toml": PROJECT, "uv.lock": UV}) == ("0.12.3 || <0.12,>=0.10.7", "uv.lock", 9)
    assert in_force(Settings(), tmp_path)[1].remarks == (
        f"{tmp_path}/uv.lock:9: says Flax 0.12.3, which {tmp_path}/pyproject.toml:5 excludes (<0.12,>=0.10.7); both are in force",
    )


def test_the_python_of_the_environment_beside_the_project_counts(tmp_path: Path) -> None:
    assert found(tmp_path, **{"uv.lock": UV_MARKED}) == (BOTH, "uv.lock", 8)
    (tmp_path / ".venv/pyvenv.cfg").write_text("home = /usr/bin\nversion_info = 3.10.12\n")
    assert in_force(Settings(), tmp_path)[1].flax == "0.10.7"


def test_the_version_of_jax_is_that_of_the_same_python(tmp_path: Path) -> None:
    assert found(tmp_path, **{"uv.lock": UV_MARKED}) == (BOTH, "uv.lock", 8)
    assert in_force(Settings(), tmp_path)[0].jax_version is None  # Neither is that of both.
    (tmp_path / ".python-version").write_text("3.11\n")
    settings = in_force(Settings(), tmp_path)[0]
    assert (settings.flax_version, settings.jax_version) == ("0.12.6", "0.9.0")


def test_what_holds_on_one_of_several_versions_is_a_warning(tmp_path: Path) -> None:
    assert found(tmp_path, **{"uv.lock": UV_MARKED, "a.py": LISTS}) == (BOTH, "uv.lock", 8)
    command = [str(Path(sys.executable).with_name("nnx-lint")), "--no-cache", "--output-format", "json", "--select", "NNX302", str(tmp_path)]

    def severities() -> list[str]:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return [each["severity"] for each in json.loads(done.stdout)]

    assert severities() == ["warning"]
    (tmp_path / ".python-version").write_text("3.10\n")
    assert severities() == []
    (tmp_path / ".python-version").write_text("3.11\n")
    assert severities() == ["error"]


@pytest.mark.parametrize(
    "told",
    [{"README.md": "Needs Python 3.10.\n"}, {"Dockerfile": "FROM python:3.10-slim\n"}, {"environment.yml": "dependencies:\n- python=3.10\n- pytorch=2.0\n"}],
)
def test_a_python_that_is_only_spoken_of_raises_doubts_and_says_nothing_of_its_own(tmp_path: Path, told: dict[str, str]) -> None:
    later = "from flax import nnx\n\nlayers = nnx.List([])\n"
    former = "import optax\nfrom flax import nnx\n\noptimizer = nnx.Optimizer(nnx.Linear(2, 2, rngs=nnx.Rngs(0)), optax.adam(0.1))\n"
    (tmp_path / ".git").mkdir()
    for name, text in {"later.py": later, "former.py": former, **told}.items():
        (tmp_path / name).write_text(text)
    command = [str(Path(sys.executable).with_name("nnx-lint")), "--no-cache", "--output-format", "json", "--select", "NNX704,NNX601", str(tmp_path)]

    def found() -> list[tuple[str, str, str]]:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return [(Path(each["filename"]).name, each["code"], each["severity"]) for each in json.loads(done.stdout)]

    assert in_force(Settings(), tmp_path)[0].is_hearsay
    assert found() == [("former.py", "NNX601", "warning")]
    (tmp_path / ".python-version").write_text("3.10\n")
    assert not in_force(Settings(), tmp_path)[0].is_hearsay
    assert found() == [("later.py", "NNX704", "warning")]


@pytest.mark.parametrize(
    ("declared", "python", "flax"),
    [
        ("flax>=0.10.7", "3.10", "<0.11.0,>=0.10.7"),
        ("flax>=0.11", "3.11", "<0.12.9,>=0.11"),
        ("flax>=0.11", "3.12", ">=0.11"),
        ("flax>=0.12", "3.10", ">=0.12"),  # There is none: nobody can use it.
        ("flax==0.12.6", "3.10", "0.12.6"),
        ("flax", "3.10", "<0.11.0"),
        ("flax", "3.12", None),
    ],
)
def test_a_range_ends_where_the_python_of_the_folder_does(tmp_path: Path, declared: str, python: str, flax: str | None) -> None:
    said = found(tmp_path, **{"pyproject.toml": f'[project]\ndependencies = ["{declared}"]\n', ".python-version": python})
    assert (said and ",".join(sorted(said[0].split(",")))) == flax


def test_each_file_has_the_version_of_its_own_folder(tmp_path: Path) -> None:
    assert found(tmp_path, **{"requirements.txt": "flax==0.12.8\n", "new.py": LISTS}) == ("0.12.8", "requirements.txt", 1)
    old = tmp_path / "old" / "models"
    old.mkdir(parents=True)
    (old.parent / "requirements.txt").write_text("flax==0.10.7\n")
    (old / "old.py").write_text(LISTS)
    command = [str(Path(sys.executable).with_name("nnx-lint")), "--no-cache", "--output-format", "json", "--select", "NNX302", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [Path(each["filename"]).name for each in json.loads(done.stdout)] == ["new.py"]


LISTS = """from flax import nnx


class Model(nnx.Module):
    def __init__(self, rngs: nnx.Rngs):
        self.layers = [nnx.Linear(2, 2, rngs=rngs) for _ in range(3)]


Model(nnx.Rngs(0))
"""


@pytest.mark.parametrize(
    ("name", "text", "jax"),
    [
        ("uv.lock", UV, ""),
        ("uv.lock", f'{UV}\n[[package]]\nname = "jax"\nversion = "0.10.2"\n', "0.10.2"),
        ("requirements.txt", "jax==0.8.1\nflax==0.12.8\n", "0.8.1"),
        ("requirements.txt", "jax>=0.8.1\nflax==0.12.8\n", ""),
        ("environment.yml", CONDA.replace("python=3.12", "jax=0.6.2"), "0.6.2"),
    ],
    ids=["a lock file without jax", "a lock file", "a pin", "a bound is no version", "conda"],
)
def test_the_version_of_jax_is_that_beside_flax(tmp_path: Path, name: str, text: str, jax: str) -> None:
    assert found(tmp_path, **{name: text}) is not None
    settings, said = in_force(Settings(), tmp_path)
    assert (said.jax, settings.jax_version) == (jax, jax or None)


def test_what_the_version_of_jax_is_where_nothing_names_it() -> None:
    assert [str(library.load(flax).jax) for flax in ("0.10.7", "0.11.2", "0.12.8", "0.12.12")] == ["0.6.2", "0.7.2", "0.10.2", "0.12.0.1"]
    assert [str(library.load(flax).jax) for flax in ("0.12.1", "0.12.6", "0.12.9")] == ["0.8.1", "0.9.0", "0.11.1"]  # Each takes no older one.
    assert str(library.load("0.12.8", "0.12.0").jax) == "0.12.0"
    assert str(library.load("0.12.8").jax) == "0.10.2"


def test_the_main_requirements_come_before_others(tmp_path: Path) -> None:
    assert found(tmp_path, **{"requirements-old.txt": "flax==0.10.7\n", "requirements.txt": "flax==0.12.8\n"}) == ("0.12.8", "requirements.txt", 1)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_requirements_may_have_been_written_by_a_shell_of_windows(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "requirements.txt").write_bytes("absl-py==2.1.0\r\nflax==0.10.7\r\n".encode(encoding))
    assert found(tmp_path) == ("0.10.7", "requirements.txt", 2)


def test_requirements_in_a_folder_of_their_own_are_read(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    assert found(tmp_path, **{"requirements/base.txt": "flax==0.10.7\n", "requirements/dev.txt": "flax==0.12.8\n"}) == ("0.10.7", "base.txt", 1)
    (tmp_path / "requirements.txt").write_text("flax==0.11.2\n")
    assert in_force(Settings(), tmp_path)[1].flax == "0.11.2"


def test_a_member_of_a_workspace_has_the_version_that_it_declares(tmp_path: Path) -> None:
    assert found(tmp_path, **{"uv.lock": UV_FORKED, "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n'}) == ("0.12.3 || 0.10.7", "uv.lock", 9)
    for name, bound in (("old", "<0.11"), ("new", ">=0.12"), ("any", ">=0.10")):
        member = tmp_path / "packages" / name / "src"
        member.mkdir(parents=True)
        (member.parent / "pyproject.toml").write_text(f'[project]\ndependencies = ["flax{bound}"]\n')
    said = {name: in_force(Settings(), tmp_path / "packages" / name / "src")[1].flax for name in ("old", "new", "any")}
    assert said == {"old": "0.10.7", "new": "0.12.3", "any": "0.12.3 || 0.10.7"}


def test_the_default_environment_of_pixi_is_in_force(tmp_path: Path) -> None:
    other = PIXI.replace("  default:", "  old:\n    packages:\n      linux-64:\n      - conda: noarch/flax-0.11.2-pyhd8ed1ab_0.conda\n  default:")
    both = other.replace("packages:\n- conda: noarch/absl", "packages:\n- conda: noarch/flax-0.11.2-pyhd8ed1ab_0.conda\n  sha256: '00'\n- conda: noarch/absl")
    assert found(tmp_path, **{"pixi.lock": both}) == ("0.12.1", "pixi.lock", 16)


def test_nothing_above_the_repository_counts(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(UV)
    (tmp_path / "repository").mkdir()
    assert found(tmp_path / "repository") is None


def test_the_configured_version_comes_first(tmp_path: Path) -> None:
    assert found(tmp_path, **{"uv.lock": UV}) == ("0.12.3", "uv.lock", 9)
    configured = Settings(flax_version="0.11.2")
    assert in_force(configured, tmp_path, "nnx-lint.toml") == (configured, versions.Found("0.11.2", "nnx-lint.toml"))
    assert in_force(Settings(), tmp_path)[0].flax_version == "0.12.3"
    assert checked({"flax-version": ">=0.11"}, "here", engine.rules).flax_version == ">=0.11"
    with pytest.raises(ConfigError, match="here: `flax-version`: `newest` is no version; a Flax version looks like"):
        checked({"flax-version": "newest"}, "here", engine.rules)


# Ranges ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flax", "expected"),
    [
        ("0.12.8", ("0.12.8",)),
        (None, releases.RELEASES[-1:]),
        (">=0.10.7", releases.RELEASES),
        (">=0.11,<0.12", ("0.11.0", "0.11.1", "0.11.2")),
        ("~=0.12.9", ("0.12.9", "0.12.10", "0.12.12")),
        ("==0.11.*", ("0.11.0", "0.11.1", "0.11.2")),
        ("0.12.3 || 0.10.7", ("0.10.7", "0.12.3")),
        ("<0.11,>=0.10 || ==0.12.0", ("0.10.7", "0.12.0")),
        (">=0.8,<0.12", ("0.11.2",)),  # Nobody tried 0.8: such a bound is as good as none.
        ("!=0.11.1", releases.RELEASES[-1:]),
        (">=99", releases.RELEASES[-1:]),
        ("<0.9", releases.RELEASES[:1]),
        (">=0.10.2,<0.10.5", ("0.10.2", "0.10.3", "0.10.4")),
    ],
)
def test_the_releases_of_a_range(flax: str | None, expected: tuple[str, ...]) -> None:
    assert releases.covered(flax) == expected


def test_the_releases_are_those_that_there_is_knowledge_of_and_more() -> None:
    assert {str(version) for version in library.available()} <= set(releases.RELEASES)
    assert list(releases.RELEASES) == sorted(releases.RELEASES, key=library.Version)


@pytest.mark.parametrize(
    ("some", "words"),
    [
        (releases.RELEASES, ""),
        (releases.RELEASES[4:], "since Flax 0.12"),
        (releases.RELEASES[5:], "since Flax 0.12.1"),
        (releases.RELEASES[:4], "up to Flax 0.11.2"),
        (releases.RELEASES[1:4], "on Flax 0.11 to 0.11.2"),
        (releases.RELEASES[3:4], "on Flax 0.11.2"),
    ],
)
def test_versions_in_words(some: tuple[str, ...], words: str) -> None:
    assert releases.in_words(some, releases.RELEASES) == words


PROGRAM = """import optax
from flax import nnx


class Counter(nnx.Module):
    def __init__(self, rngs: nnx.Rngs):
        self.linear = nnx.Linear(2, 2, rngs=rngs)
        self.count = nnx.Variable(0)

    def __call__(self, x):
        self.count += 1
        return self.linear(x)


model = Counter(nnx.Rngs(0))
optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
optimizer.update(model, nnx.state(model, nnx.Param))
scores = model(nnx.Rngs(1)()) if optimizer < 1 else None
noise = nnx.Linear(2, 2)
"""


def _found(flax: str, text: str = PROGRAM) -> dict[str, Diagnostic]:
    return {each.rule: each for each in check(parse("a.py", text), Settings(flax_version=flax))}


def test_a_range_reports_what_holds_for_some_version_and_says_for_which() -> None:
    newest, oldest, both = _found("0.12.12"), _found("0.10.7"), _found(">=0.10.7")
    assert "variable_augmented" in newest.keys() - oldest.keys()
    assert "optimizer_update_signature" in oldest.keys() - newest.keys()
    assert both.keys() == newest.keys() | oldest.keys()
    assert both["variable_augmented"].message == newest["variable_augmented"].message + " (since Flax 0.12)"
    assert both["missing_rngs"] == newest["missing_rngs"] == oldest["missing_rngs"]
    # An error of some versions alone does not come true where another is installed.
    assert (newest["variable_augmented"].severity, both["variable_augmented"].severity) == (Severity.ERROR, Severity.WARNING)
    assert both["missing_rngs"].severity is Severity.ERROR


MADE = """import optax
from flax import nnx

model = nnx.Linear(2, 2, rngs=nnx.Rngs(0))
optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
"""


@pytest.mark.parametrize(
    ("flax", "text", "severity"),
    [
        ("0.10.7", MADE + "optimizer.update(model, nnx.state(model))\n", Severity.WARNING),
        ("0.12.12", MADE + "optimizer.update(nnx.state(model))\n", Severity.ERROR),
        ("0.10.7", "from flax import nnx\n\nnnx.List([])\n", Severity.WARNING),
        ("0.10.7", "from flax import nnx\n\nnnx.ModuleList([])\n", Severity.ERROR),
    ],
)
def test_what_is_written_for_a_later_flax_is_a_warning_as_it_may_be_the_version_that_is_out_of_date(flax: str, text: str, severity: Severity) -> None:
    assert {each.severity for each in _found(flax, text).values() if each.severity is not Severity.INFO} == {severity}


GONE = "from flax import nnx\n\nnnx.with_sharding_constraint(nnx.state(nnx.Linear(2, 2, rngs=nnx.Rngs(0))), None)\n"


@pytest.mark.parametrize(
    ("flax", "severity"),
    [("0.11.1", None), ("0.11.2", Severity.ERROR), ("0.11.1 || 0.11.2", Severity.WARNING), (">=0.11,<0.12", Severity.WARNING), (">=0.11.2", Severity.ERROR)],
)
def test_a_name_that_goes_away_within_a_line_is_missed_from_there_on(flax: str, severity: Severity | None) -> None:
    found = _found(flax, GONE)
    assert (found["unknown_nnx_name"].severity if found else None) is severity


@pytest.mark.parametrize(
    ("flax", "name", "is_found"),
    [("0.9.0", "GraphNode", False), ("0.10.0", "GraphNode", True), ("0.12.12", "Newer", True), ("0.13.0", "Newer", False), ("0.13.0", "Dense", True)],
)
def test_a_name_may_be_there_on_a_release_that_is_not_known(flax: str, name: str, is_found: bool) -> None:
    assert ("unknown_nnx_name" in _found(flax, f"from flax import nnx\n\nnnx.{name}\n")) is is_found


@pytest.mark.parametrize(("flax", "is_found"), [("0.10.4", False), ("0.10.5", True)])
def test_levels_are_compared_from_a_release_within_a_line_on(flax: str, is_found: bool) -> None:
    text = "from flax import nnx\n\nmodel = nnx.BatchNorm(2, rngs=nnx.Rngs(0))\n\n\n@nnx.jit\ndef step(x):\n    return model(x)\n\n\nstep(1.0)\n"
    assert ("captured_state_mutated" in _found(flax, text)) is is_found


@pytest.mark.parametrize(("flax", "severity"), [("0.12.8", Severity.ERROR), ("~=0.12.1", Severity.WARNING), (">=0.12.8", Severity.ERROR)])
def test_an_error_of_a_part_of_a_line_is_a_warning_in_the_whole(flax: str, severity: Severity) -> None:
    found = _found(flax, 'from flax import nnx\n\n\nclass Model(nnx.Module):\n    __slots__ = ("a",)\n')["slots"]
    assert found.severity is severity
    assert (" (since Flax 0.12.8)" in found.message) is (severity is Severity.WARNING)


def test_what_only_the_oldest_of_one_line_would_say_is_not_added() -> None:
    # `nnx.view` is there from 0.12.4 on; the other is an error on each release, and so makes the oldest be asked.
    text = "from flax import nnx\n\nnnx.view(nnx.Linear(2, 2, rngs=nnx.Rngs(0)))\nnnx.Dense(2)\n"
    places = {flax: [each.span.start for each in check(parse("a.py", text), Settings(flax_version=flax))] for flax in ("0.12.0", "0.12.8", "~=0.12.0")}
    assert (len(places["0.12.0"]), len(places["0.12.8"])) == (2, 1)
    assert places["~=0.12.0"] == places["0.12.8"]


def test_the_versions_that_a_range_is_walked_under() -> None:
    rules = engine.rules()
    assert walked(releases.covered(">=0.12.1,<0.13"), rules) == (releases.RELEASES[-1], "0.12.1")
    assert walked(releases.covered(">=0.10.7"), rules) == (releases.RELEASES[-1], "0.10.7")
    only = msgspec.structs.replace(next(rule for rule in rules if rule.name == "rngs_as_key"), flax="==0.11.*")
    assert walked(releases.RELEASES, (*rules, only)) == (releases.RELEASES[-1], "0.11.2", "0.10.7")


def test_a_fix_is_offered_where_it_holds_on_the_whole_range() -> None:
    text = PROGRAM.replace("(model, nnx.state(model, nnx.Param))", "(nnx.state(model, nnx.Param))").replace(", wrt=nnx.Param", "")
    both = _found(">=0.10.7", text)
    assert both["variable_augmented"].fix == _found("0.12.12", text)["variable_augmented"].fix is not None
    narrow = _found(">=0.11", text)["optimizer_update_signature"]
    wide = both["optimizer_update_signature"]
    assert (narrow.fix is not None, wide.fix) == (True, None)


def test_the_range_is_part_of_the_key_under_which_results_are_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache.db", b"")
    keys = {Kept(cache, lambda _, flax=flax: Settings(flax_version=flax), ["a.py"])._key("a.py") for flax in (None, "0.12.8", ">=0.12.8")}
    assert len(keys) == 3


# What is in preview ------------------------------------------------------------------------------------------------


def test_rules_in_preview_are_on_only_where_they_are_chosen_as_such() -> None:
    stable = next(rule for rule in engine.rules() if rule.name == "rngs_as_key")
    new = msgspec.structs.replace(stable, code="NNX199", name="new_rule", is_preview=True)
    assert (stable.is_default, new.is_default) == (True, False)

    def on(*select: str, ignore: tuple[str, ...] = (), more: tuple[str, ...] = ()) -> tuple[bool, bool]:
        settings = Settings(select=select, extend_select=more, ignore=ignore)
        return settings.is_on(stable), settings.is_on(new)

    assert on() == (True, False)
    assert on("ALL") == on("NNX1") == on("randomness") == (True, False)
    assert on("PREVIEW") == on("new_rule") == on("NNX199") == (False, True)
    assert on("ALL", "PREVIEW") == on(more=("PREVIEW",)) == (True, True)
    assert on("ALL", "PREVIEW", ignore=("randomness",)) == (False, False)
    assert on("ALL", "PREVIEW", ignore=("PREVIEW",)) == (True, True)
    assert selection.unknown("PREVIEW", engine.rules()) is None


# The command -------------------------------------------------------------------------------------------------------


def _config(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("nnx-lint")), "config", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=dict(os.environ), check=False)


def test_the_command_config_says_what_was_found_and_where(tmp_path: Path) -> None:
    assert found(tmp_path, **{"uv.lock": UV, "nnx-lint.toml": 'ignore = ["NNX1"]\n'}) == ("0.12.3", "uv.lock", 9)
    shown = json.loads(_config("--json", cwd=tmp_path).stdout)
    assert (shown["flax"], shown["flax_source"]) == ("0.12.3", f"{tmp_path}/uv.lock:9")
    assert (shown["checked_as"], shown["configuration_file"]) == (["0.12.3"], f"{tmp_path}/nnx-lint.toml")
    assert "NNX101" in shown["rules_off"]
    assert "NNX207" in shown["rules"]
    (tmp_path / "nnx-lint.toml").write_text('flax-version = ">=0.10.7,<0.12"\n')
    lines = _config(".", cwd=tmp_path).stdout
    assert f"found in           {tmp_path}/nnx-lint.toml" in lines
    assert "checked as         0.11.2, 0.10.7" in lines
    done = _config("nowhere", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "nnx-lint config: nowhere: there is no such file or folder\n")


STATIC_TRACER = """
import jax
import jax.numpy as jnp

scale = jax.jit(lambda x, by: x, static_argnums=1)


@jax.jit
def run(x):
    return scale(x, jnp.exp(x))


run(1.0)
"""


@pytest.mark.parametrize(("jax", "is_found"), [("0.4.28", False), ("0.4.35", False), ("0.4.36", True), ("0.6.2", True)])
def test_a_tracer_had_a_hash_up_to_a_version_of_jax(jax: str, is_found: bool) -> None:
    found = check(parse("a.py", STATIC_TRACER), Settings(flax_version="0.10.2", jax_version=jax))
    assert ("static_array" in {each.rule for each in found}) is is_found
