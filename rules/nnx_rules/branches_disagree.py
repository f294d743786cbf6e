"""Two branches of `cond` or `switch` return other trees, shapes or dtypes.

The result of `jax.lax.cond`, `nnx.cond` and their `switch` is one value of one type, whichever branch runs; JAX traces all of them and raises TypeError where
they differ. A number that is written out counts with its own dtype and the shape `()`: `0` is an integer, and no zero of the shape of the other branch.

```python
nnx.cond(x.sum() > 0, lambda x: x * 1.5, lambda x: 0, x)                  # raises TypeError
nnx.cond(x.sum() > 0, lambda x: x * 1.5, lambda x: jnp.zeros_like(x), x)

jax.lax.cond(done, lambda: None, lambda: loss)                            # raises TypeError: `None` is an empty tree
```

Whether a value is weakly typed makes no difference: `1.0` beside a float32 is fine. Silent where shape or dtype are not known, and for Modules.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Disagreement


@rule(code="NNX490", group=Group.TRACING, severity=Severity.ERROR, evidence=Raises(("TypeError",)), rests_on_values=True)
def branches_disagree(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Disagreement):
        if each.what == "branches":
            where = f" at `{each.part}`" if each.part else ""
            message = f"this branch returns {each.two}{where}, and the first one {each.one}, so `{each.by}` raises TypeError"
            yield Finding(each, each.place, message, ask.path(each.context))
