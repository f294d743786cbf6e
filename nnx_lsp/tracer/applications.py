"""Transforms: what they make of a function, and how the function is walked under them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

import msgspec
from packaging.version import Version

from nnx_lsp import program
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.knowledge.transforms import TRANSFORMS, Shape, Transform
from nnx_lsp.program import Place
from nnx_lsp.tracer import conditionals, dtypes, effects, events, hashes, lists_and_dicts, mapping, retraces, shapes, withdrawn
from nnx_lsp.tracer.agreement import Agreement, carried, carry_index, handed_back
from nnx_lsp.tracer.around import Around, around, carry, concrete, perhaps, perhaps_numbers, unrefused
from nnx_lsp.tracer.attributes import ABSTRACT
from nnx_lsp.tracer.axes import Mapped, axis_at, default_axes, is_carry, stacks
from nnx_lsp.tracer.base import UNJITTED, Arguments
from nnx_lsp.tracer.contexts import Context, Frame
from nnx_lsp.tracer.history import Compiled, Mark, begun, donate, grown, is_compiling, is_outdated, note_anew
from nnx_lsp.tracer.lost import argument_of, changed, is_temporary, is_used_there
from nnx_lsp.tracer.states import SAME_TREE
from nnx_lsp.tracer.training import differentiated
from nnx_lsp.tracer.uses import free_names, takes_from
from nnx_lsp.tracer.values import (
    FALSE,
    INT,
    NONE,
    TRUE,
    UNKNOWN,
    Array,
    Axis,
    Bound,
    Class,
    Counter,
    Dict,
    Function,
    GraphDef,
    Iterator_,
    Level,
    Library,
    List,
    LossAndAux,
    Module,
    Object,
    OneOf,
    Origin,
    Partial,
    State,
    Static,
    Transformed,
    Tree,
    Tuple,
    Value,
    View,
    join,
    options,
    resolution_order,
)

WRAPPED = "wrapped"
"""Under this name the history of a function holds the one whose signature `functools.wraps` gave it."""

_IN_PLACE = (
    Shape.COND,
    Shape.SWITCH,
    Shape.WHILE,
    Shape.FORI,
    Shape.MAP,
    Shape.LAX_SCAN,
    Shape.ASSOCIATIVE,
    Shape.APPLY,
    Shape.HOST,
)
_LOOPS = (Shape.WHILE, Shape.FORI, Shape.LAX_SCAN)
_LOOPS_AND_BRANCHES = (Shape.COND, Shape.SWITCH, Shape.WHILE, Shape.FORI, Shape.MAP, Shape.LAX_SCAN)


_NO_HASH = Version("0.4.36")
"""Since then a tracer has no hash; before, it had that of its identity, and went as a static argument."""


def static_inside(transform: Transform, value: Value) -> Value:
    """What a static argument is inside of the function: with what has no hash its body is never run."""
    return UNKNOWN if transform.name.endswith(".jit") and hashes.unhashable(value) else value


def _is_tracer(value: Value) -> bool:
    """Whether a value may be an array that a transform around traces."""
    return any(isinstance(option, Array) and option.level is not None for option in options(value))


class Applications(Agreement):
    """Applies transforms, and walks the transformed."""

    # Applying -------------------------------------------------------------------------------------------------------

    def apply_transform(self, transform: Transform, arguments: Arguments, node: program.Node) -> Value:
        """`transform(...)`: a transformed function, a decorator where no function is given yet, or the result of one that runs at once."""
        if transform.shape in _IN_PLACE:
            return self._run_in_place(transform, arguments, node)
        bound: dict[str, Value] = dict(zip(transform.parameters, arguments.positional, strict=False))
        bound.update(arguments.keywords)
        function = bound.pop(transform.parameters[0], None)
        if function is None:
            if arguments.is_partial:
                return UNKNOWN
            return Partial(Library(transform.name), (), bound)
        if function is NONE or (isinstance(function, Library) and function.name == "builtins.Ellipsis"):
            return Partial(Library(transform.name), (), bound)
        transformed = Transformed(transform.name, function, {} if arguments.is_partial else bound, self.place(node))
        if arguments.is_partial:
            transformed.options["*"] = UNKNOWN
        self.emit(events.TransformApplied(self.place(node), node, self.context, self.guards, transformed, self.frame.loops > 0))
        if self._is_made_anew(transformed):
            in_pass = self.looping > 0 and self.forks == self.loop_forks
            transformed.anew = events.CompiledAnew(self.place(node), node, self.context, self.guards, transformed, in_pass), self.forks
        self.frame.keep()
        self.applied.append((transformed, self.frame))
        return transformed

    def _is_made_anew(self, transformed: Transformed) -> bool:
        """Whether a call of the function around makes a compiled function that is another one to JAX than that of the call before, and does not depend on
        the call. `jax.jit` knows a function again, `nnx.jit` does not."""
        around, function = self.frame.function, transformed.function
        if around is None or self.level is not None or self.frame.loops or self.frame.is_class or not isinstance(function, Function):
            return False
        if transformed.transform not in ("flax.nnx.jit", "jax.jit") or "*" in transformed.options or any(map(_keeps_results, self.active)):
            return False
        if not all(_constants(value) is not None for value in transformed.options.values()):
            return False
        if function.closure.function is None:
            return transformed.transform == "flax.nnx.jit"
        outer = self.frame.outer
        is_nested = outer is not None and outer.function is not None
        return function.closure is self.frame and not is_nested and not takes_from(function.definition, around.definition)

    # Calling --------------------------------------------------------------------------------------------------------

    def call_transformed(self, callee: Transformed, arguments: Arguments, node: program.Node) -> Value:
        """Call a transformed function: its body is walked under a new level, with the arguments as the transform shows them."""
        if callee.transform == "functools.cache":  # Who knows whether it was called like this before.
            mark = self.journal.mark()
            result = self.call(callee.function, arguments, node)
            self.journal.leave_open(mark)
            lists_and_dicts.loosen(self, (result,))
            return result
        if callee.transform == "contextlib.contextmanager":
            return effects.managed(self, callee.function, arguments, node)
        if callee.transform.startswith("builtins.") or callee.transform.startswith("functools."):
            return self.call(callee.function, arguments, node)
        transform = TRANSFORMS[callee.transform]
        self.called.add(id(callee))
        if transform.name.endswith((".custom_vjp", ".custom_jvp")) and (self.level is not None or self.moment):
            return self._call_with_own_rules(callee, arguments, node)
        if transform.level is None:
            before = self.hides_shapes
            self.hides_shapes = before or transform.name.endswith("shard_map")
            result = self.call(callee.function, arguments, node)
            self.hides_shapes = before
            return result
        if transform.name.endswith(".jit") and self._is_unjitted_here():
            return self.call(callee.function, arguments, node)
        if transform.shape is Shape.SCAN and self._is_unjitted_here():
            self.escape((callee.function, *arguments.values()))
            return UNKNOWN
        if self.level is not None or not transform.name.endswith(".jit"):
            return self._walk_under(transform, callee, arguments, node)
        return self._call_compiled(transform, callee, arguments, node)

    def _call_with_own_rules(self, callee: Transformed, arguments: Arguments, node: program.Node) -> Value:
        """A function with a rule of its own for its gradient: what it gives is differentiated where its arguments are, whatever it does with them."""
        if callee.transform.endswith(".custom_vjp"):
            fixed = [_constants(callee.options.get(option, NONE)) for option in ("nondiff_argnums", "nondiff_argnames")]
            either = None if None in fixed or "*" in callee.options else [each for found in fixed for each in found or ()]
            arguments = unrefused(arguments, _parameter_names(callee.function), either)
        if self.stage is not None:
            return perhaps(self.call(callee.function, arguments, node), Around(None, False, LevelKind.BATCHED))
        by = around(arguments.values(), callee.function)
        positional = tuple(map(concrete, arguments.positional))
        keywords = {name: concrete(value) for name, value in arguments.keywords.items()}
        result = self.call(callee.function, msgspec.structs.replace(arguments, positional=positional, keywords=keywords), node)
        if self.level is None:  # A function by itself may run under anything.
            return perhaps_numbers(result)
        if by.level is None and by.is_sure:
            return result
        if by.level is None or by.level.kind is not LevelKind.DIFFERENTIATED or not isinstance(result, Array):
            return perhaps(result, Around(by.level, False, LevelKind.BATCHED))  # All that it gives is traced, integers too.
        if result.level is not None or result.dtype not in ("", "float"):
            return UNKNOWN if result.level is None else result
        return msgspec.structs.replace(result, level=by.level, origin=self.link(arguments.values(), node, _name(callee)))

    def _is_unjitted_here(self) -> bool:
        """Whether JAX compiles nothing here: inside `jax.disable_jit()`, or because one of the files whose code is under way sets it so."""
        links = self.context.links() if self.context is not None else ()
        paths = dict.fromkeys(link.place.path for link in links)
        states = (self.session.states.get(path) for path in paths)
        modules = (self.frame.module, *(state.frame for state in states if state is not None))
        return self.is_unjitted or any(map(self.is_without_jit, modules))

    def is_without_jit(self, module: Frame) -> bool:
        """Whether a file sets `jax_disable_jit` at its top level."""
        self.reads.add((module.path, UNJITTED))
        return module.names.get(UNJITTED) is TRUE

    def _call_compiled(self, transform: Transform, callee: Transformed, arguments: Arguments, node: program.Node) -> Value:
        """An eager call of a jitted function: its first call compiles, later ones use what was compiled."""
        for argument, value in zip(arguments.nodes, arguments.positional, strict=False):
            self.use(value, argument.value if argument is not None else node)
        sown = grown(callee, arguments)
        if sown is not None:
            self.emit(events.Regrown(self.place(node), node, self.context, self.guards, callee, sown.place))
        compiled = begun(self, callee, arguments) if is_compiling(self, callee) else None
        self.compiling.append(compiled or Compiled(callee, ()))
        try:
            result = self._walk_under(transform, callee, arguments, node)
        finally:
            self.compiling.pop()
        if compiled is not None and compiled.captures:
            self.captured_calls += 1
        note_anew(self, callee, arguments)
        if {"donate_argnums", "donate_argnames"} & set(callee.options):
            self._donate(transform, callee, arguments, result, node)
        return result

    def _donate(self, transform: Transform, callee: Transformed, arguments: Arguments, result: Value, node: program.Node) -> None:
        """The buffers of donated arguments become those of results that have their shape."""
        numbers, names = (_constants(callee.options.get(option, NONE)) for option in ("donate_argnums", "donate_argnames"))
        if numbers is None or names is None or arguments.is_partial:
            return
        parameters = _parameter_names(callee.function)
        mark = Mark(self.place(node), callee)
        for index, (argument, value) in enumerate(zip(arguments.nodes, arguments.positional, strict=False)):
            if index not in numbers and not (index < len(parameters) and parameters[index] in names):
                continue
            donate(self, value, mark, is_written_back=not transform.is_functional)
            if isinstance(value, Array) and argument is not None and isinstance(argument.value, program.Name) and _has_like(result, value):
                name = argument.value.id
                frame = self.found_in(name)
                if frame.names.get(name) is value:
                    origin = Origin(self.place(node), "donated here")
                    self.journal.set(frame.names, name, Array(value.level, value.dtype, value.low, value.high, origin, "donated"))

    def new_level(self, transform: Transform, place: Place, *, is_assumed: bool = False) -> Level:
        """A level for one walk under a transform."""
        assert transform.level is not None
        return Level(transform.level, transform.display, place, self.level, is_assumed, transform.is_functional)

    def _walk_under(self, transform: Transform, callee: Transformed, arguments: Arguments, node: program.Node) -> Value:
        if not transform.is_functional and self.level is not None:
            for value in (*arguments.positional, *arguments.keywords.values()):
                if isinstance(value, Module) and not value.is_symbolic and value.level is not self.level:
                    self.mutate(value, "argument", node)
        level = self.new_level(transform, callee.place)
        mark, count = self.journal.mark(), len(self.events)
        names = _parameter_names(callee.function)
        written = arguments
        arguments = self._resolved(transform, callee, written, names, node)
        if self._refuse(transform, callee, written, arguments, names, node) or _misses_axes(callee, arguments):
            self.escape(arguments.values())
            return UNKNOWN
        shared: dict[int, Object] = {}
        positional: list[Value] = []
        for index, value in enumerate(arguments.positional):
            name = names[index] if index < len(names) else f"*{index}"
            positional.append(self._seen_argument(transform, callee, value, index, name, level, shared))
        keywords = {name: self._seen_argument(transform, callee, value, None, name, level, shared) for name, value in arguments.keywords.items()}
        is_plain = isinstance(callee.function, Function | Bound) and len(written.nodes) == len(positional)
        inner = Arguments(tuple(positional), keywords, written.nodes if is_plain else (), written.keyword_nodes if is_plain else {}, arguments.is_partial)
        self._star_arguments(callee, inner)
        is_again, before, self.closures = retraces.is_traced_again(self, transform, callee), self.closures, {}
        returned = self.enter(
            callee.function,
            inner,
            node,
            level,
            f"`{_name(callee.function)}` runs under `{transform.display}`",
            callee.place,
        )
        withdrawn.forget(self, count)
        if is_again:
            retraces.leave_open(self, callee, mark, level, self.closures.values())
        self.closures = {**before, **self.closures}
        keeps_arrays = transform.level is LevelKind.DIFFERENTIATED
        by = self._traced_around(arguments, callee, returned, level)
        outer = View(self.level, by.level, keeps_arrays=keeps_arrays, keeps_shapes=keeps_results(transform), stacks=stacks(transform))
        self.check_axes(Mapped(transform, callee, arguments, written, names, tuple(positional), returned, level, self.events[count:], shared, node))
        self.check_carry(transform, callee, written, tuple(positional), returned, node)
        returned = handed_back(transform, callee, arguments, tuple(positional), returned)
        if transform.is_functional:
            self._lost_state(callee, returned, level, self.events[count:], shared, arguments, written, names, node)
            self._undo_clones(mark, shared)
        else:
            view = View(level, None, clones=shared)
            self.write_back(mark, view, outer)
        result = self._result(transform, callee, arguments, returned, level, outer, node)
        result = result if by.is_sure or transform.shape in _LOOPS else perhaps(result, by)
        given = {
            **{names[i] if i < len(names) else f"*{i}": value for i, value in enumerate(arguments.positional)},
            **arguments.keywords,
        }
        self.emit(events.TransformedCalled(self.place(node), node, self.context, self.guards, callee, given, result, self.looping > 0))
        return result

    def _traced_around(self, arguments: Arguments, callee: Transformed, returned: Value, inner: Level) -> Around:
        """What traces, outside of a transform, what comes out of it."""
        by = self._around(callee.function, *arguments.values())
        if by.level is None or self.stage is not None:
            return by
        if inner.kind is LevelKind.DIFFERENTIATED:  # Its values know by themselves what traces them.
            return Around(None, by.is_sure, by.by)
        if inner.kind is LevelKind.BATCHED and by.level.kind is LevelKind.BATCHED:
            return Around(None)
        if inner.kind is LevelKind.BATCHED:
            return by if isinstance(returned, Array) and returned.level is inner else Around(by.level, False, by.by)
        is_one = isinstance(returned, Array | Tree | Object)
        return by if is_one or by.is_sure else Around(by.level, False, by.by)

    def _star_arguments(self, callee: Transformed, arguments: Arguments) -> None:
        del callee, arguments

    def _undo_clones(self, mark: int, shared: dict[int, Object]) -> None:
        """What a transform of jax wrote to the stand-ins is nowhere afterwards: nothing is to be undone, for nobody sees them."""
        del mark, shared

    def enter(self, function: Value, arguments: Arguments, node: program.Node, level: Level, text: str, place: Place) -> Value:
        """Walk what a transform was applied to, under its level."""
        match function:
            case Function():
                return self.call_function(function, arguments, node, text=text, level=level, place=place)
            case Bound(function=Function() as method, receiver=receiver):
                return self.call_function(method, arguments.preceded(self._captured(receiver)), node, text=text, level=level, place=place)
            case Partial(function=inner, arguments=first, keywords=keywords):
                bound = Arguments(first + arguments.positional, {**keywords, **arguments.keywords}, (), {}, arguments.is_partial)
                return self.enter(inner, bound, node, level, text, place)
            case Object(cls=cls) if not isinstance(cls, str) and (found := cls.lookup("__call__")) is not None:
                return self.enter(Bound(found[0], function), arguments, node, level, text, place)
            case OneOf(options=found_options):
                return join([self.enter(option, arguments, node, level, text, place) for option in found_options])
            case _:
                return self._enter_other(function, arguments, node, level, text, place)

    def _captured(self, receiver: Value) -> Value:
        return receiver

    def _enter_other(self, function: Value, arguments: Arguments, node: program.Node, level: Level, text: str, place: Place) -> Value:
        """A transformed or library function under another transform: it is called inside a frame of that level."""
        outer = self.frame
        context = Context(self.context, place, text, _name(function), level)
        self.frame = Frame(outer.path, outer.chunk, {}, outer, context, moment=outer.moment)
        self.depth += 1
        try:
            return self.call(function, arguments, node)
        finally:
            self.depth -= 1
            self.frame = outer

    # Arguments ------------------------------------------------------------------------------------------------------

    def _resolved(self, transform: Transform, callee: Transformed, arguments: Arguments, names: list[str], node: program.Node) -> Arguments:
        """The arguments as the transform passes them on: by position, with the defaults, where it does so."""
        function = callee.function
        while isinstance(function, Bound):
            function = function.function
        if not transform.resolves_keywords or arguments.is_partial or not isinstance(function, Function):
            return arguments
        while WRAPPED in function.history:  # Its signature is that of another function.
            function = function.history[WRAPPED]
            if not isinstance(function, Function):
                return Arguments(arguments.positional, {}, arguments.nodes, {}, True)
            names = _parameter_names(function)
        positional, keywords = list(arguments.positional), dict(arguments.keywords)
        for name in names[len(positional) :]:
            if name in keywords:
                positional.append(keywords.pop(name))
            elif name in function.defaults:
                positional.append(function.defaults[name])
            else:
                return arguments
        only = [parameter for parameter in function.definition.parameters if parameter.kind == "keyword"]
        for parameter in only:
            value = keywords.pop(parameter.name, None) or function.defaults.get(parameter.name)
            if value is not None:
                self.emit(events.UnfitArgument(self.place(node), node, self.context, self.guards, callee, parameter.name, value, "keyword"))
        if any(parameter.kind == "**" for parameter in function.definition.parameters):
            for name, value in keywords.items():
                self.emit(events.UnfitArgument(self.place(node), node, self.context, self.guards, callee, name, value, "keyword"))
        if only or keywords:
            return arguments
        return Arguments(tuple(positional), {}, arguments.nodes, {}, False)

    def _refuse(self, transform: Transform, callee: Transformed, given: Arguments, arguments: Arguments, names: list[str], node: program.Node) -> bool:
        """Record the arguments that JAX cannot trace, cannot map, or cannot compare as static ones; whether one cannot be mapped, so nothing is walked."""
        if arguments.is_partial or transform.level is LevelKind.DIFFERENTIATED or transform.level is None:
            return False
        if _has_other_keywords(callee.function, arguments):
            return False  # The call is wrong before JAX looks at its arguments.
        is_unmappable = False
        every: list[tuple[int | None, str, Value]] = [
            (index, names[index] if index < len(names) else "", value) for index, value in enumerate(arguments.positional)
        ]
        every.extend((None, name, value) for name, value in arguments.keywords.items())
        for index, name, value in every:
            reason = self._unfit(transform, callee, index, name, value)
            if not reason:
                continue
            is_unmappable = is_unmappable or reason == "rank"
            where: program.Node = node
            if index is not None and index < len(given.nodes) and (argument := given.nodes[index]) is not None:
                where = argument.value
            elif name in given.keyword_nodes:
                where = given.keyword_nodes[name].value
            is_default = (index is None or index >= len(given.positional)) and name not in given.keywords
            if not (is_default and reason == "hash"):  # Defaults are no part of what is compared.
                self.emit(events.UnfitArgument(self.place(where), where, self.context, self.guards, callee, name, value, reason, is_default, index is None))
        return is_unmappable

    def _unfit(self, transform: Transform, callee: Transformed, index: int | None, name: str, value: Value) -> str:
        """Why a transform refuses an argument, as in `events.UnfitArgument`; `""` where it does not, or nobody knows."""
        is_mapped = transform.level is LevelKind.BATCHED or transform.shape is Shape.SCAN
        is_number = isinstance(value, Static) and value.kind in ("int", "float", "bool")
        kinds = {
            "rank": is_mapped and is_number and (index is None or index != carry_index(transform, callee)),
            "type": self._is_untraceable(value) and not (transform.takes_descriptions and _describes_array(value)),
            "hash": transform.name.endswith(".jit") and bool(hashes.unhashable(value)) and not (_is_tracer(value) and self.library.jax < _NO_HASH),
        }
        if not any(kinds.values()):
            return ""
        kept = self.is_kept(transform, callee, index, name)
        return next((reason for reason, holds in kinds.items() if holds and kept is (reason == "hash")), "")

    def _is_untraceable(self, value: Value) -> bool:
        """Whether no part of JAX takes a value for an array or a tree of them."""
        match value:
            case Static(kind="str"):
                return True
            case Function() | Transformed() | Bound() | Class():
                return True
            case Tuple(items=items):
                return any(map(self._is_untraceable, items))
            case Dict(items=items):
                return any(map(self._is_untraceable, items.values()))
            case Object(cls=Class() as cls):
                may_be_of_subclass = value.is_symbolic and not any(_is_named(decorator, "typing.final") for decorator in cls.decorators)
                return type(value) is Object and not value.is_open and not may_be_of_subclass and self._is_leaf(cls)
            case _:
                return False

    def _is_leaf(self, cls: Class) -> bool:
        """Whether JAX sees an instance of a user's class as one thing, and as none that it knows."""
        if cls.library_bases or cls.is_open or cls.lookup("__jax_array__") is not None:
            return False
        return all(self._is_plain(decorator) for one in resolution_order(cls) for decorator in one.decorators) and not self.is_registered(cls)

    def _is_plain(self, decorator: Value) -> bool:
        while isinstance(decorator, Partial):
            decorator = decorator.function
        return _is_named(decorator, "dataclasses.dataclass") or _is_named(decorator, "typing.final")

    def _seen_argument(
        self,
        transform: Transform,
        callee: Transformed,
        value: Value,
        index: int | None,
        name: str,
        level: Level,
        shared: dict[int, Object],
    ) -> Value:
        """An argument as the body sees it."""
        function = _name(callee.function)
        origin = Origin(self._parameter_place(callee, name), f"argument `{name}` of `{function}` under `{transform.display}`") if name else None
        if transform.level is LevelKind.DIFFERENTIATED:
            wanted = taken_of(transform, callee, index)
            if transform.is_functional and wanted is None and isinstance(value, State):
                return value  # JAX takes apart what it differentiates, and passes on the rest.
            is_main = wanted is not None
            view = View(level, None, keeps_arrays=True, parameter=name, origin=origin if is_main else None, clones=shared, tangents=level if is_main else None)
            view.wanted = wanted
            if wanted is UNKNOWN and not isinstance(value, Object):
                return UNKNOWN if self.stage is None else value
            return self.tangent(value, view) if is_main else self.seen(value, view) if not isinstance(value, Array) else value
        kept = self.is_kept(transform, callee, index, name)
        if kept is None:
            is_copied = transform.level is LevelKind.BATCHED or transform.shape is Shape.SCAN
            return self.seen(value, hiding(level, name, origin, shared)) if is_copied and isinstance(value, Object) else UNKNOWN
        if kept:
            if isinstance(value, Module | Counter):
                self.emit(events.KeptArgument(callee.place, program.Pass(0), self.context, self.guards, callee, name, value, is_outdated(self, callee, value)))
            if transform.shape is Shape.SCAN:  # What is broadcast is traced by the loop all the same.
                return self.seen(value, View(level, level, False, name, origin, shared, keeps_shapes=True))
            if transform.level is LevelKind.BATCHED:
                return value if not isinstance(value, Object) else self.seen(value, View(level, None, True, name, origin, shared))
            return static_inside(transform, value)
        if index is not None and index == carry_index(transform, callee):
            return carried(self.seen(value, View(level, level, False, name, origin, shared, keeps_shapes=True)))
        if transform.name.endswith(".pmap") and (unmapped := _unmapped(callee.options.get("in_axes", _ZERO), index)) is not False:
            whole = View(level, level, False, name, origin, shared, keeps_shapes=True)
            return self.seen(value, whole if unmapped else hiding(level, name, origin, shared))
        if transform.takes_descriptions and (described := self._described(value, level, origin)) is not None:
            return described
        axis = self._mapped_axis(transform, callee, index)
        is_whole = keeps_shapes(transform) or transform.shape in (Shape.LAX_SCAN, Shape.MAP)
        view = View(level, level, False, name, origin, shared, keeps_shapes=is_whole, axis=axis)
        axes = axis_at(callee.options.get("in_axes", NONE), index) if axis is not None and index is not None else NONE
        return self._seen_parts(value, axes, view) if isinstance(axes, Tuple | List | Dict) else self.seen(value, view)

    def _described(self, value: Value, level: Level, origin: Origin | None) -> Value | None:
        """The array that an object describes by its `shape` and its `dtype`, also as a part of a tuple, a list or a dict; `None`: there is none."""
        if isinstance(value, Tuple | List) and value.items is not None:
            found = [self._described(item, level, origin) for item in value.items]
            return UNKNOWN if any(found) else None
        if isinstance(value, Dict):
            return UNKNOWN if any(self._described(item, level, origin) for item in value.items.values()) else None
        if not _describes_array(value):
            return None
        if not self._is_untraceable(value):  # JAX may take it apart; of a Module it does, or nnx.
            return None if isinstance(value, Module) and self.library.flax_minor >= (0, 12) else UNKNOWN
        nowhere = program.Pass(0)
        extent = shapes.of_shape(self.read_attribute(value, "shape", nowhere))
        exact = dtypes.named(self.read_attribute(value, "dtype", nowhere))
        return Array(level, dtypes.kind(exact), extent.low, extent.high, origin, dims=extent.dims, exact=exact)

    def _seen_parts(self, value: Value, axes: Value, view: View) -> Value:
        """An argument whose parts are mapped along axes of their own."""
        if isinstance(axes, Tuple) and isinstance(value, Tuple) and len(value.items) == len(axes.items):
            return Tuple(tuple(self._seen_parts(item, axis, view) for item, axis in zip(value.items, axes.items, strict=True)), value.fields)
        axis = mapping.axis_of(axes)
        return self.seen(value, msgspec.structs.replace(view, axis=axis)) if axis is not None else UNKNOWN

    def _mapped_axis(self, transform: Transform, callee: Transformed, index: int | None) -> Axis | None:
        """The axis along which an argument is mapped; what is given by keyword is mapped along the first."""
        if not transform.maps:
            return None
        if index is None:
            return Axis(0)
        return mapping.axis_of(axis_at(callee.options.get("in_axes", default_axes(transform)), index)) or Axis(None)

    def _lanes(self, transform: Transform, callee: Transformed, arguments: Arguments) -> int | None:
        """How many lanes or steps there are, where an argument tells."""
        for index, value in enumerate(arguments.positional):
            axis = self._mapped_axis(transform, callee, index)
            if index != carry_index(transform, callee) and axis is not None and (found := mapping.length(value, axis)) is not None:
                return found
        return None

    def tangent(self, value: Value, view: View) -> Value:
        """An argument that a gradient is taken of: the numbers in it are tracers, of the stage around where there is one."""
        match value:
            case Array(level=None, dtype="" | "float") if self.stage is None:
                return Array(view.tangents, value.dtype, value.low, value.high, view.origin, value.role, value.dims, None, value.exact)
            case Static(kind="float"):
                return Array(self.stage or view.tangents, "float", 0, 0, view.origin, exact=dtypes.exact(value))
            case Tuple(items=items, fields=fields):
                return Tuple(tuple(self.tangent(item, view) for item in items), fields)
            case List(kind="list") if value.items is not None:
                return List({"items": tuple(self.tangent(item, view) for item in value.items)}, view.level)
            case Dict():
                return Dict({key: self.tangent(item, view) for key, item in value.items.items()}, {"open": value.is_open}, view.level)
            case Array() | Tree():
                return value
            case _:
                return self.seen(value, view)

    def _parameter_place(self, callee: Transformed, name: str) -> Place:
        """Where the parameter stands, or the function where it is not known."""
        function = callee.function
        while isinstance(function, Partial | Bound):
            function = function.function
        if isinstance(function, Function):
            for parameter in function.definition.parameters:
                if parameter.name == name:
                    return Place(function.path, function.chunk, parameter.at)
            return function.place
        return callee.place

    def is_kept(self, transform: Transform, callee: Transformed, index: int | None, name: str) -> bool | None:
        """Whether an argument reaches the body as it is: static, or not mapped. `None`: not known."""
        given = callee.options
        if "*" in given:
            return None
        if transform.level is LevelKind.BATCHED:
            return _unmapped(given.get("in_axes", _ZERO), index)
        if transform.shape is Shape.SCAN:
            return _unmapped(given.get("in_axes", _ZERO), index)
        numbers = _constants(given.get(transform.static_numbers, NONE))
        names = _constants(given.get(transform.static_names, NONE))
        if numbers is None or names is None:
            return None
        if name in names:
            return True
        parameters = _parameter_names(callee.function)
        if not parameters and (numbers if index is None else names) and not _has_signature(callee.function):
            return None  # Where the signature stands, a name may be a position and a position a name.
        positions = {number + len(parameters) if isinstance(number, int) and number < 0 else number for number in numbers}
        if index is not None and index in positions:
            return True
        return bool(index is None and name in parameters and parameters.index(name) in positions)

    # Results --------------------------------------------------------------------------------------------------------

    def _result(
        self,
        transform: Transform,
        callee: Transformed,
        arguments: Arguments,
        returned: Value,
        level: Level,
        outer: View,
        node: program.Node,
    ) -> Value:
        if transform.shape is not Shape.GRADIENT:
            if transform.name == "jax.make_jaxpr" or transform.shape is Shape.JACOBIAN:
                return UNKNOWN
            if transform.maps:
                return self._side_by_side(transform, callee, arguments, returned, level, outer)
            return self.outside(returned, level, outer)
        has_aux = callee.options.get("has_aux", FALSE)
        known = has_aux.constant if isinstance(has_aux, Static) and isinstance(has_aux.constant, bool) else None
        self._differentiated(callee, returned, known, node)
        if "*" in callee.options or known is None:
            return UNKNOWN
        gradient = self._gradient(callee, arguments)
        for one in gradient.items if isinstance(gradient, Tuple) else (gradient,):
            if not transform.is_functional and isinstance(one, State) and isinstance(one.of, Module):
                differentiated(self, one.of, node)
        value: Value = UNKNOWN
        aux: Value = UNKNOWN
        if known and isinstance(returned, Tuple) and len(returned.items) == 2:
            value, aux = returned.items
        elif not known:
            value = returned
        loss = next((option for option in options(self.seen_inside(value, outer)) if isinstance(option, Array)), None)
        value = (
            Array(loss.level, loss.dtype, 0, 0, loss.origin, "loss", exact=loss.exact) if loss is not None else Array(self.stage, "float", 0, 0, None, "loss")
        )
        aux = self.outside(aux, level, outer)
        if transform.has_value:
            return Tuple((LossAndAux((value, aux), (), self.place(node)) if known else value, gradient))
        return Tuple((gradient, aux)) if known else gradient

    def _side_by_side(self, transform: Transform, callee: Transformed, arguments: Arguments, returned: Value, level: Level, outer: View) -> Value:
        """Results of a mapped function: what its lanes or steps returned, side by side along `out_axes`."""
        lanes = self._lanes(transform, callee, arguments)
        axes = callee.options.get("out_axes", default_axes(transform) if "*" not in callee.options else UNKNOWN)

        def one(value: Value, axis: Value) -> Value:
            view = msgspec.structs.replace(outer, keeps_shapes=True)
            if is_carry(axis):
                index = carry_index(transform, callee)
                given = arguments.positional[index] if index is not None and index < len(arguments.positional) else UNKNOWN
                return self._carried_out(self.outside(value, level, view), given)
            if axis is NONE:
                return self.outside(value, level, view)
            if isinstance(axis, Tuple | List | Dict):  # Its parts have axes of their own.
                return UNKNOWN
            view.axis = mapping.axis_of(axis, is_added=True, size=lanes) or Axis(None, None, True)
            return self.outside(value, level, view)

        if isinstance(axes, Tuple):
            if not isinstance(returned, Tuple) or len(returned.items) != len(axes.items):
                return UNKNOWN
            return Tuple(tuple(one(item, axis_at(axes, index)) for index, item in enumerate(returned.items)), returned.fields)
        if not isinstance(axes, Static) and not is_carry(axes):
            return UNKNOWN
        return one(returned, axes)

    def _differentiated(self, callee: Transformed, returned: Value, has_aux: bool | None, node: program.Node) -> None:
        function = callee.function
        while isinstance(function, Partial | Bound | Transformed):
            function = function.function
        known = function if isinstance(function, Function) else None
        self.emit(events.Differentiated(self.place(node), node, self.context, self.guards, callee, known, returned, has_aux))

    def _gradient(self, callee: Transformed, arguments: Arguments) -> Value:
        """The gradient with respect to the arguments that `argnums` names."""
        transform = TRANSFORMS[callee.transform]
        if not transform.is_functional and self._may_be_without_graph(callee):
            return UNKNOWN  # Then it is an instance of the class of what it is taken of.
        argnums = callee.options.get("argnums", Static("int", 0))
        if isinstance(argnums, Static) and isinstance(argnums.constant, int):
            return self._gradient_of(arguments.positional[argnums.constant] if 0 <= argnums.constant < len(arguments.positional) else UNKNOWN, transform)
        if isinstance(argnums, Tuple):
            numbers = [item.constant if isinstance(item, Static) else None for item in argnums.items]
            return Tuple(
                tuple(
                    self._gradient_of(
                        arguments.positional[number] if isinstance(number, int) and 0 <= number < len(arguments.positional) else UNKNOWN, transform
                    )
                    for number in numbers
                )
            )
        if isinstance(argnums, Object):
            return Tree(self.stage, None, "gradient")
        return UNKNOWN

    def _may_be_without_graph(self, callee: Transformed) -> bool:
        """Whether a transform of nnx may take its arguments as trees, and not as graphs."""
        told = callee.options.get("graph")
        return told != TRUE if told not in (None, NONE) else self.asks_made("set_graph_mode")

    def _gradient_of(self, value: Value, transform: Transform) -> Value:
        match value:
            case Module():
                held: dict[str, Value] = {SAME_TREE: TRUE} if transform.is_functional else {}
                cls = value.cls if transform.is_functional else "flax.nnx.State"  # Of jax, gradients are an instance of the class itself.
                return State(cls, held, self.level, None, is_open=True, role="gradient", of=value)
            case Array():
                return Array(value.level, value.dtype, value.low, value.high, value.origin, "gradient", value.dims, None, value.exact)
            case _:
                return Tree(self.stage, None, "gradient")

    # State that is lost ---------------------------------------------------------------------------------------------

    def _lost_state(
        self,
        callee: Transformed,
        returned: Value,
        level: Level,
        happened: list[events.Event],
        shared: dict[int, Object],
        arguments: Arguments,
        written: Arguments,
        names: list[str],
        node: program.Node,
    ) -> None:
        """Record the arguments whose state changed under a transform of jax and does not come back, though somebody may want it."""
        given = {**dict(zip(names, arguments.positional, strict=False)), **arguments.keywords}
        done = {owner.parameter for owner in _owners(returned)}
        for name, mutation in changed(happened, level, shared):
            if name in done or is_used_there(mutation, name, callee, happened, self.context):
                continue
            done.add(name)
            if not is_temporary(given.get(name, UNKNOWN), argument_of(name, names, written), self.frame):
                self.emit(events.StateLost(self.place(node), node, self.context, self.guards, callee, name, mutation.target, mutation))

    # Those that run at once -----------------------------------------------------------------------------------------

    def _run_in_place(self, transform: Transform, arguments: Arguments, node: program.Node) -> Value:
        if arguments.is_partial:
            return UNKNOWN
        may_be_unjitted = self.moment != 0 and self.asks_made("disable_jit")
        if transform.shape in _LOOPS_AND_BRANCHES and (may_be_unjitted or self._is_unjitted_here()):  # Python goes through them.
            self.escape(arguments.values())
            return UNKNOWN
        count = len(transform.parameters)
        own = [arguments.get(index, name) for index, name in enumerate(transform.parameters)]
        operands = arguments.positional[count:]
        if "operand" in arguments.keywords:
            operands = (*operands, arguments.keywords["operand"])
        if own[0] is None:
            return Partial(Library(transform.name), arguments.positional, arguments.keywords)
        given = [value if value is not None else UNKNOWN for value in own]
        match transform.shape:
            case Shape.HOST:
                effects.called_back(self, given[0])
                self.host.extend(on_host(given[0]))
                return UNKNOWN
            case Shape.APPLY:
                result = self._apply(transform, given[0], Arguments(operands, arguments.keywords), node)
                if transform.name == "flax.nnx.eval_shape":
                    self._mark_abstract(result)
                return mapping.abstract(result) if transform.name == "jax.eval_shape" else result
            case Shape.COND:
                apart = conditionals.apart(arguments, self.library.jax) if transform.name == "jax.lax.cond" else None
                if apart == "doubtful":
                    return UNKNOWN
                if apart is not None:
                    results = [self._body(transform, function, (operand,), node) for function, operand, _ in apart]
                    self.check_branches(transform, results, [written for _, _, written in apart], node)
                    return join(results)
                results = [self._body(transform, branch, operands, node) for branch in given[1:3]]
                self.check_branches(transform, results, [arguments.argument(index, transform.parameters[index]) for index in (1, 2)], node)
                return join(results)
            case Shape.SWITCH:
                branches = self.items(given[1]) or (self.element(given[1], node),)
                results = [self._body(transform, branch, operands, node) for branch in branches]
                self.check_branches(transform, results, _elements(arguments.argument(1, "branches"), len(results)), node)
                return join(results)
            case Shape.WHILE:
                nodes = (arguments.argument(2, "init_val"),)
                self._body(transform, given[0], (given[2],), node, nodes, parameter="cond_fun")
                return self._carried_out(self._body(transform, given[1], (given[2],), node, nodes), given[2], self._around(given[1], given[2]))
            case Shape.FORI:
                result = self._body(transform, given[2], (INT, given[3]), node, (None, arguments.argument(3, "init_val")))
                return self._carried_out(result, given[3], self._around(given[2], given[3]))
            case Shape.MAP:
                return self._stepped(self._body(transform, given[0], (self._slice_of(given[1]),), node), given[1])
            case Shape.LAX_SCAN:
                xs = given[2] if own[2] is not None else NONE
                result = self._body(transform, given[0], (given[1], self._slice_of(xs)), node, (arguments.argument(1, "init"), None))
                if isinstance(result, List):
                    return UNKNOWN  # It comes back as a list.
                if not isinstance(result, Tuple) or len(result.items) != 2:
                    return Tuple((self._released(given[1]), UNKNOWN))
                by, (last, steps) = self._around(given[0], given[1], xs), result.items
                steps = steps if by.is_sure or (by.level is not None and isinstance(steps, Array)) else perhaps(steps, by)
                return Tuple((self._carried_out(last, given[1], by), self._stepped(steps, xs)))
            case _:
                return UNKNOWN

    host: list[Value]

    def _slice_of(self, value: Value) -> Value:
        """One step's part of what a scan maps over."""
        return self.seen(value, View(self.level, None, True, axis=Axis(0)))

    def _stepped(self, value: Value, mapped: Value) -> Value:
        """What the steps of a loop gave, side by side."""
        return self.seen(value, View(self.level, None, True, axis=Axis(0, mapping.length(mapped, Axis(0)), True)))

    def _around(self, function: Value, *values: Value) -> Around:
        """What traces, outside of it, what comes out of a function that runs on these values under a transform."""
        return Around(self.stage) if self.stage is not None or self.level is None else around(values, function)

    def _carried_out(self, value: Value, given: Value, by: Around | None = None) -> Value:
        """A carry after the loop, where `given` is what it was before; `by`: what traces it there."""
        level = self.level
        is_mapped = self.stage is None and level is not None and level.kind is LevelKind.BATCHED
        settled = mapping.settled(value)
        if is_mapped:
            return mapping.batched_as(settled, given)
        return settled if self.stage is not None or by is None or (by.level is None and by.is_sure) else carry(settled, given)

    def _released(self, value: Value) -> Value:
        """A carry after the loop: arrays of the level around it, of the shape that they had before."""
        match value:
            case Tuple(items=items, fields=fields):
                return Tuple(tuple(self._released(item) for item in items), fields)
            case Array():
                strong = value.exact if dtypes.is_strong(value.exact) else ""
                return Array(self.stage, value.dtype, value.low, value.high, value.origin, "", value.dims, None, strong)
            case Object():
                return value
            case _:  # A number may be an array now, or the number that it was.
                return UNKNOWN

    def _body(
        self,
        transform: Transform,
        function: Value,
        operands: tuple[Value, ...],
        node: program.Node,
        nodes: tuple[program.Argument | None, ...] = (),
        *,
        parameter: str = "",
    ) -> Value:
        """Walk a body of a control-flow function with its operands traced; `parameter` names it where it is another one than the body of a loop."""
        transformed = Transformed(transform.name, function, {parameter: function} if parameter else {}, self.place(node))
        return self._walk_under(transform, transformed, Arguments(operands, {}, nodes or (None,) * len(operands)), node)

    def _mark_abstract(self, value: Value) -> None:
        """What `nnx.eval_shape` gives holds shapes only, and so does what is inside of it."""
        waiting, seen = [value], set[int]()
        while waiting:
            each = waiting.pop()
            if isinstance(each, Object) and id(each) not in seen:
                seen.add(id(each))
                waiting += each.attributes.values()
                self.journal.set(each.attributes, ABSTRACT, UNKNOWN)

    def _apply(self, transform: Transform, function: Value, arguments: Arguments, node: program.Node) -> Value:
        transformed = Transformed(transform.name, function, {}, self.place(node))
        result = self._walk_under(transform, transformed, arguments, node)
        if transform.level is LevelKind.DIFFERENTIATED:
            return Iterator_(UNKNOWN)
        return result


