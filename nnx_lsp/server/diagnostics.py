"""Findings for clients that ask: of one text, and of the whole workspace with progress, in parts, and given up when the client says so."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable

from lsprotocol import types
from pygls import uris

from nnx_lsp.server import convert
from nnx_lsp.server.server import Server
from nnx_lsp.server.session import Shown

log = logging.getLogger("nnx_lsp.server")
_PART = 50
"""How many files a part of an answer holds at most."""

Report = types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport


def register(server: Server) -> None:
    """Add these features to a server."""

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, types.DiagnosticOptions(True, False, "nnx-lint"))
    async def diagnostic(ls: Server, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        uri = params.text_document.uri
        shown = await ls.newest(uri)
        if shown is None or shown.opened.is_notebook:  # The findings of cells are published: clients do not ask for them.
            return types.RelatedFullDocumentDiagnosticReport([])
        found = convert.to_diagnostics(shown, ls.dialect).get(uri, [])
        name = convert.result_id(found)
        if name == params.previous_result_id:
            return types.RelatedUnchangedDocumentDiagnosticReport(name)
        return types.RelatedFullDocumentDiagnosticReport(found, result_id=name)


def register_workspace(server: Server) -> None:
    """Let the client ask for the findings of all files."""

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def workspace_diagnostic(ls: Server, params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        known = {each.uri: each.value for each in params.previous_result_ids}
        await scan(ls, params.work_done_token)
        every = [*ls.shown.values(), *(await ls.in_worker(ls.files.scanned)).values()]
        reports = [report for shown in every for report in _reports(ls, shown, known)]
        gone = known.keys() - {report.uri for report in reports}
        reports += [types.WorkspaceFullDocumentDiagnosticReport(uri, []) for uri in sorted(gone)]
        if params.partial_result_token is None:
            return types.WorkspaceDiagnosticReport(reports)
        for start in range(0, len(reports), _PART):
            part = types.WorkspaceDiagnosticReportPartialResult(reports[start : start + _PART])
            ls.progress(types.ProgressParams(params.partial_result_token, part))
        return types.WorkspaceDiagnosticReport([])


def _reports(ls: Server, shown: Shown, known: dict[str, str]) -> Iterable[Report]:
    if shown.opened.is_notebook:
        return
    for uri, found in convert.to_diagnostics(shown, ls.dialect).items():
        name = convert.result_id(found)
        version = next((sheet.version for sheet in shown.opened.sheets if sheet.uri == uri and uri in ls.texts.texts), None)
        if known.get(uri) == name:
            yield types.WorkspaceUnchangedDocumentDiagnosticReport(uri, name, version=version)
        else:
            yield types.WorkspaceFullDocumentDiagnosticReport(uri, found, version=version, result_id=name)


async def scan(ls: Server, token: types.ProgressToken | None = None) -> int:
    """Check all files of the workspace that are not open; how many there are. Progress is shown, and ends it where the client says so."""
    names = await ls.in_worker(lambda: ls.files.discovered(ls.texts.roots()))
    token = token if token is not None else await _progress_token(ls)
    progress = ls.work_done_progress
    done = 0
    if token is not None:
        progress.begin(token, types.WorkDoneProgressBegin(title="nnx-lint", cancellable=True, message=f"{len(names)} files", percentage=0))
    try:
        for name in names:
            if token is not None and progress.tokens[token].cancelled():
                log.info("the check of the workspace was given up after %d of %d files", done, len(names))
                break
            await ls.in_worker(lambda name=name: ls.files.scan(name))  # type: ignore[misc]  # One file at a time: what is typed comes between.
            done += 1
            if token is not None and done % 10 == 0:
                report = types.WorkDoneProgressReport(cancellable=True, message=f"{done} of {len(names)} files", percentage=100 * done // len(names))
                progress.report(token, report)
    finally:
        if token is not None:
            progress.end(token, types.WorkDoneProgressEnd(message=f"{done} of {len(names)} files"))
            progress.tokens.pop(token, None)
    return done


async def _progress_token(ls: Server) -> types.ProgressToken | None:
    """A token for progress that the server shows by itself, where the client shows any."""
    window = ls.client_capabilities.window
    if not (window and window.work_done_progress):
        return None
    token = str(uuid.uuid4())
    await ls.work_done_progress.create_async(token)
    return token


async def publish_workspace(ls: Server) -> int:
    """Check the whole workspace, and publish what is found in files that are not open; how many findings there are."""
    await scan(ls)
    found = await ls.in_worker(ls.files.scanned)
    for shown in found.values():
        for uri, each in convert.to_diagnostics(shown, ls.dialect).items():
            ls.send(uri, each)
    for path in ls.published - found.keys():
        if (uri := uris.from_fs_path(path)) is not None and path not in ls.opened:
            ls.send(uri, ())
    ls.published = set(found)
    return sum(len(shown.found) for shown in (*found.values(), *ls.shown.values()))


async def check_workspace(ls: Server) -> None:
    """Check the whole workspace by itself, where the client wants that and does not ask for it."""
    if ls.behaviour.diagnostic_mode != "workspace" or ls.pulls:
        return
    ls.scans_again = ls.is_scanning
    while not ls.is_scanning:
        ls.is_scanning, ls.scans_again = True, False
        try:
            await publish_workspace(ls)
        finally:
            ls.is_scanning = False
        if not ls.scans_again:
            return
