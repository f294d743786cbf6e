"""The walk of a file: the module, then what nobody called: transformed functions, methods and functions by themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import dropwhile
from typing import Any

import msgspec

from nnx_lsp import program
from nnx_lsp.knowledge import arrays
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.knowledge.transforms import TRANSFORMS, Shape, Transform
from nnx_lsp.program import Place
from nnx_lsp.tracer import mapping, rewritten
from nnx_lsp.tracer.annotations import Annotations
from nnx_lsp.tracer.applications import keeps_shapes, static_inside, taken_of
from nnx_lsp.tracer.base import EAGER_DEPTH, MAX_DEPTH, MAX_STEPS, Arguments, BudgetExceededError
from nnx_lsp.tracer.calls import annotation_place, is_rngs_by_name
from nnx_lsp.tracer.contexts import ASSUMED, Frame
from nnx_lsp.tracer.events import Event, KeptArgument
from nnx_lsp.tracer.host_side import is_of_host
from nnx_lsp.tracer.modules import (
    BELOW,
    CLASSES,
    IMPORT,
    MADE,
    NAMES,
    OPERANDS,
    QUESTIONS,
    REGISTERED,
    REPLACED,
    STEADY,
    USED,
    WRITES,
    Basis,
    Memo,
    ModuleState,
    Outcome,
    Round,
    Run,
    Session,
    Template,
    Walk,
)
from nnx_lsp.tracer.moments import in_any_mode
from nnx_lsp.tracer.records import is_dataclass
from nnx_lsp.tracer.state import ABSENT, Journal
from nnx_lsp.tracer.statements import NEXT
from nnx_lsp.tracer.values import (
    GIVEN,
    NONE,
    UNKNOWN,
    Array,
    Bound,
    Class,
    Dict,
    Doubted,
    Function,
    Level,
    List,
    Object,
    OneOf,
    Origin,
    Partial,
    Rngs,
    Static,
    Told,
    Transformed,
    Tree,
    Tuple,
    UserModule,
    Value,
    Variable,
    View,
    join,
    options,
    resolution_order,
)

_MODULE_STEPS = 400_000
"""How many expressions a top-level statement, with all that it calls, may evaluate."""
_UNIT_STEPS = 800_000
"""How many expressions all walks of what one top-level statement defines may evaluate."""
_ALIKE = 64
"""How many transformed functions of one place that nobody calls are walked."""
_FORMER_MEMOS = 8
"""How many results of chunks that are no longer there are kept for each file."""
_MAX_NESTED_IMPORTS = 40
"""How many modules may be walked for one another at a time."""
MakeMemo = Callable[[int, str, int, Callable[[], Walk]], Memo]
"""Gives the memo of a part of a chunk as far as its fingerprint stands, else walks it."""
NOTHING_DOUBTED: frozenset[Place] = frozenset()


class Traced(msgspec.Struct, frozen=True):
    """What became of the events of a file's units, in order, and the files of the project that they rest on."""

    payloads: tuple[Any, ...]
    files: frozenset[str]


def trace(session: Session, path: str, digest: Callable[[list[Event]], Any]) -> Traced:
    """Walk a file as Python and JAX would. `digest` is called with what happened in each unit that is walked anew; the others give what it gave before."""
    session.refresh()
    tracer = Tracer(session)
    return tracer.units(path, digest)


