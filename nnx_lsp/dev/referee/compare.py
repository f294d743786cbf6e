"""Compares what a program really had at its expressions with what the tracer says there."""

from __future__ import annotations

import ast
import builtins
import collections
import contextlib
import dataclasses
import enum
import functools
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from nnx_lsp.dev.referee.claim import Claim
from nnx_lsp.dev.referee.judge import Described, Judge, Problem
from nnx_lsp.dev.referee.knowledge import Table, known
from nnx_lsp.dev.referee.watch import Hop, Said, Watched, Way
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
    what: str
    """The sort of expression; for a call of Python or a library, its name."""
    sequence: int
    walk: str = "module"
    """Where the walk that said it began: `module`, or `alone` or `applied` for a function by itself."""
    is_origin: bool = True
    """Whether nothing that the expression is made of is a violation itself."""

    @property
    def cause(self) -> str:
        """What violations of one kind have in common: the aspect, and the sort of expression."""
        by_itself = "" if self.walk == "module" else ", in a function by itself"
        return f"{self.problem.aspect} of {self.what}{by_itself}"


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
    known: Table = msgspec.field(default_factory=Table)
    """How much of what was executed the tracer knows."""


def compared(documents: Mapping[str, Document], recording: Mapping[str, Any], walk: Watched, identity: Callable[[str], str]) -> Comparison:
    """Judge one recorded run. `documents` are the recorded files by their path, `identity` gives what library code is known by."""
    result = Comparison(recording["outcome"], recording.get("message", ""))
    if "visits" not in recording:
        return result
    judged = _Judged(documents, recording, walk, identity)
    judged.run(result)
    result.violations.sort(key=lambda each: each.sequence)
    result.violations = list(_with_origins(result.violations))
    return result


class _Judged:
    """One comparison under way."""

    def __init__(self, documents: Mapping[str, Document], recording: Mapping[str, Any], walk: Watched, identity: Callable[[str], str]) -> None:
        self._documents = documents
        self._spots: dict[Place, Spot] = {}
        self._definitions: dict[Place, tuple[str, int]] = {}
        self._judges = {kind: Judge(self.definition, identity, kind == "module") for kind in ("module", "alone", "applied")}
        self._places = recording["places"]
        self._ways = recording["ways"]
        self._values: list[Described] = recording["values"]
        self._visits = recording["visits"]
        self._said: dict[Spot, dict[Way, dict[Claim, str]]] = defaultdict(dict)
        self._entered: dict[tuple[Way, Spot], set[tuple[str, int]]] = defaultdict(set)
        self._keys: dict[int, list[tuple[int, str, Spot, str]]] = defaultdict(list)
        for said in walk.said:
            self._say(said)
        for way, place, definition in walk.entered:
            self._entered[way, self.spot(place)].add(self.definition(definition))

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
            self._judge_place(result, self._places[number], ways)
        self._judge_reached(result)
        self._judge_keys(result)

    def _judge_place(self, result: Comparison, place: list[Any], ways: list[tuple[int, list[list[int]]]]) -> None:
        spot: Spot = (place[0], place[1], place[2], place[3], place[4])
        node: str = place[5]
        said = self._said.get(spot)
        result.places += said is not None
        is_once = sum(len(seen) for _, seen in ways) == 1
        first: tuple[int, Described, dict[Claim, str] | None] | None = None
        for way, seen in ways:
            groups = list(self._groups(said, self._ways[way])) if said is not None else []
            result.unmatched += len(seen) if said is not None and not groups else 0
            for sequence, index in seen:
                value = self._values[index]
                for kind, claims in groups:
                    result.values += 1
                    problem = self._judges[kind].problem(claims, value)
                    if problem is not None:
                        result.violations.append(self._violation(spot, node, problem, sequence, kind))
                    elif is_once:
                        self._note_key(spot, node, claims, value, sequence)
                if first is None or sequence < first[0]:
                    first = (sequence, value, groups[0][1] if groups else None)
        assert first is not None
        absent = "walked by other ways only" if said is not None else "not walked"
        fact = known(first[1], first[2], absent)
        if fact is not None:
            result.known.add(fact)

    def _violation(self, spot: Spot, node: str, problem: Problem, sequence: int, walk: str = "module") -> Violation:
        text = self._text(spot)
        line = text.split("\n", 1)[0][:100] + (" …" if "\n" in text or len(text) > 100 else "")
        return Violation(spot, node, line, problem, _what(node, text), sequence, walk)

    def _judge_reached(self, result: Comparison) -> None:
        """Which function a call reaches: where the walk came to the same call by the same way, one of those that it entered."""
        by_spot: dict[Spot, list[tuple[Way, set[tuple[str, int]]]]] = defaultdict(list)
        for (walked, where), definitions in self._entered.items():
            if walked.root.kind != "assumed":
                by_spot[where].append((walked, definitions))
        first: dict[int, int] = {}
        for _, number, seen in self._visits:
            first[number] = min(seen[0][0], first.get(number, seen[0][0]))
        judged: set[tuple[Spot, tuple[str, int]]] = set()
        for number, sequence in first.items():
            path, hops = self._ways[number]
            for index, (span, definition, is_direct) in enumerate(hops):
                if span is None or not is_direct:
                    continue
                spot: Spot = (span[0], span[1], span[2], span[3], span[4])
                entered = (definition[0], definition[1])
                if spot not in by_spot or (spot, entered) in judged:
                    continue
                judged.add((spot, entered))
                said = [each for walked, each in by_spot[spot] if self._is_way(walked, path, hops[:index])]
                if said and entered not in set.union(*said):
                    rows = ", ".join(str(row) for _, row in sorted(set.union(*said)))
                    problem = Problem("reach", f"reaching the definition of line {rows}", f"that of line {entered[1]}")
                    result.violations.append(self._violation(spot, "Call", problem, sequence))

    def _note_key(self, spot: Spot, node: str, claims: Mapping[Claim, str], value: Described, sequence: int) -> None:
        key = value.get("array", {}).get("key")
        said = {claim.key for claim in claims}
        if key and len(said) == 1 and 0 not in said:
            self._keys[said.pop()].append((sequence, key, spot, node))

    def _judge_keys(self, result: Comparison) -> None:
        """Which key it is: what is said to be one key at places that are passed once has one value."""
        for found in self._keys.values():
            found.sort()
            for sequence, key, spot, node in found[1:]:
                if key != found[0][1]:
                    problem = Problem("key", f"the key of line {found[0][2][1]}", "another key")
                    result.violations.append(self._violation(spot, node, problem, sequence))

    def _groups(self, said: Mapping[Way, dict[Claim, str]], way: Any) -> Iterator[tuple[str, dict[Claim, str]]]:
        """The claims that speak of a run by this way, for each way of the walk that fits; the most exact first. With where the walk began."""
        path, hops = way
        exact: list[tuple[str, dict[Claim, str]]] = []
        loose: list[tuple[str, dict[Claim, str]]] = []
        for walked, claims in said.items():
            if walked.root.kind != "assumed" and self._is_way(walked, path, hops):
                kind = walked.root.kind
                (exact if kind == "module" else loose).append((kind, claims))
        yield from exact
        yield from loose

    def _is_way(self, walked: Way, path: str, hops: Any) -> bool:
        """Whether a run by these calls is one that a way of the walk speaks of."""
        root = walked.root
        if root.function is None:
            return root.path == path and len(walked.hops) == len(hops) and all(map(self._fits, walked.hops, hops))
        rest = len(hops) - len(walked.hops) - 1
        if rest < 0 or tuple(hops[rest][1]) != self.definition(root.function):
            return False
        if root.kind == "applied" and hops[rest][2]:
            return False  # It was called as it is, without its transform.
        return all(map(self._fits, walked.hops, hops[rest + 1 :]))

    def _fits(self, hop: Hop, real: Any) -> bool:
        span, entered, is_direct = real
        where, definition, is_transform = hop
        if self.definition(definition) != tuple(entered) or (is_transform and is_direct):
            return False
        return where is None or (span is not None and self.spot(where) == tuple(span))

    def _text(self, spot: Spot) -> str:
        document = self._documents.get(spot[0])
        rows = (document.text if document is not None else "").split("\n")[spot[1] - 1 : spot[3]]
        if not rows:
            return ""
        rows[-1] = rows[-1][: spot[4]]
        rows[0] = rows[0][spot[2] :]
        return "\n".join(rows)


