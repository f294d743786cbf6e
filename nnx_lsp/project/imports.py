"""Which file an import names: found in folder listings, as Python would find it from the roots of the project. Nothing is imported.

The roots of a file, in order: the folder above its outermost package; then, where the project's root is known by a file such as `pyproject.toml`,
that root, its `src`, every folder between, and the roots of the other packages that the project holds; last the file's own folder, where Python looks
if the file is run as a script: a file that imports relatively never is.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator

from nnx_lsp.project.discovery import ALWAYS_LEFT_OUT, is_folder

MARKS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
"""A folder that holds one of these is the root of a project."""
_OF_PROJECTS = frozenset((*MARKS, ".git/"))
_ONLY_MARKS = "?"
"""Before a folder in `Finder.consulted`: it was only asked whether it is the root of a project."""
_PACKAGES = ("pyproject.toml", "setup.py", "setup.cfg")
_MAX_ABOVE = 12
_MAX_FOLDERS = 200
"""How many folders are looked into for the packages of a project with several."""


_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<dots>\.*)[ \t]*(?P<base>[\w.]*)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n]*)|import[ \t]+(?P<plain>[^\n]*))", re.M
)
_NAME = re.compile(r"([\w.]+)(?:[ \t]+as[ \t]+\w+)?")


def mentions(text: str) -> bool:
    """Whether a text mentions flax, nnx or jax."""
    return "nnx" in text or "jax" in text or "flax" in text


def is_of_package(text: str) -> bool:
    """Whether a file certainly is not run as a script: it imports relatively, whatever happens."""
    return _RELATIVE.search(text) is not None


_RELATIVE = re.compile(r"^from[ \t]*\.", re.M)


def imports(text: str) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """What the lines of a text that look like imports name: the module, its leading dots, and the names taken from it."""
    for match in _IMPORT.finditer(text):
        if (plain := match["plain"]) is not None:
            for found in _NAME.finditer(plain.partition("#")[0]):
                yield found[1], 0, ()
        else:
            names = "\n".join(line.partition("#")[0] for line in match["names"].split("\n"))
            yield match["base"], len(match["dots"]), tuple(found[1] for found in _NAME.finditer(names) if "." not in found[1])


class Finder:
    """Finds modules below folders. Listings are kept until `forget`; paths are absolute, and folders end in a slash."""

    def __init__(self) -> None:
        self._listings: dict[str, frozenset[str]] = {}
        self._digests: dict[str, str] = {}
        self._roots: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {}
        self._found: dict[tuple[str, str, int, bool], str | None] = {}
        self._projects: dict[str, str] = {}
        self.consulted: dict[str, set[str]] = {}
        """By folder of the importing file, the folders that were listed for it, for those who keep results: see `digest`."""
        self._now: set[str] = set()
        self._extra: dict[str, set[str]] = {}

    def add(self, path: str) -> None:
        """Let a file be listed though it may not be on the disk."""
        child = path
        while (folder := os.path.dirname(child)) != child:
            name = os.path.basename(child) + ("" if child == path else "/")
            if name in self._extra.setdefault(folder, set()):
                break
            self._extra[folder].add(name)
            child = folder
        self.forget()

    def discard(self, path: str) -> None:
        """Let the disk say again whether there is a file."""
        self._extra.get(os.path.dirname(path), set()).discard(os.path.basename(path))
        self.forget()

    def forget(self) -> None:
        """Look at the disk again from here on."""
        self._listings.clear()
        self._digests.clear()
        self._roots.clear()
        self._projects.clear()
        self._found.clear()

    def find(self, importer: str, dotted: str, level: int, *, beside: bool = True) -> str | None:
        """The file of `dotted` as `importer` would import it with `level` leading dots, or the folder of a namespace package. Without `beside` the
        importer's own folder is not on Python's path.

        A module that imports its own name means another one: a library that it is named after."""
        folder = os.path.dirname(importer)
        key = folder, dotted, level, beside
        if key not in self._found:
            self._now = self.consulted.setdefault(folder, set())
            self._found[key] = self._relative(folder, dotted, level) if level else self._absolute(folder, dotted, beside)
        found = self._found[key]
        is_itself = found == importer and not level and os.path.basename(importer) != "__init__.py"
        return None if is_itself else found

    def below(self, path: str, name: str) -> str | None:
        """The submodule `name` of the package whose `__init__.py` or folder is `path`."""
        self._now = self.consulted.setdefault(os.path.dirname(path), set())
        if path.endswith("/"):
            return self._module(path[:-1], (name,))
        if os.path.basename(path) in ("__init__.py", "__init__.pyi"):
            return self._module(os.path.dirname(path), (name,))
        return None

    def project(self, folder: str) -> str:
        """The folder below which the files of the same project stand, with a slash behind it; without one where the files beside are all that is known."""
        if folder not in self._projects:
            self._now = self.consulted.setdefault(folder, set())
            self._projects[folder] = self._project_of(folder)
        return self._projects[folder]

    def _project_of(self, folder: str) -> str:
        outermost, top = "", folder
        while "__init__.py" in self._listing(top) and os.path.dirname(top) != top:
            outermost, top = top, os.path.dirname(top)
        above = top
        for _ in range(_MAX_ABOVE):
            if self._is_project(above):
                return f"{above}/" if above != "/" else above
            if os.path.dirname(above) == above:
                break
            above = os.path.dirname(above)
        return f"{outermost}/" if outermost else folder

    def digest(self, folder: str) -> str:
        """A digest of what a folder lists that imports could name."""
        if folder not in self._digests:
            self._digests[folder] = self._digest(folder)
        return self._digests[folder]

    def _digest(self, folder: str) -> str:
        self._now = set()
        if folder.startswith(_ONLY_MARKS):
            names = sorted(self._listing(folder.removeprefix(_ONLY_MARKS)) & _OF_PROJECTS)
        else:
            names = sorted(name for name in self._listing(folder) if name.endswith((".py", "/")) or name in MARKS)
        return hashlib.blake2b("\n".join(names).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()

    def _relative(self, folder: str, dotted: str, level: int) -> str | None:
        for _ in range(level - 1):
            folder = os.path.dirname(folder)
        return self._module(folder, tuple(dotted.split(".")) if dotted else ())

    def _absolute(self, folder: str, dotted: str, beside: bool) -> str | None:
        parts = tuple(dotted.split("."))
        namespace: str | None = None
        for root in self.roots(folder):
            if root == folder and not beside:
                continue
            found = self._module(root, parts)
            if found is not None and not found.endswith("/"):
                return found
            namespace = namespace or found
        return namespace

    def _module(self, folder: str, parts: tuple[str, ...]) -> str | None:
        for part in parts[:-1]:
            if f"{part}/" not in self._listing(folder):
                return None
            folder = f"{folder}/{part}"
        if not parts:
            return f"{folder}/__init__.py" if "__init__.py" in self._listing(folder) else f"{folder}/"
        last, names = parts[-1], self._listing(folder)
        if f"{last}/" in names and "__init__.py" in self._listing(f"{folder}/{last}"):
            return f"{folder}/{last}/__init__.py"
        if f"{last}.py" in names:
            return f"{folder}/{last}.py"
        return f"{folder}/{last}/" if f"{last}/" in names and last not in ALWAYS_LEFT_OUT else None

    def _listing(self, folder: str) -> frozenset[str]:
        found = self._listings.get(folder)
        if found is None:
            try:
                with os.scandir(folder or "/") as entries:
                    found = frozenset(f"{entry.name}/" if is_folder(entry) else entry.name for entry in entries)
            except (OSError, ValueError):
                found = frozenset()
            found |= self._extra.get(folder, frozenset())
            self._listings[folder] = found
        self._now.add(folder)
        return found

    def roots(self, folder: str) -> tuple[str, ...]:
        """Where absolute imports of the files in a folder are looked for."""
        found = self._roots.get(folder)
        if found is None:
            outer, self._now = self._now, set()
            roots = tuple(dict.fromkeys(self._roots_of(folder)))
            found = self._roots[folder] = roots, frozenset(self._now)
            self._now = outer
        self._now |= found[1]
        return found[0]

    def _roots_of(self, folder: str) -> Iterator[str]:
        top = folder
        while "__init__.py" in self._listing(top) and os.path.dirname(top) != top:
            top = os.path.dirname(top)
        yield top
        above, project = top, None
        between: list[str] = []
        for _ in range(_MAX_ABOVE):
            between.append(above)
            if self._is_project(above):
                project = above
                break
            if os.path.dirname(above) == above:
                break
            above = os.path.dirname(above)
        if project is not None:
            for each in (project, *between):
                yield each
                if "src/" in self._listing(each):
                    yield f"{each}/src"
            yield from self._packages(project)
        yield folder

    def _is_project(self, folder: str) -> bool:
        """Whether a folder is a project's root. What else is in it does not matter to those who keep results."""
        outer, self._now = self._now, set()
        names = self._listing(folder)
        self._now = outer | {_ONLY_MARKS + folder}
        return not names.isdisjoint(_OF_PROJECTS)

    def _packages(self, project: str) -> Iterator[str]:
        """The roots of the packages that a project with several holds, at most two folders down."""
        waiting, count = [(project, 0)], 0
        while waiting:
            folder, depth = waiting.pop(0)
            for name in sorted(self._listing(folder)):
                if not name.endswith("/") or name.startswith(".") or name[:-1] in ALWAYS_LEFT_OUT or count >= _MAX_FOLDERS:
                    continue
                count += 1
                child = f"{folder}/{name[:-1]}"
                names = self._listing(child)
                if not names.isdisjoint(_PACKAGES):
                    yield child
                    if "src/" in names:
                        yield f"{child}/src"
                if depth < 1 and "__init__.py" not in names:
                    waiting.append((child, depth + 1))
