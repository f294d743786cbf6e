"""What calls leave behind in objects and compiled functions: what was captured, what changed since, what was donated, what was sown.

All of it is written through the journal, into `Object.history` and `Transformed.history`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from nnx_lsp import program
from nnx_lsp.program import Place
from nnx_lsp.tracer import events
from nnx_lsp.tracer.outputs import assigned, matters
from nnx_lsp.tracer.values import (
    Array,
    Dict,
    Function,
    Library,
    List,
    Module,
    Object,
    State,
    Static,
    Transformed,
    Tuple,
    Value,
    Variable,
    items_of,
    options,
)

if TYPE_CHECKING:
    from nnx_lsp.tracer.base import Arguments, Base
    from nnx_lsp.tracer.contexts import Context, Frame

_MOST = 200
"""How many objects are looked at that are reached from one."""

CHANGED, SOWN, DONATED, CLONES = "changed", "sown", "donated", "clones"


class _Alike(msgspec.Struct, eq=False):
    """Two records of one sort are the same to the journal: that there is one matters at joins, not which."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))


class Mark(_Alike, eq=False):
    """Where something happened to an object; `by` is the compiled function that did it."""

    place: Place
    by: Transformed | None = None


class Capture(msgspec.Struct, eq=False):
    """A name of an enclosing function or of the module that a compiled function read: where, what it held, and the marks of change of all that it reaches."""

    place: Place
    node: program.Name
    store: dict[str, Value]
    value: Value
    marks: dict[int, Mark]
    frame: Frame
    """Where the name was found."""
    reader: Function | None
    """The function that read it."""


class Compiled(_Alike, eq=False):
    """What a function was compiled with, at its first call: the sorts of its arguments, and what it captured."""

    transformed: Transformed
    sorts: tuple[object, ...]
    captures: dict[tuple[int, str], Capture] = {}
    reads_weights: dict[int, program.Node] = {}
    """Identities of the Variables and layers that the trace read, and where it did first."""
    below: set[int] = set()
    """Identities of these, and of all that they held that was not overwritten."""
    overwritten: dict[int, Object] = {}
    """The objects that the trace wrote, by their identities: what they held when it began does not matter, but for what it had read."""


class Clone(_Alike, eq=False):
    """A clone that shares the arrays of an object, which had this mark of change when it was made."""

    clone: Object
    mark: Mark | None


class _Static(_Alike, eq=False):
    """Where what an object reaches had changed last, when a compiled function was given it as static first."""

    changes: tuple[Place, ...]


# Objects -----------------------------------------------------------------------------------------------------------


def root(owner: Object) -> Object:
    """The eager caller's object that an object inside of a transform of nnx stands for; itself where there is none."""
    while owner.source is not None and owner.view is not None and owner.view.parameter and owner.view.level is not None and not owner.view.level.is_functional:
        owner = owner.source
    return owner


def reached(value: Value) -> Iterator[Object]:
    """The objects that a value holds, and those that they hold."""
    found: dict[int, Object] = {}
    waiting: list[Any] = [value]
    while waiting and len(found) < _MOST:
        each = waiting.pop()
        match each:
            case Object():
                if id(each) not in found:
                    found[id(each)] = each
                    waiting.extend(each.attributes.values())
                    yield each
            case Tuple() | List() | Dict():
                waiting.extend(items_of(each))
            case _:
                pass


def _marks(value: Value) -> dict[int, Mark]:
    """The last change of each object that a value reaches. What a loop or a handler made of a mark is not one: whether it happened is open."""
    return {id(each): mark for each in reached(value) if isinstance(mark := each.history.get(CHANGED), Mark)}


def is_outdated(tracer: Base, callee: Transformed, value: Value) -> bool:
    """Whether eager code gives a compiled function as static what has changed since it was given first. The first time it is noted in the object."""
    if not isinstance(value, Object) or value.is_symbolic or value.level is not None or tracer.level is not None:
        return False
    changes = tuple(mark.place for mark in _marks(value).values())
    key = f"static {callee.place}"
    before = value.history.get(key)
    if isinstance(before, _Static):
        return before.changes != changes
    tracer.journal.set(value.history, key, _Static(changes))
    return False


