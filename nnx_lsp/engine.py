"""The engine: from the files of a project and settings to findings with exact spans. It logs nothing and cannot fail."""

from __future__ import annotations

import builtins
import gc
import io
import pkgutil
import re
import time
import tokenize
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache, lru_cache, partial
from importlib import import_module
from itertools import groupby
from typing import Protocol, TypeAlias

import msgspec
from packaging.version import Version

from nnx_lsp import program
from nnx_lsp.config import Settings
from nnx_lsp.diagnostic import SEVERITY_ORDER, Diagnostic, Related, ResolvedFix, Silenced, order
from nnx_lsp.facts import Facts, Step, assumed_level
from nnx_lsp.faults import FAULTS, INTERNAL_ERROR, MALFORMED_SUPPRESSION, OUT_OF_TIME, SUPPRESSION_WITHOUT_REASON, SYNTAX_ERROR, Fault
from nnx_lsp.knowledge import library, releases
from nnx_lsp.program import Place
from nnx_lsp.project import plugins
from nnx_lsp.project.imports import mentions
from nnx_lsp.rule import Change, Evidence, Finding, Fix, Intent, Raises, Rule, RuleError, Where
from nnx_lsp.selection import hint
from nnx_lsp.severity import Severity
from nnx_lsp.syntax import notes
from nnx_lsp.syntax.arguments import argument_appended, argument_removed
from nnx_lsp.syntax.document import Document
from nnx_lsp.syntax.suppressions import named_by
from nnx_lsp.text import Edit, Span
from nnx_lsp.tracer import asked
from nnx_lsp.tracer.base import VERSION_GUARD
from nnx_lsp.tracer.contexts import Context
from nnx_lsp.tracer.events import Event
from nnx_lsp.tracer.modules import Alone, Session
from nnx_lsp.tracer.trace import trace
from nnx_lsp.unreached import Reach, Unreached

_ALWAYS_HEARD = (INTERNAL_ERROR.code, MALFORMED_SUPPRESSION.code, SUPPRESSION_WITHOUT_REASON.code)
"""What no comment silences: it would be the comment itself that they speak of."""
_KEPT_NAMES = 512


class Usable(msgspec.Struct, frozen=True):
    """The rules that can be used, by code, and what is wrong with the plugins whose rules cannot."""

    rules: tuple[Rule, ...]
    wrong: tuple[str, ...]


def rules() -> tuple[Rule, ...]:
    """Every rule, by code: those of the package `nnx_rules`, and those of plugins. Raises `PluginError` where a plugin's cannot be used."""
    found = usable()
    if found.wrong:
        raise plugins.PluginError("; ".join(found.wrong))
    return found.rules


@cache
def usable() -> Usable:
    """The rules, for those who go on without a plugin that cannot be used."""
    found = list(_rules_of("nnx_rules"))
    wrong: list[str] = []
    for package in plugins.packages():
        try:
            own = list(_rules_of(package))
        except (Exception, SystemExit) as error:  # A plugin is code of somebody else.
            wrong.append(f"the plugin {package} cannot be used: {type(error).__name__}: {error}")
            continue
        names = [name for rule in (*found, *own) for name in (rule.code, rule.name)]
        if shared := sorted({name for name in names if names.count(name) > 1}):
            wrong.append(f"the plugin {package} cannot be used: two rules share a code or a name: {', '.join(shared)}")
        else:
            found += own
    return Usable(tuple(sorted(found, key=lambda rule: rule.code)), tuple(wrong))


def _rules_of(name: str) -> Iterator[Rule]:
    package = import_module(name)
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = import_module(f"{name}.{info.name}")
        own = [value for value in vars(module).values() if isinstance(value, Rule)]
        if len(own) != 1 or own[0].name != info.name:
            raise RuleError(f"{name}.{info.name} must define one rule of its own name, and defines {[rule.name for rule in own]}")
        yield own[0]


class Files(Reach, Protocol):
    """What the engine asks of the project: the tracer's questions, and the documents themselves."""

    def document(self, path: str) -> Document | None:
        """A file; `None` where it cannot be read."""

    def concerns(self, path: str) -> tuple[bool, frozenset[str]]:
        """Whether a file can matter, and the files that were looked at to know."""

    def has_run(self, path: str, offset: int) -> bool:
        """Whether what stands at an offset of a notebook was run and raised nothing, or is run elsewhere."""


