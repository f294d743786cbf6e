"""Functions: signatures, closures, generators, decorators, and what `functools` makes of them."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import BOOL, INT, STR, How, Parameter, Signature, Type, dict_of, function, list_of, optional, tuple_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, Scope, indented, unwrapped

# Parts --------------------------------------------------------------------------------------------------------------


def spelled(m: Maker, signature: Signature, receiver: str = "") -> str:
    """The parameters of a definition, with defaults."""
    parts = [receiver] if receiver else []
    is_marked = False
    positional = [parameter for parameter in signature.parameters if parameter.how == "positional"]
    for parameter in signature.parameters:
        if parameter.how == "keyword" and not is_marked and signature.takes_more is None:
            parts.append("*")
            is_marked = True
        elif parameter.how == "keyword" and not is_marked:
            parts.append("*values")
            is_marked = True
        annotation = f": {parameter.type.kind}" if parameter.type.kind in ("int", "str", "bool") and m.chance(0.15) else ""
        default = (
            f" = {m.literal(parameter.type)}" if annotation and parameter.has_default else f"={m.literal(parameter.type)}" if parameter.has_default else ""
        )
        parts.append(f"{parameter.name}{annotation}{default}")
        if positional and parameter is positional[-1]:
            parts.append("/")
    if signature.takes_more is not None and not is_marked:
        parts.append("*values")
    if signature.takes_names is not None:
        parts.append("**options")
    return ", ".join(parts)


def some_signature(m: Maker, result: Type | None, *, most: int = 3) -> Signature:
    """A signature with parameters of all sorts."""
    hows: list[How] = sorted(
        (m.random.choices(("positional", "plain", "keyword"), (8, 72, 20))[0] for _ in range(m.number(0, most))), key=("positional", "plain", "keyword").index
    )
    parameters: list[Parameter] = []
    defaults = False
    for how in hows:
        type = m.pick((INT, INT, STR, BOOL, list_of(INT), dict_of(INT), optional(INT), m.type(1)))
        if type.kind in ("object", "function"):
            type = INT
        defaults = m.chance(0.35) if how == "keyword" else (defaults or m.chance(0.25))
        name = m.fresh("a", "b", "n", "x", "data", "flag", "name")
        if (
            how == "plain"
            and m.chance(0.08)
            and (shadowed := [name for name in m.scope.readable if name not in ("self", *(parameter.name for parameter in parameters))])
        ):
            name = m.pick(shadowed)
        parameters.append(Parameter(name, type, how, defaults))
    more = INT if m.chance(0.15) else None
    return Signature(tuple(parameters), result, more, INT if m.chance(0.12) else None)


def local_names(signature: Signature) -> dict[str, Type]:
    """What a body can read of its parameters."""
    names = {parameter.name: parameter.type for parameter in signature.parameters}
    if signature.takes_more is not None:
        names["values"] = tuple_of()
    if signature.takes_names is not None:
        names["options"] = dict_of(signature.takes_names)
    return names


def body(m: Maker, signature: Signature, *, own: dict[str, Type] | None = None, most: int = 3) -> Lines:
    """The indented body of a function: statements, with other scopes' names declared or not, and its result."""
    names = local_names(signature)
    scope = m.scope.below({**(own or {}), **names}, signature.result)
    if signature.takes_more is not None:
        scope.fixed |= {"values"}
    lines: Lines = []
    before = m.scope
    if own is None and m.chance(0.3):
        lines += _declared(m, scope, before)
    with m.inside(scope):
        lines += m.block(1, most)
        if signature.result is not None:
            lines.append(f"return {m.bare(signature.result)}")
    return indented(lines)


def _declared(m: Maker, scope: Scope, before: Scope) -> Lines:
    """`global` or `nonlocal` names for a body, which can be bound then."""
    keyword = "nonlocal" if before.is_function else "global"
    names = [
        name
        for name, type in before.own.items()
        if type.kind in ("int", "str", "list", "dict", "bool", "optional") and name not in (*before.fixed, *before.declared, "self", *scope.own)
    ]
    if not names:
        return []
    chosen = m.some(names, 1, 2)
    for name in chosen:
        scope.own[name] = scope.outer.pop(name)
    scope.declared = frozenset(chosen)
    return [f"{keyword} {', '.join(chosen)}"]


