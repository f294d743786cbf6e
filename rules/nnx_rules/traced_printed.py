"""A traced value is printed: what appears is a tracer, once.

`print` and `logging` run while the function is traced, not when it is called. They show the tracer (`JitTracer(float32[])`) in place of the number, and
show it once, however often the function is called. `jax.debug.print` prints at each call.

```python
@nnx.jit
def step(model, x):
    loss = model(x).mean()
    print(f"loss {loss}")                                   # once: loss JitTracer(float32[])
    jax.debug.print("loss {loss}", loss=loss)               # at each call: loss 0.25
    return loss
```

Silent for shapes and dtypes, which are known while tracing, under an eager `nnx.grad` or `nnx.vmap`, and under `eval_shape` and `make_jaxpr`. Silent
too where the print is there to show tracing: its text, a comment at it, the name or the docstring of the function or file, or a notebook's cell says so.
"""

import re
from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Intent, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Printed

_TRACING = r"\b(?:tracing|tracers?|(?:jit|dynamicjax)tracers?|re-?trac(?:e[ds]?|ing)|trac(?:e|ing)[- ]?time|re-?compil(?:e[ds]?|ing|ations?))\b"
_SAYS_SO = rf"{_TRACING}|\b(?:traced|compil(?:e[ds]?|ing|ation))\b|\bside[- ]?effects?\b"
_CELL = rf"{_TRACING}|\bside[- ]?effects?\b"
_OF_LIGHT = re.compile(r"ray|path|light|photon", re.IGNORECASE)
"""What else is traced."""


@rule(code="NNX430", group=Group.TRACING, severity=Severity.WARNING, evidence=Shows())
def traced_printed(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Printed):
        if not ask.is_traced(each.value) or not ask.runs_once(each.level) or _shows_tracing(each):
            continue
        level = ask.traced_level(each.value)
        message = f"`{ask.text(each.node)}` is traced by {ask.by(level)}{ask.source(each.value)}"
        message += f": `{each.by}` shows a tracer, once, while the function is traced; use `jax.debug.print`"
        yield Finding(each, each.place, message, ask.path(each.context, each.value), unless=Intent(_SAYS_SO, _CELL))


def _shows_tracing(event: Printed) -> bool:
    """Whether the print is said to show tracing: by its own text, by the name of the file, by the function's name or docstring or what else it prints."""
    if _says(_SAYS_SO, event.node):
        return True
    name = event.place.path.replace("\\", "/").rpartition("/")[2]
    if _names_tracing(name.rpartition(".")[0]):
        return True
    function = event.context.entered if event.context is not None else None
    if function is None or not isinstance(function.definition, program.FunctionDef):
        return False
    if _names_tracing(function.name) or re.search(_TRACING, function.definition.docstring or "", re.IGNORECASE):
        return True
    prints = (each for each in program.walk(function.definition) if isinstance(each, program.Call) and program.last_name(each.function) in _prints(event))
    return any(_says(_SAYS_SO if event.node in _given(each) else _TRACING, each) for each in prints)


def _prints(event: Printed) -> tuple[str, ...]:
    return "print", event.by.rpartition(".")[2]


def _given(call: program.Call) -> tuple[program.Node, ...]:
    return tuple(each.value for each in call.arguments) + call.arguments


def _says(pattern: str, node: program.Node) -> bool:
    texts = (each.literal if isinstance(each, program.FString) else getattr(each, "value", None) for each in program.walk(node))
    return any(isinstance(text, str) and re.search(pattern, text, re.IGNORECASE) for text in texts)


def _names_tracing(name: str) -> bool:
    return re.search(_TRACING, name.replace("_", " "), re.IGNORECASE) is not None and _OF_LIGHT.search(name) is None
