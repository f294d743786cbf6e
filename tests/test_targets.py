"""What is written to a path that the user names: no source, no file in the place of a pipe or a device, and through links."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from test_cli import BAD, GOOD, run
from test_config import write

from nnx_lsp.dev.client import SERVER, Client

LINT = str(Path(sys.executable).with_name("nnx-lint"))
NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices and gives files away")


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("target", ["a.py", "./b.pyi", "n.ipynb", "page.md", "page.MARKDOWN", "new.py", "link", "sub/../a.py", "data"])
def test_a_source_is_no_target(tmp_path: Path, target: str) -> None:
    write(tmp_path, {"a.py": BAD, "b.pyi": "", "n.ipynb": NOTEBOOK, "page.md": "x", "page.MARKDOWN": "x", "sub/c": "", "data": BAD})
    (tmp_path / "link").symlink_to("a.py")
    (tmp_path / "data_link.py").symlink_to("data")
    before = contents(tmp_path)
    commands = [("--output-format", f"json={target}"), ("--output-format", "json", "--output-file", target), ("baseline", "--baseline", target)]
    for command in (*commands, *((*command, "-") for command in commands[:2] if target != "data")):
        done = run(*command, cwd=tmp_path, stdin=BAD)
        assert (done.returncode, Path(target).name in done.stderr, "is a source; give a file that is not checked" in done.stderr) == (2, True, True), (
            done.stderr
        )
        assert contents(tmp_path) == before
    write(tmp_path, {"nnx-lint.toml": f'baseline = "{target}"\n'})
    assert "is a source" in run("baseline", cwd=tmp_path).stderr
    if target != "data":  # The server checks no files that were named.
        done = subprocess.run([*SERVER, "--log-file", target], cwd=tmp_path, input="", capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, "is a source" in done.stderr) == (2, True)
    (tmp_path / "nnx-lint.toml").unlink()
    assert contents(tmp_path) == before


def test_the_server_accepts_into_no_source(tmp_path: Path) -> None:
    write(tmp_path, {"nnx-lint.toml": 'baseline = "b.py"\n', "b.py": '{"version": 1, "findings": []}'})
    client = Client(tmp_path, {}, environment={"NNX_LINT_CACHE": str(tmp_path.parent / "cache")})
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, BAD)
    client.codes(uri, ["NNX101"])
    known_by = {"path": "a.py", "code": "NNX101", "symbol": "", "snippet": "noise = jax.random.normal(rngs, (2, 3))"}
    asked = client.ask("workspace/executeCommand", {"command": "nnx-lint.accept", "arguments": [uri, known_by]})
    said = [each["message"] for each in client.messages("window/showMessage")]
    assert (client.end(), asked, any("is a source" in each for each in said)) == (0, False, True), said
    assert (tmp_path / "b.py").read_text() == '{"version": 1, "findings": []}'


def test_the_server_accepts_into_no_pipe(tmp_path: Path) -> None:
    write(tmp_path, {"nnx-lint.toml": 'baseline = "pipe"\n'})
    os.mkfifo(tmp_path / "pipe")
    client = Client(tmp_path, {}, environment={"NNX_LINT_CACHE": str(tmp_path.parent / "cache")})
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, BAD)
    client.codes(uri, ["NNX101"])
    known_by = {"path": "a.py", "code": "NNX101", "symbol": "", "snippet": "noise = jax.random.normal(rngs, (2, 3))"}
    asked = client.ask("workspace/executeCommand", {"command": "nnx-lint.accept", "arguments": [uri, known_by]})
    assert (client.end(), asked, stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)) == (0, False, True)


@pytest.mark.parametrize("command", [("--output-format", "json=pipe"), ("baseline", "--baseline", "pipe")])
def test_a_pipe_takes_what_is_written_and_stays(tmp_path: Path, command: tuple[str, ...]) -> None:
    write(tmp_path, {"a.py": BAD})
    os.mkfifo(tmp_path / "pipe")
    came: list[str] = []
    reader = threading.Thread(target=lambda: came.append((tmp_path / "pipe").read_text()), daemon=True)
    reader.start()
    run(*command, cwd=tmp_path)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    reader.join(20)
    (text,) = came
    assert "NNX101" in text
    assert json.loads(text)


@needs_root
def test_a_device_takes_what_is_written_and_stays(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD})
    try:
        os.mknod(tmp_path / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except OSError:
        pytest.skip("no devices can be made here")
    (tmp_path / "link").symlink_to("null")
    for target in ("null", "link"):
        assert run("--output-format", f"json={target}", cwd=tmp_path).returncode == 1
        assert run("baseline", "--baseline", target, cwd=tmp_path).returncode == 0
        assert stat.S_ISCHR((tmp_path / "null").stat().st_mode)
    assert (tmp_path / "link").is_symlink()
    os.mknod(tmp_path / "disk", stat.S_IFBLK | 0o600, os.makedev(7, 250))
    for command in (("--output-format", "json=disk"), ("baseline", "--baseline", "disk")):
        done = run(*command, cwd=tmp_path)
        assert (done.returncode, "disk is a disk; give a file" in done.stderr) == (2, True)


def test_a_full_device_and_a_folder_are_said(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD, "folder/x": ""})
    (tmp_path / "loop").symlink_to("loop")
    for target in ("/dev/full", "folder", "loop"):
        done = run("--output-format", f"json={target}", "a.py", cwd=tmp_path)
        assert (done.returncode, f"{target}: cannot be written" in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr
    assert run("--output-format", "json=/dev/null", "a.py", cwd=tmp_path).returncode == 1
    assert (stat.S_ISCHR(Path("/dev/null").stat().st_mode), stat.S_ISCHR(Path("/dev/full").stat().st_mode)) == (True, True)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link", "folder/1"])
def test_standard_output_by_its_name_goes_on_where_it_was(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"a.py": BAD})
    (tmp_path / "link").symlink_to("/dev/stdout")
    (tmp_path / "folder").symlink_to("/dev/fd")
    command = [LINT, "--output-format", "concise", "--output-format", f"jsonl={name}", "a.py"]
    with (tmp_path / "out.txt").open("w") as out:
        out.write("before\n")
        out.flush()
        subprocess.run(command, cwd=tmp_path, stdout=out, stderr=subprocess.DEVNULL, check=False, timeout=60)
    lines = (tmp_path / "out.txt").read_text().splitlines()
    assert (lines[0], lines[1][:10], json.loads(lines[2])["code"]) == ("before", "a.py:5:27:", "NNX101")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.splitlines() == lines[1:]


def test_standard_error_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD})
    done = run("--output-format", "concise=/dev/stderr", "--quiet", cwd=tmp_path)
    assert (done.stdout, done.stderr[:10]) == ("", "a.py:5:27:")
    done = subprocess.run([*SERVER, "--log-file", "/dev/stdout"], cwd=tmp_path, input="", capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, "standard output is what the client reads" in done.stderr) == (2, "", True)


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD, "real/out.json": "old"})
    (tmp_path / "link").symlink_to("real/out.json")
    (tmp_path / "later").symlink_to("real/new.json")
    for name, target in (("link", "out.json"), ("later", "new.json")):
        run("--output-format", f"json={name}", cwd=tmp_path)
        assert (tmp_path / name).is_symlink()
        assert json.loads((tmp_path / "real" / target).read_text())[0]["code"] == "NNX101"


@needs_root
def test_owner_and_mode_stay(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD, "out.json": "", "accepted.json": ""})
    for name in ("a.py", "out.json", "accepted.json"):
        os.chown(tmp_path / name, 12345, 23456)
        (tmp_path / name).chmod(0o640)
    run("baseline", "--baseline", "accepted.json", cwd=tmp_path)
    run("--fix", "--output-format", "json=out.json", cwd=tmp_path)
    assert (tmp_path / "a.py").read_text() == GOOD
    for name in ("a.py", "out.json", "accepted.json"):
        status = (tmp_path / name).stat()
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode), status.st_size > 0) == (12345, 23456, 0o640, True)


def test_no_baseline_takes_the_place_of_another_file(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD, "keys": "ssh-ed25519 AAAA", "nnx-lint.toml": 'baseline = "keys"\n', "nnx-lint-baseline.json": "<<<<<<< HEAD"})
    done = run("baseline", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "keys").read_text(), "keys: cannot be used as a baseline" in done.stderr) == (2, "ssh-ed25519 AAAA", True)
    write(tmp_path, {"nnx-lint.toml": ""})
    assert run("baseline", cwd=tmp_path).returncode == 0
