"""A Python number of a Module is counted up inside of `nnx.jit`: each call compiles.

A number that is no array is part of the Module's structure. `nnx.jit` writes the new one back, so that the next call meets a Module of another structure, and
traces and compiles again; and so on, at each call.

```python
class Net(nnx.Module):
    def __init__(self):
        self.steps = 0
    def __call__(self, x):
        self.steps += 1                                     # compiles at each call
        return x

class Net(nnx.Module):
    def __init__(self):
        self.steps = nnx.Variable(jnp.array(0))
    def __call__(self, x):
        self.steps[...] += 1
        return x
```

Silent where the Module was made inside of the function, and outside of `nnx.jit`.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Retraces, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeWrite
from nnx_lsp.tracer.values import Module, Static


@rule(code="NNX930", group=Group.PERFORMANCE, severity=Severity.WARNING, evidence=Retraces())
def python_counter_in_jit(facts: Facts) -> Iterator[Finding]:
    for write in facts.of(AttributeWrite):
        owner, before = write.owner, write.before
        if not write.operator or not isinstance(owner, Module) or owner.source is None or write.is_initializer:
            continue
        if not (isinstance(before, Static) and before.kind in ("int", "float") and isinstance(write.value, Static)):
            continue
        if not ask.is_written_back(write.level) or not ask.is_argument(owner, write.level):
            continue
        target = ask.text(write.node)
        message = f"`{target}` is a Python number, part of the structure of `{owner.class_name}`: changing it under `nnx.jit` compiles at each call"
        yield Finding(write, write.place, f"{message}; make it an `nnx.Variable`", ask.path(write.context))
