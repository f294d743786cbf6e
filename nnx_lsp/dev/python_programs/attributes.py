"""What stands between an attribute and its value: descriptors, special methods of access, how classes are made, and reflection."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import INT, STR, Field, Parameter, Shape, Signature, Type, list_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, indented
from nnx_lsp.dev.python_programs.members import register

_CLASSES = ("Card", "Entry", "Record", "Frame", "Panel")


def descriptor(m: Maker) -> Lines:
    """Descriptors with and without `__set__`, that know their name or not, against the object's own dict."""
    kind, owner, field = m.fresh("Checked", "Field", "Slot"), m.fresh(*_CLASSES), m.fresh("size", "level", "width")
    thing = m.fresh("card", "entry")
    named, data = m.chance(0.5), m.chance(0.6)
    key = "self.name" if named else '"_held"'
    lines = [f"class {kind}:"]
    lines += ["    def __set_name__(self, owner, name):", m.pick(('        self.name = "_" + name', "        self.name = name"))] if named else []
    lines += [
        f"    def __get__(self, obj, cls{m.pick(('', '=None'))}):",
        "        if obj is None:",
        f"            return {m.pick(('self', m.literal(INT)))}",
        f"        return {m.pick((f'obj.__dict__.get({key}, {m.number(0, 9)})', f'vars(obj).get({key}, {m.number(0, 9)}) + 100'))}",
    ]
    if data:
        lines += [
            "    def __set__(self, obj, value):",
            *([f"        if value > {m.number(2, 5)}:", f"            value = {m.pick(('0', 'value - 1'))}"] if m.chance(0.4) else []),
            f"        obj.__dict__[{key}] = {m.pick(('value', 'value * 2'))}",
        ]
    if data and m.chance(0.3):
        lines += ["    def __delete__(self, obj):", f"        obj.__dict__.pop({key}, None)"]
    deletes = "__delete__" in "".join(lines)
    lines += [f"class {owner}:", f"    {field} = {kind}()", *([f"    {field}_two = {kind}()"] if named and m.chance(0.4) else [])]
    lines += ["    def __init__(self, start):", f"        self.{field} = start"] if m.chance(0.6) else []
    given = str(m.number(0, 9)) if "__init__" in lines[-2] else ""
    lines += [f"{thing} = {owner}({given})", f"use({thing}.{field})", f"{thing}.{field} = {m.bare(INT, 1)}", f"use({thing}.{field})"]
    lines += m.some(
        (
            [f'{thing}.__dict__["{field}"] = {m.number(0, 9)}', f"use({thing}.{field})"],
            [f"use({owner}.{field})"],
            [f"del {thing}.{field}", f"use({thing}.{field})"] if deletes else [f"use(vars({thing}))"],
            [f"{owner}.{field} = {m.number(0, 9)}", f"use({thing}.{field})"],
        ),
        1,
        1,
    )[0]
    return lines