class Tracer(Annotations):
    """The whole tracer. One serves one check of one file; what outlives it is in the session."""

    is_template = False

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._being_made: set[int] = set()
        self._generic: set[int] = set()
        self._assigned: dict[int, frozenset[str]] = {}
        self._total = 0
        self._alike: Counter[Place] = Counter()
        self._importing: list[str] = []

    # Modules --------------------------------------------------------------------------------------------------------

    def state(self, path: str) -> ModuleState | None:
        """A module after its top-level statements ran, as it is now; inside an import cycle, as far as they ran."""
        session = self.session
        found = session.states.get(path)
        if found is not None and path not in session.dirty:
            return found
        module = session.modules.module(path)
        if found is None:
            if len(self._importing) >= _MAX_NESTED_IMPORTS:
                return None
            found = session.states[path] = ModuleState(program.Module(path, (), ()), Frame(path, 0, {}, None, None), Journal())
        session.dirty.discard(path)
        self._importing.append(path)
        try:
            with self._apart():
                self.journal, self.root = found.journal, path
                self._bring_up(found, module if module is not None else program.Module(path, (), ()))
        except BaseException:
            session.reset()
            raise
        finally:
            self._importing.pop()
        return found

    def _bring_up(self, state: ModuleState, module: program.Module) -> None:
        """Run the top-level statements that changed, or that read what did; the others stay, or are done again as they were."""
        old, before = state.runs, dict(state.signatures)
        for path in {path for each in old if each.others for path in each.others}:
            self.state(path)
        kept = 0
        epoch = self.session.epoch
        for each, key in zip(old, module.keys, strict=False):
            if each.key != key or not ((not each.others and each.epoch == epoch) or self._stands(each, own=False)):
                break
            each.epoch = epoch
            kept += 1
        if kept == len(old) and (kept == len(module.keys) or (old and old[-1].is_last)):
            state.module = module
            return
        for undone in reversed(old[kept:]):
            undone.changes = state.journal.rollback(undone.mark)
            for name, signature in undone.before.items():
                if signature is None:
                    state.signatures.pop(name, None)
                else:
                    state.signatures[name] = signature
        former = {each.key: each for each in old[kept:]}
        state.runs = old[:kept]
        state.module = module
        is_running = not (state.runs and state.runs[-1].is_last)
        for chunk, key in zip(module.chunks[kept:], module.keys[kept:], strict=True):
            if not is_running:
                break
            run: Run | None = former.get(key)
            if run is not None and self._stands(run, own=True):
                run.mark = state.journal.mark()
                for store, name, value in run.changes.values():
                    if value is ABSENT:
                        state.journal.delete(store, name)
                    else:
                        state.journal.set(store, name, value)
                run.changes = {}
                self._set_signatures(state, run)
            else:
                run = self._run(state, chunk, key)
            state.runs.append(run)
            is_running = not run.is_last
        state.called, state.walked, state.contradicted, state.staged = set(), set(), set(), set()
        state.escaped, state.unfinished = set(), set()
        state.loaded = set()
        for run in state.runs:
            walk = run.walk
            state.loaded |= run.others | run.texts
            if walk.walked:
                state.walked |= walk.walked
                state.contradicted |= walk.contradicted
                state.staged |= walk.staged
            if walk.called:
                state.called |= walk.called
            if walk.escaped or walk.unfinished:
                state.escaped |= walk.escaped
                state.unfinished |= walk.unfinished
        now = state.signatures
        touched = {name for each in (*old[kept:], *state.runs[kept:]) for name in each.outputs}
        now[NAMES] = hash((frozenset(state.frame.names), now.get("__all__")))
        changed = {name for name in (*touched, NAMES) if before.get(name) != now.get(name)}
        if changed:
            self.session.clock += 1
            state.note(changed, self.session.clock)

    def _stands(self, run: Run, *, own: bool) -> bool:
        """Whether a statement would run as it did; without `own`, as far as other modules tell."""
        path = self._importing[-1]
        signature = self.session.signature
        return all(signature(read) == then for read, then in run.inputs.items() if own or read[0] != path or read[1][:1] in QUESTIONS)

    def _run(self, state: ModuleState, chunk: program.Chunk, key: int) -> Run:
        walk = Walk()
        self.switch(walk)
        self.frame, state.frame.chunk = state.frame, key
        self.steps, self.limit, self.told = 0, _MODULE_STEPS, Told()
        mark = state.journal.mark()
        is_last = False
        try:
            is_last = self.execute(chunk.statements) != NEXT and not state.module.is_notebook
        except (BudgetExceededError, RecursionError):
            self._reset()
            state.journal.break_off()
        path = state.module.path
        bound = {name for store, name in state.journal.written(mark) if store is state.frame.names}
        reads = walk.reads
        if not all(isinstance(statement, _BINDING) for statement in chunk.statements):  # What a name was before may be what it is after.
            reads = reads | {(path, name) for name in bound}
        inputs = {read: self.session.signature(read) for read in reads}
        signature = hash((key, tuple(sorted(inputs.items()))))
        if not all(isinstance(statement, _INERT) for statement in chunk.statements):
            bound |= {name for where, name in walk.reads if where == path and _is_mutable(state.frame.names.get(name))}
        outputs = {name: hash((signature, name)) for name in bound}
        texts = frozenset(where for where, name in inputs if name == CLASSES)
        named = [(where, name) for where, name in inputs if name != CLASSES]
        others = frozenset(where for where, name in named if (where != path and name[:1] not in (IMPORT, BELOW)) or name[:1] in _OF_TEXT)
        run = Run(key, walk, signature, inputs, outputs, {}, mark, {}, is_last, others, texts, self.session.epoch)
        self._set_signatures(state, run)
        return run

    def _set_signatures(self, state: ModuleState, run: Run) -> None:
        run.before = {name: state.signatures.get(name) for name in run.outputs}
        state.signatures.update(run.outputs)

    def holds(self, basis: Basis) -> bool:
        """Whether all that a result rests on is as it was."""
        session = self.session
        if basis.clock == session.clock and basis.epoch == session.epoch and not session.dirty:
            return True
        if basis.epoch != session.epoch and any(session.signature(read) != then for read, then in basis.imports.items()):
            return False
        for path, names in basis.names.items():
            state = self.state(path)
            if state is None or state.has_changed(names, basis.clock):
                return False
        basis.clock, basis.epoch = session.clock, session.epoch
        return True

    def member(self, module: UserModule, name: str) -> Value | None:
        """A name of a module of the project, or a submodule of a package; `None` where there is none that is known."""
        path = module.path
        if not path.endswith("/"):
            state = self.state(path)
            if state is not None:
                self.reads.add((path, name))
                if name in state.frame.names:
                    return self.resolved(state.frame.names[name])
        self.reads.add((path, BELOW + name))
        below = self.session.modules.below(path, name)
        return UserModule(below) if below is not None else None

    def public_names(self, module: UserModule) -> list[str]:
        """What `from module import *` binds: the names of `__all__` where they are known, else those without an underscore."""
        state = self.state(module.path) if not module.path.endswith("/") else None
        if state is None:
            return []
        self.reads.add((module.path, NAMES))
        names = state.frame.names
        listed = self.items(names["__all__"]) if "__all__" in names else None
        if listed is not None and all(isinstance(each, Static) and isinstance(each.constant, str) for each in listed):
            found = [str(each.constant) for each in listed if isinstance(each, Static)]
        else:
            found = [name for name in names if not name.startswith("_")]
        self.reads.update((module.path, name) for name in found)
        return found

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Walk something that outlives what is being walked now: nothing of the walk at hand is seen there, and nothing of it is undone here."""
        walk, kept = self.walk, {name: getattr(self, name) for name in _OF_A_WALK}
        self.journal = Journal()
        self.active, self._exits, self._loop_exits = [], [], []
        self.compiling, self.choosing, self.forks = [], 0, ()
        self.is_unjitted = self.hides_shapes = self.asks_version = False
        self._reset()
        try:
            yield
        finally:
            self.switch(walk)
            for name, value in kept.items():
                setattr(self, name, value)

    def _reset(self) -> None:
        self.looping, self.apart, self.in_pass = 0, 1, 0
        self.moment, self.since, self.rebound, self.settled, self.told = 0, ("", 0), set(), {}, Told()
        self.guards, self.depth, self.reach, self.is_concrete, self.is_template = (), 0, MAX_DEPTH, False, False
        self.active.clear()
        self._exits.clear()
        self._loop_exits.clear()

    # Units ----------------------------------------------------------------------------------------------------------

    def units(self, path: str, digest: Callable[[list[Event]], Any]) -> Traced:
        """Walk a file's units, or take what they gave before where it still holds."""
        state = self.state(path)
        if state is None:
            return Traced((), frozenset())
        self.root = path
        before = self.session.memos.get(path, {})
        now: dict[tuple[int, str], Memo] = {}
        payloads: list[Any] = []
        staged = set(state.staged)
        classes: list[tuple[Class, int, int]] = []
        walked: dict[int, list[int]] = {}
        for place in state.walked | state.contradicted:
            walked.setdefault(place.chunk, []).append(place.at)

        def memo(key: int, part: str, fingerprint: int, walk: Callable[[], Walk]) -> Memo:
            found = before.get((key, part))
            if found is None or found.fingerprint != fingerprint or not self.holds(found.basis):
                self.session.walks += 1
                left = walk()
                files = frozenset(where for where, _ in left.reads) | {path}
                found = Memo(
                    part, fingerprint, self.session.basis(left.reads), frozenset(left.staged), frozenset(left.contradicted), digest(left.events), files
                )
            now[key, part] = found
            return found

        last = self.session.rounds.get(path)
        changed = self._changed(last) if last is not None else None
        outcomes: dict[int, Outcome] = {}
        for run in state.runs:
            walk = run.walk
            called = frozenset(index for index, (transformed, _) in enumerate(walk.applied) if id(transformed) in state.called) if walk.applied else NOTHING
            reached = tuple(walked.get(run.key, ()))
            outcome = last.outcomes.get(id(run)) if last is not None and changed is not None else None
            if outcome is None or changed is None or outcome.called != called or outcome.reached != reached or outcome.is_touched(changed):
                outcome = Outcome(run, called, reached, tuple(self._memos(run, state, called, reached, memo)))
            else:
                for each in outcome.memos:
                    each.basis.clock = self.session.clock
            outcomes[id(run)] = outcome
            if walk.classes:
                classes += [(cls, run.key, run.signature) for cls in walk.classes]
        memos = [each for outcome in outcomes.values() for each in outcome.memos]
        told = {place for each in memos for place in each.contradicted if place.path == path} - state.contradicted
        kept = [each for outcome in outcomes.values() for each in self._with_doubts(state, outcome, told, memo)]
        for each in kept:
            if each.payload:
                payloads.append(each.payload)
            if each.staged:
                staged |= each.staged
        for cls, key, signature in classes:
            method = _jittable(cls)
            if method is not None and method.place not in staged:
                doubts = frozenset(place for place in told | state.contradicted if place.chunk == key)
                fingerprint = hash((signature, doubts)) if doubts else signature
                found = memo(key, f"assumed {cls.place.at}", fingerprint, lambda cls=cls, method=method, doubts=doubts: self._assumed(cls, method, doubts))  # type: ignore[misc]
                payloads.append(found.payload)
        self.session.memos[path] = _kept({**{key: each for key, each in before.items() if key not in now}, **now}, frozenset(state.module.keys))
        rests = frozenset(where for each in (*memos, *kept) for where in each.basis.names)
        self.session.rounds[path] = Round(self.session.clock, self.session.epoch, rests, outcomes)
        files = {path}
        for each in (*memos, *now.values()):
            files |= each.files
        return Traced(tuple(payloads), self._closure(frozenset(files)))

    def _changed(self, last: Round) -> dict[str, frozenset[str]] | None:
        """The names that changed since the last check of a file, by module; `None`: anything may have."""
        if last.epoch != self.session.epoch:
            return None
        changed: dict[str, frozenset[str]] = {}
        for path in last.files:
            found = self.state(path)
            names = found.changed_names(last.clock) if found is not None else None
            if names is None:
                return None
            if names:
                changed[path] = names
        return changed

    def _with_doubts(self, state: ModuleState, outcome: Outcome, told: set[Place], memo: MakeMemo) -> Iterator[Memo]:
        """The memos of a statement; its unit is walked once more where calls of other units contradict what its parameters are annotated with."""
        key, walk = outcome.run.key, outcome.run.walk
        doubts = frozenset(place for place in told if place.chunk == key)
        for each in outcome.memos:
            if doubts and each.part == "unit":
                yield memo(key, "unit with doubts", hash((each.fingerprint, doubts)), lambda: self._unit(state, walk, doubts))
            else:
                yield each

    def _memos(self, run: Run, state: ModuleState, called: frozenset[int], reached: tuple[int, ...], memo: MakeMemo) -> Iterator[Memo]:
        walk = run.walk
        if walk.events:
            yield memo(run.key, "module", run.signature, lambda: walk)
        if walk.created or walk.applied or walk.classes or walk.host:
            yield memo(run.key, "unit", hash((run.signature, called, frozenset(reached))), lambda: self._unit(state, walk))

    def _closure(self, paths: frozenset[str]) -> frozenset[str]:
        """These modules and all that they looked into."""
        found = set(paths)
        waiting = list(paths)
        while waiting:
            state = self.session.states.get(waiting.pop())
            new = state.loaded - found if state is not None else ()
            found.update(new)
            waiting.extend(new)
        return frozenset(found)

    def _unit(self, state: ModuleState, left: Walk, doubts: frozenset[Place] = NOTHING_DOUBTED) -> Walk:
        """Walk what a top-level statement defined and nobody called: transformed functions, methods, and functions by themselves."""
        walk = Walk(created=list(left.created), applied=list(left.applied), classes=list(left.classes), host=list(left.host))
        walk.called, walk.walked = set(state.called), set(state.walked)
        walk.doubted = doubts | state.contradicted
        walk.escaped, walk.unfinished = set(state.escaped), set(state.unfinished)
        self._total = 0
        self._alike.clear()
        self._generic.clear()
        with self._apart():
            self.switch(walk)
            self.frame = state.frame
            self._walk_applied()
            self._walk_on_host()
            self._walk_methods()
            self._walk_functions()
            self._walk_applied()
            self._walk_on_host()
            for cls in walk.classes[len(left.classes) :]:
                method = _jittable(cls)
                if method is not None and method.place not in walk.staged and method.place not in state.staged:
                    self._walk_assumed(cls, method)
        return walk

    def _assumed(self, cls: Class, method: Function, doubts: frozenset[Place]) -> Walk:
        walk = Walk(doubted=doubts)
        self._total = 0
        self._alike.clear()
        with self._apart():
            self.switch(walk)
            self.frame = method.closure.module
            self._walk_assumed(cls, method)
        return walk

    @contextmanager
    def _entry(self, limit: int) -> Iterator[None]:
        """One entry point: bounded work, and the state of the walk as it was before, afterwards. What was transformed on the way and not called is walked
        before, while the objects that were made still have what they hold."""
        frame, mark, made, first = self.frame, self.journal.mark(), self.made, len(self.applied)
        self.made = []
        self.steps, self.limit = 0, max(min(limit, _UNIT_STEPS - self._total), 1)
        try:
            yield
            self._total += self.steps
            self.steps = 0
            self._walk_applied(first)
        except (BudgetExceededError, RecursionError):
            pass
        finally:
            self._total += self.steps + 1
            self.steps = 0
            self.frame = frame
            self._reset()
            self.journal.break_off()
            self.journal.rollback(mark)
            # What a closure still holds of them has lost what was written here.
            self.escaped.update(map(id, self.made))
            self.keep_alive += self.made
            self.made = made

    def _walk_applied(self, first: int = 0) -> None:
        """Walk the transformed functions from the first of these on that no call reached, with arguments as their parameters tell."""
        index = first
        while index < len(self.applied):
            transformed, frame = self.applied[index]
            index += 1
            if id(transformed) in self.called or transformed.transform not in TRANSFORMS:
                continue
            self.called.add(id(transformed))
            self._alike[transformed.place] += 1
            if self._alike[transformed.place] > _ALIKE:  # A function that applies a transform to itself makes a new one in each walk.
                continue
            with self._entry(MAX_STEPS):
                self.frame = frame
                self.begin_moment(transformed.place.path, transformed.place.chunk)
                self._walk_transformed(transformed)

    def _walk_on_host(self) -> None:
        """Walk what the host calls, under no transform; before anything takes it for a part of the function that it is defined in."""
        while self.host:
            value = self.host.pop(0)
            if isinstance(value, Function):
                self._walk_generic(value, is_called=True)

    def _walk_transformed(self, transformed: Transformed) -> None:
        transform = TRANSFORMS[transformed.transform]
        function, receiver, keywords = _underlying(transformed.function)
        if function is None or transform.level is None or (transform.name.endswith(".jit") and self.is_without_jit(function.closure.module)):
            return
        level = self.new_level(transform, transformed.place)
        first: tuple[Value, ...] = ()
        parameters = [parameter for parameter in function.definition.parameters if parameter.name not in keywords]
        after = {parameter.name for parameter in dropwhile(lambda each: each.name not in keywords, function.definition.parameters)}
        if receiver is not None:
            self.settle(receiver, function.path, may_change=False)
            first = (receiver,)
        elif function.owner is not None and parameters and not _is_static(function):
            if self.is_kept(transform, transformed, 0, parameters[0].name) and transform.level is LevelKind.STAGED:
                kept = self.symbolic(function.owner)
                self.emit(KeptArgument(transformed.place, program.Pass(0), self.context, self.guards, transformed, parameters[0].name, kept))
                first = (kept,)
            else:
                first = (self._self_under(function.owner, transform, level, parameters[0]),)
        skipped = len(first)
        names: dict[str, Value] = dict(keywords)
        positional = list(first)
        for index, parameter in enumerate(parameters[skipped:]):
            value = self._parameter(function, parameter, transform, transformed, index + (skipped if receiver is None else 0), level)
            if parameter.kind in ("positional", "either") and parameter.name not in after:
                positional.append(value)
            elif parameter.kind in ("either", "keyword"):
                names[parameter.name] = value
        text = f"`{function.name}` runs under `{transform.display}`"
        returned = self.call_function(
            function,
            Arguments(tuple(positional), names, is_partial=any(parameter.kind in ("*", "**") for parameter in parameters)),
            function.definition,
            text=text,
            level=level,
            place=transformed.place,
        )
        if transform.shape is Shape.GRADIENT:
            has_aux = transformed.options.get("has_aux", Static("bool", False))
            told = has_aux.constant if isinstance(has_aux, Static) and isinstance(has_aux.constant, bool) else None
            self._differentiated(transformed, returned, told, program.Pass(transformed.place.at))

    def _self_under(self, cls: Class, transform: Transform, level: Level, parameter: program.Parameter) -> Value:
        symbolic = self.symbolic(cls)
        origin = Origin(
            Place(cls.place.path, cls.place.chunk, parameter.at),
            f"argument `{parameter.name}` under `{transform.display}`",
        )
        keeps = transform.level is LevelKind.DIFFERENTIATED
        arrays = level if transform.level is LevelKind.STAGED else None
        return self.clone(symbolic, View(level, arrays, keeps, parameter.name, origin, keeps_shapes=keeps_shapes(transform)))

    def _parameter(
        self,
        function: Function,
        parameter: program.Parameter,
        transform: Transform,
        transformed: Transformed,
        index: int,
        level: Level,
    ) -> Value:
        """What a parameter of a transformed function is when nobody is seen calling it."""
        told = self._told_by_annotation(function, parameter)
        default = function.defaults.get(parameter.name)
        if parameter.kind not in ("positional", "either", "keyword"):
            return UNKNOWN
        position = index if parameter.kind != "keyword" else None
        kept = self.is_kept(transform, transformed, position, parameter.name)
        plain = told if told is not None else UNKNOWN
        if default is not None and told is None:
            plain = join((default, UNKNOWN))
        if kept is None:
            return Doubted()
        if transform.level is LevelKind.DIFFERENTIATED:
            wanted = taken_of(transform, transformed, position)
            view = View(level, None, True, parameter.name, tangents=level if wanted is not None else None, wanted=wanted)
            if wanted is UNKNOWN and not isinstance(plain, Object):
                return UNKNOWN
            return self.tangent(plain, view) if wanted is not None else self.seen(plain, view) if isinstance(plain, Object) else plain
        if kept:
            return static_inside(transform, plain)
        place = Place(function.path, function.chunk, parameter.at)
        origin = Origin(place, f"argument `{parameter.name}` of `{function.name}` under `{transform.display}`")
        view = View(level, level, False, parameter.name, origin, keeps_shapes=keeps_shapes(transform))
        if default is not None:
            if isinstance(default, Static) and default.kind in ("int", "float", "bool"):
                return join((default, self.seen(default, view)))
            if isinstance(default, Static) and default.kind == "NoneType":
                return join((default, *(self.seen(one, view) for one in options(told) if one != NONE))) if told is not None else UNKNOWN
            return default if isinstance(default, Static) and default.kind == "str" else UNKNOWN
        if told is not None:
            return self.seen(told, view)
        return Tree(level, origin)

    # Functions by themselves ----------------------------------------------------------------------------------------

    def _walk_methods(self) -> None:
        """Make one instance of each class for want of a known one: that walks its `__init__`; the walk counts here, where the class is defined."""
        index = 0
        while index < len(self.classes):
            cls = self.classes[index]
            index += 1
            with self._entry(MAX_STEPS):
                self.begin_moment(cls.place.path, cls.place.chunk)
                self.symbolic(cls)
            if cls.template is not None:
                self.walk.adopt(cls.template.walk)

    def _walk_functions(self) -> None:
        """Walk every function that was defined and not yet walked by itself."""
        index = 0
        while index < len(self.created):
            function = self.created[index]
            index += 1
            self._walk_generic(function)
            self._walk_on_host()

    def _walk_generic(self, function: Function, *, is_called: bool = False) -> None:
        """Walk a function by itself; a lambda only where it is known that something calls it."""
        definition = function.definition
        if id(definition) in self._generic or (isinstance(definition, program.Lambda) and not is_called):
            return
        if function.place in self.walked and function.closure.outer is not None and not function.closure.is_class:
            return
        if function.name == "__init__" and function.owner is not None and function.owner.template is not None:
            return
        self._generic.add(id(definition))
        if any(id(transformed.function) == id(function) for transformed, _ in self.applied):
            return
        with self._entry(MAX_STEPS):
            self.frame = Frame(function.path, function.chunk, {}, function.closure, function.closure.context)
            self.reach = EAGER_DEPTH
            self.begin_moment(function.path, function.chunk)
            self.call_function(
                function,
                self._unknown_arguments(function),
                definition,
                text=f"`{function.name}` by itself",
                place=function.place,
            )

    def _unknown_arguments(self, function: Function) -> Arguments:
        """Arguments as annotations, conventions and nothing else tell them."""
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        for index, parameter in enumerate(function.definition.parameters):
            value = self._plain_parameter(function, parameter, index)
            if parameter.kind in ("positional", "either"):
                positional.append(value)
            elif parameter.kind == "keyword":
                keywords[parameter.name] = value
        has_more = any(parameter.kind in ("*", "**") for parameter in function.definition.parameters)
        return Arguments(tuple(positional), keywords, is_partial=has_more)

    def _plain_parameter(self, function: Function, parameter: program.Parameter, index: int) -> Value:
        if index == 0 and function.owner is not None and not _is_static(function):
            if "builtins.type" in function.owner.library_bases:
                return UNKNOWN  # A class, made by this metaclass.
            return self.symbolic(function.owner)
        if index == 0 and function.owner is not None and _is_of_class(function):
            return function.owner if self.is_final(function.owner) and "builtins.type" not in function.owner.library_bases else UNKNOWN
        if self._is_doubted(function, parameter):
            return Doubted()
        told = self._told_by_annotation(function, parameter)
        default = function.defaults.get(parameter.name)
        if told is not None:
            return told if default != NONE or NONE in options(told) else join((told, NONE))
        if is_rngs_by_name(function, parameter) and not _is_used_as_key(function.definition, parameter.name):
            rngs = Rngs("flax.nnx.Rngs", {}, self.level, None, True, True)
            return rngs if default != NONE else join((rngs, NONE))
        return UNKNOWN

    def _is_doubted(self, function: Function, parameter: program.Parameter) -> bool:
        """Whether a call contradicts what a parameter is annotated with."""
        place = annotation_place(function, parameter)
        return place in self.walk.contradicted or place in self.walk.doubted

    def _told_by_annotation(self, function: Function, parameter: program.Parameter) -> Value | None:
        """What a parameter's annotation says, unless a call contradicts it."""
        if parameter.annotation is None or self._is_doubted(function, parameter):
            return None
        return self.annotated(parameter.annotation, function.closure)

    # Instances that nobody made -------------------------------------------------------------------------------------

    def symbolic(self, cls: Class) -> Object:
        """An instance of a class of which only the class is known; its attributes are what `__init__` makes of unknown arguments."""
        if cls.template is None or not self.holds(cls.template.basis) or cls.template.doubted != self._doubts_of(cls):
            if id(cls) in self._being_made:
                bare = self.new_instance(cls, cls.place)
                bare.is_symbolic = bare.is_open = True
                return bare
            cls.template = self._make_template(cls)
        template: Template = cls.template
        self.reads |= template.walk.reads
        self.escaped |= template.walk.escaped
        self.unfinished |= template.walk.unfinished
        made = template.instance
        return type(made)(cls, self._whenever(cls, made.attributes, template.rewritten), self.level, None, True, made.is_open)

    def _whenever(self, cls: Class, attributes: dict[str, Value], told: dict[str, Value]) -> dict[str, Value]:
        """The attributes of any instance of a class, at any moment of its life: `__init__` said how that begins."""
        below, path, files = self.names_below(cls), cls.place.path, rewritten.files(cls)
        is_mapped = any(map(self.asks_made, _MAPS))
        found: dict[str, Value] = {}
        for name, value in attributes.items():
            assigned, rebound, changed = self.writes(files, name)
            is_kept, now = isinstance(value, Variable) and not rebound, told.get(name, value)
            if (assigned and not is_kept and (name not in told or (changed and _holds_container(told[name])))) or name in below:
                found[name] = UNKNOWN
            elif changed and isinstance(now, List):
                found[name] = List({"element": UNKNOWN}, now.level, now.kind)
            elif changed and isinstance(now, Dict):
                found[name] = Dict({}, {"open": True}, now.level)
            else:
                self.settle(now, path, may_change=changed)
                found[name] = _at_any_moment(now, name, is_written=changed, is_mapped=is_mapped)
        return found

    def _doubts_of(self, cls: Class) -> frozenset[Place]:
        """The annotations in the `__init__` of a class that calls are known to contradict."""
        found = cls.lookup("__init__") if self.walk.doubted else None
        if found is None or not isinstance(found[0], Function):
            return NOTHING_DOUBTED
        return self.walk.doubted.intersection(annotation_place(found[0], parameter) for parameter in found[0].definition.parameters)

    def _make_template(self, cls: Class) -> Template:
        walk = Walk(doubted=self._doubts_of(cls))
        self._being_made.add(id(cls))
        with self._apart():
            self.switch(walk)
            self.is_template, self.root, self.steps, self.limit = True, cls.place.path, 0, MAX_STEPS
            self.begin_moment(cls.place.path, cls.place.chunk)
            self.frame = Frame(cls.place.path, cls.place.chunk, {}, self.frame.module, None)
            bare = self.new_instance(cls, cls.place)
            bare.is_symbolic = True
            bare.level = None
            others: dict[str, Value] = {}
            try:
                found = cls.lookup("__init__")
                if found is not None and isinstance(found[0], Function):
                    function = found[0]
                    self._generic.add(id(function.definition))
                    self.call_function(
                        function,
                        self._unknown_arguments_after_self(function).preceded(bare),
                        function.definition,
                        text=f"`{cls.name}.__init__` by itself",
                        place=function.place,
                    )
                elif found is not None:
                    bare.is_open = True
                elif is_dataclass(cls):
                    for one in reversed(resolution_order(cls)):
                        for name, _ in one.fields:
                            bare.attributes[name] = UNKNOWN
                self._add_other_attributes(cls, bare)
                others = rewritten.rewritten(self, cls, bare)
            except (BudgetExceededError, RecursionError):
                bare.is_open = True
            finally:
                self._being_made.discard(id(cls))
        made = type(bare)(cls, dict(bare.attributes), None, cls.place, True, bare.is_open)
        return Template(made, walk, self.session.basis(walk.reads), walk.doubted, others)

    def _unknown_arguments_after_self(self, function: Function) -> Arguments:
        arguments = self._unknown_for(function)
        return arguments.without_first()

    def _unknown_for(self, function: Function) -> Arguments:
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        for index, parameter in enumerate(function.definition.parameters):
            value = UNKNOWN if index == 0 else self._plain_parameter(function, parameter, index)
            if parameter.kind in ("positional", "either"):
                positional.append(value)
            elif parameter.kind == "keyword":
                keywords[parameter.name] = value
        has_more = any(parameter.kind in ("*", "**") for parameter in function.definition.parameters)
        return Arguments(tuple(positional), keywords, is_partial=has_more)

    def _add_other_attributes(self, cls: Class, bare: Object) -> None:
        """Attributes that other methods assign exist too; nothing is known of what they hold."""
        for one in resolution_order(cls):
            for value in one.attributes.values():
                inner = value
                while isinstance(inner, Transformed | Partial | Bound):
                    inner = inner.function
                if isinstance(inner, Function) and inner.definition.parameters:
                    names = self._assigned.get(id(inner.definition))
                    if names is None:
                        names = self._assigned[id(inner.definition)] = frozenset(assigned_attributes(inner.definition))
                    for name in names:
                        bare.attributes.setdefault(name, UNKNOWN)

    # The assumed jit ------------------------------------------------------------------------------------------------

    def _walk_assumed(self, cls: Class, method: Function) -> None:
        """Walk the `__call__` of a Module that was never seen under a staging transform once more, as `nnx.jit` would trace it."""
        transform = TRANSFORMS["flax.nnx.jit"]
        with self._entry(MAX_STEPS):
            self.begin_moment(method.path, method.chunk)
            level = self.new_level(transform, method.place, is_assumed=True)
            parameters = method.definition.parameters
            receiver = self._self_under(cls, transform, level, parameters[0])
            positional: list[Value] = [receiver]
            keywords: dict[str, Value] = {}
            for parameter in parameters[1:]:
                value = self._assumed_parameter(method, parameter, level)
                if parameter.kind in ("positional", "either"):
                    positional.append(value)
                elif parameter.kind == "keyword":
                    keywords[parameter.name] = value
            text = f"`{cls.name}.__call__` {ASSUMED}"
            count = len(self.events)
            try:
                self.call_function(method, Arguments(tuple(positional), keywords), method.definition, text=text, level=level, place=method.place)
            finally:
                if is_of_host(self.events[count:]):
                    del self.events[count:]

    def _assumed_parameter(self, function: Function, parameter: program.Parameter, level: Level) -> Value:
        """An input of a `__call__` that is assumed to be jitted: an array where it is annotated as one, else unknown."""
        told = self._told_by_annotation(function, parameter)
        place = Place(function.path, function.chunk, parameter.at)
        origin = Origin(place, f"argument `{parameter.name}` of `{function.name}`")
        if isinstance(told, Array) and parameter.default is None:
            return Array(level, told.dtype, told.low, told.high, origin)
        if isinstance(told, Object):
            return self.seen(told, View(level, level, False, parameter.name, origin, keeps_shapes=True))
        return told if isinstance(told, Static) else GIVEN if parameter.annotation is None and parameter.default is None else UNKNOWN


