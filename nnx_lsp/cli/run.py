"""Checking many files: which results of former runs still hold, and the rest in worker processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from nnx_lsp.cli.limits import OutOfTimeError, begin_worker, end_workers, limited
from nnx_lsp.comments import Comment, judged
from nnx_lsp.config import Settings
from nnx_lsp.diagnostic import Diagnostic, order
from nnx_lsp.faults import INTERNAL_ERROR, OUT_OF_TIME, SYNTAX_ERROR, UNREADABLE_FILE, Fault
from nnx_lsp.knowledge import releases
from nnx_lsp.project import bases, files
from nnx_lsp.project.cache import Cache
from nnx_lsp.project.project import Project, Stamp, stamp_of
from nnx_lsp.syntax import markdown
from nnx_lsp.text import Span

if TYPE_CHECKING:
    from concurrent.futures import Future

    from nnx_lsp.engine import Engine

_MANY = 24
"""So many files that workers pay for their start."""
_BATCH = 8
"""How many files a worker takes at a time: neighbours, which import the same modules."""


class Basis(msgspec.Struct, frozen=True, array_like=True):
    """What the result of one file rests on: the files that were read, and the folders that were looked into for imports."""

    files: tuple[tuple[str, int, int], ...]
    """Name, size and time of the last change; a size of -1: there was none."""
    folders: tuple[tuple[str, str], ...]
    """Path, and a digest of what it lists."""


class Result(msgspec.Struct, frozen=True, array_like=True):
    """What the check of one file gave. Its findings may stand in other files. Without a basis it is not kept."""

    path: str
    found: tuple[Diagnostic, ...] = ()
    notice: str = ""
    basis: Basis | None = None
    silenced: tuple[Diagnostic, ...] = ()
    comments: tuple[Comment, ...] = ()
    """Those of the file itself that can be judged."""


class Checker:
    """Checks files of one project in this process."""

    def __init__(self, names: Sequence[str], settings: Callable[[str], Settings], cache: Cache | None) -> None:
        self.settings = settings
        self.project = Project(cache, None if all(os.path.isabs(name) for name in names) else os.getcwd())
        self.project.register(names)
        self._engines: dict[Settings, Engine] = {}
        self.seconds = 0.0
        """What the checks took."""

    def timing(self) -> dict[str, float]:
        """What each rule took, by its code."""
        every: dict[str, float] = {}
        for engine in self._engines.values():
            for code, seconds in engine.timing().items():
                every[code] = every.get(code, 0.0) + seconds
        return every

    def engine(self, name: str) -> Engine:
        """The engine of a file: one for all that have the same settings; made when it is first needed."""
        settings = self.settings(name)
        if settings not in self._engines:
            from nnx_lsp.engine import Engine

            sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))
            self._engines[settings] = Engine(self.project, settings)
        return self._engines[settings]

    def check(self, name: str) -> Result:
        """Check one file, and tell what is found under the settings of the files that it stands in."""
        return self.told(self.found(name))

    def told(self, result: Result) -> Result:
        """A result under the settings of all files that it speaks of."""
        if all(each.path == result.path for each in result.found):
            return result
        found = tuple(own for each in result.found if (own := self._there(result.path, each)) is not None)
        return msgspec.structs.replace(result, found=found)

    def found(self, name: str) -> Result:
        """Check one file under its own settings."""
        text = self.project.read(name)
        if isinstance(text, files.FileError):
            return Result(name, (fault(name, UNREADABLE_FILE, str(text)),) if self.settings(name).is_on_in(name, UNREADABLE_FILE) else ())
        if isinstance(text, files.Notice):
            return Result(name, notice=text.message)
        limit = self.settings(name).time_limit
        if name.endswith(markdown.SUFFIXES):
            return self._of_blocks(name, text.text)
        engine = self.engine(name)
        begun = time.perf_counter()
        try:
            with limited(limit):
                checked = engine.check(name)
                comments = self._comments(name, text.text)
        except OutOfTimeError:
            self._engines.clear()  # What was interrupted may be half done.
            return Result(name, (fault(name, OUT_OF_TIME, f"the check took more than {limit:g} s of the processor's time and was stopped"),))
        except Exception as error:  # One failing file is one finding: the others are still checked.
            return Result(name, (fault(name, INTERNAL_ERROR, f"{type(error).__name__}: {error}"),))
        finally:
            self.seconds += time.perf_counter() - begun
        if any(each.code in (INTERNAL_ERROR.code, OUT_OF_TIME.code) for each in checked.found):
            return Result(name, checked.found)
        return Result(name, checked.found, basis=self._basis(checked.files), silenced=checked.silenced, comments=comments)

    def _of_blocks(self, name: str, text: str) -> Result:
        """Check the Python blocks of a Markdown file, each by itself. What does not parse is no finding, and nothing is fixed: a page may show mistakes."""
        found: dict[tuple[str, Span], Diagnostic] = {}
        read: set[str] = {name}
        engine = self.engine(name)
        for number, program in enumerate(markdown.programs(text), 1):
            own = f"{name}#{number}"
            self.project.write(own, program)
            try:
                with limited(self.settings(name).time_limit):
                    checked = engine.check(own)
            except OutOfTimeError:
                self._engines.clear()
                return Result(name, (fault(name, OUT_OF_TIME, f"the check of block {number} took too long and was stopped"),))
            finally:
                self.project.drop(own)
            read |= checked.files - {own}
            for each in checked.found:
                if each.path == own and each.code != SYNTAX_ERROR.code:
                    related = tuple(msgspec.structs.replace(step, path=name) if step.path == own else step for step in each.related)
                    found[each.code, each.span] = msgspec.structs.replace(each, path=name, related=related, fix=None)
        return Result(name, tuple(sorted(found.values(), key=order)), basis=self._basis(read))

    def _comments(self, name: str, text: str) -> tuple[Comment, ...]:
        if "nnx-lint" not in text and "NNX" not in text:
            return ()
        document = self.project.document(name)
        return judged(document) if document is not None else ()

    def _there(self, name: str, each: Diagnostic) -> Diagnostic | None:
        """A finding under the settings of the file that it stands in, where those are others than the checked one's."""
        settings = self.settings(each.path)
        if settings == self.settings(name):
            return each
        from nnx_lsp import engine
        from nnx_lsp.selection import named

        rule = named(each.code, engine.rules())
        if rule is None or not settings.is_on_in(each.path, rule):
            return None
        is_other = settings.flax_version != self.settings(name).flax_version
        if is_other and not isinstance(rule, Fault) and not any(map(rule.applies, releases.covered(settings.flax_version))):
            return None
        return msgspec.structs.replace(each, severity=settings.override(rule) or each.severity)

    def _basis(self, paths: Iterable[str]) -> Basis:
        rests = [path for path in sorted(paths) if not path.endswith("/")]
        stamps = [(path, *(self.project.stamp(path) or (-1, 0))) for path in rests if not path.startswith(bases.MARK)]
        return Basis(tuple(stamps), tuple(sorted(self.project.folders(rests).items())))