def get_attribute(m: Maker) -> Lines:
    """`__getattr__`, `__getattribute__`, `__setattr__`, `__delattr__`: attributes that are not where they seem to be."""
    name, thing = m.fresh(*_CLASSES), m.fresh("card", "proxy")
    a, b = m.fresh("alpha", "one"), m.fresh("beta", "two")
    form = m.number(0, 6)
    reads = f"use({thing}.{a}, {thing}.{b})"
    match form:
        case 0:
            lines = [
                f"class {name}:",
                f"    {a} = {m.number(0, 9)}",
                "    def __getattr__(self, name):",
                f"        {m.pick(('return name', f'return len(name) + {m.number(0, 9)}', 'return (name, 1)'))}",
                f"{thing} = {name}()",
                reads,
                f"{thing}.{b} = {m.number(0, 9)}",
                reads,
            ]
        case 1:
            lines = [
                f"class {name}:",
                "    def __init__(self, inner):",
                "        self.inner = inner",
                "    def __getattr__(self, name):",
                "        return getattr(self.inner, name)",
            ]
            lines += [
                f"{thing} = {name}({m.expression(list_of(INT), 1)})",
                f"{thing}.append({m.number(0, 9)})",
                f"use({thing}.inner, {thing}.count(1), len({thing}.inner))",
            ]
        case 2:
            lines = [
                f"class {name}:",
                "    def __init__(self):",
                f"        self.{a} = {m.number(0, 9)}",
                "    def __getattribute__(self, name):",
                f'        if name == "{m.pick((a, b))}":',
                f"            return {m.literal(m.pick((INT, STR)))}",
                "        return super().__getattribute__(name)",
                f"{thing} = {name}()",
                f"{thing}.{b} = {m.number(0, 9)}",
                reads,
            ]
        case 3:
            lines = [
                f"class {name}:",
                "    def __setattr__(self, name, value):",
                m.pick(
                    (
                        "        super().__setattr__(name, value * 2)",
                        '        self.__dict__["_" + name] = value',
                        f"        object.__setattr__(self, name, {m.number(0, 9)})",
                        "        if name not in self.__dict__:\n            super().__setattr__(name, value)",
                    )
                ),
                f"{thing} = {name}()",
                f"{thing}.{a} = {m.bare(INT, 1)}",
                f"{thing}.{a} = {m.number(10, 19)}",
                f'use(getattr({thing}, "{a}", "gone"), vars({thing}))',
            ]
            lines = [part for line in lines for part in line.split("\n")]
        case 4:
            log = m.fresh("log", "gone")
            lines = [
                f"{log} = []",
                f"class {name}:",
                "    def __delattr__(self, name):",
                f"        {log}.append(name)",
                *(["        super().__delattr__(name)"] if m.chance(0.5) else []),
                f"{thing} = {name}()",
                f"{thing}.{a} = {m.number(0, 9)}",
                f"del {thing}.{a}",
                f'use(hasattr({thing}, "{a}"), {log})',
            ]
            m.bind(log, list_of(STR))
        case 5:
            lines = [
                f"class {name}(dict):",
                "    def __getattr__(self, name):",
                "        try:",
                "            return self[name]",
                "        except KeyError:",
                f"            {m.pick(('raise AttributeError(name)', 'return None'))}",
                "    def __setattr__(self, name, value):",
                "        self[name] = value",
                f"{thing} = {name}({a}={m.number(0, 9)})",
                f"{thing}.{b} = {m.bare(INT, 1)}",
                f'use({thing}.{a}, {thing}["{b}"], len({thing}), hasattr({thing}, "missing"))',
                f'{thing}["{a}"] = {m.number(10, 19)}',
                reads,
            ]
        case _:
            lines = [
                f"class {name}:",
                "    def __getattr__(self, name):",
                "        value = len(name)",
                "        setattr(self, name, value)",
                "        return value",
                f"{thing} = {name}()",
                f"use({thing}.{a})",
                f"{thing}.{a} += {m.number(1, 9)}",
                f"use({thing}.{a}, sorted(vars({thing})))",
            ]
    return lines


def by_name(m: Maker) -> Lines:
    """Attributes and names that are reached by their text."""
    found = [(name, own, [field for field in m.shapes[own.shape].fields if field.is_writable]) for name, own in m.of_kind("object")]
    found = [each for each in found if each[2]]
    if not found:
        return []
    name, _, fields = m.pick(found)
    field = m.pick(fields)
    value = m.expression(field.type, 1)
    key, got = m.fresh("key", "which"), m.fresh_for(field.type)
    lines = m.pick(
        (
            [f'setattr({name}, "{field.name}", {value})'],
            [f'{key} = "{field.name}"', f"setattr({name}, {key}, {value})"],
            [f'for {key} in ("{field.name}",):', f"    setattr({name}, {key}, {value})"],
            [f'{name}.__dict__["{field.name}"] = {value}'],
            [f"vars({name}).update({field.name}={value})"],
            [f'{name}.__dict__.update({{"{field.name}": {value}}})'],
            [f'{key} = "".join(["{field.name[:2]}", "{field.name[2:]}"])', f"setattr({name}, {key}, {value})"],
            [f'object.__setattr__({name}, "{field.name}", {value})'],
            [f'use("{field.name}" in vars({name}), hasattr({name}, "{field.name}"), sorted(vars({name})))'],
            [f'delattr({name}, "{field.name}")', f'use(hasattr({name}, "{field.name}"))', f"{name}.{field.name} = {value}"],
            [f"del {name}.{field.name}", f'use(getattr({name}, "{field.name}", {value}))', f"{name}.{field.name} = {value}"],
            [f'use({m.module("operator", "attrgetter")}("{field.name}")({name}))'],
            ["try:", f"    {name}.absent", "except AttributeError as error:", f"    use(error.name, {name}.{field.name})"],
        )
    )
    m.bind(got, field.type)
    return [*lines, f"{got} = {name}.{field.name}", f"use({got})"]


