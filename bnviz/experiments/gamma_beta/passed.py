"""The share that a ReLU after γ and β lets through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnviz import data
from bnviz.experiments.common import Floats, train_quietly
from bnviz.experiments.gamma_beta.two_spirals import POINTS
from bnviz.networks import MLP, mlp

__all__ = ["Passed", "passed_share"]


class Passed(NamedTuple):
    """What each unit of the last hidden layer lets through its ReLU, shape (S, C) each.

    Attributes:
        measured: share of the training samples whose value is above 0, in training mode.
        predicted: Φ(β / |γ|), what it would be if x̂ were a bell curve.
        mirrored: the measured share if every γ had the other sign.
        skewness: of x̂; positive with a long tail to the right.
    """

    measured: Floats
    predicted: Floats
    mirrored: Floats
    skewness: Floats


def passed_share(
    seeds: Sequence[int] = range(3),
    *,
    task: str = "digits",
    hidden: Sequence[int] | None = None,
    steps: int = 500,
    lr: float = 0.1,
) -> Passed:
    """Train ReLU networks with BN; how much do the last layer's ReLUs pass?

    Half at the start. With training, units pass less than half on average, on the digits the less
    the deeper: 48 % after one hidden layer, 40 % after three, 36 % after five. There β says a
    little more than half: what decides is the shape of x̂, which β and γ do not change. On the
    spirals β sinks too, and yet a good part of the units passes more than half.

    Args:
        seeds: of data, weights and order of the batches.
        task: "digits" or "spirals".
        hidden: widths of the hidden layers; three of 100 on digits, two of 16 on the spirals.
        steps: updates, of 64 samples each.
        lr: learning rate.
    """
    tables = []
    for seed in seeds:
        if task == "digits":
            samples = tuple(data.digits(seed))
            sizes, momentum = (64, *(hidden or (100, 100, 100)), 10), 0.0
        else:
            samples = (*data.spirals(POINTS, seed), *data.spirals(POINTS, seed + 1000))
            sizes, momentum = (2, *(hidden or (16, 16)), 2), 0.9
        model = mlp(sizes, norm="batch", seed=seed)
        if steps:
            train_quietly(
                model, steps, data=samples, lr=lr, momentum=momentum, batch_size=64, seed=seed
            )
        tables.append(_of_last_relu(model, torch.from_numpy(samples[0])))
    return Passed(*np.swapaxes(tables, 0, 1))


@torch.no_grad()
def _of_last_relu(model: MLP, x: Tensor) -> Floats:
    last = len(model) - 1  # the output layer is no hidden one, and counting begins at 1
    norm = model.get_submodule(f"hidden{last}.norm")
    outputs: list[Tensor] = []
    watch = norm.register_forward_hook(lambda _, inputs, y: outputs.append(y.double()))
    model.train()(x)
    watch.remove()
    weight, bias = (norm.get_parameter(name).double() for name in ("weight", "bias"))
    (y,) = outputs
    x_hat = (y - bias) / weight
    share = (y > 0).double().mean(0)
    predicted = torch.special.ndtr(bias / weight.abs())
    mirrored = (bias - weight * x_hat > 0).double().mean(0)
    passed: Floats = torch.stack([share, predicted, mirrored, (x_hat**3).mean(0)]).numpy()
    return passed