_ZERO = Static("int", 0)


def _is_named(value: Value, name: str) -> bool:
    return isinstance(value, Library) and value.name == name


def _has_other_keywords(function: Value, arguments: Arguments) -> bool:
    """Whether a call gives a function of the user keywords that it has no parameters for."""
    if not isinstance(function, Function):
        return False
    parameters = function.definition.parameters
    return not any(parameter.kind == "**" for parameter in parameters) and not {parameter.name for parameter in parameters}.issuperset(arguments.keywords)


def on_host(function: Value) -> Iterator[Function]:
    """A function that the host calls with concrete arrays, and the local ones that it calls itself: they are under none of the transforms that they are
    defined under."""
    waiting, seen = [function], set[int]()
    while waiting:
        each = waiting.pop()
        while isinstance(each, Partial):
            each = each.function
        if not isinstance(each, Function) or id(each.definition) in seen:
            continue
        seen.add(id(each.definition))
        around: Frame | None = each.closure
        yield Function(each.definition, each.path, each.chunk, msgspec.structs.replace(each.closure, context=None), each.defaults, each.owner)
        names = free_names(each.definition)
        while around is not None and around.outer is not None:
            waiting += [value for name, value in around.names.items() if name in names]
            around = around.outer


def hiding(level: Level, name: str, origin: Origin | None, shared: dict[int, Object]) -> View:
    """The view of an object whose arrays may be mapped, broadcast or carried, each by itself (`nnx.StateAxes`)."""
    return View(level, None, False, name, origin, shared, hides_arrays=True)


