"""Statements that change containers, through whatever name or attribute leads to them."""

from __future__ import annotations

from collections.abc import Callable

from nnx_lsp.dev.python_programs.kinds import INT, STR, Type, deque_of, dict_of, list_of, set_of, tuple_of
from nnx_lsp.dev.python_programs.maker import KEYS, Lines, Maker, Production, indented, unwrapped


def _place(m: Maker, *kinds: str) -> tuple[str, Type] | None:
    found = m.changeable(*kinds)  # type: ignore[arg-type]
    return m.pick(found) if found else None


def _made(m: Maker, type: Type) -> tuple[Lines, str]:
    """A new container under a new name."""
    name = m.fresh_for(type)
    value = m.bare(type)
    m.bind(name, type)
    return [f"{name} = {value}"], name


def change_list(m: Maker) -> Lines:
    found = _place(m, "list") if m.chance(0.85) else None
    lines: Lines = []
    if found is None:
        type = list_of(m.pick((INT, STR, list_of(INT), tuple_of(INT, STR))))
        lines, place = _made(m, type)
    else:
        place, type = found
    return [*lines, *(line for _ in range(m.pick((1, 1, 2))) for line in _list_change(m, place, type))]


def _list_change(m: Maker, place: str, type: Type) -> Lines:
    item, items = m.bare(type.items[0], 1), m.expression(type, 1)
    if m.depth:
        # In a loop it must not double.
        items = f"{items}[:2]"
    if type.items[0].kind == "tuple":
        item = m.expression(type.items[0], 1)
    at = m.pick(("0", "-1", "1"))
    got = m.fresh_for(type.items[0])
    ways: list[Lines] = [
        [f"{place}.append({item})"],
        [f"{place}.append({item})"],
        [f"{place}.extend({unwrapped(items)})"],
        [f"{place}.insert({at}, {item})"],
        [f"{place}.remove({place}[{at}])"],
        [f"{got} = {place}.pop({m.pick(('', at))})"],
        [f"{got} = {place}.pop() if {place} else {item}"],
        [f"{place}.clear()"],
        [f"{place}.reverse()"],
        [f"{place} += {items}"],
        [f"{place}[{at}] = {item}"],
        [f"{place}[{at}] = {item}"],
        [f"{place}[{m.pick((':1', '1:', ':', ':0', '-1:', '::2'))}] = {items}"],
        [f"{place}[len({place}):] = [{item}]"],
        [f"del {place}[{m.pick((at, ':1', '1:', '::2'))}]"],
        [f"{place} *= 2", f"del {place}[4:]"],
        [f"if {place}:", f"    {place}.pop()"],
        [f"if len({place}) > 1:", f"    {place}[0], {place}[-1] = {place}[-1], {place}[0]"],
        [f"{place}, {got} = {place}[:], {item}"] if "." not in place else [f"{place}.append({item})"],
        [f"{got} = {place}[{at}]"],
    ]
    if type.items[0] in (INT, STR):
        ways += [
            [f"{place}.sort()"],
            [f"{place}.sort(reverse=True)"],
            [f"{place}.sort(key=lambda x: str(x)[::-1])"],
            [f"{got} = {place}[{place}.index({place}[{at}])]"],
        ]
    if type.items[0] == INT:
        ways += [[f"{place}[{at}] {m.pick(('+=', '-=', '*='))} {m.number(1, 3)}"], [f"{place}[{at}] += {item}"]]
    if type.items[0].kind == "list":
        inner = m.bare(type.items[0].items[0], 1) if type.items[0].items[0].kind != "tuple" else m.expression(type.items[0].items[0], 1)
        ways += [[f"{place}[{at}].append({inner})"]] * 4 + [[f"for {got} in {place}:", f"    {got}.append({inner})"]] * 2
    lines = m.pick(ways)
    if lines[0].startswith(f"{got} =") or lines[0].startswith(f"{place}, {got}"):
        m.bind(got, type.items[0])
    return lines


