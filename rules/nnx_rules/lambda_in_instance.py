"""Each instance holds a function of its own, and a new instance goes to a jitted function in each pass: each pass compiles.

A function that a Module holds is a part of its graph definition, and is compared by identity. A lambda that `__init__` makes is another one for each
instance, so that no compiled version fits the next.

```python
self.activation = lambda x: jnp.tanh(x)     # another function for each instance
self.activation = jnp.tanh                  # one function
```

Said at the function, where an instance is made in the call of the jitted function, inside of a loop.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Retraces, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import TransformedCalled
from nnx_lsp.tracer.values import Class, Function, Module, Value

_COMPILING = ("flax.nnx.jit", "jax.jit")


@rule(code="NNX961", group=Group.PERFORMANCE, severity=Severity.INFO, evidence=Retraces(), flax=">=0.11")
def lambda_in_instance(facts: Facts) -> Iterator[Finding]:
    for call in facts.of(TransformedCalled):
        if not call.in_loop or call.transformed.transform not in _COMPILING or not isinstance(call.node, program.Call):
            continue
        for argument, value in zip(call.node.arguments, call.arguments.values(), strict=False):
            found = _own_function(value)
            if found is None or not isinstance(argument.value, program.Call):
                continue
            name, function = found
            text = ask.text(call.node)
            message = f"each instance holds another function as `{name}`, so each pass of `{text}` compiles anew; let `{name}` be a function of the module"
            step = Step(call.place, f"`{ask.text(argument.value)}` is made in each pass of a loop")
            yield Finding(call, function.place, message, (*ask.path(call.context), step))


def _own_function(value: Value) -> tuple[str, Function] | None:
    """The attribute of a Module that holds a function which its `__init__` makes, and that function."""
    if not isinstance(value, Module) or not isinstance(value.cls, Class):
        return None
    for name, held in value.attributes.items():
        if isinstance(held, Function) and held.closure.is_initializer and held.closure.function is not None:
            return name, held
    return None
