"""The Flax version in force of a folder: what its lock files pin, else what is installed, else what the project declares. Read, and never imported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from packaging.version import InvalidVersion, Version

from nnx_lsp.knowledge import releases
from nnx_lsp.project import declarations, files, pythons
from nnx_lsp.project.declarations import BESIDE, DECLARED, LOCKS, NAME, SETTINGS, File, Readers, Said, is_version
from nnx_lsp.project.pythons import Pythons

WATCHED = (*declarations.WATCHED, *pythons.WATCHED)
"""The files that may say which Flax is in force, as patterns of their names."""
_DIST_INFO = re.compile(r"(?:flax|jax)-(?P<version>[^-]+)\.dist-info\Z")


class Found(msgspec.Struct, frozen=True):
    """What a place says of the Flax version. `flax` is a version, or a PEP 440 range; alternatives stand beside `||`."""

    flax: str
    source: str
    """The file, or what else says so."""
    row: int = 0
    """The line of the file; 0 where there is none."""
    remarks: tuple[str, ...] = ()
    """What is to be told: files on the way that could not be read, and what was passed over since it contradicts."""
    jax: str = ""
    """The version of jax that the same place names; empty where it names none."""

    @property
    def place(self) -> str:
        """The source as it is shown."""
        return f"{self.source}:{self.row}" if self.row else self.source


def found(folder: Path) -> Found | None:
    """What is in force in a folder.

    That is what the nearest lock file at or above it pins, else what the environment in use has, else what is declared. What is declared comes first where the
    other contradicts it: a pin beside a lock file, any bound below one, and a bound that the environment is outside of, which is then another project's.
    Of several versions in a lock file those count that are for the folder's Python and in what is declared, and of these the one that is installed.
    """
    return Search().of(folder)[0]


class _Nearest(msgspec.Struct, frozen=True):
    """What was found first, and how many folders above."""

    said: File
    above: int


class Search:
    """Looks for what is in force in the folders of one run; each folder and each environment is read once."""

    def __init__(self) -> None:
        self._read: dict[tuple[Path, Readers], tuple[File | files.FileError, ...]] = {}
        self._pythons: dict[Path, Pythons] = {}
        self._installed: dict[tuple[Path, ...], Found | None] = {}

    def of(self, folder: Path) -> tuple[Found | None, tuple[str, ...]]:
        """What is in force in a folder, and what is to be told of what was read on the way."""
        above = list(_above(Path(os.path.realpath(folder))))
        if above[0] not in self._pythons:
            self._pythons[above[0]] = pythons.of(above)
        python = self._pythons[above[0]]
        remarks: dict[str, None] = {}
        lock, nearest = self._first(above, LOCKS, remarks), self._first(above, DECLARED, remarks)
        declared = _declared(nearest, python)
        if lock is not None:
            locked = self._locked(lock.said, python, declared, folder)
            if nearest is None or declared is None or not _overrules(nearest, lock, locked.flax, declared.flax):
                return locked, tuple(remarks)
            remarks[f"{locked.place}: says Flax {locked.flax}, which {declared.place} excludes ({declared.flax}); that is in force"] = None
            return declared, tuple(remarks)
        installed = self._of_environment(folder)
        if installed is None or declared is None or _fits(installed.flax, declared.flax):
            return installed or declared, tuple(remarks)
        where = f"{installed.source}: Flax {installed.flax} is installed"
        remarks[f"{where}, which {declared.place} excludes ({declared.flax}); what is declared is in force"] = None
        return declared, tuple(remarks)

    def _first(self, above: list[Path], readers: Readers, remarks: dict[str, None]) -> _Nearest | None:
        for count, place in enumerate(above):
            for each in self._said(place, readers):
                if isinstance(each, File):
                    return _Nearest(each, count)
                if each.name != SETTINGS:
                    remarks[f"{each}; it says nothing of the Flax version"] = None
        return None

    def _said(self, place: Path, readers: Readers) -> tuple[File | files.FileError, ...]:
        key = place, readers
        if key not in self._read:
            self._read[key] = tuple(declarations.said(place, readers))
        return self._read[key]

    def _locked(self, lock: File, python: Pythons, declared: Found | None, folder: Path) -> Found:
        """What a lock file pins: of several versions those that may be in use."""
        flax = _met(lock.flax, python)
        if declared is not None:
            flax = tuple(each for each in flax if _fits(each.version, declared.flax)) or flax
        if len({each.version for each in flax}) > 1 and (installed := self._of_environment(folder)) is not None and installed.source != _BESIDE_THIS:
            flax = tuple(each for each in flax if each.version == installed.flax) or flax
        return _found(File(lock.path, flax, lock.jax), python)

    def _of_environment(self, folder: Path) -> Found | None:
        places = tuple(_environments(folder))
        if places not in self._installed:
            self._installed[places] = _installed(places)
        return self._installed[places]


def _found(file: File, python: Pythons) -> Found:
    """The versions that a file names, and the version of jax beside them where it names one."""
    beside = {each.version for each in _met(file.jax, python)}
    flax = dict.fromkeys(each.version for each in file.flax)
    return Found(" || ".join(flax), file.path, file.flax[0].row, jax=beside.pop() if len(beside) == 1 else "")


def _met(said: tuple[Said, ...], python: Pythons) -> tuple[Said, ...]:
    """Of several versions those whose markers may be met; all where none is."""
    if len(said) < 2:
        return said
    return tuple(each for each in said if python.is_met(each.marker)) or said


def _declared(nearest: _Nearest | None, python: Pythons) -> Found | None:
    """What is declared, up to the newest release that the folder's Python takes."""
    if nearest is None:
        bound = releases.bound_on(python.newest)
        return Found(bound, python.source) if bound else None
    said = _found(File(nearest.said.path, _met(nearest.said.flax, python), nearest.said.jax), python)
    return msgspec.structs.replace(said, flax=" || ".join(releases.on_python(each.strip(), python.newest) for each in said.flax.split(releases.OR)))


