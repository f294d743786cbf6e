"""What a test, or a program that tries something out, asks of the values that it computes.

Most tests of a model ask for shapes, dtypes, names and finite numbers. For those it makes no difference which numbers went in, or whether Dropout drew some. It
makes one where two values have to be equal, or where a model is trained or its loss computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nnx_lsp import program
from nnx_lsp.tracer.contexts import Context

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_TESTS = frozenset(("test", "tests", "smoke", "check", "sanity", "selftest"))
_TESTS_BY_DOCSTRING = re.compile(r"\s*(?:(?:a |run )?(?:quick |smoke |sanity |self[- ]?)*(?:tests?|checks?)\b|smoke\b|sanity\b)", re.IGNORECASE)
_ZEROES = frozenset(("zero", "zeroed"))
_KEPT_ASIDE = frozenset(("backup", "backups", "bak"))
_COPY = re.compile(r"[_-](backup|bak)[_-]?\d*\Z")
_TRAINS = frozenset(("loss", "losses", "train", "trainer", "training", "fit", "elbo"))
_OF_TIMES = frozenset(("timing", "timings", "speed", "speedtest", "profiling"))
_OF_SERIES = frozenset(("series", "step", "steps", "domain", "dependent", "varying", "grid", "lag", "embedding", "embeddings", "travel"))
"""What else has time in its name."""
_TIMES = frozenset(("bench", "benchmark", "benchmarks", "timeit", "perf"))
_COMPARES = frozenset(
    (
        *("allclose", "isclose", "array_equal", "array_equiv", "approx", "assert_allclose", "assert_array_equal", "assert_array_almost_equal"),
        *("assert_almost_equal", "assert_equal", "assert_close", "assert_trees_all_close", "assert_trees_all_equal", "assert_trees_all_close_ulp"),
        *("assert_tree_all_close", "assertEqual", "assertNotEqual", "assertAlmostEqual", "assertNotAlmostEqual", "assertAllClose", "assertArraysEqual"),
        "assertArraysAllClose",
    )
)
_OF_SHAPES = frozenset(
    (
        *("shape", "ndim", "dtype", "size", "keys", "len", "type", "itemsize", "nbytes", "structure", "tree_structure", "sharding", "__name__"),
        *("set", "str", "repr"),
    )
)
_OF_CONFIGURATIONS = frozenset(("config", "cfg", "conf", "settings", "args", "hparams", "options"))
_FINITE = frozenset(("isfinite", "isnan", "isinf", "isinstance", "hasattr", "iscomplexobj", "isrealobj", "issubdtype"))


def is_test(path: str) -> bool:
    """Whether a file holds tests, as pytest and people name them."""
    *folders, name = path.replace("\\", "/").split("/")
    stem = name.partition(".")[0]
    return stem in ("conftest", "test", "tests") or stem.startswith("test_") or stem.endswith(("_test", "_tests")) or "tests" in folders


def is_of_times(path: str) -> bool:
    """Whether a file measures how long things take, by its name or that of its folder."""
    *folders, name = path.replace("\\", "/").split("/")
    for each in (*folders[-1:], name.partition(".")[0]):
        words = re.split(r"[_\-\s]+", each.lower())
        if not _TIMES.union(_OF_TIMES).isdisjoint(words) or (words[0] == "time" and _OF_SERIES.isdisjoint(words)):
            return True
    return False


def is_kept_aside(path: str) -> bool:
    """Whether a file is a copy that was kept of what goes on elsewhere, by its name or that of a folder."""
    *folders, name = path.replace("\\", "/").split("/")
    return any(folder in _KEPT_ASIDE for folder in folders) or _COPY.search(name.partition(".")[0]) is not None


def is_test_function(definition: program.Node) -> bool:
    """Whether a function is a test by its name or its docstring, and takes nothing."""
    if not isinstance(definition, program.FunctionDef) or definition.parameters:
        return False
    return not _TESTS.isdisjoint(_words(definition.name)) or _TESTS_BY_DOCSTRING.match(definition.docstring or "") is not None


def test_around(context: Context | None) -> program.Node | None:
    """The innermost function on the way to a place that is a test: one in a file of tests, or one without parameters that has the word in its name."""
    while context is not None:
        function = context.entered
        if function is not None and (is_test(function.path) or is_test_function(function.definition)):
            return function.definition
        context = context.parent
    return None


def asks_for_numbers(code: program.Node) -> bool:
    """Whether code asks whether values are equal, or nearly so."""
    return any(map(_compares, program.walk(code)))


def zeroes(test: program.Node) -> bool:
    """Whether a test is of a model all of whose weights are zero, by its own name or that of a function which it calls."""
    own = [test.name] if isinstance(test, program.FunctionDef) else []
    return any(not _ZEROES.isdisjoint(_words(name)) for name in (*own, *_called(test)))


def trains(code: program.Node) -> bool:
    """Whether code trains a model, or computes its loss, by the names of what it calls and defines."""
    return any(not _TRAINS.isdisjoint(_words(name)) for name in _called(code))


def measures_time(code: program.Node) -> bool:
    """Whether code measures how long something takes, by the names of what it calls."""
    called = list(_called(code))
    return is_benchmark(code) or "block_until_ready" in called or called.count("time") > 1


def is_benchmark(code: program.Node) -> bool:
    """Whether code is there to measure how long something takes, by its name or the names of what it calls. (A training loop may wait for results too.)"""
    own = isinstance(code, program.FunctionDef) and not _TIMES.isdisjoint(_words(code.name))
    return own or any(not _TIMES.isdisjoint(_words(name)) for name in _called(code))


def _called(definition: program.Node) -> Iterator[str]:
    for each in program.walk(definition):
        if isinstance(each, program.Call):
            yield program.last_name(each.function)
        elif isinstance(each, program.FunctionDef) and each is not definition:
            yield each.name


def _compares(node: program.Node) -> bool:
    match node:
        case program.Call(function=function, arguments=arguments):
            return program.last_name(function) in _COMPARES and not any(_is_bound(each.value) for each in arguments[:2] if each.keyword is None)
        case program.Compare(left=left, operators=operators, comparators=comparators):
            return any(map(_asks_for_equality, (left, *comparators), operators, comparators))
        case _:
            return False


def _asks_for_equality(left: program.Expression, operator: str, right: program.Expression) -> bool:
    """`a == b`, `a != b` or, of a difference, `d < 1e-6`. What is above or below something else is so for most numbers."""
    if _is_bound(left) or _is_bound(right):
        return False
    if isinstance(right, program.Constant):
        return operator in ("<", "<=")
    if isinstance(left, program.Constant):
        return operator in (">", ">=")
    return operator in ("==", "!=")


def _is_bound(node: program.Expression) -> bool:
    """Whether what is compared with it is a shape, a type, a number of things or an option, or lies on one side of a border: no values that were computed
    twice."""
    match node:
        case program.Constant(value=value):
            return not isinstance(value, float) or value in (0.0, 1.0)
        case program.Unary(operand=operand):
            return _is_bound(operand)
        case program.TupleDisplay() | program.ListDisplay():
            return all(map(_is_bound, node.elements))
        case _:
            return any(_names_no_value(each) for each in program.walk(node))


def _names_no_value(node: program.Node) -> bool:
    match node:
        case program.Attribute(name=name) | program.Name(id=name):
            return name in _OF_SHAPES or name in _FINITE or name in _OF_CONFIGURATIONS
        case _:
            return False


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(name))
