"""The product of the containers that a Module holds its layers in, the transforms that a Module goes through, and the ways to its layers: what is said of
the layers is what JAX has there, and a mistake in one of them is found."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from nnx_lsp.config import Settings
from nnx_lsp.dev.referee.programs import Program, judged
from nnx_lsp.dev.referee.recording import Recorder
from nnx_lsp.engine import Engine, Single
from nnx_lsp.syntax.document import parse

_LAYER = "Layer(rngs)"
_MADE = {
    "List": f"nnx.List([{_LAYER}, {_LAYER}])",
    "comprehension": f"nnx.List([{_LAYER} for _ in range(2)])",
    "Dict": f"nnx.Dict({{'a': {_LAYER}, 'b': {_LAYER}}})",
    "data": f"nnx.data([{_LAYER}, {_LAYER}])",
    "Sequential": f"nnx.Sequential({_LAYER}, {_LAYER})",
    "unpacked": f"nnx.Sequential(*[{_LAYER}, {_LAYER}])",
    "generator": f"nnx.Sequential(*({_LAYER} for _ in range(2)))",
    "nested": f"nnx.List([nnx.List([{_LAYER}, {_LAYER}]), nnx.List([{_LAYER}])])",
    "lists by name": f"nnx.Dict(a=nnx.List([{_LAYER}, {_LAYER}]), b=nnx.List([{_LAYER}]))",
    "tuple": f"nnx.data(({_LAYER}, {_LAYER}))",
    "attributes": "None",
    "attributes of a template": "None",
}
_APPEND = dict.fromkeys(("List", "comprehension", "data"), f"self.layers.append({_LAYER})")
_APPEND |= dict.fromkeys(("Sequential", "unpacked"), f"self.layers.layers.append({_LAYER})")
_APPEND |= dict.fromkeys(("generator", "nested", "lists by name", "tuple"), "pass")
_APPEND["Dict"] = f"self.layers['c'] = {_LAYER}\n        setattr(self.layers, 'd', {_LAYER})"
_APPEND["attributes"] = f"for i in range(2):\n            setattr(self, f'layer_{{i}}', {_LAYER})"
_APPEND["attributes of a template"] = f"for i, _ in enumerate((4, 4)):\n            setattr(self, 'layer_{{}}'.format(i), {_LAYER})"
_OF_LISTS = {
    "index": "x = {layers}[0](x)",
    "last": "x = {layers}[-1](x)",
    "for": "for layer in {layers}:\n            x = layer(x)",
    "enumerate": "for i, layer in enumerate({layers}):\n            x = layer(x)",
    "zip": "for layer, other in zip({layers}, {layers}):\n            x = other(layer(x))",
    "range": "for i in range(len({layers})):\n            x = {layers}[i](x)",
    "slice": "for layer in {layers}[:-1]:\n            x = layer(x)",
    "reversed": "for layer in reversed({layers}):\n            x = layer(x)",
    "comprehension": "x = sum([layer(x) for layer in {layers}])",
    "reduce": "x = functools.reduce(lambda h, layer: layer(h), {layers}, x)",
    "chain": "for layer in itertools.chain({layers}, {layers}):\n            x = layer(x)",
    "remat": "for layer, _ in zip({layers}, range(9)):\n            x = nnx.remat(lambda layer, x: layer(x))(layer, x)",
    "method": "x = self.run({layers}, x)",
    "starred": "first, *rest = {layers}\n        x = first(x)",
}
_OF_DICTS = {
    "index": "x = self.layers['a'](x)",
    "appended": "x = self.layers['c'](self.layers['d'](x))",
    "for": "for name in self.layers:\n            x = self.layers[name](x)",
    "items": "for name, layer in self.layers.items():\n            x = layer(x)",
    "values": "for layer in self.layers.values():\n            x = layer(x)",
    "attribute": "x = self.layers.a(x)",
    "getattr": "x = getattr(self.layers, 'b')(x)",
}
_OF_NESTED = {
    "index": "x = self.layers[0][1](x)",
    "last": "x = self.layers[-1][-1](x)",
    "for": "for group in self.layers:\n            for layer in group:\n                x = layer(x)",
    "chain": "for layer in itertools.chain.from_iterable(self.layers):\n            x = layer(x)",
    "comprehension": "for layer in [layer for group in self.layers for layer in group]:\n            x = layer(x)",
}
_OF_LISTS_BY_NAME = {
    "index": "x = self.layers['a'][1](x)",
    "attribute": "x = self.layers.b[0](x)",
    "items": "for name, group in self.layers.items():\n            for layer in group:\n                x = layer(x)",
    "values": "for group in self.layers.values():\n            for i, layer in enumerate(group):\n                x = layer(x)",
}
_ALL_ATTRIBUTES = {
    "getattr": "for i in range(2):\n            x = getattr(self, f'layer_{i}')(x)",
    "attribute": "x = self.layer_0(x)",
    "constant": "x = getattr(self, f'layer_{1}')(x)",
    "sum": "for i in range(2):\n            x = getattr(self, 'layer_' + str(i))(x)",
    "percent": "for i in range(2):\n            x = getattr(self, 'layer_%d' % i)(x)",
}
_THROUGH = {
    "eager": "model(x)",
    "nnx.jit": "nnx.jit(lambda model, x: model(x))(model, x)",
    "jax.jit": "jax.jit(lambda model, x: model(x))(model, x)",
    "nnx.grad": "nnx.grad(lambda model, x: model(x).sum())(model, x)",
    "nnx.value_and_grad": "nnx.value_and_grad(lambda model, x: model(x).sum())(model, x)",
    "nnx.vmap": "nnx.vmap(lambda model, x: model(x), in_axes=(None, 0))(model, jnp.stack([x, x]))",
    "nnx.scan": "nnx.scan(lambda x, model: model(x), in_axes=(nnx.Carry, None), out_axes=nnx.Carry, length=2)(x, model)",
    "nnx.remat": "nnx.remat(lambda model, x: model(x))(model, x)",
    "nnx.remat of a method": "nnx.remat(Model.__call__)(model, x)",
    "nnx.cond": "nnx.cond(True, lambda model, x: model(x), lambda model, x: x, model, x)",
    "nnx.eval_shape": "nnx.eval_shape(lambda model, x: model(x), model, x)",
    "nnx.merge": "nnx.merge(*nnx.split(model))(x)",
    "nnx.clone": "nnx.clone(model)(x)",
    "nnx.view": "nnx.view(model, deterministic=True)(x)",
    "jit of grad": "nnx.jit(lambda model, x: nnx.grad(lambda model: model(x).sum())(model))(model, x)",
}
_STAGED = ("nnx.jit", "jax.jit", "nnx.vmap", "nnx.scan", "nnx.remat", "nnx.remat of a method", "nnx.cond", "nnx.eval_shape", "jit of grad")

_PROGRAM = """import functools
import itertools

