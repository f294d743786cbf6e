"""`model.train()` or `model.eval()` is called inside of `nnx.jit`.

The mode is part of the Module's structure, and `nnx.jit` writes it back: after an evaluation step the model of the caller is in another mode too, and the next
step meets a Module of another structure and compiles once more.

```python
@nnx.jit
def eval_step(model, x):
    model.eval()                                            # compiles twice, and `model` stays in eval mode
    return model(x)

model.eval()
eval_step(model, x)                                         # set before the call
```

Silent where the mode is not changed by it.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Retraces, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Mutation
from nnx_lsp.tracer.values import Module


@rule(code="NNX934", group=Group.PERFORMANCE, severity=Severity.INFO, evidence=Retraces())
def mode_changed_in_jit(facts: Facts) -> Iterator[Finding]:
    for mutation in facts.of(Mutation):
        target = mutation.target
        if mutation.what != "mode" or not isinstance(target, Module) or target.source is None:
            continue
        if ask.is_written_back(mutation.level) and ask.is_argument(target, mutation.level):
            message = f"`{ask.text(mutation.node)}` changes the mode of an argument under `nnx.jit`: the caller's model changes too"
            yield Finding(mutation, mutation.place, f"{message}, and the next call compiles once more; set it before the call", ask.path(mutation.context))
