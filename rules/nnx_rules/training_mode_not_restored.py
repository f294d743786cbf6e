"""A model is switched to evaluation in a loop that trains it, and never back: from the second pass on it trains in evaluation mode.

`model.eval()` stays in force until `model.train()` is called. Nothing raises: Dropout is off, and BatchNorm keeps its statistics, for the rest of the training.

```python
for epoch in range(epochs):
    model.train()                                                   # without it: the second epoch trains without dropout
    train_epoch(model, optimizer)
    model.eval()
    evaluate(model)
```

Said where the same call runs a layer in training mode in the first pass of a loop and in evaluation mode in a later one. Silent where it is not known which
mode a model is in, and for views and clones that are switched in its place.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.program import Place
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Mode


@rule(code="NNX644", group=Group.TRAINING, severity=Severity.WARNING, evidence=Shows())
def training_mode_not_restored(facts: Facts) -> Iterator[Finding]:
    switched: Mode | None = None
    trained: set[tuple[int, tuple[Place, ...]]] = set()
    for each in facts.of(Mode):
        if each.is_set:
            switched = each if each.is_training is not True else switched
            continue
        way = id(each.layer), (*_places(each), each.place)
        if each.is_training:
            trained.add(way)
        elif way in trained and switched is not None and not 0 < switched.in_pass == each.in_pass:
            name = each.context.function if each.context is not None else "the loop"
            outer = next(iter(each.context.links())).function if each.context is not None else name
            message = (
                f"`{ask.text(switched.node)}` stays in force: in the next pass of the loop `{outer}` runs `nnx.{each.layer.class_name}` in evaluation mode; "
                "call `.train()` before training goes on"
            )
            yield Finding(switched, switched.place, message, ask.path(switched.context))
            trained.discard(way)


def _places(event: Mode) -> Iterator[Place]:
    """The calls that led to an event."""
    if event.context is not None:
        yield from (link.place for link in event.context.links())
