"""Statements: how names and objects change, where paths fork, join and end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nnx_lsp import program
from nnx_lsp.knowledge.decorators import KEEPING
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.program import Place
from nnx_lsp.tracer import among, containers, decisions, events, keys, lists_and_dicts, neutral, plain, protocols, records, shapes
from nnx_lsp.tracer.base import Arguments
from nnx_lsp.tracer.branches import BREAK, CONTINUE, NEXT, RAISE, RETURN, Branches
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.events import Test
from nnx_lsp.tracer.expected import exception_names
from nnx_lsp.tracer.history import donated, note_overwritten
from nnx_lsp.tracer.modules import IMPORT, USED, Session
from nnx_lsp.tracer.narrowing import narrow
from nnx_lsp.tracer.state import Changes
from nnx_lsp.tracer.uses import stored_names, used_names
from nnx_lsp.tracer.values import (
    FALSE,
    INT,
    NONE,
    STR,
    UNKNOWN,
    Among,
    Array,
    Bound,
    Class,
    Deferred,
    Dict,
    Foreign,
    Function,
    Iterator_,
    Level,
    Library,
    LibraryMethod,
    List,
    Manufactured,
    Namespace,
    Object,
    OneOf,
    Optimizer,
    Origin,
    State,
    Static,
    Transformed,
    Tree,
    Tuple,
    Unknown,
    UserModule,
    Value,
    Variable,
    join,
    options,
    outward,
    resolution_order,
)

_ENDS = frozenset((("sys", "exit"), ("os", "_exit"), ("pytest", "skip"), ("pytest", "fail"), ("pytest", "xfail"), ("self", "fail"), ("self", "skipTest")))
"""Calls that do not return."""


def _ends(function: program.Expression) -> bool:
    if isinstance(function, program.Name):
        return function.id in ("exit", "quit")
    return isinstance(function, program.Attribute) and isinstance(function.value, program.Name) and (function.value.id, function.name) in _ENDS


def _updated(call: program.Call) -> program.Expression | None:
    """The array in `array.at[...].method(...)`."""
    match call.function:
        case program.Attribute(value=program.Subscript(value=program.Attribute(name="at", value=owner))):
            return owner
        case _:
            return None


def _differentiates(callee: Transformed) -> bool:
    """Whether calling it gives gradients."""
    transform = TRANSFORMS.get(callee.transform)
    return transform is not None and transform.level is LevelKind.DIFFERENTIATED


def _worth_nothing_unused(target: program.Name, before: Value | None, value: Value, node: program.Node) -> str | None:
    """Which sort of value this is, if it is one that changes nothing by itself."""
    if isinstance(value, State | Tree) and value.role == "gradient":
        return "gradient"
    if isinstance(value, State) and value.role == "updated":
        return "state"
    if isinstance(before, Array) and isinstance(node, program.Assign) and isinstance(node.value, program.Call):
        owner = _updated(node.value)
        return "array" if isinstance(owner, program.Name) and owner.id == target.id else None
    return None


_GIVES_ATTRIBUTES = "flax.nnx.bridge.Module"
"""A class whose metaclass and methods give its instances attributes (flax/nnx/bridge/module.py: `scope`, `attr_priorities`, what `apply` binds)."""

_MAKES = frozenset(("zeros", "ones", "empty", "full", "zeros_like", "ones_like", "empty_like", "full_like", "arange", "linspace", "eye", "array"))


class Statements(Branches):
    """Executes statements."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._used: dict[int, frozenset[str]] = {}
        """By identity of a function's definition: the names that its body uses."""
        self._executors: dict[type[program.Node], Callable[[Any], int]] = {
            program.ExpressionStatement: self._expression,
            program.Assign: self._assign,
            program.AnnotatedAssign: self._annotated_assign,
            program.AugmentedAssign: self._augmented_assign,
            program.Return: self._return,
            program.Raise: self._raise,
            program.Assert: self._assert,
            program.Delete: self._delete,
            program.Pass: self._pass,
            program.Break: lambda _: BREAK,
            program.Continue: lambda _: CONTINUE,
            program.Scope: self._scope,
            program.Import: self._import,
            program.ImportFrom: self._import_from,
            program.If: self._if,
            program.While: self._while,
            program.For: self._for,
            program.With: self._with,
            program.Try: self._try,
            program.Match: self._match,
            program.FunctionDef: self._function_def,
            program.ClassDef: self._class_def,
        }

    def execute(self, statements: Iterable[program.Statement]) -> int:
        """Run statements in order; how they end."""
        for statement in statements:
            flow = self._executors[type(statement)](statement)
            if self.frame.is_over:
                self.frame.is_over = False
                return RAISE
            if flow != NEXT:
                return flow
        return NEXT

    # Simple statements ----------------------------------------------------------------------------------------------

    def _pass(self, _: program.Pass) -> int:
        return NEXT

    def _expression(self, node: program.ExpressionStatement) -> int:
        self.shown = _shown(node.value)
        value = self.evaluate(node.value)
        if isinstance(node.value, program.Call) and _ends(node.value.function):
            return RAISE
        if isinstance(value, Array) and isinstance(node.value, program.Call):
            self.emit(events.ValueDropped(self.place(node.value), node.value, self.context, self.guards, value))
        elif isinstance(node.value, program.Call) and (owner := _updated(node.value)) is not None:
            array = self.evaluate_quietly(owner)
            if isinstance(array, Array):
                self.emit(events.ValueDropped(self.place(node.value), node.value, self.context, self.guards, array))
        return NEXT

    def _assign(self, node: program.Assign) -> int:
        if isinstance(node.value, program.Comprehension):
            self.kept_generator = node.value
        value = self.evaluate(node.value)
        if value is NONE and isinstance(node.value, program.Call):
            name = program.text(node.targets[0])
            self.emit(events.NothingAssigned(self.place(node.value), node.value, self.context, self.guards, name))
        for target in node.targets:
            self.assign(target, value, node)
        return NEXT

    def _annotated_assign(self, node: program.AnnotatedAssign) -> int:
        if node.value is not None:
            value = self.evaluate(node.value)
            told = self.annotated(node.annotation, self.frame) if type(value) in (Unknown, Among) else None
            self.assign(node.target, told or value, node)
        return NEXT

    def _augmented_assign(self, node: program.AugmentedAssign) -> int:
        target = node.target
        before = self.evaluate(target)
        value = self.evaluate(node.value)
        if isinstance(before, Variable) and isinstance(target, program.Name | program.Attribute):
            self.emit(events.AugmentedVariable(self.place(node), node, self.context, self.guards, before, node.operator))
            if self.library.flax_minor < (0, 12):
                self.write_variable(before, self.arithmetic(node.operator, before, value, node), node)
                return NEXT
        if (inner := containers.held(self, before)) is not None:
            before = inner
        if isinstance(before, Among):
            among.change(self, before.held)
        if any(isinstance(one, List | Dict) for one in options(before)):
            self._change_in_place(node, before, value)
            return NEXT
        told = protocols.in_place(self, node.operator, before, value, node)
        self._write_back(node, told if told is not None else self.arithmetic(node.operator, before, value, node))
        return NEXT

    def _write_back(self, node: program.AugmentedAssign, result: Value) -> None:
        target = node.target
        if isinstance(target, program.Attribute):
            self.write_attribute(self.evaluate_quietly(target.value), target.name, result, target, node.operator)
        elif isinstance(target, program.Subscript):
            self._assign_item(target, result, node, node.operator)
        else:
            self.assign(target, result, node)

    def _change_in_place(self, node: program.AugmentedAssign, before: Value, value: Value) -> None:
        """An augmented assignment to what is a list, a set or a dict, or may be one."""
        mark = self.journal.mark()
        results: list[Value] = []
        ways: list[Changes] = []
        for one in options(before):
            if isinstance(one, List | Dict):
                if one.level is not self.level:
                    self.leak(one, one.level, self.element(value, node.value), node.target)
                results.append(lists_and_dicts.changed_in_place(self, node.operator, one, value, node))
            else:
                results.append(self.arithmetic(node.operator, one, value, node))
            ways.append(self.journal.rollback(mark))
        self.journal.merge(ways)
        if any(result is not one for result, one in zip(results, options(before), strict=True)):
            self._write_back(node, join(results))

    def use(self, value: Value, node: program.Node) -> None:
        """The content of a value is used: record it where its buffers were donated."""
        if isinstance(value, Array) and value.role == "donated" and value.origin is not None:
            self.emit(events.DonatedUse(self.place(node), node, self.context, self.guards, value, value.origin.place))
        elif (mark := donated(value)) is not None:
            self.emit(events.DonatedUse(self.place(node), node, self.context, self.guards, value, mark.place))
        elif isinstance(value, Array) and value.level is not None and value.level.leaks and not is_within(self.level, value.level):
            leaks = value.level.leaks
            leak = next((each for each in leaks if each.value is value), leaks[0])
            self.emit(events.LeakUsed(self.place(node), node, self.context, self.guards, value, leak))

    def evaluate_quietly(self, node: program.Expression) -> Value:
        """Evaluate an expression a second time without recording its facts, or doing what it does, again."""
        count, mark = len(self.events), self.journal.mark()
        value = self.evaluate(node)
        del self.events[count:]
        self.journal.rollback(mark)
        return value

    def assign(self, target: program.Expression, value: Value, node: program.Node) -> None:
        """`target = value`."""
        match target:
            case program.Name(id=name):
                before = self.frame.names.get(name)
                self.assign_name(name, value, target)
                what = _worth_nothing_unused(target, before, value, node)
                is_known = (what == "array" and self._is_made_here(name)) or (what == "gradient" and self._is_given_by_own_function(node))
                if what is not None and not is_known:
                    self.made_of_nothing(target, what)
            case program.Attribute(value=owner, name=name):
                statement = node if isinstance(node, program.Assign | program.AnnotatedAssign) and _targets(node) == (target,) else None
                written = self.evaluate(owner)
                self.write_attribute(written, name, value, target, statement=statement)
                if statement is not None:
                    neutral.note(self, written, name, value, statement)
                decisions.assigned(self, target)
            case program.Subscript():
                self._assign_item(target, value, node)
            case program.TupleDisplay(elements=elements) | program.ListDisplay(elements=elements):
                self.emit(events.Unpacked(self.place(target), target, self.context, self.guards, value, elements))
                self._unpack(elements, value, node)
            case program.Starred(value=inner):
                self.assign(inner, List({"element": self.element(value, target)}, self.level), node)
            case _:
                self.evaluate(target)

    def made_of_nothing(self, target: program.Name, what: str) -> None:
        """Record a name that nobody uses (see `events.NothingMadeOf`)."""
        if not self._is_used(target.id):
            names = self.frame.names.items()
            optimizer = next((name for name, value in names if isinstance(value, Optimizer)), "")
            self.emit(events.NothingMadeOf(self.place(target), target, self.context, self.guards, what, optimizer))

    def _is_given_by_own_function(self, node: program.Node) -> bool:
        """Whether a function of the user gives what is assigned: it had the gradients first, and may have applied them."""
        if not isinstance(node, program.Assign | program.AnnotatedAssign) or not isinstance(node.value, program.Call):
            return False
        if not isinstance(node.value.function, program.Name | program.Attribute):
            return False
        callee = self.evaluate_quietly(node.value.function)
        while isinstance(callee, Bound | Transformed) and not (isinstance(callee, Transformed) and _differentiates(callee)):
            callee = callee.function
        return isinstance(callee, Function)

    def _is_made_here(self, name: str) -> bool:
        """Whether a name of a function, or of a script, holds an array that it made itself, of zeros or the like: nobody else has it, so nobody misses what it
        becomes."""
        code = self.frame.function.definition if self.frame.function is not None else self.script
        if code is None or isinstance(code, program.Lambda):
            return False
        assigned = (each for each in program.walk(code) if isinstance(each, program.Assign) and name in stored_names(each))
        made = [each.value for each in assigned if isinstance(each.value, program.Call) and _updated(each.value) is None]
        return bool(made) and all(isinstance(each, program.Call) and program.last_name(each.function) in _MAKES for each in made)

    def _is_used(self, name: str) -> bool:
        """Whether any code may use a name of here."""
        frame = self.frame
        if name.startswith("_") or frame.is_class or name in frame.globals or name in frame.nonlocals:
            return True
        if frame.function is None:
            self.reads.add((frame.path, USED + name))
            return frame.outer is not None or self.session.is_used(frame.path, name)
        definition = frame.function.definition
        if isinstance(definition, program.Lambda):
            return True
        found = self._used.get(id(definition))
        if found is None:
            found = self._used[id(definition)] = used_names(definition.body)
        return name in found or "locals" in found

    def assign_name(self, name: str, value: Value, node: program.Node | None = None) -> None:
        frame = self.frame
        if name in frame.globals:
            module = frame.module
            decisions.rebound(self, module, name)
            self.rebound.add(name)
            self.journal.set(module.names, name, value)
            if module.level is not self.level:
                self.leak(None, module.level, value, node, module.names)
            return
        if name in frame.nonlocals:
            outer = frame.outer
            while outer is not None and (name not in outer.names or outer.is_class):
                outer = outer.outer
            if outer is not None:
                decisions.rebound(self, outer, name)
                self.journal.set(outer.names, name, value)
                if outer.level is not self.level:
                    self.leak(None, outer.level, value, node, outer.names)
            return
        decisions.rebound(self, frame, name)
        self.journal.set(frame.names, name, value)

    def leak(self, target: Value | None, owner: Level | None, value: Value, node: program.Node | None, names: dict[str, Value] | None = None) -> None:
        """A value is stored in what belongs to another level: record what is traced in it, and not by that level too."""
        traced = _traced_in(value, 0)
        if node is not None and traced is not None and traced.level is not None and traced.level is not owner and is_within(traced.level, owner):
            replaced = self._is_replaced(target, node)
            leak = events.Leak(self.place(node), node, self.context, self.guards, target, traced, owner, is_replaced=replaced, names=names)
            self.emit(leak)
            traced.level.leaks.append(leak)

    def _is_replaced(self, target: Value | None, node: program.Node) -> bool:
        """Whether a name of an enclosing function gets another value behind the function in which it is given a traced one."""
        function = self.frame.function
        if target is not None or function is None or not isinstance(node, program.Name):
            return False
        frame = self.frame.outer
        while frame is not None and (node.id not in frame.names or frame.is_class):
            frame = frame.outer
        if frame is None or frame.function is None or isinstance(frame.function.definition, program.Lambda):
            return False
        last = max(each.at for each in program.walk(function.definition))
        return any(each.at > last and node.id in stored_names(each) for each in program.walk(frame.function.definition))

    def _unpack(self, elements: tuple[program.Expression, ...], value: Value, node: program.Node) -> None:
        items = self.items(value)
        star = next((index for index, element in enumerate(elements) if isinstance(element, program.Starred)), None)
        if items is not None and star is not None and len(items) >= len(elements) - 1:
            after = len(elements) - star - 1
            middle = items[star : len(items) - after]
            rest = items[len(items) - after :] if after else ()
            for element, item in zip((*elements[:star], *elements[star + 1 :]), (*items[:star], *rest), strict=True):
                self.assign(element, item, node)
            starred = elements[star]
            assert isinstance(starred, program.Starred)
            self.assign(starred.value, List({"items": middle}, self.level), node)
        elif items is not None and len(items) == len(elements):
            for element, item in zip(elements, items, strict=True):
                self.assign(element, item, node)
        else:
            if items is not None and isinstance(value, Tuple | List) and isinstance(node, program.Assign):
                self.frame.is_over = True  # ValueError: what stands behind it never runs.
            each = self.element(value, node)
            for element in elements:
                if isinstance(element, program.Starred):
                    self.assign(element.value, List({"element": each}, self.level), node)
                else:
                    self.assign(element, each, node)

    def _assign_item(self, target: program.Subscript, value: Value, node: program.Node, operator: str = "") -> None:
        evaluate = self.evaluate_quietly if operator else self.evaluate  # `x[i] += 1` evaluates `x` and `i` once.
        container, index = evaluate(target.value), evaluate(target.index)
        decisions.changed_item(self, target)
        if (inner := containers.held(self, container)) is not None:
            container, value = inner, containers.written(self, inner, index, value)
        if not isinstance(container, Dict | List):
            self.emit(events.ItemWrite(self.place(target), target, self.context, self.guards, container, index, value, operator))
        match container:
            case Namespace() if isinstance(index, Static) and isinstance(index.constant, str):
                self.write_name(container, index.constant)
            case Namespace():
                self.write_namespace(container)
            case Dict():
                if container.level is not self.level:
                    self.leak(container, container.level, value, target)
                lists_and_dicts.write_key(self, container, index, value)
            case List():
                lists_and_dicts.write_item(self, container, index, value, target)
            case Among():
                among.write_item(self, container, index, value, target)
            case OneOf():
                self._assign_item_of_one(container, index, value, target)
            case Object(cls=Class()) if not isinstance(container, Variable):
                protocols.ask(self, container, "__setitem__", (index, value), target)
            case Variable():
                before = container.content
                whole = isinstance(index, Static) and index.kind == "ellipsis"
                if whole and not operator:
                    note_overwritten(self, container, target)
                self.write_variable(container, _written_over(before, value) if whole and not isinstance(value, Static) else before, node)
            case _:
                pass

    def _assign_item_of_one(self, container: OneOf, index: Value, value: Value, target: program.Subscript) -> None:
        """An item of one of a few containers is written."""
        mark = self.journal.mark()
        ways: list[Changes] = []
        for one in container.options:
            if isinstance(one, Dict):
                lists_and_dicts.write_key(self, one, index, value)
            elif isinstance(one, List):
                lists_and_dicts.write_item(self, one, index, value, target)
            ways.append(self.journal.rollback(mark))
        self.journal.merge(ways)

    def _return(self, node: program.Return) -> int:
        value = self.evaluate(node.value) if node.value is not None else NONE
        if self.frame.is_over:
            return RAISE
        self.frame.returns.append(value)
        self.emit(events.Returned(self.place(node), node, self.context, self.guards, self.frame.function, value))
        return RETURN

    def _raise(self, node: program.Raise) -> int:
        if node.exception is not None:
            self.evaluate(node.exception)
            if "NotImplementedError" in exception_names(node.exception.function if isinstance(node.exception, program.Call) else node.exception):
                self.frame.is_abstract = True
        return RAISE

    def _assert(self, node: program.Assert) -> int:
        known = self.test(node.test, Test.ASSERT)
        if node.message is not None:
            mark = self.journal.mark()
            narrow(self, node.test, outcome=False)
            self.evaluate(node.message)
            self.journal.rollback(mark)
        narrow(self, node.test, outcome=True)
        return RAISE if known is False else NEXT

    def _delete(self, node: program.Delete) -> int:
        for target in node.targets:
            if isinstance(target, program.Name):
                names = self.frame.module.names if target.id in self.frame.globals else self.frame.names
                self.journal.delete(names, target.id)
            elif isinstance(target, program.Attribute):
                self.delete_attribute(self.evaluate(target.value), target.name, target)
            elif isinstance(target, program.Subscript):
                self._delete_item(self.evaluate(target.value), self.evaluate(target.index), target)
                decisions.changed_item(self, target)
            elif isinstance(target, program.TupleDisplay | program.ListDisplay):
                self._delete(program.Delete(node.at, target.elements))
        return NEXT

    def _delete_item(self, container: Value, index: Value, node: program.Node) -> None:
        """`del container[index]`."""
        mark = self.journal.mark()
        ways: list[Changes] = []
        for one in options(container):
            if isinstance(one, Dict):
                lists_and_dicts.delete_key(self, one, index)
            elif isinstance(one, List):
                lists_and_dicts.delete_item(self, one, index)
            elif isinstance(one, Namespace):
                self.write_namespace(one)
            elif isinstance(one, Among):
                among.change(self, one.held)
            else:
                protocols.ask(self, one, "__delitem__", (index,), node)
            ways.append(self.journal.rollback(mark))
        self.journal.merge(ways)

    def _scope(self, node: program.Scope) -> int:
        if node.is_global:
            self.frame.globals = self.frame.globals | frozenset(node.names)
        else:
            self.frame.nonlocals = self.frame.nonlocals | frozenset(node.names)
        return NEXT

    # Imports --------------------------------------------------------------------------------------------------------

    def _import(self, node: program.Import) -> int:
        for alias in node.names:
            root = alias.name.partition(".")[0]
            if root in MODELLED:
                self.assign_name(alias.alias or root, self.library_name(alias.name if alias.alias else root))
            else:
                self.assign_name(alias.alias or root, self.user_module(alias.name if alias.alias else root, 0) or Foreign(alias.name if alias.alias else root))
        return NEXT

    def _import_from(self, node: program.ImportFrom) -> int:
        if node.level == 0 and node.module.partition(".")[0] in MODELLED:
            for alias in node.names:
                self._ask_for(node.module, alias)
                self.assign_name(alias.alias or alias.name, self.library_name(f"{node.module}.{alias.name}"))
            for name in self.library.public_names(node.module) if node.star else ():
                self.assign_name(name, self.library_name(f"{node.module}.{name}"))
            return NEXT
        module = self.user_module(node.module or "", node.level)

        def foreign(name: str) -> Value:
            return Foreign(f"{node.module}.{name}") if node.level == 0 else UNKNOWN

        for alias in node.names:
            self.assign_name(alias.alias or alias.name, Deferred(module, alias.name) if module is not None else foreign(alias.name))
        if node.star and module is not None:
            for name in self.public_names(module):
                self.assign_name(name, Deferred(module, name))
        return NEXT

    def _ask_for(self, module: str, alias: program.Alias) -> None:
        """Record a name that is imported from a library that does not have it."""
        dotted = f"{module}.{alias.name}"
        if self.library.has_module(module) and self.library.entry(dotted) is None and not self.library.has_module(dotted) and not alias.name.startswith("_"):
            owner = Library(module)
            self.emit(events.AttributeRead(self.place(alias), alias, self.context, self.guards, owner, alias.name, UNKNOWN, False))

    def user_module(self, dotted: str, level: int) -> UserModule | None:
        """The module of the project that an import here names, if there is one."""
        importer = self.frame.path
        self.reads.add((importer, f"{IMPORT}{level}:{dotted}"))
        path = self.session.modules.find(importer, dotted, level)
        return UserModule(path) if path is not None else None

    def manufacture(self, metaclass: Value, node: program.ClassDef) -> None:
        """A class is made by a metaclass of the user."""
        raise NotImplementedError

    def public_names(self, module: UserModule) -> list[str]:
        """What `from module import *` binds."""
        raise NotImplementedError

    def library_name(self, dotted: str) -> Value:
        """A module or name of a library, under its canonical name; `Unknown` for what is not modelled."""
        root, _, rest = dotted.partition(".")
        if rest == "TYPE_CHECKING" and root in ("typing", "typing_extensions"):
            return FALSE
        return Library(self.library.canonical(dotted)) if root in MODELLED else UNKNOWN

    # Definitions ----------------------------------------------------------------------------------------------------

    def _function_def(self, node: program.FunctionDef) -> int:
        value: Value = self.make_function(node)
        for expression in reversed(node.decorators):
            value = self.decorate(self.evaluate(expression), value, expression)
        self.assign_name(node.name, value)
        return NEXT

    def decorate(self, decorator: Value, value: Value, node: program.Expression) -> Value:
        """`decorator(value)`; a decorator that is not known gives what is not known."""
        return self.call(decorator, Arguments((value,), {}, (None,)), node)

    def _class_def(self, node: program.ClassDef) -> int:
        bases = tuple(self.evaluate(base.value) for base in node.bases if base.keyword is None and not base.star)
        names: list[str] = []
        is_open = any(base.keyword not in (None, "pytree", "experimental_pytree", "kw_only") or base.star for base in node.bases)
        for base in bases:
            match base:
                case Class():
                    names.extend(base.library_bases)
                    is_open = is_open or base.is_open
                case Library(name="builtins.object"):
                    pass
                case Library(name=name):
                    names.append(name)
                    is_open = is_open or self.library.is_subclass(name, _GIVES_ATTRIBUTES)
                case _:
                    is_open = is_open or not (isinstance(base, Static) and base.kind == "typing")
        place = Place(self.frame.path, self.frame.chunk, node.name_at)
        attributes: dict[str, Value] = {}
        cls = Class(node.name, place, bases, attributes, tuple(dict.fromkeys(names)), is_open)
        outer = self.frame
        self.frame = Frame(outer.path, outer.chunk, attributes, outer, outer.context, outer.function, cls, is_class=True)
        self.frame.moment = outer.moment
        try:
            self.execute(node.body)
        finally:
            self.frame = outer
        if any(isinstance(base, Unknown) for base in bases):  # It may have a metaclass, or an `__init_subclass__`, that has a hand on them.
            for held in tuple(attributes.values()):
                lists_and_dicts.forget(self, held)
        cls.specifications = records.specifications(node, attributes)
        cls.fields = tuple((each.name, attributes.get(each.name, UNKNOWN)) for each in cls.specifications)
        if records.is_enumeration(cls):
            records.enumerate_members(self, cls, node)
        cls.has_own_rules = any(base.keyword in ("pytree", "experimental_pytree") for base in node.bases)
        for argument, known in zip(node.bases, bases, strict=False):
            if isinstance(known, Library) and isinstance(argument.value, program.Attribute) and known.name == f"flax.nnx.{argument.value.name}":
                cls.nnx = program.text(argument.value.value)
        cls.decorators = tuple(self.evaluate(decorator) for decorator in node.decorators)
        self.emit(events.ClassDefined(place, node, self.context, self.guards, cls))
        self.classes.append(cls)
        if records.decorator_of(cls) is not None:
            records.settle_defaults(cls)
        self._tell_base(cls, node)
        self.assign_name(node.name, self._decorated(cls, node))
        return NEXT

    def _tell_base(self, cls: Class, node: program.ClassDef) -> None:
        """A class is made: the `__init_subclass__` of its bases runs."""
        found = next((one.attributes["__init_subclass__"] for one in resolution_order(cls)[1:] if "__init_subclass__" in one.attributes), None)
        if isinstance(found, Transformed):
            found = found.function
        if isinstance(found, Function):
            keywords = {base.keyword: self.evaluate(base.value) for base in node.bases if base.keyword not in (None, "metaclass")}
            self.call(Bound(found, cls), Arguments((), {name: value for name, value in keywords.items() if name is not None}), node)

    def _decorated(self, cls: Class, node: program.ClassDef) -> Value:
        """What decorators make of a class: those of libraries leave it the class that it is, or are known; those of the project are called."""
        metaclasses = [self.evaluate(base.value) for base in node.bases if base.keyword == "metaclass"] or [
            base.metaclass for base in cls.bases if isinstance(base, Manufactured)
        ]
        if any(not _is_plain_metaclass(each) for each in metaclasses):
            cls.is_open = True
            self.manufacture(metaclasses[0], node)
            return Manufactured(cls, metaclasses[0])
        value: Value = cls
        for decorator, expression in zip(reversed(cls.decorators), reversed(node.decorators), strict=True):
            if isinstance(decorator, Function | Bound | Class | Object):
                value = self.decorate(decorator, value, expression)
            elif isinstance(decorator, Unknown) and not (isinstance(decorator, Foreign) and decorator.name in KEEPING):
                cls.is_open = True
                if not any(base.startswith("flax.nnx.") for base in cls.library_bases):
                    value = UNKNOWN  # A Module is most often put down in a register; another class may be made a dataclass, or be replaced.
        return value

    # Iteration ------------------------------------------------------------------------------------------------------

    def items(self, value: Value) -> tuple[Value, ...] | None:
        """The items of an iterable, where every one is known."""
        match value:
            case Tuple(items=items) | Iterator_(items=items):
                return items
            case List():
                return value.items if not lists_and_dicts.is_set(value) or (value.items is not None and len(value.items) < 2) else None
            case Static(kind="str", constant=str() as text) if len(text) <= _SHORT:
                return tuple(map(plain.known, text))
            case Dict():
                if value.is_open:
                    return None
                return tuple(map(plain.known, value.items))
            case Array(uses=dict()):
                return keys.items(value)
            case Object() if (inner := containers.held(self, value)) is not None:
                return self.items(inner)
            case _:
                return None

    def element(self, value: Value, node: program.Node) -> Value:
        """One value for each item of an iterable."""
        if isinstance(value, OneOf):
            return join([self.element(option, node) for option in value.options])
        if isinstance(value, Among):
            return among.element(value)
        match value:
            case Tuple(items=items):
                return lists_and_dicts.joined(self, items)
            case List():
                return lists_and_dicts.joined(self, value.elements)
            case Iterator_(element=element):
                return element
            case Dict():
                return join(map(plain.known, value.items)) if not value.is_open else Static()
            case Array(low=low, high=high):
                origin = value.origin
                dims = value.dims[len(value.dims) - max(low - 1, 0) :] if len(value.dims) >= low else value.dims
                return Array(value.level, value.dtype, max(low - 1, 0), high - 1 if high > 0 else -1, origin, value.role, dims, None, value.exact)
            case Variable():
                return join([self.element(option, node) for option in options(value.content)])
            case Static(kind="str"):
                return STR
            case Static(kind="shape"):
                return INT
            case Object() if (inner := containers.held(self, value)) is not None:
                return self.element(inner, node)
            case Object() if (told := protocols.element(self, value, node)) is not None:
                return told
            case _:
                return UNKNOWN

    # Of the other parts ---------------------------------------------------------------------------------------------

    def delete_attribute(self, owner: Value, name: str, node: program.Node) -> None:
        raise NotImplementedError

    def write_variable(self, variable: Variable, value: Value, node: program.Node) -> None:
        raise NotImplementedError


