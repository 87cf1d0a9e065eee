"""A trained network learns on, with statistics of its new mini-batches or with frozen ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from torch import Tensor

from bnviz.experiments.at_test_time.modes import trained
from bnviz.experiments.common import Floats, accuracy, digits, learn
from bnviz.training import shuffled_batches

__all__ = ["FineTuned", "fine_tuned"]


class FineTuned(NamedTuple):
    """Test accuracy on the new images in eval mode, shape (B, S, L) after learning on.

    Attributes:
        lrs: learning rates, shape (L,).
        before: shape (S,).
        training: with BN in training mode, statistics of the mini-batch.
        frozen: with BN in eval mode all the time, the old running statistics.
    """

    lrs: Floats
    before: Floats
    training: Floats
    frozen: Floats


def fine_tuned(
    batch_sizes: Sequence[int] = (2, 16),
    lrs: Sequence[float] = (0.003, 0.01, 0.03, 0.1),
    seeds: Sequence[int] = range(3),
    *,
    turned: bool = True,
    few: int = 200,
    steps: int = 60,
    hidden: Sequence[int] = (100, 100),
) -> FineTuned:
    """Let a network that knows the digits learn on from a few new ones; all parameters may move.

    With mini-batches of two and a small rate, frozen statistics win clearly: nothing hangs on two
    images. But with them nothing holds the sums of a layer any more, while γ, β and the weights
    move on, and the network no longer stands the learning rate of 0.1 with which it was trained: it
    explodes, at 16 images a batch, too. (There 24 of 25 seeds did, within a dozen steps.)

    Args:
        batch_sizes: of the new mini-batches.
        lrs: learning rates of SGD.
        seeds: of split, weights and batches.
        turned: the new images are turned by 90°; False leaves them as they were.
        few: how many new images there are.
        steps: updates with them.
        hidden: widths of the hidden layers.

    Returns:
        Test accuracies on new images, before and after.
    """
    before = np.zeros(len(seeds))
    found = np.zeros((2, len(batch_sizes), len(seeds), len(lrs)))
    for column, seed in enumerate(seeds):
        x, y, x_test, y_test = digits(seed)
        x, y = x[:few], y[:few]
        if turned:
            x, x_test = _turn(x), _turn(x_test)
        before[column] = accuracy(trained(seed, hidden=hidden).eval(), x_test, y_test)
        for row, batch_size in enumerate(batch_sizes):
            for place, lr in enumerate(lrs):
                for which, mode in enumerate((True, False)):
                    model = trained(seed, hidden=hidden).train(mode)
                    batches = islice(shuffled_batches(few, batch_size, seed), steps)
                    learn(model, x, y, batches, lr)
                    found[which, row, column, place] = accuracy(model.eval(), x_test, y_test)
    return FineTuned(np.array(lrs), before, *found)


def _turn(x: Tensor) -> Tensor:
    return x.reshape(-1, 8, 8).rot90(1, (1, 2)).reshape(len(x), -1)