def calls(m: Maker, name: str, signature: Signature, least: int = 1, most: int = 2) -> Lines:
    """Calls whose results are kept and read."""
    lines: Lines = []
    for _ in range(m.number(least, most)):
        call = f"{name}({m.arguments(signature)})"
        if signature.result is None or m.chance(0.2):
            lines.append(call)
            continue
        got = m.target(signature.result)
        m.bind(got, signature.result)
        lines += [f"{got} = {call}", *(m.read() if m.chance(0.3) else [])]
    return lines


# Plain functions ----------------------------------------------------------------------------------------------------


def plain_function(m: Maker) -> Lines:
    result = m.type(1) if m.chance(0.85) else None
    signature = some_signature(m, result)
    name = m.fresh("compute", "build", "update", "check", "load", "step_of")
    annotation = f" -> {result.kind}" if result is not None and result.kind in ("int", "str", "list") and m.chance(0.15) else ""
    lines = [f"def {name}({spelled(m, signature)}){annotation}:", *body(m, signature)]
    m.bind(name, function(signature))
    return lines + calls(m, name, signature)


def function_again(m: Maker) -> Lines:
    """A function that is defined a second time; who holds the first keeps it."""
    name, kept, got = m.fresh("score", "area"), m.fresh("before", "old"), m.fresh("got", "answer")
    n = m.fresh("n", "x")
    signature = Signature((Parameter(n, INT),), INT)
    lines: Lines = []
    user = m.fresh("user", "caller")
    for number in range(2):
        lines += [f"def {name}({n}):", *(body(m, signature, own={}, most=1) if m.chance(0.4) else [f"    return {n} + {m.number(1, 9)}"])]
        if number == 0:
            lines += m.pick(([f"{kept} = {name}"], [f"{kept} = [{name}][0]"], [f"def {kept}({n}, f={name}):", f"    return f({n})"]))
            lines += [f"def {user}({n}):", f"    return {name}({n}) * 2"]
    lines.append(f"{got} = ({name}({m.number(0, 3)}), {kept}({m.number(0, 3)}), {user}(1))")
    m.bind(name, function(signature))
    m.bind(got, tuple_of(INT, INT, INT))
    return lines


def mutable_default(m: Maker) -> Lines:
    name, n, kept = m.fresh("collect", "remember"), m.fresh("n", "x"), m.fresh("into", "kept")
    got, again = m.fresh("got", "first"), m.fresh("again", "second")
    if m.chance(0.6):
        type = list_of(INT)
        lines = [
            f"def {name}({n}, {kept}=[]):",
            f"    {kept}.append({n})",
            *(indented([f"if len({kept}) > {m.number(1, 2)}:", f"    {kept} = {kept}[:1]"]) if m.chance(0.3) else []),
            f"    return {kept}",
        ]
    else:
        type = dict_of(INT)
        lines = [f"def {name}({n}, {kept}={{}}):", f"    {kept}[str({n})] = {kept}.get(str({n}), 0) + 1", f"    return {kept}"]
    lines += [f"{got} = {name}({m.number(1, 3)})", f"{again} = {name}({m.number(1, 3)}{m.pick(('', '', ', ' + m.literal(type)))})"]
    m.bind(got, type)
    m.bind(again, type)
    return [*lines, f"use({got} is {again}, len({got}), {again}, {name}.__defaults__)"]


def forwards(m: Maker) -> Lines:
    """Arguments passed through `*args` and `**kwargs`."""
    inner, outer = m.fresh("target", "inner"), m.fresh("forward", "through")
    signature = some_signature(m, m.pick((INT, STR, tuple_of(INT, INT))), most=3)
    lines = [f"def {inner}({spelled(m, signature)}):", *body(m, signature, own={}, most=1)]
    call = m.pick((f"{inner}(*args, **kwargs)", f"{inner}(*args, **{{**kwargs}})", f"{inner}(*tuple(args), **dict(kwargs))"))
    lines += [f"def {outer}(*args, **kwargs):", *m.pick(([], ["    use(args, kwargs)"], ["    use(len(args), sorted(kwargs))"])), f"    return {call}"]
    m.bind(inner, function(signature))
    m.bind(outer, function(signature))
    return lines + calls(m, outer, signature)