def keeps_shapes(transform: Transform) -> bool:
    """Whether a function sees its arguments, and its caller the results, in the shapes that they have on the other side."""
    return transform.level is LevelKind.STAGED and transform.shape in (Shape.WRAP, Shape.COND, Shape.SWITCH, Shape.APPLY) and "pmap" not in transform.name


def taken_of(transform: Transform, callee: Transformed, index: int | None) -> Value | None:
    """The filter of what a gradient is taken of in an argument (`...`: all of it); `None`: nothing, `UNKNOWN`: nobody knows whether, or what."""
    everything: Value = _EVERYTHING if transform.is_functional else _PARAMS
    if transform.shape not in (Shape.GRADIENT, Shape.JACOBIAN):
        return everything if index is not None else UNKNOWN
    if "*" in callee.options:
        return UNKNOWN
    argnums = callee.options.get("argnums", _ZERO)
    several = argnums.items if isinstance(argnums, Tuple | List) else (argnums,)
    for one in several if several is not None else (UNKNOWN,):
        is_state = isinstance(one, Object) and one.cls == "flax.nnx.DiffState"
        number = one.attributes.get("argnum") if is_state and isinstance(one, Object) else one
        if not isinstance(number, Static) or not isinstance(number.constant, int) or number.constant < 0:
            return UNKNOWN
        if number.constant == index:
            return one.attributes.get("filter", UNKNOWN) if is_state and isinstance(one, Object) else everything
    return None


