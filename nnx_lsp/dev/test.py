"""`python -m nnx_lsp.dev.test`: everything that must hold, in one command: types, lint, tests, verify on the Flax of this environment, 300 generated
programs under its JAX, and 2,000 corrupted programs through the whole path.

`--flax VERSION …` verifies on other Flax lines too, each in an environment of its own. `--long` adds what takes an hour or more: the referee of values over
all fixtures and 20,000 generated programs, the models of the library on three Flax lines, and the mutants of the tracer.
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
    parser.add_argument("--long", action="store_true", help="run the whole of the referees too, which takes an hour or more")
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
        "tests": [python, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadfile"],
    }
    if given.long:
        checks |= _long(python)
    failed: list[str] = []
    for name, command in checks.items():
        begun = time.monotonic()
        print(f"== {name}: {' '.join(command[1:])}", flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
        print(f"== {name}: {'FAILED' if name in failed else 'ok'} in {time.monotonic() - begun:.0f} s", flush=True)
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed" + (f" ({', '.join(failed)})" if failed else ""))
    return 1 if failed else 0


def _long(python: str) -> dict[str, list[str]]:
    """The whole of the referees. Their lists of what is wrong today are strict: what is new fails, and what is gone does too."""
    referee = [python, "-m", "nnx_lsp.dev.referee"]
    expected = ROOT / "tests" / "expected"
    generated = {
        f"generated Python {seed}": [
            *referee,
            "--generate",
            "2000",
            "--seed",
            str(seed),
            "--total",
            "--expected",
            str(expected / "generated_python_total.json"),
        ]
        for start in (1_000_000, 2_000_000)
        for seed in range(start, start + 10_000, 2_000)
    }
    return {
        "values of fixtures": [*referee, "fixtures", "examples", "--flax", "0.12.12", "--expected", str(expected / "fixtures.json")],
        **generated,
        "models": [python, "-m", "nnx_lsp.dev.models", "--release", "0.10.7", "--release", "0.11.2", "--release", "0.12.12"],
        "mutants": [python, "-m", "nnx_lsp.dev.mutants", "--results", str(ROOT / ".cache" / "mutants.jsonl")],
    }


if __name__ == "__main__":
    sys.exit(main())
