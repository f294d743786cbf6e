"""Runs inside an environment with one Flax release: tells what can be called, and what calls give, one JSON line for each question.

Needs the standard library, jax and flax only. Questions, one JSON object a line:

- `{"prepare": TEXT}` runs the text whose names the calls use; the answer is the versions.
- `{"list": [MODULE, …]}`: the public functions and layers of the modules with their signatures.
- `{"calls": [{"before": …, "text": …, "traced": [NAME, …]}, …]}`: what each call gives, with these names as arguments of a function under `jax.eval_shape`.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import json
import math
import os
import signal
import sys
import types
import warnings
from typing import Any

KINDS = ("positional", "either", "var_positional", "keyword", "var_keyword")
SECONDS = 20.0
"""How much processor time one call may take: on a busy machine the same calls are answered."""
LONGEST = 600.0
"""How long one call may take that does nothing."""
KEPT = 4_000
"""After how many calls what JAX keeps of them is let go."""
DEEPEST = 4
"""How deep the attributes of objects are described."""
_TRACING = "ConcretizationTypeError TracerArrayConversionError NonConcreteBooleanIndexError TracerIntegerConversionError UnexpectedTracerError"
TRACING = frozenset(_TRACING.split())
"""What only a trace raises: without one, the call is really run."""


class TooLongError(BaseException):
    """A call took more than its time; no `except Exception` of a library catches it."""


def main() -> None:
    import jax

    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What a call prints is no answer.
    signal.signal(signal.SIGALRM, too_long)
    signal.signal(signal.SIGPROF, too_long)
    scope: dict[str, Any] = {}
    clear: Any = jax.clear_caches
    made = 0
    for line in sys.stdin:
        question = json.loads(line)
        answer: Any
        if "prepare" in question:
            answer = prepared(question["prepare"], scope)
        elif "list" in question:
            answer = [each for module in question["list"] for each in public(module)]
        else:
            answer = [answered(each, scope) for each in question["calls"]]
            made += len(answer)
            if made > KEPT:
                clear()
                made = 0
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def prepared(text: str, scope: dict[str, Any]) -> dict[str, str]:
    import flax
    import jax

    exec(text, scope)
    return {"flax": flax.__version__, "jax": jax.__version__, "python": sys.version.split()[0]}


def too_long(*_: object) -> None:
    raise TooLongError


# What can be called --------------------------------------------------------------------------------------------------


def public(name: str) -> list[dict[str, Any]]:
    """The functions of a module; of `flax.nnx` its layers, and the functions that are its own."""
    module = importlib.import_module(name)
    found: list[dict[str, Any]] = []
    for attribute in sorted(dir(module)):
        value = getattr(module, attribute, None)
        if attribute.startswith("_") or not callable(value) or isinstance(value, types.ModuleType):
            continue
        if type(value).__module__ in ("typing", "types"):  # An alias of types can be called, and is no function.
            continue
        entry = {"name": f"{name}.{attribute}", "signature": signature(value), "call": None, "is_layer": False}
        if name == "flax.nnx":
            home = str(getattr(value, "__module__", ""))
            if not home.startswith("flax.nnx.nn.") and attribute != "Sequential":
                continue
            if isinstance(value, type):
                if not is_layer(value):
                    continue
                entry.update(call=signature(value.__call__, 1), signature=signature(inspect.getattr_static(value, "__init__"), 1), is_layer=True)
        elif isinstance(value, type) and type(value).__name__ != "_ScalarMeta":
            continue
        found.append(entry)
    return found


def is_layer(cls: type) -> bool:
    from flax import nnx

    return issubclass(cls, nnx.Module) and cls.__call__ is not nnx.Module.__call__


def signature(function: Any, skip: int = 0) -> list[tuple[str, str, str | None]] | None:
    """Name, kind and default of each parameter; a default that is no literal is `...`."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        return None
    return [(one.name, KINDS[int(one.kind)], None if one.default is one.empty else literal(one.default)) for one in parameters]


