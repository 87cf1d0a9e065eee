"""Four filters made by hand, whose maps one can read, and the maps of some digits."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from bnviz import data
from bnviz.experiments.common import Floats

__all__ = ["FILTERS", "digit_images", "digit_maps"]

#: Weights of 3×3 windows, by what they answer to.
FILTERS: dict[str, Floats] = {
    "left edge": np.array([[-1.0, 1.0, 0.0]] * 3),
    "top edge": np.array([[-1.0] * 3, [1.0] * 3, [0.0] * 3]),
    "blur": np.full((3, 3), 1 / 9),
    "dot": np.array([[-0.25, -0.5, -0.25], [-0.5, 3.0, -0.5], [-0.25, -0.5, -0.25]]),
}


def digit_images(count: int, seed: int = 0) -> Floats:
    """The first training images, (count, 8, 8)."""
    return data.as_images(data.digits(seed).x_train[:count]).astype(np.float64)


def digit_maps(count: int, seed: int = 0) -> Floats:
    """What a convolution with these four filters makes of them: (count, 4, 8, 8).

    >>> digit_maps(3).shape
    (3, 4, 8, 8)
    """
    images = torch.from_numpy(digit_images(count, seed))[:, None]
    weights = torch.from_numpy(np.stack(list(FILTERS.values())))[:, None]
    found: Floats = F.conv2d(images, weights, padding=1).numpy()
    return found
