"""Runs programs in the environment that judges and gives what was recorded; kept in a folder if one is given, so that a second run costs nothing."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

CHILD = Path(__file__).with_name("_child.py")


class Recorder:
    """A process that answers jobs one after another; each runs in a child of its own. `imports` are imported once, before the first job."""

    def __init__(self, python: str, imports: Sequence[str] = (), kept: Path | None = None) -> None:
        self._python = python
        self._imports = tuple(imports)
        self._kept = kept
        self._process: subprocess.Popen[bytes] | None = None
        self._identities: dict[str, str] = {}
        self._source = hashlib.sha256(CHILD.read_bytes()).hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def run(
        self,
        main: str,
        texts: Mapping[str, str],
        timeout: float = 60,
        *,
        tests: Sequence[str] = (),
        paths: Sequence[str] = (),
        root: str = "",
    ) -> dict[str, Any]:
        """What a program gave at the places of these files. The files must lie on the disk as given. With `tests`, pytest runs with these arguments in the
        folder `root`, and modules are imported from `paths`."""
        job: dict[str, Any] = {"path": main, "texts": dict(texts), "timeout": timeout}
        if tests:
            job |= {"tests": list(tests), "paths": list(paths), "root": root}
        key = hashlib.sha256(msgspec.json.encode([self._source, self._python, self._imports, job])).hexdigest()
        file = self._kept / f"{key}.json" if self._kept is not None else None
        if file is not None and file.exists():
            return dict(msgspec.json.decode(file.read_bytes()))
        answer = self._ask(job)
        if file is not None and not answer.startswith(b'{"outcome": "timeout"}'):  # The next run may have a faster machine.
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(answer)
        return dict(msgspec.json.decode(answer))

    def identity(self, name: str) -> str:
        """What library code is known by that the linter knows under this name; empty if there is none here."""
        if name not in self._identities:
            self.resolve([name])
        return self._identities[name]

    def resolve(self, names: Iterable[str]) -> None:
        """Ask for many identities at once."""
        wanted = sorted(set(names) - self._identities.keys())
        if wanted:
            found = msgspec.json.decode(self._ask({"resolve": wanted, "timeout": 120}))
            self._identities.update({name: found.get(name, "") for name in wanted})

    def _ask(self, job: dict[str, Any]) -> bytes:
        process = self._process
        if process is None or process.poll() is not None:
            command = [self._python, "-P", str(CHILD), *self._imports]
            environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
            process = self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
            assert process.stdout is not None
            if not process.stdout.readline():  # It tells its versions once it is ready.
                raise RuntimeError(f"{self._python} cannot run the recorder with {', '.join(self._imports) or 'no imports'}")
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(msgspec.json.encode(job) + b"\n")
        process.stdin.flush()
        return process.stdout.readline()