def note_change(tracer: Base, target: Value, place: Place) -> None:
    """What an object holds was replaced, and what the objects hold that it reaches."""
    for one in options(target):
        if isinstance(one, Object) and (owner := root(one)).level is None:
            tracer.changes += 1
            mark = Mark(place)
            for each in reached(owner):
                tracer.journal.set(each.history, CHANGED, mark)
                tracer.journal.delete(each.history, DONATED)


# What is captured --------------------------------------------------------------------------------------------------


def is_compiling(tracer: Base, callee: Transformed) -> bool:
    """Whether a call compiles for an eager caller, and nothing is static in it: another static argument would compile anew."""
    return (
        tracer.level is None
        and callee.transform in ("flax.nnx.jit", "jax.jit")
        and not {"*", "static_argnums", "static_argnames"} & set(callee.options)
        and not tracer.is_concrete
    )


def begun(tracer: Base, callee: Transformed, arguments: Arguments) -> Compiled | None:
    """A compiled function is called: what its first call is to remember, or `None` for a later one. Of a later one, what is not up to date is recorded."""
    sorts = tuple(map(_sort, arguments.values()))
    key = id(tracer.journal)
    before = callee.history.get(key)
    if not isinstance(before, Compiled):
        made = Compiled(callee, sorts)
        tracer.journal.set(callee.history, key, made)
        return made
    if before.captures:
        tracer.captured_calls += 1
    if before.sorts == sorts:
        for capture in before.captures.values():
            changed = _changed(before, capture)
            if changed is not None and _matters(tracer, capture):
                event = events.StaleCapture(
                    capture.place, capture.node, tracer.context, tracer.guards, callee, capture.node.id, capture.value, tracer.here(), changed.place
                )
                tracer.emit(event)
    return None


class _Rebound(msgspec.Struct, frozen=True):
    place: Place | None = None


def _changed(compiled: Compiled, capture: Capture) -> Mark | _Rebound | None:
    """What made a captured value another one since."""
    now = capture.store.get(capture.node.id)
    then = capture.value
    if isinstance(then, Static):
        is_other = isinstance(now, Static) and now.is_known and now.kind == then.kind and now.constant != then.constant
        return _Rebound() if is_other else None
    if isinstance(then, Array):
        return _Rebound() if isinstance(now, Array) and now is not then and now.role == then.role and now.dtype == then.dtype else None
    if not isinstance(then, Object) or not any(id(each) in compiled.reads_weights for each in reached(then)):
        return None
    if isinstance(now, Object) and now is not then and not _comes_from(now, then):
        return _Rebound(now.place)
    for each in (*reached(then), *reached(now if isinstance(now, Object) else then)):
        mark = each.history.get(CHANGED)
        if isinstance(mark, Mark) and capture.marks.get(id(each)) is not mark and not _is_overwritten(compiled, each):
            return mark
    return None


def _comes_from(copy: Object, owner: Object) -> bool:
    """Whether an object was made of another one's State, or cloned from it."""
    while copy.source is not None and copy is not owner:
        copy = copy.source
    return copy is owner


def _matters(tracer: Base, capture: Capture) -> bool:
    """Whether it shows that a captured value is another one now: the code that read it makes something of it, and it was not assigned the same again."""
    name, now, then = capture.node.id, capture.store.get(capture.node.id), capture.value
    if capture.reader is not None:
        only_shape = isinstance(now, Array) and isinstance(then, Array) and _has_same_shape(now, then)
        body = capture.reader.definition.body
        if not any(matters(each, name, only_shape=only_shape) for each in ((body,) if isinstance(body, program.Node) else body)):
            return False
    if not isinstance(now, Array):
        return True
    values = list(_assigned(tracer, capture))
    texts = {program.text(value, limit=_LONG) for value in values if value is not None}
    return None in values or len(texts) != 1 or not all(_is_fixed(tracer, value) for value in values if value is not None)


def _assigned(tracer: Base, capture: Capture) -> Iterator[program.Expression | None]:
    frame = capture.frame
    if frame.function is not None:
        yield from assigned((frame.function.definition,), capture.node.id)
    elif (module := tracer.session.modules.module(frame.path)) is not None:
        yield from assigned((statement for chunk in module.chunks for statement in chunk.statements), capture.node.id)


