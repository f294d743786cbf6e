"""What other programs are told through entry points."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import BAD, run

ASKED = """
from importlib.metadata import entry_points
(found,) = [each for each in entry_points(group="jupyter_lsp_spec_v1") if each.name == "nnx-lint"]
print(*found.load()(None))
"""


@pytest.mark.parametrize(("package", "servers"), [("another", "nnx-lint\n"), ("pylsp", "\n")])
def test_jupyter_is_offered_no_server_beside_the_one_that_has_the_plugin(tmp_path: Path, package: str, servers: str) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("")
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    assert subprocess.run([sys.executable, "-c", ASKED], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True).stdout == servers


PLUGIN = """
import sys
from types import SimpleNamespace
from nnx_lsp.integrations.pylsp import pylsp_lint
path = sys.argv[1] + "/a.py"
document = SimpleNamespace(uri="file://" + path, path=path, source=open(path).read())
print([each["code"] for each in pylsp_lint(SimpleNamespace(documents={document.uri: document}, root_path=sys.argv[1]), document)])
"""


def test_what_the_baseline_accepts_is_not_shown_by_python_lsp_server(tmp_path: Path) -> None:
    (tmp_path / "stub" / "pylsp").mkdir(parents=True)
    (tmp_path / "stub" / "pylsp" / "__init__.py").write_text("def hookimpl(function):\n    return function\n")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.py").write_text(BAD)
    path = os.pathsep.join(filter(None, (str(tmp_path / "stub"), os.environ.get("PYTHONPATH"))))

    def shown() -> str:
        command = [sys.executable, "-c", PLUGIN, str(tmp_path / "work")]
        return subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True).stdout.strip()

    assert shown() == "['NNX101']"
    assert run("baseline", ".", cwd=tmp_path / "work").returncode == 0
    assert shown() == "[]"
