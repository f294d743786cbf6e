"""An array is passed as a static argument.

Static arguments are compared by hash, and arrays have none: the call raises ValueError.

```python
f = nnx.jit(lambda x, scale: x * scale, static_argnums=1)
f(x, jnp.array(2.0))                                        # raises ValueError
f(x, 2.0)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import KeptArgument
from nnx_lsp.tracer.values import Array


@rule(code="NNX507", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Raises(("ValueError", "TypeError"), later=True))
def static_array(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(KeptArgument):
        if isinstance(each.value, Array) and each.transformed.transform.endswith(".jit"):
            display = TRANSFORMS[each.transformed.transform].display
            name = f"`{each.name}`" if each.name else "an argument"
            yield Finding(
                each,
                each.place,
                f"{name} is static under `{display}` and is given an array, which has no hash: the call raises ValueError",
                ask.path(each.context),
            )
