"""Classes that Python writes the methods of: dataclasses, named tuples, enumerations."""

from __future__ import annotations

import re

from nnx_lsp.dev.python_programs.classes import instance, work
from nnx_lsp.dev.python_programs.kinds import BOOL, INT, STR, Field, Method, Parameter, Shape, Signature, Type, dict_of, list_of, optional
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, indented
from nnx_lsp.dev.python_programs.members import changed, method, property_of, register

_CLASSES = ("Point", "Settings", "Options", "State", "Sample", "Layout")
_FIELDS = ("size", "label", "items", "table", "depth", "mode", "flags")


def _spelled(type: Type) -> str:
    match type.kind:
        case "list":
            return f"list[{type.items[0].kind}]"
        case "dict":
            return f"dict[str, {type.items[1].kind}]"
        case "optional":
            return f"{type.items[0].kind} | None"
        case "tuple":
            return "tuple"
        case _:
            return type.kind


def _some_fields(m: Maker, least: int = 1, most: int = 3) -> list[tuple[str, Type]]:
    return [(name, m.pick((INT, INT, STR, BOOL, list_of(INT), dict_of(INT), optional(INT), list_of(STR)))) for name in m.some(_FIELDS, least, most)]


def _default(m: Maker, type: Type) -> str:
    """What stands behind the sign of a field."""
    field = m.module("dataclasses", "field")
    match type.kind:
        case "list" | "dict":
            return m.pick(
                (
                    f"{field}(default_factory={type.kind})",
                    f"{field}(default_factory=lambda: {m.literal(type)})",
                    f"{field}(default_factory={type.kind}, repr=False)",
                )
            )
        case _:
            value = m.literal(type)
            return m.pick(
                (value, value, value, f"{field}(default={value})", f"{field}(default={value}, compare=False)", f"{field}(default_factory=lambda: {value})")
            )


def data_class(m: Maker) -> Lines:
    """A dataclass in any spelling, with fields of any kind."""
    name = m.fresh(*_CLASSES)
    chosen = (
        m.some(("frozen=True", "kw_only=True", "order=True", "slots=True", "eq=False", "repr=False", "unsafe_hash=True", "match_args=False"), 0, 2)
        if m.chance(0.6)
        else []
    )
    spelled = m.module("dataclasses", "dataclass")
    options = f"({', '.join(chosen)})" if chosen else m.pick(("", "", "()"))
    is_frozen, is_keyed = "frozen=True" in chosen, "kw_only=True" in chosen
    parameters: list[Parameter] = []
    fields: list[Field] = []
    body: Lines = []
    defaults = False
    given = _some_fields(m)
    keyed_from = len(given) - 1 if not is_keyed and m.chance(0.25) and len(given) > 1 else None
    for at, (field, type) in enumerate(given):
        if at == keyed_from:
            body.append(f"_: {m.module('dataclasses', 'KW_ONLY')}")
            is_keyed, defaults = True, False
        defaults = m.chance(0.5) if is_keyed else defaults or m.chance(0.4)
        if m.chance(0.08):
            body.append(
                f"{field}: {_spelled(type)} = {m.module('dataclasses', 'field')}(default={m.literal(type)}, init=False)"
                if type.kind not in ("list", "dict")
                else f"{field}: {_spelled(type)} = {m.module('dataclasses', 'field')}(default_factory={type.kind}, init=False)"
            )
        else:
            body.append(f"{field}: {_spelled(type)}{f' = {_default(m, type)}' if defaults else ''}")
            parameters.append(Parameter(field, type, "keyword" if is_keyed else "plain", defaults))
        fields.append(Field(field, type, not is_frozen))
    if m.chance(0.2):
        body.append(f"{m.fresh('known', 'unit')}: {m.module('typing', 'ClassVar')}[int] = {m.number(0, 9)}")
    match_args = tuple(parameter.name for parameter in parameters if parameter.how == "plain") if "match_args=False" not in chosen else ()
    type_ = register(m, Shape(name, Signature(tuple(parameters)), tuple(fields), match_args=match_args))
    body += _post_init(m, type_, parameters, is_frozen, "slots=True" in chosen)
    if "slots=True" not in chosen:
        for make in m.some((method, property_of), 0, 1) if not is_frozen else m.some((method,), 0, 1):
            body += make(m, name, type_)
    if m.chance(0.12):
        body += _own_init(m, type_, parameters)
    lines = [f"@{spelled}{options}", f"class {name}:", *indented(body)]
    made, thing = instance(m, type_)
    lines += [*made, *work(m, thing, type_, 0, 2)]
    for _ in range(m.number(0, 2)):
        lines += _data_use(m, thing, type_, frozenset(chosen))
    return lines


