"""Where ways fork, join and end: `if`, loops with their `else`, `try`, `with` and `match`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeGuard

import msgspec

from nnx_lsp import program
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.tracer import decisions, events, expected
from nnx_lsp.tracer.conditions import is_type_checking
from nnx_lsp.tracer.events import Test
from nnx_lsp.tracer.expressions import Expressions
from nnx_lsp.tracer.modules import Session
from nnx_lsp.tracer.narrowing import current, keep_instances, narrow
from nnx_lsp.tracer.reads import always, certain, read_in_each_pass
from nnx_lsp.tracer.state import Changes
from nnx_lsp.tracer.values import UNKNOWN, Array, Classes, Counter, Dict, Iterator_, List, Static, Tuple, Unknown, Value, same
from nnx_lsp.tracer.widening import is_stable, widen, widen_counters

NEXT, RETURN, RAISE, BREAK, CONTINUE, EXHAUSTED = range(6)
"""How a statement ends; a pass of a `while` whose test is false ends as `EXHAUSTED`."""

_CATCH_ALL = ("", "Exception", "BaseException")
_CATCH_TRACED = frozenset((*_CATCH_ALL, "TypeError", "ConcretizationTypeError"))
"""Names of exceptions that take each one which JAX raises if a tracer is asked for its value."""
_DEEP_LOOPS = 2
"""Loops that run inside of more loops than this, be it by calls, are passed once: passes of passes take the product of their time."""
_MOST_PASSES = 3


class Exits(msgspec.Struct, eq=False):
    """The ways that left a function or a loop early, as what they wrote since it began."""

    mark: int
    returns: list[Changes] = []
    breaks: list[Changes] = []
    continues: list[Changes] = []
    ends: list[Changes] = []
    """For a loop: what stood when there was no further pass."""
    heads: list[Changes] = []
    """For a loop: what each pass left to the next one."""


class Passes(msgspec.Struct, frozen=True):
    """How many passes a loop has, for as long as what it goes through is left alone; `is_apart` where each has an item of its own."""

    count: int
    is_as_it_was: Callable[[], bool] | None
    is_apart: bool = False


class Branches(Expressions):
    """Executes the statements that have bodies."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._loop_exits: list[Exits] = []
        self._exits: list[Exits] = []

    def _if(self, node: program.If) -> int:
        self.asks_version = False
        if is_type_checking(node.test):
            self._for_annotations(node.body)
            return self.execute(node.orelse)
        if self.frame.outer is None and _asks_for_main(node.test):
            self.script = node
            try:
                return self._branched(node)
            finally:
                self.script = None
        return self._branched(node)

    def _branched(self, node: program.If) -> int:
        known = self.test(node.test, Test.IF)
        if known is not None:
            return self.execute(node.body if known else node.orelse)
        mark = self.journal.mark()
        by_extents = self.is_by_extents(node.test)
        with self.guarded(self.told_by(node.test)):
            narrow(self, node.test, outcome=True)
            with self.forked(by_extents=by_extents), self.guarded(self.way_guards(node.test, outcome=True)):
                first_flow = self.execute(node.body)
            first = self.journal.rollback(mark)
            narrow(self, node.test, outcome=False)
            with self.forked(by_extents=by_extents), self.guarded(self.way_guards(node.test, outcome=False)):
                second_flow = self.execute(node.orelse)
            second = self.journal.rollback(mark)
        for flow, other, outcome in ((first_flow, second_flow, False), (second_flow, first_flow, True)):
            if flow in (RETURN, RAISE) and other == NEXT and self.level is not None:  # The rest of the function is one of the ways.
                self.guards = (*self.guards, *self.way_guards(node.test, outcome=outcome))
        return self._rejoin(((first_flow, first), (second_flow, second)), by_extents=by_extents)

    def _for_annotations(self, body: tuple[program.Statement, ...]) -> None:
        """Bind the names that only type checkers see, for annotations; what there is without them stays."""
        count, mark = len(self.events), self.journal.mark()
        self.execute(body)
        del self.events[count:]
        changes = self.journal.rollback(mark)
        self.journal.merge([{key: change for key, change in changes.items() if change[1] not in change[0]}])

    def _rejoin(self, ways: Iterable[tuple[int, Changes]], *, by_extents: bool = False) -> int:
        """Go on with the ways that go on; keep for the end of the loop or function what the others wrote."""
        found = tuple(ways)
        for flow, changes in found:
            self._leave(flow, changes)
        self.journal.merge([changes for flow, changes in found if flow == NEXT])
        flows = {flow for flow, _ in found}
        if NEXT in flows:
            if flows - {NEXT, RAISE}:  # What follows is one of the ways.
                self.fork(by_extents=by_extents)
            return NEXT
        for flow in (BREAK, CONTINUE, RETURN):
            if flow in flows:
                return flow
        return RAISE

    def _leave(self, flow: int, changes: Changes) -> None:
        """Keep what a way wrote that leaves the loop or the function, all of it since that began."""
        if flow == RETURN and self._exits:
            exits = self._exits[-1]
            exits.returns.append({**self.journal.changes(exits.mark), **changes})
        elif flow in (BREAK, CONTINUE) and self._loop_exits:
            exits = self._loop_exits[-1]
            (exits.breaks if flow == BREAK else exits.continues).append({**self.journal.changes(exits.mark), **changes})

    # Loops ----------------------------------------------------------------------------------------------------------

    def _while(self, node: program.While) -> int:
        def once() -> int:
            decisions.undecide(self, node.test)
            known = self.test(node.test, Test.WHILE)
            if known is False:
                return EXHAUSTED
            if known is None:
                mark = self.journal.mark()
                narrow(self, node.test, outcome=False)
                exits = self._loop_exits[-1]
                exits.ends.append(self.journal.changes(exits.mark))
                self.journal.rollback(mark)
            narrow(self, node.test, outcome=True)
            return self.execute(node.body)

        count = len(self.events)
        return self._looped(node, once, count, passes=None)

    def _for(self, node: program.For) -> int:
        source = self.evaluate(node.iterable)
        items = self.items(source)
        if items is not None and not items:
            return self.execute(node.orelse)
        if isinstance(source, Array):
            self.emit(events.Iterated(self.place(node.iterable), node.iterable, self.context, self.guards, source))
        if items is not None and self._is_told_apart(node, items) and not changes_iterable(node):
            return self._for_each(node, items, _watched(source))
        first, is_as_it_was = self.element(source, node.iterable), _watched(source)
        is_counted = items is not None and (len(items) == 1 or not isinstance(source, List | Dict))
        passes = Passes(len(items), is_as_it_was) if items is not None and is_counted else None

        def once() -> int:
            # What a container holds may change while it is looped over.
            element = self.element(source, node.iterable) if isinstance(source, List | Dict) else first
            if isinstance(source, Iterator_) and is_as_it_was is not None and not is_as_it_was():
                element = UNKNOWN
            self.assign(node.target, _counted(node.iterable, element, items), node)
            return self.execute(node.body)

        count = len(self.events)
        return self._looped(node, once, count, passes=passes, may_skip=items is None)

    def _is_told_apart(self, node: program.For, items: tuple[Value, ...]) -> bool:
        """Whether each item has a pass of its own: they are few, and they differ."""
        if not 1 < len(items) <= _FEW_PASSES or self.apart * len(items) > _MOST_APART:
            return False
        is_counter = isinstance(node.iterable, program.Call) and isinstance(node.iterable.function, program.Name) and node.iterable.function.id == "range"
        if is_counter and not (self.frame.is_initializer and len(items) < _FEW_PASSES):
            return False
        return not all(same(items[0], item) for item in items[1:])

    def _for_each(self, node: program.For, items: tuple[Value, ...], is_as_it_was: Callable[[], bool] | None) -> int:
        """Pass through a loop with each item in turn, as long as what it goes through is left as it was."""
        waiting = iter(items)
        around = self.in_pass

        def once() -> int:
            self.passed += 1
            self.in_pass = self.passed
            self.assign(node.target, _counted(node.iterable, next(waiting), items) if is_as_it_was is None or is_as_it_was() else UNKNOWN, node)
            return self.execute(node.body)

        self.apart *= len(items)
        try:
            return self._looped(node, once, len(self.events), passes=Passes(len(items), is_as_it_was, is_apart=True))
        finally:
            self.apart //= len(items)
            self.in_pass = around

    def _looped(
        self,
        node: program.For | program.While,
        once: Callable[[], int],
        count: int,
        *,
        passes: Passes | None,
        may_skip: bool = False,
    ) -> int:
        """Pass through a loop, then through its `else` where nothing broke out."""
        mark, before = self.journal.mark(), len(self._exits[-1].returns) if self._exits else 0
        exits = self._loop(once, passes, is_tested=isinstance(node, program.While), may_skip=may_skip)
        is_endless = isinstance(node, program.While) and isinstance(node.test, program.Constant)
        if not is_endless and not exits.ends and not exits.breaks and exits.heads:
            exits.ends.append(exits.heads[-1])  # That its test never fails is more than the walk knows.
        if self.level is None and (read := read_in_each_pass(node, self.events[count:], self.context)) is not None:
            self.emit(read)
        ways = [(NEXT, changes) for changes in exits.breaks]
        if exits.ends:
            self.journal.merge(exits.ends)
            flow = self.execute(node.orelse)
            if not ways:
                return flow
            ways.append((flow, self.journal.rollback(mark)))
        if not ways:
            return RETURN if self._exits and len(self._exits[-1].returns) > before else RAISE
        for flow, changes in ways:
            self._leave(flow, changes)
        self.journal.merge([changes for flow, changes in ways if flow == NEXT])
        flows = [flow for flow, _ in ways]
        return NEXT if NEXT in flows else flows[0]

    def _loop(self, once: Callable[[], int], passes: Passes | None, *, is_tested: bool, may_skip: bool) -> Exits:
        """Pass through a body until what its passes leave does not change any more; how it was left."""
        mark = self.journal.mark()
        exits = Exits(mark)
        if may_skip:
            exits.ends.append({})
        self._loop_exits.append(exits)
        self.frame.loops += 1
        self.looping += 1
        loop_forks, self.loop_forks = self.loop_forks, self.forks
        try:
            if passes is not None and passes.is_apart:
                self._passes_apart(once, exits, passes)
            else:
                self._passes(once, exits, passes, is_tested=is_tested)
        finally:
            self.frame.loops -= 1
            self.looping -= 1
            self.loop_forks = loop_forks
            self._loop_exits.pop()
            self.journal.rollback(mark)
        return exits

    def _passes(self, once: Callable[[], int], exits: Exits, passes: Passes | None, *, is_tested: bool) -> None:
        number, count = 0, len(self.events)
        changes, calls = self.changes, self.captured_calls
        head: Changes = {}
        while True:
            number += 1
            middle = len(self.events)
            left = self._one_pass(once, exits)
            if number > 1:
                self._only_compiled_again(count, middle)
            if left is None:
                return
            exits.heads.append(left)
            if passes is not None and not self._are_still(passes, left):
                passes = None
            count_of_all = passes.count if passes is not None else None
            is_stale = number == 1 and self.changes > changes and self.captured_calls > calls
            is_last = number == count_of_all or (is_stable(head, left) and not is_stale)
            if not is_tested and (passes is None or is_last):
                exits.ends.append(left)
            if is_last:
                return
            is_deep = self.looping > _DEEP_LOOPS or number == _MOST_PASSES
            head = left if number + 1 == count_of_all else self._next_head(head, left, number, is_deep=is_deep)
            if is_deep and (number > 1 or is_passed_once(self.looping)):
                exits.ends.append(head)
                return
            self.journal.merge([head])

    def _are_still(self, passes: Passes, left: Changes) -> bool:
        """Whether a pass that left these changes has left alone what the loop goes through."""
        if passes.is_as_it_was is None:
            return True
        mark = self.journal.mark()
        self.journal.merge([left])
        found = passes.is_as_it_was()
        self.journal.rollback(mark)
        return found

    def _passes_apart(self, once: Callable[[], int], exits: Exits, passes: Passes) -> None:
        """Passes of which each begins with what the one before left; how many there are is not known any more where one changes what the loop goes through."""
        count = len(self.events)
        for number in range(passes.count):
            middle = len(self.events)
            left = self._one_pass(once, exits)
            if number:
                self._only_compiled_again(count, middle)
            if left is None:
                return
            exits.heads.append(left)
            is_left_alone = self._are_still(passes, left)
            if number + 1 == passes.count or not is_left_alone:
                exits.ends.append(left)
            if not is_left_alone:
                self.journal.merge([left])
                self._passes(once, exits, None, is_tested=False)
                return
            if number + 1 < passes.count:
                self.journal.merge([left])

    def _next_head(self, head: Changes, left: Changes, number: int, *, is_deep: bool) -> Changes:
        """What stands before the next pass: what the last one left, less exact where it goes on changing."""
        if is_deep:
            return widen(head, left, to_nothing=True)
        return widen_counters(left) if number == 1 else widen(head, left, to_nothing=number > 1)

    def _one_pass(self, once: Callable[[], int], exits: Exits) -> Changes | None:
        """One pass; what it leaves where it goes on to the next one. Afterwards all is as before the loop."""
        flow = once()
        changes = self.journal.changes(exits.mark)
        if flow == BREAK:
            exits.breaks.append(changes)
        elif flow == EXHAUSTED:
            exits.ends.append(changes)
        elif flow == RETURN:
            self._leave(RETURN, {})
        self.journal.rollback(exits.mark)
        ways = [*exits.continues, *([changes] if flow in (NEXT, CONTINUE) else [])]
        exits.continues.clear()
        if not ways:
            return None
        self.journal.merge(ways)
        return self.journal.rollback(exits.mark)

    def _only_compiled_again(self, count: int, middle: int) -> None:
        """What only the first pass of a loop compiles is not compiled in each."""
        again = {event.place for event in self.events[middle:] if isinstance(event, events.CompiledAnew)}
        first = [event for event in self.events[count:middle] if not isinstance(event, events.CompiledAnew) or event.place in again]
        if len(first) < middle - count:
            self.events[count:middle] = first

    # Exceptions -----------------------------------------------------------------------------------------------------

    def _try(self, node: program.Try) -> int:
        names = tuple(found for handler in node.handlers for found in expected.handled(handler))
        mark, exits_before = self.journal.mark(), self._left()
        count = len(self.events)
        whole = self.journal.record()
        written = self.journal.record()
        try:
            with self.guarded(names):
                flow = self._attempt(node.body, names)
        finally:
            self.journal.recorded(written)
        body_events = self.events[count:]
        if flow == NEXT:
            flow = self.execute(node.orelse)
        ways = [(flow, self.journal.rollback(mark))]
        for handler in node.handlers:
            self.journal.blend(written)
            ways.append((self._handler(handler, node.body, body_events), self.journal.rollback(mark)))
        flow = self._rejoin(ways)
        self.journal.recorded(whole)
        return self._finally(lambda: self.execute(node.finalbody), flow, mark, exits_before, whole) if node.finalbody else flow

    def _attempt(self, body: Iterable[program.Statement], caught: tuple[str, ...]) -> int:
        """The body of a `try`, as far as it comes: no further than what raises because it is traced, if a handler takes that."""
        for statement in body:
            count = len(self.events)
            flow = self.execute((statement,))
            if flow != NEXT:
                return flow
            if not _CATCH_TRACED.isdisjoint(caught) and self._asks_a_tracer(statement, self.events[count:]):
                return RAISE
        return NEXT

    def _asks_a_tracer(self, statement: program.Statement, found: list[events.Event]) -> bool:
        """Whether a statement is certain to ask a traced array for its value."""
        asked = {
            id(event.node)
            for event in found
            if event.context is self.context and _asks_for_value(event) and isinstance(event.value, Array) and _hides_value(event.value)
        }
        sure = [statement.test] if isinstance(statement, program.If | program.While) else always([statement])
        return bool(asked) and any(id(node) in asked for each in sure for node in certain(each))

    def _handler(self, handler: program.Handler, body: tuple[program.Statement, ...], happened: list[events.Event]) -> int:
        if handler.kind is not None:
            self.evaluate(handler.kind)
        if handler.name is not None:
            self.assign_name(handler.name, UNKNOWN)
        with self.forked():
            flow = self.execute(handler.body)
        if handler.name is not None:
            self.journal.delete(self.frame.names, handler.name)
        if flow != RAISE and not _asks_on_purpose(body, handler):
            self._swallow(handler, happened)
        return flow

    def _left(self) -> tuple[int, int, int]:
        """How many ways have left the function and the loop around here so far."""
        returns = len(self._exits[-1].returns) if self._exits else 0
        loop = self._loop_exits[-1] if self._loop_exits else None
        return returns, len(loop.breaks) if loop is not None else 0, len(loop.continues) if loop is not None else 0

    def _finally(self, final: Callable[[], int], flow: int, mark: int, before: tuple[int, int, int], written: Changes) -> int:
        """Run a `finally`, or the end of a `with`, on each way that leaves."""
        goes_on = self.journal.rollback(mark)
        lists: list[tuple[list[Changes], int]] = []
        if self._exits:
            lists.append((self._exits[-1].returns, before[0]))
        if self._loop_exits:
            lists += [(self._loop_exits[-1].breaks, before[1]), (self._loop_exits[-1].continues, before[2])]
        for left, start in lists:
            if len(left) > start:
                ways = left[start:]
                self.journal.merge(ways)
                ended = final()
                now = {**_union(ways), **self.journal.changes(mark)}
                left[start:] = [now] if ended == NEXT else []
                self.journal.rollback(mark)
                if ended != NEXT:  # It leaves in its own way.
                    self._leave(ended, now)
        ends: list[Changes] = []
        ended = NEXT
        if flow != RAISE:
            self.journal.merge([goes_on])
            ended = final()
            ends.append(self.journal.rollback(mark))
        if flow == RAISE or ended != NEXT or self.journal.is_recording:  # An exception goes through, or ends here: what was written up to it is there.
            count = len(self.events)
            self.journal.blend(written)
            after = final()
            thrown = self.journal.rollback(mark)
            if flow != RAISE:
                del self.events[count:]
            if flow == RAISE or after != NEXT:
                ends.append(thrown)
                ended = after
        self.journal.merge(ends)
        return ended if ended != NEXT else flow

    def _swallow(self, handler: program.Handler, happened: list[events.Event]) -> None:
        """Record what raises in the body of a `try` because it is traced, and is caught by a handler that catches everything and goes on."""
        names = expected.exception_names(handler.kind) if handler.kind is not None else [expected.ANY]
        caught = next((name for name in names if name in _CATCH_ALL), None)
        if caught is None:
            return
        for event in happened:
            if isinstance(event, events.Branch | events.Conversion) and event.context is self.context:
                self.emit(events.Swallowed(event.place, event.node, event.context, self.guards, event, caught))

    # Contexts -------------------------------------------------------------------------------------------------------

    def _with(self, node: program.With) -> int:
        concrete, unjitted = self.is_concrete, self.is_unjitted
        try:
            return self._managed(node, node.items)
        finally:
            self.is_concrete, self.is_unjitted = concrete, unjitted

    def _managed(self, node: program.With, items: tuple[program.WithItem, ...]) -> int:
        """Enter the first manager, run what is inside, and leave it."""
        if not items:
            return self.execute(node.body)
        item = items[0]
        manager = self.evaluate(item.value)
        guards = expected.suppressed(item.value)
        if isinstance(manager, Unknown) and expected.by_parameter(item.value, self.active[-1] if self.active else None):
            guards = [expected.ANY]
        if isinstance(manager, Static) and manager.kind in ("concrete", "unjitted"):
            self.is_concrete = True
            self.is_unjitted = self.is_unjitted or manager.kind == "unjitted"
        entered = self.enter_manager(manager, item)
        if item.target is not None:
            self.assign(item.target, entered, item)
        mark, before = self.journal.mark(), self._left()
        written = self.journal.record()
        try:
            with self.guarded(tuple(guards)):
                flow = self._managed(node, items[1:])
        finally:
            self.journal.recorded(written)
        suppresses: bool | None = bool(guards) or None

        def end() -> int:
            nonlocal suppresses
            suppresses = self.leave_manager(manager, item) or suppresses
            return NEXT

        self._finally(end, flow, mark, before, written)
        if not suppresses and not (suppresses is None and flow == RAISE):
            return flow
        changes = self.journal.rollback(mark)
        self.journal.blend(written)
        end()
        stopped = self.journal.rollback(mark)
        self._leave(flow, changes)
        self.journal.merge((changes, stopped) if flow == NEXT else (stopped,))
        return NEXT

    def enter_manager(self, manager: Value, node: program.WithItem) -> Value:
        """What `with manager as …` binds."""
        raise NotImplementedError

    def leave_manager(self, manager: Value, node: program.WithItem) -> bool | None:
        """The end of a `with`: whether an exception may end there; `None`: nothing is known of that."""
        raise NotImplementedError

    # Patterns -------------------------------------------------------------------------------------------------------

    def _match(self, node: program.Match) -> int:
        subject = self.evaluate(node.subject)
        mark = self.journal.mark()
        ways: list[tuple[int, Changes]] = []
        missed: Changes = {}  # What stands where no pattern fitted so far: those that did not may have bound names.
        for case in node.cases:
            self.journal.merge([missed])
            classes = Classes(tuple([self.evaluate(cls) for cls in case.classes])) if case.classes else None
            known, is_whole = self._matches(node, case, subject, classes)
            if known is False:
                self.journal.rollback(mark)
                continue
            tried = self.journal.changes(mark)
            if case.guard is not None:
                told = self.test(case.guard, Test.IF)
                tried = self.journal.changes(mark)
                if told is False:
                    missed = self._either(missed, tried, mark)
                    continue
                narrow(self, case.guard, outcome=True)
                is_whole = is_whole and told is True
            with self.forked():
                flow = self.execute(case.body)
            ways.append((flow, self.journal.rollback(mark)))
            if is_whole:
                break
            missed = self._either(missed, tried, mark) if classes is None or case.guard is not None else self._excluded(node, case, classes, missed, mark)
        else:
            ways.append((NEXT, missed))
        self.journal.rollback(mark)
        return self._rejoin(ways)

    def _either(self, left: Changes, right: Changes, mark: int) -> Changes:
        """What one of two ways wrote since a mark, at which the journal stands again afterwards."""
        self.journal.rollback(mark)
        self.journal.merge([left, right])
        return self.journal.rollback(mark)

    def _excluded(self, node: program.Match, case: program.Case, classes: Classes, missed: Changes, mark: int) -> Changes:
        """What stands where a pattern of classes did not fit."""
        self.journal.merge([missed])
        if case.asks_class_alone:
            keep_instances(self, node.subject, classes, outcome=False)
        else:
            for name in case.binds:
                self.assign_name(name, UNKNOWN)
        return self.journal.rollback(mark)

    def _matches(self, node: program.Match, case: program.Case, subject: Value, classes: Classes | None) -> tuple[bool | None, bool]:
        """Whether a pattern certainly does not fit (`False`), and whether it certainly does, its guard apart. Its names are bound."""
        known = [self.truth(self.compare("==", subject, self.evaluate(pattern), pattern), pattern, Test.MATCH) for pattern in case.compares]
        verdict: bool | None = None
        if classes is not None:
            verdict = self.is_instance(subject, classes)
            keep_instances(self, node.subject, classes, outcome=True)
        for name in case.binds:
            self.assign_name(name, self._taken_by(subject, node, case))
        fails = verdict is False or (bool(known) and all(each is False for each in known))
        fits = case.irrefutable or True in known or (verdict is True and case.asks_class_alone)
        return False if fails else None, fits

    def _taken_by(self, subject: Value, node: program.Match, case: program.Case) -> Value:
        """What a name in a pattern stands for."""
        if case.classes and case.asks_class_alone:
            return current(self, node.subject) or UNKNOWN
        return subject if case.irrefutable else UNKNOWN

    # Of the other parts ---------------------------------------------------------------------------------------------

    def assign_name(self, name: str, value: Value, node: program.Node | None = None) -> None:
        raise NotImplementedError


