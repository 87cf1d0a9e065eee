"""The gradient of each layer before the first step: where it vanishes, where it explodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from bnviz.experiments.common import Floats, digits
from bnviz.networks import MLP, mlp

__all__ = ["growth", "per_layer"]


def per_layer(
    depth: int = 20,
    seeds: Sequence[int] = range(3),
    *,
    activation: str | Callable[[], nn.Module] = "sigmoid",
    init: float | str | None = "xavier",
    times: float = 1.0,
    width: int = 100,
    batch_size: int = 64,
) -> dict[str, Floats]:
    """Measure the gradient at each layer's weights before the first step, without BN and with.

    Without BN, in layers of sigmoids it shrinks from layer to layer on the way back. In layers of
    ReLU it is as small, or as large, in *all* layers: weights times a make it a^depth times as
    large or small, half of that on the way forward (with biases of 0). With BN that is gone:
    weights times a give 1/a times the gradient in every layer. But with ReLU it then grows towards
    the first layer, whatever the initial weights; with tanh less, with sigmoids hardly.

    Args:
        depth: hidden layers.
        seeds: of the images and the weights, S of them.
        activation: as of :func:`bnviz.mlp`.
        init: as of ``mlp``.
        times: what the initial weights of the hidden layers are multiplied by.
        width: of the hidden layers.
        batch_size: images in the mini-batch.

    Returns:
        By label, lengths of the gradients of the hidden layers, shape (S, depth).
    """
    sizes = (64, *[width] * depth, 10)
    found: dict[str, Floats] = {}
    for label, norm in (("without BN", None), ("with BN", "batch")):
        rows = []
        for seed in seeds:
            model = mlp(sizes, activation, norm=norm, init=init, seed=seed)
            with torch.no_grad():
                for block in model.hidden:
                    block.linear.weight.mul_(times)
            rows.append(_lengths(model, seed, batch_size))
        found[label] = np.array(rows)
    return found


def growth(
    batch_sizes: Sequence[int] = (4, 8, 16, 64, 256),
    activations: Sequence[str] = ("ReLU", "tanh", "sigmoid", "none"),
    seeds: Sequence[int] = range(3),
    *,
    depth: int = 24,
    width: int = 100,
    init: float | str = "kaiming",
) -> dict[str, dict[int, Floats]]:
    """Measure how much the gradient grows a layer on the way back, in networks with BN.

    The mean factor over the layers between the first and the last few. With ReLU it is 1.2 and
    does not fall below that however large the batch; with tanh 1.1 and less; with sigmoids and
    without an activation next to 1 from 64 images on. In mini-batches of 4 it is about 1.3 with
    these (1.1 to 1.5), 1.6 with ReLU. Much the same with layers of 50 or 300 units, other depths
    and other initial weights.

    Args:
        batch_sizes: images in the mini-batch.
        activations: "ReLU", "tanh", "sigmoid", "none".
        seeds: of the images and the weights.
        depth: hidden layers, at least 10.
        width: of the hidden layers.
        init: as of :func:`bnviz.mlp`.

    Returns:
        By activation and batch size, the factor of each seed.

    Source: Yang et al. 2019; their factor is that of the squared length, π/(π − 1) for ReLU with
    wide layers and large batches.
    """
    sizes = (64, *[width] * depth, 10)
    makers = {"ReLU": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "none": nn.Identity}
    skipped = depth // 5
    found: dict[str, dict[int, Floats]] = {}
    for name in activations:
        found[name] = {}
        for size in batch_sizes:
            models = [mlp(sizes, makers[name], norm="batch", init=init, seed=s) for s in seeds]
            rows = [_lengths(model, s, size) for model, s in zip(models, seeds, strict=True)]
            early, late = np.array(rows)[:, [skipped, -1 - skipped]].T
            found[name][size] = (early / late) ** (1 / (depth - 1 - 2 * skipped))
    return found


def _lengths(model: MLP, seed: int, batch_size: int) -> list[float]:
    """How long the gradient is at each hidden layer's weights, on the seed's first images."""
    x, y, _, _ = digits(seed)
    loss = F.cross_entropy(model(x[:batch_size]), y[:batch_size])
    grads = torch.autograd.grad(loss, [block.linear.weight for block in model.hidden])
    return [float(g.double().norm()) for g in grads]
