"""SARIF 2.1.0: relative addresses, fingerprints that stay when code moves, the way of the value as a code flow, fixes, and what is suppressed."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import quote

from nnx_lsp import __version__, engine
from nnx_lsp.cli.report import Report, Style
from nnx_lsp.diagnostic import Diagnostic, Silenced
from nnx_lsp.faults import FAULTS, Fault
from nnx_lsp.fingerprint import fingerprints
from nnx_lsp.rule import Rule
from nnx_lsp.severity import Severity
from nnx_lsp.text import Span

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")
"""What SARIF would take for a link inside a message."""
_CONTEXT = {"%SRCROOT%": {"description": {"text": "The folder that nnx-lint was run in."}}}


def render(report: Report, style: Style) -> str:
    """One log with one run."""
    shown = report.every + report.silenced
    named = {each.code for each in shown}
    known: tuple[Rule | Fault, ...] = (*FAULTS, *engine.rules())
    kinds = [kind for kind in known if kind.code in named]
    indices = {kind.code: index for index, kind in enumerate(kinds)}
    results = [_result(each, print_, indices, report) for each, print_ in zip(shown, fingerprints(shown, report.lines), strict=True)]
    run = {
        "tool": {"driver": {"name": "nnx-lint", "version": __version__, "semanticVersion": __version__, "rules": [_kind(kind) for kind in kinds]}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": _CONTEXT,
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _kind(kind: Rule | Fault) -> dict[str, object]:
    made: dict[str, object] = {
        "id": kind.code,
        "name": kind.name,
        "shortDescription": {"text": f"{kind.summary}."},
        "fullDescription": {"text": kind.page},
        "help": {"text": kind.page, "markdown": kind.page},
        "defaultConfiguration": {"level": _LEVELS[kind.severity]},
    }
    if isinstance(kind, Rule):
        made["properties"] = {"tags": [kind.group.value], "problem.severity": {"info": "recommendation"}.get(kind.severity.value, kind.severity.value)}
    return made


def _result(each: Diagnostic, fingerprint: str, indices: dict[str, int], report: Report) -> dict[str, object]:
    note = report.located(each.path, each.span).note
    made: dict[str, object] = {
        "ruleId": each.code,
        "ruleIndex": indices[each.code],
        "level": _LEVELS[each.severity],
        "message": _message(note + each.message),
        "locations": [_location(each.path, each.span, report)],
        "partialFingerprints": {"nnxLint/v1": fingerprint},
    }
    if each.related:
        steps = [(step.path, step.span, step.message) for step in each.related] + [(each.path, each.span, each.message)]
        flow = [{"location": _location(path, span, report) | {"message": _message(text)}} for path, span, text in steps]
        made["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    if each.fix is not None and not note:
        replacements = [{"deletedRegion": _region(each.path, edit.span, report), "insertedContent": {"text": edit.text}} for edit in each.fix.edits]
        change = {"artifactLocation": _address(each.path), "replacements": replacements}
        made["fixes"] = [{"description": _message(f"{each.fix.title} ({each.fix.safety.value})"), "artifactChanges": [change]}]
    if each.silenced is not None:
        made["suppressions"] = [_suppression(each.silenced)]
    return made


def _suppression(silenced: Silenced) -> dict[str, object]:
    made: dict[str, object] = {"kind": "inSource" if silenced.at is not None else "external", "status": "accepted"}
    return made | ({"justification": silenced.reason} if silenced.reason else {})


def _message(text: str) -> dict[str, str]:
    return {"text": _LINK.sub(r"\\[", text)}


def _location(path: str, span: Span, report: Report) -> dict[str, object]:
    return {"physicalLocation": {"artifactLocation": _address(path), "region": _region(path, span, report)}}


def _region(path: str, span: Span, report: Report) -> dict[str, int]:
    at = report.located(path, span)
    return {"startLine": at.start.row, "startColumn": at.start.column, "endLine": at.end.row, "endColumn": at.end.column}


def _address(path: str) -> dict[str, str]:
    relative = os.path.relpath(path) if os.path.isabs(path) else os.path.normpath(path)  # noqa: PTH117
    if relative == os.pardir or relative.startswith(os.pardir + os.sep):
        return {"uri": Path(path).absolute().as_uri()}
    return {"uri": quote(relative.replace(os.sep, "/"), errors="surrogateescape"), "uriBaseId": "%SRCROOT%"}
