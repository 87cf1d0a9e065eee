"""Running statistics in numbers of 32 and of 16 bits: small steps may be rounded away."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from bnviz.experiments.common import Floats

__all__ = ["running_means"]

_DTYPES = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}


def running_means(
    momentum: float,
    *,
    mean: float = 5.0,
    std: float = 2.0,
    units: int = 4,
    batch_size: int = 64,
    steps: int = 1000,
    every: int = 10,
    seed: int = 0,
) -> dict[str, Floats]:
    """The running mean of a layer whose buffers are cast, over normal numbers that stay the same.

    A new value, old + momentum · (batch − old), is rounded to the numbers that there are. Near 4 a
    bfloat16 has none between 4 and 4.03: where the step is less than half of that, nothing moves.
    A float16 is finer, and stops at 4 where momentum is 0.001.
    The layer's own type decides; under ``torch.autocast`` the layer stays in float32.

    Args:
        momentum: PyTorch's.
        mean: of the numbers that come in.
        std: their standard deviation.
        units: of the layer; the noise of each is its own.
        batch_size: numbers a unit gets in a step.
        steps: mini-batches.
        every: steps from one value to the next.
        seed: of the numbers.

    Returns:
        Of each type, shape (units, 1 + steps / every), from the start on.
    """
    found = {}
    for name, dtype in _DTYPES.items():
        layer = nn.BatchNorm1d(units, momentum=momentum).to(dtype)
        random = torch.Generator().manual_seed(seed)
        rows = [np.zeros(units)]
        for step in range(1, steps + 1):
            layer((mean + std * torch.randn(batch_size, units, generator=random)).to(dtype))
            if step % every == 0:
                assert layer.running_mean is not None
                rows.append(layer.running_mean.double().numpy())
        found[name] = np.stack(rows, axis=1)
    return found
