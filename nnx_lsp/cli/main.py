"""The command `nnx-lint`: check files, explain rules, verify them, start the server."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from importlib import import_module

from nnx_lsp import __version__

_ELSEWHERE = {"verify": "nnx_lsp.verify.main", "server": "nnx_lsp.server.main", "config": "nnx_lsp.cli.configuration"}
"""Commands that have a program of their own."""
_COMMANDS = ("check", "rule", "rules", "config", "verify", "server", "version")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status: 0 clean, 1 findings of severity warning or error, 2 a usage, configuration or internal error."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = arguments[0] if arguments and arguments[0] in _COMMANDS else "check"
    rest = arguments[1:] if arguments and arguments[0] in _COMMANDS else arguments
    try:
        if command in _ELSEWHERE:
            status: int = import_module(_ELSEWHERE[command]).main(rest)
            return status
        if command == "version":
            print(f"nnx-lint {__version__}")
            return 0
        if command in ("rule", "rules"):
            return int(import_module("nnx_lsp.cli.pages").main(command, rest))
        return int(import_module("nnx_lsp.cli.check").main(parser().parse_args(rest)))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141


class _Parser(argparse.ArgumentParser):
    """A parser whose errors name the nearest option."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse declares NoReturn; this one exits too
        if message.startswith("unrecognized arguments: "):
            given = message.removeprefix("unrecognized arguments: ").split()[0]
            options = [option for action in self._actions for option in action.option_strings]
            near = difflib.get_close_matches(given, options, n=1)
            message = f"{given} is no option" + (f"; the nearest is {near[0]}" if near else "")
        self.exit(2, f"nnx-lint: {message}\nTry nnx-lint --help.\n")


def parser() -> argparse.ArgumentParser:
    """The options of `nnx-lint check`."""
    made = _Parser(
        prog="nnx-lint",
        usage="nnx-lint [check] [OPTIONS] [PATHS ...]\n       nnx-lint rule CODE|NAME | rules | config | verify | server | version",
        description="Finds the mistakes in Flax NNX programs before they run. No user code is imported or executed.",
        epilog="Exit status: 0 clean (info findings alone are clean), 1 findings of severity warning or error, 2 a usage, configuration or internal error.",
        allow_abbrev=False,
    )
    made.add_argument(
        "paths",
        nargs="*",
        default=["."],
        metavar="PATHS",
        help="files and folders (default: .); - reads standard input",
    )
    made.add_argument("--fix", action="store_true", help="apply safe fixes")
    made.add_argument("--unsafe-fixes", action="store_true", help="apply unsafe fixes too (with --fix or --diff)")
    made.add_argument("--diff", action="store_true", help="show what the fixes would change, and write nothing")
    made.add_argument("--output-format", choices=("full", "concise", "json"), default="full")
    made.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="RULES",
        help="check only these: codes, prefixes, names, groups, ALL; comma-separated",
    )
    made.add_argument("--extend-select", action="append", default=[], metavar="RULES", help="check these too")
    made.add_argument("--ignore", action="append", default=[], metavar="RULES", help="leave these out")
    made.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="leave out files, as in .gitignore")
    made.add_argument(
        "--flax-version",
        metavar="VERSION",
        help="the Flax version or range in force (default: configured, else found, see nnx-lint config)",
    )
    made.add_argument("--config", metavar="FILE", help="a configuration file in place of the nearest")
    made.add_argument("--jobs", type=int, default=0, metavar="N", help="worker processes (default: as many as cores for many files)")
    made.add_argument("--no-cache", action="store_true", help="keep nothing for the next run, and use nothing of the last")
    made.add_argument("--stdin-filename", default="<stdin>", metavar="NAME", help="the name of what is read from standard input")
    made.add_argument("--exit-zero", action="store_true", help="exit 0 also where there are findings")
    made.add_argument("--quiet", action="store_true", help="no summary and no notices")
    made.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    return made


def run() -> None:
    """The entry point of the console script."""
    sys.exit(main())


if __name__ == "__main__":
    run()
