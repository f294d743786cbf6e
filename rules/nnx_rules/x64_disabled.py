"""A dtype of 64 bits is asked for, and JAX is not told to have any: the array has 32 bits.

JAX emits a UserWarning and truncates. 64 bits are there after `jax.config.update("jax_enable_x64", True)`, at the very start of a program, or with
`JAX_ENABLE_X64=1` in its environment.

```python
jnp.ones(3, dtype=jnp.float64)                # float32, with a UserWarning
jnp.ones(3, dtype=jnp.float32)
```

Only what a program itself runs is checked, not the functions of a library: these may be called with 64 bits switched on. Silent where the file names the switch.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Warns, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.contexts import Context
from nnx_lsp.tracer.values import Library, Static, Value

_WIDE = {"float64": "float32", "int64": "int32", "uint64": "uint32", "complex128": "complex64"}
_MODULES = ("jax.numpy", "numpy")


@rule(code="NNX253", group=Group.VARIABLES, severity=Severity.INFO, evidence=Warns("UserWarning"))
def x64_disabled(facts: Facts) -> Iterator[Finding]:
    calls = list(facts.calls)
    if any(
        "x64" in call.name or any("x64" in ask.text(argument.node) for argument in call.arguments)
        for call in calls
        if "config" in call.name or "x64" in call.name
    ):
        return
    for call in calls:
        argument = call.argument("dtype") if call.name.startswith("jax.numpy.") else None
        wide = _wide(argument.value) if argument is not None else ""
        if argument is None or not wide or not _is_run(call.context):
            continue
        text = ask.text(argument.node.value)
        message = f"`{text}` needs `jax_enable_x64`, which this program does not switch on: the array is {_WIDE[wide]}"
        yield Finding(call, ask.place_of(call, argument.node.value), message, ask.path(call.context))


def _wide(value: Value) -> str:
    """The dtype of 64 bits that a value is, or nothing."""
    if isinstance(value, Library):
        module, _, name = value.name.rpartition(".")
        return name if module in _MODULES and name in _WIDE else ""
    return value.constant if isinstance(value, Static) and isinstance(value.constant, str) and value.constant in _WIDE else ""


def _is_run(context: Context | None) -> bool:
    """Whether a place is reached from the statements of a module, not from a function that nobody called."""
    while context is not None:
        if context.text.endswith("by itself") or context.text.endswith("would trace it"):
            return False
        context = context.parent
    return True
