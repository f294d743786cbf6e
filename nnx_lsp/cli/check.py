"""`nnx-lint check`: find files, check them, print or fix what is found."""

from __future__ import annotations

import argparse
import difflib
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import msgspec

from nnx_lsp import config, engine
from nnx_lsp.cli import output
from nnx_lsp.engine import Diagnostic
from nnx_lsp.faults import INTERNAL_ERROR, UNREADABLE_FILE, Fault
from nnx_lsp.fixes import Fixed, fixed, write_whole
from nnx_lsp.knowledge import library
from nnx_lsp.project import discovery, files, versions
from nnx_lsp.rule import Safety
from nnx_lsp.selection import unknown
from nnx_lsp.severity import Severity
from nnx_lsp.syntax.decode import Decoded
from nnx_lsp.syntax.document import parse
from nnx_lsp.text import Lines, Span

_MANY = 24
"""So many files that workers pay for their start."""


class Result(msgspec.Struct, frozen=True):
    """One checked file. `text` is what the positions are of; `before` is the file's text where fixes changed it."""

    path: str
    text: str
    found: tuple[Diagnostic, ...]
    before: str | None = None
    applied: int = 0
    notice: str = ""


def main(arguments: argparse.Namespace) -> int:
    """Check what the command line names; the exit status."""
    try:
        settings = _settings(arguments)
        if arguments.paths == ["-"]:
            results = [_check_text(arguments.stdin_filename, _standard_input(), settings, _safeties(arguments))]
            return _report_standard_input(results[0], arguments)
        names: list[str] = []
        notices: list[files.Notice] = []
        for found in discovery.discover(arguments.paths, settings.exclude):
            notices.append(found) if isinstance(found, files.Notice) else names.append(str(found))
    except (config.ConfigError, discovery.PathError, files.FileError) as error:
        print(f"nnx-lint: {error}", file=sys.stderr)
        return 2
    results = list(_checked(names, settings, _safeties(arguments), arguments.jobs))
    if not arguments.quiet:
        notices += [files.Notice(result.path, result.notice) for result in results if result.notice]
        for notice in notices:
            print(f"nnx-lint: {output.escaped(notice.path)}: {output.escaped(notice.message)}", file=sys.stderr)
    return _report(results, arguments)


def _settings(arguments: argparse.Namespace) -> config.Settings:
    rules = engine.rules()
    first = Path(arguments.paths[0]) if arguments.paths[0] != "-" else Path(arguments.stdin_filename)
    folder = first if first.is_dir() else first.parent
    settings = config.read(Path(arguments.config), rules) if arguments.config else config.load(folder, rules)
    given = {name: _listed(getattr(arguments, name)) for name in ("select", "extend_select", "ignore")}
    for name, selectors in given.items():
        for selector in selectors:
            if (wrong := unknown(selector, rules)) is not None:
                raise config.ConfigError(f"--{name.replace('_', '-')}: {wrong}")
    version = arguments.flax_version or settings.flax_version
    if arguments.flax_version:
        try:
            library.nearest(arguments.flax_version)
        except ValueError as error:
            raise config.ConfigError(f"--flax-version: {error}") from None
    if version is None and (found := versions.flax_version(folder)) is not None:
        version = found[0]
    return config.Settings(
        select=given["select"] or settings.select,
        extend_select=settings.extend_select + given["extend_select"],
        ignore=settings.ignore + given["ignore"],
        severity=settings.severity,
        exclude=settings.exclude + tuple(arguments.exclude),
        flax_version=version,
    )


def _listed(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.strip() for each in given for part in each.split(",") if part.strip())


def _safeties(arguments: argparse.Namespace) -> frozenset[Safety]:
    if not (arguments.fix or arguments.diff):
        return frozenset()
    return frozenset((Safety.SAFE, Safety.UNSAFE) if arguments.unsafe_fixes else (Safety.SAFE,))


def _standard_input() -> Decoded:
    from nnx_lsp.syntax.decode import UnreadableError, decode

    try:
        return decode(sys.stdin.buffer.read())
    except UnreadableError as error:
        raise files.FileError(f"standard input: {error}") from None


# Checking ----------------------------------------------------------------------------------------------------------


def _checked(names: list[str], settings: config.Settings, safeties: frozenset[Safety], jobs: int) -> Iterator[Result]:
    count = jobs if jobs > 0 else (os.cpu_count() or 1) if len(names) >= _MANY else 1
    if count == 1 or len(names) < 2:
        for name in names:
            yield check_file(name, settings, safeties)
        return
    # A forked worker has all modules already, so that nothing is imported while the user's folder is the current one.
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    yield from _in_workers(names, settings, safeties, count, method)