def by_namespace(m: Maker) -> Lines:
    """`globals`, `locals`, `exec`, `eval`."""
    name, got = m.fresh("setting", "param"), m.fresh_for(INT)
    value = m.bare(INT, 1)
    n = m.number(0, 9)
    function = m.fresh("change", "inspect_it")
    if m.depth:
        text = m.pick((f'{got} = eval("{n} + {m.number(0, 9)}")', f'{got} = eval("x * 2", {{"x": {n}}})', f"{got} = len(locals()) * 0 + {n}"))
        m.bind(got, INT)
        return [text, f"use({got})"]
    lines = [f"{name} = {value}"]
    lines += m.pick(
        (
            [f'globals()["{name}"] = {n}'],
            [f'exec("{name} = {n}")'],
            [f'exec("{name} += 1\\n{name} *= 2")'],
            [f'{got} = eval("{name} + {n}")'],
            [f"def {function}():", f'    globals()["{name}"] = {n}', f"{function}()"],
            [f"def {function}():", f'    exec("{name} = {n}")', f"    return {name}", f"use({function}())"],
            [f"globals().update({name}={n})"],
            [f"def {function}():", f"    {name} = {n}", "    return dict(locals())", f'use({function}(), {function}()["{name}"])'],
            ["space = {}", f'exec("{name} = {n}\\ndef double(x): return x * {name}", space)', f'use(space["{name}"], space["double"](4))'],
            ['for part in ("a", "b"):', f'    globals()["{name}_" + part] = {n}', f"use({name}_a, {name}_b)"],
            [f'use("{name}" in globals(), "nowhere" in globals(), globals().get("{name}"))'],
            [f'{name} = eval("lambda x: x + {n}")(1)'],
            [f'del globals()["{name}"]', f"{name} = {n}"],
            [f'use(eval("[x for x in range({m.number(1, 4)})]"), eval("{name}"))'],
        )
    )
    m.bind(name, INT)
    if any(line.startswith(f"{got} =") for line in lines):
        m.bind(got, INT)
    return [*lines, f"use({name})"]