def _asks_for_main(test: program.Expression) -> bool:
    """`__name__ == "__main__"`."""
    return isinstance(test, program.Compare) and program.text(test).replace("'", '"') == '__name__ == "__main__"'


def _union(ways: Iterable[Changes]) -> Changes:
    found: Changes = {}
    for way in ways:
        found.update(way)
    return found


def is_passed_once(depth: int) -> bool:
    """Whether a loop lies so deep in others that one pass must do: what changes in it is unknown behind it."""
    return depth > _DEEP_LOOPS + 1


def _counted(iterable: program.Expression, element: Value, items: tuple[Value, ...] | None) -> Value:
    """An item of a loop, where the loop counts its passes and they are more than a few."""
    if not (isinstance(iterable, program.Call) and isinstance(iterable.function, program.Name)) or (items is not None and len(items) < _FEW_PASSES):
        return element
    if iterable.function.id == "range" and isinstance(element, Static) and element.kind == "int":
        return Counter("int")
    if iterable.function.id == "enumerate" and isinstance(element, Tuple) and len(element.items) == 2:
        return Tuple((Counter("int"), element.items[1]))
    return element


_FEW_PASSES = 4
_MOST_APART = 8
"""How many passes there may be, in loops inside of loops, that are each walked with an item of its own."""


