"""Branches, loops, exceptions, contexts and patterns."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import BOOL, INT, NONE, STR, Signature, Type, dict_of, either, function, list_of, optional, tuple_of
from nnx_lsp.dev.python_programs.maker import KEYS, Lines, Maker, Production, Scope, indented, unwrapped


def _inner(m: Maker, scope: Scope | None = None, least: int = 1, most: int = 2) -> Lines:
    """An indented block."""
    with m.inside(scope or m.scope.within()):
        return indented(m.block(least, most))


# Branches -----------------------------------------------------------------------------------------------------------


def branch(m: Maker) -> Lines:
    lines = [f"if {m.condition()}:", *_inner(m)]
    for _ in range(m.pick((0, 0, 1))):
        lines += [f"elif {m.condition()}:", *_inner(m)]
    if m.chance(0.6):
        lines += ["else:", *_inner(m)]
    return lines


def branch_binds(m: Maker) -> Lines:
    """Each way of a branch binds the same name, maybe to different types."""
    type = m.type(1)
    name = m.target(type)
    lines = [f"if {m.condition()}:", *(_inner(m) if m.chance(0.3) else []), f"    {name} = {m.bare(type)}"]
    if m.chance(0.3):
        lines += [f"elif {m.condition()}:", f"    {name} = {m.bare(type)}"]
    lines += ["else:", f"    {name} = {m.bare(type)}"]
    m.bind(name, type)
    return lines


def branch_mixes(m: Maker) -> Lines:
    """A name that is of one type or another, and a test that tells which."""
    one, other = m.random.sample((INT, STR, list_of(INT)), 2)
    if m.chance(0.4):
        type = optional(one)
        name = m.fresh_for(type)
        lines = [f"{name} = None", f"if {m.condition()}:", f"    {name} = {m.bare(one)}"]
        tests = (f"{name} is not None", f"{name} is not None and {m.test()}", f"not ({name} is None)")
    else:
        type = either(one, other)
        name = m.fresh_for(type)
        lines = [f"{name} = {m.bare(one)} if {m.test()} else {m.bare(other)}"]
        tests = (f"isinstance({name}, {one.kind})", f"type({name}) is {one.kind}", f"isinstance({name}, ({one.kind}, float))")
    m.bind(name, type)
    scope = m.scope.within()
    scope.own[name] = one
    lines += [f"if {m.pick(tests)}:", *_inner(m, scope)]
    if m.chance(0.6):
        scope = m.scope.within()
        if type.kind == "either":
            scope.own[name] = other
        else:
            scope.fixed |= {name}
        lines += ["else:", *_inner(m, scope)]
    return lines


def correlated(m: Maker) -> Lines:
    """Two branches on one condition: the second relies on what the first did."""
    flag, type = m.fresh("ready", "ok", "has"), m.type(1)
    name = m.fresh_for(type)
    lines = [f"{flag} = {m.condition()}", f"if {flag}:", f"    {name} = {m.bare(type)}"]
    m.bind(flag, BOOL)
    if m.chance(0.4):
        lines += ["else:", f"    {name} = {m.literal(INT)}"]
    if m.chance(0.4):
        lines += m.statement() if m.depth < 2 else m.read()
    scope = m.scope.within()
    scope.own[name] = type
    return [*lines, f"if {flag}:", *indented([f"use({name})"]), *_inner(m, scope)]


# Loops --------------------------------------------------------------------------------------------------------------


def for_loop(m: Maker) -> Lines:
    if m.depth >= 2 and m.scope.in_loop and m.chance(0.6):
        return []
    header, names, fixed = _source(m)
    scope = m.scope.looping(*names, *fixed)
    scope.own.update(names)
    before = m.chance(0.3)
    lines = [f"for {header}:"]
    if before:
        lines += [f"    if {_tested(m, names)}:", f"        {m.pick(('continue', 'break', 'continue'))}"]
    lines += _inner(m, scope, 1, 3)
    if m.chance(0.3):
        lines += indented(_ending(m, names))
    if m.chance(0.3):
        lines += ["else:", *_inner(m)]
    return lines


def _source(m: Maker) -> tuple[str, dict[str, Type], list[str]]:
    """What stands behind `for`, the names that it binds, and names that must not be changed in its body (expressions do no harm among them)."""
    first, second = m.fresh("i", "j", "x", "item", "key"), m.fresh("y", "other", "v")
    choice = m.number(0, 9)
    lists = m.of_kind("list")
    dicts = [(name, own) for name, own in m.of_kind("dict") if own.items[0] == STR]
    if choice < 2:
        return f"{first} in range({m.pick((str(m.number(1, 4)), f'{m.number(0, 2)}, {m.number(3, 5)}', f'{m.number(3, 6)}, 0, -2'))})", {first: INT}, []
    if choice < 4 and lists:
        name, own = m.pick(lists)
        return f"{first} in {name}", {first: own.items[0]}, [name]
    if choice < 5 and lists:
        name, own = m.pick(lists)
        how = m.pick((f"list({name})", f"{name}[:]", f"reversed({name})", f"tuple({name})"))
        return f"{first} in {how}", {first: own.items[0]}, [name] if "reversed" in how else []
    if choice < 6 and dicts:
        name, own = m.pick(dicts)
        if m.chance(0.6):
            return (
                f"{first}, {second} in {m.pick((f'{name}.items()', f'list({name}.items())', f'sorted({name}.items())'))}",
                {first: STR, second: own.items[1]},
                [name],
            )
        return f"{first} in {m.pick((name, f'sorted({name})', f'list({name})'))}", {first: STR}, [name]
    if choice < 7:
        type = m.pick((INT, STR))
        items = m.expression(list_of(type), 1)
        return f"{first}, {second} in enumerate({items}{m.pick(('', ', 1', ', start=2'))})", {first: INT, second: type}, [items]
    if choice < 8:
        one, other = m.scalar(), m.scalar()
        items, others = m.expression(list_of(one), 1), m.expression(list_of(other), 1)
        return f"{first}, {second} in zip({items}, {others})", {first: one, second: other}, [items, others]
    if choice < 9:
        one, other = m.scalar(), m.type(1)
        return f"{first}, {second} in ({m.expression(tuple_of(one, other), 1)}, {m.expression(tuple_of(one, other), 0)})", {first: one, second: other}, []
    type = m.scalar()
    return f"{first} in {m.literal(tuple_of(type, type, type))}", {first: type}, []


def _tested(m: Maker, names: dict[str, Type]) -> str:
    name, type = m.pick(list(names.items()))
    match type.kind:
        case "int":
            return f"{name} {m.pick(('==', '>', '<', '!='))} {m.number(0, 3)}"
        case "str":
            return m.pick((f'{name} == "a"', f"len({name}) > 1", f'{name} in ("a", "k")', f"not {name}"))
        case _:
            return m.condition()


def _ending(m: Maker, names: dict[str, Type]) -> Lines:
    way = m.pick(("break", "continue", "break", "return"))
    if way == "return":
        if m.scope.is_function and m.scope.result is not None:
            return [f"if {_tested(m, names)}:", f"    return {m.bare(m.scope.result, 1)}"]
        way = "break"
    return [f"if {_tested(m, names)}:", f"    {way}"]


def loop_carries(m: Maker) -> Lines:
    """Names that a loop carries from pass to pass."""
    total, last = m.fresh_for(INT), m.fresh("last", "best", "previous")
    each = m.fresh("x", "i")
    start = m.pick(("None", "0", '""'))
    lines = [f"{total}, {last} = {m.pick((0, 1))}, {start}", f"for {each} in {m.expression(list_of(INT), 1)}:"]
    body = [
        [f"{total} += {each}"],
        [f"{total} = {total} * 2 + {each}"],
        [f"if {each} > {m.number(0, 4)}:", f"    {last} = {each}", f"    {m.pick(('break', 'continue', 'pass'))}"],
        [f"{last}, {total} = {total}, {each}"],
        [f"if {last}:", f"    {total} -= 1"],
        [f"{last} = {each}"],
        [f"if {total} == {m.number(0, 5)}:", "    continue"],
    ]
    for part in m.some(body, 2, 4):
        lines += indented(part)
    if m.chance(0.4):
        lines += ["else:", f"    {last} = {m.pick((m.literal(INT), m.literal(STR)))}"]
    m.bind(total, INT)
    return [*lines, f"use({total}, {last})"]


def while_loop(m: Maker) -> Lines:
    if m.scope.in_loop and m.chance(0.7):
        return []
    left = m.fresh("left", "turn", "at")
    scope = m.scope.looping(left)
    scope.own[left] = INT
    many = m.number(1, 4)
    match m.number(0, 3):
        case 0:
            lines = [f"{left} = {many}", f"while {left} > 0:", f"    {left} -= 1", *_inner(m, scope)]
        case 1:
            lines = [
                f"{left} = 0",
                f"while {left} < {many}:",
                f"    {left} += 1",
                *([f"    if {left} == 2:", f"        {m.pick(('continue', 'break'))}"] if m.chance(0.6) else []),
                *_inner(m, scope),
            ]
        case 2:
            lines = [f"{left} = 0", "while True:", f"    {left} += 1", f"    if {left} >= {many}:", "        break", *_inner(m, scope)]
            m.bind(left, INT)
            return lines
        case _:
            queue = m.fresh("queue", "work")
            type = m.pick((INT, STR))
            item = m.fresh("item", "top")
            lines = [
                f"{queue} = {m.expression(list_of(type), 1)}[:4]",
                f"{left} = 0",
                f"while {queue}:",
                f"    {item} = {queue}.pop({m.pick(('', '0'))})",
                f"    {left} += 1",
            ]
            scope = m.scope.looping(left, queue)
            scope.own.update({left: INT, item: type, queue: list_of(type)})
            lines += _inner(m, scope)
            m.bind(queue, list_of(type))
    if m.chance(0.35):
        lines += ["else:", *_inner(m)]
    m.bind(left, INT)
    return lines


def leave(m: Maker) -> Lines:
    """A way out, under a condition."""
    ways = []
    if m.scope.in_loop:
        ways += ["break", "continue"]
    if m.scope.is_function and m.scope.result is not None:
        ways.append(f"return {m.bare(m.scope.result, 1)}")
    if not ways:
        return []
    return [f"if {m.condition()}:", *(indented(m.read()) if m.chance(0.4) else []), f"    {m.pick(ways)}"]


# Exceptions ---------------------------------------------------------------------------------------------------------


def _raising(m: Maker) -> tuple[str, str]:
    """A statement that raises, and what."""
    name = m.pick(("ValueError", "KeyError", "TypeError", "RuntimeError", "IndexError", "ZeroDivisionError", "LookupError", "AttributeError"))
    return m.pick(
        (
            (f"raise {name}({m.literal(STR)})", name),
            (f"raise {name}({m.bare(INT, 1)}, {m.literal(STR)})", name),
            (f"raise {name}", name),
            ("use([][0])", "IndexError"),
            ('use({}["gone"])', "KeyError"),
            ('int("x")', "ValueError"),
            ("use(1 // 0)", "ZeroDivisionError"),
            ("use(None.missing)", "AttributeError"),
            ('use("a" + 1)', "TypeError"),
            ("next(iter([]))", "StopIteration"),
            ("first, second = (1,)", "ValueError"),
            ("assert not 1", "AssertionError"),
        )
    )


_PARENTS = {"KeyError": "LookupError", "IndexError": "LookupError", "ZeroDivisionError": "ArithmeticError"}


def try_statement(m: Maker) -> Lines:
    """A `try` in which something may raise; in each part a name gets a value of its own."""
    statement, error = _raising(m)
    name = m.fresh("state", "where", "seen_at")
    lines = [f'{name} = "start"', "try:"]
    if m.chance(0.5):
        lines += _inner(m)
    lines += [f'    {name} = "before"']
    match m.number(0, 3):
        case 0:
            lines += [f"    {statement}", f'    {name} = "after"']
        case 1:
            lines += [f"    if {m.condition()}:", f"        {statement}", f'    {name} = "after"']
        case 2:
            lines += [*_inner(m, None, 1, 1)]
        case _ if calls := m.of_kind("function"):
            called, own = m.pick(calls)
            assert own.signature is not None
            lines += [f"    use({called}({m.arguments(own.signature)}))", f'    {name} = "after"']
        case _:
            lines += [f"    {statement}"]
    caught = m.pick((error, error, error, _PARENTS.get(error, "Exception"), f"(OSError, {error})", "Exception", "Exception"))
    issue = m.fresh("error", "problem")
    is_named = m.chance(0.6)
    if m.chance(0.35):
        lines += [f"except {m.pick(('OSError', 'NotImplementedError', 'KeyboardInterrupt'))}:", f'    {name} = "wrong"']
    lines += [f"except {caught} as {issue}:" if is_named else f"except {caught}:", f'    {name} = "caught"']
    if is_named:
        lines.append(f"    use({m.pick(('type({})', '{}.args', 'isinstance({}, LookupError)', 'len({}.args)', 'type({}).__name__', '{}')).format(issue)})")
    if m.chance(0.3):
        lines += _inner(m)
    if caught not in ("Exception",):
        lines += ["except Exception:", f'    {name} = "other"']
    if m.chance(0.4):
        lines += ["else:", f'    {name} = "else"', *(_inner(m) if m.chance(0.4) else [])]
    if m.chance(0.5):
        lines += [
            "finally:",
            m.pick((f"    use({name})", f'    {name} += "!"', f'    {name} = ({name}, "end")[{m.number(0, 1)}]')),
            *(_inner(m) if m.chance(0.3) else []),
        ]
    m.bind(name, STR)
    return lines


def try_nested(m: Maker) -> Lines:
    """An exception that is raised again, chained, or replaced, through two handlers."""
    trail = m.fresh("trail", "log")
    statement, error = _raising(m)
    again = m.pick(("raise", "raise", 'raise RuntimeError("again") from error', 'raise KeyError("new")', f'{trail}.append("kept")'))
    lines = [
        f"{trail} = []",
        "try:",
        "    try:",
        f'        {trail}.append("in")',
        *([f"        if {m.condition()}:", f"            {statement}"] if m.chance(0.4) else [f"        {statement}"]),
    ]
    lines += [f"    except {m.pick((error, error, 'OSError', 'Exception'))} as error:", "        " + f'{trail}.append("first")', f"        {again}"]
    if m.chance(0.4):
        lines += ["    else:", f'        {trail}.append("smooth")']
    if m.chance(0.5):
        lines += ["    finally:", f'        {trail}.append("inner")']
    lines += [
        "except Exception as outer:",
        m.pick(
            (
                f"    {trail}.append(type(outer).__name__)",
                "    use(outer.__cause__, outer.__context__)",
                f"    {trail}.append(len(outer.args))",
                f"    {trail}.append(isinstance(outer, {error}))",
            )
        ),
    ]
    if m.chance(0.4):
        lines += ["finally:", f'    {trail}.append("last")']
    return [*lines, f"use({trail}, len({trail}))"]


def try_in_function(m: Maker) -> Lines:
    """`return`, `break` and exceptions that pass a `finally`."""
    name, log = m.fresh("attempt", "guarded", "closing"), m.fresh("log", "steps")
    statement, error = _raising(m)
    n = m.fresh("n", "k")
    test = m.pick((f"{n} > {m.number(0, 3)}", f"{n}", f"{n} % 2 == 0", f"not {n}"))
    final = m.pick(([f'{log}.append("f")'], [f'{log}.append("f")', 'return "finally"'], [f"if {n} == 1:", '    return "odd"'], [f"{log}.append({n})"]))
    lines = [f"{log} = []", f"def {name}({n}):"]
    lines += [
        "    try:",
        f"        if {test}:",
        m.pick((f"            {statement}", '            return "early"')),
        f'        {log}.append("t")',
        *([f"        {statement}"] if m.chance(0.3) else []),
        '        return "try"',
    ]
    if m.chance(0.8):
        lines += [
            f"    except {m.pick((error, 'Exception', '(' + error + ', OSError)'))}:",
            *m.pick((['        return "except"'], [f'        {log}.append("e")'], ['        return "except"'])),
        ]
    lines += ["    finally:", *indented(indented(final))]
    lines += ['    return "end"'] if m.chance(0.7) else []
    m.bind(log, list_of(either(STR, INT)))
    for value in m.some((0, 1, 2, 3, 5), 1, 2):
        lines += [f"use({name}({value}), {log})"]
    return lines


def loop_finally(m: Maker) -> Lines:
    """Ways out of a loop that pass a `finally`."""
    found, x = m.fresh("found", "hits"), m.fresh("x", "i")
    lines = [f"{found} = []", f"for {x} in {m.pick((f'range({m.number(2, 4)})', m.expression(list_of(INT), 1)))}:", "    try:"]
    lines += [
        f"        if {x} == {m.number(0, 2)}:",
        f"            {m.pick(('break', 'continue', 'raise ValueError(' + x + ')'))}",
        f"        {found}.append({x})",
    ]
    lines += [f"    except {m.pick(('ValueError', 'Exception'))}:", f"        {m.pick((f'{found}.append(-1)', 'break', 'continue'))}"]
    if m.chance(0.3):
        lines += ["    else:", f"        {found}.append(100)"]
    lines += ["    finally:", f"        {found}.append({m.pick((f'-{x}', '9'))})"]
    if m.chance(0.4):
        lines += ["else:", f"    {found}.clear()"]
    m.bind(found, list_of(INT))
    return [*lines, f"use({found}, len({found}), {found}[-1:])"]


def own_exception(m: Maker) -> Lines:
    """A class of exceptions, with attributes or a parent of its own."""
    base, own, code = m.fresh("Failure", "Trouble"), m.fresh("Missing", "Broken"), m.fresh("code", "level")
    lines = [f"class {base}({m.pick(('Exception', 'ValueError', 'KeyError'))}):", f"    {code} = {m.number(1, 9)}", f"class {own}({base}):"]
    lines += m.pick(
        (["    pass"], [f"    {code} = {m.number(10, 20)}"], ["    def __init__(self, what):", "        super().__init__(what)", "        self.what = what"])
    )
    name = m.fresh("outcome", "result")
    lines += ["try:", f"    raise {m.pick((own, own, base))}({m.bare(m.pick((INT, STR)), 1)})"]
    order = m.pick(((own, base), (base, own), (own, "Exception"), (base, "Exception")))
    for each in order:
        lines += [f"except {each} as error:", f'    {name} = (error.{code} if isinstance(error, {base}) else 0, "{each}")']
    lines += ["else:", f"    {name} = None"] if m.chance(0.3) else []
    return [*lines, f"use({name})"]


def error_values(m: Maker) -> Lines:
    """Exceptions that are kept, returned, compared and raised later."""
    statement, error = _raising(m)
    name, kept, n = m.fresh("attempt", "probe"), m.fresh("kept", "problem"), m.fresh("n", "k")
    lines: Lines = m.pick(
        (
            [
                f"def {name}({n}):",
                "    try:",
                f"        if {n}:",
                f"            {statement}",
                f"        return {m.number(0, 9)}",
                "    except Exception as error:",
                "        return error",
                f"{kept} = {name}({m.number(0, 1)})",
            ],
            [f"{kept} = None", "try:", f"    {statement}", f"except {m.pick((error, 'Exception'))} as error:", f"    {kept} = error"],
            [f"{kept} = [ValueError({m.literal(INT)}), KeyError({m.literal(STR)})][{m.number(0, 1)}]"],
            [
                f"def {name}(*kinds):",
                "    for kind in kinds:",
                "        try:",
                "            raise kind(len(kinds))",
                "        except LookupError as error:",
                "            return error",
                "        except ValueError:",
                "            continue",
                f"{kept} = {name}({m.pick(('ValueError, KeyError', 'KeyError', 'ValueError', 'ValueError, ValueError, IndexError'))})",
            ],
        )
    )
    lines += [f"use(type({kept}), isinstance({kept}, Exception), isinstance({kept}, {error}))"]
    return [
        *lines,
        *m.pick(
            (
                [],
                [
                    "try:",
                    f"    if isinstance({kept}, Exception):",
                    f"        raise {kept}",
                    "except LookupError:",
                    "    use(1)",
                    "except Exception as again:",
                    f"    use(again is {kept}, again.args)",
                ],
                [f"use({kept}.args if isinstance({kept}, Exception) else {kept})"],
            )
        ),
    ]


# Contexts -----------------------------------------------------------------------------------------------------------


def suppressed(m: Maker) -> Lines:
    statement, error = _raising(m)
    name = m.fresh("reached", "level")
    caught = m.pick((error, error, f"{error}, OSError", _PARENTS.get(error, "Exception"), "Exception"))
    lines = [f"{name} = 0", f"with {m.module('contextlib', 'suppress')}({caught}):", f"    {name} = 1"]
    if m.chance(0.5):
        lines += _inner(m)
    lines += [f"    if {m.condition()}:", f"        {statement}"] if m.chance(0.4) else [f"    {statement}"]
    m.bind(name, INT)
    return [*lines, f"    {name} = 2"]


def context_manager(m: Maker) -> Lines:
    """A context manager of one's own, as a class or a generator, that may swallow."""
    name, log, opened = m.fresh("Session", "Guard", "scope"), m.fresh("log", "events"), m.fresh("opened", "given")
    statement, error = _raising(m)
    if m.chance(0.5):
        swallow = m.pick(("True", "False", f"kind is {error}", "kind is not None", "None", f"kind is not None and issubclass(kind, {error})"))
        lines = [
            f"class {name}:",
            "    def __init__(self, start):",
            "        self.start = start",
            "        self.log = []",
            "    def __enter__(self):",
            '        self.log.append("enter")',
            f"        return {m.pick(('self', 'self', 'self.start'))}",
        ]
        lines += [
            "    def __exit__(self, kind, error, trace):",
            '        self.log.append(kind.__name__ if kind else "exit")',
            f"        return {swallow}",
            f"{log} = {name}({m.bare(INT, 1)})",
        ]
        opening, after = log, f"{log}.log"
    else:
        manager = m.module("contextlib", "contextmanager")
        lines = [
            f"{log} = []",
            f"@{manager}",
            f"def {name}(start):",
            f'    {log}.append("enter")',
            *m.pick(
                (
                    ["    yield start"],
                    ["    try:", "        yield [start]", "    finally:", f'        {log}.append("exit")'],
                    ["    try:", "        yield start", f"    except {error}:", f'        {log}.append("swallowed")'],
                )
            ),
        ]
        opening, after = f"{name}({m.bare(INT, 1)})", log
    done = m.fresh("done", "stage")
    lines += [f'{done} = "none"', "try:", f"    with {opening} as {opened}:", f'        {done} = "in"', f"        use({opened})"]
    lines += indented(_inner(m)) if m.chance(0.4) else []
    lines += m.pick(([], [f"        {statement}"], [f"        if {m.condition()}:", f"            {statement}"], [f"        {statement}"]))
    lines += [f'        {done} = "through"'] if not lines[-1].startswith(f"        {statement}") or m.chance(0.5) else []
    lines += [f'    {done} += " behind"', "except Exception as error:", f"    use({done}, type(error))"]
    m.bind(done, STR)
    return [*lines, f"use({done}, {after})"]


