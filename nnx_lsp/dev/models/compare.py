"""Whether what the tracer says of a value contains what is really there, and how much of it is known."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator

import msgspec

from nnx_lsp.dev.models.truth import (
    ArrayTruth,
    CallableTruth,
    DictTruth,
    HostTruth,
    ObjectTruth,
    OtherTruth,
    SequenceTruth,
    StaticTruth,
    Truth,
    words,
)
from nnx_lsp.tracer.values import (
    Array,
    Bound,
    Class,
    Dict,
    Function,
    Iterator_,
    Library,
    LibraryMethod,
    List,
    Object,
    OneOf,
    Partial,
    Static,
    Transformed,
    Tree,
    Tuple,
    Unknown,
    Value,
)


class Grade(enum.Enum):
    """How a claim stands to the truth: it tells all (of an array: rank, dimensions, dtype), some, or nothing of it, or something else."""

    EXACT = "exact"
    PARTIAL = "partial"
    UNKNOWN = "unknown"
    WRONG = "wrong"


class Verdict(msgspec.Struct, frozen=True):
    """The grade of one claim; `kind` and `said` are of a wrong one: what is wrong about it, and what the tracer says."""

    grade: Grade
    kind: str = ""
    said: str = ""


EXACT = Verdict(Grade.EXACT)
PARTIAL = Verdict(Grade.PARTIAL)
NOTHING = Verdict(Grade.UNKNOWN)
Canonical = Callable[[str], str]
"""Gives the public name of any spelling of a class."""

_EXACT_NAMES = {
    "int32": "int",
    "int64": "int",
    "uint32": "uint",
    "uint64": "uint",
    "float32": "float",
    "float64": "float",
    "complex64": "complex",
    "complex128": "complex",
}
_CALLABLES = (Function, Bound, Partial, Transformed, Library, LibraryMethod, Class)
_CALLABLE_KINDS = ("", "function", "type")


def judge(claim: Value, truth: Truth, canonical: Canonical) -> Verdict:
    """The verdict on one claim. `canonical` names classes as the tracer does."""
    match claim:
        case Unknown():
            return NOTHING
        case OneOf():
            return _one_of(claim, truth, canonical)
        case Array():
            return _array(claim, truth)
        case Tree():
            return _tree(claim, truth)
        case Static():
            return _static(claim, truth)
        case Tuple() | List():
            return _sequence(claim, truth, canonical)
        case Dict():
            return _dict(claim, truth, canonical)
        case Object():
            return _object(claim, truth, canonical)
        case Iterator_():
            return _iterator(claim, truth, canonical)
        case _ if isinstance(claim, _CALLABLES):
            return _callable(claim, truth)
        case _:
            return NOTHING if isinstance(truth, ObjectTruth | OtherTruth | CallableTruth) else _wrong("type", type(claim).__name__)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict for what several walks say of one place: a wrong claim stands out, else the one that tells most counts."""
    found = list(verdicts)
    order = (Grade.WRONG, Grade.EXACT, Grade.PARTIAL, Grade.UNKNOWN)
    return min(found, key=lambda each: order.index(each.grade), default=NOTHING)


def _wrong(kind: str, said: str) -> Verdict:
    return Verdict(Grade.WRONG, kind, said)


def _of_parts(parts: Iterable[Verdict]) -> Verdict:
    """The verdict on a container whose outline is right."""
    found = list(parts)
    wrong = next((each for each in found if each.grade is Grade.WRONG), None)
    return wrong or (EXACT if all(each.grade is Grade.EXACT for each in found) else PARTIAL)


def _one_of(claim: OneOf, truth: Truth, canonical: Canonical) -> Verdict:
    found = [judge(option, truth, canonical) for option in claim.options]
    return found[0] if all(each.grade is Grade.WRONG for each in found) else PARTIAL


# Arrays --------------------------------------------------------------------------------------------------------------


