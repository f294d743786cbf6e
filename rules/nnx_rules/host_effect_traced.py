"""NumPy's or Python's random numbers, or the clock, are asked inside of a traced function.

The body of a transformed function runs once, while it is traced. A number that comes from the host is a constant of the compiled code: each call uses the
same "random" number, and two readings of the clock measure the time of tracing.

```python
@nnx.jit
def augment(x):
    return x + np.random.rand()                             # the same number at each call

@nnx.jit
def augment(x, rngs):
    return x + jax.random.uniform(rngs.noise())
```

Silent for generators with a seed of their own (`np.random.default_rng(0)`), in the `__init__` of a Module, and under `eval_shape` and `make_jaxpr`.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.host import CLOCKS, RANDOM
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity


@rule(code="NNX431", group=Group.TRACING, severity=Severity.WARNING, evidence=Shows())
def host_effect_traced(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        is_random = call.name in RANDOM
        if not (is_random or call.name in CLOCKS) or not ask.runs_once(call.level) or ask.is_in_initializer(call.context):
            continue
        what = (
            "its number is a constant of the compiled code; draw it with `jax.random`" if is_random else "it reads the time of tracing; measure around the call"
        )
        level = call.level.stage if call.level is not None else None
        message = f"`{ask.text(call.node)}` runs once, while {ask.by(level)} traces: {what}"
        yield Finding(call, call.place, message, ask.path(call.context))
