"""Compares what a program really had at its expressions with what the tracer says there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from nnx_lsp.dev.referee.claim import Claim
from nnx_lsp.dev.referee.judge import Described, Judge, Problem, shown
from nnx_lsp.dev.referee.knowledge import Known, known
from nnx_lsp.dev.referee.watch import Said, Watched, Way
from nnx_lsp.program import Place
from nnx_lsp.syntax.document import Document

Spot: TypeAlias = tuple[str, int, int, int, int]
"""A range of a file: path, row and column of its start, row and column of its end; rows from 1, columns in code points from 0."""


class Violation(msgspec.Struct, frozen=True):
    """A concrete value outside of what is claimed at its place."""

    spot: Spot
    node: str
    text: str
    """The expression, cut to a line."""
    problem: Problem
    sequence: int
    is_origin: bool = True
    """Whether nothing that the expression is made of is a violation itself."""

    @property
    def cause(self) -> str:
        """What violations of one kind have in common: the aspect, and the sort of expression."""
        return f"{self.problem.aspect} at {self.node}"


class Comparison(msgspec.Struct):
    """One program judged."""

    outcome: str = ""
    """`ran`, the name of the exception that ended it, `timeout` or `died`."""
    message: str = ""
    places: int = 0
    """Places that were executed and had a claim."""
    values: int = 0
    """Concrete values that were compared with a claim."""
    unmatched: int = 0
    """Visits by a way that no walk came."""
    violations: list[Violation] = []
    known: list[Known] = []


def compared(documents: Mapping[str, Document], recording: Mapping[str, Any], walks: Iterable[Watched], identity: Callable[[str], str]) -> Comparison:
    """Judge one recorded run. `documents` are the recorded files by their path, `identity` gives what library code is known by."""
    result = Comparison(recording["outcome"], recording.get("message", ""))
    if "visits" not in recording:
        return result
    judged = _Judged(documents, recording, walks, identity)
    judged.run(result)
    result.violations.sort(key=lambda each: each.sequence)
    result.violations = list(_with_origins(result.violations))
    return result


class _Judged:
    """One comparison under way."""

    def __init__(self, documents: Mapping[str, Document], recording: Mapping[str, Any], walks: Iterable[Watched], identity: Callable[[str], str]) -> None:
        self._documents = documents
        self._spots: dict[Place, Spot] = {}
        self._definitions: dict[Place, tuple[str, int]] = {}
        self._judges = {traces: Judge(self.definition, identity, traces) for traces in (True, False)}
        self._places = recording["places"]
        self._ways = recording["ways"]
        self._values: list[Described] = recording["values"]
        self._visits = recording["visits"]
        self._said: dict[Spot, dict[Way, dict[Claim, str]]] = defaultdict(dict)
        self._entered: dict[tuple[Way, Spot], set[tuple[str, int]]] = defaultdict(set)
        self._hops: dict[Way, tuple[Any, ...]] = {}
        self._reached: set[tuple[str, int]] = set()
        for walk in walks:
            for said in walk.said:
                self._say(said)
            for way, place, definition in walk.entered:
                self._entered[way, self.spot(place)].add(self.definition(definition))
                self._reached.add(self.definition(definition))

    def _say(self, said: Said) -> None:
        self._said[self.spot(said.place)].setdefault(said.way, {}).setdefault(said.claim, said.obstacle)

    def spot(self, place: Place) -> Spot:
        """Where a place stands in its file."""
        found = self._spots.get(place)
        if found is None:
            document = self._documents.get(place.path)
            if document is None or not document.knows(place):
                found = (place.path, 0, 0, 0, 0)
            else:
                span = document.span(place)
                start, end = document.lines.position(span.start), document.lines.position(span.end)
                found = (place.path, start.row, start.column - 1, end.row, end.column - 1)
            self._spots[place] = found
        return found

    def definition(self, place: Place) -> tuple[str, int]:
        """The file and the row of a definition's `def`, `class` or `lambda`."""
        found = self._definitions.get(place)
        if found is None:
            path, row, *_ = self.spot(place)
            found = self._definitions[place] = (path, row)
        return found

    def run(self, result: Comparison) -> None:
        """Judge every place that was executed."""
        by_place: dict[int, list[tuple[int, list[list[int]]]]] = defaultdict(list)
        for number, way, seen in self._visits:
            by_place[number].append((way, seen))
        for number, ways in by_place.items():
            path, row, column, end_row, end_column, node = self._places[number]
            spot = (path, row, column, end_row, end_column)
            said = self._said.get(spot)
            first: tuple[int, Described, dict[Claim, str] | None] | None = None
            for way, seen in ways:
                groups = list(self._groups(said, self._ways[way])) if said is not None else []
                if said is not None and not groups:
                    result.unmatched += len(seen)
                for sequence, index in seen:
                    value = self._values[index]
                    for traces, claims in groups:
                        result.values += 1
                        problem = self._judges[traces].problem(claims, value)
                        if problem is not None:
                            result.violations.append(Violation(spot, node, self._text(spot), problem, sequence))
                    if first is None or sequence < first[0]:
                        first = (sequence, value, groups[0][1] if groups else None)
            if first is not None:
                result.places += said is not None
                fact = known(first[1], first[2], self._absent(spot, said))
                if fact is not None:
                    result.known.append(fact)

    def _groups(self, said: Mapping[Way, dict[Claim, str]], way: Any) -> Iterator[tuple[bool, dict[Claim, str]]]:
        """The claims that speak of a run by this way, for each way of the walk that fits; the most exact first. With whether missing traces count."""
        path, hops = way
        exact: list[tuple[bool, dict[Claim, str]]] = []
        loose: list[tuple[bool, dict[Claim, str]]] = []
        for walked, claims in said.items():
            root = walked.root
            if root.kind == "assumed":
                continue
            if root.function is None:
                if root.path == path and len(walked.hops) == len(hops) and all(map(self._fits, walked.hops, hops)):
                    exact.append((True, claims))
                continue
            rest = len(hops) - len(walked.hops) - 1
            if rest < 0 or tuple(hops[rest][1]) != self.definition(root.function) or not all(map(self._fits, walked.hops, hops[rest + 1 :])):
                continue
            if root.kind == "applied" and hops[rest][2]:
                continue  # It was called as it is, without its transform.
            loose.append((root.kind == "applied", claims))
        yield from exact
        yield from loose

    def _fits(self, hop: tuple[Place | None, Place], real: Any) -> bool:
        span, entered, _ = real
        if self.definition(hop[1]) != tuple(entered):
            return False
        return hop[0] is None or (span is not None and self.spot(hop[0]) == tuple(span))

    def _absent(self, spot: Spot, said: object) -> str:
        """Why there is no claim at a place that was executed."""
        if said is not None:
            return "walked by other ways only"
        return "not walked"

    def _text(self, spot: Spot) -> str:
        document = self._documents[spot[0]]
        lines = document.text.splitlines()
        if spot[1] == spot[3]:
            return lines[spot[1] - 1][spot[2] : spot[4]]
        return lines[spot[1] - 1][spot[2] :] + " …"


def _with_origins(violations: list[Violation]) -> Iterator[Violation]:
    """Each place once; a violation is no origin if one stands inside of it, or if it is a read of a name and others are not."""
    by_spot: dict[Spot, Violation] = {}
    for each in violations:
        by_spot.setdefault(each.spot, each)
    found = list(by_spot.values())
    some = any(each.node != "Name" for each in found)
    for index, each in enumerate(found):
        inner = any(other is not each and _is_inside(other.spot, each.spot) for other in found)
        is_origin = not inner and (each.node != "Name" or not some or index == 0)
        yield msgspec.structs.replace(each, is_origin=is_origin)


def _is_inside(inner: Spot, outer: Spot) -> bool:
    return inner[0] == outer[0] and outer[1:3] <= inner[1:3] and inner[3:] <= outer[3:] and inner != outer


__all__ = ["Comparison", "Spot", "Violation", "compared", "shown"]
