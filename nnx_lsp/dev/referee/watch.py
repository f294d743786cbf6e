"""Walks a file as a check does, and keeps what the tracer says at each expression, by the way that led there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import msgspec

from nnx_lsp import program
from nnx_lsp.dev.referee.claim import Claim, frozen
from nnx_lsp.engine import Files, paused_collection
from nnx_lsp.knowledge import library
from nnx_lsp.program import Place
from nnx_lsp.tracer.base import Arguments, BudgetExceededError
from nnx_lsp.tracer.branches import Exits, Passes, is_passed_once
from nnx_lsp.tracer.contexts import Context, Frame
from nnx_lsp.tracer.modules import ModuleState, Session, Template, Walk
from nnx_lsp.tracer.trace import NOTHING_DOUBTED, Tracer
from nnx_lsp.tracer.values import Array, Class, Function, Level, Transformed, Unknown, Value

Hop: TypeAlias = tuple[Place | None, Place, bool]
"""A call that is under way: where it stands (`None`: anywhere), the definition that it entered, and whether a transform entered that."""


class Root(msgspec.Struct, frozen=True):
    """Where a walk began: the top level of a module (`function` is `None`), or a function that is walked by itself."""

    path: str
    function: Place | None = None
    kind: str = "module"
    """`module`, `alone` (a function by itself), `applied` (a transformed function that nobody calls), `assumed` (a `__call__` as `nnx.jit` would trace it)."""


class Way(msgspec.Struct, frozen=True):
    """How a walk came to a place."""

    root: Root
    hops: tuple[Hop, ...]


class Said(msgspec.Struct, frozen=True):
    """What was said at a place by one way. `obstacle` is what made an unknown value unknown first."""

    place: Place
    way: Way
    claim: Claim
    obstacle: str = ""


class Watched(msgspec.Struct, frozen=True):
    """All that was said while one file was checked, in the order of the walk."""

    said: tuple[Said, ...]
    entered: frozenset[tuple[Way, Place, Place]]
    """The calls that reached code of the project: the way, where the call stands, and the definition."""


def watched(files: Files, paths: Iterable[str], flax: str) -> Watched:
    """What the tracer says while it checks some files of a project, from scratch. `flax` is the Flax version in force."""
    session = Session(files, library.load(flax))
    said: dict[Said, None] = {}
    entered: set[tuple[Way, Place, Place]] = set()
    for path in paths:
        watcher = Watcher(session)
        with paused_collection():
            watcher.units(path, lambda _: ())
        said.update(watcher.said)
        entered |= watcher.entered
    return Watched(tuple(said), frozenset(entered))


class Watcher(Tracer):
    """The tracer, as it is, with an ear at each expression."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.said: dict[Said, None] = {}
        self._last: dict[Place, Claim] = {}
        self._claims: dict[Claim, Claim] = {}
        self.entered: set[tuple[Way, Place, Place]] = set()
        self._of_passes: list[Said] = []
        self._reached_in_passes: list[tuple[Way, Place, Place]] = []
        self._root_kind = ""
        self._roots: dict[int, tuple[Context, str, Place]] = {}
        self._ways: dict[int, tuple[Frame, Way]] = {}
        self._definitions: dict[int, tuple[Context, Place, Place | None]] = {}
        self._calling: Place | None = None
        self._unknowns = 0
        self._obstacle = ""
        self._names: dict[tuple[int, str], str] = {}
        self._alive: list[object] = []
        self._imports: dict[str, dict[str, str]] = {}
        self._was_unknown = False
        self._is_deaf = False
        self._of_units: dict[int, list[Said]] = {}
        """What was said of the functions of a statement, by the identity of its walk."""

    # What is said ---------------------------------------------------------------------------------------------------

    def evaluate(self, node: program.Expression) -> Value:
        before = self._unknowns
        value = super().evaluate(node)
        obstacle = ""
        self._was_unknown = isinstance(value, Unknown)
        if self._was_unknown:
            if isinstance(node, program.Name):
                self._obstacle = self._of_name(node.id)
            elif self._unknowns == before:
                self._obstacle = self._first(node)
            self._unknowns += 1
            obstacle = self._obstacle
        if not self._is_deaf and not isinstance(node, program.Constant | program.Opaque | program.Lambda):
            if isinstance(value, Array) and value.uses is not None:
                self._alive.append(value.uses)  # A key is told by the identity of its uses.
            claim = frozen(value)
            claim = self._claims.setdefault(claim, claim)
            place = self.place(node)
            self._last[place] = claim
            said = Said(place, self._way(self.frame), claim, obstacle)
            if self._is_in_pass() and said not in self.said:
                self._of_passes.append(said)
            self.said[said] = None
        return value

    def _is_in_pass(self) -> bool:
        """Whether what is walked comes once more by the same way: in another pass of a loop."""
        return self.looping > 0 or self.in_pass > 0 or self.apart > 1

    def _passes(self, once: Callable[[], int], exits: Exits, passes: Passes | None, *, is_tested: bool) -> None:
        """A loop that lies so deep in others that the tracer passes through it once: nothing that is said there speaks of the other passes."""
        before, self._is_deaf = self._is_deaf, self._is_deaf or ((passes is None or passes.count != 1) and is_passed_once(self.looping))
        try:
            super()._passes(once, exits, passes, is_tested=is_tested)
        finally:
            self._is_deaf = before

    @contextmanager
    def _entry(self, limit: int) -> Iterator[None]:
        """A walk that breaks off has not come to all passes of the loops that it was in: nothing that is said in them speaks of the others."""
        passes, reached = len(self._of_passes), len(self._reached_in_passes)
        with super()._entry(limit):
            try:
                yield
            except (BudgetExceededError, RecursionError):
                for said in self._of_passes[passes:]:
                    self.said.pop(said, None)
                self.entered.difference_update(self._reached_in_passes[reached:])
                raise

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """What outlives the walk at hand is heard, whatever asked for it first: a file may be imported because an annotation names something of it."""
        before, self._is_deaf = self._is_deaf, False
        with super()._apart():
            try:
                yield
            finally:
                self._is_deaf = before

    def _unit(self, state: ModuleState, left: Walk, doubts: frozenset[Place] = NOTHING_DOUBTED) -> Walk:
        """What is said of a unit that is walked once more, because calls contradict its annotations, is said instead of what was said first."""
        for said in self._of_units.pop(id(left), ()) if doubts else ():
            self.said.pop(said, None)
        count = len(self.said)
        try:
            return super()._unit(state, left, doubts)
        finally:
            self._of_units[id(left)] = list(self.said)[count:]
            self._alive.append(left)

    def _resolve(self, node: program.Expression, frame: Frame) -> Value:
        before, self._is_deaf = self._is_deaf, True  # An annotation is read at any time, and the program does not run it then.
        try:
            return super()._resolve(node, frame)
        finally:
            self._is_deaf = before

    def assign(self, target: program.Expression, value: Value, node: program.Node) -> None:
        if isinstance(value, Unknown) and isinstance(target, program.Name):
            because = self._obstacle if self._was_unknown else "an item, or an unpacked value"
            self._names[id(self.frame.names), target.id] = because
            self._alive.append(self.frame.names)
        super().assign(target, value, node)

    def _of_name(self, name: str) -> str:
        frame: Frame | None = self.frame
        while frame is not None and name not in frame.names:
            frame = frame.outer
        if frame is None:
            return "a name that is not bound"
        found = self._names.get((id(frame.names), name))
        if found is not None:
            return found
        function = frame.function
        parameters = function.definition.parameters if function is not None else ()
        if any(each.name == name for each in parameters):
            root = self._way(frame).root
            return "a parameter without evidence" if root.kind != "module" and not self._way(frame).hops else "an argument that is not known"
        imported = self._imported(frame.path).get(name) if frame.outer is None else None
        return f"an import that is not resolved: {imported}" if imported is not None else "a name that several ways bind"

    def _imported(self, path: str) -> dict[str, str]:
        """The names that a file's imports bind anywhere, with the package that each comes from."""
        found = self._imports.get(path)
        if found is None:
            found = self._imports[path] = {}
            module = self.session.modules.module(path)
            statements = (each for chunk in (module.chunks if module is not None else ()) for each in chunk.statements)
            for node in (each for statement in statements for each in program.walk(statement)):
                if isinstance(node, program.Import | program.ImportFrom):
                    for alias in node.names:
                        source = node.module if isinstance(node, program.ImportFrom) else alias.name
                        bound = alias.alias or alias.name.partition(".")[0]
                        found[bound] = source.partition(".")[0] or "the project itself"
        return found

    def _first(self, node: program.Expression) -> str:
        """What an expression of known parts needs to be known itself."""
        match node:
            case program.Call(function=function):
                return self._called(function)
            case program.Attribute(value=owner, name=name):
                claim = self._last.get(self.place(owner))
                if claim is not None and claim.place is not None:
                    return f"attribute of {'an object' if claim.sort == 'object' else f'a {claim.sort}'} of the project"
                of = f"{claim.sort} {claim.name}".rstrip() if claim is not None else "a constant"
                return f"attribute without a model: {name} of {of}"
            case program.Subscript():
                return "an item by an unknown key, or of what has no model"
            case program.Binary(operator=operator) | program.Unary(operator=operator):
                return f"operator without a model: {operator}"
            case _:
                return f"expression without a model: {type(node).__name__}"

    def _called(self, function: program.Expression) -> str:
        """Why a call of a known callee is unknown; the callee is what was said of its expression last."""
        claim = self._last.get(self.place(function))
        if claim is None:
            return "a call that is not walked"
        match claim.sort:
            case "library":
                return f"library function without a model: {claim.name}"
            case "method":
                return f"method without a model: {claim.name}"
            case "function" | "bound":
                return "a call that ends in a bound, or whose ways join"
            case "class":
                return "a class without a model of its base"
            case "transformed":
                return f"result of a transform: {claim.name}"
            case "object":
                return f"call of an object: {claim.name if claim.place is None else 'of the project'}"
            case sort:
                return f"call of a {sort}"

    # By which way ---------------------------------------------------------------------------------------------------

    def call_function(
        self,
        function: Function,
        arguments: Arguments,
        node: program.Node,
        *,
        text: str = "",
        level: Level | None = None,
        place: Place | None = None,
    ) -> Value:
        before, self._calling = self._calling, self.place(node) if isinstance(node, program.Call) else None
        try:
            return super().call_function(function, arguments, node, text=text, level=level, place=place)
        finally:
            self._calling = before

    def run(self, frame: Frame, definition: program.FunctionDef | program.Lambda) -> Value:
        kind, self._root_kind = self._root_kind, ""
        entered = Place(frame.path, frame.chunk, definition.at)
        if frame.context is not None:
            self._definitions[id(frame.context)] = (frame.context, entered, self._calling)
            if kind:
                self._roots[id(frame.context)] = (frame.context, kind, entered)
            elif frame.context.is_call and not self._is_deaf:
                reached = self._way(self.frame), frame.context.place, entered
                if self._is_in_pass() and reached not in self.entered:
                    self._reached_in_passes.append(reached)
                self.entered.add(reached)
        return super().run(frame, definition)

    def _way(self, frame: Frame) -> Way:
        known = self._ways.get(id(frame.context))
        if known is not None and known[0].context is frame.context and frame.context is not None:
            return known[1]
        hops: list[Hop] = []
        root = Root(frame.module.path)
        context = frame.context
        while context is not None:
            found = self._roots.get(id(context))
            if found is not None:
                root = Root(found[2].path, found[2], found[1])
                break
            definition = self._definitions.get(id(context))
            if definition is not None:
                hops.append((context.place if context.is_call else definition[2], definition[1], not context.is_call))
            context = context.parent
        if context is None and hops:
            first = self._outermost(frame.context)
            root = Root(first if first is not None else root.path)
        way = Way(root, tuple(reversed(hops)))
        if frame.context is not None:
            self._ways[id(frame.context)] = (frame, way)
        return way

    def _outermost(self, context: Context | None) -> str | None:
        """The file whose top level made the first call."""
        links = list(context.links()) if context is not None else []
        return links[0].place.path if links and links[0].is_call else None

    @contextmanager
    def _rooted(self, kind: str) -> Iterator[None]:
        before, self._root_kind = self._root_kind, kind
        try:
            yield
        finally:
            self._root_kind = before

    def _walk_transformed(self, transformed: Transformed) -> None:
        with self._rooted("applied"):
            super()._walk_transformed(transformed)

    def _walk_generic(self, function: Function, *, is_called: bool = False) -> None:
        with self._rooted("alone"):
            super()._walk_generic(function, is_called=is_called)

    def _walk_assumed(self, cls: Class, method: Function) -> None:
        with self._rooted("assumed"):
            super()._walk_assumed(cls, method)

    def _make_template(self, cls: Class) -> Template:
        with self._rooted("alone"):
            return super()._make_template(cls)

    def state(self, path: str) -> ModuleState | None:
        with self._rooted(""):
            return super().state(path)


__all__ = ["Hop", "Root", "Said", "Watched", "Way", "watched"]
