"""`isinstance(variable, jax.Array)`: an `nnx.Variable` is no array, so it is always false.

A Variable behaves as an array in operators and in functions of `jnp`, and it is none: `isinstance` sees the class.

```python
isinstance(model.kernel, jax.Array)           # False
isinstance(model.kernel[...], jax.Array)
```

Silent where the class is one of several that are asked for.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import LibraryInstance
from nnx_lsp.tracer.values import Library

_ARRAYS = frozenset(("jax.Array", "jax.numpy.ndarray", "numpy.ndarray"))


@rule(code="NNX252", group=Group.VARIABLES, severity=Severity.INFO, evidence=Shows())
def variable_is_array(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(LibraryInstance):
        node = each.node
        if isinstance(each.classes, Library) and each.classes.name in _ARRAYS and isinstance(node, program.Call) and len(node.arguments) == 2:
            subject = node.arguments[0].value
            if isinstance(subject, program.Attribute):
                text = ask.text(subject)
                message = f"`{text}` is an `nnx.Variable`, so `{ask.text(node)}` is always false; ask for `{text}[...]`"
                yield Finding(each, each.place, message, ask.path(each.context))
