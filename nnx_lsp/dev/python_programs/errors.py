"""Exceptions and contexts."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import INT, STR, either, list_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, indented


def raising(m: Maker) -> tuple[str, str]:
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
    statement, error = raising(m)
    name = m.fresh("state", "where", "seen_at")
    lines = [f'{name} = "start"', "try:"]
    if m.chance(0.5):
        lines += m.inner()
    lines += [f'    {name} = "before"']
    match m.number(0, 3):
        case 0:
            lines += [f"    {statement}", f'    {name} = "after"']
        case 1:
            lines += [f"    if {m.condition()}:", f"        {statement}", f'    {name} = "after"']
        case 2:
            lines += [*m.inner(None, 1, 1)]
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
        lines += m.inner()
    if caught not in ("Exception",):
        lines += ["except Exception:", f'    {name} = "other"']
    if m.chance(0.4):
        lines += ["else:", f'    {name} = "else"', *(m.inner() if m.chance(0.4) else [])]
    if m.chance(0.5):
        lines += [
            "finally:",
            m.pick((f"    use({name})", f'    {name} += "!"', f'    {name} = ({name}, "end")[{m.number(0, 1)}]')),
            *(m.inner() if m.chance(0.3) else []),
        ]
    m.bind(name, STR)
    return lines


def try_nested(m: Maker) -> Lines:
    """An exception that is raised again, chained, or replaced, through two handlers."""
    trail = m.fresh("trail", "log")
    statement, error = raising(m)
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
    statement, error = raising(m)
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
    statement, error = raising(m)
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


def suppressed(m: Maker) -> Lines:
    statement, error = raising(m)
    name = m.fresh("reached", "level")
    caught = m.pick((error, error, f"{error}, OSError", _PARENTS.get(error, "Exception"), "Exception"))
    lines = [f"{name} = 0", f"with {m.module('contextlib', 'suppress')}({caught}):", f"    {name} = 1"]
    if m.chance(0.5):
        lines += m.inner()
    lines += [f"    if {m.condition()}:", f"        {statement}"] if m.chance(0.4) else [f"    {statement}"]
    m.bind(name, INT)
    return [*lines, f"    {name} = 2"]


def context_manager(m: Maker) -> Lines:
    """A context manager of one's own, as a class or a generator, that may swallow."""
    name, log, opened = m.fresh("Session", "Guard", "scope"), m.fresh("log", "events"), m.fresh("opened", "given")
    statement, error = raising(m)
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
    lines += indented(m.inner()) if m.chance(0.4) else []
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


def uncaught(m: Maker) -> Lines:
    """Statements that end the program by an exception."""
    statement, _ = raising(m)
    name, n = m.fresh("fail", "stop"), m.fresh("n", "k")
    return m.pick(
        (
            [statement],
            [f"def {name}({n}):", f"    use({n})", f"    if {n} > {m.number(0, 2)}:", f"        {statement}", f"{name}(0)", f"{name}(9)"],
            ["try:", f"    {statement}", "finally:", f"    use({m.number(0, 9)})"],
            [f"for {n} in range(3):", f"    use({n})", f"    if {n} == 1:", f"        {statement}"],
        )
    )


PRODUCTIONS = (
    Production(try_statement, 3),
    Production(try_nested, 1.5, is_large=True),
    Production(try_in_function, 2, is_large=True),
    Production(loop_finally, 1.5),
    Production(own_exception, 1, is_large=True),
    Production(error_values, 1.5, is_large=True),
    Production(suppressed, 2),
    Production(context_manager, 2, is_large=True),
    Production(with_several, 1),
)