def metaclass(m: Maker) -> Lines:
    """A metaclass that adds, counts, renames or makes objects otherwise; a class made by `type`."""
    meta, name, sub = m.fresh("Meta", "Kind"), m.fresh(*_CLASSES), m.fresh("Sub", "Special")
    n = m.number(0, 9)
    thing = m.fresh("card", "it")
    match m.number(0, 6):
        case 0:
            lines = [
                f"class {meta}(type):",
                f"    def __new__(mcs, name, bases, body{m.pick(('', ', **options'))}):",
                f'        body["{m.pick(("added", "mark"))}"] = {m.pick((str(n), "len(bases)", "name.lower()"))}',
                "        return super().__new__(mcs, name, bases, body)",
            ]
            field = lines[2].split('"')[1]
            lines += [
                f"class {name}(metaclass={meta}):",
                "    own = 1",
                f"class {sub}({name}):",
                "    pass",
                f"use({name}.{field}, {sub}.{field}, {sub}().own, type({sub}) is {meta})",
            ]
        case 1:
            seen = m.fresh("seen", "known")
            lines = [
                f"{seen} = []",
                f"class {meta}(type):",
                "    def __init__(cls, name, bases, body):",
                f"        {seen}.append(name)",
                "        super().__init__(name, bases, body)",
                f"        cls.order = len({seen})",
                f"class {name}(metaclass={meta}):",
                "    pass",
                f"class {sub}({name}):",
                "    pass",
                f"use({seen}, {name}.order, {sub}().order)",
            ]
            m.bind(seen, list_of(STR))
        case 2:
            lines = [
                f"class {meta}(type):",
                "    made = None",
                "    def __call__(cls, *args):",
                "        if cls.made is None:",
                "            cls.made = super().__call__(*args)",
                "        return cls.made",
                f"class {name}(metaclass={meta}):",
                "    def __init__(self, size=1):",
                "        self.size = size",
                f"{thing} = {name}({n})",
                f"use({name}({n + 1}).size, {name}(0) is {thing})",
            ]
        case 3:
            lines = [
                f"class {meta}(type):",
                "    def __len__(cls):",
                f"        return {n}",
                "    def __getattr__(cls, name):",
                "        return name.upper()",
                "    @property",
                "    def title(cls):",
                f"        return cls.__name__ + {m.literal(STR)}",
                f"class {name}(metaclass={meta}):",
                "    known = 1",
                f'use(len({name}), {name}.known, {name}.other, {name}.title, hasattr({name}(), "title"))',
            ]
        case 4:
            lines = [
                f'{name} = type("{name}", ({m.pick(("", "object,"))}), {{"size": {n}, "grow": lambda self, by=1: self.size + by}})',
                f"{thing} = {name}()",
                f"use({thing}.size, {thing}.grow(), {name}.__name__)",
                f"{sub} = type({thing})",
                f"{sub}.size = {n + 1}",
                f"use({thing}.size, {thing}.grow(2))",
            ]
        case 5:
            lines = [
                f"def {meta.lower()}(cls):",
                f"    cls.extra = {n}",
                *m.pick(
                    (
                        ["    return cls"],
                        ["    class Wrapped(cls):", "        size = 50", "    return Wrapped"],
                        ["    cls.grow = lambda self: self.size + self.extra", "    return cls"],
                    )
                ),
                f"@{meta.lower()}",
                f"class {name}:",
                f"    size = {m.number(0, 9)}",
                "    def grow(self):",
                "        return self.size",
                f"use({name}().grow(), {name}.extra, {name}.size)",
            ]
        case _:
            lines = [
                f"class {name}:",
                "    def __class_getitem__(cls, item):",
                "        return (cls.__name__, item)",
                "    def __init__(self):",
                f"        self.size = {n}",
                f"use({name}[{m.number(0, 9)}], {name}[int][1] is int, {name}().size)",
            ]
    return lines


def init_subclass(m: Maker) -> Lines:
    """`__init_subclass__` with and without arguments; a registry of subclasses."""
    base, one, two = m.fresh("Plugin", "Handler"), m.fresh("First", "Json"), m.fresh("Second", "Text")
    known, key = m.fresh("known", "registry"), m.fresh("key", "tag")
    keyed = m.chance(0.5)
    lines = [
        f"class {base}:",
        f"    {known} = {{}}",
        f"    def __init_subclass__(cls, {f'{key}=None, ' if keyed else ''}**rest):",
        "        super().__init_subclass__(**rest)",
    ]
    lines += (
        [f"        cls.{key} = {key} or cls.__name__", f"        {base}.{known}[cls.{key}] = cls"]
        if keyed
        else [f"        cls.{known}[cls.__name__] = cls", f"        cls.{key} = len(cls.{known})"]
    )
    for name in (one, two):
        lines += [
            f"class {name}({m.pick((base, base, one if name == two else base))}{f', {key}={m.literal(STR)}' if keyed and m.chance(0.6) else ''}):",
            m.pick(("    pass", f"    size = {m.number(0, 9)}")),
        ]
    return [
        *lines,
        f"use({one}.{key}, {two}.{key}, list({base}.{known}), len({base}.{known}))",
        f"use([c.__name__ for c in {base}.{known}.values()], {two}().{key})",
    ]


