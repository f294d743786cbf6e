"""`match` over values of any type."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import BOOL, INT, STR, Type, dict_of, either, list_of, tuple_of
from nnx_lsp.dev.python_programs.maker import KEYS, Lines, Maker, Production, indented, unwrapped


def matched(m: Maker) -> Lines:
    """A `match` over a value of any type; each case names itself."""
    kinds = {
        "int": lambda: (INT, _int_cases(m)),
        "str": lambda: (STR, _str_cases(m)),
        "list": lambda: (list_of(INT), _sequence_cases(m)),
        "tuple": lambda: (tuple_of(STR, INT), _tuple_cases(m)),
        "dict": lambda: (dict_of(INT), _mapping_cases(m)),
        "either": lambda: (either(INT, STR), _type_cases(m)),
    }
    objects = m.of_kind("object")
    if objects and m.chance(0.35):
        subject, own = m.pick(objects)
        cases = _object_cases(m, own)
    else:
        type, cases = kinds[m.pick(list(kinds))]()
        subject = m.expression(type)
    name = m.fresh("kind", "case", "which")
    lines = [f"match {unwrapped(subject)}:"]
    chosen = m.some(cases, 2, 3)
    if m.chance(0.65):
        chosen.append(m.pick((("_", {}), (m.fresh("anything", "rest"), {}))))
    lines = [f'{name} = "none"', *lines]
    for number, (pattern, captured) in enumerate(chosen):
        is_open = not pattern.strip("abcdefghijklmnopqrstuvwxyz_0123456789") and not pattern.isdigit() and pattern not in ("None", "True", "False")
        guard = f" if {m.condition()}" if m.chance(0.2) and not is_open and " if " not in pattern else ""
        lines += [f"    case {pattern}{guard}:", f'        {name} = "{number}"']
        if is_open and pattern not in ("_", "None"):
            lines.append(f"        use({pattern})")
        with m.inside(m.scope.within()):
            m.scope.own.update(captured)
            if captured:
                lines.append(f"        use({', '.join(captured)})")
            if m.chance(0.4):
                lines += indented(indented(m.block(1, 1)))
    m.bind(name, STR)
    return lines


_Case = tuple[str, dict[str, Type]]


def _int_cases(m: Maker) -> list[_Case]:
    n = m.fresh("n", "k")
    return [
        (str(m.number(0, 3)), {}),
        (f"{m.number(0, 2)} | {m.number(3, 5)} | 7", {}),
        (f"int({n})", {n: INT}),
        (f"{n} if {n} > {m.number(0, 5)}", {n: INT}),
        (f"(0 | 1 | 2) as {n}", {n: INT}),
        ("str()", {}),
        (f"int() as {n}", {n: INT}),
        ("None", {}),
        ("-1", {}),
    ]


def _str_cases(m: Maker) -> list[_Case]:
    s = m.fresh("s", "text")
    return [
        ('"a"', {}),
        ('"b" | "ab" | "key"', {}),
        (f"str({s})", {s: STR}),
        (f'{s} if {s}.startswith("a")', {s: STR}),
        ('""', {}),
        (f'("train" | "a") as {s}', {s: STR}),
        ("int() | float()", {}),
    ]


def _sequence_cases(m: Maker) -> list[_Case]:
    a, b, rest = m.fresh("a", "first"), m.fresh("b", "second"), m.fresh("rest", "tail")
    return [
        ("[]", {}),
        (f"[{a}]", {a: INT}),
        (f"[{a}, {b}]", {a: INT, b: INT}),
        (f"[{a}, *{rest}]", {a: INT, rest: list_of(INT)}),
        (f"[*_, {a}]", {a: INT}),
        (f"({a}, {b}, *_)", {a: INT, b: INT}),
        (f"[{m.number(0, 3)}, *{rest}]", {rest: list_of(INT)}),
        (f"[int({a}), int({b})]", {a: INT, b: INT}),
        (f"list({rest})", {rest: list_of(INT)}),
    ]


def _tuple_cases(m: Maker) -> list[_Case]:
    a, b = m.fresh("a", "tag"), m.fresh("b", "num")
    return [
        (f'("a", {b})', {b: INT}),
        (f"({a}, {m.number(0, 3)})", {a: STR}),
        (f"({a}, {b})", {a: STR, b: INT}),
        (f'["a" | "b" as {a}, _]', {a: STR}),
        (f"(str({a}), int({b}))", {a: STR, b: INT}),
        (f"(_, {b}) if {b} > 2", {b: INT}),
        ("(_, _, _)", {}),
    ]


def _mapping_cases(m: Maker) -> list[_Case]:
    a, b, rest = m.fresh("a", "got"), m.fresh("b", "more"), m.fresh("rest", "left")
    key, other = m.some(KEYS, 2, 2)
    return [
        (f'{{"{key}": {a}}}', {a: INT}),
        (f'{{"{key}": {m.number(0, 4)}}}', {}),
        (f'{{"{key}": {a}, "{other}": {b}}}', {a: INT, b: INT}),
        (f'{{"{key}": {a}, **{rest}}}', {a: INT, rest: dict_of(INT)}),
        (f'{{"{other}": int({b})}}', {b: INT}),
        ("{}", {}),
        (f"dict({rest})", {rest: dict_of(INT)}),
    ]


def _type_cases(m: Maker) -> list[_Case]:
    a, b = m.fresh("a", "num"), m.fresh("b", "text")
    return [
        (f"int({a})", {a: INT}),
        (f"str({b})", {b: STR}),
        (f"int() as {a}", {a: INT}),
        ("bool()", {}),
        ("float() | None", {}),
        (f"str() as {b} if {b}", {b: STR}),
    ]


def _object_cases(m: Maker, own: Type) -> list[_Case]:
    shape = m.shapes[own.shape]
    cases: list[_Case] = [(f"{shape.name}()", {})]
    for field in shape.fields:
        a = m.fresh("a", "part")
        cases.append((f"{shape.name}({field.name}={a})", {a: field.type}))
        if field.type in (INT, STR, BOOL):
            cases.append((f"{shape.name}({field.name}={m.literal(field.type)})", {}))
            cases.append((f"{shape.name}({field.name}={field.type.kind}())", {}))
    if shape.match_args:
        types = {field.name: field.type for field in shape.fields}
        names = {m.fresh("p", "q"): types[name] for name in shape.match_args[: m.number(1, len(shape.match_args))]}
        cases += [(f"{shape.name}({', '.join(names)})", names)] * 3
    others = [m.shapes[other.shape].name for _, other in m.of_kind("object")]
    return [*cases, (f"{m.pick(others)}()", {}), ("int() | str()", {})]


PRODUCTIONS = (Production(matched, 4),)