class Single(Alone):
    """One document without a project."""

    def __init__(self, document: Document) -> None:
        super().__init__(document.module)
        self._document = document

    def document(self, path: str) -> Document | None:
        """The one document."""
        return self._document if path == self._document.path else None

    def concerns(self, path: str) -> tuple[bool, frozenset[str]]:
        """Whether the document mentions flax, nnx or jax."""
        return mentions(self._document.text), frozenset((path,))

    def reaches(self, path: str) -> tuple[bool, str]:
        """Nobody knows."""
        del path
        return True, ""

    def has_run(self, path: str, offset: int) -> bool:
        """It is not a notebook."""
        del path, offset
        return False

    def runs(self, path: str, owner: str, name: str) -> tuple[bool, str]:
        """Nobody knows."""
        del path, owner, name
        return True, ""

    def lacks(self, path: str, dotted: str, level: int) -> tuple[bool, str]:
        """Nobody knows."""
        del path, dotted, level
        return False, ""


class Checked(msgspec.Struct, frozen=True):
    """What a check of one file gave: findings, which may stand in other files of the project, and all files that they rest on."""

    found: tuple[Diagnostic, ...]
    files: frozenset[str]
    silenced: tuple[Diagnostic, ...] = ()
    """What comments keep from being found, each with its comment."""


