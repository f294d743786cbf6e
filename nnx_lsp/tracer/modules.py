"""The modules of the user's project as the tracer sees them, and what it keeps between checks.

A file is walked in two parts. Its *module walk* runs the top-level statements in order, once a session, and leaves a `ModuleState` that every
file that imports it shares. Its *units*, one for each top-level statement, walk what that statement defines and nobody called; only the file
that is checked has units. Everything that is read of a module's names is noted with a signature, so that what a unit gave before stands as
long as what it read is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Protocol, TypeAlias, TypeVar

import msgspec

from nnx_lsp import program
from nnx_lsp.knowledge.library import Library as Knowledge
from nnx_lsp.program import Place
from nnx_lsp.tracer import families, registrations
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.events import Event
from nnx_lsp.tracer.families import Family
from nnx_lsp.tracer.scopes import Assigned, Imported, Scopes, scopes, together
from nnx_lsp.tracer.state import Changes, Journal
from nnx_lsp.tracer.uses import made_names, operands, used_names
from nnx_lsp.tracer.values import Class, Function, Object, Transformed, Value, View

Read: TypeAlias = tuple[str, str]
"""A name that was read: path of the module, and the name; or a question to the project, see `Session.signature`."""

IMPORT, BELOW, USED, STEADY, WRITES, CLASSES, MADE, REPLACED = "\0", "\1", "\2", "\3", "\4", "\5", "\6", "\7"
REGISTERED, OPERANDS = "\10", "\11"
"""What the second part of a `Read` begins with where it asks which file an import names, which file is below a package,
whether a name of the module is used, whether it may change, whether an attribute is assigned by methods, which classes stand below one,
whether something of that name is called or derived from, which names of modules the module puts something else in the place of, whether a class of
that name is registered as a pytree where the file is run, or of which operators an attribute of that name is an operand."""

QUESTIONS = (IMPORT, BELOW, USED, STEADY, WRITES, CLASSES, MADE, REPLACED, REGISTERED, OPERANDS)

NAMES = "*"
"""The second part of a `Read` that rests on which names a module has; it is written among their signatures."""


class Modules(Protocol):
    """What the tracer asks of the project. Paths are opaque to it."""

    def module(self, path: str) -> program.Module | None:
        """A file in program form; `None` where it cannot be read."""

    def find(self, importer: str, dotted: str, level: int) -> str | None:
        """The file (or, with a slash behind it, the folder) that `dotted` names in `importer`, with `level` leading dots."""

    def below(self, path: str, name: str) -> str | None:
        """The file or folder of a submodule of the package at `path`."""

    def deriving(self, path: str, name: str) -> tuple[tuple[str, ...], str]:
        """The other files of the project in whose texts a class may be derived from the one of this name in a file, and what stands for that question
        among the files that changed."""

    def changed_since(self, generation: int) -> frozenset[str] | None:
        """The files and the answers of `deriving` that changed since; `None`: any may have."""

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

    def deriving(self, path: str, name: str) -> tuple[tuple[str, ...], str]:
        """None."""
        del path, name
        return (), ""

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
    contradicted: set[Place] = msgspec.field(default_factory=set)
    """The annotations of parameters that a call gave something else."""
    doubted: frozenset[Place] = frozenset()
    """Those of them that were known before this stretch began: the instances of classes that nobody made rest on them."""
    staged: set[Place] = msgspec.field(default_factory=set)
    """Those of them that were walked under a staging level."""
    escaped: set[int] = msgspec.field(default_factory=set)
    """Identities of the objects that were given to code that is not known."""
    unfinished: set[int] = msgspec.field(default_factory=set)
    """Identities of the objects whose construction was not walked to its end."""
    reads: set[Read] = msgspec.field(default_factory=set)
    alive: list[object] = msgspec.field(default_factory=list)
    """What others refer to by identity."""
    stand_ins: dict[int, tuple[dict[Any, Any], dict[Any, Any], View]] = msgspec.field(default_factory=dict)
    """By identity of what stands for a container's items on the other side of a border: that, the items themselves, and how they look."""

    def apart(self) -> Walk:
        """A stretch of which nothing is to be left but what it writes; it knows what was walked so far."""
        return Walk(
            called=set(self.called),
            walked=set(self.walked),
            contradicted=set(self.contradicted),
            doubted=self.doubted,
            staged=set(self.staged),
            escaped=self.escaped,
            unfinished=self.unfinished,
            alive=self.alive,
        )

    def adopt(self, other: Walk) -> None:
        """Put what another stretch left behind one's own."""
        self.events += other.events
        self.created += other.created
        self.applied += other.applied
        self.classes += other.classes
        self.host += other.host
        self.stand_ins |= other.stand_ins
        self.called |= other.called
        self.walked |= other.walked
        self.contradicted |= other.contradicted
        self.staged |= other.staged
        self.escaped |= other.escaped
        self.unfinished |= other.unfinished
        self.reads |= other.reads


