"""Small NNX programs that nobody wrote: the same seed gives the same program, on every machine.

A program is made of a *place* (a transform, written in one of the ways that people write it), a *value* (an argument, a Variable, a static field, a
shape, a default, …), a *way* from the one to the other (helpers, methods, closures, containers, other files) and a *probe*: the one statement that
may raise. Which of them do is for JAX to say.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import msgspec

from nnx_lsp.verify import effects


class Program(msgspec.Struct, frozen=True):
    """A generated program: its files (`main.py` first, which is run), and what it was made of."""

    seed: int
    files: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]


class _Value(msgspec.Struct, frozen=True):
    """An expression with the kind of Python object that it is, whatever its level: `array` (three numbers), `scalar`, `index` (an integer below three),
    `flag`, or `text`."""

    text: str
    kind: str


def program(seed: int) -> Program:
    """The program of a seed."""
    return _Maker(seed).made()


_HEAD = {
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "np": "import numpy as np",
    "math": "import math",
    "functools": "import functools",
    "dataclasses": "import dataclasses",
    "nnx": "from flax import nnx",
}


class _File:
    """A file under construction: imports are written as its text uses them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.imports: list[str] = []
        self.blocks: list[str] = []

    def add(self, *lines: str) -> None:
        self.blocks.append("\n".join(lines))

    def needs(self, line: str) -> None:
        if line not in self.imports:
            self.imports.append(line)

    def text(self) -> str:
        body = "\n\n\n".join(self.blocks)
        head = [line for name, line in _HEAD.items() if re.search(rf"(?<![\w.]){name}\.", body)]
        return "\n".join([*head, *self.imports]) + "\n\n\n" + body + "\n"


