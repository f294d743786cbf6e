"""Which files of a project no program of it reaches, by what its texts name: an index over them, as `bases` is one.

A program is a file that does something when it is run: one with a `__main__` guard or with effects at its top, a test, and what a README, a script or a
configuration names. What these import is reached, and what that imports. Of a project that is built all is public, and nothing is said.

A copy of another project's package has programs too, which are not this project's. A folder is such a copy where its files carry a copyright notice that
no file outside of it carries, and nothing but imports names it; then it is reached where files outside of it import from it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

import msgspec

from nnx_lsp.project.imports import imports

_HEAD = 1_000
"""Within so many characters a notice of copyright stands."""
_MOST_BARE = 0.1
"""The part of a copy's files that may lack the notice."""
_ENDING = re.compile(r"\.py\b")
_BEFORE_ENDING = re.compile(r"[\w./-]*\w\Z")
_MOST_OF_PATH = 120
_MODULE = re.compile(r"-m[ \t\"',]+([^\W\d][\w.]*)|[\"']([^\W\d]\w*(?:\.[^\W\d]\w*)+)")
_DOTTED = re.compile(r"\b[^\W\d]\w*(?:[.:][^\W\d]\w*)+")
_MADE = re.compile(
    r"(?:import_module|__import__|locate|get_class|get_method|run_module|run_path|spec_from_file_location|exec_module)\("
    r"(?=\s*[^\s)])\s*(?:(f?)[\"'](\.*[\w.]*)([\"']\s*[,)])?)?"
)
"""What imports by a name that is a value: whether it is an f-string, how it begins, and whether that is all of it."""
_LOOKED_THROUGH = re.compile(r"\b(?:walk_packages|iter_modules|find_module)\(")
_QUIET = re.compile(
    r"(?:(?:from|import|def|class|async[ \t]+def)\b|[@#)\]}]|\"\"\"|'''|[A-Z_]\w*[ \t]*(?::[^=\n]*)?=|\w+[ \t]*(?::[^=\n]*)?=[ \t]*[^\n(]*$"
    r"|\w+[ \t]*=[ \t]*(?:logging\.|struct\.|[\w.]*getLogger|[\w.]*TypeVar|[\w.]*partial|[\w.]*namedtuple)|(?:if|else|try|except)\b[^\n]*:[ \t]*(?:#[^\n]*)?$)",
    re.M,
)
_TEST = re.compile(r"(?:/test_[^/]*|_tests?|/tests?)\.py\Z|/tests?/")
_AT_TOP = re.compile(r"^\S[^\n]*", re.M)
_MULTILINE = re.compile(r"(\"\"\"|''')(?:\\.|(?!\1).)*\1", re.S)

_WORD = re.compile(r"\w+")

Module: TypeAlias = tuple[str, ...]
"""The parts of a module's dotted name, or of a path without its ending."""


class Text(msgspec.Struct, frozen=True):
    """What the text of a Python file says of reaching."""

    imports: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    named: frozenset[Module] = frozenset()
    """What its strings and comments name as a module or a path, as far as it looks like one."""
    made: tuple[str, ...] = ()
    """How the names of the modules begin that it makes while it runs; `""`: they may be any."""
    is_program: bool = False
    has_notice: bool = False
    is_empty: bool = False


def read(path: str, text: str) -> Text:
    """What the text of a Python file says."""
    calls = list(_MADE.finditer(text))
    made = tuple((found[2] or "") if found[1] else "" for found in calls if not found[3])
    literal = (tuple(found[2].strip(".").split(".")) for found in calls if found[3])
    if _LOOKED_THROUGH.search(text) is not None:
        made = (*made, "")
    return Text(
        tuple(imports(text)),
        frozenset((*_paths(text), *_modules(text), *(each for each in literal if each != ("",)))),
        made,
        _is_program(path, text),
        "opyright" in text[:_HEAD],
        not text.strip(),
    )


class Note(msgspec.Struct, frozen=True):
    """What a text beside the Python files says: a README, a script, a configuration, a notebook."""

    named: frozenset[Module] = frozenset()
    words: frozenset[str] = frozenset()


def note(text: str) -> Note:
    """What a text says that is no Python: each dotted name, each path, and what the lines in it import."""
    dotted = (tuple(re.split(r"[.:]", found)) for found in _DOTTED.findall(text) if not found.endswith(".py"))
    lines = text.replace("\\n", "\n").replace('"', "\n")  # A notebook has its lines in strings.
    imported = (tuple(part for part in (*base.split("."), name) if part) for base, _, names in imports(lines) for name in ("", *names))
    return Note(frozenset((*_paths(text), *_modules(text), *dotted, *(each for each in imported if each))), frozenset(_WORD.findall(text)))


def _modules(text: str) -> Iterator[Module]:
    """What stands behind `-m`, and each dotted name in quotes."""
    for run, quoted in _MODULE.findall(text):
        if not (found := run or quoted).endswith(".py"):
            yield tuple(found.strip(".").split("."))


def _paths(text: str) -> Iterator[Module]:
    for ending in _ENDING.finditer(text):
        before = _BEFORE_ENDING.search(text[max(ending.start() - _MOST_OF_PATH, 0) : ending.start()])
        if before is not None:
            yield tuple(part for part in before[0].split("/") if part not in ("", ".", ".."))


