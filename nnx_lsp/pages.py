"""The pages of the rules in Markdown: what a rule says of itself, what running its programs did, and what it would have you write."""

from __future__ import annotations

from collections.abc import Sequence

from nnx_lsp.faults import Fault
from nnx_lsp.fixtures import Fixture, fixtures_of, folder
from nnx_lsp.outcomes import LINES, Outcome, Outcomes, recorded
from nnx_lsp.rule import Opinion, Raises, Retraces, Rule, Shows, Warns

_NOT_RECORDED = "not recorded"


def page(rule: Rule | Fault, own: Sequence[Fixture] | None = None) -> str:
    """The page of a rule; `own` are its fixtures, which are read where they are not given."""
    if isinstance(rule, Fault):
        return f"# {rule.name} ({rule.code})\n\n{rule.severity.value}\n\n{rule.page}"
    own = list(fixtures_of(folder(), rule.name)) if own is None else own
    parts = [f"# {rule.name} ({rule.code})", headline(rule), rule.page, *_shown(rule, own), *_fixes(rule, own), *_programs(rule, own)]
    return "\n\n".join(parts)


def brief(rule: Rule) -> str:
    """What fits beside the code: the rule's own words, what proves it, and for which versions."""
    proof = _proof(rule, list(fixtures_of(folder(), rule.name)))
    return "\n\n".join(part for part in (headline(rule), rule.page, proof) if part)


def headline(rule: Rule) -> str:
    """Severity, group, stage and versions in one line."""
    return " · ".join((rule.severity.value, rule.group.value, stage(rule), f"Flax {rule.flax}" if rule.flax else "every supported Flax"))


def stage(rule: Rule) -> str:
    """Whether a rule is `stable`, or in `preview`: then it is on only where it is chosen."""
    return "preview" if rule.is_preview else "stable"


# What happens ------------------------------------------------------------------------------------------------------


def example(own: Sequence[Fixture]) -> Fixture | None:
    """The bad program that is shown: the shortest of one file that has a twin, else the shortest of one file."""
    bad = [each for each in own if each.kind == "bad" and not each.files]
    twins = {each.name for each in own if each.kind != "bad"}
    return min(bad, key=lambda each: (each.name not in twins, len(each.text), each.name), default=None)


def _shown(rule: Rule, own: Sequence[Fixture]) -> list[str]:
    bad = example(own)
    if bad is None:
        return []
    right = next((each for kind in ("fixed", "good") for each in own if (each.kind, each.name) == (kind, bad.name)), None)
    parts = ["## What happens", f"`{bad.label}`:", _code(bad.text), _said(rule, bad, recorded())]
    if right is not None:
        words = "What the fix makes of it" if right.kind == "fixed" else "Right"
        parts += [f"{words} (`{right.label}`):", _code(_without_marks(right.text))]
    return parts


def _said(rule: Rule, fixture: Fixture, outcomes: Outcomes) -> str:
    """What running a bad program did, by Flax line; lines on which it did the same stand together."""
    record = outcomes.of(fixture, rule)
    if record is None:
        return f"Run on Flax {', '.join(LINES)}: {_NOT_RECORDED}."
    by_words: dict[str, list[str]] = {}
    for flax in LINES:
        by_words.setdefault(_words(rule, record.outcomes[flax]), []).append(flax)
    return "\n".join(["| Flax | when it is run |", "|--|--|", *(f"| {', '.join(flax)} | {_cell(words)} |" for words, flax in by_words.items())])


def _words(rule: Rule, outcome: Outcome) -> str:
    said = f"`{outcome.said.replace('`', chr(39))}`"
    if outcome.confirmed is False:
        return f"NOT CONFIRMED: {said if outcome.said else 'runs'}"
    if outcome.confirmed is None and not outcome.said:
        return "runs: no mistake there" if outcome.ran else "not meant for this version"
    if isinstance(rule.evidence, Warns) and outcome.said:
        return f"warns {said}"
    if outcome.said:
        return f"raises {said}"
    match rule.evidence:
        case Shows():
            return "runs; its asserts show the harm"
        case Retraces():
            return "runs; its asserts count the compilations"
        case _:
            return "runs"


def _proof(rule: Rule, own: Sequence[Fixture]) -> str:
    """One sentence: what running the shown program did on the newest line where it is a mistake."""
    bad = example(own)
    record = recorded().of(bad, rule) if bad is not None else None
    if record is None:
        return ""
    newest = next(((flax, each) for flax in reversed(LINES) if (each := record.outcomes[flax]).confirmed), None)
    return f"Run under Flax {newest[0]} it {_words(rule, newest[1])}." if newest is not None else ""


# Fixes and programs ------------------------------------------------------------------------------------------------