def changes_argument(m: Maker) -> Lines:
    """A function that changes what it is given, or binds its parameter only."""
    type = m.pick((list_of(INT), dict_of(INT)))
    name, given, data = m.fresh("fill", "touch", "reset"), m.fresh("data", "into"), m.fresh_for(type)
    changes = {
        "list": (
            f"{given}.append({m.number(0, 9)})",
            f"{given} += [{m.number(0, 9)}]",
            f"{given} = {given} + [{m.number(0, 9)}]",
            f"{given}[:] = [{m.number(0, 9)}]",
            f"{given} = []",
            f"{given}.clear()",
        ),
        "dict": (
            f'{given}["k"] = {m.number(0, 9)}',
            f"{given}.update(a={m.number(0, 9)})",
            f"{given} = {{**{given}, 'z': 1}}",
            f"{given} |= {{'b': {m.number(0, 9)}}}",
            f"{given} = {{}}",
        ),
    }[type.kind]
    ends = m.pick(([f"    return {given}"], []))
    lines = [
        f"def {name}({given}):",
        *(f"    {change}" for change in m.some(changes, 1, 3)),
        *ends,
        f"{data} = {m.bare(type)}",
        f"{m.fresh('back', 'out')} = {name}({data})",
    ]
    m.bind(data, type)
    back = lines[-1].partition(" ")[0]
    return [*lines, f"use({data}, {back}, {back} is {data}, len({data}))"]


def recursion(m: Maker) -> Lines:
    name, n = m.fresh("down", "fold", "depth_of"), m.fresh("n", "tree")
    got = m.fresh_for(INT)
    match m.number(0, 3):
        case 0:
            lines = [
                f"def {name}({n}):",
                f"    if {n} <= {m.number(0, 1)}:",
                f"        return {m.number(0, 2)}",
                f"    return {m.pick((f'{n} * {name}({n} - 1)', f'{name}({n} - 1) + {n}', f'{name}({n} - 2) + 1'))}",
                f"{got} = {name}({m.number(2, 5)})",
            ]
        case 1:
            lines = [
                f"def {name}({n}):",
                f"    if isinstance({n}, list):",
                f"        return sum({name}(part) for part in {n}) + {m.number(0, 1)}",
                f"    return {n}",
                f"{got} = {name}([{m.number(0, 9)}, [{m.number(0, 9)}, [{m.number(0, 9)}]], []])",
            ]
        case 2:
            lines = [
                f"def {name}({n}, found=()):",
                f"    return found if not {n} else {name}({n} - 1, (*found, {n}))",
                f"{got} = len({name}({m.number(1, 4)}))",
                f"use({name}(2), {name}({m.number(0, 3)}, (9,)))",
            ]
        case _:
            other = m.fresh("odd", "other")
            lines = [
                f"def {name}({n}):",
                f"    return {m.number(0, 9)} if {n} == 0 else {other}({n} - 1)",
                f"def {other}({n}):",
                f"    return {m.number(10, 19)} if {n} == 0 else {name}({n} - 1)",
                f"{got} = {name}({m.number(0, 5)})",
            ]
    m.bind(got, INT)
    return lines


def lambda_kept(m: Maker) -> Lines:
    parameters = tuple(Parameter(m.fresh("x", "y", "a"), m.pick((INT, INT, STR))) for _ in range(m.number(0, 2)))
    signature = Signature(parameters, m.type(1))
    name = m.fresh("quick", "short")
    value = unwrapped(m.lambda_of(signature, 2))
    m.bind(name, function(signature))
    return [f"{name} = {value}", *calls(m, name, signature, 1, 1)]


def function_field(m: Maker) -> Lines:
    """A function with attributes of its own, or compared and held as a value."""
    if not (functions := [(name, own) for name, own in m.of_kind("function") if own.signature is not None]):
        return []
    name, own = m.pick(functions)
    other = m.fresh("same", "held")
    m.bind(other, own)
    lines = m.pick(([f"{other} = {name}"], [f"{other} = [len, {name}][1]"], [f'{other} = {{"f": {name}}}.get("f")'], [f"{other} = (lambda f: f)({name})"]))
    if m.chance(0.5):
        lines += ["try:", f"    {name}.mark = {m.literal(INT)}", f"    use({other}.mark)", "except AttributeError:", "    use(callable(" + name + "))"]
    assert own.signature is not None
    return [*lines, f"use({other} is {name}, {other}({m.arguments(own.signature)}))"]


