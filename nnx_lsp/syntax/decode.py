"""From the bytes of a file to its text, and back without losing one."""

from __future__ import annotations

import codecs
import io
import tokenize

import msgspec


class UnreadableError(Exception):
    """Bytes are no text; the message says which, in which encoding."""


class Decoded(msgspec.Struct, frozen=True):
    """A text with how it was encoded. Line ends are as they are in the file; a byte order mark is kept aside."""

    text: str
    encoding: str
    has_mark: bool

    def encoded(self, text: str) -> bytes:
        """Another text in the same encoding. Raises `UnicodeEncodeError` where it cannot be written in it."""
        data = text.encode(self.encoding)
        return codecs.BOM_UTF8 + data if self.has_mark else data


def decode(data: bytes) -> Decoded:
    """The text of a Python file (PEP 263). Raises `UnreadableError`."""
    has_mark = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if has_mark else data
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")[:4096]).readline)
    except SyntaxError as error:
        if "unknown encoding" in str(error.msg) or "encoding problem" in str(error.msg):
            raise UnreadableError(str(error.msg)) from None
        encoding = "utf-8"  # The first lines are no UTF-8: decoding says where.
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    try:
        found = Decoded(body.decode(encoding), encoding, has_mark)
        if encoding not in ("utf-8", "iso-8859-1") and found.encoded(found.text) != data:
            raise UnreadableError(f"is declared as {encoding}, and is no text in it that can be written back")
        return found
    except UnicodeEncodeError:
        raise UnreadableError(f"is declared as {encoding}, and is no text in it that can be written back") from None
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise UnreadableError(f"byte 0x{byte:02x} at offset {error.start} is no {encoding} text") from None
