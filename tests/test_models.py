"""What the tracer says of library calls contains what JAX gives, but for the wrong claims that are known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from nnx_lsp.dev.models import expected
from nnx_lsp.dev.models.__main__ import LIMIT
from nnx_lsp.dev.models.calls import Call, Situation, parsed
from nnx_lsp.dev.models.compare import Grade, judge
from nnx_lsp.dev.models.expected import Known, Line
from nnx_lsp.dev.models.release import Release, Versions
from nnx_lsp.dev.models.report import Outcome, by_function
from nnx_lsp.dev.models.run import ARGUMENTS_NAME, Result, compared, judged, subjects
from nnx_lsp.dev.models.search import Limits
from nnx_lsp.dev.models.truth import Answer, ArrayTruth, DictTruth, ObjectTruth, SequenceTruth, StaticTruth, Truth
from nnx_lsp.knowledge.levels import LevelKind
from nnx_lsp.program import Place
from nnx_lsp.tracer.values import (
    FALSE,
    HOST_ARRAY,
    INT,
    NONE,
    TRUE,
    UNKNOWN,
    Array,
    Dict,
    Level,
    List,
    Module,
    OneOf,
    Static,
    Tree,
    Tuple,
    Value,
    Variable,
)

needs_jax = pytest.mark.skipif(find_spec("flax") is None, reason="jax and flax are not installed: install the extra `verify`")
DRAWN = 6
"""How many functions with known wrong claims are asked, and how many others; which, a seed decides."""
_NUMPY = "sum mean argmax cumsum reshape concatenate stack where matmul add arange zeros transpose squeeze linalg.norm"
_OTHERS = "jax.nn.softmax jax.nn.relu jax.nn.one_hot jax.random.normal jax.random.split jax.lax.scan jax.lax.cond jax.tree.map"
_LAYERS = "Linear Conv BatchNorm Embed"
EVERYDAY = {*(f"jax.numpy.{name}" for name in _NUMPY.split()), *_OTHERS.split(), *(f"flax.nnx.{name}" for name in _LAYERS.split())}
"""What most programs call is asked in any case."""

JIT = Level(LevelKind.STAGED, "jax.jit", Place("", 0, 0), None)
FLOATS = ArrayTruth((3, 4), "float32", False, False)
WEAK = ArrayTruth((), "int32", True, False)
KEY = ArrayTruth((), "key<fry>", False, False)
PAIR = SequenceTruth("tuple", (FLOATS, StaticTruth("NoneType", True)))
LAYER = ObjectTruth("flax.nnx.nn.linear.Linear", {"kernel": ObjectTruth("flax.nnx.variablelib.Param", {"value": FLOATS})})


def _array(
    exact: str = "float", dims: tuple[int | None, ...] = (3, 4), *, low: int = 2, high: int = 2, dtype: str = "float", level: Level | None = None
) -> Array:
    return Array(level, dtype, low, high, dims=dims, exact=exact)


def _layer(cls: str = "flax.nnx.Linear", held: Value = UNKNOWN) -> Module:
    return Module(cls, {"kernel": Variable("flax.nnx.Param", {"value": held}, None, None)}, None, None)


def _canonical(name: str) -> str:
    return {"flax.nnx.nn.linear.Linear": "flax.nnx.Linear", "flax.nnx.variablelib.Param": "flax.nnx.Param"}.get(name, name)


@pytest.mark.parametrize(
    ("claim", "truth", "kind"),
    [
        (_array(low=3, high=-1, dims=()), FLOATS, "rank"),
        (_array(low=1, high=1, dims=(4,)), FLOATS, "rank"),
        (_array(dims=(3, 5)), FLOATS, "dimensions"),
        (_array(dims=(4,), low=1, high=-1), ArrayTruth((4, 3), "float32", False, False), "dimensions"),
        (_array(dtype="int", exact=""), FLOATS, "kind"),
        (_array(dtype="", exact="bfloat16"), FLOATS, "dtype"),
        (_array(dtype="float", exact="~float"), FLOATS, "weak type"),
        (_array(level=JIT), FLOATS, "traced"),
        (_array(), StaticTruth("int", True, 3), "type"),
        (_array(), PAIR, "type"),
        (Array(dtype="key"), FLOATS, "kind"),
        (Array(dtype="key", low=0, high=0), ArrayTruth((2,), "uint32", False, False), "old key"),
        (Tuple((Array(dtype="key"), Array(dtype="key"))), ArrayTruth((2,), "key<fry>", False, False), "keys as a tuple"),
        (Tuple((_array(),)), PAIR, "length"),
        (Tuple((_array(), NONE, NONE)), PAIR, "length"),
        (Tuple((_array(), TRUE)), PAIR, "type"),
        (Tuple((_array(dims=(3, 9)), NONE)), PAIR, "dimensions"),
        (Tuple((_array(), NONE), ("loss", "aux")), PAIR, "fields"),
        (List({"items": (_array(), NONE)}), PAIR, "type"),
        (Dict({"a": _array()}, {}), DictTruth(("'b'",), (FLOATS,)), "keys"),
        (Dict({}, {}), DictTruth(("'b'",), (FLOATS,)), "keys"),
        (Dict({"b": _array(exact="int", dtype="int")}, {}), DictTruth(("'b'",), (FLOATS,)), "kind"),
        (Static("int", 4), StaticTruth("int", True, 3), "value"),
        (FALSE, StaticTruth("bool", True, True), "value"),
        (INT, FLOATS, "type"),
        (HOST_ARRAY, FLOATS, "type"),
        (Tree(), SequenceTruth("tuple", (FLOATS, StaticTruth("int"))), "type"),
        (OneOf((_array(dims=(1, 1)), NONE)), FLOATS, "dimensions"),
        (_layer("flax.nnx.Conv"), LAYER, "class"),
        (_layer(held=_array(dims=(3, 5))), LAYER, "dimensions"),
    ],
)
def test_a_planted_wrong_claim_is_seen(claim: Value, truth: Truth, kind: str) -> None:
    verdict = judge(claim, truth, _canonical)
    assert (verdict.grade, verdict.kind) == (Grade.WRONG, kind)
    assert verdict.said


@pytest.mark.parametrize(
    ("claim", "truth", "grade"),
    [
        (UNKNOWN, FLOATS, Grade.UNKNOWN),
        (_array(), FLOATS, Grade.EXACT),
        (_array(level=JIT), ArrayTruth((3, 4), "float32", False, True), Grade.EXACT),
        (_array("~int", (), low=0, high=0, dtype="int"), WEAK, Grade.EXACT),
        (Array(dtype="key", low=0, high=0), KEY, Grade.EXACT),
        (_array(exact=""), FLOATS, Grade.PARTIAL),
        (_array(dims=(None, 4)), FLOATS, Grade.PARTIAL),
        (_array(dims=(4,), low=1, high=-1), FLOATS, Grade.PARTIAL),
        (Tuple((_array(), NONE)), PAIR, Grade.EXACT),
        (Tuple((UNKNOWN, UNKNOWN)), PAIR, Grade.PARTIAL),
        (Dict({}, {"open": True}), DictTruth(("'b'",), (FLOATS,)), Grade.PARTIAL),
        (OneOf((_array(), NONE)), FLOATS, Grade.PARTIAL),
        (Tree(), PAIR, Grade.PARTIAL),
        (_layer(held=_array()), LAYER, Grade.EXACT),
        (_layer(), LAYER, Grade.PARTIAL),
    ],
)
def test_a_right_claim_is_graded(claim: Value, truth: Truth, grade: Grade) -> None:
    assert judge(claim, truth, _canonical).grade is grade


def test_a_wrong_model_and_a_foreseen_error_are_seen_through_the_walk() -> None:
    """The answers are planted: what JAX would have to give for the models to be wrong."""
    sum_, softmax = parsed("jnp.sum", "f2, axis=0"), parsed("jax.nn.softmax", "f2")
    refused = parsed("jax.random.normal", "nnx.Rngs(0), (2, 3)")
    asked = [
        ("jax.numpy.sum", Situation(sum_, False), Answer(ArrayTruth((4,), "float32", False, False))),
        ("jax.numpy.sum", Situation(sum_, True), Answer(ArrayTruth((4,), "float32", False, True))),
        ("jax.numpy.sum", Situation(sum_, False), Answer(ArrayTruth((3,), "float32", False, False))),
        ("jax.numpy.sum", Situation(sum_, True), Answer(ArrayTruth((3, 4), "float32", False, True))),
        ("jax.nn.softmax", Situation(softmax, False), Answer(ArrayTruth((3, 4), "int32", False, False))),
        ("jax.random.normal", Situation(refused, False), Answer(raises=("TypeError",))),
        ("jax.random.normal", Situation(refused, False), Answer(FLOATS)),
    ]
    found = compared(asked, "0.12.12")
    assert [(case.verdict.grade.value, case.verdict.kind) for case in found] == [
        ("exact", ""),
        ("exact", ""),
        ("wrong", "dimensions"),
        ("wrong", "rank"),
        ("wrong", "kind"),
        ("unknown", ""),
        ("wrong", "raises"),
    ]
    assert (found[5].exception, found[5].foreseen) == ("TypeError", "NNX101")


@pytest.fixture(scope="module")
def release() -> Iterator[Release]:
    with Release.here() as here:
        yield here


@needs_jax
def test_the_child_tells_what_calls_give(release: Release) -> None:
    texts = ("jnp.ndim(f2)", "jnp.nonzero(i1)", "jnp.split(f1, 2)", "jnp.sum(f2, 5)", "jnp.asarray(2)")
    calls = [Call("", attribute=text) for text in texts]
    halves = ArrayTruth((2,), "float32", False, False)
    found = release.eager(calls)
    assert [each.gives for each in found] == [
        StaticTruth("int", True, 2),
        SequenceTruth("tuple", (ArrayTruth((4,), "int32", False, False),)),
        SequenceTruth("list", (halves, halves)),
        None,
        ArrayTruth((), "int32", True, False),
    ]
    assert found[3].raises[0] == "ValueError"
    staged = release.answers([Situation(call, True) for call in calls[:2]])
    assert staged[0].gives == StaticTruth("int", True, 2)
    assert staged[1].raises[0] == "ConcretizationTypeError"


@needs_jax
def test_a_call_that_ends_the_process_loses_no_other(release: Release) -> None:
    calls = [Call("", attribute=text) for text in ("jnp.ndim(f2)", "__import__('os')._exit(3)", "jnp.ndim(f1)")]
    assert [each.gives for each in release.eager(calls)] == [StaticTruth("int", True, 2), None, StaticTruth("int", True, 1)]


@needs_jax
def test_wrong_claims_are_those_that_are_known(release: Release) -> None:
    line = expected.read(expected.FILE).get(release.versions.label)
    if line is None:
        pytest.skip(f"the wrong claims of {release.versions.label} are not recorded")
    every = subjects(release)
    chance = random.Random(1)
    everyday = [each for each in every if each.name in EVERYDAY]
    wrong, right = ([each for each in every if each.name not in EVERYDAY and (each.name in line.wrong) is is_known] for is_known in (True, False))
    drawn = everyday + chance.sample(wrong, min(DRAWN, len(wrong))) + chance.sample(right, DRAWN)
    result = judged(release, drawn, line.seed, Limits(line.limit, line.limit * 2 // 5), lambda _: None)
    outcome = Outcome(release.versions, line.seed, line.limit, result)
    assert len(every) > 600
    assert len(everyday) == len(EVERYDAY)
    assert by_function(result)[ARGUMENTS_NAME].exact > 20
    assert list(expected.differences(outcome, line)) == []
    assert line.limit == LIMIT


_VERSIONS = Versions("0.12.12", "0.12.0.1", "3.12")


def test_a_new_wrong_claim_and_one_that_vanished_differ() -> None:
    asked = [("jax.numpy.sum", Situation(parsed("jnp.sum", "f2, axis=0"), False), Answer(ArrayTruth((3,), "float32", False, False)))]
    result = Result(tuple(compared(asked, "0.12.12")), {"jax.numpy.sum": 1, "jax.numpy.max": 1})
    outcome = Outcome(_VERSIONS, 0, LIMIT, result)
    known = {"jax.numpy.sum": {"dimensions": Known(1, "")}, "jax.numpy.min": {"rank": Known(2, "not asked here")}}

    def differs(wrong: dict[str, dict[str, Known]]) -> list[str]:
        return [difference.partition(" wrong claims")[0] for difference in expected.differences(outcome, Line(0, LIMIT, wrong))]

    assert differs(known) == []
    assert differs({}) == ["jax.numpy.sum: 1"]
    assert differs({**known, "jax.numpy.sum": {"dimensions": Known(2, "")}}) == ["jax.numpy.sum: 1"]
    assert differs({**known, "jax.numpy.max": {"rank": Known(1, "")}}) == ["jax.numpy.max: no"]
    assert differs(expected.updated({}, outcome)[_VERSIONS.label].wrong) == []
