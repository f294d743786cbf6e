"""Clients of every sort against a real server: what they can and cannot do, hurry, change their minds, and things that go away under the server."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from test_cli import run
from test_config import write
from test_plugin import put

from nnx_lsp.dev.client import SERVER, Client
from nnx_lsp.server.texts import to_span
from nnx_lsp.text import Edit, Encoding, Lines, applied

GOOD = """import jax
from flax import nnx

rngs = nnx.Rngs(0)
noise = jax.random.normal(rngs.params(), (2, 3))
"""
BAD = GOOD.replace("rngs.params()", "rngs")
PLAIN: dict[str, Any] = {"textDocument": {"publishDiagnostics": {"versionSupport": True, "relatedInformation": True}}}
PULLING: dict[str, Any] = {"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": True}}}
CALLED = {"start": {"line": 4, "character": 26}, "end": {"line": 4, "character": 30}}
"""Where `rngs` stands in BAD."""

Start = Callable[..., Client]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers whose folder is the test's, and ends them."""
    clients: list[Client] = []

    def begin(capabilities: dict[str, Any] = PLAIN, **options: Any) -> Client:
        environment = {"NNX_LINT_CACHE": str(tmp_path.parent / "cache"), **options.pop("environment", {})}
        clients.append(Client(options.pop("root", tmp_path), capabilities, environment=environment, **options))
        return clients[-1]

    yield begin
    assert [client.end() for client in clients] == [0] * len(clients)


def _uri(folder: Path, name: str = "a.py") -> str:
    return (folder / name).as_uri()


def _replaced(text: str, span: dict[str, Any] = CALLED) -> dict[str, Any]:
    return {"range": span, "text": text}


def _context(found: list[dict[str, Any]], *only: str) -> dict[str, Any]:
    return {"diagnostics": found} | ({"only": list(only)} if only else {})


# Clients -----------------------------------------------------------------------------------------------------------


def test_without_data_support_fixes_come_whole(start: Start, tmp_path: Path) -> None:
    client = start()
    uri = _uri(tmp_path)
    client.open(uri, BAD)
    found = [{key: value for key, value in each.items() if key != "data"} for each in client.codes(uri, ["NNX101"])]
    assert "codeDescription" not in found[0]
    for only in ((), ("source.fixAll",)):
        action = client.ask("textDocument/codeAction", {"textDocument": {"uri": uri}, "range": CALLED, "context": _context(found, *only)})[0]
        (edit,) = action["edit"]["changes"][uri]
        lines = BAD.split("\n")
        first, last = edit["range"]["start"], edit["range"]["end"]
        before = "\n".join([*lines[: first["line"]], lines[first["line"]][: first["character"]]])
        after = "\n".join([lines[last["line"]][last["character"] :], *lines[last["line"] + 1 :]])
        assert before + edit["newText"] + after == GOOD


def test_one_that_names_a_finding_gets_the_fixes_of_that_alone(start: Start, tmp_path: Path) -> None:
    client = start()
    uri = _uri(tmp_path)
    client.open(uri, BAD + "more = jax.random.normal(rngs, (2,))\n")
    first, second = client.codes(uri, ["NNX101", "NNX101"])
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 6, "character": 0}}

    def asked(span: dict[str, Any], *named: dict[str, Any]) -> list[Any]:
        actions: list[Any] = client.ask("textDocument/codeAction", {"textDocument": {"uri": uri}, "range": span, "context": _context(list(named))})
        return actions

    def fixed(*named: dict[str, Any]) -> list[int]:
        actions = asked(whole, *named)
        return [each["edit"]["changes"][uri][0]["range"]["start"]["line"] for each in actions if each["title"].startswith("Draw a key")]

    foreign = {**second, "source": "another", "range": CALLED}
    assert [fixed(), fixed(first), fixed(second), fixed(foreign), fixed(foreign, second)] == [[4, 5], [4], [5], [4, 5], [5]]
    assert fixed({**first, "range": whole}) == []
    # Kate applies all that it gets for the whole text.
    assert [len(asked(whole, first)), len(asked(CALLED, first)), len(asked(whole))] == [1, 4, 8]