class _Maker:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(f"nnx-lint {seed}")
        self.main = _File("main")
        self.files: dict[str, _File] = {"main": self.main}
        self.tags: list[str] = []
        self.count = 0
        self.last = ""
        """The call at the end."""

    # Choices -------------------------------------------------------------------------------------------------------

    def pick(self, choices: tuple[str, ...]) -> str:
        return self.random.choice(choices)

    def chance(self, part: float) -> bool:
        return self.random.random() < part

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def tag(self, *tags: str) -> None:
        self.tags += tags

    def made(self) -> Program:
        kind = self.random.choices(("tracing", "levels", "randomness", "attributes", "effects"), (60, 10, 8, 7, 15))[0]
        self.tag(kind)
        if kind == "effects":
            text, tags = effects.text(self.random)
            return Program(self.seed, (("main.py", text),), (kind, *tags))
        {"tracing": self.tracing, "levels": self.levels, "randomness": self.randomness, "attributes": self.attributes}[kind]()
        if self.last:
            self.main.add(self.last)
        order = [self.main, *(file for name, file in self.files.items() if name != "main")]
        return Program(self.seed, tuple((f"{file.name}.py", file.text()) for file in order if file.blocks), tuple(self.tags))

    def elsewhere(self, name: str, user: _File) -> _File:
        """The file of a definition: the user's own, or one that it imports the definition from, in one of the ways to import."""
        if self.chance(0.55):
            return user
        where = self.pick(("helpers", "tools"))
        if where == user.name:
            return user
        file = self.files.setdefault(where, _File(where))
        user.needs(f"from {where} import {name}")
        return file

    def define(self, user: _File, name: str, *lines: str) -> str:
        """Define something in some file, and give the expression that names it in the user's."""
        file = self.elsewhere(name, user)
        if file is user:
            user.add(*lines)
            return name
        self.tag("other file")
        file.add(*lines)
        if self.chance(0.3):
            user.imports.remove(f"from {file.name} import {name}")
            user.needs(f"import {file.name}")
            return f"{file.name}.{name}"
        return name

    # The model -----------------------------------------------------------------------------------------------------

    def model(self) -> str:
        """Define a class of Modules with what it inherits; its name in the main file."""
        fields = ["self.layer = nnx.Linear(3, 3, rngs=rngs)", "self.scale = nnx.Param(jnp.array(2.0))", "self.count = nnx.Variable(jnp.array(1))"]
        fields += ["self.stat = nnx.BatchStat(jnp.array(0.5))", "self.size = 2", "self.deep = True", 'self.name = "net"', "self.rate = 0.5"]
        fields += ["self.drop = nnx.Dropout(0.5, rngs=rngs)", "self.norm = nnx.BatchNorm(3, rngs=rngs)"]
        fields += ['self.table = {"a": 1, "b": 2}', "self.pair = (1, 2)"]
        self.random.shuffle(fields)
        methods = {
            "__call__": ["def __call__(self, x):", "    return self.layer(x) * self.scale[...]"],
            "scaled": ["def scaled(self, v):", "    return v * 2"],
            "width": ["def width(self):", "    return self.size"],
            "tick": ["def tick(self):", "    self.count[...] = self.count[...] + 1"],
        }
        name = "Net"
        if self.chance(0.4):
            self.tag("inherited")
            split = self.random.randrange(1, len(fields))
            below, own = fields[:split], fields[split:]
            kept = {key: methods.pop(key) for key in ("scaled", "tick", "width") if self.chance(0.6)}
            base_file = self.files.setdefault("base", _File("base")) if self.chance(0.5) else None
            base = ["class Base(nnx.Module):", "    def __init__(self, rngs):", *(f"        {field}" for field in below)]
            for method in kept.values():
                base += ["", *(f"    {line}" for line in method)]
            model_file = self.files.setdefault("model", _File("model")) if self.chance(0.5) else self.main
            if base_file is not None:
                base_file.add(*base)
                model_file.needs("from base import Base")
            else:
                model_file.add(*base)
            cls = ["class Net(Base):", "    def __init__(self, rngs):", "        super().__init__(rngs)", *(f"        {field}" for field in own)]
        else:
            model_file = self.files.setdefault("model", _File("model")) if self.chance(0.3) else self.main
            cls = ["class Net(nnx.Module):", "    def __init__(self, rngs):", *(f"        {field}" for field in fields)]
        self.model_methods: list[str] = []
        for method in methods.values():
            cls += ["", *(f"    {line}" for line in method)]
        self.model_file, self.model_lines = model_file, cls
        if model_file is not self.main:
            self.main.needs(f"from model import {name}")
        return name

    def finish_model(self) -> None:
        """Write the class with the methods that the probe added."""
        self.model_file.add(*self.model_lines, *self.model_methods)

    # Tracing -------------------------------------------------------------------------------------------------------

    def tracing(self) -> None:
        """A value is branched on, converted, or used as a shape, somewhere under a transform or not."""
        has_model = self.chance(0.5)
        if has_model:
            self.model()
        place = self.pick(tuple(_PLACES))
        self.tag(place)
        extras, call_extras, options = self.extras(place)
        lines: list[str] = []
        values = self.values(has_model, extras, lines)
        value = self.random.choice(values)
        value = self.way(value, lines, has_model)
        lines += self.probe(value, self.main, has_model)
        parameters = [*(["model"] if has_model else []), "x", *(text for text, _ in extras)]
        body = [f"def work({', '.join(parameters)}):", *(f"    {line}" for line in lines), "    return x * 1.0"]
        _PLACES[place](self, has_model, body, call_extras, options)
        if has_model:
            self.finish_model()

    def extras(self, place: str) -> tuple[list[tuple[str, _Value]], list[str], dict[str, str]]:
        """More parameters of the function: their text and value, how the call gives them, and options of the transform."""
        if place not in _TAKES_EXTRAS:
            return [], [], {}
        extras: list[tuple[str, _Value]] = []
        given: list[str] = []
        options: dict[str, str] = {}
        static: list[str] = []
        for name, text, kind, passed in (
            ("n", "n", "index", "2"),
            ("flag", "flag=False", "flag", "flag=True"),
            ("mode", 'mode="train"', "text", 'mode="eval"'),
            ("scale", "scale=None", "none", "scale=2.0"),
            ("rate", "rate: float = 0.5", "scalar", "rate=0.25"),
        ):
            if not self.chance(0.3):
                continue
            extras.append((text, _Value(name, kind)))
            is_passed = name == "n" or (name != "mode" and self.chance(0.5))
            can_be_static = place in ("nnx.jit", "jax.jit")
            if can_be_static and self.chance(0.35):
                static.append(name)
                is_passed = True
            if name == "mode" and is_passed and name not in static and place != "eager":
                is_passed = False
            if is_passed:
                given.append(f"n={passed}" if name == "n" and self.chance(0.3) and name in static else passed)
        positional = [each for each in given if "=" not in each]
        given = [*positional, *(each for each in given if "=" in each)]
        if static:
            options["static_argnames"] = f'("{static[0]}",)' if len(static) == 1 else "(" + ", ".join(f'"{name}"' for name in static) + ")"
            self.tag("static")
        return extras, given, options

    def values(self, has_model: bool, extras: list[tuple[str, _Value]], lines: list[str]) -> list[_Value]:
        """What a body may look at."""
        scalar, index, flag = "scalar", "index", "flag"
        found = [
            _Value("x.sum()", scalar),
            _Value("x[0]", scalar),
            _Value("jnp.max(x)", scalar),
            _Value("jnp.mean(x * 2)", scalar),
            _Value("jnp.argmax(x)", index),
            _Value("x.astype(int)[0]", index),
            _Value("x.shape[0] - 1", index),
            _Value("len(x) - 1", index),
            _Value("x.ndim", index),
            _Value("jnp.array(1.0)", scalar),
            _Value("jnp.ones(3).sum()", scalar),
            _Value("np.float32(2.0)", scalar),
            _Value("np.arange(3).max()", index),
            _Value("1.5", scalar),
            _Value("x", "array"),
            _Value("jnp.ones(3)", "array"),
            _Value("np.ones(3)", "array"),
            _Value("x > 0", "array"),
            _Value("x is None", flag),
            _Value("isinstance(x, jax.Array)", flag),
            _Value("x.dtype == jnp.float32", flag),
            _Value("jnp.issubdtype(x.dtype, jnp.floating)", flag),
            _Value("x.size > 2", flag),
        ]
        if has_model:
            found += [
                _Value("model.scale[...]", scalar),
                _Value("model.count[...]", index),
                _Value("model.stat[...]", scalar),
                _Value("model.size", index),
                _Value("model.deep", flag),
                _Value("model.name", "text"),
                _Value("model.rate", scalar),
                _Value("model.width()", index),
                _Value("model.layer.in_features - 1", index),
                _Value("model.layer.kernel[0, 0]", scalar),
                _Value("model(x).sum()", scalar),
                _Value('model.table["a"]', index),
                _Value("model.pair[1]", index),
                _Value('"a" in model.table', flag),
                _Value("model.layer.bias is None", flag),
                _Value("model.norm.mean[...]", "array"),
            ]
        if self.chance(0.3):
            file = self.elsewhere("CONFIG", self.main)
            file.add("@dataclasses.dataclass(frozen=True)", "class Config:", "    depth: int = 2", "    deep: bool = True", "", "", "CONFIG = Config()")
            found += [_Value("CONFIG.depth", index), _Value("CONFIG.deep", flag)]
        if self.chance(0.2):
            self.main.add("LIMIT = 2", f"START = {self.pick(('jnp.array(1.0)', 'np.ones(3).sum()', '3.0'))}")
            found += [_Value("LIMIT", index), _Value("START", scalar)]
        for _, value in extras:
            found += [value] * 6
        return found

    def way(self, value: _Value, lines: list[str], has_model: bool) -> _Value:
        """Let the value take a few steps."""
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 3))):
            if value.kind in ("text", "none"):
                break
            step = self.pick(("name", "helper", "pair", "dict", "list", "lambda", "partial", "accumulate", "branch", "method", "closure", "compare", "default"))
            self.tag(f"via {step}")
            name = self.fresh("v")
            match step:
                case "name":
                    lines.append(f"{name} = {value.text}")
                case "helper":
                    helper = self.fresh("helper")
                    keeps = self.pick(("v", "v if v is not None else 0", "(v, 1)[0]"))
                    helper = self.define(self.main, helper, f"def {helper}(v):", f"    return {keeps}")
                    lines.append(f"{name} = {helper}({value.text})")
                case "pair":
                    lines.append(f"{name}, other = {value.text}, 1")
                case "dict":
                    lines += [f'd = {{"value": {value.text}, "other": 0}}', f'{name} = d["value"]']
                case "list":
                    lines += [f"items = [{value.text}]", f"{name} = items[0]"]
                case "lambda":
                    lines.append(f"{name} = (lambda v: v)({value.text})")
                case "partial":
                    helper = self.fresh("first")
                    helper = self.define(self.main, helper, f"def {helper}(k, v):", "    return v")
                    lines.append(f"{name} = functools.partial({helper}, 1)({value.text})")
                case "accumulate":
                    if value.kind != "scalar":
                        lines.append(f"{name} = {value.text}")
                    else:
                        lines += [f"{name} = 0.0", "for _ in range(2):", f"    {name} = {name} + {value.text}"]
                case "branch":
                    lines += ["if x.ndim == 1:", f"    {name} = {value.text}", "else:", f"    {name} = {value.text}"]
                case "method":
                    if has_model and value.kind == "scalar":
                        lines.append(f"{name} = model.scaled({value.text})")
                    else:
                        lines.append(f"{name} = {value.text}")
                case "closure":
                    inner = self.fresh("inner")
                    lines += [f"{name}0 = {value.text}", f"def {inner}():", f"    return {name}0", f"{name} = {inner}()"]
                case "compare":
                    if value.kind not in ("scalar", "index"):
                        lines.append(f"{name} = {value.text}")
                    else:
                        lines.append(f"{name} = {value.text} > 0")
                        value = _Value(name, "flag")
                        continue
                case _:
                    helper = self.fresh("given")
                    helper = self.define(self.main, helper, f"def {helper}(v, check=False):", "    if check:", "        assert v is not None", "    return v")
                    lines.append(f"{name} = {helper}({value.text})")
            value = _Value(name, value.kind)
        return value

    def probe(self, value: _Value, user: _File, has_model: bool) -> list[str]:
        """The one statement that may raise, here or in a helper or method."""
        forms = _PROBES[value.kind]
        form = self.random.choice(forms)
        self.tag(form.split("\n")[0])
        where = self.pick(("here", "here", "helper", "method", "nested"))
        inner = form.format(v="v" if where in ("helper", "method", "nested") else _whole(value.text)).split("\n")
        uses = "x" if any("x" in _names(line) for line in inner) else ""
        if where == "method" and has_model:
            name = self.fresh("check")
            self.model_methods += ["", f"    def {name}(self, v{', x' if uses else ''}):", *(f"        {line}" for line in inner), "        return v"]
            return [f"model.{name}({value.text}{', x' if uses else ''})"]
        if where in ("helper", "method"):
            name = self.fresh("check")
            named = self.define(user, name, f"def {name}(v{', x' if uses else ''}):", *(f"    {line}" for line in inner), "    return v")
            return [f"{named}({value.text}{', x' if uses else ''})"]
        if where == "nested":
            name = self.fresh("check")
            return [f"def {name}(v):", *(f"    {line}" for line in inner), f"{name}({value.text})"]
        return inner

    # Levels --------------------------------------------------------------------------------------------------------

    def levels(self) -> None:
        """State of an argument or of what is captured changes under a transform."""
        self.model()
        place = self.pick(tuple(_LEVEL_PLACES))
        change = self.pick(
            (
                "model.tick()",
                "model.count[...] = model.count[...] + 1",
                "model.stat[...] = x.sum()",
                "RNGS.params()",
                "y = model.drop(x)",
                "y = model.norm(x[None])",
            )
        )
        if self.chance(0.25):
            change = self.pick(("y = model(x)", "y = model.scale[...] * 2", "model.size", "y = model.count[...] + 1"))
        is_captured = self.chance(0.5)
        self.tag(place, change, "captured" if is_captured else "argument")
        if change.startswith("RNGS"):
            self.main.add("RNGS = nnx.Rngs(0)")
        lines = [change]
        if self.chance(0.4) and "RNGS" not in change:
            name = self.fresh("update")
            self.main.add(f"def {name}(model, x):", f"    {change}", "    return x")
            lines = [f"{name}(model, x)"]
        _LEVEL_PLACES[place](self, is_captured, lines)
        self.finish_model()

    # Randomness ----------------------------------------------------------------------------------------------------

    def randomness(self) -> None:
        """Keys, streams and seeds where one or the other is expected."""
        source = self.pick(
            ("nnx.Rngs(0)", "nnx.Rngs(params=0)", "nnx.Rngs(0, noise=1)", "nnx.Rngs(noise=1, dropout=2)", "jax.random.key(0)", "jax.random.PRNGKey(1)")
        )
        is_key = "random." in source
        values = ("source",) if is_key else ("source", "source.params", "source.params()", "source.noise()", "source()", "source.dropout()")
        value = self.pick(values)
        use = self.pick(
            (
                "jax.random.normal({v}, (2,))",
                "jax.random.uniform({v})",
                "jax.random.split({v})",
                "jax.random.fold_in({v}, 1)",
                "nnx.Linear(2, 2, rngs={v})",
                "nnx.Dropout(0.5, rngs={v})(jnp.ones(2))",
                "nnx.Dropout(0.5)(jnp.ones(2), rngs={v})",
                "nnx.BatchNorm(2, rngs={v})",
                "nnx.Rngs({v})",
                "nnx.Embed(3, 2, rngs={v})",
                "jax.random.bernoulli({v}, 0.5)",
            )
        )
        self.tag(source, value, use)
        if self.chance(0.5):
            name = self.fresh("draw")
            named = self.define(self.main, name, f"def {name}(v):", f"    return {use.format(v='v')}")
            self.main.add("def run(source):", f"    return {named}({value})")
        elif self.chance(0.4):
            drawn = use.format(v=value)
            self.main.add(
                "class Holder(nnx.Module):", "    def __init__(self, source):",
                f"        self.made = nnx.Param({drawn})" if "random" in use else f"        self.made = {drawn}", "", "",
                "def run(source):", "    return Holder(source)",
            )  # fmt: skip
        else:
            self.main.add("def run(source):", f"    return {use.format(v=value)}")
        self.main.add(f"run({source})")

    # Attributes ----------------------------------------------------------------------------------------------------

    def attributes(self) -> None:
        """Attributes that are there, and that are not."""
        self.model()
        name = self.pick(("layer", "size", "scale", "tick", "absent", "weights", "later", "shape"))
        self.tag(name)
        if name == "later":
            self.model_methods += ["", "    def prepare(self):", "        self.later = 1"]
        where = self.pick(("here", "helper", "jit"))
        if where == "here":
            self.main.add("model = Net(nnx.Rngs(0))", *(["model.prepare()"] if name == "later" and self.chance(0.5) else []), f"model.{name}")
        elif where == "helper":
            self.main.add("def look(model):", f"    return model.{name}")
            self.main.add("look(Net(nnx.Rngs(0)))")
        else:
            self.main.add("@nnx.jit", "def look(model, x):", f"    model.{name}", "    return x")
            self.main.add("look(Net(nnx.Rngs(0)), jnp.ones(3))")
        self.finish_model_first()

    def finish_model_first(self) -> None:
        """Write the class before what uses it at the top level."""
        if self.model_file is self.main:
            index = next((i for i, block in enumerate(self.main.blocks) if "class Base" in block), -1) + 1
            self.main.blocks.insert(index, "\n".join([*self.model_lines, *self.model_methods]))
        else:
            self.finish_model()


