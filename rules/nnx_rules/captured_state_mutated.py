"""State that was created outside of a transform is changed inside of it.

A Module, optimizer, metric or `nnx.Rngs` that a transformed function captures (a global, a closure) belongs to another trace level. Reading it is
legal; changing it raises `flax.errors.TraceContextError`: a Dropout or `rngs()` draws a key, a BatchNorm writes its statistics, an optimizer
its state, and, from Flax 0.12.1 on, `nnx.update(model, state)` all that the model holds.

```python
@nnx.jit
def step(x):
    return model(x)          # model has a Dropout in train mode: raises

@nnx.jit
def step(model, x):          # pass it as an argument
    return model(x)
```

A function of the state alone makes the model inside: `model = nnx.merge(graphdef, state)`.

Silent where the mode of the model is not known, and where nothing is changed. Before Flax 0.10.5 no trace levels were compared.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Mutation
from nnx_lsp.tracer.values import Object


@rule(
    code="NNX502", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Raises(("TraceContextError", "ValueError")), flax=">=0.10.5", rests_on_values=True
)
def captured_state_mutated(facts: Facts) -> Iterator[Finding]:
    for mutation in facts.of(Mutation):
        target = mutation.target
        if (
            not mutation.is_across
            or not isinstance(target, Object)
            or target.is_symbolic
            or mutation.is_skipped
            or mutation.what not in ("variable", "stream", "statistics", "optimizer", "metric", "argument", "state")
        ):
            continue
        level = mutation.level
        if level is None or level.is_assumed:
            continue
        if target.view is not None and target.view.merged is not None:
            continue
        severity = Severity.WARNING if ask.came_by_calls(mutation.context) else None
        if mutation.what == "argument":
            message = (
                f"`{ask.text(mutation.node)}` gives a `{target.class_name}` that was created outside of {ask.by(level)} to a transform of nnx"
                f", which raises ValueError; pass it as an argument of the function"
            )
            yield Finding(mutation, mutation.place, message, ask.path(mutation.context), severity=severity)
            continue
        cure = "make the model here with `nnx.merge`, or pass it as an argument" if mutation.what == "state" else "pass it as an argument"
        message = (
            f"`{ask.text(mutation.node)}` changes a `{target.class_name}` that was created outside of {ask.by(level)}, which raises TraceContextError; {cure}"
        )
        yield Finding(mutation, mutation.place, message, ask.path(mutation.context), severity=severity)
