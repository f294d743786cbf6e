"""Where the meaning of Python is easily missed: scopes, the order of evaluation, what is shared, what numbers and texts do."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import INT, STR, Parameter, Signature, function, list_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, indented


def scopes(m: Maker) -> Lines:
    """One name in several scopes."""
    if m.depth:
        return []
    name, f, got = m.fresh("x", "value", "name"), m.fresh("inner", "shadow"), m.fresh("got", "seen")
    a, b = m.number(0, 9), m.number(10, 19)
    lines = [f"{name} = {a}"]
    lines += m.pick(
        (
            [f"def {f}():", f"    {name} = {b}", f"    return {name}", f"{got} = {f}()"],
            [f"def {f}({name}={name}):", f"    return {name}", f"{name} = {b}", f"{got} = {f}()"],
            [f"{got} = [{name} for {name} in range({m.number(1, 3)})]"],
            [f"for {name} in range({m.number(1, 3)}):", "    pass", f"{got} = {name}"],
            [
                f"class {f.capitalize()}:",
                f"    {name} = {b}",
                f"    twice = {name} * 2",
                "    def ask(self):",
                f"        return {name}, self.{name}",
                f"{got} = {f.capitalize()}().ask() + ({f.capitalize()}.twice,)",
            ],
            [
                f"def {f}():",
                f"    {name} = {b}",
                "    def deeper():",
                f"        {m.pick(('nonlocal', 'global'))} {name}",
                f"        {name} += 1",
                f"        return {name}",
                f"    return deeper(), {name}",
                f"{got} = {f}()",
            ],
            [
                f"def {f}():",
                "    try:",
                f"        {got} = {name}",
                f"        {name} = {b}",
                f"        return {got}",
                "    except UnboundLocalError:",
                '        return "unbound"',
                f"{got} = {f}()",
            ],
            [f"{f} = lambda {name}: {name} + 1", f"{got} = {f}({b})"],
            [
                "try:",
                f"    raise ValueError({b})",
                f"except ValueError as {name}:",
                f"    use({name}.args)",
                "try:",
                f"    {got} = {name}",
                "except NameError:",
                f'    {got} = "deleted"',
                f"{name} = {a}",
            ],
            [f"def {f}():", f"    for {name} in ({a}, {b}):", "        pass", f"    return {name}, [{name} for {name} in (1, 2)]", f"{got} = {f}()"],
            [f"def {f}():", f"    return {name}", f"{got} = {f}()", f"{name} = {b}", f"{got} = ({got}, {f}())"],
            [f"def {f}({name}):", f"    {name} = {name} + 1", f"    return {name}", f"{got} = {f}({name}) + {name}"],
            [f"{got} = [lambda: {name} for _ in (1,)]", f"{name} = {b}", f"{got} = {got}[0]()"],
            ["len_before = len", f"def {f}(len):", "    return len * 2", f"{got} = ({f}({b}), len([1]), len_before([]))"],
            [f"def {f}():", f"    max = lambda *values: {b}", "    return max(1, 2)", f"{got} = ({f}(), max(1, 2))"],
            [f"match {b}:", f"    case {name}:", f"        {got} = {name}"],
            [f"with {m.module('contextlib', 'nullcontext')}({b}) as {name}:", "    pass", f"{got} = {name}"],
            [f"def {f}():", "    class Local:", f"        {name} = {name}", f"    return Local.{name}", f"{got} = {f}()"],
        )
    )
    m.bind(name, INT)
    return [*lines, f"use({got}, {name})"]


def order(m: Maker) -> Lines:
    """In which order, and how often, the parts of an expression run."""
    note, log = m.fresh("note", "say"), m.fresh("log", "order")
    kept = m.fresh("kept", "sums")
    lines = [f"{log} = []", f"def {note}(value):", f"    {log}.append(value)", "    return value"]
    a, b, c = (m.number(0, 3) for _ in range(3))
    n = note
    ways: list[Lines] = [
        [f"use({n}({a}) + {n}({b}) * {n}({c}))"],
        [f"use({n}({a}) < {n}({b}) < {n}({c}))"],
        [f"use({n}({a}) {m.pick(('and', 'or'))} {n}({b}) {m.pick(('and', 'or'))} {n}({c}))"],
        [f"use({n}({a}) if {n}({b}) else {n}({c}))"],
        [f"use({{{n}({a}): {n}(10), {n}({b}): {n}(11)}})"],
        [f"{kept} = {{}}", f"{kept}[{n}({a})] = {n}(20)", f"use({kept})"],
        [f"{kept} = [0, 0, 0, 0]", f"{kept}[{n}({a})] += {n}(5)", f"use({kept})"],
        [f"{kept} = other = {n}({a})", f"use({kept}, other)"],
        [f"use(dict(a={n}({a}), **{{'b': {n}({b})}}))"],
        [f"def later(x={n}({a}), y={n}({b})):", "    return x + y", "use(later(), later(1))"],
        [f"use([{n}(x) for x in (1, 2) if {n}(x) > 1])"],
        [f"use(any({n}(x) for x in ({a}, {b}, 1)), all({n}(x) for x in ({b}, {c})))"],
        [f"lazy = ({n}(x) for x in (1, 2, 3))", f"use(len({log}), next(lazy), len({log}))"],
        [
            f"def first(f): {log}.append(1); return f",
            f"def second(f): {log}.append(2); return f",
            "@first",
            "@second",
            "def decorated(): return 0",
            "use(decorated())",
        ],
        [f"for x in [{n}({a}), {n}({b})]:", f"    {n}(x + 10)"],
        [f"use({n}({a}) in ({n}({b}), {n}({c})))"],
        [f"x, y = {n}({a}), {n}({b})", "x, y = y, x + y", "use(x, y)"],
        [f"use([*map({n}, (1, 2))], [*filter({n}, (0, 3))])"],
        ["i = 0", f"{kept} = [0, 0, 0]", f"i, {kept}[i] = {m.number(1, 2)}, 7", f"use({kept}, i)"],
        ["try:", f"    use({n}(1) + {n}(2) // 0 + {n}(3))", "except ZeroDivisionError:", f"    {n}(9)"],
        [f"while {n}(len({log})) < {m.number(2, 4)}:", "    pass"],
        [f"assert {n}({a}) >= 0, {n}(99)"],
        [f"use(min({n}({a}), {n}({b}), key=lambda v: {n}(-v)))"],
        [f"del [{n}({a}), {n}({b})][{n}(0)]"],
    ]
    for way in m.some(ways, 1, 3):
        lines += way
    m.bind(log, list_of(INT))
    m.bind(note, function(Signature((Parameter("value", INT, "positional"),), INT)))
    return [*lines, f"use({log}, len({log}))"]


def searching(m: Maker) -> Lines:
    """Functions that leave loops by `return`, `break`, `else` and flags."""
    name, items, x = m.fresh("find", "search"), m.fresh("values", "items"), m.fresh("x", "each")
    with m.bound(**{x: INT}):
        test = m.pick((f"{x} > {m.number(0, 4)}", f"{x} % 2", f"{x} == {m.number(0, 3)}", f"not {x}"))
    body: Lines = m.pick(
        (
            [f"for {x} in {items}:", f"    if {test}:", f"        return {x}", *m.pick((["return None"], [], ["else:", "    return -1"]))],
            [f"for i, {x} in enumerate({items}):", f"    if {test}:", "        break", "else:", '    return "none"', f"return i, {x}"],
            ["found = None", f"for {x} in {items}:", f"    if {test}:", f"        found = {x}", *m.pick(([], ["        break"])), "return found"],
            [
                "i = 0",
                "while True:",
                f"    if i >= len({items}):",
                '        return "end"',
                f"    {x} = {items}[i]",
                "    i += 1",
                f"    if {test}:",
                m.pick(("        continue", "        return i")),
                f"    {m.pick(('return i * 10', 'i += 1'))}",
            ],
            [
                "total = 0",
                f"for {x} in {items}:",
                f"    for y in range({x} % 3):",
                "        if y == 1:",
                f"            {m.pick(('break', 'continue', 'return total'))}",
                "        total += 1",
                "    else:",
                "        total += 10",
                "return total",
            ],
            ["seen = {}", f"for {x} in {items}:", f"    if {x} in seen:", f"        return seen, {x}", f"    seen[{x}] = len(seen)", "return seen"],
            [f"if not {items}:", "    return", f"{x}, *rest = {items}", f"return {x} if {test} else {name}(rest)"],
            ["best = None", f"for {x} in {items}:", f"    if best is None or {x} > best:", f"        best = {x}", "return best"],
            [f"it = iter({items})", f"for {x} in it:", f"    if {test}:", f"        return {x}, next(it, None)", "return list(it)"],
        )
    )
    lines = [f"def {name}({items}):", *indented(body)]
    lines += [f"use({name}({m.bare(list_of(INT), 1)}))" for _ in range(m.number(1, 2))]
    got = m.fresh("got", "hit")
    return [*lines, f"{got} = {name}([{m.number(0, 3)}, {m.number(0, 5)}])", f"use({got})"]


def shared_parts(m: Maker) -> Lines:
    """Containers whose items are one object, or copies."""
    name, n = m.fresh("grid", "shelf"), m.number(1, 9)
    form = m.number(0, 7)
    lines = {
        0: [f"{name} = [[]] * {m.number(2, 3)}", f"{name}[0].append({n})", f"{name}[1] = [0]"],
        1: [f"{name} = [[0] * 2 for _ in range(2)]", f"{name}[0][1] = {n}"],
        2: [f'{name} = dict.fromkeys("ab", [])', f'{name}["a"].append({n})', f'{name}["b"] = {name}["b"] + [1]'],
        3: [
            f"{name} = [[{n}], [2]]",
            f"other = {m.pick((f'{name}[:]', f'list({name})', f'{name}.copy()', f'[*{name}]'))}",
            "other[0].append(3)",
            "other.append([4])",
            f"use(other, {name}[0] is other[0])",
        ],
        4: [
            f'{name} = {{"k": [{n}]}}',
            f"other = {m.pick((f'dict({name})', f'{name}.copy()', f'{{**{name}}}', f'{name} | {{}}'))}",
            'other["k"].append(3)',
            'other["z"] = 1',
            f'use(other, {name}["k"] is other["k"])',
        ],
        5: [f"{name} = ([], {n})", f"{name}[0].append({n})", f"other = {name} + (1,)", "other[0].append(2)", f"use(other, len({name}))"],
        6: [f"{name} = []", f"{name}.append({name})", f"use(len({name}), {name}[0] is {name}, len({name}[0][0]))", f"{name}.clear()"],
        7: [
            f"{name} = [{n}, 2, 3]",
            f"other, part = {name}, {name}[1:]",
            "part[0] = 20",
            "other[2] = 30",
            f"{name} = {name} + [4]",
            "other.append(5)",
            "use(other, part)",
        ],
    }[form]
    return [*lines, f"use({name}, len({name}))"]


_FACTS = (
    *(
        "-7 // 2",
        "-7 % 3",
        "7 // -2",
        "2 ** -1",
        "0.1 + 0.2 == 0.3",
        "round(2.5)",
        "round(-1.5)",
        "1 == 1.0",
        "True + 1",
        "True == 1",
        "int(-3.9)",
        "divmod(-7, 2)",
        "7 / 2",
        "6 / 2",
    ),
    *(
        '"a" < "b"',
        '"Z" < "a"',
        "(1, 2) < (1, 3)",
        "[1] < [1, 0]",
        "(1,) == [1]",
        '"10" < "9"',
        "None or 3",
        "[] or {} or 0",
        "1 and 2 and ()",
        "not []",
        'bool("False")',
        "bool(0.0)",
        'bool(" ")',
    ),
    *(
        '{1: "a", True: "b"}',
        "len({1, True, 1.0})",
        "1 < 2 < 3 == 3",
        "1 < 3 > 2",
        "(1 < 3) > 2",
        "not 1 == 2",
        "-2 ** 2",
        "2 ** 3 ** 1",
        "~5 & 7",
        "5 ^ 3 | 8",
        "1 << 3 >> 1",
        "10 - 4 - 3",
    ),
    *(
        '"abc"[-1]',
        '"abc"[5:]',
        '"abc"[::-1]',
        '"a,b,,".split(",")',
        '" a  b ".split()',
        '"aXbX".replace("X", "-", 1)',
        '"%05.1f|%s" % (2.25, "x")',
        '"abc".find("z")',
        '"b" in "abc"',
        '"" in "abc"',
    ),
    *(
        "[1, 2, 3][-2:]",
        "[1, 2, 3][5:]",
        "[*range(5)][::-2]",
        "list(range(5, 0, -2))",
        "sum([[1], [2]], [])",
        "sorted([3, 1, 2], key=lambda v: -v)",
        'sorted("bA")',
        "max([1, 5, 3], key=lambda v: v % 5)",
    ),
    *(
        "max((1, 'b'), (1, 'a'))",
        "list(zip([1, 2], 'abc'))",
        "dict(a=1) | {'a': 2}",
        "{**{'a': 1}, 'a': 3}",
        "[0, 1] * 2",
        "() + (1,)",
        "tuple('ab')",
        "list({'a': 1})",
        "set() == {*()}",
        "'a' 'b'",
    ),
    *(
        "isinstance(True, int)",
        "type(True) is int",
        "type(1.0 * 2)",
        "type(4 / 2) is int",
        "issubclass(bool, int)",
        "callable(len)",
        "int('0b11', 2)",
        "int('ff', 16)",
        "float('inf') > 1",
        "abs(-0.5)",
    ),
    *(
        "(lambda *a, **k: (a, k))(1, b=2)",
        "(lambda a, b=2, *c: (a, b, c))(1)",
        "[x for x in range(6) if x % 2 if x > 1]",
        "[(x, y) for x in (1, 2) for y in 'ab']",
        "{x % 2: x for x in range(4)}",
        "str(None)",
    ),
    *(
        "f'{1 + 1}{2:>3}'",
        "f'{3!r:>4}|{\"a\":^3}'",
        "'{:,}'.format(1234)",
        "str([1, 'a'])",
        "repr('a')",
        "str(1.0)",
        "str(True)",
        "'-'.join(map(str, (1, 2)))",
        "'ab' * 2 + 'c'",
        "chr(ord('a') + 2)",
    ),
    *(
        "min([], default=4)",
        "next(iter({7: 1}))",
        "any([])",
        "all([])",
        "sum([], 5)",
        "len('')",
        "[] == ()",
        "None is None",
        "(1 if [] else 2)",
        "[[1, 2][0], (3, 4)[1]]",
        "3 if 0 else 4 if 1 else 5",
    ),
)


def facts(m: Maker) -> Lines:
    """Small truths about built-in values, in which a branch may rest."""
    name = m.fresh("fact", "truth")
    first, *rest = m.some(_FACTS, 2, 4)
    lines = [f"{name} = {first}", f"use({name}, {', '.join(rest)})"]
    if m.chance(0.5):
        got = m.fresh("got", "taken")
        lines += [f"if {name}:", f"    {got} = {m.literal(INT)}", "else:", f"    {got} = {m.literal(STR)}", f"use({got})"]
    return lines


def stateful(m: Maker) -> Lines:
    """A function with state somewhere: a default, an attribute, a cell, a class, a global; called some times."""
    name, times, got = m.fresh("tick", "serial"), m.number(2, 4), m.fresh("got", "numbers")
    forms: list[Lines] = [
        [f"def {name}(state={{'n': 0}}):", "    state['n'] += 1", "    return state['n']"],
        [f"def {name}():", f"    {name}.n = getattr({name}, 'n', 0) + 1", f"    return {name}.n"],
        [
            f"class {name.capitalize()}:",
            "    n = 0",
            "    def __call__(self):",
            f"        {m.pick(('self.n += 1', 'type(self).n += 1'))}",
            "        return self.n",
            f"{name} = {name.capitalize()}()",
        ],
        [
            f"def make_{name}():",
            "    n = 0",
            "    def step():",
            "        nonlocal n",
            "        n += 1",
            "        return n",
            "    return step",
            f"{name} = make_{name}()",
        ],
        [f"{name}_it = iter(range(10))", f"{name} = lambda: next({name}_it)"],
        [f"{name} = {m.module('itertools', 'count')}({m.number(0, 5)}).__next__"],
        [f"{name}_left = [3, 2, 1]", f"{name} = lambda: {name}_left.pop() if {name}_left else 'out'"],
        [f"def {name}_gen():", "    n = 0", "    while True:", "        n += 2", "        yield n", f"{name} = {name}_gen().__next__"],
    ]
    lines = m.pick(forms)
    return [
        *lines,
        m.pick(
            (
                f"{got} = [{name}() for _ in range({times})]",
                f"{got} = ({', '.join([f'{name}()'] * times)})",
                f"{got} = {name}() + {name}()" if "left" not in lines[0] else f"{got} = {name}()",
            )
        ),
        f"use({got}, {name}())",
    ]


def none_result(m: Maker) -> Lines:
    """Functions and methods that give `None`, and code that goes on with it."""
    name, got = m.fresh("quiet", "void"), m.fresh("nothing", "result")
    lines = [
        f"def {name}(x):",
        *m.pick(
            (
                ["    x"],
                [f"    if x > {m.number(0, 4)}:", "        return x"],
                ["    return"],
                ["    pass"],
                ["    for _ in range(x):", "        return 'in loop'"],
            )
        ),
    ]
    lines += [f"{got} = {m.pick((f'{name}({m.number(0, 6)})', '[3, 1].sort()', '[1].append(2)', 'dict(a=1).update(b=2)', 'print', f'{name}(1)', 'None'))}"]
    return [
        *lines,
        f"use({got}, {got} is None)",
        *m.pick(
            (
                [],
                [f"if {got} is None:", f"    {got} = {m.bare(INT, 1)}", f"use({got})"],
                [f"use({got} or {m.number(1, 9)})"],
                [f"use('some' if {got} else 'none')"],
            )
        ),
    ]


PRODUCTIONS = (
    Production(scopes, 3, is_large=True),
    Production(order, 4, is_large=True),
    Production(searching, 3, is_large=True),
    Production(shared_parts, 2.5),
    Production(facts, 2.5),
    Production(stateful, 2.5, is_large=True),
    Production(none_result, 1.5, is_large=True),
)
