"""`nnx-lint check`: find files, check them, print or fix what is found."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from nnx_lsp import config, targets
from nnx_lsp.baseline import Accepted, BaselineError
from nnx_lsp.cli import formats
from nnx_lsp.cli.escaping import terminal
from nnx_lsp.cli.options import Output, UsageError, outputs, parser
from nnx_lsp.cli.report import Report, Style, summary
from nnx_lsp.cli.run import Checker, Kept, Result, checked
from nnx_lsp.cli.settings import Configured, GitError, given, rules, shown
from nnx_lsp.diagnostic import SEVERITY_ORDER, Diagnostic, Safety, Silenced, merged, order
from nnx_lsp.faults import INTERNAL_ERROR
from nnx_lsp.project import cache, discovery, files
from nnx_lsp.project.plugins import PluginError
from nnx_lsp.severity import Severity
from nnx_lsp.syntax import markdown
from nnx_lsp.syntax.decode import Decoded
from nnx_lsp.targets import TargetError

if TYPE_CHECKING:
    from nnx_lsp.cli.since import Before
    from nnx_lsp.fingerprint import Identity
    from nnx_lsp.fixes import Fixed
    from nnx_lsp.syntax.notebook import Notebook


def main(command: Sequence[str]) -> int:
    """Check what the command line names; the exit status."""
    arguments = parser().parse_args(command)
    if arguments.watch:
        from nnx_lsp.cli.watch import watched

        return watched(arguments.paths, lambda: _main(arguments, _report))
    return _main(arguments, _report)


def accept(command: Sequence[str]) -> int:
    """`nnx-lint baseline`: accept what is found now; the exit status."""
    return _main(parser().parse_args(command), _accept)


Maker: TypeAlias = Callable[[Sequence[str], Callable[[str], "config.Settings"], "cache.Cache | None"], Checker]
"""Makes a checker: from the names of the files, their settings, and what is kept between runs."""


def check(arguments: argparse.Namespace, make: Maker) -> int:
    """Check with a checker of one's own; the exit status."""
    return _main(arguments, _report, make)


def _main(arguments: argparse.Namespace, end: Callable[[Run, Report, argparse.Namespace, Sequence[Output]], int], make: Maker = Checker) -> int:
    try:
        wanted = outputs(arguments)
        configured = Configured(given(arguments), _first_folder(arguments))
        if arguments.show_settings:
            print(shown(configured))
            return 0
        if arguments.paths == ["-"]:
            _see_targets(wanted, configured, [arguments.stdin_filename])
            return _check_standard_input(arguments, configured, wanted)
        names, notices = _found(arguments.paths, configured, arguments)
        if arguments.show_files:
            sys.stdout.write("".join(f"{terminal(name)}\n" for name in names))
            return 0
        _see_targets(wanted, configured, names)
        accepted = _accepted(configured) if end is not _accept else None
        results, checker = _checked(names, configured, arguments, make)
        old = _before(arguments, configured) if arguments.diff_base else None
    except (UsageError, config.ConfigError, discovery.PathError, files.FileError, BaselineError, GitError, PluginError, TargetError) as error:
        print(f"nnx-lint: {terminal(str(error))}", file=sys.stderr)
        return 2
    if not arguments.quiet:
        for remark in configured.remarks:
            print(f"nnx-lint: {terminal(remark)}", file=sys.stderr)
        notices += [files.Notice(result.path, result.notice) for result in results if result.notice]
        for notice in notices:
            print(f"nnx-lint: {terminal(notice.path)}: {terminal(notice.message)}", file=sys.stderr)
    run = Run(
        {result.path: result for result in results},
        checker,
        configured,
        own=frozenset(_own(arguments, configured)) if _safeties(arguments) or arguments.add_ignores is not None else frozenset(),
        is_whole=_is_whole(arguments.paths, configured),
        accepted=accepted,
        before=old,
    )
    report = Report({}, len(names), checker.project)
    run.tell(report)
    if safeties := _safeties(arguments):
        _fix(report, run, safeties)
    if arguments.add_ignores is not None:
        _ignore(report, run, arguments.add_ignores)
    if not arguments.quiet:
        for notice in _left(report, run, safeties, arguments):
            print(f"nnx-lint: {terminal(notice.path)}: {notice.message}", file=sys.stderr)
    return end(run, report, arguments, wanted)


