"""Dropout before batch norm: the running variance belongs to a network that drops units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from bnviz.experiments.common import Floats
from bnviz.experiments.regularization.nets import Nets, accuracies, images, learning, recomputed

__all__ = ["Shift", "variance_shift"]


class Shift(NamedTuple):
    """Networks with dropout, by its rate.

    Attributes:
        rates: of dropout, shape (P,).
        ratio: variance at the layer behind dropout, in eval mode over all training images, divided
            by the running variance; mean over its units, shape (P, S). 1 where nothing shifts; NaN
            where no batch norm follows.
        accuracy: in eval mode, shape (P, S).
        recomputed: the same with statistics of the training images without dropout, shape (P, S).
    """

    rates: Floats
    ratio: Floats
    accuracy: Floats
    recomputed: Floats


def variance_shift(
    place: int = 0,
    rates: Sequence[float] = (0.0, 0.2, 0.5),
    seeds: Sequence[int] = range(5),
    *,
    steps: int = 100,
    lr: float = 0.1,
    hidden: Sequence[int] = (50, 50),
) -> Shift:
    """Train with dropout at one place, and compare variances when it is off.

    Dropout keeps the mean of each value and adds variance. Batch norm behind it collects that
    variance; in eval mode it is not there, and x̂ comes out too narrow.

    Args:
        place: before which layer, from 0 (the pixels); ``len(hidden)`` is behind the last BN.
        rates: the share that is dropped.
        seeds: of split, weights and order; dropout draws its own numbers from the first.
        steps: updates, in batches of 64.
        lr: learning rate.
        hidden: widths of the hidden layers.

    Source: Li et al. 2019, section 3.
    """
    x, y, x_test, y_test = images(seeds)
    rows = []
    for rate in rates:
        nets = Nets(seeds, hidden, dropout=rate, places=[place])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seeds[0])
            for step in learning(nets, x, y, seeds, lr=lr):
                if step == steps:
                    break
        calm = recomputed(nets, x)
        ratio = torch.full((len(seeds),), torch.nan)
        if place < len(hidden):
            kept, found = (one.norms[place].running_var[..., 0] for one in (nets, calm))
            ratio = (found / kept).nanmean(1)
        rows.append(
            [ratio.double().numpy(), *(accuracies(n, x_test, y_test) for n in (nets, calm))]
        )
    ratios, accuracy, again = np.array(rows).transpose(1, 0, 2)
    return Shift(np.array(rates), ratios, accuracy, again)