def with_several(m: Maker) -> Lines:
    """Several contexts at once: `nullcontext`, `ExitStack`, `closing`."""
    one, other = m.fresh("one", "first"), m.fresh("two", "second")
    type = m.type(1)
    null = m.module("contextlib", "nullcontext")
    if m.chance(0.5):
        lines = [f"with {null}({m.bare(type, 1)}) as {one}, {null}(({m.bare(INT, 1)}, {one})) as {other}:"]
        with m.inside(m.scope.within()):
            m.bind(one, type)
            lines += [f"    use({one}, {other}[0])", *indented(m.block(1, 2))]
        m.bind(one, type)
        return lines
    calls = m.fresh("calls", "undone")
    lines = [
        f"{calls} = []",
        f"with {m.module('contextlib', 'ExitStack')}() as stack:",
        f"    stack.callback({calls}.append, {m.bare(INT, 1)})",
        f"    {one} = stack.enter_context({null}({m.bare(type, 1)}))",
        f"    {calls}.append({m.number(0, 9)})",
    ]
    m.bind(one, type)
    m.bind(calls, list_of(INT))
    return [*lines, f"use({calls}, {one})"]


# Patterns -----------------------------------------------------------------------------------------------------------


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


# Functions in flow --------------------------------------------------------------------------------------------------