_EVERYTHING, _PARAMS = Library("builtins.Ellipsis"), Library("flax.nnx.Param")


def keeps_results(transform: Transform) -> bool:
    """Whether a caller sees the results in the shapes that they have in the body; what loops give for each step is put side by side later."""
    return keeps_shapes(transform) or transform.shape in (Shape.LAX_SCAN, Shape.MAP, Shape.WHILE, Shape.FORI)


def _keeps_results(definition: object) -> bool:
    """Whether a decorator keeps what a function returned, for its next call."""
    return isinstance(definition, program.FunctionDef) and any("cache" in program.text(decorator) for decorator in definition.decorators)


def _has_like(result: Value, value: Array) -> bool:
    """Whether a result may take the buffer of an array."""
    match result:
        case Array():
            is_short = (result.high >= 0 and result.high < value.low) or (value.high >= 0 and value.high < result.low)
            return not is_short and (result.dtype == value.dtype or "" in (result.dtype, value.dtype))
        case Tuple(items=items):
            return any(_has_like(item, value) for item in items)
        case _:
            return False


def _elements(argument: program.Argument | None, count: int) -> list[program.Node | None]:
    """The elements of a list or tuple that is written out, or the whole in place of each."""
    written = argument.value if argument is not None else None
    if isinstance(written, program.ListDisplay | program.TupleDisplay) and len(written.elements) == count:
        return list(written.elements)
    return [written] * count


