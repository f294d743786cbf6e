"""A layer is called with another number of features than it was made for.

NNX layers infer no shapes: `in_features` is given when the layer is made, and the last dimension of the input has to be as long. Otherwise the call raises
TypeError or ValueError. Convolutions take channels last, `(batch, height, width, channels)`, not first as in PyTorch.

```python
self.first = nnx.Linear(4, 8, rngs=rngs)
self.second = nnx.Linear(4, 2, rngs=rngs)     # nnx.Linear(8, 2, rngs=rngs)
self.second(self.first(x))                    # raises TypeError
```

Shapes are followed through layers, functions of `jnp`, `reshape`, pooling and `nnx.jit`; silent where the size is not known, and inside of `nnx.vmap`.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import ShapeMismatch


@rule(code="NNX350", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("TypeError", "ValueError")), rests_on_values=True)
def feature_mismatch(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(ShapeMismatch):
        if each.owner is None:
            continue
        node = each.node.function if isinstance(each.node, program.Call) else each.node
        got, wanted = each.sizes
        shape = each.shapes[0].shape
        is_first = each.by == "Conv" and shape is not None and len(shape) >= 3 and wanted in shape[:-2]
        hint = "; Flax takes the channels last" if is_first else ""
        message = f"`{ask.text(node)}` gets {got} features, and its `nnx.{each.by}` was made for {wanted}: this raises {_exception(each.by)}{hint}"
        yield Finding(each, ask.place_of(each, node), message, ask.path(each.context))


def _exception(layer: str) -> str:
    return "ValueError" if layer == "Conv" else "TypeError"
