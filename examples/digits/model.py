"""A small convolutional classifier."""

import jax
import jax.numpy as jnp
from flax import nnx


class Block(nnx.Module):
    def __init__(self, inputs: int, outputs: int, *, rngs: nnx.Rngs):
        self.conv = nnx.Conv(inputs, outputs, kernel_size=(3, 3), rngs=rngs)
        self.norm = nnx.BatchNorm(outputs, rngs=rngs)
        self.drop = nnx.Dropout(p=0.1, rngs=rngs)

    def __call__(self, x):
        return self.drop(nnx.relu(self.norm(self.conv(x))))


class Classifier(nnx.Module):
    def __init__(self, classes: int, *, width: int = 16, rngs: nnx.Rngs):
        self.first = Block(1, width, rngs=rngs)
        self.second = Block(width, width / 2, rngs=rngs)
        self.scale = nnx.Param(jnp.array(1.0))
        self.offsets = jax.random.normal(rngs.params(), (classes,))
        self.head = nnx.Linear(8 * 8 * 8, classes)
        self.steps = nnx.Variable(jnp.array(0))

    def __call__(self, x):
        x = self.second(self.first(x))
        x = x.reshape(x.shape[0], -1)
        self.steps += 1
        if self.scale > 10.0:
            x = x / self.scale
        return self.head(x) * self.scale + self.offsets

    def freeze(self):
        self.scale = self.scale * 0.0
