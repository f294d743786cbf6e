"""`python -m nnx_lsp.dev.edits FOLDER [--edits N] [--open N] [--seed S]`: does the server show what a fresh run finds?

A copy of a real package is edited as people edit: letters typed one by one, lines deleted, blocks pasted, undone, names replaced in a file, saved and
switched as by a branch that replaces many files. After each step that leaves every file parsing, what the server's workspace shows for its open files
must equal what a run that begins anew finds in the same texts; in a broken file the server goes on with what it knows from before. Prints the steps that
differ; exit status 1 if there is any, or if nothing could be compared.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeAlias

from nnx_lsp.dev.sameness import Texts, fresh
from nnx_lsp.diagnostic import Diagnostic
from nnx_lsp.server.session import Workspace
from nnx_lsp.server.settings import Configuration
from nnx_lsp.server.texts import plain
from nnx_lsp.syntax.chunks import ChunkError, cut
from nnx_lsp.syntax.parse import lowered

Found: TypeAlias = dict[str, tuple[Diagnostic, ...]]

_SHOWN = 5
_NAME = re.compile(r"\b[A-Za-z_]\w+\b")


class Subject(Protocol):
    """What is edited: it takes texts as an editor gives them."""

    def give(self, changes: Mapping[str, str | None]) -> None:
        """Take new texts; `None`: the file was closed."""

    def refresh(self, paths: Iterable[Path]) -> None:
        """Look at the disk, where these files changed."""


class InProcess:
    """The server's workspace in this process, and what it shows."""

    def __init__(self) -> None:
        self.workspace = Workspace(Configuration())
        self.version = 0
        self.shown: Found = {}

    def give(self, changes: Mapping[str, str | None]) -> None:
        """See `Subject`."""
        self.version += 1
        for path, text in changes.items():
            if text is None:
                self.shown.pop(path, None)
        news = self.workspace.update({path: plain(path, text, self.version) if text is not None else None for path, text in changes.items()})
        self.shown.update({path: shown.found for path, shown in news.items()})

    def refresh(self, paths: Iterable[Path]) -> None:
        """See `Subject`."""
        self.workspace.refresh()
        self.give({})


