"""Updates out of date: each layer plans its step as if the others stood still.

>>> staleness(seeds=[0], steps=10)["with BN"].change.shape
(1, 10)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from bnviz.experiments.common import Floats
from bnviz.experiments.why_it_works.together import Together

__all__ = ["Staleness", "staleness"]


class Staleness(NamedTuple):
    """How far updates are out of date when they are made, step by step; shape (S, T) each.

    A network that has reached the goal is not trained on: NaN from there on. After the first
    hundred steps every fourth is measured, and stands for the three after it.

    Attributes:
        change: of the gradient at the last hidden layer's weights when the layers before have made
            their step, in lengths of the planned gradient.
        cosine: between the planned gradient and that one.
        accuracy: on the test set, with the statistics of all training images, as last measured
            before the step.
    """

    change: Floats
    cosine: Floats
    accuracy: Floats

    def between(self, low: float, high: float) -> Floats:
        """The mean change over the steps with an accuracy from ``low`` to ``high``, shape (S,)."""
        there = (self.accuracy >= low) & (self.accuracy < high)
        return np.array(
            [
                row[w].mean() if w.any() else np.nan
                for row, w in zip(self.change, there, strict=True)
            ]
        )


def staleness(
    seeds: Sequence[int] = range(2),
    *,
    activation: str = "sigmoid",
    depth: int = 3,
    init_std: float | str = 0.1,
    lr: float = 0.5,
    steps: int = 1400,
    goal: float = 0.9,
    eval_every: int = 10,
) -> dict[str, Staleness]:
    """Plan an update of the last hidden layer, move the layers before it, and plan again.

    Each layer plans its update as if the others stood still. How wrong that is must be compared at
    the same progress: from 30 % to 90 % accuracy the plain network's updates are out of date by
    more than those of the network with BN. Before that they are nearly exact, and lead nowhere: the
    plain network spends hundreds of steps on a plateau. A mean over the first steps, which are
    plateau without BN and progress with it, says the opposite.

    Args:
        seeds: of split, weights and order.
        activation: as of :func:`bnviz.mlp`.
        depth: number of hidden layers of 100.
        init_std: standard deviation of the initial weights, or a rule, as ``init`` of ``mlp``.
        lr: learning rate of SGD, at batches of 60.
        steps: updates at most.
        goal: test accuracy at which a network stops.
        eval_every: steps between measurements of the accuracy, after the first hundred.

    Returns:
        By label, staleness step by step.

    Source: a normalized form of Santurkar et al. 2018, definition 2.1.
    """
    result = {}
    for label, norm in (("without BN", None), ("with BN", "batch")):
        networks = Together(
            seeds, norm=norm, hidden=[100] * depth, activation=activation, inits=init_std
        )
        table = np.full((3, len(seeds), steps), np.nan)
        right, going = np.zeros(len(seeds)), np.ones(len(seeds), dtype=bool)
        place = networks.last_hidden
        for step in range(steps):
            if step % eval_every == 0 or (step < 100 and step % 2 == 0):  # some are soon there
                right = networks.accuracy()
                going &= right < goal
                rate = lr * torch.as_tensor(going, dtype=torch.float32)
            if not going.any():
                break
            batch = networks.next_batch()
            _, gradient = networks.gradient(*batch)
            if step >= 100 and step % 4:
                networks.step(gradient, rate)
                table[:, going, step] = table[:, going, step - 1]
                continue
            networks.step(gradient[:place], rate)
            _, late = networks.gradient(*batch)
            planned, now = (networks.own(one[place]) for one in (gradient, late))
            change = (now - planned).norm(dim=1) / planned.norm(dim=1)
            cosine = F.cosine_similarity(now, planned)
            table[:2, going, step] = torch.stack([change, cosine]).numpy()[:, going]
            table[2, going, step] = right[going]
            networks.step(gradient[place:], rate, first=place)
        result[label] = Staleness(*table)
    return result
