"""The abstract values that stand in for the objects of the user's program.

Values are immutable, but for `Object`, `List` and `Dict`: these have an identity, and their contents are written through the
tracer's journal (`tracer.state`), which forks and joins them at branches.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.program import FunctionDef, Lambda, Place

if TYPE_CHECKING:
    from nnx_lsp.tracer.contexts import Frame


class Level(msgspec.Struct, eq=False):
    """One application of a transform while its function is walked.

    `name` is the transform as the user knows it (`nnx.jit`), `place` the node that applies it. `is_assumed` marks the level under
    which a Module's `__call__` is walked although no transform of it was seen.
    `is_functional` is true for transforms of jax, which do not write an object's state back.
    """

    kind: LevelKind
    name: str
    place: Place
    parent: Level | None
    is_assumed: bool = False
    is_functional: bool = False
    leaks: list[Any] = msgspec.field(default_factory=list)
    """The events of its traced values that were stored in what outlives it."""

    @property
    def stage(self) -> Level | None:
        """The innermost level at or above this one that stages, or `None` where array operations run at once."""
        return next((level for level in outward(self) if level.kind is LevelKind.STAGED), None)

    @property
    def batches(self) -> bool:
        """Whether this level, or one around it, maps a function over lanes."""
        return any(level.kind is LevelKind.BATCHED for level in outward(self))

    def is_around(self, inner: Level | None) -> bool:
        """Whether a level is this one, or inside of it."""
        return any(level is self for level in outward(inner))


def outward(level: Level | None) -> Iterator[Level]:
    """A level and those around it, the innermost first; none where nothing is traced."""
    while level is not None:
        yield level
        level = level.parent


class Origin(msgspec.Struct, frozen=True, gc=True):
    """One link of the way that a traced value took; `parent` is the link before it."""

    place: Place
    text: str
    parent: Origin | None = None

    def links(self) -> Iterator[Origin]:
        """The links from the first (an argument of a traced function, a fresh array) to this one."""
        if self.parent is not None:
            yield from self.parent.links()
        yield self


class _Missing(enum.Enum):
    """Stands for a constant that is not known."""

    MISSING = "missing"


MISSING: Final = _Missing.MISSING


class Unknown(msgspec.Struct, frozen=True):
    """Nothing is known; every rule stays silent about it."""


UNKNOWN: Final = Unknown()

Tag: TypeAlias = tuple[tuple[Any, bool], ...]
"""Tests, with how they came out (`tracer.decisions`)."""


class Told(dict[Any, Any]):
    """What tests told on the way that is walked, and the versions of what they asked for (`tracer.decisions`). Where ways come together on which it is not
    the same, it is `None`."""


class Given(Unknown, frozen=True):
    """An argument without a default of a function that nobody was seen to call: unknown, but not `None`."""


GIVEN: Final = Given()


class Foreign(Unknown, frozen=True):
    """A module, class or function of a library that is not modelled, under its dotted name."""

    name: str = ""


class Classes(Unknown, frozen=True):
    """Several classes in the place of one: `int | str`, `Union[int, str]`."""

    members: tuple[Any, ...] = ()


class ClassOf(Unknown, frozen=True):
    """`type(value)`, where that class is not known."""

    value: Any = UNKNOWN


class Doubted(Unknown, frozen=True):
    """What is left of a value behind a test of which nobody knows what it tells: it may well be that Python never comes here with that value."""

    value: Any = UNKNOWN


class Among(Unknown, frozen=True):
    """Not known, but it may be one of these containers and objects: what is done to it may be done to each of them (`tracer.among`)."""

    held: tuple[Any, ...] = ()
    inside: tuple[Any, ...] = ()
    """Those of them that it may hold, where it is a tuple or an iterator: an item of it may be each of them."""


class MethodOfAny(Unknown, frozen=True):
    """A method of what may be one of these containers."""

    held: tuple[Any, ...] = ()
    name: str = ""


class Marked(Unknown, frozen=True):
    """What `nnx.data(value)` and `nnx.static(value)` give: nothing to work with until it is stored in an object, which then holds `value`."""

    value: Any


class Namespace(Unknown, frozen=True):
    """What `vars(owner)`, `owner.__dict__`, `globals()` and `locals()` give: whoever writes to it may change each attribute of `of`, or each name of here."""

    of: Any = None


class Manufactured(Unknown, frozen=True):
    """A class that a metaclass of the user made: what it is, that code decides."""

    cls: Any
    metaclass: Any


class Static(msgspec.Struct, frozen=True):
    """A Python value at trace time. `kind` names its type (`int`, `str`, `NoneType`, `dtype`, `shape`, `ndarray`, …; `""`: not known)."""

    kind: str = ""
    constant: Any = MISSING

    @property
    def is_known(self) -> bool:
        """Whether the very constant is known."""
        return self.constant is not MISSING


class Dtype(Static, frozen=True):
    """The dtype of an array, where that is known; `exact` as in `Array`."""

    exact: str = ""


class Text(Static, frozen=True):
    """A string that was made of a traced value: `f"loss {loss}"`."""

    shown: Any = UNKNOWN


class Pattern(Static, frozen=True):
    """A string of which only a part is known (`f"layer_{i}"`): `pattern` is the regular expression that it matches."""

    pattern: str = ""


class Counter(Static, frozen=True):
    """The number of a pass of a loop over `range` or `enumerate`: another one in each."""


class Asked(Static, frozen=True):
    """What a question gives that is asked of the world outside: whether jit is disabled, whether a value is traced. Like a version, it says whether what is
    under its test may be so at all."""


NONE: Final = Static("NoneType", None)
TRUE: Final = Static("bool", True)
FALSE: Final = Static("bool", False)
BOOL: Final = Static("bool")
INT: Final = Static("int")
FLOAT: Final = Static("float")
STR: Final = Static("str")
SHAPE: Final = Static("shape")
ASKED: Final = Asked("bool")
STATIC: Final = Static()
HOST_ARRAY: Final = Static("ndarray")


class Array(msgspec.Struct, frozen=True):
    """A jax array.

    `level` is the transform level under which its value is not known (a tracer that cannot be concretised), `None` where it is a
    concrete array or nothing is known of that. `dtype` is `bool`, `int`, `float`, `complex`, `key` (a PRNG key) or `""`.
    `low` and `high` bound its number of dimensions (`high` -1: not bounded); `dims` are its last dimensions as far as they are known, never more of them
    than `low` (`tracer.shapes`).
    `role` is `loss` for the first result of `value_and_grad`, `gradient` for a gradient, `random` for what was drawn from a key, `told` for what only
    an annotation calls an array, `abstract` for what `eval_shape` gives in the place of one, else `""`.
    A key of which it is not known whether it is one of `jax.random.key` or the two numbers of `jax.random.PRNGKey` has the dtype `""`.
    `uses` of a key that was seen to be made holds the draws from it, through the journal; that of an array of keys holds the keys by their places (`keys`).
    """

    level: Level | None = None
    dtype: str = ""
    low: int = 0
    high: int = -1
    origin: Origin | None = None
    role: str = ""
    dims: tuple[int | None, ...] = ()
    uses: dict[Any, Any] | None = None
    exact: str = ""
    """Its very dtype, weakly typed or not, where it is certain (`tracer.dtypes`)."""

    @property
    def is_scalar(self) -> bool:
        """Whether it certainly has no dimension."""
        return self.high == 0


class Tree(msgspec.Struct, frozen=True):
    """A pytree whose structure is not known and whose leaves are arrays: an argument of a traced function, a batch.

    `level` as for `Array`. `role` is `gradient` for what `grad` returns.
    """

    level: Level | None = None
    origin: Origin | None = None
    role: str = ""


class Library(msgspec.Struct, frozen=True):
    """A module, function, class or constant of a modelled library, under its canonical name (`jax.numpy.sum`)."""

    name: str


class LibraryMethod(msgspec.Struct, frozen=True):
    """A method of a library's object: `owner` is the canonical name of the class (`jax.Array`, `flax.nnx.Optimizer`)."""

    receiver: Value
    owner: str
    name: str


