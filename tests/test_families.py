"""Classes of other files that stand below a class: what a method of the base does is not certain where one of them has its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnx_lsp.cli.main import main
from nnx_lsp.config import Settings
from nnx_lsp.engine import Engine
from nnx_lsp.project.bases import named_bases
from nnx_lsp.project.project import Project
from nnx_lsp.server.session import Workspace
from nnx_lsp.server.settings import Configuration
from nnx_lsp.server.texts import plain

BASE = """import jax.numpy as jnp
from flax import nnx

class Base(nnx.Module):
    def scale(self):
        return jnp.ones(3)

    @nnx.jit
    def run(self):
        return 1 if self.scale().sum() > 0 else 2
"""
DERIVED = "{line}\nclass Derived({base}):\n    def {method}(self):\n        return 3\n"
FOUND, SILENT = ["NNX401"], list[str]()


def codes(files: dict[str, str], root: Path) -> list[str]:
    """What is found in `base.py` (or the file of that name in a package) among these."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    path = next(name for name, text in files.items() if text == BASE)
    return [each.code for each in Engine(Project(None, str(root)), Settings()).check(path).found]


@pytest.mark.parametrize(
    "files",
    [
        {"base.py": BASE, "derived.py": DERIVED.format(line="from base import Base", base="Base", method="scale")},
        {"base.py": BASE, "derived.py": DERIVED.format(line="from base import Base as B", base="B", method="scale")},
        {"base.py": BASE, "derived.py": DERIVED.format(line="import base", base="base.Base", method="scale")},
        {"base.py": BASE, "derived.py": DERIVED.format(line="import base as b", base="b.Base", method="scale")},
        {"base.py": BASE, "derived.py": DERIVED.format(line="from base import *", base="Base", method="scale")},
        {"base.py": BASE, "derived.py": DERIVED.format(line="from base import Base\nfrom typing import Generic", base="Generic[T], Base", method="scale")},
        {
            "base.py": BASE,
            "middle.py": "from base import Base\nclass Middle(Base):\n    pass\n",
            "derived.py": DERIVED.format(line="from middle import Middle", base="Middle", method="scale"),
        },
        {
            "base.py": BASE,
            "mixin.py": "class Mixin:\n    def scale(self):\n        return 3\n",
            "derived.py": DERIVED.format(line="from base import Base\nfrom mixin import Mixin", base="Mixin, Base", method="other"),
        },
        {
            "pkg/__init__.py": "from .core.base import Base\n",
            "pkg/core/__init__.py": "",
            "pkg/core/base.py": BASE,
            "tests/test_base.py": DERIVED.format(line="import pkg", base="pkg.Base", method="scale"),
            "pyproject.toml": "",
        },
        {
            "pkg/__init__.py": "",
            "pkg/base.py": BASE,
            "pkg/deep/__init__.py": "",
            "pkg/deep/derived.py": DERIVED.format(line="from ..base import Base", base="Base", method="scale"),
        },
        {"base.py": BASE, "derived.py": "from base import Base\nDerived = type('Derived', (Base,), {'scale': lambda self: 3})\n"},
        {"base.py": BASE, "derived.py": "import base\n\ndef make(name):\n    return type(name, (base.Base,), {'scale': lambda self: 3})\n"},
    ],
    ids=["from", "renamed", "module", "module renamed", "star", "several", "twice below", "mixin", "re-export", "relative", "type", "type in a function"],
)
def test_what_a_class_of_another_file_overrides_is_not_certain(files: dict[str, str], tmp_path: Path) -> None:
    assert codes(files, tmp_path) == SILENT


