"""Expressions: what each one gives, and the facts that evaluating it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeGuard, cast

from nnx_lsp import program
from nnx_lsp.tracer import among, containers, decisions, dtypes, events, expected, keys, lists_and_dicts, names, plain, protocols, records, shapes, states
from nnx_lsp.tracer.base import VERSION_GUARD, Arguments, BudgetExceededError, value_origin
from nnx_lsp.tracer.conditions import asks_for_extents, has_no_truth, is_for_scalars, may_ask_for_extents, same_dtype, without_tests
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.events import Test
from nnx_lsp.tracer.history import note_name
from nnx_lsp.tracer.instances import is_exactly, united
from nnx_lsp.tracer.modules import Session
from nnx_lsp.tracer.moments import Moments
from nnx_lsp.tracer.narrowing import is_for_host, narrow
from nnx_lsp.tracer.shapes import Extent
from nnx_lsp.tracer.state import ABSENT, Changes, tag_of
from nnx_lsp.tracer.values import (
    ASKED,
    BOOL,
    FALSE,
    HOST_ARRAY,
    INT,
    NONE,
    SHAPE,
    STR,
    TRUE,
    UNKNOWN,
    Among,
    Array,
    Asked,
    Bound,
    Class,
    Classes,
    ClassOf,
    Deferred,
    Dict,
    Dtype,
    Entries,
    Function,
    Given,
    Iterator_,
    Library,
    LibraryMethod,
    List,
    LossAndAux,
    Object,
    OneOf,
    Partial,
    Rngs,
    State,
    Static,
    Text,
    Transformed,
    Tree,
    Tuple,
    Unknown,
    Value,
    Variable,
    content_of,
    join,
    join_ways,
    kept,
    options,
)
from nnx_lsp.tracer.widening import is_stable, widen, widen_counters

_FEW = 6
"""Comprehensions over this many known items or fewer are walked item by item."""


_MOST_TIMES = 4
"""How often something is done that happens any number of times, until what it leaves does not change any more."""


_OPERATORS = frozenset(("+", "-", "*", "/", "//", "%"))
_RAISING_ITEMS = (events.Hashed, events.NumberIndexed, events.Conversion, events.Indexing, events.DataDependentShape)
_SMOOTH = frozenset(("+", "-", "*", "/", "%", "**", "@"))


class Expressions(Moments):
    """Evaluates expressions."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._asks: dict[int, bool] = {}
        self.kept_generator: program.Comprehension | None = None
        """The comprehension that is being given a name: what it goes through may change before it is asked for its items."""
        self._evaluators: dict[type[program.Node], Callable[[Any], Value]] = {
            program.Name: self._name,
            program.Constant: self._constant,
            program.Opaque: self._opaque,
            program.Attribute: self._attribute,
            program.Subscript: self._subscript,
            program.Slice: self._slice,
            program.Call: self._call,
            program.Binary: self._binary,
            program.Unary: self._unary,
            program.Logical: self._logical,
            program.Compare: self._compare,
            program.Conditional: self._conditional,
            program.Starred: self._starred,
            program.TupleDisplay: self._tuple,
            program.ListDisplay: self._list,
            program.SetDisplay: self._set,
            program.DictDisplay: self._dict,
            program.Comprehension: self._comprehension,
            program.Lambda: self._lambda,
            program.FString: self._fstring,
            program.Named: self._named,
            program.Await: self._await,
            program.Yield: self._yield,
        }

    def evaluate(self, node: program.Expression) -> Value:
        """What the expression gives here."""
        self.steps += 1
        if self.steps > self.limit:
            raise BudgetExceededError
        return self._evaluators[type(node)](node)

    # Names and literals ---------------------------------------------------------------------------------------------

    def _name(self, node: program.Name) -> Value:
        value = self.lookup(node.id)
        if self.compiling:
            note_name(self, node, self.found_in(node.id), value)
        return kept(self._as_told(value))

    def _as_told(self, value: Value) -> Value:
        return decisions.as_told(self, value) if isinstance(value, OneOf) and value.when and self.told else value

    def found_in(self, name: str) -> Frame:
        """The frame that a name is found in."""
        frame = self.frame.module if name in self.frame.globals else self.frame
        while frame.outer is not None and not (name in frame.names and (not frame.is_class or frame is self.frame)):
            frame = frame.outer
        return frame

    def lookup(self, name: str) -> Value:
        """What a name stands for here: a local, a name of an enclosing function, of the module, or a builtin."""
        frame = self.frame.module if name in self.frame.globals else self.frame
        while frame.outer is not None:
            if name in frame.names and (not frame.is_class or frame is self.frame):
                return self.resolved(self.of_closure(frame, name, frame.names[name]))
            if self.is_own(frame, name):
                return UNKNOWN
            frame = frame.outer
        self.reads.add((frame.path, name))
        if name in frame.names:
            return self.resolved(self.of_module(frame, name, frame.names[name])) if not self.is_replaced(name) else UNKNOWN
        return Library(f"builtins.{name}") if name in BUILTINS else UNKNOWN

    def resolved(self, value: Value) -> Value:
        """A value as it is once names of other modules are looked up."""
        if isinstance(value, Deferred):
            return self.member(value.module, value.name) or UNKNOWN
        if isinstance(value, OneOf) and any(isinstance(option, Deferred) for option in value.options):
            return join([self.resolved(option) for option in value.options])
        return value

    def _constant(self, node: program.Constant) -> Value:
        value = node.value
        if value is None:
            return NONE
        if value is True:
            return TRUE
        if value is False:
            return FALSE
        return plain.known(value)

    def _opaque(self, node: program.Opaque) -> Value:
        return Static(node.kind)

    def _attribute(self, node: program.Attribute) -> Value:
        return kept(self._as_told(self.read_attribute(self.evaluate(node.value), node.name, node)))

    def _starred(self, node: program.Starred) -> Value:
        self.evaluate(node.value)
        return UNKNOWN

    def _elements(self, nodes: tuple[program.Expression, ...]) -> tuple[tuple[Value, ...], bool]:
        """The values of a display, and whether they are all; else a star hides how many there are, and each may be any of them."""
        found: list[Value] = []
        is_known = True
        for node in nodes:
            if isinstance(node, program.Starred):
                value = self.evaluate(node.value)
                items = self.items(value)
                is_known = is_known and items is not None
                found.extend(items if items is not None else (self.element(value, node),))
            else:
                found.append(self.evaluate(node))
        return tuple(found), is_known

    def _tuple(self, node: program.TupleDisplay) -> Value:
        items, is_known = self._elements(node.elements)
        return Tuple(items) if is_known else Iterator_(lists_and_dicts.joined(self, items))

    def _list(self, node: program.ListDisplay) -> Value:
        items, is_known = self._elements(node.elements)
        return List({"items": items} if is_known else {"element": lists_and_dicts.joined(self, items)}, self.level)

    def _set(self, node: program.SetDisplay) -> Value:
        items, is_known = self._elements(node.elements)
        if is_known and len(items) == len(node.elements):
            for item, element in zip(items, node.elements, strict=True):
                self._hash(item, element)
        return List({"items": lists_and_dicts.distinct(items)} if is_known else {"element": join(items)}, self.level, "set")

    def _hash(self, value: Value, node: program.Node) -> None:
        if isinstance(value, Array | Variable):
            self.emit(events.Hashed(self.place(node), node, self.context, self.guards, value))

    def _dict(self, node: program.DictDisplay) -> Value:
        made = Dict({}, {"open": False, "shared": self.frame.function is None}, self.level)
        for key_node, value_node in zip(node.keys, node.values, strict=True):
            if key_node is None:
                lists_and_dicts.update(self, made, self.evaluate(value_node))
                continue
            key = self.evaluate(key_node)
            value = self.evaluate(value_node)
            self._hash(key, key_node)
            lists_and_dicts.write_key(self, made, key, value)
        return made

    def _lambda(self, node: program.Lambda) -> Value:
        return self.make_function(node)

    def make_function(self, node: program.Lambda | program.FunctionDef) -> Function:
        """A function of the user, closed over the frame of here."""
        defaults = {parameter.name: self.evaluate(parameter.default) for parameter in node.parameters if parameter.default is not None}
        owner = self.frame.owner if self.frame.is_class else None
        function = Function(node, self.frame.path, self.frame.chunk, self.frame, defaults, owner)
        self.frame.keep()
        self.created.append(function)
        return function

    def _fstring(self, node: program.FString) -> Value:
        shown: list[Value] = []
        for field in node.fields:
            value = self.evaluate(field.value)
            shown.append(value)
            if not isinstance(value, Static | Unknown):
                self.emit(events.Formatting(self.place(field.value), field.value, self.context, self.guards, value, field.spec))
        return names.formatted(node, shown) or text_of(shown)

    def _named(self, node: program.Named) -> Value:
        value = self.evaluate(node.value)
        inner = self.frame
        while self.frame.is_comprehension and self.frame.outer is not None:  # It binds a name of the function around.
            self.frame = self.frame.outer
        try:
            self.assign(node.target, value, node)
        finally:
            self.frame = inner
        return value

    def _await(self, node: program.Await) -> Value:
        self.evaluate(node.value)
        return UNKNOWN

    def _yield(self, node: program.Yield) -> Value:
        if node.value is not None:
            value = self.evaluate(node.value)
            self.frame.returns.append(self.element(value, node.value) if node.is_from else value)
        return UNKNOWN

    def _slice(self, node: program.Slice) -> Value:
        parts = [self.evaluate(part) if part is not None else NONE for part in (node.lower, node.upper, node.step)]
        return Tuple(tuple(parts), ("lower", "upper", "step"))

    # Operators ------------------------------------------------------------------------------------------------------

    def _binary(self, node: program.Binary) -> Value:
        shown = self.shown
        if node.operator == "*" and (_is_zero(node.left) or _is_zero(node.right)):
            self.shown = (*shown, node.left, node.right)  # Nothing is left of it.
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        self.shown = shown
        self.use(left, node.left)
        self.use(right, node.right)
        return self.arithmetic(node.operator, left, right, node)

    def _note_pair(self, symbol: str, pair: LossAndAux, other: Value, node: program.Node) -> None:
        """Record the pair of a loss and its auxiliary data that an operator takes for a number."""
        is_repeated = symbol == "*" and isinstance(other, Static) and other.kind != "float"
        if symbol in _OPERATORS and isinstance(other, Static | Array) and not is_repeated:
            self.emit(events.PairUsed(self.place(node), node, self.context, self.guards, pair))

    def arithmetic(self, symbol: str, left: Value, right: Value, node: program.Node) -> Value:
        """`left symbol right`."""
        if symbol == "+" and (text := names.together(left, right)) is not None:
            return text
        if symbol == "%" and (text := names.filled(left, right.items if isinstance(right, Tuple) else (right,))) is not None:
            return text
        if isinstance(left, Static) and isinstance(right, Static):
            return plain.arithmetic(symbol, left, right)
        if isinstance(left, OneOf) or isinstance(right, OneOf):
            return self._each_pair(lambda one, two: self.arithmetic(symbol, one, two, node), left, right)
        if (told := protocols.operated(self, symbol, left, right, node)) is not None:
            return told
        left, right = content_of(left), content_of(right)
        if isinstance(left, LossAndAux):
            self._note_pair(symbol, left, right, node)
        if isinstance(right, LossAndAux):
            self._note_pair(symbol, right, left, node)
        if isinstance(left, OneOf | Static) and isinstance(right, OneOf | Static):
            return self.arithmetic(symbol, left, right, node)
        if symbol == "|" and isinstance(left, Tree | Dict) and isinstance(right, Tree | Dict) and not (isinstance(left, Dict) and isinstance(right, Dict)):
            return left if isinstance(left, Tree) and isinstance(right, Tree) else UNKNOWN  # Dicts have it too.
        if isinstance(left, Array | Tree) or isinstance(right, Array | Tree):
            return self._array_arithmetic(symbol, left, right, node)
        if symbol == "+" and isinstance(left, Tuple) and isinstance(right, Tuple):
            return Tuple(left.items + right.items)
        if symbol == "*" and isinstance(left, List) and left.items and isinstance(right, Static) and right.kind == "int" and right.constant not in (0, 1):
            self.emit(events.Repeated(self.place(node), node, self.context, self.guards, left.items))
        if symbol == "*":
            return lists_and_dicts.repeated(self, left, right, _FEW) if isinstance(left, List | Tuple) else lists_and_dicts.repeated(self, right, left, _FEW)
        if symbol == "%" and isinstance(left, Static) and left.kind in ("str", "bytes"):
            return Static(left.kind)
        if symbol == "|" and (classes := united(left, right)) is not None:
            return classes
        return lists_and_dicts.operated(self, symbol, left, right, node)

    def _each_pair(self, operation: Callable[[Value, Value], Value], left: Value, right: Value) -> Value:
        """An operation on one of a few values, for each pair of them. That it raises is certain only where it does for every pair; of pairs that do not fit
        none comes further."""
        pairs = [(one, two) for one in options(left) for two in options(right)]
        count = len(self.events)
        said: list[set[type[events.Event]]] = []
        results: list[Value] = []
        for one, two in pairs:
            before = len(self.events)
            results.append(operation(one, two))
            said.append(self.said_since(before, (events.ShapeMismatch, events.Conversion)))
        self.keep_what_each_says(count, said)
        fitting = [result for result, kinds in zip(results, said, strict=True) if events.ShapeMismatch not in kinds]
        return join(fitting or results)

    def _array_arithmetic(self, symbol: str, left: Value, right: Value, node: program.Node) -> Value:
        for container, count in ((left, right), (right, left)):
            if isinstance(container, List | Tuple) or (isinstance(container, Static) and container.kind == "str"):
                if symbol == "*" and isinstance(count, Array):
                    self.emit(events.Conversion(self.place(node), node, self.context, self.guards, "index", "*", count, container))
                return UNKNOWN
            if isinstance(container, Object | Function | Class | Library):
                return UNKNOWN
        if (isinstance(left, Tree) and isinstance(right, Unknown)) or (isinstance(left, Unknown) and isinstance(right, Tree)):
            return UNKNOWN
        low, high, dims = self._fitted(symbol, left, right, node)
        dtype = _promote(symbol, left, right)
        is_smooth = symbol in _SMOOTH and dtype in ("", "float")
        level = self.array_level((left, right), smooth=is_smooth)
        if level is None and self.may_be_traced((left, right), smooth=is_smooth):
            return UNKNOWN
        origin = (value_origin(left) or value_origin(right)) if level is not None else None
        if level is not None and origin is None:
            origin = self.link((), node, program.text(cast("program.Expression", node)))
        one = dtypes.exact(left)
        return Array(level, dtype, low, high, origin, _drawn(symbol, left, right), dims, None, dtypes.operated(symbol, one, dtypes.exact(right)) if one else "")

    def _fitted(self, symbol: str, left: Value, right: Value, node: program.Node) -> Extent:
        """The extent of what an operator gives; recorded where the shapes do not fit."""
        extents = shapes.extent(left), shapes.extent(right)
        if symbol == "@":
            sizes = shapes.contracted(*extents)
            if None not in sizes and sizes[0] != sizes[1]:
                self.unfit(symbol, None, extents, sizes, node)
            return shapes.product(*extents)
        if shapes.clash(*extents):
            self.unfit(symbol, None, extents, (None, None), node)
        return shapes.broadcast(extents)

    def _unary(self, node: program.Unary) -> Value:
        if node.operator == "not":
            before, self.asks_version = self.asks_version, False
            known = self.test(node.operand, Test.NOT)
            asks, self.asks_version = self.asks_version, self.asks_version or before
            return (ASKED if asks else BOOL) if known is None else Static("bool", not known)
        value = content_of(self.evaluate(node.operand))
        if (told := protocols.signed(self, node.operator, value, node)) is not None:
            return told
        if isinstance(value, Static):
            return plain.negated(node.operator, value)
        return value if isinstance(value, Array | Tree) else UNKNOWN

    def _logical(self, node: program.Logical) -> Value:
        left = self.evaluate(node.left)
        form = Test.AND if node.operator == "and" else Test.OR
        known = self.truth(left, node.left, form)
        if known is None:
            known = decisions.outcome(self, node.left)
        if known is not None:
            return self._right(node) if known == (node.operator == "and") else left
        right = self._right(node)
        if right == (FALSE if node.operator == "and" else TRUE) and isinstance(left, Static) and left.kind == "bool":
            return right  # Whatever the left one is, the truth of the whole is that of the right one.
        if isinstance(left, OneOf):  # The left one is the whole only where its truth decides.
            left = join([option for option in left.options if not (isinstance(option, Static) and _static_truth(option) is (node.operator == "and"))])
        return join((left, right))

    def _right(self, node: program.Logical) -> Value:
        """The right operand, under what the left one tells."""
        mark = self.journal.mark()
        narrow(self, node.left, outcome=node.operator == "and")
        over = self.frame.is_over
        with self.forked(), self.guarded(self.way_guards(node.left, outcome=node.operator == "and")):
            value = self.evaluate(node.right)
        self.frame.is_over = over
        self.journal.leave_open(mark)
        return value

    def told_by(self, test: program.Expression) -> tuple[str, ...]:
        """The guards of the branches behind a test that was just evaluated: it may ask for a version, or whether an attribute exists."""
        asks = self._asks.get(id(test))
        if asks is None:
            calls = (each for each in program.walk(test) if isinstance(each, program.Call))
            asks = any(isinstance(each.function, program.Name) and each.function.id == "hasattr" for each in calls)
            self._asks[id(test)] = asks
        return ((VERSION_GUARD,) if self.asks_version else ()) + (("AttributeError",) if asks else ())

    def is_by_extents(self, test: program.Expression) -> bool:
        """Whether it may be the extents of arrays that decide a test: they are asked for in it, or a function of the user is given an array."""
        if asks_for_extents(test):
            return True
        inner = test.operand if isinstance(test, program.Unary) else test
        if not isinstance(inner, program.Call) or self.level is None:
            return False
        count = len(self.events)
        callee = self.evaluate(inner.function)
        given = tuple(self.evaluate(argument.value) for argument in inner.arguments if isinstance(argument.value, program.Name))
        del self.events[count:]
        return may_ask_for_extents(callee, given)

    def test(self, node: program.Expression, form: Test) -> bool | None:
        """Take the truth of a test; `and`, `or` and `not` in it each take their own."""
        if isinstance(node, program.Logical):
            before, self.asks_version = self.asks_version, False
            count = len(self.events)
            left = self.test(node.left, Test.AND if node.operator == "and" else Test.OR)
            raises = has_no_truth(self.events[count:], self.context)
            asks, self.asks_version = self.asks_version, self.asks_version or before
            decides = node.operator == "or"
            if left is decides:
                return left
            mark = self.journal.mark()
            narrow(self, node.left, outcome=not decides)
            guards = self.way_guards(node.left, outcome=not decides) if left is None else ()
            with self.guarded((*guards, VERSION_GUARD) if asks else guards):
                count = len(self.events)
                right = self.test(node.right, form)
            if raises:  # One mistake, and one cure for the whole test.
                self.events[count:] = without_tests(self.events[count:], self.context)
            self.journal.leave_open(mark)
            if left is not None:
                return right
            return decides if right is decides else None
        if isinstance(node, program.Unary) and node.operator == "not":
            known = self.test(node.operand, Test.NOT)
            return None if known is None else not known
        known = self.truth(self.evaluate(node), node, form)
        return known if known is not None else decisions.outcome(self, node)

    def way_guards(self, test: program.Expression, *, outcome: bool) -> tuple[str, ...]:
        """The guards of code that runs only where an array has no dimension, or, while something is traced, where what is not known is a list or an array
        of NumPy: it is written for what is not traced, and nobody knows whether any comes there."""
        if is_for_scalars(test, outcome=outcome):
            return (VERSION_GUARD,)
        return (VERSION_GUARD,) if self.level is not None and is_for_host(self, test, outcome=outcome) else ()

    def truth(self, value: Value, node: program.Node, form: Test) -> bool | None:
        """Take the truth of a value; what it certainly is, or `None`."""
        if isinstance(value, Static):
            self.asks_version = self.asks_version or is_version(value)
            return _static_truth(value)
        if isinstance(value, Unknown):
            return None
        if isinstance(value, Array | Tree | Variable | OneOf):
            self.asks_version = self.asks_version or any(map(is_version, options(value)))
            if isinstance(value, OneOf) and all(isinstance(option, Static) for option in value.options):
                known = {_static_truth(option) for option in value.options if isinstance(option, Static)}
                return known.pop() if len(known) == 1 else None
            self.emit(events.Branch(self.place(node), node, self.context, self.guards, form, value))
            return None
        if isinstance(value, Tuple):
            return bool(value.items)
        if isinstance(value, List):
            return bool(value.items) if value.items is not None else None
        if isinstance(value, Dict):
            return True if any(map(value.has, value.items)) else (None if value.is_open or value.is_shared else False)
        if isinstance(value, Function | Class | Bound | Partial | Transformed | Library):
            return True if not isinstance(value, Library) else None
        inner = containers.held(self, value) if isinstance(value, Object) and value.library_class != containers.SEQUENTIAL else None
        if inner is not None:
            return self.truth(inner, node, form)
        return protocols.truth(self, value, node) if isinstance(value, Object) else None

    def _compare(self, node: program.Compare) -> Value:
        left = self.evaluate(node.left)
        ways: list[Value] = []
        mark = self.journal.mark()
        last = len(node.operators) - 1
        self.use(left, node.left)
        for index, (symbol, right_node) in enumerate(zip(node.operators, node.comparators, strict=True)):
            right = self.evaluate(right_node)
            self.use(right, right_node)
            result = self.compare(symbol, left, right, node)
            if index == last:
                ways.append(result)
                break
            known = self.truth(result, node, Test.COMPARISON_CHAIN)
            if known is not True:
                ways.append(FALSE if isinstance(result, Static) and result.kind == "bool" else result)
            if known is False:
                break
            left = right
        if len(ways) > 1:  # What is behind the first comparison may not be evaluated.
            self.journal.leave_open(mark)
        return join(ways)

    def compare(self, symbol: str, left: Value, right: Value, node: program.Node) -> Value:
        """One comparison."""
        if isinstance(left, ClassOf) and symbol in ("is", "is not", "==", "!="):
            known = is_exactly(self.library, left, right)
            return BOOL if known is None else Static("bool", known == (symbol in ("is", "==")))
        if symbol in ("is", "is not", "==", "!=") and (one := records.same_member(left, right)) is not None:
            return Static("bool", one == (symbol in ("is", "==")))
        if symbol in ("is", "is not"):
            known = _identity(left, right)
            return BOOL if known is None else Static("bool", known == (symbol == "is"))
        if symbol in ("in", "not in"):
            return self._membership(symbol, left, right, node)
        if is_version(left) or is_version(right):
            return VERSION
        if isinstance(left, Dtype) or isinstance(right, Dtype):
            known = same_dtype(left, right) if symbol in ("==", "!=") else None
            return BOOL if known is None else Static("bool", known == (symbol == "=="))
        if isinstance(left, Static) and isinstance(right, Static):
            return plain.compared(symbol, left, right)
        if isinstance(left, OneOf) or isinstance(right, OneOf):
            return self._each_pair(lambda one, two: self.compare(symbol, one, two, node), left, right)
        if isinstance(left, Tuple) and isinstance(right, Tuple) and symbol in ("==", "!="):
            known = plain.are_equal(left, right)
            if known is not None:
                return Static("bool", known == (symbol == "=="))
        self.emit(events.Comparison(self.place(node), node, self.context, self.guards, symbol, left, right))
        if (told := protocols.compared(self, symbol, left, right, node)) is not None:
            return told
        if any(isinstance(side, Array) and side.role == "abstract" for side in (left, right)):
            return BOOL
        if isinstance(left, Variable) or isinstance(right, Variable):
            if symbol not in ("==", "!="):
                return UNKNOWN
            if self.library.flax_minor < (0, 12):
                return BOOL
        left, right = content_of(left), content_of(right)
        if isinstance(left, OneOf | Static) and isinstance(right, OneOf | Static):
            return self.compare(symbol, left, right, node)
        if not (isinstance(left, Array | Tree) or isinstance(right, Array | Tree)):
            return UNKNOWN if isinstance(left, Unknown | Object) or isinstance(right, Unknown | Object) else BOOL
        for side, other in ((left, right), (right, left)):
            if isinstance(side, Static) and side.kind not in (*plain.NUMBERS, "ndarray"):
                return BOOL if side.kind in ("str", "NoneType") else UNKNOWN
            if isinstance(side, Function | Class | Library | Object | List | Tuple | Dict):
                return UNKNOWN
            if isinstance(side, Tree) and isinstance(other, Unknown | Tree):
                return UNKNOWN
        low, high, dims = self._fitted(symbol, left, right, node)
        level = self.array_level((left, right))
        if level is None and self.may_be_traced((left, right), smooth=False):
            return UNKNOWN
        origin = (value_origin(left) or value_origin(right)) if level is not None else None
        return Array(level, "bool", low, high, origin, "", dims, None, "bool")

    def _membership(self, symbol: str, left: Value, right: Value, node: program.Node) -> Value:
        left, container = content_of(left), containers.held(self, right) or content_of(right)
        if isinstance(container, Rngs):
            name = left.constant if isinstance(left, Static) else None
            if isinstance(name, str) and container.streams is not None:
                return Static("bool", (name in container.streams) == (symbol == "in"))
            return BOOL
        if isinstance(container, Tuple | List):
            items = container.items if isinstance(container, Tuple) else container.elements
            if isinstance(left, Dtype):
                found_in = {same_dtype(left, item) for item in items}
                return Static("bool", symbol == "not in") if found_in == {False} else BOOL
            if isinstance(left, Static) and left.is_known and items and all(isinstance(item, Static) and item.is_known for item in items):
                found = any(isinstance(item, Static) and item.constant == left.constant for item in items)
                return Static("bool", found == (symbol == "in")) if container.items is not None else BOOL
            numeric = [item for item in items if isinstance(item, Array) or (isinstance(item, Static) and item.kind in plain.NUMBERS)]
            is_array = isinstance(left, Array) or (isinstance(left, Tree) and bool(numeric))
            comparable = is_array or (isinstance(left, Static) and left.kind in plain.NUMBERS)
            if comparable and numeric and (is_array or any(isinstance(item, Array) for item in numeric)):
                self._member_branch(left, tuple(numeric), node)
            return BOOL
        if isinstance(container, Object):
            protocols.contains(self, container, left, node)
            return BOOL
        if isinstance(container, Array):
            if not (isinstance(left, Static) and left.kind == "str"):  # Who asks for a name has a tree of arrays there.
                self._member_branch(left, (container,), node)
            return BOOL
        if isinstance(container, Dict) and isinstance(left, Static) and left.is_known:
            if container.has(left.constant):
                return Static("bool", symbol == "in")
            return BOOL if container.is_open or container.is_shared else Static("bool", symbol != "in")
        return BOOL

    def _member_branch(self, left: Value, others: tuple[Value, ...], node: program.Node) -> None:
        level = self.array_level((left, *others))
        origin = next((origin for each in (left, *others) if (origin := value_origin(each)) is not None), None)
        value = Array(level, "bool", 0, 0, origin)
        self.emit(events.Branch(self.place(node), node, self.context, self.guards, Test.IN, value))

    def _conditional(self, node: program.Conditional) -> Value:
        self.alternatives += 1
        try:
            return self._one_of_two(node)
        finally:
            self.alternatives -= 1

    def _one_of_two(self, node: program.Conditional) -> Value:
        self.asks_version = False
        known = self.test(node.test, Test.TERNARY)
        if known is not None:
            return self.evaluate(node.body if known else node.orelse)
        mark = self.journal.mark()
        by_extents = self.is_by_extents(node.test)
        with self.guarded(self.told_by(node.test)):
            narrow(self, node.test, outcome=True)
            with self.forked(by_extents=by_extents), self.guarded(self.way_guards(node.test, outcome=True)):
                body = self.evaluate(node.body)
            first = self.journal.rollback(mark)
            narrow(self, node.test, outcome=False)
            with self.forked(by_extents=by_extents), self.guarded(self.way_guards(node.test, outcome=False)):
                orelse = self.evaluate(node.orelse)
            second = self.journal.rollback(mark)
        self.journal.merge((first, second))
        self.frame.is_over = False
        return join_ways((body, orelse), (tag_of(first), tag_of(second)))

    # Subscripts -----------------------------------------------------------------------------------------------------

    def _subscript(self, node: program.Subscript) -> Value:
        container = self.evaluate(node.value)
        index = self.evaluate(node.index)
        if isinstance(container, OneOf):
            return self._item_of_each(container.options, index, node)
        if _is_missing(container, index):
            self.frame.is_over = True
        return kept(self._as_told(self.subscript(container, index, node)))

    def _item_of_each(self, choices: tuple[Value, ...], index: Value, node: program.Subscript) -> Value:
        """An item of one of a few values. That it raises is certain only where it does for each of them."""
        count = len(self.events)
        said: list[set[type[events.Event]]] = []
        results: list[Value] = []
        for option in choices:
            before = len(self.events)
            results.append(kept(self.subscript(option, index, node)))
            said.append(self.said_since(before, _RAISING_ITEMS))
        self.keep_what_each_says(count, said)
        return join(results)

    def subscript(self, container: Value, index: Value, node: program.Subscript) -> Value:
        """`container[index]`."""
        match container:
            case Tuple() | List():
                return self._sequence_item(container, index, node)
            case Dict():
                self._hash(index, node.index)
                return lists_and_dicts.value_at(self, container, index)
            case Array():
                return self._array_item(container, index, node)
            case Variable():
                if isinstance(container.content, Static) and container.content.kind in ("int", "float"):
                    self.emit(events.NumberIndexed(self.place(node), node, self.context, self.guards, container))
                if isinstance(index, Static) and index.kind == "ellipsis":
                    return container.content
                return self._item_of_each(tuple(options(container.content)), index, node)
            case Tree(level=level, origin=origin):
                if isinstance(index, Array):  # Only an array is indexed by an array.
                    return self._array_item(Array(level, origin=origin), index, node)
                if isinstance(index, Tuple) and level is not None:  # Whatever is traced, and takes a slice, takes none whose bounds are.
                    self._array_indices(Array(level, origin=origin), index, node)
                return Tree(level, origin)
            case LibraryMethod(name="at", receiver=receiver):
                if isinstance(receiver, Array):
                    self._array_indices(receiver, index, node)
                return container
            case Static(kind="shape"):
                return SHAPE if plain.is_slice(index) else INT
            case Static(kind="ndarray"):
                self._index_conversions(container, index, node)
                return HOST_ARRAY
            case Static(kind="str"):
                return plain.item(container, index)
            case Static(kind="bytes"):
                return plain.BYTES if plain.is_slice(index) else INT if not plain.may_be_slice(index) else UNKNOWN
            case Iterator_(element=element):
                if plain.is_slice(index):
                    bounds = plain.slice_of(index)
                    items = container.items[bounds] if container.items is not None and bounds is not None else None
                    return Iterator_(element, items, container.passes)
                return element if not plain.may_be_slice(index) or isinstance(index, Array) else UNKNOWN
            case Static(kind="version"):
                return VERSION
            case Among():
                return among.item(container)
            case Library(name="typing.Union" | "typing.Optional"):
                return Classes((*(index.items if isinstance(index, Tuple) else (index,)), *((NONE,) if container.name == "typing.Optional" else ())))
            case Object():
                return self._object_item(container, index, node)
            case _:
                return UNKNOWN

    def _object_item(self, container: Object, index: Value, node: program.Subscript) -> Value:
        if isinstance(container.cls, Class) and (found := container.cls.lookup("__getitem__")) is not None:
            return self.call(Bound(found[0], container), Arguments((index,)), node)
        if isinstance(container, State):
            return states.part(self, container, states.key_of(index))
        inner = containers.held(self, container)
        if inner is None or container.library_class == containers.SEQUENTIAL:
            return UNKNOWN
        if isinstance(inner, Dict) and not inner.is_open and isinstance(index, Static) and index.kind == "str" and not index.is_known:
            return join(inner.items.values())  # Whichever the key is.
        return self.subscript(inner, index, node)

    def _sequence_item(self, container: Tuple | List, index: Value, node: program.Subscript) -> Value:
        self._index_conversions(container, index, node)
        items = container.items
        if isinstance(container, List) and lists_and_dicts.is_set(container):
            return UNKNOWN
        if plain.is_slice(index):
            bounds = plain.slice_of(index)
            if items is not None and bounds is not None:
                return Tuple(items[bounds]) if isinstance(container, Tuple) else List({"items": items[bounds]}, self.level, container.kind)
            if isinstance(container, Tuple):
                return Iterator_(join(container.items))
            return List({"element": container.element}, container.level, container.kind)
        if items is not None and isinstance(index, Static) and isinstance(index.constant, int):
            return items[index.constant] if -len(items) <= index.constant < len(items) else UNKNOWN
        several = container.items if isinstance(container, Tuple) else container.elements
        if plain.may_be_slice(index) and not isinstance(index, Array):
            several = (*several, UNKNOWN)
        return lists_and_dicts.joined(self, several)

    def _index_conversions(self, container: Value, index: Value, node: program.Subscript) -> None:
        parts: tuple[tuple[Value, program.Node, str], ...] = ((index, node.index, "index"),)
        if isinstance(index, Tuple) and index.fields and isinstance(node.index, program.Slice):
            nodes = (node.index.lower, node.index.upper, node.index.step)
            parts = tuple((part, each or node.index, "slice") for part, each in zip(index.items, nodes, strict=True))
        for part, part_node, by in parts:
            if any(isinstance(option, Array | Variable) for option in options(part)):
                self.emit(events.Conversion(self.place(part_node), part_node, self.context, self.guards, by, by, part, container))

    def _array_item(self, container: Array, index: Value, node: program.Subscript) -> Value:
        self.emit(events.Indexing(self.place(node), node, self.context, self.guards, container, index))
        self.use(container, node.value)
        self._array_indices(container, index, node)
        parts = index.items if isinstance(index, Tuple) and not index.fields else (index,)
        found = Extent(container.low, container.high)
        level = self.array_level((container, *parts), smooth=True)
        if level is None and self.may_be_traced(parts, smooth=False):
            return UNKNOWN
        # An index that is a scalar array takes one element, as an integer does.
        parts = tuple(INT if isinstance(part, Array) and part.is_scalar and part.dtype == "int" else part for part in parts)
        integers = sum(isinstance(part, Static) and part.kind == "int" for part in parts)
        added = sum(isinstance(part, Static) and part.kind == "NoneType" for part in parts)
        others = any(
            isinstance(part, Array | Tree | Unknown | OneOf) or (isinstance(part, Static) and part.kind not in ("int", "ellipsis", "NoneType"))
            for part in parts
        )
        if others:
            found = shapes.NOTHING
        else:
            found = Extent(max(found.low - integers, 0) + added, max(found.high - integers, 0) + added if found.high >= 0 else -1)
            exact = shapes.subscripted(shapes.extent(container), parts)
            found = exact if exact.is_ranked else found
        if container.uses is not None and (key := self._key_item(container, parts)) is not None:
            return key if level is container.level else Array(level, key.dtype, key.low, key.high, key.origin, key.role, key.dims, key.uses, key.exact)
        origin = value_origin(container) or value_origin(index)
        return Array(level, container.dtype, found.low, found.high, origin, container.role, found.dims, None, container.exact)

    def _key_item(self, container: Array, parts: tuple[Value, ...]) -> Array | None:
        """One of several keys, or a part of them, with its own identity."""
        match parts:
            case (Static(kind="int", constant=index),) if keys.many(container) is not None or isinstance(index, int):
                return keys.item(container, index if isinstance(index, int) else None)
            case (Tuple(fields=("lower", "upper", "step"), items=bounds),):
                if all(isinstance(bound, Static) and isinstance(bound.constant, int | None) for bound in bounds) and bounds[2] != Static("int", 0):
                    return keys.part(container, slice(*(bound.constant for bound in bounds if isinstance(bound, Static))))
                return None
            case _:
                return None

    def _array_indices(self, container: Array, index: Value, node: program.Subscript) -> None:
        """Record what an array does not take as an index, of each of several."""
        parts = index.items if isinstance(index, Tuple) and not index.fields else (index,)
        nodes = node.index.elements if isinstance(node.index, program.TupleDisplay) else (node.index,) * len(parts)
        if len(parts) == len(nodes):
            for part, part_node in zip(parts, nodes, strict=True):
                self._array_index(container, part, part_node)

    def _array_index(self, container: Array, part: Value, node: program.Node) -> None:
        if isinstance(part, Tuple) and part.fields == ("lower", "upper", "step"):
            nodes = (node.lower, node.upper, node.step) if isinstance(node, program.Slice) else (node,) * 3
            for bound, bound_node in zip(part.items, nodes, strict=True):
                if bound_node is not None and any(isinstance(option, Array | Tree) for option in options(bound)):
                    self.emit(
                        events.Conversion(
                            self.place(bound_node),
                            bound_node,
                            self.context,
                            self.guards,
                            "slice",
                            "slice",
                            bound,
                            container,
                        )
                    )
        else:
            self._mask(part, node)

    def _mask(self, index: Value, node: program.Node) -> None:
        """Record an index that is a mask of booleans."""
        if any(isinstance(option, Array) and option.dtype == "bool" and not option.is_scalar for option in options(index)):
            self.emit(events.DataDependentShape(self.place(node), node, self.context, self.guards, "boolean mask", index))

    # Calls and comprehensions ---------------------------------------------------------------------------------------

    def _call(self, node: program.Call) -> Value:
        function = self.evaluate(node.function)
        given = self.arguments(node)
        if self.told:
            decisions.called(self, node, function)
        if len(node.arguments) > 1 and (caught := expected.by_call(node)):
            with self.guarded(tuple(caught)):
                self._expected_to_raise(given, node)
            return UNKNOWN
        return self.call(function, given, node)

    def _expected_to_raise(self, given: Arguments, node: program.Call) -> None:
        """Call what a test gives to `assertRaises`, which goes on behind it."""
        at = next((index for index, each in enumerate(given.positional) if isinstance(each, Function | Bound | Partial | Transformed)), None)
        if at is None:
            return
        is_over = self.frame.is_over
        self.call(given.positional[at], Arguments(given.positional[at + 1 :], given.keywords, is_partial=given.is_partial), node)
        self.frame.is_over = is_over

    def arguments(self, node: program.Call) -> Arguments:
        """The arguments of a call, evaluated in order; what a generator does, it does when the function asks it, so behind all others."""
        positional: list[Value] = []
        nodes: list[program.Argument | None] = []
        keywords: dict[str, Value] = {}
        keyword_nodes: dict[str, program.Argument] = {}
        is_partial = False
        last_generators = sorted(node.arguments, key=lambda each: _is_generator(each.value))
        values = {each.at: self.evaluate(each.value) for each in last_generators}
        for argument in node.arguments:
            value = values[argument.at]
            if argument.keyword is not None:
                keywords[argument.keyword] = value
                keyword_nodes[argument.keyword] = argument
            elif argument.star == "*":
                items = self.items(value)
                if items is None and isinstance(value, Object):
                    self.element(value, argument.value)
                is_partial = is_partial or items is None
                if items is not None and not is_partial:
                    positional.extend(items)
                    nodes.extend([None] * len(items))
            elif argument.star == "**":
                if isinstance(value, Dict):
                    keywords.update({key: item for key, item in value.items.items() if isinstance(key, str) and value.has(key)})
                    is_partial = is_partial or value.is_open
                else:
                    is_partial = True
            elif not is_partial:
                positional.append(value)
                nodes.append(argument)
        return Arguments(tuple(positional), keywords, tuple(nodes), keyword_nodes, is_partial)

    def _comprehension(self, node: program.Comprehension) -> Value:
        outer, mark = self.frame, self.journal.mark()
        inner = self.frame = Frame(
            outer.path,
            outer.chunk,
            {},
            outer,
            outer.context,
            outer.function,
            outer.owner,
            is_initializer=outer.is_initializer,
            moment=outer.moment,
            is_comprehension=True,
        )
        self.frame.returns = outer.returns
        try:
            made = self._comprehended(node)
        finally:
            self.frame = outer
        self.leave(inner, mark)
        return made

    def leave(self, frame: Frame, mark: int) -> None:
        """A frame whose body began at `mark` has ended: nobody reads its names any more, unless something was made that may come back to them."""
        if not frame.is_kept:
            self.journal.leave(frame, frame.names, mark)

    def _comprehended(self, node: program.Comprehension) -> Value:
        first = node.generators[0]
        source = self.evaluate(first.iterable)
        if node is self.kept_generator and node.kind == "generator" and any(isinstance(one, List | Dict) for one in options(source)):
            source = UNKNOWN  # It may hold something else by the time that the generator is asked.
        items = self.items(source)
        if len(node.generators) == 1 and not first.conditions and items is not None and len(items) <= _FEW:
            return self._comprehended_each(node, items)
        element: Value = self.element(source, first.iterable)
        taken: list[bool] = []

        def once() -> Value:
            value = self._one(node, first, element, node.generators[1:])
            taken.append(value is not None)
            return UNKNOWN if value is None else value

        result = self.any_times(once, may_skip=True)
        if not any(taken):
            return self._comprehended_each(node, ())
        if node.kind == "dict":
            return Dict({}, {"open": True}, self.level)
        lists_and_dicts.stands_for_several(self, result)
        if node.kind == "generator":
            return Iterator_(result, None, True, True)
        return List({"element": result}, self.level, node.kind)

    def _comprehended_each(self, node: program.Comprehension, items: tuple[Value, ...]) -> Value:
        """A comprehension over a few items that are known."""
        if node.kind == "generator":
            return self._generated(node, items)
        results = [value for item in items if (value := self._one(node, node.generators[0], item)) is not None]
        if node.kind == "dict":
            made = Dict({}, {"open": False}, self.level)
            for pair in results:
                assert isinstance(pair, Tuple)
                lists_and_dicts.write_key(self, made, *pair.items)
            return made
        return List({"items": lists_and_dicts.distinct(results) if node.kind == "set" else tuple(results)}, self.level, node.kind)

    def _generated(self, node: program.Comprehension, items: tuple[Value, ...]) -> Value:
        """A generator over a few items that are known: what it leaves behind depends on how many of them are asked for."""
        mark = self.journal.mark()
        results: list[Value] = []
        ways: list[Changes] = [{}]
        for item in items:
            value = self._one(node, node.generators[0], item)
            results += [value] if value is not None else []
            ways.append(self.journal.rollback(mark))
            self.journal.merge(ways[-1:])
        self.journal.rollback(mark)
        self.journal.merge(ways)
        return Iterator_(join(results), tuple(results), True, True)

    def any_times(self, once: Callable[[], Value], *, may_skip: bool) -> Value:
        """Do something that happens once for each item; what it gives, and what any number of times may leave."""
        mark, count = self.journal.mark(), len(self.events)
        results: list[Value] = []
        ways: list[Changes] = [{}] if may_skip else []
        head: Changes = {}
        for number in range(1, _MOST_TIMES + 1):
            results.append(once())
            if number > 1:
                del self.events[count:]
            count = len(self.events)
            is_new = all(old is ABSENT and not isinstance(store, Entries) for store, _, old in self.journal.before(mark).values())
            left = self.journal.rollback(mark)
            ways.append(left)
            if is_new or is_stable(head, left):
                break
            head = widen_counters(left) if number == 1 else widen(head, left, to_nothing=number > 2)
            if number == _MOST_TIMES:
                ways.append(head)
            else:
                self.journal.merge([head])
        self.journal.merge(ways)
        return join(results)

    def _one(
        self,
        node: program.Comprehension,
        generator: program.Generator,
        item: Value,
        more: tuple[program.Generator, ...] = (),
    ) -> Value | None:
        """What a comprehension takes of one item; `None` where a condition certainly leaves it out."""
        self.assign(generator.target, item, generator)
        for condition in generator.conditions:
            if self.test(condition, Test.FILTER) is False:
                return None
            narrow(self, condition, outcome=True)
        if more:
            source = self.evaluate(more[0].iterable)
            return self._one(node, more[0], self.element(source, more[0].iterable), more[1:])
        if node.key is not None:
            key = self.evaluate(node.key)
            return Tuple((key, self.evaluate(node.element)))
        return self.evaluate(node.element)


