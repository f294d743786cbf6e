"""A layer that `nnx.eval_shape` gave is called: it holds shapes, no numbers.

`nnx.eval_shape` builds a Module without computing anything. Its Variables hold `jax.ShapeDtypeStruct`, with which no operation can be done.

```python
model = nnx.eval_shape(lambda: Net(nnx.Rngs(0)))
model(x)                                                # raises TypeError

graphdef, shapes = nnx.split(model)
model = nnx.merge(graphdef, restored)                   # numbers from a checkpoint
```

Silent behind `nnx.update(model, …)` and where code that is not known had a hand on it. Layers without weights, such as Dropout, are left alone.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AbstractCalled


@rule(code="NNX360", group=Group.STRUCTURE, severity=Severity.ERROR, evidence=Raises(("TypeError", "AttributeError", "ValueError")))
def shapes_called(facts: Facts) -> Iterator[Finding]:
    for called in facts.of(AbstractCalled):
        if "rngs" not in ask.required(facts, called.layer.library_class):
            continue
        text = ask.text(called.node.function) if isinstance(called.node, program.Call) else called.layer.class_name
        message = f"`{text}` comes from `nnx.eval_shape` and holds shapes only, so calling it raises TypeError; give it values with `nnx.merge` or `nnx.update`"
        yield Finding(called, called.place, message, ask.path(called.context))
