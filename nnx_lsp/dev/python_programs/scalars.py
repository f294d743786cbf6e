"""Ways to write numbers and texts."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import BOOL, FLOAT, INT, STR, dict_of, is_plain, list_of, tuple_of
from nnx_lsp.dev.python_programs.maker import Maker, Way, unwrapped


def _arithmetic(m: Maker, depth: int) -> str | None:
    left = m.expression(INT, depth)
    match m.pick(("+", "+", "-", "*", "//", "%", "<<", ">>", "&", "|", "^", "**")):
        case "*":
            return f"({left} * {m.number(2, 3)})"
        case "//" | "%" as operator:
            return f"({left} {operator} {m.pick((2, 3, 5, -3))})"
        case "<<" | ">>" as operator:
            return f"({left} {operator} {m.number(0, 3)})"
        case "**":
            return f"(({left} % 7) ** {m.number(0, 3)})"
        case operator:
            return f"({left} {operator} {m.expression(INT, depth)})"


def _signed(m: Maker, depth: int) -> str | None:
    return f"({m.pick(('-', '~', '+'))}{m.expression(INT, depth)})"


def _measured(m: Maker, depth: int) -> str | None:
    found = [f"len({name})" for name, own in m.of_kind("list", "dict", "set", "str", "tuple", "deque")]
    found += [f"len({name})" for name, own in m.of_kind("object") if "len" in m.shapes[own.shape].can]
    return m.pick(found) if found and m.chance(0.8) else f"len({m.bare(m.pick((STR, list_of(INT), dict_of(INT))), depth)})"


def _folded(m: Maker, depth: int) -> str | None:
    items = m.expression(list_of(INT), depth)
    other = m.expression(INT, 0)
    name = m.fresh("x", "y")
    with m.bound(**{name: INT}):
        each = m.bare(INT, 1)
        test = m.test()
    return m.pick(
        (
            f"sum({unwrapped(items)})",
            f"max({items}, default={other})",
            f"min([{other}, *{items}])",
            f"max({m.expression(INT, depth)}, {other})",
            f"min({m.expression(INT, depth)}, {other})",
            f"sum({each} for {name} in {items})",
            f"sum(1 for {name} in {items} if {test})",
            f"len([{name} for {name} in {items} if {test}])",
            f"{items}.count({other})",
            f"sum(map(lambda {name}: {each}, {items}))",
            f"next(({each} for {name} in {items} if {test}), {other})",
        )
    )


def _reduced(m: Maker, depth: int) -> str | None:
    items = m.expression(list_of(INT), depth)
    how = m.pick(("lambda a, b: a + b", "lambda a, b: a * 2 + b", "max", m.module("operator", "add"), "lambda a, b: b"))
    return f"{m.module('functools', 'reduce')}({how}, {items}, {m.expression(INT, 0)})"


def _counted_in_text(m: Maker, depth: int) -> str | None:
    text = m.expression(STR, depth)
    return m.pick((f'{text}.find("a")', f'{text}.count("a")', f"len({unwrapped(text)})", f'ord("{m.pick("abz")}")'))


def opaque_number(m: Maker, depth: int) -> str | None:
    """A number that Python knows, and who only reads may not."""
    return m.pick(
        (
            f'int("{m.number(0, 12)}")',
            "len(str(object))",
            f"sorted([{m.number(0, 9)}, {m.number(0, 9)}])[0]",
            f'dict([("k", {m.number(0, 9)})])["k"]',
            f"[x for x in ({m.number(0, 3)}, {m.number(4, 9)}) if x > 2][-1]",
            f"divmod({m.number(5, 19)}, {m.number(2, 4)})[{m.number(0, 1)}]",
            f"abs({m.number(-9, 3)})",
            f"round({m.number(0, 9)}.{m.pick((2, 7))})",
            f'int("{m.number(10, 99)}"[{m.number(0, 1)}])',
            f"len(repr({m.literal(list_of(INT))}))",
            f"next(iter({m.literal(tuple_of(INT, INT))}))",
            f"max({m.literal(list_of(INT))}, default=0)",
            f'len("{m.pick(("a-b", "a", "a-b-c"))}".split("-"))',
            f'dict(zip(["k", "a"], [{m.number(0, 9)}, {m.number(0, 9)}]))["k"]',
            f"(lambda *values: values[-1])({m.number(0, 9)}, {m.number(0, 9)})",
        )
    )


def _converted_number(m: Maker, depth: int) -> str | None:
    return (
        m.pick((f"int({m.bare(BOOL, depth)})", f"int(str({m.bare(INT, depth)}))", f"int({m.expression(FLOAT, 0)})", f"({m.bare(INT, depth)}).bit_length()"))
        if not m.chance(0.3)
        else f"abs({m.bare(INT, depth)})"
    )


def _float_made(m: Maker, depth: int) -> str | None:
    one, other = m.expression(FLOAT, depth), m.expression(FLOAT, depth)
    return m.pick(
        (
            f"({one} + {other})",
            f"({one} - 0.5)",
            f"({one} * 2)",
            f"({m.expression(INT, depth)} / 2)",
            f"float({m.bare(INT, depth)})",
            'float("1.5")',
            f"max({one}, {other})",
            f"(-{one})",
            f"abs({one})",
            f"round({one} * 1.5, 1)",
        )
    )


def _text_method(m: Maker, depth: int) -> str | None:
    text = m.expression(STR, depth)
    end = m.pick(
        (
            *(
                ".upper()",
                ".lower()",
                ".title()",
                ".strip()",
                '.replace("a", "b")',
                '.replace("b", "")',
                '.split(" ")[0]',
                '.partition("b")[0]',
                '.partition("b")[2]',
            ),
            *(
                ".zfill(4)",
                '.ljust(3, ".")',
                ".capitalize()",
                ".swapcase()",
                '.removeprefix("a")',
                '.removesuffix("b")',
                '.rstrip("b")',
                ".casefold()",
                '.center(5, "-")',
            ),
        )
    )
    return f"{text}{end}"


def _text_slice(m: Maker, depth: int) -> str | None:
    text = m.expression(STR, depth)
    return f"{text}[{m.pick(('::-1', '1:', ':1', ':-1', '-2:', '::2', '0:2'))}]"


def _text_joined(m: Maker, depth: int) -> str | None:
    one, other = m.expression(STR, depth), m.expression(STR, depth)
    number = m.expression(INT, 0)
    return m.pick(
        (
            f"({one} + {other})",
            f"({one} * {m.number(0, 2)})",
            f'"{m.pick(("-", "", ", "))}".join({m.expression(list_of(STR), depth)})',
            f'"{{}}-{{}}".format({unwrapped(one)}, {unwrapped(number)})',
            f'"{{0}}{{0}}".format({unwrapped(number)})',
            f'("%s/%d" % ({one}, {number}))',
            f'"{{a}}".format(a={unwrapped(number)})',
            f'"".join(str(x) for x in {m.expression(list_of(INT), depth)})',
            f'"".join(reversed({one}))',
        )
    )


def _f_string(m: Maker, depth: int) -> str | None:
    names = [name for name, own in m.scope.readable.items() if is_plain(own)]
    parts = [m.pick(("", "a", "-", "=", " "))]
    for _ in range(m.number(1, 2)):
        if names and m.chance(0.8):
            name = m.pick(names)
            parts.append(m.pick((f"{{{name}}}", f"{{{name}!r}}", f"{{{name}}}", f"{{{name}=}}", f"{{str({name}):>6}}")))
        else:
            parts.append(m.pick((f"{{{m.number(1, 9)} + {m.number(1, 9)}}}", "{3.14159:.2f}", "{7:03d}", "{len(str(3))}", "{{x}}")))
        parts.append(m.pick(("", "b", ":", "!")))
    return f'f"{"".join(parts)}"'


def _text_of(m: Maker, depth: int) -> str | None:
    type = m.pick((INT, BOOL, FLOAT, list_of(INT), tuple_of(INT, STR)))
    value = m.bare(type, depth) if type.kind != "tuple" else m.expression(type, depth)
    return m.pick((f"str({value})", f"repr({value})", f'format({m.bare(INT, depth)}, "03d")', f"chr({m.number(97, 122)})", f"bin({m.number(0, 9)})"))


def _class_name(m: Maker, depth: int) -> str | None:
    names = [name for name, own in m.scope.readable.items() if own.kind != "function"]
    if not names:
        return None
    name = m.pick(names)
    return m.pick((f"type({name}).__name__", f"{name}.__class__.__name__"))


NUMBERS: tuple[Way, ...] = (
    *(_arithmetic, _arithmetic, _arithmetic, _signed, _measured, _measured, _folded, _folded),
    *(_reduced, _counted_in_text, opaque_number, _converted_number),
)
TEXTS: tuple[Way, ...] = (_text_method, _text_method, _text_slice, _text_joined, _text_joined, _f_string, _f_string, _text_of, _class_name)
FLOATS: tuple[Way, ...] = (_float_made, _float_made, _float_made)
