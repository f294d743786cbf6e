"""Calls as text: the same text is run by the child and walked by the tracer."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cached_property

import msgspec

ARGUMENTS = """import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

f0 = jnp.ones(())
f1 = jnp.ones((4,))
f2 = jnp.ones((3, 4))
f3 = jnp.ones((2, 3, 4))
f4 = jnp.ones((2, 5, 6, 4))
i0 = jnp.ones((), jnp.int32)
i1 = jnp.ones((4,), jnp.int32)
i2 = jnp.ones((3, 4), jnp.int32)
b0 = jnp.ones((), bool)
b1 = jnp.ones((4,), bool)
b2 = jnp.ones((3, 4), bool)
u1 = jnp.ones((4,), jnp.uint8)
u2 = jnp.ones((3, 4), jnp.uint8)
h1 = jnp.ones((4,), jnp.bfloat16)
h2 = jnp.ones((3, 4), jnp.bfloat16)
e2 = jnp.ones((3, 4), jnp.float16)
c1 = jnp.ones((4,), jnp.complex64)
c2 = jnp.ones((3, 4), jnp.complex64)
s2 = jnp.ones((4, 4))
s3 = jnp.ones((2, 4, 4))
q2 = jnp.ones((3, 1))
w0 = jnp.asarray(2.0)
k = jax.random.key(0)
n1 = np.ones((4,), np.float32)
n2 = np.ones((3, 4), np.float32)
m1 = np.ones((4,), np.int32)
old = jax.random.PRNGKey(0)
ks = jax.random.split(k, 2)
"""
"""What the names in calls stand for: `f` float32, `i` int32, `b` bool, `u` uint8, `h` bfloat16, `e` float16, `c` complex64, `s`
square, `q` a column, `w` weakly typed, `n` and `m` of NumPy, with the number of dimensions behind; `k` is a key, `ks` two of
them, `old` one of the old kind."""
NAMES = tuple(line.partition(" = ")[0] for line in ARGUMENTS.splitlines() if " = " in line)
TRACEABLE = frozenset(NAMES) - {"n1", "n2", "m1"}
"""Names that become arguments of a function under `jax.jit`."""

_SPELLED = (("jax.numpy.", "jnp."), ("flax.nnx.", "nnx."))


class Call(msgspec.Struct, frozen=True, dict=True):
    """One call. `function` is its text up to the bracket, `before` a statement that makes the layer `m` that is called."""

    function: str
    positional: tuple[str, ...] = ()
    keywords: tuple[tuple[str, str], ...] = ()
    before: str = ""
    attribute: str = ""
    """For what is no call: an attribute of a layer, the layer itself, or one of the arguments."""

    @cached_property
    def text(self) -> str:
        """The expression."""
        if self.attribute:
            return self.attribute
        return f"{self.function}({', '.join((*self.positional, *(f'{name}={value}' for name, value in self.keywords)))})"

    @cached_property
    def shown(self) -> str:
        """The expression and what stands before it, on one line."""
        return f"{self.before}; {self.text}" if self.before else self.text

    @cached_property
    def traced(self) -> tuple[str, ...]:
        """The jax arrays that it uses, by name."""
        used = {node.id for part in (self.before, self.text) for node in ast.walk(ast.parse(part)) if isinstance(node, ast.Name)}
        return tuple(sorted(used & TRACEABLE))


class Situation(msgspec.Struct, frozen=True):
    """A call where it stands: in a function that runs eagerly, or in one under `jax.jit` whose parameters are its arrays."""

    call: Call
    is_staged: bool

    @property
    def question(self) -> dict[str, object]:
        """As the child is asked for it."""
        return {"before": self.call.before, "text": self.call.text, "traced": self.call.traced if self.is_staged else ()}


class Program(msgspec.Struct, frozen=True):
    """A text with one function a situation: the result of situation N is assigned to `r_N`; `rows` says on which lines its code stands (first, last)."""

    text: str
    rows: tuple[tuple[int, int], ...]


def spelled(name: str) -> str:
    """A canonical name as programs write it."""
    for prefix, short in _SPELLED:
        if name.startswith(prefix):
            return name.replace(prefix, short, 1)
    return name


def parsed(function: str, arguments: str) -> Call:
    """A call of a function with arguments as text: `f2, axis=0`."""
    node = ast.parse(f"f({arguments})", mode="eval").body
    assert isinstance(node, ast.Call)
    return Call(
        function,
        tuple(map(ast.unparse, node.args)),
        tuple((each.arg, ast.unparse(each.value)) for each in node.keywords if each.arg is not None),
    )


def program(situations: Sequence[Situation]) -> Program:
    """The program that holds these calls."""
    lines = ARGUMENTS.splitlines()
    rows: list[tuple[int, int]] = []
    for number, each in enumerate(situations):
        body = [*([each.call.before] if each.call.before else []), f"r_{number} = {each.call.text}", f"return r_{number}"]
        parameters = ", ".join(each.call.traced)
        if each.is_staged:
            inner = [f"    {line}" for line in body]
            body = ["@jax.jit", f"def inside({parameters}):", *inner, f"return inside({parameters})"]
        lines += ["", "", f"def f_{number}():"]
        first = len(lines) + 1
        lines += [f"    {line}" for line in body]
        rows.append((first, len(lines)))
    return Program("\n".join(lines) + "\n", tuple(rows))
