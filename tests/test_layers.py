"""The layers: a module imports only from rows above its own, and the lint path imports none of the libraries that it speaks of."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROWS = (
    ("nnx_lsp", "nnx_lsp.text", "nnx_lsp.severity", "nnx_lsp.worker"),
    ("nnx_lsp.diagnostic",),
    ("nnx_lsp.fingerprint",),
    ("nnx_lsp.program",),
    ("nnx_lsp.syntax",),
    ("nnx_lsp.knowledge.releases",),
    ("nnx_lsp.project",),
    ("nnx_lsp.knowledge",),
    ("nnx_lsp.tracer",),
    ("nnx_lsp.facts",),
    ("nnx_lsp.causes",),
    ("nnx_lsp.rule",),
    ("nnx_rules",),
    ("nnx_lsp.faults",),
    ("nnx_lsp.selection",),
    ("nnx_lsp.config",),
    ("nnx_lsp.unreached",),
    ("nnx_lsp.engine",),
    ("nnx_lsp.observations",),
    ("nnx_lsp.fixes", "nnx_lsp.fixtures", "nnx_lsp.comments"),
    ("nnx_lsp.targets",),
    ("nnx_lsp.baseline",),
    ("nnx_lsp.outcomes",),
    ("nnx_lsp.pages",),
    ("nnx_lsp.cli", "nnx_lsp.server", "nnx_lsp.verify", "nnx_lsp.integrations"),
    ("nnx_lsp.dev",),
)


def _row(module: str) -> int:
    best = [(len(name), row) for row, names in enumerate(ROWS) for name in names if module == name or (name != "nnx_lsp" and module.startswith(f"{name}."))]
    assert best, f"{module} stands in no row"
    return max(best)[1]


def _unit(module: str) -> str:
    return next((name for names in ROWS for name in names if name != "nnx_lsp" and (module == name or module.startswith(f"{name}."))), module)


def _modules() -> Iterator[tuple[str, Path]]:
    for base, folder in ((ROOT, ROOT / "nnx_lsp"), (ROOT / "rules", ROOT / "rules/nnx_rules")):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(base).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from (f"{node.module}.{alias.name}" if (ROOT / node.module.replace(".", "/")).is_dir() else node.module for alias in node.names)


@pytest.mark.parametrize(("module", "path"), list(_modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_imports_point_up(module: str, path: Path) -> None:
    for imported in _imports(path):
        if not imported.startswith(("nnx_lsp", "nnx_rules")) or imported == "nnx_lsp.__version__":
            continue
        if _unit(imported) == _unit(module):
            continue
        assert _row(imported) < _row(module), f"{module} imports {imported}"


def test_only_syntax_imports_libcst() -> None:
    found = {module for module, path in _modules() if any(name.split(".")[0] == "libcst" for name in _imports(path))}
    assert found
    assert all(module.startswith("nnx_lsp.syntax") for module in found), found


def test_the_lint_path_imports_neither_jax_nor_flax_nor_numpy(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("from flax import nnx\nnnx.Linear(2, 3)\n")
    program = (
        "import sys\nfrom nnx_lsp.cli.main import main\n"
        f"status = main(['--output-format', 'concise', {str(file)!r}])\n"
        "print(status, sorted({'jax', 'flax', 'numpy', 'optax'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "1 []"