def _is_program(path: str, text: str) -> bool:
    name = os.path.basename(path)
    if name in ("__main__.py", "conftest.py", "manage.py") or "__main__" in text or _TEST.search(path) is not None:
        return True
    rest = _MULTILINE.sub('""', text)
    return any(_QUIET.match(line) is None for line in _AT_TOP.findall(rest) if line not in ('""', "''"))


def unreached(root: str, texts: Mapping[str, Text], others: Mapping[str, Note], public: Collection[str] = ()) -> frozenset[str]:
    """The Python files that nothing reaches: `texts` are the project's, by path; `others` what is written beside them (README, scripts, configurations).
    What stands in the folders `public` is there for others.
    """
    files = _Files(root, texts)
    copies = tuple(_copies(root, texts, others))
    seeds = {path for path, text in texts.items() if text.is_program and not path.startswith(copies)}
    if not seeds:
        return frozenset()  # It is there to be imported from elsewhere.
    seeds.update(path for path in texts if path.startswith(tuple(public)))
    seeds.update(found for path, text in others.items() if not path.startswith(copies) for each in text.named for found in files.named(each, path))
    reached: set[str] = set()
    waiting = list(seeds)
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        if any(not start for start in texts[path].made):
            return frozenset()  # It imports what is named while it runs: it may be any.
        waiting += files.reached_from(path)
    return frozenset(path for path, text in texts.items() if path not in reached and not path.endswith("/__init__.py") and not text.is_empty)


def _copies(root: str, texts: Mapping[str, Text], others: Mapping[str, Note]) -> Iterator[str]:
    """The folders at the top that hold a copy of another project's package."""
    by_folder: dict[str, list[Text]] = {}
    for path, text in texts.items():
        if not text.is_empty:
            top, slash, _ = path[len(root) :].partition("/")
            by_folder.setdefault(f"{root}{top}/" if slash else root, []).append(text)
    marked = [folder for folder, those in by_folder.items() if sum(not each.has_notice for each in those) <= _MOST_BARE * len(those)]
    if len(marked) != 1 or marked[0] == root or f"{marked[0]}__init__.py" not in texts:
        return
    folder = marked[0]
    name = folder[len(root) : -1]
    if any(each.has_notice for other, those in by_folder.items() if other != folder for each in those):
        return
    if any(name in text.words for path, text in others.items() if not path.startswith(folder)):
        return
    if any(name in each for path, text in texts.items() if not path.startswith(folder) for each in text.named):
        return
    if any(dotted.split(".")[0] == name for path, text in texts.items() if not path.startswith(folder) for dotted, level, _ in text.imports if not level):
        yield folder


class _Files:
    """The files of a project by the names that imports may give them."""

    def __init__(self, root: str, texts: Mapping[str, Text]) -> None:
        self._texts = texts
        self._root = root
        self._by_last: dict[str, list[tuple[Module, str]]] = {}
        for path in texts:
            module = tuple(path[len(root) :].removesuffix(".py").removesuffix("/__init__").split("/"))
            self._by_last.setdefault(module[-1], []).append((module, path))

    def matching(self, module: Module) -> Iterator[str]:
        """The files that a dotted name may stand for, or hold what it stands for, wherever on Python's path it is looked for."""
        for parts in (module, module[:-1]):
            for whole, path in self._by_last.get(parts[-1], ()) if parts else ():
                if whole[-len(parts) :] == parts and (len(parts) > 1 or parts == module):
                    yield path

    def named(self, module: Module, by: str) -> Iterator[str]:
        """The files that a file names: the one that stands where it says, beside it or at the root, else each that ends so."""
        for folder in (f"{os.path.dirname(by)}/", self._root):
            below = f"{folder}{'/'.join(module)}"
            found = [each for each in (f"{below}.py", f"{below}/__init__.py") if each in self._texts]
            if found:
                yield from found
                return
        yield from self.matching(module)

    def reached_from(self, path: str) -> Iterator[str]:
        """The files that a file imports or names, and the packages around it."""
        text, folder = self._texts[path], os.path.dirname(path)
        around = folder
        while (package := f"{around}/__init__.py") in self._texts:
            yield package
            around = os.path.dirname(around)
        for dotted, level, names in text.imports:
            parts = tuple(dotted.split(".")) if dotted else ()
            modules = (parts, *((*parts, name) for name in names))
            if level:
                above = folder
                for _ in range(level - 1):
                    above = os.path.dirname(above)
                for module in modules:
                    below = "/".join((above, *module))
                    yield from (each for each in (f"{below}.py", f"{below}/__init__.py") if each in self._texts)
            else:
                for module in modules:
                    yield from self.named(module, path)
        for module in text.named:
            yield from self.named(module, path)
        for start in text.made:
            whole = tuple(start.split("."))[:-1]
            yield from (each for each in self._texts if _goes_through(each[len(self._root) :].split("/")[:-1], whole))


def _goes_through(folders: list[str], whole: Module) -> bool:
    return any(tuple(folders[at : at + len(whole)]) == whole for at in range(len(folders)))


__all__ = ["Note", "Text", "note", "read", "unreached"]
