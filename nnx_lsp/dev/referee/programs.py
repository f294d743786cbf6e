"""The programs that the referee is given: single files, folders that are small projects, and generated ones."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from nnx_lsp.dev.referee.compare import Comparison, compared
from nnx_lsp.dev.referee.recording import Recorder
from nnx_lsp.dev.referee.watch import Watched, watched
from nnx_lsp.engine import Files, Single
from nnx_lsp.project.project import Project
from nnx_lsp.syntax.document import Document, parse


class ProgramError(Exception):
    """A program cannot be had; the message names what was given, and what is allowed."""


class Program(msgspec.Struct, frozen=True):
    """One program: its name in reports, the file that is run, and the other files that are recorded with it."""

    name: str
    main: Path
    others: tuple[Path, ...] = ()
    tests: tuple[str, ...] = ()
    """Arguments of pytest, which is run in place of `main`; then `main` is only one of the files that are recorded."""
    paths: tuple[str, ...] = ()
    """Folders that modules are imported from, for tests."""
    root: str = ""
    """The folder that tests are run in."""


def programs(path: Path) -> Iterator[Program]:
    """The programs that a path stands for: a file, a folder with a `main.py`, or all such below a folder, in order. Raises `ProgramError`."""
    path = path.resolve()
    if path.is_file():
        if path.suffix != ".py":
            raise ProgramError(f"{path}: a program is a Python file, or a folder with a `main.py`")
        yield Program(path.name, path)
    elif (path / "main.py").is_file():
        others = sorted(each for each in path.rglob("*.py") if each != path / "main.py")
        yield Program(path.name, path / "main.py", tuple(others))
    elif path.is_dir():
        for each in sorted(path.iterdir()):
            if each.suffix == ".py" or (each.is_dir() and each.name != "__pycache__"):
                for program in programs(each):
                    yield msgspec.structs.replace(program, name=f"{path.name}/{program.name}")
    else:
        raise ProgramError(f"{path}: there is no such file or folder")


@contextmanager
def written(name: str, text: str) -> Iterator[Program]:
    """A program of its text alone, in a temporary folder as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="nnx-lint-") as folder:
        main = Path(folder) / "program.py"
        main.write_text(text, encoding="utf-8")
        yield Program(name, main)


def judged(program: Program, recorder: Recorder, flax: str, timeout: float = 60) -> Comparison:
    """Run a program and compare. Raises `OSError` or `UnicodeDecodeError` if a file cannot be read."""
    texts = {str(path): path.read_text(encoding="utf-8") for path in (program.main, *program.others)}
    recording = recorder.run(str(program.main), texts, timeout, tests=program.tests, paths=program.paths, root=program.root)
    if "visits" not in recording:
        return Comparison(recording["outcome"], recording.get("message", ""))
    documents, walk = walked(program, texts, flax)
    recorder.resolve(said.claim.name for said in walk.said if said.claim.sort == "library")
    return compared(documents, recording, walk, recorder.identity)


def walked(program: Program, texts: dict[str, str], flax: str) -> tuple[dict[str, Document], Watched]:
    """The documents of a program by their path, and what the tracer says while it checks each of them."""
    if not program.others:
        (path,) = texts
        document = parse(path, texts[path])
        return {path: document}, watched(Single(document), [path], flax)
    project: Files = Project(None)
    documents: dict[str, Document] = {}
    for path in texts:
        found = project.document(path)
        if found is not None:
            documents[path] = found
    return documents, watched(project, documents, flax)
