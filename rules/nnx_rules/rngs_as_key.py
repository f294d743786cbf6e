"""An `nnx.Rngs` object, one of its streams or a number is passed where JAX expects one PRNG key.

`nnx.Rngs` hands out keys; it is none itself. Functions of `jax.random` and initializers raise TypeError for it, as they do for a
stream (`rngs.params`) that is not called.

Nor is `rngs.params.key` one: it is the Variable that holds the key of which the stream makes others. What it holds, `rngs.params.key[...]`, is a key, and
the same one each time.

A seed is no key either: `jax.random.key(seed)` makes one of it.

Call a stream to draw a fresh key: `rngs.params()`, or `rngs()` for the default stream.

```python
noise = jax.random.normal(rngs, (2, 3))             # raises TypeError
noise = jax.random.normal(rngs.params.key, (2, 3))  # raises TypeError
noise = jax.random.normal(0, (2, 3))                # raises TypeError
noise = jax.random.normal(rngs.params(), (2, 3))    # a new key each time
```

Silent for values of which nothing is known, and for keys drawn from a stream.

A warning where a parameter is annotated `nnx.Rngs`, used as a key, and never seen to be given either.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.functions import Takes
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Call
from nnx_lsp.tracer.values import Rngs, RngStream, Static


@rule(code="NNX101", group=Group.RANDOMNESS, severity=Severity.ERROR, evidence=Raises(("TypeError", "ValueError")), rests_on_values=True)
def rngs_as_key(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        for argument in call.arguments:
            if call.name == "flax.nnx.Rngs" and isinstance(argument.value, Rngs):
                text = ask.text(argument.node.value)
                message = f"`nnx.Rngs` takes seeds and keys; `{text}` is an `nnx.Rngs` already, so it raises ValueError; use it as it is, or `{text}.fork()`"
                yield Finding(call, ask.place_of(call, argument.node.value), message, ask.path(call.context), severity=_severity(argument.value))
                continue
            if argument.takes is Takes.KEY and ask.is_instance(argument.value, "flax.nnx.RngKey", facts.library):
                yield _holder(call, argument.node.value)
            if argument.takes is Takes.KEY and isinstance(argument.value, Static) and _refuses_numbers(call.name, argument.value):
                text = ask.text(argument.node.value)
                message = f"`{ask.callee(call)}` takes one PRNG key; `{text}` is a number, so it raises TypeError; make a key of it: `jax.random.key({text})`"
                yield Finding(call, ask.place_of(call, argument.node.value), message, ask.path(call.context))
            if argument.takes is not Takes.KEY or not isinstance(argument.value, Rngs | RngStream):
                continue
            value, text = argument.value, ask.text(argument.node.value)
            what = "an `nnx.Rngs`" if isinstance(value, Rngs) else "a stream of an `nnx.Rngs` that is not called"
            place = ask.place_of(call, argument.node.value)
            yield Finding(
                call,
                place,
                f"`{ask.callee(call)}` takes one PRNG key; `{text}` is {what}, so it raises TypeError; draw a key with `{text}{_draw(value)}`",
                ask.path(call.context),
                Fix(f"Draw a key: {text}{_draw(value)}", (Change(place, Where.AFTER, (_draw(value),)),))
                if _can_draw(value) and ask.is_simple(argument.node.value)
                else None,
                _severity(value),
            )


def _severity(value: Rngs | RngStream) -> Severity | None:
    """A warning where only an annotation says what it is, and nobody is seen giving it: it may be a key that the annotation is wrong about."""
    return Severity.WARNING if isinstance(value, Rngs) and value.is_symbolic else None


def _refuses_numbers(name: str, value: Static) -> bool:
    """Whether a function raises for a number in place of a key: all that draw or make keys of keys do."""
    return value.kind in ("int", "float", "bool") and name.startswith(("jax.random.", "jax.nn.initializers.")) and name != "jax.random.clone"


def _holder(call: Call, node: program.Expression) -> Finding:
    """What is said of `stream.key`."""
    text, place = ask.text(node), ask.place_of(call, node)
    message = f"`{ask.callee(call)}` takes one PRNG key; `{text}` is the Variable that holds the key of a stream, so it raises TypeError"
    if not isinstance(node, program.Attribute) or node.name != "key":
        return Finding(call, place, f"{message}; draw a key by a call of the stream", ask.path(call.context))
    stream = ask.text(node.value)
    fix = Fix(f"Draw a key: {stream}()", (Change(place, Where.REPLACE, (ask.place_of(call, node.value), "()")),))
    return Finding(call, place, f"{message}; draw a key with `{stream}()`", ask.path(call.context), fix)


def _draw(value: Rngs | RngStream) -> str:
    if isinstance(value, RngStream) or not value.streams or "params" in value.streams:
        return "()" if isinstance(value, RngStream) else ".params()"
    return f".{min(value.streams)}()"


def _can_draw(value: Rngs | RngStream) -> bool:
    return isinstance(value, RngStream) or value.has_default is True or bool(value.streams)