@pytest.mark.parametrize(
    "files",
    [
        {"base.py": BASE, "derived.py": DERIVED.format(line="from base import Base", base="Base", method="other")},
        {"base.py": BASE, "derived.py": DERIVED.format(line="from elsewhere import Base", base="Base", method="scale")},
        {"base.py": BASE, "derived.py": DERIVED.format(line="class Base:\n    pass", base="Base", method="scale")},
        {"base.py": BASE, "derived.py": DERIVED.format(line="from flax import nnx as Base", base="Base.Module", method="scale")},
        {
            "base.py": BASE,
            "mixin.py": "class Mixin:\n    def scale(self):\n        return 3\n",
            "derived.py": DERIVED.format(line="from base import Base\nfrom mixin import Mixin", base="Base, Mixin", method="other"),
        },
        {"base.py": BASE, "derived.py": "from base import Base\nDerived = type('Derived', (Base,), {'other': lambda self: 3})\n"},
        {"base.py": BASE, "other.py": BASE + DERIVED.format(line="", base="Base", method="scale")},
    ],
    ids=["another method", "a library's", "of its own file", "of a module", "mixin behind", "type", "a copy"],
)
def test_what_none_of_them_overrides_stays_certain(files: dict[str, str], tmp_path: Path) -> None:
    assert codes(files, tmp_path) == FOUND


def test_files_that_are_not_of_the_project_do_not_count(tmp_path: Path) -> None:
    derived = DERIVED.format(line="from base import Base", base="Base", method="scale")
    assert codes({"base.py": BASE, ".venv/derived.py": derived, "build/derived.py": derived, "below/derived.py": derived}, tmp_path) == FOUND
    assert codes({"base.py": BASE, "pyproject.toml": "", "below/derived.py": derived}, tmp_path) == SILENT


def test_the_names_of_bases_are_read_from_the_text() -> None:
    text = "from a import Base as B\nclass C(B, m.D[int], metaclass=make(E)): pass\nclass F[T](G): pass\nclass H(nnx.Module): pass\nclass I: pass\nK(L)\n"
    text += "type('N', (O, p.Q), R)\n"
    assert named_bases(text) >= {"Base", "B", "D", "E", "G", "O", "Q"}
    assert named_bases(text).isdisjoint({"Module", "I", "L", "R"})


def test_each_edit_of_a_derived_class_changes_what_is_said_of_its_base(tmp_path: Path) -> None:
    project = Project(None, str(tmp_path))
    engine = Engine(project, Settings())
    derived = DERIVED.format(line="from base import Base", base="Base", method="scale")
    steps = [
        ("base.py", BASE, FOUND),
        ("derived.py", derived, SILENT),
        ("derived.py", derived.replace("scale", "other"), FOUND),
        ("derived.py", derived, SILENT),
        ("derived.py", derived.replace("from base", "from else_where"), FOUND),
        ("derived.py", derived.replace("(Base)", ""), FOUND),
        ("base.py", f"{BASE}\n{DERIVED.format(line='', base='Base', method='scale')}", SILENT),
        ("base.py", BASE, FOUND),
    ]
    for path, text, expected in steps:
        project.put(path, text)
        assert [each.code for each in engine.check("base.py").found] == expected, (path, text)


def test_an_editor_shows_it_when_the_derived_class_is_changed_open_or_on_the_disk(tmp_path: Path) -> None:
    base, derived = str(tmp_path / "base.py"), str(tmp_path / "derived.py")
    overridden = DERIVED.format(line="from base import Base", base="Base", method="scale")
    Path(base).write_text(BASE)
    Path(derived).write_text("from base import Base\n")
    workspace = Workspace(Configuration())

    def shown() -> list[str]:
        return [each.code for each in workspace._entries[base].checked.found]  # what was last found, shown anew or not

    workspace.update({base: plain(base, BASE, 1)})
    assert shown() == FOUND
    workspace.update({derived: plain(derived, overridden, 1)})
    assert shown() == SILENT
    workspace.update({derived: None})
    assert shown() == FOUND
    Path(derived).write_text(overridden)
    workspace.refresh()
    workspace.update({})
    assert shown() == SILENT


def test_a_kept_result_does_not_outlive_the_classes_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNX_LINT_CACHE", str(tmp_path / "cache"))
    Path("base.py").write_text(BASE)
    derived = DERIVED.format(line="from base import Base", base="Base", method="scale")
    for text, expected in (("", 1), (derived, 0), (derived, 0), (derived.replace("scale", "other"), 1), ("x = 1\n", 1), (derived, 0)):
        Path("derived.py").write_text(text)
        assert main(["check", "base.py", "--output-format", "concise"]) == expected, (text, capsys.readouterr())