def fault(name: str, kind: Fault, message: str) -> Diagnostic:
    """A finding of the engine's own about a whole file."""
    return Diagnostic(name, kind.code, kind.name, kind.severity, message, Span(0, 0))


# Former runs -------------------------------------------------------------------------------------------------------


class Kept:
    """The results of former runs under the same settings in the same folder."""

    def __init__(self, cache: Cache, settings: Callable[[str], Settings], names: Sequence[str]) -> None:
        self._cache = cache
        self._names = names
        self._settings = settings
        self._encoded: dict[Settings, bytes] = {}
        self._here = os.getcwd()
        self._project = Project(None, None if all(os.path.isabs(name) for name in names) else self._here)
        self._stamps: dict[str, Stamp | None] = {}
        self._folders: dict[str, str] = {}

    def _key(self, name: str) -> bytes:
        settings = self._settings(name)
        if settings not in self._encoded:
            self._encoded[settings] = msgspec.msgpack.encode(settings)
        return self._cache.key(self._encoded[settings], self._here, name)

    def read(self) -> dict[str, Result]:
        """Those that still hold, by name."""
        keys = {self._key(name): name for name in self._names}
        found: dict[str, Result] = {}
        decoder = msgspec.msgpack.Decoder(Result)
        for key, value in self._cache.results(list(keys)).items():
            try:
                result = decoder.decode(value)
            except msgspec.DecodeError:
                continue
            if result.basis is not None and self._holds(result.basis):
                found[keys[key]] = result
        return found

    def write(self, results: Iterable[Result]) -> None:
        """Keep those whose files are on the disk as they were when they were read."""
        kept = {self._key(result.path): msgspec.msgpack.encode(result) for result in results if result.basis is not None and self._is_now(result.basis)}
        if kept:
            self._cache.keep(kept)

    def _holds(self, basis: Basis) -> bool:
        return self._is_now(basis) and all(self._folder(folder) == digest for folder, digest in basis.folders)

    def _is_now(self, basis: Basis) -> bool:
        return all(self._stamp(path) == ((size, time) if size >= 0 else None) for path, size, time in basis.files)

    def _stamp(self, path: str) -> Stamp | None:
        if path not in self._stamps:
            self._stamps[path] = stamp_of(path)
        return self._stamps[path]

    def _folder(self, folder: str) -> str:
        if folder not in self._folders:
            self._folders[folder] = self._project.digest(folder)
        return self._folders[folder]