def test_an_edit_is_resolved_late_where_the_client_can(start: Start, tmp_path: Path) -> None:
    action = {"dataSupport": True, "resolveSupport": {"properties": ["edit"]}}
    client = start({"textDocument": {**PLAIN["textDocument"], "codeAction": action}, "workspace": {"workspaceEdit": {"documentChanges": True}}})
    uri = _uri(tmp_path)
    client.open(uri, BAD, 7)
    client.codes(uri, ["NNX101"])
    (found,) = client.ask("textDocument/codeAction", {"textDocument": {"uri": uri}, "range": CALLED, "context": _context([], "source.fixAll.nnx-lint")})
    assert "edit" not in found
    (change,) = client.ask("codeAction/resolve", found)["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 7}
    assert "rngs.params()" in change["edits"][0]["newText"]


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 38), ("utf-16", 36), ("utf-32", 35)])
def test_columns_count_in_the_units_of_the_client(start: Start, tmp_path: Path, encoding: str, column: int) -> None:
    client = start({**PLAIN, "general": {"positionEncodings": [encoding]}})
    assert client.capabilities["positionEncoding"] == encoding
    uri = _uri(tmp_path)
    client.open(uri, BAD.replace("noise = ", 's = "😀"; noise = '))
    (found,) = client.codes(uri, ["NNX101"])
    assert found["range"]["start"] == {"line": 4, "character": column}
    at = {"line": 4, "character": column}
    client.change(uri, 2, _replaced("rngs.params()", {"start": at, "end": {"line": 4, "character": column + 4}}))
    client.codes(uri, [])
    client.change(uri, 3, _replaced("", {"start": {"line": 4, "character": column + 4}, "end": {"line": 4, "character": column + 13}}))
    client.codes(uri, ["NNX101"])


def test_a_client_that_pulls_is_told_when_it_asks_and_only_then(start: Start, tmp_path: Path) -> None:
    client = start(PULLING)
    uri = _uri(tmp_path)
    client.open(uri, BAD)
    first = client.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    assert [each["code"] for each in first["items"]] == ["NNX101"]
    again = client.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}, "previousResultId": first["resultId"]})
    assert (again["kind"], again["resultId"]) == ("unchanged", first["resultId"])
    client.change(uri, 2, _replaced("rngs.params()"))
    fixed = client.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}, "previousResultId": first["resultId"]})
    assert (fixed["kind"], fixed["items"]) == ("full", [])
    assert client.shown == {}


def test_a_client_that_pulls_is_told_that_another_file_changed_things(start: Start, tmp_path: Path) -> None:
    client = start(PULLING)
    caller, helper = _uri(tmp_path), _uri(tmp_path, "helper.py")
    client.open(helper, "def positive(x):\n    return x\n")
    client.open(caller, "from flax import nnx\nfrom helper import positive\n\n\n@nnx.jit\ndef f(x):\n    return positive(x)\n")
    assert client.ask("textDocument/diagnostic", {"textDocument": {"uri": caller}})["items"] == []
    before = len(client.messages("workspace/diagnostic/refresh"))
    client.change(helper, 2, {"text": "def positive(x):\n    if x > 0:\n        return x\n    return -x\n"})
    client.until(lambda: len(client.messages("workspace/diagnostic/refresh")) > before, "a word that others changed")
    before += 1
    found = client.ask("textDocument/diagnostic", {"textDocument": {"uri": helper}})["items"]
    assert [each["code"] for each in found] == ["NNX401"]
    assert {each["location"]["uri"] for each in found[0].get("relatedInformation", [])} <= {caller, helper}
    client.change(caller, 2, {"text": "x = 1\n"})
    client.until(lambda: len(client.messages("workspace/diagnostic/refresh")) > before, "a word that others changed")
    assert client.ask("textDocument/diagnostic", {"textDocument": {"uri": helper}})["items"] == []


def test_the_whole_workspace_is_given_with_progress_and_in_parts(start: Start, tmp_path: Path) -> None:
    for index in range(30):
        (tmp_path / f"m{index}.py").write_text(BAD if index % 3 == 0 else GOOD)
    client = start(PULLING, options={"settings": {"diagnosticMode": "workspace"}})
    assert client.capabilities["diagnosticProvider"]["workspaceDiagnostics"] is True
    asked = {"previousResultIds": [], "workDoneToken": "w", "partialResultToken": "p"}
    assert client.ask("workspace/diagnostic", asked)["items"] == []
    said = client.messages("$/progress")
    assert [each["value"]["kind"] for each in said if each["token"] == "w"][::100] == ["begin"]
    parts = [item for each in said if each["token"] == "p" for item in each["value"]["items"]]
    assert sorted(item["uri"] for item in parts if item["items"]) == sorted(_uri(tmp_path, f"m{index}.py") for index in range(0, 30, 3))
    known = [{"uri": item["uri"], "value": item["resultId"]} for item in parts]
    (tmp_path / "m0.py").write_text(GOOD)
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": _uri(tmp_path, "m0.py"), "type": 2}]})
    again = client.ask("workspace/diagnostic", {"previousResultIds": known})["items"]
    assert {item["uri"]: item["kind"] for item in again}[_uri(tmp_path, "m0.py")] == "full"
    assert [item["kind"] for item in again].count("unchanged") == 9


