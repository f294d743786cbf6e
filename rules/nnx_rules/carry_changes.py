"""What a loop carries comes back from its body with another tree, shape or dtype.

`jax.lax.scan`, `nnx.scan`, `while_loop` and `fori_loop` compile one body for all steps, so the carry must come back as what it went in as. JAX raises
TypeError where it does not (`nnx` ValueError for most trees). Mostly the first value is the one to change: `jnp.zeros((), jnp.int32)` to which floats are
added, or `None` as a placeholder.

```python
total, _ = jax.lax.scan(lambda c, x: (c + x, c), jnp.zeros((), jnp.int32), losses)    # raises TypeError: int goes in, float comes back
total, _ = jax.lax.scan(lambda c, x: (c + x, c), jnp.zeros(()), losses)
```

The body of a scan returns a pair, the carry and the output of the step; `return carry, None` where there is none.

A Python number, and what is made of one alone (`jnp.array(0)`), is weakly typed: as a first value it takes the dtype of what comes back. What comes
back from the body under `nnx.scan` must be an array and no Python number. Silent where shape or dtype are not known.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Disagreement


@rule(code="NNX491", group=Group.TRACING, severity=Severity.ERROR, evidence=Raises(("TypeError", "ValueError", "AssertionError")), rests_on_values=True)
def carry_changes(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Disagreement):
        is_nnx = each.by.startswith("nnx.")
        if each.what == "pair":
            raised = "raises an error" if is_nnx else "raises TypeError"
            message = f"the body of `{each.by}` returns {each.two}, where a pair of the carry and an output is asked for: this {raised}"
        elif each.what == "carry":
            raised = "raises an error" if is_nnx and each.sort == "tree" else "raises ValueError" if each.sort == "number" else "raises TypeError"
            where = f"`{each.part}` of the carry" if each.part else "the carry"
            message = f"{where} goes in as {each.one} and comes back from the body as {each.two}, so `{each.by}` {raised}"
        else:
            continue
        yield Finding(each, each.place, message, ask.path(each.context))