def _names(line: str) -> set[str]:
    return set("".join(letter if letter.isalnum() or letter == "_" else " " for letter in line).split())


_BRANCHES = (
    "if {v} > 0:\n    pass",
    "while {v} > 100:\n    break",
    "w = 1 if {v} > 0 else 2",
    "assert {v} > -100",
    "w = {v} > 0 and 1",
    "w = {v} > 0 or 1",
    "w = not {v}",
    "w = 0 < {v} < 5",
    "w = -1 < {v} <= 1 <= 2",
    "w = {v} in (1, 2)",
    "w = [k for k in (1, 2) if {v} > k]",
    "w = any([{v} > 0])",
    "w = all(k < {v} for k in (1, 2))",
    "w = max({v}, 1)",
    "w = min(1, {v})",
    "w = sorted([{v}, 1])",
    "w = bool({v})",
    "if not {v} > 0:\n    pass",
    "if {v}:\n    pass",
    "match {v}:\n    case 1:\n        pass\n    case _:\n        pass",
)
_NUMBERS = (
    "w = float({v})",
    "w = int({v})",
    "w = complex({v})",
    'w = f"{{{v}:.2f}}"',
    'w = f"{{{v}}}"',
    "w = np.sqrt({v})",
    "w = math.floor({v})",
    "w = np.asarray({v})",
    "w = jnp.sqrt({v})",
    "w = round({v}, 1)",
    "w = jnp.where({v} > 0, 1.0, 2.0)",
    "w = abs({v})",
    "w = jnp.full((2,), {v})",
    "w = str({v})",
    "w = {v} is None",
    "w = jax.lax.select(jnp.asarray({v}) > 0, 1.0, 2.0)",
)
_INDICES = (
    "w = [1.0, 2.0, 3.0][{v}]",
    "w = (1.0, 2.0, 3.0)[{v}]",
    "w = list(range({v}))",
    "for k in range({v}):\n    pass",
    "w = jnp.zeros({v})",
    "w = jnp.arange({v})",
    "w = jnp.ones((2, {v}))",
    "w = [1, 2, 3][:{v}]",
    "w = jnp.ones(5)[{v}]",
    "w = jnp.ones(5)[:{v}]",
    "w = jnp.eye({v})",
    "w = jnp.broadcast_to(x[0], ({v}, 1))",
    "w = jnp.linspace(0.0, 1.0, {v})",
    "w = [0] * {v}",
    "w = jnp.take(x, {v})",
    "w = jax.nn.one_hot({v}, 3)",
)
_ARRAYS = (
    "if jnp.any({v} > 0):\n    pass",
    "if ({v} > 0).all():\n    pass",
    "w = x[{v} > 0]",
    "w = np.asarray({v})",
    "w = np.sum({v})",
    "for k in {v}:\n    pass",
    "w = jnp.nonzero({v})",
    "w = jnp.where({v} > 0)",
    "w = jnp.where({v} > 0, x, 0.0)",
    "w = x.at[{v} > 0].set(0.0)",
    "w = jnp.unique({v})",
    "w = {v}.tolist()",
    "w = len({v})",
    "w = jnp.nonzero({v}, size=3)",
    "w = jnp.zeros({v}.shape)",
    "w = {v}[0].item()",
    "a, b, c = {v}",
    "w = jnp.sort({v})",
    "if {v}.shape[0] > 2:\n    pass",
    "w = list({v})",
    "w = sum({v})",
    "w = max({v})",
    "w = jnp.argwhere({v} > 0)",
    "w = jnp.repeat(x, 2)[jnp.argsort(jnp.repeat({v}, 2))]",
)
_PROBES: dict[str, tuple[str, ...]] = {
    "scalar": (*_BRANCHES, *_NUMBERS),
    "index": (*_BRANCHES, *_NUMBERS, *_INDICES),
    "flag": (
        "if {v}:\n    pass",
        "w = not {v}",
        "w = 1 if {v} else 2",
        "w = {v} and 1",
        "assert {v} or True",
        "w = bool({v})",
        "w = [1, 2][{v}]",
        "w = int({v})",
        "w = jnp.where({v}, 1.0, 2.0)",
        "while {v}:\n    break",
        "w = {v} is True",
        "if not {v}:\n    pass",
        "w = {v} == True",
    ),
    "text": ('if {v} == "train":\n    pass', 'w = {v} in ("train", "net")', "w = len({v})", "if {v}:\n    pass", 'w = f"{{{v}:>8}}"'),
    "none": ("if {v} is None:\n    pass", "w = 1 if {v} is not None else 2", "if {v} is not None and {v} > 1:\n    pass", "w = {v} or 1", "if {v}:\n    pass"),
    "array": _ARRAYS,
}