def test_a_scan_ends_when_its_progress_is_cancelled(start: Start, tmp_path: Path) -> None:
    for index in range(300):
        (tmp_path / f"m{index}.py").write_text(BAD.replace("2, 3", f"{index + 1}, 3"))
    client = start({**PLAIN, "window": {"workDoneProgress": True}})
    number = client.begin("workspace/executeCommand", {"command": "nnx-lint.checkWorkspace", "arguments": []})
    client.until(lambda: any(each["value"]["kind"] == "report" for each in client.messages("$/progress")), "progress")
    client.notify("window/workDoneProgress/cancel", {"token": client.messages("$/progress")[0]["token"]})
    found = client.reply(number)["result"]
    assert 0 < found < 300
    assert client.ask("workspace/executeCommand", {"command": "nnx-lint.checkWorkspace", "arguments": []}) == 300
    client.codes(_uri(tmp_path, "m299.py"), ["NNX101"])


def test_a_client_that_cancels_every_second_request(start: Start, tmp_path: Path) -> None:
    client = start()
    uri = _uri(tmp_path)
    client.open(uri, GOOD)
    numbers: list[int] = []
    for version in range(2, 42):
        client.change(uri, version, {"text": BAD if version % 2 else GOOD})
        numbers.append(client.begin("textDocument/hover", {"textDocument": {"uri": uri}, "position": CALLED["start"]}))
        if version % 2:
            client.notify("$/cancelRequest", {"id": numbers[-1]})
    replies = [client.reply(number) for number in numbers]
    assert all("result" in reply for reply in replies[::2])
    assert {reply["error"]["code"] for reply in replies[1::2] if "error" in reply} <= {-32800}
    client.codes(uri, ["NNX101"])
    assert client.shown[uri][0] == 41


def test_changes_that_come_faster_than_checks(start: Start, tmp_path: Path) -> None:
    package = tmp_path / "examples"
    shutil.copytree(Path(__file__).parent.parent / "examples/digits", package)
    client = start()
    uris = {path.as_uri(): path.read_text() for path in package.glob("*.py")}
    for uri, text in uris.items():
        client.open(uri, text)
    for version in range(2, 302):
        for uri, text in uris.items():
            end = {"line": text.count("\n"), "character": 0}
            client.change(uri, version, _replaced("x = 1\n" if version % 2 == 0 else "", {"start": end, "end": {**end, "line": end["line"] + version % 2}}))
    for uri in uris:
        client.wait_shown(uri, 301)
    for uri in uris:  # How many are dropped depends on the machine; what is shown never goes back.
        versions = [each["version"] for each in client.messages("textDocument/publishDiagnostics") if each["uri"] == uri]
        assert versions == sorted(versions)
        assert versions[-1] == 301
    fresh = start()
    for uri, text in uris.items():
        fresh.open(uri, text)
    for uri in uris:
        fresh.wait_shown(uri, 1)
        assert fresh.shown[uri][1] == client.shown[uri][1]


def test_lines_end_as_the_protocol_says(start: Start, tmp_path: Path) -> None:
    client = start()
    uri = _uri(tmp_path, "with space.py").replace("%20", "%20")
    client.open(uri, "# \x0c \u2028 \x85 no line ends\n" + BAD)
    (found,) = client.codes(uri, ["NNX101"])
    assert found["range"]["start"]["line"] == 5
    client.change(uri, 2, _replaced("rngs.params()", {"start": {"line": 5, "character": 26}, "end": {"line": 5, "character": 30}}))
    client.codes(uri, [])


# Notebooks ---------------------------------------------------------------------------------------------------------

CELLS = ["%matplotlib inline\nimport jax\nfrom flax import nnx\n", "%%bash\nls (", "rngs = nnx.Rngs(0)\n%time noise = jax.random.normal(rngs, (2,))", "x = ("]


def _notebook(folder: Path) -> tuple[str, list[str], dict[str, Any]]:
    uri = _uri(folder, "a.ipynb")
    cells = [f"vscode-notebook-cell:{folder}/a.ipynb#W{index}%3D" for index in range(len(CELLS))]
    documents = [{"uri": cell, "languageId": "python", "version": 1, "text": text} for cell, text in zip(cells, CELLS, strict=True)]
    notebook = {"uri": uri, "notebookType": "jupyter-notebook", "version": 1, "cells": [{"kind": 2, "document": cell} for cell in cells]}
    return uri, cells, {"notebookDocument": notebook, "cellTextDocuments": documents}


