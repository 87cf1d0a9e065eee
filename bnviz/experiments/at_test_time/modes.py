"""A trained network is tested as one should, and in training mode, in batches of two kinds."""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from bnviz import data
from bnviz.experiments.common import Floats, accuracy, digits, train_quietly
from bnviz.networks import MLP, mlp

__all__ = ["Forgotten", "forgotten_eval", "trained"]


class Forgotten(NamedTuple):
    """Test accuracy of S networks.

    Attributes:
        sizes: of the test batches, shape (B,).
        eval_mode: as one should, shape (S,): there the size of the test batches does not matter.
        mixed: in training mode, in batches of mixed classes, shape (S, B).
        sorted: in training mode, the images sorted by class, shape (S, B).
    """

    sizes: NDArray[np.int64]
    eval_mode: Floats
    mixed: Floats
    sorted: Floats


def forgotten_eval(
    sizes: Sequence[int] = (2, 5, 10, 20, 50, 100, 250, 500),
    seeds: Sequence[int] = range(5),
    *,
    batch_size: int = 64,
    hidden: Sequence[int] = (100, 100),
    steps: int = 300,
    lr: float = 0.1,
) -> Forgotten:
    """Test a network with BN as one should, and in training mode.

    In large batches of mixed classes nothing shows that ``eval()`` was forgotten; in small ones the
    noise of the batch costs accuracy. Sorted by class, as images of one kind come in, each batch is
    centered on its own class, and what told the classes apart is subtracted.

    Args:
        sizes: of the test batches; each divides 500, the number of test images.
        seeds: of split, weights and batches.
        batch_size: of the training.
        hidden: widths of the hidden layers.
        steps: of the training.
        lr: learning rate of SGD.

    Returns:
        Test accuracies.
    """
    eval_mode = np.zeros(len(seeds))
    found = np.zeros((2, len(seeds), len(sizes)))
    for row, seed in enumerate(seeds):
        model = trained(seed, hidden=hidden, steps=steps, lr=lr, batch_size=batch_size)
        _, _, x, y = digits(seed)
        eval_mode[row] = accuracy(model.eval(), x, y)
        forgotten = copy.deepcopy(model).train()
        for which, order in enumerate((torch.arange(len(y)), y.argsort(stable=True))):
            for column, size in enumerate(sizes):
                parts = [accuracy(forgotten, x[rows], y[rows]) for rows in order.split(size)]
                found[which, row, column] = np.mean(parts)
    return Forgotten(np.array(sizes), eval_mode, *found)


def trained(
    seed: int,
    *,
    hidden: Sequence[int] = (100, 100),
    steps: int = 300,
    lr: float = 0.1,
    batch_size: int = 64,
) -> MLP:
    """A network with BN that has learned the digits.

    Args:
        seed: of split, weights and batches.
        hidden: widths of the hidden layers.
        steps: updates.
        lr: learning rate of SGD.
        batch_size: images in a mini-batch.
    """
    return copy.deepcopy(_trained(seed, tuple(hidden), steps, lr, batch_size))


@functools.lru_cache(32)  # several questions are asked of the same networks
def _trained(seed: int, hidden: tuple[int, ...], steps: int, lr: float, batch_size: int) -> MLP:
    model = mlp((64, *hidden, 10), norm="batch", seed=seed)
    train_quietly(model, steps, data=data.digits(seed), lr=lr, batch_size=batch_size, seed=seed)
    return model
