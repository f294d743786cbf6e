"""Runs inside an environment with flax: prints what its public names are, as JSON lines for `nnx_lsp.dev.introspect`.

Needs the standard library, jax, flax and optax only; it never imports nnx_lsp.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
import types
import warnings
from typing import Any

MODULES = {
    "flax": ("flax.nnx", "flax.nnx.metrics", "flax.nnx.bridge", "flax.linen"),
    "jax": (
        "jax", "jax.numpy", "jax.numpy.linalg", "jax.numpy.fft", "jax.lax", "jax.random", "jax.nn", "jax.nn.initializers", "jax.tree",
        "jax.tree_util", "jax.scipy.special", "jax.scipy.linalg", "jax.scipy.stats",
        "jax.image", "jax.ops", "jax.debug", "jax.core", "jax.experimental.shard_map",
    ),
    "optax": ("optax", "optax.losses", "optax.schedules"),
}  # fmt: skip
KINDS = ("positional", "either", "var_positional", "keyword", "var_keyword")


def main() -> None:
    warnings.simplefilter("ignore")
    which = sys.argv[1]
    print(json.dumps(collect(which)))


def collect(which: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    modules: list[str] = []
    for name in MODULES[which]:
        try:
            module = importlib.import_module(name)
        except ImportError:  # `flax.nnx.metrics` is an attribute of its package: the module stands elsewhere.
            parent, _, last = name.rpartition(".")
            module = getattr(importlib.import_module(parent), last, None) if parent else None
            if not isinstance(module, types.ModuleType):
                continue
        modules.append(name)
        for attribute in sorted(set(dir(module)) | set(deprecated_names(module))):
            if attribute.startswith("_"):
                continue
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    value = getattr(module, attribute)
                except AttributeError:
                    continue
            if isinstance(value, types.ModuleType):
                modules.append(f"{name}.{attribute}")
                continue
            entry = describe(value, full=name.startswith("flax.nnx"))
            message = next((str(each.message) for each in caught if issubclass(each.category, DeprecationWarning)), None)
            if message:
                entry["deprecated"] = message[:120]
            names[f"{name}.{attribute}"] = entry
    return {"modules": sorted(set(modules)), "names": names}


def deprecated_names(module: types.ModuleType) -> list[str]:
    """Names that a module gives only on request, through its `__getattr__`."""
    found = list(getattr(module, "_deprecations", {}) or {})
    getter = getattr(module, "__getattr__", None)
    if getter is not None and module.__name__.startswith("flax"):
        found += [name for name in re.findall(r"['\"](\w+)['\"]", inspect.getsource(getter)) if name.isidentifier()]
    return found


def home(value: Any) -> str:
    return f"{getattr(value, '__module__', '') or ''}.{getattr(value, '__qualname__', getattr(value, '__name__', ''))}".strip(".")


def describe(value: Any, *, full: bool) -> dict[str, Any]:
    if isinstance(value, type):
        entry: dict[str, Any] = {
            "kind": "class",
            "home": home(value),
            "bases": [home(base) for base in value.__mro__[1:-1]],
        }
        entry["signature"] = signature(value.__init__, skip=1)
        if full:
            if "__call__" in dir(value) and not isinstance(value.__call__, types.MethodWrapperType):
                entry["call"] = signature(value.__call__, skip=1)
            entry["methods"] = methods(value)
            entry["attributes"] = attributes(value)
        return entry
    if callable(value):
        return {"kind": "function", "home": home(value), "signature": signature(value)}
    return {"kind": "value", "home": ""}


def signature(function: Any, skip: int = 0) -> list[list[Any]] | None:
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        return None
    return [[one.name, KINDS[int(one.kind)], None if one.default is one.empty else short(one.default)] for one in parameters]


def short(value: Any) -> str:
    text = repr(value)
    return "..." if " at 0x" in text or len(text) > 40 else re.sub(r"\s+", " ", text)


def methods(cls: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in sorted(dir(cls)):
        if name.startswith("_"):
            continue
        raw = inspect.getattr_static(cls, name)
        if isinstance(raw, property):
            found[name] = ["property", None]
        elif isinstance(raw, (staticmethod, classmethod)):
            found[name] = [type(raw).__name__, signature(getattr(cls, name))]
        elif callable(raw):
            found[name] = ["method", signature(raw, skip=1)]
        else:
            found[name] = ["attribute", None]
    return found


def attributes(cls: type) -> dict[str, Any]:
    """Attributes of a small instance: name to [what it is, number of dimensions]."""
    instance = sample(cls)
    if instance is None:
        return {}
    from flax import nnx

    found: dict[str, Any] = {}
    for name, value in sorted(vars(instance).items()):
        if name.startswith("_"):
            continue
        if isinstance(value, nnx.Variable):
            held = value[...] if not callable(value) else value
            found[name] = [f"Variable:{home(type(value))}", getattr(held, "ndim", None)]
        elif isinstance(value, nnx.Rngs):
            found[name] = [f"rngs:{home(type(value))}", None]
        elif type(value).__name__ == "RngStream":
            found[name] = [f"stream:{home(type(value))}", None]
        elif isinstance(value, nnx.Module):
            found[name] = [f"Module:{home(type(value))}", None]
        elif type(value).__name__ == "ArrayImpl":
            found[name] = ["array:", value.ndim]
        else:
            found[name] = [f"static:{type(value).__name__}", None]
    return found


def sample(cls: type) -> Any:
    """A small instance of a built-in class of nnx, where one is easily made."""
    import optax
    from flax import nnx

    rngs = nnx.Rngs(0)
    makers = {
        "Linear": lambda: cls(2, 3, rngs=rngs),
        "LinearGeneral": lambda: cls(2, 3, rngs=rngs),
        "Conv": lambda: cls(2, 3, (3,), rngs=rngs),
        "ConvTranspose": lambda: cls(2, 3, (3,), rngs=rngs),
        "Embed": lambda: cls(4, 3, rngs=rngs),
        "Einsum": lambda: cls("ab,bc->ac", (2, 3), (3,), rngs=rngs),
        "MultiHeadAttention": lambda: cls(num_heads=2, in_features=4, qkv_features=4, rngs=rngs),
        "GroupNorm": lambda: cls(4, num_groups=2, rngs=rngs),
        "Dropout": lambda: cls(0.5, rngs=rngs),
        "LoRA": lambda: cls(2, 2, 3, rngs=rngs),
        "LoRALinear": lambda: cls(2, 3, lora_rank=2, rngs=rngs),
        "Optimizer": lambda: make_optimizer(cls, nnx, optax, rngs),
        "ModelAndOptimizer": lambda: make_optimizer(cls, nnx, optax, rngs),
        "Average": cls,
        "Accuracy": cls,
        "Welford": cls,
        "PReLU": cls,
    }
    for name in ("BatchNorm", "LayerNorm", "RMSNorm", "InstanceNorm"):
        makers[name] = lambda: cls(2, rngs=rngs)
    for name in ("LSTMCell", "OptimizedLSTMCell", "GRUCell", "SimpleCell"):
        makers[name] = lambda: cls(2, 3, rngs=rngs)
    if cls.__name__ not in makers:
        return None
    try:
        return makers[cls.__name__]()
    except Exception:
        return None


def make_optimizer(cls: Any, nnx: Any, optax: Any, rngs: Any) -> Any:
    model = nnx.Linear(2, 2, rngs=rngs)
    return cls(model, optax.sgd(0.1), wrt=nnx.Param)


if __name__ == "__main__":
    main()
