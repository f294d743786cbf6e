"""The texts that a client has open: its changes applied as LSP means them, and the cells of a notebook as one program."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache

import msgspec
from lsprotocol import types
from pygls import uris
from pygls.workspace import Workspace

from nnx_lsp.syntax import notebook
from nnx_lsp.text import Encoding, Lines, Span

_ENCODINGS = {
    types.PositionEncodingKind.Utf8: Encoding.UTF8,
    types.PositionEncodingKind.Utf16: Encoding.UTF16,
    types.PositionEncodingKind.Utf32: Encoding.UTF32,
}
_CELL = "vscode-notebook-cell"
"""The scheme of cells that a client shows as documents of their own."""


class Text(msgspec.Struct, frozen=True):
    """One open text in one version."""

    uri: str
    language: str
    version: int
    lines: Lines


class Sheet(msgspec.Struct, frozen=True):
    """A text on which findings are shown: the whole of a file, or one cell of a notebook, which starts at an offset of the program."""

    uri: str
    version: int
    start: int
    lines: Lines

    @property
    def end(self) -> int:
        """Where it ends in the program."""
        return self.start + len(self.lines.text)


class Opened(msgspec.Struct, frozen=True, eq=False):
    """A file as the client has it open: its program, and the texts that it is shown as."""

    path: str
    uri: str
    text: str
    sheets: tuple[Sheet, ...]

    @property
    def is_notebook(self) -> bool:
        """Whether the client told of cells."""
        return any(sheet.uri != self.uri for sheet in self.sheets)

    @property
    def breaks(self) -> tuple[int, ...]:
        """The starts of a notebook's cells."""
        return tuple(sheet.start for sheet in self.sheets) if self.is_notebook else ()

    @property
    def written(self) -> Lines:
        """The lines as they are written, also of what is no Python; cells one behind another."""
        if not self.is_notebook:
            return self.sheets[0].lines
        return Lines("".join(f"{sheet.lines.text}\n" for sheet in self.sheets))

    def sheet(self, offset: int) -> Sheet | None:
        """The text that an offset of the program stands in."""
        index = bisect_right([sheet.start for sheet in self.sheets], offset) - 1
        return self.sheets[index] if index >= 0 else None

    def sheet_of(self, uri: str) -> Sheet | None:
        """The text of a URI."""
        return next((sheet for sheet in self.sheets if sheet.uri == uri), None)


