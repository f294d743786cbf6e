"""A function of `jax.random` is called as a method of an `nnx.Rngs`, which has none before Flax 0.11.2.

There, each name of an `nnx.Rngs` is that of a stream, and a stream takes no arguments: `rngs.normal((2, 3))` raises TypeError. The streams have no such methods
either: `rngs.params.uniform((2,))` raises AttributeError.

```python
x = rngs.normal((2, 3))                       # since Flax 0.11.2
x = jax.random.normal(rngs(), (2, 3))         # everywhere
```

Said only where the Flax version in force, or the lowest of the range in force, is older.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Rngs, RngStream


@rule(code="NNX895", group=Group.VERSIONS, severity=Severity.ERROR, evidence=Raises(("TypeError", "AttributeError")), flax="<0.11.2")
def draw_without_key(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        stream = call.receiver
        if not isinstance(stream, RngStream) or not isinstance(call.node, program.Call) or not isinstance(call.node.function, program.Attribute):
            continue
        if isinstance(stream.source, Rngs) and stream.name in (stream.source.streams or ()):
            continue  # Somebody named a stream so: it is one in every version.
        if call.arguments and call.name.endswith(".__call__") and facts.library.entry(f"jax.random.{stream.name}") is not None:
            text, rngs = ask.text(call.node.function), ask.text(call.node.function.value)
            message = f"`{text}` is a stream before Flax 0.11.2, which takes no arguments, so the call raises TypeError"
            yield Finding(call, call.place, f"{message}; write `jax.random.{stream.name}({rngs}(), …)`", ask.path(call.context), refuses_call=True)
    for read in facts.of(AttributeRead):
        if isinstance(read.owner, RngStream) and not read.is_found and isinstance(read.node, program.Attribute):
            stream_text = ask.text(read.node.value)
            message = f"a stream has no method `{read.name}` before Flax 0.11.2, so `{ask.text(read.node)}` raises AttributeError"
            yield Finding(read, read.place, f"{message}; write `jax.random.{read.name}({stream_text}(), …)`", ask.path(read.context))
