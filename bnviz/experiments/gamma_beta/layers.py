"""γ and β in a layer of the digits."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from bnviz import data
from bnviz.experiments.common import Floats, digits, train_quietly
from bnviz.experiments.gamma_beta.two_spirals import KINDS
from bnviz.networks import mlp
from bnviz.training import shuffled_batches

__all__ = ["Widths", "on_digits", "undone", "widths"]


def on_digits(
    kinds: Mapping[str, Mapping[str, Any]] = KINDS,
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "sigmoid",
    hidden: Sequence[int] = (100, 100),
    steps: int = 400,
    lr: float = 0.5,
) -> dict[str, Floats]:
    """Test accuracy of the same kinds of networks on digits, shape (S,) a label.

    It tells nothing of γ and β: a straight line recognizes digits nearly as well.
    """
    result: dict[str, list[float]] = {label: [] for label in kinds}
    for seed in seeds:
        split = data.digits(seed)
        networks = {}
        for label, changes in kinds.items():
            options = {"hidden": hidden, "norm": None, **changes}
            sizes = (64, *options.pop("hidden"), 10)
            networks[label] = mlp(sizes, activation, seed=seed, **options)
        runs = train_quietly(networks, steps, data=split, lr=lr, batch_size=64, seed=seed)
        for label, run in runs.items():
            result[label].append(run.accuracy[-1])
    return {label: np.array(values) for label, values in result.items()}


class Widths(NamedTuple):
    """What a unit's standard deviation does when the layer before is scaled, shape (F,) each.

    Attributes:
        before: of the values that enter batch normalization.
        training: of those that leave it, in training mode.
        evaluation: the same in eval mode, with running statistics from before the scaling.
    """

    before: Floats
    training: Floats
    evaluation: Floats


@torch.no_grad()
def widths(
    factors: Sequence[float] | Floats, weight: float = 2.0, *, seed: int = 0, batch_size: int = 64
) -> Widths:
    """Multiply weights and biases of the layer before; how wide are a unit's values then?

    In training mode they are as wide as |γ| says, until they are as small as ε. In eval mode
    they are as wide as the layer before makes them.

    Args:
        factors: on the layer before, an untrained one that sees digits, shape (F,).
        weight: γ.
        seed: of the weights and the mini-batch.
        batch_size: images in the mini-batch.
    """
    every, norm = _of_an_untrained_layer(seed)
    nn.init.constant_(norm.weight, weight)
    norm.momentum = None  # a plain average over the batches
    order = shuffled_batches(len(every), batch_size, seed)
    for rows in (next(order) for _ in range(len(every) // batch_size)):
        norm(every[rows])
    z = every[next(order)]
    rows_of = []
    for factor in factors:
        kept = copy.deepcopy(norm)  # a pass in training mode moves the running statistics
        outputs = (factor * z, kept.eval()(factor * z), kept.train()(factor * z))
        rows_of.append([float(values[:, 0].std(correction=0)) for values in outputs])
    before, evaluation, training = np.array(rows_of).T
    return Widths(before, training, evaluation)


@torch.no_grad()
def undone(batch_sizes: Sequence[int], *, seed: int = 0, draws: int = 50) -> Floats:
    """γ and β that undo the normalization of all training images; what if only a few come?

    Then mean and standard deviation of the mini-batch are not those that γ and β undo.

    Args:
        batch_sizes: of the mini-batches, B of them.
        seed: of an untrained layer, and of the mini-batches.
        draws: mini-batches of each size.

    Returns:
        Root mean square of what is not undone, in standard deviations of the unit, median over
        units, shape (B,). In training mode.
    """
    z, norm = _of_an_untrained_layer(seed)
    norm.weight.copy_((z.var(0, correction=0) + norm.eps).sqrt())
    norm.bias.copy_(z.mean(0))
    left = []
    for size in batch_sizes:
        order = shuffled_batches(len(z), size, seed)
        batches = [z[next(order)] for _ in range(draws)]
        error = torch.stack([norm(batch) - batch for batch in batches]).square().mean((0, 1))
        left.append(float((error.sqrt() / z.std(0)).median()))
    return np.array(left)


def _of_an_untrained_layer(seed: int) -> tuple[Tensor, nn.BatchNorm1d]:
    """What a first layer of 100 units makes of the training images, and a norm to stand after."""
    linear = mlp((64, 100, 10), seed=seed).get_submodule("hidden1.linear").double()
    return linear(digits(seed)[0].double()), nn.BatchNorm1d(100, dtype=torch.float64)
