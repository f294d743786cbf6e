"""`python -m nnx_lsp.dev.kill FOLDER [--times N] [--seed S]`: kill `nnx-lint --fix` at random moments, and see that no file is half written.

The Python files of a copy of a folder each get a mistake that is fixed safely. `--fix` is run to its end once; then again and again over the copy, and
killed with SIGKILL at a random moment, half of them while files are written. Afterwards each file must be what it was, or what the whole run makes of it,
and no worker may be left. Where a kill left a file that was being written, the next run must remove it and do the rest.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MISTAKE = b"\n\nimport jax as _jax\nfrom flax import nnx as _nnx\n_noise = _jax.random.normal(_nnx.Rngs(0), (2, 3))\n"


def texts(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def put(files: dict[str, bytes], folder: Path) -> None:
    """Make a folder hold these files and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        os.utime(folder / name, (1e9, 1e9))  # So that what is kept of the last run still holds.


def started(folder: Path, cache: Path) -> subprocess.Popen[bytes]:
    """`nnx-lint --fix` in a session of its own."""
    command = [sys.executable, "-m", "nnx_lsp.cli.main", "--fix", "--quiet", "--output-format", "statistics", str(folder)]
    variables = {**os.environ, "NNX_LINT_CACHE": str(cache)}
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=variables, start_new_session=True)


def _await(file: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until a file is written, or the process ends."""
    before = file.stat().st_mtime_ns
    while process.poll() is None and file.stat().st_mtime_ns == before:
        time.sleep(0.001)


def is_gone(group: int, seconds: float = 10.0) -> bool:
    """Whether all processes of a session end in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def main() -> int:
    """Kill and look; 1 where a file is neither old nor new, or a worker is left."""
    parser = argparse.ArgumentParser(prog="python -m nnx_lsp.dev.kill")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="nnx-kill-") as place:
        work, cache = Path(place, "work"), Path(place, "cache")
        old = {name: data + MISTAKE if name.endswith(".py") else data for name, data in texts(given.folder).items()}
        put(old, work)
        started(work, cache).wait()  # Those that are killed find in the cache what this one keeps.
        put(old, work)
        first = work / next(name for name in old if name.endswith(".py"))
        begun = time.monotonic()
        started(work, cache).wait()
        whole = time.monotonic() - begun
        written = [(work / name).stat().st_mtime for name in old if name.endswith(".py")]
        writing = max(written) - min(written)
        new = texts(work)
        changed = sum(new[name] != data for name, data in old.items())
        print(f"{len(old)} files, {changed} of them fixed by a whole run of {whole:.1f} s, {writing:.2f} s of it writing", flush=True)
        if not changed or new.keys() != old.keys():
            print("the whole run fixes nothing, or leaves other files")
            return 1
        wrong = mixed = left = again = unlike = 0
        for number in range(given.times):
            put(old, work)
            process = started(work, cache)
            if number % 2:
                time.sleep(chance.uniform(0.0, whole))
            else:
                _await(first, process)
                time.sleep(chance.uniform(0.0, writing))
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            process.wait()
            left += not is_gone(process.pid)
            now = texts(work)
            known = {name: data for name, data in now.items() if name in old}
            wrong += sum(data not in (old[name], new[name]) for name, data in known.items()) + len(old.keys() - now.keys())
            wrong += sum(name.endswith(".py") for name in now.keys() - old.keys())
            if now.keys() - old.keys():
                started(work, cache).wait()
                again += 1
                unlike += texts(work) != new
            mixed += 0 < sum(data != old[name] for name, data in known.items()) < changed
            if number % 20 == 19:
                print(f"{number + 1} times: {wrong} files wrong, {left} times a worker left, {mixed} times between two files", file=sys.stderr, flush=True)
        print(f"killed {given.times} times, {mixed} of them between two files: {wrong} files neither old nor new, {left} times a worker was left")
        print(f"{again} times a file was left that was being written; after the next run {unlike} of these differed from a whole run")
    return 1 if wrong or left or unlike else 0


if __name__ == "__main__":
    sys.exit(main())