class Function(msgspec.Struct, eq=False):
    """A function or lambda of the user with its closure. `defaults` are the values of the parameters' defaults."""

    definition: FunctionDef | Lambda
    path: str
    chunk: int
    closure: Frame
    defaults: dict[str, Value]
    owner: Class | None = None
    """The class in whose body it is defined, for `super()`."""
    history: dict[Any, Any] = msgspec.field(default_factory=dict)
    """What calls left behind, see `tracer.retraces`."""

    @property
    def name(self) -> str:
        """Its name; `<lambda>` for a lambda."""
        return self.definition.name if isinstance(self.definition, FunctionDef) else "<lambda>"

    @property
    def place(self) -> Place:
        """Where it is defined (the name of a `def`, the whole of a lambda)."""
        at = self.definition.name_at if isinstance(self.definition, FunctionDef) else self.definition.at
        return Place(self.path, self.chunk, at)


class Bound(msgspec.Struct, frozen=True):
    """A method with its receiver."""

    function: Value
    receiver: Value


class Partial(msgspec.Struct, frozen=True):
    """`functools.partial(function, *arguments, **keywords)`."""

    function: Value
    arguments: tuple[Value, ...]
    keywords: dict[str, Value]


class Transformed(msgspec.Struct, eq=False):
    """A transform applied to a function. `options` holds the transform's own arguments by parameter name."""

    transform: str
    function: Value
    options: dict[str, Value]
    place: Place
    history: dict[Any, Any] = msgspec.field(default_factory=dict)
    """What calls left behind, see `tracer.history`."""
    anew: Any = None
    """For a function under `jit` that each call of the function around makes anew: the event, and the branches around it."""


