"""The Flax releases that the rules speak of, and which of them a version or a range of versions stands for."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:  # Loading them takes longer than to see that one version is in force.
    from packaging.specifiers import Specifier, SpecifierSet

RELEASES = (
    *("0.10.7", "0.11.0", "0.11.1", "0.11.2"),
    *("0.12.0", "0.12.1", "0.12.2", "0.12.3", "0.12.4", "0.12.5", "0.12.6", "0.12.7", "0.12.8", "0.12.9", "0.12.10", "0.12.12"),
)
"""The published releases from the oldest supported one on, in order."""
_EARLIER = tuple(f"0.10.{patch}" for patch in range(7))
"""Releases that are known as they are, and that the rules are not verified on: a range stands for them only where it has no other."""
_JAX = (
    *(("0.12.10", "0.12.0.1"), ("0.12.9", "0.11.1"), ("0.12.8", "0.10.2"), ("0.12.7", "0.10.0"), ("0.12.4", "0.9.0"), ("0.12.1", "0.8.1")),
    *(("0.12.0", "0.8.0"), ("0.11.0", "0.7.2"), ("0.10.7", "0.6.2")),
)
"""From which Flax release on which jax is used with it, newest first."""
_PYTHON = (("0.12.9", (3, 12)), ("0.11.0", (3, 11)))
"""From which Flax release on which Python is needed, newest first."""
_NEEDS_JAX = (
    *(("0.12.9", "0.11.1"), ("0.12.7", "0.10.0"), ("0.12.1", "0.8.1"), ("0.12.0", "0.7.1")),
    *(("0.10.7", "0.6.0"), ("0.10.5", "0.5.1"), ("0.10.3", "0.4.27")),
)
"""From which Flax release on which jax is the oldest that it takes, newest first."""
OR = "||"
"""Stands between alternatives, as in `<0.11 || >=0.12`."""


@cache
def covered(flax: str | None) -> tuple[str, ...]:
    """The versions that a text stands for, oldest first: itself for one version, the known releases in it for a range; `None`: the newest known.

    A range that reaches back beyond the first known minor line names no version that anybody used: it stands for its newest release alone.
    Raises `ValueError` for what is neither a version nor a range.
    """
    if flax is None:
        return RELEASES[-1:]
    if (version := _version(flax)) is not None:
        return (str(version),)
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    found: set[str] = set()
    for part in flax.split(OR):
        if (version := _version(part)) is not None:
            found.add(str(version))
            continue
        try:
            found.update(_within(SpecifierSet(part)))
        except InvalidSpecifier as error:
            raise ValueError(f"`{flax}` is no version; a Flax version looks like {RELEASES[-1]}, a range like >=0.11,<0.13") from error
    return tuple(sorted(found, key=Version))


def bound_on(python: tuple[int, int]) -> str:
    """The range of the releases that a version of Python takes; empty where it takes all."""
    return next((f"<{since}" for since, needed in reversed(_PYTHON) if python < needed), "")


def bound_beside(jax: str) -> str:
    """The range of the releases that can be used with a version, or a range of versions, of jax; empty where all can. Raises `ValueError`."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        ranges = [SpecifierSet(f"=={part.strip()}" if _version(part) is not None else part.strip()) for part in jax.split(OR)]
    except InvalidSpecifier as error:
        raise ValueError(f"`{jax}` is not a version of jax") from error
    return next((f"<{since}" for since, needed in reversed(_NEEDS_JAX) if not any(_reaches(each, Version(needed)) for each in ranges)), "")


def _reaches(given: SpecifierSet, version: Version) -> bool:
    """Whether a range holds a version or a later one: then it holds that one, or what one of its clauses begins with, or what is just behind."""
    begins = (version, *(_lower(each) for each in given), *(Version(f"{_lower(each)}.0.1") for each in given if each.operator == ">"))
    return any(begin >= version and given.contains(begin, prereleases=True) for begin in begins)


