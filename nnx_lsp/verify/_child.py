"""Runs inside the environment that is verified: forks a child for each program, and prints what it did, one JSON line each.

Needs the standard library, jax, flax and optax only. Reads one job a line: {"path": …, "timeout": …}, or {"paths": […], "timeout": …}
for programs that share a child.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pathlib
import select
import signal
import sys
import time
import traceback
import warnings
from typing import Any


def main() -> None:
    import flax
    import jax
    import jax.numpy
    import optax  # noqa: F401
    from flax import nnx  # noqa: F401

    print(json.dumps({"flax": flax.__version__, "jax": jax.__version__, "python": sys.version.split()[0]}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        results = run_many(job["paths"], job["timeout"]) if "paths" in job else run(job["path"], job["timeout"])
        print(json.dumps(results), flush=True)


def run(path: str, timeout: float) -> dict[str, Any]:
    """What one program did: its exception with its ancestors and lines by file, its warnings, how long it took."""
    reader, writer = os.pipe()
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as pipe:
            json.dump(executed(path), pipe)
        os._exit(0)
    os.close(writer)
    chunks: list[bytes] = []
    timed_out = False
    while True:
        left = timeout - (time.monotonic() - begun)
        ready, _, _ = select.select([reader], [], [], max(left, 0))
        if not ready:
            timed_out = True
            os.kill(child, signal.SIGKILL)
            break
        data = os.read(reader, 65536)
        if not data:
            break
        chunks.append(data)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    seconds = round(time.monotonic() - begun, 2)
    if timed_out:
        return {"outcome": "timeout", "seconds": seconds}
    try:
        return {**json.loads(b"".join(chunks)), "seconds": seconds}
    except ValueError:
        return {"outcome": "died", "status": status, "seconds": seconds}


def run_many(paths: list[str], timeout: float) -> list[dict[str, Any]]:
    """What programs did that run one after another in one child; after one that hangs or kills the child, the rest run in another."""
    results: list[dict[str, Any]] = []
    while len(results) < len(paths):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            with os.fdopen(writer, "w") as pipe:
                for path in paths[len(results) :]:
                    modules = set(sys.modules)
                    json.dump(executed(path), pipe)
                    pipe.write("\n")
                    pipe.flush()
                    for name in set(sys.modules) - modules:
                        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(pathlib.Path(path).parent)):
                            del sys.modules[name]
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            while True:
                ready, _, _ = select.select([pipe], [], [], timeout)
                line = pipe.readline() if ready else ""
                if not line:
                    break
                results.append(json.loads(line))
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if len(results) < len(paths):
            results.append({"outcome": "timeout" if not ready else "died"})
    return results


def executed(path: str) -> dict[str, Any]:
    """Run the program in this process, as `__main__`."""
    source = pathlib.Path(path).read_text(encoding="utf-8")
    folder = str(pathlib.Path(path).parent)
    before = list(sys.path)
    sys.path.insert(0, folder)
    result: dict[str, Any] = {"outcome": "ran"}
    output = io.StringIO()
    with (
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        warnings.simplefilter("always")
        try:
            exec(compile(source, path, "exec"), {"__name__": "__main__", "__file__": path})
        except BaseException as error:
            frames = [
                (own(each.filename, path), each.lineno, getattr(each, "end_lineno", None) or each.lineno)
                for each in traceback.extract_tb(error.__traceback__)
                if own(each.filename, path) is not None
            ]
            names = [cls.__name__ for cls in type(error).__mro__[:-1]]
            result = {
                "outcome": "raised",
                "names": names,
                "lines": frames,
                "message": first_line(error),
            }
    sys.path[:] = before
    result["warnings"] = [
        [[cls.__name__ for cls in each.category.__mro__[:-1]], own(each.filename, path), each.lineno, first_line(each.message)]
        for each in caught
        if own(each.filename, path) is not None
    ]
    return result


def first_line(message: object) -> str:
    """The first line of an exception's or a warning's message."""
    return str(message).strip().split("\n", 1)[0][:200]


def own(filename: str, path: str) -> str | None:
    """The name that a fixture's marks know a file under, if it is one of the program's."""
    main = pathlib.Path(path)
    if filename == path:
        return "main.py" if main.name == "main.py" else ""
    try:
        return pathlib.Path(filename).relative_to(main.parent).as_posix() if main.name == "main.py" else None
    except ValueError:
        return None


if __name__ == "__main__":
    main()
