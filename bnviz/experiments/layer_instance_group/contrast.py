"""What each norm keeps of an image's contrast, and what it loses.

>>> two_contrasts(("layer norm",), seeds=[0], steps=5)["layer norm"].shape
(1,)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bnviz import data
from bnviz.experiments.common import Floats
from bnviz.experiments.layer_instance_group.together import (
    NORMS,
    accuracies,
    convolutional,
    images,
    train_together,
)

__all__ = ["accuracy_by_contrast", "dimmed", "two_contrasts", "versions"]

_BATCH = 32
CONTRASTS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)


def versions(seed: int = 0, *, contrast: float = 0.3, brightness: float = 0.4) -> Floats:
    """One test image as it is, faded, faded and lightened; and another image: (4, 1, 8, 8)."""
    _, _, x_test, _ = data.digits(seed)
    one, other = x_test[:2].reshape(2, 8, 8).astype(np.float64)
    return np.stack([one, contrast * one, contrast * one + brightness, other])[:, None]


def accuracy_by_contrast(
    contrasts: Sequence[float] = CONTRASTS,
    norms: Sequence[str] = tuple(NORMS),
    seeds: Sequence[int] = range(3),
    *,
    steps: int = 100,
    lr: float = 0.1,
) -> dict[str, Floats]:
    """Test convolutional networks, trained on the images as they are, on faded ones.

    All norms of single images take no notice, down to where ε is felt, as long as the convolutions
    have no bias. Batch norm, in eval mode with the statistics of the training images, loses most;
    so it is with learning rates from 0.03 to 0.3.

    Args:
        contrasts: what the test images are multiplied by, K of them.
        norms: of ``together.NORMS``.
        seeds: of split, weights and order.
        steps: updates, of 32 images.
        lr: learning rate at the start.

    Returns:
        By norm, the test accuracy in eval mode, shape (S, K).
    """
    x, y, x_test, y_test = images(seeds)
    found = {}
    for norm in norms:
        model = convolutional(norm, seeds)
        train_together(model, x, y, seeds, steps=steps, lr=lr, batch_size=_BATCH)
        rows = [accuracies(model, factor * x_test, y_test) for factor in contrasts]
        found[norm] = np.stack(rows, 1)
    return found


def dimmed(x: Tensor, seed: int, factor: float = 0.5) -> tuple[Tensor, Tensor]:
    """Fade a random half of the images (n, E, 8, 8): the images, and which of them were not."""
    random = torch.Generator().manual_seed(seed)
    full = torch.randint(2, x.shape[:2], generator=random)
    return torch.where(full[..., None, None] == 1, x, factor * x), full


def two_contrasts(
    norms: Sequence[str] = tuple(NORMS),
    seeds: Sequence[int] = range(3),
    *,
    bias: bool = False,
    steps: int = 100,
    lr: float = 0.03,
    factor: float = 0.5,
) -> dict[str, Floats]:
    """Train networks to tell images at full contrast from faded ones.

    Without a bias in the convolutions, a norm of single images divides out the contrast in the
    first layer, and what is left is guessing. A bias comes through layer and group norm: there the
    contrast decides how much it weighs. Instance norm subtracts it with the mean of its channel.
    Some networks do not find the bias in time: with layer or group norm two of thirty seeds at
    0.03 at most and two to eleven at 0.1; without norm one, now and then.

    Args:
        norms: of ``together.NORMS``.
        seeds: of split, weights, order and which images are faded.
        bias: of the convolutions.
        steps: updates, of 32 images.
        lr: learning rate at the start.
        factor: contrast of the faded images.

    Returns:
        By norm, the test accuracy in eval mode, shape (S,).
    """
    x, _, x_test, _ = images(seeds)
    train, full = dimmed(x, seeds[0], factor)
    test, full_test = dimmed(x_test, seeds[0] + 1, factor)
    found = {}
    for norm in norms:
        model = convolutional(norm, seeds, classes=2, bias=bias)
        train_together(model, train, full, seeds, steps=steps, lr=lr, batch_size=_BATCH)
        found[norm] = accuracies(model, test, full_test)
    return found
