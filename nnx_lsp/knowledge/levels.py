"""How a transform looks at the values of its function."""

from __future__ import annotations

import enum


class LevelKind(enum.Enum):
    """The three sorts of trace level."""

    STAGED = "staged"
    """Every array operation is recorded, also on constants: jit, scan, cond, while_loop, remat, eval_shape, …"""
    BATCHED = "batched"
    """Only what depends on a mapped argument is abstract: vmap."""
    DIFFERENTIATED = "differentiated"
    """Values stay concrete: grad, value_and_grad, jvp, vjp."""