class Replay:
    """A folder whose files are open somewhere, and the edits done to them."""

    def __init__(self, root: Path, opened: int, seed: int, subject: Subject) -> None:
        self.random = random.Random(seed)
        self.root = root
        self.subject = subject
        self.settings = Configuration().found(root).settings
        self.files = [path for path in sorted(root.rglob("*.py")) if _parses(_read(path))]
        """What is edited: a file that never parsed is left as it is."""
        files = [path for path in self.files if path.stat().st_size]
        self.texts: Texts = {str(path): _read(path) for path in self.random.sample(files, min(opened, len(files)))}
        self.good = dict(self.texts)
        self.history: deque[tuple[str, str]] = deque(maxlen=100)
        self._give(self.texts)

    def steps(self, count: int) -> Iterator[str]:
        """Do so many edits; after each, what was done."""
        kinds = (
            ("typed", 60),
            ("deleted", 10),
            ("pasted", 8),
            ("undone", 8),
            ("renamed", 6),
            ("saved elsewhere", 4),
            ("closed and opened", 3),
            ("switched", 1),
        )
        while count > 0:
            kind = self.random.choices([name for name, _ in kinds], [weight for _, weight in kinds])[0]
            for done in getattr(self, "_" + kind.replace(" ", "_"))():
                yield f"{kind}: {done}"
                count -= 1
            for path, text in tuple(self.texts.items()):
                if _parses(text):
                    self.good[path] = text
                elif self.random.random() < 0.7:
                    self._give({path: self.good[path]})
                    yield f"mended: {Path(path).name}"
                    count -= 1

    def expected(self) -> Found:
        """What a run that begins anew finds in the same texts."""
        found = fresh(self.texts, self.texts, self.settings)
        return {path: found.get(path, ()) for path in self.texts}

    def parses(self) -> bool:
        """Whether all files do that are edited, those on the disk too: what the server keeps of a broken one from before, a fresh run cannot know."""
        return all(map(_parses, (*self.texts.values(), *map(_read, self._others()))))

    def _others(self) -> list[Path]:
        return [path for path in self.files if str(path) not in self.texts]

    def mend(self) -> None:
        """Set every broken file back to its last text that parses."""
        self._give({path: self.good[path] for path, text in self.texts.items() if not _parses(text)})

    def _give(self, changes: Texts) -> None:
        self.texts.update(changes)
        self.subject.give(changes)

    def _put(self, path: str, text: str) -> None:
        self.history.append((path, self.texts[path]))
        self._give({path: text})

    def _any(self) -> tuple[str, list[str], int]:
        path = self.random.choice(sorted(self.texts))
        lines = self.texts[path].split("\n")
        return path, lines, self.random.randrange(len(lines))

    def _typed(self) -> Iterator[str]:
        path, lines, row = self._any()
        words = ("x = x + 1", "if x > 0:", "self.a = x", "# note", "return", "jnp.ones(3)", "nnx.Rngs(0)", "(", '"""')
        column = self.random.choice((len(lines[row]), 0, len(lines[row]) // 2))
        for letter in self.random.choice(words):
            lines[row] = lines[row][:column] + letter + lines[row][column:]
            column += 1
            self._put(path, "\n".join(lines))
            yield f"{Path(path).name}:{row + 1} {letter!r}"

    def _deleted(self) -> Iterator[str]:
        path, lines, row = self._any()
        count = self.random.choice((1, 1, 3, 20))
        self._put(path, "\n".join(lines[:row] + lines[row + count :]))
        yield f"{Path(path).name}:{row + 1} {count} lines"

    def _pasted(self) -> Iterator[str]:
        path, lines, row = self._any()
        _, others, start = self._any()
        self._put(path, "\n".join(lines[:row] + others[start : start + 15] + lines[row:]))
        yield f"{Path(path).name}:{row + 1}"

    def _undone(self) -> Iterator[str]:
        for _ in range(min(len(self.history), self.random.choice((1, 3, 10)))):
            path, text = self.history.pop()
            if path in self.texts:
                self._give({path: text})
                yield Path(path).name

    def _renamed(self) -> Iterator[str]:
        path, _, _ = self._any()
        names = _NAME.findall(self.texts[path])
        if names:
            name = self.random.choice(names)
            self._put(path, re.sub(rf"\b{name}\b", f"{name}_", self.texts[path]))
            yield f"{Path(path).name} {name}"

    def _saved_elsewhere(self) -> Iterator[str]:
        others = self._others()
        if not others:
            return
        path = self.random.choice(others)
        text = _read(path)
        path.write_text(self.random.choice((text + "\nx_1 = 1\n", text.replace("self.", "self.new_", 1), "")), encoding="utf-8")
        self.subject.refresh([path])
        yield path.name

    def _closed_and_opened(self) -> Iterator[str]:
        path = self.random.choice(sorted(self.texts))
        text = self.texts.pop(path)
        self.subject.give({path: None})
        yield Path(path).name
        self._give({path: text})
        yield Path(path).name

    def _switched(self) -> Iterator[str]:
        others = self._others()
        chosen = self.random.sample(others, min(200, len(others)))
        texts = list(map(_read, chosen))
        kept = list(zip(chosen, texts, strict=True))
        for (path, _), (_, text) in zip(kept, kept[1:] + kept[:1], strict=True):
            path.write_text(text, encoding="utf-8")
        self.subject.refresh(chosen)
        yield f"{len(chosen)} files"
        for path, text in kept:
            path.write_text(text, encoding="utf-8")
        self.subject.refresh(chosen)
        yield f"{len(chosen)} files, back"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


@lru_cache(10_000)
def _parses(text: str) -> bool:
    return all(_is_whole(text[piece.start : piece.end], piece.depth) for piece in cut(text))


@lru_cache(100_000)
def _is_whole(chunk: str, depth: int) -> bool:
    """Whether a top-level statement parses: with the server's parser, for another one may know another Python."""
    try:
        lowered(chunk, depth)
    except ChunkError:
        return False
    return True


def differences(folder: Path, *, edits: int, opened: int, seed: int) -> Iterator[tuple[int, str, list[str] | None]]:
    """Each edit's number, what it was, and the paths where the server shows something else than a fresh run finds: none if all is well, `None` where
    a file does not parse."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "package"
        shutil.copytree(folder, root)
        subject = InProcess()
        replay = Replay(root, opened, seed, subject)
        for number, step in enumerate(replay.steps(edits), 1):
            if not replay.parses():
                yield number, step, None
                continue
            expected = replay.expected()
            yield number, step, [path for path in replay.texts if subject.shown.get(path, ()) != expected[path]]


def main() -> None:
    """Replay and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edits", type=int, default=300)
    parser.add_argument("--open", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begun, wrong, compared, number = time.perf_counter(), 0, 0, 0
    for number, step, paths in differences(options.folder, edits=options.edits, opened=options.open, seed=options.seed):
        compared += paths is not None
        wrong += bool(paths)
        if paths and wrong <= _SHOWN:
            print(f"edit {number}, {step}: another result in {', '.join(paths)}", flush=True)
    print(f"{number} edits, {compared} compared, {wrong} with another result than a fresh run, {time.perf_counter() - begun:.0f} s")
    sys.exit(1 if wrong or not compared else 0)


if __name__ == "__main__":
    main()
