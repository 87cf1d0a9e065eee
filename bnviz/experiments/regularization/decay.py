"""Weight decay on weights before batch norm, and a learning rate that rises in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from bnviz.experiments.common import Floats
from bnviz.experiments.regularization.nets import Nets, images, learning

__all__ = ["Decayed", "decayed"]


class Decayed(NamedTuple):
    """Networks over their training.

    Attributes:
        steps: shape (T,).
        length: of the weights of layer 1, over that before training, shape (S, T).
        rate: effective learning rate of these weights, over that before training, shape (S, T).
        accuracy: on test images that are normalized by their own statistics, shape (S, T).
    """

    steps: NDArray[np.int64]
    length: Floats
    rate: Floats
    accuracy: Floats


def decayed(
    decay: float = 0.0,
    seeds: Sequence[int] = range(3),
    *,
    rising: float = 0.0,
    norm: bool = True,
    lr: float = 0.1,
    every: int = 30,
    steps: int = 300,
    hidden: Sequence[int] = (50, 50),
) -> Decayed:
    """Train with weight decay on the weights of the hidden layers, or with a rising rate instead.

    With batch norm both are the same training, but for ε and rounding: decay divides the weights
    by a number, which the output does not see, and the effective learning rate rises by its
    square. In eval mode they differ a little where running variances lag behind the lengths.

    Args:
        decay: weight decay λ; each step takes lr · λ of the weights.
        seeds: of split, weights and order.
        rising: no decay, but the learning rate of these weights rises by 1/(1 − lr · rising)² a
            step.
        norm: with batch norm, or without.
        lr: learning rate, of these weights at the start.
        every: steps between measurements.
        steps: updates, in batches of 64.
        hidden: widths of the hidden layers.

    Source: van Laarhoven 2017; Li & Arora 2020.
    """
    x, y, x_test, y_test = images(seeds)
    nets = Nets(seeds, hidden, norm=norm)
    lengths, right = [], []
    for step in learning(nets, x, y, seeds, lr=lr, decay=decay, rising=rising):
        if step % every == 0:
            lengths.append(nets.layers[0].weight.detach().flatten(1).norm(dim=1).double())
            right.append(_right(nets, x_test, y_test))
        if step == steps:
            break
    at = np.arange(0, steps + 1, every)
    length = torch.stack(lengths, 1).numpy()
    length = length / length[:, :1]
    lrs = (1 - lr * rising) ** (-2.0 * at)
    return Decayed(at, length, lrs / length**2, np.stack(right, 1))


@torch.no_grad()
def _right(nets: Nets, x: torch.Tensor, y: torch.Tensor) -> Floats:
    """The share of images recognized, all of them normalized as one batch, shape (E,)."""
    kept = [(one, one.running_mean.clone(), one.running_var.clone()) for one in nets.norms]
    found: Floats = (nets.train()(x).argmax(-1) == y).double().mean(1).numpy()
    for one, mean, var in kept:
        one.running_mean, one.running_var = mean, var
    return found
