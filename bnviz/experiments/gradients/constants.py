"""The statistics as a part of the gradient, or as constants."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from bnviz import data
from bnviz.experiments.common import Floats, accuracy, digits, recomputed, train_quietly
from bnviz.experiments.gradients.halves import HalfNorm
from bnviz.networks import MLP, mlp

__all__ = ["Held", "HeldConstant", "ToyBias", "held_constant", "toy_bias"]


class HeldConstant(HalfNorm):
    """Batch normalization whose gradient takes the statistics of the batch as constants."""

    def __init__(self, num_features: int) -> None:
        super().__init__(num_features, subtract=True, divide=True, held=True)


class ToyBias(NamedTuple):
    """One bias b and a mean that is subtracted, as in the paper; shape (S, steps) each.

    Attributes:
        bias: b after each step.
        loss: before each step.
    """

    bias: Floats
    loss: Floats


def toy_bias(
    seeds: Sequence[int] = range(5), *, constant: bool, steps: int = 200, lr: float = 0.1
) -> ToyBias:
    """Learn b in x = u + b, where x − mean(x) is to match a target whose mean is not 0.

    b changes nothing in the output. With the mean in the gradient it stays where it is. Held
    constant, each step moves it as if it did, and the loss stays the same: b grows without end, in
    proportion to the learning rate.

    Source: Ioffe & Szegedy 2015, section 2.
    """
    draws = [np.random.default_rng(seed).normal(size=(2, 256)) for seed in seeds]
    u, target = np.stack(draws, axis=1)
    target = target + 3
    b = np.zeros((len(u), 1))
    biases, losses = [], []
    for _ in range(steps):
        x = u + b
        error = x - x.mean(1, keepdims=True) - target
        # The gradient of x − mean(x) at b is 0; with the mean a constant it is 1.
        b = b - lr * (2 * error.mean(1, keepdims=True) if constant else 0)
        biases.append(b[:, 0])
        losses.append((error**2).mean(1))
    return ToyBias(np.stack(biases, 1), np.stack(losses, 1))


class Held(NamedTuple):
    """Training with the statistics in the gradient (index 0) or held constant (1).

    Attributes:
        batch_sizes: shape (B,).
        steps: updates before each measurement, shape (E,).
        accuracy: on test images, normalized by the statistics of all training images; shape
            (2, B, S, E) for S seeds.
        bias_moved: the furthest that a bias of the first layer moved, shape (2, B, S).
        none: accuracy without BN, shape (B, S, E).
    """

    batch_sizes: NDArray[np.int64]
    steps: NDArray[np.int64]
    accuracy: Floats
    bias_moved: Floats
    none: Floats


def held_constant(
    batch_sizes: Sequence[int] = (4, 16, 64, 256),
    seeds: Sequence[int] = range(2),
    *,
    steps: int = 300,
    lr: float = 0.1,
    eval_every: int = 20,
    activation: str = "relu",
    hidden: Sequence[int] = (100, 100),
) -> Held:
    """Train networks with BN whose statistics are part of the gradient, or constants in it.

    With constants a ReLU network learns less: at a rate of 0.1 most in large batches, there above
    all in deep networks, while in batches of 4 either of two layers may be ahead at first; at 0.4
    mostly most in tiny batches. At a small learning rate the gap opens late, and with tanh at 0.1
    there is little of it. The biases before BN, which change nothing in the output, move all the
    same.

    Test images are normalized by the statistics of all training images: the running ones lag behind
    at these rates, most of all in tiny mini-batches, and would blame the gradient for it.

    Args:
        batch_sizes: images in a batch.
        seeds: of split, weights and order.
        steps: updates.
        lr: learning rate of SGD.
        eval_every: steps between measurements.
        activation: as of :func:`bnviz.mlp`.
        hidden: widths of the hidden layers.

    Returns:
        Accuracies by batch size, and without BN for comparison.
    """
    measured = np.arange(0, steps + 1, eval_every)
    found = np.zeros((3, len(batch_sizes), len(seeds), len(measured)))
    moved = np.zeros((3, len(batch_sizes), len(seeds)))
    for (row, batch_size), (column, seed) in product(enumerate(batch_sizes), enumerate(seeds)):
        x, _, x_test, y_test = digits(seed)
        networks = {
            label: mlp((64, *hidden, 10), activation, norm=norm, seed=seed)
            for label, norm in (("right", "batch"), ("held", HeldConstant), ("none", None))
        }
        before = [_first_bias(model) for model in networks.values()]

        def look(step: int, runs: object) -> None:
            if step % eval_every == 0:
                found[:, row, column, step // eval_every] = [  # noqa: B023
                    accuracy(recomputed(model, x), x_test, y_test)  # noqa: B023
                    for model in networks.values()  # noqa: B023
                ]

        train_quietly(
            networks,
            steps,
            data=data.digits(seed),
            lr=lr,
            batch_size=batch_size,
            seed=seed,
            on_step=look,
        )
        after = [_first_bias(model) for model in networks.values()]
        moved[:, row, column] = [
            float((b - a).abs().max()) for a, b in zip(before, after, strict=True)
        ]
    return Held(np.array(batch_sizes), measured, found[:2], moved[:2], found[2])


def _first_bias(model: MLP) -> Tensor:
    return model.hidden[0].linear.bias.detach().clone()