def _array(claim: Array, truth: Truth) -> Verdict:
    said = claimed(claim)
    if not isinstance(truth, ArrayTruth):
        return _wrong("type", said)
    if claim.dtype == "key" and truth.dtype == "uint32" and truth.shape[-1:] == (2,):
        return _wrong("old key", said)  # By design a key is one value, also where it is two numbers.
    if claim.level is not None and not truth.is_traced:
        return _wrong("traced", said)
    rank = len(truth.shape)
    if not (claim.low <= rank and (claim.high < 0 or rank <= claim.high)):
        return _wrong("rank", said)
    pairs = list(zip(reversed(claim.dims), reversed(truth.shape), strict=False))
    if any(known is not None and known != size for known, size in pairs):
        return _wrong("dimensions", said)
    if claim.dtype not in ("", _kind(truth.dtype)):
        return _wrong("kind", said)
    if claim.exact and claim.exact.removeprefix("~") != _EXACT_NAMES.get(truth.dtype, truth.dtype):
        return _wrong("dtype", said)
    # JAX marks some bools as weakly typed, which makes no difference to any promotion.
    if claim.exact and claim.exact.startswith("~") != truth.is_weak and truth.dtype != "bool":
        return _wrong("weak type", said)
    is_shaped = claim.low == claim.high == len(claim.dims) and None not in claim.dims
    return EXACT if is_shaped and (claim.exact or claim.dtype == "key") else PARTIAL


def claimed(claim: Array) -> str:
    """An abstract array in a few words: `~float[3,4]`, `int[…,4]`, `?[1..2 dimensions]`."""
    dtype = claim.exact or (f"{claim.dtype}?" if claim.dtype and claim.dtype != "key" else claim.dtype) or "?"
    dims = ",".join("?" if size is None else str(size) for size in claim.dims)
    is_ranked = claim.low == claim.high == len(claim.dims)
    high = "" if claim.high < 0 else claim.high
    shape = dims if is_ranked else f"…{',' if dims else ''}{dims}; {claim.low}..{high} dimensions"
    return f"{dtype}[{shape}]" + (" traced" if claim.level is not None else "")


def _kind(dtype: str) -> str:
    """The kind of a dtype, as `Array.dtype` has it."""
    if dtype.startswith("key<"):
        return "key"
    return next((kind for kind in ("bool", "int", "complex") if kind in dtype), "float")


def _tree(claim: Tree, truth: Truth) -> Verdict:
    leaves = list(_leaves(truth))
    if not all(isinstance(leaf, ArrayTruth | ObjectTruth) for leaf in leaves):
        return _wrong("type", "a tree of arrays")
    if claim.level is not None and not all(leaf.is_traced for leaf in leaves if isinstance(leaf, ArrayTruth)):
        return _wrong("traced", "a tree of traced arrays")
    return PARTIAL


def _leaves(truth: Truth) -> Iterator[Truth]:
    match truth:
        case SequenceTruth() | DictTruth():
            for item in truth.items:
                yield from _leaves(item)
        case StaticTruth(kind="NoneType"):
            return
        case _:
            yield truth


# Python values -------------------------------------------------------------------------------------------------------


def _static(claim: Static, truth: Truth) -> Verdict:
    said = f"the {claim.kind or 'Python value'} {claim.constant!r}" if claim.is_known else f"a Python value ({claim.kind or 'any'})"
    match truth:
        case ArrayTruth():
            return NOTHING if not claim.kind and not claim.is_known and not truth.is_traced else _wrong("type", said)
        case HostTruth():
            return PARTIAL if claim.kind in ("", "ndarray") and not claim.is_known else _wrong("type", said)
        case StaticTruth():
            return _number(claim, truth, said)
        case SequenceTruth():
            return _constant_sequence(claim, truth, said)
        case CallableTruth():
            return PARTIAL if claim.kind in _CALLABLE_KINDS else _wrong("type", said)
        case DictTruth():
            return PARTIAL if claim.kind in ("", "dict") else _wrong("type", said)
        case ObjectTruth() | OtherTruth():
            return PARTIAL if claim.kind in ("", truth.cls.rpartition(".")[2]) else _wrong("type", said)


def _number(claim: Static, truth: StaticTruth, said: str) -> Verdict:
    if claim.kind not in ("", truth.kind):
        return _wrong("type", said)
    if claim.is_known and truth.is_known:
        return EXACT if type(claim.constant) is type(truth.value) and claim.constant == truth.value else _wrong("value", said)
    return EXACT if truth.kind == "NoneType" and claim.kind else PARTIAL if claim.kind else NOTHING


