"""Introduction: what reaches a deep layer before the first step, and what can be read from it.

>>> spread_by_layer(depth=3)["without BN"].shape
(5, 3)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from bnviz.experiments.common import Floats, digits, train_quietly
from bnviz.networks import MLP, mlp

__all__ = ["read_by_layer", "spread_by_layer"]


@torch.no_grad()
def spread_by_layer(
    init: float | str | None = 0.1,
    activation: str = "sigmoid",
    seeds: Sequence[int] = range(5),
    *,
    depth: int = 6,
    width: int = 100,
    images: int = 60,
) -> dict[str, Floats]:
    """Measure how far apart images are for a typical unit of each layer, before any training.

    A sigmoid's slope is at most 1/4. With weights of standard deviation 0.1 a layer of 100 units
    hands on about a quarter of the differences between images. Batch normalization stretches
    what is left to standard deviation 1, as long as its variance is far above ε.

    Args:
        init: initial weights, as of :func:`bnviz.mlp`.
        activation: as of :func:`bnviz.mlp`.
        seeds: of split and weights.
        depth: hidden layers.
        width: units of each.
        images: in the mini-batch over which the standard deviation is taken.

    Returns:
        By label, the median over the units of the standard deviation of what enters their
        activations, shape (seeds, depth). Training mode.

    Source: Glorot & Bengio 2010, section 4.2, ask for variances that stay alike over the layers.
    """
    found = {label: np.zeros((len(seeds), depth)) for label in ("without BN", "with BN")}
    for row, seed in enumerate(seeds):
        x = digits(seed)[0][:images]
        for label, norm in (("without BN", None), ("with BN", "batch")):
            sizes = (64, *[width] * depth, 10)
            model = mlp(sizes, activation, norm=norm, init=init, seed=seed).train()
            for layer, value in enumerate(_pre_activations(model, x)):
                found[label][row, layer] = value.std(0, correction=0).median()
    return found


def read_by_layer(
    init: float | str | None = 0.1,
    activation: str = "sigmoid",
    seeds: Sequence[int] = range(3),
    *,
    depth: int = 6,
    width: int = 100,
    steps: int = 200,
    lr: float = 0.5,
) -> dict[str, Floats]:
    """Measure what one layer more can read from the units of each layer, before any training.

    A needle is faint, not empty: stretched to standard deviation 1 it tells digits apart nearly
    as well as the first layer does. As it is, the layer that reads it has hardly begun after as
    many steps, because its gradients are as faint as what it reads.

    Args:
        init: initial weights of the network that is read, as of :func:`bnviz.mlp`.
        activation: as of :func:`bnviz.mlp`.
        seeds: of split, weights and batches.
        depth: hidden layers.
        width: units of each.
        steps: of the layer that reads, a linear classifier, with batches of 60.
        lr: its learning rate.

    Returns:
        Its test accuracy, reading pre-activations "as they are" and "stretched" (each unit to
        mean 0 and standard deviation 1 over the training images), shape (seeds, depth).
    """
    found = {label: np.zeros((len(seeds), depth)) for label in ("as they are", "stretched")}
    for row, seed in enumerate(seeds):
        x, y, x_test, y_test = digits(seed)
        model = mlp((64, *[width] * depth, 10), activation, init=init, seed=seed)
        layers = zip(_pre_activations(model, x), _pre_activations(model, x_test), strict=True)
        for layer, (value, test) in enumerate(layers):
            mean, std = value.mean(0), value.std(0, correction=0)
            readings = {
                "as they are": (value, test),
                "stretched": ((value - mean) / std, (test - mean) / std),
            }
            for label, (seen, unseen) in readings.items():
                run = train_quietly(
                    mlp((width, 10), seed=seed),
                    steps,
                    data=(seen, y, unseen, y_test),
                    lr=lr,
                    seed=seed,
                )
                found[label][row, layer] = run.accuracy[-1]
    return found


@torch.no_grad()
def _pre_activations(model: MLP, x: Tensor) -> Iterator[Tensor]:
    """What enters the activation of each hidden layer, (N, units), in the model's own mode."""
    for block in model.hidden:
        *before, activation = block.children()
        for part in before:
            x = part(x)
        yield x
        x = activation(x)
