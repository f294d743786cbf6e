"""The mutants: every mutation under a name that outlives edits elsewhere, those that are drawn by a seed, and those that are written by hand."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from nnx_lsp.dev.mutants.operators import mutations
from nnx_lsp.dev.mutants.sources import AREAS, Source
from nnx_lsp.text import Edit, Span, applied

NAMED = "named"
"""The area of the mutants that are written by hand."""
_FOLDER = Path(__file__).parent


class CatalogueError(Exception):
    """A file of mutants or proofs does not fit the sources; the message names the row."""


class Key(msgspec.Struct, frozen=True, order=True):
    """What a mutant is known by: no line numbers. `about` is the code that is changed, without line breaks; `occurrence` counts from 1 among those that share
    all the rest."""

    module: str
    function: str
    operator: str
    about: str
    occurrence: int = 1

    @property
    def number(self) -> str:
        """A short name: the module's and ten digits."""
        text = "\0".join((self.module, self.function, self.operator, self.about, str(self.occurrence)))
        return f"{self.module.rpartition('.')[2]}:{hashlib.blake2b(text.encode(), digest_size=5).hexdigest()}"


class Mutant(msgspec.Struct, frozen=True):
    """One change of one module. `area` is the module that it was drawn from, or `NAMED`; `statement` is the number of the statement that it is in (`None`: it
    may matter to every case)."""

    area: str
    id: str
    key: Key
    edit: Edit
    statement: int | None
    sort: str = ""

    def text(self, source: Source) -> str:
        """The module with the change."""
        return applied(source.text, [self.edit])

    def shown(self, source: Source) -> str:
        """The change as a difference of two texts."""
        lines = difflib.unified_diff(source.text.splitlines(), self.text(source).splitlines(), f"a/{source.name}", f"b/{source.name}", lineterm="", n=2)
        return "\n".join(lines)


def unchanged(source: Source) -> Mutant:
    """No change at all."""
    return Mutant("", "unchanged", Key(source.name, "", "", ""), Edit(Span(0, 0), ""), None)


def every(sources: Iterable[Source]) -> Iterator[Mutant]:
    """Every mutant that can be made mechanically."""
    for source in sources:
        counts: Counter[Key] = Counter()
        for mutation in mutations(source):
            key = Key(source.name, mutation.scope.function, mutation.operator, mutation.about)
            counts[key] += 1
            key = msgspec.structs.replace(key, occurrence=counts[key])
            yield Mutant(source.area, key.number, key, mutation.edit, mutation.scope.statement, mutation.sort.value)


def drawn(mutants: Iterable[Mutant], seed: int, count: int, areas: Sequence[str] = AREAS) -> tuple[Mutant, ...]:
    """`count` mutants in equal parts from the areas.

    In each area one is taken of every sort of mistake in turn, so that a frequent one does not push out the others; which one, the seed and its own key
    say: an edit elsewhere leaves the others drawn.
    """
    by_area: dict[str, dict[str, list[Mutant]]] = {area: {} for area in areas}
    for mutant in mutants:
        if mutant.area in by_area:
            by_area[mutant.area].setdefault(mutant.sort, []).append(mutant)
    found: list[Mutant] = []
    for index, area in enumerate(areas):
        wanted = count // len(areas) + (index < count % len(areas))
        found += _in_turn([sorted(each, key=lambda one: _rank(seed, one)) for _, each in sorted(by_area[area].items())], wanted, seed)
    return tuple(found)


def _in_turn(piles: list[list[Mutant]], wanted: int, seed: int) -> list[Mutant]:
    found: list[Mutant] = []
    for turn in range(max(map(len, piles), default=0)):
        row = sorted((pile[turn] for pile in piles if turn < len(pile)), key=lambda one: _rank(seed, one))
        found += row[: wanted - len(found)]
    return found


def _rank(seed: int, mutant: Mutant) -> bytes:
    return hashlib.blake2b(f"{seed}\0{mutant.id}\0{mutant.key}".encode(), digest_size=8).digest()


# Written by hand ----------------------------------------------------------------------------------------------------


class _Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    says: str
    module: str
    old: str
    new: str


class _NamedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mutant: list[_Named]


def named(sources: Sequence[Source], file: Path = _FOLDER / "named.toml") -> tuple[Mutant, ...]:
    """The mutants of `named.toml`. Raises `CatalogueError` where one does not fit the sources exactly once."""
    by_name = {source.name: source for source in sources}
    found: list[Mutant] = []
    for each in msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _NamedFile).mutant:
        source = by_name.get(each.module)
        if source is None:
            raise CatalogueError(f"{file.name}: {each.name}: there is no module {each.module}")
        if (count := source.text.count(each.old)) != 1:
            raise CatalogueError(f"{file.name}: {each.name}: its `old` stands {count} times in {each.module}, not once")
        start = source.text.index(each.old)
        span = Span(start, start + len(each.old))
        at = span.start + len(each.old) - len(each.old.lstrip())
        key = Key(each.module, "", each.says, each.name)
        found.append(Mutant(NAMED, f"{NAMED}:{each.name}", key, Edit(span, each.new), source.statement_at(at)))
    if repeated := [name for name, count in Counter(mutant.id for mutant in found).items() if count > 1]:
        raise CatalogueError(f"{file.name}: {repeated[0]} stands there twice")
    return tuple(found)


# Proofs -------------------------------------------------------------------------------------------------------------


class Equivalent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mutant that no test can notice, and why."""

    module: str
    function: str
    operator: str
    about: str
    proof: str
    occurrence: int = 1

    @property
    def key(self) -> Key:
        """The mutant's key."""
        return Key(self.module, self.function, self.operator, self.about, self.occurrence)


class _EquivalentFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    equivalent: list[Equivalent] = []


def equivalents(mutants: Iterable[Mutant], file: Path = _FOLDER / "equivalent.toml") -> dict[Key, str]:
    """The proofs of `equivalent.toml` by mutant. Raises `CatalogueError` where a row names no mutant, proves nothing, or stands there twice."""
    known = {mutant.key for mutant in mutants}
    found: dict[Key, str] = {}
    for row in msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _EquivalentFile).equivalent:
        if row.key not in known:
            raise CatalogueError(f"{file.name}: there is no mutant {row.operator!r} of `{row.about}` ({row.occurrence}) in {row.module} {row.function}")
        if row.key in found:
            raise CatalogueError(f"{file.name}: {row.key.number} stands there twice")
        if len(row.proof.split()) < _WORDS:
            raise CatalogueError(f"{file.name}: {row.key.number} needs a proof in at least {_WORDS} words")
        found[row.key] = row.proof
    return found


_WORDS = 8