def _found(paths: Sequence[str], configured: Configured, arguments: argparse.Namespace) -> tuple[list[str], list[files.Notice]]:
    """The files to check, and what is worth a line about others."""
    names: list[str] = []
    notices: list[files.Notice] = []
    suffixes = discovery.SUFFIXES + (markdown.SUFFIXES if configured.top.markdown else ())
    for found in discovery.discover(paths, configured.top.exclude, suffixes=suffixes):
        if isinstance(found, files.Notice):
            notices.append(found)
        elif not _is_left_out(str(found), configured, arguments):
            names.append(str(found))
    return names, notices


def _see_targets(wanted: Iterable[Output], configured: Configured, names: Iterable[str]) -> None:
    """See that what is to be written is none of the sources. Raises `TargetError`."""
    given = [each.file for each in wanted if each.file is not None]
    sources = frozenset(map(os.path.realpath, names)) if given or configured.top.baseline is not None else frozenset()
    for name in given:
        targets.check(name, sources)
    targets.check(str(configured.baseline), sources)


def _accepted(configured: Configured) -> Accepted | None:
    """The baseline in force."""
    file = configured.baseline
    if not file.is_file():
        if configured.top.baseline is not None:
            raise BaselineError(f"{file}: there is no such baseline; `nnx-lint baseline` makes one")
        return None
    from nnx_lsp import baseline

    return Accepted(file, baseline.read(file))


def _before(arguments: argparse.Namespace, configured: Configured) -> Before:
    from nnx_lsp.cli import since

    kept = cache.opened() if not arguments.no_cache else None
    return since.before(arguments.diff_base, _first_folder(arguments), arguments.paths, configured, kept, arguments.jobs)


class Run:
    """The results of a run, and what they come to together."""

    def __init__(
        self,
        results: dict[str, Result],
        checker: Checker,
        configured: Configured,
        *,
        own: frozenset[str],
        is_whole: bool,
        accepted: Accepted | None = None,
        before: Before | None = None,
    ) -> None:
        self.results = results
        self.checker = checker
        self.configured = configured
        self._own = own
        self.is_whole = is_whole
        self.accepted = accepted
        self.before = before
        self.missing: Counter[Identity] = Counter()
        """What the baseline accepts and was not found."""

    def may_change(self, path: str) -> bool:
        """Whether a file may be written: others are only read, for the sake of those that import them."""
        return os.path.realpath(path) in self._own

    def tell(self, report: Report) -> None:
        """Put into a report what was found."""
        found = merged((result.path, result.found) for result in self.results.values())
        for path in self.results:
            if idle := self.unused(path):
                found[path] = tuple(sorted((*found.get(path, ()), *idle), key=order))
        report.found = _in_order(list(self.results), found)
        silenced = merged((result.path, result.silenced) for result in self.results.values())
        report.silenced = [each for one in silenced.values() for each in one]
        if self.accepted is not None:
            from nnx_lsp import baseline

            parts = baseline.split(report.every, self.accepted.counts, report.lines, self.accepted.file.parent)
            report.found = _by_path(report.found, parts.new)
            report.silenced += [msgspec.structs.replace(each, silenced=Silenced("accepted by the baseline")) for each in parts.accepted]
            self.missing = parts.missing
        if self.before is not None:
            from nnx_lsp import baseline

            report.found = _by_path(report.found, baseline.split(report.every, self.before.found, report.lines, self.before.root).new)

    def unused(self, path: str) -> list[Diagnostic]:
        """The comments of a file that silence nothing."""
        comments = self.results[path].comments if path in self.results else ()
        if not comments:
            return []
        from nnx_lsp.comments import unused

        silenced = [each for result in self.results.values() for each in result.silenced]
        if all(any(each.silenced and each.silenced.at == comment.suppression.span and each.path == path for each in silenced) for comment in comments) and all(
            len(comment.suppression.rules) < 2 for comment in comments
        ):
            return []  # Each has its use: no rule needs to be loaded to know.
        text = self.checker.project.text(path)
        return list(unused(path, text, comments, silenced, self.configured.of(path), rules(), is_whole=self.is_whole))


