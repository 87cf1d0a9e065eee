"""Introduction: what reaches a deep layer before the first step.

>>> spread_by_layer(depth=3)["without BN"].shape
(5, 3)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from bnviz.experiments.common import Floats, digits
from bnviz.networks import mlp

__all__ = ["spread_by_layer"]


@torch.no_grad()
def spread_by_layer(
    init: float | str | None = 0.1,
    activation: str = "sigmoid",
    seeds: Sequence[int] = range(5),
    *,
    depth: int = 6,
    width: int = 100,
    images: int = 60,
) -> dict[str, Floats]:
    """Measure how far apart images are for a typical unit of each layer, before any training.

    A sigmoid's slope is at most 1/4. With weights of standard deviation 0.1 a layer of 100 units
    hands on about a quarter of the differences between images. Batch normalization stretches
    what is left to standard deviation 1, as long as its variance is far above ε.

    Args:
        init: initial weights, as of :func:`bnviz.mlp`.
        activation: as of :func:`bnviz.mlp`.
        seeds: of split and weights.
        depth: hidden layers.
        width: units of each.
        images: in the mini-batch over which the standard deviation is taken.

    Returns:
        By label, the median over the units of the standard deviation of what enters their
        activations, shape (seeds, depth). Training mode.

    Source: Glorot & Bengio 2010, section 4.2, ask for variances that stay alike over the layers.
    """
    found = {label: np.zeros((len(seeds), depth)) for label in ("without BN", "with BN")}
    for row, seed in enumerate(seeds):
        x = digits(seed)[0][:images]
        for label, norm in (("without BN", None), ("with BN", "batch")):
            sizes = (64, *[width] * depth, 10)
            model = mlp(sizes, activation, norm=norm, init=init, seed=seed).train()
            value = x
            for layer in range(depth):
                *before, last = model[layer].children()
                for part in before:
                    value = part(value)
                found[label][row, layer] = value.std(0, correction=0).median()
                value = last(value)
    return found