class Class(msgspec.Struct, eq=False):
    """A class of the user. `bases` are as evaluated; `attributes` is its body's namespace.

    `library_bases` holds the canonical names of all library classes among its ancestors, nearest first.
    `is_open` is true where an ancestor is not known, so that an attribute not seen may exist all the same.
    """

    name: str
    place: Place
    bases: tuple[Value, ...]
    attributes: dict[str, Value]
    library_bases: tuple[str, ...]
    is_open: bool
    decorators: tuple[Value, ...] = ()
    template: Any = None
    """The instance that stands for those that nobody was seen to make (`modules.Template`), once it was asked for."""
    fields: tuple[tuple[str, Value], ...] = ()
    """Annotated names of the body with their defaults (`MISSING_DEFAULT` for none), as dataclass decorators read them."""
    specifications: tuple[Any, ...] = ()
    """The fields that its body names, see `tracer.records`."""
    has_own_rules: bool = False
    """Whether it was defined with `pytree=`: then its attributes may hold what others may not."""
    nnx: str = ""
    """How its file reaches `flax.nnx`, seen from its bases (`nnx` for `class Model(nnx.Module)`)."""
    registrations: dict[str, Value] = msgspec.field(default_factory=dict)
    """By the file in which the walk began: JAX may have been told there to take its instances apart; written through the journal."""

    def lookup(self, name: str) -> tuple[Value, Class] | None:
        """The attribute and the class of the user that defines it, in method resolution order."""
        if name in self.attributes:
            return self.attributes[name], self
        parents = [base for base in self.bases if isinstance(base, Class)]
        if len(parents) == 1:
            return parents[0].lookup(name)
        return next(((one.attributes[name], one) for one in resolution_order(self) if name in one.attributes), None) if parents else None


class Axis(msgspec.Struct, frozen=True):
    """A dimension that arrays lack on the other side of a border, or have more there: where it stands (`None`: not known) and its length."""

    number: int | None
    size: int | None = None
    is_added: bool = False