def _by_path(found: Mapping[str, tuple[Diagnostic, ...]], kept: Iterable[Diagnostic]) -> dict[str, tuple[Diagnostic, ...]]:
    """Those of the findings by file that are kept."""
    ids = {id(each) for each in kept}
    left = {path: tuple(each for each in every if id(each) in ids) for path, every in found.items()}
    return {path: every for path, every in left.items() if every}


def _is_whole(paths: Sequence[str], configured: Configured) -> bool:
    """Whether the whole project is checked: a folder is named that holds its configuration file or its repository, or this folder where there is neither."""
    here = Path.cwd()
    for path in map(Path, paths):
        if path.is_dir():
            place = path.resolve()
            file = configured.top_file
            root = file.resolve().parent if file is not None else next((above for above in (place, *place.parents) if (above / ".git").exists()), here)
            if root.is_relative_to(place) or (file is None and not place.is_relative_to(here)):
                return True
    return False


def _first_folder(arguments: argparse.Namespace) -> Path:
    first = Path(arguments.paths[0]) if arguments.paths[0] != "-" else Path(arguments.stdin_filename)
    return first if first.is_dir() else first.parent


def _is_left_out(name: str, configured: Configured, arguments: argparse.Namespace) -> bool:
    """Whether the settings of a file leave it out; one that is named on the command line is checked all the same, unless `--force-exclude` is given."""
    settings = configured.of(name)
    if name in map(str, map(Path, arguments.paths)):
        return arguments.force_exclude and settings.excludes(name)
    return settings.exclude != configured.top.exclude and settings.excludes(name)


def _own(arguments: argparse.Namespace, configured: Configured) -> Iterator[str]:
    """The files that may be changed, without links: those that were named, and those that stand below a named folder.

    What a walk finds behind a link stands elsewhere. Behind a link that was named, what is excluded there is left alone.
    """
    for path in arguments.paths:
        names, _ = _found([path], configured, arguments)
        for name in names:
            real = os.path.realpath(name)
            if Path(path).is_dir() and not discovery.is_itself(name, path):
                continue
            is_named = str(Path(path)) == name and not Path(name).is_symlink() and not arguments.force_exclude
            if is_named or real == os.path.abspath(name) or not configured.of(real).excludes(real):  # noqa: PTH100  # Links are what this asks for.
                yield real


def _checked(names: list[str], configured: Configured, arguments: argparse.Namespace, make: Maker) -> tuple[list[Result], Checker]:
    kept = cache.opened() if not arguments.no_cache else None
    for name in names:  # Workers find them made.
        configured.of(name)
    checker = make(names, configured.of, kept)
    former = Kept(kept, configured.of, names) if kept is not None and not arguments.timing else None
    known = former.read() if former is not None else {}
    due = [name for name in names if name not in known]
    results = checked(due, checker, 1 if arguments.timing else arguments.jobs)
    if sys.stderr.isatty() and not arguments.quiet:
        from nnx_lsp.cli.progress import told

        results = told(results, len(due))
    new = {result.path: result for result in results}
    if arguments.timing:
        _print_timing(checker)
    if former is not None:
        former.write(new.values())
    if kept is not None:
        kept.close()
    return [checker.told(known.get(name) or new[name]) for name in names], checker


