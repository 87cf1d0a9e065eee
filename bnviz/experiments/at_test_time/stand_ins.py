"""What may stand in for the variance of a mini-batch: Algorithm 2, and ways to get it wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from bnviz.experiments.at_test_time.modes import trained
from bnviz.experiments.common import Floats, digits

__all__ = ["STAND_INS", "stand_ins"]

#: By label, a variance from the biased variances (B, C) of mini-batches of size m.
STAND_INS: dict[str, Callable[[Floats, int], Floats]] = {
    "m/(m − 1) × mean": lambda variances, m: m / (m - 1) * variances.mean(0),
    "mean": lambda variances, m: variances.mean(0),
    "variance": lambda variances, m: variances.var(0),
}


def stand_ins(
    sizes: Sequence[int] = (2, 4, 8, 16, 32, 64, 128, 256),
    seeds: Sequence[int] = range(5),
    *,
    batches: int = 200,
    steps: int = 300,
    lr: float = 0.1,
    hidden: Sequence[int] = (100, 100),
) -> dict[str, Floats]:
    """Normalize all training images by what was made of the variances of mini-batches.

    Only m/(m − 1) times their mean gives standard deviation 1. The variance *of* the variances
    shrinks as the batches grow, and is of another unit of measurement, so x̂ comes out far too wide.

    Args:
        sizes: of the mini-batches, m.
        seeds: of split, weights and batches.
        batches: how many are drawn, of images without repetition in a batch.
        steps: for which the network was trained, with mini-batches of 64.
        lr: learning rate.
        hidden: widths of the hidden layers.

    Returns:
        By label of :data:`STAND_INS`, the standard deviation that x̂ has over all training images:
        median over the units of layer 1, shape (S, M).

    Source: Ioffe & Szegedy 2015, Algorithm 2, line 10.
    """
    found = {label: np.zeros((len(seeds), len(sizes))) for label in STAND_INS}
    for row, seed in enumerate(seeds):
        x, *_ = digits(seed)
        model = trained(seed, hidden=hidden, steps=steps, lr=lr)
        with torch.no_grad():
            sums = model.hidden[0].linear(x).double().numpy()
        random = np.random.default_rng(seed)
        alive = sums.var(0) > 1e-3  # ε has a say in quieter units
        for column, m in enumerate(sizes):
            draws = [random.choice(len(sums), m, replace=False) for _ in range(batches)]
            variances = np.array([sums[draw].var(0) for draw in draws])
            for label, stand_in in STAND_INS.items():
                x_hat = sums.std(0) / np.sqrt(stand_in(variances, m) + 1e-5)
                found[label][row, column] = np.median(x_hat[alive])
    return found