class Basis(msgspec.Struct, eq=False):
    """What a result rests on: names of modules, and questions to the project with their answers' signatures; checked last at `clock` and `epoch`."""

    names: dict[str, frozenset[str]]
    imports: dict[Read, int]
    clock: int
    epoch: int


class Template(msgspec.Struct, eq=False):
    """An instance of a class that nobody made, and the walk of the `__init__` that made it."""

    instance: Object
    walk: Walk
    basis: Basis
    doubted: frozenset[Place] = frozenset()
    """The annotations of that `__init__` that a call is known to contradict."""
    rewritten: dict[str, Value] = {}
    """What the attributes that other methods assign hold at any moment, as far as that is known."""


class Run(msgspec.Struct, eq=False):
    """One top-level statement as it ran."""

    key: int
    walk: Walk
    signature: int
    inputs: dict[Read, int]
    """The signatures of what it read."""
    outputs: dict[str, int]
    """The signatures that it gave names."""
    before: dict[str, int | None]
    """Those that the names had."""
    mark: int
    changes: Changes
    """What it wrote, once it was undone."""
    is_last: bool
    """Whether nothing behind it runs: it raised."""
    others: frozenset[str]
    """The other modules that it read names of."""
    texts: frozenset[str]
    """The other files whose classes it rests on, and the questions which these are."""
    epoch: int
    """When its imports were last found as they were."""


_KEPT_LOG = 256


class ModuleState(msgspec.Struct, eq=False):
    """A module after its top-level statements ran. It is brought up to date in place: what refers to its frame stays right."""

    module: program.Module
    frame: Frame
    journal: Journal
    runs: list[Run] = msgspec.field(default_factory=list)
    signatures: dict[str, int] = msgspec.field(default_factory=dict)
    """One for each name: it changes where the value may have."""
    called: set[int] = msgspec.field(default_factory=set)
    walked: set[Place] = msgspec.field(default_factory=set)
    contradicted: set[Place] = msgspec.field(default_factory=set)
    staged: set[Place] = msgspec.field(default_factory=set)
    escaped: set[int] = msgspec.field(default_factory=set)
    unfinished: set[int] = msgspec.field(default_factory=set)
    loaded: set[str] = msgspec.field(default_factory=set)
    """Other modules that were looked into to run it."""
    log: list[tuple[int, str]] = msgspec.field(default_factory=list)
    """The names whose signatures changed, with the clock of then."""
    log_start: int = 0

    def has_changed(self, names: frozenset[str], clock: int) -> bool:
        """Whether one of the names may be another since."""
        if clock < self.log_start:
            return True
        for when, name in reversed(self.log):
            if when <= clock:
                return False
            if name in names:
                return True
        return False

    def changed_names(self, clock: int) -> frozenset[str] | None:
        """The names that may be others since; `None`: any."""
        if clock < self.log_start:
            return None
        found: set[str] = set()
        for when, name in reversed(self.log):
            if when <= clock:
                break
            found.add(name)
        return frozenset(found)

    def note(self, names: set[str], clock: int) -> None:
        """Note the names that changed."""
        self.log += [(clock, name) for name in sorted(names)]
        if len(self.log) > _KEPT_LOG:
            half = len(self.log) // 2
            self.log_start = self.log[half][0]
            del self.log[: half + 1]


