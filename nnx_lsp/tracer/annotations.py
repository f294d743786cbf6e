"""What an annotation says of a value."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nnx_lsp import program
from nnx_lsp.knowledge import arrays as known
from nnx_lsp.tracer.contexts import Frame
from nnx_lsp.tracer.libraries import Libraries
from nnx_lsp.tracer.values import (
    NONE,
    UNKNOWN,
    Array,
    Class,
    Library,
    Static,
    Tree,
    Tuple,
    Unknown,
    Value,
    join,
    options,
)

_NONE_TYPE = Library("builtins.NoneType")
_DOTTED = re.compile(r"[A-Za-z_][A-Za-z_0-9]*(\.[A-Za-z_][A-Za-z_0-9]*)*\Z")
_JAXTYPING = {
    "Float": "float",
    "Int": "int",
    "Bool": "bool",
    "Complex": "complex",
    "Integer": "int",
    "UInt": "int",
    "Inexact": "",
    "Num": "",
    "Shaped": "",
    "Real": "",
    "Float32": "float",
    "Float64": "float",
    "Float16": "float",
    "BFloat16": "float",
    "Int32": "int",
    "Int64": "int",
    "Key": "key",
    "PRNGKeyArray": "key",
}


_TOWER: dict[str, Value] = {
    "builtins.float": join((Static("float"), Static("int"))),
    "builtins.complex": join((Static("complex"), Static("float"), Static("int"))),
}
"""Type checkers take an `int` where a `float` is annotated, and either where a `complex` is: PEP 484, "The numeric tower"."""


class Annotations(Libraries):
    """Reads annotations."""

    def annotated(self, annotation: program.Expression | None, frame: Frame) -> Value | None:
        """The value that an annotation in `frame` describes, or `None` where it tells nothing."""
        match annotation:
            case program.Constant(value=None):
                return NONE
            case program.Constant(value=str() as text):
                return self._quoted(text, frame)
            case program.Name() | program.Attribute():
                return self._named_type(self._resolve(annotation, frame))
            case program.Binary(operator="|", left=left, right=right):
                return _either(self.annotated(left, frame), self.annotated(right, frame))
            case program.Subscript(value=base, index=index):
                return self._subscripted(self._resolve(base, frame), index, frame)
            case _:
                return None

    def contradicts(self, value: Value, annotation: program.Expression | None, frame: Frame) -> bool:
        """Whether a value certainly is not an instance of the class that an annotation names, or of any of several."""
        if isinstance(value, Unknown | Tree):
            return False
        named = self._classes_of(annotation, frame)
        return bool(named) and self.is_instance(value, Tuple(named)) is False

    def _classes_of(self, annotation: program.Expression | None, frame: Frame) -> tuple[Value, ...]:
        """The classes that an annotation names, or the alternatives of it; none where one is something else."""
        match annotation:
            case program.Constant(value=None):
                return (_NONE_TYPE,)
            case program.Name() | program.Attribute():
                named = self._resolve(annotation, frame)
                return (named,) if isinstance(named, Class | Library) else ()
            case program.Binary(operator="|", left=left, right=right):
                return self._all_classes((left, right), frame)
            case program.Subscript(value=base, index=index):
                named = self._resolve(base, frame)
                last = named.name.rpartition(".")[2] if isinstance(named, Library) and named.name.startswith("typing") else ""
                parts = index.elements if isinstance(index, program.TupleDisplay) else (index,)
                members = self._all_classes(parts, frame) if last in ("Optional", "Union") else ()
                return (*members, _NONE_TYPE) if members and last == "Optional" else members
            case _:
                return ()

    def _all_classes(self, parts: Iterable[program.Expression], frame: Frame) -> tuple[Value, ...]:
        each = [self._classes_of(part, frame) for part in parts]
        return tuple(cls for found in each for cls in found) if all(each) else ()

    def _resolve(self, node: program.Expression, frame: Frame) -> Value:
        """What a dotted name stands for in a frame, without recording anything."""
        outer, count = self.frame, len(self.events)
        self.frame = frame
        try:
            return self.evaluate(node) if isinstance(node, program.Name | program.Attribute) else UNKNOWN
        finally:
            self.frame = outer
            del self.events[count:]

    def _quoted(self, text: str, frame: Frame) -> Value | None:
        found: Value | None = None
        for part in text.split("|"):
            part = part.strip()
            if part == "None":
                told: Value | None = NONE
            elif _DOTTED.match(part):
                first, *rest = part.split(".")
                node: program.Expression = program.Name(0, first)
                for name in rest:
                    node = program.Attribute(0, node, name)
                told = self._named_type(self._resolve(node, frame))
            else:
                return None
            found = told if found is None else _either(found, told)
            if found is None:
                return None
        return found

    def _named_type(self, value: Value) -> Value | None:
        match value:
            case Class():
                if any(base.startswith(("enum.", "typing.")) for base in value.library_bases):
                    return None
                return self.symbolic(value)
            case Library(name=name):
                last = name.rpartition(".")[2]
                if name.startswith("jaxtyping."):
                    return Array(None, _JAXTYPING.get(last, ""), role="told") if last in ("Array", "Key", "PRNGKeyArray") else None
                if name in _TOWER:
                    return _TOWER[name]
                return self.typed(name)
            case Static(kind="NoneType"):
                return NONE
            case _:
                return None

    def _subscripted(self, base: Value, index: program.Expression, frame: Frame) -> Value | None:
        if not isinstance(base, Library):
            return None
        last = base.name.rpartition(".")[2]
        parts = index.elements if isinstance(index, program.TupleDisplay) else (index,)
        if base.name.startswith("jaxtyping.") and last in _JAXTYPING:
            return self._of_dtype(_JAXTYPING[last], parts, frame)
        if not base.name.startswith(("typing.", "typing_extensions.")):
            return self.typed(base.name) if base.name in known.ARRAY_CLASSES or base.name.startswith("flax.nnx.") else None
        match last:
            case "Optional":
                return _either(self.annotated(parts[0], frame), NONE)
            case "Union":
                found = self.annotated(parts[0], frame)
                for part in parts[1:]:
                    found = _either(found, self.annotated(part, frame))
                return found
            case "Annotated" | "Final" | "ClassVar" | "Required":
                return self.annotated(parts[0], frame)
            case "Literal":
                if all(isinstance(part, program.Constant) for part in parts):
                    return join([self.evaluate(part) for part in parts]) if len(parts) <= 4 else Static("str")
                return None
            case _:
                return None

    def _of_dtype(self, dtype: str, parts: tuple[program.Expression, ...], frame: Frame) -> Value | None:
        """What `Float[Array, "batch channels"]` of jaxtyping describes: a value of its first part, which need not be an array of jax."""
        told = self.annotated(parts[0], frame)
        if told is None:
            return None
        is_nested = isinstance(parts[0], program.Subscript)  # `Float[Float[Array, "channels"], "batch"]` has the axes of both.
        low, high = _rank(parts) if not is_nested else (0, -1)
        return join([Array(None, dtype or each.dtype, low, high, role="told") if isinstance(each, Array) else each for each in options(told)])


def _rank(parts: tuple[program.Expression, ...]) -> tuple[int, int]:
    """The least and the greatest number of axes that the text of a jaxtyping annotation names; -1 where any number may be there."""
    match parts:
        case (_, program.Constant(value=str() as axes)) if "*" not in axes and "..." not in axes:
            return len(axes.split()), len(axes.split())
        case _:
            return 0, -1


def _either(left: Value | None, right: Value | None) -> Value | None:
    return None if left is None or right is None else join((left, right))
