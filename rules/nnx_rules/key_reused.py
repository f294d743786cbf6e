"""One PRNG key is used for two draws.

A key is no generator. Two calls with the same key, function and size give the same numbers; `normal`, `uniform` and `bernoulli` with one key give numbers that
follow from one another. (`randint` and `choice` split the key first, so that nothing shows there; a key is good for one draw all the same.)

```python
w = jax.random.normal(key, (4, 4))
v = jax.random.normal(key, (4, 4))                          # the same numbers again

key, sub = jax.random.split(key)
w = jax.random.normal(sub, (4, 4))
```

In a loop, a draw with a key from before it gives the same numbers in each pass; that is said where nothing else in the call can differ:

```python
for step in range(100):
    noise = jax.random.normal(key, (4, 4))                  # the same noise in each step
    noise = jax.random.normal(jax.random.fold_in(key, step), (4, 4))
```

In tests it is said of two draws of one distribution and one shape, which give the very same numbers, where the test compares values, trains or computes a
loss. Where it asks for shapes, or goes through several layers with one input, the numbers do not matter. Nor do they in code that measures time (or in a file
or a notebook's cell that does), and where `if __name__ == "__main__":` tries a module out.
At the top of a notebook, where inputs are made to try something out, that too is said of two draws of one
distribution and one shape. A draw that is only printed, is multiplied by 0, or has equal bounds, and one under
`jax.eval_shape`, goes into nothing.
Where a comment or the name of the result says that the numbers are the same, or both draws are printed side by side, that is what is to be shown.
Two arrays that are permuted by one key, or chosen
from, keep their rows together: that is done on purpose.

Of several further draws from one key the first is named.

Silent where the two draws stand in branches that exclude each other, in conditional expressions, for the
draws of functions that get the same key, and for `split` and `fold_in`.
"""

import re
from collections.abc import Iterator

from nnx_lsp import facts as ask
from nnx_lsp import program
from nnx_lsp.facts import Facts
from nnx_lsp.rule import Finding, Group, Intent, Shows, rule
from nnx_lsp.severity import Severity
from nnx_lsp.tracer import asked
from nnx_lsp.tracer.events import KeyReused

_SAME = (
    r"\b(?:same|identical|equal)\b[^\n]{0,40}\b(?:keys?|seeds?|numbers?|values?|noise|bits|random\w*|results?|draws?|samples?|sequences?|outputs?)\b"
    r"|\bre-?us(?:e[ds]?|ing)\b|\bdeterminis|\breproduc|(?:^|_)(?:reus(?:ed?|ing)|same|again|repeat(?:ed)?|duplicate)(?:_|\b)"
)
_MEASURED = (
    r"\A(?![\s\S]*(?:loss|train|optimi[sz]er|\.fit\())"
    r"[\s\S]*(?:\btimeit\b|^#%time\b|\btime\.time\(|\b(?:perf_counter|process_time|monotonic)(?:_ns)?\()"
)
_PRINTED_TOGETHER = (
    r"^[ \t]*(?P<one>\w+)[ \t]*=(?!=)(?![^\n]*\b(?:split|fold_in)\b)[^\n]*(?<!\w){key}(?!\w)[^\n]*$[\s\S]{0,600}?"
    r"^[ \t]*(?!(?P=one)\b)(?P<two>\w+)[ \t]*=(?!=)[^\n]*\0{key}(?!\w)[^\n]*$[\s\S]{0,600}?"
    r"\bprint\((?=[^\n]*(?<!\w)(?P=one)\b(?!\.))[^\n]*(?<!\w)(?P=two)\b(?!\.)"
)
"""Two names get what is drawn from `{key}`, the second one at the place of the finding, and one print shows both."""


@rule(code="NNX108", group=Group.RANDOMNESS, severity=Severity.WARNING, evidence=Shows())
def key_reused(facts: Facts) -> Iterator[Finding]:
    for each in facts.of(KeyReused):
        if _is_harmless(each) or ask.is_abstract(each.context.level if each.context is not None else None):
            continue
        text = ask.text(each.node)
        if each.is_again:
            message = f"`{text}` is the same key in each pass of the loop, so each draw gives the same bits; fold the step into it or split it"
        else:
            message = f"`{text}` was used by `{each.before}` already, and a key is good for one draw; split it first"
        together = _PRINTED_TOGETHER.replace("{key}", re.escape(text)) if not each.is_again else ""
        yield Finding(each, each.place, message, ask.path(each.context), unless=Intent(_SAME, _MEASURED, together))


def _is_harmless(event: KeyReused) -> bool:
    """Whether both draws stand in code that would say the same of other numbers."""
    code = event.code
    is_test = asked.is_test(event.place.path)
    if asked.is_of_times(event.place.path) and (code is None or not asked.trains(code)):
        return True
    if code is None:
        return (is_test and event.is_again) or (not event.is_same and (is_test or event.place.path.endswith(".ipynb")))
    if is_test or asked.is_test_function(code):
        return event.is_again or not event.is_same or not (asked.asks_for_numbers(code) or asked.trains(code))
    is_measured = asked.measures_time(code)
    if (asked.trains(code) and not asked.is_benchmark(code)) or not (is_measured or isinstance(code, program.If)):
        return False
    return is_measured if event.is_again else not (event.is_same and asked.asks_for_numbers(code))
