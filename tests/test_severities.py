"""How sure a finding is: what it rests on, how far it is from what runs it, and whether it stands in a test."""

import textwrap

import pytest

from nnx_lsp import engine
from nnx_lsp.config import Settings
from nnx_lsp.diagnostic import merged
from nnx_lsp.severity import Severity
from nnx_lsp.syntax.document import parse

TRACED = """
    import jax

    def clip(x):
        if x > 0:
            return x
        return -x

    @jax.jit
    def step(x):
        {}

    step(1.0)
    """
IN_PLACE = "return x if x > 0 else -x"
OF_A_HELPER = "return clip(x)"


def found(program: str, name: str = "module.py") -> dict[str, Severity]:
    """The severities by rule, of a program that stands alone."""
    document = parse(name, textwrap.dedent(program))
    return {each.rule: each.severity for each in engine.check(document, Settings(flax_version="0.12.12"))}


@pytest.mark.parametrize(("body", "severity"), [(IN_PLACE, Severity.ERROR), (OF_A_HELPER, Severity.WARNING)])
def test_what_is_said_of_a_value_is_an_error_only_in_the_function_that_the_transform_runs(body: str, severity: Severity) -> None:
    assert found(TRACED.format(body)) == {"traced_branch": severity}


def test_a_lane_of_vmap_is_a_warning_as_only_what_is_mapped_is_traced() -> None:
    assert found(TRACED.format(IN_PLACE).replace("@jax.jit", "@jax.vmap").replace("1.0", "jax.numpy.ones(3)")) == {"traced_branch": Severity.WARNING}


def test_how_an_api_is_called_is_an_error_however_many_calls_lead_there() -> None:
    program = """
        import optax
        from flax import nnx

        def optimizer(model):
            return nnx.Optimizer(model, optax.sgd(0.1))

        def trainer(model):
            return optimizer(model)

        def run():
            return trainer(nnx.Linear(2, 2, rngs=nnx.Rngs(0)))
        """
    assert found(program) == {"optimizer_without_wrt": Severity.ERROR}


@pytest.mark.parametrize("program", ["def main():\n    {}\n\nmain()\n", "{}\n"])
def test_what_the_program_itself_runs_is_not_far(program: str) -> None:
    assert found("import jax\n" + program.format("print(jax.random.normal('key'))").replace("'key'", "3.5")) == {"rngs_as_key": Severity.ERROR}


@pytest.mark.parametrize(("name", "severity"), [("noise.py", Severity.WARNING), ("test_noise.py", Severity.INFO), ("tests/noise.py", Severity.INFO)])
def test_what_raises_nothing_is_milder_in_a_test(name: str, severity: Severity) -> None:
    program = """
        import jax
        import numpy as np

        def test_noise():
            key = jax.random.key(0)
            a, b = jax.random.normal(key, (3,)), jax.random.normal(key, (3,))
            np.testing.assert_allclose(a.std(), b.std())
        """
    assert found(program, name) == {"key_reused": severity}


def test_what_raises_is_an_error_in_a_test_too() -> None:
    assert found(TRACED.format(IN_PLACE), "tests/test_step.py") == {"traced_branch": Severity.ERROR}


@pytest.mark.parametrize(
    ("name", "severity"),
    [("model.py", Severity.ERROR), ("backups/model.py", Severity.INFO), ("model_backup_1.py", Severity.INFO), ("backup_of_states.py", Severity.ERROR)],
)
def test_a_copy_that_is_kept_aside_is_told_of_and_fails_nothing(name: str, severity: Severity) -> None:
    assert found(TRACED.format(IN_PLACE), name) == {"traced_branch": severity}


ANNOTATED = """
    from flax import nnx

    class Model(nnx.Module):
        def __call__(self, x):
            return x

    class Predictor:
        def __init__(self, model: Model):
            self.model = model

        def predict(self, x):
            return self.model(x, deterministic=True)
    """


def test_what_only_an_annotation_tells_is_a_warning() -> None:
    assert found(ANNOTATED) == {"linen_call_keywords": Severity.WARNING}
    assert found(ANNOTATED + "\n    Model()(1.0, deterministic=True)\n") == {"linen_call_keywords": Severity.ERROR}


CAPTURED = """
    from flax import nnx

    def run(model):
        @nnx.jit
        def step(x):
            model.kernel[...] = model.kernel[...] + x
            return x
        return step(1.0)

    def main():
        run(nnx.Linear(2, 2, rngs=nnx.Rngs(0)))

    """


