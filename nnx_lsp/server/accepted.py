"""The baselines of the workspace: which findings are accepted, and one more of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from nnx_lsp import baseline
from nnx_lsp.baseline import Accepted, BaselineError
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.fingerprint import Identity
from nnx_lsp.project.project import Stamp, stamp_of
from nnx_lsp.server.settings import Configuration
from nnx_lsp.text import Lines


class Baselines:
    """The baseline of each folder, read once and again when it changes. One that cannot be used is said once, and accepts nothing.

    It reads the disk, and is used on the thread that checks.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._files: dict[Path, Path] = {}
        self._read: dict[Path, tuple[Stamp | None, Accepted | None]] = {}
        self._fresh: set[Path] = set()
        """The files that were looked at since `forget`."""

    def forget(self) -> None:
        """Look at the disk again."""
        self._files.clear()
        self._fresh.clear()

    def of(self, path: str) -> Accepted | None:
        """The baseline that counts for a file; `None` where there is none."""
        if not Path(path).is_absolute():
            return None  # A text that was never saved.
        file = self._file(Path(path).parent)
        if file not in self._fresh:
            self._fresh.add(file)
            stamp = stamp_of(str(file))
            if file not in self._read or self._read[file][0] != stamp:
                self._read[file] = stamp, self._accepted(file, Path(path).parent)
        return self._read[file][1]

    def accept(self, path: str, known_by: Identity) -> Path:
        """Accept one more finding of a file; the baseline that was written. Raises `BaselineError` and `OSError`."""
        file = self._file(Path(path).parent)
        if os.path.lexists(file) and not _is_file(file):
            raise BaselineError(f"{file}: is not a file")  # A pipe would keep the thread that checks waiting.
        counts = baseline.read(file) if _is_file(file) else Counter[Identity]()
        counts[known_by] += 1
        baseline.write(file, counts)
        self.forget()
        return file

    def identities(self, path: str, found: Iterable[Diagnostic], lines: Lines) -> list[tuple[Diagnostic, Identity]]:
        """What the findings of a file are known by in its baseline, whether there is one or not; without those that cannot be accepted."""
        return baseline.identities(found, lambda _: lines, self._file(Path(path).parent).parent) if Path(path).is_absolute() else []

    def _file(self, folder: Path) -> Path:
        """The baseline of a folder, whether it is there or not: the one that is set; else the nearest, from beside the configuration file up to the root of
        the workspace; else one beside the configuration file, or at the root."""
        if folder not in self._files:
            self._files[folder] = self._found(folder)
        return self._files[folder]

    def _found(self, folder: Path) -> Path:
        found, root = self._configuration.found(folder), self._configuration.root(folder)
        if found.settings.baseline is not None:
            return Path(found.settings.baseline)
        first = Path(found.file).parent if found.file else folder
        return baseline.nearest(first, root) or (first if found.file else root) / baseline.NAME

    def _accepted(self, file: Path, folder: Path) -> Accepted | None:
        if not _is_file(file):
            if self._configuration.found(folder).settings.baseline is not None:
                self._configuration.complain(f"{file}: there is no such baseline; `nnx-lint baseline` makes one")
            return None
        try:
            return Accepted(file, baseline.read(file))
        except BaselineError as error:
            self._configuration.complain(str(error))
            return None


def _is_file(file: Path) -> bool:
    return os.path.isfile(file)  # noqa: PTH113  # `Path.is_file` raises where a folder may not be looked into.