# Places ------------------------------------------------------------------------------------------------------------


def _call(has_model: bool, x: str, given: list[str], model: str = "Net(nnx.Rngs(0))") -> str:
    return ", ".join([*([model] if has_model else []), x, *given])


_X = "jnp.array([1.0, -2.0, 3.0])"


def _eager(maker: _Maker, has_model: bool, body: list[str], given: list[str], options: dict[str, str]) -> None:
    del options
    maker.main.add(*body)
    maker.last = f"work({_call(has_model, _X, given)})"


def _wrapping(transform: str) -> Callable[[_Maker, bool, list[str], list[str], dict[str, str]], None]:
    """A place under a transform that gives a function: in each of the ways to apply it."""

    def place(maker: _Maker, has_model: bool, body: list[str], given: list[str], options: dict[str, str]) -> None:
        text = ", ".join(f"{key}={value}" for key, value in options.items())
        ways = (
            ("decorator", "called decorator", "partial", "assigned", "at once", "lambda", "factory")
            if not options
            else ("called decorator", "partial", "assigned", "at once")
        )
        way = maker.pick(ways)
        maker.tag(way)
        argument = _call(has_model, _X, given)
        comma = f", {text}" if text else ""
        match way:
            case "decorator":
                maker.main.add(f"@{transform}", *body)
                maker.last = f"work({argument})"
            case "called decorator":
                maker.main.add(f"@{transform}({text})" if text and not transform.startswith("jax.") else f"@functools.partial({transform}{comma})", *body)
                maker.last = f"work({argument})"
            case "partial":
                maker.main.add(f"@functools.partial({transform}{comma})", *body)
                maker.last = f"work({argument})"
            case "assigned":
                name = maker.define(maker.main, "work", *body) if not _uses_main(maker, body) else _defined(maker, body)
                maker.main.add(f"step = {transform}({name}{comma})")
                maker.last = f"step({argument})"
            case "at once":
                maker.main.add(*body)
                maker.last = f"{transform}(work{comma})({argument})"
            case "lambda":
                maker.main.add(*body)
                names = ["model", "x"] if has_model else ["x"]
                maker.last = f"{transform}(lambda {', '.join(names)}: work({', '.join([*names, *given])}))({_call(has_model, _X, [])})"
            case _:
                maker.main.add(*body)
                maker.main.add(
                    "def make():", "    def step(*arguments, **keywords):", "        return work(*arguments, **keywords)", "", f"    return {transform}(step)"
                )
                maker.last = f"make()({argument})"

    return place


