"""The workspace that the editors open: a copy of the example project, and the server that they start."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).parents[2]


class Workspace:
    """A folder for one test: `project` is opened, all that an editor keeps is in `home`."""

    def __init__(self, place: Path, server: Path) -> None:
        self.place = place
        self.server = server
        """The environment with the server."""
        self.project = place / "digits"
        self.home = place / "home"
        self.home.mkdir()
        shutil.copytree(ROOT / "examples/digits", self.project, ignore=shutil.ignore_patterns("__pycache__"))

    @property
    def environment(self) -> dict[str, str]:
        """What an editor is started with: the server first on the path, no home of the user's."""
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TERM", "TMPDIR") if name in os.environ}
        path = f"{self.server / 'bin'}{os.pathsep}{os.environ['PATH']}"
        home = {
            "HOME": self.home,
            "XDG_CONFIG_HOME": self.home / ".config",
            "XDG_DATA_HOME": self.home / ".local/share",
            "XDG_CACHE_HOME": self.home / ".cache",
        }
        return {**kept, "PATH": path, **{name: str(folder) for name, folder in home.items()}}

    def run(self, *command: str, seconds: float = 180, **extra: str) -> str:
        """Run one program to its end, and give what it prints. Raises `Failed` with that."""
        done = self._begun(command, extra, subprocess.PIPE)
        try:
            said, _ = done.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            said = ""
        finally:
            stopped(done)
        if done.returncode:
            raise Failed(f"{command[0]} ended with {done.returncode}:\n{said}")
        return said

    @contextmanager
    def started(self, *command: str, **extra: str) -> Iterator[subprocess.Popen[str]]:
        """A program that runs beside the test; it and its children end with it. Its output goes to `home/NAME.log`."""
        log = (self.home / f"{Path(command[0]).name}.log").open("w")
        process = self._begun(command, extra, log)
        try:
            yield process
        finally:
            stopped(process)
            log.close()

    def _begun(self, command: tuple[str, ...], extra: dict[str, str], output: int | TextIO) -> subprocess.Popen[str]:
        """A program in a session of its own, in the project's folder."""
        return subprocess.Popen(
            command,
            cwd=self.project,
            env={**self.environment, **extra},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


class Failed(Exception):
    """A test failed; the text says how."""


@contextmanager
def workspace(server: Path, *, keep: bool) -> Iterator[Workspace]:
    """A fresh workspace, removed afterwards unless it is kept."""
    place = Path(tempfile.mkdtemp(prefix="nnx-lint-editor-"))
    try:
        yield Workspace(place, server)
    finally:
        if keep:
            print(f"   kept: {place}")
        else:
            shutil.rmtree(place, ignore_errors=True)


def stopped(process: subprocess.Popen[str]) -> None:
    """End a program and the children of its session."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, kind)
        except ProcessLookupError:
            break
        until = time.monotonic() + 3
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
    process.wait()


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
