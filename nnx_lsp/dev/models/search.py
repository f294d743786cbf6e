"""The search for calls of one function that JAX accepts: a few of each sort at first, then variations of those that were accepted.

The same seed, release and answers give the same calls.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import msgspec

from nnx_lsp.dev.models.calls import Call, parsed, spelled
from nnx_lsp.dev.models.domains import ARRAYS, SEQUENCES, is_array, texts
from nnx_lsp.dev.models.examples import CELLS, EXAMPLES, LAYERS
from nnx_lsp.dev.models.truth import Answer, ObjectTruth
from nnx_lsp.knowledge.library import Parameter

PROBES = 48
"""How many calls are tried before any is varied."""
_ROUNDS = 3
_MADE = 10
"""How many ways of making a layer are called."""
_ALIKE = ("f2", "f1", "f0", "f3", "i1", "s2", "b2", "i2", "h2", "f4", "c2", "2", "1.5", "s3", "u2", "n2", "h1", "[f1, f1]", "(3, 4)", "k", "w0")
_PAIRED = "f2,f1 f2,i1 f2,1 f2,q2 i2,f2 h2,f2 2,f2 b2,f2 f3,f1 f0,f2 f2,1.5 i1,2 h1,2.0 c2,f2 f1,n1 u1,i1 w0,h1"
_PAIRS = tuple(_PAIRED.split())

Ask = Callable[[Sequence[Call]], list[Answer]]
"""Runs calls eagerly and says what they did."""


class Subject(msgspec.Struct, frozen=True):
    """A function or a layer as the child tells of it; `signature` is `None` where it has none that can be read."""

    name: str
    signature: tuple[Parameter, ...] | None
    call: tuple[Parameter, ...] | None = None
    is_layer: bool = False


class Found(msgspec.Struct, frozen=True):
    """The calls that were chosen with what each did, and how many were tried."""

    accepted: tuple[tuple[Call, Answer], ...]
    refused: tuple[tuple[Call, Answer], ...]
    tried: int


class Limits(msgspec.Struct, frozen=True):
    """How many accepted and refused calls of one function are kept."""

    accepted: int = 30
    refused: int = 12


def found(subject: Subject, ask: Ask, seed: int, limits: Limits) -> Found:
    """Search for calls of one function or layer."""
    chance = random.Random(f"{seed}:{subject.name}")
    search = _Search(ask, chance)
    if subject.is_layer:
        _search_layer(subject, search, limits)
    else:
        _search_function(subject, search, limits)
    return search.chosen(limits)


class _Search:
    """The calls that were tried so far."""

    def __init__(self, ask: Ask, chance: random.Random) -> None:
        self.ask = ask
        self.chance = chance
        self.seen: set[str] = set()
        self.accepted: list[tuple[Call, Answer]] = []
        self.refused: list[tuple[Call, Answer]] = []

    def tried(self, calls: Iterator[Call], most: int) -> list[tuple[Call, Answer]]:
        """Run calls that were not tried yet, and give those that were accepted."""
        new: list[Call] = []
        for call in calls:
            if call.shown not in self.seen:
                self.seen.add(call.shown)
                new.append(call)
            if len(new) == most:
                break
        answers = list(zip(new, self.ask(new), strict=True)) if new else []
        accepted = [pair for pair in answers if pair[1].gives is not None]
        self.accepted += accepted
        self.refused += [pair for pair in answers if pair[1].raises]
        return accepted

    def chosen(self, limits: Limits) -> Found:
        """As many as the limits allow, in the order in which they were tried."""
        return Found(self._some(self.accepted, limits.accepted), self._some(self.refused, limits.refused), len(self.seen))

    def _some(self, every: list[tuple[Call, Answer]], most: int) -> tuple[tuple[Call, Answer], ...]:
        kept = range(len(every)) if len(every) <= most else sorted(self.chance.sample(range(len(every)), most))
        return tuple(every[index] for index in kept)


# Functions -----------------------------------------------------------------------------------------------------------


def _search_function(subject: Subject, search: _Search, limits: Limits) -> None:
    function = spelled(subject.name)
    signature = subject.signature or (Parameter("args", "var_positional", None),)
    bases = [call for call, _ in search.tried((parsed(function, each) for each in EXAMPLES.get(subject.name, ())), PROBES)]
    bases += [call for call, _ in search.tried(_probes(function, signature, search.chance), PROBES)]
    for _ in range(_ROUNDS):
        if len(search.accepted) >= limits.accepted * 3 // 2:
            break
        some = bases or [call for call, _ in search.refused[:8]]
        bases += [call for call, _ in search.tried(_variations(some, signature, search.chance), limits.accepted)]


def _probes(function: str, signature: Sequence[Parameter], chance: random.Random) -> Iterator[Call]:
    """The plainest calls: the same array for each parameter, pairs of different ones, then arguments by chance."""
    required = _required(signature)
    named = _named(signature)
    stars = [each for each in signature if each.kind == "var_positional"]
    keywords = tuple((each.name, _first(each)) for each in named)
    if not required and not stars:
        yield Call(function, (), keywords)
        required = _places(signature)[:1]
    for array in _ALIKE:
        fixed = tuple(array if is_array(each) else _first(each) for each in required)
        yield Call(function, fixed, keywords)
        if stars:
            yield Call(function, (*fixed, array, array), keywords)
    arrays = [index for index, each in enumerate(required) if is_array(each)]
    if len(arrays) >= 2 or stars:
        for pair in _PAIRS:
            one, two = pair.split(",")
            yield Call(function, tuple((one, two, "f2")[min(arrays.index(n), 2)] if n in arrays else _first(each) for n, each in enumerate(required)), keywords)
            if stars:
                yield Call(function, (*(_first(each) for each in required), one, two), keywords)
    for _ in range(PROBES):
        extra = tuple(chance.choice(ARRAYS) for _ in range(chance.randrange(3))) if stars else ()
        yield Call(function, (*(_drawn(each, chance) for each in required), *extra), tuple((each.name, _drawn(each, chance)) for each in named))


def _first(parameter: Parameter) -> str:
    return (texts(parameter) or ("None",))[0]


def _drawn(parameter: Parameter, chance: random.Random) -> str:
    return chance.choice(texts(parameter) or ("None",))


def _variations(bases: Sequence[Call], signature: Sequence[Parameter], chance: random.Random) -> Iterator[Call]:
    """Calls that differ in one or two things from one of these."""
    for _ in range(400):
        call = chance.choice(bases)
        for _ in range(chance.choice((1, 1, 2))):
            call = chance.choice((_other_argument, _other_argument, _by_keyword, _with_option, _with_option, _with_next, _without))(call, signature, chance)
        yield call


_Parameters = Sequence[Parameter]


def _places(signature: _Parameters) -> list[Parameter]:
    return [each for each in signature if each.kind in ("positional", "either")]


def _required(signature: _Parameters) -> list[Parameter]:
    return [each for each in _places(signature) if each.default is None]


def _named(signature: _Parameters) -> list[Parameter]:
    """The parameters that must be given by keyword."""
    return [each for each in signature if each.default is None and each.kind == "keyword"]


def _other_argument(call: Call, signature: _Parameters, chance: random.Random) -> Call:
    """The call with another text for one of its arguments."""
    if not call.positional:
        return call
    index = chance.randrange(len(call.positional))
    places = _places(signature)
    choices = texts(places[index]) if index < len(places) else ARRAYS
    if is_text_of_function(call.positional[index]) or not choices:
        return call
    if choices[0] in ARRAYS and chance.random() < 0.1:
        choices = SEQUENCES
    changed = list(call.positional)
    changed[index] = chance.choice(choices)
    return msgspec.structs.replace(call, positional=tuple(changed))


def is_text_of_function(text: str) -> bool:
    """Whether an argument is a function: another one would hardly fit."""
    return "lambda" in text or text.startswith(("jnp.sin", "jnp.add", "jax.lax."))


def _by_keyword(call: Call, signature: _Parameters, chance: random.Random) -> Call:
    """The call with its last arguments by keyword."""
    places = _places(signature)
    if not call.positional or len(call.positional) > len(places) or any(each.kind == "var_positional" for each in signature):
        return call
    count = chance.randint(1, len(call.positional))
    first = len(call.positional) - count
    if any(each.kind != "either" for each in places[first : len(call.positional)]):
        return call
    moved = tuple((places[index].name, call.positional[index]) for index in range(first, len(call.positional)))
    return msgspec.structs.replace(call, positional=call.positional[:first], keywords=(*moved, *call.keywords))


def _with_option(call: Call, signature: _Parameters, chance: random.Random) -> Call:
    """The call with one more option by keyword, or another text for one that it has."""
    given = {each.name for each in _places(signature)[: len(call.positional)]}
    free = [each for each in signature if each.kind in ("either", "keyword") and each.name not in given and texts(each)]
    if not free:
        return call
    option = chance.choice(free)
    others = tuple(pair for pair in call.keywords if pair[0] != option.name)
    return msgspec.structs.replace(call, keywords=(*others, (option.name, _drawn(option, chance))))


def _with_next(call: Call, signature: _Parameters, chance: random.Random) -> Call:
    """The call with the next parameter by position."""
    places = _places(signature)
    if any(each.kind == "var_positional" for each in signature):
        return msgspec.structs.replace(call, positional=(*call.positional, chance.choice(ARRAYS)))
    if len(call.positional) >= len(places) or not texts(places[len(call.positional)]):
        return call
    following = places[len(call.positional)]
    others = tuple(pair for pair in call.keywords if pair[0] != following.name)
    return msgspec.structs.replace(call, positional=(*call.positional, _drawn(following, chance)), keywords=others)


def _without(call: Call, signature: _Parameters, chance: random.Random) -> Call:
    """The call without one of its keywords."""
    if not call.keywords:
        return call
    gone = chance.randrange(len(call.keywords))
    return msgspec.structs.replace(call, keywords=call.keywords[:gone] + call.keywords[gone + 1 :])


# Layers --------------------------------------------------------------------------------------------------------------


def _search_layer(subject: Subject, search: _Search, limits: Limits) -> None:
    """Make the layer in several ways, then read its Variables and call it in each."""
    name = spelled(subject.name)
    signature = subject.signature or ()
    examples = (parsed(name, each) for each in LAYERS.get(subject.name, ()))
    made = search.tried(map(_made, examples), PROBES)
    made += search.tried(map(_made, _constructions(name, signature, search.chance)), PROBES // 2)
    for _ in range(_ROUNDS):
        bases = [parsed(name, _inner(call.before)) for call, _ in made]
        if not bases or len(made) >= _MADE:
            break
        made += search.tried(map(_made, _variations(bases, signature, search.chance)), _MADE)
    kept = made if len(made) <= _MADE else [*made[:4], *search.chance.sample(made[4:], _MADE - 4)]
    search.accepted = [pair for pair in search.accepted if pair in kept]
    for call, answer in kept:
        search.tried(_uses(subject, call, answer, search.chance), max(limits.accepted // 4, 6))


def _constructions(name: str, signature: _Parameters, chance: random.Random) -> Iterator[Call]:
    required = _required(signature)
    named = _named(signature)
    rngs = () if any(each.name == "rngs" for each in named) or all(each.name != "rngs" for each in signature) else (("rngs", "nnx.Rngs(0)"),)
    yield Call(name, tuple(map(_first, required)), (*((each.name, _first(each)) for each in named), *rngs))
    for _ in range(PROBES):
        positional = tuple(_drawn(each, chance) for each in required)
        yield Call(name, positional, (*((each.name, _drawn(each, chance)) for each in named), *rngs))


def _made(construction: Call) -> Call:
    """The layer itself."""
    return Call("m", before=f"m = {construction.text}", attribute="m")


def _inner(before: str) -> str:
    """The arguments in `m = nnx.Linear(…)`."""
    return before.partition("(")[2].removesuffix(")")


def _uses(subject: Subject, made: Call, answer: Answer, chance: random.Random) -> Iterator[Call]:
    """What is read of a layer, and calls of it."""
    assert isinstance(answer.gives, ObjectTruth)
    variables = [name for name, each in answer.gives.attributes.items() if isinstance(each, ObjectTruth) and "value" in each.attributes]
    signature = subject.call or ()
    required = _required(signature)
    arrays = list(texts(Parameter("inputs", "either", None)))
    chance.shuffle(arrays)
    layer = subject.name.rpartition(".")[2]
    first = ["f2", "f3", "f4", "i2", "h2"]
    for index, array in enumerate((*first, *arrays)):
        positional = tuple(array if is_array(each) else _drawn(each, chance) for each in required) or (array,)
        if layer in CELLS and len(required) == 2:
            positional = (CELLS[layer], array)
        yield Call("m", positional, before=made.before)
        if index < len(variables):
            name = variables[index]
            yield Call("m", before=made.before, attribute=f"m.{name}{chance.choice(('', '[...]'))}")
        if index == 2 and layer in CELLS:
            yield Call("m.initialize_carry", ("(3, 4)",), before=made.before)
        if index > 2 and (options := [each for each in signature if each.kind in ("either", "keyword") and each not in required and texts(each)]):
            option = chance.choice(options)
            yield Call("m", positional, ((option.name, _drawn(option, chance)),), made.before)