def change_dict(m: Maker) -> Lines:
    found = _place(m, "dict") if m.chance(0.85) else None
    lines: Lines = []
    if found is None:
        type = dict_of(m.pick((INT, STR, list_of(INT), INT)))
        lines, place = _made(m, type)
    else:
        place, type = found
    if type.items[0] != STR:
        return []
    return [*lines, *(line for _ in range(m.pick((1, 1, 2))) for line in _dict_change(m, place, type))]


def _dict_change(m: Maker, place: str, type: Type) -> Lines:
    value = m.expression(type.items[1], 1)
    bare = unwrapped(value) if type.items[1].kind != "tuple" else value
    key, other = m.pick(KEYS), m.pick(KEYS)
    keyed = m.pick((f'"{key}"', f'"{key}"', *m.names(STR)[:1]))
    got = m.fresh_for(type.items[1])
    ways: list[Lines] = [
        [f"{place}[{keyed}] = {bare}"],
        [f"{place}[{keyed}] = {bare}"],
        [f'{place}.update({{"{key}": {bare}}})'],
        [f"{place}.update({key}={bare})"],
        [f'{place}.update([("{key}", {bare})])'],
        [f'{place}.update({{"{key}": {bare}}}, {other}={bare})'] if key != other else [f"{place}.update()"],
        [f"{place}.update(zip([{keyed}], [{bare}]))"],
        [f"{place} |= {m.expression(type, 1)}"],
        [f'{place} |= [("{key}", {bare})]'],
        [f"{got} = {place}.pop({keyed}, {bare})"],
        [f"{got} = {place}.pop({keyed})"],
        [f"{got} = {place}.setdefault({keyed}, {bare})"],
        [f"{got} = {place}.popitem()[1]"],
        [f"del {place}[{keyed}]"],
        [f"if {keyed} in {place}:", f"    del {place}[{keyed}]"],
        [f"if {keyed} not in {place}:", f"    {place}[{keyed}] = {bare}"],
        [f"{place}.clear()"],
        [f"for {got} in list({place}):", f"    {place}[{got}] = {bare}"],
        [f"{got} = list({place}.items())[-1][1]"],
        [f"{got} = {place}[{keyed}]"],
    ]
    if type.items[1] == INT:
        ways += [[f"{place}[{keyed}] = {place}.get({keyed}, 0) + {m.number(1, 3)}"], [f"{place}[{keyed}] += {m.number(1, 3)}"], [f"{place}[{keyed}] += {bare}"]]
        ways += [
            [f"view = {place}.values()", f"{place}[{keyed}] = {bare}", f"{got} = sum(view)"],
            [f"keys = {place}.keys()", f"{place}[{keyed}] = {bare}", f"{got} = len(keys)"],
        ]
    if type.items[1].kind == "list":
        inner = m.expression(type.items[1].items[0], 1)
        ways += [[f"{place}.setdefault({keyed}, []).append({inner})"], [f"{place}[{keyed}].append({inner})"]] * 2
    lines = m.pick(ways)
    if lines[-1].startswith(f"{got} ="):
        m.bind(got, type.items[1])
    return lines


def change_set(m: Maker) -> Lines:
    found = _place(m, "set")
    lines: Lines = []
    if found is None or m.chance(0.2):
        type = set_of(INT)
        lines, place = _made(m, type)
    else:
        place, type = found
    item, items = m.bare(INT, 1), m.expression(list_of(INT), 0)
    other = m.expression(type, 0)
    got = m.fresh_for(INT)
    way = m.pick(
        (
            *([f"{place}.add({item})"], [f"{place}.add({item})"], [f"{place}.discard({item})"], [f"{place}.update({items})"], [f"{place} |= {other}"]),
            *([f"{place} &= {other}"], [f"{place} -= {other}"], [f"{place} ^= {other}"], [f"{place}.remove(min({place}))"], [f"{place}.clear()"]),
            *([f"if {place}:", f"    {place}.remove(max({place}))"], [f"{got} = len({place} | {other})"], [f"{got} = int({place} <= {other})"]),
            *([f"{place}.difference_update({items})"], [f"{place}.intersection_update({other})"], [f"{place}.symmetric_difference_update({items})"]),
        )
    )
    if way[0].startswith(f"{got} ="):
        m.bind(got, INT)
    return lines + way


