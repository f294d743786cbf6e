"""`--diff-base` in repositories that somebody else made: nothing that they name is written or run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_baseline import git
from test_cli import BAD
from test_config import write

LINT = str(Path(sys.executable).with_name("nnx-lint"))
OF_BLOBS = ("100644", "blob")
OF_TREES = ("40000", "tree")


def since(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [LINT, "--output-format", "concise", "--quiet", "--diff-base", "HEAD", *(arguments or (".",))]
    return subprocess.run(command, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, check=False, timeout=120)


def said(folder: Path, *arguments: str, data: bytes = b"") -> str:
    return subprocess.run(["git", *arguments], cwd=folder, input=data, check=True, capture_output=True).stdout.decode().strip()


def committed(folder: Path, files: dict[str, str]) -> None:
    write(folder, files)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "x")


def tree(folder: Path, entries: list[tuple[str, bytes, str]]) -> str:
    """A tree of entries (mode, name, object) as they are, whatever git thinks of their names."""
    data = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(known_by) for mode, name, known_by in entries)
    return said(folder, "hash-object", "-w", "-t", "tree", "--stdin", "--literally", data=data)


def test_a_tree_writes_nothing_whatever_its_names(tmp_path: Path) -> None:
    project, temporary = tmp_path / "project", tmp_path / "temporary" / "deep"
    temporary.mkdir(parents=True)
    committed(project, {"a.py": BAD})
    blob = said(project, "hash-object", "-w", "--stdin", data=BAD.encode())
    inner = tree(project, [(OF_BLOBS[0], b"in.py", blob)])
    up = tree(project, [(OF_TREES[0], b"..", inner)])
    names = (b"../up.py", b"../../up.py", os.fsencode(tmp_path / "absolute.py"), b"\\..\\..\\up.py", b".git/hooks/up.py", b"\x1b[31m\n.py", b"n" * 300 + b".py")
    blobs = [(OF_BLOBS[0], name, blob) for name in (*names, b"a.py", b"both.py", b"both.py")]
    trees = [(OF_TREES[0], name, known_by) for name in (b"..", b".", b".git", b"both.py", b"m" * 300) for known_by in (inner, up)]
    commit = said(project, "-c", "user.name=a", "-c", "user.email=a@b", "commit-tree", "-m", "x", tree(project, blobs + trees))
    git(project, "update-ref", "HEAD", commit)
    before = sorted(tmp_path.rglob("*"))
    write(project, {"a.py": BAD + BAD})
    done = since(project, "--no-cache", TMPDIR=str(temporary))
    assert (done.returncode, done.stderr, [line.split(":")[:2] for line in done.stdout.splitlines()]) == (1, "", [["a.py", "10"]])
    assert sorted(tmp_path.rglob("*")) == before


PLANTED = {
    "by a protocol": {"remote.o.url": "ext::{command}", "protocol.ext.allow": "always"},
    "by the program at the other end": {"remote.o.url": "{here}", "remote.o.uploadpack": "{command}"},
    "by ssh": {"remote.o.url": "ssh://there/x", "core.sshCommand": "{command}"},
    "by a helper": {"remote.o.url": "{command}", "remote.o.vcs": "ext", "protocol.ext.allow": "always"},
    "by a proxy": {"remote.o.url": "git://there/x", "core.gitProxy": "{command}"},
}
EVERYWHERE = (
    ["core.fsmonitor", "core.pager", "core.editor", "core.askPass", "core.alternateRefsCommand", "diff.external", "gpg.program", "credential.helper"]
    + ["diff.evil.textconv", "diff.evil.command", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process"]
    + [f"alias.{name}" for name in ("rev-parse", "ls-tree", "cat-file", "diff", "diff-index")]
)


def plant(repository: Path, keys: dict[str, str], ran: Path, where: tuple[str, ...] = ()) -> None:
    """Let a repository's configuration promise what is missing, and name a program wherever it can, which leaves a file."""
    program = ran.with_name("program")
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    promised = {"core.repositoryFormatVersion": "1", "extensions.partialClone": "o", "remote.o.promisor": "true"}
    everywhere = {key: f"!{program}" if key.startswith("alias.") else str(program) for key in EVERYWHERE}
    for key, value in (everywhere | promised | keys).items():
        git(repository, "config", *where, key, value.format(command=program, here=repository))
    hooks = Path(said(repository, "rev-parse", "--absolute-git-dir")) / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman"):
        shutil.copy(program, hooks / hook)


def lose(repository: Path, name: str) -> None:
    """Let the text of a file be missing, as in a partial clone."""
    known_by = said(repository, "rev-parse", name)
    (Path(said(repository, "rev-parse", "--absolute-git-dir")) / "objects" / known_by[:2] / known_by[2:]).unlink()


