"""What must hold for any text: escaping, baselines, fingerprints, comments."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from nnx_lsp import baseline
from nnx_lsp.cli import escaping
from nnx_lsp.fingerprint import Identity, symbol
from nnx_lsp.syntax.decode import UnreadableError, decode
from nnx_lsp.syntax.document import parse
from nnx_lsp.syntax.markdown import programs
from nnx_lsp.syntax.suppressions import silencing
from nnx_lsp.text import Lines, Span, applied

settings.register_profile("patient", deadline=None)  # A busy machine is no failure.
settings.load_profile("patient")

TEXT = st.text(st.one_of(st.characters(), st.sampled_from("`#[]:%;|<>*_~\\\x1b\r\n\t\u202e@!&")), max_size=60)
ROWS = ("x = f(1)", "    y = '''", "'''", "(", ")", "\\", "# noqa: NNX101", "# nnx-lint: ignore[a] -- b", "def f():", "é", "\t", "")
CODE = st.lists(st.sampled_from(ROWS), max_size=12)
TYPED = st.one_of(st.sampled_from((*ROWS, '"""', '"', "'", "\n", "@a\n", "else:\n", "[", "]", "import a\n", " ")), st.characters())
PAGE = ("```python", "```", "~~~py", "~~~", "> ```python", "1. x", "   ```python", "   y = 1", "import jax", "x = 1", "", "\t", "> ")


@given(TEXT)
def test_no_control_character_and_no_command_is_left(text: str) -> None:
    for escape in (escaping.terminal, escaping.github, escaping.github_property, escaping.azure, escaping.markdown, escaping.xml):
        shown = escape(text)
        assert not any(char < " " and char != "\t" for char in shown)
        assert "\u202e" not in shown
        assert "##[" not in shown
    assert not escaping.path(text).lstrip().startswith("::")


@given(TEXT)
def test_markdown_shows_the_text_and_nothing_else(text: str) -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(f"| a |\n|--|\n| x{escaping.markdown(text)}x |\n")
    inline = [child for token in tokens if token.type == "inline" for child in token.children or ()]
    assert {child.content for child in inline if child.type == "html_inline"} <= {"<code>", "</code>"}
    assert {child.type for child in inline} <= {"text", "text_special", "html_inline"}
    shown = "".join(child.content for child in inline if child.type != "html_inline").removeprefix("a")
    expected = escaping.terminal(text).replace("\t", " ")
    assert shown == f"x{expected if expected.count('`') % 2 else expected.replace('`', '')}x"


@given(st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT, st.integers(1, 5)), max_size=5))
def test_a_baseline_is_read_as_it_was_written(entries: list[tuple[str, str, str, str, int]]) -> None:
    counts = {Identity(*entry[:4]): entry[4] for entry in entries}
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, baseline.NAME)
        baseline.write(file, counts)
        assert baseline.read(file) == counts


@given(CODE, st.integers(0, 200), st.integers(0, 30))
@settings(max_examples=200)
def test_a_comment_that_silences_is_one_and_changes_nothing_else(rows: list[str], start: int, length: int) -> None:
    text = "\n".join(rows)
    start = min(start, len(text))
    span = Span(start, min(start + length, len(text)))
    lines = Lines(text)
    assert symbol(lines, lines.position(start).row) is not None
    edit = silencing(text, lines, span, "rngs_as_key")
    if edit is None or parse("a.py", text).problems:
        return
    after = applied(text, [edit])
    moved = len(edit.text) if edit.span.start <= span.start and edit.text.endswith("\n") else 0
    document = parse("a.py", after)
    first = document.lines.position(span.start + moved).row
    last = document.lines.position(max(span.end - 1, span.start) + moved).row
    assert any(comment.covers(first, last, "NNX101", "rngs_as_key") for comment in document.suppressions), (text, after)


@given(CODE, st.lists(st.tuples(st.integers(0, 120), st.integers(0, 4), TYPED), min_size=1, max_size=6))
@example(["'''a", "b", "c = 1", "d = 2", "'''", "e = 3"], [(20, 0, "f"), (20, 1, "")])
@settings(max_examples=300)
def test_a_text_that_was_edited_is_cut_as_one_that_is_new(rows: list[str], edits: list[tuple[int, int, str]]) -> None:
    text = "\n".join(rows)
    document = parse("a.py", text)
    for start, length, typed in edits:
        text = text[:start] + typed + text[start + length :]
        document = parse("a.py", text, document)
        assert [part.piece for part in document.parts] == [part.piece for part in parse("a.py", text).parts], text


@given(st.binary(max_size=200))
def test_what_is_decoded_is_encoded_as_it_was(data: bytes) -> None:
    for made in (data, b"# coding: utf-7\n" + data, b"# coding: latin-1\n" + data, b"\xef\xbb\xbf" + data, b"# coding: shift_jis\n" + data):
        try:
            found = decode(made)
        except UnreadableError:
            continue
        assert found.encoded(found.text) == made


@given(st.lists(st.sampled_from(PAGE), max_size=14))
def test_the_programs_of_a_page_are_as_long_as_the_page(rows: list[str]) -> None:
    page = "\n".join(rows)
    for program in programs(page):
        assert [len(line) for line in program.split("\n")] == [len(line) for line in page.split("\n")]
