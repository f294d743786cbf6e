"""`python editors/e2e/run.py all`, or the names of some editors: the server in the real programs, started, looked at, and used.

`--cache FOLDER` is where the editors are installed (else `~/.cache/nnx-lint/editors`), `--apt` installs what Debian has to give, `--keep` leaves the workspaces, and
`--broken` puts a server that exits at once in place of ours: then every test must fail, and the run succeeds if each does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

import tests
from install import Cache, apt, missing
from project import Failed, Workspace, workspace


class Test(NamedTuple):
    """A test in one program: the commands that it needs, and what it does."""

    needs: tuple[str, ...]
    run: Callable[[Workspace, Cache, Path], None]


SCREEN = ("Xvfb", "xdotool", "import")
TERMINAL = ("xterm", *SCREEN)
TESTS = {
    "vscode": Test(("node", "npm", "chromium"), tests.vscode),
    "vscode-host": Test(("node", "npm", "chromium"), tests.vscode_host),
    "jupyterlab": Test(("node", "npm", "chromium"), tests.jupyterlab),
    "jupyterlab-pylsp": Test(("node", "npm", "chromium"), tests.jupyterlab_pylsp),
    "neovim": Test(TERMINAL, tests.neovim),
    "emacs-eglot": Test(("emacs", *TERMINAL), tests.emacs_eglot),
    "emacs-lsp-mode": Test(("emacs", *TERMINAL), tests.emacs_lsp_mode),
    "vim-ale": Test(("vim", *TERMINAL), tests.vim_ale),
    "kate": Test(("kate", "dbus-run-session", *SCREEN), tests.kate),
}


def main() -> int:
    """Run them one after the other; 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python editors/e2e/run.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=["all", *TESTS], metavar="NAME", help=f"all, or some of {', '.join(TESTS)}")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/nnx-lint/editors", metavar="FOLDER", help="where the editors are installed")
    parser.add_argument("--apt", action="store_true", help="install the Debian packages that are missing")
    parser.add_argument("--keep", action="store_true", help="leave the workspaces for a look")
    parser.add_argument("--broken", action="store_true", help="use a server that exits at once: every test must fail")
    given = parser.parse_args()
    names = list(TESTS) if "all" in given.names else list(dict.fromkeys(given.names))
    wanted = list(dict.fromkeys(package for name in names for package in missing(TESTS[name].needs)))
    if wanted and not given.apt:
        parser.error(f"these Debian packages are missing: {' '.join(wanted)} (--apt installs them)")
    if wanted:
        apt(wanted)
    cache = Cache(given.cache)
    wheel = cache.wheel()
    server = cache.environment(wheel, "server")
    if given.broken:
        server = cache.environment(wheel, "broken")
        tests.break_server(server)
        tests.is_broken = True
    failed = [name for name in names if not _passes(name, cache, server, given.keep, given.broken)]
    print(f"{len(names) - len(failed)} passed, {len(failed)} failed" + (f" ({', '.join(failed)})" if failed else ""))
    if given.broken:
        return 0 if len(failed) == len(names) else 1
    return 1 if failed else 0


def _passes(name: str, cache: Cache, server: Path, keep: bool, is_broken: bool) -> bool:
    begun = time.monotonic()
    print(f"== {name}", flush=True)
    tests.pictures = Path(tempfile.gettempdir()) / "nnx-lint-broken-pictures" if is_broken else tests.PICTURES
    tests.pictures.mkdir(exist_ok=True)
    with workspace(server, keep=keep) as place:
        try:
            TESTS[name].run(place, cache, server)
        except Failed as failure:
            print(f"{failure}\n== {name}: FAILED in {time.monotonic() - begun:.0f} s", flush=True)
            return False
    print(f"== {name}: ok in {time.monotonic() - begun:.0f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
