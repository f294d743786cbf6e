"""What every part of the tracer shares: the state of the walk, and the operations that the parts call across one another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import msgspec

from nnx_lsp import program
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.program import Place
from nnx_lsp.tracer.contexts import Context, Frame
from nnx_lsp.tracer.events import Event, ShapeMismatch, Test
from nnx_lsp.tracer.history import Compiled
from nnx_lsp.tracer.modules import MADE, Session, Walk
from nnx_lsp.tracer.shapes import Extent, Size
from nnx_lsp.tracer.state import Journal
from nnx_lsp.tracer.values import (
    UNKNOWN,
    Array,
    Class,
    Dict,
    Function,
    Level,
    List,
    Object,
    OneOf,
    Origin,
    Told,
    Tree,
    Tuple,
    Unknown,
    UserModule,
    Value,
    Variable,
    View,
    items_of,
    options,
    origin_of,
)

MAX_DEPTH = 24
"""How many calls deep the walk goes before it answers `Unknown`."""
EAGER_DEPTH = 4
"""How deep it goes from a function that nobody called, as long as no transform is entered: what is behind is walked from where it stands itself."""
MAX_REPEATS = 2
"""How often one function may stand in the chain of calls."""
MAX_STEPS = 10_000
"""How many expressions one entry point may evaluate."""


TOUCHED = "<touched>"
"""Stands among the attributes of an object that code that is not known had a hand on."""
UNJITTED = "<unjitted>"
"""Stands among the names of a module that turns `jit` off."""
VERSION_GUARD = "<version>"
"""Stands among the guards of code that runs for some versions of a library only."""


class BudgetExceededError(Exception):
    """An entry point took more steps than it may; what it found up to there stands."""


class Arguments(msgspec.Struct, frozen=True):
    """Evaluated arguments of a call. `is_partial` is true where a star argument hides some."""

    positional: tuple[Value, ...] = ()
    keywords: dict[str, Value] = {}
    nodes: tuple[program.Argument | None, ...] = ()
    """The argument nodes of the positional values; `None` for one that has none of its own."""
    keyword_nodes: dict[str, program.Argument] = {}
    is_partial: bool = False

    def values(self) -> Iterator[Value]:
        """All values, positional first."""
        yield from self.positional
        yield from self.keywords.values()

    def get(self, position: int, name: str) -> Value | None:
        """The argument at a position or under a name."""
        if name in self.keywords:
            return self.keywords[name]
        return self.positional[position] if 0 <= position < len(self.positional) else None

    def argument(self, position: int, name: str) -> program.Argument | None:
        """The code of the argument at a position or under a name, where it has some of its own."""
        return self.keyword_nodes.get(name) or (self.nodes[position] if 0 <= position < len(self.nodes) else None)

    def without_first(self, count: int = 1) -> Arguments:
        """The arguments after the first ones."""
        return Arguments(self.positional[count:], self.keywords, self.nodes[count:], self.keyword_nodes, self.is_partial)

    def preceded(self, *values: Value) -> Arguments:
        """The same with values before the positional ones."""
        return Arguments(
            values + self.positional,
            self.keywords,
            (None,) * len(values) + self.nodes,
            self.keyword_nodes,
            self.is_partial,
        )


class Base:
    """The state of the walk."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.library = session.library
        self.journal = Journal()
        self.frame = Frame("", 0, {}, None, None)
        self.root = ""
        """The file in which the walk began."""
        self.guards: tuple[str, ...] = ()
        self.forks: tuple[int, ...] = ()
        """The branches around what runs now of which it is not known whether they are taken."""
        self._count = itertools.count()
        self.numbers = itertools.count()
        """Names for what has to be told apart."""
        self.steps = 0
        self.limit = MAX_STEPS
        self.depth = 0
        self.reach = MAX_DEPTH
        """How many calls deep the walk goes outside of transforms."""
        self.is_concrete = False
        """Inside `jax.ensure_compile_time_eval()` or `jax.disable_jit()`."""
        self.is_unjitted = False
        """Inside `jax.disable_jit()`, where a jitted function is called as it is."""
        self.hides_shapes = False
        """Inside a function that sees a part of each array (`jax.shard_map`)."""
        self.choosing = 0
        """How many calls are under way of which it is not known which of a few functions they call."""
        self.alternatives = 0
        """How many conditional expressions are around what runs now."""
        self.asks_version = False
        """Whether the test that was evaluated last asks for the version of a library."""
        self.looping = 0
        """How many loops are around what runs now, those of callers too."""
        self.apart = 1
        """How many times the loops around walk what runs now, for each of their items has a pass of its own."""
        self.in_pass = 0
        """The number of such a pass, or of none."""
        self.passed = 0
        """How many such passes there were."""
        self.unshaped: set[int] = set()
        """Those of which it is the extents of arrays that choose: which shapes come there is not known."""
        self.loop_forks: tuple[int, ...] = ()
        """The branches around the innermost loop."""
        self.made: list[Object] = []
        """The instances of the user's classes that were made since the entry point."""
        self.compiling: list[Compiled] = []
        """The compiled functions that are traced for an eager caller."""
        self.closures: dict[int, Frame] = {}
        """By identity: where the functions stand that ran since the innermost transform was entered."""
        self.changes = 0
        """How often what an object holds was replaced so far."""
        self.captured_calls = 0
        """How often a compiled function that captured something was called again so far."""
        self.told = Told()
        """How tests came out on this way (`tracer.decisions`); written through the journal."""
        self.script: program.If | None = None
        """The `if __name__ == "__main__":` of the file that is being run, inside of it."""
        self.shown: tuple[program.Expression, ...] = ()
        """What the statement that was begun last only shows: itself, or what it prints."""
        self.active: list[object] = []
        """Definitions of the functions that are being walked."""
        self.switch(Walk())

    def switch(self, walk: Walk) -> None:
        """Let what happens from here on be left in `walk`."""
        self.walk = walk
        self.events, self.created, self.applied, self.classes = walk.events, walk.created, walk.applied, walk.classes
        self.host, self.called, self.walked, self.staged = walk.host, walk.called, walk.walked, walk.staged
        self.reads, self.keep_alive = walk.reads, walk.alive
        self.escaped, self.unfinished = walk.escaped, walk.unfinished

    # Operations of the other parts ----------------------------------------------------------------------------------

    def evaluate(self, node: program.Expression) -> Value:
        raise NotImplementedError

    def execute(self, statements: Iterable[program.Statement]) -> int:
        raise NotImplementedError

    def lookup(self, name: str) -> Value:
        raise NotImplementedError

    def truth(self, value: Value, node: program.Node, form: Test) -> bool | None:
        raise NotImplementedError

    def arithmetic(self, symbol: str, left: Value, right: Value, node: program.Node) -> Value:
        raise NotImplementedError

    def assign(self, target: program.Expression, value: Value, node: program.Node) -> None:
        raise NotImplementedError

    def element(self, value: Value, node: program.Node) -> Value:
        raise NotImplementedError

    def items(self, value: Value) -> tuple[Value, ...] | None:
        raise NotImplementedError

    def any_times(self, once: Callable[[], Value], *, may_skip: bool) -> Value:
        raise NotImplementedError

    def read_attribute(self, owner: Value, name: str, node: program.Node) -> Value:
        raise NotImplementedError

    def peek(self, owner: Object, name: str) -> Value | None:
        raise NotImplementedError

    def forget(self, owner: Object) -> None:
        raise NotImplementedError

    def write_attribute(
        self,
        owner: Value,
        name: str,
        value: Value,
        node: program.Node,
        operator: str = "",
        *,
        statement: program.Assign | program.AnnotatedAssign | None = None,
    ) -> None:
        raise NotImplementedError

    def clone(self, source: Object, view: View) -> Object:
        raise NotImplementedError

    def call(self, callee: Value, arguments: Arguments, node: program.Node) -> Value:
        raise NotImplementedError

    def call_function(
        self,
        function: Function,
        arguments: Arguments,
        node: program.Node,
        *,
        text: str = "",
        level: Level | None = None,
    ) -> Value:
        raise NotImplementedError

    def use(self, value: Value, node: program.Node) -> None:
        raise NotImplementedError

    def is_instance(self, value: Value, classes: Value) -> bool | None:
        raise NotImplementedError

    def instance_of(self, classes: Value) -> Value | None:
        raise NotImplementedError

    def member(self, module: UserModule, name: str) -> Value | None:
        raise NotImplementedError

    def annotated(self, annotation: program.Expression | None, frame: Frame) -> Value | None:
        raise NotImplementedError

    def is_registered(self, cls: Class) -> bool:
        raise NotImplementedError

    def contradicts(self, value: Value, annotation: program.Expression | None, frame: Frame) -> bool:
        raise NotImplementedError

    # Places and events ----------------------------------------------------------------------------------------------

    def place(self, node: program.Node) -> Place:
        """The address of a node of the code that is being walked."""
        return Place(self.frame.path, self.frame.chunk, node.at)

    def asks_made(self, name: str) -> bool:
        """Whether this file calls something of this name, or derives from it (see `modules.Session.is_made`)."""
        path = self.frame.path
        self.reads.add((path, MADE + name))
        return self.session.is_made(path, name)

    def note_escape(self, owner: Object) -> None:
        """An object is given to code that is not known, or changed in a way that is not followed: from here on it may have other attributes. The mark among
        its attributes is what later statements of a module find."""
        self.escaped.add(id(owner))
        self.keep_alive.append(owner)
        self.journal.set(owner.attributes, TOUCHED, UNKNOWN)

    def is_escaped(self, owner: Object) -> bool:
        """Whether code that is not known had a hand on an object."""
        return id(owner) in self.escaped or TOUCHED in owner.attributes

    def here(self) -> Place:
        """Where the innermost call or transform was entered."""
        return self.frame.context.place if self.frame.context is not None else Place(self.frame.path, self.frame.chunk, 0)

    def emit(self, event: Event) -> None:
        """Record what happened."""
        self.events.append(event)

    @property
    def context(self) -> Context | None:
        """The calls and transforms that led here."""
        return self.frame.context

    @property
    def level(self) -> Level | None:
        """The innermost transform level."""
        return self.frame.context.level if self.frame.context is not None else None

    @property
    def stage(self) -> Level | None:
        """The innermost level that stages array operations, if they are staged here."""
        if self.is_concrete or self.frame.context is None or self.frame.context.level is None:
            return None
        return self.frame.context.level.stage

    def said_since(self, count: int, kinds: tuple[type[Event], ...]) -> set[type[Event]]:
        """Which of these kinds of events came after the first `count`."""
        return {type(event) for event in self.events[count:] if isinstance(event, kinds)}

    def keep_what_each_says(self, count: int, said: list[set[type[Event]]]) -> None:
        """Of the events after the first `count`, forget the kinds that not every one of a few alternatives brought: `said` has those of each."""
        none = set[type[Event]]()
        unsure = tuple(none.union(*said) - said[0].intersection(*said))
        if unsure:
            self.events[count:] = [event for event in self.events[count:] if not isinstance(event, unsure)]

    @contextmanager
    def guarded(self, names: tuple[str, ...]) -> Iterator[None]:
        """Walk code whose exceptions of these names are caught."""
        before = self.guards
        self.guards = (*before, *names)
        try:
            yield
        finally:
            self.guards = before

    @contextmanager
    def forked(self, *, by_extents: bool = False) -> Iterator[None]:
        """Walk one of several ways, of which it is not known which is gone."""
        before, guards = self.forks, self.guards
        self.fork(by_extents=by_extents)
        if self.choosing:  # This choice may go with the one of what is called.
            self.guards = (*guards, VERSION_GUARD)
        try:
            yield
        finally:
            self.forks, self.guards = before, guards

    def fork(self, *, by_extents: bool = False) -> None:
        """What follows is one of several ways."""
        number = next(self._count)
        self.forks = (*self.forks, number)
        if by_extents:
            self.unshaped.add(number)

    # Arrays ---------------------------------------------------------------------------------------------------------

    def array_level(self, values: Iterable[Value], *, smooth: bool = False) -> Level | None:
        """The level of what an array operation on these values gives. What a gradient is taken of stays so through operations that are `smooth`. Of lanes
        in lanes, and gradients in gradients, it is the outer one: that is left when the inner one has ended."""
        differentiated: Level | None = None
        batched: Level | None = None
        for value in values:
            level = value_level(value)
            if level is None:
                continue
            if level.kind is LevelKind.DIFFERENTIATED:
                differentiated = level if differentiated is None or level.is_around(differentiated) else differentiated
            elif batched is None and level.kind is not LevelKind.BATCHED:
                return level
            elif batched is None or (level.kind is LevelKind.BATCHED and level.is_around(batched)):
                batched = level
        return batched or self.stage or (differentiated if smooth else None)

    def may_be_traced(self, values: Iterable[Value], *, smooth: bool) -> bool:
        """Whether an operation on these values may give what is traced although none of them is known to be: one of them is not known, under transforms
        that trace what depends on their arguments alone. Of what is not `smooth`, a gradient is never traced."""
        if self.level is None or self.stage is not None or not (smooth or self.level.batches):
            return False
        return any(is_doubtful(value, 0) for value in values)

    def result(
        self,
        values: tuple[Value, ...],
        node: program.Node,
        text: str,
        *,
        dtype: str = "",
        low: int = 0,
        high: int = -1,
        role: str = "",
        smooth: bool = False,
        dims: tuple[Size, ...] = (),
        exact: str = "",
    ) -> Array:
        """The array that a library's function gives for these values; `text` names the function in the chain of origins."""
        level = self.array_level(values, smooth=smooth and dtype in ("", "float"))
        return Array(level, dtype, low, high, self.link(values, node, text) if level is not None else None, role, dims, None, exact)

    def unfit(self, by: str, owner: Object | None, shapes: tuple[Extent, Extent], sizes: tuple[Size, Size], node: program.Node) -> None:
        """Record that the shapes of two arrays certainly do not fit. Of a layer it is certain only where no choice was made since it was made that may
        depend on what it is (`if config.kind == "flow": model(x)`)."""
        root = origin_of(owner) if owner is not None else None
        is_chosen = root is not None and (self.is_escaped(root) or bool(set(self.forks) - set(root.forks)))
        if not self.hides_shapes and not is_chosen and self.unshaped.isdisjoint(self.forks):
            self.emit(ShapeMismatch(self.place(node), node, self.context, self.guards, by, owner, shapes, sizes))

    def link(self, values: Iterable[Value], node: program.Node, text: str) -> Origin:
        """A new link behind the origin of the first value that has one; a long chain keeps its first links and its last."""
        parent = next((found for value in values if (found := value_origin(value)) is not None), None)
        if parent is None:
            level = self.stage
            where = f" under `{level.name}`" if level is not None else ""
            return Origin(self.place(node), f"result of `{text}`{where}")
        if parent.parent is not None and parent.parent.parent is not None and parent.parent.parent.parent is not None:
            parent = Origin(parent.parent.place, parent.parent.text, parent.parent.parent) if parent.parent.parent.parent is None else parent.parent
        return Origin(self.place(node), f"result of `{text}`", parent)


