"""What is interrupted, full, slow or read-only leaves no half-written file, no worker, and a clear word."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_cli import BAD, GOOD, run
from test_config import codes, write

from nnx_lsp.cli.limits import OutOfTimeError, limited
from nnx_lsp.cli.run import Checker
from nnx_lsp.config import Settings
from nnx_lsp.dev.fuzz import run as fuzz
from nnx_lsp.dev.kill import is_gone
from nnx_lsp.tracer.trace import Tracer

LINT = str(Path(sys.executable).with_name("nnx-lint"))
SLOW = "import jax\nfrom flax import nnx\n" + "".join(
    f"@nnx.jit\ndef f{index}(x):\n" + "".join(f"    x = x + {row} if row else x * {row}\n" for row in range(300)) + "    return x\n" for index in range(40)
)


def test_a_file_that_takes_too_long_is_one_finding_and_is_not_kept(tmp_path: Path) -> None:
    write(tmp_path, {"slow.py": "".join(SLOW.replace("def f", f"def g{index}_") for index in range(4)), "a.py": BAD, "nnx-lint.toml": "time-limit = 2.5\n"})
    for jobs in ("1", "2"):
        assert sorted(codes(tmp_path, "--no-cache", "--jobs", jobs, ".")) == ["a.py NNX101", "slow.py NNX007"]
    assert sorted(codes(tmp_path, ".")) == ["a.py NNX101", "slow.py NNX007"]
    write(tmp_path, {"slow.py": ""})
    assert codes(tmp_path, ".") == ["a.py NNX101"]


def test_the_time_of_the_processor_is_limited_and_what_waits_forever_ends_too() -> None:
    with pytest.raises(OutOfTimeError), limited(0.2):
        while True:
            pass
    with limited(0.2):
        time.sleep(0.5)  # What others have of the processor meanwhile is not counted.
    with pytest.raises(OutOfTimeError), limited(0.05):
        time.sleep(3600)


def test_a_limit_within_another_leaves_the_other_running() -> None:
    with pytest.raises(OutOfTimeError), limited(0.3):
        with limited(60):
            pass
        while True:
            pass


def test_the_mode_the_link_and_the_line_ends_of_a_fixed_file_stay(tmp_path: Path) -> None:
    write(tmp_path, {"real/a.py": ""})
    (tmp_path / "real/a.py").write_bytes(BAD.replace("\n", "\r\n").encode())
    (tmp_path / "real/a.py").chmod(0o751)
    (tmp_path / "link.py").symlink_to("real/a.py")
    assert run("--fix", "link.py", cwd=tmp_path).returncode == 0
    assert (tmp_path / "link.py").is_symlink()
    assert (tmp_path / "real/a.py").read_bytes() == GOOD.replace("\n", "\r\n").encode()
    assert stat.S_IMODE((tmp_path / "real/a.py").stat().st_mode) == 0o751
    assert sorted(path.name for path in (tmp_path / "real").iterdir()) == ["a.py"]


def test_what_a_killed_writer_left_is_removed_and_what_another_writes_is_not(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD})
    begun = "import os, time\nfrom pathlib import Path\nfrom nnx_lsp.fixes import write_whole\n{}\nwrite_whole(Path('a.py'), b'half')\n"
    killed = subprocess.run([sys.executable, "-c", begun.format("os.fsync = lambda _: os.kill(os.getpid(), 9)")], cwd=tmp_path, check=False, timeout=120)
    assert (killed.returncode, (tmp_path / "a.py").read_text()) == (-signal.SIGKILL, BAD)
    (left,) = {path.name for path in tmp_path.iterdir()} - {"a.py"}
    with subprocess.Popen([sys.executable, "-c", begun.format("os.fsync = lambda _: time.sleep(300)")], cwd=tmp_path) as writing:
        while len(others := {path.name for path in tmp_path.iterdir()} - {"a.py", left}) < 1:
            time.sleep(0.02)
        assert run("--fix", "a.py", cwd=tmp_path).returncode == 0
        assert {path.name for path in tmp_path.iterdir()} == {"a.py", *others}
        writing.kill()
    assert (tmp_path / "a.py").read_text() == GOOD


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    text = BAD + "# " + "x" * 5000 + "\n"
    write(tmp_path, {"a.py": text})
    done = subprocess.run(
        [LINT, "--fix", "--no-cache", "a.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )
    assert (done.returncode, "a.py: cannot be written" in done.stderr) == (2, True)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.py", text)]


def test_a_full_standard_output_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD})
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([LINT, "a.py"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["a file", "not allowed", "no database", "half a database", "full"])
def test_a_cache_that_cannot_be_used_changes_nothing(tmp_path: Path, kind: str) -> None:
    write(tmp_path, {"a.py": BAD})
    place = tmp_path / "cache"
    limit: int | None = None
    match kind:
        case "a file":
            place.write_text("x")
        case "not allowed":
            place = Path("/proc/nowhere")
        case "full":
            limit = 4096
        case _:
            place.mkdir()
            subprocess.run([LINT, "a.py"], cwd=tmp_path, env={**os.environ, "NNX_LINT_CACHE": str(place)}, capture_output=True, check=False, timeout=120)
            (database,) = place.glob("*.db")
            data = database.read_bytes()
            database.write_bytes(b"no database at all" * 100 if kind == "no database" else data[: len(data) // 2])
    for _ in range(2):
        done = subprocess.run(
            [LINT, "--output-format", "concise", "a.py"],
            cwd=tmp_path,
            env={**os.environ, "NNX_LINT_CACHE": str(place)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)) if limit else None,
        )
        assert (done.returncode, len(done.stdout.splitlines()), "Traceback" in done.stderr) == (1, 1, False)


def hears_interrupts() -> None:
    """A program that a shell starts in the background inherits that it ignores them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_worker(tmp_path: Path, sent: signal.Signals) -> None:
    write(tmp_path, {f"slow{index}.py": SLOW.replace("f0", f"f0_{index}") for index in range(30)})
    process = subprocess.Popen(
        [LINT, "--no-cache", "--jobs", "2", "."],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hears_interrupts,
    )
    time.sleep(3.0)
    assert process.poll() is None
    process.send_signal(sent)
    _, said = process.communicate(timeout=120)
    assert is_gone(process.pid)
    assert "Traceback" not in said
    assert process.returncode == (130 if sent is signal.SIGINT else -sent)


