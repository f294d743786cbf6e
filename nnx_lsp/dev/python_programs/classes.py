"""Classes: attributes, methods, protocols, inheritance."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.functions import body, some_signature, spelled
from nnx_lsp.dev.python_programs.kinds import BOOL, INT, STR, Field, Method, Parameter, Shape, Signature, Type, dict_of, list_of, object_of, optional, tuple_of
from nnx_lsp.dev.python_programs.maker import KEYS, Lines, Maker, Production, indented

_CLASSES = ("Box", "Node", "Unit", "Store", "Gate", "Layer", "Model", "Block", "Meter", "Shelf")
_FIELDS = ("size", "label", "items", "table", "inner", "level", "mode", "state")


def register(m: Maker, shape: Shape) -> Type:
    """Makes a class known; the type of its objects."""
    key = shape.name if shape.name not in m.shapes else f"{shape.name}#{len(m.shapes)}"
    m.shapes[key] = shape
    return object_of(key)


def changed(m: Maker, type: Type, **changes: object) -> None:
    """More is known of a class."""
    shape = m.shapes[type.shape]
    m.shapes[type.shape] = Shape(**{**{name: getattr(shape, name) for name in shape.__struct_fields__}, **changes})


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


# A class of any kind ------------------------------------------------------------------------------------------------


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
    members += [make(m, name, type) for make in m.some(_MEMBERS, 1, 4)]
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


def _own(m: Maker, type: Type) -> dict[str, Type]:
    return {"self": type}


def method(m: Maker, name: str, type: Type) -> Lines:
    signature = some_signature(m, m.type(1) if m.chance(0.8) else None, most=2)
    called = m.fresh("step", "forward", "update", "get", "put", "merge")
    lines = [f"def {called}({spelled(m, signature, 'self')}):", *body(m, signature, own=_own(m, type), most=2)]
    if signature.result is None and m.chance(0.3):
        lines.append("    return self")
    _gains(m, type, Method(called, signature))
    return lines


def _gains(m: Maker, type: Type, *methods: Method, can: str = "", fields: tuple[Field, ...] = ()) -> None:
    shape = m.shapes[type.shape]
    changed(m, type, methods=(*shape.methods, *methods), can=shape.can | ({can} if can else set()), fields=(*shape.fields, *fields))


def writer(m: Maker, name: str, type: Type) -> Lines:
    """A method that changes a field or an attribute of the class."""
    field = m.pick(m.shapes[type.shape].fields)
    called = m.fresh("change", "reset", "bump")
    n = m.fresh("n", "new")
    changes = {
        "int": (f"self.{field.name} += {n}", f"self.{field.name} = {n}", f"{name}.{field.name} = {n}", f"self.{field.name} = self.{field.name} * 2 - {n}"),
        "str": (f"self.{field.name} += str({n})", f'self.{field.name} = "new"'),
        "list": (f"self.{field.name} = []", f"self.{field.name}.clear()", f"self.{field.name} = self.{field.name}[:{m.number(0, 2)}]"),
        "dict": (f"self.{field.name} = {{}}", f"self.{field.name} = dict(self.{field.name})", f"self.{field.name}.clear()"),
    }.get(field.type.kind, (f"self.{field.name} = {m.literal(field.type)}",))
    signature = Signature((Parameter(n, INT, "plain", m.chance(0.3)),), field.type)
    lines = [f"def {called}({spelled(m, signature, 'self')}):"]
    lines += [f"    if {n} > {m.number(0, 4)}:", f"        {m.pick(changes)}"] if m.chance(0.3) else [f"    {m.pick(changes)}"]
    _gains(m, type, Method(called, signature))
    return [*lines, f"    return self.{field.name}"]


def property_of(m: Maker, name: str, type: Type) -> Lines:
    result = m.pick((INT, STR, BOOL, list_of(INT)))
    called = m.fresh("double", "view", "summary", "ready")
    hidden = f"_{called}"
    lines = ["@property", f"def {called}(self):", *body(m, Signature((), result), own=_own(m, type), most=1)]
    if m.chance(0.5):
        # A property with a setter keeps what it was given, until it is deleted.
        fallback = m.literal(result)
        lines = [
            "@property",
            f"def {called}(self):",
            f'    return getattr(self, "{hidden}", {fallback})',
            f"@{called}.setter",
            f"def {called}(self, value):",
            f"    self.{hidden} = {m.pick(('value', 'value * 2' if result.kind != 'bool' else 'not value', '(value, value)[1]'))}",
        ]
        if m.chance(0.6):
            lines += [f"@{called}.deleter", f"def {called}(self):", f"    self.{hidden} = {m.literal(result)}"]
        _gains(m, type, fields=(Field(called, result),))
        return lines
    _gains(m, type, fields=(Field(called, result, False),))
    return lines


def class_method(m: Maker, name: str, type: Type) -> Lines:
    shape = m.shapes[type.shape]
    called = m.fresh("make", "from_n", "default")
    n = m.fresh("n", "k")
    with m.bound(**{n: INT}):
        arguments = m.arguments(Signature(tuple(parameter for parameter in shape.made_by.parameters)), 0)
    signature = Signature((Parameter(n, INT, "plain", m.chance(0.3)),), type)
    lines = ["@classmethod", f"def {called}({spelled(m, signature, 'cls')}):"]
    shared = [field.name for field in shape.fields if field.type == INT]
    if m.chance(0.4):
        counted = m.fresh("made", "born")
        lines += [f'    cls.{counted} = getattr(cls, "{counted}", 0) + 1']
    if m.chance(0.5):
        lines += [f"    self = cls({arguments})", *([f"    self.{m.pick(shared)} = {n}"] if shared else []), "    return self"]
    else:
        lines += [f"    return cls({arguments})"]
    _gains(m, type, Method(called, signature))
    return lines


def static_method(m: Maker, name: str, type: Type) -> Lines:
    signature = some_signature(m, m.pick((INT, STR, list_of(INT))), most=2)
    called = m.fresh("scaled", "clean", "apply")
    lines = ["@staticmethod", f"def {called}({spelled(m, signature)}):", *body(m, signature, own={}, most=1)]
    _gains(m, type, Method(called, signature))
    return lines


def length(m: Maker, name: str, type: Type) -> Lines:
    """`__len__`, `__bool__`: how an object counts in a condition."""
    of_len = m.chance(0.6)
    found = [field.name for field in m.shapes[type.shape].fields if field.type.kind in ("list", "dict", "str")]
    size = m.pick([f"len(self.{field})" for field in found] or [str(m.number(0, 3))])
    lines = ["def __len__(self):", f"    return {size}"] if of_len else []
    if not of_len or m.chance(0.3):
        with m.inside(m.scope.below(_own(m, type), BOOL)):
            lines += ["def __bool__(self):", f"    return bool({m.bare(BOOL, 1)})"]
    _gains(m, type, can="len" if of_len else "")
    return lines


def items_of(m: Maker, name: str, type: Type) -> Lines:
    """`__getitem__`, `__setitem__`, `__contains__`, `__iter__`, `__delitem__`, over a dict of its own."""
    held = m.fresh("_held", "_data")
    lines = ["def __getitem__(self, key):", f'    return self.__dict__.setdefault("{held}", {{}}).get(key, {m.number(0, 9)})']
    lines += ["def __setitem__(self, key, value):", f'    self.__dict__.setdefault("{held}", {{}})[key] = {m.pick(("value", "value + 1", "(key, value)"))}']
    if m.chance(0.5):
        lines += ["def __contains__(self, key):", m.pick((f'    return key in self.__dict__.get("{held}", ())', "    return key == 1"))]
    if m.chance(0.4):
        lines += [
            "def __iter__(self):",
            f"    {m.pick(('yield from', 'return iter('))} {{}}".replace("return iter( {}", f"return iter([{m.number(0, 9)}, {m.number(0, 9)}])").replace(
                "yield from {}", f"yield from ({m.number(0, 9)}, {m.number(0, 9)})"
            ),
        ]
        _gains(m, type, can="iter")
    if m.chance(0.3):
        lines += ["def __delitem__(self, key):", f'    self.__dict__["{held}"].pop(key, None)']
    _gains(m, type, can="items")
    return lines


def calling(m: Maker, name: str, type: Type) -> Lines:
    signature = some_signature(m, m.pick((INT, STR, list_of(INT))), most=2)
    lines = [f"def __call__({spelled(m, signature, 'self')}):", *body(m, signature, own=_own(m, type), most=2)]
    _gains(m, type, Method("__call__", signature), can="call")
    return lines


def operators(m: Maker, name: str, type: Type) -> Lines:
    """Comparison and arithmetic of objects."""
    fields = [field.name for field in m.shapes[type.shape].fields if field.type == INT and field.is_writable]
    value = f"self.{m.pick(fields)}" if fields else str(m.number(0, 9))
    forms = {
        "__eq__": f"isinstance(other, {name})" if not fields else f"isinstance(other, {name}) and {value} == {value.replace('self', 'other')}",
        "__lt__": f"{value} < {value.replace('self', 'other')}",
        "__add__": m.pick((f"{value} + other", f"[{value}, other]")),
        "__radd__": f"{value} + other + 100",
        "__mul__": f"{value} * 2",
        "__iadd__": "self",
        "__neg__": f"-{value}",
        "__or__": "(self, other)",
        "__matmul__": f"{value} + {m.number(1, 9)}",
        "__invert__": f"not {value}",
        "__int__": f"int({value})",
        "__index__": str(m.number(0, 2)),
        "__str__": f'"{name} " + str({value})',
        "__repr__": f'f"{name}({{{value}}})"',
        "__hash__": str(m.number(0, 9)),
        "__format__": f'f"<{{{value}}}>"',
    }
    lines: Lines = []
    for each in m.some(list(forms), 2, 4):
        one = each in ("__neg__", "__invert__", "__int__", "__index__", "__str__", "__repr__", "__hash__")
        given = "self" if one else "self, spec" if each == "__format__" else "self, other"
        lines += [f"def {each}({given}):", *([f"    {value} += other"] if each == "__iadd__" and fields else []), f"    return {forms[each]}"]
        _gains(m, type, can=each)
    return lines


def nested_class(m: Maker, name: str, type: Type) -> Lines:
    called, field = m.fresh("Inner", "Config"), m.fresh("width", "depth")
    _gains(m, type, Method("inner_of", Signature((), INT)))
    return [
        f"class {called}:",
        f"    {field} = {m.number(0, 9)}",
        "def inner_of(self):",
        f"    return self.{called}.{field} + {m.pick((f'{name}.{called}().{field}', '1'))}",
    ]


def cached_property(m: Maker, name: str, type: Type) -> Lines:
    called = m.fresh("costly", "once")
    result = m.pick((INT, list_of(INT)))
    lines = [f"@{m.module('functools', 'cached_property')}", f"def {called}(self):", *body(m, Signature((), result), own=_own(m, type), most=1)]
    if "__slots__" not in m.shapes[type.shape].can:
        _gains(m, type, fields=(Field(called, result),))
    return lines


def entering(m: Maker, name: str, type: Type) -> Lines:
    _gains(m, type, can="enter")
    return [
        "def __enter__(self):",
        f"    return {m.pick(('self', '(self, 1)[0]'))}",
        "def __exit__(self, *what):",
        f"    return {m.pick(('True', 'False', 'what[0] is ValueError', 'None'))}",
    ]


_MEMBERS = (
    *(method, method, method, writer, writer, property_of, property_of, property_of, class_method, class_method, static_method, length, length),
    *(items_of, items_of, calling, calling, operators, operators, operators, operators, nested_class, cached_property, entering, entering),
)


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


# Inheritance --------------------------------------------------------------------------------------------------------


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
    name, one, two = m.fresh(*_CLASSES), m.fresh("one", "a"), m.fresh("two", "b")
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
    name, call, n = m.fresh(*_CLASSES), m.fresh("act", "tell"), m.fresh("n", "x")
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
    Production(plain_class, 9, is_large=True),
    Production(own_operators, 3, is_large=True),
    Production(own_iterator, 2, is_large=True),
    Production(own_container, 2, is_large=True),
    Production(class_again, 1.5, is_large=True),
    Production(use_protocols, 4, of_objects=True),
    Production(hierarchy, 2.5, is_large=True),
    Production(diamond, 2.5, is_large=True),
    Production(mixin, 1.5, is_large=True),
    Production(abstract, 1, is_large=True),
    Production(class_attributes, 2.5, is_large=True),
    Production(object_graph, 1.5, is_large=True),
    Production(special_call, 1.5, is_large=True),
)