def older_git(folder: Path) -> str:
    """A path on which git does not know `GIT_NO_LAZY_FETCH`."""
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nexec {shutil.which("git")} "$@"\n')
    (folder / "git").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize("way", PLANTED)
def test_what_a_partial_clone_lacks_is_not_fetched(tmp_path: Path, way: str) -> None:
    project, ran = tmp_path / "project", tmp_path / "ran"
    committed(project, {"a.py": BAD, "gone.py": BAD + BAD, ".gitattributes": "*.py filter=evil diff=evil\n"})
    plant(project, PLANTED[way], ran)
    lose(project, "HEAD:gone.py")
    for path in (os.environ["PATH"], older_git(tmp_path / "bin")):
        done = since(project, PATH=path)
        assert (done.returncode, "gone.py is missing in this clone" in done.stderr) == (2, True), done.stderr
    assert not ran.exists()
    subprocess.run(["git", "cat-file", "-p", "HEAD:gone.py"], cwd=project, check=False, capture_output=True)
    assert ran.exists(), "what was planted works"


@pytest.mark.parametrize("where", ["--local", "--worktree", "included"])
def test_what_moved_is_found_and_nothing_is_run(tmp_path: Path, where: str) -> None:
    project, ran = tmp_path / "project", tmp_path / "ran"
    committed(project, {"a.py": BAD + "# one\n# two\n# three\n", ".gitattributes": "*.py filter=evil diff=evil\n"})
    git(project, "mv", "a.py", "moved.py")
    write(project, {"moved.py": BAD + "# one\n# two\n# four\n"})
    git(project, "add", ".")
    git(project, "config", "extensions.worktreeConfig", "true")
    git(project, "config", "include.path", str(tmp_path / "included"))
    plant(project, PLANTED["by a protocol"], ran, where=("--file", str(tmp_path / "included")) if where == "included" else (where,))
    ran.unlink(missing_ok=True)
    write(project, {"moved.py": BAD + BAD})
    done = since(project, PATH=older_git(tmp_path / "bin"))
    assert (done.returncode, [line.split(":")[:2] for line in done.stdout.splitlines()]) == (1, [["moved.py", "10"]]), done.stderr
    assert not ran.exists()
    subprocess.run(["git", "diff", "HEAD"], cwd=project, check=False, capture_output=True)
    assert ran.exists(), "what was planted works"


def test_a_folder_that_looks_like_a_repository_is_none(tmp_path: Path) -> None:
    project, ran = tmp_path / "project", tmp_path / "ran"
    committed(project, {"a.py": BAD, "data/b.py": BAD})
    inner = tmp_path / "inner"
    committed(inner, {"b.py": BAD})
    lose(inner, "HEAD:b.py")
    plant(inner, PLANTED["by a protocol"] | {"core.bare": "false", "core.worktree": "."}, ran)
    for each in (inner / ".git").iterdir():
        each.rename(project / "data" / each.name)
    ran.unlink(missing_ok=True)
    done = since(project, "data", PATH=older_git(tmp_path / "bin"))
    assert (done.returncode, "bare repository" in done.stderr) == (2, True), done.stderr
    assert not ran.exists()


def test_the_imports_of_a_commit_are_found_as_those_of_now(tmp_path: Path) -> None:
    helper = "def positive(x):\n    return x if x > 0 else -x\n"
    main = "from flax import nnx\nfrom pkg.helper import positive\n\n@nnx.jit\ndef step(x):\n    return positive(x)\n"
    committed(tmp_path, {"pyproject.toml": "", "src/pkg/__init__.py": "", "src/pkg/helper.py": helper, "tests/main.py": main})
    assert since(tmp_path, "tests/main.py", "src").stdout == ""
    # What cannot be read never counts as known.
    (tmp_path / "src/pkg/unreadable.py").write_bytes(b"# nnx \xff\n")
    committed(tmp_path, {"src/pkg/large.py": f"# nnx {'x' * 2_200_000}\n"})
    assert [line.split()[1] for line in since(tmp_path, "tests/main.py", "src").stdout.splitlines()] == ["NNX002"]


def test_a_clone_that_was_partial_and_has_all_now_is_compared(tmp_path: Path) -> None:
    project, clone = tmp_path / "project", tmp_path / "clone"
    committed(project, {"a.py": BAD})
    write(project, {"a.py": BAD + BAD})
    git(project, "commit", "-qam", "y")
    git(project, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", project.as_uri(), str(clone))
    done = since(clone, "--diff-base", "HEAD~1", ".")
    assert (done.returncode, "git fetch --refetch --no-filter" in done.stderr) == (2, True)
    git(clone, "fetch", "--refetch", "--no-filter")
    done = since(clone, "--diff-base", "HEAD~1", ".")
    assert (done.returncode, [line.split(":")[:2] for line in done.stdout.splitlines()]) == (1, [["a.py", "10"]])
