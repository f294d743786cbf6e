"""Environments with one Flax version each: built once, kept in the user's cache, reused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
from packaging.version import InvalidVersion, Version

from nnx_lsp.project import cache

_PAIRS = {
    "0.10.7": "0.6.2",
    "0.11.0": "0.7.0",
    "0.11.2": "0.7.2",
    "0.12.0": "0.8.0",
    "0.12.1": "0.8.1",
    "0.12.4": "0.9.0",
    "0.12.7": "0.10.0",
    "0.12.8": "0.10.2",
    "0.12.9": "0.11.1",
    "0.12.12": "0.12.0.1",
}
"""The jax that fits each flax and those after it: the older flax lines do not import under the newest jax, and each asks for one that is new enough."""
_NEEDS_312 = Version("0.12.9")
"""Flax from here on needs Python 3.12."""
_OLDEST = Version("0.10.7")
_MARKER = "complete"


class UnavailableError(Exception):
    """An environment cannot be had; the message says what was asked, and what is allowed or missing."""


class Environment(msgspec.Struct, frozen=True):
    """An interpreter with a flax and the jax that fits it."""

    python: Path
    flax: str


def environment(flax: str, *, say: Callable[[str], None] = lambda _: None) -> Environment:
    """The environment of a Flax version; it is built where there is none yet. Raises `UnavailableError`."""
    try:
        version = Version(flax)
    except InvalidVersion as error:
        raise UnavailableError(f"`{flax}` is no version; a Flax version looks like 0.12.8") from error
    if version < _OLDEST:
        raise UnavailableError(f"Flax {flax} is older than {_OLDEST}, the oldest that the rules speak of")
    base = interpreter(version)
    folder = cache.folder() / "environments" / f"flax-{version}-py{base[1]}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / _MARKER).exists():
        say(f"building an environment with flax {version} in {folder}")
        _build(folder, base[0], version)
    return Environment(python, str(version))


def interpreter(flax: Version) -> tuple[str, str]:
    """An interpreter that a Flax version installs on, and its version (`3.12`)."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if flax < _NEEDS_312 or sys.version_info >= (3, 12):
        return sys.executable, own
    tried: list[str] = []
    for minor in ("3.12", "3.13"):
        candidates = [
            shutil.which(f"python{minor}"),
            *map(str, sorted(Path.home().glob(f".pyenv/versions/{minor}.*/bin/python"))),
        ]
        for candidate in candidates:
            tried.append(candidate or f"python{minor}")
            if candidate and _runs(candidate):
                return candidate, minor
    raise UnavailableError(f"Flax {flax} needs Python 3.12 or newer; this is {own}, and none was found (tried {', '.join(tried)})")


def _runs(python: str) -> bool:
    return subprocess.run([python, "-c", "import venv"], capture_output=True, check=False).returncode == 0


def _build(folder: Path, python: str, flax: Version) -> None:
    """Build beside the final place and move it there whole, so that an interrupted build is never used."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    known = [pair for pair in _PAIRS if Version(pair) <= flax and Version(pair).release[:2] == flax.release[:2]]
    jax = _PAIRS[max(known, key=Version)] if known else None
    packages = [f"flax=={flax}", f"jax=={jax}" if jax else "jax", "optax"]
    place = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
        inner = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        if uv:
            _run([uv, "venv", "--quiet", "--python", python, str(place), "--allow-existing"])
            _run([uv, "pip", "install", "--quiet", "--python", str(inner), *packages])
        else:
            _run([python, "-m", "venv", str(place)])
            _run([str(inner), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
        (place / _MARKER).write_text("\n".join(packages), encoding="utf-8")
        if (folder / _MARKER).exists():  # Another process was first.
            shutil.rmtree(place)
            return
        if folder.exists():
            shutil.rmtree(folder)
        place.rename(folder)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"`{' '.join(command)}` failed:\n{done.stderr.strip()[-2000:]}")
