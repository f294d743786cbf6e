"""Text from source files that cannot command what it is shown in: a terminal, a CI log, a Markdown page, XML."""

from __future__ import annotations

import html
import re

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160)) if code != 9}
_HIDDEN = {code: f"\\u{code:04x}" for code in (0x200E, 0x200F, 0x061C, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000))}
_TERMINAL = _CONTROL | _HIDDEN
_LOGGED = re.compile(r"#(?=#(?:\[|vso\[))")
"""The start of a command that the agents of GitHub and Azure obey wherever it stands in a line."""
_PUNCTUATION = {ord(char): f"&#{ord(char)};" for char in "!\"#$%&'()*+-/:;<=>?@[\\]^_`{|}~"}


def terminal(text: str) -> str:
    """Text for a terminal or a log: control characters, and those that turn the direction of writing, are shown as escapes."""
    return _LOGGED.sub(r"\\x23", text.translate(_TERMINAL)) if not text.isascii() or not text.isprintable() or "##" in text else text


def path(name: str) -> str:
    """A file's name at the start of a line: a name that looks like a `::command` of GitHub's begins with `./`."""
    shown = terminal(name)
    return f"./{shown}" if shown.lstrip().startswith("::") else shown


def markdown(text: str) -> str:
    """Text that Markdown takes for nothing but text; what stands in backticks becomes code."""
    parts = terminal(text).replace("\t", " ").split("`")
    if len(parts) % 2 == 0:
        return "&#96;".join(part.translate(_PUNCTUATION) for part in parts)
    return "".join(f"<code>{part.translate(_PUNCTUATION)}</code>" if index % 2 else part.translate(_PUNCTUATION) for index, part in enumerate(parts))


def xml(text: str) -> str:
    """Text for XML 1.0, in an element or an attribute."""
    return html.escape("".join(char if char not in "\ufffe\uffff" else "\\ufffe" for char in terminal(text)).replace("\t", " "))


def github(text: str) -> str:
    """The message of a workflow command."""
    return _LOGGED.sub(r"\\x23", text.replace("%", "%25").translate(_TERMINAL))


def github_property(text: str) -> str:
    """A property of a workflow command."""
    return github(text).replace(":", "%3A").replace(",", "%2C")


def azure(text: str) -> str:
    """The message or a property of an Azure logging command."""
    return _LOGGED.sub(r"\\x23", text.replace("%", "%AZP25").translate(_TERMINAL)).replace(";", "%3B").replace("]", "%5D")
