"""A traced value is printed: what appears is a tracer, once.

`print` and `logging` run while the function is traced, not when it is called. They show the tracer (`JitTracer(float32[])`) in place of the number, and
show it once, however often the function is called. `jax.debug.print` prints at each call.

```python
@nnx.jit
def step(model, x):
    loss = model(x).mean()
    print(f"loss {loss}")                                   # once: loss JitTracer(float32[])
    jax.debug.print("loss {loss}", loss=loss)               # at each call: loss 0.25
    return loss
```

Silent for shapes and dtypes, which are known while tracing, under an eager `nnx.grad` or `nnx.vmap`, and under `eval_shape` and `make_jaxpr`.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Printed


@rule(code="NNX430", group=Group.TRACING, severity=Severity.WARNING, evidence=Shows())
def traced_printed(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Printed):
        if not ask.is_traced(each.value) or not ask.runs_once(each.level):
            continue
        level = ask.traced_level(each.value)
        message = f"`{ask.text(each.node)}` is traced by {ask.by(level)}{ask.source(each.value)}"
        message += f": `{each.by}` shows a tracer, once, while the function is traced; use `jax.debug.print`"
        yield Finding(each, each.place, message, ask.path(each.context, each.value))
