"""Edits of the arguments of a call: one put in or taken out with its comma."""

from __future__ import annotations

import re

from nnx_lsp.text import Edit, Span


def argument_appended(text: str, call: Span, argument: str, last: Span | None) -> Edit:
    """The edit that makes `argument` the last one of the call at `call`; `last` is its last argument's span, if it has any."""
    close = call.end - 1
    if last is None:
        return Edit(Span(close, close), argument)
    between = text[last.end : close]
    comma = _comma(between)
    if comma is not None:
        after = last.end + comma + 1
        newline = re.match(r"[ \t]*(?:\#[^\r\n]*)?(\r\n|\r|\n)([ \t]*)", text[after:close])
        if newline:
            line = text.rfind("\n", 0, last.start) + 1
            indent = re.match(r"[ \t]*", text[line:])
            return Edit(Span(after, after), f"{newline[1]}{indent[0] if indent else ''}{argument},")
        return Edit(Span(after, after), f" {argument},")
    return Edit(Span(last.end, last.end), f", {argument}")


def argument_removed(text: str, argument: Span, call: Span) -> Edit:
    """The edit that takes an argument out of a call, with the comma behind it, or before it where it is the last."""
    after = text[argument.end : call.end - 1]
    comma = _comma(after)
    if comma is not None and (rest := re.match(r"[ \t]*", after[comma + 1 :])) is not None:
        return Edit(Span(argument.start, argument.end + comma + 1 + len(rest[0])), "")
    start = argument.start
    before = text[call.start : start].rstrip()
    if before.endswith(","):
        start = call.start + len(before) - 1
    return Edit(Span(start, argument.end), "")


def _comma(between: str) -> int | None:
    """The offset of a comma in what stands between an argument and the closing bracket, comments aside."""
    for match in re.finditer(r"\#[^\r\n]*|,", between):
        if match[0] == ",":
            return match.start()
    return None