@pytest.mark.parametrize("capabilities", [PLAIN, PULLING])
def test_cells_are_one_program_and_each_has_its_findings(start: Start, tmp_path: Path, capabilities: dict[str, Any]) -> None:
    client = start({**capabilities, "notebookDocument": {"synchronization": {}}})
    assert client.capabilities["notebookDocumentSync"]["notebookSelector"] == [{"cells": [{"language": "python"}]}]
    uri, cells, opened = _notebook(tmp_path)
    client.notify("notebookDocument/didOpen", opened)
    (found,) = client.codes(cells[2], ["NNX101"])
    assert found["range"]["start"] == {"line": 1, "character": 32}
    client.codes(cells[3], ["NNX001"])
    client.codes(cells[1], [])
    hover = client.ask("textDocument/hover", {"textDocument": {"uri": cells[2]}, "position": {"line": 1, "character": 33}})
    assert "`nnx.Rngs` hands out keys" in hover["contents"]["value"]
    asked = {"textDocument": {"uri": cells[0]}, "range": CALLED, "context": _context([], "notebook.source.fixAll")}
    (action,) = client.ask("textDocument/codeAction", asked)
    assert list(action["edit"]["changes"]) == [cells[2]]
    assert action["edit"]["changes"][cells[2]][0]["newText"] == "%time noise = jax.random.normal(rngs.params(), (2,))"

    structure = {"array": {"start": 2, "deleteCount": 2}, "didClose": [{"uri": cell} for cell in cells[2:]]}
    change = {"notebookDocument": {"uri": uri, "version": 2}, "change": {"cells": {"structure": structure}}}
    client.notify("notebookDocument/didChange", change)
    client.codes(cells[2], [])
    text = {"document": {"uri": cells[0], "version": 2}, "changes": [{"text": CELLS[0] + "jax.random.normal(nnx.Rngs(0), (2,))\n"}]}
    client.notify("notebookDocument/didChange", {"notebookDocument": {"uri": uri, "version": 3}, "change": {"cells": {"textContent": [text]}}})
    client.codes(cells[0], ["NNX101"])
    client.notify("notebookDocument/didClose", {"notebookDocument": {"uri": uri}, "cellTextDocuments": [{"uri": cell} for cell in cells[:2]]})
    client.codes(cells[0], [])


def test_all_cells_in_one_text_under_the_name_of_a_notebook(start: Start, tmp_path: Path) -> None:
    client = start()
    uri = _uri(tmp_path, "a.ipynb")
    client.open(uri, "\n\nget_ipython().run_line_magic('time', 'x')\n\n\n" + BAD)
    (found,) = client.codes(uri, ["NNX101"])
    assert found["range"]["start"]["line"] == 9
    client.open(_uri(tmp_path, "b.ipynb"), '{"cells": [], "nbformat": 4, "x": "jax"}', language="json")
    client.change(uri, 2, {"text": "!jax\n" + GOOD})
    client.codes(uri, [])
    assert _uri(tmp_path, "b.ipynb") not in client.shown


# Comments that silence ----------------------------------------------------------------------------------------------

LONG = "3))", "3)); '''\n'''"
SILENCED = [
    (BAD, "on this line", BAD.replace("3))", "3))  # nnx-lint: ignore[rngs_as_key]")),
    (BAD.replace("3))", "3))  # nnx-lint: ignore[NNX999] -- why"), "on this line", BAD.replace("3))", "3))  # nnx-lint: ignore[NNX999, rngs_as_key] -- why")),
    (
        BAD.replace("3))", "3)); '''\n'''"),
        "on this line",
        BAD.replace("noise", "# nnx-lint: ignore-next-line[rngs_as_key]\nnoise").replace("3))", "3)); '''\n'''"),
    ),
    ("#!/usr/bin/python\n" + BAD, "in this file", "#!/usr/bin/python\n# nnx-lint: ignore-file[rngs_as_key]\n" + BAD),
    ("# nnx-lint: ignore-file[NNX999]\n" + BAD, "in this file", "# nnx-lint: ignore-file[NNX999, rngs_as_key]\n" + BAD),
]


def test_a_comment_silences_what_it_is_offered_for(start: Start, tmp_path: Path) -> None:
    client = start()
    for index, (text, where, expected) in enumerate(SILENCED):
        uri = _uri(tmp_path, f"a{index}.py")
        client.open(uri, text)
        client.wait_shown(uri, 1)
        (found,) = [each for each in client.shown[uri][1] if each["code"] == "NNX101"]
        actions = client.ask("textDocument/codeAction", {"textDocument": {"uri": uri}, "range": found["range"], "context": _context([found])})
        (action,) = [each for each in actions if each["title"] == f"Disable NNX101 (rngs_as_key) {where}"]
        (edit,) = action["edit"]["changes"][uri]
        lines = Lines(text)
        span = to_span(lines, types.Range(types.Position(**edit["range"]["start"]), types.Position(**edit["range"]["end"])), Encoding.UTF16)
        assert applied(text, [Edit(span, edit["newText"])]) == expected
        client.change(uri, 2, _replaced(edit["newText"], edit["range"]))
        client.wait_shown(uri, 2)
        assert not [each for each in client.shown[uri][1] if each["code"] == "NNX101"]


def test_a_comment_that_silences_nothing_is_shown_as_needless(start: Start, tmp_path: Path) -> None:
    client = start({"textDocument": {"publishDiagnostics": {"tagSupport": {"valueSet": [1, 2]}}}})
    client.open(_uri(tmp_path), GOOD.replace("3))", "3))  # nnx-lint: ignore[rngs_as_key]"))
    (found,) = client.codes(_uri(tmp_path), ["NNX005"])
    assert found["tags"] == [1]
    client.change(_uri(tmp_path), 2, _replaced("rngs", {"start": {"line": 4, "character": 26}, "end": {"line": 4, "character": 39}}))
    client.codes(_uri(tmp_path), [])