def _print_timing(checker: Checker) -> None:
    """What each rule took, the slowest first, and the rest: reading, parsing, walking."""
    spent = checker.timing()
    names = {rule.code: rule.name for rule in rules()}
    rows = sorted(spent.items(), key=lambda pair: -pair[1])
    rest = checker.seconds - sum(spent.values())
    for label, seconds in [("all", checker.seconds), ("parse and walk", rest), *((f"{code} {names[code]}", seconds) for code, seconds in rows)]:
        share = 100 * seconds / checker.seconds if checker.seconds else 0.0
        print(f"{seconds * 1000:9.1f} ms {share:5.1f} %  {label}", file=sys.stderr)


def _in_order(names: list[str], found: Mapping[str, tuple[Diagnostic, ...]]) -> dict[str, tuple[Diagnostic, ...]]:
    """By file: those that were named first, in their order, then other files of the project."""
    order = [name for name in names if name in found]
    return {name: found[name] for name in (*order, *sorted(found.keys() - set(order)))}


def _fix(report: Report, run: Run, safeties: frozenset[Safety]) -> None:
    """Fix file after file; a file's findings come from its own check and from those of the files that found something in it."""
    from nnx_lsp.fixes import fixed
    from nnx_lsp.syntax.document import Document

    results, checker = run.results, run.checker

    def check(document: Document) -> tuple[Diagnostic, ...]:
        path = document.path
        checker.project.write(path, document.text, document.breaks)
        origins = {path, *(result.path for result in results.values() if any(each.path == path for each in (*result.found, *result.silenced)))}
        for origin in sorted(origins):
            results[origin] = checker.check(origin)
        found = merged((origin, results[origin].found) for origin in origins).get(path, ())
        return tuple(sorted((*found, *run.unused(path)), key=order))

    for path in [path for path, found in report.found.items() if run.may_change(path) and _fixable(found, safeties)]:
        document, file = checker.project.document(path), checker.project.read(path)
        if document is None or not isinstance(file, Decoded):
            continue
        notebook = checker.project.notebook(path)
        after = fixed(document, check, safeties)
        text = _file_after(file.text, notebook, after)
        checker.project.put(path, text)
        if text != file.text:
            report.changed[path] = file.text, text
            report.applied += len(after.applied)
    if report.changed:
        _tell_again(report, run)


def _fixable(found: Iterable[Diagnostic], safeties: frozenset[Safety]) -> list[Diagnostic]:
    return [each for each in found if each.fix is not None and each.fix.safety in safeties]


def _left(report: Report, run: Run, safeties: frozenset[Safety], arguments: argparse.Namespace) -> Iterator[files.Notice]:
    """What is not changed, though it was asked for, since it stands in a file that nobody named."""
    for path, found in report.found.items():
        if run.may_change(path):
            continue
        parts = ((len(_fixable(found, safeties)), "fixed"), (len(found) if arguments.add_ignores is not None else 0, "silenced"))
        for count, done in parts:
            if count:
                message = f"{count} finding{'s are' if count != 1 else ' is'} not {done}: the file is excluded, or is none of those that were named"
                yield files.Notice(path, message)


def _ignore(report: Report, run: Run, reason: str) -> None:
    """Silence what is left by comments."""
    from nnx_lsp.cli.ignores import ignored

    found = {path: each for path, each in report.found.items() if run.may_change(path)}
    for path, (before, after) in ignored(found, run.checker.project, reason).items():
        report.changed[path] = report.changed.get(path, (before, ""))[0], after
        run.checker.project.put(path, after)
    if report.changed:
        _tell_again(report, run)


def _tell_again(report: Report, run: Run) -> None:
    """Check again what rests on a changed file."""
    for result in list(run.results.values()):
        if not report.changed.keys().isdisjoint({result.path, *(each.path for each in result.found), *(path for path, _, _ in _files(result))}):
            run.results[result.path] = run.checker.check(result.path)
    run.tell(report)


