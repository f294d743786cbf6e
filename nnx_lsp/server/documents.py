"""What the client tells: its settings, the texts that it opens, changes and closes, and the files that change on the disk."""

from __future__ import annotations

import contextlib
import logging

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from nnx_lsp import baseline
from nnx_lsp.project import versions
from nnx_lsp.server import settings
from nnx_lsp.server.diagnostics import check_workspace, register_workspace
from nnx_lsp.server.logs import connect
from nnx_lsp.server.server import Server
from nnx_lsp.server.texts import path_of

log = logging.getLogger("nnx_lsp.server")

_WATCHED = (*versions.WATCHED, baseline.NAME, "pyproject.toml", "nnx-lint.toml", "pyvenv.cfg", "*.py")
"""The files whose change may change what is found."""


def register(server: Server) -> None:
    """Add these features to a server."""

    @server.feature(types.INITIALIZE)
    def initialize(ls: Server, params: types.InitializeParams) -> None:
        connect(ls)
        ls.begin(params)
        if ls.pulls and ls.behaviour.diagnostic_mode == "workspace":
            register_workspace(ls)
        client = params.client_info
        log.info("client %s, columns in %s", f"{client.name} {client.version or ''}".strip() if client else "without a name", ls.dialect.encoding.value)

    @server.feature(types.INITIALIZED)
    async def initialized(ls: Server, _: types.InitializedParams) -> None:
        await _watch(ls)
        await _ask_settings(ls)
        await ls.offer_pages()
        await check_workspace(ls)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        ls.schedule(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        ls.schedule(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        ls.refresh()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        ls.schedule(params.text_document.uri)
        if not ls.pulls:
            ls.send(params.text_document.uri, ())

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def notebook_opened(ls: Server, params: types.DidOpenNotebookDocumentParams) -> None:
        ls.schedule(params.notebook_document.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def notebook_changed(ls: Server, params: types.DidChangeNotebookDocumentParams) -> None:
        ls.schedule(params.notebook_document.uri)
        structure = params.change.cells.structure if params.change.cells else None
        for cell in (structure.did_close if structure else None) or ():
            ls.send(cell.uri, ())

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)
    def notebook_saved(ls: Server, params: types.DidSaveNotebookDocumentParams) -> None:
        ls.refresh()

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def notebook_closed(ls: Server, params: types.DidCloseNotebookDocumentParams) -> None:
        ls.schedule(params.notebook_document.uri)
        for cell in params.cell_text_documents:
            ls.send(cell.uri, ())

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        log.info("changed on the disk: %s", ", ".join(sorted({path_of(change.uri) for change in params.changes})[:5]))
        ls.refresh()
        await check_workspace(ls)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(ls: Server, params: types.DidChangeConfigurationParams) -> None:
        given = settings.table(params.settings)
        if given:
            ls.set({"": given})
        else:
            await _ask_settings(ls)
            ls.refresh()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def folders_changed(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
        await _ask_settings(ls)
        ls.refresh()


async def _watch(ls: Server) -> None:
    """Ask the client to tell of files that change, and of settings."""
    workspace = ls.client_capabilities.workspace
    registrations: list[types.Registration] = []
    if workspace and workspace.did_change_watched_files and workspace.did_change_watched_files.dynamic_registration:
        watchers = [types.FileSystemWatcher(f"**/{name}") for name in dict.fromkeys(_WATCHED)]
        watched = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        registrations.append(types.Registration("nnx-lint-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watched))
    if workspace and workspace.did_change_configuration and workspace.did_change_configuration.dynamic_registration:
        section = types.DidChangeConfigurationRegistrationOptions(settings.SECTION)
        registrations.append(types.Registration("nnx-lint-settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section))
    if registrations:
        with contextlib.suppress(JsonRpcException):  # A client that refuses tells of nothing; saving a file is seen all the same.
            await ls.client_register_capability_async(types.RegistrationParams(registrations))


async def _ask_settings(ls: Server) -> None:
    """Ask the client for its settings, for each of its folders and for all; what it does not say, stays as it was given at the start."""
    workspace = ls.client_capabilities.workspace
    if not (workspace and workspace.configuration):
        return
    folders = list(ls.texts.folders.values())
    items = [types.ConfigurationItem(section=settings.SECTION), *(types.ConfigurationItem(folder.uri, settings.SECTION) for folder in folders)]
    try:
        answers = await ls.workspace_configuration_async(types.ConfigurationParams(items))
    except JsonRpcException as error:
        log.warning("the client gives no settings: %s", error)
        return
    given = {"": ls.options | settings.table(answers[0])} if answers else dict(ls.given)
    for folder, answer in zip(folders, answers[1:], strict=False):
        given[path_of(folder.uri)] = settings.table(answer)
    ls.set(given)
