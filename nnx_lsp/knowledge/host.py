"""Functions that ask the host for what is another at each call."""

from __future__ import annotations

_DRAWS = (
    "beta",
    "binomial",
    "choice",
    "exponential",
    "gamma",
    "normal",
    "permutation",
    "poisson",
    "rand",
    "randint",
    "randn",
    "random",
    "random_sample",
    "sample",
    "shuffle",
    "standard_normal",
    "uniform",
)

RANDOM = frozenset(f"numpy.random.{name}" for name in _DRAWS) | frozenset(
    f"random.{name}" for name in ("choice", "choices", "gauss", "getrandbits", "randint", "random", "randrange", "sample", "shuffle", "uniform")
)
"""Draws from the one generator of the process."""

CLOCKS = frozenset(f"time.{name}{unit}" for name in ("time", "monotonic", "perf_counter", "process_time") for unit in ("", "_ns"))