class View(msgspec.Struct, eq=False):
    """How the values that cross a transform's border look from the other side.

    Objects belong to `level`; arrays are traced by `arrays` (`None`: concrete), or stay as they are where `keeps_arrays`.
    """

    level: Level | None
    arrays: Level | None
    keeps_arrays: bool = False
    parameter: str = ""
    origin: Origin | None = None
    clones: dict[int, Object] = msgspec.field(default_factory=dict)
    """By identity of the object seen."""
    tangents: Level | None = None
    """The level that differentiates the Params that are seen."""
    keeps_shapes: bool = False
    """Whether arrays have the same shape on both sides."""
    merged: Place | None = None
    """The call of `nnx.merge` that made what it shows of the State of another level."""
    stacks: bool = False
    """Whether arrays on this side may have a dimension more: lanes or steps side by side."""
    hides_arrays: bool = False
    """Whether nothing is known of arrays on this side."""
    axis: Axis | None = None
    """The dimension that arrays lack on this side, or have more."""
    shares: bool = False
    """Whether Variables are the same objects on both sides."""
    is_in_module: bool = False
    """Whether it shows what a Module holds: nnx takes apart what it knows, and leaves Python values in all else as they are."""
    wanted: Any = None
    """Which Variables `tangents` differentiates, where it is not the Params: a filter."""
    keeps_numbers: bool = False
    """Whether it shows a dataclass that a Module holds: its Python numbers stay what they are, be they leaves or not."""
    may_keep_numbers: bool = False
    """Whether numbers may be arrays or numbers on this side: it shows what is merged of parts of which nobody knows what was made of them."""


class Object(msgspec.Struct, eq=False):
    """An instance with an identity.

    `cls` is a user's class or the canonical name of a library's class. `level` is the transform level that created it (`None`: none),
    `place` where it was created. `is_symbolic` marks an object whose construction was not seen: a parameter that is known by
    its annotation, or the `self` of a method that is walked by itself.
    """

    cls: Class | str
    attributes: dict[str, Value]
    level: Level | None
    place: Place | None
    is_symbolic: bool = False
    is_open: bool = False
    """Whether attributes that were not seen may exist."""
    parameter: str = ""
    """For the object that a transform's function sees, and for what is reached from it: the name of the argument."""
    source: Object | None = None
    """For the object that a transform's function sees: the caller's object that it stands for."""
    view: View | None = None
    """How the attributes of `source` look."""
    origin: Origin | None = None
    history: dict[Any, Any] = msgspec.field(default_factory=dict)
    """What calls left behind, see `tracer.history`."""
    forks: tuple[int, ...] = ()
    """The branches that were open where it was made, of which nobody knows whether they are taken."""

    @property
    def class_name(self) -> str:
        """The class as the user knows it: its own name, or the last part of the canonical one."""
        return self.cls.name if isinstance(self.cls, Class) else self.cls.rpartition(".")[2]

    @property
    def library_class(self) -> str:
        """The canonical name of the nearest library class: itself, or the first of its library ancestors (`""`: none)."""
        if isinstance(self.cls, str):
            return self.cls
        return self.cls.library_bases[0] if self.cls.library_bases else ""

    @property
    def is_of_another_class(self) -> bool:
        """Whether its `__class__`, or that of what it is a clone of, was assigned: then `cls` is what it was made of, and nobody knows what it is."""
        return "__class__" in self.attributes or (self.source is not None and self.source.is_of_another_class)

    @property
    def is_user(self) -> bool:
        """Whether its class is the user's own."""
        return isinstance(self.cls, Class)


def origin_of(owner: Object) -> Object:
    """The object that a transform's function sees as `owner`, as it was made outside of all of them."""
    while owner.source is not None:
        owner = owner.source
    return owner


class Module(Object):
    """An instance of `flax.nnx.Module` (the user's or the library's: layers, metrics and optimizers have classes below)."""


