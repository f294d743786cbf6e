"""Which classes of a project stand below a class, as its texts tell: in the same file by their names alone, in others by what their imports name.

What a method of a base does when it is walked by itself, it does for instances of them too. Nothing of their files is walked for that: a file need not
know who derives from its classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from nnx_lsp.tracer.scopes import ClassText

if TYPE_CHECKING:
    from nnx_lsp.tracer.modules import Session

Found: TypeAlias = tuple[str, str] | None
"""The file of a class and its name there; `None` for one of a library."""

_NOBODY_KNOWS: Found = ("", "")
_MOST_HOPS = 8
"""Through so many files an import is followed."""


class Family(msgspec.Struct, frozen=True):
    """The classes below a class."""

    classes: tuple[ClassText, ...]
    names: frozenset[str]
    """The names that they define or assign, and those of the bases that they name before the one that leads here."""
    rests: frozenset[str]
    """The files that were looked at, and the questions to the project: see `Modules.deriving`."""


def family(session: Session, path: str, name: str) -> Family:
    """The classes below the one of this name in a file."""
    found: dict[tuple[str, ClassText], None] = {}
    names, rests, waiting, seen = set[str](), {path}, [(path, name)], {(path, name)}
    while waiting:
        where, base = waiting.pop()
        others, question = session.modules.deriving(where, base)
        rests.update(others, (question,) if question else ())
        for each in (where, *others):
            for one in session.scopes(each).classes:
                position = _position(session, each, one, (where, base), rests)
                if position is None or (each, one) in found:
                    continue
                found[each, one] = None
                names |= one.names
                for mixin in one.bases[:position]:
                    names.update(_names_of(session, _origin(session, each, mixin, rests), rests, _MOST_HOPS))
                if (each, one.name) not in seen:
                    seen.add((each, one.name))
                    waiting.append((each, one.name))
    return Family(tuple(one for _, one in found), frozenset(names), frozenset(rests))


def _position(session: Session, path: str, one: ClassText, wanted: tuple[str, str], rests: set[str]) -> int | None:
    """Which of the bases of a class is the one that is wanted."""
    where, name = wanted
    for position, base in enumerate(one.bases):
        last = base.rpartition(".")[2]
        if path == where:
            if last == name:
                return position
            continue
        if last != name and session.scopes(path).origins.get(base, ("", 0, ""))[2] != name:
            continue
        origin = _origin(session, path, base, rests)
        if origin == wanted or (origin == _NOBODY_KNOWS and last == name):
            return position
    return None


def _origin(session: Session, path: str, dotted: str, rests: set[str], hops: int = _MOST_HOPS) -> Found:
    """The class that a dotted name stands for in a file; `rests` takes the files that were looked at."""
    rests.add(path)
    first, *rest = dotted.split(".")
    scopes = session.scopes(path)
    if first not in scopes.origins:
        return _exported(session, path, first, rests, hops) if not rest else _NOBODY_KNOWS
    module, level, name = scopes.origins[first]
    found = session.modules.find(path, module, level)
    if found is None or not hops:
        return None if found is None else _NOBODY_KNOWS
    parts = [name, *rest] if name else rest
    while len(parts) > 1 and (below := session.modules.below(found, parts[0])) is not None:
        found, parts = below, parts[1:]
    if not parts or found.endswith("/"):
        return _NOBODY_KNOWS
    return _exported(session, found, parts[0], rests, hops - 1) if len(parts) == 1 else _origin(session, found, ".".join(parts), rests, hops - 1)


def _exported(session: Session, path: str, name: str, rests: set[str], hops: int) -> Found:
    """The class that a name of a module stands for."""
    rests.add(path)
    scopes = session.scopes(path)
    if any(one.name == name for one in scopes.classes):
        return path, name
    if not hops:
        return _NOBODY_KNOWS
    if name in scopes.origins:
        return _origin(session, path, name, rests, hops - 1)
    for module, level, _ in scopes.stars:
        found = session.modules.find(path, module, level)
        if found is not None and not found.endswith("/") and (origin := _exported(session, found, name, rests, hops - 1)) != _NOBODY_KNOWS:
            return origin
    return _NOBODY_KNOWS


def _names_of(session: Session, origin: Found, rests: set[str], hops: int) -> Iterator[str]:
    """The names that a class of the project defines, with those of its bases."""
    if origin is None or origin == _NOBODY_KNOWS:
        return
    path, name = origin
    for one in session.scopes(path).classes:
        if one.name == name:
            yield from one.names
            for base in one.bases if hops else ():
                yield from _names_of(session, _origin(session, path, base, rests), rests, hops - 1)


__all__ = ["Family", "family"]
