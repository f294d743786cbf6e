"""One function for each program that is driven: it starts the program in a workspace and raises `Failed` if what it must see is not to be seen."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from install import JUPYTER, PYLSP, Cache
from kate import driven
from project import Workspace, free_port
from screen import in_terminal

HERE = Path(__file__).parent
PICTURES = HERE.parent / "screenshots"
pictures = PICTURES
"""Where pictures go."""
is_broken = False
"""Whether a server that exits at once stands in place of ours."""

_QUIET = {
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Light Modern",
    "workbench.tips.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "chat.disableAIFeatures": True,
    "chat.commandCenter.enabled": False,
    "extensions.autoCheckUpdates": False,
    "extensions.ignoreRecommendations": True,
    "update.mode": "none",
    "git.enabled": False,
    "editor.minimap.enabled": False,
    "files.autoSave": "off",
    "workbench.editor.useModal": "off",
    "editor.autoClosingBrackets": "never",
    "editor.autoClosingQuotes": "never",
    "editor.codeActionsOnSave": {"source.fixAll.nnx-lint": "explicit"},
}


def vscode(place: Workspace, cache: Cache, server: Path) -> None:
    """VS Code's workbench with our extension, in a browser."""
    settings = _code_settings(place)
    with _code(place, cache, [cache.extension()]) as address:
        _node(place, cache, "vscode.mjs", address, str(place.project), str(settings), str(pictures))


@contextmanager
def _code(place: Workspace, cache: Cache, extensions: list[Path], **extra: str) -> Iterator[str]:
    """A code-server with extensions; it gives its address."""
    node, entry = cache.node() / "node", cache.code_server()
    port = free_port()
    folders = ("--user-data-dir", str(place.home / "code"), "--extensions-dir", str(place.home / "extensions"))
    for each in extensions:
        place.run(str(node), str(entry), *folders, "--install-extension", str(each), EXTENSIONS_GALLERY=_GALLERY)
    listen = ("--auth", "none", "--bind-addr", f"127.0.0.1:{port}", "--disable-workspace-trust", "--disable-telemetry", "--disable-update-check")
    with place.started(str(node), str(entry), *listen, *folders, str(place.project), EXTENSIONS_GALLERY=_GALLERY, **extra):
        yield f"http://127.0.0.1:{port}"


_GALLERY = '{"serviceUrl":""}'


def _code_settings(place: Workspace) -> Path:
    file = place.home / "code/User/settings.json"
    # A setting that is a machine's own is not the user's where the editor runs on another machine, as it does here.
    machine = place.home / "code/Machine/settings.json"
    for each, values in ((file, _QUIET), (machine, {"nnx-lint.interpreter": str(place.server / "bin/python")})):
        each.parent.mkdir(parents=True)
        each.write_text(json.dumps(values))
    return file


def _node(place: Workspace, cache: Cache, script: str, *given: str) -> None:
    print(place.run("node", str(cache.scripts() / script), *given, seconds=400), end="")


def jupyterlab(place: Workspace, cache: Cache, server: Path) -> None:
    """JupyterLab with jupyterlab-lsp, and our server in its environment: nothing is configured."""
    _jupyterlab(place, cache, "jupyterlab")


def jupyterlab_pylsp(place: Workspace, cache: Cache, server: Path) -> None:
    """The same with python-lsp-server, which then is the one server for Python, and our plugin in it."""
    _jupyterlab(place, cache, "jupyterlab-pylsp", *PYLSP)


def _jupyterlab(place: Workspace, cache: Cache, name: str, *packages: str) -> None:
    wheel = next((cache.folder / "wheel").glob("*.whl"))
    environment = cache.environment(wheel, name, *JUPYTER, *packages)
    if is_broken:
        break_server(environment)
    port = free_port()
    news = place.home / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    news.parent.mkdir(parents=True)
    news.write_text('{"fetchNews": "false"}')
    quiet = ("--no-browser", "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--IdentityProvider.token=")
    listen = ("--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={place.project}")
    with place.started(str(environment / "bin/jupyter-lab"), *quiet, *listen, PATH=f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"):
        _node(place, cache, "jupyterlab.mjs", f"http://127.0.0.1:{port}", str(pictures), name)


def break_server(environment: Path) -> None:
    """Put a server that exits at once in place of ours, and a plugin that finds nothing in place of ours."""
    for package in environment.glob("lib/python*/site-packages/nnx_lsp"):
        (package / "server/main.py").write_text("def run():\n    raise SystemExit(1)\n\n\nrun()\n")
        (package / "integrations/pylsp.py").write_text("")


def neovim(place: Workspace, cache: Cache, server: Path) -> None:
    """Neovim with the documented configuration."""
    in_terminal(place, pictures / "neovim.png", str(cache.neovim()), "--clean", "-c", f"luafile {HERE / 'neovim.lua'}")


def emacs_eglot(place: Workspace, cache: Cache, server: Path) -> None:
    """Emacs with eglot."""
    in_terminal(place, pictures / "emacs-eglot.png", "emacs", "--no-window-system", "--no-init-file", "--load", str(HERE / "eglot.el"))


def emacs_lsp_mode(place: Workspace, cache: Cache, server: Path) -> None:
    """Emacs with lsp-mode."""
    in_terminal(place, pictures / "emacs-lsp-mode.png", "emacs", "--no-window-system", "--no-init-file", "--load", str(HERE / "lsp-mode.el"))


def vim_ale(place: Workspace, cache: Cache, server: Path) -> None:
    """Vim with ALE."""
    in_terminal(place, pictures / "vim-ale.png", "vim", "-u", str(HERE / "ale.vim"), "-i", "NONE")


def vscode_host(place: Workspace, cache: Cache, server: Path) -> None:
    """The extension under tests that run beside it in the real extension host."""
    _code_settings(place)
    result = place.home / "result.json"
    with _code(place, cache, [cache.extension(), cache.driver()], NNX_LINT_RESULT=str(result)) as address:
        _node(place, cache, "host.mjs", address, str(place.project), str(result))


def kate(place: Workspace, cache: Cache, server: Path) -> None:
    """Kate in a window of its own."""
    driven(place, server, pictures / "kate.png")
