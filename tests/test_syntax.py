"""Chunks, parsing, layout and suppressions, on the standard library and on hostile texts."""

from __future__ import annotations

import random
import sysconfig
from pathlib import Path

import libcst
import pytest

from nnx_lsp import engine, program
from nnx_lsp.config import Settings
from nnx_lsp.program import Place
from nnx_lsp.syntax.chunks import cut
from nnx_lsp.syntax.decode import UnreadableError, decode
from nnx_lsp.syntax.document import Document, parse
from nnx_lsp.text import Span

LIBRARY = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[::9]


def _shape(document: Document) -> list[str]:
    return [type(node).__name__ for part in document.parts for statement in part.chunk.statements for node in program.walk(statement)]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.name)
def test_pieces_cover_the_text_and_mean_what_the_whole_means(path: Path) -> None:
    text = decode(path.read_bytes()).text
    pieces = list(cut(text))
    assert "".join(text[piece.start : piece.end] for piece in pieces) == text
    document = parse("x.py", text)
    assert document.problems == ()
    from nnx_lsp.syntax.lower import Lowering

    whole = Lowering().chunk(libcst.parse_module(text))
    assert _shape(document) == [type(node).__name__ for statement in whole.statements for node in program.walk(statement)]


@pytest.mark.parametrize("path", LIBRARY[::4], ids=lambda path: path.name)
def test_the_span_of_a_name_is_the_name(path: Path) -> None:
    document = parse("x.py", decode(path.read_bytes()).text)
    count = 0
    for index, part in enumerate(document.parts):
        for statement in part.chunk.statements:
            for node in program.walk(statement):
                if isinstance(node, program.Name):
                    span = document.span(Place("x.py", document.module.keys[index], node.at))
                    assert document.text[span.start : span.end] == node.id
                    count += 1
    assert count


@pytest.mark.parametrize("path", LIBRARY[::6], ids=lambda path: path.name)
def test_parsing_after_an_edit_gives_what_parsing_afresh_gives(path: Path) -> None:
    text = decode(path.read_bytes()).text
    before = parse("x.py", text)
    source = random.Random(path.name)
    for _ in range(12):
        at = source.randrange(len(text) + 1)
        after = text[:at] + source.choice(["a", "(", '"', "\n", "#", "'''", ")", "def f():\n", ""]) + text[at + source.randrange(4) :]
        again, fresh = parse("x.py", after, before), parse("x.py", after)
        assert [part.piece for part in again.parts] == [part.piece for part in fresh.parts]
        assert [problem.span for problem in again.problems] == [problem.span for problem in fresh.problems]
        for mine, theirs in zip(again.parts, fresh.parts, strict=True):
            assert mine.problem is not None or mine.chunk == theirs.chunk
        text, before = after, again


def test_a_broken_chunk_keeps_its_last_good_lowering() -> None:
    before = parse("x.py", "a = 1\nb = f(2)\nc = 3\n")
    after = parse("x.py", "a = 1\nb = f(2\nc = 3\n", before)
    assert len(after.problems) == 1
    fixed = parse("x.py", "a = 1\nb = f(2\n\nimport os\n", parse("x.py", "a = 1\nb = f(2)\n\nimport os\n"))
    assert len(fixed.problems) == 1
    assert [type(statement).__name__ for statement in fixed.module.chunks[1].statements] == ["Assign"]
    assert [type(statement).__name__ for statement in fixed.module.chunks[2].statements] == ["Import"]


@pytest.mark.parametrize(
    "text",
    ["x = " + "(" * 1500 + ")" * 1500, "x = " + "[" * 1500, "x = " + "-" * 3000 + "1", "x = " + "+".join(["1"] * 5000), "x = a" + ".b()" * 3000, "x\0 = 1"],
    ids=["brackets", "open", "unary", "sum", "calls", "nul"],
)
def test_hostile_code_gives_at_most_one_problem(text: str) -> None:
    document = parse("x.py", f"import jax\n{text}\ny = 2\n")
    assert len(document.problems) <= 1
    assert type(document.module.chunks[0].statements[0]) is program.Import


def test_random_cuts_never_crash() -> None:
    source = random.Random(7)
    texts = [decode(path.read_bytes()).text for path in LIBRARY[:6]]
    for _ in range(60):
        one, two = source.choice(texts), source.choice(texts)
        spliced = one[: source.randrange(len(one))][-3000:] + two[source.randrange(len(two)) :][:3000]
        document = parse("x.py", spliced)
        assert "".join(part.text for part in document.parts) == spliced


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfx = 1\r\n", "x = 1\r\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = '\u00e9'\n"),
        ("x = 'é'\n".encode(), "x = 'é'\n"),
    ],
)
def test_bytes_are_decoded_and_encoded_without_loss(data: bytes, text: str) -> None:
    decoded = decode(data)
    assert decoded.text == text
    assert decoded.encoded(decoded.text) == data


@pytest.mark.parametrize(
    ("data", "message"), [(b"x = '\xe9'\n", "byte 0xe9 at offset 5 is no utf-8 text"), (b"# coding: nonsense\n", "unknown encoding: nonsense")]
)
def test_bytes_that_are_no_text_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableError) as error:
        decode(data)
    assert str(error.value) == message


def test_suppressions_are_comments_only() -> None:
    document = parse(
        "x.py", "a = '# nnx-lint: ignore'\nb = 1  # nnx-lint: ignore[rngs_as_key, NNX4] -- because\nc = 2  # noqa: NNX101, E501\nd = 3  # noqa: E501\n"
    )
    found = [(each.rules, each.reason, each.first, each.last) for each in document.suppressions]
    assert found == [(("rngs_as_key", "NNX4"), "because", 2, 2), (("NNX101",), "", 3, 3)]


def test_a_malformed_suppression_is_named() -> None:
    (wrong,) = parse("x.py", "a = 1  # nnx-lint: ingore[NNX101]\n").malformed
    assert wrong.message == "`ingore` is none of ignore, ignore-next-line, ignore-file; the nearest is `ignore`"
    assert wrong.span == Span(7, 33)


@pytest.mark.parametrize("expression", ["(a if b else c)", "(lambda: 0)", "(not a)", "(yield)", "(a := 1)", "'a'", "[a]"])
@pytest.mark.parametrize("keyword", ["return", "x = not", "x = 1 in", "x = 1 if"])
def test_no_space_is_needed_where_python_needs_none(keyword: str, expression: str) -> None:
    text = f"def f(a, b, c):\n    {keyword}{expression}{'else 2' if keyword.endswith('if') else ''}\n"
    compile(text, "x.py", "exec")
    checks = libcst.CSTNode.__post_init__
    assert parse("x.py", text).problems == ()
    assert libcst.CSTNode.__post_init__ is checks


def test_a_template_is_no_python_yet() -> None:
    text = "import jax\nfrom {{ cookiecutter.name }}.model import Model\n"
    codes = {path: [each.code for each in engine.check(parse(path, text), Settings())] for path in ("train.py", "{{ cookiecutter.name }}/train.py")}
    assert codes == {"train.py": ["NNX001"], "{{ cookiecutter.name }}/train.py": []}