_TYPES = (list, dict, set, str, tuple, int, float)
_MODULES = (builtins, functools, dataclasses, collections, itertools, enum, contextlib)
_KNOWN = frozenset(name for owner in (*_TYPES, *_MODULES) for name in dir(owner))
_ROOTS = ("jax", "jnp", "nnx", "np", "numpy", "optax", "flax", "random", "nn", "lax", "operator", "typing", "types", "copy")


def _what(node: str, text: str) -> str:
    """The sort of an expression; of a call also the name of what is called, unless it is the program's own."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return node
    match tree:
        case ast.Call(func=ast.Call(func=function)) if ast.unparse(function).partition(".")[0] in _ROOTS:
            return f"what {ast.unparse(function)}() gives, called"
        case ast.Call(func=function):
            name = ast.unparse(function)
            root, _, last = name.partition(".")[0], "", name.rpartition(".")[2]
            return f"{name}()" if root in _ROOTS else f"{last}()" if last in _KNOWN else "an own call"
        case ast.BinOp(op=operator):
            return f"BinOp {type(operator).__name__}"
        case ast.Compare(ops=[operator]):
            return f"Compare {type(operator).__name__}"
        case _:
            return node


def _with_origins(violations: list[Violation]) -> Iterator[Violation]:
    """Each place once, in order. A violation is not an origin if one stands inside of it, or if the
    same was wrong in the same way before: then it was handed on."""
    by_spot: dict[Spot, Violation] = {}
    for each in violations:
        by_spot.setdefault(each.spot, each)
    rows: dict[tuple[str, int], list[Spot]] = defaultdict(list)
    for spot in by_spot:
        for row in range(spot[1], spot[3] + 1):
            rows[spot[0], row].append(spot)
    before: set[Problem] = set()
    for each in by_spot.values():
        inner = any(_is_inside(other, each.spot) for row in range(each.spot[1], each.spot[3] + 1) for other in rows[each.spot[0], row])
        is_handed_on = each.problem in before and not each.what.endswith("()")
        before.add(each.problem)
        yield msgspec.structs.replace(each, is_origin=not inner and not is_handed_on)


def _is_inside(inner: Spot, outer: Spot) -> bool:
    return inner[0] == outer[0] and outer[1:3] <= inner[1:3] and inner[3:] <= outer[3:] and inner != outer


__all__ = ["Comparison", "Spot", "Violation", "compared"]
