"""The Flax version in force: configured, else that of the environment in use, read and never imported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

_DIST_INFO = re.compile(r"flax-(?P<version>[^-]+)\.dist-info\Z")


def flax_version(folder: Path) -> tuple[str, str] | None:
    """The version and where it was found, or `None`: `$VIRTUAL_ENV`, a `.venv` at or above the folder, then the interpreter's own environment."""
    for place in _environments(folder):
        for found in sorted(place.glob("lib/python*/site-packages/flax-*.dist-info")) + sorted(place.glob("Lib/site-packages/flax-*.dist-info")):
            if match := _DIST_INFO.search(found.name):
                return match["version"], str(found)
    try:
        return metadata.version("flax"), "the environment of nnx-lint"
    except metadata.PackageNotFoundError:
        return None


def _environments(folder: Path) -> Iterator[Path]:
    if active := os.environ.get("VIRTUAL_ENV"):
        yield Path(active)
    here = folder.resolve()
    yield from (place / ".venv" for place in (here, *here.parents) if (place / ".venv").is_dir())
