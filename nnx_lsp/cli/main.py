"""The command `nnx-lint`: check files, explain rules, verify them, start the server."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from nnx_lsp import __version__
from nnx_lsp.project import plugins

_ELSEWHERE = {"verify": "nnx_lsp.verify.main", "server": "nnx_lsp.server.main", "config": "nnx_lsp.cli.configuration", "migrate": "nnx_lsp.cli.migrate"}
"""Commands that have a program of their own."""
_COMMANDS = ("check", "rule", "rules", "config", "migrate", "baseline", "verify", "server", "version")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status: 0 clean, 1 findings of severity warning or error, 2 a usage, configuration or internal error."""
    try:
        status = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()  # What it refuses is told here, not when Python ends.
        return status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except plugins.PluginError as error:
        print(f"nnx-lint: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # A full disk under standard output, no process to be had.
        print(f"nnx-lint: {error}", file=sys.stderr)
        _drop_output()
        return 2


def _run(arguments: list[str]) -> int:
    command = arguments[0] if arguments and arguments[0] in _COMMANDS else "check"
    rest = arguments[1:] if arguments and arguments[0] in _COMMANDS else arguments
    if command in _ELSEWHERE:
        status: int = import_module(_ELSEWHERE[command]).main(rest)
        return status
    if command == "version":
        print(f"nnx-lint {__version__}")
        return 0
    if command in ("rule", "rules"):
        return int(import_module("nnx_lsp.cli.pages").main(command, rest))
    check = import_module("nnx_lsp.cli.check")
    return int(check.accept(rest) if command == "baseline" else check.main(rest))


def _drop_output() -> None:
    """Let what standard output would not take go nowhere: Python would try once more when it ends, and exit with a status of its own."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run() -> None:
    """The entry point of the console script."""
    sys.exit(main())


if __name__ == "__main__":
    run()
