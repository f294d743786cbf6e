"""Attributes: what `owner.name` is for each sort of owner, and what writing it changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nnx_lsp import program
from nnx_lsp.knowledge import arrays as array_knowledge
from nnx_lsp.knowledge.decorators import KEEPING
from nnx_lsp.knowledge.library import Entry
from nnx_lsp.program import Place
from nnx_lsp.tracer import (
    among,
    asked,
    by_default,
    containers,
    decisions,
    dtypes,
    events,
    instances,
    names,
    plain,
    record_functions,
    records,
    shapes,
    states,
    train_states,
)
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.conditions import dtype_of
from nnx_lsp.tracer.expected import exception_names
from nnx_lsp.tracer.expressions import VERSION
from nnx_lsp.tracer.history import note_change, note_overwritten, note_read
from nnx_lsp.tracer.instances import is_any_instance
from nnx_lsp.tracer.shapes import Extent
from nnx_lsp.tracer.state import ABSENT as NOT_THERE
from nnx_lsp.tracer.state import MAYBE
from nnx_lsp.tracer.values import (
    ASKED,
    BOOL,
    FALSE,
    HOST_ARRAY,
    INT,
    MISSING,
    NONE,
    SHAPE,
    STR,
    TRUE,
    UNKNOWN,
    Among,
    Array,
    Bound,
    Class,
    Dict,
    Foreign,
    Function,
    Library,
    LibraryMethod,
    List,
    Marked,
    MethodOfAny,
    Module,
    Namespace,
    Object,
    OneOf,
    Optax,
    Partial,
    Rngs,
    RngStream,
    State,
    Static,
    Super,
    Transformed,
    Tree,
    Tuple,
    Unknown,
    UserModule,
    Value,
    Variable,
    content_of,
    join,
    options,
    resolution_order,
)
from nnx_lsp.tracer.views import DATA, Views, object_type

_VARIABLE_METHODS = frozenset(
    (
        "get_value",
        "set_value",
        "copy",
        "replace",
        "get_metadata",
        "set_metadata",
        "add_axis",
        "remove_axis",
        "copy_from",
        "update_from_state",
        "to_state",
    )
)
_OF_ARRAYS = array_knowledge.ARRAY_METHODS.union(
    array_knowledge.STATIC_ATTRIBUTES, array_knowledge.OF_TORCH, array_knowledge.STREAMS, ("T", "mT", "real", "imag", "flat")
)
_DICT_METHODS = frozenset(("items", "keys", "values", "get"))
_DRAWN = (
    "normal uniform bernoulli randint categorical truncated_normal permutation choice key bits gumbel exponential shuffle laplace multivariate_normal beta "
    "gamma poisson ball orthogonal rademacher"
)
_DRAWS = frozenset(_DRAWN.split())
"""What one expects of an `nnx.Rngs` and its streams, which have functions of `jax.random` on newer lines."""
_NOWHERE: Final = program.Pass(0)
"""The place of what runs without being written down."""
_OF_OBJECT = ("__setattr__", "__delattr__")
FORGOTTEN = "<forgotten>"
"""In the attributes of an object of which nobody knows what it holds."""
_PLAIN = ("__class__", "__dict__", "__doc__", "__name__", "__module__", "__init__", "__call__")


ABSTRACT = "<abstract>"
FILLED = "<filled>"
"""Stands among the attributes of an object whose Variables hold shapes only: `nnx.eval_shape` gave it."""


_BY_KIND = ("grad", "value_and_grad", "vjp", "Optimizer", "ModelAndOptimizer", "state", "split")
"""Functions and classes that look for Variables of one kind."""


SHARED = "<shared>"
"""Stands among the attributes of a Variable that is a reference: what a transform of any sort changes in it stays changed."""

REFERENCE_SWITCHES = ("var_defaults", "use_refs", "use_hijax", "flax_hijax_variable", "flax_array_ref", "flax_mutable_array")
"""What a file calls to have each Variable made so."""


class Attributes(Views):
    """Reads and writes attributes."""

    is_template = False
    """Whether an instance is being made for want of a known one: what is made meanwhile is symbolic."""

    def read_attribute(self, owner: Value, name: str, node: program.Node) -> Value:
        """`owner.name`."""
        match owner:
            case Foreign(name=library):
                return Foreign(f"{library}.{name}")
            case Namespace():
                return owner
            case Among():
                return among.attribute(owner, name)
            case Unknown():
                return UNKNOWN
            case Library():
                return self._library_attribute(owner, name, node)
            case Object():
                return self._object_attribute(owner, name, node)
            case Array():
                if name in array_knowledge.OF_TORCH or (name in array_knowledge.STREAMS and (owner.dtype == "key" or owner.uses is not None)):
                    self.emit(events.AttributeRead(self.place(node), node, self.context, self.guards, owner, name, UNKNOWN, False))
                    return UNKNOWN
                return self._array_attribute(owner, name)
            case Tree():
                return self._tree_attribute(owner, name)
            case OneOf(options=found):
                return self._attribute_of_one(found, name, node)
            case Static():
                return _static_attribute(owner, name)
            case List() | Dict():
                return LibraryMethod(owner, "list" if isinstance(owner, List) else "dict", name)
            case Tuple(items=items, fields=fields):
                return items[fields.index(name)] if name in fields else record_functions.of_named_tuple(owner, name)
            case Class():
                return self._class_attribute(owner, name)
            case Super():
                return self._super_attribute(owner, name)
            case UserModule():
                return (self.member(owner, name) or UNKNOWN) if not self.is_replaced(name) else UNKNOWN
            case Transformed(transform="builtins.property") if name in ("setter", "deleter", "getter"):
                return LibraryMethod(owner, "property", name)
            case Transformed():
                return LibraryMethod(owner, "transformed", name) if not name.startswith("__") else STR if name in ("__name__", "__qualname__") else UNKNOWN
            case Optax(sort="transformation") if name in ("init", "update"):
                return LibraryMethod(owner, "optax", name)
            case Function() | Bound() | Partial():
                return STR if name == "__name__" else UNKNOWN
            case _:
                return UNKNOWN

    def _attribute_of_one(self, found: tuple[Value, ...], name: str, node: program.Node) -> Value:
        """The attribute of one of a few values. That it is missing is certain only where every one of them lacks it."""
        count, lacking, certain = len(self.events), 0, 0
        values: list[Value] = []
        for option in [each for each in found if not _lacks(each, name)] or found:
            before = len(self.events)
            values.append(self.read_attribute(option, name, node))
            missing = [event for event in self.events[before:] if isinstance(event, events.AttributeRead) and not event.is_found]
            lacking += bool(missing)
            certain += bool(missing) and all(event.is_certain for event in missing)
        if lacking and not lacking == len(found) == (certain or lacking):
            self.events[count:] = [event for event in self.events[count:] if not isinstance(event, events.AttributeRead) or event.is_found]
        joined = join(values)
        if isinstance(joined, Unknown):  # What is called there may be a method of one of these containers.
            containers = tuple(value.receiver for value in values if isinstance(value, LibraryMethod) and isinstance(value.receiver, List | Dict))
            return MethodOfAny(containers, name) if containers else joined
        return joined

    # Libraries ------------------------------------------------------------------------------------------------------

    def _library_attribute(self, owner: Library, name: str, node: program.Node) -> Value:
        if owner.name.startswith("typing."):
            return UNKNOWN
        if owner.name in ("typing", "typing_extensions") and name == "TYPE_CHECKING":
            return FALSE
        child = f"{owner.name}.{name}"
        if self.is_replaced(name):
            return UNKNOWN
        if name == "newaxis":
            return NONE
        if name in ("__version__", "version", "__version_info__"):
            return VERSION
        if child == "jax.config.jax_disable_jit":
            return ASKED
        entry = self.library.entry(child)
        if entry is None and owner.name == "flax.nnx.initializers":
            return Library(f"jax.nn.initializers.{name}")
        if child in KEEPING or owner.name in ("jax.experimental", "jax.core"):  # Of what is in there, not all is listed.
            return Library(self.library.canonical(child))
        if entry is None and not self.library.has_module(child) and self.library.has_module(owner.name) and not name.startswith("_"):
            self.emit(events.AttributeRead(self.place(node), node, self.context, self.guards, owner, name, UNKNOWN, False))
            return UNKNOWN
        if entry is not None and entry.deprecated is not None:
            self.emit(events.DeprecatedName(self.place(node), node, self.context, self.guards, child))
        if entry is not None and entry.kind == "value":
            return _library_constant(child)
        return Library(self.library.canonical(child))

    # Arrays and plain values ----------------------------------------------------------------------------------------

    def _array_attribute(self, owner: Array, name: str) -> Value:
        if name == "shape":
            told = shapes.as_value(shapes.extent(owner)) if not self.hides_shapes else UNKNOWN
            return told if told is not UNKNOWN else SHAPE
        if name == "aval":
            return Static()
        if name in ("ndim", "size", "nbytes", "itemsize"):
            number = owner.low if name == "ndim" and owner.low == owner.high else None
            if name == "size" and not self.hides_shapes:
                number = shapes.extent(owner).size
            return Static("int", number) if number is not None else INT
        if name in array_knowledge.STATIC_ATTRIBUTES:
            return dtype_of(owner) if name == "dtype" else Static()
        if name in ("T", "mT", "real", "imag", "flat"):
            extent = shapes.extent(owner)
            if name == "T":
                extent = shapes.transposed(extent, None)
            elif name in ("mT", "flat"):
                extent = Extent(extent.low, extent.high) if name == "mT" else shapes.NOTHING
            dtype, exact = owner.dtype, owner.exact
            if name in ("real", "imag"):
                dtype, exact = "float" if dtype == "complex" else dtype, dtypes.of_part(owner)
            return Array(self.array_level((owner,), smooth=True), dtype, extent.low, extent.high, owner.origin, owner.role, extent.dims, None, exact)
        return LibraryMethod(owner, "jax.Array", name)

    def _tree_attribute(self, owner: Tree, name: str) -> Value:
        if name in array_knowledge.STATIC_ATTRIBUTES:
            return SHAPE if name == "shape" else INT if name in ("ndim", "size", "nbytes", "itemsize") else Static()
        if name in array_knowledge.ARRAY_METHODS:
            return LibraryMethod(owner, "jax.Array", name)
        if name == "T":
            return Array(owner.level, origin=owner.origin)
        if name in _DICT_METHODS:
            return LibraryMethod(owner, "dict", name)
        return LibraryMethod(owner, "tree", name) if name == "update" else UNKNOWN

    # Classes --------------------------------------------------------------------------------------------------------

    def _class_attribute(self, owner: Class, name: str) -> Value:
        found = owner.lookup(name) if not self.is_replaced(name) else (UNKNOWN, owner)
        if name == "__init__" and records.writes_initializer(owner):
            return LibraryMethod(owner, record_functions.DATACLASS, name)
        if found is None and name in _OF_OBJECT:
            return Library(f"builtins.object.{name}")
        if found is None and train_states.inherits(owner, name):
            return LibraryMethod(owner, train_states.TRAIN_STATE, name)
        if name == "__name__" and self.moment == 0 and not owner.is_open:
            return Static("str", owner.name)
        if found is None:
            return STR if name in ("__name__", "__qualname__") else UNKNOWN
        value = self.of_class(found[1], name, found[0])
        if isinstance(value, Transformed) and value.transform == "builtins.classmethod":
            return Bound(value.function, owner) if not _is_property(value.function) else UNKNOWN
        if isinstance(value, Transformed) and value.transform == "builtins.staticmethod":
            return value.function
        if isinstance(value, Object) and isinstance(value.cls, Class) and (getter := value.cls.lookup("__get__")) is not None:
            return self.call(Bound(getter[0], value), Arguments((NONE, owner)), program.Pass(0))
        return value

    def _super_attribute(self, owner: Super, name: str) -> Value:
        receiver = owner.receiver
        order = resolution_order(receiver.cls) if isinstance(receiver, Object) and isinstance(receiver.cls, Class) else resolution_order(owner.owner)
        if isinstance(receiver, Object) and isinstance(receiver.cls, Class) and is_any_instance(receiver) and self._has_diamond_below(receiver.cls):
            return UNKNOWN
        after = order[order.index(owner.owner) + 1 :] if owner.owner in order else order[1:]
        for cls in after:
            if name == "__init__" and records.writes_initializer(cls):
                return Partial(LibraryMethod(cls, record_functions.DATACLASS, name), (receiver,), {})
            if name in cls.attributes:
                return self._bind(self.of_class(cls, name, cls.attributes[name]), receiver)
        for base in owner.owner.library_bases:
            return LibraryMethod(receiver, base, name)
        return LibraryMethod(receiver, "object", name) if not owner.owner.is_open else UNKNOWN

    def _has_diamond_below(self, cls: Class) -> bool:
        """Whether a class below this one has other bases too, so that what is next to it in the order of its instances is not known."""
        return any(len(one.bases) > 1 for one in self.family(cls).classes)

    def _bind(self, value: Value, receiver: Value, node: program.Node = _NOWHERE) -> Value:
        """What a class's attribute is when it is read from an instance."""
        match value:
            case Function(definition=definition) if isinstance(receiver, Object) and is_any_instance(receiver) and _is_stub(definition):
                return UNKNOWN  # What stands there in a class below is what is called.
            case Function():
                return Bound(value, receiver)
            case Partial(function=Library(name="functools.partialmethod")):
                return UNKNOWN
            case Transformed(transform="builtins.property" | "functools.cached_property", function=function):
                return self.call(Bound(function, receiver), Arguments(), node)
            case Transformed(transform="builtins.staticmethod", function=function):
                return function
            case Transformed(transform="builtins.classmethod", function=function):
                return Bound(function, self._class_of(receiver)) if not _is_property(function) else UNKNOWN
            case Transformed():
                return Bound(value, receiver)
            case Object(cls=Class() as cls) if (getter := cls.lookup("__get__")) is not None:
                return self.call(Bound(getter[0], value), Arguments((receiver, self._class_of(receiver))), program.Pass(0))
            case OneOf(options=found):  # What stood there at several moments.
                return UNKNOWN if any(isinstance(one, Function | Transformed | Object) for one in found) else value
            case _:
                return value

    def _class_of(self, receiver: Value) -> Value:
        """The class that a class method gets."""
        if isinstance(receiver, Class):
            return receiver
        if not isinstance(receiver, Object) or not isinstance(receiver.cls, Class) or receiver.is_of_another_class:
            return UNKNOWN
        return receiver.cls if not is_any_instance(receiver) or self.is_final(receiver.cls) else UNKNOWN

    # Objects --------------------------------------------------------------------------------------------------------

    def _object_attribute(self, owner: Object, name: str, node: program.Node) -> Value:
        if isinstance(owner.cls, Class) and (own := owner.cls.lookup("__getattribute__")) is not None:
            return self._asked(owner, own[0], name, node)
        if name == "__dict__":
            return Namespace(owner)
        if name == "__class__" and isinstance(owner.cls, Class):
            return self._class_of(owner)
        is_new = name not in owner.attributes
        value = self.peek(owner, name)
        if (value is None or value is UNKNOWN) and owner.is_of_another_class:
            self.forget(owner)  # It may be a method, and nobody knows what that changes.
            return UNKNOWN
        if value is not None:
            if is_new and ABSTRACT in owner.attributes and isinstance(value, Object):
                self.journal.set(value.attributes, ABSTRACT, UNKNOWN)
            if isinstance(owner, Variable):
                self.emit(events.AttributeRead(self.place(node), node, self.context, self.guards, owner, name, value, True))
            if self.compiling and isinstance(value, Variable):
                note_read(self, value, node)
            return value
        if isinstance(owner, Rngs):
            return self._stream(owner, name, node)
        if isinstance(owner, Variable) and not (isinstance(owner.cls, Class) and owner.cls.lookup(name) is not None):
            return self._variable_attribute(owner, name, node)
        if (item := containers.attribute(self, owner, name)) is not None:
            return item
        if containers.held(self, owner) is not None and containers.is_method(owner, name):
            return LibraryMethod(owner, owner.library_class, name)
        if isinstance(owner.cls, Class):
            found = owner.cls.lookup(name)
            if found is not None:
                if found[0] is UNKNOWN or self.is_replaced(name):
                    self.note_escape(owner)
                    return UNKNOWN
                if (owner.is_symbolic or owner.is_open or records.may_take_fields(owner.cls)) and any(name == field for field, _ in found[1].fields):
                    return UNKNOWN  # A default: whoever made it may have said something else.
                if is_any_instance(owner) and (name in self.names_below(owner.cls) or _is_remade(owner.cls, found[0])):
                    return UNKNOWN  # It may be an instance of a class below, which has its own.
                value = self._bind(self.of_class(found[1], name, found[0]), owner, node)
                if isinstance(found[0], Transformed) and found[0].transform == "functools.cached_property" and type(owner) is Object:
                    self.journal.set(owner.attributes, name, value)  # From here on it is an attribute of the object.
                return value
        if name in _OF_OBJECT:
            return Partial(Library(f"builtins.object.{name}"), (owner,), {})
        for base in (owner.cls,) if isinstance(owner.cls, str) else owner.cls.library_bases:
            entry = self.library.entry(base)
            if entry is not None and name in entry.methods:
                if entry.methods[name].kind == "property":
                    return UNKNOWN
                return LibraryMethod(owner, base, name)
        if isinstance(owner, State):
            return states.part(self, owner, name) if name not in _DICT_METHODS else UNKNOWN
        if name == "replace" and isinstance(owner.cls, Class) and records.is_of_struct(owner.cls):
            return LibraryMethod(owner, record_functions.DATACLASS, name)
        if train_states.inherits(owner.cls, name):
            return LibraryMethod(owner, train_states.TRAIN_STATE, name)
        is_missing_draw = isinstance(owner, RngStream) and name in _DRAWS
        if owner.is_open and (made := names.named(self, owner, name)) is not None:
            return made
        if not is_missing_draw and (owner.is_open or name in _PLAIN or self._is_dynamic(owner)):
            return self._given_by_class(owner, name, node)
        if containers.may_have_more(self, owner):
            return UNKNOWN
        if isinstance(owner.cls, Class) and is_any_instance(owner) and name in self.names_below(owner.cls):
            return UNKNOWN
        is_certain = self.is_whole(owner)
        self.emit(events.AttributeRead(self.place(node), node, self.context, self.guards, owner, name, UNKNOWN, False, is_certain))
        return UNKNOWN

    def _given_by_class(self, owner: Object, name: str, node: program.Node) -> Value:
        """What a `__getattr__` of the user gives for an attribute that is not there."""
        found = owner.cls.lookup("__getattr__") if isinstance(owner.cls, Class) and name not in _PLAIN and not owner.is_symbolic else None
        if found is None or not isinstance(found[0], Function) or found[0].definition in self.active:
            return UNKNOWN
        is_over = self.frame.is_over
        value = self.call(Bound(found[0], owner), Arguments((Static("str", name),)), node)
        self.frame.is_over = is_over
        return value

    def _asked(self, owner: Object, function: Value, name: str, node: program.Node) -> Value:
        """What a `__getattribute__` of the user gives, as far as it is followed: nothing is known of it."""
        if isinstance(function, Function) and function.definition not in self.active:
            self.call(Bound(function, owner), Arguments((Static("str", name),)), node)
            self.frame.is_over = False
        return UNKNOWN

    def is_whole(self, owner: Object) -> bool:
        """Whether all that an instance has was seen: it was made before our eyes, nobody unknown got it, and no choice was made since that may depend
        on what it is (`if kind == "mlp": model.layers`)."""
        root = owner
        while True:
            if root.is_symbolic or self.is_escaped(root) or id(root) in self.unfinished:
                return False
            if root.source is None:
                break
            root = root.source
        return not set(self.forks) - set(root.forks)

    def _is_dynamic(self, owner: Object) -> bool:
        """Whether attributes may exist that nobody wrote down."""
        if not isinstance(owner, Module):
            return True
        if not isinstance(owner.cls, Class):
            return False
        return owner.cls.is_open or any(owner.cls.lookup(name) is not None for name in ("__getattr__", "__getattribute__", "__setattr__"))

    def peek(self, owner: Object, name: str) -> Value | None:
        """The attribute of an instance, without recording that it was read; `None` where the instance itself has none."""
        if name in owner.attributes:
            found: Value = owner.attributes[name]
            return found
        if FORGOTTEN in owner.attributes:
            return UNKNOWN
        if owner.source is not None and owner.view is not None:
            value = self.peek(owner.source, name)
            if value is not None:
                source, value = value, self.held_inside(owner, name, value, owner.view)
                owner.attributes[name] = value
                self.stand_for(value, source, owner.view)
            return value
        value = self._built_in(owner, name)
        if value is not None:
            owner.attributes[name] = value
        return value

    def _built_in(self, owner: Object, name: str) -> Value | None:
        """An attribute that a library's class gives its instances."""
        if isinstance(owner, RngStream) and name == "key":
            view = owner.source.view if owner.source is not None else None
            level = view.arrays if view is not None else self.stage if owner.level is not None else None
            return Variable("flax.nnx.RngKey", {"value": Array(level, "key", origin=owner.origin)}, owner.level, owner.place, owner.is_symbolic)
        for base in (owner.cls,) if isinstance(owner.cls, str) else owner.cls.library_bases:
            entry = self.library.entry(base)
            attribute = entry.attributes.get(name) if entry is not None else None
            if attribute is None:
                continue
            kind, _, cls = attribute.kind.partition(":")
            rank = attribute.ndim if attribute.ndim is not None else -1
            match kind:
                case "Variable" if entry is not None and (switched := _switched(entry, owner, name)) is not None:
                    return switched
                case "Variable":
                    told = shapes.of_weight(base.rpartition(".")[2], name, owner.attributes) or Extent(max(rank, 0), rank)
                    made_by = owner.level.stage if owner.level is not None else None
                    held = Array(made_by, "", told.low, told.high, dims=told.dims)
                    return Variable(cls, {"value": held}, owner.level, owner.place, owner.is_symbolic)
                case "Module" | "rngs" | "stream":
                    made = object_type(cls or "flax.nnx.Rngs", self.library.is_subclass)
                    return made(cls or "flax.nnx.Rngs", {}, owner.level, owner.place, owner.is_symbolic, True)
                case "array":
                    return Array(None, "", max(rank, 0), rank)
                case _:
                    return UNKNOWN
        return None

    def _stream(self, owner: Rngs, name: str, node: program.Node) -> Value:
        entry = self.library.entry("flax.nnx.Rngs")
        if entry is not None and name in entry.methods:
            return LibraryMethod(owner, "flax.nnx.Rngs", name)
        known = owner.streams
        is_found = known is None or name in known or owner.has_default is not False or name.startswith("_")
        value: Value = RngStream("flax.nnx.RngStream", {}, owner.level, owner.place, parameter=owner.parameter, name=name) if is_found else UNKNOWN
        if isinstance(value, RngStream):
            value.origin = owner.origin
            value.source = owner
        self.emit(events.AttributeRead(self.place(node), node, self.context, self.guards, owner, name, value, is_found))
        return value

    def _variable_attribute(self, owner: Variable, name: str, node: program.Node) -> Value:
        if name in ("value", "raw_value"):
            self.emit(events.AttributeRead(self.place(node), node, self.context, self.guards, owner, name, UNKNOWN, True))
            return UNKNOWN
        if name in _VARIABLE_METHODS:
            return LibraryMethod(owner, "flax.nnx.Variable", name)
        if name in ("type", "trace_state", "sharding_names"):
            return UNKNOWN
        content = owner.content
        if name not in _OF_ARRAYS:
            return UNKNOWN  # It may be kept beside what the Variable holds.
        if isinstance(content, Unknown):
            return self.read_attribute(Array(), name, node) if name in array_knowledge.STATIC_ATTRIBUTES else UNKNOWN
        return join([self.read_attribute(option, name, node) for option in options(content)])

    def forget(self, owner: Object) -> None:
        """Nobody knows what an object holds from here on."""
        for name in tuple(owner.attributes):
            if name.isidentifier():
                self.journal.set(owner.attributes, name, UNKNOWN)
        self.journal.set(owner.attributes, FORGOTTEN, UNKNOWN)

    def _change_class(self, owner: Object) -> None:
        """An object gets another class: what it takes from its class is not known any more."""
        for one in resolution_order(owner.cls) if isinstance(owner.cls, Class) else ():
            for name in one.attributes:
                if name not in owner.attributes:
                    self.journal.set(owner.attributes, name, UNKNOWN)
        self.journal.set(owner.attributes, "__class__", UNKNOWN)
        self.note_escape(owner)

    # Writing --------------------------------------------------------------------------------------------------------

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
        """`owner.name = value`."""
        if isinstance(owner, Variable) and name in ("value", "raw_value"):
            if name == "value":
                self.emit(events.ValueWrite(self.place(node), node, self.context, self.guards, owner, statement))
            note_overwritten(self, owner, node if not operator else None)
            self.write_variable(owner, value, node)
            return
        if isinstance(owner, Class):
            self._begin_attribute(owner, name)
            self.journal.set(owner.attributes, name, value)
            if self.level is not None:
                self.leak(owner, None, value, node)
            return
        if isinstance(owner, OneOf):  # Each of them may be the one: what it had, it may still have.
            for option in owner.options:
                if isinstance(option, Object):
                    had = self.peek(option, name) or self._of_its_class(option, name)
                    if had is None:
                        self.journal.set(option.attributes, MAYBE + name, UNKNOWN)
                    self.journal.set(option.attributes, name, value if had is None else join((had, value)))
            return
        if isinstance(owner, Among):
            among.write_attribute(self, owner, name, value)
        if isinstance(owner, Unknown | Foreign) and isinstance(value, Object):
            self.note_escape(value)  # Who holds it now may change it (`trainer.model = model`).
        if not isinstance(owner, Object):
            return
        decisions.written(self, owner, name)
        if name == "__dict__":
            self.write_namespace(Namespace(owner))
            return
        if name == "__class__":
            self._change_class(owner)
            return
        is_marked = isinstance(value, Marked) and (value.value == NONE or isinstance(value.value, List | Dict))
        value = containers.unmarked(value)
        if containers.write(self, owner, name, value):
            return
        before = self.peek(owner, name)
        is_initializer = self.frame.is_initializer and self._is_self(owner)
        is_data = statement is not None and isinstance(statement.value, program.Call) and self._is_call_of(statement.value, "flax.nnx.data")
        is_data = is_data or self.peek(owner, DATA + name) is not None
        is_chosen = isinstance(value, Array) and value.role == "random" and self.asks_made("DiffState")
        where = self.place(node), node, self.context, self.guards
        is_put = isinstance(before, Variable) and isinstance(value, Array) and (asked.is_test(self.frame.path) or not self._is_in_method())
        is_never_trained = is_put and not any(map(self.asks_made, _BY_KIND))
        kinds = is_data, is_never_trained, is_chosen
        self.emit(events.AttributeWrite(*where, owner, name, before, value, is_initializer, operator, statement, *kinds))
        if isinstance(owner.cls, Class) and self._is_written_by_class(owner, owner.cls, name, value, node):
            return
        self._begin_attribute(owner, name)
        if is_marked:
            self.journal.set(owner.attributes, DATA + name, TRUE)
        self.journal.set(owner.attributes, name, containers.in_place_of(self, before, value) if isinstance(owner, Module) else value)
        if owner.level is not self.level and not is_initializer and not owner.is_symbolic:
            self.leak(owner, owner.level, value, node)

    def _begin_attribute(self, owner: Object | Class, name: str) -> None:
        """Before an attribute is written: what is read where another way does not write it."""
        if name not in owner.attributes:
            self.journal.lies_beneath(owner.attributes, name, self._of_its_class(owner, name) or NOT_THERE)
        elif MAYBE + name in owner.attributes:
            self.journal.delete(owner.attributes, MAYBE + name)

    def _of_its_class(self, owner: Object | Class, name: str) -> Value | None:
        """What the class of an object, or a base of a class, has under a name; `None`: nothing."""
        cls = owner.cls if isinstance(owner, Object) else owner
        found = cls.lookup(name) if isinstance(cls, Class) else None
        if found is None:
            return None
        is_bound = isinstance(found[0], Function | Transformed | Object)
        return UNKNOWN if is_bound else self.of_class(found[1], name, found[0])

    def delete_attribute(self, owner: Value, name: str, node: program.Node) -> None:
        """`del owner.name`: what was there is gone, or still there where a class decides that."""
        for one in options(owner):
            if isinstance(one, Class):
                self.journal.set(one.attributes, name, UNKNOWN)
            if not isinstance(one, Object):
                continue
            own, found = ((one.cls.lookup(each) or (None,))[0] if isinstance(one.cls, Class) else None for each in ("__delattr__", name))
            if own is not None or not isinstance(found, Transformed) or found.transform != "builtins.property":  # A property stays with its class.
                self.journal.set(one.attributes, name, UNKNOWN)
            if isinstance(own, Function) and own.definition not in self.active:
                self.call(Bound(own, one), Arguments((Static("str", name),)), node)
            elif isinstance(found, Transformed) and (deleter := found.options.get("deleter")) is not None:
                self.call(Bound(deleter, one), Arguments(), node)
            elif isinstance(found, Object) and isinstance(found.cls, Class) and (descriptor := found.cls.lookup("__delete__")) is not None:
                self.call(Bound(descriptor[0], found), Arguments((one,)), node)

    def _is_written_by_class(self, owner: Object, cls: Class, name: str, value: Value, node: program.Node) -> bool:
        """Whether the class has its own way of setting an attribute: a `__setattr__`, a property or a descriptor, which is called."""
        setter = (cls.lookup("__setattr__") or (None,))[0]
        if isinstance(setter, Function):
            if setter.definition not in self.active:
                self.call(Bound(setter, owner), Arguments((Static("str", name), value)), node)
                self.frame.is_over = False
            self.journal.set(owner.attributes, name, UNKNOWN)
            return True
        found = (cls.lookup(name) or (None,))[0]
        match found:
            case Transformed(transform="builtins.property", options=options):
                if (own := options.get("setter")) is not None:
                    self.call(Bound(own, owner), Arguments((value,)), node)
                return True
            case Object(cls=Class() as kind) if (own_setter := kind.lookup("__set__")) is not None:
                self.call(Bound(own_setter[0], found), Arguments((owner, value)), node)
                return True
            case Unknown():
                self.journal.set(owner.attributes, name, UNKNOWN)
                return True
            case _:
                return False

    def _is_in_method(self) -> bool:
        """Whether the code that is walked is that of a method of a class."""
        function = self.frame.function
        return function is not None and function.owner is not None

    def _is_call_of(self, call: program.Call, name: str) -> bool:
        """Whether a call is one of a library's function."""
        if not isinstance(call.function, program.Name | program.Attribute):
            return False
        count = len(self.events)
        function = self.evaluate(call.function)
        del self.events[count:]
        return isinstance(function, Library) and function.name == name

    def _is_self(self, owner: Object) -> bool:
        function = self.frame.function
        if function is None or not function.definition.parameters:
            return False
        return self.frame.names.get(function.definition.parameters[0].name) is owner

    def write_variable(self, variable: Variable, value: Value, node: program.Node) -> None:
        """What a Variable holds is replaced."""
        self.mutate(variable, "variable", node)
        if ABSTRACT in variable.attributes:
            self.journal.delete(variable.attributes, ABSTRACT)
            self.journal.set(variable.attributes, FILLED, UNKNOWN)  # Where only one way does, either may be so.
        held = content_of(value)
        for each in _seen_as(variable) if _is_shared(variable) else ():
            held = UNKNOWN
            self.journal.set(each.attributes, "value", UNKNOWN)
        self.journal.set(variable.attributes, "value", held)

    def mutate(self, target: Value, what: str, node: program.Node) -> None:
        """Record that state of an object changes."""
        is_across = isinstance(target, Object) and target.level is not self.level
        if what in ("variable", "update"):
            note_change(self, target, self.place(node))
        if (isinstance(target, Variable) and _is_shared(target)) or (what in _IN_VARIABLES and any(map(self.asks_made, REFERENCE_SWITCHES))):
            return
        is_skipped = is_across and what in _IN_VARIABLES and by_default.is_skipped(self, node)
        self.emit(events.Mutation(self.place(node), node, self.context, self.guards, target, what, is_across, is_skipped))

    # Types ----------------------------------------------------------------------------------------------------------

    def is_instance(self, value: Value, classes: Value) -> bool | None:
        """Whether a value is an instance of a class (or of one of a tuple of classes), as far as that is known."""
        return instances.is_instance(self.library, value, classes)

    def instance_of(self, classes: Value) -> Value | None:
        """What a value is that was found to be an instance of a class."""
        found = instances.told(classes, self._instance_of_one)
        return join(found) if found is not None else None

    def _instance_of_one(self, cls: Value) -> Value | None:
        if isinstance(cls, Class):
            return self.symbolic(cls)
        if isinstance(cls, Library):
            return self.typed(cls.name)
        return NONE if isinstance(cls, Static) and cls.kind == "NoneType" else None

    def typed(self, name: str) -> Value | None:
        """A value of a library's class of which nothing else is known."""
        if name in _SIMPLE:
            return _SIMPLE[name]
        if name in array_knowledge.ARRAY_CLASSES and not name.endswith("ArrayLike"):  # A Python number is one too.
            return Array(role="told")
        if name.startswith("flax.nnx.") and (entry := self.library.entry(name)) is not None and entry.kind == "class":
            made = object_type(name, self.library.is_subclass)
            if made is Object:
                return None
            found = made(name, {}, self.level, None, True, True)
            if isinstance(found, Variable):
                found.attributes["value"] = UNKNOWN
            return found
        return None

    def symbolic(self, cls: Class) -> Object:
        raise NotImplementedError


