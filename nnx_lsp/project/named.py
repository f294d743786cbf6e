"""Which functions of a project none of its texts names but where they are defined: nobody runs them. An index over names, read without parsing.

A text is cut at the lines that begin a statement: what stands in a function of its top, or in a method of a class of its top, is named by that function,
the rest by the text. A function lives whose name stands among the words of a text, or of a function that lives: in code, in a string, in a comment. What may
be run under a name that nobody writes lives as well: what a decorator may register, what a base may ask for, hooks and tests, and what is taken by the value
of a name.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

import msgspec

_WORD = re.compile(r"[^\W\d]\w*")
_STRING = re.compile(r"#[^\n]*|(\"\"\"|''')(?:\\.|(?!\1).)*\1|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
_INDENT = re.compile(r"\n([ \t]+)[^\s#]")
_FUNCTION = re.compile(r"[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)")
_CLASS = re.compile(r"^class[ \t]+(\w+)[ \t]*(?:\[[^\n]*?\])?[ \t]*(?:\(((?:[^()]|\([^()]*\))*)\))?[ \t]*:", re.M)
_DEFINES = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)\b", re.M)
_DECORATOR = re.compile(r"^[ \t]*@[ \t]*([\w.]*)[ \t]*(?:\(\s*([\w.]*))?", re.M)
_BY_VALUE = re.compile(r"\b(?:getattr\(\s*([^,]*),|methodcaller\(|attrgetter\()\s*(?=[^\s\"'])")
_OWN_NAMES = re.compile(r"\b(?:globals|locals|vars)\(\)|(?<![\w.])(?:eval|exec|Fire|CLI|AutoCLI)\(|\bfire\.Fire\(")
_METHODS = re.compile(r"\.__dict__\b|\b(?:vars|dir)\(\w")
_ALL = re.compile(r"\bgetmembers\(|\b(?:import_module|__import__|run_path|run_module|exec_module)\(|\bsys\.modules\b")
_CHANGES_PATH = re.compile(r"^(?![^\n]*__file__)[^\n]*(?:sys\.(?:path|modules|meta_path)|addsitedir|__path__|PYTHONPATH|setup_root)", re.M)
_NEEDED = {
    _BY_VALUE: ("getattr", "methodcaller", "attrgetter"),
    _OWN_NAMES: ("globals()", "locals()", "vars()", "eval(", "exec(", "Fire(", "CLI("),
    _METHODS: ("__dict__", "vars(", "dir("),
    _ALL: ("getmembers", "import_module", "__import__", "run_path", "run_module", "exec_module", "sys.modules"),
    _CHANGES_PATH: ("sys.", "addsitedir", "__path__", "PYTHONPATH", "setup_root"),
}
_ELSEWHERE = frozenset(
    "args arg cfg config conf hparams hps opt opts options params FLAGS flags np numpy jnp jax optax nnx nn linen flax torch logging os sys plt math".split()  # noqa: SIM905
)
"""What is asked for an attribute by the value of a name where it is no function of the project."""
_KEEPING = frozenset(
    "jit pjit vmap pmap grad value_and_grad remat checkpoint scan partial staticmethod classmethod property cached_property cache lru_cache"  # noqa: SIM905
    " named_scope named_call jaxtyped beartype typechecked no_grad contextmanager wraps shard_map compact nowrap eval_shape".split()
)
"""The last names of decorators that give the function to nobody."""
_KEEPING_CLASS = frozenset(("dataclass", "partial", "final"))
_BASES = frozenset(
    "nnx.Module nnx.Object nnx.Pytree flax.nnx.Module nn.Module eqx.Module object ABC abc.ABC NamedTuple typing.NamedTuple".split()  # noqa: SIM905
)
"""Bases that ask for no method but those of Python, and hooks."""
_HOOK = re.compile(
    r"(?:__\w*__|_?main|run|app|create_app|handler|lambda_handler|get_config|get_hyper|set_?up\w*|setUp\w*|tear_?[dD]own\w*|forward|extra_repr|reset_parameters"
    r"|tree_(?:un)?flatten|(?:test|bench|time_|track_|mem_|peakmem_|pytest_|on_|visit_|do_|task_|_repr_)\w*)\Z"
)
"""Names by which others run what is given to them, or what they find."""
_ENTRIES = frozenset(("conftest.py", "hubconf.py", "fabfile.py", "dodo.py", "noxfile.py", "tasks.py", "setup.py", "manage.py", "__main__.py"))
"""Files whose functions commands run, whatever their names are."""

Function: TypeAlias = tuple[str, str, str]
"""Path of the file, name of the class or `""`, name."""


class Part(msgspec.Struct, frozen=True):
    """A function, with the words in it. `may_be_asked`: others may run it under a name that nobody writes."""

    owner: str
    name: str
    words: tuple[str, ...]
    may_be_asked: bool


class Names(msgspec.Struct, frozen=True):
    """What a text names: outside of its functions, and in each of them."""

    words: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    bases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The classes of its top with their bases; a class that may be registered has one that nobody knows."""
    asks_methods: bool = False
    """It takes methods of objects by the values of names."""
    asks_all: bool = False
    """It takes functions of modules so."""
    changes_path: bool = False
    """It may change where Python looks for modules, to what is not below the project."""


