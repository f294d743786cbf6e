"""The libraries as they are: names, signatures, classes and attributes of one Flax version, read from generated files.

`python -m nnx_lsp.dev.introspect` writes the files; nothing here imports jax or flax.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, TypeAlias

import msgspec
from packaging.version import InvalidVersion, Version

from nnx_lsp.knowledge import releases

_FOLDER = resources.files("nnx_lsp.knowledge") / "data"
_RawParameter: TypeAlias = tuple[str, str, str | None]
_RawMethod: TypeAlias = tuple[str, list[_RawParameter] | None]


class Parameter(msgspec.Struct, frozen=True):
    """One parameter. `kind` is `positional`, `either`, `var_positional`, `keyword` or `var_keyword`; `default` is `None` where it is required."""

    name: str
    kind: str
    default: str | None


class Signature(msgspec.Struct, frozen=True):
    """The parameters of a function, without `self`."""

    parameters: tuple[Parameter, ...]

    @property
    def placed(self) -> tuple[Parameter, ...]:
        """The parameters that take an argument by its place."""
        return tuple(one for one in self.parameters if one.kind in ("positional", "either"))


class Method(msgspec.Struct, frozen=True):
    """`kind` is `method`, `property`, `staticmethod`, `classmethod` or `attribute`."""

    kind: str
    signature: Signature | None


class Attribute(msgspec.Struct, frozen=True):
    """An attribute of an instance: `kind` is `Variable:<class>`, `Module:<class>`, `rngs:…`, `stream:…`, `array:` or `static:<type>`."""

    kind: str
    ndim: int | None


class Entry(msgspec.Struct, frozen=True):
    """A public name. `kind` is `class`, `function` or `value`; `home` is where it is defined; `signature` is the constructor's for a class."""

    name: str
    kind: str
    home: str
    bases: tuple[str, ...]
    signature: Signature | None
    call: Signature | None
    methods: dict[str, Method]
    attributes: dict[str, Attribute]
    deprecated: str | None


class _Raw(msgspec.Struct):
    kind: str
    home: str = ""
    bases: list[str] = []
    signature: list[_RawParameter] | None = None
    call: list[_RawParameter] | None = None
    methods: dict[str, _RawMethod] = {}
    attributes: dict[str, tuple[str, int | None]] = {}
    deprecated: str | None = None


class _File(msgspec.Struct):
    modules: list[str]
    names: dict[str, msgspec.Raw]
    homes: dict[str, str]


class _Difference(msgspec.Struct):
    """What one release has otherwise than the next; `None` where it lacks what the next has."""

    next: str
    modules: list[str]
    names: dict[str, msgspec.Raw]
    homes: dict[str, str | None]


class Library:
    """The names of jax, flax and optax as one Flax version has them."""

    def __init__(self, flax: Version, jax: Version, files: tuple[_File, ...], *, is_described: bool) -> None:
        self.flax = flax
        """The version whose description this is."""
        self.is_described = is_described
        """Whether that is the version in force, or one between two described ones; else names may have come or gone."""
        self.flax_minor = (flax.major, flax.minor)
        self.jax = jax
        """The version of jax in force."""
        self._modules = frozenset(name for file in files for name in file.modules)
        self._raw: dict[str, msgspec.Raw] = {}
        self._homes: dict[str, str] = {}
        for file in files:
            self._raw.update(file.names)
            # What is no dotted name of one of the libraries (`functools`, for an instance of `functools.partial`) is nobody's home.
            self._homes.update((home, name) for home, name in file.homes.items() if home.startswith(_ROOTS))
        self._entries: dict[str, Entry | None] = {}
        self._decoder = msgspec.json.Decoder(_Raw)

    def entry(self, name: str) -> Entry | None:
        """What a canonical name stands for, or `None` where this version has no such name."""
        if name not in self._entries:
            raw = self._raw.get(name)
            self._entries[name] = _entry(name, self._decoder.decode(raw)) if raw is not None else None
        return self._entries[name]

    def has_module(self, name: str) -> bool:
        """Whether a module's names are all known here."""
        return name in self._modules

    def canonical(self, dotted: str) -> str:
        """The public name for any spelling of a name (`flax.nnx.nn.linear.Linear` gives `flax.nnx.Linear`)."""
        if dotted in self._raw or dotted in self._modules:
            return _RENAMED.get(dotted, dotted)
        return self._homes.get(dotted, _RENAMED.get(dotted, dotted))

    def is_subclass(self, name: str, base: str) -> bool:
        """Whether a class is another or derives from it; both are canonical names."""
        if name == base:
            return True
        entry = self.entry(name)
        return entry is not None and base in entry.bases

    def public_names(self, module: str) -> list[str]:
        """The public names of a module, as a star import binds them."""
        prefix = f"{module}."
        return [name.removeprefix(prefix) for name in self._raw if name.startswith(prefix) and "." not in name.removeprefix(prefix)]