def _post_init(m: Maker, type: Type, parameters: list[Parameter], is_frozen: bool, has_slots: bool) -> Lines:
    shape = m.shapes[type.shape]
    if not m.chance(0.5) or not shape.fields:
        return []
    field = m.pick(shape.fields)
    value = m.literal(field.type)
    if is_frozen:
        return ["def __post_init__(self):", f'    object.__setattr__(self, "{field.name}", {value})']
    if m.chance(0.4) and not has_slots and all(parameter.how == "plain" for parameter in parameters):
        given = m.fresh("seed", "raw")
        default = bool(parameters and parameters[-1].has_default) or m.chance(0.5)
        changed(m, type, made_by=Signature((*parameters, Parameter(given, INT, "plain", default))))
        derived = m.fresh("derived", "made")
        changed(m, type, fields=(*shape.fields, Field(derived, INT)))
        return [
            f"{given}: {m.module('dataclasses', 'InitVar')}[int]{f' = {m.number(0, 9)}' if default else ''}",
            f"{derived}: int = {m.module('dataclasses', 'field')}(init=False, default=0)",
            f"def __post_init__(self, {given}):",
            f"    self.{derived} = {given} * {m.number(1, 3)}",
        ]
    lines = ["def __post_init__(self):"]
    change = {
        "int": f"self.{field.name} += {m.number(1, 5)}",
        "str": f"self.{field.name} = self.{field.name}.upper()",
        "list": f"self.{field.name} = [*self.{field.name}, *self.{field.name}][:4]",
        "dict": f"self.{field.name} = dict(self.{field.name})",
    }.get(field.type.kind, f"self.{field.name} = {value}")
    if m.chance(0.3):
        return [*lines, f"    if self.{m.pick(shape.fields).name}:", f"        {change}"]
    return [*lines, f"    {change}"]


def _own_init(m: Maker, type: Type, parameters: list[Parameter]) -> Lines:
    """An `__init__` that a dataclass does not replace."""
    shape = m.shapes[type.shape]
    changed(m, type, made_by=Signature((Parameter("start", INT, "plain", True),)), match_args=())
    return [
        f"def __init__(self, start={m.number(0, 9)}):",
        *(f"    self.{field.name} = {'start' if field.type == INT else m.literal(field.type)}" for field in shape.fields),
    ]


def _data_use(m: Maker, thing: str, type: Type, options: frozenset[str]) -> Lines:
    """What the module of dataclasses, and comparison, make of an object."""
    shape = m.shapes[type.shape]
    parameters = shape.made_by.parameters
    module = "dataclasses"
    got = m.fresh("copy", "twin")
    ways: list[Lines] = [
        [f"use({m.module(module, 'asdict')}({thing}))"],
        [f"use({m.module(module, 'astuple')}({thing})[0])"],
        [f"use([f.name for f in {m.module(module, 'fields')}({thing})])"],
        [f"use({m.module(module, 'is_dataclass')}({thing}))"],
        [f"{got} = {shape.name}({m.arguments(shape.made_by, 0)})", f"use({got} == {thing}, {got} is {thing}, {thing} == {thing})"],
    ]
    if parameters:
        parameter = m.pick(parameters)
        ways += (
            [
                [
                    f"{got} = {m.module(module, 'replace')}({thing}, {parameter.name}={m.expression(parameter.type, 1)})",
                    f"use({got}.{parameter.name}, {thing}.{parameter.name})",
                ]
            ]
            * 3
            if parameter.name in {field.name for field in shape.fields}
            else []
        )
    if "frozen=True" in options and shape.fields:
        field = m.pick(shape.fields)
        ways += [
            [
                "try:",
                f"    {thing}.{field.name} = {m.literal(field.type)}",
                f"except {m.pick((m.module(module, 'FrozenInstanceError'), 'AttributeError'))}:",
                f"    use({thing}.{field.name})",
            ]
        ] * 2
    if "order=True" in options:
        ways += [[f"use({thing} < {shape.name}({m.arguments(shape.made_by, 0)}), {thing} <= {thing})"]] * 2
    if "repr=False" not in options:
        ways += [[f"use(str({thing}), len(repr({thing})))"]]
    return m.pick(ways)


