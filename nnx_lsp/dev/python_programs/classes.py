"""Classes with members of all sorts, and the use of their objects."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.functions import spelled
from nnx_lsp.dev.python_programs.kinds import BOOL, INT, STR, Field, Parameter, Shape, Signature, Type, dict_of, list_of, optional, tuple_of
from nnx_lsp.dev.python_programs.maker import KEYS, Lines, Maker, Production, indented
from nnx_lsp.dev.python_programs.members import MEMBERS, changed, items_of, operators, register

_CLASSES = ("Box", "Node", "Unit", "Store", "Gate", "Layer", "Model", "Block", "Meter", "Shelf")


_FIELDS = ("size", "label", "items", "table", "inner", "level", "mode", "state")


def instance(m: Maker, type: Type) -> tuple[Lines, str]:
    """A new object under a name, which is in scope then."""
    name = m.fresh_for(type)
    shape = m.shapes[type.shape]
    line = f"{name} = {shape.name}({m.arguments(shape.made_by)})"
    m.bind(name, type)
    return [line], name


def work(m: Maker, name: str, type: Type, least: int = 1, most: int = 3) -> Lines:
    """Statements that use an object through what its class gives."""
    lines: Lines = []
    shape = m.shapes[type.shape]
    for _ in range(m.number(least, most)):
        writable = [field for field in shape.fields if field.is_writable]
        if writable and m.chance(0.4):
            field = m.pick(writable)
            lines.append(f"{name}.{field.name} = {m.bare(field.type, 1)}")
        elif shape.methods and m.chance(0.6):
            method = m.pick(shape.methods)
            call = f"{name}.{method.name}({m.arguments(method.signature)})"
            if method.signature.result is None or m.chance(0.4):
                lines.append(m.pick((call, f"use({call})")))
            else:
                got = m.target(method.signature.result)
                m.bind(got, method.signature.result)
                lines.append(f"{got} = {call}")
        elif shape.fields:
            lines.append(f"use({name}.{m.pick(shape.fields).name})")
    return lines


def _field_type(m: Maker) -> Type:
    return m.pick((INT, INT, STR, BOOL, list_of(INT), list_of(STR), dict_of(INT), optional(INT), tuple_of(INT, STR), m.type(1)))


def plain_class(m: Maker) -> Lines:
    lines, type = _class(m)
    made, name = instance(m, type)
    lines += made
    if m.chance(0.3):
        made, _ = instance(m, type)
        lines += made
    lines += work(m, name, type)
    for _ in range(m.number(0, 2) if m.shapes[type.shape].can else 0):
        lines += _protocol(m, name, type)
    return lines


def own_operators(m: Maker) -> Lines:
    """A class with operators of its own, and their use."""
    name = m.fresh(*_CLASSES)
    fields = [Field("size", INT), Field("label", STR)][: m.number(1, 2)]
    made_by, init = _init(m, fields)
    type = register(m, Shape(name, made_by, tuple(fields)))
    lines = [f"class {name}:", *indented([*init, *operators(m, name, type), *(items_of(m, name, type) if m.chance(0.3) else [])])]
    made, thing = instance(m, type)
    lines += made
    for _ in range(m.number(2, 4)):
        lines += _protocol(m, thing, type)
    return lines


def own_iterator(m: Maker) -> Lines:
    """Classes that are run over: by `__next__`, by a generator, by `__getitem__` alone, in both directions."""
    name, thing, n = m.fresh("Countdown", "Pages", "Walk"), m.fresh("pages", "walk"), m.number(1, 4)
    got = m.fresh("got", "taken")
    lines = [f"class {name}:", "    def __init__(self, left):", "        self.left = left"]
    lines += indented(
        m.pick(
            (
                [
                    "def __iter__(self):",
                    "    return self",
                    "def __next__(self):",
                    f"    if self.left <= {m.number(0, 1)}:",
                    "        raise StopIteration",
                    "    self.left -= 1",
                    f"    return {m.pick(('self.left', 'self.left * 10', '[self.left]'))}",
                ],
                ["def __iter__(self):", "    for i in range(self.left):", f"        yield {m.pick(('i', 'i * self.left', '(i, self.left)'))}"],
                [
                    "def __iter__(self):",
                    f"    return iter({m.pick(('range(self.left)', '[self.left, 7]', '{self.left: 1}'))})",
                    "def __len__(self):",
                    "    return self.left",
                ],
                ["def __getitem__(self, at):", "    if at >= self.left:", "        raise IndexError(at)", f"    return at + {m.number(0, 9)}"],
                [
                    "def __iter__(self):",
                    "    yield self.left",
                    "    yield from range(2)",
                    "def __reversed__(self):",
                    "    return iter([9, 8])",
                    "def __contains__(self, item):",
                    f"    return item == {m.number(0, 3)}",
                ],
            )
        )
    )
    lines.append(f"{thing} = {name}({n})")
    ways = [
        [f"use(list({thing}), list({thing}))"],
        [f"{got} = []", f"for x in {thing}:", f"    {got}.append(x)", f"    if len({got}) > {m.number(1, 3)}:", "        break", f"use({got}, {thing}.left)"],
        [f"first, *{got} = {thing}", f"use(first, {got})"],
        [f"use({m.number(0, 9)} in {thing})"],
        [f"use([x for x in {thing}], [*{name}(2)])"],
        [f"it = iter({thing})", f'use(next(it, "none"), next(it, "none"), it is {thing})'],
        [f"use(list(zip({thing}, {thing})))"],
        [f"use(dict(enumerate({name}(2))), max({name}(3), default=None), sorted(map(str, {name}(2))))"],
        [f"for i, x in enumerate({thing}):", "    use(i, x)", "else:", f"    use({thing}.left)"],
        *([[f"use(list(reversed({thing})))"]] * 3 if "__reversed__" in "".join(lines) else []),
        *([[f"use(len({thing}), bool({name}(0)))"]] * 2 if "__len__" in "".join(lines) else []),
        *([[f"use(next({thing}), {thing}.left)"]] * 2 if "__next__" in "".join(lines) else []),
    ]
    for way in m.some(ways, 1, 3):
        lines += way
    return lines


def own_container(m: Maker) -> Lines:
    """Built-in containers with something of their own."""
    name, thing, n = m.fresh("Defaults", "Ledger", "Stack"), m.fresh("ledger", "held"), m.number(0, 9)
    match m.number(0, 4):
        case 0:
            keeps = m.chance(0.5)
            lines = [
                f"class {name}(dict):",
                "    def __missing__(self, key):",
                *(["        self[key] = value = len(key)", "        return value"] if keeps else [f"        return {m.pick(('key', str(n)))}"]),
            ]
            lines += [f"{thing} = {name}(a={n})", f'use({thing}["a"], {thing}["bcd"], len({thing}), {thing}.get("z"), "bcd" in {thing})']
        case 1:
            lines = [
                f"class {name}(dict):",
                "    def __setitem__(self, key, value):",
                f"        super().__setitem__(key, {m.pick(('value * 2', '(value,)', 'len(self)'))})",
                f"{thing} = {name}(a={n})",
                f'{thing}["b"] = {n}',
                f"{thing}.update(c={n})",
                f'use({thing}, {thing}["b"], {thing}.setdefault("d", 1))',
            ]
        case 2:
            lines = [
                f"class {name}(list):",
                "    def __getitem__(self, at):",
                f"        return {m.pick(('super().__getitem__(at) + 1', 'len(self)', 'list.__getitem__(self, -1 - at)'))}",
                "    def push(self, item):",
                "        self.append(item)",
                "        return self",
                f"{thing} = {name}([1, {n}]).push(5)",
                f"use({thing}[0], {thing}[1], len({thing}), [x for x in {thing}], {thing}.pop())",
            ]
        case 3:
            lines = [
                f"class {name}(str):",
                "    def shout(self):",
                f"        return self.upper() + {m.literal(STR)}",
                "    def __len__(self):",
                f"        return {n}",
                f'{thing} = {name}("ab")',
                f'use({thing}.shout(), len({thing}), {thing} == "ab", type({thing} + "c") is str, isinstance({thing}, str))',
            ]
        case _:
            lines = [
                f"class {name}({m.module('collections', 'UserDict')}):",
                "    def __getitem__(self, key):",
                f"        return self.data.get(key, {n})",
                f"{thing} = {name}({{'a': 1}})",
                f"{thing}['b'] = 2",
                f"use({thing}['a'], {thing}['zz'], len({thing}), sorted({thing}), {thing}.data)",
            ]
    return lines


def class_again(m: Maker) -> Lines:
    """A class that is defined a second time; objects of the first stay what they are."""
    if m.depth:
        return []
    name, field, method = m.fresh(*_CLASSES), m.pick(_FIELDS), m.fresh("ask", "tell")
    old, new, first = m.fresh("old", "first"), m.fresh("new", "second"), m.fresh("First", "Before")
    lines: Lines = []
    for number in range(2):
        lines += (
            [f"class {name}:", f"    {field} = {m.number(0, 9)}"]
            if m.chance(0.5)
            else [f"class {name}:", "    def __init__(self):", f"        self.{field} = {m.number(0, 9)}"]
        )
        lines += [f"    def {method}(self):", f"        return self.{field} + {m.number(10, 99)}"]
        if number == 0:
            lines += [f"{old} = {name}()", *([f"{first} = {name}"] if m.chance(0.4) else [])]
            kept = lines[-1].startswith(first)
    lines += [
        f"{new} = {name}()",
        f"use({old}.{field}, {new}.{field}, {old}.{method}(), {new}.{method}())",
        f"use(isinstance({old}, {name}), type({old}) is type({new}))",
    ]
    return [*lines, *([f"use({first}().{field})"] if kept else [])]


def _class(m: Maker) -> tuple[Lines, Type]:
    """A class with fields, methods and what else it can."""
    name = m.fresh(*_CLASSES)
    fields = [Field(m.pick(_FIELDS), _field_type(m)) for _ in range(m.number(1, 3))]
    fields = list({field.name: field for field in fields}.values())
    shared = [Field(m.fresh("total", "kind", "limit", "known"), m.pick((INT, STR, list_of(INT), dict_of(INT)))) for _ in range(m.pick((0, 0, 1, 2)))]
    made_by, init = _init(m, fields)
    type = register(m, Shape(name, made_by, tuple(shared)))
    head = [f"{field.name} = {m.bare(field.type, 1)}" for field in shared]
    changed(m, type, fields=(*shared, *fields))
    members: list[Lines] = [init]
    if m.chance(0.12) and not shared and not any(field.name.startswith("_") for field in fields):
        head.append(f"__slots__ = ({', '.join(repr(field.name) for field in fields)},)".replace("'", '"'))
    members += [make(m, name, type) for make in m.some(MEMBERS, 1, 4)]
    rest = m.shuffled(members[1:])
    order = [init, *rest] if m.chance(0.7) else m.shuffled(members)
    return [f"class {name}:", *indented([*head, *(line for member in order for line in member)])], type


def _init(m: Maker, fields: list[Field]) -> tuple[Signature, Lines]:
    """`__init__`, in which each field is given, computed, or made empty."""
    parameters: list[Parameter] = []
    lines: Lines = []
    for field in fields:
        if m.chance(0.65):
            default = bool(parameters and parameters[-1].has_default) or m.chance(0.3)
            parameters.append(Parameter(field.name, field.type, "plain", default))
            lines.append(f"self.{field.name} = {field.name}")
        else:
            names = {parameter.name: parameter.type for parameter in parameters}
            with m.inside(m.scope.below(names)):
                lines.append(f"self.{field.name} = {m.bare(field.type, 1)}")
    if m.chance(0.12) and len(lines) > 1:
        lines[-1], lines[-2] = lines[-2], lines[-1]
    signature = Signature(tuple(parameters))
    return signature, [f"def __init__({spelled(m, signature, 'self')}):", *indented(lines)]


def use_protocols(m: Maker) -> Lines:
    """An object of a known class in the places that its special methods are called from."""
    found = [(name, own) for name, own in m.of_kind("object") if m.shapes[own.shape].can]
    if not found:
        return []
    return _protocol(m, *m.pick(found))


def _protocol(m: Maker, name: str, own: Type) -> Lines:
    can = m.shapes[own.shape].can
    got = m.fresh("got", "asked")
    ways: list[Lines] = [
        [f"if {name}:", *indented(m.read()), "else:", *indented(m.read())],
        [f"use(bool({name}), not {name})"],
        [f"{got} = {name} or {m.number(0, 9)}", f"use({got})"],
    ]
    forms = {
        "len": [f"use(len({name}))"],
        "items": [f'{name}["{m.pick(KEYS)}"] = {m.number(0, 9)}', f'{got} = {name}["{m.pick(KEYS)}"]', f"use({got})"],
        "iter": [f"use([x for x in {name}], list({name}))"],
        "call": [f"use(callable({name}))"],
        "enter": [f"with {name} as {got}:", f"    use({got} is {name})", f"    {m.pick(('raise ValueError', 'use(1)'))}"],
        "__eq__": [f"use({name} == {name}, {name} == 1, {name} != None, {name} in [0, {name}])"],
        "__lt__": [f"use({name} < {name}, {name} > {name})"],
        "__add__": [f"{got} = {name} + {m.number(0, 9)}", f"use({got})"],
        "__radd__": [f"use({m.number(0, 9)} + {name}, sum([{name}]))"],
        "__mul__": [f"use({name} * 2)"],
        "__iadd__": [f"{name} += {m.number(1, 9)}", f"use({name})"],
        "__neg__": [f"use(-{name})"],
        "__or__": [f"{got} = {name} | 3", f"use({got}[1], {got}[0] is {name})"],
        "__matmul__": [f"use({name} @ 2)"],
        "__invert__": [f"use(~{name})"],
        "__int__": [f"use(int({name}))"],
        "__index__": [f"use([10, 20, 30][{name}], list(range({name})))"],
        "__str__": [f'use(str({name}), f"{{{name}}}", "%s" % {name})'],
        "__repr__": [f'use(repr({name}), f"{{{name}!r}}", str([{name}]))'],
        "__hash__": [f"use(hash({name}), {{{name}: 1}}[{name}])"],
        "__format__": [f'use(f"{{{name}}}", format({name}, ""))'],
    }
    ways += [forms[each] for each in sorted(can) if each in forms] * 2
    return m.pick(ways)


PRODUCTIONS = (
    Production(plain_class, 9, is_large=True),
    Production(own_operators, 3, is_large=True),
    Production(own_iterator, 2, is_large=True),
    Production(own_container, 2, is_large=True),
    Production(class_again, 1.5, is_large=True),
    Production(use_protocols, 4, of_objects=True),
)
