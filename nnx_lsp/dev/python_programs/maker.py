"""The one who writes: choices, names, scopes, blocks, and the trial of each piece under the Python that runs.

A program grows by pieces of its top level. Each piece is written by a production that knows the types of what is in scope, and then it is executed:
one that raises, runs too long, or lets a value grow without bound is thrown away, and another is written. So operations may be used that are legal
only for some values (`items[2]`), and the programs still run to their end.
"""

from __future__ import annotations

import keyword
import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from nnx_lsp.dev.python_programs.kinds import (
    BOOL,
    FLOAT,
    INT,
    NONE,
    STR,
    Kind,
    Shape,
    Signature,
    Type,
    dict_of,
    either,
    fits,
    list_of,
    optional,
    set_of,
    tuple_of,
)
from nnx_lsp.dev.python_programs.trial import Trial

Lines = list[str]
T = TypeVar("T")


class Production(msgspec.Struct, frozen=True):
    """A way to write statements. It gives no lines where it does not fit the scope."""

    make: Callable[[Maker], Lines]
    weight: float = 1
    is_large: bool = False
    """Whether it stands at the top level, or rarely in a function."""
    of_objects: bool = False
    """Whether it needs an object in scope, and comes more often where there is one."""

    @property
    def name(self) -> str:
        """The name of the production."""
        return self.make.__name__.strip("_")


class Grammar(msgspec.Struct, frozen=True):
    """All productions."""

    statements: tuple[Production, ...]
    expressions: dict[Kind, tuple[Callable[[Maker, int], str | None], ...]]
    """By kind, ways to write an expression of a type that `Maker.wanted` tells, with what depth is left for its parts."""


class Scope:
    """The names that code at a place can read, and those that it can bind."""

    def __init__(self, own: dict[str, Type], outer: dict[str, Type], result: Type | None = None, *, is_function: bool = False) -> None:
        self.own = own
        self.outer = outer
        self.result = result
        self.is_function = is_function
        self.in_loop = False
        self.fixed: frozenset[str] = frozenset()
        """Names that must be neither bound nor changed here: what a loop runs over."""
        self.declared: frozenset[str] = frozenset()
        """Names that the function declares to be of another scope."""

        self.is_roomy = False
        """Whether definitions may stand here as at the top level."""

    def within(self) -> Scope:
        """The scope of a block in this one: what it binds may be unbound behind it."""
        scope = Scope(dict(self.own), self.outer, self.result, is_function=self.is_function)
        scope.in_loop, scope.fixed, scope.declared = self.in_loop, self.fixed, self.declared
        return scope

    def looping(self, *fixed: str) -> Scope:
        """The scope of the body of a loop."""
        scope = self.within()
        scope.in_loop, scope.fixed = True, self.fixed | set(fixed)
        return scope

    def below(self, own: dict[str, Type], result: Type | None = None) -> Scope:
        """The scope of a function defined here."""
        return Scope(own, {name: type for name, type in {**self.outer, **self.own}.items() if name not in own}, result, is_function=True)

    @property
    def readable(self) -> dict[str, Type]:
        """All names that have values."""
        return {**self.outer, **self.own}


_STEMS: dict[Kind, tuple[str, ...]] = {
    "int": ("n", "count", "total", "step", "size", "rank"),
    "str": ("name", "word", "mode", "label"),
    "bool": ("flag", "ready", "done"),
    "float": ("rate", "scale"),
    "none": ("nothing", "empty"),
    "list": ("items", "rows", "found", "parts"),
    "dict": ("table", "config", "index", "cache"),
    "set": ("seen", "marks"),
    "tuple": ("pair", "point", "dims"),
    "object": ("thing", "node", "owner", "part"),
    "function": ("run", "rule", "action"),
    "optional": ("maybe", "extra"),
    "either": ("value", "given"),
    "deque": ("line", "window"),
}
_IMPORTED = {
    "abc": ("ABC", "abstractmethod"),
    "collections": ("ChainMap", "Counter", "OrderedDict", "UserDict", "defaultdict", "deque", "namedtuple"),
    "contextlib": ("ExitStack", "contextmanager", "nullcontext", "suppress"),
    "dataclasses": (
        "FrozenInstanceError",
        "InitVar",
        "KW_ONLY",
        "asdict",
        "astuple",
        "dataclass",
        "field",
        "fields",
        "is_dataclass",
        "make_dataclass",
        "replace",
    ),
    "enum": ("Enum", "Flag", "IntEnum", "IntFlag", "StrEnum", "auto"),
    "functools": ("cache", "cached_property", "lru_cache", "partial", "reduce", "singledispatch", "total_ordering", "wraps"),
    "itertools": ("accumulate", "chain", "count", "islice"),
    "operator": ("add", "attrgetter"),
    "types": ("MethodType", "SimpleNamespace"),
    "typing": ("ClassVar", "Generic", "NamedTuple", "NewType", "Protocol", "TypeVar", "TypedDict", "cast"),
}
"""What programs import. They give these names to nothing else: imports stand above everything, wherever the need for them arose."""
_TOO_LONG = 60
_LEAST = 15
_TRIES = 60
_DEEPEST = 3
KEYS = ("a", "b", "k", "size", "mode")