class Texts(Workspace):
    """The texts and notebooks that are open, by the very URIs that the client uses.

    It stands in the place of the workspace of pygls, which finds a text by its decoded URI and ends lines where LSP does not (at form feeds).
    """

    def __init__(self, encoding: Encoding, folders: Iterable[types.WorkspaceFolder], root: str | None) -> None:
        units = next(name for name, each in _ENCODINGS.items() if each is encoding)
        super().__init__(root, workspace_folders=list(folders), position_encoding=units)
        self.encoding = encoding
        self.texts: dict[str, Text] = {}
        self._notebook_of: dict[str, str] = {}

    def put_text_document(self, text_document: types.TextDocumentItem, notebook_uri: str | None = None) -> None:
        """Take a text that was opened."""
        self.texts[text_document.uri] = Text(text_document.uri, text_document.language_id, text_document.version, Lines(text_document.text))
        if notebook_uri:
            self._notebook_of[text_document.uri] = notebook_uri

    def update_text_document(self, text_doc: types.VersionedTextDocumentIdentifier, change: types.TextDocumentContentChangeEvent) -> None:
        """Apply a change to a text."""
        before = self.texts.get(text_doc.uri)
        if before is None:
            return
        text = change.text
        if isinstance(change, types.TextDocumentContentChangePartial):
            span, whole = to_span(before.lines, change.range, self.encoding), before.lines.text
            text = whole[: span.start] + text + whole[span.end :]
        self.texts[text_doc.uri] = Text(before.uri, before.language, text_doc.version, Lines(text))

    def remove_text_document(self, doc_uri: str) -> None:
        """Let go of a text that was closed."""
        self.texts.pop(doc_uri, None)
        self._notebook_of.pop(doc_uri, None)

    def owner(self, uri: str) -> str:
        """The notebook that a cell belongs to; any other URI stands for itself."""
        return self._notebook_of.get(uri, uri)

    def opened(self, uri: str) -> Opened | None:
        """A file or notebook as it is now; `None` where it is not open, or no Python."""
        found = self.get_notebook_document(notebook_uri=uri)
        if found is not None:
            return self._notebook(uri, found)
        text = self.texts.get(uri)
        if text is None or not _is_python(text):
            return None
        source = text.lines.text
        program = _prepared(source) if uri.startswith(_CELL) or uri.endswith(notebook.SUFFIX) else source
        return Opened(path_of(uri), uri, program, (Sheet(uri, text.version, 0, text.lines),))

    def _notebook(self, uri: str, found: types.NotebookDocument) -> Opened:
        sheets: list[Sheet] = []
        parts: list[str] = []
        start = 0
        for cell in found.cells:
            text = self.texts.get(cell.document)
            if text is None or cell.kind is not types.NotebookCellKind.Code or text.language.lower() != "python":
                continue
            sheets.append(Sheet(text.uri, text.version, start, text.lines))
            parts.append(_prepared(text.lines.text) + "\n")
            start += len(parts[-1])
        return Opened(path_of(uri), uri, "".join(parts), tuple(sheets))

    def every(self) -> list[str]:
        """The URIs of all files and notebooks that are open."""
        return list(dict.fromkeys(self.owner(uri) for uri in self.texts))

    def roots(self) -> list[str]:
        """The paths of the folders that the client works in."""
        given = [folder.uri for folder in self.folders.values()] or ([self.root_uri] if self.root_uri else [])
        return [path for uri in given if (path := uris.to_fs_path(uri)) is not None]


def plain(path: str, text: str, version: int = 0) -> Opened:
    """A file that is shown as one text."""
    uri = uris.from_fs_path(path) or path
    return Opened(path, uri, text, (Sheet(uri, version, 0, Lines(text)),))


def path_of(uri: str) -> str:
    """The path of a document; for one that is no file its URI."""
    return uris.to_fs_path(uri) or uri


def encoding_of(capabilities: types.ClientCapabilities) -> Encoding:
    """The unit of columns: the first of the client's that we know; UTF-16 where it names none (LSP 3.17)."""
    offered = capabilities.general.position_encodings if capabilities.general else None
    known = {str(getattr(name, "value", name)): each for name, each in _ENCODINGS.items()}
    return next((known[name] for each in offered or () if (name := str(getattr(each, "value", each))) in known), Encoding.UTF16)


def to_range(lines: Lines, span: Span, encoding: Encoding) -> types.Range:
    """A span of a text as an LSP range."""
    return types.Range(types.Position(*lines.units(span.start, encoding)), types.Position(*lines.units(span.end, encoding)))


def to_span(lines: Lines, given: types.Range, encoding: Encoding) -> Span:
    """An LSP range as a span of a text."""
    start = lines.from_units(given.start.line, given.start.character, encoding)
    return Span(start, max(start, lines.from_units(given.end.line, given.end.character, encoding)))


def _is_python(text: Text) -> bool:
    if text.uri.endswith(notebook.SUFFIX) and text.lines.text.lstrip()[:1] == "{":
        return False  # The notebook's JSON; what is shown of it is not for us to say.
    return text.language.lower() in ("python", "") or (text.uri.endswith((".py", ".pyi")) and text.language.lower() != "json")


@lru_cache(512)
def _prepared(source: str) -> str:
    return notebook.prepared(source)


__all__ = ["Opened", "Sheet", "Text", "Texts", "encoding_of", "path_of", "plain", "to_range", "to_span"]
