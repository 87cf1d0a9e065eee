"""The shape of what comes in, and what one sample far out does to the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from bnviz import data, norms
from bnviz.experiments.common import Floats, digits, train_quietly
from bnviz.networks import mlp

__all__ = ["Outlier", "Shapes", "outlier", "shapes", "weighted_sums"]


def weighted_sums(seed: int = 0, steps: int = 200, lr: float = 0.1) -> Floats:
    """What enters the second ReLUs of a network without BN after training, (1297, 100), float64."""
    model = mlp((64, 100, 100, 10), seed=seed)
    if steps:
        train_quietly(model, steps, data=data.digits(seed), lr=lr, seed=seed)
    with torch.no_grad():
        sums = model.hidden[1].linear(model.hidden[0](digits(seed)[0]))
    return np.asarray(sums.double())


class Outlier(NamedTuple):
    """x̂ of a batch in which one sample goes away from the others.

    Attributes:
        positions: where it is, in standard deviations of the others from their mean, shape (T,).
        moved: its own x̂, shape (T,).
        others: those of the others, shape (m − 1, T), ascending in the first index.
    """

    positions: Floats
    moved: Floats
    others: Floats


def outlier(positions: Sequence[float] = (*np.logspace(-1, 3, 41),), m: int = 8) -> Outlier:
    """Move one sample of m away, and normalize all of them each time.

    No x̂ passes √(m − 1). The others are pressed together, at −1/√(m − 1).

    >>> found = outlier((1, 1e6), m=5)
    >>> found.moved.round(3).tolist()
    [0.816, 2.0]

    Args:
        positions: of the sample that moves.
        m: size of the mini-batch; the others stand evenly.

    Returns:
        x̂ by position.
    """
    others = np.linspace(-1, 1, m - 1)
    others = others / others.std()
    batch = np.stack([[position, *others] for position in positions], axis=1)
    x_hat = norms.batch_norm(batch, None, None, training=True)
    return Outlier(np.array(positions, dtype=float), x_hat[0], x_hat[1:])


class Shapes(NamedTuple):
    """How x̂ is distributed in some units, and in a bell curve.

    Attributes:
        centers: of the bins, in standard deviations, shape (B,).
        density: by unit, shape (U, B).
        bell: that of the standard normal distribution, shape (B,).
        kurtosis: of each unit before normalizing and after, shape (U, 2); 0 in a bell curve.
    """

    centers: Floats
    density: Floats
    bell: Floats
    kurtosis: Floats


def shapes(seed: int = 0, *, bins: int = 33, reach: float = 4) -> Shapes:
    """Normalize all units of a trained layer; keep the flattest, a typical and the most peaked.

    To normalize is to shift and to stretch: a distribution keeps its shape.

    Args:
        seed: of the network (:func:`weighted_sums`).
        bins: between −reach and reach.
        reach: in standard deviations.

    Returns:
        Densities of three units, from the smallest kurtosis to the largest.
    """
    sums = weighted_sums(seed)
    x_hat = norms.batch_norm(sums, None, None, training=True)
    before, after = ((((x - x.mean(0)) / x.std(0)) ** 4).mean(0) - 3 for x in (sums, x_hat))
    order = np.argsort(before)
    units = order[[0, len(order) // 2, -1]]
    edges = np.linspace(-reach, reach, bins + 1)
    centers, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    density = [np.histogram(x_hat[:, u], edges)[0] / len(x_hat) / width for u in units]
    bell = np.exp(-(centers**2) / 2) / np.sqrt(2 * np.pi)
    return Shapes(centers, np.array(density), bell, np.stack([before[units], after[units]], 1))
