"""Batch normalization before the activation, or after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from bnviz import data
from bnviz.experiments.common import Floats, digits, steps_of_each, train_quietly, zero_lines
from bnviz.networks import MLP, mlp

__all__ = [
    "PLACES",
    "Biases",
    "HandedOn",
    "handed_on",
    "rescaled",
    "steps_to_goal",
    "without_biases",
]

#: Arguments of ``mlp``, by label.
PLACES: dict[str, dict[str, Any]] = {
    "without BN": {"norm": None},
    "BN before": {"norm": "batch", "placement": "before"},
    "BN after": {"norm": "batch", "placement": "after"},
}
_POINTS = 600  # of the spirals, to learn from and to be tested with


class HandedOn(NamedTuple):
    """What an untrained layer hands on to the next one, with BN before and after its activation.

    Attributes:
        mean: of a typical unit over the images, shape (S, 2): before, after.
        std: its standard deviation, shape (S, 2).
        edges: of the bins of the histograms, shape (B + 1,).
        share: of the values of all units and seeds in each bin, shape (2, B).
    """

    mean: Floats
    std: Floats
    edges: Floats
    share: Floats


@torch.no_grad()
def handed_on(
    activation: str, seeds: Sequence[int] = range(3), *, bins: int = 40, images: int = 256
) -> HandedOn:
    """Look at what the first hidden layer hands on, in training mode, before the first step.

    Args:
        activation: as of :func:`bnviz.mlp`.
        seeds: of split and weights.
        bins: of the histogram, from -4 to 4.
        images: in the mini-batch.
    """
    edges = np.linspace(-4, 4, bins + 1)
    means, stds, shares = [], [], np.zeros((2, bins))
    for seed in seeds:
        x = digits(seed)[0][:images]
        outputs = [
            mlp((64, 100, 10), activation, norm="batch", placement=place, init="xavier", seed=seed)
            .train()
            .hidden[0](x)
            for place in ("before", "after")
        ]
        means.append([float(y.mean(0).median()) for y in outputs])
        stds.append([float(y.std(0, correction=0).median()) for y in outputs])
        for row, y in enumerate(outputs):
            shares[row] += np.histogram(y.numpy(), edges)[0] / y.numel() / len(seeds)
    return HandedOn(np.array(means), np.array(stds), edges, shares)


def steps_to_goal(
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "sigmoid",
    depth: int = 3,
    init: float | str | None = 0.1,
    lr: float = 0.5,
    goal: float = 0.9,
    steps: int = 200,
    eval_every: int = 5,
) -> dict[str, Floats]:
    """Count the steps to a test accuracy, without BN and with it in either place.

    After the activation it is mostly as soon or sooner, on the digits and at moderate learning
    rates. Where it stops: several layers of sigmoids with large weights saturate before a norm that
    comes after them, and learn late, or never, at large learning rates and small ones. With small
    weights, and with ReLU, it is the rate that decides: after is sooner at small ones, before at
    large ones. A single layer of sigmoids is sooner with the norm behind it all the same; two often
    so, but of tanh two are enough for the norm to belong before it.

    Args:
        seeds: of split, weights and order.
        activation: as of :func:`bnviz.mlp`.
        depth: number of hidden layers of 100.
        init: as of ``mlp``.
        lr: learning rate of SGD, at batches of 60.
        goal: test accuracy.
        steps: updates at most.
        eval_every: steps between measurements.

    Returns:
        By label of ``PLACES``, steps of shape (S,); NaN where ``steps`` were not enough.
    """
    sizes = (64, *[100] * depth, 10)

    def networks(seed: int) -> dict[str, MLP]:
        return {
            label: mlp(sizes, activation, init=init, seed=seed, **place)
            for label, place in PLACES.items()
        }

    return steps_of_each(networks, seeds, goal, steps, lr=lr, eval_every=eval_every)


class Biases(NamedTuple):
    """Networks with and without hidden biases, by place ("BN before", "BN after").

    Attributes:
        accuracy: then by label ("with biases", "without"), the share of 600 fresh points on the
            right side, shape (S,).
        boundary: then by label, the line on which the first seed's network cannot tell the
            spirals: points (T, 2), with NaN between one line and the next.
    """

    accuracy: dict[str, dict[str, Floats]]
    boundary: dict[str, dict[str, Floats]]


def without_biases(
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "relu",
    hidden: Sequence[int] = (64,),
    steps: int = 600,
    lr: float = 0.1,
) -> Biases:
    """Leave out the hidden biases, with BN before and after the activation, and part the spirals.

    Before the activation β stands where the bias stood. After it nothing does: a hidden layer of
    ReLUs can then only bend along lines through the origin. Where it stops: with two hidden
    layers the β behind the first one moves what the second one bends.

    Args:
        seeds: of points, weights and order.
        activation: as of :func:`bnviz.mlp`.
        hidden: widths of the hidden layers.
        steps: updates at batches of 64, with momentum 0.9.
        lr: learning rate.
    """
    kinds = {"with biases": True, "without": False}
    places = {k: v for k, v in PLACES.items() if v["norm"]}
    found = {place: {kind: np.zeros(len(seeds)) for kind in kinds} for place in places}
    lines: dict[str, dict[str, Floats]] = {place: {} for place in places}
    for i, seed in enumerate(seeds):
        models = {
            f"{place}, {kind}": mlp((2, *hidden, 2), activation, bias=bias, seed=seed, **options)
            for place, options in places.items()
            for kind, bias in kinds.items()
        }
        points = (*data.spirals(_POINTS, seed), *data.spirals(_POINTS, seed + 1000))
        runs = train_quietly(
            models, steps, data=points, lr=lr, momentum=0.9, batch_size=64, seed=seed
        )
        for place in places:
            for kind in kinds:
                found[place][kind][i] = runs[f"{place}, {kind}"].accuracy[-1]
                if i == 0:
                    model = models[f"{place}, {kind}"]
                    lines[place][kind] = zero_lines(partial(_margin, model))
    return Biases(found, lines)


def _margin(model: nn.Module, points: Tensor) -> Tensor:
    """By how much the second output is above the first."""
    outputs: Tensor = model(points)
    return outputs.diff(dim=1)


@torch.no_grad()
def rescaled(
    factors: Sequence[float] | Floats,
    activation: str,
    seeds: Sequence[int] = range(3),
    *,
    images: int = 256,
) -> Mapping[str, Floats]:
    """Multiply the weights of a hidden layer; how far does what it hands on move?

    Biases are 0. In training mode BN before the activation takes the factor out, but for ε. After
    it, so it is for ReLU alone, which hands a factor on as it is.

    Args:
        factors: on the weights, above 0, shape (F,).
        activation: as of :func:`bnviz.mlp`.
        seeds: of split and weights.
        images: in the mini-batch.

    Returns:
        By label ("BN before", "BN after"), the change of a value, in standard deviations of its
        unit: root mean square over images, median over the units that are not always 0, (S, F).

    Source: Ioffe & Szegedy 2015, section 3.3.
    """
    found = {
        place: np.zeros((len(seeds), len(factors))) for place in PLACES if place != "without BN"
    }
    for row, seed in enumerate(seeds):
        x = digits(seed)[0][:images]
        for place, changes in found.items():
            model = mlp((64, 100, 10), activation, init="xavier", seed=seed, **PLACES[place])
            usual = _first(model, x)
            weight = model.hidden[0].linear.weight.clone()
            for column, factor in enumerate(factors):
                model.hidden[0].linear.weight.copy_(factor * weight)
                moved = (_first(model, x) - usual).square().mean(0).sqrt()
                changes[row, column] = (moved / usual.std(0, correction=0)).nanmedian()
    return found


def _first(model: MLP, x: Tensor) -> Tensor:
    """What the first hidden layer hands on, in training mode."""
    handed: Tensor = model.train().hidden[0](x)
    return handed
