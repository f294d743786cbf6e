"""Ways to write a condition."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import BOOL, FLOAT, INT, STR, dict_of, list_of, tuple_of
from nnx_lsp.dev.python_programs.maker import KEYS, Maker, Way
from nnx_lsp.dev.python_programs.scalars import opaque_number


def _compared(m: Maker, depth: int) -> str | None:
    type = m.pick((INT, INT, INT, STR, FLOAT))
    one, other = m.expression(type, depth), m.expression(type, 0)
    return f"({one} {m.pick(('==', '!=', '<', '<=', '>', '>='))} {other})"


def _equal(m: Maker, depth: int) -> str | None:
    type = m.pick((list_of(INT), tuple_of(INT, INT), BOOL, dict_of(INT), m.type(1)))
    return f"({m.expression(type, depth)} {m.pick(('==', '!='))} {m.expression(type, 0)})"


def _chained_comparison(m: Maker, depth: int) -> str | None:
    operators = m.pick((("<", "<"), ("<=", "<"), ("<", "<="), ("==", "=="), (">", ">="), ("<", ">"), ("!=", "!=")))
    return f"({m.expression(INT, 0)} {operators[0]} {m.expression(INT, depth)} {operators[1]} {m.expression(INT, 0)})"


def _not(m: Maker, depth: int) -> str | None:
    return f"(not {m.expression(BOOL, depth)})"


def _both(m: Maker, depth: int) -> str | None:
    parts = [m.expression(BOOL, depth) for _ in range(m.pick((2, 2, 3)))]
    return f"({m.pick((' and ', ' or ')).join(parts)})"


def _is_instance(m: Maker, depth: int) -> str | None:
    names = m.of_kind("int", "str", "list", "optional", "either", "object", "dict", "tuple", "float", "bool")
    if not names:
        return None
    name = m.pick(names)[0]
    classes = ["int", "str", "list", "dict", "bool", "(int, str)", "(tuple, float)", "object", "int | list"]
    classes += [m.shapes[other.shape].name for _, other in m.of_kind("object")] * 2
    return m.pick(
        (f"isinstance({name}, {m.pick(classes)})", f"(type({name}) is {m.pick(('int', 'str', 'list', 'bool'))})", f"(type({name}) == {m.pick(('int', 'str'))})")
    )


def _is_none(m: Maker, depth: int) -> str | None:
    names = m.of_kind("optional", "either", "list", "int", "none", "object")
    return f"({m.pick(names)[0]} {m.pick(('is', 'is not'))} None)" if names else None


def _contained(m: Maker, depth: int) -> str | None:
    found = []
    for name, own in m.scope.readable.items():
        if own.kind in ("list", "set", "tuple", "deque") and own.items and own.items[0] in (INT, STR):
            found.append((m.expression(own.items[0], 0), name))
        elif own.kind == "dict" and own.items[0] == STR:
            found.append((f'"{m.pick(KEYS)}"', name))
        elif own.kind == "str":
            found.append(('"a"', name))
    item, container = m.pick([*found, (m.expression(INT, depth), "(1, 2, 3)")])
    return f"({item} {m.pick(('in', 'not in'))} {container})"


def _of_all(m: Maker, depth: int) -> str | None:
    name = m.fresh("x", "y")
    items = m.expression(list_of(INT), depth)
    with m.bound(**{name: INT}):
        test = m.test()
    return m.pick((f"any({test} for {name} in {items})", f"all({test} for {name} in {items})", f"all([{test} for {name} in {items}])", f"any({items})"))


def _of_text(m: Maker, depth: int) -> str | None:
    text = m.expression(STR, depth)
    return text + m.pick((".isdigit()", ".isupper()", '.startswith("a")', '.endswith(("b", "y"))', ".isalpha()"))


def _asked(m: Maker, depth: int) -> str | None:
    names = list(m.scope.readable)
    if not names:
        return None
    name = m.pick(names)
    fields = [field.name for _, own in m.of_kind("object") for field in m.shapes[own.shape].fields]
    return m.pick(
        (
            f"callable({name})",
            f'hasattr({name}, "{m.pick((*fields, "append", "missing", "upper", "items"))}")',
            f"bool({name})",
            "issubclass(bool, int)",
            "isinstance(True, int)",
        )
    )


def _identical(m: Maker, depth: int) -> str | None:
    names = m.of_kind("list", "dict", "object", "set", "deque")
    if not names:
        return None
    name, own = m.pick(names)
    return f"({name} {m.pick(('is', 'is not'))} {m.pick(m.names(own))})"


def _opaque_truth(m: Maker, depth: int) -> str | None:
    return f"({opaque_number(m, depth)} {m.pick(('==', '>', '<', '!='))} {m.number(0, 9)})"


TRUTHS: tuple[Way, ...] = (
    _compared,
    _compared,
    _compared,
    _equal,
    _chained_comparison,
    _not,
    _both,
    _is_instance,
    _is_instance,
    _is_none,
    _contained,
    _of_all,
    _of_text,
    _asked,
    _identical,
    _opaque_truth,
    _opaque_truth,
)
