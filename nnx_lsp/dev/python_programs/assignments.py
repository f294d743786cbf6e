"""Statements that bind names and attributes."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import BOOL, FLOAT, INT, STR, Type, dict_of, list_of, tuple_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, indented, unwrapped


def _value(m: Maker, type: Type, depth: int = 2) -> str:
    """An expression to stand behind a sign or between commas."""
    text = m.expression(type, depth)
    return text if type.kind == "tuple" else unwrapped(text)


def assign(m: Maker) -> Lines:
    type = m.type()
    value = m.bare(type, 3)
    name = m.target(type)
    m.bind(name, type)
    return [f"{name} = {value}"]


def assign_again(m: Maker) -> Lines:
    """A name that gets a value of another type."""
    if m.depth or not (names := [name for name in m.scope.own if name not in m.scope.fixed]):
        return []
    name, type = m.pick(names), m.type()
    value = m.bare(type)
    m.bind(name, type)
    return [f"{name} = {value}"]


def chained(m: Maker) -> Lines:
    type = m.type()
    value = m.bare(type)
    one, other = m.target(type), m.fresh_for(type)
    m.bind(one, type)
    m.bind(other, type)
    if (fields := [field for field in _fields(m) if field[1] == type]) and m.chance(0.5):
        return [f"{one} = {m.pick(fields)[0]} = {other} = {value}"]
    return [f"{one} = {other} = {value}"]


def augmented(m: Maker) -> Lines:
    names = [(name, type) for name, type in m.scope.own.items() if type.kind in ("int", "str", "float", "list", "tuple") and name not in m.scope.fixed]
    names += [(place, type) for place, type in _fields(m) if type in (INT, STR)]
    if not names:
        return []
    name, type = m.pick(names)
    match type.kind:
        case "int":
            operator, value = m.pick(
                (
                    ("+=", m.bare(INT)),
                    ("-=", m.bare(INT)),
                    ("*=", "2"),
                    ("//=", "2"),
                    ("%=", "5"),
                    ("<<=", "1"),
                    (">>=", "1"),
                    ("&=", "7"),
                    ("|=", m.bare(INT, 1)),
                    ("^=", "3"),
                    ("**=", "1"),
                )
            )
        case "str":
            operator, value = m.pick((("+=", m.bare(STR)), ("*=", str(m.number(0, 2)))))
        case "float":
            operator, value = m.pick((("+=", m.bare(FLOAT)), ("*=", "0.5"), ("/=", "2"), ("-=", "1")))
        case "list":
            operator, value = "+=", _bounded(m, m.expression(type, 1))
        case _:
            value = m.expression(type, 1)
            if m.depth:
                return []
            m.bind(name, tuple_of(*type.items, *type.items))
            return [f"{name} += {value}"]
    return [f"{name} {operator} {value}"]


def _bounded(m: Maker, text: str) -> str:
    """A list that does not double in a loop."""
    return f"{text}[:2]" if m.depth else text


def annotated(m: Maker) -> Lines:
    type = m.pick((INT, STR, BOOL, FLOAT, list_of(INT), dict_of(INT)))
    name = m.fresh_for(type)
    spelled = {"list": "list[int]", "dict": "dict[str, int]"}.get(type.kind, type.kind)
    value = m.bare(type)
    m.bind(name, type)
    if m.chance(0.25):
        return [f"{name}: {spelled}", f"{name} = {value}"]
    spelled = m.pick((spelled, f'"{spelled}"', f"{spelled} | None"))
    return [f"{name}: {spelled} = {value}"]


def unpacked(m: Maker) -> Lines:
    """A tuple, list or dict taken apart, with or without a star, nested or not."""
    one, other = m.type(1), m.type(1)
    first, second, rest = m.fresh_for(one), m.fresh_for(other), m.fresh("rest", "others", "middle")
    match m.number(0, 7):
        case 0:
            lines = [f"{first}, {second} = {_value(m, one)}, {_value(m, other)}"]
        case 1:
            lines = [f"{first}, *{rest} = {_value(m, one)}, {_value(m, other)}, {_value(m, other, 1)}"]
            m.bind(rest, list_of(other))
            m.bind(first, one)
            return lines
        case 2:
            lines = [f"*{rest}, {first} = [{_value(m, other, 1)}, {_value(m, other, 1)}, {_value(m, one)}]"]
            m.bind(rest, list_of(other))
            m.bind(first, one)
            return lines
        case 3:
            extra = m.fresh_for(INT)
            lines = [f"({first}, {extra}), {second} = ({_value(m, one)}, {_value(m, INT)}), {_value(m, other)}"]
            m.bind(extra, INT)
        case 4:
            lines = [f"[{first}, (_, {second})] = {_value(m, one)}, [{_value(m, INT, 0)}, {_value(m, other)}]"]
        case 5:
            lines = [f"{first}, *{rest}, {second} = ({_value(m, one)}, {_value(m, INT)}, {_value(m, INT, 1)}, {_value(m, other)})"]
            m.bind(rest, list_of(INT))
        case 6:
            lines = [f'{first}, {second} = {{"a": {_value(m, one)}, "b": {_value(m, other)}}}.values()']
        case _:
            lines = [f"for {first}, {second} in [({_value(m, one)}, {_value(m, other)})]:", *indented(m.read())]
    m.bind(first, one)
    m.bind(second, other)
    return lines


def swapped(m: Maker) -> Lines:
    type = m.pick((INT, STR, INT, list_of(INT)))
    names = m.bindable(type)
    fields = [place for place, own in _fields(m) if own == type]
    if len(names) < 2:
        one, other = m.fresh_for(type), m.fresh_for(type)
        lines = [f"{one}, {other} = {_value(m, type)}, {_value(m, type)}"]
        m.bind(one, type)
        m.bind(other, type)
        return [*lines, f"{one}, {other} = {other}, {one}"]
    one, other = m.some(names + fields, 2, 2)
    if m.chance(0.3):
        third = m.pick(names)
        return [f"{one}, {other}, {third} = {third}, {one}, {other}"] if third not in (one, other) else [f"{one}, {other} = {other}, {one}"]
    return [f"{one}, {other} = {other}, {one}"]


def walrus(m: Maker) -> Lines:
    type = m.pick((INT, INT, STR, list_of(INT)))
    name = m.fresh_for(type)
    value = m.bare(type)
    tail = {"int": f" > {m.number(-1, 5)}", "str": f' == "{m.pick(("a", "b"))}"', "list": ""}[type.kind]
    match m.number(0, 5):
        case 0:
            lines = [f"if ({name} := {value}){tail}:"]
            with m.inside(m.scope.within()):
                m.bind(name, type)
                lines += indented(m.block(1, 2))
        case 1:
            lines = [f"use(({name} := {value}), {name})"]
        case 2 if type == INT:
            each = m.fresh("x", "y")
            made = m.fresh_for(list_of(INT))
            lines = [f"{name} = 0", f"{made} = [({name} := {name} + {each}) for {each} in {m.expression(list_of(INT), 1)}]"]
            m.bind(made, list_of(INT))
        case 3 if type == INT:
            each = m.fresh("x", "y")
            made = m.fresh_for(BOOL)
            lines = [f"{name} = -1", f"{made} = any(({name} := {each}) > {m.number(0, 4)} for {each} in {m.expression(list_of(INT), 1)})"]
            m.bind(made, BOOL)
        case 4:
            # Bound only if the first operand lets the second run.
            test = m.condition()
            lines = [f"{name} = {m.literal(type)}", f"use(({test}) {m.pick(('and', 'or'))} ({name} := {value}))"]
        case _ if not m.scope.in_loop:
            left = m.fresh("left", "todo")
            lines = [
                f"{left} = {m.expression(list_of(INT), 1)}[:3]",
                f"{name} = {m.literal(INT)}",
                f"while {left} and ({name} := {left}.pop()){m.pick(('', f' > {m.number(0, 2)}'))}:",
                "    use(" + f"{name}, len({left}))",
            ]
            m.bind(left, list_of(INT))
            m.bind(name, INT)
            return lines
        case _:
            lines = [f"({name} := {value})"]
    m.bind(name, type)
    return lines


def set_field(m: Maker) -> Lines:
    fields = _fields(m)
    if not fields:
        return []
    place, type = m.pick(fields)
    owner, _, name = place.rpartition(".")
    if m.chance(0.12):
        return [f'setattr({owner}, "{name}", {_value(m, type)})']
    return [f"{place} = {_value(m, type)}"]


def deleted(m: Maker) -> Lines:
    """A name that goes, and is given again or looked for."""
    type = m.pick((INT, STR, list_of(INT)))
    if m.depth and not m.scope.is_function:
        return []
    names = [] if m.depth else m.bindable(type)
    if names and m.chance(0.6):
        name = m.pick(names)
        lines: Lines = []
    else:
        name = m.fresh_for(type)
        lines = [f"{name} = {m.bare(type)}"]
    lines.append(f"del {name}")
    m.scope.own.pop(name, None)
    if m.chance(0.5):
        found = m.fresh("found", "what")
        lines += ["try:", f"    {found} = {name}", f"except {m.pick(('NameError', 'NameError', 'Exception'))}:", f"    {found} = {m.literal(type)}"]
        m.bind(found, type)
    else:
        other = m.type(1)
        lines.append(f"{name} = {m.bare(other)}")
        m.bind(name, other)
    return lines


def asserted(m: Maker) -> Lines:
    names = m.of_kind("list", "int", "str", "dict")
    if not names:
        return []
    name, type = m.pick(names)
    test = {"list": f"len({name}) >= 0", "int": f"{name} == {name}", "str": f"isinstance({name}, str)", "dict": f"{name} is not None"}[type.kind]
    return [f"assert {test}" + m.pick(("", ', "never"'))]


def called(m: Maker) -> Lines:
    """A call for its effect, or for its result."""
    found = []
    for name, own in m.scope.readable.items():
        if own.signature is not None:
            found.append((name, own.signature))
        if own.kind == "object":
            found += [(f"{name}.{method.name}", method.signature) for method in m.shapes[own.shape].methods]
    if not found:
        return []
    name, signature = m.pick(found)
    call = f"{name}({m.arguments(signature)})"
    if signature.result is None:
        return [call]
    if m.chance(0.25):
        return [m.pick((call, f"use({call})"))]
    got = m.target(signature.result)
    m.bind(got, signature.result)
    return [f"{got} = {call}"]


def made(m: Maker) -> Lines:
    """An object of a class that is known here."""
    if not m.shapes:
        return []
    kinds = {own for _, own in m.of_kind("object")}
    if not kinds:
        return []
    type = m.pick(sorted(kinds, key=lambda own: own.shape))
    value = m.bare(type)
    name = m.target(type)
    m.bind(name, type)
    return [f"{name} = {value}"]


def _fields(m: Maker) -> list[tuple[str, Type]]:
    """The attributes in reach that can be written."""
    return [(f"{name}.{field.name}", field.type) for name, own in m.of_kind("object") for field in m.shapes[own.shape].fields if field.is_writable]


PRODUCTIONS = (
    Production(assign, 10),
    Production(assign_again, 2),
    Production(chained, 2),
    Production(augmented, 5),
    Production(annotated, 1),
    Production(unpacked, 3),
    Production(swapped, 1.5),
    Production(walrus, 3),
    Production(set_field, 4, of_objects=True),
    Production(deleted, 1.5),
    Production(asserted, 0.7),
    Production(called, 14),
    Production(made, 1.5, of_objects=True),
)
