"""A layer is built with a keyword of PyTorch.

`p=`, `bias=`, `in_channels=`, `eps=` and the like have other names in NNX; the constructor raises TypeError.

```python
nnx.Dropout(p=0.1)                            # nnx.Dropout(rate=0.1)
nnx.Linear(2, 3, bias=False, rngs=rngs)       # use_bias=False
```

Silent where the layer takes any keyword.
"""

from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Change, Finding, Fix, Group, Raises, Safety, Where, rule
from nnx_lsp.severity import Severity

_TWINS = {
    "p": "rate",
    "bias": "use_bias",
    "in_channels": "in_features",
    "out_channels": "out_features",
    "eps": "epsilon",
    "stride": "strides",
    "dilation": "kernel_dilation",
    "groups": "feature_group_count",
    "embedding_dim": "features",
    "embed_dim": "in_features",
    "padding_mode": "padding",
    "kernel": "kernel_size",
}
_EQUAL = frozenset(("p", "bias", "in_channels", "out_channels", "eps", "groups", "embedding_dim"))


@rule(code="NNX708", group=Group.MIGRATION, severity=Severity.ERROR, evidence=Raises(("TypeError",)))
def torch_keywords(facts: Facts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.receiver is not None or not call.name.startswith("flax.nnx.") or not isinstance(call.node, program.Call):
            continue
        entry = facts.library.entry(call.name)
        if entry is None or entry.kind != "class" or entry.signature is None:
            continue
        names = {one.name for one in entry.signature.parameters}
        for argument in call.arguments:
            keyword = argument.node.keyword
            twin = _TWINS.get(keyword or "")
            if keyword not in call.unexpected or twin is None or twin not in names:
                continue
            safety = Safety.SAFE if keyword in _EQUAL else Safety.UNSAFE
            fix = Fix(
                f"Rename to {twin}=",
                (Change(argument.place, Where.REPLACE, (f"{twin}=", ask.place_of(call, argument.node.value))),),
                safety,
            )
            message = f"`{ask.text(call.node.function)}` has no `{keyword}=`, so it raises TypeError; it is called `{twin}=` here"
            yield Finding(call, argument.place, message, ask.path(call.context), fix, refuses_call=True)
