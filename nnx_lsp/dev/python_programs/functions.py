"""Functions: signatures, bodies, calls."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import BOOL, INT, STR, How, Parameter, Signature, Type, dict_of, function, list_of, optional, tuple_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, Scope, indented, unwrapped


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


PRODUCTIONS = (
    Production(plain_function, 6, is_large=True),
    Production(function_again, 1.5, is_large=True),
    Production(mutable_default, 1.5, is_large=True),
    Production(forwards, 1.5, is_large=True),
    Production(changes_argument, 2, is_large=True),
    Production(recursion, 1.5, is_large=True),
    Production(lambda_kept, 1.5),
    Production(function_field, 1),
)
