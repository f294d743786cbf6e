"""`nnx.Optimizer` is made without `wrt`.

Since Flax 0.11 `wrt` says which Variables the optimizer changes, and it is required: without it the constructor raises TypeError.

```python
nnx.Optimizer(model, optax.adam(1e-3))                  # raises on 0.11 and newer
nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
```

Silent where `**` may hide the argument.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Safety, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Array, Dict, List, Tuple


@rule(code="NNX601", group=Group.TRAINING, severity=Severity.ERROR, evidence=Raises(("TypeError",)), flax=">=0.11")
def optimizer_without_wrt(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name != "flax.nnx.Optimizer" or "wrt" not in call.missing or not isinstance(call.node, program.Call):
            continue
        function, fix = call.node.function, None
        if isinstance(function, program.Attribute):
            argument = f"wrt={ask.text(function.value)}.Param"
            model = next((each.value for each in call.arguments if each.parameter == "model"), None)
            holds_no_params = isinstance(model, List | Dict | Tuple | Array)  # It would train none of the arrays.
            safety = Safety.UNSAFE if holds_no_params else Safety.SAFE
            fix = Fix(f"Add {argument}", (Change(call.place, Where.APPEND_ARGUMENT, (argument,)),), safety)
        message = f"`{ask.text(function)}` requires `wrt` since Flax 0.11, so it raises TypeError; pass `wrt=nnx.Param`"
        yield Finding(call, call.place, message, ask.path(call.context), fix, refuses_call=True)