def use_deque(m: Maker) -> Lines:
    found = _place(m, "deque")
    lines: Lines = []
    if found is None or m.chance(0.3):
        type = deque_of(m.pick((INT, STR)))
        lines, place = _made(m, type)
    else:
        place, type = found
    item, items = m.bare(type.items[0], 1), f"{m.expression(list_of(type.items[0]), 0)}[:3]"
    got = m.fresh_for(type.items[0])
    for _ in range(m.number(1, 2)):
        way = m.pick(
            (
                *(
                    f"{place}.append({item})",
                    f"{place}.appendleft({item})",
                    f"{place}.extend({items})",
                    f"{place}.extendleft({items})",
                    f"{place}.rotate({m.number(-1, 2)})",
                ),
                *(
                    f"{got} = {place}.pop()",
                    f"{got} = {place}.popleft()",
                    f"{place}[0] = {item}",
                    f"{place}.reverse()",
                    f"{place}.clear()",
                    f"del {place}[0]",
                    f"{got} = {place}[-1]",
                ),
            )
        )
        lines.append(way)
        if way.startswith(f"{got} ="):
            m.bind(got, type.items[0])
    return lines


def other_dicts(m: Maker) -> Lines:
    """`defaultdict`, `Counter`, `OrderedDict`, `ChainMap`."""
    name = m.fresh("groups", "counts", "ordered", "layers")
    match m.pick(("defaultdict", "defaultdict", "Counter", "OrderedDict", "ChainMap")):
        case "defaultdict" if m.chance(0.5):
            lines = [
                f"{name} = {m.module('collections', 'defaultdict')}(list)",
                f'{name}["{m.pick(KEYS)}"].append({m.expression(INT, 1)})',
                f'{name}["{m.pick(KEYS)}"].append({m.expression(INT, 1)})',
            ]
            lines += (
                [f"for i, x in enumerate({m.expression(list_of(INT), 1)}):", f'    {name}["a" if i % 2 else "b"].append(x)']
                if m.chance(0.5)
                else [f'use({name}["z"], len({name}))']
            )
            type = dict_of(list_of(INT))
        case "defaultdict":
            default = m.pick(("int", f"lambda: {m.number(1, 9)}"))
            lines = [
                f"{name} = {m.module('collections', 'defaultdict')}({default})",
                f'{name}["{m.pick(KEYS)}"] += {m.expression(INT, 1)}',
                f'use({name}["{m.pick(KEYS)}"], "q" in {name}, {name}.get("q"))',
            ]
            type = dict_of(INT)
        case "Counter":
            lines = [
                f"{name} = {m.module('collections', 'Counter')}({m.pick((m.bare(STR, 1), m.expression(list_of(STR), 1)))})",
                f'{name}["a"] += {m.number(1, 3)}',
                m.pick((f'{name}.update("ab")', f'{name}.update(["k"])', f"{name}.update(k=2)")),
                f'use({name}["missing"], {name}.most_common(1))',
            ]
            type = dict_of(INT)
        case "OrderedDict":
            lines = [
                f'{name} = {m.module("collections", "OrderedDict")}([("a", {m.expression(INT, 1)}), ("b", {m.expression(INT, 1)})])',
                f'{name}.move_to_end("a"{m.pick(("", ", last=False"))})',
                f"use(list({name}), {name}.popitem(last={m.pick(('True', 'False'))}))",
            ]
            type = dict_of(INT)
        case _:
            base, top = m.fresh("base"), m.fresh("top")
            lines = [
                f"{base} = {m.expression(dict_of(INT), 1)}",
                f'{top} = {{"a": {m.expression(INT, 1)}}}',
                f"{name} = {m.module('collections', 'ChainMap')}({top}, {base})",
                f'{name}["k"] = {m.number(1, 9)}',
                f'use({name}["a"], "k" in {base}, len({name}))',
            ]
            m.bind(base, dict_of(INT))
            m.bind(top, dict_of(INT))
            return lines
    m.bind(name, type)
    return lines


