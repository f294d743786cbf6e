"""Whether a concrete value lies in a claim: the concrete one as `_child.describe` gives it (a dict), the claim as `claim.frozen` gives it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from nnx_lsp.dev.referee.claim import Claim
from nnx_lsp.program import Place

Described: TypeAlias = dict[str, Any]
"""A concrete value: `type`, `of` (its class with its ancestors), and what `_child.describe` adds."""

PLAIN = ("int", "float", "bool", "str", "NoneType", "complex", "bytes")
_KINDS = {"staged": ("DynamicJaxprTracer",), "batched": ("BatchTracer",), "differentiated": ("JVPTracer", "LinearizeTracer", "JaxprTracer")}
_EXACT = {"int32": "int", "int64": "int", "uint32": "uint", "float32": "float", "float64": "float", "complex64": "complex", "complex128": "complex"}
_OTHERS = ("dtype", "function", "module", "type", "ellipsis", "device")
_CONTAINERS = {"set": ("set", "frozenset"), "list": ("list",), "deque": ("collections.deque",)}


class Problem(msgspec.Struct, frozen=True):
    """One way in which a value lies outside of a claim: the aspect (`type`, `shape`, `length`, …), what was said, and what is."""

    aspect: str
    said: str
    real: str


class Judge(msgspec.Struct, frozen=True):
    """What is needed beside claim and value: the row of a definition's place, and the identity of library code by its name (empty: not known)."""

    definition: Callable[[Place], tuple[str, int]]
    identity: Callable[[str], str]
    traces: bool = True
    """Whether what is not said to be traced is judged too: a function that is walked by itself, transformed or not, may be called under any transform."""

    def problem(self, claims: Iterable[Claim], value: Described) -> Problem | None:
        """The first problem with the claim that comes nearest; `None` if the value lies in one of them."""
        found: list[Problem] = []
        for claim in claims:
            problem = self.one(claim, value)
            if problem is None:
                return None
            found.append(problem)
        return max(found, key=lambda each: _NEARNESS.get(each.aspect, 1)) if found else None

    def one(self, claim: Claim, value: Described) -> Problem | None:
        """What is wrong with one claim; `None` if the value lies in it."""
        if "failed" in value and (claim.sort not in ("static", "array") or value["type"] == _DESCRIPTION):
            return None
        judged = _SORTS.get(claim.sort)
        return judged(self, claim, value) if judged is not None else None


_DESCRIPTION = "jax.ShapeDtypeStruct"
"""What stands for an array of which only shape and dtype are known; of an array of keys more cannot be looked at."""
_NEARNESS = {
    "type": 0,
    "class": 1,
    "function": 1,
    "constant": 2,
    "length": 3,
    "traced": 4,
    "untraced": 4,
    "rank": 5,
    "shape": 6,
    "dtype": 7,
    "weak type": 8,
    "item": 9,
    "attribute": 9,
}


