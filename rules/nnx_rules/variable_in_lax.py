"""A Variable is given to a function of `jax.lax`, which takes arrays only.

Operators and `jax.numpy` take an `nnx.Param` as the array that it holds. The primitives of `jax.lax` do not: they raise, since Flax 0.10.7.

```python
y = jax.lax.dot(x, self.kernel)                             # raises
y = jax.lax.dot(x, self.kernel[...])
y = jnp.dot(x, self.kernel)
```

Silent for what takes any tree (`jax.lax.scan`, `cond`, `stop_gradient`, …).
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.functions import LAX_PRIMITIVES
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Array, Variable


@rule(code="NNX230", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Raises(("TypeError", "ValueError")), flax=">=0.10.7", rests_on_values=True)
def variable_in_lax(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        operands = LAX_PRIMITIVES.get(call.name.removeprefix("jax.lax.")) if call.name.startswith("jax.lax.") else None
        if operands is None:
            continue
        for argument in call.arguments[:operands]:
            value = argument.value
            if argument.node.keyword is not None or not isinstance(value, Variable) or not isinstance(value.content, Array):
                continue
            name = ask.text(argument.node)
            place = ask.place_of(call, argument.node.value)
            fix = Fix(f"Take what it holds: {name}[...]", (Change(place, Where.AFTER, ("[...]",)),)) if ask.is_simple(argument.node.value) else None
            message = f"`{ask.callee(call)}` takes arrays; `{name}` is an `nnx.{value.class_name}`, which raises {_exception(facts)}; take `{name}[...]`"
            yield Finding(call, argument.place, message, ask.path(call.context), fix)


def _exception(facts: Facts) -> str:
    return "ValueError" if facts.library.flax_minor >= (0, 12) else "TypeError"
