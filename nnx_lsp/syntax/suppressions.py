"""Comments that silence findings: `# nnx-lint: ignore[rule] -- reason`, `ignore-next-line`, `ignore-file`, and `# noqa: NNX101`."""

from __future__ import annotations

import difflib
import re

import msgspec

from nnx_lsp.text import Edit, Lines, Span

COMMENT = re.compile(
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
    for token in COMMENT.finditer(text):
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


# Writing them -------------------------------------------------------------------------------------------------------

_CODING = re.compile(r"[ \t\f]*#.*?coding[:=]")


def silencing(text: str, lines: Lines, span: Span, rule: str) -> Edit | None:
    """The edit that silences a rule for what stands at a span, in a comment on its first line that can have one or else on the line before.

    A comment that silences others already is made longer. `None` where no comment can stand: inside of a long string.
    """
    known, _ = suppressions(text, lines)
    first, last = lines.position(span.start).row, lines.position(max(span.end - 1, span.start)).row
    for comment in known:
        if comment.first == comment.last and first <= comment.first <= last and (edit := _extended(text, comment, rule)) is not None:
            return edit
    for row in range(first, last + 1):
        if _takes_comment(text, lines, row):
            return _behind(lines, row, f"  # nnx-lint: ignore[{rule}]")
    if first == 1 or _takes_comment(text, lines, first - 1):
        line = lines.line(first)
        indent = line[: len(line) - len(line.lstrip())]
        start = lines.starts[first - 1]
        return Edit(Span(start, start), f"{indent}# nnx-lint: ignore-next-line[{rule}]\n")
    return None


def silencing_file(text: str, lines: Lines, rule: str, start: int = 0) -> Edit:
    """The edit that silences a rule in a whole file: in a comment that does so for others already, else at its start (`start`: of a notebook's cell),
    behind a line that names an interpreter or an encoding."""
    for comment in suppressions(text, lines)[0]:
        if (comment.first, comment.last) == (1, len(lines.starts)) and (edit := _extended(text, comment, rule)) is not None:
            return edit
    row = lines.position(start).row
    while row < len(lines.starts) and (lines.line(row).startswith(("#!", "%%")) or (row <= 2 and _CODING.match(lines.line(row)))):
        row += 1
    return Edit(Span(lines.starts[row - 1], lines.starts[row - 1]), f"# nnx-lint: ignore-file[{rule}]\n")


def _extended(text: str, comment: Suppression, rule: str) -> Edit | None:
    """The edit that puts one more rule into a comment of ours that names some."""
    end = text.find("]", comment.span.start, comment.span.end)
    if not comment.rules or end < 0 or not _OWN.match(text, comment.span.start):
        return None
    return Edit(Span(end, end), f", {rule}")


def _takes_comment(text: str, lines: Lines, row: int) -> bool:
    """Whether a comment can stand at the end of a row: the row ends in no string, and no backslash continues it."""
    start = lines.starts[row - 1]
    end = start + len(lines.line(row))
    if text[start:end].rstrip().endswith("\\"):
        return False
    return not any(token["string"] is not None and token.start() < end < token.end() for token in COMMENT.finditer(text, 0, len(text)))


def _behind(lines: Lines, row: int, comment: str) -> Edit:
    start, line = lines.starts[row - 1], lines.line(row)
    return Edit(Span(start + len(line.rstrip()), start + len(line)), comment)
