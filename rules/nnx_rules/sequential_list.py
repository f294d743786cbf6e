"""`nnx.Sequential` is given a list.

It takes its layers as separate arguments. A list is taken for one layer, and the call raises TypeError. From Flax 0.12 on a list that holds Modules raises
ValueError already where the Sequential is made.

```python
nnx.Sequential([a, nnx.relu, b])      # raises ValueError (before Flax 0.12 TypeError where it is called)
nnx.Sequential(a, nnx.relu, b)
```

Silent for `nnx.Sequential(*layers)`.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.values import List, Object


@rule(
    code="NNX710",
    group=Group.MIGRATION,
    severity=Severity.ERROR,
    evidence=Raises(("TypeError", "ValueError"), later=True),
)
def sequential_list(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.name != "flax.nnx.Sequential" or len(call.arguments) != 1 or call.has_star:
            continue
        argument = call.arguments[0]
        if isinstance(argument.value, List) and argument.value.kind == "list" and argument.node.keyword is None:
            place = ask.place_of(call, argument.node.value)
            fix = Fix("Pass the layers separately: *[...]", (Change(place, Where.BEFORE, ("*",)),))
            holds_modules = any(isinstance(each, Object) for each in ask.leaves(argument.value))
            raises = "that raises ValueError" if facts.library.flax_minor >= (0, 12) and holds_modules else "calling it raises TypeError"
            message = f"`nnx.Sequential` takes its layers as separate arguments; a list is taken for one layer, and {raises}; write `*`"
            yield Finding(call, place, message, ask.path(call.context), fix)