class Variable(Object):
    """An instance of `flax.nnx.Variable`; what it holds is its attribute `value`."""

    @property
    def content(self) -> Value:
        """What it holds."""
        return self.attributes.get("value", UNKNOWN)


def content_of(value: Value) -> Value:
    """What a Variable holds; any other value as it is."""
    return value.content if isinstance(value, Variable) else value


class Rngs(Object):
    """An `flax.nnx.Rngs`. `streams` are the names it was made with, `None` where they are not known; `has_default` likewise."""

    streams: frozenset[str] | None = None
    has_default: bool | None = None
    is_scalar: bool = False
    """Whether each stream was certainly made of one seed."""
    made_of: tuple[Value, ...] = ()
    """The seeds and keys of its streams, as far as it was seen made."""


class RngStream(Object):
    """One stream of an `flax.nnx.Rngs`, under its `name`. `is_scalar`: it certainly was made of one seed."""

    name: str = ""
    is_scalar: bool = False


class Optimizer(Module):
    """An `flax.nnx.Optimizer` (or a subclass such as `ModelAndOptimizer`)."""


class Metric(Module):
    """An `flax.nnx.metrics.Metric`."""


class State(Object):
    """An `flax.nnx.State`; `role` is `gradient` for what `nnx.grad` returns, `updated` for a State to which gradients were
    applied, else `""`; `of` the object whose state it is."""

    role: str = ""
    of: Object | None = None
    part: tuple[int, int] | None = None
    """Which split it comes from, and its number there."""
    filter: Any = None
    """Which Variables of the object it has, where it does not have all: a filter, unknown for what others of the split have left."""


class GraphDef(Object):
    """An `flax.nnx.GraphDef`; `of` is the object that it describes."""

    of: Object | None = None
    split: int | None = None
    """The split that it comes from."""
    parts: tuple[frozenset[str] | None, ...] = ()
    """The sorts of Variables that certainly are in each State of that split; `None` where they are not known."""


class Tuple(msgspec.Struct, frozen=True):
    """A tuple of known length. `fields` are the names of a named tuple's items, else empty."""

    items: tuple[Value, ...]
    fields: tuple[str, ...] = ()


class LossAndAux(Tuple, frozen=True):
    """What `value_and_grad(…, has_aux=True)` gives beside the gradients; `place` is the call that gave it."""

    place: Place | None = None


class OfNumber(Tuple, frozen=True):
    """The tuple of one item that a layer makes of a number."""


class List(msgspec.Struct, eq=False):
    """A list. `contents["items"]` is a tuple of values where the length is known, else `contents["element"]` stands for every item."""

    contents: dict[str, Any]
    level: Level | None = None
    kind: str = "list"

    @property
    def items(self) -> tuple[Value, ...] | None:
        """The items, where all are known."""
        items: tuple[Value, ...] | None = self.contents.get("items")
        return items

    @property
    def elements(self) -> tuple[Value, ...]:
        """What the items may be; empty for an empty list."""
        items = self.items
        return items if items is not None else (self.element,)

    @property
    def element(self) -> Value:
        """One value for every item."""
        items = self.items
        return join(items) if items is not None else self.contents.get("element", UNKNOWN)


class Entries(dict[Any, Any]):
    """The known keys of a dict with their values. Where they are joined with a way that lacks one of them, `contents` says that it may be missing."""

    def __init__(self, items: Mapping[Any, Any], contents: dict[Any, Any]) -> None:
        super().__init__(items)
        self.contents = contents


