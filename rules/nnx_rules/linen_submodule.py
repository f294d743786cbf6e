"""A layer of Linen is an attribute of an NNX Module and is called.

A Linen Module is bound to its parameters by `init` and `apply`. Nobody does that inside of an NNX Module: the call raises CallCompactUnboundModuleError, and
the layer has no Variables that NNX knows of.

```python
self.dense = linen.Dense(3)                                   # its call raises
self.dense = nnx.Linear(2, 3, rngs=rngs)
self.dense = nnx.bridge.ToNNX(linen.Dense(3), rngs=rngs)      # and nnx.bridge.lazy_init
```

Functions of Linen (`linen.relu`) and initializers are fine, and so is a Linen Module that is only used through `apply`.
Silent for Modules that nobody was seen to make.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeWrite
from nnx_lsp.tracer.values import Module, Object


@rule(code="NNX751", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("CallCompactUnboundModuleError", "AttributeError")))
def linen_submodule(facts: Facts) -> Iterator[Finding]:
    kept = {id(ask.root(write.value)) for write in facts.of(AttributeWrite) if isinstance(write.owner, Module) and isinstance(write.value, Object)}
    for call in facts.calls:
        layer = call.receiver
        if not call.name.startswith("flax.linen.") or not call.name.endswith(".__call__") or not isinstance(layer, Object):
            continue
        node = call.node
        if isinstance(node, program.Call) and isinstance(node.function, program.Attribute) and id(ask.root(layer)) in kept:
            text = ask.text(node.function)
            message = (
                f"`{text}` is a `linen.{layer.class_name}`, which nobody binds here: this raises CallCompactUnboundModuleError; wrap it in `nnx.bridge.ToNNX`"
            )
            yield Finding(call, ask.place_of(call, node.function), message, ask.path(call.context))
