"""Every lane of `nnx.vmap` draws the same randomness: the `nnx.Rngs`, or the Module with a Dropout, is broadcast.

With `None` in `in_axes` all lanes see one key: each gets the same noise, and each example of a batch the same Dropout mask.

```python
@nnx.vmap(in_axes=(0, None))                                # the same noise for each x
def noisy(x, rngs):
    return x + jax.random.normal(rngs(), x.shape)

@nnx.split_rngs(splits=4)                                   # a key for each lane
@nnx.vmap(in_axes=(0, 0))
def noisy(x, rngs): ...
```

For an `nnx.Rngs` that is passed by itself this is only a hint: one draw for all lanes may be meant. Silent where nothing is drawn.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AxesMisfit
from nnx_lsp.tracer.values import Rngs, RngStream


@rule(code="NNX121", group=Group.RANDOMNESS, severity=Severity.WARNING, evidence=Shows())
def shared_keys_in_vmap(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(AxesMisfit):
        if each.reason != "shared keys" or each.inside is None:
            continue
        is_rngs = isinstance(each.value, Rngs | RngStream)
        text, draw = ask.text(each.node), ask.text(each.inside.node)
        message = f"`{text}` is broadcast (`None` in `in_axes`), so each lane of `nnx.vmap` draws the same at `{draw}`; split its keys and map over them"
        step = Step(each.inside.place, f"`{draw}` draws from what `{each.name}` holds")
        yield Finding(each, each.transformed.place, message, (*ask.path(each.context), step), severity=Severity.INFO if is_rngs else None)