def alias(m: Maker) -> Lines:
    """Two ways to one mutable value; what is done through one is read through the other."""
    found = m.changeable("list", "dict", "set", "deque", "object")
    if not found:
        return []
    place, type = m.pick(found)
    other = m.fresh_for(type)
    m.bind(other, type)
    holder = m.fresh("holder", "both")
    match m.number(0, 5):
        case 0:
            lines, back = [f"{other} = {place}"], other
        case 1:
            lines, back = [f"{holder} = [{place}, {place}]", f"{other} = {holder}[0]"], f"{holder}[1]"
            m.bind(holder, list_of(type))
        case 2:
            lines, back = [f'{holder} = {{"a": {place}}}', f'{other} = {holder}["a"]'], f'{holder}["a"]'
            m.bind(holder, dict_of(type))
        case 3:
            lines, back = [f"{holder} = {other} = {place}"], holder
            m.bind(holder, type)
        case 4:
            lines, back = [f"{holder} = ({place},)", f"({other},) = {holder}"], f"{holder}[0]"
            m.bind(holder, tuple_of(type))
        case _:
            lines, back = [f"{holder} = lambda: {place}", f"{other} = {holder}()"], f"{holder}()"
    lines += _change(m, other, type)
    return [*lines, f"use({place}, {back})"]


def _change(m: Maker, place: str, type: Type) -> Lines:
    match type.kind:
        case "list":
            return _list_change(m, place, type)
        case "dict":
            return _dict_change(m, place, type) if type.items[0] == STR else []
        case "object":
            fields = [field for field in m.shapes[type.shape].fields if field.is_writable]
            if not fields:
                return []
            field = m.pick(fields)
            return [f"{place}.{field.name} = {m.bare(field.type, 1)}"]
        case "set":
            return [f"{place}.add({m.bare(INT, 1)})"]
        case _:
            return [f"{place}.append({m.bare(type.items[0], 1)})"]


def nested_change(m: Maker) -> Lines:
    """A container in a container, changed from the inside and from the outside."""
    inner = m.pick((list_of(INT), dict_of(INT)))
    name, part = m.fresh("grid", "tree"), m.fresh("leaf", "inner")
    first = m.expression(inner, 1)
    second = m.expression(inner, 1)
    outer = m.pick((list_of(inner), dict_of(inner), tuple_of(inner, inner)))
    text = {"list": f"[{part}, {unwrapped(second)}]", "dict": f'{{"a": {part}, "b": {unwrapped(second)}}}', "tuple": f"({part}, {second})"}[outer.kind]
    at = '"a"' if outer.kind == "dict" else "0"
    lines = [f"{part} = {unwrapped(first)}", f"{name} = {text}"]
    m.bind(part, inner)
    m.bind(name, outer)
    ways: list[Callable[[], Lines]] = [lambda: _change(m, f"{name}[{at}]", inner), lambda: _change(m, part, inner)]
    if outer.kind != "tuple":
        ways.append(lambda: [f"{name}[{at}] = {m.bare(inner, 1)}"])
    if outer.kind == "list":
        ways.append(lambda: [f"{name} = [{part}] * 2"])
        ways.append(lambda: [f"for row in {name}:", *indented(_change(m, "row", inner))])
        ways.append(lambda: [f"{name} = [row.copy() for row in {name}]"])
    for way in m.some(ways, 1, 3):
        lines += way()
    return [*lines, f"use({part}, {name}[{at}])"]


PRODUCTIONS = (
    Production(change_list, 9),
    Production(change_dict, 8),
    Production(change_set, 2),
    Production(use_deque, 1),
    Production(other_dicts, 1),
    Production(alias, 6),
    Production(nested_change, 2),
)
