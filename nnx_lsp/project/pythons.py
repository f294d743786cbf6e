"""Which Python a folder is for: what its files name, else what the project allows; and which requirements are for it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from nnx_lsp.project import files

_OLDEST = (3, 9)
"""No release with `flax.nnx` runs on an older one (the first, 0.8.0, needs this): what names that speaks of another program."""
_KNOWN = tuple(f"3.{line}" for line in range(_OLDEST[1], 16))
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
_OF_CONDA = re.compile(r"^\s*-\s*[\"']?python\s*(?P<bound>[<>~!][^\"'\n#]*)", re.MULTILINE)
_ALLOWING = (
    ("pyproject.toml", re.compile(r"^\s*requires-python\s*=\s*[\"'](?P<bound>[^\"']+)[\"']", re.MULTILINE)),
    # Of Poetry and pixi: other tables name the Python of a tool.
    ("pyproject.toml", re.compile(r"^\[tool\.(?:poetry|pixi)\.dependencies\][^\[]*?^\s*python\s*=\s*[\"'](?P<bound>[^\"']+)[\"']", re.MULTILINE)),
    ("setup.cfg", re.compile(r"^\s*python_requires\s*=\s*(?P<bound>[^\s#][^\n#]*)", re.MULTILINE)),
    ("setup.py", re.compile(r"\bpython_requires\s*=\s*[\"'](?P<bound>[^\"']+)[\"']")),
    ("Pipfile", re.compile(r"^\s*python(?:_full)?_version\s*=\s*[\"'](?P<bound>[^\"']+)[\"']", re.MULTILINE)),
    ("pixi.toml", re.compile(r"^\[dependencies\][^\[]*?^\s*python\s*=\s*[\"'](?P<bound>[^\"']+)[\"']", re.MULTILINE)),
    ("environment.yml", _OF_CONDA),
    ("environment.yaml", _OF_CONDA),
    ("uv.lock", re.compile(r"^requires-python\s*=\s*[\"'](?P<bound>[^\"']+)[\"']", re.MULTILINE)),
    ("PKG-INFO", re.compile(r"^Requires-Python:\s*(?P<bound>\S+)", re.MULTILINE)),
)
"""The files that say which versions a project takes, in the words of each."""
_PLATFORMS = (("linux", "Linux", "x86_64"), ("darwin", "Darwin", "arm64"), ("darwin", "Darwin", "x86_64"), ("win32", "Windows", "AMD64"))


class Pythons(msgspec.Struct, frozen=True):
    """The versions of Python that a folder may be for."""

    versions: tuple[str, ...] = _KNOWN
    source: str = ""
    """The file that says so; empty where none does."""

    @property
    def newest(self) -> tuple[int, int]:
        """The newest minor version."""
        return max(minor(version) for version in self.versions)

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
    """What the nearest of some folders says; the nearest comes first.

    Where files of one folder name different versions, or one that the project does not allow, nobody knows which is in use: it may be each of them.
    """
    allowed = next(filter(None, map(_allowed_in, above)), None)
    for folder in above:
        named = [(found["version"], str(folder / name)) for name, pattern in _NAMES if (text := _said(folder / name)) and (found := pattern.search(text))]
        named = [each for each in named if minor(each[0]) >= _OLDEST]
        if not named:
            continue
        versions = dict.fromkeys(version for version, _ in named)
        if allowed is not None and not any(minor(each) == minor(version) for each in allowed.versions for version in versions):
            versions |= dict.fromkeys(allowed.versions)
        for claimed in _claims(folder):  # Each page may contradict, and one may contradict itself.
            if not any(minor(each) == minor(version) for each in claimed for version in versions):
                versions |= dict.fromkeys(claimed)
        return Pythons(tuple(versions), named[0][1])
    return allowed or Pythons()


def told(above: list[Path]) -> tuple[str, ...]:
    """The versions that the pages, images and notebooks of a project speak of: what they say decides nothing."""
    for folder in of_project(above):
        found = dict.fromkeys(each for claimed in (*_claims(folder), *_runs(folder)) for each in claimed)
        if found:
            return tuple(found)
    return ()


def of_project(above: list[Path]) -> list[Path]:
    """The folders up to the root of their project: of a repository all, else up to the first that holds what projects have. What stands above is another's."""
    for count, folder in enumerate(above, 1):
        names = _names(folder)
        if ".git" in names:
            return above[:count]
        if any(name in _OF_PROJECTS or name.lower().startswith("readme") for name in names):
            return above if os.path.exists(above[-1] / ".git") else above[:count]
    return above[:1]


