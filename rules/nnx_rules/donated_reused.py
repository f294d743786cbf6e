"""A value is used whose buffer was donated.

`donate_argnums` gives the memory of an argument to a result. The array is deleted by the call: to use it afterwards raises. So does a clone of a donated
Module, or the State of one: `nnx.clone` and `nnx.split` share the arrays.

```python
f = jax.jit(lambda x: x + 1, donate_argnums=0)
y = f(x)
x + 1                                                       # raises RuntimeError

x = f(x)                                                    # bind the name anew
```

For a copy of a Module that lives on its own: `nnx.merge(graphdef, jax.tree.map(jnp.copy, state))`. A warning, because a buffer is only taken where a result
has its shape.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import DonatedUse


@rule(code="NNX533", group=Group.TRANSFORMS, severity=Severity.WARNING, evidence=Raises(("RuntimeError", "ValueError")))
def donated_reused(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(DonatedUse):
        if each.level is not None:
            continue
        message = f"`{ask.text(each.node)}` uses a buffer that was donated before, which raises RuntimeError; bind the result to the name, or copy it first"
        yield Finding(each, each.place, message, (Step(each.donated, "donated here"),))
