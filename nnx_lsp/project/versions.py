"""The Flax version in force of a folder: what its lock files pin, else what is installed, else what the project declares. Read, and never imported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import msgspec
from packaging.version import InvalidVersion, Version

from nnx_lsp.knowledge import releases
from nnx_lsp.project import declarations, files, pythons
from nnx_lsp.project.declarations import BESIDE, DECLARED, LISTED, LOCKS, MENTIONED, NAME, OPTIONAL, SETTINGS, SPOKEN, File, Readers
from nnx_lsp.project.pythons import Pythons, minor
from nnx_lsp.project.requirements import Said, is_version

WATCHED = (*declarations.WATCHED, *pythons.WATCHED)
"""The files that may say which Flax is in force, as patterns of their names."""
_MAIN = tuple((name, reader) for name, reader in (*LOCKS, *DECLARED) if "*" not in name)
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
    is_hearsay: bool = False
    """Whether only a Python that is spoken of tells of all versions but the newest."""

    @property
    def place(self) -> str:
        """The source as it is shown."""
        return f"{self.source}:{self.row}" if self.row else self.source


def found(folder: Path) -> Found | None:
    """What is in force in a folder.

    That is what the nearest lock file at or above it pins, else what the environment in use has, else what is declared, else what commands and pages install.
    What is declared comes first where the other contradicts it: a pin beside a lock file, any bound below one, and a bound that the environment is outside of,
    which is then another project's. Of several versions that are locked those count that are for the folder's Python and in what is declared, and of these the
    one that is installed. Where that does not decide, all of them are in force.
    """
    return Search().of(folder)[0]


class _Nearest(msgspec.Struct, frozen=True):
    """What was found first, and how many folders above."""

    said: File
    above: int
    is_listed: bool = False
    """Whether only what stands in the file says that it is a list of requirements, and not its name."""


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
        lock, nearest = self._locks(above, python, remarks), self._first(above, DECLARED, python, remarks)
        declared = self._declared(above, nearest, python)
        if lock is not None:
            locked = self._of_lock(lock, nearest, declared, python, folder, remarks)
            return self._beside_environment(locked, folder) if lock.is_listed else locked, tuple(remarks)
        installed = self._of_environment(folder)
        if nearest is None or not releases.is_bound(_ranges(nearest.said.flax)):
            mentioned = self._first(pythons.of_project(above), MENTIONED, python, {})
            if mentioned is not None and (
                nearest is None or (releases.is_bound(_ranges(mentioned.said.flax)) and _agree(mentioned.said.flax, nearest.said.flax))
            ):
                return self._mentioned(above, mentioned, installed, python), tuple(remarks)
        if declared is None and (installed is None or installed.source == _BESIDE_THIS):
            return self._doubted(above, python, installed) or installed, tuple(remarks)
        if installed is None or declared is None or _fits(installed.flax, declared.flax):
            narrower = self._narrower(above, declared, installed, python) if installed is not None and declared is not None else None
            return narrower or installed or declared, tuple(remarks)
        where = f"{installed.source}: Flax {installed.flax} is installed"
        remarks[f"{where}, which {declared.place} excludes ({declared.flax}); what is declared is in force"] = None
        return declared, tuple(remarks)

    def _of_lock(self, lock: _Nearest, nearest: _Nearest | None, declared: Found | None, python: Pythons, folder: Path, remarks: dict[str, None]) -> Found:
        """What a lock file pins, or what is declared where that counts more; both where nobody knows."""
        locked = self._locked(lock.said, python, nearest, folder)
        if nearest is None or declared is None or nearest.above > lock.above or _agree(lock.said.flax, nearest.said.flax):
            return locked
        is_pin = all(is_version(each.version) for each in nearest.said.flax)
        says = f"{locked.place}: says Flax {locked.flax}, which {declared.place} excludes ({declared.flax})"
        if is_pin or nearest.above < lock.above:
            remarks[f"{says}; that is in force"] = None
            return declared
        remarks[f"{says}; both are in force"] = None
        return _either(locked, declared.flax)

    def _narrower(self, above: list[Path], declared: Found, own: Found, python: Pythons) -> Found | None:
        """What commands or pages name within the range that is declared, beside another in the environment of nnx-lint, which says nothing against it."""
        if own.source != _BESIDE_THIS:
            return None
        for readers in (MENTIONED, SPOKEN):
            named = self._first(pythons.of_project(above), readers, python, {})
            if named is not None and releases.is_bound(_ranges(named.said.flax)):
                found = self._bounded(above, _found(named.said, python), python)
                if not _fits(own.flax, found.flax) and any(_fits(each, declared.flax) for each in _covered(found.flax)):
                    return msgspec.structs.replace(_either(found, own.flax), is_hearsay=readers is SPOKEN)
        return None

    def _beside_environment(self, locked: Found, folder: Path) -> Found:
        """What a file pins of which only the text says that it is a list, with what the environment in use has: the list may be an old one."""
        installed = self._of_environment(folder)
        if installed is None or installed.source == _BESIDE_THIS or _fits(installed.flax, locked.flax):
            return locked
        return _either(locked, installed.flax)

    def _mentioned(self, above: list[Path], mentioned: _Nearest, installed: Found | None, python: Pythons) -> Found:
        """What commands or pages install; beside another version that the environment in use has."""
        found = self._bounded(above, _found(mentioned.said, python), python)
        if installed is None or installed.source == _BESIDE_THIS:
            return found
        if _fits(installed.flax, found.flax):
            return installed
        return msgspec.structs.replace(installed, flax=f"{found.flax} {releases.OR} {installed.flax}", jax="")

    def _doubted(self, above: list[Path], python: Pythons, own: Found | None) -> Found | None:
        """What is named where nothing decides, by an extra, or by a page that speaks of an old jax, Flax or Python: it may be that, or the newest.

        In the place of the newest is what the environment of nnx-lint has, which is not doubted where it is what is named.
        """
        found: Found | None = None
        if (extra := self._first(pythons.of_project(above), OPTIONAL, python, {})) is not None:
            found = self._bounded(above, _found(extra.said, python), python)
        elif (by_jax := self._beside(pythons.of_project(above), python, MENTIONED))[0]:
            found = by_jax[1]
        elif (spoken := self._first(pythons.of_project(above), SPOKEN, python, {})) is not None and not _fits(releases.RELEASES[-1], _ranges(spoken.said.flax)):
            found = msgspec.structs.replace(self._bounded(above, _found(spoken.said, python), python), is_hearsay=True)
        elif not python.source and (told := pythons.told(above)) and (bound := releases.bound_on(max(map(minor, told)))):
            found = Found(bound, _TOLD, is_hearsay=True)
        if found is None or not releases.is_bound(found.flax) or (own is not None and _fits(own.flax, found.flax)):
            return None
        return _either(found, own.flax if own is not None else releases.RELEASES[-1])

    def _locks(self, above: list[Path], python: Pythons, remarks: dict[str, None]) -> _Nearest | None:
        """What the lock files of the nearest folder that has one pin: of one that matches a pattern alone nothing where there is another."""
        for count, place in enumerate(above):
            pinning = [each for each in self._readable(place, LOCKS, remarks) if each.flax]
            if is_listed := not pinning:
                listed = (
                    msgspec.structs.replace(each, flax=tuple(said for said in each.flax if is_version(said.version))) for each in self._lists(place, above)
                )
                pinning = [each for each in listed if each.flax]
            if pinning:
                flax = tuple(msgspec.structs.replace(said, path=said.path or each.path) for each in pinning for said in each.flax)
                return _Nearest(File(pinning[0].path, flax, pinning[0].jax), count, is_listed)
        return None

    def _first(self, above: list[Path], readers: Readers, python: Pythons, remarks: dict[str, None]) -> _Nearest | None:
        """The first file that bounds Flax, else the first that speaks of it."""
        weak: _Nearest | None = None
        for count, place in enumerate(above):
            for each in chain(self._readable(place, readers, remarks), self._lists(place, above) if readers is DECLARED else ()):
                if flax := tuple(said for said in each.flax if python.is_met(said.marker)):
                    nearest = _Nearest(File(each.path, flax, each.jax), count)
                    if releases.is_bound(_ranges(flax)):
                        return nearest
                    weak = weak or nearest
        return weak

    def _lists(self, place: Path, above: list[Path]) -> Iterator[File]:
        """The files of a folder of the project that are lists of requirements by what stands in them: above it anything may lie."""
        return self._readable(place, LISTED, {}) if place in pythons.of_project(above) else iter(())

    def _readable(self, place: Path, readers: Readers, remarks: dict[str, None]) -> Iterator[File]:
        for each in self._said(place, readers):
            if isinstance(each, File):
                yield each
            elif each.name != SETTINGS:
                remarks[f"{each}; it says nothing of the Flax version"] = None

    def _declared(self, above: list[Path], nearest: _Nearest | None, python: Pythons) -> Found | None:
        """What is declared, up to the newest release that the folder's Python and its jax take."""
        if nearest is not None:
            return self._bounded(above, _found(nearest.said, python), python, nearest.said)
        by_python, (by_jax, place) = releases.bound_on(python.newest), self._beside(above, python)
        if by_jax and by_python:
            return msgspec.structs.replace(place, flax=releases.up_to(by_jax, by_python))
        if by_jax:
            return place
        if by_python and (extra := self._first(pythons.of_project(above), OPTIONAL, python, {})) is not None:
            asked = _found(extra.said, python)
            if not any(_fits(each, asked.flax) for each in _covered(by_python)):  # What asks for Flax knows better than what asks for a Python.
                return asked
        return Found(by_python, python.source) if by_python else None

    def _bounded(self, above: list[Path], said: Found, python: Pythons, file: File | None = None) -> Found:
        # Where a file names both, what others for documents or tests pin of jax is nothing to it.
        own = _jax_bound(file, python)[0] if file is not None else ""
        readers = _MAIN if file is not None and file.jax else (*LOCKS, *DECLARED)
        bounds = (releases.bound_on(python.newest), own or self._beside(above, python, readers)[0])
        flax = said.flax
        for bound in bounds:
            flax = f" {releases.OR} ".join(releases.up_to(each.strip(), bound) for each in flax.split(releases.OR))
        return msgspec.structs.replace(said, flax=flax)

    def _beside(self, above: list[Path], python: Pythons, readers: Readers = (*LOCKS, *DECLARED)) -> tuple[str, Found]:
        """The range of the Flax releases that take the jax of the folder, and where it is said; empty where nothing bounds it."""
        for place in above:
            for each in chain(self._readable(place, readers, {}), self._lists(place, above) if readers != MENTIONED else ()):
                bound = _jax_bound(each, python)
                if bound[0]:
                    return bound
        return "", Found("", "")

    def _said(self, place: Path, readers: Readers) -> tuple[File | files.FileError, ...]:
        key = place, readers
        if key not in self._read:
            self._read[key] = tuple(declarations.said(place, readers))
        return self._read[key]

    def _locked(self, lock: File, python: Pythons, nearest: _Nearest | None, folder: Path) -> Found:
        """What a lock file pins: of several versions those that may be in use."""
        flax = lock.flax
        if nearest is not None:
            flax = tuple(each for each in flax if _fits(each.version, _ranges(nearest.said.flax))) or flax
        for_python = _met(flax, python)
        if len({each.version for each in flax}) > 1 and (installed := self._of_environment(folder)) is not None and installed.source != _BESIDE_THIS:
            own = tuple(each for each in flax if each.version == installed.flax)
            # One that is installed though the folder's Python speaks against it: nobody knows which is in use.
            for_python = tuple(each for each in for_python if each in own) or (*for_python, *own)
        return _found(File(lock.path, for_python, lock.jax), python)

    def _of_environment(self, folder: Path) -> Found | None:
        places = tuple(_environments(folder))
        if places not in self._installed:
            self._installed[places] = _installed(places)
        return self._installed[places]