def _fixes(rule: Rule, own: Sequence[Fixture]) -> list[str]:
    """The fixes that were offered in the bad programs."""
    records = [recorded().of(each, rule) for each in own if each.kind == "bad"]
    fixes = sorted({fix for record in records if record is not None for fix in record.fixes})
    if not fixes:
        return ["## Fix", _NOT_RECORDED.capitalize() + "." if None in records else "None: there is no single cure."]
    safeties = {"safe": "safe: applied by `--fix`", "unsafe": "unsafe: applied by `--fix --unsafe-fixes`", "display": "only shown"}
    lines = [f"- {fix.title} ({safeties[fix.safety]}{f'; for Flax {fix.flax}' if fix.flax else ''})" for fix in fixes]
    return ["## Fix", "As offered in the programs below:", "\n".join(lines)]


def _programs(rule: Rule, own: Sequence[Fixture]) -> list[str]:
    """All programs of the rule with what they did."""
    if isinstance(rule.evidence, Opinion):
        return ["## Programs", f"Nothing can be shown by execution: {rule.evidence.why}"]
    rows = [_row("program", *LINES), f"|{'--|' * (len(LINES) + 1)}"]
    for fixture in own:
        record = recorded().of(fixture, rule)
        cells = [_short(record.outcomes[flax]) for flax in LINES] if record is not None else [_NOT_RECORDED] * len(LINES)
        rows.append(_row(f"`{fixture.label.partition('/')[2]}`", *cells))
    words = {
        Raises: "a bad one must raise on its marked line, a good one must run",
        Shows: "a bad one must run, and its asserts show the harm; a fixed one keeps these asserts, and one of them must fail",
        Warns: "a bad one must warn on its marked line",
        Retraces: "a bad one must run, and its asserts count the compilations",
    }
    return ["## Programs", f"Each was run under real JAX and Flax: {words[type(rule.evidence)]}. `-`: it is not meant for that version.", "\n".join(rows)]


def _short(outcome: Outcome) -> str:
    what = outcome.said.partition(":")[0] or ("runs" if outcome.ran else "-")
    return f"{what} NOT CONFIRMED" if outcome.confirmed is False else what


# All rules ---------------------------------------------------------------------------------------------------------


def summary(rules: Sequence[Rule], by_rule: dict[str, list[Fixture]]) -> str:
    """The table of rules by Flax line: how many programs confirm each there, or that it is out of range."""
    head = [_row("rule", *(f"Flax {flax}" for flax in LINES)), f"|{'--|' * (len(LINES) + 1)}"]
    return "\n".join([*head, *(_row(f"`{rule.name}`", *(_verdict(rule, by_rule.get(rule.name, []), flax) for flax in LINES)) for rule in rules)])


def lines(rules: Sequence[Rule], by_rule: dict[str, list[Fixture]]) -> str:
    """The table of Flax lines: how many rules and programs are confirmed on each."""
    records = [recorded().of(fixture, rule) for rule in rules for fixture in by_rule.get(rule.name, [])]
    rows = [_row("Flax", "jax", "rules confirmed", "out of range", "not confirmed", "programs that ran"), f"|{'--|' * 6}"]
    for flax in LINES:
        verdicts = [_verdict(rule, by_rule.get(rule.name, []), flax) for rule in rules]
        confirmed = sum(each.startswith("confirmed") for each in verdicts)
        out = verdicts.count("out of range")
        ran = sum(record.outcomes[flax].confirmed is not None for record in records if record is not None)
        rows.append(_row(flax, recorded().jax.get(flax, _NOT_RECORDED), str(confirmed), str(out), str(len(rules) - confirmed - out), str(ran)))
    return "\n".join(rows)


def _verdict(rule: Rule, own: Sequence[Fixture], flax: str) -> str:
    if not rule.applies(flax):
        return "out of range"
    found = [record.outcomes[flax].confirmed if (record := recorded().of(each, rule)) is not None else _NOT_RECORDED for each in own]
    if False in found:
        return "NOT CONFIRMED"
    confirmed = found.count(True)
    if _NOT_RECORDED in found:
        return f"{_NOT_RECORDED}; {confirmed} of {len(own)} confirmed" if confirmed else _NOT_RECORDED
    return f"confirmed ({confirmed})"


# Text --------------------------------------------------------------------------------------------------------------


def _code(text: str) -> str:
    return f"```python\n{text.rstrip()}\n```"


def _without_marks(text: str) -> str:
    """A fixed program without the marks that it kept from the bad one."""
    return "\n".join(line for line in text.split("\n") if not (line.lstrip().startswith("#") and "^ NNX" in line))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


__all__ = ["brief", "example", "headline", "page", "stage", "summary"]
