"""Chapter 8: what stands in for the mini-batch when the network is used.

>>> forgotten_eval(seeds=[0], steps=20)["eval mode"].shape
(1,)
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bnviz import data
from bnviz.experiments.common import Floats, accuracy, digits, recomputed, train_quietly
from bnviz.networks import MLP, mlp

__all__ = ["Stale", "forgotten_eval", "stale_statistics"]


def forgotten_eval(
    seeds: Sequence[int] = range(3),
    *,
    batch_size: int = 50,
    hidden: Sequence[int] = (100, 100),
    steps: int = 300,
    lr: float = 0.1,
) -> dict[str, Floats]:
    """Test a network with BN as one should, and in training mode, in batches of two kinds.

    In batches of mixed classes nothing shows that ``eval()`` was forgotten. Sorted by class, as
    images of one kind come in, each batch is centred on its own class, and what told the classes
    apart is subtracted.

    Returns:
        By label ("eval mode", "training mode, mixed", "training mode, sorted"), the test accuracy,
        shape (S,).
    """
    found: dict[str, list[float]] = {}
    for seed in seeds:
        model = _trained(seed, hidden, steps, lr)
        _, _, x, y = digits(seed)
        found.setdefault("eval mode", []).append(accuracy(model.eval(), x, y))
        order = {"mixed": torch.arange(len(y)), "sorted": y.argsort()}
        for kind, rows in order.items():
            forgotten = copy.deepcopy(model).train()
            parts = [accuracy(forgotten, x[b], y[b]) for b in torch.split(rows, batch_size)]
            found.setdefault(f"training mode, {kind}", []).append(float(np.mean(parts)))
    return {label: np.array(values) for label, values in found.items()}


class Stale(NamedTuple):
    """Running statistics that follow too slowly, shape (M, T, S) each.

    Attributes:
        momentums: of BN, shape (M,).
        steps: updates, shape (T,).
        running: test accuracy in eval mode.
        recomputed: with statistics of all training images in their place.
    """

    momentums: Floats
    steps: NDArray[np.int64]
    running: Floats
    recomputed: Floats


def stale_statistics(
    momentums: Sequence[float] = (0.01, 0.1),
    steps: Sequence[int] = (5, 10, 20, 50, 100, 200),
    seeds: Sequence[int] = range(3),
    *,
    hidden: Sequence[int] = (100, 100),
    lr: float = 0.1,
    batch_size: int = 64,
) -> Stale:
    """Test a network early, while its running statistics still hang on their start, 0 and 1.

    The parameters are the same whatever the momentum is. In eval mode the network is worse than its
    parameters, until some two or three times 1 / momentum steps have gone by.

    Source: recomputed statistics: Wu & Johnson 2021, Rethinking "Batch" in BatchNorm, section 3.
    """
    found = np.zeros((2, len(momentums), len(steps), len(seeds)))
    for row, momentum in enumerate(momentums):
        for column, seed in enumerate(seeds):
            x, _, x_test, y_test = digits(seed)

            def look(step: int, run: object) -> None:
                if step not in steps:
                    return
                place = (row, list(steps).index(step), column)  # noqa: B023
                for which, network in enumerate((model.eval(), recomputed(model, x))):  # noqa: B023
                    found[which, *place] = accuracy(network, x_test, y_test)  # noqa: B023

            def norm(width: int) -> nn.Module:
                return nn.BatchNorm1d(width, momentum=momentum)  # noqa: B023

            model = mlp((64, *hidden, 10), norm=norm, seed=seed)
            train_quietly(
                model,
                max(steps),
                data=data.digits(seed),
                lr=lr,
                batch_size=batch_size,
                seed=seed,
                on_step=look,
            )
    return Stale(np.array(momentums), np.array(steps), *found)


def _trained(seed: int, hidden: Sequence[int], steps: int, lr: float) -> MLP:
    model = mlp((64, *hidden, 10), norm="batch", seed=seed)
    train_quietly(model, steps, data=data.digits(seed), lr=lr, batch_size=64, seed=seed)
    return model