def _file_after(text: str, notebook: Notebook | None, after: Fixed) -> str:
    """The text of a file after fixes of its program."""
    if notebook is None:
        return after.text
    from nnx_lsp.syntax.notebook import edited, rewritten

    sources = edited(notebook.cells, after.rounds)
    return rewritten(text, {cell.number: source for cell, source in zip(notebook.cells, sources, strict=True)})


def _files(result: Result) -> tuple[tuple[str, int, int], ...]:
    return result.basis.files if result.basis is not None else ()


def _check_standard_input(arguments: argparse.Namespace, configured: Configured, wanted: Sequence[Output]) -> int:
    """Check what standard input holds, in the place of the file that `--stdin-filename` names."""
    name = arguments.stdin_filename
    decoded = _standard_input()
    checker = _Alone([name], configured.of, cache.opened() if not arguments.no_cache else None)
    checker.project.put(name, decoded.text)
    is_left_out = arguments.force_exclude and configured.of(name).excludes(name)
    found = Result(name) if is_left_out else checker.check(name)
    own = frozenset([os.path.realpath(name)])
    run = Run({name: found}, checker, configured, own=own, is_whole=False, accepted=_accepted(configured))
    report = Report({}, 1, checker.project)
    run.tell(report)
    if safeties := _safeties(arguments):
        _fix(report, run, safeties)
        if arguments.fix and not arguments.diff:
            sys.stdout.write(report.changed.get(name, ("", decoded.text))[1])
            return _status(report.every, run, arguments)
    return _report(run, report, arguments, wanted)


class _Alone(Checker):
    """Tells only what stands in the checked file itself."""

    def told(self, result: Result) -> Result:
        result = super().told(result)
        return msgspec.structs.replace(result, found=tuple(each for each in result.found if each.path == result.path))


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


# Reporting ---------------------------------------------------------------------------------------------------------


def _report(run: Run, report: Report, arguments: argparse.Namespace, wanted: Sequence[Output]) -> int:
    if arguments.diff:
        _print_diffs(report)
        return 0 if arguments.exit_zero or not report.changed else 1
    failed = 0
    if arguments.fix or arguments.add_ignores is not None:
        failed = sum(not _write(path, before, after) for path, (before, after) in report.changed.items())
    every = report.every
    failed += sum(not _written(report, each, arguments) for each in wanted)
    if not arguments.quiet:
        fixes = f"Fixed {report.applied}. " if report.applied else ""
        print(
            f"{fixes}{summary(every)} {report.count} file{'s' if report.count != 1 else ''} checked.",
            file=sys.stderr,
        )
    sys.stdout.flush()
    is_stale = _is_stale(run, arguments)
    return 2 if failed else _status(every, run, arguments) or int(is_stale and not arguments.exit_zero)


def _is_stale(run: Run, arguments: argparse.Namespace) -> bool:
    """Whether the baseline accepts what is no longer found, and stays so: outside of CI it is made smaller."""
    accepted = run.accepted
    if accepted is None or not run.missing or not run.is_whole or arguments.select or arguments.ignore or arguments.diff:
        return False
    count = run.missing.total()
    what = f"{count} accepted finding{'s are' if count != 1 else ' is'} no longer there"
    if os.environ.get("CI"):
        print(f"nnx-lint: {terminal(str(accepted.file))}: {what}; run nnx-lint and commit the file", file=sys.stderr)
        return True
    from nnx_lsp import baseline

    try:
        baseline.write(accepted.file, accepted.counts - run.missing)
    except OSError as error:
        print(f"nnx-lint: {terminal(str(accepted.file))}: cannot be written: {error.strerror or error}", file=sys.stderr)
        return True
    if not arguments.quiet:
        print(f"nnx-lint: {terminal(str(accepted.file))}: {what}, and left the baseline", file=sys.stderr)
    return False


