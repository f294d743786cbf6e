"""`python benchmarks/compare.py OLD NEW FOLDER`: how the findings in real packages differ between two revisions of this project.

Each revision is checked out below a temporary folder and run with the packages that are installed here; FOLDER holds unpacked packages (as
`benchmarks/ecosystem.py` leaves them). Prints the findings that went and those that came, and the time of each run. NEW may be `.`: the files as they are.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def findings(source: Path, folder: Path) -> list[str]:
    """What the program of one revision finds below a folder, a line each."""
    begun = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(source), str(source / "rules")))}
    command = [sys.executable, "-c", "import sys; from nnx_lsp.cli.main import main; sys.exit(main(sys.argv[1:]))"]
    found: list[str] = []
    for package in sorted(path for path in folder.iterdir() if path.is_dir()):
        done = subprocess.run(
            [*command, "--no-cache", "--output-format", "concise", str(package)], env=environment, cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, 1):
            sys.exit(f"{source}: {done.stderr.strip()}")
        found += done.stdout.splitlines()
    print(f"{source.name}: {len(found)} findings in {time.perf_counter() - begun:.0f} s", flush=True)
    return sorted(found)


def main() -> None:
    """Print the difference."""
    if len(sys.argv) != 4:
        sys.exit("usage: python benchmarks/compare.py OLD NEW FOLDER")
    with tempfile.TemporaryDirectory() as name:
        results: list[set[str]] = []
        for revision in sys.argv[1:3]:
            source = ROOT
            if revision != ".":
                source = Path(name) / revision.replace("/", "_")
                subprocess.run(["git", "worktree", "add", "--detach", "--quiet", str(source), revision], cwd=ROOT, check=True)
            try:
                results.append(set(findings(source, Path(sys.argv[3]).resolve())))
            finally:
                if source != ROOT:
                    subprocess.run(["git", "worktree", "remove", "--force", str(source)], cwd=ROOT, check=True)
    for line in sorted(results[0] - results[1]):
        print(f"- {line}")
    for line in sorted(results[1] - results[0]):
        print(f"+ {line}")


if __name__ == "__main__":
    main()