# Closures -----------------------------------------------------------------------------------------------------------


def closure(m: Maker) -> Lines:
    """Functions that share what the function around them holds."""
    name, start, change, read = m.fresh("counter", "account", "cell"), m.fresh("start", "value"), m.fresh("bump", "put"), m.fresh("peek", "ask")
    by = m.fresh("by", "n")
    how = m.pick(
        (
            (f"nonlocal {start}", f"{start} += {by}"),
            (f"nonlocal {start}", f"{start} = {start} * 2 - {by}"),
            (f"nonlocal {start}", f"{start} = {by} if {by} > 2 else {start}"),
            (f"{start}2 = {start}", f"{start}2 += {by}"),
        )
    )
    lines = [
        f"def {name}({start}={m.number(0, 5)}):",
        f"    def {change}({by}={m.number(1, 3)}):",
        *(f"        {line}" for line in how),
        f"        return {start}",
    ]
    pair = m.chance(0.7)
    if pair:
        lines += [f"    def {read}():", f"        return {start}"] if m.chance(0.6) else [f"    {read} = lambda: {start}"]
    if m.chance(0.3):
        lines += [f"    {start} += {m.number(1, 9)}"]
    lines.append(f"    return {change}, {read}" if pair else f"    return {change}")
    one, other, ask = m.fresh("one", "left"), m.fresh("two", "right"), m.fresh("seen", "told")
    signature = Signature((Parameter("by", INT, "positional", True),), INT)
    if pair:
        lines += [f"{one}, {ask} = {name}({m.number(0, 9)})"]
        m.bind(ask, function(Signature((), INT)))
    else:
        lines += [f"{one} = {name}()"]
    m.bind(one, function(signature))
    if m.chance(0.6):
        lines += [f"{other} = {name}(){'[0]' if pair else ''}", f"{other}({m.number(1, 9)})"]
        m.bind(other, function(signature))
    got = m.fresh_for(INT)
    lines += [f"{one}({m.number(1, 5)})", f"{got} = {one}()"]
    m.bind(got, INT)
    return lines + ([f"use({ask}(), {got})"] if pair else [f"use({got})"])


def late_binding(m: Maker) -> Lines:
    """Functions made in a loop: all read the last value, or each keeps its own."""
    name, i = m.fresh("made", "rules"), m.fresh("i", "k")
    count = m.number(2, 3)
    own = m.chance(0.4)
    form = m.number(0, 2)
    value = m.pick((i, f"{i} * 10", f"({i}, {count})"))
    given = f"{i}={i}" if own else ""
    if form == 0:
        lines = [f"{name} = [lambda {given}: {value} for {i} in range({count})]"]
    elif form == 1:
        lines = [f"{name} = []", f"for {i} in range({count}):", f"    def rule({given}):", f"        return {value}", f"    {name}.append(rule)"]
        lines += [f"{i} = {m.number(50, 59)}"] if m.chance(0.4) else []
    else:
        maker = m.fresh("bind", "fixed")
        lines = [f"def {maker}({i}):", f"    return lambda: {value}", f"{name} = [{maker}(x) for x in range({count})]"]
    return [*lines, f"use({name}[0](), {name}[-1](), len({name}))", *([f"use([f() for f in {name}])"] if m.chance(0.5) else [])]


def reads_later(m: Maker) -> Lines:
    """A function reads a name of the module as it is when it runs."""
    type = m.pick((INT, STR, list_of(INT)))
    if m.depth:
        return []
    name, reader = m.fresh_for(type), m.fresh("current", "latest")
    one, other = m.fresh("was", "before"), m.fresh("now", "after")
    lines = [
        f"{name} = {m.bare(type)}",
        f"def {reader}():",
        f"    return {name}",
        f"{one} = {reader}()",
        f"{name} = {m.bare(type)}" if m.chance(0.7) else f"{name} {'+=' if type != INT else '-='} {m.literal(type)}",
        f"{other} = {reader}()",
    ]
    for each in (name, one, other):
        m.bind(each, type)
    m.bind(reader, function(Signature((), type)))
    return [*lines, f"use({one}, {other}, {one} is {other})" if type.kind == "list" else f"use({one}, {other}, {one} == {other})"]