def _has_same_shape(one: Array, two: Array) -> bool:
    return one.low == one.high == len(one.dims) and None not in one.dims and one.dims == two.dims and one.high == two.high and one.exact == two.exact


def _is_fixed(tracer: Base, value: program.Expression) -> bool:
    """Whether an expression gives the same each time: numbers and names of libraries, and nothing random."""
    if "random" in program.text(value, limit=_LONG):
        return False
    names = (each.id for each in program.walk(value) if isinstance(each, program.Name))
    return all(isinstance(tracer.lookup(name), Library) for name in names)


_LONG = 10_000


def _sort(value: Value) -> object:
    match value:
        case Array():
            return (value.dtype, value.low, value.high)
        case Static():
            return value.kind
        case Object():
            return value.cls if isinstance(value.cls, str) else id(value.cls)
        case _:
            return type(value)


def note_name(tracer: Base, node: program.Name, frame: Frame, value: Value) -> None:
    """A compiled function reads a name; `frame` is where it was found."""
    compiled = tracer.compiling[-1]
    if frame.level is not None or (id(frame.names), node.id) in compiled.captures:
        return
    if isinstance(value, Array) or (isinstance(value, Object) and value.level is None) or (isinstance(value, Static) and value.is_known):
        held = frame.names.get(node.id)
        if held is value:
            reader = tracer.frame.function
            frame.keep()
            compiled.captures[id(frame.names), node.id] = Capture(tracer.place(node), node, frame.names, value, _marks(value), frame, reader)


def note_read(tracer: Base, value: Value, node: program.Node) -> None:
    """A compiled function reads a Variable, or calls a layer."""
    compiled = tracer.compiling[-1]
    if isinstance(value, Object) and value.level is None and id(value) not in compiled.reads_weights and not _is_overwritten(compiled, value):
        compiled.reads_weights[id(value)] = node
        compiled.below.update(id(each) for each in reached(value) if not _is_overwritten(compiled, each))
        tracer.keep_alive.append(value)


def note_refilled(tracer: Base, target: Object, states: tuple[Value, ...]) -> None:
    """`nnx.update(target, *states)`: its own State, changed or not, makes nothing of it new."""
    if not any(isinstance(state, State) and state.of is target and state.view is None for state in states):
        note_overwritten(tracer, target)


def note_overwritten(tracer: Base, target: Object, by: program.Node | None = None) -> None:
    """A function gives an object new values, whatever it held. `by` is what names the object only to write to it: `layer.kernel.value`, `layer.kernel[...]`,
    `layer.kernel.set_value`."""
    if not tracer.compiling or target.level is not None:
        return
    compiled = tracer.compiling[-1]
    named = by.value if isinstance(by, program.Attribute | program.Subscript) else None
    if named is not None and compiled.reads_weights.get(id(target)) is named:
        del compiled.reads_weights[id(target)]
        compiled.below.discard(id(target))
    compiled.overwritten[id(target)] = target


def _is_overwritten(compiled: Compiled, value: Object) -> bool:
    """Whether a trace wrote an object before it read anything of it, or each of the Variables that it holds."""
    if not compiled.overwritten or id(value) in compiled.below:
        return False
    written = {id(each) for owner in compiled.overwritten.values() for each in reached(owner)}
    held = [id(each) for each in reached(value) if isinstance(each, Variable)]
    return id(value) in written or (bool(held) and written.issuperset(held))


# What is compiled anew ---------------------------------------------------------------------------------------------


class Made(_Alike, eq=False):
    """A function that a call of the function around it made and compiled: the event of that, the branches around it, and the arguments."""

    event: events.CompiledAnew
    forks: tuple[int, ...]
    arguments: Arguments


