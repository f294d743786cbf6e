"""A screen that nobody looks at, and the editors of a terminal on it.

Such an editor runs its script in a real terminal. The script writes what it sees to `$NNX_SEEN`; where the picture is to be taken, it makes the file
`$NNX_PICTURE` and goes on when that is gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from project import Failed, Workspace

_RUN = '"$@"; echo $? > "$NNX_ENDED"'
_LOOK = ("-fa", "DejaVu Sans Mono", "-fs", "11", "-geometry", "138x40", "-bg", "white", "-fg", "black", "-b", "4", "+sb", "-tn", "xterm-256color")


@contextmanager
def screen(place: Workspace) -> Iterator[dict[str, str]]:
    """An X server without a display; it gives the environment of what is to be shown on it."""
    log = place.home / "Xvfb.log"
    with place.started("Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp") as server:
        number = until(lambda: server.poll() is None and next((line for line in log.read_text().splitlines() if line.isdigit()), None), "a screen")
        yield {"DISPLAY": f":{number}", "LIBGL_ALWAYS_SOFTWARE": "1"}


def in_terminal(place: Workspace, picture: Path, *command: str) -> None:
    """Run an editor with its script in a terminal, take the picture when the script asks for it, and print what it saw. Raises `Failed` if the script fails."""
    seen, wanted, ended = (place.home / name for name in ("seen.txt", "picture", "ended"))
    files = {"NNX_SEEN": str(seen), "NNX_PICTURE": str(wanted), "NNX_ENDED": str(ended), "LC_ALL": "C.UTF-8", "COLORTERM": "truecolor"}
    picture.unlink(missing_ok=True)
    with screen(place) as display:

        def is_over() -> bool:
            if wanted.is_file():
                shot(place, window(place, "xterm", display), picture, display)
                wanted.unlink()
            return ended.is_file() and ended.read_text().strip() != ""

        try:
            with place.started("xterm", *_LOOK, "-e", "sh", "-c", _RUN, "sh", *command, **display, **files):
                until(is_over, f"the end of {command[0]}", 180)
        finally:
            print(seen.read_text() if seen.is_file() else "", end="")
    if status := int(ended.read_text()):
        raise Failed(f"{command[0]} ended with {status}")
    if not picture.is_file():
        raise Failed("no picture was taken")


def window(place: Workspace, name: str, display: dict[str, str]) -> str:
    """The window of a program, once it is there."""
    found: str = until(lambda: place.run("xdotool", "search", "--onlyvisible", "--class", name, **display).split()[-1], f"a window of {name}")
    return found


def shot(place: Workspace, window: str, picture: Path, display: dict[str, str]) -> None:
    """Take a picture of a window, in few colours."""
    time.sleep(0.3)  # What was written last is drawn.
    place.run("import", "-window", window, "-depth", "8", "+dither", "-colors", "255", str(picture), **display)


def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Wait until something holds, and give what it is."""
    end = time.monotonic() + seconds
    last = ""
    while time.monotonic() < end:
        try:
            if answer := condition():
                return answer
        except (Failed, IndexError) as error:
            last = str(error)
        time.sleep(0.2)
    raise Failed(f"never seen: {what}\n{last}")
