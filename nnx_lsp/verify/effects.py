"""Generated programs whose mistake raises nothing: the last line asserts that the harm did not happen, so that JAX is the judge of it all the same.

An effect is one of: what a step changes is there afterwards, weights are trained, draws differ, a Variable is still state, a function is traced once.
"""

from __future__ import annotations

import random
from collections.abc import Callable

Lines = list[str]


class Effects:
    """Makes the text of one program; `tags` says what it was made of."""

    def __init__(self, choose: random.Random) -> None:
        self.random = choose
        self.tags: list[str] = []

    def pick(self, *choices: str) -> str:
        """One of the choices, noted as a tag."""
        found = self.random.choice(choices)
        self.tags.append(found.split("\n")[0])
        return found

    def made(self) -> str:
        """The text of a program."""
        kinds: dict[str, Callable[[], Lines]] = {
            "state": self.state,
            "training": self.training,
            "draws": self.draws,
            "rebinding": self.rebinding,
            "compilations": self.compilations,
        }
        lines = kinds[self.pick(*kinds)]()
        body = "\n".join(lines)
        head = [line for name, line in _HEAD.items() if f"{name}." in body]
        return "\n".join([*head, "", "", *lines, ""])

    # What a step changes -------------------------------------------------------------------------------------------

    def state(self) -> Lines:
        """State of an argument changes under a transform, or not, and is given back, or not."""
        change = self.pick("model.w[...] = model.w[...] * 2", "model.tick()", "model.norm(x)", "grow(model)", "model.count[...] += 1", "x = x + 1")
        back = self.pick("loss", "model", "state", "nothing", "both")
        result = {"loss": "x.sum()", "model": "model", "state": "nnx.state(model)", "nothing": "None", "both": "(model, x.sum())"}[back]
        transform = self.pick("", "nnx.jit", "jax.jit", "nnx.remat", "jax.checkpoint", "nnx.jit-", "jax.jit-")
        form = self.pick("decorator", "assigned", "partial", "at once") if transform else "plain"
        rebinds = self.pick("rebinds", "drops") if back in ("model", "state", "both") else "drops"
        body = ["def step(model, x):", f"    {change}", f"    return {result}"]
        name, lines = transform.rstrip("-"), list(body)
        called = "step"
        if form == "decorator":
            lines = [f"@{name}", *body]
        elif form == "assigned":
            lines += ["", "", f"run = {name}(step)"]
            called = "run"
        elif form == "partial":
            lines = [f"@functools.partial({name})", *body]
        elif form == "at once":
            called = f"{name}(step)"
        if transform.endswith("-"):  # A function of one's own between the caller and the transform.
            lines += ["", "", "def outer(model, x):", f"    return {called}(model, x)"]
            called = "outer"
        call = f"{called}(model, jnp.ones((2, 3)))"
        kept = {"model": "model = ", "both": "model, _ = "}.get(back, "") if rebinds == "rebinds" else ""
        use = f"nnx.update(model, {call})" if back == "state" and rebinds == "rebinds" else f"{kept}{call}"
        is_change = change != "x = x + 1"
        check = "assert nnx_state_differs(before, model)" if is_change else "assert True"
        return [
            *_NET, "", "", "def grow(model):", "    model.w[...] = model.w[...] + 1", "", "", *_DIFFERS, "", "", *lines, "", "",
            "model = Net(nnx.Rngs(0))",
            "before = [jnp.array(leaf) for leaf in jax.tree.leaves(nnx.state(model, (nnx.Param, nnx.BatchStat, Count)))]",
            use, check,
        ]  # fmt: skip

    # Weights -------------------------------------------------------------------------------------------------------

    def training(self) -> Lines:
        """A weight is trained, or is not."""
        drawn = self.pick("jax.random.normal(rngs.params(), (3,))", "jax.random.uniform(rngs.params(), (3,))", "nnx.initializers.normal()(rngs.params(), (3,))")
        kind = self.pick("nnx.Param({v})", "{v}", "nnx.Param({v} * 0.1)", "{v} * 0.1", "nnx.Variable({v})", "nnx.Param(jnp.ones(3))")
        way = self.pick("here", "helper", "local")
        value = kind.format(v=drawn)
        init = [f"        self.w = {value}"]
        helpers: Lines = []
        if way == "helper":
            helpers = ["def weight(rngs):", f"    return {value}", "", ""]
            init = ["        self.w = weight(rngs)"]
        elif way == "local":
            init = [f"        w = {value}", "        self.w = w"]
        step = self.pick("@nnx.jit", "")
        return [
            *helpers, "class Net(nnx.Module):", "    def __init__(self, rngs):", *init, "        self.bias = nnx.Param(jnp.zeros(3))", "",
            "    def __call__(self, x):", "        return (x * self.w[...] + self.bias[...]).sum()", "", "",
            *([step] if step else []), "def step(model, x):", "    grads = nnx.grad(lambda model: model(x) ** 2)(model)",
            "    params = nnx.state(model, nnx.Param)",
            "    nnx.update(model, jax.tree.map(lambda p, g: p - 0.1 * g, params, grads))", "", "",
            "model = Net(nnx.Rngs(0))", "before = jnp.array(model.w[...])", "step(model, jnp.ones(3))", "assert not bool((before == model.w[...]).all())",
        ]  # fmt: skip

    # Draws ---------------------------------------------------------------------------------------------------------

    def draws(self) -> Lines:
        """Two draws are equal, or are not."""
        draw = self.pick("jax.random.normal({k}, (4,))", "jax.random.uniform({k}, (4,))")
        source = self.pick("key", "split", "fold", "rngs", "anew", "streams", "one stream", "call", "reassigned")
        one, two = draw.format(k="first"), draw.format(k="second")
        lines: Lines = []
        match source:
            case "key":
                lines = ["key = jax.random.key(0)", f"a = {draw.format(k='key')}", f"b = {draw.format(k='key')}"]
            case "split":
                lines = ["first, second = jax.random.split(jax.random.key(0))", f"a = {one}", f"b = {two}"]
            case "fold":
                numbers = self.pick("1, 2", "1, 1")
                low, high = numbers.split(", ")
                lines = [
                    "key = jax.random.key(0)",
                    f"first, second = jax.random.fold_in(key, {low}), jax.random.fold_in(key, {high})",
                    f"a = {one}",
                    f"b = {two}",
                ]
            case "rngs":
                lines = ["rngs = nnx.Rngs(0)", f"a = {draw.format(k='rngs.params()')}", f"b = {draw.format(k='rngs.params()')}"]
            case "anew":
                lines = [f"a = {draw.format(k='nnx.Rngs(0).params()')}", f"b = {draw.format(k='nnx.Rngs(1).params()')}"]
            case "streams":
                seeds = self.pick("params=0, dropout=0", "params=0, dropout=1")
                lines = [f"rngs = nnx.Rngs({seeds})", f"a = {draw.format(k='rngs.params()')}", f"b = {draw.format(k='rngs.dropout()')}"]
            case "one stream":
                lines = ["rngs = nnx.Rngs(params=3)", "first = rngs.params()", f"a = {one}", f"b = {draw.format(k=self.pick('first', 'rngs.params()'))}"]
            case "call":
                inside = self.pick("nnx.Rngs(0)", "self.rngs")
                lines = ["class Noise(nnx.Module):", "    def __init__(self, rngs):", "        self.rngs = rngs", "", "    def __call__(self, x):",
                         f"        rngs = {inside}", f"        return x + {draw.format(k='rngs.params()')}", "", "",
                         "noise = Noise(nnx.Rngs(0))", "a = noise(jnp.zeros(4))", "b = noise(jnp.zeros(4))"]  # fmt: skip
            case _:
                lines = ["key = jax.random.key(0)", "key, sub = jax.random.split(key)", f"a = {draw.format(k='sub')}"]
                lines += [*(["key, sub = jax.random.split(key)"] if self.pick("again", "not again") == "again" else []), f"b = {draw.format(k='sub')}"]
        if source not in ("call",) and self.pick("top", "function") == "function":
            lines = ["def run():", *(f"    {line}" for line in lines), "    return a, b", "", "", "a, b = run()"]
        return [*lines, "assert not bool((a == b).all())"]

    # Rebinding -----------------------------------------------------------------------------------------------------

    def rebinding(self) -> Lines:
        """An attribute that holds a Variable is written, in ways that keep it and in ways that do not."""
        write = self.pick(
            "model.w = model.w[...] * 2", "model.w[...] = model.w[...] * 2", "model.w = nnx.Param(model.w[...] * 2)", "model.w = jnp.zeros(3)",
            "model.w[...] = jnp.zeros(3)", "model.w[0] = 1.0", "nnx.update(model, nnx.state(model))", "model.w = model.w * 2",
        )  # fmt: skip
        where = self.pick("top", "helper", "method")
        extra: Lines = []
        use = write
        if where == "helper":
            extra, use = ["def change(model):", f"    {write}", "", ""], "change(model)"
        net = list(_NET)
        if where == "method":
            net += ["", "    def change(self):", f"        {write.replace('model', 'self')}"]
            use = "model.change()"
        return [*net, "", "", *extra, "model = Net(nnx.Rngs(0))", use, 'assert "w" in nnx.state(model, nnx.Param)']

    # Compilations --------------------------------------------------------------------------------------------------

    def compilations(self) -> Lines:
        """A function is traced once for three calls, or more often."""
        how = self.pick("static", "array", "number", "in loop", "attribute", "variable", "before loop")
        count = ["TRACES = []", "", ""]
        body = ["def work(x, n):", "    TRACES.append(1)", "    return x * n"]
        match how:
            case "static":
                lines = ['@functools.partial(jax.jit, static_argnames=("n",))', *body, "", "", "for n in range(3):", "    work(jnp.ones(3), n)"]
            case "array":
                lines = ["@jax.jit", *body, "", "", "for n in range(3):", "    work(jnp.ones(3), jnp.array(n))"]
            case "number":
                lines = ["@nnx.jit", *body, "", "", "for n in range(3):", "    work(jnp.ones(3), n)"]
            case "in loop":
                wrapped = self.pick("jax.jit(lambda x: work(x, 2))(jnp.ones(3))", "nnx.jit(lambda x: work(x, 2))(jnp.ones(3))")
                lines = [*body, "", "", "for _ in range(3):", f"    {wrapped}"]
            case "before loop":
                lines = [*body, "", "", "run = jax.jit(lambda x: work(x, 2))", "for _ in range(3):", "    run(jnp.ones(3))"]
            case _:
                field, change = ("self.calls = 0", "model.calls += 1") if how == "attribute" else ("self.calls = Calls(jnp.array(0))", "model.calls[...] += 1")
                lines = ["class Calls(nnx.Variable):", "    pass", "", "", "class Net(nnx.Module):", "    def __init__(self):", f"        {field}", "", "",
                         "@nnx.jit", "def work(model, x):", "    TRACES.append(1)", f"    {change}", "    return x * 2", "", "",
                         "model = Net()", "for _ in range(3):", "    work(model, jnp.ones(3))"]  # fmt: skip
        return [*count, *lines, "assert len(TRACES) == 1"]


_HEAD = {
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "functools": "import functools",
    "nnx": "from flax import nnx",
}
_NET = (
    "class Count(nnx.Variable):", "    pass", "", "", "class Net(nnx.Module):", "    def __init__(self, rngs):", "        self.w = nnx.Param(jnp.ones(3))",
    "        self.count = Count(jnp.array(0.0))", "        self.norm = nnx.BatchNorm(3, rngs=rngs)", "", "    def tick(self):",
    "        self.count[...] = self.count[...] + 1",
)  # fmt: skip
_DIFFERS = (
    "def nnx_state_differs(before, model):",
    "    after = jax.tree.leaves(nnx.state(model, (nnx.Param, nnx.BatchStat, Count)))",
    "    return any(not bool((one == two).all()) for one, two in zip(before, after))",
)


def text(choose: random.Random) -> tuple[str, tuple[str, ...]]:
    """The text of a program, and what it was made of."""
    maker = Effects(choose)
    return maker.made(), tuple(maker.tags)
