"""Batch Renorm: trained with the batch at hand, yet normalized as at test time.

>>> layer = BatchRenorm(1, 3)
>>> layer(torch.randn(1, 3, 2)).shape
torch.Size([1, 3, 2])
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from bnviz.experiments.common import Floats
from bnviz.experiments.ensemble import BatchNorm
from bnviz.experiments.limits.together import (
    LayerNorm,
    Norm,
    accuracies,
    fully_connected,
    images,
    learn,
)

__all__ = ["WAYS", "BatchRenorm", "RunningNorm", "errors_by_lr"]


class _Running(nn.Module):
    """Running statistics, γ and β, of E networks with C units."""

    eps, momentum = 1e-3, 0.1
    mean: Tensor
    var: Tensor

    def __init__(self, nets: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(nets, width, 1))
        self.bias = nn.Parameter(torch.zeros(nets, width, 1))
        self.register_buffer("mean", torch.zeros(nets, width, 1))
        self.register_buffer("var", torch.ones(nets, width, 1))

    def normalized(self, x: Tensor, mean: Tensor, std: Tensor) -> Tensor:
        """In training mode: x̂ of (E, C, N), given the statistics of the mini-batch."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(E, C, N), with statistics over N."""
        if not self.training:
            x_hat = (x - self.mean) / self.std
        else:
            var, mean = torch.var_mean(x, 2, correction=0, keepdim=True)
            x_hat = self.normalized(x, mean, torch.sqrt(var + self.eps))
            count = x.shape[-1]
            self.mean.lerp_(mean.detach(), self.momentum)
            self.var.lerp_(var.detach() * count / max(count - 1, 1), self.momentum)
        return x_hat * self.weight + self.bias

    @property
    def std(self) -> Tensor:
        """The running standard deviation, shape (E, C, 1)."""
        return torch.sqrt(self.var + self.eps)


class BatchRenorm(_Running):
    """x̂ = r · (x − μ_B)/σ_B + d, where r and d are constants on the way back.

    r = σ_B/σ is kept between 1/3 and 3, d = (μ_B − μ)/σ between −5 and 5. Where neither is clipped,
    x̂ is exactly that of eval mode with the running μ and σ of before the step.

    Source: Ioffe 2017, Algorithm 1, which also begins with r = 1 and d = 0 for some thousand steps;
    here there are none.
    """

    r_max, d_max = 3.0, 5.0

    def normalized(self, x: Tensor, mean: Tensor, std: Tensor) -> Tensor:
        """X̂ = r · (x − mean)/std + d."""
        r = (std / self.std).detach().clamp(1 / self.r_max, self.r_max)
        d = ((mean - self.mean) / self.std).detach().clamp(-self.d_max, self.d_max)
        return r * (x - mean) / std + d


class RunningNorm(_Running):
    """x̂ with the running statistics in training, too: constants on the way back."""

    def normalized(self, x: Tensor, mean: Tensor, std: Tensor) -> Tensor:
        """That of eval mode."""
        return (x - self.mean) / self.std


WAYS: dict[str, Norm] = {
    "batch norm": BatchNorm,
    "running statistics": RunningNorm,
    "Batch Renorm": BatchRenorm,
    "layer norm": LayerNorm,
}


def errors_by_lr(
    batch_size: int,
    lrs: Sequence[float] = (0.003, 0.01, 0.03, 0.1),
    ways: Sequence[str] = ("batch norm", "running statistics", "Batch Renorm"),
    seeds: Sequence[int] = range(3),
    *,
    steps: int = 200,
    hidden: Sequence[int] = (64, 64),
) -> dict[str, Floats]:
    """Train small networks in one pass, by the statistics that training uses.

    In mini-batches of 2 batch norm fails at each rate, and the others do not, below 0.1. In those
    of 16 running statistics fail at small rates, and Batch Renorm is as good as batch norm. The
    deeper the network, the more they cost: little with one hidden layer.

    Args:
        batch_size: images in a batch.
        lrs: K learning rates.
        ways: of :data:`WAYS`.
        seeds: of split, weights and order.
        steps: updates.
        hidden: widths of the layers.

    Returns:
        By way, the share of test images that are wrong in eval mode, shape (S, K).
    """
    each = [seed for seed in seeds for _ in lrs]
    rates = list(lrs) * len(seeds)
    x, y, x_test, y_test = images(each)
    found = {}
    for way in ways:
        model = fully_connected(WAYS[way], each, hidden)
        learn(model, x, y, each, steps=steps, batch_size=batch_size, lr=rates)
        wrong = 1 - accuracies(model, x_test, y_test)
        found[way] = np.reshape(wrong, (len(seeds), len(lrs)))
    return found