class Engine:
    """Checks the files of one project. It gives the same for the same texts, whatever was asked before; what it keeps only saves work.

    Where a range of Flax versions is in force, the program is walked under its newest and its oldest, and under others where a rule speaks of them alone:
    what holds under some of them only is no error. Where these are of one minor line, the oldest is asked only where there is an error to doubt.
    Where the older ones are hearsay they only raise doubts: what holds under them alone is not told.
    """

    def __init__(self, files: Files, settings: Settings, *, every: Sequence[Rule] | None = None) -> None:
        self.files = files
        self.settings = settings
        every = rules() if every is None else every
        self._unknown = lru_cache(_KEPT_NAMES)(partial(_unknown, (*every, *FAULTS)))
        self.flax = releases.covered(settings.flax_version)
        """The versions in force, oldest first."""
        chosen = tuple(rule for rule in every if settings.is_on(rule))
        self._walks = tuple(
            _Walk(
                files,
                library.load(flax, settings.jax_version),
                tuple(rule for rule in chosen if rule.applies(flax)),
                flax,
                settings.time_limit / 4,
                is_doubt=flax == self.flax[0] != self.flax[-1] and releases.line(flax) == releases.line(self.flax[-1]),
            )
            for flax in walked(self.flax, chosen)
        )

    @property
    def session(self) -> Session:
        """What is kept of the walk under the newest version."""
        return self._walks[0].session

    def timing(self) -> dict[str, float]:
        """The seconds that each rule took in all checks, by its code."""
        return {rule.code: sum(walk.total.get(rule.code, 0.0) for walk in self._walks) for walk in self._walks for rule in walk.rules}

    def forget(self, path: str) -> None:
        """Let go of what is kept of a file that is no longer checked."""
        for walk in self._walks:
            walk.session.forget(path)

    def keep(self, paths: Collection[str]) -> None:
        """Let go of what is kept of all files but these."""
        for walk in self._walks:
            walk.session.keep(paths)

    def check(self, path: str) -> Checked:
        """All findings that the walk of one file gives, in order of their place, without those that comments silence."""
        can_matter, seen = self.files.concerns(path)
        document = self.files.document(path) if can_matter else None
        if document is None:
            return Checked((), seen)
        with paused_collection():
            return self._checked(document)

    def _checked(self, document: Document) -> Checked:
        found = list(_syntax_findings(document, self.settings, self._unknown))
        read: set[str] = set()
        by_version: dict[str, dict[_Key, _Claim]] = {}
        for walk in self._walks:
            if walk.is_doubt and not any(claim.severity is Severity.ERROR for claims in by_version.values() for claim in claims.values()):
                continue
            walk.begin()
            try:
                traced = trace(walk.session, document.path, walk.claims)
            except Exception as error:  # One failing file is one finding: the others are still checked.
                return Checked((*found, _internal(document.path, "the tracer", error)), frozenset((document.path,)))
            read |= traced.files
            for rule in walk.stopped():
                message = f"rule {rule.code} {rule.name} took more than {walk.budget:g} s and was stopped"
                found.append(Diagnostic(document.path, OUT_OF_TIME.code, OUT_OF_TIME.name, OUT_OF_TIME.severity, message, Span(0, 0)))
            claims = by_version[walk.flax] = {}
            for payload in traced.payloads:
                for claim in payload:
                    if isinstance(claim, Diagnostic):
                        found.append(msgspec.structs.replace(claim, path=document.path))
                        continue
                    key = claim.rule.code, claim.place
                    before = claims.get(key)
                    if before is None or claim.weight < before.weight:
                        claims[key] = claim
        added = tuple(walk.flax for walk in self._walks if not walk.is_doubt)
        every = by_version[added[0]] if len(self.flax) == 1 else _united(by_version, added[:1] if self.settings.is_hearsay else added, self.flax)
        unreached = Unreached(self.files)
        for claim in every.values():
            at = self.files.document(claim.place.path)
            if at is None or not at.knows(claim.place) or (claim.unless is not None and _is_meant(claim.unless, at, claim.place)):
                continue
            if claim.is_ahead and self.files.has_run(at.path, at.span(claim.place).start):
                continue
            if self.settings.per_file_ignores and not self.settings.is_on_in(at.path, claim.rule):
                continue
            if claim.severity is not Severity.INFO and (why := unreached.why(at.module, claim.place)):
                milder = Severity.WARNING if claim.severity is Severity.ERROR else Severity.INFO
                claim = msgspec.structs.replace(claim, severity=milder, message=f"{claim.message} ({why})")
            try:
                found.append(self._resolved(at, claim))
            except Exception as error:
                found.append(_internal(document.path, f"rule {claim.rule.code} {claim.rule.name}", error))
        read |= unreached.questions
        heard = sorted(dict.fromkeys(map(self._heard, found)), key=order)
        silenced = tuple(each for each in heard if each.silenced is not None)
        return Checked(tuple(each for each in heard if each.silenced is None), frozenset(read), silenced)

    def _resolved(self, document: Document, claim: _Claim) -> Diagnostic:
        override = self.settings.override(claim.rule)
        related: list[Related] = []
        for step in claim.path:
            there = document if step.place.path == document.path else self.files.document(step.place.path)
            if there is not None and there.knows(step.place):
                related.append(Related(step.place.path, there.span(step.place), step.message))
        fix = _resolved_fix(document, claim.fix, self.flax) if claim.fix is not None else None
        rule = claim.rule
        span, cause = document.span(claim.place), claim.cause if override is None else ""
        return Diagnostic(document.path, rule.code, rule.name, override or claim.severity, claim.message, span, tuple(related), fix, cause=cause)

    def _heard(self, each: Diagnostic) -> Diagnostic:
        """A finding, with the comment that silences it if there is one."""
        document = self.files.document(each.path)
        if document is None or each.code in _ALWAYS_HEARD or not document.suppressions:
            return each
        first = document.lines.position(each.span.start).row
        last = document.lines.position(max(each.span.end - 1, each.span.start)).row
        for comment in document.suppressions:
            if comment.covers(first, last, each.code, each.rule):
                return msgspec.structs.replace(each, silenced=Silenced(comment.reason, comment.span))
        return each