def matched_records(m: Maker) -> Lines:
    """Class patterns over objects of several classes, by position and by name, with a guard or not."""
    one, two, three = m.fresh("Dot", "Leaf"), m.fresh("Line", "Branch"), m.fresh("Word", "Mark")
    lines = [f"@{m.module('dataclasses', 'dataclass')}", f"class {one}:", "    x: int", f"    y: int = {m.number(0, 5)}"]
    lines += m.pick(
        (
            [f"class {two}({m.module('typing', 'NamedTuple')}):", "    start: object", "    end: object = None"],
            [f"class {two}:", '    __match_args__ = ("start", "end")', "    def __init__(self, start, end=None):", "        self.start, self.end = start, end"],
            [f"@{m.module('dataclasses', 'dataclass')}", f"class {two}({one}):", "    start: object = None", "    end: object = None"],
        )
    )
    lines += [f"class {three}:", f"    text = {m.literal(STR)}"]
    inherits = f"class {two}({one})" in lines[5]
    given = [
        f"{one}({m.number(0, 3)})",
        f"{one}({m.number(0, 3)}, {m.number(0, 3)})",
        f"{three}()",
        str(m.number(0, 3)),
        f"{two}({one}(1), {m.number(0, 3)})",
        f"{two}({m.number(0, 2)})",
    ]
    cases = [
        f"{one}({m.number(0, 3)}, b)",
        f"{one}(x=a)",
        f"{one}(a, {m.number(0, 3)} | {m.number(4, 5)})",
        f"{two}({one}(a, b), c)",
        f"{two}(start={one}() as a)",
        f"{two}(a, None)" if not inherits else f"{two}(a, b, c)",
        f'{three}(text="{m.pick("ab")}")',
        f"{three}()",
        "int(a)",
        f"{one}() | {three}()",
        f"{one}(a, b) if a == b",
    ]
    name = m.fresh("describe", "measure")
    lines += [f"def {name}(value):", "    match value:"]
    for number, case in enumerate(m.some(cases, 2, 4)):
        captured = [each for each in "abc" if re.search(rf"\b{each}\b(?!\")", case.partition(" if ")[0])]
        lines += [f"        case {case}:", f"            return ({', '.join([str(number), *captured])},)"]
    lines += ["        case other:", "            return other"] if m.chance(0.6) else ["    return None"]
    return [*lines, *(f"use({name}({each}))" for each in m.some(given, 2, 4))]


def data_inheritance(m: Maker) -> Lines:
    """Dataclasses that inherit: fields in order, defaults replaced, `super().__post_init__()`, a plain class between."""
    base, sub = m.fresh("Base", "Parent"), m.fresh("Derived", "Sub")
    spelled = m.module("dataclasses", "dataclass")
    mark = m.pick((f"@{spelled}", f"@{spelled}()", f"@{spelled}(eq=True)", f"@{spelled}(kw_only=True)"))
    keyed = "kw_only" in mark
    a, b, c = m.some(_FIELDS, 3, 3)
    lines = [mark, f"class {base}:", f"    {a}: int", f"    {b}: int = {m.number(0, 9)}"]
    post = m.chance(0.5)
    lines += ["    def __post_init__(self):", f"        self.{a} = self.{a} + {m.number(1, 9)}"] if post else []
    lines += ["    def total(self):", f"        return self.{a} * 10 + self.{b}"]
    lines += [m.pick((mark, mark, "@" + spelled)), f"class {sub}({base}):"]
    middle = m.chance(0.3)
    lines += [f"    {b}: int = {m.number(10, 19)}"] if m.chance(0.5) else []
    lines += [f"    {c}: list = {m.module('dataclasses', 'field')}(default_factory=list)"]
    if post and m.chance(0.6):
        lines += ["    def __post_init__(self):", *(["        super().__post_init__()"] if m.chance(0.7) else []), f"        self.{c}.append(self.{b})"]
    if m.chance(0.4):
        lines += ["    def total(self):", f"        return super().total() + len(self.{c})"]
    if middle:
        lines += [f"class {sub}Two({sub}):", f"    {a} = {m.number(50, 59)}", "    extra = 1"]
    one, two = m.fresh("one", "left"), m.fresh("two", "right")
    name = f"{sub}Two" if middle else sub
    first = f"{a}={m.number(0, 9)}" if keyed else m.pick((str(m.number(0, 9)), f"{a}={m.number(0, 9)}"))
    lines += [
        f"{one} = {base}({first})",
        f"{two} = {name}({a}={m.number(0, 9)}{m.pick(('', f', {b}=3', f', {c}=[1]'))})",
        f"use({one}.total(), {two}.total(), {two}.{b}, {two}.{c})",
        f"use({one} == {two}, isinstance({two}, {base}), {m.module('dataclasses', 'asdict')}({two}))",
    ]
    return lines


