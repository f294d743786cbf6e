"""The engine: from a document and settings to findings with exact spans. It reads no disk, logs nothing and cannot fail."""

from __future__ import annotations

import builtins
import gc
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module

import msgspec

from nnx_lsp import program
from nnx_lsp.config import Settings
from nnx_lsp.facts import Facts
from nnx_lsp.faults import INTERNAL_ERROR, MALFORMED_SUPPRESSION, SYNTAX_ERROR, Fault
from nnx_lsp.knowledge import library
from nnx_lsp.program import Place
from nnx_lsp.rule import Change, Finding, Fix, Raises, Rule, RuleError, Safety, Where
from nnx_lsp.severity import Severity
from nnx_lsp.syntax.document import Document
from nnx_lsp.syntax.layout import argument_appended, argument_removed
from nnx_lsp.text import Edit, Span
from nnx_lsp.tracer.base import VERSION_GUARD
from nnx_lsp.tracer.trace import trace


class Related(msgspec.Struct, frozen=True):
    """One place on the way of a finding's value."""

    path: str
    span: Span
    message: str


class ResolvedFix(msgspec.Struct, frozen=True):
    """A fix as edits of the finding's own file."""

    title: str
    safety: Safety
    edits: tuple[Edit, ...]
    flax: str


class Diagnostic(msgspec.Struct, frozen=True):
    """A finding for its reader."""

    path: str
    code: str
    rule: str
    severity: Severity
    message: str
    span: Span
    related: tuple[Related, ...] = ()
    fix: ResolvedFix | None = None


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of the package `nnx_rules`, by code. Raises `RuleError` where two share a code or name."""
    package = import_module("nnx_rules")
    found: list[Rule] = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = import_module(f"nnx_rules.{info.name}")
        own = [value for value in vars(module).values() if isinstance(value, Rule)]
        if len(own) != 1 or own[0].name != info.name:
            raise RuleError(f"nnx_rules.{info.name} must define one rule of its own name, and defines {[rule.name for rule in own]}")
        found += own
    codes = [rule.code for rule in found]
    if len(set(codes)) != len(codes):
        raise RuleError(f"two rules share a code: {sorted(code for code in codes if codes.count(code) > 1)}")
    return tuple(sorted(found, key=lambda rule: rule.code))


def concerns(text: str) -> bool:
    """Whether a file can matter: it mentions flax, nnx or jax. No other file is parsed."""
    return "nnx" in text or "jax" in text or "flax" in text


def check(document: Document, settings: Settings) -> tuple[Diagnostic, ...]:
    """All findings of a document, in order of their place, without those that its comments silence."""
    if not concerns(document.text):
        return ()
    with paused_collection():
        return _checked(document, settings)


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


def _checked(document: Document, settings: Settings) -> tuple[Diagnostic, ...]:
    found = list(_syntax_findings(document, settings))
    known = library.load(settings.flax_version)
    flax = settings.flax_version or str(known.flax)
    try:
        facts = Facts(trace(document.module, known), known)
    except Exception as error:  # One failing file is one finding: the others are still checked.
        return (*found, _internal(document, settings, "the tracer", error))
    for rule in rules():
        if not settings.is_on(rule) or not rule.applies(flax):
            continue
        try:
            findings = _distinct(rule, list(rule.check(facts)))
            found += [_resolved(document, settings, rule, finding, flax) for finding in findings if finding.place.path == document.path]
        except Exception as error:  # One failing rule is one finding: the others still speak.
            found.append(_internal(document, settings, f"rule {rule.code} {rule.name}", error))
    return tuple(sorted(_audible(document, found), key=lambda each: (each.span, each.code)))


def _syntax_findings(document: Document, settings: Settings) -> list[Diagnostic]:
    found = [_own(document, settings, SYNTAX_ERROR, problem.span, problem.message) for problem in document.problems]
    found += [_own(document, settings, MALFORMED_SUPPRESSION, wrong.span, wrong.message) for wrong in document.malformed]
    return [each for each in found if each is not None]


def _own(document: Document, settings: Settings, fault: Fault, span: Span, message: str) -> Diagnostic | None:
    severity = settings.severity_of(fault) if settings.is_on(fault) else None
    return Diagnostic(document.path, fault.code, fault.name, severity, message, span) if severity is not None else None


def _internal(document: Document, settings: Settings, what: str, error: Exception) -> Diagnostic:
    del settings
    message = f"{what} failed with {type(error).__name__}: {error}"
    return Diagnostic(document.path, INTERNAL_ERROR.code, INTERNAL_ERROR.name, INTERNAL_ERROR.severity, message, Span(0, 0))


_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def _distinct(rule: Rule, findings: list[Finding]) -> list[Finding]:
    """One finding for each place: the most severe, then the one with the shortest path. What the user expects to raise is left out."""
    best: dict[Place, Finding] = {}
    for finding in findings:
        if VERSION_GUARD in finding.event.guards:  # The code asks for versions itself.
            continue
        if isinstance(rule.evidence, Raises) and _is_expected(rule.evidence, finding.event.guards):
            continue
        before = best.get(finding.place)
        if before is None or _weight(rule, finding) < _weight(rule, before):
            best[finding.place] = finding
    return list(best.values())


def _weight(rule: Rule, finding: Finding) -> tuple[int, int]:
    return _ORDER[finding.severity or rule.severity], len(finding.path)


def _is_expected(evidence: Raises, guards: tuple[str, ...]) -> bool:
    return any(_catches(guard, name) for guard in guards for name in evidence.exceptions)


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


def _resolved(document: Document, settings: Settings, rule: Rule, finding: Finding, flax: str) -> Diagnostic:
    severity = finding.severity or rule.severity
    if settings.overrides:
        severity = settings.severity_of(rule) or severity
    related = tuple(Related(step.place.path, document.span(step.place), step.message) for step in finding.path)
    fix = _resolved_fix(document, finding.fix, flax) if finding.fix is not None else None
    return Diagnostic(document.path, rule.code, rule.name, severity, finding.message, document.span(finding.place), related, fix)


def _resolved_fix(document: Document, fix: Fix, flax: str) -> ResolvedFix | None:
    from packaging.specifiers import SpecifierSet

    if not SpecifierSet(fix.flax).contains(flax, prereleases=True):
        return None
    edits = tuple(_edit(document, change) for change in fix.changes)
    return ResolvedFix(fix.title, fix.safety, edits, fix.flax)


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


def _audible(document: Document, found: list[Diagnostic]) -> list[Diagnostic]:
    comments = document.suppressions
    if not comments:
        return found
    kept: list[Diagnostic] = []
    for each in found:
        first = document.lines.position(each.span.start).row
        last = document.lines.position(max(each.span.end - 1, each.span.start)).row
        if each.code == INTERNAL_ERROR.code or not any(comment.covers(first, last, each.code, each.rule) for comment in comments):
            kept.append(each)
    return kept
