"""What several findings have in common that one change would repair: they are told as one mistake (`diagnostic.told_once`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.program import Place
from nnx_lsp.tracer.events import Branch, Conversion, Event, ShapeUse, StaticArgument
from nnx_lsp.tracer.values import Array, Function, Origin, Value

_TAKES_STATIC = ("nnx.jit", "jax.jit", "nnx.remat", "jax.checkpoint", "jax.remat", "nnx.pmap", "jax.pmap")
"""The transforms whose arguments can be made static."""
_NUMBERS = ("range", "index", "slice")
_ARGUMENT = re.compile(r"argument `\w+` of `\w+`")


class StaticArguments:
    """The arguments of transformed functions that are meant to be Python values: sizes and numbers of passes are taken from them, or their declarations say so.

    All that is found of one of them has one cure, which is to name it in `static_argnames`.
    """

    def __init__(self, facts: Facts) -> None:
        values = [each.value for each in facts.of(ShapeUse)] + [each.value for each in facts.of(StaticArgument)]
        values += [each.value for each in facts.conversions if takes_number(each)]
        self._used = {(origin.place, origin.text) for value in values if (origin := _argument(value)) is not None}

    def cause(self, event: Branch | Conversion | ShapeUse | StaticArgument) -> str:
        """What the findings of one such argument share; `""` for what rests on another value, or on several arguments."""
        origin = _argument(event.value)
        if origin is None:
            return ""
        given = ask.parameter(origin, event.context)
        if (origin.place, origin.text) not in self._used and (given is None or ask.option(given[1]) is None):
            return ""
        named = _also_named(event, given)
        return f"static {_key(origin.place)} {origin.text} {' '.join(named)}".rstrip()


def takes_number(event: Conversion) -> bool:
    """Whether Python needs an integer here: arrays may be indexed by traced ones."""
    return event.by in _NUMBERS and not (event.by == "index" and isinstance(event.container, Array))


def one_value(value: Value) -> str:
    """What the findings of one computed value share: sizes that are made of it by arithmetic are one size too many."""
    origin = ask.origin(value)
    if origin is None or origin.parent is None:
        return ""
    return "value " + " ".join(_key(link.place) for link in origin.links())


def _key(place: Place) -> str:
    return f"{place.path}:{place.chunk}:{place.at}"


def _argument(value: Value) -> Origin | None:
    """The argument that a traced value is, as it is or after arithmetic of Python; `None` where a function made something of it."""
    origin, level = ask.origin(value), ask.traced_level(value)
    if origin is None or origin.parent is not None or level is None or level.name not in _TAKES_STATIC:
        return None
    return origin if _ARGUMENT.match(origin.text) else None


def _also_named(event: Event, given: tuple[Function, program.Parameter] | None) -> list[str]:
    """Other parameters of the function that the code names in the same place: to make one of them static is not enough there."""
    if given is None:
        return []
    (function, own), names = given, set(_names(event.node))
    return sorted(each.name for each in function.definition.parameters if each.name in names and each is not own)


def _names(node: program.Node) -> Iterator[str]:
    """The names that an expression reads, other than for their shape."""
    match node:
        case program.Name(id=name):
            yield name
        case program.Attribute(name="shape" | "ndim" | "size" | "dtype") | program.Call(function=program.Name(id="len")):
            return
        case _:
            for each in program.children(node):
                yield from _names(each)