class Dict(msgspec.Struct, eq=False):
    """A dict. `items` holds the keys that are known; where there may be others, `contents["open"]` is set, and `contents[("missing", key)]` where one that
    is known may be missing (the dict is open then too)."""

    items: dict[Any, Value]
    contents: dict[Any, Any]
    level: Level | None = None

    def __post_init__(self) -> None:
        self.items = Entries(self.items, self.contents)

    def has(self, key: object) -> bool:
        """Whether a key is certainly there."""
        return key in self.items and not self.contents.get(("missing", key))

    @property
    def presence(self) -> dict[Any, Any]:
        """What is known of which keys there are, for a copy."""
        return {name: value for name, value in self.contents.items() if name == "open" or isinstance(name, tuple)}

    @property
    def is_open(self) -> bool:
        """Whether there may be keys that were not seen."""
        return bool(self.contents.get("open"))

    @property
    def is_shared(self) -> bool:
        """Whether it stands in a module or a class, where other modules may add to it: a registry."""
        return bool(self.contents.get("shared"))


class Iterator_(msgspec.Struct, frozen=True):  # noqa: N801 — `Iterator` is taken by the abstract base class
    """A generator, `zip`, `map`, `enumerate`, …: gives `element` each time; `items` where every one is known.

    `passes`: what it gives is known only where it is made, for a use takes something of it, or it shows what another container holds by then.
    """

    element: Value
    items: tuple[Value, ...] | None = None
    passes: bool = False

    @property
    def later(self) -> Iterator_:
        """The same once it is read from where it was kept."""
        return Iterator_(UNKNOWN if self.is_view else self.element, None, True, self.is_view, self.sources) if self.passes else self

    is_view: bool = False
    """Whether what it gives depends on what a list or a dict holds by then."""
    sources: tuple[List | Dict, ...] = ()
    """Those that are known; what they held when it was made is what `items` and `element` say."""


class Super(msgspec.Struct, frozen=True):
    """`super()` inside a method of `owner`, for `receiver`."""

    owner: Class
    receiver: Value


class Optax(msgspec.Struct, frozen=True):
    """What optax makes: `sort` is `transformation`, `state` (what its `init` gives) or `updates`. `is_stateful`: it keeps a tree like that of the parameters;
    `asks`: its update works on the parameters. `tree` is `module` or `state`: what a state or updates are shaped like, where that is known."""

    sort: str
    is_stateful: bool = False
    asks: bool = False
    tree: str = ""


class UserModule(msgspec.Struct, frozen=True):
    """A module of the project: `path` is its file, or the folder of a namespace package with a slash behind it."""

    path: str


class Deferred(msgspec.Struct, frozen=True):
    """A name of another module of the project that was imported and not yet looked at; `lookup` never gives one."""

    module: UserModule
    name: str


class OneOf(msgspec.Struct, frozen=True):
    """One of a few values (two to four): what a join leaves."""

    options: tuple[Value, ...]
    when: tuple[Tag, ...] = ()
    """For each of them, how the tests came out that chose it, where that is known (`tracer.decisions`)."""


Value: TypeAlias = (
    Unknown
    | Static
    | Array
    | Tree
    | Library
    | LibraryMethod
    | Function
    | Bound
    | Partial
    | Transformed
    | Class
    | Object
    | Tuple
    | List
    | Dict
    | Iterator_
    | Super
    | Optax
    | UserModule
    | Deferred
    | OneOf
)


def resolution_order(cls: Class) -> list[Class]:
    """The class and its ancestors of the user in method resolution order (C3; depth first where that has no answer)."""
    parents = [base for base in cls.bases if isinstance(base, Class)]
    sequences = [*(resolution_order(parent) for parent in parents), list(parents)]
    order = [cls]
    while any(sequences):
        for sequence in sequences:
            if sequence and not any(sequence[0] in other[1:] for other in sequences):
                head = sequence[0]
                break
        else:
            return list(dict.fromkeys([*order, *(one for sequence in sequences for one in sequence)]))
        order.append(head)
        for sequence in sequences:
            if sequence and sequence[0] is head:
                del sequence[0]
    return order


_WIDEST = 4


