"""How the size of the mini-batch decides which norm trains well.

>>> errors_by_batch_size((32,), seeds=[0], epochs=1).error["layer norm"].shape
(1, 1)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from bnviz.experiments.common import Floats
from bnviz.experiments.layer_instance_group.together import (
    accuracies,
    fully_connected,
    images,
    train_together,
)

__all__ = ["Errors", "errors_by_batch_size"]


class Errors(NamedTuple):
    """Test errors, in eval mode.

    Attributes:
        batch_sizes: shape (B,).
        error: by norm, the share of test images that are wrong, shape (B, S) for S seeds.
    """

    batch_sizes: NDArray[np.int64]
    error: dict[str, Floats]


def errors_by_batch_size(
    batch_sizes: Sequence[int] = (2, 4, 8, 32),
    norms: Sequence[str] = ("batch norm", "layer norm", "group norm"),
    seeds: Sequence[int] = range(5),
    *,
    epochs: int = 1,
    lr: float = 0.1,
    network: Callable[[str, Sequence[int]], nn.Module] = fully_connected,
) -> Errors:
    """Train with each norm and each batch size, on the same number of images.

    With batch norm and mini-batches of 2 a fifth or more of the test images come out wrong; with
    the others a few per cent (with five layers 7 to 30), whatever the size. From 8 on batch norm is
    as good as the others, or better. So it is with layers of 50 units or five layers (where batch
    norm at 2 is worse still), with learning rates from a third to three times as large, and where
    they grow with the root of the batch size. In the convolutional network mini-batches of 2 cost
    little: each channel still averages over 128 numbers in the first layer and 32 in the second.

    Args:
        batch_sizes: images in a batch.
        norms: of ``together.NORMS``.
        seeds: of split, weights and order.
        epochs: passes through the training images.
        lr: for mini-batches of 64; as in the paper it grows in proportion to the batch size.
        network: makes the networks of all seeds, for a norm.

    Source: Wu & He 2018, figure 1.
    """
    x, y, x_test, y_test = images(seeds)
    error = {}
    for norm in norms:
        rows = []
        for size in batch_sizes:
            model = network(norm, seeds)
            steps = epochs * (len(x) // size)
            rate = lr * size / 64
            train_together(model, x, y, seeds, steps=steps, batch_size=size, lr=rate)
            rows.append(1 - accuracies(model, x_test, y_test))
        error[norm] = np.stack(rows)
    return Errors(np.array(batch_sizes), error)
