"""A call passes a keyword that only Linen has.

`mutable=`, `rngs={...}`, `train=` or `method=` belong to Linen's `apply` and to Linen modules. An NNX Module is called with the parameters of its
`__call__`; another keyword raises TypeError, and a dict of keys is no `nnx.Rngs`.

```python
y, updates = model(x, mutable=["batch_stats"])     # raises TypeError
y = model(x)                                       # state changes in place
drop(x, rngs={"dropout": key})                     # raises
drop(x, rngs=nnx.Rngs(dropout=key))
```

Silent where the callee takes `**kwargs` or is not known.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import Dict, Module

_KEYWORDS = (
    "mutable",
    "train",
    "training",
    "is_training",
    "deterministic",
    "method",
    "use_running_average",
    "variables",
    "capture_intermediates",
)


@rule(
    code="NNX705",
    group=Group.MIGRATION,
    severity=Severity.ERROR,
    evidence=Raises(("TypeError", "AttributeError", "ValueError")),
)
def linen_call_keywords(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        is_module = call.name.endswith(".__call__") and isinstance(call.receiver, Module)
        is_user = call.receiver is None and isinstance(call.owner, Module)
        if not (is_module or is_user):
            continue
        owner = call.receiver if is_module else call.owner
        for argument in call.arguments:
            keyword = argument.node.keyword
            if keyword in _KEYWORDS and keyword in call.unexpected:
                message = (
                    f"`{ask.callee(call)}` takes no `{keyword}`"
                    f", so it raises TypeError; a Module has its mode from `train()` and `eval()`, and its state in itself"
                )
                yield Finding(call, argument.place, message, ask.path(call.context), severity=ask.told_by_annotation(owner), refuses_call=True)
            elif keyword == "rngs" and isinstance(argument.value, Dict):
                yield Finding(
                    call,
                    argument.place,
                    "`rngs` is a dict of keys, as Linen takes it; NNX takes an `nnx.Rngs`, so it raises; write `nnx.Rngs(...)`",
                    ask.path(call.context),
                    severity=ask.told_by_annotation(owner),
                )