_MAPS = ("vmap", "scan", "pmap")
"""Transforms under which a method may see a part of what an instance holds."""


def _at_any_moment(value: Value, name: str, *, is_written: bool, is_mapped: bool) -> Value:
    """What an attribute of any instance holds of which nothing tells that it is assigned."""
    found = options(in_any_mode(name, value))
    return join([_written(option, is_written=is_written, is_mapped=is_mapped) if isinstance(option, Variable) else option for option in found])


def _written(variable: Variable, *, is_written: bool, is_mapped: bool) -> Variable:
    """A Variable of any instance: what is weakly typed at first need not stay so, what is written to it may be weakly typed, and `None` waits for a value."""
    held = mapping.perhaps_in_a_lane(variable.content) if is_mapped else variable.content
    found = options(held)
    held = UNKNOWN if NONE in found or (is_written and any(isinstance(option, Static) for option in found)) else mapping.settled(held)
    if is_written and isinstance(held, Array):  # A number may be an array by then, and what is written may be weakly typed.
        held = msgspec.structs.replace(held, exact="")
    if held is variable.content:
        return variable
    return msgspec.structs.replace(variable, attributes={**variable.attributes, "value": held}, history=dict(variable.history))


def _holds_container(value: Value) -> bool:
    return any(isinstance(option, List | Dict) for option in options(value))


