"""Ways to write containers, objects and functions."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import INT, STR, Kind, dict_of, list_of, set_of, tuple_of
from nnx_lsp.dev.python_programs.maker import KEYS, Maker, Way, unwrapped


def _copied(m: Maker, depth: int) -> str | None:
    value = m.path(m.wanted)
    if value is None:
        return None
    forms = {
        "list": ("{}[:]", "list({})", "{}.copy()", "[*{}]", "{}[::-1]", "{}[1:]", "{}[:2]", "{}[::2]", "list(reversed({}))", "{}[-2:]"),
        "dict": ("dict({})", "{}.copy()", "{{**{}}}", "dict({}.items())"),
        "set": ("set({})", "{}.copy()", "{{*{}}}"),
        "tuple": ("tuple({})", "tuple(list({}))", "(*{},)"),
        "deque": ("{}.copy()",),
    }
    return m.pick(forms[m.wanted.kind]).format(value)


def _added(m: Maker, depth: int) -> str | None:
    type = m.wanted
    one, other = m.expression(type, depth), m.expression(type, 0)
    item = m.expression(type.items[0], 0)
    return m.pick((f"({one} + {other})", f"[*{one}, {unwrapped(item)}]", f"[{unwrapped(item)}, *{one}]", f"({one} * 2)[:4]", f"[*{one}, *{other}]"))


def _comprehended(m: Maker, depth: int) -> str | None:
    type, source = m.wanted, m.pick((INT, INT, STR))
    name = m.fresh("x", "y", "each")
    items = m.expression(m.pick((list_of(source), tuple_of(source, source))), depth)
    with m.bound(**{name: source}):
        value = m.bare(type.items[0], 1)
        test = f" if {m.test()}" if m.chance(0.4) else ""
    if m.chance(0.25):
        other = m.fresh("y", "z")
        return f"[{value} for {name} in {items} for {other} in range({m.number(1, 2)}){test}]"
    if m.chance(0.15):
        return f"[{value} for {name} in {items}{test} for _ in ({name},)]"
    return f"[{value} for {name} in {items}{test}]"


def _listed(m: Maker, depth: int) -> str | None:
    """A list out of a function of the standard library."""
    item = m.wanted.items[0]
    name = m.fresh("x", "y")
    items = m.expression(m.wanted, depth)
    with m.bound(**{name: item}):
        value, test = m.bare(item, 1), m.test()
    ways = [
        f"list(map(lambda {name}: {value}, {items}))",
        f"list(filter(lambda {name}: {test}, {items}))",
        f"list(reversed({items}))",
        f"list(dict.fromkeys({items}))" if item in (INT, STR) else f"list({items})",
    ]
    ways += [
        f"list({m.module('itertools', 'chain')}({items}, {m.expression(m.wanted, 0)}))",
        f"list({m.module('itertools', 'islice')}({items}, {m.number(1, 3)}))",
    ]
    if item == INT:
        ways += [
            f"sorted({items})",
            f"sorted({items}, reverse=True)",
            f"sorted({items}, key=lambda {name}: -{name})",
            f"list(range({m.number(0, 4)}))",
            f"list(range({m.number(3, 6)}, 0, -2))",
        ]
        ways += [
            f"[i * {name} for i, {name} in enumerate({items})]",
            f"[{name} + z for {name}, z in zip({items}, {m.expression(m.wanted, 0)})]",
            f'list(map(int, {m.literal(list_of(STR))[:0]}["1", "2"]))',
        ]
        ways += [f"list({m.module('itertools', 'accumulate')}({items}))"]
        ways += [f"sorted({other})" for other in m.names(set_of(INT))]
    if item == STR:
        ways += [
            '"a b c".split()',
            f"list({m.expression(STR, 0)})",
            f"sorted({items})",
            f"sorted({items}, key=len)",
            f"[str({name}) for {name} in {m.expression(list_of(INT), 0)}]",
        ]
        ways += [f"{way}({other})" for other, _ in m.of_kind("dict") for way in ("list", "sorted")]
    if item.kind == "tuple" and item.items == (STR, INT):
        ways += [f"list({other}.items())" for other in m.names(dict_of(INT))]
    ways += [f"list({other}.values())" for other in m.names(dict_of(item))]
    return m.pick(ways)


def _merged(m: Maker, depth: int) -> str | None:
    type = m.wanted
    one, other = m.expression(type, depth), m.expression(type, 0)
    value = m.expression(type.items[1], depth)
    key = m.pick(KEYS) if type.items[0] == STR else None
    ways = [f"({one} | {other})", f"{{**{one}, **{other}}}", f"dict({one})"]
    if key is not None:
        ways += [
            f'{{**{one}, "{key}": {unwrapped(value)}}}',
            f"dict({key}={unwrapped(value)})",
            f"dict({one}, {key}={unwrapped(value)})",
            f'dict([("{key}", {unwrapped(value)})])',
            f'dict.fromkeys(["{key}", "b"], {unwrapped(value)})',
        ]
        ways += [f'dict(zip(["{key}", "z"], [{value}, {m.expression(type.items[1], 0)}]))', f'{{"{key}": {unwrapped(value)}}}']
    return m.pick(ways)


def _dict_comprehended(m: Maker, depth: int) -> str | None:
    key_type, value_type = m.wanted.items
    name = m.fresh("k", "each")
    items = m.expression(list_of(key_type), 0)
    with m.bound(**{name: key_type}):
        value = m.bare(value_type, 1)
        test = f" if {m.test()}" if m.chance(0.3) else ""
    if (names := m.names(m.wanted)) and m.chance(0.5):
        return f"{{{name}: v for {name}, v in {m.pick(names)}.items(){test}}}"
    return f"{{{name}: {value} for {name} in {items}{test}}}"


def _set_made(m: Maker, depth: int) -> str | None:
    one, other = m.expression(m.wanted, depth), m.expression(m.wanted, 0)
    name = m.fresh("x", "y")
    items = m.expression(list_of(INT), depth)
    with m.bound(**{name: INT}):
        value = m.bare(INT, 1)
    return m.pick(
        (
            f"({one} {m.pick(('|', '&', '-', '^'))} {other})",
            f"{{{value} for {name} in {items}}}",
            f"set({items})",
            f"{one}.union({items})",
            f"{one}.intersection({other})",
            f"{one}.difference({items})",
            "set()",
        )
    )


def _tuple_made(m: Maker, depth: int) -> str | None:
    items = m.wanted.items
    if not items:
        return "()"
    text = ", ".join(unwrapped(m.expression(item, depth)) if item.kind != "tuple" else m.expression(item, depth) for item in items)
    comma = "," if len(items) == 1 else ""
    return m.pick((f"({text}{comma})", f"tuple([{text}])", f"({text}{comma})"))


def _deque_made(m: Maker, depth: int) -> str | None:
    kept = f", maxlen={m.number(2, 4)}" if m.chance(0.3) else ""
    return f"{m.module('collections', 'deque')}({m.expression(list_of(m.wanted.items[0]), depth)}{kept})"


def _optional_made(m: Maker, depth: int) -> str | None:
    item = m.wanted.items[0]
    ways = [
        "None",
        m.expression(item, depth),
        f"({m.expression(item, depth)} if {m.test()} else None)",
        f"next(iter([{m.expression(item, 0)}][{m.number(0, 1)}:]), None)",
    ]
    ways += [f'{name}.get("{m.pick(KEYS)}")' for name in m.names(dict_of(item))]
    return m.pick(ways)


def _either_made(m: Maker, depth: int) -> str | None:
    one, other = m.wanted.items
    return m.pick((m.expression(one, depth), m.expression(other, depth), f"({m.expression(one, depth)} if {m.test()} else {m.expression(other, depth)})"))


def _object_made(m: Maker, depth: int) -> str | None:
    shape = m.shapes[m.wanted.shape]
    return f"{shape.name}({m.arguments(shape.made_by, depth)})"


def _function_made(m: Maker, depth: int) -> str | None:
    assert m.wanted.signature is not None
    return m.lambda_of(m.wanted.signature, depth)


DISPLAYS: dict[Kind, tuple[Way, ...]] = {
    "list": (_copied, _copied, _added, _added, _comprehended, _comprehended, _comprehended, _listed, _listed, _listed),
    "dict": (_copied, _copied, _merged, _merged, _dict_comprehended),
    "set": (_copied, _set_made, _set_made),
    "tuple": (_copied, _tuple_made, _tuple_made),
    "deque": (_deque_made, _copied),
    "optional": (_optional_made, _optional_made),
    "either": (_either_made, _either_made),
    "object": (_object_made, _object_made),
    "function": (_function_made,),
}
