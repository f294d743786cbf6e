"""The language server: it takes texts, has them checked on a worker thread, and publishes what is newest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from nnx_lsp import __version__, engine
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.fixes import fixed
from nnx_lsp.rule import Rule, Safety
from nnx_lsp.selection import named
from nnx_lsp.server import convert
from nnx_lsp.server.session import Checked, Configuration, checked
from nnx_lsp.text import Edit, Encoding, Span, applied

log = logging.getLogger("nnx_lsp.server")
FIX_ALL = "source.fixAll.nnx-lint"
_ENCODINGS = {
    types.PositionEncodingKind.Utf8: Encoding.UTF8,
    types.PositionEncodingKind.Utf16: Encoding.UTF16,
    types.PositionEncodingKind.Utf32: Encoding.UTF32,
}


class Server(LanguageServer):
    """The state of one server: the newest check of each open file, and what still waits for one."""

    def __init__(self) -> None:
        super().__init__("nnx-lsp", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
        self.results: dict[str, Checked] = {}
        self.waiting: dict[str, None] = {}
        self.configuration = Configuration({})
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="nnx-lint-check")
        self._task: asyncio.Task[None] | None = None

    @property
    def encoding(self) -> Encoding:
        """The unit of columns that was agreed with the client."""
        return _ENCODINGS.get(types.PositionEncodingKind(self.workspace.position_encoding), Encoding.UTF16)

    def schedule(self, uri: str) -> None:
        """Have a file checked at once; changes that come meanwhile are one later check of the newest text."""
        self.waiting.pop(uri, None)
        self.waiting[uri] = None
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        while self.waiting:
            uri, _ = self.waiting.popitem()  # The file that was edited last is checked first.
            try:
                await self._check(uri)
            except Exception:  # One failed check is logged; the server goes on.
                log.exception("the check of %s failed", uri)

    async def _check(self, uri: str) -> None:
        known = self.workspace.text_documents.get(uri)
        if known is None:
            return
        text, version = known.source, known.version or 0
        path = uris.to_fs_path(uri) or uri
        settings = self.configuration.settings(Path(path).parent)
        for complaint in self.configuration.complaints:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"nnx-lint: {complaint}"))
        self.configuration.complaints.clear()
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(self._worker, checked, path, text, version, self.results.get(uri), settings)
        now = self.workspace.text_documents.get(uri)
        if now is None:
            return
        self.results[uri] = result
        if (now.version or 0) != version:  # Stale: a newer text waits, and its check publishes.
            return
        self.publish(uri, result)

    def publish(self, uri: str, result: Checked) -> None:
        """Send the findings of a file for the version that they are of."""
        found = [convert.to_diagnostic(each, result.document, uri, self.encoding) for each in result.found]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, result.version))

    def current(self, uri: str) -> Checked | None:
        """The newest result, if it is of the text as it is now."""
        result, known = self.results.get(uri), self.workspace.text_documents.get(uri)
        return result if result is not None and known is not None and (known.version or 0) == result.version else None


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
            globs = [types.FileSystemWatcher(f"**/{name}") for name in ("pyproject.toml", "nnx-lint.toml")]
            options = types.DidChangeWatchedFilesRegistrationOptions(globs)
            registration = types.Registration("nnx-lint-configuration", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
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
        ls.results.pop(uri, None)
        ls.waiting.pop(uri, None)
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(ls: Server, _: types.DidChangeWatchedFilesParams) -> None:
        ls.configuration.reload()
        for uri in ls.workspace.text_documents:
            ls.schedule(uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(ls: Server, params: types.DidChangeConfigurationParams) -> None:
        table = _table(params.settings)
        ls.configuration.give(table) if table else ls.configuration.reload()
        for uri in ls.workspace.text_documents:
            ls.schedule(uri)

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
    def code_actions(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
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
            actions += _fix_all(ls, uri, result)
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
    text = rule.page if rule is not None else ""
    name = rule.name if isinstance(rule, Rule) else found.rule
    return f"**{name}** ({found.code}, {found.severity.value})\n\n{text}"


def _actions(ls: Server, uri: str, result: Checked, found: Diagnostic) -> list[types.CodeAction]:
    shown = convert.to_diagnostic(found, result.document, uri, ls.encoding)
    actions: list[types.CodeAction] = []
    if found.fix is not None:
        edit = _workspace_edit(ls, uri, result, found.fix.edits)
        is_preferred = found.fix.safety is Safety.SAFE
        actions.append(types.CodeAction(found.fix.title, types.CodeActionKind.QuickFix, [shown], is_preferred=is_preferred, edit=edit))
    comment = _suppression(result, found)
    title = f"Disable {found.code} ({found.rule}) on this line"
    actions.append(types.CodeAction(title, types.CodeActionKind.QuickFix, [shown], edit=_workspace_edit(ls, uri, result, (comment,))))
    return actions


def _suppression(result: Checked, found: Diagnostic) -> Edit:
    """The comment that silences a finding at the end of its first line."""
    lines = result.document.lines
    row = lines.position(found.span.start).row
    text = lines.line(row)
    end = lines.starts[row - 1] + len(text.rstrip())
    return Edit(Span(end, lines.starts[row - 1] + len(text)), f"  # nnx-lint: ignore[{found.rule}]")


def _fix_all(ls: Server, uri: str, result: Checked) -> list[types.CodeAction]:
    settings = ls.configuration.settings(Path(result.document.path).parent)
    after = fixed(result.document, lambda each: engine.check(each, settings), frozenset((Safety.SAFE,)))
    if after.text == result.document.text:
        return []
    whole = Edit(Span(0, len(result.document.text)), after.text)
    return [types.CodeAction("Apply all safe fixes of nnx-lint", FIX_ALL, edit=_workspace_edit(ls, uri, result, (whole,)))]


def _workspace_edit(ls: Server, uri: str, result: Checked, edits: tuple[Edit, ...]) -> types.WorkspaceEdit:
    """Edits of one file: for its version where the client knows versions, else plain."""
    made = convert.to_edits(edits, result.document.lines, ls.encoding)
    workspace = ls.client_capabilities.workspace
    support = workspace.workspace_edit if workspace else None
    if support is not None and support.document_changes:
        document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=result.version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, list(made))])
    return types.WorkspaceEdit(changes={uri: made})


__all__ = ["Server", "applied", "make"]
