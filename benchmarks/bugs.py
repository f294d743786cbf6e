"""`python benchmarks/bugs.py`: ten mistakes that were found in published packages, each in a few lines of the same shape, executed.

It needs the extra `verify`. A line says where the mistake stands, and what its program shows; an assert fails where the effect is not there.
"""

from __future__ import annotations

import time

import jax
import jax.numpy as jnp
from flax import nnx

KEY = jax.random.key(0)


def say(where: str, effect: str) -> None:
    """Print a line."""
    print(f"{where}: {effect}")


def complex_weights() -> None:
    """The real and the imaginary part are drawn with one key."""
    real, imaginary = jax.random.normal(KEY, (8, 8)), jax.random.normal(KEY, (8, 8))
    assert (real == imaginary).all()
    say("opifex neural/operators/fno/factorized.py:84, :94, :123", "the imaginary part of each complex weight equals its real part")


def adapter_factors() -> None:
    """A2 and B2 are drawn with the key of A2."""
    keys = jax.random.split(KEY, 4)
    a, b = jax.random.normal(keys[2], (16, 4)), jax.random.normal(keys[2], (4, 16))
    assert jnp.allclose(a.ravel(), b.ravel())
    say("zlynx module/peft.py:183", "`lora_B2` holds the numbers of `lora_A2`; the fourth key is never used")


def matrices() -> None:
    """Both matrices of a benchmark are drawn with one key."""
    x, y = jax.random.normal(KEY, (64, 64)), jax.random.normal(KEY, (64, 64))
    assert (x == y).all()
    say("opifex core/gpu_acceleration.py:440, :582", "the matrices that are multiplied are equal")


def gaussian() -> None:
    """The centre and the width of an initial condition are drawn with one key."""
    keys = jax.random.split(KEY, 500)
    centres = jnp.array([0.3 + 0.4 * jax.random.uniform(key) for key in keys])
    widths = jnp.array([0.05 + 0.1 * jax.random.uniform(key) for key in keys])
    correlation = float(jnp.corrcoef(centres, widths)[0, 1])
    assert correlation > 0.999
    say("opifex data/sources/pde_generation.py:160, :166", f"centre and width of 500 initial conditions correlate by {correlation:.3f}")


def circles() -> None:
    """Both coordinates of a centre are drawn with one key."""
    centres = [(float(jax.random.uniform(key, minval=-8, maxval=8)), float(jax.random.uniform(key, minval=-8, maxval=8))) for key in jax.random.split(KEY, 100)]
    assert all(y == x for y, x in centres)
    say("artifex modalities/image/datasets.py:58", "each of 100 circles has its centre on the diagonal")


def arms() -> None:
    """The positions of two arms are drawn with one key."""
    one, two = jax.random.uniform(KEY, (2,), minval=-1.0), jax.random.uniform(KEY, (2,), minval=-1.0)
    assert (one == two).all()
    say("nnx-ppo test_dummies/dict_obs_act_env.py:142", "both arms begin at the same place in every episode")


def activations() -> None:
    """Activations and weights are drawn with one key."""
    inputs, weights = jax.random.normal(KEY, (4, 8, 32)), jax.random.normal(KEY, (32, 4, 8))
    assert jnp.allclose(inputs.ravel(), weights.ravel())
    say("maxtext examples/shmap_collective_matmul.py:87", "activations and weights hold the same numbers")


def triangle() -> None:
    """A Python `if` on the index of `fori_loop`."""

    def body(i: jax.Array, total: jax.Array) -> jax.Array:
        return total + (1.0 if i > 1 else 0.0)

    try:
        jax.lax.fori_loop(0, 3, body, jnp.zeros(()))
    except jax.errors.TracerBoolConversionError as error:
        say("diffbio operators/rna_structure/rna_folding.py:212", f"raises {type(error).__name__} at each call")
    else:
        raise AssertionError("fori_loop did not raise")


def clock() -> None:
    """The time is taken inside of a jitted method."""

    @nnx.jit
    def control(x: jax.Array) -> tuple[jax.Array, float]:
        begun = time.monotonic()
        return x * 2, time.monotonic() - begun

    taken = {float(control(jnp.ones(3))[1]) for _ in range(20)}
    assert len(taken) == 1
    say("opifex optimization/control/mpc.py:499, :545", f"20 calls report {len(taken)} computation time: that of tracing")


def buffer() -> None:
    """An attribute that holds a Variable is given an array in `__call__`."""

    class Bias(nnx.Module):
        def __init__(self) -> None:
            self.relative = nnx.Variable(jnp.zeros(3))

        def __call__(self, x: jax.Array) -> jax.Array:
            self.relative = x * 2
            return x

    bias = Bias()
    before = len(jax.tree.leaves(nnx.state(bias, nnx.Variable)))
    bias(jnp.ones(3))
    after = len(jax.tree.leaves(nnx.state(bias, nnx.Variable)))
    assert (before, after) == (1, 0)
    say("jimmy-vision layers/posemb.py:72", f"the State holds {before} buffer before the first call, {after} after it")


if __name__ == "__main__":
    for proof in (complex_weights, adapter_factors, matrices, gaussian, circles, arms, activations, triangle, clock, buffer):
        proof()