class _State(msgspec.Struct):
    """What a piece of the program changes in its maker, to be put back if the piece is thrown away."""

    own: dict[str, Type]
    taken: set[str]
    shapes: dict[str, Shape]
    imports: dict[str, None]


class Maker:
    """Writes one program."""

    def __init__(self, grammar: Grammar, seed: int) -> None:
        self.grammar = grammar
        self.random = random.Random(f"python {seed}")
        self.scope = Scope({}, {})
        self.taken = {"use", "self", "cls", *_IMPORTED, *(member for members in _IMPORTED.values() for member in members)}
        self.shapes: dict[str, Shape] = {}
        self.imports: dict[str, None] = {}
        self.used: list[str] = []
        """Names of the productions of the program, in order, also of pieces that were thrown away until the program is made."""
        self.wanted = INT
        """The type of the expression that is written now."""
        self.depth = 0
        """How many blocks stand around the place."""
        self._is_from = self.chance(0.5)
        self._weights = [each.weight * (5 if self.chance(0.15) else 1) * (0.6 if each.is_large else 1) for each in grammar.statements]
        """Each program has its own likes."""
        self._wishes = [grammar.statements[seed % len(grammar.statements)], self.pick(grammar.statements)]
        """What the program should have in any case: so each production has its part of the seeds."""
        self._weights_with_objects = [weight * (4 if each.of_objects else 1) for weight, each in zip(self._weights, grammar.statements, strict=True)]

    # Choices -------------------------------------------------------------------------------------------------------

    def pick(self, choices: Sequence[T]) -> T:
        """One of some."""
        return self.random.choice(choices)

    def some(self, choices: Sequence[T], least: int, most: int) -> list[T]:
        """Some of these, in any order."""
        return self.random.sample(list(choices), min(len(choices), self.number(least, most)))

    def chance(self, part: float) -> bool:
        """True in this part of all cases."""
        return self.random.random() < part

    def number(self, low: int, high: int) -> int:
        """A whole number of a range, both ends included."""
        return self.random.randint(low, high)

    def shuffled(self, choices: Sequence[T]) -> list[T]:
        """The same in any order."""
        return self.random.sample(list(choices), len(choices))

    # Names ---------------------------------------------------------------------------------------------------------

    def fresh(self, *stems: str) -> str:
        """A name that nothing in the program has."""
        stem = self.pick(stems)
        name, number = stem, 1
        while name in self.taken or keyword.iskeyword(name):
            number += 1
            name = f"{stem}{number}"
        self.taken.add(name)
        return name

    def fresh_for(self, type: Type) -> str:
        """A new name for a value of a type; it is not in scope yet."""
        return self.fresh(*_STEMS[type.kind])

    def names(self, type: Type) -> list[str]:
        """The names in scope of a type."""
        return [name for name, own in self.scope.readable.items() if own == type]

    def of_kind(self, *kinds: Kind) -> list[tuple[str, Type]]:
        """The names in scope of some kinds, with their types."""
        return [(name, type) for name, type in self.scope.readable.items() if type.kind in kinds]

    def changeable(self, *kinds: Kind) -> list[tuple[str, Type]]:
        """Places that hold a mutable value of some kinds, which may be changed here: names, attributes of objects, values of dicts."""
        found = [(name, type) for name, type in self.of_kind(*kinds) if name not in self.scope.fixed]
        for name, type in self.of_kind("object"):
            found += [(f"{name}.{field.name}", field.type) for field in self.shapes[type.shape].fields if field.type.kind in kinds]
        return found

    def bindable(self, type: Type) -> list[str]:
        """The names that an assignment here may bind again to a value of this type."""
        return [name for name, own in self.scope.own.items() if own == type and name not in self.scope.fixed and name != "self"]

    def target(self, type: Type) -> str:
        """A name to assign a value to; bring it into scope by `bind` behind the assignment."""
        if (names := self.bindable(type)) and self.chance(0.5):
            return self.pick(names)
        return self.fresh_for(type)

    def bind(self, name: str, type: Type) -> None:
        """From here on a name is in scope."""
        self.scope.own[name] = type

    def module(self, name: str, member: str) -> str:
        """How the program spells a member of a module of the standard library; the import is written above."""
        assert member in _IMPORTED[name], f"{name}.{member} is not among the names that programs keep free"
        if self._is_from:
            self.imports[f"from {name} import {member}"] = None
            return member
        self.imports[f"import {name}"] = None
        return f"{name}.{member}"

    # Types ---------------------------------------------------------------------------------------------------------

    def scalar(self) -> Type:
        """A type of single values."""
        return self.random.choices((INT, STR, BOOL, FLOAT), (50, 28, 14, 8))[0]

    def type(self, depth: int = 2) -> Type:
        """A type for a new value."""
        if depth <= 0 or self.chance(0.45):
            return self.scalar()
        choice = self.number(0, 99)
        if choice < 34:
            return list_of(self.type(depth - 2 if self.chance(0.7) else depth - 1))
        if choice < 56:
            return dict_of(self.type(depth - 2 if self.chance(0.7) else depth - 1))
        if choice < 72:
            return tuple_of(*(self.type(depth - 2) for _ in range(self.number(1, 3))))
        if choice < 78:
            return set_of(INT)
        if choice < 86:
            return optional(self.pick((INT, STR, list_of(INT))))
        if choice < 91:
            return either(*self.random.sample((INT, STR, list_of(INT), NONE), 2))
        if self.shapes and (names := self.of_kind("object")):
            return self.pick(names)[1]
        return list_of(INT)

    # Scopes --------------------------------------------------------------------------------------------------------

    @contextmanager
    def inside(self, scope: Scope) -> Iterator[Scope]:
        """Writes in another scope."""
        before, self.scope = self.scope, scope
        self.depth += 1
        yield scope
        self.depth -= 1
        self.scope = before

    @contextmanager
    def bound(self, **names: Type) -> Iterator[None]:
        """Writes an expression in which further names can be read: a lambda or a comprehension."""
        before = self.scope
        self.scope = Scope({}, {**before.readable, **names}, is_function=True)
        yield
        self.scope = before

    # Text ----------------------------------------------------------------------------------------------------------

    def expression(self, type: Type, depth: int = 2) -> str:
        """An expression of a type, in brackets where it is made of parts."""
        before, self.wanted = self.wanted, type
        ways = self.grammar.expressions[type.kind]
        text = None
        for _ in range(8):
            if depth <= 0 or self.chance(0.4):
                text = self.path(type)
            if text is None and depth > 0:
                text = self.pick(ways)(self, depth - 1)
            if text is not None:
                break
        self.wanted = before
        return text or self.literal(type)

    def bare(self, type: Type, depth: int = 2) -> str:
        """An expression that stands alone: without the outermost brackets, if they are not needed."""
        return unwrapped(self.expression(type, depth))

    def condition(self) -> str:
        """A condition: of known or unknown truth, in one of many forms."""
        return unwrapped(self.test())

    def test(self) -> str:
        """A condition as a part of an expression."""
        if self.chance(0.15) and (names := [name for name, type in self.scope.readable.items() if type.kind not in ("object", "function")]):
            return self.pick(("{}", "(not {})")).format(self.pick(names))
        return self.expression(BOOL)

    def path(self, type: Type) -> str | None:
        """A way to an existing value of a type: a name, an attribute, an item of a tuple."""
        found = self.names(type)
        for name, own in self.scope.readable.items():
            if own.kind == "object":
                found += [f"{name}.{field.name}" for field in self.shapes[own.shape].fields if field.type == type]
            elif own.kind == "tuple":
                found += [f"{name}[{at}]" for at, item in enumerate(own.items) if item == type]
        return self.pick(found) if found else None

    def literal(self, type: Type) -> str:
        """A display of a type, made of literals alone where that is possible."""
        match type.kind:
            case "int":
                return str(self.pick((0, 1, 2, 3, 4, 5, 7, 10, -1)))
            case "str":
                return f'"{self.pick(("", "a", "b", "ab", "key", "x y", "Abc", "train", "7"))}"'
            case "bool":
                return self.pick(("True", "False"))
            case "float":
                return self.pick(("0.5", "1.5", "2.0", "-0.25"))
            case "none":
                return "None"
            case "list":
                return f"[{self._several(type.items[0], 0 if self.chance(0.15) else 1, 3)}]"
            case "set":
                return f"{{{self._several(type.items[0], 1, 3)}}}"
            case "deque":
                return f"{self.module('collections', 'deque')}([{self._several(type.items[0], 1, 3)}])"
            case "dict":
                keys = self.some(KEYS if type.items[0] == STR else (0, 1, 2, 3), 0 if self.chance(0.15) else 1, 3)
                spelled = [f'"{key}"' if isinstance(key, str) else str(key) for key in keys]
                return f"{{{', '.join(f'{key}: {self.expression(type.items[1], 0)}' for key in spelled)}}}"
            case "tuple":
                return f"({', '.join(self.expression(item, 0) for item in type.items)}{',' if len(type.items) == 1 else ''})"
            case "optional":
                return "None" if self.chance(0.4) else self.expression(type.items[0], 0)
            case "either":
                return self.expression(self.pick(type.items), 0)
            case "object":
                shape = self.shapes[type.shape]
                return f"{shape.name}({self.arguments(shape.made_by, 0)})"
            case "function":
                assert type.signature is not None
                return self.lambda_of(type.signature, 1)

    def _several(self, item: Type, least: int, most: int) -> str:
        return ", ".join(self.expression(item, 0) for _ in range(self.number(least, most)))

    def lambda_of(self, signature: Signature, depth: int) -> str:
        """A lambda of a signature, in brackets."""
        names = {parameter.name: parameter.type for parameter in signature.parameters}
        with self.bound(**names):
            body = self.expression(signature.result or NONE, depth)
        return f"(lambda {', '.join(names)}: {unwrapped(body)})" if names else f"(lambda: {unwrapped(body)})"

    def arguments(self, signature: Signature, depth: int = 1) -> str:
        """Arguments for a call, in one of the ways that the signature allows."""
        by_position: list[str] = []
        by_name: list[str] = []
        for parameter in signature.parameters:
            if parameter.has_default and self.chance(0.45):
                if parameter.how != "positional":
                    continue
                break
            value = self.expression(parameter.type, depth)
            skipped = len(by_position) < sum(other.how != "keyword" for other in signature.parameters[: signature.parameters.index(parameter)])
            if parameter.how == "keyword" or (parameter.how == "plain" and (skipped or by_name or self.chance(0.25))):
                by_name.append(f"{parameter.name}={unwrapped(value)}")
            else:
                by_position.append(unwrapped(value))
        if signature.takes_more is not None and len(by_position) == sum(one.how != "keyword" for one in signature.parameters):
            by_position += self._more(signature.takes_more)
        if signature.takes_names is not None and self.chance(0.6):
            by_name += self._named(signature.takes_names)
        elif by_name and self.chance(0.1):
            name, _, value = by_name.pop().partition("=")
            by_name.append(f'**{{"{name}": {value}}}')
        if by_position and self.chance(0.08):
            by_position = [f"*({', '.join(by_position)},)" if self.chance(0.5) else f"*[{', '.join(by_position)}]"]
        return ", ".join(by_position + by_name)

    def _more(self, item: Type) -> list[str]:
        if (names := self.names(list_of(item))) and self.chance(0.3):
            return [f"*{self.pick(names)}"]
        return [self.expression(item, 0) for _ in range(self.number(0, 2))]

    def _named(self, item: Type) -> list[str]:
        if (names := self.names(dict_of(item))) and self.chance(0.3):
            return [f"**{self.pick(names)}"]
        return [f"{key}={self.expression(item, 0)}" for key in self.some(("alpha", "beta", "gamma"), 1, 2)]

    # Statements ----------------------------------------------------------------------------------------------------

    def block(self, least: int = 1, most: int = 2) -> Lines:
        """Some statements for the scope that is written in; never none."""
        lines: Lines = []
        for _ in range(self.number(least, most)):
            lines += self.statement()
        return lines or ["pass"]

    def statement(self) -> Lines:
        """One statement, or a few that belong together."""
        for _ in range(8):
            weights = self._weights_with_objects if self.of_kind("object") else self._weights
            chosen = self.random.choices(self.grammar.statements, weights)[0]
            if chosen.is_large and not self._has_room():
                continue
            if self.depth >= _DEEPEST and self.chance(0.5):
                return self.read()
            if lines := chosen.make(self):
                self.used.append(chosen.name)
                return lines + (self.read() if self.chance(0.4) else [])
        return self.read()

    def _has_room(self) -> bool:
        if self.scope.is_roomy or self.depth == 0:
            return True
        return self.depth <= 2 and self.chance(0.1)

    def read(self) -> Lines:
        """A statement that reads a few of the values in scope."""
        names = list(self.scope.readable.items())
        if not names:
            return ["pass"]
        latest = names[-4:]
        reads = [self.reading(*self.pick(latest if self.chance(0.7) else names)) for _ in range(self.number(1, 3))]
        if len(reads) == 1 and self.chance(0.4):
            return reads
        return [f"use({', '.join(dict.fromkeys(reads))})"]

    def reading(self, name: str, type: Type) -> str:
        """An expression that reads a value, or what it holds."""
        choice = self.number(0, 9)
        match type.kind:
            case "list" | "deque" if choice < 5:
                return self.pick((f"{name}[0]", f"len({name})", f"{name}[-1]", f"{name}[1]", f"{name}[:2]" if type.kind == "list" else f"list({name})"))
            case "dict" if choice < 5 and type.items[0] == STR:
                key = self.pick(KEYS)
                return self.pick((f'{name}.get("{key}")', f"len({name})", f"list({name})", f'"{key}" in {name}', f"sorted({name})", f'{name}["{key}"]'))
            case "set" if choice < 5:
                return self.pick((f"len({name})", f"{self.number(0, 3)} in {name}", f"sorted({name})"))
            case "tuple" if choice < 5 and type.items:
                return f"{name}[{self.number(0, len(type.items) - 1)}]"
            case "object" if choice < 9 and (fields := self.shapes[type.shape].fields):
                return f"{name}.{self.pick(fields).name}"
        return name

    # The whole -----------------------------------------------------------------------------------------------------

    def made(self) -> str:
        """The program."""
        target = self.number(_LEAST + 8, _TOO_LONG - 4)
        raises = self.chance(0.03)
        is_later = self.chance(0.1)
        trial = Trial(["from __future__ import annotations"] if is_later else [])
        head = ["# jax"] + (["from __future__ import annotations"] if is_later else [])
        use = self.pick((["def use(*values):", "    pass"], ["def use(*values):", "    return values"], ["def use(value, *others):", "    return value"]))
        trial.run(use)
        pieces: list[Lines] = []
        for _ in range(_TRIES):
            if self._size(head, use, pieces) >= target:
                break
            state, length = self._state(), len(self.used)
            piece = self._piece()
            self._drop_imports(state, piece)
            if (
                self._size(head, use, [*pieces, piece]) <= _TOO_LONG
                and (failure := trial.run([*(line for line in self.imports if line not in state.imports), *piece])) is None
            ):
                pieces.append(piece)
                self._forget(trial)
                self._wishes = [wish for wish in self._wishes if wish.name not in self.used]
                continue
            if raises and self._size(head, use, pieces) >= _LEAST and self._size(head, use, [*pieces, piece]) <= _TOO_LONG and failure == "Exception":
                pieces.append(piece)
                break
            self._restore(state, length)
        return self._text(head, use, pieces)

    def _piece(self) -> Lines:
        """Some statements of the top level, sooner or later those that this seed is there for."""
        piece: Lines = []
        if self._wishes and self.chance(0.6):
            wish = self.pick(self._wishes)
            if piece := wish.make(self):
                self.used.append(wish.name)
        return [*(piece or self.statement()), *(self.read() if self.chance(0.5) else [])]

    def _size(self, head: Lines, use: Lines, pieces: list[Lines]) -> int:
        return len(head) + len(self.imports) + len(use) + sum(map(len, pieces))

    def _text(self, head: Lines, use: Lines, pieces: list[Lines]) -> str:
        return (
            "\n".join([*head, *sorted(self.imports, key=lambda line: (line.startswith("from"), line)), *use, *(line for piece in pieces for line in piece)])
            + "\n"
        )

    def _drop_imports(self, state: _State, piece: Lines) -> None:
        """Drops the imports of what was thought of but not written."""
        words = set(re.findall(r"\w+", "\n".join(piece)))
        self.imports = {line: None for line in self.imports if line in state.imports or line.split()[-1] in words}

    def _state(self) -> _State:
        return _State(dict(self.scope.own), set(self.taken), dict(self.shapes), dict(self.imports))

    def _restore(self, state: _State, length: int) -> None:
        self.scope.own, self.taken, self.shapes, self.imports = state.own, state.taken, state.shapes, state.imports
        del self.used[length:]

    def _forget(self, trial: Trial) -> None:
        """What the trial shows to be unbound or of another type is not in scope any more."""
        values = trial.values()
        self.scope.own = {name: type for name, type in self.scope.own.items() if name in values and fits(type, values[name])}


def unwrapped(text: str) -> str:
    """An expression without brackets around the whole, where it can stand without."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    quote = ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0 and at < len(text) - 1:
                return text
        elif depth == 1 and (char == "," or text.startswith((":=", "yield", " for "), at)):
            return text
    return text[1:-1] if len(text) > 2 else text


def indented(lines: Lines) -> Lines:
    """Lines one block further in."""
    return [f"    {line}" for line in lines]