def _uses_main(maker: _Maker, body: list[str]) -> bool:
    """Whether a function needs names of the main file, so that it cannot stand elsewhere."""
    words = {word for line in body for word in _names(line)}
    own = {
        word
        for block in maker.main.blocks
        for line in block.split("\n")
        if line.startswith(("def ", "class ", "CONFIG", "LIMIT", "START"))
        for word in _names(line)
    }
    imported = {word for line in maker.main.imports for word in _names(line)}
    return bool(words & (own | imported) - {"x", "v", "def", "model", "k"})


def _defined(maker: _Maker, body: list[str]) -> str:
    maker.main.add(*body)
    return "work"


def _gradient(transform: str) -> Callable[[_Maker, bool, list[str], list[str], dict[str, str]], None]:
    def place(maker: _Maker, has_model: bool, body: list[str], given: list[str], options: dict[str, str]) -> None:
        del options
        names = ["model", "x"] if has_model else ["x"]
        maker.main.add(*body)
        inner = f"work({', '.join([*names, *given])})"
        argument = _call(has_model, _X, [])
        if maker.chance(0.5):
            maker.main.add(f"def loss({', '.join(names)}):", f"    return jnp.sum({inner}{' + model.scale[...]' if has_model else ''})")
            maker.last = f"{transform}(loss)({argument})"
        else:
            maker.last = f"{transform}(lambda {', '.join(names)}: jnp.sum({inner}))({argument})"
        if maker.chance(0.4):
            maker.tag("inside nnx.jit")
            maker.main.add("@nnx.jit", f"def outer({', '.join(names)}):", f"    return {maker.last.replace(argument, ', '.join(names))}")
            maker.last = f"outer({argument})"

    return place