class _Walk:
    """The walk under one Flax version."""

    def __init__(self, files: Files, known: library.Library, rules: tuple[Rule, ...], flax: str, budget: float, *, is_doubt: bool) -> None:
        self.flax = flax
        self.is_doubt = is_doubt
        """Whether it only says what does not hold under its version, and adds nothing."""
        self.known = known
        self.session = Session(files, self.known)
        self.rules = rules
        self.spent: dict[str, float] = {}
        """The seconds that each rule took for the file at hand."""
        self.total: dict[str, float] = {}
        self.budget = budget

    def begin(self) -> None:
        """Count the time of the rules anew."""
        self.spent.clear()

    def stopped(self) -> Iterator[Rule]:
        """The rules that took too long for the file at hand."""
        return (rule for rule in self.rules if self.spent.get(rule.code, 0.0) > self.budget)

    def claims(self, events: list[Event]) -> tuple[_Claim | Diagnostic, ...]:
        """What the rules say of one unit."""
        facts = Facts(events, self.known)
        order = {id(event): index for index, event in enumerate(events)}
        found: list[_Claim | Diagnostic] = []
        assumed: dict[int, tuple[int, _Claim]] = {}
        seconds: dict[str, float] = {}
        first, processor = time.perf_counter(), time.thread_time()
        said: list[tuple[Rule, Finding]] = []
        for rule in self.rules:
            if self.spent.get(rule.code, 0.0) > self.budget:
                continue
            begun = time.perf_counter()
            try:
                said += ((rule, finding) for finding in _said(rule, rule.check(facts)))
            except Exception as error:  # One failing rule is one finding: the others still speak.
                found.append(_internal("", f"rule {rule.code} {rule.name}", error))
            seconds[rule.code] = time.perf_counter() - begun
        for rule, finding in _reached(said):
            claim = _Claim(
                rule,
                finding.place,
                finding.message,
                _severity(rule, finding),
                finding.path,
                finding.fix,
                finding.cause,
                finding.unless,
                _is_ahead(rule, finding),
            )
            level = assumed_level(finding.event.level)
            if level is None:
                found.append(claim)
                continue
            # What is only assumed to be jitted would raise at the first of its findings: the others are not reached.
            earlier = assumed.get(id(level))
            if earlier is None or order[id(finding.event)] < earlier[0]:
                assumed[id(level)] = order[id(finding.event)], claim
        # What other programs took meanwhile is not the rules'; the clock of the thread is too slow to be asked for each of them.
        share = min((time.thread_time() - processor) / max(time.perf_counter() - first, 1e-9), 1.0)
        for code, each in seconds.items():
            self.spent[code] = self.spent.get(code, 0.0) + each * share
            self.total[code] = self.total.get(code, 0.0) + each * share
        return (*found, *(claim for _, claim in assumed.values()))


_Key: TypeAlias = tuple[str, Place]


def walked(covered: tuple[str, ...], rules: Sequence[Rule]) -> tuple[str, ...]:
    """The versions that the program is walked under, newest first."""
    newest, oldest = covered[-1], covered[0]
    chosen = list(dict.fromkeys((newest, oldest)))
    for rule in rules:
        if rule.flax and not any(map(rule.applies, chosen)):
            chosen += [version for version in covered if rule.applies(version)][-1:]
    return tuple(sorted(chosen, key=Version, reverse=True))


def _united(by_version: dict[str, dict[_Key, _Claim]], added: tuple[str, ...], covered: tuple[str, ...]) -> dict[_Key, _Claim]:
    """The claims of the walks under the versions `added`, newest first; one that does not hold on all versions in force says on which."""
    found: dict[_Key, _Claim] = {}
    for version in added:
        for key, claim in by_version[version].items():
            if key not in found:
                seen = [each for each, those in by_version.items() if key in those]
                found[key] = _for_some(claim, seen, tuple(by_version), covered)
    return found


def _for_some(claim: _Claim, seen: list[str], walks: tuple[str, ...], covered: tuple[str, ...]) -> _Claim:
    not_seen = [version for version in walks if version not in seen and claim.rule.applies(version)]
    if not_seen:
        words = f"on Flax {', '.join(seen)}, not on {', '.join(not_seen)}"
    elif not (words := releases.in_words(tuple(filter(claim.rule.applies, covered)), covered)):
        return claim
    message = claim.message if "Flax 0." in claim.message else f"{claim.message} ({words})"
    # It does not come true where one of the others is installed.
    severity = Severity.WARNING if claim.severity is Severity.ERROR else claim.severity
    return msgspec.structs.replace(claim, message=message, severity=severity)


def check(document: Document, settings: Settings) -> tuple[Diagnostic, ...]:
    """All findings of a document that stands alone: nothing that it imports from its own project is known."""
    return Engine(Single(document), settings).check(document.path).found


