"""Reading files: the only place where the text of user code comes from the disk, and that of the files beside it that say how it is checked."""

from __future__ import annotations

import codecs
import errno
import os
import stat
from pathlib import Path

import msgspec

from nnx_lsp.syntax.decode import Decoded, UnreadableError, decode

MAX_BYTES = 2 * 1024 * 1024
"""Files above this size are left out, with a notice; of a notebook the sources of its cells count, for pictures in its outputs are nothing that is read."""
_MAX_OF_SETTINGS = 64 * 1024 * 1024


class FileError(Exception):
    """A file cannot be read as text; the message says why. `name` is the file's own, where the message begins with its path."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class Notice(msgspec.Struct, frozen=True):
    """Something about a path that is worth a line on standard error, and is no finding."""

    path: str
    message: str


def contents(path: str | Path) -> bytes:
    """The bytes of a file. Raises `OSError`, also for a pipe or a device, which may never end, and where there are more than anybody wrote by hand."""
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb") as opened:
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "Is a pipe or a device")
        if status.st_size > _MAX_OF_SETTINGS:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return opened.read()


def text(path: str | Path) -> str:
    """What stands in a file of settings or a lock file, with `\\n` at the ends of lines: in UTF-8, or in what its byte order mark says. Raises `FileError`."""
    try:
        data = contents(path)
        encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}", os.path.basename(path)) from None
    except ValueError as error:
        raise FileError(f"{path}: cannot be read: {error}", os.path.basename(path)) from None


def read(path: Path) -> Decoded | Notice:
    """The text of a file, or a notice where it is too large. Raises `FileError`."""
    try:
        size = path.stat().st_size
        is_notebook = path.suffix == ".ipynb"
        data = contents(path) if size <= (_MAX_OF_SETTINGS if is_notebook else MAX_BYTES) else b""
        if size > MAX_BYTES and (not is_notebook or (size := _size_of_sources(data) or size) > MAX_BYTES):
            return Notice(str(path), f"left out: {size} bytes, the limit is {MAX_BYTES}")
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # A name that holds a NUL.
        raise FileError(f"cannot be read: {error}") from None
    try:
        return decode(data)
    except UnreadableError as error:
        raise FileError(str(error)) from None


class _Cell(msgspec.Struct):
    source: str | list[str] = ""


class _Cells(msgspec.Struct):
    cells: list[_Cell]


def _size_of_sources(data: bytes) -> int | None:
    """How many bytes the cells of a notebook are without their outputs; `None` for what is not a notebook."""
    try:
        cells = msgspec.json.decode(data, type=_Cells).cells
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return sum(len("".join(cell.source).encode("utf-8", "surrogatepass")) for cell in cells)
