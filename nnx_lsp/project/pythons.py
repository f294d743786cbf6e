"""Which Python a folder is for: what its files name, else what the project allows; and which requirements are for it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from nnx_lsp.project import files

_KNOWN = tuple(f"3.{minor}" for minor in range(8, 16))
_WITHOUT_PATCH = 2
_ANY_PATCH = ".9"
"""Stands for all patch releases where only the minor version is known: bounds are seldom between them."""
_NAMES = (
    (".python-version", re.compile(r"^(?:cpython-?)?(?P<version>3\.\d+(?:\.\d+)?)\s*$", re.MULTILINE)),
    (".tool-versions", re.compile(r"^python[ \t]+(?P<version>3\.\d+(?:\.\d+)?)\b", re.MULTILINE)),
    ("runtime.txt", re.compile(r"^python-(?P<version>3\.\d+(?:\.\d+)?)\s*$", re.MULTILINE)),
    (".venv/pyvenv.cfg", re.compile(r"^version(?:_info)?\s*=\s*(?P<version>3\.\d+(?:\.\d+)?)", re.MULTILINE)),
    ("environment.yml", re.compile(r"^\s*-\s*[\"']?python\s*=+\s*(?P<version>3\.\d+(?:\.\d+)?)(?:\.\*)?\b", re.MULTILINE)),
    ("environment.yaml", re.compile(r"^\s*-\s*[\"']?python\s*=+\s*(?P<version>3\.\d+(?:\.\d+)?)(?:\.\*)?\b", re.MULTILINE)),
)
"""The files that name one Python, each with what names it."""
WATCHED = tuple(name for name, _ in _NAMES if "/" not in name)
_BOUND = re.compile(r"^\s*(?:requires-python|python)\s*=\s*[\"'](?P<bound>[^\"']+)[\"']", re.MULTILINE)
"""What pyproject.toml says, in the words of the project or of Poetry."""
_PLATFORMS = (("linux", "Linux", "x86_64"), ("darwin", "Darwin", "arm64"), ("darwin", "Darwin", "x86_64"), ("win32", "Windows", "AMD64"))


class Pythons(msgspec.Struct, frozen=True):
    """The versions of Python that a folder may be for."""

    versions: tuple[str, ...] = _KNOWN
    source: str = ""
    """The file that says so; empty where none does."""

    @property
    def newest(self) -> tuple[int, int]:
        """The newest minor version."""
        return max(_minor(version) for version in self.versions)

    def is_met(self, marker: str) -> bool:
        """Whether a marker of a requirement (PEP 508) may be met, on whatever platform, without extras; also where it cannot be read."""
        if not marker:
            return True
        from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

        try:
            parsed = Marker(marker)
            return any(parsed.evaluate(environment) for version in self.versions for environment in _environments(version))
        except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
            return True


def of(above: list[Path]) -> Pythons:
    """What the nearest of some folders says; the nearest comes first."""
    for folder in above:
        for name, pattern in _NAMES:
            if (text := _text(folder / name)) and (found := pattern.search(text)):
                return Pythons((found["version"],), str(folder / name))
    for folder in above:
        if (text := _text(folder / "pyproject.toml")) and (found := _BOUND.search(text)):
            allowed = tuple(_allowed(found["bound"]))
            return Pythons(allowed, str(folder / "pyproject.toml")) if allowed else Pythons()
    return Pythons()


def _text(path: Path) -> str:
    if os.path.isfile(path):  # A pipe would never end.
        with suppress(files.FileError):
            return files.text(path)
    return ""


def _allowed(bound: str) -> Iterator[str]:
    """The minor versions that a bound allows; Poetry's `^3.10` is `>=3.10,<4`."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    text = re.sub(r"\s+", "", re.sub(r"(?<=[\d*])\s+(?=[=<>!~^])", ",", bound))
    text = re.sub(r"\^(\d+)([\d.]*)", lambda found: f">={found[1]}{found[2]},<{int(found[1]) + 1}", text)
    text = re.sub(r"~(?!=)(\d+\.\d+)\.\d+", r"==\1.*", text)
    text = re.sub(r"(?:~(?!=)|(?<![\w.=<>!~*]))(\d+\.\d+)(?:\.\*)?(?![\w.*])", r"==\1.*", text)
    try:
        allowed = SpecifierSet(text)
    except InvalidSpecifier:
        return
    yield from (version for version in _KNOWN if allowed.contains(f"{version}{_ANY_PATCH}"))


def _environments(version: str) -> Iterator[dict[str, str]]:
    """The names of markers for a version of Python, one for each platform."""
    full = version if version.count(".") >= _WITHOUT_PATCH else f"{version}{_ANY_PATCH}"
    major, minor = _minor(version)
    for platform, system, machine in _PLATFORMS:
        yield {
            "python_version": f"{major}.{minor}",
            "python_full_version": full,
            "implementation_version": full,
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "sys_platform": platform,
            "platform_system": system,
            "platform_machine": machine,
            "os_name": "nt" if platform == "win32" else "posix",
            "platform_release": "",
            "platform_version": "",
            "extra": "",
        }


def _minor(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)
