"""The programs that the benchmarks run on: the fixtures, or the files of a folder, under other names as often as it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nnx_lsp.fixtures import fixtures, folder

MENTIONS = re.compile(r"\bnnx\b")


def sources(below: Path | None = None) -> list[str]:
    """Texts that use NNX: of the fixtures without marks, or of all files below a folder."""
    if below is None:
        return [fixture.text for fixture in fixtures(folder()) if fixture.kind == "good" and not fixture.files]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(below.rglob("*.py"))]
    return [text for text in texts if MENTIONS.search(text)]


def renamed(text: str, count: int) -> str:
    """A text whose top-level functions and classes have names of their own."""
    names = set(re.findall(r"^(?:def|class) (\w+)", text, re.MULTILINE))
    if not names:
        return text
    return re.sub(r"\b(" + "|".join(map(re.escape, sorted(names))) + r")\b(?![\"'])", rf"\1_{count}", text)


def files(texts: list[str]) -> Iterator[str]:
    """Without end: the texts, under other names each time."""
    count = 0
    while True:
        yield renamed(texts[count % len(texts)], count)
        count += 1


def large_file(lines: int, texts: list[str]) -> str:
    """One text of about as many lines."""
    parts: list[str] = []
    size = 0
    for text in files(texts):
        if size >= lines:
            break
        if "from __future__" in text:
            text = text.replace("from __future__ import annotations", "")
        parts.append(text)
        size += text.count("\n")
    return "".join(parts)


def project(target: Path, count: int, texts: list[str]) -> int:
    """Write as many files below a folder; the number of their lines."""
    target.mkdir(parents=True, exist_ok=True)
    lines = 0
    for index, text in zip(range(count), files(texts), strict=False):
        (target / f"module_{index}.py").write_text(text, encoding="utf-8")
        lines += text.count("\n")
    return lines