def _inline(text: str, *, is_batched: bool = False) -> Callable[[_Maker, bool, list[str], list[str], dict[str, str]], None]:
    """A place inside a transform that runs at once; `{work}` is the function of x, the model is captured."""

    def place(maker: _Maker, has_model: bool, body: list[str], given: list[str], options: dict[str, str]) -> None:
        del given, options
        x = "jnp.ones((2, 3))" if is_batched else _X
        if has_model:
            maker.main.add(*body)
            run = "functools.partial(work, model)" if maker.chance(0.3) else "lambda x: work(model, x)"
            maker.main.add("def run(model, x):", f"    return {text.format(work=f'({run})')}")
            call = f"run(Net(nnx.Rngs(0)), {x})"
        else:
            maker.main.add(*body)
            run = maker.pick(("work", "(lambda x: work(x))"))
            maker.main.add("def run(x):", f"    return {text.format(work=run)}")
            call = f"run({x})"
        if maker.chance(0.25):
            maker.tag("inside nnx.jit")
            call = call.replace("run(", "nnx.jit(run)(", 1)
        maker.last = call

    return place


_PLACES: dict[str, Callable[[_Maker, bool, list[str], list[str], dict[str, str]], None]] = {
    "eager": _eager,
    "nnx.jit": _wrapping("nnx.jit"),
    "jax.jit": _wrapping("jax.jit"),
    "nnx.remat": _wrapping("nnx.remat"),
    "nnx.grad": _gradient("nnx.grad"),
    "nnx.value_and_grad": _gradient("nnx.value_and_grad"),
    "jax.lax.scan": _inline("jax.lax.scan(lambda c, _: ({work}(c), None), x, None, length=2)"),
    "jax.lax.cond": _inline("jax.lax.cond(True, {work}, lambda x: x, x)"),
    "jax.lax.while_loop": _inline("jax.lax.while_loop(lambda c: c[0] < 2, lambda c: (c[0] + 1, {work}(c[1])), (0, x))"),
    "jax.lax.fori_loop": _inline("jax.lax.fori_loop(0, 2, lambda i, x: {work}(x), x)"),
    "jax.vmap": _inline("jax.vmap({work})(x)", is_batched=True),
    "nnx.vmap": _inline("nnx.vmap({work})(x)", is_batched=True),
    "jax.checkpoint": _inline("jax.checkpoint({work})(x)"),
    "jax.eval_shape": _inline("jax.eval_shape({work}, x)"),
    "jax.lax.map": _inline("jax.lax.map({work}, x)", is_batched=True),
    "nnx.cond": _inline("nnx.cond(True, {work}, lambda x: x, x)"),
    "nnx.fori_loop": _inline("nnx.fori_loop(0, 2, lambda i, x: {work}(x), x)"),
}
_TAKES_EXTRAS = ("eager", "nnx.jit", "jax.jit", "nnx.remat", "nnx.grad", "nnx.value_and_grad")