def items_of(value: Value) -> tuple[Value, ...]:
    """What a tuple, a list or a dict holds; nothing for any other value."""
    match value:
        case Tuple(items=items):
            return items
        case List():
            return value.elements
        case Dict():
            return tuple(value.items.values())
        case _:
            return ()


def with_items(container: Tuple | List | Dict, change: Callable[[Value], Value]) -> Value:
    """A tuple, list or dict of which each item is changed so; a list of which not all items are known stays as it is."""
    match container:
        case Tuple(items=items, fields=fields):
            return Tuple(tuple(map(change, items)), fields)
        case List():
            known = container.items
            return List({"items": tuple(map(change, known))}, container.level, container.kind) if known is not None else container
        case Dict():
            return Dict({key: change(item) for key, item in container.items.items()}, container.presence, container.level)


def options(value: Value) -> tuple[Value, ...]:
    """The values that this one may be: its options, or itself."""
    return value.options if isinstance(value, OneOf) else (value,)


def kept(value: Value) -> Value:
    """A value as it is when it is read from where it was kept: what an iterator gives by then is not known."""
    if isinstance(value, Iterator_):
        return value.later
    if isinstance(value, OneOf) and any(isinstance(option, Iterator_) and option.passes for option in value.options):
        return join(map(kept, value.options))
    return value


def same(left: Value, right: Value) -> bool:
    """Whether two values are the same to the tracer: equal, or one object."""
    return left is right or (type(left) is type(right) and _equal(left, right))


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, Dtype) and isinstance(right, Dtype):
        return left.exact == right.exact
    if isinstance(left, Static) and isinstance(right, Static):
        if isinstance(left, Pattern) and isinstance(right, Pattern) and left.pattern != right.pattern:
            return False
        return left.kind == right.kind and type(left.constant) is type(right.constant) and left.constant == right.constant
    if isinstance(left, Array) and isinstance(right, Array):
        return (
            left.uses is None
            and right.uses is None
            and left.level is right.level
            and left.dtype == right.dtype
            and left.low == right.low
            and left.high == right.high
            and left.role == right.role
            and left.dims == right.dims
            and left.exact == right.exact
        )
    if isinstance(left, Tree) and isinstance(right, Tree):
        return left.level is right.level and left.role == right.role
    if isinstance(left, Tuple) and isinstance(right, Tuple):
        return len(left.items) == len(right.items) and all(map(same, left.items, right.items))
    if isinstance(left, OneOf) and isinstance(right, OneOf):
        return len(left.options) == len(right.options) and all(map(same, left.options, right.options))
    if isinstance(left, Iterator_) and isinstance(right, Iterator_):
        return same(left.element, right.element) and left.items is right.items
    if isinstance(left, Partial | Bound | LibraryMethod | Super):
        return False
    return left == right


def lost(values: Iterable[Value]) -> Unknown:
    """What is left where one of these values stands and nobody knows which: the containers and objects that it may be."""
    values = tuple(values)
    found = {id(one): one for value in values for one in _reached(value)}
    if not found:
        return UNKNOWN
    inside = {id(one): one for value in values for one in _inside(value)}
    return Among(tuple(found.values()), tuple(inside.values()))


def _reached(value: Value) -> Iterator[Value]:
    """The containers and objects that are changed through a value."""
    match value:
        case List() | Dict() | Object():
            yield value
        case OneOf(options=inner) | Tuple(items=inner) | Among(held=inner) | MethodOfAny(held=inner):
            for each in inner:
                yield from _reached(each)
        case Doubted(value=one) | Marked(value=one) | Bound(receiver=one) | LibraryMethod(receiver=one):
            yield from _reached(one)
        case Iterator_(element=one):
            yield from _reached(one)
        case _:
            pass


def _inside(value: Value) -> Iterator[Value]:
    """Those of them that are items of the value, or of what stands in it."""
    match value:
        case Tuple() | Iterator_():
            yield from _reached(value)
        case Among(inside=inner):
            yield from inner
        case OneOf(options=options):
            for each in options:
                yield from _inside(each)
        case Doubted(value=one) | Marked(value=one):
            yield from _inside(one)
        case _:
            pass


