"""The state of the server: it takes texts, has them checked on a worker thread, and publishes what is newest."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from nnx_lsp import __version__, config, worker
from nnx_lsp.project import cache
from nnx_lsp.server import convert, rulepages, settings
from nnx_lsp.server.convert import Dialect
from nnx_lsp.server.observations import Observatory
from nnx_lsp.server.session import Shown, Workspace
from nnx_lsp.server.texts import Opened, Texts, encoding_of, path_of

if TYPE_CHECKING:
    from pygls.server import ServerErrors

log = logging.getLogger("nnx_lsp.server")
Result = TypeVar("Result")

_GIVES_BACK = 100
"""After so many checks memory is given back."""
_CELLS_OF_PYTHON = types.NotebookDocumentFilterWithCells(cells=[types.NotebookCellLanguage("python")])
FIX_ALL = "source.fixAll.nnx-lint"
FIX_NOTEBOOK = "notebook.source.fixAll.nnx-lint"
ACCEPT = "nnx-lint.accept"
"""The command that accepts a finding: the URI of its file, and what it is known by."""


class _Protocol(LanguageServerProtocol):
    """The protocol of pygls, which keeps the future of every notification for ever: those that are over are let go."""

    def _handle_notification(self, method_name: str, params: Any) -> None:
        super()._handle_notification(method_name, params)
        for number in [number for number, future in self._request_futures.items() if future.done()]:
            del self._request_futures[number]


class Times(msgspec.Struct):
    """How long checks took: how many there were, and the last ones in seconds."""

    count: int = 0
    last: list[float] = []

    def note(self, seconds: float) -> None:
        """One more."""
        self.count += 1
        self.last = [*self.last[-99:], seconds]


class Server(LanguageServer):
    """One server: what is shown of each open file, and the changes that wait for a check."""

    def __init__(self) -> None:
        super().__init__(
            "nnx-lsp",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Incremental,
            notebook_document_sync=types.NotebookDocumentSyncOptions([_CELLS_OF_PYTHON], save=True),
            protocol_cls=_Protocol,
        )
        self.dialect = Dialect(encoding_of(types.ClientCapabilities()))
        self.behaviour = settings.Behaviour()
        self.pulls = False
        """Whether the client asks for findings; it is then sent none, but for the cells of notebooks, which clients do not ask for."""
        self.opened: dict[str, Opened] = {}
        """The files that are open, by path, in the version that was last given to the worker."""
        self.shown: dict[str, Shown] = {}
        self.times = Times()
        self.options: dict[str, object] = {}
        """What the client gave at the start."""
        self.given: dict[str, dict[str, object]] = {}
        """What the client set, by root."""
        self._store = cache.opened()
        self.files = Workspace(settings.Configuration(), self._store)
        self.observatory = Observatory(self.files)
        self._waiting: dict[str, str] = {}
        """The files that wait for a check: paths with their URIs."""
        self._chores: list[Callable[[], None]] = []
        """What the worker does before the next check."""
        self._is_done = True
        self._must_pull = False
        self._shows_pages = False
        self.published: set[str] = set()
        """The files that are not open and whose findings the client was sent."""
        self.is_scanning = self.scans_again = False
        """Whether the whole workspace is being checked, and has changed meanwhile."""
        self._worker = worker.checking()
        self._task: asyncio.Task[None] | None = None
        self._tick: asyncio.Future[None] | None = None

    @property
    def texts(self) -> Texts:
        """The texts that are open."""
        assert isinstance(self.workspace, Texts)  # It is put there before anything else.
        return self.workspace

    # What the client said ------------------------------------------------------------------------------------------

    def begin(self, params: types.InitializeParams) -> None:
        """Learn what the client understands."""
        capabilities = params.capabilities
        document, workspace = capabilities.text_document, capabilities.workspace
        published = document.publish_diagnostics if document else None
        tags = published.tag_support.value_set if published and published.tag_support else ()
        self.dialect = Dialect(
            encoding_of(capabilities),
            has_related=bool(published and published.related_information),
            has_versions=bool(published and published.version_support),
            tags=frozenset(tag.value for tag in tags),
            has_document_changes=bool(workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes),
        )
        self.pulls = bool(document and document.diagnostic)
        root = params.root_uri or (f"file://{params.root_path}" if params.root_path else None)
        self.protocol._workspace = Texts(self.dialect.encoding, params.workspace_folders or (), root)
        self.options = settings.table(params.initialization_options)
        self.set({"": self.options})
        self._shows_pages = bool(published and published.code_description_support)

    def set(self, given: dict[str, dict[str, object]]) -> None:
        """Take the client's settings, by root."""
        self.given = given
        try:
            self.behaviour = settings.behaviour(given.get("", {}))
        except config.ConfigError as error:
            self.complain(str(error))
        logging.getLogger("nnx_lsp").setLevel(self.behaviour.log_level.upper())
        self.refresh()

    def complain(self, message: str) -> None:
        """Tell the user what is wrong."""
        log.error("%s", message)
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"nnx-lint: {message}"))

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:
        """A mistake of ours is no message for the user."""
        log.error("%s", error, exc_info=error)

    async def offer_pages(self) -> None:
        """Let findings name the pages of their rules, as soon as these are written; checks come between."""
        if not self._shows_pages:
            return
        pages = rulepages.written(rulepages.folder())
        found: dict[str, str] = {}
        while (each := await self.in_worker(lambda: next(pages, None))) is not None:
            found[each[0]] = each[1]
        self.dialect = msgspec.structs.replace(self.dialect, pages=found)
        for shown in self.shown.values():
            if self.current(shown.opened.uri) is shown and shown.found:
                self.publish(shown)
        self.ask_to_pull()

    # Checks --------------------------------------------------------------------------------------------------------

    def chore(self, work: Callable[[], None]) -> None:
        """Have the worker do something before the next check, and have all checked anew that it touches."""
        self._chores.append(work)
        self._go_on()

    def schedule(self, *uris: str) -> None:
        """Have files checked at once; changes that come meanwhile are one later check of the newest texts."""
        self._waiting.update((path_of(uri), uri) for uri in uris)
        self._go_on()

    def refresh(self) -> None:
        """See what changed on the disk, or in the client's settings and folders."""
        given, roots = self.given, self.texts.roots()
        self.chore(lambda: self.files.configuration.give(given, roots))
        self.chore(self.files.refresh)

    def _go_on(self) -> None:
        self._is_done = False
        if self._task is None or self._task.done():
            with contextlib.suppress(RuntimeError):  # Before the loop runs there is nothing to check.
                self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        while not self._is_done:
            try:
                await self._round()
            except Exception:  # One failed check is logged; the server goes on.
                log.exception("a check failed")
            finally:
                if self._tick is not None and not self._tick.done():
                    self._tick.set_result(None)
                self._tick = None
        if self._must_pull:
            self._must_pull = False
            self.ask_to_pull()

    async def _round(self) -> None:
        waiting, self._waiting = self._waiting, {}
        chores, self._chores = self._chores, []
        self._is_done = True
        changes = {path: self.texts.opened(uri) for path, uri in waiting.items()}
        for path, opened in changes.items():
            if opened is None:
                self.opened.pop(path, None)
                self.shown.pop(path, None)
            else:
                self.opened[path] = opened
        news, is_done, complaints = await self.in_worker(lambda: self._work(chores, changes))
        self._is_done = self._is_done and is_done
        for message in complaints:
            self.complain(message)
        for path, shown in news.items():
            if shown.opened is not self.opened.get(path):
                continue
            self.shown[path] = shown
            if path not in self._waiting:  # Else it is stale: a newer text waits, and its check publishes.
                self.publish(shown)
                self._must_pull = self._must_pull or path not in changes

    def _work(self, chores: list[Callable[[], None]], changes: Mapping[str, Opened | None]) -> tuple[dict[str, Shown], bool, list[str]]:
        begun = time.perf_counter()
        for chore in chores:
            chore()
        self.files.write(changes)
        news, is_done = self.files.step()
        complaints = self.files.configuration.complaints
        self.files.configuration.complaints = []
        self.times.note(time.perf_counter() - begun)
        if self.times.count % _GIVES_BACK == 0:
            _give_back()
        return news, is_done, complaints

    async def in_worker(self, work: Callable[[], Result]) -> Result:
        """Do something on the thread that checks, in its turn."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def publish(self, shown: Shown) -> None:
        """Send the findings of a file, each for the version of the text that it stands in."""
        if self.pulls and not shown.opened.is_notebook:
            return
        by_uri = convert.to_diagnostics(shown, self.dialect)
        for sheet in shown.opened.sheets:
            self.send(sheet.uri, by_uri[sheet.uri], sheet.version)

    def send(self, uri: str, found: Iterable[types.Diagnostic], version: int | None = None) -> None:
        """Publish what is found in a text."""
        known = version if self.dialect.has_versions else None
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, list(found), known))

    def current(self, uri: str) -> Shown | None:
        """The newest findings, if they are of the text as it is now."""
        path = path_of(self.texts.owner(uri))
        shown = self.shown.get(path)
        return shown if shown is not None and path not in self._waiting and shown.opened is self.opened.get(path) else None

    async def newest(self, uri: str) -> Shown | None:
        """The findings of the text as it is now, as soon as they are known; `None` where it is not open."""
        while (found := self.current(uri)) is None and not self._is_done_for_now:
            if self._tick is None:
                self._tick = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._tick)
        return found

    @property
    def _is_done_for_now(self) -> bool:
        return self._task is None or self._task.done()

    def ask_to_pull(self) -> None:
        """Tell a client that pulls, and takes such words, that files changed what is found in others."""
        workspace = self.client_capabilities.workspace
        if self.pulls and workspace and workspace.diagnostics and workspace.diagnostics.refresh_support:
            self.workspace_diagnostic_refresh(None)

    def shutdown(self) -> None:
        """End; what waits is left undone."""
        self._worker.submit(self._store.close)  # The file of the cache is made smaller where it has grown.
        self._worker.shutdown(wait=False)
        super().shutdown()  # type: ignore[no-untyped-call]  # pygls declares no type


def _give_back() -> None:
    """Give the system what the C library keeps of memory that was freed: after a large file was parsed, that is many megabytes. Takes some milliseconds."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # Not every C library can.
            ctypes.CDLL(None).malloc_trim(0)


__all__ = ["ACCEPT", "FIX_ALL", "FIX_NOTEBOOK", "Server"]