# The baseline --------------------------------------------------------------------------------------------------------

BASELINE = "nnx-lint-baseline.json"
TWICE = f"{BAD}more = jax.random.normal(rngs, (3,))\n"


def _watched(client: Client, *files: Path) -> None:
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": file.as_uri(), "type": 2} for file in files]})


def _offered(client: Client, uri: str, found: dict[str, Any]) -> dict[str, Any]:
    """The command of the action that accepts a finding."""
    actions = client.ask("textDocument/codeAction", {"textDocument": {"uri": uri}, "range": found["range"], "context": _context([found])})
    (command,) = [each["command"] for each in actions if each["title"] == f"Accept {found['code']} ({found['data']['rule']}) in the baseline"]
    assert command["command"] in client.capabilities["executeCommandProvider"]["commands"]
    return {"command": command["command"], "arguments": command["arguments"]}


def test_what_the_baseline_accepts_is_not_shown(start: Start, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD, "pkg/b.py": BAD, "pkg/c.py": GOOD, "nnx-lint.toml": ""})
    assert run("baseline", ".", cwd=tmp_path).returncode == 0
    client = start()
    a, b, c = (_uri(tmp_path, name) for name in ("a.py", "pkg/b.py", "pkg/c.py"))
    for uri, text in ((a, BAD), (b, BAD), (c, BAD)):
        client.open(uri, text)
    client.codes(c, ["NNX101"])
    client.codes(a, [])
    client.codes(b, [])
    client.change(a, 2, {"text": f"# moved\n\n{TWICE}"})
    assert [each["range"]["start"]["line"] for each in client.codes(a, ["NNX101"])] == [7]
    write(tmp_path, {BASELINE: (tmp_path / BASELINE).read_text().replace("pkg/b.py", "pkg/c.py")})
    _watched(client, tmp_path / BASELINE)
    client.codes(b, ["NNX101"])
    client.codes(c, [])
    write(tmp_path, {BASELINE: "{"})
    _watched(client, tmp_path / BASELINE)
    client.codes(c, ["NNX101"])
    assert any(BASELINE in each["message"] for each in client.messages("window/showMessage"))
    (tmp_path / BASELINE).unlink()
    _watched(client, tmp_path / BASELINE)
    client.codes(a, ["NNX101", "NNX101"])


@pytest.mark.parametrize("settings", [None, "", 'baseline = "accepted/all.json"\n'], ids=["no configuration", "beside it", "set"])
def test_a_finding_is_accepted_from_the_editor_and_by_the_command_line(start: Start, tmp_path: Path, settings: str | None) -> None:
    (tmp_path / "accepted").mkdir()
    write(tmp_path, {"pkg/a.py": TWICE} | ({"nnx-lint.toml": settings} if settings is not None else {}))
    client = start()
    uri = _uri(tmp_path, "pkg/a.py")
    client.open(uri, TWICE)
    first, second = client.codes(uri, ["NNX101", "NNX101"])
    command = _offered(client, uri, first)
    assert client.ask("workspace/executeCommand", command) is True
    client.codes(uri, ["NNX101"])
    assert client.ask("workspace/executeCommand", command) is False
    assert client.ask("workspace/executeCommand", _offered(client, uri, second)) is True
    client.codes(uri, [])
    file = tmp_path / ("accepted/all.json" if settings else BASELINE)
    assert [each["path"] for each in json.loads(file.read_text())["findings"]] == ["../pkg/a.py" if settings else "pkg/a.py"] * 2
    done = run(".", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert sorted(each.name for each in file.parent.iterdir() if each.is_file() and each.name != "nnx-lint.toml") == [file.name]


def test_a_baseline_that_cannot_be_read_is_not_written(start: Start, tmp_path: Path) -> None:
    write(tmp_path, {BASELINE: "{}"})
    client = start()
    client.open(_uri(tmp_path), BAD)
    (found,) = client.codes(_uri(tmp_path), ["NNX101"])
    assert client.ask("workspace/executeCommand", _offered(client, _uri(tmp_path), found)) is False
    assert (tmp_path / BASELINE).read_text() == "{}"
    assert len([each for each in client.messages("window/showMessage") if BASELINE in each["message"]]) == 2


def test_what_is_accepted_in_a_notebook_is_so_in_the_editor(start: Start, tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": [], "execution_count": None} for text in CELLS]
    write(tmp_path, {"a.ipynb": json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})})
    client = start({**PLAIN, "notebookDocument": {"synchronization": {}}})
    _, shown, opened = _notebook(tmp_path)
    client.notify("notebookDocument/didOpen", opened)
    (found,) = client.codes(shown[2], ["NNX101"])
    assert client.ask("workspace/executeCommand", _offered(client, shown[2], found)) is True
    client.codes(shown[2], [])
    own = json.loads((tmp_path / BASELINE).read_text())["findings"]
    assert run("baseline", ".", cwd=tmp_path).returncode == 0
    assert own == [each for each in json.loads((tmp_path / BASELINE).read_text())["findings"] if each["code"] == "NNX101"]