def writes_global(m: Maker) -> Lines:
    if m.depth:
        return []
    name, setter = m.fresh("setting", "current", "total"), m.fresh("configure", "advance")
    n = m.fresh("n", "new")
    lines = [
        f"{name} = {m.bare(INT)}",
        f"def {setter}({n}):",
        f"    global {name}",
        *indented(
            m.pick(([f"{name} = {n}"], [f"{name} += {n}"], [f"if {n} > {m.number(0, 3)}:", f"    {name} = {n}"], [f"{name}, old = {n}, {name}", "return old"]))
        ),
    ]
    if m.chance(0.3):
        created = m.fresh("created", "born")
        lines += [f"def {m.fresh('birth')}():", f"    global {created}", f"    {created} = {m.literal(INT)}"]
        lines += [f"{lines[-3].split()[1].partition('(')[0]}()", f"use({created})"]
    m.bind(name, INT)
    m.bind(setter, function(Signature((Parameter(n, INT),), None)))
    lines += [f"{setter}({m.bare(INT, 1)})", f"use({name})"]
    if m.chance(0.4):
        lines += [f"for step in range({m.number(1, 3)}):", f"    {setter}(step)", f"use({name})"]
    return lines


def composed(m: Maker) -> Lines:
    """Functions that take and give functions."""
    name = m.fresh("compose", "twice", "chain")
    got = m.fresh_for(INT)
    n = m.number(1, 9)
    match m.number(0, 3):
        case 0:
            lines = [f"def {name}(f, g):", "    return lambda x: f(g(x))", f"{got} = {name}(lambda x: x + {n}, lambda x: x * 2)({m.bare(INT, 1)})"]
        case 1:
            lines = [
                f"def {name}(f, times=2):",
                "    def inner(x):",
                "        for _ in range(times):",
                "            x = f(x)",
                "        return x",
                "    return inner",
                f"{got} = {name}(lambda x: x + {n}{m.pick((')', ', 3)', ', times=1)'))}({m.bare(INT, 1)})",
            ]
        case 2:
            lines = [
                f"def {name}(x):",
                "    def with_y(y):",
                f"        return lambda z: x * {n} + y - z",
                "    return with_y",
                f"{got} = {name}({m.bare(INT, 1)})(2)(3)",
            ]
        case _:
            lines = [
                f"def {name}(f, *values, **named):",
                "    return f(*values, **named)",
                f"{got} = {name}(max, {m.bare(INT, 1)}, {n})",
                f"use({name}(dict, a={n}), {name}(lambda: {n}))",
            ]
    m.bind(got, INT)
    return lines


# Generators ---------------------------------------------------------------------------------------------------------


def generator(m: Maker) -> Lines:
    name, n = m.fresh("produce", "walk", "stream"), m.fresh("n", "limit")
    lines = [f"def {name}({n}):"]
    body_lines = m.pick(
        (
            [f"for i in range({n}):", f"    yield i * {m.number(1, 4)}"],
            [f"while {n} > 0:", f"    yield {n}", f"    {n} -= 1"],
            [f"yield {m.number(0, 9)}", f"if {n} > {m.number(1, 3)}:", '    return "short"', f"yield {n}"],
            [f"yield from range({n})", f"yield from [{m.number(0, 9)}]"],
            [
                f"for i in range({n}):",
                f"    if i == {m.number(0, 2)}:",
                f"        {m.pick(('continue', 'return', 'break'))}",
                "    yield i",
                f"yield {m.number(10, 19)}",
            ],
            ["total = 0", f"for i in range({n}):", "    total += i", "    yield total"],
        )
    )
    lines += indented(body_lines)
    count = m.number(1, 4)
    got = m.fresh_for(list_of(INT))
    match m.number(0, 5):
        case 0:
            lines += [f"{got} = list({name}({count}))"]
        case 1:
            running = m.fresh("running", "it")
            lines += [
                f"{running} = {name}({count})",
                f"{got} = [next({running})]",
                f"{got}.append(next({running}, -1))",
                f"{got}.extend({running})",
                f'use(next({running}, "done"))',
            ]
        case 2:
            lines += [
                f"{got} = []",
                f"for each in {name}({count}):",
                *([f"    if each > {m.number(1, 4)}:", "        break"] if m.chance(0.5) else []),
                f"    {got}.append(each)",
            ]
        case 3:
            lines += [f"{got} = [*{name}({count}), *{name}(1)]"]
        case 4:
            first = m.fresh("first", "head")
            lines += [f"{first}, *{got} = {name}({count})"]
            m.bind(first, INT)
        case _:
            running = m.fresh("running", "it")
            lines += [f"{running} = {name}({count})", f"{got} = [x for x in {running}]", f"use(list({running}), sum({name}(2)))"]
    m.bind(got, list_of(INT))
    return [*lines, f"use({got}, len({got}))"]


