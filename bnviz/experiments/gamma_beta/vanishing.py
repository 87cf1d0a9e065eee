"""The gradient that reaches the first of many sigmoid layers, by γ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz.experiments.common import Floats, digits
from bnviz.networks import mlp

__all__ = ["Vanishing", "vanishing"]


class Vanishing(NamedTuple):
    """The first of many sigmoid layers, before training; by γ, shape (S,) each.

    The keys are the values that all γ have, and None for the network without BN.

    Attributes:
        saturated: share of the sigmoids whose slope is below 5 % of its greatest.
        weight: length of the gradient at the layer's weights.
        median: median size of the gradient at the sigmoids' inputs, over units and images.
    """

    saturated: dict[float | None, Floats]
    weight: dict[float | None, Floats]
    median: dict[float | None, Floats]


def vanishing(
    gammas: Sequence[float | None] = (None, 1, 4, 16),
    seeds: Sequence[int] = range(5),
    *,
    depth: int = 10,
    init: float | None = 0.1,
    batch_size: int = 256,
) -> Vanishing:
    """Look at the gradient that reaches the first of ten sigmoid layers.

    Without BN, and with Glorot's initial weights, it is about a millionth of what it is with BN at
    γ = 1: not because sigmoids saturate, none does, but because each layer passes on a quarter at
    most and the weights do not make up for it. Fewer layers and larger weights lose less: about
    a thirtieth is left of five layers at 0.2, and at 1 nothing is lost.

    A large γ saturates most sigmoids, and the typical one gets next to nothing. But the few in the
    middle are steep: the gradient as a whole grows, a thousandfold in ten layers at γ = 16.

    Args:
        gammas: what all γ are set to; None for a network without BN.
        seeds: of the images and the weights, S of them.
        depth: hidden layers, of 100 units each.
        init: standard deviation of the initial weights, 0.1 being Glorot's; None for PyTorch's
            default.
        batch_size: images in the mini-batch.

    Returns:
        Shares and gradients by γ.
    """
    tables: list[dict[float | None, list[float]]] = [{g: [] for g in gammas} for _ in range(3)]
    for gamma in gammas:
        for seed in seeds:
            norm = None if gamma is None else "batch"
            model = mlp((64, *[100] * depth, 10), "sigmoid", norm=norm, init=init, seed=seed)
            z: list[Tensor] = []
            for module in model.modules():
                if isinstance(module, nn.BatchNorm1d) and gamma is not None:
                    nn.init.constant_(module.weight, gamma)
                if isinstance(module, nn.Sigmoid):
                    module.register_forward_pre_hook(lambda _, args, z=z: z.append(args[0]))
            x, y, _, _ = digits(seed)
            loss = F.cross_entropy(model(x[:batch_size]), y[:batch_size])
            inputs = (z[0], model.hidden[0].linear.weight)
            grad_z, grad_w = torch.autograd.grad(loss, inputs)
            output = torch.sigmoid(z[0])
            flat = (output * (1 - output) < 0.05 / 4).double().mean()
            for table, value in zip(
                tables, (flat, grad_w.norm(), grad_z.abs().median()), strict=True
            ):
                table[gamma].append(float(value))
    return Vanishing(*({g: np.array(v) for g, v in table.items()} for table in tables))
