"""`init` or `apply` is called on an NNX Module.

They belong to Linen. An NNX Module has its parameters from its construction and is called directly; `model.init` raises AttributeError.

```python
params = model.init(key, x)        # raises AttributeError
y = model.apply(params, x)
y = model(x)
```

Said once for each of these names in a function or class. Silent for Linen modules, for classes that define these methods, and where the class is not known.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Module, Optimizer, Value

_OF_LINEN = ("init", "apply", "init_with_output", "bind")


@rule(code="NNX701", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("AttributeError",)))
def linen_init_apply(facts: Facts) -> Iterator[Finding]:
    found = [read for read in facts.of(AttributeRead) if not read.is_found and read.name in _OF_LINEN and _is_module(read.owner)]
    first = ask.first_in_statement(found, lambda read: read.name)
    for read in found:
        if read.place in first and isinstance(read.owner, Module):
            message = f"`{ask.text(read.node)}` does not exist: an NNX `{read.owner.class_name}` has its parameters already and is called directly"
            yield Finding(read, read.place, message + ask.as_often(first[read.place]), ask.path(read.context))


def _is_module(owner: Value) -> bool:
    return isinstance(owner, Module) and not isinstance(owner, Optimizer)