_CHANGES = frozenset(("append", "extend", "insert", "pop", "remove", "clear", "update", "popitem", "setdefault", "sort", "reverse", "add", "discard"))


def _watched(source: Value) -> Callable[[], bool] | None:
    """Asks whether the containers that a loop goes through hold what they hold now."""
    containers = (source,) if isinstance(source, List | Dict) else source.sources if isinstance(source, Iterator_) else ()
    if not containers:
        return None
    before = [_held(each) for each in containers]
    return lambda: all(
        len(now) == len(then) and all(one is other for one, other in zip(now, then, strict=True))
        for now, then in zip(map(_held, containers), before, strict=True)
    )


def _held(container: List | Dict) -> tuple[object, ...]:
    if isinstance(container, Dict):
        return (container.is_open, *container.items.values())
    return (container.items is None, *container.elements)


def changes_iterable(node: program.For) -> bool:
    """Whether the body of a loop may change what the loop goes through, by its text."""
    names = {program.text(each) for each in program.walk(node.iterable) if isinstance(each, program.Name | program.Attribute)}
    for statement in node.body:
        for each in program.walk(statement):
            match each:
                case program.Call(function=program.Attribute(value=changed, name=name)) if name in _CHANGES:
                    pass
                case program.Assign(targets=targets) if any(isinstance(target, program.Subscript) for target in targets):
                    changed = next(target.value for target in targets if isinstance(target, program.Subscript))
                case program.AugmentedAssign(target=program.Subscript(value=changed)) | program.AugmentedAssign(target=changed):
                    pass
                case program.Delete():
                    return True
                case _:
                    continue
            if program.text(changed) in names:
                return True
    return False


