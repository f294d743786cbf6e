"""What is known of the values at a place, in words: traced or static and by which transform, the kind of a Variable, the Variables that a Module holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from nnx_lsp import program
from nnx_lsp.engine import Files, paused_collection
from nnx_lsp.facts import Step, first_link, is_instance, origin, traced_level
from nnx_lsp.knowledge import library
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.program import Place
from nnx_lsp.tracer.events import Event
from nnx_lsp.tracer.modules import Session
from nnx_lsp.tracer.observe import Seen, observe
from nnx_lsp.tracer.values import Array, Level, List, Module, Object, Rngs, Static, Tree, Tuple, Value, Variable, options

_MOST = 24
"""How many Variables of a Module are named at most."""
_DEEPEST = 4
_VALUES = 3
"""How many different values of a place are told at most."""


class Observation(msgspec.Struct, frozen=True):
    """One thing that stands at a place. `short` fits beside the code (`traced`, `static`, `Param`; empty: not worth it), `text` is a paragraph of Markdown,
    `steps` the way of a traced value."""

    name: str
    short: str
    text: str
    steps: tuple[Step, ...] = ()
    is_bound: bool = False


class Observer:
    """Observes the files of one project under one Flax version. What it keeps only saves work."""

    def __init__(self, files: Files, flax: str) -> None:
        self._files = files
        self._session = Session(files, library.load(flax))

    def keep(self, paths: Collection[str]) -> None:
        """Let go of what is kept of all files but these."""
        self._session.keep(paths)

    def observed(self, path: str) -> dict[Place, tuple[Observation, ...]]:
        """What is known at the places that the walk of one file comes to."""
        if not self._files.concerns(path)[0] or self._files.document(path) is None:
            return {}
        with paused_collection():
            traced = observe(self._session, path, self._words)
        found: dict[Place, dict[Observation, None]] = {}
        for payload in traced.payloads:
            for place, each in payload:
                found.setdefault(place, {})[each] = None
        return {place: tuple(each)[:_VALUES] for place, each in found.items()}

    def _words(self, events: list[Event]) -> tuple[tuple[Place, Observation], ...]:
        seen: dict[tuple[Place, Observation], None] = {}
        for event in events:
            if isinstance(event, Seen) and (words := self._said(event)) is not None:
                seen[event.place, words] = None
        return tuple(seen)

    def _said(self, seen: Seen) -> Observation | None:
        name = seen.node.name if isinstance(seen.node, program.Parameter) else program.text(seen.node)  # type: ignore[arg-type]  # names and attributes only
        found = [self._of(option, seen.level) for option in options(seen.value)]
        known = [each for each in found if each is not None]
        if not known or len(known) < len(found):
            return None
        shorts = {short for short, _ in known}
        text = "; or ".join(dict.fromkeys(text for _, text in known))
        return Observation(name, shorts.pop() if len(shorts) == 1 else "", text, _way(seen.value), seen.is_bound)

    def _of(self, value: Value, level: Level | None) -> tuple[str, str] | None:
        """What is known of one value, short and in words; `None` where it is nothing that a type checker would not know."""
        stage = level.stage if level is not None else None
        match value:
            case Variable():
                return value.class_name, f"an `nnx.{value.class_name}`{self._held(value)}"
            case Array(level=at) | Tree(level=at) if at is not None:
                what = "a tree of arrays" if isinstance(value, Tree) else "a PRNG key" if value.dtype == "key" else "an array"
                if at.kind is LevelKind.DIFFERENTIATED:
                    return "differentiated", f"{what} that `{at.name}` differentiates: its value is known when this runs"
                verb = "mapped" if at.kind is LevelKind.BATCHED else "traced"
                assumed = " (once the model is jitted)" if at.is_assumed else ""
                return verb, f"{what}, {verb} by `{at.name}`{assumed}: its value is not known when Python runs this"
            case Array() if stage is not None:
                return "concrete", f"an array that `{stage.name}` does not trace: it is a constant of the compiled function"
            case Static() if stage is not None and value.kind not in ("function", "module", "type"):
                constant = f" `{value.constant!r}`" if value.is_known and len(repr(value.constant)) < 40 else ""
                kind = f" `{value.kind}`" if value.kind else " Python value"
                return "static", f"static under `{stage.name}`: the{kind}{constant} is known when Python runs this"
            case Rngs():
                names = ", ".join(f"`{each}`" for each in sorted(value.streams or ()))
                streams = f" with the streams {names}" if names else ""
                default = ", and a default stream" if value.has_default and streams else " with a default stream" if value.has_default else ""
                return ("", f"an `nnx.Rngs`{streams}{default}") if streams or default else None
            case Object() if is_instance(value, "flax.nnx.Module", self._session.library):
                held = list(self._variables(value, "", _DEEPEST, set()))
                if not held:
                    return None
                rows = [f"- `{each}`: `{kind}`" for each, kind in held[:_MOST]]
                more = [f"- … and {len(held) - _MOST} more"] if len(held) > _MOST else []
                return "", "\n".join([f"a `{value.class_name}` that holds", "", *rows, *more])
            case _:
                return None

    def _held(self, value: Variable) -> str:
        level = traced_level(value)
        return f", traced by `{level.name}`" if level is not None and level.kind is LevelKind.STAGED else ""

    def _variables(self, owner: Object, prefix: str, depth: int, above: set[int]) -> Iterator[tuple[str, str]]:
        """The Variables that an object holds, by the way to them."""
        if depth == 0 or id(owner) in above:
            return
        attributes = dict(owner.attributes)
        source = owner.source
        while source is not None:
            attributes = source.attributes | attributes
            source = source.source
        known = self._session.library.entry(owner.cls) if isinstance(owner.cls, str) else None
        for name, attribute in known.attributes.items() if known is not None else ():
            if name not in attributes and attribute.kind.startswith("Variable:"):
                yield f"{prefix}{name}", attribute.kind.rpartition(".")[2]
        for name, value in attributes.items():
            own = prefix.removesuffix(".") if name == "contents" and isinstance(value, List) else f"{prefix}{name}"  # `nnx.List` keeps its items there.
            yield from self._inside(value, own, depth, above | {id(owner)})

    def _inside(self, value: Value, name: str, depth: int, above: set[int]) -> Iterator[tuple[str, str]]:
        match value:
            case Variable():
                yield name, value.class_name
            case Module() | Object() if is_instance(value, "flax.nnx.Module", self._session.library):
                yield from self._variables(value, f"{name}.", depth - 1, above)
            case Tuple(items=items):
                yield from self._each(items, name, depth, above)
            case List():
                yield from self._each(value.items or (), name, depth, above)
            case _:
                pass

    def _each(self, items: Iterable[Value], name: str, depth: int, above: set[int]) -> Iterator[tuple[str, str]]:
        for index, item in enumerate(items):
            yield from self._inside(item, f"{name}[{index}]", depth, above)


def _way(value: Value) -> tuple[Step, ...]:
    found = origin(value) if first_link(value) else None
    return tuple(Step(link.place, link.text) for link in found.links()) if found is not None else ()