def coroutine(m: Maker) -> Lines:
    """A generator that is sent to, closed, thrown into, or gives a result to `yield from`."""
    name, running, log = m.fresh("talk", "average"), m.fresh("running", "line"), m.fresh("log", "heard")
    match m.number(0, 4):
        case 0:
            lines = [
                f"def {name}():",
                f"    total = {m.number(0, 5)}",
                "    while True:",
                "        given = yield total",
                *m.pick((["        total += given"], ["        if given is None:", "            break", "        total = given"])),
            ]
            lines += [
                f"{running} = {name}()",
                f"use(next({running}))",
                f"{log} = [{running}.send({m.number(1, 9)}), {running}.send({m.number(1, 9)})]",
                f"{running}.close()",
            ]
            m.bind(log, list_of(INT))
        case 1:
            lines = [
                f"{log} = []",
                f"def {name}():",
                "    try:",
                f"        yield {m.number(1, 9)}",
                f"        yield {m.number(1, 9)}",
                f"    except {m.pick(('ValueError', 'GeneratorExit'))}:",
                f'        {log}.append("stopped")',
                *m.pick(([], ["        return"])),
                "    finally:",
                f'        {log}.append("closed")',
            ]
            lines += (
                [f"{running} = {name}()", f"next({running})", f"{running}.close()"]
                if m.chance(0.4)
                else [
                    f"{running} = {name}()",
                    f"next({running})",
                    "try:",
                    f'    {running}.throw(ValueError("x"))',
                    "except StopIteration:",
                    f'    {log}.append("end")',
                ]
            )
            m.bind(log, list_of(STR))
        case 2:
            outer = m.fresh("outer", "whole")
            lines = [
                f"def {name}(n):",
                "    yield n",
                f"    return n * {m.number(2, 4)}",
                f"def {outer}():",
                f"    got = yield from {name}({m.number(1, 5)})",
                "    yield got",
                f"{log} = list({outer}())",
            ]
            m.bind(log, list_of(INT))
        case 3:
            lines = [
                f"def {name}():",
                "    yield 1",
                f"    return {m.literal(STR)}",
                f"{running} = {name}()",
                f"{log} = [next({running})]",
                "try:",
                f"    next({running})",
                "except StopIteration as stop:",
                f"    {log}.append(stop.value)",
            ]
        case _:
            source = m.fresh("source", "numbers")
            type = list_of(INT)
            lines = [
                f"{source} = {m.bare(type, 1)}",
                f"{running} = (x * {m.number(2, 3)} for x in {source} if x > {m.number(0, 2)})",
                f"{source}.append({m.number(3, 9)})",
                f"{log} = list({running})",
                f"use(list({running}))",
            ]
            m.bind(source, type)
            m.bind(log, type)
    return [*lines, f"use({log}, len({log}))"]


def iterators(m: Maker) -> Lines:
    """Iterators taken one by one."""
    type = m.pick((INT, STR))
    name, got = m.fresh("it", "rest"), m.fresh_for(type)
    items = m.expression(list_of(type))
    first = m.fresh("first", "top")
    match m.number(0, 3):
        case 0:
            lines = [
                f"{name} = iter({unwrapped(items)})",
                f"{first} = next({name}, {m.literal(type)})",
                f"{got} = next({name}, {m.literal(type)})",
                f"use(list({name}))",
            ]
        case 1:
            lines = [
                f"{name} = iter([*{items}, {m.literal(type)}, {m.literal(type)}])",
                f"{first}, {got} = next({name}), next({name})",
                f"for x in {name}:",
                f"    {got} = x",
            ]
        case 2:
            lines = [
                f"{name} = zip({items}, {m.module('itertools', 'count')}({m.number(0, 5)}))",
                f"{first}, {got} = {m.literal(type)}, {m.literal(type)}",
                f"for {first}, _ in {name}:",
                f"    {got} = {first}",
                f"use(list({name}))",
            ]
        case _:
            lines = [
                f"{name} = enumerate({unwrapped(items)})",
                f"{first} = {m.literal(type)}",
                f"{got} = [*[x for _, x in {name}], {first}][0]",
                f"use(next({name}, None))",
            ]
    m.bind(first, type)
    m.bind(got, type)
    return lines


