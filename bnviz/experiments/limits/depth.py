"""Deep chains of layers with batch norm, and what skip connections change.

>>> accuracy_by_depth("chain", (2,), ["batch norm"], seeds=[0], steps=2)["batch norm"].shape
(1, 1)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from bnviz.experiments.common import Floats
from bnviz.experiments.limits.together import NORMS, accuracies, images, learn, linear

__all__ = ["KINDS", "Deep", "accuracy_by_depth"]

#: A chain of layers; with skip connections; with branches that begin at 0.
KINDS = ("chain", "skips", "skips from 0")


class Deep(nn.Module):
    """Many layers of one width, (E, 64, N) → (E, 10, N).

    In a chain a layer is ReLU(norm(W x)). With skips it is x + W ReLU(norm(x)); from 0, the branch
    is multiplied by a number that is learned, and begins at 0.

    Args:
        seeds: of E networks.
        depth: layers between the first and the output.
        kind: of :data:`KINDS`.
        norm: of ``together.NORMS``.
        width: units of each layer.
    """

    def __init__(
        self, seeds: Sequence[int], depth: int, kind: str, norm: str, width: int = 32
    ) -> None:
        super().__init__()
        self.kind = kind
        self.first = linear(seeds, 0, 64, width)
        self.output = linear(seeds, 1, width, 10)
        alone = [linear(seeds, 2 + place, width, width).weight.detach() for place in range(depth)]
        # In one piece, which trains faster; Kaiming's size for ReLU, variance 2/width.
        self.weights = nn.Parameter(math.sqrt(6) * torch.stack(alone))
        self.norms = nn.ModuleList(NORMS[norm](len(seeds), width) for _ in range(depth))
        self.scales = nn.Parameter(torch.zeros(depth, len(seeds), 1, 1))
        self.scales.requires_grad_(kind == "skips from 0")

    def forward(self, x: Tensor) -> Tensor:
        """(E, 64, N) → (E, 10, N)."""
        x = self.first(x)
        weights = self.scales * self.weights if self.kind == "skips from 0" else self.weights
        for weight, norm in zip(weights, self.norms, strict=True):
            if self.kind == "chain":
                x = torch.relu(norm(weight @ x))
            else:
                x = torch.baddbmm(x, weight, torch.relu(norm(x)))
        return cast(Tensor, self.output(x))


def accuracy_by_depth(
    kind: str,
    depths: Sequence[int] = (5, 15, 30),
    norms: Sequence[str] = ("without norm", "batch norm"),
    seeds: Sequence[int] = range(3),
    *,
    lrs: Sequence[float] = (0.01, 0.03),
    steps: int = 50,
    batch_size: int = 32,
    width: int = 32,
) -> dict[str, Floats]:
    """Train networks of several depths, each at the best of some learning rates.

    A chain of thirty layers names fewer than half of the images with batch norm, also after 200
    steps. With skips it trains, and from 0 it does even without norm.

    Args:
        kind: of :data:`KINDS`.
        depths: layers, K of them.
        norms: of ``together.NORMS``.
        seeds: of split, weights and order.
        lrs: learning rates; the best is taken by the median over the seeds.
        steps: updates.
        batch_size: images in a batch.
        width: units of each layer.

    Sources: Yang et al. 2019 (chains); De & Smith 2020 (skips, and branches from 0, SkipInit).

    Returns:
        By norm, test accuracy in eval mode, shape (S, K).
    """
    each = [seed for seed in seeds for _ in lrs]
    rates = list(lrs) * len(seeds)
    x, y, x_test, y_test = images(each)
    found = {}
    for norm in norms:
        columns = []
        for depth in depths:
            model = Deep(each, depth, kind, norm, width)
            learn(model, x, y, each, steps=steps, lr=rates, batch_size=batch_size)
            table = accuracies(model, x_test, y_test).reshape(len(seeds), -1)
            columns.append(table[:, np.median(table, 0).argmax()])
        found[norm] = np.stack(columns, 1)
    return found