def literal(value: object) -> str:
    try:
        ast.literal_eval(repr(value))
    except (ValueError, SyntaxError):
        return "..."
    return repr(value)


# What a call gives ---------------------------------------------------------------------------------------------------


def answered(call: dict[str, Any], scope: dict[str, Any]) -> dict[str, Any]:
    """What a call gives inside of `jax.eval_shape`; one without traced arguments that only a trace stops is really run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            signal.setitimer(signal.ITIMER_REAL, LONGEST)
            try:
                return {"gives": inside(call, scope)}
            except Exception as error:
                if call["traced"] or not TRACING.intersection(cls.__name__ for cls in type(error).__mro__):
                    return raised(error)
            try:
                return {"gives": described(evaluated(call, dict(scope)))}
            except Exception as error:
                return raised(error)
    except TooLongError:
        return {}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def inside(call: dict[str, Any], scope: dict[str, Any]) -> Any:
    """The description of what a call gives in a trace. It is made there: outside, every Python number would be an array."""
    import jax

    found: list[Any] = []

    def traced(arguments: dict[str, Any]) -> tuple[()]:
        found.append(described(evaluated(call, {**scope, **arguments}), is_staged=bool(call["traced"])))
        return ()

    jax.eval_shape(traced, {name: scope[name] for name in call["traced"]})
    return found[-1]


def evaluated(call: dict[str, Any], scope: dict[str, Any]) -> Any:
    if call["before"]:
        exec(call["before"], scope)
    return eval(call["text"], scope)


def raised(error: Exception) -> dict[str, Any]:
    names = [cls.__name__ for cls in type(error).__mro__[:-2]]
    return {"raises": names, "message": str(error).strip().split("\n", 1)[0][:160]}


def described(value: Any, *, is_staged: bool = False, depth: int = 0) -> dict[str, Any]:
    """A value in the terms of `truth`. `is_staged`: whether the trace belongs to the program; else it only stands for running it."""
    import jax
    import numpy
    from flax import nnx

    def inner(each: Any) -> dict[str, Any]:
        return described(each, is_staged=is_staged, depth=depth + 1)

    cls = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, nnx.Variable):
        return {"type": "object", "cls": cls, "attributes": {"value": inner(value.get_value() if hasattr(value, "get_value") else value.value)}}
    if isinstance(value, jax.Array):
        is_weak = bool(getattr(value, "weak_type", False) or getattr(value.aval, "weak_type", False))
        is_traced = is_staged and isinstance(value, jax.core.Tracer)
        return {"type": "array", "shape": value.shape, "dtype": str(value.dtype), "is_weak": is_weak, "is_traced": is_traced}
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return {"type": "host", "shape": value.shape, "dtype": str(value.dtype)}
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        is_number = isinstance(value, (int, float)) and math.isfinite(value) and abs(value) < 2**53
        told = {"is_known": True, "value": value} if value is None or is_number else {}
        return {"type": "static", "kind": type(value).__name__, **told}
    if isinstance(value, numpy.dtype):
        return {"type": "static", "kind": "dtype"}
    if isinstance(value, (tuple, list)):
        fields = list(getattr(value, "_fields", ()))
        return {"type": "sequence", "kind": "tuple" if isinstance(value, tuple) else "list", "items": [*map(inner, value)], "fields": fields}
    if isinstance(value, dict):
        return {"type": "dict", "keys": [*map(repr, value)], "items": [*map(inner, value.values())]}
    if isinstance(value, nnx.Module):
        own = {name: inner(each) for name, each in vars(value).items() if not name.startswith("_")} if depth < DEEPEST else {}
        return {"type": "object", "cls": cls, "attributes": own}
    if isinstance(value, (nnx.Rngs, getattr(nnx, "RngStream", nnx.Rngs))):
        return {"type": "object", "cls": cls, "attributes": {}}
    return {"type": "callable" if callable(value) else "other", "cls": cls}


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
