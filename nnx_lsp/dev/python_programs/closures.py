"""Functions that share names with what is around them."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import INT, STR, Parameter, Signature, function, list_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, indented


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


PRODUCTIONS = (
    Production(closure, 2.5, is_large=True),
    Production(late_binding, 1.5, is_large=True),
    Production(reads_later, 2, is_large=True),
    Production(writes_global, 2, is_large=True),
    Production(composed, 1.5, is_large=True),
)
