"""Findings and edits in the terms of LSP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import msgspec
from lsprotocol import types
from pygls import uris

from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.server.session import Elsewhere, Shown
from nnx_lsp.server.texts import Opened, Sheet, to_range
from nnx_lsp.severity import Severity
from nnx_lsp.text import Edit, Encoding, Span

SOURCE = "nnx-lint"
"""Whose findings they are, as clients show it."""
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}
_UNNECESSARY = frozenset(["unused_suppression"])


class Dialect(msgspec.Struct, frozen=True):
    """What the client understands. `pages` are the addresses of the rules' pages by code; empty where it shows none."""

    encoding: Encoding
    has_related: bool = True
    has_versions: bool = True
    tags: frozenset[int] = frozenset()
    pages: Mapping[str, str] = {}
    has_document_changes: bool = False


def located(opened: Opened, span: Span, encoding: Encoding) -> tuple[Sheet, types.Range] | None:
    """The text that a span of a program stands in, and its range there. A span that goes on behind a cell ends with it."""
    sheet = opened.sheet(span.start)
    if sheet is None:
        return None
    size = len(sheet.lines.text)
    inside = Span(min(span.start - sheet.start, size), min(span.end - sheet.start, size))
    return sheet, to_range(sheet.lines, inside, encoding)


def to_diagnostics(shown: Shown, dialect: Dialect) -> dict[str, list[types.Diagnostic]]:
    """The findings of a file by the URI of the text that they stand in; of each of its texts, also of those without any."""
    by_uri: dict[str, list[types.Diagnostic]] = {sheet.uri: [] for sheet in shown.opened.sheets}
    for each in shown.found:
        place = located(shown.opened, each.span, dialect.encoding)
        if place is not None:
            by_uri[place[0].uri].append(to_diagnostic(each, shown, place[1], dialect))
    return by_uri


def to_diagnostic(found: Diagnostic, shown: Shown, where: types.Range, dialect: Dialect) -> types.Diagnostic:
    """A finding, with the way of its value as related information."""
    href = dialect.pages.get(found.code)
    return types.Diagnostic(
        range=where,
        message=found.message,
        severity=_SEVERITIES[found.severity],
        code=found.code,
        code_description=types.CodeDescription(href) if href is not None else None,
        source=SOURCE,
        related_information=list(_related(found, shown, dialect)) or None if dialect.has_related else None,
        tags=_tags(found, dialect),
        data={"rule": found.rule},
    )


def _related(found: Diagnostic, shown: Shown, dialect: Dialect) -> Iterable[types.DiagnosticRelatedInformation]:
    for each in found.related:
        there = shown.opened if each.path == shown.opened.path else shown.others.get(each.path)
        if there is not None and (location := to_location(each.path, there, each.span, dialect.encoding)) is not None:
            yield types.DiagnosticRelatedInformation(location, each.message)


def to_location(path: str, there: Elsewhere, span: Span, encoding: Encoding) -> types.Location | None:
    """A place in a file, which is open or not."""
    if isinstance(there, Opened):
        place = located(there, span, encoding)
        return types.Location(place[0].uri, place[1]) if place is not None else None
    uri = uris.from_fs_path(path)
    return types.Location(uri, to_range(there, span, encoding)) if uri is not None and span.end <= len(there.text) else None


def _tags(found: Diagnostic, dialect: Dialect) -> list[types.DiagnosticTag] | None:
    tags = []
    if found.rule.endswith("_deprecated"):
        tags.append(types.DiagnosticTag.Deprecated)
    if found.rule in _UNNECESSARY:
        tags.append(types.DiagnosticTag.Unnecessary)
    return [tag for tag in tags if tag.value in dialect.tags] or None


def result_id(found: Iterable[types.Diagnostic]) -> str:
    """A name for a list of diagnostics that is another as soon as one of them is."""
    return hashlib.blake2b(repr(list(found)).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def to_workspace_edit(opened: Opened, edits: Iterable[Edit], dialect: Dialect) -> types.WorkspaceEdit:
    """Edits of a program, in the texts that it is shown as: for their versions where the client knows versions, else plain."""
    by_uri: dict[str, tuple[Sheet, list[types.TextEdit]]] = {}
    for edit in edits:
        place = located(opened, edit.span, dialect.encoding)
        if place is not None and edit.span.end <= place[0].end:
            by_uri.setdefault(place[0].uri, (place[0], []))[1].append(types.TextEdit(place[1], edit.text))
    if not dialect.has_document_changes:
        return types.WorkspaceEdit(changes={uri: made for uri, (_, made) in by_uri.items()})
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=sheet.version), list(made))
            for uri, (sheet, made) in by_uri.items()
        ]
    )