def join(values: Iterable[Value]) -> Value:
    """What is known where any of the values may stand: one value, a `OneOf` of up to four, else `Unknown`."""
    values = tuple(values)
    found: list[Value] = []
    foreign: Foreign | None = None
    for value in values:
        for option in options(value):
            if isinstance(option, Foreign) and foreign in (None, option):
                foreign = option
                continue
            if isinstance(option, Unknown):
                return lost(values)
            _add(found, option)
            if len(found) > _WIDEST:
                return lost(values)
    if foreign is not None:  # `try: import torch` with `torch = None` behind it.
        return foreign if all(each is NONE for each in found) else UNKNOWN
    match found:
        case []:
            return UNKNOWN
        case [one]:
            return one
        case _:
            return OneOf(tuple(found))


def join_ways(values: Iterable[Value], tags: Iterable[Tag]) -> Value:
    """What is known where any of the values may stand, each on a way on which tests came out so."""
    ways = tuple(zip(values, tags, strict=True))
    joined = join(value for value, _ in ways)
    if not isinstance(joined, OneOf) or not any(tag for _, tag in ways):
        return joined
    given = [(each, (*tag, *more)) for value, tag in ways for each, more in zip(options(value), tags_of(value), strict=True)]
    found: list[Tag] = []
    for option in joined.options:
        its = [tag for each, tag in given if _may_merge(each, option)]
        found.append(its[0][:_MOST_TESTS] if len(its) == 1 else ())
    return OneOf(joined.options, tuple(found)) if any(found) else joined


_MOST_TESTS = 4
"""How many tests are kept of those that chose a value."""


def tags_of(value: Value) -> tuple[Tag, ...]:
    """How tests came out for each of the values that this one may be."""
    if not isinstance(value, OneOf):
        return ((),)
    return value.when or ((),) * len(value.options)


def _may_merge(left: Value, right: Value) -> bool:
    """Whether a join may have made one of two values."""
    if isinstance(left, Array | Tuple) and isinstance(right, Array | Tuple):
        return True
    if isinstance(left, Static) and isinstance(right, Static):
        return left.kind == right.kind
    return same(left, right)


def _add(found: list[Value], value: Value) -> None:
    """Put a value among those found, merged with one that differs in nothing that matters."""
    for index, other in enumerate(found):
        if same(other, value):
            return
        merged = _merged(other, value)
        if merged is not None:
            found[index] = merged
            return
    found.append(value)


def _merged(left: Value, right: Value) -> Value | None:
    """One value for two of the same sort, or `None` where they must stay apart."""
    if isinstance(left, Array) and isinstance(right, Array) and left.level is right.level and (left.dtype == "key") == (right.dtype == "key"):
        return Array(
            left.level,
            left.dtype if left.dtype == right.dtype else "",
            min(left.low, right.low),
            -1 if -1 in (left.high, right.high) else max(left.high, right.high),
            left.origin or right.origin,
            left.role if left.role == right.role else "",
            _shared_dims(left.dims, right.dims),
            exact=left.exact if left.exact == right.exact else "",
        )
    if isinstance(left, Static) and isinstance(right, Static) and left.kind == right.kind != "":
        return Static(left.kind)
    if isinstance(left, Tuple) and isinstance(right, Tuple) and len(left.items) == len(right.items):
        return Tuple(tuple(join(pair) for pair in zip(left.items, right.items, strict=True)), left.fields)
    return None


def _shared_dims(left: tuple[int | None, ...], right: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """The last dimensions that two arrays have in common."""
    count = min(len(left), len(right))
    return tuple(one if one == two else None for one, two in zip(left[len(left) - count :], right[len(right) - count :], strict=True))


class Certainty(enum.Enum):
    """Whether a claim about a value holds whenever its place runs in this calling context."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"
    UNKNOWN = "unknown"
