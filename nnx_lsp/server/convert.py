"""Findings, fixes and positions in the terms of LSP."""

from __future__ import annotations

from lsprotocol import types
from pygls import uris

from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.server.session import Shown
from nnx_lsp.severity import Severity
from nnx_lsp.text import Edit, Encoding, Lines, Span

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}


def to_range(lines: Lines, span: Span, encoding: Encoding) -> types.Range:
    """A span as an LSP range."""
    return types.Range(types.Position(*lines.units(span.start, encoding)), types.Position(*lines.units(span.end, encoding)))


def to_span(lines: Lines, given: types.Range, encoding: Encoding) -> Span:
    """An LSP range as a span."""
    start = lines.from_units(given.start.line, given.start.character, encoding)
    return Span(start, max(start, lines.from_units(given.end.line, given.end.character, encoding)))


def to_diagnostic(found: Diagnostic, shown: Shown, uri: str, encoding: Encoding) -> types.Diagnostic:
    """A finding as an LSP diagnostic, with the way of its value as related information."""
    lines = shown.document.lines
    related: list[types.DiagnosticRelatedInformation] = []
    for each in found.related:
        is_own = each.path == shown.document.path
        there = lines if is_own else shown.others.get(each.path)
        where = uri if is_own else uris.from_fs_path(each.path)
        if there is not None and where is not None:
            related.append(types.DiagnosticRelatedInformation(types.Location(where, to_range(there, each.span, encoding)), each.message))
    return types.Diagnostic(
        range=to_range(lines, found.span, encoding),
        message=found.message,
        severity=_SEVERITIES[found.severity],
        code=found.code,
        source="nnx-lint",
        related_information=related or None,
        tags=[types.DiagnosticTag.Deprecated] if found.rule.endswith("_deprecated") else None,
        data={"rule": found.rule},
    )


def to_edits(edits: tuple[Edit, ...], lines: Lines, encoding: Encoding) -> list[types.TextEdit]:
    """Edits as LSP text edits."""
    return [types.TextEdit(to_range(lines, edit.span, encoding), edit.text) for edit in edits]