_SIMPLE: dict[str, Value] = {
    "builtins.int": INT,
    "builtins.float": Static("float"),
    "builtins.bool": BOOL,
    "builtins.str": STR,
    "builtins.complex": Static("complex"),
    "numpy.ndarray": HOST_ARRAY,
    "builtins.NoneType": NONE,
}


def _static_attribute(owner: Static, name: str) -> Value:
    match owner.kind:
        case "str" if name == "format":
            return LibraryMethod(owner, "str", name)
        case kind if plain.has_method(kind, name):
            return LibraryMethod(owner, "plain", name)
        case "version":
            return LibraryMethod(owner, "version", name)
        case "ndarray":
            if name == "shape":
                return SHAPE
            if name in ("ndim", "size", "itemsize", "nbytes"):
                return INT
            return LibraryMethod(owner, "numpy.ndarray", name) if name not in ("T", "flat", "real", "imag") else HOST_ARRAY
        case "NoneType" | "" | "str" | "bytes" | "int" | "float" | "bool" | "complex":
            return plain.attribute(owner, name) or UNKNOWN
        case _:
            return Static() if owner.constant is MISSING else UNKNOWN


def _lacks(value: Value, name: str) -> bool:
    """Whether it certainly has no such attribute, so that nothing is read from it."""
    return isinstance(value, Static) and (kind := _KINDS.get(value.kind)) is not None and not hasattr(kind, name)


