"""A traced value is turned into a Python number.

`bool()`, `int()`, `float()`, `complex()`, `.item()` and `.tolist()` need a value; a traced array has none yet, so they raise ConcretizationTypeError.

```python
@nnx.jit
def f(x):
    return x / float(x.max())     # raises ConcretizationTypeError
```

Keep the array: `x / x.max()`. Convert after the call, outside of the transform. Shapes and static arguments are left alone.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.causes import StaticArguments
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity

_FORMS = {"int": "int()", "float": "float()", "complex": "complex()", "item": ".item()", "tolist": ".tolist()"}


@rule(
    code="NNX402",
    group=Group.TRACING,
    severity=Severity.ERROR,
    evidence=Raises(("ConcretizationTypeError", "TracerIntegerConversionError")),
    rests_on_values=True,
)
def traced_conversion(facts: Facts) -> Iterator[Finding]:
    static = StaticArguments(facts)
    for each in facts.conversions:
        if each.by not in _FORMS or not (ask.is_traced(each.value) or (each.by in ("float", "complex", "tolist") and ask.has_no_array(each.value))):
            continue
        level = ask.traced_level(each.value)
        message = (
            f"`{ask.text(each.node)}` is traced by {ask.by(level)}{ask.source(each.value)}, so `{_FORMS[each.by]}` "
            f"{ask.raises(level, 'ConcretizationTypeError')}; keep the array, or convert outside of the transform"
        )
        yield Finding(each, each.place, message, ask.path(each.context, each.value), severity=ask.severity(level), cause=static.cause(each))
