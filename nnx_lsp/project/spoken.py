"""The versions that pages speak of, in tables and in prose: `| flax | 0.10.7 |`, `tested with Flax 0.10.2`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nnx_lsp.project.requirements import Said, is_version, required

_VERSION = r"v?(?P<version>\d+\.\d+(?:\.\d+)*(?:\.[x*])?)"
_SIGN = r"(?P<sign>==|>=|<=|~=|<|>|≥|≤|&gt;=|%E2%89%A5|%3E=)?"
_LEAST = r"(?P<least>\s?\+|%2B|\s*[`*_]*\s*(?:or|and)\s+(?:later|newer|higher|above|up|greater))?"
_SIGNS = {"≥": ">=", "≤": "<=", "&gt;=": ">=", "%E2%89%A5": ">=", "%3E=": ">="}
_NOT_IN_USE = re.compile(
    r"\b(?:since|before|from|until|till|in|as of|prior to|after|than|up ?to|through|newer|older|later|earlier|between|vs\.?)\s+[`*_\"']*$",
    re.IGNORECASE,
)
"""What stands before a version that is spoken of for what it changed."""
_BROKEN = re.compile(
    r"\b(?:(?:not|n't)\s+(?:yet\s+)?(?:work|run|compatible|support|been\s+(?:tested|ported))\w*|incompatible|fails?|breaks?|broken|unsupported)\b[^.\n]*\Z",
    re.IGNORECASE,
)
"""What stands before a version that the code does not run on."""


def of_page(text: str, name: str, path: Path) -> Iterator[Said]:
    """The versions that a table of a page names, else those that its prose does; a version that is named comes before bounds."""
    said = tuple(_of_tables(text, name)) or tuple(_of_prose(text, name))
    yield from [each for each in said if is_version(each.version)] or said


def _of_tables(text: str, name: str) -> Iterator[Said]:
    """Rows in which the package has a cell, and its version the next one."""
    called = rf"^\s*\|?[\s`*_\[]*{name}(?:[\s-]+nnx)?[\s`*_\]]*(?:\([^)|]*\)[`*_]*)?\s*\|[\s`*_]*"
    for found in re.finditer(rf"{called}{_SIGN}\s*{_VERSION}{_LEAST}(?P<more>,\s*[<>=!~]=?\s*[\d.]+)*[^|\n]*\|?", text, re.IGNORECASE | re.MULTILINE):
        yield from _said(found, text, name)
    cell = rf"<t[dh][^>]*>\s*(?:<\w+[^>]*>\s*)*{name}\s*(?:</\w+>\s*)+<t[dh][^>]*>\s*(?:<\w+[^>]*>\s*)*"
    for found in re.finditer(rf"{cell}{_SIGN}\s*{_VERSION}{_LEAST}(?P<more>,\s*[<>=!~]=?\s*[\d.]+)*", text, re.IGNORECASE):
        yield from _said(found, text, name)


def _of_prose(text: str, name: str) -> Iterator[Said]:
    """The name with a version behind it, also on a badge."""
    called = rf"(?<![\w.-]){name}(?:[\s-]+nnx)?[`*_\"']*(?:\s+version)?\s*[:(\-]?\s*[`*_\"']*"
    for found in re.finditer(rf"{called}{_SIGN}\s*{_VERSION}{_LEAST}(?P<more>,\s*[<>=!~]=?\s*[\d.]+)*", text, re.IGNORECASE):
        if _BROKEN.search(text, max(0, found.start() - 45), found.start()) is not None:
            yield from required(f"{name}<{found['version'].rstrip('.')}", text.count("\n", 0, found.start("version")) + 1, name)
        elif _NOT_IN_USE.search(text, max(0, found.start() - 20), found.start()) is None:
            yield from _said(found, text, name)
    for found in re.finditer(rf"\bpin(?:s|ned|ning)?\s+[`*_]*{name}[`*_]*\s+(?:to|at)\s+[`*_]*{_SIGN}{_VERSION}{_LEAST}(?P<more>\Z)?", text, re.IGNORECASE):
        yield from _said(found, text, name)


def _said(found: re.Match[str], text: str, name: str) -> Iterator[Said]:
    version, sign = found["version"].rstrip("."), found["sign"] or ""
    row = text.count("\n", 0, found.start("version")) + 1
    sign = ">=" if found["least"] else _SIGNS.get(sign, sign) or "=="
    version = version.removesuffix(".x").removesuffix(".*")
    is_line = sign == "==" and version.count(".") == 1
    yield from required(f"{name}{sign}{version}{'.*' if is_line else ''}{found['more'] or ''}", row, name)