def _name(function: Value) -> str:
    match function:
        case Function():
            return function.name
        case Bound(function=inner) | Partial(function=inner) | Transformed(function=inner):
            return _name(inner)
        case Object():
            return function.class_name
        case Library(name=name):
            return name.rpartition(".")[2]
        case _:
            return "the function"


def _parameter_names(function: Value) -> list[str]:
    """Names of the positional parameters as the transformed function takes them."""
    match function:
        case Function(definition=definition):
            return [parameter.name for parameter in definition.parameters if parameter.kind in ("positional", "either")]
        case Bound(function=inner):
            return _parameter_names(inner)[1:]
        case Partial(function=inner, arguments=first, keywords=keywords):
            return list(takewhile(lambda name: name not in keywords, _parameter_names(inner)[len(first) :]))
        case Transformed(function=inner):
            return _parameter_names(inner)
        case Object(cls=cls) if not isinstance(cls, str) and (found := cls.lookup("__call__")) is not None:
            return _parameter_names(found[0])[1:]
        case _:
            return []


def _has_signature(function: Value) -> bool:
    """Whether the parameters of what a transform is applied to are known."""
    match function:
        case Function():
            return True
        case Bound(function=inner) | Partial(function=inner) | Transformed(function=inner):
            return _has_signature(inner)
        case Object(cls=cls):
            return not isinstance(cls, str) and cls.lookup("__call__") is not None
        case _:
            return False


