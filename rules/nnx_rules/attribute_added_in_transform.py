"""A new attribute of an argument is given a traced array inside of a transform.

Flax decides at the first assignment whether an attribute is data, and a tracer does not count as such: it becomes a static attribute, and stays a tracer
after the call. The next jitted call with that Module raises ValueError, and so does the use of the attribute (UnexpectedTracerError).

```python
def __call__(self, x):
    self.h = self.linear(x)                                 # new here: a tracer stays behind
    return self.h

def __call__(self, x):
    self.h = nnx.Intermediate(self.linear(x))               # a Variable may be new
    return self.h[...]
```

Or begin in `__init__` with an array or with `nnx.data(None)`, or return the value. Before Flax 0.12.1 it cost one more compilation. Silent where the
attribute may exist already.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Raises, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer.events import AttributeWrite
from nnx_lsp.tracer.values import Array, Level, Module, outward
from nnx_rules.plain_container import keeps_rules

_LEAKING = ("nnx.jit", "nnx.grad", "nnx.value_and_grad")


@rule(
    code="NNX531",
    group=Group.TRANSFORMS,
    severity=Severity.ERROR,
    evidence=Raises(("ValueError", "UnexpectedTracerError"), later=True),
    flax=">=0.12.8",
    rests_on_values=True,
)
def attribute_added_in_transform(facts: Facts) -> Iterator[Finding]:
    for write in facts.of(AttributeWrite):
        owner, value = write.owner, write.value
        if write.before is not None or write.is_initializer or not isinstance(owner, Module) or not isinstance(value, Array) or value.level is None:
            continue
        if not _is_leaking(write.level) or not ask.is_argument(owner, write.level) or not keeps_rules(owner, write.name):
            continue
        message = f"`{ask.text(write.node)}` is new on an argument of {ask.by(write.level)} and is given a tracer, which stays there: the next call raises"
        message += " ValueError; make it an `nnx.Intermediate`, begin with it in `__init__`, or return it"
        yield Finding(write, write.place, message, ask.path(write.context, value))


def _is_leaking(level: Level | None) -> bool:
    return level is not None and all(each.name in _LEAKING and not each.is_assumed for each in outward(level))