def new_method(m: Maker) -> Lines:
    """`__new__`: one object for all, another class's object, a subclass of an immutable type."""
    name, one, two = m.fresh(*_CLASSES), m.fresh("one", "first"), m.fresh("two", "second")
    n, k = m.number(0, 9), m.number(0, 9)
    match m.number(0, 4):
        case 0:
            lines = [
                f"class {name}:",
                "    only = None",
                "    def __new__(cls, *args):",
                "        if cls.only is None:",
                "            cls.only = super().__new__(cls)",
                "        return cls.only",
                "    def __init__(self, size):",
                "        self.size = size",
                f"{one} = {name}({n})",
                f"{two} = {name}({k})",
                f"use({one}.size, {two}.size, {one} is {two})",
            ]
        case 1:
            lines = [
                f"class {name}(int):",
                '    def __new__(cls, value, unit="m"):',
                f"        self = super().__new__(cls, value + {m.number(0, 3)})",
                "        self.unit = unit",
                "        return self",
                f"{one} = {name}({n})",
                f"{two} = {one} + {k}",
                f"use({one}, {one}.unit, {two}, type({two}) is int, isinstance({one}, {name}))",
            ]
        case 2:
            lines = [
                f"class {name}:",
                "    def __new__(cls, value):",
                f"        if value > {m.number(1, 5)}:",
                f"            return {m.pick(('value', '[value]', 'None'))}",
                "        return object.__new__(cls)",
                "    def __init__(self, value):",
                "        self.value = value * 2",
                f"{one} = {name}({n})",
                f"{two} = {name}(0)",
                f'use(isinstance({one}, {name}), {two}.value, getattr({one}, "value", "none"))',
            ]
        case 3:
            lines = [
                f"class {name}(tuple):",
                "    def __new__(cls, a, b):",
                "        return super().__new__(cls, (a, b))",
                "    @property",
                "    def total(self):",
                "        return self[0] + self[1]",
                f"{one} = {name}({n}, {k})",
                f"a, b = {one}",
                f"use({one}.total, a, b, len({one}), {one} == ({n}, {k}))",
            ]
        case _:
            lines = [
                f"class {name}(list):",
                "    def append(self, item):",
                f"        super().append({m.pick(('item * 2', '(item,)', 'item'))})",
                "    def first(self):",
                f"        return self[0] if self else {k}",
                f"{one} = {name}({m.pick(('', '[1, 2]'))})",
                f"{one}.append({n})",
                f"use({one}.first(), len({one}), {one}[-1], isinstance({one}, list))",
            ]
    return lines


def slots(m: Maker) -> Lines:
    name, thing, got = m.fresh(*_CLASSES), m.fresh("card", "it"), m.fresh("outcome", "got")
    lines = [
        f"class {name}:",
        m.pick(('    __slots__ = ("size", "name")', '    __slots__ = ["size", "name"]')),
        f"    def __init__(self, size, name={m.literal(STR)}):",
        "        self.size, self.name = size, name",
        f"{thing} = {name}({m.bare(INT, 1)})",
    ]
    lines += [
        "try:",
        f"    {thing}.other = 1",
        f'    {got} = "open"',
        "except AttributeError:",
        f'    {got} = "closed"',
        f"{thing}.size += {m.number(1, 9)}",
        f'use({got}, {thing}.size, {thing}.name, hasattr({thing}, "__dict__"))',
    ]
    m.bind(got, STR)
    type = register(m, Shape(name, Signature((Parameter("size", INT), Parameter("name", STR, "plain", True))), (Field("size", INT), Field("name", STR))))
    m.bind(thing, type)
    return lines


