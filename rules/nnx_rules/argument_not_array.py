"""A transformed function is given what JAX cannot trace: a string, a function, an object that is not a pytree.

`nnx.jit`, `nnx.remat` and `nnx.vmap` turn each argument that is not static into traced arrays. A string has no array in it, nor does a function or
an instance of a plain class: the call raises TypeError. `nnx.remat` and `nnx.vmap` also pass on the defaults of parameters that the call leaves out.
Under `nnx.vmap` and `nnx.scan` a plain number raises as well, for it has no axis to map along. Calls that give the same parameter such an argument again,
or the same object to other functions, are not named again.

```python
@nnx.jit
def loss(model, x, mode): ...

loss(model, x, "train")                                    # raises TypeError

@nnx.jit(static_argnames="mode")
def loss(model, x, mode): ...
```
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.transforms import TRANSFORMS, Shape
from nnx_lsp.program import Attribute, Call, Place
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import UnfitArgument
from nnx_lsp.tracer.values import Bound, Class, Function, Object, Static, Value


@rule(code="NNX408", group=Group.TRACING, severity=Severity.ERROR, evidence=Raises(("TypeError", "ValueError")), rests_on_values=True)
def argument_not_array(facts: Facts) -> Iterator[Finding]:
    told: dict[object, Place] = {}
    for each in facts.of(UnfitArgument):
        if each.reason in ("keyword", "hash") or _is_told(told, each):
            continue
        transform = TRANSFORMS[each.transformed.transform]
        name = f"the default of `{each.name}`" if each.is_default else f"`{_given(each)}`"
        if each.reason == "rank" and each.is_keyword:
            message = f"{name} is a plain number, but `{transform.display}` maps what is passed by keyword along axis 0, so the call raises"
            yield Finding(each, each.place, f"{message}; pass it by position, with `None` for it in `in_axes`", ask.path(each.context))
            continue
        if each.place == each.transformed.place and isinstance(each.value, Function | Class | Bound) and not each.is_default:
            message = (
                f"`@{name[1:-1]}` calls the function that it is given with the one below it, which `{transform.display}` cannot trace, so it raises TypeError"
            )
            yield Finding(each, each.place, f"{message}; write the decorator without a function in it", ask.path(each.context))
            continue
        if each.reason == "rank":
            message = f"{name} is a plain number, but `{transform.display}` maps each argument along an axis, so the call raises; map over an array"
            cure = "write `None` for it in `in_axes`" if transform.shape is not Shape.SCAN else "take it from the closure"
            yield Finding(each, each.place, f"{message}, or {cure}", ask.path(each.context))
            continue
        takes = "static_argnames" if transform.name.endswith("jit") else "static_argnums" if transform.name.endswith(("remat", "checkpoint")) else ""
        cure = f"name it in `{takes}`" if takes else "take it from the closure"
        if isinstance(each.value, Function | Bound) and not each.is_default:
            cure = f"pass what it returns, or {cure}"
        message = f"{name} is {_kind(each.value)}: `{transform.display}` cannot trace it, so the call raises TypeError; {cure}"
        yield Finding(each, each.place, message, ask.path(each.context))


def _is_told(told: dict[object, Place], each: UnfitArgument) -> bool:
    """Whether an earlier call says the same: it gave the same parameter what cannot be traced either, or it gave the same object to another function."""
    causes: list[object] = [(each.transformed.place, each.name or id(each), each.reason)]
    if isinstance(each.value, Object):
        causes.append(id(each.value))
    first = [told.setdefault(cause, each.place) for cause in causes]
    return any(place != each.place for place in first)


def _given(event: UnfitArgument) -> str:
    """The argument as the caller wrote it; of a method what stands before the dot, and else the parameter."""
    if not isinstance(event.node, Call):
        return ask.text(event.node)
    if isinstance(event.node.function, Attribute) and isinstance(event.value, Object) and event.name == _receiver(event.transformed.function):
        return ask.text(event.node.function.value)
    return event.name or ask.text(event.node)


def _receiver(function: Value) -> str:
    """The name of the first parameter of a method."""
    found = ask.own_function(function)
    is_method = found is not None and found.owner is not None and found.definition.parameters
    return found.definition.parameters[0].name if found is not None and is_method else ""


def _kind(value: Value) -> str:
    match value:
        case Static(kind="str"):
            return "a string"
        case Class(name=name):
            return f"the class `{name}`"
        case Function() | Bound():
            return "a function"
        case Object():
            return f"a `{value.class_name}`, which is not a pytree"
        case _:
            return "a container of what is not an array"
