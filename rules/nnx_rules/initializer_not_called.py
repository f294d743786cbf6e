"""An initializer factory is passed where the initializer itself is expected.

`nnx.initializers.lecun_normal` makes an initializer; `nnx.initializers.lecun_normal()` is one. A layer that gets the factory keeps a function as its kernel,
and its call raises. `zeros` and `ones` are initializers as they are.

```python
nnx.Linear(2, 3, kernel_init=nnx.initializers.lecun_normal, rngs=rngs)      # its call raises
nnx.Linear(2, 3, kernel_init=nnx.initializers.lecun_normal(), rngs=rngs)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Library

_NAMES = (
    "constant glorot_normal glorot_uniform he_normal he_uniform kaiming_normal kaiming_uniform lecun_normal lecun_uniform normal orthogonal "
    "truncated_normal uniform variance_scaling xavier_normal xavier_uniform"
)
_FACTORIES = frozenset(_NAMES.split())
_NEED_ARGUMENTS = frozenset(("constant", "variance_scaling"))


@rule(code="NNX211", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Raises(("TypeError", "ValueError", "AttributeError"), later=True))
def initializer_not_called(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        for argument in call.arguments:
            value = argument.value
            if not call.name.startswith("flax.nnx.") or not (argument.parameter or "").endswith("_init") or not isinstance(value, Library):
                continue
            module, _, last = value.name.rpartition(".")
            if module.endswith("initializers") and last in _FACTORIES:
                text, place = ask.text(argument.node.value), ask.place_of(call, argument.node.value)
                message = f"`{text}` makes an initializer and is none: the layer keeps a function as its weights and its call raises; write `{text}()`"
                fix = None if last in _NEED_ARGUMENTS else Fix(f"Call it: {text}()", (Change(place, Where.AFTER, ("()",)),))
                yield Finding(call, place, message, ask.path(call.context), fix)
