"""Synthetic digits: noisy prototypes, one for each class."""

import jax
import jax.numpy as jnp
from flax import nnx

CLASSES = 10
SIDE = 8


def prototypes(rngs: nnx.Rngs):
    return jax.random.normal(rngs.params(), (CLASSES, SIDE, SIDE, 1))


def batches(rngs: nnx.Rngs, count: int, size: int):
    shapes = prototypes(rngs)
    for _ in range(count):
        labels = jax.random.randint(rngs.data(), (size,), 0, CLASSES)
        noise = jax.random.normal(rngs, (size, SIDE, SIDE, 1))
        yield shapes[labels] + 0.3 * noise, labels


@jax.jit
def brightest(images):
    peak = images.max(axis=(1, 2, 3))
    return images[peak > 2.0]


def normalised(images):
    scale = jnp.abs(images).max()
    return images / scale