def test_files_that_are_not_open_are_shown_without_what_is_accepted(start: Start, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD, "b.py": BAD})
    assert run("baseline", "a.py", cwd=tmp_path).returncode == 0
    client = start()
    assert client.ask("workspace/executeCommand", {"command": "nnx-lint.checkWorkspace", "arguments": []}) == 1
    client.codes(_uri(tmp_path, "b.py"), ["NNX101"])


# Settings ----------------------------------------------------------------------------------------------------------


def test_paths_in_the_settings_of_a_client_are_relative_to_its_folder(start: Start, tmp_path: Path) -> None:
    write(tmp_path, {"pkg/a.py": BAD})
    assert run("baseline", "--baseline", "accepted.json", "pkg", cwd=tmp_path).returncode == 0
    client = start(options={"settings": {"baseline": "accepted.json", "perFileIgnores": {"/tests/": ["NNX1"]}}})
    for name in ("pkg/a.py", "tests/deep/b.py", "pkg/tests/c.py"):
        client.open(_uri(tmp_path, name), BAD)
    client.codes(_uri(tmp_path, "pkg/tests/c.py"), ["NNX101"])
    client.codes(_uri(tmp_path, "pkg/a.py"), [])
    client.codes(_uri(tmp_path, "tests/deep/b.py"), [])


def test_settings_by_folder_and_again_when_they_change(start: Start, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    given: dict[str, Any] = {one.as_uri(): {"ignore": ["NNX101"]}, two.as_uri(): {"ignore": []}}
    capabilities = {**PLAIN, "workspace": {"configuration": True, "workspaceFolders": True}}
    answers = {"workspace/configuration": lambda params: [given.get(item.get("scopeUri", "")) for item in params["items"]]}
    client = start(capabilities, folders=[one, two], answers=answers)
    client.open(_uri(one), BAD)
    client.open(_uri(two), BAD)
    client.codes(_uri(two), ["NNX101"])
    client.codes(_uri(one), [])
    given[one.as_uri()] = None
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.codes(_uri(one), ["NNX101"])
    given[""] = {"ignore": ["NNX101"]}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.codes(_uri(one), [])
    given[""] = {}  # What is taken back counts no more.
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.codes(_uri(one), ["NNX101"])


def test_files_of_settings_are_read_again(start: Start, tmp_path: Path) -> None:
    watched = {"didChangeWatchedFiles": {"dynamicRegistration": True}}
    client = start({**PLAIN, "workspace": watched})
    client.open(_uri(tmp_path), BAD)
    client.codes(_uri(tmp_path), ["NNX101"])
    client.until(lambda: bool(client.messages("client/registerCapability")), "a registration")
    (registered,) = client.messages("client/registerCapability")[0]["registrations"]
    globs = {each["globPattern"] for each in registered["registerOptions"]["watchers"]}
    assert {"**/pyproject.toml", "**/nnx-lint.toml", "**/uv.lock", "**/*.py"} <= globs
    for content, codes in (('ignore = ["NNX101"]\n', []), ("ignore = []\n", ["NNX101"])):
        (tmp_path / "nnx-lint.toml").write_text(content)
        client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": _uri(tmp_path, "nnx-lint.toml"), "type": 2}]})
        client.codes(_uri(tmp_path), codes)
    (tmp_path / "uv.lock").write_text('version = 1\n\n[[package]]\nname = "flax"\nversion = "0.11.2"\n')
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": _uri(tmp_path, "uv.lock"), "type": 1}]})
    client.codes(_uri(tmp_path), ["NNX101"])
    client.until(lambda: _flax(client) == "0.11.2", "the version of the lock file")


def _flax(client: Client) -> str:
    client.change(client.messages("textDocument/publishDiagnostics")[0]["uri"], 2, {"text": BAD})
    found: str = client.ask("workspace/executeCommand", {"command": "nnx-lint.showStatus"})["flax"][0]["version"]
    return found


WRONG = [
    ({"selekt": ["NNX1"]}, "`selekt` is no setting; the nearest is `select`"),
    ({"ignore": ["NNX1O1"]}, "NNX1O1"),
    ({"inlayHints": "yes"}, "`inlay-hints` is 'yes'"),
    ({"diagnosticMode": "worksapce"}, "the nearest is `workspace`"),
]


def test_a_wrong_setting_is_named_and_the_others_hold(start: Start, tmp_path: Path) -> None:
    client = start()
    client.open(_uri(tmp_path), BAD)
    for settings, said in WRONG:
        client.notify("workspace/didChangeConfiguration", {"settings": {"nnx-lint": {"severity": {"NNX101": "error"}}}})
        client.until(lambda: [each["severity"] for each in client.shown.get(_uri(tmp_path), (0, []))[1]] == [1], "an error")
        client.notify("workspace/didChangeConfiguration", {"settings": {"nnx-lint": {**settings, "severity": {"NNX101": "info"}}}})
        client.until(lambda: [each["severity"] for each in client.shown[_uri(tmp_path)][1]] == [3], "the severity that was set")
        client.until(lambda said=said: any(said in each["message"] for each in client.messages("window/showMessage")), said)  # type: ignore[misc]


@pytest.mark.parametrize("kind", ["folder", "bytes"])
def test_a_configuration_that_cannot_be_read_is_named(start: Start, tmp_path: Path, kind: str) -> None:
    if kind == "folder":
        (tmp_path / "pyproject.toml").mkdir()
    else:
        (tmp_path / "pyproject.toml").write_bytes(b"[tool.nnx-lint]\nignore = ['\xff']\n")
    client = start()
    client.open(_uri(tmp_path), BAD)
    client.codes(_uri(tmp_path), ["NNX101"])
    assert any("pyproject.toml" in each["message"] for each in client.messages("window/showMessage"))


# The workspace -----------------------------------------------------------------------------------------------------


def test_the_folder_goes_and_comes_again(start: Start, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "helper.py").write_text("import jax\nkey = jax.random.key(0)\n")
    client = start(root=root)
    client.open(_uri(root), BAD)
    client.codes(_uri(root), ["NNX101"])
    shutil.rmtree(root)
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": _uri(root, "helper.py"), "type": 3}]})
    client.change(_uri(root), 2, _replaced("rngs.params()"))
    client.codes(_uri(root), [])
    client.open("untitled:Untitled-1", BAD)
    client.codes("untitled:Untitled-1", ["NNX101"])
    root.mkdir()
    client.change(_uri(root), 3, {"text": BAD})
    client.codes(_uri(root), ["NNX101"])


def test_nothing_of_the_workspace_is_executed(start: Start, tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'executed')!r}, 'a').write(__name__)\n"
    for name in ("struct", "typing", "string", "copy", "json", "asyncio", "msgspec", "jax", "flax", "conftest", "sitecustomize", "nnx_rules"):
        (tmp_path / f"{name}.py").write_text(trap)
    packages = tmp_path / ".venv/lib/python3.12/site-packages"
    packages.mkdir(parents=True)
    (packages / "trap.pth").write_text(f"import sys; {trap}")
    client = start(options={"settings": {"diagnosticMode": "workspace"}})
    client.open(_uri(tmp_path), "import struct, conftest\n" + BAD)
    (found,) = client.codes(_uri(tmp_path), ["NNX101"])
    client.ask("textDocument/hover", {"textDocument": {"uri": _uri(tmp_path)}, "position": found["range"]["start"]})
    client.ask("workspace/executeCommand", {"command": "nnx-lint.checkWorkspace", "arguments": []})
    assert not (tmp_path / "executed").exists()