# Workers -----------------------------------------------------------------------------------------------------------


def checked(names: Sequence[str], checker: Checker, jobs: int) -> Iterator[Result]:
    """The results of files in any order, from workers where that pays."""
    count = jobs if jobs > 0 else (os.cpu_count() or 1) if len(names) >= _MANY else 1
    if count == 1 or len(names) < 2:
        for name in names:
            yield checker.found(name)
        return
    yield from _in_workers(names, checker, count)


_checker: Checker | None = None


def _begin(checker: Checker) -> None:
    global _checker
    _checker = checker
    begin_worker()


def _work(names: Sequence[str]) -> list[Result]:
    assert _checker is not None
    return [_checker.found(name) for name in names]


def _in_workers(names: Sequence[str], checker: Checker, count: int) -> Iterator[Result]:
    """Check in worker processes; files whose worker died are checked once more, each alone in a worker, and reported if that dies too."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # A forked worker has all modules already, so that nothing is imported while the user's folder is the current one.
    context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")
    _load_parser()
    _ = checker.engine(names[0])
    lost: list[str] = []
    try:
        with ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(checker,)) as pool:
            futures: list[tuple[Sequence[str], Future[list[Result]]]] = []
            for start in range(0, len(names), _BATCH):
                some = names[start : start + _BATCH]
                try:
                    futures.append((some, pool.submit(_work, some)))
                except BrokenProcessPool:
                    lost += some
            try:
                for some, future in futures:
                    try:
                        yield from future.result()
                    except BrokenProcessPool:
                        lost += some
            except BaseException:  # Ctrl-C, or nobody wants the rest.
                pool.shutdown(wait=False, cancel_futures=True)
                end_workers()
                raise
        for name in lost:
            with ProcessPoolExecutor(1, mp_context=context, initializer=_begin, initargs=(checker,)) as pool:
                try:
                    yield from pool.submit(_work, [name]).result()
                except BrokenProcessPool:
                    yield Result(name, (fault(name, INTERNAL_ERROR, "the worker process died while it checked this file"),))
    except KeyboardInterrupt:
        end_workers()
        raise


def _load_parser() -> None:
    from nnx_lsp.syntax import layout, parse

    _ = layout, parse


__all__ = ["Checker", "Kept", "Result", "checked", "fault"]
