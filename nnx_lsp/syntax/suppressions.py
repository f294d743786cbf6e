"""Comments that silence findings: `# nnx-lint: ignore[rule] -- reason`, `ignore-next-line`, `ignore-file`, and `# noqa: NNX101`."""

from __future__ import annotations

import difflib
import re

import msgspec

from nnx_lsp.text import Lines, Span

_COMMENT = re.compile(
    r"(?P<string>\"{3}(?:[^\\\"]|\\.|\"(?!\"\"))*\"{3}|'{3}(?:[^\\']|\\.|'(?!''))*'{3}|\"(?:[^\"\\\r\n]|\\.)*\"?|'(?:[^'\\\r\n]|\\.)*'?)"
    r"|(?P<comment>\#[^\r\n]*)",
    re.DOTALL,
)
_OWN = re.compile(r"#\s*nnx-lint:\s*(?P<kind>[\w-]+)\s*(?:\[(?P<rules>[^\]]*)\])?\s*(?:--\s*(?P<reason>.*))?")
NOQA = re.compile(r"#\s*noqa\b(?P<colon>\s*:\s*(?P<codes>[A-Za-z0-9_]+(?:[,\s]+[A-Za-z]+[0-9]+)*))?", re.IGNORECASE)
KINDS = ("ignore", "ignore-next-line", "ignore-file")


class Suppression(msgspec.Struct, frozen=True):
    """One comment. `rules` are codes, code prefixes or names (empty: all); `first` and `last` bound the rows that it covers."""

    rules: tuple[str, ...]
    reason: str
    span: Span
    first: int
    last: int
    kind: str = "ignore"
    """One of `KINDS`, or `noqa`."""

    def covers(self, first: int, last: int, code: str, name: str) -> bool:
        """Whether it silences a rule for something that stands on these rows."""
        if last < self.first or self.last < first:
            return False
        return not self.rules or any(named_by(rule, code, name) for rule in self.rules)


def named_by(selector: str, code: str, name: str) -> bool:
    """Whether what stands in a comment names a rule: its code, the start of it, or its name."""
    return selector == name or code.startswith(selector)


def codes(listed: str) -> list[str]:
    """The codes behind `noqa:`."""
    return [code for code in re.split(r"[,\s]+", listed) if code]


class Malformed(msgspec.Struct, frozen=True):
    """A comment that looks like a suppression and is none."""

    span: Span
    message: str


def suppressions(text: str, lines: Lines) -> tuple[tuple[Suppression, ...], tuple[Malformed, ...]]:
    """The suppressions of a text, and the comments that are meant as such and are wrong."""
    if "nnx-lint" not in text and "noqa" not in text.lower():
        return (), ()
    found: list[Suppression] = []
    wrong: list[Malformed] = []
    for token in _COMMENT.finditer(text):
        comment = token["comment"]
        if comment is None:
            continue
        if own := _OWN.search(comment):
            span = Span(token.start() + own.start(), token.end())
            row = lines.position(token.start()).row
            if own["kind"] not in KINDS:
                near = difflib.get_close_matches(own["kind"], KINDS, n=1)
                hint = f"; the nearest is `{near[0]}`" if near else ""
                wrong.append(Malformed(span, f"`{own['kind']}` is none of {', '.join(KINDS)}{hint}"))
                continue
            rules = tuple(part.strip() for part in (own["rules"] or "").split(",") if part.strip())
            first, last = {"ignore": (row, row), "ignore-next-line": (row + 1, row + 1)}.get(own["kind"], (1, len(lines.starts)))
            found.append(Suppression(rules, (own["reason"] or "").strip(), span, first, last, own["kind"]))
        elif noqa := NOQA.search(comment):
            ours = tuple(code.upper() for code in codes(noqa["codes"] or "") if code.upper().startswith("NNX"))
            if noqa["colon"] and not ours:
                continue
            row = lines.position(token.start()).row
            found.append(Suppression(ours, "", Span(token.start() + noqa.start(), token.end()), row, row, "noqa"))
    return tuple(found), tuple(wrong)
