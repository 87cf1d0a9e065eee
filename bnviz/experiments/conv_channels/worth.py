"""How many independent values an image counts for, in the mean of a channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnviz import data
from bnviz.experiments.common import Floats
from bnviz.experiments.conv_channels.networks import conv_net, sums_of, trained

__all__ = ["Worth", "image_worth", "worth"]


def worth(maps: Tensor) -> Floats:
    """The variance of a channel's values, divided by that of the images' means.

    The mean of N · k independent values has the variance σ² / (N k). That of a channel, over N
    images drawn at random, has v / N, with v the variance of the images' own means. So an image
    counts for k = σ² / v values.

    Args:
        maps: (N, C, H, W).

    Returns:
        For each channel, shape (C,); the number of places where these are independent.

    >>> maps = torch.randn(4000, 1, 5, 5, generator=torch.Generator().manual_seed(0))
    >>> bool(24 < worth(maps)[0] < 26)
    True
    """
    values = maps.double()
    found: Floats = (
        values.var((0, 2, 3), correction=0) / values.mean((2, 3)).var(0, correction=0)
    ).numpy()
    return found


class Worth(NamedTuple):
    """What an image counts for, by layer; shape (S, L) each, medians over the channels.

    Attributes:
        mean: in the mean of a channel.
        variance: in its variance.
    """

    mean: Floats
    variance: Floats


def image_worth(
    seeds: Sequence[int] = range(3),
    *,
    channels: Sequence[int] = (8, 16, 16),
    steps: int = 100,
    read: str = "mean",
    lr: float = 0.02,
    batch_size: int = 32,
) -> Worth:
    """Ask what an image counts for in each layer's sums, all training images in one batch.

    Values of one image go up and down together where the image as a whole does: it counts for less
    than its places. Where places differ from each other, alike in all images, or where a filter
    answers with plus beside minus, it counts for more. Before training, and in the first layer,
    the digits count for about as many as their 64 places, or more. After training, in the last
    layer before a mean over each map, they count for 2 to 5 of them with three layers and 6 to 10
    with two, at other rates, widths, batch sizes and with tanh; where the last layer reads every
    place, for 40 or more.
    """
    means, variances = [], []
    for seed in seeds:
        model = conv_net(channels, read=read, seed=seed)
        if steps:
            trained(model, steps, seed=seed, lr=lr, batch_size=batch_size)
        x = torch.from_numpy(data.as_maps(data.digits(seed)).x_train)
        sums = sums_of(model, x)
        away = [(one - one.mean((0, 2, 3), keepdim=True)) ** 2 for one in sums]
        means.append([np.median(worth(one)) for one in sums])
        variances.append([np.median(worth(one)) for one in away])
    return Worth(np.array(means), np.array(variances))