@pytest.mark.parametrize(("called", "severity"), [("main()", Severity.WARNING), ("run(nnx.Linear(2, 2, rngs=nnx.Rngs(0)))", Severity.ERROR)])
def test_what_a_function_captures_is_an_error_only_where_no_calls_brought_it(called: str, severity: Severity) -> None:
    assert found(f"{CAPTURED}{called}\n") == {"captured_state_mutated": severity}


GONE = """
    import jax

    def double(tree):
        return jax.tree_map(lambda x: 2 * x, tree)

    def triple(tree):
        leaves = jax.tree_leaves(tree)
        return jax.tree_map(lambda x: 3 * x, tree), leaves
    """


def test_a_name_that_is_gone_is_one_mistake_in_a_file_and_shown_at_each_place() -> None:
    document = parse("module.py", textwrap.dedent(GONE))
    every = merged((("module.py", engine.check(document, Settings(flax_version="0.12.12"))),))["module.py"]
    told = [(document.text[each.span.start : each.span.end], each.severity) for each in every]
    assert told == [("jax.tree_map", Severity.ERROR), ("jax.tree_leaves", Severity.ERROR), ("jax.tree_map", Severity.INFO)]
    assert every[2].related[-1].span == every[0].span


def test_the_severity_that_is_set_for_a_rule_leaves_those_of_others_as_they_are() -> None:
    document = parse("module.py", textwrap.dedent(TRACED.format(OF_A_HELPER)))
    [found] = engine.check(document, Settings(flax_version="0.12.12", severity=(("NNX203", "error"),)))
    assert found.severity is Severity.WARNING


def test_a_severity_that_is_set_holds_at_each_place() -> None:
    document = parse("module.py", textwrap.dedent(GONE))
    every = merged((("module.py", engine.check(document, Settings(flax_version="0.12.12", severity=(("NNX713", "error"),)))),))["module.py"]
    assert {each.severity for each in every} == {Severity.ERROR}


ONE_ARGUMENT = """
    import jax
    import jax.numpy as jnp

    @jax.jit
    def blocks(x, n, rate: float = 0.0, deterministic=True):
        y = x.reshape(n, x.shape[0] // n)
        for i in range(n):
            y = y + i
        if rate > 0:
            y = y * rate
        while deterministic:
            y = y + 1
        if rate < 1.0:
            y = y + 1
        return y

    blocks(jnp.ones(8), 4, 0.1, False)
    """
OF_DATA = """
    import jax
    import jax.numpy as jnp

    @jax.jit
    def clip(x, n, m):
        if x.sum() > 0:
            x = x + 1
        if x.max() > 0:
            x = x + 1
        if x[0] > 0:
            x = x + 1
        if x[0] > 1:
            x = x + 1
        return x, jnp.zeros((n, m))

    clip(jnp.ones(8), 4, 2)
    """


def told(program: str) -> list[tuple[str, str, Severity]]:
    """Code, text and severity of what is found, in order."""
    document = parse("module.py", textwrap.dedent(program))
    every = merged((("module.py", engine.check(document, Settings(flax_version="0.12.12"))),))["module.py"]
    return [(each.code, document.text[each.span.start : each.span.end], each.severity) for each in every]


def test_an_argument_that_has_to_be_static_is_one_mistake() -> None:
    assert told(ONE_ARGUMENT) == [
        ("NNX407", "n", Severity.ERROR),
        ("NNX407", "x.shape[0] // n", Severity.INFO),
        ("NNX403", "n", Severity.INFO),
        ("NNX401", "rate > 0", Severity.ERROR),
        ("NNX401", "deterministic", Severity.ERROR),
        ("NNX401", "rate < 1.0", Severity.INFO),
    ]


def test_what_is_computed_from_data_and_other_arguments_are_mistakes_of_their_own() -> None:
    assert [severity for *_, severity in told(OF_DATA)] == [Severity.ERROR] * 6


def test_the_most_severe_of_one_mistake_is_told() -> None:
    far = TRACED.format("return clip(x) if x else clip(x)").replace("def step(x)", "def step(x: bool)")
    assert told(far) == [("NNX401", "x > 0", Severity.INFO), ("NNX401", "x", Severity.ERROR)]