def _level(transform: str) -> Callable[[_Maker, bool, list[str]], None]:
    def place(maker: _Maker, is_captured: bool, lines: list[str]) -> None:
        scalar = "x.sum()" if "grad" in transform else "x"
        if is_captured:
            maker.main.add(
                "def run(model, x):",
                f"    @{transform}",
                "    def step(x):",
                *(f"        {line}" for line in lines),
                f"        return {scalar}",
                "",
                "    return step(x)",
            )
        else:
            maker.main.add(f"@{transform}", "def run(model, x):", *(f"    {line}" for line in lines), f"    return {scalar}")
        maker.last = f"run(Net(nnx.Rngs(0)), {_X})"

    return place


def _level_inline(text: str) -> Callable[[_Maker, bool, list[str]], None]:
    def place(maker: _Maker, is_captured: bool, lines: list[str]) -> None:
        del is_captured
        maker.main.add("def run(model, x):", "    def step(x):", *(f"        {line}" for line in lines), "        return x", "", f"    return {text}")
        maker.last = f"run(Net(nnx.Rngs(0)), {_X})"

    return place


_LEVEL_PLACES: dict[str, Callable[[_Maker, bool, list[str]], None]] = {
    "nnx.jit": _level("nnx.jit"),
    "nnx.grad": _level("nnx.grad"),
    "nnx.value_and_grad": _level("nnx.value_and_grad"),
    "nnx.remat": _level("nnx.remat"),
    "jax.lax.fori_loop": _level_inline("jax.lax.fori_loop(0, 2, lambda i, x: step(x), x)"),
    "jax.lax.cond": _level_inline("jax.lax.cond(True, step, lambda x: x, x)"),
    "nnx.cond": _level_inline("nnx.cond(True, step, lambda x: x, x)"),
    "eager": _level_inline("step(x)"),
}


def _whole(text: str) -> str:
    """An expression as one that anything can be written behind."""
    return text if re.fullmatch(r"[\w.\[\]()]*", text) and text.count("(") == text.count(")") and not text[:1].isdigit() else f"({text})"