# Beside the code ---------------------------------------------------------------------------------------------------

MODEL = """import jax
from flax import nnx


class Net(nnx.Module):
    def __init__(self, rngs):
        self.layers = nnx.List([nnx.Linear(2, 3, rngs=rngs), nnx.BatchNorm(3, rngs=rngs)])
        self.scale = nnx.Param(jax.numpy.ones(3))


@nnx.jit(static_argnames=("flag",))
def step(model: Net, x, flag):
    y = model.layers[0](x) * model.scale
    return y if flag else x.shape[0]


step(Net(nnx.Rngs(0)), jax.numpy.ones((2, 2)), True)
"""
HOVERED = [
    ((11, 9), ["a `Net` that holds", "- `layers[0].kernel`: `Param`", "- `layers[1].mean`: `BatchStat`", "- `scale`: `Param`"]),
    ((12, 4), ["`y`: an array, traced by `nnx.jit`", "of `step` under `nnx.jit` ([a.py:12]"]),
    ((13, 16), ["`flag`: static under `nnx.jit`: the `bool` `True`"]),
    ((12, 38), ["`model.scale`: an `nnx.Param`"]),
]


def test_hover_tells_what_no_type_checker_knows(start: Start, tmp_path: Path) -> None:
    client = start()
    client.open(_uri(tmp_path), MODEL)
    for (line, column), expected in HOVERED:
        hover = client.ask("textDocument/hover", {"textDocument": {"uri": _uri(tmp_path)}, "position": {"line": line, "character": column}})
        assert [each for each in expected if each not in hover["contents"]["value"]] == []