def ordered(m: Maker) -> Lines:
    """`total_ordering` over one comparison."""
    name, one, two = m.fresh(*_CLASSES), m.fresh("small", "low"), m.fresh("large", "high")
    lines = [
        f"@{m.module('functools', 'total_ordering')}",
        f"class {name}:",
        "    def __init__(self, size):",
        "        self.size = size",
        "    def __eq__(self, other):",
        "        return self.size == other.size",
        f"    def __{m.pick(('lt', 'gt'))}__(self, other):",
        f"        return self.size {'<' if m.chance(0.8) else '>'} other.size",
    ]
    lines[7] = f"        return self.size {'<' if '__lt__' in lines[6] else '>'} other.size"
    lines += [f"{one}, {two} = {name}({m.bare(INT, 1)}), {name}({m.number(3, 9)})", f"use({one} <= {two}, {one} > {two}, {one} >= {two}, {one} != {two})"]
    return [
        *lines,
        *m.pick(
            (
                [f"use(max({one}, {two}).size, min([{two}, {one}]).size)"],
                [f"use([x.size for x in sorted([{two}, {one}, {name}(4)])])"],
                [f"if {one} < {two}:", f"    use({one}.size)", "else:", f"    use({two}.size)"],
            )
        ),
    ]


def simple_namespace(m: Maker) -> Lines:
    """`SimpleNamespace` and bare objects that get attributes from outside."""
    name = m.fresh("config", "bag")
    n = m.number(0, 9)
    if m.chance(0.5):
        lines = [f"{name} = {m.module('types', 'SimpleNamespace')}(size={n}, items={m.literal(list_of(INT))})"]
    else:
        cls = m.fresh("Bag", "Empty")
        lines = [f"class {cls}:", "    pass", f"{name} = {cls}()", f"{name}.size, {name}.items = {n}, {m.literal(list_of(INT))}"]
    lines += [
        f"{name}.items.append({name}.size)",
        *m.pick(
            (
                [f"{name}.size += {m.number(1, 9)}"],
                [f"{name}.__dict__.update(size={m.number(10, 19)}, more=1)"],
                ["for key, value in {'size': 7, 'name': 'n'}.items():", f"    setattr({name}, key, value)"],
            )
        ),
    ]
    return [*lines, f'use({name}.size, {name}.items, vars({name}), {name}.__dict__["size"])']


def with_function(m: Maker) -> Lines:
    """A function that is given an object and changes it."""
    found: list[tuple[str, Type, list[Field]]] = [
        (name, own, [field for field in m.shapes[own.shape].fields if field.is_writable]) for name, own in m.of_kind("object")
    ]
    found = [each for each in found if each[2]]
    if not found:
        return []
    name, _, fields = m.pick(found)
    field = m.pick(fields)
    function, given = m.fresh("adjust", "prepare"), m.fresh("obj", "target")
    lines = [
        f"def {function}({given}, **changes):",
        *indented(
            m.pick(
                (
                    ["for key, value in changes.items():", f"    setattr({given}, key, value)"],
                    [f"{given}.__dict__.update(changes)"],
                    [f'{given}.{field.name} = changes.get("{field.name}", {given}.{field.name})'],
                )
            )
        ),
        f"    return {given}",
    ]
    return [*lines, f"{function}({name}, {field.name}={m.expression(field.type, 1)}).{field.name}", f"use({name}.{field.name})"]


PRODUCTIONS = (
    Production(descriptor, 2.5, is_large=True),
    Production(get_attribute, 3, is_large=True),
    Production(by_name, 4, of_objects=True),
    Production(by_namespace, 2.5),
    Production(metaclass, 2, is_large=True),
    Production(init_subclass, 1.5, is_large=True),
    Production(new_method, 2, is_large=True),
    Production(slots, 1, is_large=True),
    Production(ordered, 1, is_large=True),
    Production(simple_namespace, 1.5, is_large=True),
    Production(with_function, 2, is_large=True, of_objects=True),
)