def _constant_sequence(claim: Static, truth: SequenceTruth, said: str) -> Verdict:
    if claim.kind not in ("", truth.kind) and not (claim.kind == "shape" and truth.kind == "tuple"):
        return _wrong("type", said)
    if not claim.is_known:
        return PARTIAL if claim.kind else NOTHING
    values = [item.value for item in truth.items if isinstance(item, StaticTruth) and item.is_known]
    if len(values) < len(truth.items) or not isinstance(claim.constant, tuple | list):
        return PARTIAL
    return EXACT if list(claim.constant) == values else _wrong("value", said)


def _callable(claim: Value, truth: Truth) -> Verdict:
    if isinstance(truth, CallableTruth):
        return PARTIAL
    if isinstance(claim, Library) and not isinstance(truth, ArrayTruth | SequenceTruth | DictTruth):
        return NOTHING  # A constant or an object of a library, of which only the name is known.
    return _wrong("type", claim.name if isinstance(claim, Library) else type(claim).__name__)


# Containers and objects ----------------------------------------------------------------------------------------------


def _sequence(claim: Tuple | List, truth: Truth, canonical: Canonical) -> Verdict:
    kind = claim.kind if isinstance(claim, List) else "tuple"
    items = claim.items
    said = f"a {kind} of {'some' if items is None else len(items)}"
    if not isinstance(truth, SequenceTruth):
        is_keys = items is not None and any(isinstance(item, Array) and item.dtype == "key" for item in items)
        # By design keys that were split are a tuple of keys.
        return _wrong("keys as a tuple" if is_keys and isinstance(truth, ArrayTruth) else "type", said)
    if kind != truth.kind:
        return _wrong("type", said)
    if items is None:
        found = [judge(claim.element, item, canonical) for item in truth.items] if isinstance(claim, List) else []
        return next((each for each in found if each.grade is Grade.WRONG), PARTIAL)
    if len(items) != len(truth.items):
        return _wrong("length", said)
    if isinstance(claim, Tuple) and claim.fields and claim.fields != truth.fields:
        return _wrong("fields", f"a named tuple of {', '.join(claim.fields)}")
    return _of_parts(judge(one, two, canonical) for one, two in zip(items, truth.items, strict=True))


def _iterator(claim: Iterator_, truth: Truth, canonical: Canonical) -> Verdict:
    if isinstance(truth, OtherTruth):
        return PARTIAL
    if not isinstance(truth, SequenceTruth):
        return _wrong("type", "an iterator")
    found = (judge(claim.element, item, canonical) for item in truth.items)
    # It has no length and no items, as a sequence has; what it gives may be right.
    return next((each for each in found if each.grade is Grade.WRONG), _wrong("iterator", "an iterator"))


def _dict(claim: Dict, truth: Truth, canonical: Canonical) -> Verdict:
    said = f"a dict of {', '.join(map(repr, claim.items))}{' and others' if claim.is_open else ''}"
    if not isinstance(truth, DictTruth):
        return _wrong("type", said)
    by_key = dict(zip(truth.keys, truth.items, strict=True))
    known = {repr(key): value for key, value in claim.items.items()}
    if known.keys() - by_key.keys() or (not claim.is_open and by_key.keys() - known.keys()):
        return _wrong("keys", said)
    verdict = _of_parts(judge(value, by_key[key], canonical) for key, value in known.items())
    return PARTIAL if claim.is_open and verdict.grade is Grade.EXACT else verdict


def _object(claim: Object, truth: Truth, canonical: Canonical) -> Verdict:
    said = f"a {claim.class_name}"
    if not isinstance(truth, ObjectTruth):
        return NOTHING if isinstance(truth, OtherTruth | CallableTruth) else _wrong("type", said)
    if isinstance(claim.cls, str) and canonical(truth.cls) != claim.cls:
        return _wrong("class", said)
    found: list[Verdict] = []
    for name, inner in truth.attributes.items():
        verdict = judge(claim.attributes[name], inner, canonical) if name in claim.attributes else NOTHING
        if verdict.grade is Grade.WRONG:
            return _wrong(verdict.kind, f"`{name}` {verdict.said}, is {words(inner)}")
        if _holds_arrays(inner):
            found.append(verdict)
    return _of_parts(found)


def _holds_arrays(truth: Truth) -> bool:
    """Whether an attribute counts for what can be known of an object: its Variables and what they hold."""
    return isinstance(truth, ArrayTruth) or (isinstance(truth, ObjectTruth) and any(map(_holds_arrays, truth.attributes.values())))