def _kept(memos: dict[tuple[int, str], Memo], keys: frozenset[int]) -> dict[tuple[int, str], Memo]:
    """The memos of the chunks of now, and the last ones of others: what is undone soon need not be walked again."""
    former = [key for key in memos if key[0] not in keys]
    for key in former[:-_FORMER_MEMOS]:
        del memos[key]
    return memos


def _jittable(cls: Class) -> Function | None:
    """The `__call__` that a Module of the user defines itself."""
    method = cls.attributes.get("__call__") if "flax.nnx.Module" in cls.library_bases else None
    return method if isinstance(method, Function) and method.definition.parameters else None


_INERT = (program.FunctionDef, program.ClassDef, program.Import, program.ImportFrom)
"""Statements that change nothing but the names that they bind."""
_OF_A_WALK = (
    *("frame", "root", "journal", "guards", "depth", "reach", "is_concrete", "is_template", "steps", "limit", "active", "_exits", "_loop_exits"),
    *("looping", "apart", "in_pass", "compiling", "choosing", "forks", "is_unjitted", "hides_shapes", "asks_version"),
    *("moment", "since", "rebound", "settled", "told"),
)
"""The attributes of a tracer that tell where in a walk it is."""
_OF_TEXT = (USED, STEADY, WRITES, CLASSES, MADE, REPLACED, REGISTERED, OPERANDS)
"""What the text of a module tells, in the second part of a `Read`."""
_BINDING = (*_INERT, program.Assign, program.ExpressionStatement)
"""Statements that bind their names whatever they were before."""
NOTHING: frozenset[int] = frozenset()
_MUTABLE = (Object, List, Dict, Class, OneOf, Tuple, Transformed)


