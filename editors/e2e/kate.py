"""Kate in a window of its own, driven with keys and the mouse. What it underlines is read off the picture of its window."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from project import Failed, Workspace
from screen import screen, shot, until, window

HERE = Path(__file__).parent


class Underline(NamedTuple):
    """A red underline: the row of its points, and where it begins and ends."""

    row: float
    left: float
    right: float


def driven(place: Workspace, server: Path, picture: Path) -> None:
    """Open a file, look, hover, fix, type."""
    file = place.project / "model.py"
    before = file.read_text()
    _configure(place, server)
    runtime = place.home / "runtime"
    runtime.mkdir(mode=0o700)
    with screen(place) as display:
        extra = {**display, "XDG_RUNTIME_DIR": str(runtime), "QT_QPA_PLATFORM": "xcb"}

        def keys(*given: str) -> None:
            place.run("xdotool", *given, **extra)

        def seen(what: str) -> list[Underline]:
            found: list[Underline] = until(lambda: _agreeing(place, server, file, extra), what)
            print(f"   {what}")
            return found

        with place.started("dbus-run-session", "--", "kate", "--startanon", "--line", "12", "--column", "33", str(file), **extra), _pictured(place, extra):
            shown = window(place, "kate", extra)
            keys("windowsize", shown, "1280", "800", "windowmove", shown, "0", "0")
            words = seen("what nnx-lint finds is underlined, and nothing else")
            _, _, fix = words[:3]
            keys("mousemove", str(int(fix.left) + 8), str(int(fix.row) - 20), "mousemove", "--sync", str(int(fix.left) + 12), str(int(fix.row) - 5))
            until(lambda: len(place.run("xdotool", "search", "--onlyvisible", "--class", "kate", **extra).split()) > 1, "a tooltip")
            print("   a tooltip opens over a word")
            shot(place, "root", picture, extra)
            keys("mousemove", "640", "760", "key", "ctrl+period")
            until(lambda: keys("key", "ctrl+s") or file.read_text() != before, "a change on the disk")
            if file.read_text() != before.replace("nnx.Dropout(p=0.1, ", "nnx.Dropout(rate=0.1, "):
                raise Failed(f"the quick fix made this:\n{file.read_text()}")
            print("   the quick fix repairs the line, and changes nothing else")
            seen("its underline is gone")
            keys("key", "ctrl+End", "type", "more = jax.random.uniform(nnx.Rngs(1), (2,))")
            keys("key", "ctrl+s")
            until(lambda: "more = jax" in file.read_text(), "what was typed, on the disk")
            seen("a mistake that is typed is underlined")


@contextmanager
def _pictured(place: Workspace, extra: dict[str, str]) -> Iterator[None]:
    """What fails is shown in a picture beside the logs."""
    try:
        yield
    except Failed:
        shot(place, "root", place.home / "failed.png", extra)
        raise


def _configure(place: Workspace, server: Path) -> None:
    settings = place.home / ".config"
    (settings / "kate/lspclient").mkdir(parents=True)
    shutil.copy(HERE / "kate.json", settings / "kate/lspclient/settings.json")
    (settings / "katerc").write_text(
        "[General]\nStartup Session=manual\nShow welcome view for new window=false\nShow Url Nav Bar=false\n[Kate Plugins]\nlspclientplugin=true\n"
        "[KTextEditor Document]\nRemove Spaces=0\n"
        f"[lspclient]\nAllowedServerCommandLines={server / 'bin/nnx-lsp'}\nDiagnostics=true\nDiagnosticsHover=true\nMessages=true\nAutoHover=true\n"
    )


def _agreeing(place: Workspace, server: Path, file: Path, extra: dict[str, str]) -> list[Underline]:
    """The underlines in the window, if they stand under what the command finds in the file: as many, and in proportion, whatever the font; else none."""
    found = json.loads(place.run("sh", "-c", f"'{server / 'bin/nnx-lint'}' --output-format json '{file}' 2>/dev/null || true"))
    wanted = sorted((each["location"]["row"], each["location"]["column"] - 1, each["end_location"]["column"] - 1) for each in found)
    drawn = _underlines(place, extra)
    if len(drawn) < 3 or len(drawn) != len(wanted):
        return []
    columns = [(column, x) for (_, *ends), line in zip(wanted, drawn, strict=True) for column, x in zip(ends, (line.left, line.right), strict=True)]
    rows = [(row, line.row) for (row, *_), line in zip(wanted, drawn, strict=True)]
    return drawn if _is_straight(columns) and _is_straight(rows) else []


def _is_straight(points: list[tuple[int, float]]) -> bool:
    """Whether points lie on one line, within three pixels."""
    (first, low), (last, high) = min(points), max(points)
    return first < last and all(abs(low + (x - first) * (high - low) / (last - first) - y) <= 3 for x, y in points)


def _underlines(place: Workspace, extra: dict[str, str]) -> list[Underline]:
    """The red underlines of the screen, from the top."""
    raw = place.home / "screen.ppm"
    place.run("import", "-window", "root", "-depth", "8", str(raw), **extra)
    _, size, _, points = raw.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    found: list[Underline] = []
    for row in range(height):
        line = points[3 * width * row : 3 * width * (row + 1)]
        colours = enumerate(zip(line[::3], line[1::3], line[2::3], strict=True))
        reds = [at for at, (red, green, blue) in colours if red > 180 and green < 130 and abs(green - blue) < 30]
        if len(reds) < 8:
            continue
        # A wave has two rows.
        if found and row - found[-1].row <= 2:
            found[-1] = Underline(row, min(found[-1].left, reds[0]), max(found[-1].right, reds[-1]))
        else:
            found.append(Underline(row, reds[0], reds[-1]))
    return found
