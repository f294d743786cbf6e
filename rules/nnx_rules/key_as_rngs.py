"""A PRNG key or a seed is passed where an `nnx.Rngs` is expected.

Layers draw their keys from `rngs.params()` and the like. A key or an integer has no streams, so the constructor raises
AttributeError or TypeError. It is the habit of Linen and Haiku, which take keys. A layer of one's own that draws `rngs.params()` does the same.

```python
nnx.Linear(2, 3, rngs=jax.random.key(0))            # raises
nnx.Linear(2, 3, rngs=nnx.Rngs(jax.random.key(0)))  # an Rngs made from the key
```

Silent where the value is not known, and for `None`.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.arrays import STREAMS
from nnx_lsp.knowledge.functions import Takes
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Array, RngStream, Static


@rule(
    code="NNX102",
    group=Group.RANDOMNESS,
    severity=Severity.ERROR,
    evidence=Raises(("AttributeError", "TypeError", "ValueError")),
    rests_on_values=True,
)
def key_as_rngs(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if not call.name.startswith("flax.nnx.") or call.name.endswith(".__call__") or call.receiver is not None:
            continue
        is_dropout = call.name == "flax.nnx.Dropout"
        if (is_dropout and facts.library.flax_minor < (0, 11)) or ("rngs" not in ask.required(facts, call.name) and not is_dropout):
            continue
        for argument in call.arguments:
            value = argument.value
            is_seed = isinstance(value, Static) and value.kind == "int"
            is_stream = isinstance(value, RngStream) and not is_dropout
            if argument.takes is not Takes.RNGS or not (is_seed or is_stream or ask.is_key(value)):
                continue
            text, place = ask.text(argument.node.value), ask.place_of(call, argument.node.value)
            what = "a seed" if is_seed else "a PRNG key"
            function = call.node.function if isinstance(call.node, program.Call) else None
            if is_stream:
                message = f"`rngs` takes an `nnx.Rngs`; `{text}` is one stream of it, so `{ask.text(function or call.node)}` raises; pass the `nnx.Rngs` itself"
                yield Finding(call, place, message, ask.path(call.context))
                continue
            prefix = ask.text(function.value) if isinstance(function, program.Attribute) else None
            yield Finding(
                call,
                place,
                f"`rngs` takes an `nnx.Rngs`; `{text}` is {what}, so `{ask.text(function or call.node)}` raises; write `nnx.Rngs({text})`",
                ask.path(call.context),
                Fix(
                    f"Make an Rngs of it: {prefix}.Rngs({text})",
                    (Change(place, Where.REPLACE, (f"{prefix}.Rngs(", place, ")")),),
                )
                if prefix
                else None,
            )
    for read in facts.of(AttributeRead):
        if (
            read.name in STREAMS
            and isinstance(read.owner, Array)
            and ask.is_key(read.owner)
            and read.owner.role != "told"
            and isinstance(read.node, program.Attribute)
        ):
            text = ask.text(read.node.value)
            message = f"`{text}` is a PRNG key, which has no `{read.name}`, so `{ask.text(read.node)}` raises AttributeError; pass an `nnx.Rngs` made of it"
            yield Finding(read, read.place, message, ask.path(read.context))
