"""`python -m nnx_lsp.dev.test`: everything that must hold, in one command: types, lint, tests, verify on the Flax of this environment, 300 generated
programs under its JAX, and 2,000 corrupted programs through the whole path.

`--flax VERSION …` verifies on other Flax lines too, each in an environment of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run every check; 1 if one of them fails."""
    parser = argparse.ArgumentParser(prog="python -m nnx_lsp.dev.test")
    parser.add_argument("--flax", action="append", default=[], metavar="VERSION", help="verify on this Flax line too (repeatable)")
    given = parser.parse_args()
    python = sys.executable
    lint = str(Path(python).with_name("nnx-lint"))
    checks = {
        "types": [python, "-m", "mypy"],
        "lint": [python, "-m", "ruff", "check", "nnx_lsp", "rules", "tests", "benchmarks"],
        "format": [python, "-m", "ruff", "format", "--check", "nnx_lsp", "rules", "tests", "benchmarks"],
        "pages": [python, "-m", "nnx_lsp.dev.pages", "--check"],
        "verify": [lint, "verify"],
        "programs": [lint, "verify", "--generate", "300", "--seed", "1000"],
        "fuzz": [python, "-m", "nnx_lsp.dev.fuzz", "--cases", "2000", "--seed", "0"],
        **{f"verify {version}": [lint, "verify", "--flax", version] for version in given.flax},
        "tests": [python, "-m", "pytest", "-q"],
    }
    failed: list[str] = []
    for name, command in checks.items():
        begun = time.monotonic()
        print(f"== {name}: {' '.join(command[1:])}", flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
        print(f"== {name}: {'FAILED' if name in failed else 'ok'} in {time.monotonic() - begun:.0f} s", flush=True)
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed" + (f" ({', '.join(failed)})" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