def chosen_function(m: Maker) -> Lines:
    """A function that a condition or a table chooses."""
    name, n = m.fresh("pick", "chosen", "how"), m.fresh("n", "x")
    one, other = (_one_argument(m, n) for _ in range(2))
    got = m.fresh_for(INT)
    match m.number(0, 2):
        case 0:
            lines = [f"{name} = {one} if {m.test()} else {other}", f"{got} = {name}({m.bare(INT, 1)})"]
        case 1:
            table = m.fresh("handlers", "actions")
            lines = [
                f'{table} = {{"a": {one}, "b": {other}}}',
                f'{got} = {table}["{m.pick("ab")}"]({m.bare(INT, 1)})',
            ]
            lines += [f'{table}["a"], {table}["b"] = {table}["b"], {table}["a"]', f'use({table}["a"](2))'] if m.chance(0.4) else []
        case _:
            lines = [f"{got} = 0", f"for {name} in ({one}, {other}, abs):", f"    {got} += {name}({m.bare(INT, 1)})"]
    m.bind(got, INT)
    return lines


def _one_argument(m: Maker, name: str) -> str:
    with m.bound(**{name: INT}):
        return f"(lambda {name}: {m.bare(INT, 1)})"


# Around others ------------------------------------------------------------------------------------------------------