def _asks_for_value(event: events.Event) -> TypeGuard[events.Branch | events.Conversion]:
    return isinstance(event, events.Branch) or (isinstance(event, events.Conversion) and event.by not in ("format", "slice"))


def _hides_value(array: Array) -> bool:
    return array.level is not None and not array.level.is_assumed and array.level.kind in (LevelKind.STAGED, LevelKind.BATCHED)


def _asks_on_purpose(body: tuple[program.Statement, ...], handler: program.Handler) -> bool:
    """Whether a `try` is nothing but the question whether a value is known, to which the handler has its answer: `return bool(x)`, and else `default`."""
    match handler.body:
        case (program.Return(value=None | program.Name() | program.Constant(value=None | True | False)),):
            pass
        case _:
            return False
    match body:
        case (program.Return(value=program.Call(function=converts)),):
            pass
        case (program.ExpressionStatement(value=program.Call(function=converts)), program.Return(value=program.Constant(value=True | False))):
            pass
        case _:
            return False
    return isinstance(converts, program.Name | program.Attribute) and _last(converts) in _CONVERTS


_CONVERTS = frozenset(("bool", "int", "float", "complex", "item", "tolist", "asarray", "array", "device_get"))


def _last(node: program.Name | program.Attribute) -> str:
    return node.id if isinstance(node, program.Name) else node.name


__all__ = ["BREAK", "CONTINUE", "NEXT", "RAISE", "RETURN", "Branches", "Exits"]