def called_dataclass(m: Maker) -> Lines:
    """`dataclass(cls)` as a call, `make_dataclass`, a decorator of one's own around it, and a mutable field that objects share."""
    name, thing = m.fresh(*_CLASSES), m.fresh("made", "it")
    n = m.number(0, 9)
    spelled = m.module("dataclasses", "dataclass")
    match m.number(0, 3):
        case 0:
            lines = [
                f"class {name}:",
                f"    size: int = {n}",
                '    label: str = "a"',
                f"{name} = {m.pick((f'{spelled}({name})', f'{spelled}(frozen=True)({name})'))}",
            ]
            given = m.pick(("", "3", 'label="z"'))
            lines += [f"{thing} = {name}({given})", f"use({thing}.size, {thing}.label, {thing})"]
        case 1:
            lines = [
                f'{name} = {m.module("dataclasses", "make_dataclass")}("{name}", ["size", ("label", str, "a"), ("depth", int, {n})])',
                f"{thing} = {name}({m.number(0, 9)})",
                f"use({thing}.size, {thing}.label, {thing}.depth)",
            ]
        case 2:
            marked = m.fresh("config", "record")
            lines = [
                f"def {marked}(cls=None, **options):",
                "    if cls is None:",
                f"        return lambda c: {spelled}(c, **options)",
                f"    return {spelled}(cls)",
                f"@{marked}{m.pick(('', '()', '(frozen=True)'))}",
                f"class {name}:",
                f"    size: int = {n}",
                f"{thing} = {name}({m.pick(('', '4'))})",
                f"use({thing}.size)",
            ]
        case _:
            shared = m.fresh("shared", "common")
            other = m.fresh("other", "peer")
            lines = [
                f"{shared} = [{n}]",
                f"@{spelled}",
                f"class {name}:",
                f"    items: list = {m.module('dataclasses', 'field')}(default_factory=lambda: {m.pick((shared, f'[*{shared}]', 'list(' + shared + ')'))})",
                f"{thing}, {other} = {name}(), {name}()",
                f"{thing}.items.append({m.number(0, 9)})",
                f"use({other}.items, {shared}, {thing} == {other}, len({thing}.items))",
            ]
            m.bind(shared, list_of(INT))
    return lines


