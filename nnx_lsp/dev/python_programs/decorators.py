"""Decorators of one's own, and what `functools` makes of functions."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.functions import body, calls
from nnx_lsp.dev.python_programs.kinds import INT, STR, Parameter, Signature, function, list_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, indented


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
    Production(decorator, 3, is_large=True),
    Production(partials, 1.5, is_large=True),
    Production(cached, 1.5, is_large=True),
    Production(dispatched, 1, is_large=True),
)
