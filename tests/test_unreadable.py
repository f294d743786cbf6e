"""What cannot be read (a folder or a pipe in a file's place, a link that leads nowhere or to itself, broken bytes) concerns its own folder, and no other."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from test_cli import BAD, GOOD, run
from test_config import codes, write

from nnx_lsp.dev.client import Client
from nnx_lsp.project import versions

KINDS: dict[str, Callable[[Path], None]] = {
    "a folder": Path.mkdir,
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "broken bytes": lambda path: path.write_bytes(b"# flax nnx-lint \xff\xfe\x00\n") and None,
    "a pipe": lambda path: os.mkfifo(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
}
LOCKS = ("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "requirements.txt", "pixi.lock", "environment.yml")
FILES = (*LOCKS, "pyproject.toml", "nnx-lint.toml", "nnx-lint-baseline.json", ".gitignore", "b.py")
SAID = (*LOCKS, "pyproject.toml", "nnx-lint.toml")
"""What the user is told of."""


ODD = ("%00/a.py", f"{'n' * 300}/a.py", "of-itself/a.py")
"""Names of texts that a client may have open, though nothing can be there."""


def folder_of(root: Path, name: str) -> Path:
    return root / f"of-{name.strip('.').replace('.', '-')}"


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_checks_all_other_folders_and_says_it_once(tmp_path: Path, kind: str) -> None:
    good = tmp_path / "good"
    write(good, {"a.py": BAD, "uv.lock": '[[package]]\nname = "flax"\nversion = "0.11.2"\n'})
    (tmp_path / "of-itself").symlink_to("of-itself")
    for name in FILES:
        write(folder_of(tmp_path, name), {"a.py": BAD})
        KINDS[kind](folder_of(tmp_path, name) / name)
    roots = [good, *(folder_of(tmp_path, name) for name in FILES)]
    options = {"diagnosticMode": "workspace"}
    client = Client(tmp_path, {}, folders=roots, environment={"NNX_LINT_CACHE": str(tmp_path.parent / "cache")}, options=options)
    try:
        for uri in (*(f"{tmp_path.as_uri()}/{name}" for name in ODD), *((root / "a.py").as_uri() for root in roots)):
            client.open(uri, "import b\n" + BAD)
        for root in roots:
            client.codes((root / "a.py").as_uri(), ["NNX101"])
        client.change((good / "a.py").as_uri(), 2, {"text": GOOD})
        client.codes((good / "a.py").as_uri(), [])
        for root in roots:
            client.notify("textDocument/didSave", {"textDocument": {"uri": (root / "a.py").as_uri()}})
        client.open((good / "b.py").as_uri(), BAD)
        client.codes((good / "b.py").as_uri(), ["NNX101"])
        status = client.ask("workspace/executeCommand", {"command": "nnx-lint.showStatus"})
        assert {each["version"] for each in status["flax"] if each["folder"] == str(good)} == {"0.11.2"}
        said = [each["message"] for each in client.messages("window/showMessage")]
        told = [name for name in SAID if sum(re.search(rf"/{re.escape(name)}: cannot be read", each) is not None for each in said) == 1]
        assert (told, len([each for each in said if "cannot be read" in each])) == (list(SAID), len(SAID)), said
    finally:
        assert client.end() == 0


def test_a_setting_that_becomes_readable_counts_and_its_loss_is_said_again(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD, "b/b.py": BAD})
    lock, uri = tmp_path / "b/uv.lock", (tmp_path / "b/b.py").as_uri()
    client = Client(tmp_path, {}, environment={"NNX_LINT_CACHE": str(tmp_path.parent / "cache")})

    def version() -> str:
        client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        client.change(uri, 2, {"text": GOOD})
        client.codes(uri, [])
        client.change(uri, 3, {"text": BAD})
        client.codes(uri, ["NNX101"])
        (found,) = [each["version"] for each in client.ask("workspace/executeCommand", {"command": "nnx-lint.showStatus"})["flax"]]
        return str(found)

    lock.mkdir()
    client.open(uri, BAD)
    client.codes(uri, ["NNX101"])
    said: list[int] = []
    for _ in range(2):
        version()
        version()
        said.append(len(client.messages("window/showMessage")))
        lock.rmdir()
        lock.write_text('[[package]]\nname = "flax"\nversion = "0.11.2"\n')
        assert version() == "0.11.2"
        lock.unlink()
        lock.mkdir()
    assert (client.end(), said) == (0, [1, 2])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "broken bytes"])
def test_the_command_line_goes_on(tmp_path: Path, kind: str) -> None:
    write(tmp_path, {"a.py": "import b, c\n" + BAD, "sub/x.py": BAD})
    for name in ("uv.lock", "b.py", ".gitignore", "nnx-lint-baseline.json", "requirements-dev.txt", "sub/loop"):
        KINDS[kind](tmp_path / name)
    done = run("--no-cache", "--output-format", "concise", cwd=tmp_path)
    assert [line.split(": ")[1].split()[0] for line in done.stdout.splitlines()] == ["NNX101", *(["NNX002"] if kind != "a folder" else []), "NNX101"], (
        done.stderr
    )
    assert done.stderr.count("uv.lock: cannot be read") == done.stderr.count("requirements-dev.txt: cannot be read") == 1
    assert "uv.lock: cannot be read" in run("config", cwd=tmp_path).stderr
    KINDS[kind](tmp_path / "pyproject.toml")
    done = run("--no-cache", cwd=tmp_path)
    assert (done.returncode, "pyproject.toml: cannot be read" in done.stderr) == (2, True)


def test_a_line_that_is_not_a_pattern_counts_for_nothing_and_is_a_wrong_setting(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD, "b.py": BAD, ".gitignore": "!\n\\\n[z-a]\nb.py\n", ".git/info/exclude": "!\n"})
    assert codes(tmp_path, ".") == ["a.py NNX101"]
    for table in ('exclude = ["ok", "!"]', '[per-file-ignores]\n"[z-a]" = ["NNX1"]'):
        write(tmp_path, {"nnx-lint.toml": table})
        done = run(cwd=tmp_path)
        assert (done.returncode, "is not a pattern as in .gitignore" in done.stderr) == (2, True)
    write(tmp_path, {"nnx-lint.toml": ""})
    done = run("--exclude", "!", cwd=tmp_path)
    assert (done.returncode, "--exclude: '!' is not a pattern as in .gitignore" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pixi.lock", "- pypi: flax-\n"),
        ("pixi.lock", "- conda: https://x/flax-\n  name: flax\n"),
        ("environment.yml", "dependencies:\n- pip: 3\n- flax\n"),
        ("environment.yml", f"flax: {'[' * 5000}"),
        ("uv.lock", '[[package]]\nname = "flax"\nversion = 3\n'),
        ("uv.lock", f'[[package]]\nname = "flax"\nx = {"[" * 5000}'),
        ("poetry.lock", '[[package]]\n[package.x]\n"flax" = 1\n'),
    ],
)
def test_what_is_not_what_its_name_says_says_nothing(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / name).write_text(text)
    found, unread = versions.Search().of(tmp_path)
    assert (found is None or str(tmp_path) not in found.source, unread) == (True, ())
