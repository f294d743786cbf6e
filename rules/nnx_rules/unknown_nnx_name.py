"""A name that `flax.nnx` does not have.

It comes from Linen or PyTorch (`nnx.Dense`, `nnx.ModuleList`, `nnx.ReLU`), or from another Flax version (`nnx.List` is there from 0.12 on). Reading it
raises AttributeError, importing it ImportError.

```python
nnx.Dense(64)                          # nnx.Linear(in_features, 64, rngs=rngs)
nnx.ReLU()                             # nnx.relu, a function
nnx.ModuleList([a, b])                 # nnx.List([a, b]) from 0.12 on, a list before
```

Only names of modules whose contents are known are checked, for the Flax version in force. Silent under `hasattr` and `try`, and on releases before 0.10 or
newer than the newest known one, but for names that are those of Linen and PyTorch. A name that came with a later Flax is a warning: more often than the
name it is the version that is wrong, as code that uses it runs somewhere. Silent on it in a cell of a notebook whose outputs show that it ran, and in a
notebook that Colab or Kaggle runs with packages of its own.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.knowledge import library
from nnx_lsp.knowledge.releases import RELEASES
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeRead
from nnx_lsp.tracer.values import Library

_TWINS = {
    "Dense": "nnx.Linear(in_features, out_features, rngs=rngs)",
    "DenseGeneral": "nnx.LinearGeneral",
    "ModuleList": "nnx.List (a list before 0.12)",
    "ModuleDict": "nnx.Dict (a dict before 0.12)",
    "Parameter": "nnx.Param",
    "Conv1d": "nnx.Conv",
    "Conv2d": "nnx.Conv",
    "Conv3d": "nnx.Conv",
    "BatchNorm1d": "nnx.BatchNorm",
    "BatchNorm2d": "nnx.BatchNorm",
    "Embedding": "nnx.Embed",
    "ReLU": "nnx.relu",
    "GELU": "nnx.gelu",
    "SiLU": "nnx.silu",
    "Sigmoid": "nnx.sigmoid",
    "Tanh": "nnx.tanh",
    "Softmax": "nnx.softmax",
    "Flatten": "x.reshape(x.shape[0], -1)",
    "compact": "layers made in `__init__`",
    "MSELoss": "a function of optax",
    "CrossEntropyLoss": "a function of optax",
    "LSTM": "nnx.RNN(nnx.LSTMCell(...))",
    "GRU": "nnx.RNN(nnx.GRUCell(...))",
}
_LOADED = ("ids",)
"""Modules of the package, which stand in it as soon as any code imports them."""


@rule(code="NNX704", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("AttributeError", "ImportError")))
def unknown_nnx_name(facts: Facts) -> Iterator[Finding]:
    unknown = [read for read in facts.of(AttributeRead) if not read.is_found and isinstance(read.owner, Library) and read.owner.name == "flax.nnx"]
    first = ask.first_in_statement(unknown, lambda read: read.name)
    for read in unknown:
        if read.place not in first or read.name in _LOADED:
            continue
        if not facts.library.is_described and read.name not in _TWINS:  # It may be one that came later, or that went away before.
            continue
        near = ask.nearest_name(read.name, facts.library.public_names("flax.nnx"), 0.75)
        cure = _TWINS.get(read.name) or (f"nnx.{near}" if near else "")
        message = ask.no_such_name(read, f"Flax {facts.library.flax}", cure, first[read.place])
        came_later = read.name in library.load(RELEASES[-1]).public_names("flax.nnx")
        yield Finding(
            read, read.place, message, ask.path(read.context), severity=Severity.WARNING if came_later else None, cause=f"nnx {read.name}", is_ahead=came_later
        )