def _is_mutable(value: Value | None) -> bool:
    """Whether a statement that reads a name may leave another value behind it: a key remembers what was drawn from it."""
    return isinstance(value, _MUTABLE) or (isinstance(value, Array) and value.uses is not None)


def _underlying(value: Value) -> tuple[Function | None, Value | None, dict[str, Value]]:
    """The user's function under partials and bound methods, with its receiver and what is bound by keyword."""
    match value:
        case Function():
            return value, None, {}
        case Bound(function=Function() as function, receiver=receiver):
            return function, receiver, {}
        case Partial(function=inner, arguments=(), keywords=keywords):
            under, its, more = _underlying(inner)
            return under, its, {**more, **keywords}
        case _:
            return None, None, {}


def _is_used_as_key(definition: program.Node, name: str) -> bool:
    """Whether a function gives a parameter to what takes a key, as in `random.split(rngs)` or `nnx.Rngs(rngs)`: it may be one, whatever its name says."""
    return any(
        isinstance(node, program.Call)
        and bool(node.arguments)
        and isinstance(first := node.arguments[0].value, program.Name)
        and first.id == name
        and _takes_key(node.function)
        for node in program.walk(definition)
    )


def _takes_key(function: program.Expression) -> bool:
    name = program.last_name(function)
    if name == "Rngs":
        return True
    is_of_nnx = isinstance(function, program.Attribute) and program.last_name(function.value) == "nnx"
    return name in _OF_KEYS and not is_of_nnx


