"""What runs keep for the next run: lowered chunks, and the findings of files that nothing changed. One SQLite file in the user's cache folder.

SQLite keeps it whole under runs at the same time. A cache that cannot be opened, read or written is as good as none: no run fails for it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import msgspec

from nnx_lsp import program
from nnx_lsp.project import plugins

_MAX_BYTES = 256 * 1024 * 1024
"""The file is emptied by half when it grows beyond."""
_AT_ONCE = 500
"""How many keys one query asks for."""
_SCHEMA = """
create table if not exists chunks (key blob primary key, value blob not null, made integer not null) without rowid;
create table if not exists results (key blob primary key, value blob not null, made integer not null) without rowid;
"""


def folder() -> Path:
    """`$NNX_LINT_CACHE`, else `nnx-lint` in the user's cache folder."""
    if given := os.environ.get("NNX_LINT_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnx-lint"


class Cache:
    """The cache for this version of the program. `read` and `write` make it a `syntax.document.Store` of lowered chunks."""

    def __init__(self, place: Path, version: bytes) -> None:
        self._place = place
        self._version = version
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._decoder = msgspec.msgpack.Decoder(program.Chunk)
        self._encoder = msgspec.msgpack.Encoder()
        self.is_broken = False

    def key(self, *parts: str | bytes) -> bytes:
        """The key of something that these parts determine, for this version of the program."""
        digest = hashlib.blake2b(self._version, digest_size=16)
        for part in parts:
            data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
            digest.update(len(data).to_bytes(8))
            digest.update(data)
        return digest.digest()

    # Lowered chunks ------------------------------------------------------------------------------------------------

    def read(self, texts: Sequence[str]) -> Mapping[str, program.Chunk]:
        """The chunks of these texts that are kept."""
        keys = {self.key(text): text for text in texts}
        found: dict[str, program.Chunk] = {}
        for key, value in self._select("chunks", list(keys)):
            with suppress(msgspec.DecodeError):
                found[keys[key]] = self._decoder.decode(value)
        return found

    def write(self, chunks: Mapping[str, program.Chunk]) -> None:
        """Keep chunks under their texts."""
        self._insert("chunks", [(self.key(text), self._encoder.encode(chunk)) for text, chunk in chunks.items()])

    # Results -------------------------------------------------------------------------------------------------------

    def results(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """What is kept under these keys."""
        return dict(self._select("results", keys))

    def keep(self, results: Mapping[bytes, bytes]) -> None:
        """Keep results under their keys."""
        self._insert("results", list(results.items()))

    def close(self) -> None:
        """Let go of the file, and make it smaller where it has grown too large."""
        with self._guarded():
            if self._connection is not None and self._process == os.getpid():
                if self._place.stat().st_size > _MAX_BYTES:
                    self._shrink(self._connection)
                self._connection.close()
                self._connection = None

    def _shrink(self, connection: sqlite3.Connection) -> None:
        for table in ("chunks", "results"):
            middle = connection.execute(f"select made from {table} order by made limit 1 offset (select count(*) / 2 from {table})").fetchone()
            if middle is not None:
                connection.execute(f"delete from {table} where made <= ?", middle)
        connection.commit()
        connection.execute("vacuum")

    # SQLite --------------------------------------------------------------------------------------------------------

    def _select(self, table: str, keys: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
        found: list[tuple[bytes, bytes]] = []
        with self._guarded():
            connection = self._opened()
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                found += connection.execute(f"select key, value from {table} where key in ({marks})", some).fetchall()
        return found

    def _insert(self, table: str, rows: Sequence[tuple[bytes, bytes]]) -> None:
        with self._guarded():
            connection = self._opened()
            now = time.time_ns()
            with connection:
                connection.executemany(f"insert or replace into {table} values (?, ?, ?)", [(*row, now) for row in rows])

    def _opened(self) -> sqlite3.Connection:
        """The connection of this process: a forked worker has one of its own."""
        if self.is_broken:
            raise sqlite3.OperationalError("given up")
        if self._connection is None or self._process != os.getpid():
            self._process = os.getpid()
            self._place.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._place, timeout=10, check_same_thread=False)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = off")
            self._connection.executescript(_SCHEMA)
        return self._connection

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not isinstance(error, sqlite3.OperationalError) and not self.is_broken:  # No database, or a broken one: the next run makes it anew.
                self._connection = None
                with suppress(OSError):
                    self._place.unlink()
            self.is_broken = True
        except OSError:
            self.is_broken = True


def opened() -> Cache:
    """The user's cache for this very program: another version, or a changed source file, sees nothing of what this one keeps."""
    return Cache(folder() / "cache-1.db", _version())


def _version() -> bytes:
    digest = hashlib.blake2b(f"{sys.version_info[:3]}".encode(), digest_size=16)
    places = [Path(__file__).parent.parent]
    for name in ("nnx_rules", "libcst", "msgspec"):
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            places.append(Path(spec.origin).parent)
    rules = [found for package in plugins.packages() if (found := plugins.folder(package)) is not None]
    for place in places + rules:
        is_own = place.name.startswith("nnx_") or place in rules
        for path, size, changed in sorted(_files(str(place), deep=is_own)):
            digest.update(f"{path}\0{size}\0{changed}\n".encode("utf-8", "surrogatepass"))
    return digest.digest()


def _files(place: str, *, deep: bool) -> Iterator[tuple[str, int, int]]:
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.is_dir():
                if deep and entry.name not in ("__pycache__", "_fixtures"):
                    yield from _files(entry.path, deep=True)
            elif entry.name.endswith((".py", ".json", ".so", ".pyd")):
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns


__all__ = ["Cache", "folder", "opened"]
