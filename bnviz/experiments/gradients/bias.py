"""The bias before a norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from bnviz.experiments.common import Floats, digits
from bnviz.networks import mlp

__all__ = ["BiasGradients", "bias_before_norm"]


class BiasGradients(NamedTuple):
    """Largest gradients of the first layer, by what follows it; shape (S,) each.

    Attributes:
        weights: by label.
        bias: by label.
    """

    weights: dict[str, Floats]
    bias: dict[str, Floats]


def bias_before_norm(
    seeds: Sequence[int] = range(5), *, batch_size: int = 64, training: bool = True
) -> BiasGradients:
    """Ask for the gradient of a bias that BN follows at once, or after a ReLU, or not at all.

    BN subtracts the mean, and the bias with it, as long as it is the mean of the batch: the
    gradient is 0 up to rounding. A ReLU in between makes the bias count, and so does eval mode,
    whose running mean does not follow the bias.

    Source: Ioffe & Szegedy 2015, section 3.2.
    """
    kinds: dict[str, dict[str, Any]] = {
        "linear, BN": {"norm": "batch"},
        "linear, ReLU, BN": {"norm": "batch", "placement": "after"},
        "linear, ReLU": {},
    }
    weights: dict[str, list[float]] = {label: [] for label in kinds}
    bias: dict[str, list[float]] = {label: [] for label in kinds}
    for seed in seeds:
        x, y, _, _ = digits(seed)
        for label, options in kinds.items():
            model = mlp((64, 100, 10), seed=seed, **options).double().train(training)
            loss = F.cross_entropy(model(x[:batch_size].double()), y[:batch_size])
            linear = model.hidden[0].linear
            of_weights, of_bias = torch.autograd.grad(loss, [linear.weight, linear.bias])
            weights[label].append(float(of_weights.abs().max()))
            bias[label].append(float(of_bias.abs().max()))
    return BiasGradients(
        {label: np.array(v) for label, v in weights.items()},
        {label: np.array(v) for label, v in bias.items()},
    )