def _written_over(before: Value, value: Value) -> Value:
    """What a Variable holds after `variable[...] = value`: values of the shape and the dtype that are there. An array of that very shape and dtype takes the
    place of the one there, whether it is weakly typed or not (flax/nnx/variablelib.py, `set_value`)."""
    if not isinstance(value, Array):
        return value
    if not isinstance(before, Array):
        dims = tuple(None if size == 1 else size for size in value.dims)
        return Array(value.level, "", value.low, -1, value.origin, value.role, dims, value.uses)
    is_replaced = _is_like(before, value)
    if is_replaced:
        return value
    if is_replaced is None and value.level is None and before.level is not None:
        return UNKNOWN
    low, high, dims = shapes.broadcast((shapes.extent(before), shapes.extent(value)))
    exact = before.exact if is_replaced is False or before.exact == value.exact else ""
    return Array(value.level or before.level, before.dtype, low, high, value.origin, value.role, dims, value.uses, exact)


def _is_like(one: Array, two: Array) -> bool | None:
    """Whether two arrays have the same shape and the same dtype, as far as that is known."""
    here, there = shapes.extent(one), shapes.extent(two)
    dtypes = one.exact.lstrip("~"), two.exact.lstrip("~")
    if ("" not in dtypes and dtypes[0] != dtypes[1]) or shapes.differ(here, there):
        return False
    return True if "" not in dtypes and here.shape is not None and here.shape == there.shape and None not in here.shape else None