def _describes_array(value: Value) -> bool:
    """Whether an object of the user has the attributes by which JAX knows the shape and the dtype of an array."""
    return isinstance(value, Object) and all(
        name in value.attributes or (isinstance(value.cls, Class) and value.cls.lookup(name) is not None) for name in ("shape", "dtype")
    )


def _constants(value: Value) -> list[object] | None:
    """The constants of a static_argnums or static_argnames option; `None` where they are not known."""
    match value:
        case Static(kind="NoneType"):
            return []
        case Static(constant=int() | str() as constant):
            return [constant]
        case Tuple(items=items):
            found = [item.constant if isinstance(item, Static) and item.is_known else None for item in items]
            return None if None in found else list(found)
        case List() if value.items is not None:
            found = [item.constant if isinstance(item, Static) and item.is_known else None for item in value.items]
            return None if None in found else list(found)
        case _:
            return None


def _misses_axes(callee: Transformed, arguments: Arguments) -> bool:
    """Whether `in_axes` has another number of entries than there are positional arguments: JAX raises ValueError at the call."""
    axes = callee.options.get("in_axes")
    if callee.transform not in ("jax.vmap", "jax.pmap") or not isinstance(axes, Tuple) or arguments.is_partial:
        return False
    return len(axes.items) != len(arguments.positional)


def _unmapped(axes: Value, index: int | None) -> bool | None:
    """Whether `in_axes` leaves an argument whole (`None` for it)."""
    match axes:
        case Static(kind="NoneType"):
            return True
        case Static(kind="int"):
            return False
        case Tuple(items=items):
            if index is None:
                return False
            return _unmapped(items[index], None) if index < len(items) else None
        case Dict() | List():
            return None
        case Library(name=name):
            return False if name.endswith(".Carry") else None
        case _:
            return None


def _owners(value: Value) -> list[Object]:
    """The objects that a returned value gives back, itself or as their state."""
    match value:
        case State(of=Object() as of) | GraphDef(of=Object() as of):
            return [of, value]
        case Object():
            return [value]
        case Tuple(items=items):
            return [owner for item in items for owner in _owners(item)]
        case List():
            return [owner for item in (value.items or (value.element,)) for owner in _owners(item)]
        case Dict():
            return [owner for item in value.items.values() for owner in _owners(item)]
        case OneOf(options=found):
            return [owner for option in found for owner in _owners(option)]
        case _:
            return []


__all__ = ["TRUE", "Applications", "keeps_shapes", "taken_of"]
