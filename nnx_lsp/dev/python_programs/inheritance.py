"""Classes of classes, class attributes, and objects that hold objects."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import INT, STR, Field, Parameter, Shape, Signature, list_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, indented
from nnx_lsp.dev.python_programs.members import register


def hierarchy(m: Maker) -> Lines:
    """A class and those that inherit from it, with `super()` here and there."""
    base, one, two = m.fresh("Base", "Root"), m.fresh("Left", "Child"), m.fresh("Right", "Other")
    call, field, kind = m.fresh("run", "name_of", "apply"), m.pick(("size", "level", "width")), m.fresh("kind", "tag")
    n = m.pick(("n", "x"))
    lines = [
        f"class {base}:",
        f'    {kind} = "{m.pick(("base", "root"))}"',
        f"    def __init__(self, {field}={m.number(0, 5)}):",
        f"        self.{field} = {field}",
        f"    def {call}(self, {n}):",
        f"        return {m.pick((f'self.{field} + {n}', f'[{n}]', f'(self.{kind}, {n})', f'self.hook({n})'))}",
    ]
    lines += [f"    def hook(self, {n}):", f"        return {m.pick((n, f'{n} + 1', f'self.{field}'))}"]
    for name, parents in ((one, base), (two, m.pick((one, base)))):
        lines.append(f"class {name}({parents}):")
        parts: list[Lines] = []
        if m.chance(0.5):
            parts.append([f'{kind} = "{name.lower()}"'])
        if m.chance(0.5):
            parts.append(
                [
                    f"def __init__(self, *args{m.pick(('', ', extra=4', ', **more'))}):",
                    m.pick(("    super().__init__(*args)", f"    {base}.__init__(self, *args)", f"    super({name}, self).__init__({m.number(6, 9)})")),
                    *([f"    self.{field} += {m.number(1, 3)}"] if m.chance(0.5) else []),
                    *([f"    self.extra = {m.number(0, 9)}"] if m.chance(0.4) else []),
                ]
            )
        if m.chance(0.6):
            above = m.pick((f"super().{call}({n})", f"super().{call}({n} * 2)", f"(super().{call}({n}), self.{kind})", f"{base}.{call}(self, {n})"))
            parts.append([f"def {call}(self, {n}):", f"    {m.pick(('return', 'got ='))} {above}"])
            if "got =" in parts[-1][-1]:
                parts[-1] += ["    use(got)", f"    return {m.pick(('got', '[got, 1]'))}"]
        if m.chance(0.4):
            parts.append([f"def hook(self, {n}):", f"    return {m.pick((f'{n} * 100', f'super().hook({n}) + 7', 'self'))}"])
        for part in m.shuffled(parts) or [["pass"]]:
            lines += indented(part)
    made = [m.fresh("thing", "obj") for _ in range(3)]
    for name, cls in zip(made, (base, one, two), strict=True):
        lines.append(f"{name} = {cls}({m.pick(('', str(m.number(0, 9))))})")
    lines.append(f"use({', '.join(f'{name}.{call}({m.number(0, 5)})' for name in m.some(made, 2, 3))})")
    lines += m.some(
        (
            f"use([x.{kind} for x in ({', '.join(made)})])",
            f"use(isinstance({made[2]}, {one}), issubclass({two}, {one}), isinstance({made[0]}, {two}))",
            f"use([c.__name__ for c in {two}.__mro__])",
            f"{base}.{kind} = {m.number(0, 9)}; use({made[1]}.{kind}, {made[2]}.{kind})",
            f"{made[1]}.{kind} = {m.number(0, 9)}; use({made[1]}.{kind}, {one}.{kind}, {made[0]}.{kind})",
            f"use([x.{field} for x in ({', '.join(made)})])",
            f"use({two}.__bases__[0].__name__, type({made[2]}).{kind})",
            f"{one}.{call} = lambda self, {n}: {m.number(0, 9)}; use({made[1]}.{call}(1), {made[2]}.{call}(1))",
        ),
        1,
        3,
    )
    return lines


def diamond(m: Maker) -> Lines:
    """Several bases: the order of C3, cooperative `super()`."""
    names = [m.fresh(stem) for stem in ("Top", "West", "East", "Bottom")]
    call, field = m.fresh("trace", "visit"), m.fresh("mark", "own")
    form = m.pick(("list", "int", "str"))
    lines: Lines = []

    def value(name: str) -> str:
        return {"list": f'["{name}"]', "int": str(m.number(1, 9)), "str": f'"{name}"'}[form]

    bases = ("", names[0], names[0], m.pick((f"{names[1]}, {names[2]}", f"{names[2]}, {names[1]}")))
    skipped = m.pick((None, names[1], names[2], names[3]))
    for name, base in zip(names, bases, strict=True):
        lines.append(f"class {name}{f'({base})' if base else ''}:")
        own = f"    {field} = {value(name)}"
        has_own = m.chance(0.5) or name == names[0]
        lines += [own] if has_own else []
        if name == skipped and name != names[0]:
            lines += [] if has_own else ["    pass"]
            continue
        rest = "" if name == names[0] or m.chance(0.12) else f" + super().{call}()"
        lines += [f"    def {call}(self):", f"        return {value(name)}{rest}"]
    got = m.fresh("got", "path")
    lines += [f"{got} = {names[3]}().{call}()", f"use({got}, {names[3]}.{field}, {names[1]}().{call}())"]
    lines += m.some(
        (
            f"use([c.__name__ for c in {names[3]}.mro()])",
            f"use({names[2]}.{call}({names[3]}()), super({names[1]}, {names[3]}()).{call}())",
            f'del {names[0]}.{field}; use(hasattr({names[3]}, "{field}"))',
        ),
        0,
        1,
    )
    m.bind(got, {"list": list_of(STR), "int": INT, "str": STR}[form])
    return lines


def mixin(m: Maker) -> Lines:
    """A mixin before or behind the class that it adds to, and keyword arguments handed on."""
    mix, core, whole, call = m.fresh("Mixin", "Named"), m.fresh("Core", "Plain"), m.fresh("Whole", "Full"), m.fresh("text", "about")
    order = m.pick((f"{mix}, {core}", f"{core}, {mix}"))
    handed = m.chance(0.6)
    lines = [
        f"class {mix}:",
        f"    def __init__(self, name={m.literal(STR)}, **rest):",
        "        super().__init__(**rest)" if handed else "        pass",
        "        self.name = name",
        f"    def {call}(self):",
        m.pick(("        return self.name", "        return self.name * 2", '        return "mixin"')),
    ]
    lines += [
        f"class {core}:",
        f"    def __init__(self, size={m.number(0, 5)}, **rest):",
        "        super().__init__(**rest)" if handed else "        pass",
        "        self.size = size",
        *([f"    def {call}(self):", "        return str(self.size)"] if m.chance(0.6) else []),
    ]
    lines += [f"class {whole}({order}):", "    pass"]
    name = m.fresh("whole", "made")
    given = m.pick(("", f"name={m.literal(STR)}", 'size=3, name="n"', "size=7"))
    lines += [
        f"{name} = {whole}({given})",
        f"use({name}.{call}())",
        f'use(getattr({name}, "size", -1), getattr({name}, "name", None))',
    ]
    return lines


def abstract(m: Maker) -> Lines:
    """An abstract class; its method that calls what others give."""
    base, one, two, call = m.fresh("Shape", "Source"), m.fresh("Square", "Fixed"), m.fresh("Circle", "Open"), m.fresh("area", "value")
    abc, method_ = m.module("abc", "ABC"), m.module("abc", "abstractmethod")
    lines = [f"class {base}({abc}):", f"    @{method_}", f"    def {call}(self):", "        ...", "    def twice(self):", f"        return self.{call}() * 2"]
    for name in (one, two):
        lines += [f"class {name}({base}):", f"    def {call}(self):", f"        return {m.literal(m.pick((INT, STR)))}"]
    failed = m.fresh("failed", "made")
    lines += ["try:", f"    {failed} = {base}()", "except TypeError:", f'    {failed} = "abstract"', f"use({failed}, [x.twice() for x in ({one}(), {two}())])"]
    m.bind(failed, STR)
    return lines


def class_attributes(m: Maker) -> Lines:
    """What belongs to the class and what to the object: read through, hidden, shared, deleted."""
    name, one, two = m.fresh("Box", "Node", "Unit", "Store"), m.fresh("one", "a"), m.fresh("two", "b")
    number, shared = m.fresh("count", "total"), m.fresh("shared", "registry")
    lines = [f"class {name}:", f"    {number} = {m.number(0, 5)}", f"    {shared} = {m.pick(('[]', '{}'))}"]
    is_list = "[]" in lines[-1]
    if m.chance(0.5):
        lines += [
            "    def __init__(self):",
            f"        {m.pick((f'{name}.{number} += 1', f'self.{number} += 1', f'type(self).{number} += 1', f'self.__class__.{number} += 2'))}",
        ]
    if m.chance(0.3):
        lines += [f"    derived = {number} * 2 + 1", f"    squares = [x * x for x in range({m.number(1, 3)})]"]
    lines += [f"{one}, {two} = {name}(), {name}()"]
    put = f"{one}.{shared}.append({m.number(0, 9)})" if is_list else f'{one}.{shared}["k"] = {m.number(0, 9)}'
    steps = [
        [f"{one}.{number} = {m.number(10, 19)}"],
        [f"{one}.{number} += {m.number(1, 3)}"],
        [f"{name}.{number} = {m.number(20, 29)}"],
        [put],
        [f"{two}.{shared} = {m.pick(('[7]', '[]')) if is_list else '{}'}"],
        [f"{one}.{number} = 1", f"del {one}.{number}"],
        [f'use("{number}" in vars({one}), "{number}" in {name}.__dict__)'],
        [f"{name}.added = lambda self, n=1: self.{number} + n", f"use({two}.added(), {one}.added(5))"],
        [f"{one}.only = {m.number(0, 9)}", f'use(hasattr({two}, "only"), hasattr({one}, "only"))'],
        [f"{one}.__class__.{number} = {m.number(30, 39)}"],
        [f"{two}.{shared} += {'[8]' if is_list else '0'}"] if is_list else [f"{two}.{shared} |= {{'z': 2}}"],
    ]
    for step in m.some(steps, 2, 4):
        lines += [*step, f"use({one}.{number}, {two}.{number}, {name}.{number})"] if m.chance(0.5) else step
    return [*lines, f"use({one}.{shared}, {two}.{shared}, {name}.{shared}, {one}.{shared} is {two}.{shared})"]


def object_graph(m: Maker) -> Lines:
    """Objects that hold objects: chains, shared parts, cycles."""
    name, head = m.fresh("Link", "Item"), m.fresh("head", "chain")
    lines = [f"class {name}:", "    def __init__(self, value, next=None):", "        self.value, self.next = value, next"]
    type = register(m, Shape(name, Signature((Parameter("value", INT),)), (Field("value", INT),)))
    match m.number(0, 2):
        case 0:
            walker, total = m.fresh("walker", "here"), m.fresh_for(INT)
            lines += [
                f"{head} = None",
                f"for x in {m.expression(list_of(INT), 1)}:",
                f"    {head} = {name}(x, {head})",
                f"{walker}, {total} = {head}, 0",
                f"while {walker}{m.pick(('', ' is not None'))}:",
                f"    {total} += {walker}.value",
                f"    {walker} = {walker}.next",
                f"use({total}, {walker})",
            ]
            m.bind(total, INT)
        case 1:
            other, part = m.fresh("other", "tail"), m.fresh("part", "shared")
            lines += [
                f"{part} = {name}({m.number(0, 9)})",
                f"{head} = {name}({m.bare(INT, 1)}, {part})",
                f"{other} = {name}({part}, {head})",
                f"{m.pick((f'{head}.next', f'{other}.value', f'{other}.next.next', part))}.value = {m.number(10, 99)}",
                f"use({part}.value, {head}.next.value, {other}.value.value, {other}.next.next is {part})",
            ]
            m.bind(part, type)
            m.bind(head, type)
        case _:
            lines += [
                f"{head} = {name}({m.bare(INT, 1)})",
                f"{head}.next = {name}({m.number(0, 9)}, {head})",
                f"{head}.next.next.value += {m.number(1, 5)}",
                f"use({head}.value, {head}.next.value, {head}.next.next is {head})",
            ]
    return lines


def special_call(m: Maker) -> Lines:
    """Methods as values: bound, unbound, held, replaced on the object or the class."""
    name, call, n = m.fresh("Box", "Node", "Unit", "Store"), m.fresh("act", "tell"), m.fresh("n", "x")
    thing, bound = m.fresh("thing", "it"), m.fresh("bound", "act_of")
    lines = [
        f"class {name}:",
        "    def __init__(self, size):",
        "        self.size = size",
        f"    def {call}(self, {n}={m.number(1, 3)}):",
        f"        return {m.pick((f'self.size + {n}', f'(self.size, {n})', f'[self.size] * {n}'))}",
    ]
    lines += [f"{thing} = {name}({m.number(0, 9)})", f"{bound} = {thing}.{call}", f"use({bound}(), {name}.{call}({thing}, 2))"]
    lines += m.pick(
        (
            [f"{thing}.size = {m.number(10, 19)}", f"use({bound}(1))"],
            [f"{thing} = {name}({m.number(20, 29)})", f"use({bound}(1), {thing}.{call}(1))"],
            [f"{thing}.{call} = lambda: {m.number(0, 9)}", f"use({thing}.{call}(), {name}({m.number(0, 9)}).{call}(2))"],
            [f"{name}.{call} = lambda self, {n}=0: {n} - self.size", f"use({thing}.{call}(3), {bound}(1))"],
            [f"calls = [{thing}.{call}, {name}(1).{call}]", "use([f(2) for f in calls])"],
            [f"use({bound}.__self__ is {thing}, {bound}.__func__({thing}, 1))"],
            [f"{thing}.{call} = {m.module('types', 'MethodType')}(lambda self, k=5: self.size * k, {thing})", f"use({thing}.{call}())"],
            [f'use(list(map({thing}.{call}, [1, 2])), getattr({thing}, "{call}")(1))'],
        )
    )
    return lines


PRODUCTIONS = (
    Production(hierarchy, 2.5, is_large=True),
    Production(diamond, 2.5, is_large=True),
    Production(mixin, 1.5, is_large=True),
    Production(abstract, 1, is_large=True),
    Production(class_attributes, 2.5, is_large=True),
    Production(object_graph, 1.5, is_large=True),
    Production(special_call, 1.5, is_large=True),
)
