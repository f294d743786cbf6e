"""Which texts are lists of requirements, whatever their names are: what pip, uv and conda print of an environment, and what people write by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nnx_lsp.project import requirements
from nnx_lsp.project.requirements import Said

MAX_BYTES = 256 * 1024
"""The list of an environment is seldom longer than some hundred lines."""
MAX_FILES = 50
"""Where there are more texts in a folder, they are data."""
_NEARLY_ALL = 0.9
_BOUND = r"[=<>~!]=?=?\s*[\w.*+!-]+"
_LISTED = re.compile(
    r"-{1,2}[a-zA-Z]\S*[\s=].*"  # An option: `-r base.txt`, `--extra-index-url https://…`, `--hash=sha256:…`.
    r"|@EXPLICIT|(?:git\+|https?://|file://)\S+"
    r"|Package\s+Version(?:\s.*)?|[-\s]+"  # The head of what `pip list` prints.
    r"|\w[\w.-]*(?:\s+|\s*:\s*)\d[\w.+!]*(?:\s+\S+){0,2}"  # A row of it, or of what `conda list` prints.
    r"|[!%]?\s*(?:python\S*\s+-m\s+|uv\s+)?pip3?\s+install\s.*"
    rf"|(?:[-*]\s+)?[\"']?[A-Za-z][\w.-]*\s*(?:\[[\w\s,.-]*\])?\s*(?:@\s*\S+|\(?(?:{_BOUND}\s*,?\s*)*\)?)(?:\s*;.*)?(?:\s+--hash\S+)*[\"',]*\s*\\?"
)


def of_text(text: str, name: str, path: Path) -> Iterator[Said]:
    """What a text asks for, if nearly all of its lines are requirements."""
    if re.search(rf"\b{name}\b", text, re.IGNORECASE) is not None and is_list(text):
        yield from requirements.of_file(text, name, path)


def is_list(text: str) -> bool:
    """Whether nearly all lines of a text are requirements, or what stands between them in such a list."""
    lines = [stripped for line in text.splitlines() if (stripped := re.sub(r"(?:^|\s)#.*", "", line).strip())]
    return sum(_LISTED.fullmatch(line) is not None for line in lines) >= _NEARLY_ALL * len(lines)
