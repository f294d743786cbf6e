"""A copy of a model's values is updated, and never written back: the model is as before.

`nnx.state(model)` and `param[...]` give values; arithmetic, `jax.tree.map`, `optax.apply_updates` and `.at[...].set(...)` make new ones of them, and
`nnx.replace_by_pure_dict` fills a State. None of this changes the model.

```python
params = nnx.state(model, nnx.Param)
params = jax.tree.map(lambda p, g: p - 0.1 * g, params, grads)
nnx.update(model, params)                                           # without it: no training

row = param[...]
row = row.at[0].set(1.0)
param[...] = row                                                    # without it: the parameter is as before
```

Said of a name whose new value is used nowhere, not even returned. Silent for names that begin with an underscore, and for an array that the function made
itself (`x = jnp.zeros(3)`): nobody else has it.

An optimizer changes the instance that it was made of, or that its update is given. Where that was made on the spot, nobody else has it:

```python
optimizer = nnx.ModelAndOptimizer(Net(rngs=rngs), tx)               # `model` is another instance, and stays as it is
loss, grads = nnx.value_and_grad(loss_fn)(model)
optimizer.update(grads)
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts, Step
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import NothingMadeOf, OtherUpdated

_SAID = {
    "state": "is a new State that nobody uses: the model keeps its old values; call `nnx.update(model, {name})`",
    "array": "is a new array that nobody uses: what it was made of is as before; write it back or return it",
    "restored": "is filled and never used: the model keeps its old values; call `nnx.update(model, {name})`",
}


@rule(code="NNX541", group=Group.TRANSFORMS, severity=Severity.WARNING, evidence=Shows())
def update_not_written_back(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(NothingMadeOf):
        said = _SAID.get(each.what)
        if said is None or each.guards:
            continue
        name = ask.text(each.node)
        yield Finding(each, each.place, f"`{name}` {said.format(name=name)}", ask.path(each.context))
    for update in facts.of(OtherUpdated):
        if update.guards:
            continue
        cls, text = update.updated.class_name, ask.text(update.node)
        what = f"the `{cls}` that the optimizer was made of" if update.made is not None else f"a `{cls}` that nothing else holds"
        message = f"`{text}` changes {what}, and its gradients are of another one, which is never trained; give the optimizer that instance"
        first = (Step(update.made, "the optimizer is made of an instance of its own"),) if update.made is not None else ()
        yield Finding(update, update.place, message, (*first, *ask.path(update.context)))