def named_tuple(m: Maker) -> Lines:
    name, thing, n = m.fresh("Pair", "Row", "Spot"), m.fresh("pair", "row"), m.number(0, 9)
    if m.chance(0.6):
        lines = [
            f"class {name}({m.module('typing', 'NamedTuple')}):",
            "    x: int",
            f"    y: int = {n}",
            *(["    def total(self):", "        return self.x + self.y"] if m.chance(0.5) else []),
        ]
    else:
        names = m.pick(('"x y"', '["x", "y"]', '"x, y"'))
        lines = [f'{name} = {m.module("collections", "namedtuple")}("{name}", {names}, defaults=({n},))']
    has_total = "total" in lines[-2] if len(lines) > 1 else False
    signature = Signature((Parameter("x", INT), Parameter("y", INT, "plain", True)))
    type = register(
        m, Shape(name, signature, (Field("x", INT, False), Field("y", INT, False)), (Method("total", Signature((), INT)),) if has_total else (), ("x", "y"))
    )
    lines += [f"{thing} = {name}({m.arguments(signature)})"]
    m.bind(thing, type)
    other, a, b = m.fresh("moved", "next_one"), m.fresh("a", "x"), m.fresh("b", "y")
    for way in m.some(
        (
            [f"{other} = {thing}._replace({m.pick(('x', 'y'))}={m.bare(INT, 1)})", f"use({other}.x, {other}.y, {thing}.x, {thing} == {other})"],
            [f"use({thing}._asdict(), {name}._fields, len({thing}))"],
            [f"{a}, {b} = {thing}", f"use({a}, {b})"],
            [f"use({thing}[0], {thing}[-1], {thing} == ({thing}.x, {thing}.y), isinstance({thing}, tuple))"],
            [f"use({thing} + (1,), [v for v in {thing}], sum({thing}))"],
            [f'use({name}._make([1, 2]), {name}(**{{"x": 3}}), {name}(*[4, 5]).y)'],
            ["try:", f"    {thing}.x = 1", "except AttributeError:", f"    use({thing}.x)"],
            [f"{m.pick(('x', 'z'))}s = [{thing}, {name}(1)]", f"use(sorted([{thing}, {name}(1)])[0].x, max({thing}, {name}(5)).y)"],
        ),
        1,
        3,
    ):
        lines += way
    return lines


def enumeration(m: Maker) -> Lines:
    """An enumeration: values, names, `auto`, methods, members by name and value, in conditions and patterns."""
    name = m.fresh("Color", "Mode", "Phase")
    one, two, three = m.some(("RED", "GREEN", "BLUE", "TRAIN", "EVAL", "LOW", "HIGH"), 3, 3)
    kind = m.pick(("Enum", "Enum", "IntEnum", "StrEnum"))
    auto = m.chance(0.4)
    values = (
        [f"{m.module('enum', 'auto')}()"] * 3
        if auto
        else [f'"{each.lower()}"' for each in (one, two, three)]
        if kind == "StrEnum" or (kind == "Enum" and m.chance(0.4))
        else [str(number) for number in m.random.sample(range(1, 9), 3)]
    )
    is_alias = m.chance(0.12) and not auto
    lines = [
        f"class {name}({m.module('enum', kind)}):",
        f"    {one} = {values[0]}",
        f"    {two} = {values[1]}",
        f"    {three} = {values[0] if is_alias else values[2]}",
    ]
    first = m.chance(0.5)
    lines += ["    def is_first(self):", f"        return self is {name}.{one}"] if first else []
    lines += ["    @property", "    def short(self):", "        return self.name[0].lower()"] if m.chance(0.3) else []
    value = values[1] if not auto else f'"{two.lower()}"' if kind == "StrEnum" else "2"
    chosen = m.fresh("chosen", "mode")
    start = m.pick(
        (f"{name}.{two}", f"{name}({value})", f'{name}["{two}"]', f"{name}.{two} if {m.test()} else {name}.{one}", f"list({name})[{m.number(0, 1)}]")
    )
    lines.append(f"{chosen} = {start}")
    type = register(m, Shape(name, Signature((Parameter("value", STR),)), (Field("name", STR, False),)))
    got = m.fresh("picked", "told")
    ways = [
        [f"use({chosen}.name, {chosen}.value, {chosen} is {name}.{two}, {chosen} == {name}.{one})"],
        [f"match {chosen}:", f"    case {name}.{one}:", f"        {got} = 1", f"    case {name}.{two} | {name}.{three}:", f"        {got} = 2", f"use({got})"],
        [
            f"if {chosen} is {name}.{one}:",
            f"    {got} = {m.literal(INT)}",
            f"elif {chosen} in ({name}.{two}, {name}.{three}):",
            f"    {got} = {m.literal(STR)}",
            "else:",
            f"    {got} = None",
            f"use({got})",
        ],
        [f"use([x.name for x in {name}], len({name}), {name}.{one} in {name})"],
        [f'{got} = {{{name}.{one}: {m.number(0, 9)}, {name}.{two}: {m.number(0, 9)}}}.get({chosen}, "none")', f"use({got})"],
        ["try:", m.pick((f"    {name}(99)", f'    {name}("nothing")')), "except ValueError:", f"    use({name}.{one}.value)"],
        [f'use({name}.__members__["{three}"].name, {name}({value}) is {name}.{two}, isinstance({chosen}, {name}))'],
    ]
    if kind == "IntEnum":
        ways += [[f"use({name}.{one} < {name}.{two}, {name}.{one} + 1, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100][{chosen}])"]]
    if kind == "StrEnum":
        ways += [[f'use({chosen} == {value}, {chosen}.upper(), f"{{{chosen}}}", str({chosen}) + "!")']]
    if first:
        ways += [[f"use({chosen}.is_first(), {name}.{one}.is_first())"]]
    for way in m.some(ways, 2, 3):
        lines += way
    del m.shapes[type.shape]
    return lines