def up_to(flax: str, bound: str) -> str:
    """A range of versions within a bound; itself where it has none there, where there is no bound, and for a version."""
    if not bound or _version(flax) is not None:
        return flax
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    with suppress(InvalidSpecifier):
        given = SpecifierSet(flax)
        taken = SpecifierSet(bound)
        within = [release for release in (*_EARLIER, *RELEASES) if given.contains(release)]
        if any(map(taken.contains, within)) and not all(map(taken.contains, within)):
            return f"{flax},{bound}"
    return flax


def is_bound(flax: str) -> bool:
    """Whether a version or a range says more than that Flax is used: a lower bound from before the first known line is as good as none."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    with suppress(InvalidSpecifier):
        parts = [part for part in flax.split(OR) if _version(part) is None]
        return all(any(each.operator not in (">", ">=", "!=") or _lower(each) >= _FIRST for each in SpecifierSet(part)) for part in parts)
    return True


_FIRST = Version("0.10")


def line(flax: str) -> tuple[int, int]:
    """The minor line of a version: `(0, 12)`."""
    version = Version(flax)
    return version.major, version.minor


def jax_beside(flax: str) -> str:
    """The version of jax that a Flax version is used with, where nothing names another."""
    version = Version(flax)
    return next((jax for since, jax in _JAX if version >= Version(since)), _JAX[-1][1])


def holds(flax: str, version: str) -> bool:
    """Whether a version is in a range as rules and fixes state it (a PEP 440 specifier; empty: all)."""
    return not flax or _specifiers(flax).contains(version, prereleases=True)


def in_words(some: tuple[str, ...], every: tuple[str, ...]) -> str:
    """Which of every version in force some are: ``since Flax 0.12``, ``up to Flax 0.11.2``, ``on Flax 0.11 to 0.11.2``; nothing where they are all."""
    if some == every or not some:
        return ""
    if some == every[-len(some) :]:
        return f"since Flax {_short(some[0])}"
    if some == every[: len(some)]:
        return f"up to Flax {some[-1]}"
    return f"on Flax {_short(some[0])}" + (f" to {some[-1]}" if len(some) > 1 else "")


def newest_of(flax: str) -> str:
    """The newest known release of a minor line (`0.12`), or the release itself. Raises `ValueError`."""
    version = _version(flax)
    if version is None:
        raise ValueError(f"`{flax}` is no version; a Flax version looks like {RELEASES[-1]}, a line like {'.'.join(RELEASES[-1].split('.')[:2])}")
    if len(version.release) > 2:
        return str(version)
    of_line = [release for release in RELEASES if line(release) == (version.major, version.minor)]
    if not of_line:
        lines = dict.fromkeys(".".join(map(str, line(release))) for release in RELEASES)
        raise ValueError(f"no release of Flax {flax} is known; the lines are {', '.join(lines)}")
    return of_line[-1]


def _within(given: SpecifierSet) -> tuple[str, ...]:
    within = tuple(release for release in RELEASES if given.contains(release, prereleases=True))
    if not within:
        if earlier := tuple(release for release in _EARLIER if given.contains(release, prereleases=True)):
            return earlier
        return (RELEASES[-1],) if any(_lower(each) >= Version(RELEASES[-1]) for each in given) else (RELEASES[0],)
    lowest = max((_lower(each) for each in given), default=_NONE)
    return within if lowest.release[:2] >= line(RELEASES[0]) else within[-1:]


_NONE = Version("0")


def _lower(each: Specifier) -> Version:
    """The lower bound that one clause states."""
    return Version(each.version.removesuffix(".*")) if each.operator in (">=", ">", "==", "~=") else _NONE


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


@cache
def _specifiers(flax: str) -> SpecifierSet:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(flax)


def _short(version: str) -> str:
    return version.removesuffix(".0") if version.count(".") > 1 else version