@contextmanager
def paused_collection() -> Iterator[None]:
    """Hold the garbage collector while much is made that lives until the end: it takes a third of the time otherwise."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _syntax_findings(document: Document, settings: Settings, unknown: Callable[[str], str]) -> list[Diagnostic]:
    found = [_own(document, settings, SYNTAX_ERROR, span, message) for span, message in _problems(document) if "{{" not in document.path]
    found += [_own(document, settings, MALFORMED_SUPPRESSION, wrong.span, wrong.message) for wrong in document.malformed]
    for comment in document.suppressions:
        if comment.kind != "noqa":
            found += [_own(document, settings, MALFORMED_SUPPRESSION, comment.span, wrong) for name in comment.rules if (wrong := unknown(name))]
        if settings.require_reasons and not comment.reason and (comment.rules or comment.kind != "noqa"):
            message = f"`{document.text[comment.span.start : comment.span.end].strip()}` gives no reason; write it behind `--`"
            found.append(_own(document, settings, SUPPRESSION_WITHOUT_REASON, comment.span, message))
    return [each for each in found if each is not None]


_OF_IPYTHON = re.compile(r"![^=]|%%?[a-z]")


def _problems(document: Document) -> Iterator[tuple[Span, str]]:
    """What does not parse. As Python does, this names the first of a file or cell; what stands behind it may be wrong by the same mistake."""
    for _, problems in groupby(document.problems, lambda each: bisect_right(document.breaks, each.span.start)):
        first, *others = problems
        line = document.lines.line(document.lines.position(first.span.start).row).strip()
        message = first.message
        if not document.breaks and _OF_IPYTHON.match(line):
            message = f"`{line[:40]}` is a line of IPython, not of Python; the file was saved from a notebook"
        if others:
            message += f"; {len(others)} more statement{'s' * (len(others) > 1)} behind it do{'es' * (len(others) == 1)} not parse"
        yield first.span, message


def _unknown(known: tuple[Rule | Fault, ...], name: str) -> str:
    """What is wrong with a name in a comment; empty where it names a rule."""
    if any(named_by(name, rule.code, rule.name) for rule in known):
        return ""
    return f"`{name}` names no rule{hint(name, [word for rule in known for word in (rule.code, rule.name)])}"


def _own(document: Document, settings: Settings, fault: Fault, span: Span, message: str) -> Diagnostic | None:
    severity = settings.severity_of(fault) if settings.is_on_in(document.path, fault) else None
    return Diagnostic(document.path, fault.code, fault.name, severity, message, span) if severity is not None else None


def _internal(path: str, what: str, error: Exception) -> Diagnostic:
    message = f"{what} failed with {type(error).__name__}: {error}"
    return Diagnostic(path, INTERNAL_ERROR.code, INTERNAL_ERROR.name, INTERNAL_ERROR.severity, message, Span(0, 0))


class _Claim(msgspec.Struct, frozen=True, gc=False):
    """A finding without the event that showed it: small enough to be kept."""

    rule: Rule
    place: Place
    message: str
    severity: Severity
    path: tuple[Step, ...]
    fix: Fix | None
    cause: str
    unless: Intent | None
    is_ahead: bool
    """Whether what is found raises nothing on later releases."""

    @property
    def weight(self) -> tuple[int, int, tuple[Step, ...]]:
        """The smaller, the rather this claim stands for others at its place: the most severe, then the one with the shortest path."""
        return SEVERITY_ORDER[self.severity], len(self.path), self.path


def _is_ahead(rule: Rule, finding: Finding) -> bool:
    """Whether the code is right on releases behind those that a finding holds on: where it was run, it is not their Flax that ran it."""
    return finding.is_ahead or (isinstance(rule.evidence, Raises) and not rule.applies(releases.RELEASES[-1]))


def _is_meant(intent: Intent, document: Document, place: Place) -> bool:
    """Whether people say beside a place, or around it, that they mean what is found there."""
    told = ((intent.beside, notes.beside), (intent.around, notes.around), (intent.near, notes.near))
    return any(pattern and re.search(pattern, text(document, place), re.IGNORECASE | re.MULTILINE) for pattern, text in told)


def _severity(rule: Rule, finding: Finding) -> Severity:
    """How sure and how bad a finding is, by what it rests on and where it stands."""
    severity = finding.severity or rule.severity
    if asked.is_kept_aside(finding.place.path):
        return Severity.INFO
    if severity is Severity.ERROR and rule.rests_on_values and finding.event.context is not None and finding.event.context.is_far:
        return Severity.WARNING  # Each call on the way is one more thing that has to be as the walk took it.
    if severity is Severity.WARNING and not isinstance(rule.evidence, Raises) and asked.is_test(finding.place.path):
        return Severity.INFO  # The numbers of a test are seldom those of its author's work; what raises in a test does so at its next run.
    return severity


def _said(rule: Rule, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings without those that the user expects to raise: in a test, what is expected of one call stands there for all."""
    found = [finding for finding in findings if VERSION_GUARD not in finding.event.guards]  # Else the code asks for versions itself.
    evidence = rule.evidence
    awaited = {finding.place for finding in found if _is_expected(evidence, finding.event.guards)}
    for finding in found:
        if finding.place in awaited and (asked.is_test(finding.place.path) or _is_expected(evidence, finding.event.guards)):
            continue
        yield finding