def _is_missing(container: Value, index: Value) -> bool:
    """Whether an item certainly is not there: IndexError or KeyError."""
    match container, index:
        case Tuple(items=items), Static(kind="int", constant=int() as place):
            return not -len(items) <= place < len(items)
        case Dict(), Static():
            return index.is_known and not (container.is_open or container.is_shared or index.constant in container.items)
        case _:
            return False


def _is_generator(node: program.Expression) -> bool:
    return isinstance(node, program.Comprehension) and node.kind == "generator"


def text_of(values: Iterable[Value]) -> Static:
    """The string that is made of these values."""
    for value in values:
        shown = value.shown if isinstance(value, Text) else content_of(value)
        if isinstance(shown, Array) and shown.level is not None:
            return Text("str", shown=shown)
    return STR


VERSION = Static("version")
"""A library's version, or what a comparison with one gives."""


def is_version(value: Value) -> bool:
    """Whether a value is a library's version, whole or in parts."""
    return isinstance(value, Asked) or (isinstance(value, Static) and value.kind == "version") or (isinstance(value, Iterator_) and is_version(value.element))


BUILTINS = frozenset(
    [
        "abs",
        "all",
        "any",
        "ascii",
        "bin",
        "bool",
        "breakpoint",
        "bytearray",
        "bytes",
        "callable",
        "chr",
        "classmethod",
        "compile",
        "complex",
        "delattr",
        "dict",
        "dir",
        "divmod",
        "enumerate",
        "eval",
        "exec",
        "filter",
        "float",
        "format",
        "frozenset",
        "getattr",
        "globals",
        "hasattr",
        "hash",
        "help",
        "hex",
        "id",
        "input",
        "int",
        "isinstance",
        "issubclass",
        "iter",
        "len",
        "list",
        "locals",
        "map",
        "max",
        "memoryview",
        "min",
        "next",
        "object",
        "oct",
        "open",
        "ord",
        "pow",
        "print",
        "property",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "setattr",
        "slice",
        "sorted",
        "staticmethod",
        "str",
        "sum",
        "super",
        "tuple",
        "type",
        "vars",
        "zip",
        "__import__",
        "NotImplemented",
        "Ellipsis",
        "ArithmeticError",
        "AssertionError",
        "AttributeError",
        "BaseException",
        "Exception",
        "ImportError",
        "IndexError",
        "KeyError",
        "KeyboardInterrupt",
        "LookupError",
        "MemoryError",
        "NameError",
        "NotImplementedError",
        "OSError",
        "OverflowError",
        "RecursionError",
        "RuntimeError",
        "StopIteration",
        "SystemExit",
        "TypeError",
        "ValueError",
        "ZeroDivisionError",
        "ModuleNotFoundError",
        "FileNotFoundError",
        "TimeoutError",
        "FloatingPointError",
        "UserWarning",
        "DeprecationWarning",
        "RuntimeWarning",
        "FutureWarning",
    ]
)


