"""Code actions: the fix of a finding, comments that silence it, and all safe fixes of a file or notebook at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import msgspec
from lsprotocol import types

from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.fingerprint import Identity
from nnx_lsp.fixes import Fixed
from nnx_lsp.rule import Safety
from nnx_lsp.server import convert
from nnx_lsp.server.server import ACCEPT, FIX_ALL, FIX_NOTEBOOK, Server
from nnx_lsp.server.session import Shown
from nnx_lsp.server.texts import Opened, Sheet, to_span
from nnx_lsp.syntax.notebook import Cell, edited
from nnx_lsp.syntax.suppressions import silencing, silencing_file
from nnx_lsp.text import Edit, Span

_KINDS = [types.CodeActionKind.QuickFix, FIX_ALL, FIX_NOTEBOOK]


def register(server: Server) -> None:
    """Add these features to a server."""

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(_KINDS, resolve_provider=True))
    async def code_actions(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        shown = await ls.newest(uri)
        sheet = shown.opened.sheet_of(uri) if shown is not None else None
        if shown is None or sheet is None:
            return []
        actions: list[types.CodeAction] = []
        if _is_wanted("quickfix", params.context):
            asked = to_span(sheet.lines, params.range, ls.dialect.encoding).shifted(sheet.start)
            here = [each for each in shown.found if each.span.start <= asked.end and asked.start <= each.span.end]
            here = [each for each in here if sheet.start <= each.span.start <= sheet.end]
            here = [each for each in here if _is_meant(ls, shown, each, params.context)]
            named = await ls.in_worker(lambda: ls.files.baselines.identities(shown.opened.path, here, shown.opened.written))
            known_by = {id(each): identity for each, identity in named}
            for each in here:
                about = _about(ls, shown, each, params.context)
                actions += _fix(ls, shown, each, about)
                if not (params.context.diagnostics and _is_all(asked, sheet, each)):
                    actions += _comments(ls, shown, each, about)
                    actions += _acceptance(shown, each, known_by.get(id(each)), about)
        has_any = any(each.fix is not None and each.fix.safety is Safety.SAFE for each in shown.found)
        for kind in (FIX_ALL, FIX_NOTEBOOK) if has_any and params.context.only else ():
            if not _is_wanted(kind, params.context) or (kind is FIX_NOTEBOOK and not shown.opened.is_notebook):
                continue
            action = types.CodeAction("Apply all safe fixes of nnx-lint", kind, data={"uri": uri, "kind": kind})
            if _can_resolve(ls):
                actions.append(action)
            elif (edit := await fix_all(ls, shown, sheet if kind is FIX_ALL else None)) is not None:
                action.edit = edit
                actions.append(action)
        return actions

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(ls: Server, action: types.CodeAction) -> types.CodeAction:
        uri = str(action.data.get("uri")) if isinstance(action.data, dict) else ""
        shown = await ls.newest(uri)
        if shown is not None:
            is_notebook = isinstance(action.data, dict) and action.data.get("kind") == FIX_NOTEBOOK
            action.edit = await fix_all(ls, shown, None if is_notebook else shown.opened.sheet_of(uri))
        return action


def _is_wanted(kind: str, context: types.CodeActionContext) -> bool:
    """Whether the client asks for a kind: for it, for one that it is a part of, or for any."""
    only = [str(getattr(each, "value", each)) for each in context.only or ()]
    return not only or any(not each or kind == each or kind.startswith(f"{each}.") for each in only)


def _is_meant(ls: Server, shown: Shown, found: Diagnostic, context: types.CodeActionContext) -> bool:
    """Whether the client asks of a finding. One that names some means those: Kate names one, asks for the whole file, and applies all it gets."""
    named = [each for each in context.diagnostics if each.source == convert.SOURCE]
    return not named or any(_is_same(ls, shown, found, each) for each in named)


def _is_same(ls: Server, shown: Shown, found: Diagnostic, named: types.Diagnostic) -> bool:
    place = convert.located(shown.opened, found.span, ls.dialect.encoding)
    return place is not None and named.range == place[1] and named.code == found.code


def _can_resolve(ls: Server) -> bool:
    """Whether the client keeps an action's data and asks for its edit later."""
    document = ls.client_capabilities.text_document
    action = document.code_action if document else None
    return bool(action and action.data_support and action.resolve_support and "edit" in action.resolve_support.properties)


