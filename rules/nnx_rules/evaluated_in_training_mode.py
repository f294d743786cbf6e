"""A model is evaluated in training mode: Dropout draws noise, BatchNorm normalises by the batch and changes its statistics.

Modules are made in training mode. `model.eval()` switches all layers below a Module, `model.train()` switches them back; `nnx.view(model, deterministic=True,
use_running_average=True)` gives a model in evaluation mode beside the one that trains (Flax 0.12).

```python
def evaluate(model, x):
    return model(x)                                                 # noisy, and each call shifts the statistics

model.eval()
evaluate(model, x)
```

Said of functions whose name begins with `eval`, `evaluate`, `validate`, `predict`, `infer` or the like, and only where a call of them was followed with a model
that is certainly in training mode. Silent where a gradient is taken, in functions that draw on purpose (`mc`, `sample`, `uncertainty` in the name), and for
a call by a test that compares no values: shapes are the same in both modes; or whose model has zeros for weights. Of several calls on one model in one
function the first is named.
"""

import re
from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer import asked
from nnx_lsp.tracer.contexts import Context
from nnx_lsp.tracer.events import Mode
from nnx_lsp.tracer.values import outward

_NAMES = re.compile(r"\w+(?:\.\w+)*")
_EVALUATES = frozenset(("eval", "evaluate", "evaluation", "validate", "validation", "predict", "prediction", "infer", "inference"))
_PARTS = frozenset(("step", "epoch", "loop", "batch"))
_TRAINS = frozenset(("train", "training", "fit", "learn", "optimize"))
_DRAWS = frozenset(("mc", "monte", "stochastic", "noisy", "dropout", "uncertainty", "sample", "samples", "sampling", "random", "grad", "gradient"))


@rule(code="NNX643", group=Group.TRAINING, severity=Severity.WARNING, evidence=Shows())
def evaluated_in_training_mode(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(Mode):
        if each.is_set or each.is_training is not True or _is_differentiated(each):
            continue
        links = list(each.context.links()) if each.context is not None else []
        found = next((index for index in reversed(range(len(links))) if _purpose(links[index].function) is not None), None)
        if found is None or _purpose(links[found].function) != "evaluates":
            continue
        test = asked.test_around(each.context)
        if test is not None and (asked.zeroes(test) or not asked.asks_for_numbers(test)):
            continue
        name, layer = links[found].function, each.layer.class_name
        place = links[found + 1].place if found + 1 < len(links) else each.place
        what = "updates its statistics" if layer == "BatchNorm" else "draws noise"
        given = _given(each)
        cure = f"pass `{given}=True`: what is given to the call counts, and not `.eval()`" if given else "call `.eval()` on the model first"
        message = f"`{name}` runs the model in training mode: `nnx.{layer}` {what}; {cure}"
        called = links[found + 1].text.partition("`")[2] if found + 1 < len(links) else ask.text(each.node)
        cause = f"mode {place.path}:{place.chunk} {name} {_model(called, links[found])}"
        yield Finding(each, place, message, ask.path(_up_to(each.context, found + 1)), cause=cause)


def _model(called: str, evaluation: Context) -> str:
    """What is called, as far as it names the model: of the methods and layers of a Module itself all are of one model."""
    names = _NAMES.match(called)
    parts = names[0].split(".") if names is not None else [called]
    function = evaluation.entered
    is_module = function is not None and function.owner is not None and any(each.startswith("flax.nnx.") for each in function.owner.library_bases)
    return ".".join(parts[: 2 if parts[0] == "self" and not is_module else 1])


def _given(event: Mode) -> str:
    """The keyword that gives the mode to the call of the layer itself; `""` where the layer's own mode counts."""
    keywords = {argument.keyword for argument in event.node.arguments} if isinstance(event.node, program.Call) else set()
    return next((name for name in ("deterministic", "use_running_average") if name in keywords), "")


def _purpose(name: str) -> str | None:
    """What a function is for by its name."""
    words = [word for word in name.lower().split("_") if word]
    if _TRAINS.intersection(words) or _DRAWS.intersection(words):
        return "trains"
    first = words[0] if words else ""
    if first in _EVALUATES or (first in ("test", "val", "valid") and _PARTS.intersection(words[1:])):
        return "evaluates"
    return None


def _is_differentiated(event: Mode) -> bool:
    return any(level.kind is LevelKind.DIFFERENTIATED for level in outward(event.level))


def _up_to(context: Context | None, count: int) -> Context | None:
    """The first links of a way."""
    while context is not None and context.depth > count:
        context = context.parent
    return context