import jax
import jax.numpy as jnp
from flax import nnx


class Layer(nnx.Module):
    def __init__(self, rngs):
        self.linear = nnx.Linear(4, 4, rngs=rngs)
        self.drop = nnx.Dropout(0.1, deterministic=True, rngs=rngs)

    def __call__(self, x):{branch}
        return self.drop(self.linear(x))


class Model(nnx.Module):
    def __init__(self, rngs):
        self.layers = {made}
        {append}

    def run(self, layers, x):
        for layer in layers:
            x = layer(x)
        return x

    def __call__(self, x):
        {uses}
        return x


model, x = Model(nnx.Rngs(0)), jnp.ones((2, {features}))
{through}
"""
_BRANCH = "\n        if x.sum() > 0:\n            x = x + 1"


_SEQUENTIAL = ("Sequential", "unpacked", "generator")
_OF_OTHERS = {
    "nested": _OF_NESTED,
    "lists by name": _OF_LISTS_BY_NAME,
    "attributes": _ALL_ATTRIBUTES,
    "attributes of a template": _ALL_ATTRIBUTES,
}


def _ways(container: str) -> dict[str, str]:
    """How the layers in a container are reached."""
    if container == "Dict":
        return _OF_DICTS
    if container in _OF_OTHERS:
        return _OF_OTHERS[container]
    layers = "self.layers.layers" if container in _SEQUENTIAL else "self.layers"
    found = {name: way.format(layers=layers) for name, way in _OF_LISTS.items()}
    return found | ({"call": "x = self.layers(x)"} if container in _SEQUENTIAL else {})


def _program(container: str, through: str, ways: dict[str, str], *, features: int = 4, branch: str = "") -> str:
    uses = "\n        ".join(ways.values())
    return _PROGRAM.format(made=_MADE[container], append=_APPEND[container], uses=uses, through=_THROUGH[through], features=features, branch=branch)


def _codes(text: str) -> set[str]:
    found = Engine(Single(parse("a.py", text)), Settings()).check("a.py").found
    return {each.code for each in found}


@pytest.fixture(scope="module")
def jax() -> Iterator[Recorder]:
    """Runs programs under JAX."""
    with Recorder(sys.executable, ["jax", "flax", "optax"]) as recorder:
        yield recorder


_EXECUTED = [(list(_MADE)[(turn + step) % len(_MADE)], through) for step in (0, 3) for turn, through in enumerate(_THROUGH)]


@pytest.mark.parametrize(("container", "through"), _EXECUTED)
def test_layers_in_a_container_are_what_jax_has_there(container: str, through: str, jax: Recorder, tmp_path: Path) -> None:
    if find_spec("flax") is None:
        pytest.skip("jax and flax are not installed: install the extra `verify`")
    path = tmp_path / "main.py"
    path.write_text(_program(container, through, _ways(container)), encoding="utf-8")
    comparison = judged(Program("main.py", path), jax, version("flax"), 60)
    assert comparison.outcome == "ran", comparison.message
    assert [f"{each.spot[1]}: {each.text} is said to be {each.problem.said}, and is {each.problem.real}" for each in comparison.violations] == []


_TURNS = [(container, way) for container in _MADE for way in _ways(container)]
_MISTAKES = [(container, way, list(_THROUGH)[turn % len(_THROUGH)]) for turn, (container, way) in enumerate(_TURNS)]
_MISTAKES += [(container, way, through) for turn, through in enumerate(_THROUGH) for container, way in _TURNS[turn % 11 :: 11]]


@pytest.mark.parametrize(("container", "way", "through"), list(dict.fromkeys(_MISTAKES)))
def test_a_mistake_in_a_container_is_found(container: str, way: str, through: str) -> None:
    ways = {way: _ways(container)[way]}
    assert "NNX350" in _codes(_program(container, through, ways, features=8))
    if through in _STAGED:
        assert "NNX401" in _codes(_program(container, through, ways, branch=_BRANCH))


@pytest.mark.parametrize("container", _MADE)
def test_nothing_is_found_where_nothing_is_wrong(container: str) -> None:
    for through in _THROUGH:
        assert _codes(_program(container, through, _ways(container))) & {"NNX350", "NNX351", "NNX401"} == set()