def _is_all(asked: Span, sheet: Sheet, found: Diagnostic) -> bool:
    """Whether a client asks for a whole text. Where it names findings too, nobody chooses among the answers: they are no place for comments that silence."""
    return asked != found.span and asked.start <= sheet.start and asked.end >= sheet.start + len(sheet.lines.text)


def _about(ls: Server, shown: Shown, found: Diagnostic, context: types.CodeActionContext) -> list[types.Diagnostic]:
    """A finding as the client names it, else as we do."""
    place = convert.located(shown.opened, found.span, ls.dialect.encoding)
    assert place is not None  # It stands in a text that is open.
    own = [each for each in context.diagnostics if _is_same(ls, shown, found, each)]
    return own or [convert.to_diagnostic(found, shown, place[1], ls.dialect)]


def _fix(ls: Server, shown: Shown, found: Diagnostic, about: list[types.Diagnostic]) -> Iterator[types.CodeAction]:
    if found.fix is not None:
        edit = convert.to_workspace_edit(shown.opened, found.fix.edits, ls.dialect)
        is_preferred = found.fix.safety is Safety.SAFE
        yield types.CodeAction(found.fix.title, types.CodeActionKind.QuickFix, about, is_preferred=is_preferred, edit=edit)


def _comments(ls: Server, shown: Shown, found: Diagnostic, about: list[types.Diagnostic]) -> Iterator[types.CodeAction]:
    name = f"{found.code} ({found.rule})"
    lines = shown.opened.written
    line = silencing(lines.text, lines, found.span, found.rule)
    file = silencing_file(lines.text, lines, found.rule, shown.opened.sheets[0].start)
    for edit_, where in ((line, "on this line"), (file, "in this notebook" if shown.opened.is_notebook else "in this file")):
        if edit_ is not None:
            made = convert.to_workspace_edit(shown.opened, (edit_,), ls.dialect)
            yield types.CodeAction(f"Disable {name} {where}", types.CodeActionKind.QuickFix, about, edit=made)


def _acceptance(shown: Shown, found: Diagnostic, known_by: Identity | None, about: list[types.Diagnostic]) -> Iterator[types.CodeAction]:
    if known_by is not None:
        command = types.Command("Accept in the baseline", ACCEPT, arguments=[shown.opened.uri, msgspec.to_builtins(known_by)])
        yield types.CodeAction(f"Accept {found.code} ({found.rule}) in the baseline", types.CodeActionKind.QuickFix, about, command=command)


async def fix_all(ls: Server, shown: Shown, only: Sheet | None) -> types.WorkspaceEdit | None:
    """All safe fixes of a file or notebook, or of one of its texts alone; `None` where there are none."""
    after = await ls.in_worker(lambda: ls.files.fixed(shown.opened.path))
    if after is None or not after.applied:
        return None
    edits = [edit for sheet, edit in _changes(shown.opened, after) if only is None or sheet is only]
    return convert.to_workspace_edit(shown.opened, edits, ls.dialect) if edits else None


def _changes(opened: Opened, after: Fixed) -> Iterator[tuple[Sheet, Edit]]:
    """The lines that fixes change, in each text."""
    cells = [Cell(index, sheet.lines.text, sheet.start) for index, sheet in enumerate(opened.sheets)]
    texts = edited(cells, after.rounds) if opened.is_notebook else (after.text,)
    for sheet, text in zip(opened.sheets, texts, strict=True):
        old, new = sheet.lines.text.splitlines(keepends=True), text.splitlines(keepends=True)
        offsets = [0]
        for line in old:
            offsets.append(offsets[-1] + len(line))
        for kind, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if kind != "equal":
                yield sheet, Edit(Span(offsets[start], offsets[end]).shifted(sheet.start), "".join(new[first:last]))
