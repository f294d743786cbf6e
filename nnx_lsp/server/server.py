"""The language server: it takes texts, has them checked on a worker thread, and publishes what is newest."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from nnx_lsp import __version__, engine, pages
from nnx_lsp.config import Settings
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.fixes import Fixed
from nnx_lsp.project import cache
from nnx_lsp.rule import Rule, Safety
from nnx_lsp.selection import named
from nnx_lsp.server import convert
from nnx_lsp.server.session import Configuration, Shown, Workspace
from nnx_lsp.text import Edit, Encoding, Span

log = logging.getLogger("nnx_lsp.server")
_STACK = 64 * 1024 * 1024
FIX_ALL = "source.fixAll.nnx-lint"
_ENCODINGS = {
    types.PositionEncodingKind.Utf8: Encoding.UTF8,
    types.PositionEncodingKind.Utf16: Encoding.UTF16,
    types.PositionEncodingKind.Utf32: Encoding.UTF32,
}


class Server(LanguageServer):
    """The state of one server: what is shown of each open file, and the changes that wait for a check."""

    def __init__(self) -> None:
        super().__init__("nnx-lsp", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
        self.shown: dict[str, Shown] = {}
        """By path."""
        self.waiting: dict[str, bool] = {}
        """The files that wait for a check, by URI: whether they are open."""
        self.must_refresh = False
        self.configuration = Configuration({})
        self.files = Workspace(cache.opened())
        self._uris: dict[str, str] = {}
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))
        before = threading.stack_size(_STACK)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="nnx-lint-check")
        self._worker.submit(int).result()  # The thread starts here, with the large stack.
        threading.stack_size(before)
        self._task: asyncio.Task[None] | None = None

    @property
    def encoding(self) -> Encoding:
        """The unit of columns that was agreed with the client."""
        return _ENCODINGS.get(types.PositionEncodingKind(self.workspace.position_encoding), Encoding.UTF16)

    def schedule(self, *given: str, is_open: bool = True, refresh: bool = False) -> None:
        """Have files checked at once; changes that come meanwhile are one later check of the newest texts."""
        self.waiting.update((uri, is_open) for uri in given)
        self.must_refresh = self.must_refresh or refresh
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        while self.waiting or self.must_refresh:
            waiting, self.waiting = self.waiting, {}
            must_refresh, self.must_refresh = self.must_refresh, False
            try:
                await self._check(waiting, refresh=must_refresh)
            except Exception:  # One failed check is logged; the server goes on.
                log.exception("the check of %s failed", ", ".join(waiting))

    async def _check(self, waiting: Mapping[str, bool], *, refresh: bool) -> None:
        changes: dict[str, tuple[str, int, Settings] | None] = {}
        for uri in waiting:
            path = self.path(uri)
            known = self.workspace.text_documents.get(uri)
            if known is None:
                changes[path] = None
                self.shown.pop(path, None)
                continue
            self._uris[path] = uri
            changes[path] = known.source, known.version or 0, self.configuration.settings(Path(path).parent)
        for complaint in self.configuration.complaints:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"nnx-lint: {complaint}"))
        self.configuration.complaints.clear()
        loop = asyncio.get_running_loop()
        news = await loop.run_in_executor(self._worker, self._update, changes, refresh)
        for path, shown in news.items():
            uri = self._uris[path]
            now = self.workspace.text_documents.get(uri)
            if now is None:
                continue
            self.shown[path] = shown
            if (now.version or 0) == shown.version:  # Else it is stale: a newer text waits, and its check publishes.
                self.publish(uri, shown)

    def _update(self, changes: Mapping[str, tuple[str, int, Settings] | None], refresh: bool) -> dict[str, Shown]:
        if refresh:
            self.files.refresh()
        return self.files.update(changes)

    @staticmethod
    def path(uri: str) -> str:
        """The path of a document; for one that is no file its URI."""
        return uris.to_fs_path(uri) or uri

    def publish(self, uri: str, shown: Shown) -> None:
        """Send the findings of a file for the version that they are of."""
        found = [convert.to_diagnostic(each, shown, uri, self.encoding) for each in shown.found]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, shown.version))

    def current(self, uri: str) -> Shown | None:
        """The newest findings, if they are of the text as it is now."""
        shown, known = self.shown.get(self.path(uri)), self.workspace.text_documents.get(uri)
        return shown if shown is not None and known is not None and (known.version or 0) == shown.version else None

    async def fixed(self, path: str) -> Fixed | None:
        """A file after all its safe fixes."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, self.files.fixed, path)