_OF_PROJECTS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "LICENSE", "Dockerfile")


def _names(folder: Path) -> list[str]:
    """What is in a folder, in order; nothing where it cannot be looked into."""
    with suppress(OSError):
        return sorted(os.listdir(folder))
    return []


def _claims(folder: Path) -> Iterator[tuple[str, ...]]:
    """The versions that each of the places names in which the pages and images of a folder speak of Python."""
    lines: dict[tuple[int, bool], None] = {}
    for name in _names(folder):
        for found in _TOLD.finditer(_text(folder / name)) if name.startswith(("README", "readme", "Dockerfile", *_ENVIRONMENTS)) else ():
            lines[int(found["minor"]), any((found["least"], found["sign"], found["more"]))] = None
    for line, is_least in lines:
        yield tuple(each for each in _KNOWN if minor(each) == (3, line) or (is_least and minor(each) > (3, line)))


def _runs(folder: Path) -> Iterator[tuple[str, ...]]:
    """The version that each notebook of a folder was run by."""
    for name in _names(folder):
        if name.endswith(".ipynb"):
            yield tuple(each for found in _RUN.finditer(_text(folder / name)) for each in _KNOWN if minor(each) == (3, int(found["minor"])))


_TOLD = re.compile(
    r"\bpython(?:-version)?[\"'`*_]*(?::|\s+version)?[\s\"'`*_(\[]*(?:(?P<sign>>=?|≥|&gt;=?|%3E=?)|={1,2}|-|v)?\s*3\.(?P<minor>\d+)(?:\.\d+)?"
    r"(?:(?P<least>\+|%2B)|[\s)\]]*(?:or|and)\s+(?P<more>later|newer|higher|above|up|greater))?",
    re.IGNORECASE,
)
"""How a page speaks of a Python: `Python 3.10+`, `python=3.11`, `FROM python:3.12-slim`."""
_RUN = re.compile(r'"version":\s*"3\.(?P<minor>\d+)\.\d+"')
"""How a notebook notes the Python that it was run by."""


def _allowed_in(folder: Path) -> Pythons | None:
    """What the project in a folder allows."""
    for name, bounds in _ALLOWING:
        if (text := _said(folder / name)) and (found := bounds.search(text)):
            allowed = tuple(_allowed(found["bound"]))
            return Pythons(allowed, str(folder / name)) if allowed else None
    return None


def _said(path: Path) -> str:
    """The text of a file that may say which Python is in use: an environment with another framework, and without jax and flax, is for another program."""
    text = _text(path)
    is_another = path.name in _ENVIRONMENTS and _OF_OTHERS.search(text) is not None and _OF_JAX.search(text) is None
    return "" if is_another else text


_ENVIRONMENTS = ("environment.yml", "environment.yaml")
_OF_OTHERS = re.compile(r"^\s*-\s*[\"']?(?:[\w-]+::)?(?:pytorch|torch|tensorflow|keras|theano|mxnet|paddlepaddle)\b", re.MULTILINE)
_OF_JAX = re.compile(r"^\s*-\s*[\"']?(?:[\w-]+::)?(?:jax|flax)|^\s*-\s*[\"']?(?:-r|-e|--requirement|--editable)\b", re.MULTILINE)
"""What says that an environment holds jax, or takes what other files list."""


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
    line = minor(version)
    for platform, system, machine in _PLATFORMS:
        yield {
            "python_version": ".".join(map(str, line)),
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


def minor(version: str) -> tuple[int, int]:
    """The minor line of a version: `(3, 12)`."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)
