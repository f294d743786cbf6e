"""Ways to write an expression of a type."""

from __future__ import annotations

from collections.abc import Callable

from nnx_lsp.dev.python_programs.kinds import BOOL, FLOAT, INT, STR, Kind, dict_of, is_plain, list_of, optional, set_of, tuple_of
from nnx_lsp.dev.python_programs.maker import KEYS, Maker, unwrapped

Way = Callable[[Maker, int], str | None]


# Any type -----------------------------------------------------------------------------------------------------------


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


# Numbers ------------------------------------------------------------------------------------------------------------


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


def _opaque_number(m: Maker, depth: int) -> str | None:
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


# Text ---------------------------------------------------------------------------------------------------------------


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


# Truth --------------------------------------------------------------------------------------------------------------


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
    return f"({_opaque_number(m, depth)} {m.pick(('==', '>', '<', '!='))} {m.number(0, 9)})"


# Containers ---------------------------------------------------------------------------------------------------------


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


# Others -------------------------------------------------------------------------------------------------------------


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


_INT = (_arithmetic, _arithmetic, _arithmetic, _signed, _measured, _measured, _folded, _folded, _reduced, _counted_in_text, _opaque_number, _converted_number)
_STR = (_text_method, _text_method, _text_slice, _text_joined, _text_joined, _f_string, _f_string, _text_of, _class_name)
_BOOL = (
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

EXPRESSIONS: dict[Kind, tuple[Way, ...]] = {
    "int": _ANY + _INT,
    "str": _ANY + _STR,
    "bool": (_literal, _chosen, _called, _called, _got, _item, *_BOOL),
    "float": (*_ANY, _float_made, _float_made, _float_made),
    "none": (_literal,),
    "list": (*_ANY[:9], _copied, _copied, _added, _added, _comprehended, _comprehended, _comprehended, _listed, _listed, _listed),
    "dict": (*_ANY[:9], _copied, _copied, _merged, _merged, _dict_comprehended),
    "set": (*_ANY[:6], _copied, _set_made, _set_made),
    "tuple": (*_ANY[:9], _copied, _tuple_made, _tuple_made),
    "deque": (_literal, _deque_made, _called, _got, _copied),
    "optional": (_literal, _chosen, _called, _got, _optional_made, _optional_made),
    "either": (_literal, _chosen, _called, _got, _either_made, _either_made),
    "object": (_object_made, _object_made, _chosen, _called, _got, _item),
    "function": (_function_made, _called),
}