_ROOTS = ("jax.", "jaxlib.", "flax.", "optax.")
_RENAMED = {
    "jax.experimental.shard_map.shard_map": "jax.shard_map",
    "jax.remat": "jax.checkpoint",
    "flax.nnx.checkpoint": "flax.nnx.remat",
    "flax.nnx.metrics.Metric": "flax.nnx.Metric",
    "flax.nnx.metrics.MultiMetric": "flax.nnx.MultiMetric",
    "flax.nnx.metrics.Average": "flax.nnx.metrics.Average",
    "jax.numpy.ndarray": "jax.Array",
}


def _entry(name: str, raw: _Raw) -> Entry:
    return Entry(
        name,
        raw.kind,
        raw.home,
        tuple(raw.bases),
        _signature(raw.signature),
        _signature(raw.call),
        {key: Method(kind, _signature(parameters)) for key, (kind, parameters) in raw.methods.items()},
        {key: Attribute(kind, ndim) for key, (kind, ndim) in raw.attributes.items()},
        raw.deprecated,
    )


def _signature(raw: list[_RawParameter] | None) -> Signature | None:
    return None if raw is None else Signature(tuple(Parameter(*one) for one in raw))


def available() -> tuple[Version, ...]:
    """The Flax versions that jax and optax were read beside, in order; they have whole files."""
    return _versions("flax-")


@cache
def described() -> tuple[Version, ...]:
    """The Flax versions that there is a description of, in order: a whole file, or the difference from the next one."""
    return tuple(sorted((*_versions("flax-"), *_versions("difference-"))))


def _versions(prefix: str) -> tuple[Version, ...]:
    names = (item.name for item in _FOLDER.iterdir() if item.name.startswith(prefix))
    return tuple(sorted(Version(name.removeprefix(prefix).removesuffix(".json")) for name in names))


def nearest(flax: str | None) -> Version:
    """The version whose description speaks for a Flax version: the newest of its minor line up to it, else the oldest of that line, else the newest of all.

    Raises `ValueError` for what is no version.
    """
    known = described()
    if flax is None:
        return known[-1]
    try:
        wanted = Version(flax)
    except InvalidVersion as error:
        raise ValueError(f"`{flax}` is no version; a Flax version looks like {known[-1]}") from error
    line = [version for version in known if (version.major, version.minor) == (wanted.major, wanted.minor)]
    if not line:
        return known[-1] if wanted > known[-1] else known[0] if wanted < known[0] else max(version for version in known if version < wanted)
    return max((version for version in line if version <= wanted), default=line[0])


def load(flax: str | None = None, jax: str | None = None) -> Library:
    """The libraries as they are beside a Flax version (`None`: the newest known), with a version of jax (`None`: the one that is used with it)."""
    found = nearest(flax)
    is_described = flax is None or described()[0] <= Version(flax) <= described()[-1]
    return _load(found, Version(jax or releases.jax_beside(flax or str(found))), is_described=is_described)


@cache
def _load(flax: Version, jax: Version, *, is_described: bool) -> Library:
    beside = _read_beside(jax)
    decoder = msgspec.json.Decoder(_File)
    others = (decoder.decode((_FOLDER / f"{which}-{beside}.json").read_bytes()) for which in ("jax", "optax"))
    return Library(flax, jax, (_described(flax), *others), is_described=is_described)


def is_of_any_jax(name: str) -> bool:
    """Whether a version of JAX that is known has a name, or a module of that name."""
    return name in _names_of_jax()


@cache
def _names_of_jax() -> frozenset[str]:
    decoder = msgspec.json.Decoder(_File)
    files = [decoder.decode((_FOLDER / f"jax-{flax}.json").read_bytes()) for flax in available()]
    return frozenset(name for file in files for name in (*file.names, *file.modules))


def _read_beside(jax: Version) -> Version:
    """The Flax version beside which the first jax was read that is not older than this one; the newest where there is none."""
    whole = available()
    return min((flax for flax in whole if Version(releases.jax_beside(str(flax))) >= jax), default=whole[-1])


def _described(flax: Version) -> _File:
    """What Flax itself is in one version."""
    whole = _FOLDER / f"flax-{flax}.json"
    if whole.is_file():
        return msgspec.json.decode(whole.read_bytes(), type=_File)
    own = msgspec.json.decode((_FOLDER / f"difference-{flax}.json").read_bytes(), type=_Difference)
    found = _described(Version(own.next))
    names = {**found.names, **own.names}
    homes = {**found.homes, **own.homes}
    return _File(
        own.modules,
        {name: entry for name, entry in sorted(names.items()) if bytes(entry) != b"null"},
        {home: name for home, name in sorted(homes.items()) if name is not None},
    )


def contents(flax: Version) -> dict[str, Any]:
    """The description of Flax in one version as plain data, for those who compare descriptions."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(_described(flax)))
    return found