def _shown(node: program.Expression) -> tuple[program.Expression, ...]:
    """What a statement that is an expression shows and does not keep: in a notebook itself, and what it prints."""
    match node:
        case program.Call(function=program.Name(id="print"), arguments=arguments):
            return tuple(each.value for each in arguments)
        case program.TupleDisplay(elements=elements):
            return elements
        case _:
            return (node,)


def _targets(node: program.Assign | program.AnnotatedAssign) -> tuple[program.Expression, ...]:
    return node.targets if isinstance(node, program.Assign) else (node.target,)


def _is_plain_metaclass(value: Value) -> bool:
    """Whether a metaclass leaves the classes that it makes as they are written."""
    return isinstance(value, Library) and value.name in ("abc.ABCMeta", "builtins.type", "enum.EnumMeta", "enum.EnumType")


MODELLED = frozenset(
    (
        "jax",
        "flax",
        "optax",
        "numpy",
        "math",
        "functools",
        "builtins",
        "contextlib",
        "dataclasses",
        "operator",
        "itertools",
        "abc",
        "copy",
        "enum",
        "typing",
        "typing_extensions",
        "jaxtyping",
        "logging",
        "random",
        "time",
    )
)
"""Libraries whose names are known to the tracer."""


_SHORT = 8
"""Strings up to this length are taken apart into characters that are known."""


def _traced_in(value: Value, depth: int) -> Array | None:
    """The first array in a value whose value is not known before its level has ended."""
    match value:
        case Array(level=Level() as level) if level.kind is not LevelKind.DIFFERENTIATED:
            return value
        case Tuple(items=items):
            return _first_traced(items, depth)
        case List():
            return _first_traced(value.items or (), depth)
        case Dict():
            return _first_traced(tuple(value.items.values()), depth)
        case _:
            return None


def _first_traced(values: tuple[Value, ...], depth: int) -> Array | None:
    return next((found for each in values if depth < _DEEPEST and (found := _traced_in(each, depth + 1)) is not None), None)


_DEEPEST = 4


def is_within(level: Level | None, owner: Level | None) -> bool:
    """Whether a level is another one, or was opened inside of it; all are opened inside of none."""
    return owner is None or any(each is owner for each in outward(level))


__all__ = ["BREAK", "CONTINUE", "MODELLED", "NEXT", "RAISE", "RETURN", "LibraryMethod", "Origin", "Statements"]