def note_anew(tracer: Base, callee: Transformed, arguments: Arguments) -> None:
    """A function is compiled that was made anew by the function around the call: record that each pass of a loop does it, or that a call before did it for the
    same objects and for arrays of the same shape."""
    if callee.anew is None:
        return
    event, forks = callee.anew
    if event.context is not tracer.context or forks != tracer.forks:
        return
    if event.in_pass:
        tracer.emit(event)
        return
    key = ("anew", event.place)
    owner = next((root(value) for value in arguments.values() if isinstance(value, Object) and root(value).level is None), None)
    if owner is None:
        return
    before = owner.history.get(key)
    if isinstance(before, Made) and before.forks == forks and _both_happen(before.event.context, event.context) and _serves(before.arguments, arguments):
        tracer.emit(event)
    tracer.journal.set(owner.history, key, Made(event, forks, arguments))


def _both_happen(one: Context | None, two: Context | None) -> bool:
    """Whether two calls stand on one way."""
    return one is not None and two is not None and one.parent is two.parent and one.place != two.place


def _serves(one: Arguments, two: Arguments) -> bool:
    """Whether code that was compiled for some arguments serves others."""
    is_alike = len(one.positional) == len(two.positional) and one.keywords.keys() == two.keywords.keys()
    return is_alike and all(map(_is_same, one.values(), (*two.positional, *(two.keywords[name] for name in one.keywords))))


def _is_same(one: Value, two: Value) -> bool:
    match one, two:
        case Array(), Array():
            is_known = one.low == one.high == len(one.dims) and None not in one.dims
            return is_known and (one.dtype, one.high, one.dims) == (two.dtype, two.high, two.dims)
        case Object(), Object():
            return root(one) is root(two)
        case Static(), Static():
            return one.is_known and (one.kind, one.constant) == (two.kind, two.constant)
        case Tuple(), Tuple():
            return len(one.items) == len(two.items) and all(map(_is_same, one.items, two.items))
        case _:
            return False


# What is sown ------------------------------------------------------------------------------------------------------


def note_sown(tracer: Base, receiver: Object, place: Place) -> None:
    """`receiver.sow(…)` under a compiled function that brings it back to its caller."""
    owner = root(receiver)
    if tracer.compiling and owner is not receiver and owner.level is None:
        tracer.journal.set(owner.history, SOWN, Mark(place, tracer.compiling[-1].transformed))


def note_popped(tracer: Base, value: Value) -> None:
    """What was sown in a Module is taken out; of what is not known, anything may be taken out."""
    for each in reached(value):
        for owner in {id(each): each, id(root(each)): root(each)}.values():
            tracer.journal.delete(owner.history, SOWN)
    if tracer.compiling:
        for each in list(reached(value)):
            for below in reached(root(each)):
                tracer.journal.delete(below.history, SOWN)


def grown(callee: Transformed, arguments: Arguments) -> Mark | None:
    """Where an argument was sown into by an earlier call of the same function, and nothing taken out since."""
    for value in arguments.values():
        for each in reached(value):
            mark = each.history.get(SOWN)
            if isinstance(mark, Mark) and mark.by is callee:
                return mark
    return None


# What is donated ---------------------------------------------------------------------------------------------------


def note_clone(tracer: Base, subject: Object, clone: Object) -> None:
    """`nnx.clone` shares the arrays."""
    before = subject.history.get(CHANGED)
    if not (before is None or isinstance(before, Mark)):
        return  # Whether it changed is open, so whether the two still share is too.
    tracer.journal.set(subject.history, f"{CLONES} {id(clone)}", Clone(clone, before))
    tracer.keep_alive.append(clone)


def donate(tracer: Base, value: Value, mark: Mark, *, is_written_back: bool) -> None:
    """An object is donated: its clones lose their arrays, and so does it, unless the transform gives it new ones."""
    if isinstance(value, State) and not is_written_back:
        tracer.journal.set(value.history, DONATED, mark)
    elif isinstance(value, Module):
        for key, made in list(value.history.items()):
            if isinstance(made, Clone) and str(key).startswith(CLONES) and made.mark is value.history.get(CHANGED) and CHANGED not in made.clone.history:
                tracer.journal.set(made.clone.history, DONATED, mark)


def donated(value: Value) -> Mark | None:
    """Where a value was donated, whatever it is now used for."""
    if isinstance(value, Object) and not isinstance(value, Variable):
        mark = value.history.get(DONATED)
        return mark if isinstance(mark, Mark) else None
    return None