def read(path: str, text: str) -> Names:
    """What the text of a Python file names."""
    # No line of a string begins a statement.
    text = _STRING.sub(lambda found: found[0].replace("\n", "\n ") if found[1] else found[0], text.replace("\r\n", "\n"))
    outside: list[str] = []
    parts: list[Part] = []
    bases: list[tuple[str, tuple[str, ...]]] = []
    is_entry = os.path.basename(path) in _ENTRIES or _has(text, _OWN_NAMES)
    for line, piece in _pieces(text, ""):
        if (function := _FUNCTION.match(line)) is not None:
            parts.append(_part("", function[1], piece, is_entry))
        elif line.startswith("class") and (found := _CLASS.search(piece)) is not None:
            is_kept = all(last in _KEEPING_CLASS for last, _ in _decorators(piece))
            bases.append((found[1], (*_listed(found[2] or ""), *(() if is_kept else ("?",)))))
            body = piece[found.end() :]
            indent = _INDENT.search(body)
            for own, each in _pieces(body, indent[1]) if indent is not None else [("", body)]:
                if (method := _FUNCTION.match(own)) is not None:
                    parts.append(_part(found[1], method[1], each, is_entry))
                else:
                    outside.append(each)
            outside.append(piece[: found.end()])
        else:
            outside.append(piece)
    asked = tuple(_asked(text))
    return Names(
        _words("\n".join(outside)),
        tuple(parts),
        tuple(bases),
        bool(asked) or _has(text, _METHODS),
        _has(text, _ALL) or any(_imports(text, each) for each in asked),
        _has(text, _CHANGES_PATH),
    )


def _words(text: str) -> tuple[str, ...]:
    """The words of a text, each once: kept for many files, which share most of them."""
    return tuple(map(sys.intern, set(_WORD.findall(text))))


@lru_cache
def _begins(indent: str) -> re.Pattern[str]:
    return re.compile(rf"^{indent}(?=[^\s#)\]}}\"'])[^\n]*", re.M)


def _pieces(text: str, indent: str) -> Iterator[tuple[str, str]]:
    """The statements of a text, each with its first line that is not a decorator; first, without a line, what stands before them."""
    start, line, is_decorated = 0, "", False
    for found in _begins(indent).finditer(text):
        if not is_decorated:
            yield line, text[start : found.start()]
            start = found.start()
        line, is_decorated = found[0], found[0].lstrip().startswith("@")
    yield line, text[start:]


