"""The modules of the user's project as the tracer sees them, and what it keeps between checks.

A file is walked in two parts. Its *module walk* runs the top-level statements in order, once a session, and leaves a `ModuleState` that every
file that imports it shares. Its *units*, one for each top-level statement, walk what that statement defines and nobody called; only the file
that is checked has units. Everything that is read of a module's names is noted with a signature, so that what a unit gave before stands as
long as what it read is the same.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import msgspec

from nnx_lsp import program
from nnx_lsp.knowledge.library import Library as Knowledge
from nnx_lsp.program import Place
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.events import Event
from nnx_lsp.tracer.values import Class, Function, Object, Transformed, Value

Read: TypeAlias = tuple[str, str]
"""A name that was read: path of the module, and the name; or a question to the project, see `Session.signature`."""

IMPORT, BELOW = "\0", "\1"
"""What the second part of a `Read` begins with where it asks which file an import names, or which file is below a package."""


class Modules(Protocol):
    """What the tracer asks of the project. Paths are opaque to it."""

    def module(self, path: str) -> program.Module | None:
        """A file in program form; `None` where it cannot be read."""

    def find(self, importer: str, dotted: str, level: int) -> str | None:
        """The file (or, with a slash behind it, the folder) that `dotted` names in `importer`, with `level` leading dots."""

    def below(self, path: str, name: str) -> str | None:
        """The file or folder of a submodule of the package at `path`."""

    def changed_since(self, generation: int) -> frozenset[str] | None:
        """The files that changed since; `None`: any may have."""

    @property
    def generation(self) -> int:
        """Grows with every change."""


class Alone:
    """A file without a project: nothing that it imports is found."""

    def __init__(self, module: program.Module) -> None:
        self._module = module
        self.generation = 0

    def module(self, path: str) -> program.Module | None:
        """The one file."""
        return self._module if path == self._module.path else None

    def find(self, importer: str, dotted: str, level: int) -> None:
        """Nothing."""

    def below(self, path: str, name: str) -> None:
        """Nothing."""

    def changed_since(self, generation: int) -> frozenset[str] | None:
        """Nothing changes."""
        del generation
        return frozenset()


class Walk(msgspec.Struct, eq=False):
    """What a stretch of the walk left."""

    events: list[Event] = msgspec.field(default_factory=list)
    created: list[Function] = msgspec.field(default_factory=list)
    """Functions made, in order, for the generic walks."""
    applied: list[tuple[Transformed, Frame]] = msgspec.field(default_factory=list)
    """Transforms applied, with the frame they were applied in."""
    classes: list[Class] = msgspec.field(default_factory=list)
    host: list[Value] = msgspec.field(default_factory=list)
    """Functions that run on the host, or by other ways than a call."""
    called: set[int] = msgspec.field(default_factory=set)
    """Identities of the transformed functions that were called."""
    walked: set[Place] = msgspec.field(default_factory=set)
    """The functions whose bodies were walked by a call."""
    staged: set[Place] = msgspec.field(default_factory=set)
    """Those of them that were walked under a staging level."""
    reads: set[Read] = msgspec.field(default_factory=set)
    alive: list[object] = msgspec.field(default_factory=list)
    """What others refer to by identity."""

    def adopt(self, other: Walk) -> None:
        """Put what another stretch left behind one's own."""
        self.events += other.events
        self.created += other.created
        self.applied += other.applied
        self.classes += other.classes
        self.host += other.host
        self.called |= other.called
        self.walked |= other.walked
        self.staged |= other.staged
        self.reads |= other.reads


class Template(msgspec.Struct, eq=False):
    """An instance of a class that nobody made, and the walk of the `__init__` that made it."""

    instance: Object
    walk: Walk


class ModuleState(msgspec.Struct, eq=False):
    """A module after its top-level statements ran."""

    module: program.Module
    frame: Frame
    signatures: dict[str, int] = msgspec.field(default_factory=dict)
    """One for each name: it changes where the value may have."""
    walks: list[Walk] = msgspec.field(default_factory=list)
    """One for each chunk."""
    chunk_signatures: list[int] = msgspec.field(default_factory=list)
    called: set[int] = msgspec.field(default_factory=set)
    walked: set[Place] = msgspec.field(default_factory=set)
    staged: set[Place] = msgspec.field(default_factory=set)
    loaded: set[str] = msgspec.field(default_factory=set)
    """Other modules that its names were found in."""


class Memo(msgspec.Struct, eq=False):
    """What a unit gave, and what that rests on."""

    fingerprint: int
    reads: dict[Read, int]
    staged: frozenset[Place]
    payload: Any
    files: frozenset[str]


class Session:
    """What is kept between checks of the files of one project, under one version of the libraries."""

    def __init__(self, modules: Modules, library: Knowledge) -> None:
        self.modules = modules
        self.library = library
        self.states: dict[str, ModuleState] = {}
        self.memos: dict[str, dict[tuple[int, str], Memo]] = {}
        self.walks = 0
        """How many units were walked so far, for tests and benchmarks."""
        self._generation = modules.generation

    def refresh(self) -> None:
        """Forget the modules that changed, and those that looked into them."""
        changed = self.modules.changed_since(self._generation)
        self._generation = self.modules.generation
        if changed is None:
            self.states.clear()
            return
        gone = {path for path in changed if self._is_other(path)}
        while gone:
            for path in gone:
                self.states.pop(path, None)
            gone = {path for path, state in self.states.items() if not gone.isdisjoint(state.loaded)}

    def _is_other(self, path: str) -> bool:
        """Whether the module that was walked is not the one that stands there now."""
        state = self.states.get(path)
        if state is None:
            return False
        now = self.modules.module(path)
        return now is None or now.keys != state.module.keys

    def forget(self, path: str) -> None:
        """Drop what is kept of the units of a file that is not checked any more."""
        self.memos.pop(path, None)

    def signature(self, read: Read) -> int:
        """A number that stays the same as long as what was read does. The module must have been walked."""
        path, name = read
        if name.startswith(IMPORT):
            level, _, dotted = name[1:].partition(":")
            return hash(self.modules.find(path, dotted, int(level)))
        if name.startswith(BELOW):
            return hash(self.modules.below(path, name[1:]))
        state = self.states.get(path)
        return state.signatures.get(name, 0) if state is not None else 0