def is_doubtful(value: Value, depth: int = 0) -> bool:
    """Whether a value, or a part of it, is not known."""
    match value:
        case Unknown():
            return True
        case Variable():
            return is_doubtful(value.content, depth)
        case Tuple() | List() | Dict():
            return depth < _DEEPEST and any(is_doubtful(item, depth + 1) for item in items_of(value))
        case OneOf(options=found):
            return any(is_doubtful(option, depth) for option in found)
        case _:
            return False


_DEEPEST = 4


def value_level(value: Value) -> Level | None:
    """The level of a traced value, seen through Variables and tuples."""
    if isinstance(value, Array | Tree):
        return value.level
    if isinstance(value, Variable):
        return value_level(value.content)
    if isinstance(value, Tuple | List | Dict):
        return next((level for item in items_of(value) if (level := value_level(item)) is not None), None)
    if isinstance(value, Object):
        return None
    for option in options(value):
        if option is not value and (level := value_level(option)) is not None:
            return level
    return None


def value_origin(value: Value) -> Origin | None:
    """The origin of a traced value, seen through Variables and containers."""
    if isinstance(value, Array | Tree):
        return value.origin
    if isinstance(value, Variable):
        return value_origin(value.content) or value.origin
    if isinstance(value, Object):
        return value.origin
    if isinstance(value, Tuple):
        return next((found for item in value.items if (found := value_origin(item)) is not None), None)
    for option in options(value):
        if option is not value and (found := value_origin(option)) is not None:
            return found
    return None