def _accept(run: Run, report: Report, arguments: argparse.Namespace, wanted: Sequence[Output]) -> int:
    """Make what was found the baseline; what it says of files that were not checked stays."""
    from nnx_lsp import baseline

    file = run.configured.baseline
    try:
        kept = baseline.read(file) if file.is_file() and file.stat().st_size else Counter()
    except BaselineError as error:
        if not run.is_whole or file.name != baseline.NAME:  # What has another name may be anything.
            print(f"nnx-lint: {terminal(str(error))}", file=sys.stderr)
            return 2
        kept = Counter()
    if run.is_whole:
        kept.clear()
    names = {os.path.relpath(os.path.realpath(name), os.path.realpath(file.parent)).replace(os.sep, "/") for name in run.results}
    others = Counter({each: count for each, count in kept.items() if each.path not in names})
    # What is found in a file that another one imports may be accepted already.
    accepted = others | Counter(known_by for _, known_by in baseline.identities(report.every, report.lines, file.parent))
    try:
        baseline.write(file, accepted)
    except OSError as error:
        print(f"nnx-lint: {terminal(str(file))}: cannot be written: {error.strerror or error}", file=sys.stderr)
        return 2
    print(f"{terminal(str(file))}: {accepted.total()} finding{'s' if accepted.total() != 1 else ''} accepted.", file=sys.stderr)
    return 0


def _status(found: Iterable[Diagnostic], run: Run, arguments: argparse.Namespace) -> int:
    found = list(found)
    if any(diagnostic.code == INTERNAL_ERROR.code for diagnostic in found):
        return 2
    if arguments.exit_zero:
        return 0
    least = SEVERITY_ORDER[Severity(arguments.fail_on or run.configured.top.fail_on)]
    return 1 if any(SEVERITY_ORDER[diagnostic.severity] <= least for diagnostic in found) else 0


def _print_diffs(report: Report) -> None:
    for path, (before, after) in report.changed.items():
        for line in difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), path, path):
            print(terminal(line.rstrip("\r\n")))


def _write(name: str, before: str, after: str) -> bool:
    """Write a fixed file, if it still is what was checked; whether that worked."""
    from nnx_lsp.fixes import write_whole

    path = Path(name)
    try:
        now = files.read(path)
        if isinstance(now, files.Notice) or now.text != before:
            print(f"nnx-lint: {name}: changed on disk meanwhile, not fixed", file=sys.stderr)
            return False
        write_whole(path, now.encoded(after))
    except (OSError, UnicodeEncodeError, files.FileError) as error:
        print(f"nnx-lint: {name}: cannot be written: {error}", file=sys.stderr)
        return False
    return True


def _written(report: Report, wanted: Output, arguments: argparse.Namespace) -> bool:
    """Give the report in one format; whether that worked."""
    if wanted.format == "github":
        _write_step_summary(report)
    if wanted.file is None:
        sys.stdout.write(formats.render(wanted.format, report, Style(_has_colour(arguments.color))))
        return True
    try:
        targets.write(Path(wanted.file), formats.render(wanted.format, report, Style()).encode("utf-8", "backslashreplace"))
    except OSError as error:
        print(f"nnx-lint: {terminal(wanted.file)}: cannot be written: {error.strerror or error}", file=sys.stderr)
        return False
    return True


def _write_step_summary(report: Report) -> None:
    """Add the findings to the page that GitHub shows of this step."""
    if file := os.environ.get("GITHUB_STEP_SUMMARY"):
        from nnx_lsp.cli.formats.github import step_summary

        try:
            with Path(file).open("a", encoding="utf-8", errors="backslashreplace") as page:
                page.write(step_summary(report))
        except OSError as error:
            print(f"nnx-lint: {terminal(file)}: cannot be written: {error.strerror or error}", file=sys.stderr)


def _has_colour(given: str) -> bool:
    if given != "auto":
        return given == "always"
    return "NO_COLOR" not in os.environ and (sys.stdout.isatty() or "FORCE_COLOR" in os.environ)
