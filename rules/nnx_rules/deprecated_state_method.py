"""A method of `nnx.State` that became a function of nnx.

`nnx.State` is to be replaced by plain dicts, which have no such methods. Each call emits a DeprecationWarning, on every supported Flax line, that names a place
inside of Flax: Python does not show it by default. The functions are there on every line, and take dicts too.

```python
flat = state.flat_state()                     # nnx.to_flat_state(state)
pure = state.to_pure_dict()                   # nnx.to_pure_dict(state)
state.replace_by_pure_dict(pure)              # nnx.replace_by_pure_dict(state, pure)
params, rest = state.split(nnx.Param, ...)    # nnx.split_state(state, nnx.Param, ...)
params = state.filter(nnx.Param)              # nnx.filter_state(state, nnx.Param)
state = state.map(f)                          # nnx.map_state(f, state)
state = nnx.State.merge(params, rest)         # nnx.merge_state(params, rest)
state = nnx.State.from_flat_path(flat)        # nnx.from_flat_state(flat)
```

Silent for values that are not known to be a State.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Shows, Where, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import Event, StateMethod

_TWINS = {
    "flat_state": "to_flat_state",
    "to_pure_dict": "to_pure_dict",
    "replace_by_pure_dict": "replace_by_pure_dict",
    "split": "split_state",
    "filter": "filter_state",
    "map": "map_state",
    "merge": "merge_state",
    "from_flat_path": "from_flat_state",
}


@rule(code="NNX896", group=Group.VERSIONS, severity=Severity.INFO, evidence=Shows())
def deprecated_state_method(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(StateMethod):
        node = each.node
        if each.method in _TWINS and isinstance(node, program.Call) and isinstance(node.function, program.Attribute):
            state, more = ask.text(node.function.value), bool(node.arguments)
            given = f"…, {state}" if each.method == "map" else f"{state}, …" if more else state
            yield _found(each, node, node.function, given, _fix(each, node, node.function))
    for call in facts.calls:
        owner, _, method = call.name.rpartition(".")
        if call.receiver is not None or owner != "flax.nnx.State" or method not in _TWINS:
            continue
        if isinstance(call.node, program.Call) and isinstance(call.node.function, program.Attribute):
            yield _found(call, call.node, call.node.function, "…", None)


def _found(event: Event, node: program.Call, function: program.Attribute, given: str, fix: Fix | None) -> Finding:
    message = f"`{ask.text(function)}` is deprecated: `nnx.State` becomes a plain dict; call `nnx.{_TWINS[function.name]}({given})`"
    return Finding(event, ask.place_of(event, node), message, ask.path(event.context), fix)


def _fix(called: StateMethod, node: program.Call, function: program.Attribute) -> Fix | None:
    """The call of the function, with the same arguments."""
    if not called.nnx or function.name in ("merge", "from_flat_path") or any(argument.star or argument.keyword for argument in node.arguments):
        return None
    state = ask.place_of(called, function.value)
    arguments = [ask.place_of(called, argument) for argument in node.arguments]
    given = [*arguments, state] if function.name == "map" else [state, *arguments]
    text = [part for place in given for part in (", ", place)][1:]
    twin = f"{called.nnx}.{_TWINS[function.name]}"
    return Fix(f"Call {twin}", (Change(ask.place_of(called, node), Where.REPLACE, (f"{twin}(", *text, ")")),))
