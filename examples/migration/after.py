"""A training program as it was written for Flax 0.10: `nnx-lint migrate --from 0.10 --to 0.12` makes `after.py` of it."""

import jax
import jax.numpy as jnp
import optax
from flax import nnx


class Counter(nnx.Variable):
    pass


class Block(nnx.Module):
    def __init__(self, features: int, use_scale: bool, rngs: nnx.Rngs):
        self.linear = nnx.Linear(features, features, rngs=rngs)
        self.scale = nnx.data(None)
        if use_scale:
            self.scale = nnx.Param(jnp.ones(features))

    def __call__(self, x):
        x = nnx.relu(self.linear(x))
        return x if self.scale is None else x * self.scale


class Model(nnx.Module):
    def __init__(self, features: int, rngs: nnx.Rngs):
        self.blocks = nnx.List([Block(features, use_scale, rngs) for use_scale in (True, False)])
        self.norms = nnx.List([])
        for _ in range(2):
            self.norms.append(nnx.LayerNorm(features, rngs=rngs))
        self.heads = nnx.data({"mean": nnx.Linear(features, 1, rngs=rngs), "spread": nnx.Linear(features, 1, rngs=rngs)})
        self.limits = (nnx.data((jnp.zeros(1), jnp.ones(1))))
        self.calls = Counter(jnp.array(0))
        self.total = Counter(jnp.array(0.0))

    def __call__(self, x):
        self.calls[...] += 1
        self.total.set_value(self.total[...] + x.sum())
        for block, norm in zip(self.blocks, self.norms):
            x = norm(block(x))
        low, high = self.limits
        return self.heads["mean"](x) + jnp.clip(self.heads["spread"](x), low, high)


def loss_fn(model: Model, x, y):
    return ((model(x) - y) ** 2).mean()


@nnx.jit
def train_step(model: Model, optimizer: nnx.Optimizer, x, y):
    loss, grads = nnx.value_and_grad(loss_fn)(model, x, y)
    optimizer.update(model, grads)
    return loss


def main():
    model = Model(4, nnx.Rngs(0))
    model.heads["mean"].kernel.set_metadata(role="output")
    optimizer = nnx.Optimizer(model, optax.adam(1e-2), wrt=nnx.Param)
    x = jax.random.normal(jax.random.key(1), (16, 4))
    y = x.sum(axis=1, keepdims=True)
    losses = [float(train_step(model, optimizer, x, y)) for _ in range(40)]
    assert losses[-1] < losses[0] / 2, losses
    assert int(model.calls.value) == 40
    print(f"{losses[0]:.4f} {losses[-1]:.4f}")


if __name__ == "__main__":
    main()