# Decorators ---------------------------------------------------------------------------------------------------------


def decorator(m: Maker) -> Lines:
    """Decorators of one's own: that wrap, count, replace, register, with and without arguments."""
    name, own, n = m.fresh("traced", "logged", "wrapped"), m.fresh("work", "job"), m.fresh("n", "x")
    plain = [f"    return {n} + {m.number(1, 9)}"] if m.chance(0.6) else body(m, Signature((Parameter(n, INT),), INT), own={}, most=1)
    wraps = [f"@{m.module('functools', 'wraps')}(f)"] if m.chance(0.5) else []
    signature = Signature((Parameter(n, INT, "positional"),), INT)
    after: Lines = []
    match m.number(0, 6):
        case 0:
            lines = [
                f"def {name}(f):",
                *indented([*wraps, "def inner(*args, **kwargs):", f"    return f(*args, **kwargs) {m.pick(('+ 1', '* 2', '- 3'))}", "return inner"]),
            ]
            use = f"@{name}"
        case 1:
            lines = [
                f"def {name}(times):",
                "    def wrap(f):",
                *indented(indented([*wraps, "def inner(x):", "    for _ in range(times):", "        x = f(x)", "    return x", "return inner"])),
                "    return wrap",
            ]
            use = f"@{name}({m.pick((str(m.number(0, 3)), 'times=2'))})"
        case 2:
            lines = [
                f"class {name.capitalize()}:",
                "    def __init__(self, f):",
                "        self.f, self.calls = f, 0",
                "    def __call__(self, *args):",
                "        self.calls += 1",
                "        return self.f(*args)",
            ]
            use = f"@{name.capitalize()}"
            after = [f"use({own}.calls)"]
        case 3:
            lines = [f"def {name}(f):", *indented([*wraps, "def inner(x):", "    inner.calls += 1", "    return f(x)", "inner.calls = 0", "return inner"])]
            use = f"@{name}"
            after = [f"use({own}.calls, {own}.__name__)"]
        case 4:
            registry = m.fresh("registry", "known")
            lines = [f"{registry} = {{}}", f"def {name}(key):", "    def put(f):", f"        {registry}[key] = f", "        return f", "    return put"]
            use = f'@{name}("{m.pick(("a", "k"))}")'
            after = [f"use(len({registry}), list({registry}), [f(1) for f in {registry}.values()])"]
        case 5:
            lines = [f"def {name}(f):", f"    return lambda x: {m.number(0, 9)}"]
            use = m.pick((f"@{name}", f"@(lambda f: lambda x: {m.number(0, 9)})"))
        case _:
            lines = [
                f"def {name}(f=None, *, add={m.number(1, 3)}):",
                "    if f is None:",
                f"        return lambda g: {name}(g, add=add)",
                "    def inner(x):",
                "        return f(x) + add",
                "    return inner",
            ]
            use = m.pick((f"@{name}", f"@{name}()", f"@{name}(add={m.number(4, 9)})"))
    lines += [use, *([use] if m.chance(0.15) else []), f"def {own}({n}):", *plain]
    m.bind(own, function(signature))
    return lines + calls(m, own, signature) + after


# functools ----------------------------------------------------------------------------------------------------------