def _static_truth(value: Static) -> bool | None:
    if value.kind == "NoneType":
        return False
    return bool(value.constant) if value.is_known else None


def _identity(left: Value, right: Value) -> bool | None:
    """Whether `left is right`, where one of them is `None`, `True` or `False`."""
    if _is_single(left):
        left, right = right, left
    if not _is_single(right):
        return None
    known = {_is_none(option) if right.kind == "NoneType" else _is_bool(option, right) for option in options(left)}
    return known.pop() if len(known) == 1 else None


def _is_single(value: Value) -> TypeGuard[Static]:
    """Whether it is one of the objects of which there is only one."""
    return isinstance(value, Static) and (value.kind == "NoneType" or (value.kind == "bool" and value.is_known))


def _is_bool(value: Value, wanted: Static) -> bool | None:
    if isinstance(value, Static) and value.kind == "bool":
        return value == wanted if value.is_known else None
    if isinstance(value, Static):
        return False if value.kind in ("int", "float", "complex", "str", "NoneType", "ndarray", "shape") else None
    return None if isinstance(value, Unknown | Tree | Iterator_) else False


def _is_none(value: Value) -> bool | None:
    if isinstance(value, Static):
        return value.kind == "NoneType" if value.kind else None
    if isinstance(value, Iterator_) and value.passes:
        return False
    return None if isinstance(value, Unknown | Tree | Iterator_) and not isinstance(value, Given) else False