def _static(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    kind = claim.name
    if "array" in value and value["array"]["tracers"]:
        return Problem("type", f"a Python value {kind}".rstrip(), shown(value))
    wrong = Problem("type", f"`{kind}`", shown(value))
    if kind in PLAIN:
        if value["type"] != kind and (kind not in value.get("of", ()) or value["type"] == "bool"):
            return wrong
    elif kind == "shape":
        if "tuple" not in value.get("of", ()):
            return wrong
    elif kind == "ndarray":
        if "numpy" not in value:
            return wrong
    elif kind in _OTHERS and value["type"] in PLAIN and value["type"] != "str":
        return wrong
    if claim.is_constant and not _is_constant(claim.constant, value):
        return Problem("constant", repr(claim.constant), shown(value))
    return None


def _is_constant(constant: Any, value: Described) -> bool:
    if isinstance(constant, tuple):
        items = value.get("items")
        return items is None or (len(items) == len(constant) and all(map(_is_constant, constant, items)))
    if "constant" not in value:
        return True
    real = value["constant"]
    if isinstance(constant, float) and isinstance(real, str):
        return bool(repr(constant) == real)
    if isinstance(constant, float) and isinstance(real, float):
        return math.isclose(constant, real, rel_tol=1e-12) or constant == real
    if isinstance(constant, complex):
        return bool(repr(constant) == real)
    return type(constant) is type(real) and bool(constant == real)


def _array(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    if "array" not in value:
        return Problem("type", f"a jax array {claim.dtype}".rstrip(), shown(value))
    real = value["array"]
    return _traced(judge, claim, real) or _dtype(claim, real) or _extent(claim, real)


def _traced(judge: Judge, claim: Claim, real: Mapping[str, Any]) -> Problem | None:
    tracers = real["tracers"]
    if claim.level:
        if not any(name in tracers for name in _KINDS[claim.level]):
            return Problem("traced", f"traced by {claim.transform} ({claim.level})", f"tracers: {', '.join(tracers) or 'none'}")
    elif tracers and judge.traces:
        return Problem("untraced", "not traced", f"tracers: {', '.join(tracers)}")
    return None


def kind(dtype: str) -> str:
    """The kind of a dtype by its name: `bool`, `int`, `float`, `complex` or `key`."""
    if dtype.startswith("key<"):
        return "key"
    return next((each for each in ("bool", "int", "complex") if each in dtype), "float")


def _dtype(claim: Claim, real: Mapping[str, Any]) -> Problem | None:
    name = real["dtype"]
    if name == "float0":
        return None
    old_key = claim.dtype == "key" and name == "uint32" and real["shape"][-1:] == [2]
    if claim.dtype and claim.dtype != kind(name) and not old_key:
        return Problem("dtype", claim.dtype, name)
    exact = claim.exact.lstrip("~")
    if exact and exact != _EXACT.get(name, name) and not old_key:
        return Problem("dtype", exact, name)
    # JAX marks some bools as weakly typed, which makes no difference to any promotion.
    if exact and claim.exact.startswith("~") != real["weak"] and name != "bool":
        return Problem(
            "weak type", "weakly typed" if claim.exact.startswith("~") else "not weakly typed", "weakly typed" if real["weak"] else "not weakly typed"
        )
    return None


def _extent(claim: Claim, real: Mapping[str, Any]) -> Problem | None:
    shape = real["shape"]
    if claim.dtype == "key" and real["dtype"] == "uint32":
        shape = shape[:-1]
    rank = len(shape)
    if not (claim.low <= rank and (claim.high < 0 or rank <= claim.high)):
        return Problem("rank", f"{claim.low} to {claim.high if claim.high >= 0 else 'any'}", f"{rank}")
    pairs = zip(reversed(claim.dims), reversed(shape), strict=False)
    if any(said is not None and real is not None and said != real for said, real in pairs):
        return Problem("shape", f"(…, {', '.join('?' if each is None else str(each) for each in claim.dims)})", str(tuple(shape)))
    return None


def _tree(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    if value["type"] in ("int", "float", "bool", "str", "bytes", "complex") and claim.level == "staged":
        return Problem("type", "a tree of traced arrays", shown(value))
    if "array" in value:
        return _traced(judge, claim, value["array"])
    return None


def _library(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    wanted = judge.identity(claim.name)
    real = value.get("id", "")
    if value["type"] in PLAIN:
        return Problem("type", f"`{claim.name}`", shown(value)) if wanted else None
    if not wanted or not real or wanted == real or wanted.rpartition(".")[2] == real.rpartition(".")[2]:
        return None
    return Problem("function", f"`{claim.name}`", f"`{real}`")


def _function(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    if "function" not in value:
        return Problem("type", f"the function `{claim.name}`", shown(value))
    assert claim.place is not None
    path, row = judge.definition(claim.place)
    if row and value["function"][:2] != [path, row]:  # Without a row it stands in a file that is not recorded.
        return Problem("function", f"`{claim.name}` of line {row}", f"`{value['function'][2]}` of line {value['function'][1]}")
    return None


def _bound(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    if value["type"] in PLAIN or "array" in value:
        return Problem("type", "a bound method", shown(value))
    if "method" in value and claim.inner is not None and claim.inner.sort == "function":
        return judge.one(claim.inner, value["method"])
    return None


def _wrapped(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    if value["type"] in PLAIN or "array" in value or "length" in value:
        return Problem("type", f"a function under `{claim.name}`" if claim.name else "a partial", shown(value))
    inner = value.get("wraps") or value.get("partial")
    if inner is not None and claim.inner is not None and claim.inner.sort == "function" and "function" in inner:
        return judge.one(claim.inner, inner)
    return None


def _class(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    if "is_class" not in value:
        return Problem("type", f"the class `{claim.name}`", shown(value))
    assert claim.place is not None
    if "defined" in value and tuple(value["defined"]) != judge.definition(claim.place):
        return Problem("class", f"`{claim.name}` of line {judge.definition(claim.place)[1]}", f"`{value['is_class']}` of line {value['defined'][1]}")
    return None if value["is_class"].rpartition(".")[2] == claim.name else Problem("class", f"`{claim.name}`", f"`{value['is_class']}`")


def _object(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    if value["type"] in PLAIN or "array" in value:
        return Problem("type", f"a `{claim.name}`", shown(value))
    of = value["of"]
    if claim.place is not None:
        place = judge.definition(claim.place)
        classes = [tuple(each) for each in value.get("class", ())]
        is_right = (place in classes if claim.is_symbolic else classes[:1] == [place]) if classes else of[0].rpartition(".")[2] == claim.name
    else:
        last = claim.name.rpartition(".")[2]
        names = [each.rpartition(".")[2] for each in of]
        is_right = last in names or last == "object"
    is_right = is_right or (_BY_REFERENCE in of and claim.inner is not None)
    if not is_right:
        return Problem("class", f"a `{claim.name}`", shown(value))
    judge = msgspec.structs.replace(judge, traces=False)  # What is reached through a View gets its level when it is read.
    if claim.inner is not None and "held" in value and (problem := judge.one(claim.inner, value["held"])) is not None:
        return Problem("attribute", f"holds {problem.said}", problem.real)
    real = value.get("attributes")
    if real is None:
        return None
    for name, each in claim.attributes:
        if name in real and (problem := judge.one(each, real[name])) is not None:
            return Problem("attribute", f"`{name}` is {problem.said}", problem.real)
    return None


_BY_REFERENCE = "flax.nnx.variablelib.HijaxVariable"
"""The class of each Variable that is made with `hijax=True`; `isinstance` asks what it was made as (flax/nnx/variablelib.py, `VariableMeta`)."""


def _tuple(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    if "tuple" not in value.get("of", ()):
        return Problem("type", "a tuple", shown(value))
    return _items(judge, claim, value)


def _list(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    names = _CONTAINERS.get(claim.name)
    if names is not None and not any(name in value.get("of", ()) for name in names):
        return Problem("type", f"a {claim.name}", shown(value))
    if claim.name in _CONTAINERS["set"]:  # Equal members count once, and have no order.
        real = value.get("length")
        if claim.items is not None and real is not None and real > len(claim.items):
            return Problem("length", f"at most {len(claim.items)}", str(real))
        return None
    return _items(judge, claim, value)


def _items(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    items = value.get("items")
    if claim.items is not None:
        length = value.get("length")
        if length is not None and length != len(claim.items):
            return Problem("length", str(len(claim.items)), str(length))
        for index, (each, real) in enumerate(zip(claim.items, items or (), strict=False)):
            if (problem := judge.one(each, real)) is not None:
                return Problem("item", f"[{index}] is {problem.said}", problem.real)
    elif claim.inner is not None:
        for index, real in enumerate(items or ()):
            if (problem := judge.one(claim.inner, real)) is not None:
                return Problem("item", f"each is {problem.said}", f"[{index}] is {problem.real}")
    return None


def _dict(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    if "dict" not in value.get("of", ()):
        return None if any(each.endswith(("Mapping", "mappingproxy", "State")) for each in value.get("of", ())) else Problem("type", "a dict", shown(value))
    if claim.items is None or "keys" not in value:
        return None
    real = dict(zip(value["keys"], value["values"], strict=True))
    simple = [key for key in claim.keys if isinstance(key, str | int | float | bool | type(None))]
    if not claim.is_open and None not in value["keys"] and value["length"] != len(claim.items):
        return Problem("length", f"{len(claim.items)} keys", f"{value['length']} keys")
    for key, each in zip(claim.keys, claim.items, strict=False):
        if key not in simple:
            continue
        if key not in real:
            if None in value["keys"] or key is None:
                continue
            return Problem("item", f"has the key {key!r}", "has not")
        if (problem := judge.one(each, real[key])) is not None:
            return Problem("item", f"[{key!r}] is {problem.said}", problem.real)
    return None


def _iterator(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    if value["type"] in ("int", "float", "bool", "NoneType", "complex"):
        return Problem("type", "an iterable", shown(value))
    if claim.items is not None and "items" in value:
        return _items(judge, claim, value)
    return None


def _one_of(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    return judge.problem(claim.items or (), value)


def _other(judge: Judge, claim: Claim, value: Described) -> Problem | None:
    return Problem("type", f"{claim.sort} {claim.name}".rstrip(), shown(value)) if value["type"] in PLAIN else None


_SORTS: dict[str, Callable[[Judge, Claim, Described], Problem | None]] = {
    "static": _static,
    "array": _array,
    "tree": _tree,
    "library": _library,
    "method": _other,
    "function": _function,
    "bound": _bound,
    "partial": _wrapped,
    "transformed": _wrapped,
    "class": _class,
    "object": _object,
    "tuple": _tuple,
    "list": _list,
    "dict": _dict,
    "iterator": _iterator,
    "super": _other,
    "optax": _other,
    "module": _other,
    "oneof": _one_of,
}


def shown(value: Described) -> str:
    """A concrete value in a few words."""
    if "array" in value:
        real = value["array"]
        traced = f", traced ({' of '.join(real['tracers'])})" if real["tracers"] else ""
        return f"array {real['dtype']}{tuple(real['shape'])}{traced}"
    if "constant" in value:
        return f"{value['type']} {value['constant']!r}"[:80]
    if "is_class" in value:
        return f"class {value['is_class']}"
    if "function" in value:
        return f"function {value['function'][2]}"
    if "length" in value:
        return f"{value['type']} of {value['length']}"
    if "numpy" in value:
        return f"{value['type']} {value['numpy']['dtype']}{tuple(value['numpy']['shape'])}"
    return f"{value['type']}{' ' + value['member'] if 'member' in value else ''}"
