"""An attribute that holds an `nnx.Variable` is assigned an array: the Variable is gone.

`self.kernel = array` replaces the `nnx.Param` object, it does not write into it. Up to Flax 0.11 it is no state of the Module any more, and built-in
layers raise at the next call. Since 0.12 the array stays in the state, but is of no kind: `nnx.grad` and an optimizer with `wrt=nnx.Param` leave it out
silently.

```python
self.scale = self.scale * 0.5        # the Param is gone
self.scale[...] = self.scale * 0.5   # writes into it
```

A warning since Flax 0.12: a model that is not trained afterwards works as before. Silent where the new value is a Variable, `None` or not known, and for
arrays that are put into a model from outside (or by a class of tests) in a file that takes no gradient, makes no optimizer and splits nothing. Silent
too for what goes through `jax.lax.stop_gradient`: it is not to be trained.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Shows, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeWrite
from nnx_lsp.tracer.values import Array, Value, Variable, options


@rule(code="NNX202", group=Group.VARIABLES, severity=Severity.ERROR, evidence=Shows())
def variable_rebound(facts: Facts) -> Iterator[Finding]:
    for write in facts.of(AttributeWrite):
        before = _variable(write.before)
        if before is None or not isinstance(write.value, Array) or (write.operator and facts.library.flax_minor >= (0, 12)):
            continue
        is_new = facts.library.flax_minor >= (0, 12)
        if is_new and (write.is_never_trained or _is_meant(write)):
            continue
        target = ask.text(write.node)
        kind = before.class_name
        fix = Fix(f"Write into the Variable: {target}[...] = …", (Change(write.place, Where.AFTER, ("[...]",)),)) if not write.operator else None
        then = "no gradient or optimizer that goes by its kind sees it any more" if is_new else "the value is no state of the Module any more"
        message = f"`{target}` holds an `nnx.{kind}`; assigning an array replaces it, and {then}; write `{target}[...] = …`"
        yield Finding(write, write.place, message, ask.path(write.context), fix, Severity.WARNING if is_new else None)


def _is_meant(write: AttributeWrite) -> bool:
    """Whether what is assigned is taken out of all gradients, which is what becomes of it."""
    return write.assigned is not None and ask.calls_method(write.assigned, "stop_gradient")


def _variable(before: Value | None) -> Variable | None:
    """The Variable that is replaced; where other methods put arrays in its place, by the first of them."""
    if before is None or not all(isinstance(option, Variable | Array) for option in options(before)):
        return None
    return next((option for option in options(before) if isinstance(option, Variable)), None)
