"""An `nnx.Rngs` with a fixed seed is made inside of `__call__`: each call draws the same numbers.

```python
def __call__(self, x):
    return self.drop(x, rngs=nnx.Rngs(0))                   # the same mask at each call

def __init__(self, rngs):
    self.drop = nnx.Dropout(0.5, rngs=rngs)                 # its stream counts
```

A seed that the Module holds, or that the file names, is fixed as well: `nnx.Rngs(self.config.seed)`. Silent where something else than `__init__` assigns
it, and where nothing is drawn from it that shows: the carry of a recurrent cell begins as zeros, whatever the key is. Silent too where it
stands in for an argument that the caller did not give (`if rngs is None: rngs = nnx.Rngs(0)`).
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Call, Mutation, SameSeeds
from nnx_lsp.tracer.values import Object


@rule(code="NNX109", group=Group.RANDOMNESS, severity=Severity.WARNING, evidence=Shows())
def rngs_in_call(facts: Facts) -> Iterator[Finding]:
    fixed = {each.place for each in facts.of(SameSeeds)}
    for call in facts.calls:
        if call.name != "flax.nnx.Rngs" or call.context is None or call.context.function != "__call__" or not call.arguments:
            continue
        if call.place in fixed and not _stands_in(call) and _is_drawn_from(facts, call):
            message = f"`{ask.text(call.node)}` begins anew at each call, so each draws the same numbers; make it in `__init__`, or take it as an argument"
            yield Finding(call, call.place, message, ask.path(call.context))


def _stands_in(made: Call) -> bool:
    """Whether it takes the place of an argument that may be left out."""
    function = made.context.entered if made.context is not None else None
    if function is None or isinstance(function.definition, program.Lambda):
        return False
    optional = {parameter.name for parameter in function.definition.parameters if parameter.default is not None or parameter.kind == "**"}
    for each in program.walk(function.definition):
        match each:
            case program.If(test=test, body=body, orelse=orelse):
                parts: tuple[program.Node, ...] = (*body, *orelse)
            case program.Conditional(test=test, body=chosen, orelse=other):
                parts = (chosen, other)
            case program.Logical(operator="or", left=test, right=right):
                parts = (right,)
            case _:
                continue
        asks = any(isinstance(name, program.Name) and name.id in optional for name in program.walk(test))
        if asks and any(node is made.node for part in parts for node in program.walk(part)):
            return True
    return False


def _is_drawn_from(facts: Facts, made: Call) -> bool:
    """Whether a key is drawn from an Rngs, and matters."""
    rngs = made.result
    if not isinstance(rngs, Object) or any(each.what == "stream" and _is(each.target, rngs) for each in facts.of(Mutation)):
        return True
    takers = (call for call in facts.calls if call is not made and any(_is(argument.value, rngs) for argument in call.arguments))
    names = {call.name.rpartition(".")[2] if not call.name.endswith(".__call__") else call.name for call in takers if call.name}
    return not names or not names <= _ZEROS


_ZEROS = frozenset(("initialize_carry", "flax.nnx.RNN.__call__", "flax.nnx.Bidirectional.__call__"))
"""They make a carry of the key, which is zeros."""


def _is(value: object, rngs: Object) -> bool:
    return isinstance(value, Object) and ask.root(value) is rngs