def _kind(value: Value) -> str:
    if isinstance(value, Array):
        return value.dtype
    return value.kind if isinstance(value, Static) and value.kind in plain.NUMBERS else ""


def _drawn(symbol: str, left: Value, right: Value) -> str:
    """The role of what an operator gives: a random draw that is scaled or shifted by a number stays one."""
    if symbol not in ("+", "-", "*", "/"):
        return ""
    roles = [one.role if isinstance(one, Array) and not one.is_scalar else "" for one in (left, right)]
    is_number = [isinstance(one, Static) or (isinstance(one, Array) and one.is_scalar) for one in (left, right)]
    return "random" if all(role == "random" or number for role, number in zip(roles, is_number, strict=True)) and "random" in roles else ""


def _promote(symbol: str, left: Value, right: Value) -> str:
    one, two = _kind(left), _kind(right)
    if symbol in "&|^" and one == two:
        return one
    if symbol == "/":
        return "complex" if "complex" in (one, two) else "" if "" in (one, two) else "float"  # What is not known may be complex.
    if one == two:
        return "int" if one == "bool" and symbol not in ("+", "*", "@") else one
    if "" in (one, two) or "key" in (one, two):
        return ""
    return "complex" if "complex" in (one, two) else "float" if "float" in (one, two) else "int"


def _is_zero(node: program.Expression) -> bool:
    return isinstance(node, program.Constant) and isinstance(node.value, int | float) and node.value == 0