def _in_workers(names: list[str], settings: config.Settings, safeties: frozenset[Safety], count: int, method: str) -> Iterator[Result]:
    """Check in worker processes; a file whose worker died is checked once more, alone in a worker, and reported if that dies too."""
    library.load(settings.flax_version)
    context = multiprocessing.get_context(method)
    lost: list[str] = []
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        futures: list[tuple[str, Future[Result]]] = []
        for name in names:
            try:
                futures.append((name, pool.submit(check_file, name, settings, safeties)))
            except BrokenProcessPool:
                lost.append(name)
        done: dict[str, Result] = {}
        for name, future in futures:
            try:
                done[name] = future.result()
            except BrokenProcessPool:
                lost.append(name)
    for name in lost:
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            try:
                done[name] = pool.submit(check_file, name, settings, safeties).result()
            except BrokenProcessPool:
                done[name] = Result(name, "", (_fault(name, INTERNAL_ERROR, "the worker process died while it checked this file"),))
    for name in names:
        yield done[name]


def check_file(name: str, settings: config.Settings, safeties: frozenset[Safety]) -> Result:
    """Check one file, and fix it where safeties are given. Nothing is written here."""
    try:
        found = files.read(Path(name))
    except files.FileError as error:
        return Result(name, "", (_fault(name, UNREADABLE_FILE, str(error)),) if settings.is_on(UNREADABLE_FILE) else ())
    if isinstance(found, files.Notice):
        return Result(name, "", (), notice=found.message)
    try:
        return _check_text(name, found, settings, safeties)
    except Exception as error:  # One failing file is one finding: the others are still checked.
        return Result(name, found.text, (_fault(name, INTERNAL_ERROR, f"{type(error).__name__}: {error}"),))


def _check_text(name: str, decoded: Decoded, settings: config.Settings, safeties: frozenset[Safety]) -> Result:
    text = decoded.text
    if not engine.concerns(text):
        return Result(name, text, ())
    document = parse(name, text)
    if not safeties:
        return Result(name, text, engine.check(document, settings))
    after: Fixed = fixed(document, lambda each: engine.check(each, settings), safeties)
    return Result(name, after.text, after.remaining, text if after.text != text else None, len(after.applied))


def _fault(name: str, fault: Fault, message: str) -> Diagnostic:
    return Diagnostic(name, fault.code, fault.name, fault.severity, message, Span(0, 0))


# Reporting ---------------------------------------------------------------------------------------------------------


def _report_standard_input(result: Result, arguments: argparse.Namespace) -> int:
    if arguments.diff:
        _print_diffs([result])
        return 0 if arguments.exit_zero or result.before is None else 1
    if arguments.fix:
        sys.stdout.write(result.text)
        return _status(result.found, arguments)
    return _report([result], arguments)


def _report(results: list[Result], arguments: argparse.Namespace) -> int:
    failed = 0
    if arguments.diff:
        _print_diffs(results)
        changed = any(result.before is not None for result in results)
        return 0 if arguments.exit_zero or not changed else 1
    if arguments.fix:
        failed = sum(not _write(result) for result in results if result.before is not None)
    every = [diagnostic for result in results for diagnostic in result.found]
    pairs = [(diagnostic, lines) for result in results if result.found for lines in (Lines(result.text),) for diagnostic in result.found]
    match arguments.output_format:
        case "json":
            print(output.as_json(pairs))
        case "concise":
            for diagnostic, lines in pairs:
                print(output.concise(diagnostic, lines))
        case _:
            full = output.Full(has_colour=_has_colour(arguments.color))
            for diagnostic, lines in pairs:
                print(full.render(diagnostic, lines), end="\n\n")
    if not arguments.quiet and arguments.output_format != "json":
        applied = sum(result.applied for result in results)
        fixes = f"Fixed {applied}. " if applied else ""
        print(
            f"{fixes}{output.summary(every)} {len(results)} file{'s' if len(results) != 1 else ''} checked.",
            file=sys.stderr,
        )
    sys.stdout.flush()
    return 2 if failed else _status(tuple(every), arguments)


def _status(found: tuple[Diagnostic, ...], arguments: argparse.Namespace) -> int:
    if any(diagnostic.code == INTERNAL_ERROR.code for diagnostic in found):
        return 2
    if arguments.exit_zero:
        return 0
    return 1 if any(diagnostic.severity is not Severity.INFO for diagnostic in found) else 0


def _print_diffs(results: list[Result]) -> None:
    for result in results:
        if result.before is not None:
            before, after = result.before.splitlines(keepends=True), result.text.splitlines(keepends=True)
            for line in difflib.unified_diff(before, after, result.path, result.path):
                print(output.escaped(line.rstrip("\r\n")))


def _write(result: Result) -> bool:
    """Write a fixed file, if it still is what was checked; whether that worked."""
    path = Path(result.path)
    try:
        now = files.read(path)
        if isinstance(now, files.Notice) or now.text != result.before:
            print(f"nnx-lint: {result.path}: changed on disk meanwhile, not fixed", file=sys.stderr)
            return False
        write_whole(path, now.encoded(result.text))
    except (OSError, UnicodeEncodeError, files.FileError) as error:
        print(f"nnx-lint: {result.path}: cannot be written: {error}", file=sys.stderr)
        return False
    return True


def _has_colour(given: str) -> bool:
    if given != "auto":
        return given == "always"
    return "NO_COLOR" not in os.environ and (sys.stdout.isatty() or "FORCE_COLOR" in os.environ)
