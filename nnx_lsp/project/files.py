"""Reading files: the only place where the text of user code comes from the disk."""

from __future__ import annotations

from pathlib import Path

import msgspec

from nnx_lsp.syntax.decode import Decoded, UnreadableError, decode

MAX_BYTES = 2 * 1024 * 1024
"""Files above this size are left out, with a notice."""


class FileError(Exception):
    """A file cannot be read as text; the message says why."""


class Notice(msgspec.Struct, frozen=True):
    """Something about a path that is worth a line on standard error, and is no finding."""

    path: str
    message: str


def read(path: Path) -> Decoded | Notice:
    """The text of a file, or a notice where it is too large. Raises `FileError`."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            return Notice(str(path), f"left out: {size} bytes, the limit is {MAX_BYTES}")
        data = path.read_bytes()
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}") from None
    try:
        return decode(data)
    except UnreadableError as error:
        raise FileError(str(error)) from None
