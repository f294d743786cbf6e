"""What is shown beside the code: the pages of findings, and what the walk knows of a name that a type checker does not."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from lsprotocol import types

from nnx_lsp import engine, pages
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.facts import Step
from nnx_lsp.observations import Observation
from nnx_lsp.rule import Rule
from nnx_lsp.selection import named
from nnx_lsp.server import convert
from nnx_lsp.server.server import Server
from nnx_lsp.server.session import Shown
from nnx_lsp.server.texts import Sheet, to_span
from nnx_lsp.text import Span


def register(server: Server) -> None:
    """Add these features to a server."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        shown = await ls.newest(uri)
        sheet = shown.opened.sheet_of(uri) if shown is not None else None
        if shown is None or sheet is None:
            return None
        at = sheet.start + sheet.lines.from_units(params.position.line, params.position.character, ls.dialect.encoding)
        here = [each for each in shown.found if each.span.start <= at <= each.span.end]
        texts = list(dict.fromkeys(_page(each) for each in here))
        seen = await ls.in_worker(lambda: ls.observatory.at(shown))
        spans = [span for span in seen if span.start <= at < span.end]
        if spans:
            nearest = min(spans, key=lambda span: span.end - span.start)
            texts += await ls.in_worker(lambda: [_words(ls, shown, each) for each in seen[nearest]])
        where = here[0].span if here else nearest if spans else None
        place = convert.located(shown.opened, where, ls.dialect.encoding) if where is not None else None
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(texts)), place[1]) if place is not None else None

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hints(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
        uri = params.text_document.uri
        shown = await ls.newest(uri) if ls.behaviour.inlay_hints else None
        sheet = shown.opened.sheet_of(uri) if shown is not None else None
        if shown is None or sheet is None:
            return []
        seen = await ls.in_worker(lambda: ls.observatory.at(shown))
        asked = to_span(sheet.lines, params.range, ls.dialect.encoding).shifted(sheet.start)
        return list(_hints(ls, sheet, {span: each for span, each in sorted(seen.items()) if asked.start <= span.start <= asked.end}))


def _hints(ls: Server, sheet: Sheet, seen: dict[Span, tuple[Observation, ...]]) -> Iterator[types.InlayHint]:
    """A word behind each name that is bound: `traced`, `static`, the kind of a Variable; nothing where it is not one in all cases."""
    for span, observations in seen.items():
        shorts = {each.short for each in observations if each.is_bound}
        short = shorts.pop() if len(shorts) == 1 else ""
        name = observations[0].name
        end = span.start + len(name)
        if short and sheet.start <= span.start and end <= sheet.end and sheet.lines.text[span.start - sheet.start : end - sheet.start] == name:
            line, column = sheet.lines.units(end - sheet.start, ls.dialect.encoding)
            tooltip = types.MarkupContent(types.MarkupKind.Markdown, f"`{name}`: {observations[0].text}")
            yield types.InlayHint(types.Position(line, column), short, types.InlayHintKind.Type, tooltip=tooltip, padding_left=True)


def _page(found: Diagnostic) -> str:
    rule = named(found.code, engine.usable().rules)
    text = pages.brief(rule) if isinstance(rule, Rule) else rule.page if rule is not None else ""
    return f"**{found.rule}** ({found.code}, {found.severity.value})\n\n{text}"


def _words(ls: Server, shown: Shown, each: Observation) -> str:
    return "\n".join([f"`{each.name}`: {each.text}", *(f"- {_at(ls, shown, step)}" for step in each.steps)])


def _at(ls: Server, shown: Shown, step: Step) -> str:
    """A step of the way, with a link to its place where it is known."""
    document = ls.files.project.document(step.place.path)
    if document is None or not document.knows(step.place):
        return step.message
    there = ls.opened.get(step.place.path) or document.lines
    location = convert.to_location(step.place.path, there, document.span(step.place), ls.dialect.encoding)
    if location is None:
        return step.message
    row = location.range.start.line + 1
    return f"{step.message} ([{unquote(location.uri.rpartition('/')[2].partition('#')[0])}:{row}]({location.uri}#L{row}))"
