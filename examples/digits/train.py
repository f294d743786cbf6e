"""Train the classifier, and stop early where the loss is small."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx


class Net(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.hidden = nnx.Linear(64, 32, rngs=rngs)
        self.norm = nnx.BatchNorm(32, rngs=rngs)
        self.out = nnx.Linear(32, 10, rngs=rngs)

    def __call__(self, x):
        return self.out(nnx.relu(self.norm(self.hidden(x))))


def clipped(value, limit):
    if value > limit:
        return limit
    return value


def loss_fn(model, images, labels):
    logits = model(images)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


@jax.jit
def train_step(model, optimizer, images, labels):
    loss, grads = nnx.value_and_grad(loss_fn)(model, images, labels)
    optimizer.update(model, grads)
    return clipped(loss, 5.0)


@partial(nnx.jit, static_argnames="verbose")
def evaluate(model, images, labels, verbose=False):
    accuracy = (model(images).argmax(-1) == labels).mean()
    if verbose:
        jax.debug.print("accuracy {}", accuracy)
    return np.round(accuracy, 3)


def main():
    rngs = nnx.Rngs(0)
    model = Net(rngs=rngs)
    optimizer = nnx.Optimizer(model, optax.adam(1e-3))
    images, labels = jnp.ones((4, 64)), jnp.zeros((4,), int)
    for _ in range(3):
        loss = train_step(model, optimizer, images, labels)
    print(f"loss {float(loss):.3f}", evaluate(model, images, labels, verbose=True))


if __name__ == "__main__":
    main()
