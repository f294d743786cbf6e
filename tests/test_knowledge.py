"""The generated knowledge says what the real packages say."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nnx_lsp.knowledge import library
from nnx_lsp.knowledge.transforms import TRANSFORMS


def _parameters(flax: str, cls: str, method: str) -> list[str]:
    entry = library.load(flax).entry(cls)
    assert entry is not None
    signature = entry.methods[method].signature
    assert signature is not None
    return [one.name for one in signature.parameters]


def test_signatures_differ_by_version() -> None:
    assert _parameters("0.10.7", "flax.nnx.Optimizer", "update") == ["grads", "kwargs"]
    assert _parameters("0.11.2", "flax.nnx.Optimizer", "update") == ["model", "grads", "kwargs"]


@pytest.mark.parametrize(("flax", "is_there"), [("0.10.7", False), ("0.11.2", False), ("0.12.8", True), ("0.12.12", True)])
def test_presence_differs_by_version(flax: str, is_there: bool) -> None:
    assert (library.load(flax).entry("flax.nnx.List") is not None) is is_there


@pytest.mark.parametrize(
    ("flax", "name", "is_there"),
    [
        ("0.11.1", "with_sharding_constraint", True),
        ("0.11.2", "with_sharding_constraint", False),
        ("0.11.0", "mutable_array", True),
        ("0.11.1", "mutable_array", False),
        ("0.12.3", "eval_mode", True),
        ("0.12.4", "eval_mode", False),
        ("0.12.2", "use_hijax", True),
        ("0.12.3", "use_hijax", False),
        ("0.10.5", "Jit", True),
        ("0.10.6", "Jit", False),
        ("0.12.4", "with_partitioning", True),
    ],
)
def test_presence_differs_within_a_line(flax: str, name: str, is_there: bool) -> None:
    assert (library.load(flax).entry(f"flax.nnx.{name}") is not None) is is_there


def test_the_names_of_jax_are_those_of_its_own_version() -> None:
    def has(flax: str, jax: str | None, name: str) -> bool:
        return library.load(flax, jax).entry(name) is not None

    assert [has(flax, None, "jax.set_mesh") for flax in ("0.10.7", "0.12.8")] == [False, True]
    assert [has("0.10.7", jax, "jax.set_mesh") for jax in ("0.6.2", "0.10.2")] == [False, True]


def test_layers_require_rngs() -> None:
    entry = library.load().entry("flax.nnx.Linear")
    assert entry is not None
    assert entry.signature is not None
    assert {one.name for one in entry.signature.parameters if one.default is None} == {"in_features", "out_features", "rngs"}
    assert entry.attributes["kernel"].kind == "Variable:flax.nnx.Param"
    assert entry.attributes["kernel"].ndim == 2


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("flax.nnx.nn.linear.Linear", "flax.nnx.Linear"),
        ("flax.nnx.checkpoint", "flax.nnx.remat"),
        ("jax.remat", "jax.checkpoint"),
        ("jax.numpy.sum", "jax.numpy.sum"),
        ("flax.nowhere.Thing", "flax.nowhere.Thing"),
    ],
)
def test_any_spelling_has_one_canonical_name(given: str, canonical: str) -> None:
    assert library.load().canonical(given) == canonical


def test_subclasses() -> None:
    known = library.load()
    assert known.is_subclass("flax.nnx.BatchStat", "flax.nnx.Variable")
    assert known.is_subclass("flax.nnx.Linear", "flax.nnx.Module")
    assert not known.is_subclass("flax.nnx.Linear", "flax.nnx.Variable")


@pytest.mark.parametrize(
    ("asked", "used"), [(None, "0.12.12"), ("0.12.10", "0.12.10"), ("0.12.1", "0.12.1"), ("0.12.99", "0.12.12"), ("0.13.0", "0.12.12"), ("0.9.0", "0.10.0")]
)
def test_the_nearest_version_speaks_for_one_that_is_not_described(asked: str | None, used: str) -> None:
    assert str(library.nearest(asked)) == used


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(ValueError, match="`newest` is no version"):
        library.nearest("newest")


def test_every_transform_exists_in_some_version() -> None:
    known = [library.load(str(version)) for version in library.available()]
    # Names of jax.experimental and jax.debug are no part of every generated file.
    unknown = [name for name in TRANSFORMS if not any(each.entry(name) for each in known) and ".experimental." not in name]
    assert unknown == []


def test_reading_imports_none_of_the_libraries() -> None:
    load = "import sys; from nnx_lsp.knowledge import library; library.load().entry('jax.jit'); "
    program = load + "print(sorted({'jax', 'flax', 'numpy', 'optax'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
