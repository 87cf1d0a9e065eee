"""One mini-batch on several devices: whose mean and variance does batch norm take?

>>> accuracy_by_devices((1, 2), seeds=[0], steps=5).apart.shape
(1, 2)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz.experiments.common import Floats, accuracy, digits
from bnviz.networks import mlp
from bnviz.training import shuffled_batches

__all__ = ["Devices", "Shared", "accuracy_by_devices"]


class Devices(NamedTuple):
    """Test accuracy in eval mode, by the number of devices that share a mini-batch.

    Attributes:
        devices: shape (D,).
        apart: each device normalizes its own part, shape (S, D).
    """

    devices: NDArray[np.int64]
    apart: Floats


class Shared(nn.BatchNorm1d):
    """Batch norm as each of several devices computes it on its part of the mini-batch.

    ``DistributedDataParallel`` averages the gradients of the devices, so one network with the
    parts side by side learns what they learn. It keeps the running statistics of the first device.

    Args:
        units: of the layer.
        devices: they share each mini-batch in equal parts.
    """

    def __init__(self, units: int, devices: int) -> None:
        super().__init__(units)
        self.devices = devices

    def forward(self, x: Tensor) -> Tensor:
        """Normalize x (N, C); in training mode, each part by itself."""
        if not self.training:
            return super().forward(x)
        count, units = self.devices, self.num_features
        # Parts become further units: (N, C) → (N / devices, devices · C).
        parts = x.view(count, -1, units).transpose(0, 1).reshape(-1, count * units)
        weight, bias = self.weight.repeat(count), self.bias.repeat(count)
        y = F.batch_norm(parts, None, None, weight, bias, True, 0.0, self.eps)
        with torch.no_grad():
            super().forward(x[: len(x) // count])  # for the running statistics alone
        return y.view(-1, count, units).transpose(0, 1).reshape(x.shape)


def accuracy_by_devices(
    devices: Sequence[int] = (1, 2, 4, 8, 16, 32),
    seeds: Sequence[int] = range(3),
    *,
    batch_size: int = 64,
    hidden: Sequence[int] = (100, 100),
    steps: int = 100,
    lr: float = 0.1,
) -> Devices:
    """Train on mini-batches of one size, which more and more devices share.

    Args:
        devices: how many; each number divides the batch size.
        seeds: of split, weights and batches.
        batch_size: images in a step, on all devices together.
        hidden: widths of the hidden layers.
        steps: updates.
        lr: learning rate of SGD.

    Returns:
        Test accuracies.
    """
    found = np.zeros((len(seeds), len(devices)))
    for row, seed in enumerate(seeds):
        x, y, x_test, y_test = digits(seed)
        for column, count in enumerate(devices):
            model = mlp((64, *hidden, 10), norm=partial(Shared, devices=count), seed=seed)
            optimizer = torch.optim.SGD(model.parameters(), lr)
            batches = shuffled_batches(len(x), batch_size, seed)
            for _ in range(steps):
                batch = next(batches)
                loss = F.cross_entropy(model(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            found[row, column] = accuracy(model.eval(), x_test, y_test)
    return Devices(np.array(devices), found)