def _jax_bound(file: File, python: Pythons) -> tuple[str, Found]:
    """The range of the Flax releases that take the jax that a file names, and where it does; empty where that bounds nothing."""
    jax = tuple(said for said in file.jax if python.is_met(said.marker))
    with suppress(ValueError):
        if jax and (bound := releases.bound_beside(_ranges(jax))):
            return bound, Found(bound, jax[0].path or file.path, jax[0].row)
    return "", Found("", "")


def _found(file: File, python: Pythons) -> Found:
    """The versions that a file names, and the version of jax beside them where it names one."""
    beside = {each.version for each in _met(file.jax, python)}
    first = file.flax[0]
    return Found(_ranges(file.flax), first.path or file.path, first.row, jax=beside.pop() if len(beside) == 1 and all(map(is_version, beside)) else "")


def _ranges(said: tuple[Said, ...]) -> str:
    """Versions and ranges as alternatives."""
    return f" {releases.OR} ".join(dict.fromkeys(each.version for each in said))


def _met(said: tuple[Said, ...], python: Pythons) -> tuple[Said, ...]:
    """Of several versions those whose markers may be met; all where none is."""
    if len(said) < 2:
        return said
    return tuple(each for each in said if python.is_met(each.marker)) or said


def _agree(pinned: tuple[Said, ...], declared: tuple[Said, ...]) -> bool:
    """Whether one of some versions or ranges may be what is declared."""
    return any(not is_version(each.version) or _fits(each.version, _ranges(declared)) for each in pinned)


def _fits(version: str, declared: str) -> bool:
    """Whether a version is in a declared range; also where one of them cannot be read."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        ranges = [f"=={each.strip()}" if is_version(each.strip()) else each.strip() for each in declared.split("||")]
        return any(SpecifierSet(each).contains(Version(version), prereleases=True) for each in ranges)
    except (InvalidSpecifier, InvalidVersion):
        return True


def _either(found: Found, other: str) -> Found:
    """What a place says, or another version or range."""
    return msgspec.structs.replace(found, flax=f"{found.flax} {releases.OR} {other}", jax="")


def _covered(flax: str) -> tuple[str, ...]:
    """The releases that a text stands for; none where it cannot be read."""
    with suppress(ValueError):
        return releases.covered(flax)
    return ()


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


_TOLD = "the Python that a page, an image or another environment of the project speaks of"
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