_OF_KEYS = arrays.DERIVE_KEYS | arrays.DRAWS_FLOATS | {"bernoulli", "bits", "categorical", "choice", "permutation", "randint"}


def _is_of_class(function: Function) -> bool:
    """Whether a method gets a class in place of an instance."""
    definition = function.definition
    return function.name in ("__new__", "__init_subclass__", "__class_getitem__") or (
        isinstance(definition, program.FunctionDef)
        and any(isinstance(decorator, program.Name) and decorator.id == "classmethod" for decorator in definition.decorators)
    )


def _is_static(function: Function) -> bool:
    definition = function.definition
    if _is_of_class(function):
        return True
    return isinstance(definition, program.FunctionDef) and any(
        isinstance(decorator, program.Name) and decorator.id in ("staticmethod", "classmethod") for decorator in definition.decorators
    )


def assigned_attributes(definition: program.FunctionDef | program.Lambda) -> Iterator[str]:
    """Names of the attributes of `self` that a method assigns anywhere in its body."""
    if not definition.parameters or isinstance(definition, program.Lambda):
        return
    receiver = definition.parameters[0].name
    for statement in definition.body:
        for node in program.walk(statement):
            targets: tuple[program.Expression, ...] = ()
            if isinstance(node, program.Assign):
                targets = node.targets
            elif isinstance(node, program.AnnotatedAssign | program.AugmentedAssign):
                targets = (node.target,)
            for target in targets:
                for each in target.elements if isinstance(target, program.TupleDisplay) else (target,):
                    if isinstance(each, program.Attribute) and isinstance(each.value, program.Name) and each.value.id == receiver:
                        yield each.name


__all__ = ["Traced", "Tracer", "trace"]