def flags(m: Maker) -> Lines:
    name, chosen = m.fresh("Perm", "Switch"), m.fresh("perm", "given")
    auto = m.module("enum", "auto")
    lines = [
        f"class {name}({m.module('enum', m.pick(('Flag', 'IntFlag')))}):",
        f"    READ = {auto}()",
        f"    WRITE = {auto}()",
        f"    RUN = {m.pick((auto + '()', '8'))}",
        *(["    BOTH = READ | WRITE"] if m.chance(0.4) else []),
    ]
    lines += [
        f"{chosen} = {m.pick((f'{name}.READ | {name}.WRITE', f'{name}.READ', f'{name}(0)', f'{name}(3)'))}",
        *m.pick(([], [f"{chosen} |= {name}.RUN"], [f"{chosen} &= ~{name}.READ"], [f"{chosen} ^= {name}.WRITE"])),
    ]
    return [
        *lines,
        f"use({chosen}.value, {name}.READ in {chosen}, bool({chosen} & {name}.WRITE), {chosen} == {name}.READ)",
        *([f"if {chosen} & {name}.WRITE:", *indented(m.read()), "else:", *indented(m.read())] if m.chance(0.5) else []),
    ]


def typed_dict(m: Maker) -> Lines:
    """`TypedDict`, `Protocol`, `Generic`, `NewType`, `Literal`: classes of types, which run as something simpler."""
    name, thing, n = m.fresh("Movie", "Spec"), m.fresh("movie", "spec"), m.number(0, 9)
    match m.number(0, 3):
        case 0:
            lines = [
                f"class {name}({m.module('typing', 'TypedDict')}):",
                "    size: int",
                "    label: str",
                f'{thing} = {name}(size={n}, label="x")',
                f'{thing}["size"] += {m.number(1, 9)}',
                f'use({thing}["size"], type({thing}) is dict, len({thing}))',
            ]
        case 1:
            lines = [f'{name} = {m.module("typing", "NewType")}("{name}", int)', f"{thing} = {name}({n})", f"use({thing} + 1, type({thing}) is int)"]
        case 2:
            variable = m.fresh("T", "Item")
            lines = [
                f'{variable} = {m.module("typing", "TypeVar")}("{variable}")',
                f"class {name}({m.module('typing', 'Generic')}[{variable}]):",
                f"    def __init__(self, item: {variable}):",
                "        self.item = item",
                f"    def get(self) -> {variable}:",
                "        return self.item",
                f"{thing} = {name}{m.pick(('', '[int]'))}({n})",
                f"use({thing}.get(), {thing}.item, isinstance({thing}, {name}))",
            ]
        case _:
            lines = [
                f"class {name}({m.module('typing', 'Protocol')}):",
                "    def get(self) -> int:",
                "        ...",
                f"class {name}Impl{m.pick(('', f'({name})'))}:",
                "    def get(self):",
                f"        return {n}",
                f"def call_{thing}(x: {name}):",
                "    return x.get()",
                f"use(call_{thing}({name}Impl()), {m.module('typing', 'cast')}(str, {n}))",
            ]
    return lines


PRODUCTIONS = (
    Production(data_class, 9, is_large=True),
    Production(matched_records, 2, is_large=True),
    Production(data_inheritance, 2, is_large=True),
    Production(called_dataclass, 1.5, is_large=True),
    Production(named_tuple, 2, is_large=True),
    Production(enumeration, 2.5, is_large=True),
    Production(flags, 1, is_large=True),
    Production(typed_dict, 1, is_large=True),
)