class Memo(msgspec.Struct, eq=False):
    """What a unit gave, and what that rests on."""

    part: str
    fingerprint: int
    basis: Basis
    staged: frozenset[Place]
    contradicted: frozenset[Place]
    """The annotations of parameters that its calls gave something else."""
    payload: Any
    files: frozenset[str]


class Outcome(msgspec.Struct, eq=False):
    """What the units of one top-level statement gave."""

    run: Run
    called: frozenset[int]
    """Which of the transforms that it applied the module itself called."""
    reached: tuple[int, ...]
    """Which of the functions that it defined the module itself walked."""
    memos: tuple[Memo, ...]

    def is_touched(self, changed: dict[str, frozenset[str]]) -> bool:
        """Whether any of it rests on a name that changed."""
        return any(not names.isdisjoint(memo.basis.names.get(path, ())) for memo in self.memos for path, names in changed.items())


class Round(msgspec.Struct, eq=False):
    """The last check of one file: as of `clock` and `epoch`, with the modules that it rests on."""

    clock: int
    epoch: int
    files: frozenset[str]
    outcomes: dict[int, Outcome]
    """By identity of the run."""


class Session:
    """What is kept between checks of the files of one project, under one version of the libraries."""

    def __init__(self, modules: Modules, library: Knowledge) -> None:
        self.modules = modules
        self.library = library
        self.states: dict[str, ModuleState] = {}
        self.memos: dict[str, dict[tuple[int, str], Memo]] = {}
        self.rounds: dict[str, Round] = {}
        self.dirty: set[str] = set()
        """The modules that may not be up to date."""
        self.clock = 0
        """Grows with every change of a signature."""
        self.epoch = 0
        """Grows whenever imports may find other files."""
        self._uses: dict[str, dict[int, frozenset[str]]] = {}
        """The names that code uses, by file and chunk."""
        self._scopes: dict[str, dict[int, Scopes]] = {}
        """What code may change, by file and chunk."""
        self._made: dict[str, dict[int, frozenset[str]]] = {}
        """The names of what code calls or derives from, by file and chunk."""
        self._all_made: dict[str, tuple[program.Module, frozenset[str]]] = {}
        self._imported: dict[str, dict[int, frozenset[Imported]]] = {}
        """What code imports, by file and chunk."""
        self._registered: dict[str, dict[int, frozenset[str]]] = {}
        """The names of what code registers, by file and chunk."""
        self._operands: dict[str, dict[int, dict[str, frozenset[str]]]] = {}
        """Of which operators attributes are operands, by file and chunk."""
        self._surroundings: dict[str, tuple[int, frozenset[str]]] = {}
        self._all_scopes: dict[str, tuple[program.Module, Scopes]] = {}
        self._families: dict[tuple[str, str], Family] = {}
        """By file and name of a class, those below it."""
        self.walks = 0
        """How many units were walked so far, for tests and benchmarks."""
        self._generation = modules.generation

    def refresh(self) -> None:
        """See what changed: the modules that may have, and those that looked into them."""
        if self._generation == self.modules.generation:
            return
        changed = self.modules.changed_since(self._generation)
        self._generation = self.modules.generation
        if changed is None:
            self._families.clear()
        if changed is None or self._have_others_below(changed):
            self.epoch += 1
            self.dirty |= self.states.keys()
            return
        found = set(changed & self.states.keys())
        while found:
            self.dirty |= found
            found = {path for path, state in self.states.items() if path not in self.dirty and not found.isdisjoint(state.loaded)}

    def _have_others_below(self, changed: frozenset[str]) -> bool:
        """Whether classes have others below them than before these files changed."""
        found = False
        for key in [key for key, known in self._families.items() if not known.rests.isdisjoint(changed)]:
            before = self._families[key]
            now = self._families[key] = families.family(self, *key)
            found = found or (now.classes, now.names) != (before.classes, before.names)
        return found

    def reset(self) -> None:
        """Forget everything: a walk broke off where it must not."""
        self.states.clear()
        self.memos.clear()
        self.rounds.clear()
        self.dirty.clear()
        self._uses.clear()
        self._scopes.clear()
        self._made.clear()
        self._all_made.clear()
        self._imported.clear()
        self._registered.clear()
        self._surroundings.clear()
        self._operands.clear()
        self._all_scopes.clear()
        self._families.clear()

    def forget(self, path: str) -> None:
        """Drop what is kept of the units of a file that is not checked any more."""
        self.memos.pop(path, None)
        self.rounds.pop(path, None)

    def keep(self, paths: Collection[str]) -> None:
        """Drop what is kept of all files but these."""
        for key in [key for key, known in self._families.items() if not known.rests <= set(paths)]:
            del self._families[key]
        for path in (self.states.keys() | self._scopes.keys()).difference(paths):
            self.states.pop(path, None)
            self.dirty.discard(path)
            self._uses.pop(path, None)
            self._scopes.pop(path, None)
            self._made.pop(path, None)
            self._all_made.pop(path, None)
            self._imported.pop(path, None)
            self._registered.pop(path, None)
            self._surroundings.pop(path, None)
            self._operands.pop(path, None)
            self._all_scopes.pop(path, None)
            self.forget(path)

    def basis(self, reads: Iterable[Read]) -> Basis:
        """What a result rests on that read these, as it is now."""
        names: dict[str, set[str]] = {}
        imports: dict[Read, int] = {}
        for read in reads:
            if read[1][:1] in QUESTIONS:
                imports[read] = self.signature(read)
            else:
                names.setdefault(read[0], set()).add(read[1])
        return Basis({path: frozenset(found) for path, found in names.items()}, imports, self.clock, self.epoch)

    def is_used(self, path: str, name: str) -> bool:
        """Whether any code of a module uses a name of it (see `tracer.uses`)."""
        module = self.modules.module(path)
        return module is None or any(name in found for found in _by_chunk(self._uses, used_names, path, module))

    def is_made(self, path: str, name: str) -> bool:
        """Whether code of a module calls something of this name (`nnx.Optimizer(…)`), or derives a class from it (`:Optimizer`)."""
        module = self.modules.module(path)
        if module is None:
            return True
        last = self._all_made.get(path)
        if last is None or last[0] is not module:
            last = self._all_made[path] = module, frozenset[str]().union(*_by_chunk(self._made, made_names, path, module))
        return name in last[1]

    def surroundings(self, path: str) -> frozenset[str]:
        """The files of the project that run where a file does: itself, the packages around it, what it imports, and what is around and imported there."""
        last = self._surroundings.get(path)
        if last is None or last[0] != self.modules.generation:
            last = self._surroundings[path] = self.modules.generation, frozenset(registrations.closure(path, self._run_with))
        return last[1]

    def _run_with(self, path: str) -> Iterator[str]:
        module = self.modules.module(path)
        if module is not None:
            named = frozenset[Imported]().union(*_by_chunk(self._imported, registrations.imported_names, path, module))
            yield from registrations.files(path, named, self.modules.find, self.modules.below)

    def is_registered(self, path: str, name: str) -> bool:
        """Whether the code that runs where a file does may register a class of this name as a pytree."""
        for each in self.surroundings(path):
            module = self.modules.module(each)
            if module is None:
                continue
            named = frozenset[str]().union(*_by_chunk(self._registered, registrations.registered_names, each, module))
            if name in named or (registrations.ANY in named and self.is_used(each, name)):
                return True
        return False

    def operands(self, path: str, name: str) -> frozenset[str]:
        """The operators of which an attribute of this name is an operand in a module, and `OTHER_USE` where it is used in another way."""
        module = self.modules.module(path)
        parts = _by_chunk(self._operands, operands, path, module) if module is not None else ()
        return frozenset[str]().union(*(each.get(name, frozenset()) for each in parts))

    def scopes(self, path: str) -> Scopes:
        """What the code of a module may do."""
        module = self.modules.module(path)
        if module is None:
            return Scopes()
        last = self._all_scopes.get(path)
        if last is None or last[0] is not module:
            last = self._all_scopes[path] = module, together(_by_chunk(self._scopes, scopes, path, module))
        return last[1]

    def is_steady(self, path: str, name: str) -> tuple[bool, bool]:
        """Whether what a name of a module stands for at the ends of its top-level statements is all that it ever does; and whether no function changes
        the container that it stands for."""
        found = self.scopes(path)
        return name not in found.unsteady, name not in found.changed

    def writes(self, path: str, name: str) -> tuple[bool, bool, bool]:
        """Whether an attribute is assigned elsewhere than in `__init__`, in other ways than by `+=` and its like, which no Variable takes; and whether the
        container that it holds is changed there."""
        found = self.scopes(path)
        return name in found.attributes, name in found.rebound, name in found.contents

    def assigned(self, path: str, name: str) -> tuple[Assigned, ...]:
        """What is assigned to an attribute elsewhere than in `__init__`."""
        return self.scopes(path).assigned.get(name, ())

    def family(self, path: str, name: str) -> Family:
        """The classes of the project that stand below the class of this name in a file, as far as texts tell."""
        found = self._families.get((path, name))
        if found is None:
            found = self._families[path, name] = families.family(self, path, name)
        return found

    def signature(self, read: Read) -> int:
        """A number that stays the same as long as what was read does. The module must have been walked."""
        path, name = read
        if name.startswith(IMPORT):
            level, _, dotted = name[1:].partition(":")
            return hash(self.modules.find(path, dotted, int(level)))
        if name.startswith(BELOW):
            return hash(self.modules.below(path, name[1:]))
        if name.startswith(USED):
            return int(self.is_used(path, name[1:]))
        if name.startswith(STEADY):
            return hash(self.is_steady(path, name[1:]))
        if name.startswith(WRITES):
            return hash((self.writes(path, name[1:]), repr(self.assigned(path, name[1:]))))  # The hash of `True` is that of 1.
        if name.startswith(CLASSES):
            known = self.family(path, name[1:]) if name != CLASSES else None  # Without a name it says that the text was looked at.
            return hash((known.classes, known.names)) if known is not None else 0
        if name.startswith(REPLACED):
            return hash(self.scopes(path).replaces)
        if name.startswith(MADE):
            return int(self.is_made(path, name[1:]))
        if name.startswith(OPERANDS):
            return hash(tuple(sorted(self.operands(path, name[1:]))))
        if name.startswith(REGISTERED):
            return int(self.is_registered(path, name[1:]))
        state = self.states.get(path)
        return state.signatures.get(name, 0) if state is not None else 0


_T = TypeVar("_T")


def _by_chunk(kept: dict[str, dict[int, _T]], found_in: Callable[[tuple[program.Statement, ...]], _T], path: str, module: program.Module) -> Iterator[_T]:
    """What there is to know of the statements of each chunk of a module, one after the other; it is kept by the key of the chunk."""
    known = kept.get(path, {})
    if len(known) > 2 * len(module.keys) + 16:
        known = {key: known[key] for key in module.keys if key in known}
    kept[path] = known
    for key, chunk in zip(module.keys, module.chunks, strict=True):
        if key not in known:
            known[key] = found_in(chunk.statements)
        yield known[key]
