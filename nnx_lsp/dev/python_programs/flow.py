"""Branches, loops, and what else may stand around statements."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.errors import raising
from nnx_lsp.dev.python_programs.kinds import BOOL, INT, NONE, STR, Signature, Type, either, function, list_of, optional, tuple_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, indented


def branch(m: Maker) -> Lines:
    lines = [f"if {m.condition()}:", *m.inner()]
    for _ in range(m.pick((0, 0, 1))):
        lines += [f"elif {m.condition()}:", *m.inner()]
    if m.chance(0.6):
        lines += ["else:", *m.inner()]
    return lines


def branch_binds(m: Maker) -> Lines:
    """Each way of a branch binds the same name, maybe to different types."""
    type = m.type(1)
    name = m.target(type)
    lines = [f"if {m.condition()}:", *(m.inner() if m.chance(0.3) else []), f"    {name} = {m.bare(type)}"]
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
    lines += [f"if {m.pick(tests)}:", *m.inner(scope)]
    if m.chance(0.6):
        scope = m.scope.within()
        if type.kind == "either":
            scope.own[name] = other
        else:
            scope.fixed |= {name}
        lines += ["else:", *m.inner(scope)]
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
    return [*lines, f"if {flag}:", *indented([f"use({name})"]), *m.inner(scope)]


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
    lines += m.inner(scope, 1, 3)
    if m.chance(0.3):
        lines += indented(_ending(m, names))
    if m.chance(0.3):
        lines += ["else:", *m.inner()]
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
            lines = [f"{left} = {many}", f"while {left} > 0:", f"    {left} -= 1", *m.inner(scope)]
        case 1:
            lines = [
                f"{left} = 0",
                f"while {left} < {many}:",
                f"    {left} += 1",
                *([f"    if {left} == 2:", f"        {m.pick(('continue', 'break'))}"] if m.chance(0.6) else []),
                *m.inner(scope),
            ]
        case 2:
            lines = [f"{left} = 0", "while True:", f"    {left} += 1", f"    if {left} >= {many}:", "        break", *m.inner(scope)]
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
            lines += m.inner(scope)
            m.bind(queue, list_of(type))
    if m.chance(0.35):
        lines += ["else:", *m.inner()]
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
            return [f"if {m.condition()}:", *lines, *([] if m.chance(0.4) else ["else:", *m.inner()])]
        case _:
            return [
                "try:",
                *lines,
                *([f"    {raising(m)[0]}"] if m.chance(0.3) else []),
                "except Exception as error:",
                "    use(type(error))",
                *([] if m.chance(0.5) else ["finally:", *m.inner()]),
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
    Production(chosen_function, 1.5),
    Production(wrapped, 8, is_large=True),
)