def _reached(said: list[tuple[Rule, Finding]]) -> Iterator[tuple[Rule, Finding]]:
    """The findings without what a call would do that raises before it begins, as its arguments do not fit: one exception excludes the other."""
    refused = {(each.event.place, each.event.context) for rule, each in said if each.refuses_call and _severity(rule, each) is Severity.ERROR}
    for rule, each in said:
        if refused and not each.refuses_call and isinstance(rule.evidence, Raises) and not refused.isdisjoint(_calls_around(each.event)):
            continue
        yield rule, each


def _calls_around(event: Event) -> Iterator[tuple[Place, Context | None]]:
    """The place of an event, and those of the calls that led to it, each with the way there."""
    yield event.place, event.context
    for link in event.context.links() if event.context is not None else ():
        yield link.place, link.parent


def _is_expected(evidence: Evidence, guards: tuple[str, ...]) -> bool:
    return isinstance(evidence, Raises) and any(_catches(guard, name) for guard in guards for name in evidence.exceptions)


def _catches(guard: str, name: str) -> bool:
    """Whether `except guard` catches an exception of this name."""
    if guard in ("", "Exception", "BaseException", name):
        return True
    for each in (name, *_BASES.get(name, ())):
        raised, caught = getattr(builtins, each, None), getattr(builtins, guard, None)
        if each == guard or (isinstance(raised, type) and isinstance(caught, type) and issubclass(raised, caught)):
            return True
    return False


_BASES = {
    "TracerBoolConversionError": ("ConcretizationTypeError", "TypeError", "JAXTypeError"),
    "TracerArrayConversionError": ("TypeError", "JAXTypeError"),
    "TracerIntegerConversionError": ("TypeError", "JAXTypeError"),
    "ConcretizationTypeError": ("TypeError", "JAXTypeError"),
    "NonConcreteBooleanIndexError": ("IndexError", "JAXIndexError"),
    "TraceContextError": ("FlaxError", "Exception"),
}


def _resolved_fix(document: Document, fix: Fix, flax: tuple[str, ...]) -> ResolvedFix | None:
    """The fix as edits, where it is one on all versions in force, and drops no comment."""
    if fix.flax and not all(releases.holds(fix.flax, version) for version in flax):
        return None
    edits = tuple(_edit(document, change) for change in fix.changes)
    if any(_comments(document.text[edit.span.start : edit.span.end]) - _comments(edit.text) for edit in edits):
        return None
    return ResolvedFix(fix.title, fix.safety, edits, fix.flax)


def _comments(source: str) -> Counter[str]:
    """The comments in a part of a program; one that has no line break has none."""
    found: Counter[str] = Counter()
    if "#" not in source or "\n" not in source:
        return found
    with suppress(tokenize.TokenError, SyntaxError):  # A part need not be whole: what was found up to there counts.
        found.update(token.string for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.COMMENT)
    return found


def _edit(document: Document, change: Change) -> Edit:
    span = document.span(change.place)
    text = "".join(part if isinstance(part, str) else _source(document, part) for part in change.text)
    match change.where:
        case Where.REPLACE:
            return Edit(span, text)
        case Where.BEFORE:
            return Edit(Span(span.start, span.start), text)
        case Where.AFTER:
            return Edit(Span(span.end, span.end), text)
        case Where.APPEND_ARGUMENT:
            node = document.node(change.place)
            last = node.arguments[-1] if isinstance(node, program.Call) and node.arguments else None
            place = Place(change.place.path, change.place.chunk, last.at) if last is not None else None
            return argument_appended(document.text, span, text, document.span(place) if place is not None else None)
        case Where.REMOVE_ARGUMENT:
            return argument_removed(document.text, span, Span(_call_start(document, span), len(document.text)))


def _call_start(document: Document, argument: Span) -> int:
    """Where the bracket or comma before an argument is looked for: the start of its line's statement is far enough."""
    return document.text.rfind("(", 0, argument.start)


def _source(document: Document, place: Place) -> str:
    span = document.span(place)
    return document.text[span.start : span.end]
