"""What the tracer says of calls: the verdict on the value that it claims for each, and whether it foresees an exception."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from nnx_lsp import engine, program
from nnx_lsp.config import Settings
from nnx_lsp.dev.models.calls import Situation
from nnx_lsp.dev.models.calls import program as program_of
from nnx_lsp.dev.models.compare import Grade, Verdict
from nnx_lsp.engine import Single, paused_collection
from nnx_lsp.knowledge import library
from nnx_lsp.rule import Raises
from nnx_lsp.severity import Severity
from nnx_lsp.syntax.document import Document, parse
from nnx_lsp.tracer.modules import Session
from nnx_lsp.tracer.trace import Tracer
from nnx_lsp.tracer.values import Value

BATCH = 100
"""How many calls stand in one program. Each is a function of its own, so that none comes to the bounds of the walk."""
_PATH = "calls.py"

Judge = Callable[[int, Value], Verdict]
"""The verdict on what is claimed for the situation of a number."""


class Claimed(msgspec.Struct, frozen=True):
    """What was said of one situation: a verdict for each time that the walk came there, and the code of the rule that foresees an exception (else empty)."""

    verdicts: tuple[Verdict, ...]
    foreseen: str = ""


def claimed(situations: Sequence[Situation], flax: str, judge: Judge) -> Iterator[Claimed]:
    """What the tracer says of each situation. A claim is judged at the moment that it is made: what objects hold is taken back later."""
    raising = frozenset(rule.code for rule in engine.rules() if isinstance(rule.evidence, Raises))
    for start in range(0, len(situations), BATCH):
        yield from _part(situations, range(start, min(start + BATCH, len(situations))), flax, judge, raising)


def _part(situations: Sequence[Situation], numbers: range, flax: str, judge: Judge, raising: frozenset[str]) -> Iterator[Claimed]:
    """What the tracer says of the situations of these numbers, in one program. One at which it fails is found by halves."""
    text = program_of([situations[number] for number in numbers])
    document = parse(_PATH, text.text)
    try:
        verdicts = _watched(document, flax, lambda number, value: judge(numbers[number], value))
    except Exception as error:  # A failure of the tracer is a result here, and hides no other.
        if len(numbers) == 1:
            yield Claimed((Verdict(Grade.WRONG, "failure", f"the tracer fails with {type(error).__name__}"),))
            return
        middle = len(numbers) // 2
        yield from _part(situations, numbers[:middle], flax, judge, raising)
        yield from _part(situations, numbers[middle:], flax, judge, raising)
        return
    foreseen = dict(_foreseen(document, flax, raising))
    for number, (first, last) in enumerate(text.rows):
        code = next((foreseen[row] for row in range(first, last + 1) if row in foreseen), "")
        yield Claimed(tuple(verdicts.get(number, ())), code)


def _watched(document: Document, flax: str, judge: Judge) -> dict[int, list[Verdict]]:
    session = Session(Single(document), library.load(flax))
    session.refresh()
    watcher = _Watcher(session, judge)
    with paused_collection():
        watcher.units(_PATH, lambda _: ())
    return watcher.verdicts


class _Watcher(Tracer):
    """A walk in which what is assigned to `r_N` is judged."""

    def __init__(self, session: Session, judge: Judge) -> None:
        super().__init__(session)
        self.judge = judge
        self.verdicts: dict[int, list[Verdict]] = {}

    def assign(self, target: program.Expression, value: Value, node: program.Node) -> None:
        super().assign(target, value, node)
        if isinstance(target, program.Name) and target.id.startswith("r_"):
            number = int(target.id.removeprefix("r_"))
            self.verdicts.setdefault(number, []).append(self.judge(number, value))


def _foreseen(document: Document, flax: str, raising: frozenset[str]) -> Iterator[tuple[int, str]]:
    """The rows of errors of which the rule says that they raise, with the rule's code."""
    for each in engine.check(document, Settings(flax_version=flax)):
        if each.severity is Severity.ERROR and each.code in raising:
            yield document.lines.position(each.span.start).row, each.code