def _part(owner: str, name: str, piece: str, is_entry: bool) -> Part:
    is_kept = all(last in _KEEPING and (last != "partial" or first in _KEEPING) for last, first in _decorators(piece))
    return Part(owner, name, _words(piece), is_entry or not is_kept or _HOOK.match(name) is not None)


def _decorators(piece: str) -> Iterator[tuple[str, str]]:
    """The last name of each decorator above a function or class, and that of the first thing in its brackets."""
    if not piece.lstrip().startswith("@"):
        return
    head = _DEFINES.search(piece)
    for found in _DECORATOR.finditer(piece, 0, head.start() if head is not None else len(piece)):
        yield found[1].rpartition(".")[2], (found[2] or "").rpartition(".")[2]


def _listed(bases: str) -> Iterator[str]:
    """The bases between the brackets behind a class."""
    for each in re.split(r",(?![^\[(]*[\])])", bases):
        base = re.sub(r"#[^\n]*", "", each).strip()
        if base and not re.match(r"(?:typing\.)?Generic\[", base):
            yield base


def _has(text: str, sought: re.Pattern[str]) -> bool:
    """Whether a pattern is found; the words without which it is not are looked for first, which is much faster."""
    return any(word in text for word in _NEEDED[sought]) and sought.search(text) is not None


def _asked(text: str) -> Iterator[str]:
    """What is asked for attributes by the values of names."""
    for found in _BY_VALUE.finditer(text) if _has(text, _BY_VALUE) else ():
        first = re.split(r"\W+", (found[1] or "?").strip())
        if _ELSEWHERE.isdisjoint((first[0], first[-1])):
            yield first[0]


def _imports(text: str, name: str) -> bool:
    return re.search(rf"^[ \t]*(?:from\b[^\n]*)?import\b[^\n]*\b{re.escape(name)}\b", text, re.M) is not None


def unnamed(texts: Mapping[str, Names], others: Iterable[frozenset[str]], public: Collection[str] = ()) -> frozenset[Function]:
    """The functions that nothing names but what is not named itself: `texts` are those of the Python files by path, `others` the words beside them.
    What stands in the folders `public` is there for others.
    """
    if any(text.asks_all for text in texts.values()):
        return frozenset()
    asks_methods = any(text.asks_methods for text in texts.values())
    families = _Families(texts)
    words = set[str]().union(*(text.words for text in texts.values()), *others)
    waiting: dict[str, list[tuple[Function, Part]]] = {}
    living: list[Part] = []
    living_too: set[Function] = set()
    for path, text in texts.items():
        is_public = path.startswith(tuple(public))
        for part in text.parts:
            function = (path, part.owner, part.name)
            if is_public or part.may_be_asked or (part.owner and (asks_methods or not families.is_known(part.owner))):
                living.append(part)
                living_too.add(function)
            else:
                waiting.setdefault(part.name, []).append((function, part))
    new = {*words, *(word for part in living for word in part.words)}
    seen: set[str] = set()
    while new:
        seen |= new
        found = {word for name in new & waiting.keys() for _, part in waiting.pop(name) for word in part.words}
        new = found - seen
    return frozenset(function for those in waiting.values() for function, _ in those) - living_too


class _Families:
    """The classes of a project by name, each with the bases of all that have it."""

    def __init__(self, texts: Mapping[str, Names]) -> None:
        self._bases: dict[str, set[str]] = {}
        for text in texts.values():
            for name, bases in text.bases:
                self._bases.setdefault(name, set()).update(bases)

    def is_known(self, name: str, below: tuple[str, ...] = ()) -> bool:
        """Whether all that a class stands below is known to ask for no method of its own."""
        bases = self._bases.get(name)
        if bases is None or name in below:
            return False
        return all(base in _BASES or self.is_known(base.rpartition(".")[2].partition("[")[0], (*below, name)) for base in bases)


__all__ = ["Function", "Names", "read", "unnamed"]
