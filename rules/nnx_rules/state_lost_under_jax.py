"""A transform of jax is used where state changes: the change is lost.

`jax.jit`, `jax.grad`, `jax.vmap`, `jax.lax.scan` and the like take a Module, an optimizer or an `nnx.Rngs` as a pytree (since Flax 0.11): the
function works on a copy. What a BatchNorm, a Dropout, `optimizer.update` or `metric.update` changes in it is thrown away, silently: the
model does not train. On Flax 0.10 such a call raises.

```python
@jax.jit                       # the update is lost
def train_step(model, optimizer, x): ...

@nnx.jit                       # the update is written back
def train_step(model, optimizer, x): ...
```

Use the transform of `nnx`, or return the changed object and rebind it, or work on `nnx.split`. Silent where the object or its state is returned,
under `jax.eval_shape`, and where it is not known that anything changes.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import StateLost
from nnx_lsp.tracer.values import Object

_HAS_TWIN = (
    "jit",
    "grad",
    "value_and_grad",
    "vmap",
    "pmap",
    "checkpoint",
    "cond",
    "switch",
    "while_loop",
    "fori_loop",
    "scan",
)


_ONLY_ASKS = frozenset(("eval_shape", "make_jaxpr"))
"""They compute nothing: that nothing is changed either is what they are for."""


@rule(code="NNX501", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Shows(), flax=">=0.11", rests_on_values=True)
def state_lost_under_jax(facts: Facts) -> Iterator[Finding]:
    for lost in facts.of(StateLost):
        name = lost.transformed.transform
        last = name.rpartition(".")[2]
        if last in _ONLY_ASKS:
            continue
        cure = f"use `nnx.{'remat' if last == 'checkpoint' else last}`" if last in _HAS_TWIN else "return the changed object"
        target = lost.target.class_name if isinstance(lost.target, Object) else "its state"
        change = Step(
            lost.mutation.place,
            f"`{ask.text(lost.mutation.node)}` changes the `{target}` reached from `{lost.parameter}`",
        )
        message = f"`{name}` works on a copy of `{lost.parameter}`: what `{ask.text(lost.mutation.node)}` changes in it is lost; {cure}"
        yield Finding(lost, lost.transformed.place, message, (*ask.path(lost.context), change))
