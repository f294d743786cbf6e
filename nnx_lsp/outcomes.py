"""What running the fixtures did on each Flax line: recorded by `python -m nnx_lsp.dev.outcomes`, read by the pages of the rules."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

import msgspec

from nnx_lsp.fixtures import Fixture
from nnx_lsp.rule import Rule

LINES = ("0.10.7", "0.11.2", "0.12.0", "0.12.8", "0.12.12")
"""The Flax versions that everything is run on."""


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one program did on one Flax version. `confirmed` is `None` where it is out of range; `ran`: it ran to its end.

    `said` is the exception or the warning with the first line of its message; nothing where there was none, or where the program was not run.
    """

    confirmed: bool | None = True
    ran: bool = False
    said: str = ""


class OfferedFix(msgspec.Struct, frozen=True, order=True):
    """A fix that was offered in a fixture. `safety` is `safe`, `unsafe` or `display`; `flax` the range that it holds for."""

    title: str
    safety: str
    flax: str


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was recorded of a fixture: of these very files, under this declaration of the rule (`digest`)."""

    digest: str
    outcomes: dict[str, Outcome]
    """By Flax version."""
    fixes: tuple[OfferedFix, ...] = ()


class Outcomes(msgspec.Struct, frozen=True):
    """Everything that was recorded."""

    jax: dict[str, str] = {}
    """By Flax version, the jax that was beside it."""
    fixtures: dict[str, Record] = {}
    """By the fixture's label."""

    def of(self, fixture: Fixture, rule: Rule) -> Record | None:
        """What was recorded of a fixture; `None` where there is nothing, or where it is of another text."""
        record = self.fixtures.get(fixture.label)
        return record if record is not None and record.digest == digest(fixture, rule) and set(record.outcomes) == set(LINES) else None


def digest(fixture: Fixture, rule: Rule) -> str:
    """Names a fixture's files together with what the rule declares."""
    parts = (*(f"{name}\0{text}" for name, text in fixture.files or (("", fixture.text),)), rule.flax, repr(rule.evidence))
    return hashlib.blake2b("\1".join(parts).encode(), digest_size=6).hexdigest()


@cache
def recorded() -> Outcomes:
    """The record that ships with the rules."""
    place = resources.files("nnx_rules") / "outcomes.json"
    return msgspec.json.decode(place.read_bytes(), type=Outcomes) if place.is_file() else Outcomes()