def make() -> Server:
    """A server with all its features."""
    server = Server()

    @server.feature(types.INITIALIZE)
    def initialize(ls: Server, params: types.InitializeParams) -> None:
        ls.configuration.give(_table(params.initialization_options))

    @server.feature(types.INITIALIZED)
    def initialized(ls: Server, _: types.InitializedParams) -> None:
        capabilities = ls.client_capabilities.workspace
        watched = capabilities.did_change_watched_files if capabilities else None
        if watched is not None and watched.dynamic_registration:
            globs = [types.FileSystemWatcher(f"**/{name}") for name in ("pyproject.toml", "nnx-lint.toml", "*.py")]
            options = types.DidChangeWatchedFilesRegistrationOptions(globs)
            registration = types.Registration("nnx-lint-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            ls.client_register_capability(types.RegistrationParams([registration]))

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        ls.schedule(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        ls.schedule(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        ls.schedule(uri, is_open=False)
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(ls: Server, _: types.DidChangeWatchedFilesParams) -> None:
        ls.configuration.reload()
        ls.schedule(*ls.workspace.text_documents, refresh=True)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        ls.schedule(params.text_document.uri, refresh=True)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(ls: Server, params: types.DidChangeConfigurationParams) -> None:
        table = _table(params.settings)
        ls.configuration.give(table) if table else ls.configuration.reload()
        ls.schedule(*ls.workspace.text_documents)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
        result = ls.current(params.text_document.uri)
        if result is None:
            return None
        offset = result.document.lines.from_units(params.position.line, params.position.character, ls.encoding)
        here = [each for each in result.found if each.span.start <= offset <= each.span.end]
        if not here:
            return None
        texts = list(dict.fromkeys(_page(each) for each in here))
        span = convert.to_range(result.document.lines, here[0].span, ls.encoding)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(texts)), span)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix, FIX_ALL]))
    async def code_actions(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        result = ls.current(uri)
        if result is None:
            return []
        only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
        span = convert.to_span(result.document.lines, params.range, ls.encoding)
        actions: list[types.CodeAction] = []
        if not only or any("quickfix".startswith(kind) for kind in only):
            here = [each for each in result.found if each.span.start <= span.end and span.start <= each.span.end]
            actions += [action for each in here for action in _actions(ls, uri, result, each)]
        if any(FIX_ALL.startswith(kind) for kind in only):
            actions += await _fix_all(ls, uri, result)
        return actions

    return server


def _table(options: object) -> dict[str, object]:
    """The settings among what a client sends: under `settings`, under `nnx-lint`, or none."""
    if isinstance(options, Mapping):
        for key in ("settings", "nnx-lint"):
            inner = options.get(key)
            if isinstance(inner, Mapping):
                return {str(name): value for name, value in inner.items()}
    return {}


def _page(found: Diagnostic) -> str:
    rule = named(found.code, engine.rules())
    text = pages.brief(rule) if isinstance(rule, Rule) else rule.page if rule is not None else ""
    return f"**{found.rule}** ({found.code}, {found.severity.value})\n\n{text}"


def _actions(ls: Server, uri: str, result: Shown, found: Diagnostic) -> list[types.CodeAction]:
    shown = convert.to_diagnostic(found, result, uri, ls.encoding)
    actions: list[types.CodeAction] = []
    if found.fix is not None:
        edit = _workspace_edit(ls, uri, result, found.fix.edits)
        is_preferred = found.fix.safety is Safety.SAFE
        actions.append(types.CodeAction(found.fix.title, types.CodeActionKind.QuickFix, [shown], is_preferred=is_preferred, edit=edit))
    comment = _suppression(result, found)
    title = f"Disable {found.code} ({found.rule}) on this line"
    actions.append(types.CodeAction(title, types.CodeActionKind.QuickFix, [shown], edit=_workspace_edit(ls, uri, result, (comment,))))
    return actions


def _suppression(result: Shown, found: Diagnostic) -> Edit:
    """The comment that silences a finding at the end of its first line."""
    lines = result.document.lines
    row = lines.position(found.span.start).row
    text = lines.line(row)
    end = lines.starts[row - 1] + len(text.rstrip())
    return Edit(Span(end, lines.starts[row - 1] + len(text)), f"  # nnx-lint: ignore[{found.rule}]")


async def _fix_all(ls: Server, uri: str, result: Shown) -> list[types.CodeAction]:
    after = await ls.fixed(result.document.path)
    if after is None or after.text == result.document.text:
        return []
    whole = Edit(Span(0, len(result.document.text)), after.text)
    return [types.CodeAction("Apply all safe fixes of nnx-lint", FIX_ALL, edit=_workspace_edit(ls, uri, result, (whole,)))]


def _workspace_edit(ls: Server, uri: str, result: Shown, edits: tuple[Edit, ...]) -> types.WorkspaceEdit:
    """Edits of one file: for its version where the client knows versions, else plain."""
    made = convert.to_edits(edits, result.document.lines, ls.encoding)
    workspace = ls.client_capabilities.workspace
    support = workspace.workspace_edit if workspace else None
    if support is not None and support.document_changes:
        document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=result.version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, list(made))])
    return types.WorkspaceEdit(changes={uri: made})


__all__ = ["Server", "make"]