def test_inlay_hints_are_shown_where_they_are_wanted(start: Start, tmp_path: Path) -> None:
    everything = {"textDocument": {"uri": _uri(tmp_path)}, "range": {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}}
    for options, expected in (
        (None, []),
        ({"settings": {"inlayHints": True}}, [(7, 18, "Param"), (11, 22, "traced"), (11, 28, "static"), (12, 5, "traced")]),
    ):
        client = start(options=options)
        client.open(_uri(tmp_path), MODEL)
        found = client.ask("textDocument/inlayHint", everything)
        assert [(each["position"]["line"], each["position"]["character"], each["label"]) for each in found] == expected


def test_a_finding_names_its_page_where_the_client_shows_it(start: Start, tmp_path: Path) -> None:
    client = start({"textDocument": {"publishDiagnostics": {"codeDescriptionSupport": True, "tagSupport": {"valueSet": [1, 2]}}}})
    client.open(_uri(tmp_path), BAD)
    client.until(lambda: any("codeDescription" in each for each in client.shown.get(_uri(tmp_path), (0, []))[1]), "an address")
    address = client.shown[_uri(tmp_path)][1][0]["codeDescription"]["href"]
    assert Path(address.removeprefix("file://")).read_text().startswith("# rngs_as_key (NNX101)")


def test_the_fixes_of_a_file_by_command(start: Start, tmp_path: Path) -> None:
    client = start(answers={"workspace/applyEdit": {"applied": True}})
    client.open(_uri(tmp_path), BAD)
    assert client.ask("workspace/executeCommand", {"command": "nnx-lint.fixAll", "arguments": [_uri(tmp_path)]}) is True
    (applied,) = client.messages("workspace/applyEdit")
    assert "rngs.params()" in applied["edit"]["changes"][_uri(tmp_path)][0]["newText"]


# Transports ---------------------------------------------------------------------------------------------------------

INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}}


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


def test_a_tcp_port(tmp_path: Path, port: int) -> None:
    log = tmp_path / "server.log"
    server = subprocess.Popen([*SERVER, "--tcp", "--port", str(port), "--log-file", str(log)], cwd=tmp_path)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 60) as client:
                body = json.dumps(INITIALIZE).encode()
                client.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
                answer = b""
                while b'"serverInfo"' not in answer:
                    answer += client.recv(65536)
                assert b'"positionEncoding"' in answer
                break
            time.sleep(0.1)
        assert "client without a name" in log.read_text()
    finally:
        server.kill()
        server.wait()


def test_a_web_socket(tmp_path: Path, port: int) -> None:
    client = pytest.importorskip("websockets.sync.client")
    server = subprocess.Popen([*SERVER, "--ws", "--port", str(port)], cwd=tmp_path)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), client.connect(f"ws://127.0.0.1:{port}") as connection:
                connection.send(json.dumps(INITIALIZE))
                assert json.loads(connection.recv())["result"]["serverInfo"]["name"] == "nnx-lsp"
                break
            time.sleep(0.1)
        else:
            raise AssertionError("nobody listens")
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tcp", "--port", "70000"], "--port 70000"),
        (["--tcp", "--ws"], "not allowed with"),
        (["--log-file", "no/such/folder/x"], "--log-file no/such/folder/x: cannot be written"),
    ],
)
def test_wrong_options_are_named(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = subprocess.run([*SERVER, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [("import nowhere", "ModuleNotFoundError"), ("raise SystemExit('no more')", "SystemExit: no more"), ("print('Content-Length: 3')", "")],
    ids=["raises", "exits", "prints"],
)
def test_a_plugin_that_cannot_be_used_is_named_and_the_server_goes_on(start: Start, tmp_path: Path, line: str, said: str) -> None:
    place = put(tmp_path / "site")
    module = place / "acme_nnx_rules" / "old_style_key.py"
    module.write_text(module.read_text().replace("from nnx_lsp.facts import", f"{line}\nfrom nnx_lsp.facts import"))
    paths = [*os.environ.get("PYTHONPATH", "").split(os.pathsep), str(place)]
    client = start(environment={"PYTHONPATH": os.pathsep.join(filter(None, paths))})
    uri = _uri(tmp_path)
    client.open(uri, f"{BAD}old = jax.random.PRNGKey(0)\n")
    client.codes(uri, ["NNX101"] if said else ["NNX101", "ACME101"])
    messages = [each["message"] for each in client.messages("window/showMessage")]
    assert [("the plugin acme_nnx_rules cannot be used" in each, said in each) for each in messages] == ([(True, True)] if said else [])


def test_notifications_leave_nothing_behind(start: Start, tmp_path: Path) -> None:
    client = start()
    uri = _uri(tmp_path)
    client.open(uri, GOOD, 0)
    memory: list[int] = []
    for version in range(1, 6001):
        client.change(uri, version, {"text": GOOD})
        if version in (2000, 6000):
            client.wait_shown(uri, version)
            client.ask("workspace/executeCommand", {"command": "nnx-lint.showStatus"})
            memory.append(client.memory())
    assert memory[1] - memory[0] < 2_000_000
