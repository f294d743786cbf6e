"""A claim in the words that `tests/values` are written in: `Array float32 (3, 4), traced by nnx.jit`."""

from __future__ import annotations

from collections.abc import Iterable

from nnx_lsp.dev.referee.claim import Claim

_VERBS = {"staged": "traced", "batched": "mapped", "differentiated": "differentiated"}
_DTYPES = {"int": "int32", "uint": "uint32", "float": "float32", "complex": "complex64"}
_ROOTS = {"flax.nnx.": "nnx.", "jax.numpy.": "jnp.", "builtins.": ""}


def told(claims: Iterable[Claim]) -> str:
    """What is said at a place over all ways that lead there."""
    return " | ".join(sorted({words(each) for each in claims}))


def words(claim: Claim) -> str:
    """One claim in words."""
    match claim.sort:
        case "static":
            return _static(claim)
        case "array":
            return f"Array {_dtype(claim)}{_shape(claim)}{_traced(claim)}"
        case "tree":
            return f"tree of arrays{_traced(claim)}"
        case "tuple":
            return f"tuple {_parts(claim, '()')}"
        case "list":
            return f"{claim.name} {_parts(claim, '{}' if claim.name in ('set', 'frozenset') else '[]')}"
        case "dict":
            return f"dict {_pairs(claim)}"
        case "iterator":
            return f"iterator {_parts(claim, '()')}"
        case "object":
            held = f" of {words(claim.inner)}" if claim.inner is not None else ""
            return f"{_short(claim.name)} object{held}"
        case "bound":
            inner = words(claim.inner) if claim.inner is not None else "method"
            of = f" of {words(claim.items[0])}" if claim.items else ""
            return f"bound {inner}{of}"
        case "partial" | "transformed":
            name = _short(claim.name) if claim.name else "partial"
            return f"{name} of {words(claim.inner)}" if claim.inner is not None else name
        case "library":
            return f"library {_short(claim.name)}"
        case "oneof":
            return " or ".join(sorted({words(each) for each in claim.items or ()}))
        case "unknown":
            return "unknown"
        case sort:
            return f"{sort} {claim.name}".rstrip()


def _short(name: str) -> str:
    for root, short in _ROOTS.items():
        if name.startswith(root):
            return short + name.removeprefix(root)
    return name


def _static(claim: Claim) -> str:
    if claim.name == "NoneType":
        return "None"
    if not claim.is_constant:
        return claim.name or "static"
    return f"{claim.name} {claim.constant!r}"


def _dtype(claim: Claim) -> str:
    if claim.exact:
        name = claim.exact.lstrip("~")
        return _DTYPES.get(name, name) + (" weak" if claim.exact.startswith("~") else "")
    return f"{claim.dtype}?" if claim.dtype not in ("", "bool", "key") else claim.dtype or "?"


def _shape(claim: Claim) -> str:
    dims = [str(each) if each is not None else "?" for each in claim.dims]
    if claim.high == claim.low:
        dims = ["?"] * (claim.low - len(dims)) + dims
        return f" ({', '.join(dims)}{',' if len(dims) == 1 else ''})"
    if claim.low == 0 and not dims and claim.high < 0:
        return ""
    limits = f"{claim.low} to {claim.high} dims" if claim.high >= 0 else f"{claim.low} dims or more" if claim.low > len(dims) else ""
    shown = f" (…, {', '.join(dims)})" if dims else ""
    return f"{shown} {limits}".rstrip() if limits else shown


def _traced(claim: Claim) -> str:
    return f", {_VERBS[claim.level]} by {claim.transform}" if claim.level else ""


def _parts(claim: Claim, brackets: str) -> str:
    if claim.items is None:
        inside = f"{words(claim.inner)}, …" if claim.inner is not None else "…"
    elif claim.sort == "tuple" and claim.keys:
        inside = ", ".join(f"{key}={words(each)}" for key, each in zip(claim.keys, claim.items, strict=False))
    else:
        inside = ", ".join(map(words, claim.items)) + ("," if claim.sort == "tuple" and len(claim.items) == 1 else "")
    return f"{brackets[0]}{inside}{brackets[1]}"


def _pairs(claim: Claim) -> str:
    if claim.items is None:
        return "{…}"
    pairs = [f"{key!r}: {words(each)}" for key, each in zip(claim.keys, claim.items, strict=False)]
    return f"{{{', '.join([*pairs, '…'] if claim.is_open else pairs)}}}"
