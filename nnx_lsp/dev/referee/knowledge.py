"""How much the tracer knows: of a concrete value at an executed place, which of the things that there are to know its claim tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from nnx_lsp.dev.referee.claim import Claim
from nnx_lsp.dev.referee.judge import PLAIN, Described

ASPECTS = ("kind", "class", "traced", "rank", "shape", "dtype", "value", "length")


class Known(msgspec.Struct, frozen=True):
    """What is known of one executed place: the kind of its value (`array`, `nnx object`, `callable`,
    `container`, `config value`, `other object`), the aspects that a claim could tell and those that
    it tells, and the obstacle that stands before the kind (empty: it is known)."""

    kind: str
    asked: tuple[str, ...]
    told: tuple[str, ...]
    obstacle: str = ""


def known(value: Described, claims: Mapping[Claim, str] | None, absent: str) -> Known | None:
    """What is known of a value, by the claims of one way (`None`: there are none, because of `absent`); `None` if nobody asks for such a value."""
    kind = kind_of(value)
    if kind is None:
        return None
    asked = _asked(kind, value)
    if not claims:
        return Known(kind, asked, (), absent)
    parts = [part for claim in claims for part in (claim.items or () if claim.sort == "oneof" else (claim,))]
    told = set(asked)
    for part in parts:
        told &= _told(part)
    obstacle = next((because for claim, because in claims.items() if claim.sort == "unknown"), "")
    if "kind" not in told and not obstacle:
        obstacle = "one of several kinds" if len(parts) > 1 else "a Python value of unknown type"
    return Known(kind, asked, tuple(each for each in asked if each in told), obstacle if "kind" not in told else "")


def kind_of(value: Described) -> str | None:
    """The kind of a value that knowledge is counted by."""
    if "array" in value:
        return "array"
    if value["type"] in PLAIN or "member" in value:
        return "config value"
    of = value.get("of", ())
    if any(each.startswith("flax.nnx.") for each in of) and "function" not in value and "is_class" not in value and "id" not in value:
        return "nnx object"
    if "is_class" in value or "function" in value or "method" in value or "builtin" in value or "wraps" in value or "partial" in value:
        return "callable"
    if any(each in ("tuple", "list", "dict", "set", "frozenset") for each in of):
        return "container"
    if "module" in value or "numpy" in value:
        return None
    return "other object"


def _asked(kind: str, value: Described) -> tuple[str, ...]:
    match kind:
        case "array":
            return ("kind", "traced", "rank", "shape", "dtype") if value["array"]["tracers"] else ("kind", "rank", "shape", "dtype")
        case "nnx object" | "other object":
            return ("kind", "class")
        case "container":
            return ("kind", "length")
        case "config value":
            return ("kind", "value")
        case _:
            return ("kind",)


def _told(claim: Claim) -> set[str]:
    """The aspects that a claim tells of."""
    match claim.sort:
        case "unknown":
            return set()
        case "array":
            told = {"kind"}
            if claim.level:
                told.add("traced")
            if claim.high == claim.low:
                told.add("rank")
                if len(claim.dims) == claim.low and None not in claim.dims:
                    told.add("shape")
            if claim.dtype:
                told.add("dtype")
            return told
        case "static":
            return {"kind", "value"} if claim.is_constant else {"kind"} if claim.name else set()
        case "tree":
            return {"traced"} if claim.level else set()
        case "object":
            return {"kind", "class"}
        case "tuple" | "list" | "dict":
            return {"kind", "length"} if claim.items is not None and not claim.is_open else {"kind"}
        case "iterator":
            return {"kind"} if claim.items is not None else set()
        case _:
            return {"kind", "class"}


class Table(msgspec.Struct):
    """Counts over many programs."""

    places: Counter[str] = msgspec.field(default_factory=Counter)
    asked: dict[str, Counter[str]] = msgspec.field(default_factory=dict)
    told: dict[str, Counter[str]] = msgspec.field(default_factory=dict)
    obstacles: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, fact: Known) -> None:
        """Count one place."""
        self.places[fact.kind] += 1
        self.asked.setdefault(fact.kind, Counter()).update(fact.asked)
        self.told.setdefault(fact.kind, Counter()).update(fact.told)
        if fact.obstacle:
            self.obstacles[fact.obstacle] += 1

    def adopt(self, other: Table) -> None:
        """Add the counts of other programs."""
        self.places.update(other.places)
        self.obstacles.update(other.obstacles)
        for mine, its in ((self.asked, other.asked), (self.told, other.told)):
            for kind, counts in its.items():
                mine.setdefault(kind, Counter()).update(counts)

    def rows(self) -> list[str]:
        """The shares in per cent, a Markdown table by kind of value."""
        lines = [f"| value | places | {' | '.join(ASPECTS)} |", f"|--|--|{'--|' * len(ASPECTS)}"]
        for kind, count in self.places.most_common():
            asked, told = self.asked[kind], self.told[kind]
            cells = [f"{100 * told[each] / asked[each]:.1f}" if asked[each] else "" for each in ASPECTS]
            lines.append(f"| {kind} | {count} | {' | '.join(cells)} |")
        return lines

    def because(self, most: int = 60) -> list[str]:
        """The obstacles, most frequent first, a Markdown table."""
        total = sum(self.obstacles.values())
        lines = ["| what made it unknown first | places | share |", "|--|--|--|"]
        lines += [f"| {obstacle} | {count} | {100 * count / total:.1f} |" for obstacle, count in self.obstacles.most_common(most)]
        return lines
