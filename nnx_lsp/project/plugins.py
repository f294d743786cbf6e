"""Packages of rules that others ship: those that installed distributions name under the entry point group `nnx_lint.rules`.

They are found by reading metadata, so that a run in which nothing changed imports none. The current folder is never looked into: what is linted is not run.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

GROUP = "nnx_lint.rules"


class PluginError(Exception):
    """A package of rules cannot be used; the message names it and says why."""


@cache
def packages() -> tuple[str, ...]:
    """The names of the packages, in order."""
    found: set[str] = set()
    for place in dict.fromkeys(sys.path):
        if not os.path.isabs(place) or os.path.realpath(place) == os.path.realpath(os.curdir):
            continue
        try:
            names = os.listdir(place)
        except OSError:
            continue
        for name in names:
            if name.endswith(".dist-info"):
                found |= _named(os.path.join(place, name, "entry_points.txt"))
    return tuple(sorted(found))


def folder(package: str) -> Path | None:
    """Where a package is."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def _named(file: str) -> set[str]:
    try:
        with open(file, encoding="utf-8") as opened:
            text = opened.read()
    except (OSError, UnicodeDecodeError):
        return set()
    if f"[{GROUP}]" not in text:
        return set()
    lines = text.split(f"[{GROUP}]", 1)[1].split("\n[", 1)[0].splitlines()
    return {value.strip() for _, is_pair, value in (line.partition("=") for line in lines) if is_pair and value.strip().isidentifier()}


__all__ = ["GROUP", "PluginError", "folder", "packages"]