def _overrules(declared: _Nearest, lock: _Nearest, locked: str, flax: str) -> bool:
    """Whether what is declared counts more than a lock file: it contradicts, and is a pin that stands no farther away, or stands nearer."""
    is_near = declared.above < lock.above or (declared.above == lock.above and is_version(flax))
    return is_near and not any(_fits(each.strip(), flax) for each in locked.split(releases.OR))


def _fits(version: str, declared: str) -> bool:
    """Whether a version is in a declared range; also where one of them cannot be read."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        ranges = [f"=={each.strip()}" if is_version(each.strip()) else each.strip() for each in declared.split("||")]
        return any(SpecifierSet(each).contains(Version(version), prereleases=True) for each in ranges)
    except (InvalidSpecifier, InvalidVersion):
        return True


def _above(folder: Path) -> Iterator[Path]:
    """The folder and those above it, up to the root of the repository."""
    for place in (folder, *folder.parents):
        yield place
        if os.path.exists(place / ".git"):
            return


# The environment ---------------------------------------------------------------------------------------------------


def _installed(places: tuple[Path, ...]) -> Found | None:
    """What the first of these environments has that has Flax; where there is none of them, the interpreter's own environment."""
    for place in places:
        try:
            installed = sorted(place.glob("lib/python*/site-packages/flax-*.dist-info")) + sorted(place.glob("Lib/site-packages/flax-*.dist-info"))
        except OSError:
            continue
        for each in installed:
            if match := _DIST_INFO.search(each.name):
                return Found(match["version"], str(each), jax=_beside(each.parent))
    own = "" if places else _own(NAME)
    return Found(own, _BESIDE_THIS, jax=_own(BESIDE)) if own else None


_BESIDE_THIS = "the environment of nnx-lint"


def _own(name: str) -> str:
    """The version of a package in the interpreter's own environment; empty where it is not there."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _beside(site: Path) -> str:
    """The version of jax that is installed in a folder of packages."""
    installed = sorted(site.glob(f"{BESIDE}-*.dist-info"))
    match = _DIST_INFO.search(installed[0].name) if installed else None
    return match["version"] if match is not None else ""


def _environments(folder: Path) -> Iterator[Path]:
    """`$VIRTUAL_ENV`, `$CONDA_PREFIX`, and each `.venv` at or above the folder."""
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if active := os.environ.get(variable):
            yield Path(active)
    here = Path(os.path.realpath(folder))
    yield from (place / ".venv" for place in (here, *here.parents) if os.path.isdir(place / ".venv"))


__all__ = ["WATCHED", "Found", "Search", "found"]
