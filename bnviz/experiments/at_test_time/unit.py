"""One unit's statistics, step by step: of each mini-batch, and of all training images."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnviz.experiments.common import Floats, digits, learn
from bnviz.networks import MLP, mlp
from bnviz.training import shuffled_batches

__all__ = ["UnitStatistics", "running", "unit_statistics"]


class UnitStatistics(NamedTuple):
    """Statistics of what BN gets from one unit, at each step; row t has the parameters before it.

    Attributes:
        mean: of the mini-batch, shape (T,).
        var: unbiased variance of the mini-batch, shape (T,).
        true_mean: of all training images, shape (T,).
        true_var: variance of all training images, shape (T,).
    """

    mean: Floats
    var: Floats
    true_mean: Floats
    true_var: Floats


def unit_statistics(
    batch_sizes: Sequence[int] = (4, 16, 64),
    seed: int = 0,
    *,
    unit: int | None = None,
    layer: int = 1,
    steps: int = 200,
    lr: float = 0.1,
    frozen: bool = False,
    hidden: Sequence[int] = (100, 100),
) -> dict[int, UnitStatistics]:
    """Record a unit's statistics while its network learns, or after that, with frozen weights.

    The running average of PyTorch follows from these by arithmetic, for any momentum: the batches'
    statistics do not depend on it. In layer 1 the batch means scatter about the true mean. In later
    layers the noise of the layers before comes along: at batch size 4 the variances of layer 2 are
    on average more than a tenth larger than that of all images.

    Args:
        batch_sizes: a training of its own for each.
        seed: of split, weights and batches.
        unit: its number; by default the one whose mean travels farthest in the last training, or,
            with frozen weights, the one whose mean lies farthest from 0.
        layer: from 1 on.
        steps: recorded.
        lr: learning rate of SGD.
        frozen: the network learned ``steps`` steps with mini-batches of 64 before, and now no more.
        hidden: widths of the hidden layers.

    Returns:
        By batch size, the statistics of the unit.
    """
    options = (layer, steps, lr, frozen, hidden)
    found = {size: _record(size, seed, *options) for size in batch_sizes}
    if unit is None:
        true_means = found[batch_sizes[-1]][:, 2]
        first = 0 if frozen else true_means[0]
        unit = int(np.argmax(np.abs(true_means[-1] - first)))
    return {size: UnitStatistics(*one[:, :, unit].T) for size, one in found.items()}


def running(values: Floats, momentum: float, start: float = 0.0) -> float:
    """The running average after these values, as PyTorch counts momentum.

    >>> running(np.array([1.0, 1.0]), momentum=0.5)
    0.75
    """
    for value in values:
        start = (1 - momentum) * start + momentum * float(value)
    return start


def _record(
    batch_size: int,
    seed: int,
    layer: int,
    steps: int,
    lr: float,
    frozen: bool,
    hidden: Sequence[int],
) -> Floats:
    """Mean and variance of the batches, then of all images, for all units, (T, 4, C)."""
    x, y, _, _ = digits(seed)
    model = mlp((64, *hidden, 10), norm="batch", seed=seed).train()
    if frozen:
        learn(model, x, y, islice(shuffled_batches(len(x), 64, seed), steps), lr)
    batches = shuffled_batches(len(x), batch_size, seed + 1 if frozen else seed)
    rows = []
    for _ in range(steps):
        batch = next(batches)
        sums = [_sums(model, images, layer) for images in (x[batch], x)]
        rows.append([moment for one in sums for moment in _moments(one, of_all=one is sums[1])])
        if not frozen:
            learn(model, x, y, [batch], lr)
    return np.array(rows, dtype=np.float64)


@torch.no_grad()
def _sums(model: MLP, images: Tensor, layer: int) -> Tensor:
    """What the BN of a layer gets for these images, in training mode."""
    for block in model.hidden[: layer - 1]:
        images = block(images)
    sums: Tensor = model.hidden[layer - 1].linear(images)
    return sums


def _moments(sums: Tensor, of_all: bool) -> tuple[Floats, Floats]:
    return sums.mean(0).numpy(), sums.var(0, correction=0 if of_all else 1).numpy()