def wrapped(m: Maker) -> Lines:
    """Definitions and their use inside of something else: a function, a method, a loop, a branch, a `try`."""
    form = m.number(0, 5)
    name, result = m.fresh("main", "train", "work"), m.type(1)
    if form < 3:
        scope = m.scope.below({"self": NONE} if form == 2 else {}, result)
        scope.is_roomy = True
        with m.inside(scope):
            scope.own.pop("self", None)
            lines = [*m.block(2, 3), f"return {m.bare(result)}"]
        got = m.target(result)
        if form == 2:
            cls = m.fresh("Runner", "App")
            lines = [f"class {cls}:", f"    def {name}(self):", *indented(indented(lines)), f"{got} = {cls}().{name}()"]
        else:
            lines = [f"def {name}():", *indented(lines), f"{got} = {name}()", *([f"use({name}())"] if m.chance(0.3) else [])]
            m.bind(name, function(Signature((), result)))
        m.bind(got, result)
        return lines
    each = m.fresh("turn", "epoch")
    scope = m.scope.looping(each) if form == 3 else m.scope.within()
    scope.is_roomy = True
    if form == 3:
        scope.own[each] = INT
    with m.inside(scope):
        lines = indented(m.block(1, 2))
    match form:
        case 3:
            return [f"for {each} in range({m.number(1, 3)}):", *lines]
        case 4:
            return [f"if {m.condition()}:", *lines, *([] if m.chance(0.4) else ["else:", *_inner(m)])]
        case _:
            return [
                "try:",
                *lines,
                *([f"    {_raising(m)[0]}"] if m.chance(0.3) else []),
                "except Exception as error:",
                "    use(type(error))",
                *([] if m.chance(0.5) else ["finally:", *_inner(m)]),
            ]


PRODUCTIONS = (
    Production(branch, 6),
    Production(branch_binds, 3),
    Production(branch_mixes, 3),
    Production(correlated, 2),
    Production(for_loop, 5),
    Production(loop_carries, 3),
    Production(while_loop, 3),
    Production(leave, 5),
    Production(try_statement, 3),
    Production(try_nested, 1.5, is_large=True),
    Production(try_in_function, 2, is_large=True),
    Production(loop_finally, 1.5),
    Production(own_exception, 1, is_large=True),
    Production(error_values, 1.5, is_large=True),
    Production(suppressed, 2),
    Production(context_manager, 2, is_large=True),
    Production(with_several, 1),
    Production(matched, 4),
    Production(chosen_function, 1.5),
    Production(wrapped, 8, is_large=True),
)
