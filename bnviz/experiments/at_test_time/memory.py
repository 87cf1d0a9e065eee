"""How long the running statistics remember, and how far they lag behind."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bnviz import data
from bnviz.experiments.common import Floats, accuracy, digits, recomputed, train_quietly
from bnviz.networks import MLP, mlp

__all__ = ["Stale", "stale_statistics"]


class Stale(NamedTuple):
    """Test accuracy in eval mode, with running statistics and with those of all training images.

    Attributes:
        momentums: of BN, shape (M,).
        steps: updates, shape (T,).
        running: with the running statistics, shape (M, S, T).
        recomputed: with statistics of all training images in their place, shape (S, T).
    """

    momentums: Floats
    steps: NDArray[np.int64]
    running: Floats
    recomputed: Floats


def stale_statistics(
    momentums: Sequence[float] = (0.01, 0.1),
    steps: Sequence[int] = (5, 10, 20, 50, 100, 200),
    seeds: Sequence[int] = range(5),
    *,
    hidden: Sequence[int] = (100, 100),
    lr: float = 0.1,
    batch_size: int = 64,
) -> Stale:
    """Test a network early, while its running statistics still hang on their start, 0 and 1.

    The parameters are the same whatever the momentum is. In eval mode the network is worse than its
    parameters, until some two or three times 1 / momentum steps have gone by (with two layers).
    With a momentum near 1 the statistics are those of the last few batches, which costs accuracy
    where batches are small.

    Args:
        momentums: of BN, as PyTorch counts it.
        steps: when it is tested, ascending.
        seeds: of split, weights and batches.
        hidden: widths of the hidden layers.
        lr: learning rate of SGD.
        batch_size: images in a mini-batch.

    Returns:
        Test accuracies by momentum, seed and step.

    Source: recomputed statistics: Wu & Johnson 2021, Rethinking "Batch" in BatchNorm, section 3.
    """
    running = np.zeros((len(momentums), len(seeds), len(steps)))
    best = np.zeros((len(seeds), len(steps)))
    for row, seed in enumerate(seeds):
        x, _, x_test, y_test = digits(seed)
        model = mlp((64, *hidden, 10), norm="batch", seed=seed)
        averages = _Averages(model, momentums)

        def look(step: int, run: object) -> None:
            if step not in steps:
                return
            column = list(steps).index(step)
            best[row, column] = accuracy(recomputed(model, x), x_test, y_test)  # noqa: B023
            for which in range(len(momentums)):
                network = averages.network(which)  # noqa: B023
                running[which, row, column] = accuracy(network, x_test, y_test)  # noqa: B023

        train_quietly(
            model,
            max(steps),
            data=data.digits(seed),
            lr=lr,
            batch_size=batch_size,
            seed=seed,
            on_step=look,
        )
    return Stale(np.array(momentums), np.array(steps), running, best)


class _Averages:
    """Running statistics of several momentums beside the network's own, from the same batches."""

    def __init__(self, model: MLP, momentums: Sequence[float]) -> None:
        self._model = model
        self._momentums = torch.tensor(momentums, dtype=torch.float32)[:, None]
        self._norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d)]
        # Of each norm, mean and variance, (M, 2, C): they begin at 0 and 1.
        self._values = [
            torch.tensor([0.0, 1.0])[:, None].repeat(len(momentums), 1, norm.num_features)
            for norm in self._norms
        ]
        for place, norm in enumerate(self._norms):
            norm.register_forward_pre_hook(
                lambda norm, given, place=place: self._add(norm, place, given)
            )

    @torch.no_grad()
    def _add(self, norm: nn.Module, place: int, given: tuple[Tensor]) -> None:
        if norm is not self._norms[place] or not norm.training:
            return  # a copy of the network has copies of the hooks
        var, mean = torch.var_mean(given[0], 0)
        self._values[place].lerp_(torch.stack([mean, var]), self._momentums[:, :, None])

    def network(self, which: int) -> MLP:
        """A copy of the network in eval mode with the statistics of one momentum."""
        model = copy.deepcopy(self._model).eval()
        norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d)]
        for norm, values in zip(norms, self._values, strict=True):
            norm.running_mean, norm.running_var = values[which].clone()
        return model
