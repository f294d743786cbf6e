"""What other programs are told through entry points."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
