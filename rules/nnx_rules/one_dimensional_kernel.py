"""An image meets an `nnx.Conv` whose `kernel_size` is one number: that is a convolution over one dimension.

In PyTorch `Conv2d(…, kernel_size=3)` means 3 × 3. In Flax the number of dimensions is the length of `kernel_size`: `kernel_size=3` slides along the last
dimension before the features, and takes the dimensions before it for batches. Nothing raises, and the rows of the image never see one another.

```python
nnx.Conv(3, 8, kernel_size=3, rngs=rngs)(images)          # (batch, height, width, 3): each row for itself
nnx.Conv(3, 8, kernel_size=(3, 3), rngs=rngs)(images)
```

Silent for `kernel_size=(3,)`, which says that one dimension is meant, for `kernel_size=1`, and where the input may have three dimensions or fewer.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Array, Object, OfNumber, Static


@rule(code="NNX750", group=Group.MIGRATION, severity=Severity.WARNING, evidence=Shows())
def one_dimensional_kernel(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        layer = call.receiver
        if call.name != "flax.nnx.Conv.__call__" or not isinstance(layer, Object) or not call.arguments or not isinstance(call.node, program.Call):
            continue
        sizes, value = ask.attribute(layer, "kernel_size"), call.arguments[0].value
        size = sizes.items[0] if isinstance(sizes, OfNumber) else None
        if not (isinstance(size, Static) and size.kind == "int" and size.constant != 1 and isinstance(value, Array) and value.low >= 4):
            continue
        number = size.constant if size.is_known else "n"
        message = (
            f"`{ask.text(call.node.function)}` has `kernel_size={number}`, which convolves one dimension, and its input has {value.low}: each row is taken for "
            f"itself; write `kernel_size=({number}, {number})`"
        )
        yield Finding(call, ask.place_of(call, call.node.function), message, ask.path(call.context))
