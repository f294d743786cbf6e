"""What is shown while a run goes on: `--watch`, `--timing`, the bar on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

from test_cli import BAD, GOOD, run
from test_robustness import SLOW, hears_interrupts

LINT = str(Path(sys.executable).with_name("nnx-lint"))


def test_watch_checks_again_when_a_file_changes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(GOOD)
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen([LINT, "--watch", "--output-format", "concise", "."], cwd=tmp_path, stdout=out, stderr=out, preexec_fn=hears_interrupts)
    try:
        for text, expected in ((None, "No findings."), (BAD, "a.py:5:27: NNX101"), (GOOD, "No findings.")):
            if text is not None:
                log.write_text("")
                (tmp_path / "a.py").write_text(text)
            end = time.monotonic() + 60
            while expected not in log.read_text(errors="replace") and time.monotonic() < end:
                time.sleep(0.1)
            assert expected in log.read_text(errors="replace")
            time.sleep(1.0)
    finally:
        process.send_signal(2)
        status = process.wait(timeout=120)
    assert status == 0


def test_timing_names_rules_and_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    said = run("--timing", "a.py", cwd=tmp_path).stderr
    assert "%  all" in said
    assert "%  parse and walk" in said
    assert "NNX101 rngs_as_key" in said


def test_a_bar_on_a_terminal_and_none_elsewhere(tmp_path: Path) -> None:
    for index in range(4):
        (tmp_path / f"slow{index}.py").write_text(SLOW)
    ours, theirs = pty.openpty()
    command = [LINT, "--no-cache", "--jobs", "1", "--output-format", "concise", "."]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        said += part
    out, _ = process.communicate(timeout=60)
    assert (b"checking" in said, b"/4" in said, b"checking" in out) == (True, True, False)
    assert "checking" not in run("--no-cache", "--jobs", "1", ".", cwd=tmp_path).stderr
