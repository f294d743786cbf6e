"""The journal forgets the names of functions that were left, and nothing else."""

from __future__ import annotations

from nnx_lsp.tracer.state import Journal
from nnx_lsp.tracer.values import Static, Told


def test_names_of_a_function_that_was_left_are_not_joined() -> None:
    journal, frame, names, told = Journal(), object(), {"given": Static("int", 1)}, Told()
    outside: dict[str, Static] = {}
    begun = journal.mark()
    journal.set(outside, "kept", Static("int", 1))
    journal.set(names, "local", Static("int", 2))
    journal.set(names, "given", Static("int", 3))
    journal.set(told, ("truth", ("name", frame, "local")), None)
    journal.set(told, ("truth", ("name", object(), "other")), None)
    journal.set(told, ("truth", ("name", frame, "given")), True)
    journal.leave(frame, names, begun)
    written = journal.written(begun)
    assert [key for store, key in written if store is names] == ["given"]
    assert [key for store, key in written if store is outside] == ["kept"]
    assert len([store for store, _ in written if store is told]) == 2
    assert journal.mark() - begun == 5  # And one for all that was left.


def test_what_a_function_left_is_undone_with_the_rest() -> None:
    journal, names, outside = Journal(), dict[str, Static](), {"kept": Static("int", 1)}
    mark = journal.mark()
    journal.set(outside, "kept", Static("int", 2))
    journal.set(names, "local", Static("int", 3))
    journal.leave(object(), names, mark)
    journal.rollback(mark)
    assert outside == {"kept": Static("int", 1)}
    assert journal.mark() == mark


def test_a_function_that_wrote_nothing_leaves_nothing() -> None:
    journal, outside = Journal(), dict[str, Static]()
    mark = journal.mark()
    journal.set(outside, "kept", Static("int", 1))
    journal.leave(object(), {}, mark)
    assert journal.mark() == mark + 1