_KINDS: dict[str, type] = {"int": int, "float": float, "bool": bool, "complex": complex, "str": str, "bytes": bytes, "NoneType": type(None)}


def _is_property(value: Value) -> bool:
    return isinstance(value, Transformed) and value.transform == "builtins.property"


def _is_stub(definition: program.FunctionDef | program.Lambda) -> bool:
    """Whether a method has nothing but a docstring, `...`, `pass` or `raise NotImplementedError` in its body."""
    body = definition.body if isinstance(definition, program.FunctionDef) else (definition,)
    return all(map(_says_nothing, body))


def _says_nothing(node: program.Node) -> bool:
    match node:
        case program.Raise(exception=raised) if raised is not None:
            return "NotImplementedError" in exception_names(raised.function if isinstance(raised, program.Call) else raised)
        case program.ExpressionStatement(value=value):
            return isinstance(value, program.Constant | program.Opaque)
        case _:
            return isinstance(node, program.Pass)


def _library_constant(name: str) -> Value:
    root, _, last = name.rpartition(".")
    if root in ("jax.numpy", "numpy", "math") and last in ("pi", "e", "inf", "nan", "euler_gamma"):
        return Static("float")
    if last == "newaxis":
        return NONE
    return Library(name)


__all__ = ["Attributes", "Place"]


