"""Two arrays meet whose shapes do not fit: a matrix product over dimensions of different lengths, or shapes that do not broadcast.

It raises TypeError, or ValueError where the numbers of dimensions differ. Broadcasting compares shapes from their ends: two dimensions fit where they
are equal or one of them is 1.

```python
w = nnx.Param(jnp.zeros((4, 8)))
jnp.ones((2, 3)) @ w                          # raises TypeError: 3 and 4
jnp.ones((2, 3)) + jnp.ones(2)                # raises ValueError: 3 and 2
jnp.ones((2, 3)) + jnp.ones(2)[:, None]
```

Silent where a size is not known.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import ShapeMismatch
from nnx_lsp.tracer.shapes import Extent


@rule(code="NNX351", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("TypeError", "ValueError")), rests_on_values=True)
def shape_mismatch(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(ShapeMismatch):
        if each.owner is not None:
            continue
        left, right = each.sizes
        text = ask.text(each.node)
        if left is not None:
            message = f"`{text}` sums over {left} elements on the left and {right} on the right: this raises TypeError"
        else:
            one, two = each.shapes
            message = f"`{text}` meets shapes that do not broadcast, `{_shown(one.dims)}` and `{_shown(two.dims)}`: this raises {_raised(one, two)}"
        yield Finding(each, each.place, message, ask.path(each.context))


def _raised(one: Extent, two: Extent) -> str:
    """What JAX raises: `jax.numpy` brings both to one number of dimensions first, `jax.lax` compares the sizes."""
    if not (one.is_ranked and two.is_ranked):
        return "TypeError or ValueError"
    return "TypeError" if one.low == two.low else "ValueError"


def _shown(dims: tuple[int | None, ...]) -> str:
    sizes = ", ".join("?" if size is None else str(size) for size in dims)
    return f"({sizes},)" if len(dims) == 1 else f"({sizes})"