def partials(m: Maker) -> Lines:
    make = m.module("functools", "partial")
    base, name = m.fresh("mix", "blend"), m.fresh("bound", "ready")
    a, b, c = m.fresh("a", "x"), m.fresh("b", "y"), m.fresh("c", "scale")
    result = m.pick((f"({a}, {b}, {c})", f"[{a}, {b}, {c}]"))
    lines = [f"def {base}({a}, {b}=2, *, {c}={m.number(1, 3)}):", f"    return {result}"]
    got = m.fresh("got", "mixed")
    match m.number(0, 4):
        case 0:
            lines += [f"{name} = {make}({base}, {m.bare(INT, 1)})", f"{got} = {name}({m.number(0, 9)})"]
        case 1:
            lines += [f"{name} = {make}({base}, {c}={m.bare(INT, 1)})", f"{got} = {name}(1{m.pick(('', f', {c}=7', ', 5'))})"]
        case 2:
            lines += [
                f"{name} = {make}({make}({base}, {m.number(0, 9)}), {b}={m.number(0, 9)})",
                f"{got} = {name}({c}=4)",
                f"use({name}.args, {name}.keywords, {name}.func is {base})",
            ]
        case 3:
            lines += [f"{name} = {make}(int, base=2)", f'{got} = {name}("{m.pick(("101", "11"))}")']
        case _:
            lines += [f"{name} = list(map({make}({base}, {m.number(0, 9)}), [1, 2]))", f"{got} = {name}[0]"]
    return [*lines, f"use({got})"]


def cached(m: Maker) -> Lines:
    """A function that runs once for each argument; its effects show it."""
    name, seen, n = m.fresh("costly", "lookup"), m.fresh("seen", "runs"), m.fresh("n", "x")
    wrapper = m.pick(
        (
            f"@{m.module('functools', 'lru_cache')}(maxsize=None)",
            f"@{m.module('functools', 'lru_cache')}",
            f"@{m.module('functools', 'cache')}",
            f"@{m.module('functools', 'lru_cache')}(maxsize=1)",
        )
    )
    result = m.pick((f"{n} * {m.number(2, 5)}", f"[{n}]", f"({n}, len({seen}))", f"len({seen})"))
    one, other = m.number(0, 3), m.number(0, 3)
    lines = [
        f"{seen} = []",
        wrapper,
        f"def {name}({n}):",
        f"    {seen}.append({n})",
        f"    return {result}",
        f"use({name}({one}), {name}({other}), {name}({one}))",
    ]
    lines += m.pick(
        (
            [],
            [f"{name}.cache_clear()", f"use({name}({one}))"],
            [f"use({name}({one}) is {name}({one}))"],
            [f"use({name}.cache_info().misses)"],
            [f"use({name}.__wrapped__({one}))"],
        )
    )
    m.bind(seen, list_of(INT))
    return [*lines, f"use({seen}, len({seen}))"]


def dispatched(m: Maker) -> Lines:
    name = m.fresh("describe", "encode")
    lines = [f"@{m.module('functools', 'singledispatch')}", f"def {name}(value):", m.pick(('    return "any"', "    return type(value).__name__"))]
    for kind in m.some(("int", "str", "list", "bool"), 1, 2):
        lines += m.pick(([f"@{name}.register", f"def _(value: {kind}):"], [f"@{name}.register({kind})", "def _(value):"]))
        lines += [f'    return "{kind} of {m.number(0, 9)}"']
    got = m.fresh("got", "texts")
    lines += [f'{got} = [{name}(3), {name}("a"), {name}(True), {name}([1])]']
    m.bind(got, list_of(STR))
    return [*lines, f"use({got}, {got}[2])"]


PRODUCTIONS = (
    Production(plain_function, 6, is_large=True),
    Production(function_again, 1.5, is_large=True),
    Production(mutable_default, 1.5, is_large=True),
    Production(forwards, 1.5, is_large=True),
    Production(changes_argument, 2, is_large=True),
    Production(recursion, 1.5, is_large=True),
    Production(lambda_kept, 1.5),
    Production(function_field, 1),
    Production(closure, 2.5, is_large=True),
    Production(late_binding, 1.5, is_large=True),
    Production(reads_later, 2, is_large=True),
    Production(writes_global, 2, is_large=True),
    Production(composed, 1.5, is_large=True),
    Production(generator, 2.5, is_large=True),
    Production(coroutine, 2, is_large=True),
    Production(iterators, 1.5),
    Production(decorator, 3, is_large=True),
    Production(partials, 1.5, is_large=True),
    Production(cached, 1.5, is_large=True),
    Production(dispatched, 1, is_large=True),
)
