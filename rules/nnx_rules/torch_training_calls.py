"""A method of PyTorch is called on an NNX object.

`zero_grad`, `backward`, `step`, `parameters`, `state_dict`, `to`, `cuda`, `no_grad` and the like do not exist here; they raise AttributeError.

```python
optimizer.zero_grad()
loss.backward()
optimizer.step()

loss, grads = nnx.value_and_grad(loss_fn)(model)
optimizer.update(model, grads)
```

`optimizer.step` is a counter: reading it is legal, calling it raises TypeError. Silent for classes that define these names.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Array, Class, LibraryMethod, Module, Variable

CURES = {
    "parameters": "use `nnx.state(model, nnx.Param)`",
    "named_parameters": "use `nnx.state(model, nnx.Param)`",
    "state_dict": "use `nnx.state(model)`",
    "load_state_dict": "use `nnx.update(model, state)`",
    "zero_grad": "gradients are values here, there is nothing to reset",
    "backward": "use `nnx.value_and_grad`",
    "to": "arrays are on the default device; use `jax.device_put`",
    "cuda": "arrays are on the default device; use `jax.device_put`",
    "cpu": "use `jax.device_get`",
    "register_buffer": "assign an `nnx.Variable`",
    "requires_grad_": "use `wrt` of the optimizer and `nnx.DiffState`",
    "modules": "use `nnx.iter_graph`",
    "children": "use `nnx.iter_graph`",
    "detach": "use `jax.lax.stop_gradient`",
}


@rule(code="NNX707", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("AttributeError", "TypeError")))
def torch_training_calls(facts: Facts) -> Iterator[Finding]:
    for read in facts.of(AttributeRead):
        if not read.is_found and isinstance(read.owner, Module) and read.name in CURES:
            message = f"`{ask.text(read.node)}` is PyTorch's and does not exist here, so it raises AttributeError; {CURES[read.name]}"
            may_be_of_another = isinstance(read.owner.cls, Class) or read.owner.cls == "flax.nnx.Module"
            yield Finding(read, read.place, message, ask.path(read.context), severity=ask.told_by_annotation(read.owner) if may_be_of_another else None)
    for call in facts.calls:
        function = call.node.function if isinstance(call.node, program.Call) else None
        if isinstance(call.receiver, Variable) and isinstance(function, program.Attribute) and function.name == "step":
            message = (
                f"`{ask.text(function)}` is the optimizer's step counter, no function, so calling it raises TypeError; use `optimizer.update(model, grads)`"
            )
            yield Finding(call, call.place, message, ask.path(call.context))
        method = call.callee
        if isinstance(method, LibraryMethod) and isinstance(method.receiver, Array) and method.name in ("backward", "detach", "cuda", "cpu", "numpy"):
            message = f"`{ask.text(function or call.node)}` is PyTorch's; a jax array has no `{method.name}`, so it raises AttributeError"
            yield Finding(call, ask.place_of(call, function or call.node), message, ask.path(call.context))
