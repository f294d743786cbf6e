"""A static argument has no hash: it is an array, a list, a dict, a set, or an instance of a dataclass that is not frozen.

Static arguments are compared by hash and equality: for what has no hash the call raises ValueError. A class that defines `__eq__` without `__hash__` has
none, and `@dataclass` defines `__eq__`.

```python
f = nnx.jit(lambda x, scale: x * scale, static_argnums=1)
f(x, jnp.array(2.0))                                        # raises ValueError
f(x, 2.0)

@partial(jax.jit, static_argnames="config")
def g(x, config): ...

g(x, config={"width": 3})                                   # raises ValueError
g(x, config=Config(width=3))                                # with `@dataclass(frozen=True)` on `Config`
```

Where the function itself annotates the static parameter as an array, its transform is named, and not each call. Silent for the default of a parameter that the
call leaves out, which is never compared.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.transforms import TRANSFORMS
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import UnfitArgument
from nnx_lsp.tracer.hashes import unhashable

_CURES = {
    "an array": "leave it out of the static arguments",
    "a list": "pass a tuple",
    "a set": "pass a frozenset",
    "a dict": "pass a tuple of its items, or a frozen dataclass",
}


@rule(code="NNX507", group=Group.TRANSFORMS, severity=Severity.ERROR, evidence=Raises(("ValueError", "TypeError"), later=True), rests_on_values=True)
def static_array(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(UnfitArgument):
        if each.reason != "hash":
            continue
        display, what = TRANSFORMS[each.transformed.transform].display, unhashable(each.value)
        name = f"`{each.name}`" if each.name else "the argument"
        is_instance = what.startswith("a `") and " whose " not in what
        cure = _CURES.get(what, "make its class `@dataclass(frozen=True)`" if is_instance else "pass something with a hash")
        place = each.place
        if what == "an array" and _is_annotated_as_array(each):  # The mistake is there, whoever calls it.
            place = each.transformed.place
        message = f"{name} is static under `{display}` and is {what}, which has no hash, so the call raises ValueError; {cure}"
        yield Finding(each, place, message, ask.path(each.context))


def _is_annotated_as_array(event: UnfitArgument) -> bool:
    """Whether the function itself says that the parameter is an array."""
    function = ask.own_function(event.transformed.function)
    parameters = function.definition.parameters if function is not None else ()
    annotation = next((each.annotation for each in parameters if each.name == event.name), None)
    return annotation is not None and program.last_name(annotation) in ("Array", "ndarray")
