"""A plugin of python-lsp-server: where that is the one server of an editor for Python, as in JupyterLab, findings come beside those of its other plugins.

The entry point group `pylsp` leads here; pylsp turns it off with `"pylsp": {"plugins": {"nnx_lint": {"enabled": false}}}`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from pylsp import hookimpl

from nnx_lsp import baseline, config, engine, worker
from nnx_lsp.baseline import BaselineError
from nnx_lsp.diagnostic import Diagnostic, merged
from nnx_lsp.engine import Engine
from nnx_lsp.project import cache
from nnx_lsp.project.project import Project
from nnx_lsp.severity import Severity
from nnx_lsp.syntax import notebook
from nnx_lsp.text import Encoding, Lines, Span

_SEVERITIES = {Severity.ERROR: 1, Severity.WARNING: 2, Severity.INFO: 3}


class Opened(Protocol):
    """What is used of an open document of pylsp."""

    uri: str
    path: str
    source: str


class Opener(Protocol):
    """What is used of a workspace of pylsp."""

    @property
    def documents(self) -> dict[str, Opened]: ...

    @property
    def root_path(self) -> str: ...


class Checker:
    """One project for all workspaces of this process. pylsp asks from several threads; the checks are done one after the other on a
    thread of their own, for they need a large stack."""

    def __init__(self) -> None:
        self._worker = worker.checking()
        self._project = Project(cache.opened())
        self._engines: dict[config.Settings, Engine] = {}
        self._written: dict[str, str] = {}

    def findings(self, path: str, texts: dict[str, str], root: str) -> list[dict[str, Any]]:
        """The findings in one file as LSP diagnostics, without those that the baseline accepts; `texts` are those of all open files, by path."""
        return self._worker.submit(self._findings, path, texts, root).result()

    def _findings(self, path: str, texts: dict[str, str], root: str) -> list[dict[str, Any]]:
        for gone in self._written.keys() - texts.keys():
            self._project.drop(gone)
            del self._written[gone]
        self._project.refresh()
        for name, text in texts.items():
            if self._written.get(name) != text:
                self._project.register((name,))
                self._project.write(name, text)
                self._written[name] = text
        known = engine.usable()
        try:
            settings = config.load(Path(path).parent, lambda: known.rules)
        except config.ConfigError as error:
            return [_complaint(str(error))]
        settings, where = config.in_force(settings, Path(path).parent)
        if settings not in self._engines:
            self._engines[settings] = Engine(self._project, settings, every=known.rules)
        found = list(merged(((path, self._engines[settings].check(path).found),)).get(path, ()))
        wrong = [*known.wrong, *where.remarks]
        file = Path(settings.baseline) if settings.baseline is not None else baseline.nearest(Path(path).parent, Path(root))
        if file is not None and found:
            try:
                found = baseline.split(found, baseline.read(file), self._project.lines, file.parent).new
            except BaselineError as error:
                wrong.append(str(error))
        lines = self._project.lines(path)
        return [*map(_complaint, wrong), *(self._diagnostic(each, lines) for each in found)]

    def _diagnostic(self, found: Diagnostic, lines: Lines) -> dict[str, Any]:
        related = []
        for each in found.related:
            location = {"uri": Path(each.path).absolute().as_uri(), "range": _range(self._project.lines(each.path), each.span)}
            related.append({"location": location, "message": each.message})
        return {
            "source": "nnx-lint",
            "code": found.code,
            "range": _range(lines, found.span),
            "message": found.message,
            "severity": _SEVERITIES[found.severity],
            "tags": [2] if found.rule.endswith("_deprecated") else [],
            "relatedInformation": related,
        }


def _complaint(message: str) -> dict[str, Any]:
    nowhere = {"line": 0, "character": 0}
    return {"source": "nnx-lint", "range": {"start": nowhere, "end": nowhere}, "message": message, "severity": 2}


def _range(lines: Lines, span: Span) -> dict[str, dict[str, int]]:
    """A range in UTF-16, which is what pylsp speaks."""
    places = [lines.units(offset, Encoding.UTF16) for offset in (span.start, span.end)]
    start, end = ({"line": line, "character": character} for line, character in places)
    return {"start": start, "end": end}


def _text(document: Opened) -> str:
    """The program in a document. JupyterLab sends a notebook's cells as one text under the notebook's name."""
    is_notebook = document.path.endswith(notebook.SUFFIX) or document.uri.startswith("vscode-notebook-cell")
    return notebook.prepared(document.source) if is_notebook else document.source


def _python(documents: Iterable[Opened]) -> dict[str, str]:
    return {each.path: _text(each) for each in documents if each.path.endswith((".py", ".pyi", notebook.SUFFIX))}


_checker: list[Checker] = []
_first = threading.Lock()


@hookimpl
def pylsp_lint(workspace: Opener, document: Opened) -> list[dict[str, Any]]:
    """The hook of pylsp."""
    with _first:
        if not _checker:
            _checker.append(Checker())
    texts = _python(list(workspace.documents.values())) | {document.path: _text(document)}
    return _checker[0].findings(document.path, texts, workspace.root_path)
