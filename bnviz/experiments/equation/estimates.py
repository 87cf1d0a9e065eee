"""How well a batch knows mean and variance, and how the running ones settle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from bnviz import norms
from bnviz.experiments.common import Floats
from bnviz.experiments.equation.shape import weighted_sums

__all__ = ["Estimates", "Settling", "biased_or_unbiased", "settling"]


class Estimates(NamedTuple):
    """The biased and the unbiased variance of a mini-batch of m, shape (B,) each.

    Attributes:
        sizes: m.
        biased: standard deviation of x̂ if divided by the biased one, as is done.
        unbiased: if divided by the unbiased one: √((m − 1) / m).
        kept: what goes into ``running_var``, divided by the biased variance: m / (m − 1).
        gradient: length of the gradient at x, divided by that at x̂ over the standard deviation of
            the unit; at m = 2 nothing is left of it.
        gradient_unbiased: the same, if divided by the unbiased one.
    """

    sizes: NDArray[np.int64]
    biased: Floats
    unbiased: Floats
    kept: Floats
    gradient: Floats
    gradient_unbiased: Floats


def biased_or_unbiased(
    sizes: Sequence[int] = (2, 3, 4, 8, 16, 64, 256), seed: int = 0, *, units: int = 200
) -> Estimates:
    """Compare both estimates of the variance, over bell curves of spread 1.

    At m = 1 there is neither: x̂ would be 0 whatever comes in, and PyTorch raises.

    Source: Ioffe & Szegedy 2015, algorithm 1 (biased) and algorithm 2, step 10 (unbiased).
    """
    random = np.random.default_rng(seed)
    rows = []
    for m in sizes:
        x, g = torch.from_numpy(random.normal(size=(2, m, units)))
        running_var = torch.ones(units, dtype=torch.float64)
        F.batch_norm(x, torch.zeros_like(running_var), running_var, training=True, momentum=1.0)
        std, row = x.std(0, correction=0), []
        for correction in (0, 1):
            leaf = x.clone().requires_grad_()
            x_hat = (leaf - leaf.mean(0)) / torch.sqrt(leaf.var(0, correction=correction) + 1e-5)
            (grad,) = torch.autograd.grad(x_hat, leaf, g)
            through = (grad * std).norm(dim=0) / g.norm(dim=0)
            row += [x_hat.detach().std(0, correction=0).mean(), through.mean()]
        rows.append([row[0], row[2], (running_var / std**2).mean(), row[1], row[3]])
    return Estimates(np.array(sizes), *np.transpose(rows))


class Settling(NamedTuple):
    """Mean and standard deviation of x̂ in eval mode, after some mini-batches.

    Attributes:
        batches: how many were seen, shape (T,).
        mean: over all training images, by unit, shape (C, T).
        std: the same of the standard deviation, shape (C, T).
    """

    batches: NDArray[np.int64]
    mean: Floats
    std: Floats


def settling(
    momentum: float = 0.1, batches: int = 60, seed: int = 0, *, batch_size: int = 64
) -> Settling:
    """Let running statistics settle on a layer that no longer changes.

    They begin at mean 0 and variance 1. Until they have come to those of the data, x̂ in eval mode
    has another mean than 0 and another standard deviation than 1.

    Args:
        momentum: the share of the new batch.
        batches: how many random mini-batches are seen.
        seed: of the network (:func:`weighted_sums`) and of the batches.
        batch_size: images in each.

    Returns:
        Mean and standard deviation of x̂ by unit, before the first batch and after each.
    """
    sums, random = weighted_sums(seed), np.random.default_rng(seed)
    running_mean, running_var = np.zeros(sums.shape[1]), np.ones(sums.shape[1])
    rows = []
    for _ in range(batches + 1):
        std = np.sqrt(running_var + 1e-5)
        rows.append([(sums.mean(0) - running_mean) / std, sums.std(0) / std])
        batch = sums[random.choice(len(sums), batch_size, replace=False)]
        norms.batch_norm(batch, running_mean, running_var, training=True, momentum=momentum)
    mean, std = np.array(rows).transpose(1, 2, 0)
    return Settling(np.arange(batches + 1), mean, std)
