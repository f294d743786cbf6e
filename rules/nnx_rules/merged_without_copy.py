"""A Module is merged from a State of another trace level, and changes.

Since Flax 0.11 `nnx.merge` does not copy: the Module has the very Variables of the State. One that was captured, or that `jax.grad` passes on because it does
not differentiate it, belongs to the level outside. A Dropout that draws a key, or a BatchNorm that writes its statistics, raises
`flax.errors.TraceContextError`.

```python
graphdef, params, rest = nnx.split(model, nnx.Param, ...)

def loss(params, rest):
    model = nnx.merge(graphdef, params, rest)               # `rest` is of the level outside
    return model(x).mean()                                  # raises where it has a Dropout

def loss(params, rest):
    model = nnx.merge(graphdef, params, rest, copy=True)
    return model(x).mean()

grads = jax.grad(loss)(params, rest)
```

Silent where the mode of the model is not known, where nothing is changed, and where the State is an argument of `jax.jit`.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Mutation
from nnx_lsp.tracer.values import Object


@rule(
    code="NNX535", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Raises(("TraceContextError",), later=True), flax=">=0.11.2", rests_on_values=True
)
def merged_without_copy(facts: Facts) -> Iterator[Finding]:
    for mutation in facts.of(Mutation):
        target, level = mutation.target, mutation.level
        if not mutation.is_across or not isinstance(target, Object) or mutation.what not in ("stream", "statistics") or level is None or level.is_assumed:
            continue
        if target.view is None or target.view.merged is None:
            continue
        text = ask.text(mutation.node)
        message = f"the State that is merged here is of a level outside of {ask.by(level)}, and `{text}` changes it, which raises TraceContextError"
        steps = (*ask.path(mutation.context), Step(mutation.place, f"`{text}` changes a `{target.class_name}`"))
        yield Finding(mutation, target.view.merged, f"{message}; use `nnx.merge(…, copy=True)`", steps)
