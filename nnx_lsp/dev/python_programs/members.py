"""What stands in classes: methods, properties, special methods."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.functions import body, some_signature, spelled
from nnx_lsp.dev.python_programs.kinds import BOOL, INT, STR, Field, Method, Parameter, Shape, Signature, Type, list_of, object_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker


def register(m: Maker, shape: Shape) -> Type:
    """Makes a class known; the type of its objects."""
    key = shape.name if shape.name not in m.shapes else f"{shape.name}#{len(m.shapes)}"
    m.shapes[key] = shape
    return object_of(key)


def changed(m: Maker, type: Type, **changes: object) -> None:
    """More is known of a class."""
    shape = m.shapes[type.shape]
    m.shapes[type.shape] = Shape(**{**{name: getattr(shape, name) for name in shape.__struct_fields__}, **changes})


def method(m: Maker, name: str, type: Type) -> Lines:
    signature = some_signature(m, m.type(1) if m.chance(0.8) else None, most=2)
    called = m.fresh("step", "forward", "update", "get", "put", "merge")
    lines = [f"def {called}({spelled(m, signature, 'self')}):", *body(m, signature, own={"self": type}, most=2)]
    if signature.result is None and m.chance(0.3):
        lines.append("    return self")
    gains(m, type, Method(called, signature))
    return lines


def gains(m: Maker, type: Type, *methods: Method, can: str = "", fields: tuple[Field, ...] = ()) -> None:
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
    gains(m, type, Method(called, signature))
    return [*lines, f"    return self.{field.name}"]


def property_of(m: Maker, name: str, type: Type) -> Lines:
    result = m.pick((INT, STR, BOOL, list_of(INT)))
    called = m.fresh("double", "view", "summary", "ready")
    hidden = f"_{called}"
    lines = ["@property", f"def {called}(self):", *body(m, Signature((), result), own={"self": type}, most=1)]
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
        gains(m, type, fields=(Field(called, result),))
        return lines
    gains(m, type, fields=(Field(called, result, False),))
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
    gains(m, type, Method(called, signature))
    return lines


def static_method(m: Maker, name: str, type: Type) -> Lines:
    signature = some_signature(m, m.pick((INT, STR, list_of(INT))), most=2)
    called = m.fresh("scaled", "clean", "apply")
    lines = ["@staticmethod", f"def {called}({spelled(m, signature)}):", *body(m, signature, own={}, most=1)]
    gains(m, type, Method(called, signature))
    return lines


def length(m: Maker, name: str, type: Type) -> Lines:
    """`__len__`, `__bool__`: how an object counts in a condition."""
    of_len = m.chance(0.6)
    found = [field.name for field in m.shapes[type.shape].fields if field.type.kind in ("list", "dict", "str")]
    size = m.pick([f"len(self.{field})" for field in found] or [str(m.number(0, 3))])
    lines = ["def __len__(self):", f"    return {size}"] if of_len else []
    if not of_len or m.chance(0.3):
        with m.inside(m.scope.below({"self": type}, BOOL)):
            lines += ["def __bool__(self):", f"    return bool({m.bare(BOOL, 1)})"]
    gains(m, type, can="len" if of_len else "")
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
        gains(m, type, can="iter")
    if m.chance(0.3):
        lines += ["def __delitem__(self, key):", f'    self.__dict__["{held}"].pop(key, None)']
    gains(m, type, can="items")
    return lines


def calling(m: Maker, name: str, type: Type) -> Lines:
    signature = some_signature(m, m.pick((INT, STR, list_of(INT))), most=2)
    lines = [f"def __call__({spelled(m, signature, 'self')}):", *body(m, signature, own={"self": type}, most=2)]
    gains(m, type, Method("__call__", signature), can="call")
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
        gains(m, type, can=each)
    return lines


def nested_class(m: Maker, name: str, type: Type) -> Lines:
    called, field = m.fresh("Inner", "Config"), m.fresh("width", "depth")
    gains(m, type, Method("inner_of", Signature((), INT)))
    return [
        f"class {called}:",
        f"    {field} = {m.number(0, 9)}",
        "def inner_of(self):",
        f"    return self.{called}.{field} + {m.pick((f'{name}.{called}().{field}', '1'))}",
    ]


def cached_property(m: Maker, name: str, type: Type) -> Lines:
    called = m.fresh("costly", "once")
    result = m.pick((INT, list_of(INT)))
    lines = [f"@{m.module('functools', 'cached_property')}", f"def {called}(self):", *body(m, Signature((), result), own={"self": type}, most=1)]
    if "__slots__" not in m.shapes[type.shape].can:
        gains(m, type, fields=(Field(called, result),))
    return lines


def entering(m: Maker, name: str, type: Type) -> Lines:
    gains(m, type, can="enter")
    return [
        "def __enter__(self):",
        f"    return {m.pick(('self', '(self, 1)[0]'))}",
        "def __exit__(self, *what):",
        f"    return {m.pick(('True', 'False', 'what[0] is ValueError', 'None'))}",
    ]


MEMBERS = (
    *(method, method, method, writer, writer, property_of, property_of, property_of, class_method, class_method, static_method, length, length),
    *(items_of, items_of, calling, calling, operators, operators, operators, operators, nested_class, cached_property, entering, entering),
)