def test_nothing_is_lost_on_corrupted_programs() -> None:
    assert fuzz(0, 150, 1) == []


FOUND_BY_THE_FUZZER = {
    "an encoding that is not compatible with ASCII": b"# -*- coding: utf-16 -*-\n\nrequires: jax\nfrom flax import nnx\n\ndropout = nnx.Dropout(0.5)\n ",
    "what LibCST refuses though Python reads it": b"import jax\n\ndef f(x):\n    return x * (not.5)\n",
    "a check of LibCST that fails": b"import jax\n\ndef f(x):\n    return(lambda model: model(x))(abs)\n",
}


@pytest.mark.parametrize("name", FOUND_BY_THE_FUZZER)
def test_what_the_fuzzer_found(tmp_path: Path, name: str) -> None:
    data = FOUND_BY_THE_FUZZER[name]
    (tmp_path / "a.py").write_bytes(data)
    done = run("--fix", "--unsafe-fixes", "--output-format", "concise", ".", cwd=tmp_path)
    assert (done.returncode, done.stdout.count("NNX00"), (tmp_path / "a.py").read_bytes()) == ((1, 1, data) if b"utf-16" in data else (0, 0, data))


def test_a_function_that_transforms_itself_is_not_walked_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[object] = []
    walk = Tracer._walk_transformed
    monkeypatch.setattr(Tracer, "_walk_transformed", lambda tracer, transformed: (walked.append(transformed), walk(tracer, transformed)))
    checker = Checker(["a.py"], lambda _: Settings(), None)
    checker.project.put("a.py", "import jax\n\nKEPT = []\n\n\ndef work(x, n):\n    KEPT.append = jax.jit(lambda x: work(x, 2))\n")
    checker.check("a.py")
    assert 1 <= len(walked) < 200
