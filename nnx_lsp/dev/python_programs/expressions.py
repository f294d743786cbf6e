"""Ways to write an expression of a type."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.displays import DISPLAYS
from nnx_lsp.dev.python_programs.kinds import INT, STR, Kind, optional
from nnx_lsp.dev.python_programs.maker import KEYS, Maker, Way, unwrapped
from nnx_lsp.dev.python_programs.scalars import FLOATS, NUMBERS, TEXTS
from nnx_lsp.dev.python_programs.truths import TRUTHS


def _literal(m: Maker, depth: int) -> str | None:
    return m.literal(m.wanted)


def _chosen(m: Maker, depth: int) -> str | None:
    type = m.wanted
    return f"({m.expression(type, depth)} if {m.test()} else {m.expression(type, depth)})"


def _called(m: Maker, depth: int) -> str | None:
    """A call of a function or a method that gives this type."""
    found = []
    for name, own in m.scope.readable.items():
        if own.signature is not None and own.signature.result == m.wanted:
            found.append((name, own.signature))
        if own.kind == "object":
            found += [(f"{name}.{method.name}", method.signature) for method in m.shapes[own.shape].methods if method.signature.result == m.wanted]
    if not found:
        return None
    name, signature = m.pick(found)
    return f"{name}({m.arguments(signature, depth)})"


def _got(m: Maker, depth: int) -> str | None:
    """An attribute by its name as a text, or out of the object's own dict."""
    found = [
        (name, field)
        for name, own in m.of_kind("object")
        for field in m.shapes[own.shape].fields
        if field.type == m.wanted and (name != "self" or field.is_writable)
    ]
    if not found:
        return None
    name, field = m.pick(found)
    ways = (
        f'getattr({name}, "{field.name}")',
        f'getattr({name}, "{field.name}", {m.expression(m.wanted, 0)})',
        f'getattr({name}, "missing", {m.expression(m.wanted, 0)})',
    )
    return m.pick(ways)


def _item(m: Maker, depth: int) -> str | None:
    """An item of a container: some do not exist, and then the piece is thrown away or the exception is caught."""
    found = []
    for name, own in m.scope.readable.items():
        if own.kind in ("list", "deque") and own.items[0] == m.wanted:
            found += [f"{name}[{m.pick(('0', '-1', '1', '0'))}]"]
        if own.kind == "list" and own.items[0] == m.wanted:
            found += [f"next(iter({name}), {m.expression(m.wanted, 0)})", f"({name}[-1] if {name} else {m.expression(m.wanted, 0)})"]
        if own.kind == "dict" and own.items == (STR, m.wanted):
            key = m.pick(KEYS)
            default = m.expression(m.wanted, 0)
            found += [
                f'{name}["{key}"]',
                f'{name}.get("{key}", {default})',
                f'({name}["{key}"] if "{key}" in {name} else {default})',
                f"next(iter({name}.values()), {default})",
            ]
    return m.pick(found) if found else None


def _lambda_called(m: Maker, depth: int) -> str | None:
    type, given = m.wanted, m.scalar()
    name = m.fresh("x", "y", "z")
    value = m.expression(given, depth)
    with m.bound(**{name: given}):
        body = m.bare(type, depth)
    return f"(lambda {name}: {body})({unwrapped(value)})"


def _or(m: Maker, depth: int) -> str | None:
    return f"({m.expression(m.wanted, depth)} {m.pick(('or', 'and'))} {m.expression(m.wanted, depth)})"


def _of_optional(m: Maker, depth: int) -> str | None:
    if not (names := m.names(optional(m.wanted))):
        return None
    name = m.pick(names)
    default = m.expression(m.wanted, 0)
    return m.pick((f"({name} if {name} is not None else {default})", f"({default} if {name} is None else {name})", f"({name} or {default})"))


def _narrowed(m: Maker, depth: int) -> str | None:
    found = [(name, own) for name, own in m.of_kind("either") if m.wanted in own.items and m.wanted in (INT, STR)]
    if not found:
        return None
    name, _ = m.pick(found)
    kind, default = m.wanted.kind, m.expression(m.wanted, 0)
    return m.pick(
        (
            f"({name} if isinstance({name}, {kind}) else {default})",
            f"({default} if not isinstance({name}, ({kind}, float)) else {name})",
            f"({name} if type({name}) is {kind} else {default})",
        )
    )


_ANY: tuple[Way, ...] = (_literal, _literal, _chosen, _called, _called, _called, _got, _item, _item, _lambda_called, _or, _of_optional, _narrowed)


EXPRESSIONS: dict[Kind, tuple[Way, ...]] = {
    "int": _ANY + NUMBERS,
    "str": _ANY + TEXTS,
    "bool": (*_ANY[1:9], *TRUTHS),
    "float": _ANY + FLOATS,
    "none": (_literal,),
    "list": _ANY[:9] + DISPLAYS["list"],
    "dict": _ANY[:9] + DISPLAYS["dict"],
    "set": _ANY[:6] + DISPLAYS["set"],
    "tuple": _ANY[:9] + DISPLAYS["tuple"],
    "deque": (_literal, _called, _got, *DISPLAYS["deque"]),
    "optional": (_literal, _chosen, _called, _got, *DISPLAYS["optional"]),
    "either": (_literal, _chosen, _called, _got, *DISPLAYS["either"]),
    "object": (_chosen, _called, _got, _item, *DISPLAYS["object"]),
    "function": (_called, *DISPLAYS["function"]),
}
