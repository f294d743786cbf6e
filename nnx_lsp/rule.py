"""What a rule is made of: the decorator, its findings, their fixes, and the evidence that execution must show."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec

from nnx_lsp.diagnostic import Safety
from nnx_lsp.facts import Facts, Step
from nnx_lsp.knowledge import releases
from nnx_lsp.program import Place
from nnx_lsp.severity import Group, Severity
from nnx_lsp.tracer.events import Event

_OWN = "nnx_rules"
_FOREIGN_CODE = re.compile(r"[A-Z]{2,12}[0-9]{3}")
GROUP_DIGITS = {group: str(digit) for digit, group in enumerate(Group, start=1)}


# Evidence ----------------------------------------------------------------------------------------------------------


class Raises(msgspec.Struct, frozen=True):
    """Running a bad fixture raises one of these exceptions (names, with their subclasses) on the marked line or, where `later`, on any line."""

    exceptions: tuple[str, ...]
    later: bool = False


class Shows(msgspec.Struct, frozen=True):
    """A bad fixture runs to its end, and its own asserts show the silent harm; its twin's asserts show it gone."""


class Warns(msgspec.Struct, frozen=True):
    """Running a bad fixture emits a warning of this category (a name) on the marked line."""

    category: str


class Retraces(msgspec.Struct, frozen=True):
    """A bad fixture compiles its function more than once; its asserts count it."""


class Opinion(msgspec.Struct, frozen=True):
    """Nothing can be shown by execution; such a rule is off by default. `why` gives its reason."""

    why: str


Evidence: TypeAlias = Raises | Shows | Warns | Retraces | Opinion


# Fixes -------------------------------------------------------------------------------------------------------------


class Where(enum.Enum):
    """How a change meets the source of its place."""

    REPLACE = "replace"
    BEFORE = "before"
    AFTER = "after"
    REMOVE_ARGUMENT = "remove argument"
    """The place is an argument; it goes with its comma."""
    APPEND_ARGUMENT = "append argument"
    """The place is a call; the text becomes its last argument (before a `**`)."""


class Change(msgspec.Struct, frozen=True):
    """One edit in terms of the program: `text` is made of strings and of places, which stand for their own source."""

    place: Place
    where: Where
    text: tuple[str | Place, ...] = ()


class Fix(msgspec.Struct, frozen=True):
    """A repair. `title` says what it does in the imperative (`Draw a key: rngs.params()`); `flax` is the range of versions it holds for."""

    title: str
    changes: tuple[Change, ...]
    safety: Safety = Safety.SAFE
    flax: str = ""


# Findings and rules ------------------------------------------------------------------------------------------------


class Intent(msgspec.Struct, frozen=True):
    """The words with which people say that they mean what a rule would find, as patterns (letters of either size match).

    `beside`: of the comments on the lines and directly above them, and of the names that get a value there; `around`: of the docstring of the file, or of
    anything in the notebook's cell; `near`: of the code next to it.
    """

    beside: str
    around: str = ""
    near: str = ""


class Finding(msgspec.Struct, frozen=True):
    """What a rule says: the mistake at `place`, under the event that showed it.

    `message` names the user's own code in backticks, then what happens; no full stop. `path` is the way of the value (see `facts.path`).
    `severity` overrides the rule's own. `refuses_call`: Python binds no arguments at the call that the event is, so that nothing of what it would do happens.
    `cause`: what the findings of one mistake in a file share, `""` where each is one by itself; see `diagnostic.told_once`.
    `unless`: where people say so, it is not found.
    `is_ahead`: the code is right on a later Flax.
    """

    event: Event
    place: Place
    message: str
    path: tuple[Step, ...] = ()
    fix: Fix | None = None
    severity: Severity | None = None
    refuses_call: bool = False
    cause: str = ""
    unless: Intent | None = None
    is_ahead: bool = False


Check: TypeAlias = Callable[[Facts], Iterator[Finding]]


class Rule(msgspec.Struct, frozen=True):
    """A rule with what it says of itself. `name` is the function's, `summary` the first sentence of its module's docstring, `page` all of it.

    `rests_on_values`: what it says rests on what a value is (traced, of a shape, a key), not on how the program is written.
    """

    code: str
    name: str
    group: Group
    severity: Severity
    evidence: Evidence
    flax: str
    summary: str
    page: str
    check: Check
    is_preview: bool = False
    rests_on_values: bool = False

    @property
    def is_default(self) -> bool:
        """Whether it is on without being selected."""
        return not isinstance(self.evidence, Opinion) and not self.is_preview

    def applies(self, flax: str) -> bool:
        """Whether it speaks of this flax version."""
        return releases.holds(self.flax, flax)


class RuleError(Exception):
    """A rule is declared wrongly."""


def rule(
    *,
    code: str,
    group: Group,
    severity: Severity,
    evidence: Evidence,
    flax: str = "",
    preview: bool = False,
    rests_on_values: bool = False,
) -> Callable[[Check], Rule]:
    """Make a rule of a generator of findings; the docstring of its module is its page.

    `flax` is the range of versions on which it is a mistake (a PEP 440 specifier; empty: all). `rests_on_values`: what it says rests on what a value
    is, so it is an error only in the function that a transform or the program itself calls; where further calls lead to it, it is a warning.
    """

    def declare(check: Check) -> Rule:
        module = inspect.getmodule(check)
        page = inspect.cleandoc((module.__doc__ if module else None) or "")
        if not page:
            raise RuleError(f"rule {code}: its module has no docstring, which is the rule's page")
        if module is not None and module.__name__.split(".")[0] != _OWN:
            if code.startswith("NNX") or not _FOREIGN_CODE.fullmatch(code):
                raise RuleError(f"rule {code}: a plugin's code is two or more capital letters of its own, not NNX, and three digits, as in ACME101")
        elif not (code.startswith("NNX") and code[3:4] == GROUP_DIGITS[group] and code[3:].isdigit() and len(code) == 6):
            raise RuleError(f"rule {code}: a code of group {group.value} is NNX{GROUP_DIGITS[group]} and two digits")
        summary = page.split("\n\n", 1)[0].replace("\n", " ").rstrip(".")
        return Rule(code, check.__name__, group, severity, evidence, flax, summary, page, check, preview, rests_on_values)

    return declare


__all__ = [
    "GROUP_DIGITS",
    "Change",
    "Check",
    "Evidence",
    "Finding",
    "Fix",
    "Group",
    "Opinion",
    "Raises",
    "Retraces",
    "Rule",
    "RuleError",
    "Safety",
    "Shows",
    "Warns",
    "Where",
    "rule",
]
