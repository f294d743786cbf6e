"""What a call really gave, as the child describes it (`_child.described`): the terms in which a claim is judged."""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class ArrayTruth(msgspec.Struct, frozen=True, tag="array"):
    """A jax array, a tracer or a key. `dtype` is JAX's name (`float32`, `key<fry>`); `is_traced` is meant of the transform that the call stands under."""

    shape: tuple[int, ...]
    dtype: str
    is_weak: bool
    is_traced: bool


class HostTruth(msgspec.Struct, frozen=True, tag="host"):
    """An array or a scalar of NumPy."""

    shape: tuple[int, ...]
    dtype: str


class StaticTruth(msgspec.Struct, frozen=True, tag="static"):
    """A Python value. `kind` is the name of its type; `value` is told of bools, ints, finite floats and `None`, as `is_known` says."""

    kind: str
    is_known: bool = False
    value: bool | int | float | None = None


class SequenceTruth(msgspec.Struct, frozen=True, tag="sequence"):
    """A tuple or a list (`kind`); a named tuple is a tuple with `fields`."""

    kind: str
    items: tuple[Truth, ...]
    fields: tuple[str, ...] = ()


class DictTruth(msgspec.Struct, frozen=True, tag="dict"):
    """A dict, with its keys as Python writes them."""

    keys: tuple[str, ...]
    items: tuple[Truth, ...]


class ObjectTruth(msgspec.Struct, frozen=True, tag="object"):
    """An object of nnx: its class (`flax.nnx.nn.linear.Linear`) and attributes. What a Variable holds is its attribute `value`."""

    cls: str
    attributes: dict[str, Truth]


class CallableTruth(msgspec.Struct, frozen=True, tag="callable"):
    """A function, a class, or another object that is called."""

    cls: str


class OtherTruth(msgspec.Struct, frozen=True, tag="other"):
    """Anything else, by its class."""

    cls: str


Truth: TypeAlias = ArrayTruth | HostTruth | StaticTruth | SequenceTruth | DictTruth | ObjectTruth | CallableTruth | OtherTruth


class Answer(msgspec.Struct, frozen=True):
    """What one call did: it gave a value, or raised an exception (the names of its class and of the ancestors, nearest first), or was given up."""

    gives: Truth | None = None
    raises: tuple[str, ...] = ()
    message: str = ""

    @property
    def is_lost(self) -> bool:
        """Whether nothing is known of it: it took too long, or ended the process."""
        return self.gives is None and not self.raises


def words(truth: Truth) -> str:
    """A value in a few words: `float32[3,4]`, `(int, None)`."""
    match truth:
        case ArrayTruth() | HostTruth():
            weak = "~" if isinstance(truth, ArrayTruth) and truth.is_weak else ""
            return f"{'np.' if isinstance(truth, HostTruth) else ''}{weak}{truth.dtype}{list(truth.shape)}".replace(" ", "")
        case StaticTruth():
            return repr(truth.value) if truth.is_known else truth.kind
        case SequenceTruth():
            inner = ", ".join(map(words, truth.items))
            return f"[{inner}]" if truth.kind == "list" else f"({inner})"
        case DictTruth():
            return "{" + ", ".join(f"{key}: {words(item)}" for key, item in zip(truth.keys, truth.items, strict=True)) + "}"
        case ObjectTruth() | CallableTruth() | OtherTruth():
            return truth.cls.rpartition(".")[2]
