"""The ways in which projects say which Flax they are for: each a small folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_versions import found, no_environment

from nnx_lsp.config import Settings, in_force
from nnx_lsp.knowledge import releases
from nnx_lsp.project import versions

__all__ = ["no_environment"]
NEWEST = releases.RELEASES[-1]
PROJECT = '[project]\nname = "a"\ndependencies = ["flax"]\n'
OLD_POETRY = """[[package]]
name = "flax"
version = "0.10.7"
python-versions = ">=3.10"

[[package]]
name = "flax"
version = "0.12.6"
python-versions = ">=3.11"
"""
WHEEL = "https://files.pythonhosted.org/packages/flax-0.10.4-py3-none-any.whl"


def laid_out(root: Path, files: dict[str, str]) -> versions.Found | None:
    """What a folder of these files is for."""
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
    found(root, **files)
    return versions.found(root)


@pytest.mark.parametrize(
    ("files", "flax", "where"),
    [
        ({"requirements.txt": "-r base.txt\n", "base.txt": "jax\nflax==0.10.7\n"}, "0.10.7", "base.txt:2"),
        ({"requirements.txt": "-r reqs/base.txt\n", "reqs/base.txt": "-r more.txt\n", "reqs/more.txt": "flax<0.12\n"}, "<0.12", "more.txt:1"),
        ({"requirements.txt": "-r requirements.txt\nflax==0.10.7\n"}, "0.10.7", "requirements.txt:2"),
        ({"requirements.txt": "flax\n-c pins.txt\n", "pins.txt": "flax==0.10.7\nnumpy==2.0\n"}, "0.10.7", "pins.txt:1"),
        ({"requirements.txt": "--constraint=pins.txt\nflax>=0.10.7\n", "pins.txt": "flax<0.12\n"}, ">=0.10.7,<0.12", "requirements.txt:2"),
        ({"requirements.txt": "jax\n-c pins.txt\n", "pins.txt": "flax==0.10.7\n"}, "0.10.7", "pins.txt:1"),
        ({"requirements.txt": "-r nowhere.txt\nflax==0.10.7\n"}, "0.10.7", "requirements.txt:2"),
        ({"requirements-old.txt": "flax==0.10.7\n", "requirements-new.txt": "flax==0.12.8\n"}, "0.12.8 || 0.10.7", "requirements-new.txt:1"),
        ({"dev-requirements.txt": "flax==0.10.7\n"}, "0.10.7", "dev-requirements.txt:1"),
        ({"requirements.in": "flax<0.12\n", "setup.py": "setup(install_requires=read())\n"}, "<0.12", "requirements.in:1"),
        ({"requirements.txt": "flax[all] >= 0.11, < 0.12  # both\n"}, "<0.12,>=0.11", "requirements.txt:1"),
        ({"requirements.txt": "flax==0.10.7 -f https://storage.googleapis.com/wheels.html\n"}, "0.10.7", "requirements.txt:1"),
        ({"requirements.txt": "flax (==0.10.7)\n"}, "0.10.7", "requirements.txt:1"),
        ({"requirements.txt": "absl-py=2.1.0=pypi_0\nflax=0.10.2=pyhd8ed1ab_0\n"}, "0.10.2", "requirements.txt:2"),
        ({"requirements.lock": "-e file:.\nflax==0.10.2\n    # via a\n"}, "0.10.2", "requirements.lock:2"),
        ({"binder/requirements.txt": "flax==0.10.2\n"}, "0.10.2", "requirements.txt:1"),
        ({"requirements.txt": "flax @ git+https://github.com/google/flax@v0.10.4\n"}, "0.10.4", "requirements.txt:1"),
        ({"requirements.txt": "git+https://github.com/google/flax.git@v0.10.4\n"}, "0.10.4", "requirements.txt:1"),
        ({"requirements.txt": "-e git+ssh://git@github.com/google/flax.git@v0.10.4#egg=flax\n"}, "0.10.4", "requirements.txt:1"),
        ({"requirements.txt": "flax @ git+https://github.com/google/flax@main\n"}, None, ""),
        ({"requirements.txt": "flax @ git+https://github.com/google/flax@3f1c2ab\n"}, ">=0.10", "requirements.txt:1"),
        ({"requirements.txt": "git+https://github.com/me/flax-models@v0.10.4\n"}, None, ""),
        ({"requirements.txt": f"flax @ {WHEEL}\n"}, "0.10.4", "requirements.txt:1"),
        ({"requirements.txt": "flax==0.10.7 ; python_version < '3.8'\nflax==0.12.6 ; python_version >= '3.8'\n"}, "0.12.6", "requirements.txt:2"),
    ],
)
def test_files_of_requirements(tmp_path: Path, files: dict[str, str], flax: str | None, where: str) -> None:
    said = laid_out(tmp_path, files)
    assert (said and said.flax, said and Path(said.place).name) == (flax, where or None)


@pytest.mark.parametrize(
    ("files", "flax"),
    [
        ({"pyproject.toml": PROJECT + '[tool.uv]\nconstraint-dependencies = ["flax<0.11"]\n'}, "<0.11"),
        ({"pyproject.toml": PROJECT.replace("flax", "flax>=0.10.7") + '[tool.uv]\nconstraint-dependencies = ["flax<0.12"]\n'}, ">=0.10.7,<0.12"),
        ({"pyproject.toml": PROJECT.replace("flax", "flax==0.10.7") + '[tool.uv]\nconstraint-dependencies = ["flax<0.12"]\n'}, "0.10.7"),
        ({"pyproject.toml": PROJECT.replace("flax", "flax>=0.12") + '[tool.uv]\noverride-dependencies = ["flax==0.10.7"]\n'}, "0.10.7"),
        ({"pyproject.toml": PROJECT + '[tool.uv.sources]\nflax = { git = "https://github.com/google/flax", tag = "v0.10.4" }\n'}, "0.10.4"),
        ({"pyproject.toml": '[tool.poetry.dependencies]\nflax = { git = "https://github.com/google/flax.git", rev = "v0.10.4" }\n'}, "0.10.4"),
        ({"pyproject.toml": PROJECT.replace("flax", "flax @ git+https://github.com/google/flax@v0.10.4")}, "0.10.4"),
        ({"pyproject.toml": PROJECT.replace("flax", "flax[all]>=0.11,<0.12")}, "<0.12,>=0.11"),
        ({"pyproject.toml": PROJECT.replace("flax", "flax<0.9; python_version < '3.8'")}, None),
        (
            {"pyproject.toml": PROJECT.replace('["flax"]', "[\"flax<0.11; python_version < '3.11'\", \"flax>=0.12; python_version >= '3.11'\"]")},
            "<0.11 || >=0.12",
        ),
        ({"pyproject.toml": PROJECT, "requirements.txt": "flax<0.12\n"}, "<0.12"),
        ({"pyproject.toml": PROJECT.replace("flax", "flax>=0.6"), "environment.yml": "dependencies:\n- flax<0.12\n"}, "<0.12"),
        ({"Pipfile": '[packages]\nflax = {ref = "v0.10.4", git = "https://github.com/google/flax.git"}\n'}, "0.10.4"),
        ({"setup.cfg": "[options]\ninstall_requires =\n  flax<0.12; python_version >= '3.8'\n"}, "<0.12"),
        ({"conda_env.yml": "dependencies:\n- pip:\n  - flax==0.10.7\n"}, "0.10.7"),
        ({"environment-gpu.yaml": "dependencies:\n- flax=0.10\n"}, "==0.10.*"),
        ({"environment.yml": "dependencies:\n- flax>=0.10.7,<=0.11.2\n"}, "<=0.11.2,>=0.10.7"),
        ({"a-1.0.dist-info/METADATA": "Name: a\nRequires-Dist: flax<0.12,>=0.11\n\nflax==0.8\n"}, "<0.12,>=0.11"),
        ({"pixi.toml": '[feature.old.dependencies]\nflax = "0.10.7"\n[feature.new.pypi-dependencies]\nflax = ">=0.12"\n'}, "0.10.7 || >=0.12"),
        ({"pixi.toml": '[dependencies]\nflax = "0.12.8"\n[feature.old.dependencies]\nflax = "0.10.7"\n'}, "0.12.8"),
        ({"hatch.toml": '[envs.test]\nextra-dependencies = ["flax==0.10.7"]\n'}, "0.10.7"),
        ({"pyproject.toml": '[tool.hatch.envs.test]\nextra-dependencies = ["flax<0.12"]\n'}, "<0.12"),
        ({"pyproject.toml": PROJECT + '[tool.hatch.envs.test]\nextra-dependencies = ["flax<0.12"]\n'}, None),
        ({"pyproject.toml": PROJECT + '[tool.pdm.resolution.overrides]\nflax = "==0.10.7"\n'}, "0.10.7"),
        ({"pyproject.toml": '[tool.setuptools.dynamic]\ndependencies = { file = ["reqs/a.in"] }\n', "reqs/a.in": "flax<0.12\n"}, "<0.12"),
        ({"Pipfile": '[dev-packages]\nflax = "==0.10.7"\n'}, "0.10.7"),
        ({"Pipfile.lock": '{"develop": {"flax": {"version": "==0.10.7"}}}\n'}, "0.10.7"),
        ({"setup.py": "needed = ['jax']\nneeded += ['flax<0.12']\nsetup(install_requires=needed)\n"}, "<0.12"),
        ({"setup.py": "setup(**{'install_requires': 'jax\\nflax<0.12'})\n"}, "<0.12"),
        ({"setup.py": "def main():\n    needed = ('flax<0.12',)\n    setup(install_requires=needed)\n"}, "<0.12"),
        ({"deps/requirements.txt": "flax==0.8.4\n"}, "0.8.4"),
        ({"docs/requirements.txt": "flax==0.8.4\n"}, None),
        ({"scripts/gpu_environment.yml": "dependencies:\n- pip:\n  - flax==0.8.3\n"}, "0.8.3"),
        ({"poetry.lock": OLD_POETRY}, "0.10.7 || 0.12.6"),
        ({"poetry.lock": OLD_POETRY, ".python-version": "3.10\n"}, "0.10.7"),
        ({f"{name}-1.0.dist-info/METADATA": "Requires-Dist: flax==0.10.7\n" for name in "ab"}, None),
        ({"PKG-INFO": "Name: a\nRequires-Dist: flax (>=0.11,<0.12)\n"}, "<0.12,>=0.11"),
    ],
)
def test_what_projects_declare(tmp_path: Path, files: dict[str, str], flax: str | None) -> None:
    said = laid_out(tmp_path, files)
    assert (said and said.flax) == flax


@pytest.mark.parametrize(
    ("files", "flax"),
    [
        ({"requirements.txt": "jax==0.4.25\nflax\n"}, "<0.10.3"),
        ({"requirements.txt": "jax[cuda12_pip]==0.4.35 -f https://storage.googleapis.com/jax-releases/jax_cuda_releases.html\nflax\n"}, "<0.10.5"),
        ({"requirements.txt": "jaxlib==0.4.35\n"}, "<0.10.5"),
        ({"requirements.txt": "jax<0.5\n"}, "<0.10.5"),
        ({"requirements.txt": "jax<0.7\nflax>=0.10.7\n"}, "<0.12.0,>=0.10.7"),
        ({"requirements.txt": "jax>=0.4.30\nflax\n"}, None),
        ({"requirements.txt": "jax==0.6.2\nflax>=0.12\n"}, ">=0.12"),  # There is none: nobody can install it.
        ({"requirements.txt": "jax==0.6.2\nflax==0.12.8\n"}, "0.12.8"),
        ({"pyproject.toml": PROJECT.replace('"flax"', '"flax", "jax~=0.6.0"')}, "<0.12.0"),
        ({"pyproject.toml": '[tool.poetry.dependencies]\njax = "^0.6"\nflax = "*"\n'}, "<0.12.0"),
        ({"environment.yml": "dependencies:\n- jax=0.4\n- flax\n"}, "<0.10.5"),
        ({"pyproject.toml": PROJECT, "requirements.txt": "jax==0.6.2\n"}, "<0.12.0"),
        ({"requirements.txt": "jax==0.6.2\nflax\n", ".python-version": "3.10\n"}, "<0.12.0,<0.11.0"),
        ({"setup.py": "setup(install_requires=['jax<0.8', 'flax'])\n"}, "<0.12.1"),
        ({"setup.py": "setup(install_requires=['jax>=0.6', 'flax>=0.10'])\n", "requirements-docs.txt": "jax==0.6.2\n"}, ">=0.10"),
        ({"setup.py": "setup(install_requires=['jax>=0.6', 'flax>=0.10'])\n", "requirements.txt": "jax==0.6.2\n"}, "<0.12.0,>=0.10"),
        ({"requirements.txt": "jax=0.4.35=pypi_0\njaxlib=0.4.34=pypi_0\n"}, "<0.10.5"),
        ({"requirements.txt": "jaxlib==0.4.30+cuda12.cudnn89\nflax\n"}, "<0.10.5"),
    ],
)
def test_the_jax_of_a_project_bounds_its_flax(tmp_path: Path, files: dict[str, str], flax: str | None) -> None:
    said = laid_out(tmp_path, files)
    assert (said and ",".join(sorted(said.flax.split(",")))) == (flax and ",".join(sorted(flax.split(","))))


@pytest.mark.parametrize(
    ("jax", "bound"),
    [
        ("0.4.26", "<0.10.3"),
        ("0.4.27", "<0.10.5"),
        ("<0.4.27", "<0.10.3"),
        ("<=0.6.2", "<0.12.0"),
        ("==0.5.*", "<0.10.7"),
        (">0.4.30", ""),
        (">0.4.30,<0.5", "<0.10.5"),
        ("0.4.26 || 0.8.1", "<0.12.7"),
        ("0.12.0.1", ""),
    ],
)
def test_the_releases_that_take_a_version_of_jax(jax: str, bound: str) -> None:
    assert releases.bound_beside(jax) == bound


@pytest.mark.parametrize(
    ("files", "flax"),
    [
        ({"Dockerfile": "FROM python:3.12\nRUN pip install jax && \\\n    pip install --no-cache-dir \\\n    flax==0.10.7 optax\n"}, "0.10.7"),
        ({"Dockerfile": "ARG FLAX_VERSION=0.10.7\nRUN pip install flax==${FLAX_VERSION}\n"}, "0.10.7"),
        ({"docker/Dockerfile.gpu": "RUN python -m pip install 'flax<0.12'\n"}, "<0.12"),
        ({".github/workflows/test.yml": "jobs:\n  a:\n    steps:\n    - run: uv pip install flax==0.10.7\n"}, "0.10.7"),
        ({".github/workflows/test.yml": "    - run: pip install flax==${{ matrix.flax }}\n"}, None),
        ({"README.md": "```bash\n$ pip install -U flax==0.10.2\n```\n"}, "0.10.2"),
        ({"README.md": "Run `pip install flax==0.10.2`; it doesn't need more.\n"}, "0.10.2"),
        ({"README.rst": "flax==0.10.2 is what it was written for.\n"}, "0.10.2"),
        ({"README.rst": "It needs flax>=0.10.2, or is it flax 0.11?\n"}, None),
        ({"README.md": "pip install flax==0.10.7\n\nOnce it was for `flax==0.8.5`.\n"}, "0.10.7"),
        ({"cog.yaml": "build:\n  python_packages:\n    - 'flax==0.10.7'\n"}, "0.10.7"),
        ({"a.py": "# %%\n# !pip install flax==0.10.2\nimport flax\n"}, "0.10.2"),
        ({"README.md": "`pip install flax==0.10.7` or `pip install flax==0.12.8`\n"}, "0.10.7 || 0.12.8"),
        ({"a.ipynb": '{"cells": [{"cell_type": "code", "source": ["!pip install -q flax==0.10.2\\n", "import flax"]}]}'}, "0.10.2"),
        ({"a.ipynb": '{"cells": [{"cell_type": "code", "source": "%pip install \\"flax<0.11\\""}]}'}, "<0.11"),
        ({"a.ipynb": '{"cells": [{"source": "!pip install -U flax", "outputs": [{"text": ["Successfully installed flax-0.10.4 jax-0.5.2\\n"]}]}]}'}, "0.10.4"),
        ({"a.ipynb": '{"cells": [{"outputs": [{"text": "Requirement already satisfied: flax in /usr/lib/python3.11 (0.10.6)\\n"}]}]}'}, "0.10.6"),
        ({"a.ipynb": '{"cells": [{"outputs": [{"text": "Requirement already satisfied: optax in /usr/lib/flax (0.10.6)\\n"}]}]}'}, None),
        ({"README.md": "pip install flax==0.10.2\n", "requirements.txt": "flax>=0.12\n"}, ">=0.12"),
        ({"README.md": "pip install flax==0.10.2\n", "requirements.txt": "flax>=0.6\n"}, "0.10.2"),
        ({"README.md": "pip install flax==0.10.2\n", "uv.lock": '[[package]]\nname = "flax"\nversion = "0.12.3"\n'}, "0.12.3"),
        ({"setup.sh": 'export DEPS="jax==0.8.1 flax==0.12.1 optax"\npip install $DEPS\n'}, "0.12.1"),
        ({"setup.sh": "cat > requirements <<END\njax[tpu]==0.4.28\nflax==0.8.3\nEND\n"}, "0.8.3"),
        ({"setup.sh": "# flax==0.8.3 was too old\npip install flax\n"}, None),
        ({"train.py": "# /// script\n# dependencies = [\n#   'flax==0.10.7',\n# ]\n# ///\nimport flax\n"}, "0.10.7"),
        ({"train.py": "image = modal.Image.debian_slim().pip_install('flax==0.10.7', 'optax')\n"}, "0.10.7"),
        ({"train.py": "# flax==0.10.7\n"}, None),
        ({"INSTALL.md": "    pip install flax==0.10.7\n"}, "0.10.7"),
        ({"scripts/install.sh": "pip install 'flax>=0.10.2, <0.12'\n"}, "<0.12,>=0.10.2"),
        ({"tox.ini": "[testenv]\ndeps =\n  flax==0.10.7\n"}, "0.10.7"),
        ({"noxfile.py": "def tests(session):\n    session.install('flax==0.10.7')\n"}, "0.10.7"),
    ],
)
def test_commands_and_pages_count_where_nothing_else_says_anything(tmp_path: Path, files: dict[str, str], flax: str | None) -> None:
    said = laid_out(tmp_path, files)
    assert (said and said.flax) == flax


def test_beside_what_is_installed_a_page_makes_it_uncertain(tmp_path: Path) -> None:
    assert found(tmp_path, **{"README.md": "\npip install flax==0.10.2\n"}) == ("0.10.2", "README.md", 2)
    (tmp_path / ".venv/lib/python3.12/site-packages/flax-0.12.8.dist-info").mkdir(parents=True)
    assert in_force(Settings(), tmp_path)[1].flax == "0.10.2 || 0.12.8"
    (tmp_path / "README.md").write_text("pip install 'flax>=0.12'\n")
    assert in_force(Settings(), tmp_path)[1].flax == "0.12.8"


@pytest.mark.parametrize(
    ("files", "flax"),
    [
        ({"README.md": "pip install jax==0.4.35 flax\n"}, f"<0.10.5 || {NEWEST}"),
        ({"README.md": "conda create -n nn python=3.10\n"}, f"<0.11.0 || {NEWEST}"),
        ({"README.md": "Needs Python 3.10+.\n"}, None),
        ({"a.ipynb": '{"cells": [], "metadata": {"language_info": {"name": "python", "version": "3.10.12"}}}'}, f"<0.11.0 || {NEWEST}"),
        ({"a.ipynb": '{"cells": [], "metadata": {"language_info": {"name": "python", "version": "3.12.3"}}}'}, None),
        ({"README.md": "conda create -n nn python=3.10\n", ".python-version": "3.12\n"}, None),
        ({"pyproject.toml": '[project.optional-dependencies]\nnn = ["flax[all]~=0.12.1"]\n'}, f"~=0.12.1 || {NEWEST}"),
        ({"pyproject.toml": PROJECT + '[project.optional-dependencies]\nnn = ["flax[all]>=0.6"]\n'}, None),
        ({"setup.py": "setup(extras_require={'nn': ['flax==0.10.7']})\n"}, f"0.10.7 || {NEWEST}"),
        ({"pyproject.toml": '[tool.poetry.dependencies]\nflax = { version = "^0.10.7", optional = true }\n'}, f">=0.10.7,<0.11 || {NEWEST}"),
        ({"setup.cfg": "[options.extras_require]\nnn =\n  flax==0.10.7\n"}, f"0.10.7 || {NEWEST}"),
        ({"a-1.0.dist-info/METADATA": "Name: a\nRequires-Dist: flax==0.10.7; extra == 'nn'\n"}, f"0.10.7 || {NEWEST}"),
        ({"setup.py": "setup(install_requires=['flax<0.12'], extras_require={'nn': ['flax==0.12.8']})\n"}, "<0.12"),
    ],
)
def test_what_decides_nothing_makes_it_uncertain(tmp_path: Path, files: dict[str, str], flax: str | None) -> None:
    said = laid_out(tmp_path, files)
    assert (said and said.flax) == flax


def test_an_environment_that_the_jax_of_the_project_does_not_fit_does_not_win(tmp_path: Path) -> None:
    assert found(tmp_path, **{"requirements.txt": "jax==0.4.35\nflax\n"}) == ("<0.10.5", "requirements.txt", 1)
    (tmp_path / ".venv/lib/python3.12/site-packages/flax-0.12.8.dist-info").mkdir(parents=True)
    assert in_force(Settings(), tmp_path)[1].flax == "<0.10.5"
