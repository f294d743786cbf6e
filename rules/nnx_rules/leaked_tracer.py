"""A traced value is kept in a list, a dict, an object or a name that outlives the transform.

The function is traced once: what is stored is a tracer, not a number, and it is stored once, however often the function is called. Using it afterwards raises
UnexpectedTracerError.

```python
history = []

@nnx.jit
def step(model, x):
    loss = model(x).mean()
    history.append(loss)                                    # one tracer, of no use outside
    return loss

history.append(step(model, x))
```

The same holds for a `global` or `nonlocal` name, for an attribute of a class, and for a list of a jitted function that the body of a `scan` appends to.

A warning where nobody is seen to use it. Silent where the enclosing function gives the name another value before it uses it, for attributes of Modules
under transforms of nnx, which bring them out, and for containers made inside of the function.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Leak, LeakUsed
from nnx_lsp.tracer.values import Array, Class, Dict, List, Object


@rule(code="NNX411", group=Group.TRACING, severity=Severity.ERROR, evidence=Raises(("UnexpectedTracerError",), later=True), rests_on_values=True)
def leaked_tracer(facts: Facts) -> Iterator[Finding]:
    for leak in facts.of(Leak):
        if _is_kept(leak) and not leak.is_replaced:
            yield _finding(leak, leak, Severity.WARNING)
    for used in facts.of(LeakUsed):
        if _is_kept(used.leak):
            yield _finding(used, used.leak, None)


def _is_kept(leak: Leak) -> bool:
    target, value = leak.target, leak.value
    if not isinstance(value, Array) or value.level is None or value.level.is_assumed:
        return False
    return target is None or isinstance(target, List | Dict | Class) or (type(target) is Object and ask.is_user_class(target))


def _finding(event: Leak | LeakUsed, leak: Leak, severity: Severity | None) -> Finding:
    level = leak.value.level if isinstance(leak.value, Array) else None
    message = f"`{ask.text(leak.node)}` keeps a value that is traced by {ask.by(level)}{ask.source(leak.value)}"
    message += ": it is stored once, as a tracer, and raises UnexpectedTracerError when it is used; return it"
    return Finding(event, leak.place, message, ask.path(leak.context, leak.value), severity=severity)
