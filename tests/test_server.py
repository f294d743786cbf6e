"""The server end to end, with a real client and a real server process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from nnx_lsp import engine
from nnx_lsp.config import Settings
from nnx_lsp.syntax.document import parse

GOOD = """import jax
from flax import nnx

rngs = nnx.Rngs(0)
noise = jax.random.normal(rngs.params(), (2, 3))
"""
BAD = GOOD.replace("rngs.params()", "rngs")
SHADOWS = ("struct", "typing", "string", "copy")


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[sys.executable, "-m", "nnx_lsp.server.main"]))
async def client(lsp_client: LanguageClient, tmp_path: Path) -> AsyncIterator[None]:
    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def registered(_: types.RegistrationParams) -> None:
        """The client announces that it takes registrations; it has nothing to do for them."""

    capabilities = client_capabilities("visual-studio-code")
    assert capabilities.text_document
    capabilities.text_document.diagnostic = None  # This client waits for what is published.
    await lsp_client.initialize_session(types.InitializeParams(capabilities=capabilities, root_uri=tmp_path.as_uri()))
    yield
    await lsp_client.shutdown_session()


def _open(client: LanguageClient, path: Path, text: str) -> str:
    uri = path.as_uri()
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text)))
    return uri


def _type(client: LanguageClient, uri: str, version: int, at: types.Position, text: str, end: types.Position | None = None) -> None:
    change = types.TextDocumentContentChangePartial(types.Range(at, end or at), text)
    client.text_document_did_change(types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version, uri), [change]))


async def _until(client: LanguageClient, uri: str, codes: list[str]) -> list[types.Diagnostic]:
    """Wait until exactly these codes are shown for a file."""
    for _ in range(600):
        found = list(client.diagnostics.get(uri, ())) if uri in client.diagnostics else None
        if found is not None and [each.code for each in found] == codes:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"expected {codes}, the client shows {[each.code for each in client.diagnostics.get(uri, ())]}")


async def test_a_mistake_is_typed_through_broken_code_and_undone(client: LanguageClient, tmp_path: Path) -> None:
    uri = _open(client, tmp_path / "a.py", GOOD)
    await _until(client, uri, [])
    line, version = 5, 1
    column = 0
    for letter in "more = jax.random.normal(rngs, (2,))":
        version += 1
        _type(client, uri, version, types.Position(line, column), letter)
        column += 1
        await asyncio.sleep(0.005)
    await _until(client, uri, ["NNX101"])
    _type(client, uri, version + 1, types.Position(line, 0), "", types.Position(line, column))
    await _until(client, uri, [])


async def test_the_findings_of_other_statements_stay_while_one_is_broken(client: LanguageClient, tmp_path: Path) -> None:
    uri = _open(client, tmp_path / "a.py", BAD + "x = 1\n")
    await _until(client, uri, ["NNX101"])
    _type(client, uri, 2, types.Position(5, 5), " + (")
    found = await _until(client, uri, ["NNX101", "NNX001"])
    assert found[0].range.start == types.Position(4, 26)


async def test_a_broken_statement_keeps_its_finding(client: LanguageClient, tmp_path: Path) -> None:
    uri = _open(client, tmp_path / "a.py", BAD)
    await _until(client, uri, ["NNX101"])
    _type(client, uri, 2, types.Position(4, 39), "(")
    found = await _until(client, uri, ["NNX101", "NNX001"])
    assert found[0].range.start == types.Position(4, 26)


async def test_the_quick_fix_is_offered_and_repairs(client: LanguageClient, tmp_path: Path) -> None:
    uri = _open(client, tmp_path / "a.py", BAD)
    (found,) = await _until(client, uri, ["NNX101"])
    context = types.CodeActionContext([found])
    actions = await client.text_document_code_action_async(types.CodeActionParams(types.TextDocumentIdentifier(uri), found.range, context))
    assert actions is not None
    fix, disable, *_ = (action for action in actions if isinstance(action, types.CodeAction))
    assert (fix.title, fix.is_preferred) == ("Draw a key: rngs.params()", True)
    assert fix.edit is not None
    assert fix.edit.document_changes is not None
    (change,) = fix.edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    (edit,) = change.edits
    assert isinstance(edit, types.TextEdit)
    assert (edit.range.start, edit.new_text) == (types.Position(4, 30), ".params()")
    _type(client, uri, 2, edit.range.start, edit.new_text, edit.range.end)
    await _until(client, uri, [])
    assert disable.title == "Disable NNX101 (rngs_as_key) on this line"


async def test_hover_shows_the_page_of_the_rule(client: LanguageClient, tmp_path: Path) -> None:
    uri = _open(client, tmp_path / "a.py", BAD)
    (found,) = await _until(client, uri, ["NNX101"])
    hover = await client.text_document_hover_async(types.HoverParams(types.TextDocumentIdentifier(uri), found.range.start))
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert "`nnx.Rngs` hands out keys" in hover.contents.value
    assert await client.text_document_hover_async(types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 0))) is None


async def test_positions_count_utf16_units(client: LanguageClient, tmp_path: Path) -> None:
    uri = _open(client, tmp_path / "a.py", BAD.replace("noise = ", 's = "😀"; noise = '))
    (found,) = await _until(client, uri, ["NNX101"])
    assert found.range.start == types.Position(4, 36)


async def test_rapid_changes_end_with_the_findings_of_the_last_text(client: LanguageClient, tmp_path: Path) -> None:
    uri = _open(client, tmp_path / "a.py", GOOD)
    version = 1
    for _ in range(40):
        for old, new in (("rngs.params()", "rngs"), ("rngs", "rngs.params()")):
            version += 1
            _type(client, uri, version, types.Position(4, 26), new, types.Position(4, 26 + len(old)))
    version += 1
    _type(client, uri, version, types.Position(4, 26), "rngs", types.Position(4, 39))
    await _until(client, uri, ["NNX101"])
    await asyncio.sleep(0.2)
    assert [each.code for each in client.diagnostics[uri]] == ["NNX101"]


async def test_the_way_of_the_value_is_related_information(client: LanguageClient, tmp_path: Path) -> None:
    text = "from flax import nnx\n\n\ndef helper(v):\n    if v > 0:\n        return v\n    return -v\n\n\n@nnx.jit\ndef f(x):\n    return helper(x)\n"
    uri = _open(client, tmp_path / "a.py", text)
    (found,) = await _until(client, uri, ["NNX401"])
    said = [each.message for each in found.related_information or ()]
    assert said == ["`f` runs under `nnx.jit`", "called as `helper(x)`", "argument `x` of `f` under `nnx.jit`"]


async def test_nothing_of_the_workspace_is_executed(client: LanguageClient, tmp_path: Path) -> None:
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'w').write({name!r})\n")
    uri = _open(client, tmp_path / "a.py", BAD)
    await _until(client, uri, ["NNX101"])
    assert not (tmp_path / "executed").exists()


async def test_server_and_engine_say_the_same(client: LanguageClient, tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent / "fixtures/traced_branch/bad_if_traced.py").read_text()
    uri = _open(client, tmp_path / "a.py", text)
    found = await _until(client, uri, ["NNX401"])
    expected = engine.check(parse("a.py", text), Settings())
    assert [each.message for each in found] == [each.message for each in expected]


@pytest.mark.parametrize("wrong", ["[tool.nnx-lint]\nselekt = []\n", "[tool.nnx-lint\n"])
async def test_a_wrong_configuration_is_said_and_the_server_goes_on(client: LanguageClient, tmp_path: Path, wrong: str) -> None:
    (tmp_path / "pyproject.toml").write_text(wrong + "# nnx-lint\n")
    uri = _open(client, tmp_path / "a.py", BAD)
    await _until(client, uri, ["NNX101"])
    assert any("pyproject.toml" in message.message for message in client.messages)
