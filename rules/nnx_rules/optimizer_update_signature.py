"""`optimizer.update` is called as another Flax line has it.

Since Flax 0.11 it takes the model and the gradients, `optimizer.update(model, grads)`; on 0.10 the gradients alone. The other form raises TypeError.

```python
optimizer.update(grads)          # 0.10
optimizer.update(model, grads)   # 0.11 and newer
```

On 0.10 it is a warning: code in the newer form runs somewhere, so it may as well be that version which is out of date; it is silent in a cell of a notebook
whose outputs show that it ran there.

The fix passes the model. It is safe where the code is seen to make the optimizer for a model that has a name at the call; where only the gradients tell
which model it is, it is unsafe.

`nnx.ModelAndOptimizer` keeps the model and takes the gradients alone on every line, and it is an `nnx.Optimizer`. So where only an annotation tells what
the object is, the file has to make an `nnx.Optimizer`; it is a warning where it makes none, and silent where it makes a subclass, or reads `optimizer.model`.

Silent in a function that has both forms, for both lines.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Safety, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Call, OptimizerUpdate
from nnx_lsp.tracer.values import Optimizer


@rule(
    code="NNX602",
    group=Group.TRAINING,
    severity=Severity.ERROR,
    evidence=Raises(("TypeError", "ValueError", "AttributeError")),
)
def optimizer_update_signature(facts: Facts) -> Iterator[Finding]:
    updates = {each.place: each for each in facts.of(OptimizerUpdate)}
    for call in facts.calls:
        if call.name != "flax.nnx.Optimizer.update" or not isinstance(call.receiver, Optimizer) or call.receiver.cls != "flax.nnx.Optimizer" or call.has_star:
            continue
        text = ask.text(call.node)
        if _has_other_form(call):
            continue
        severity = None
        if ask.root(call.receiver).is_symbolic:
            update = updates.get(call.place)
            if update is None or update.made == "other":
                continue
            severity = None if update.made == "plain" else Severity.WARNING
        if facts.library.flax_minor >= (0, 11) and len(call.arguments) == 1 and call.missing and call.arguments[0].parameter != call.missing[0]:
            yield Finding(
                call,
                call.place,
                f"`{text}` passes one argument; since Flax 0.11 `update` takes the model and the gradients, so it raises TypeError",
                ask.path(call.context),
                _model_passed(call, updates.get(call.place)),
                severity,
                refuses_call=True,
            )
        elif facts.library.flax_minor < (0, 11) and call.excess:
            yield Finding(
                call,
                call.place,
                f"`{text}` passes the model; before Flax 0.11 `update` takes the gradients alone, so it raises TypeError",
                ask.path(call.context),
                severity=Severity.WARNING,
                refuses_call=True,
                is_ahead=True,
            )


def _has_other_form(call: Call) -> bool:
    """Whether the function at hand calls the same `update` with another number of arguments too: it is written for both lines."""
    function = call.context.entered if call.context is not None else None
    node = call.node
    if function is None or not isinstance(node, program.Call):
        return False
    others = (each for each in program.walk(function.definition) if isinstance(each, program.Call) and ask.text(each.function) == ask.text(node.function))
    return any(len(each.arguments) != len(node.arguments) for each in others)


def _model_passed(call: Call, update: OptimizerUpdate | None) -> Fix | None:
    if update is None or len(call.arguments) != 1 or (update.model and update.differentiated and update.model != update.differentiated):
        return None
    model = update.model or update.differentiated
    if not model:
        return None
    change = Change(call.arguments[0].place, Where.BEFORE, (f"{model}, ",))
    return Fix(f"Pass the model: {model}", (change,), Safety.SAFE if update.model else Safety.UNSAFE, ">=0.11")
