"""`python -m nnx_lsp.dev.precommit`: the hooks in pre-commit itself, on a throw-away repository, with this project (its last commit) as their source.

pre-commit makes the hooks an environment of their own, as it does for every user; that it holds no jax is checked. Takes some minutes, and the package index.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
BAD = "import jax\nfrom flax import nnx\n\nrngs = nnx.Rngs(0)\nnoise = jax.random.normal(rngs, (2, 3))\n"


def main() -> int:
    """Install, report, repair, pass; 1 where one of these does not happen."""
    with tempfile.TemporaryDirectory(prefix="nnx-hooks-") as place:
        project, variables = Path(place, "project"), {**os.environ, "PRE_COMMIT_HOME": str(Path(place, "home"))}
        for name in ("PYTHONPATH", "VIRTUAL_ENV"):
            variables.pop(name, None)

        def run(*command: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(command, cwd=project, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

        def hook(name: str) -> subprocess.CompletedProcess[str]:
            return run(sys.executable, "-m", "pre_commit", "run", name, "--all-files")

        project.mkdir()
        (project / "train.py").write_text(BAD)
        revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True, capture_output=True, check=True).stdout.strip()
        hooks = "\n".join(f"      - id: {name}" for name in ("nnx-lint", "nnx-lint-fix"))
        (project / ".pre-commit-config.yaml").write_text(f"repos:\n  - repo: {ROOT}\n    rev: {revision}\n    hooks:\n{hooks}\n")
        run("git", "init", "-q")
        run("git", "add", ".")
        reported = hook("nnx-lint")
        print(reported.stdout)
        repaired = hook("nnx-lint-fix")
        print(repaired.stdout)
        run("git", "add", ".")
        passed = hook("nnx-lint")
        print(passed.stdout)
        packages = {path.name.split("-")[0] for path in Path(place, "home").rglob("*.dist-info")}
        checks = {
            "the finding is reported": reported.returncode == 1 and "NNX101" in reported.stdout,
            "the file is repaired": repaired.returncode == 1 and "rngs.params()" in (project / "train.py").read_text(),
            "then it passes": passed.returncode == 0,
            "its environment holds nnx-lint": "nnx_lint" in packages,
            "and no jax": not packages & {"jax", "jaxlib", "flax", "numpy"},
        }
    for what, holds in checks.items():
        print(f"{'ok' if holds else 'FAILED'}: {what}")
    print(f"{sum(checks.values())} passed, {len(checks) - sum(checks.values())} failed")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