def _seen_as(variable: Object) -> Iterator[Object]:
    """A Variable and those that it stands for."""
    each: Object | None = variable
    while each is not None:
        yield each
        each = each.source


def _switched(entry: Entry, owner: Object, name: str) -> Value | None:
    """The `bias` of a layer without one, or of one of which nobody knows whether it has one; `None`: it has it."""
    option = _SWITCHES.get(name)
    if option is None or entry.signature is None or all(parameter.name != option for parameter in entry.signature.parameters):
        return None
    match owner.attributes.get(option):
        case Static(kind="bool", constant=True):
            return None
        case Static(kind="bool", constant=False):
            return NONE
        case _:
            return UNKNOWN


_SWITCHES = {"bias": "use_bias", "scale": "use_scale"}
"""Variables that a layer has where this option is on."""


def _is_remade(cls: Class, value: Value) -> bool:
    """Whether a decorator of the user may have made a class below this one, which has another value."""
    return not isinstance(value, Function | Transformed) and any(isinstance(each, Function | Bound | Class) for each in cls.decorators)


_IN_VARIABLES = ("variable", "update", "state", "stream", "optimizer", "metric", "statistics")
"""Changes that go into Variables: where a file may have asked for Variables by reference, they are seen on both sides of every border."""


def _is_shared(variable: Variable) -> bool:
    return any(SHARED in each.attributes for each in _seen_as(variable))
