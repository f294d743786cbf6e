"""The options of `nnx-lint check`, with a help that teaches."""

from __future__ import annotations

import argparse
import difflib

import msgspec

from nnx_lsp import __version__
from nnx_lsp.cli import formats


class Output(msgspec.Struct, frozen=True):
    """A format, and the file that it goes to; `None`: standard output."""

    format: str
    file: str | None


class Parser(argparse.ArgumentParser):
    """A parser whose errors name the nearest option."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse declares NoReturn; this one exits too
        if message.startswith("unrecognized arguments: "):
            given = message.removeprefix("unrecognized arguments: ").split()[0]
            options = [option for action in self._actions for option in action.option_strings]
            near = difflib.get_close_matches(given, options, n=1)
            message = f"{given} is no option" + (f"; the nearest is {near[0]}" if near else "")
        self.exit(2, f"nnx-lint: {message}\nTry nnx-lint --help.\n")


_EPILOG = """\
examples:
  nnx-lint                              check all files below this folder
  nnx-lint --fix src                    repair what can be repaired safely; --diff shows it only
  nnx-lint rule NNX101                  what a rule finds, why, and what to write instead
  nnx-lint --output-format full --output-format sarif=out.sarif
  nnx-lint --diff-base origin/main      only what is new since then
  nnx-lint baseline                     accept what is there, report only what comes

exit status: 0 clean (info findings alone are clean), 1 findings of severity warning or error, 2 a usage, configuration or internal error
"""


def parser() -> Parser:
    """The options of `nnx-lint check`."""
    made = Parser(
        prog="nnx-lint",
        usage="nnx-lint [check] [OPTIONS] [PATHS ...]\n       nnx-lint rule CODE|NAME | rules | config | baseline | migrate | verify | server | version",
        description="Finds the mistakes in Flax NNX programs before they run. No user code is imported or executed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("-V", "--version", action="version", version=f"nnx-lint {__version__}")
    made.add_argument("paths", nargs="*", default=["."], metavar="PATHS", help="files and folders (default: .); - reads standard input")
    fixing = made.add_argument_group("fixing")
    fixing.add_argument("--fix", action="store_true", help="apply safe fixes")
    fixing.add_argument("--unsafe-fixes", action="store_true", help="apply unsafe fixes too (with --fix or --diff)")
    fixing.add_argument("--diff", action="store_true", help="show what the fixes would change, and write nothing")
    fixing.add_argument("--add-ignores", metavar="REASON", help="silence what is found (what is left, with --fix) by comments that give this reason")
    choosing = made.add_argument_group("what is checked")
    choosing.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="RULES",
        help="check only these: codes, prefixes, names, groups, ALL; comma-separated",
    )
    choosing.add_argument("--extend-select", action="append", default=[], metavar="RULES", help="check these too")
    choosing.add_argument("--ignore", action="append", default=[], metavar="RULES", help="leave these out")
    choosing.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="leave out files, as in .gitignore")
    choosing.add_argument("--force-exclude", action="store_true", help="leave excluded files out also where they are named, as pre-commit does")
    choosing.add_argument("--markdown", action="store_true", help="check the Python blocks of Markdown files too")
    choosing.add_argument("--baseline", metavar="FILE", help="the accepted findings (default: nnx-lint-baseline.json beside the configuration file)")
    choosing.add_argument(
        "--flax-version",
        metavar="VERSION",
        help="the Flax version or range in force (default: configured, else found, see nnx-lint config)",
    )
    choosing.add_argument("--config", metavar="FILE", help="a configuration file in place of the nearest")
    choosing.add_argument("--diff-base", metavar="REF", help="show only what is new since a commit of git")
    choosing.add_argument("--stdin-filename", default="<stdin>", metavar="NAME", help="the name of what is read from standard input")
    showing = made.add_argument_group("what is shown")
    showing.add_argument(
        "--output-format",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help=f"{', '.join(formats.names())} (default: full, under GitHub Actions github); repeatable, with files",
    )
    showing.add_argument("--output-file", metavar="FILE", help="write there in place of standard output")
    showing.add_argument("--exit-zero", action="store_true", help="exit 0 also where there are findings")
    showing.add_argument("--fail-on", choices=("error", "warning", "info"), help="the least severity that makes the exit status 1 (default: warning)")
    showing.add_argument("--quiet", action="store_true", help="no summary and no notices")
    showing.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="NO_COLOR and FORCE_COLOR are honoured")
    showing.add_argument("--show-files", action="store_true", help="list the files that would be checked, and stop")
    showing.add_argument("--show-settings", action="store_true", help="show the settings of what is named, and stop")
    running = made.add_argument_group("how it runs")
    running.add_argument("--jobs", type=int, default=0, metavar="N", help="worker processes (default: as many as cores for many files)")
    running.add_argument("--watch", action="store_true", help="check again whenever a file changes (needs the extra `watch`)")
    running.add_argument("--timing", action="store_true", help="show what each rule took; one process, nothing from the last run")
    running.add_argument("--no-cache", action="store_true", help="keep nothing for the next run, and use nothing of the last")
    return made


class UsageError(Exception):
    """An option is wrong; the message names what was given and what is allowed."""


def outputs(arguments: argparse.Namespace) -> list[Output]:
    """The formats asked for, and where each goes. Raises `UsageError`."""
    known = formats.names()
    if arguments.add_ignores is not None and (not arguments.add_ignores.strip() or not arguments.add_ignores.isprintable()):
        raise UsageError("--add-ignores: give a reason, in one line")
    found: list[Output] = []
    for given in arguments.output_format or [formats.chosen_by_itself()]:
        name, has_file, file = given.partition("=")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; the nearest is {near[0]}" if near else ""
            raise UsageError(f"--output-format: {name} is no format{hint}; allowed are {', '.join(known)}")
        if has_file and not file:
            raise UsageError(f"--output-format: {given} names no file; write {name}=FILE")
        found.append(Output(name, file if has_file else None))
    open_ = [index for index, each in enumerate(found) if each.file is None]
    if len(open_) > 1:
        raise UsageError(f"--output-format: only one format goes to standard output; name a file for the others, as in {found[open_[1]].format}=FILE")
    if arguments.output_file is not None:
        if not open_:
            raise UsageError("--output-file: every format names its own file already")
        found[open_[0]] = Output(found[open_[0]].format, arguments.output_file)
    return found
