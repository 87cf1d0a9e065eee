"""What networks make of the spirals, whatever of γ and β they may learn."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from bnviz import data
from bnviz.experiments.common import Floats, recomputed, zero_lines
from bnviz.experiments.ensemble import Ensemble, batches_of_each
from bnviz.networks import mlp

__all__ = ["KINDS", "Spirals", "boundaries", "capacity", "spirals"]

#: Arguments of ``mlp``, by label: what the networks of the chapter may learn.
KINDS: dict[str, dict[str, Any]] = {
    "straight line": {"hidden": ()},
    "γ, β fixed": {"norm": "batch", "affine": False},
    "β alone": {"norm": "batch", "affine": "bias"},
    "γ alone": {"norm": "batch", "affine": "weight"},
    "γ and β": {"norm": "batch"},
    "without BN": {"norm": None},
}


POINTS = 600  # to train on, and as many to test with


class Spirals(NamedTuple):
    """What networks made of the two spirals.

    Attributes:
        steps: updates before each measurement, shape (E,).
        accuracy: by label, of 600 fresh points, in eval mode, shape (S, E) for S seeds.
        weight: by label, the learned γ, shape (S, L, C) for L layers of C units; nothing is there
            for networks without BN.
        bias: the same for β.
        networks: by label, the trained networks of all seeds, in eval mode.
    """

    steps: NDArray[np.int64]
    accuracy: dict[str, Floats]
    weight: dict[str, Floats]
    bias: dict[str, Floats]
    networks: dict[str, Ensemble]


def spirals(
    kinds: Mapping[str, Mapping[str, Any]] = KINDS,
    seeds: Sequence[int] = range(5),
    *,
    activation: str = "sigmoid",
    hidden: Sequence[int] = (16, 16),
    steps: int = 1500,
    lr: float = 0.5,
    momentum: float = 0.9,
    batch_size: int | None = 64,
    adam: bool = False,
    all_statistics: bool = False,
    recompute: bool = True,
    every: int = 50,
) -> Spirals:
    """Train small networks to part two spirals, with γ and β learned or not.

    Normalized and not scaled, a sigmoid sees mostly its straight middle: the best line explains
    98 % of σ over a bell curve of spread 1. Trained as here, networks whose γ and β are fixed at
    1 and 0 end near the straight line.

    γ alone or β alone help, each less than both; in four layers β alone as much as both, and γ
    alone in most seeds.

    Where it stops: this is what the training finds, not what the network can do; see
    :func:`capacity`. With ReLU, which is bent at any scale, both solve the spirals, and learned γ
    and β are ahead by a point or two, at a learning rate of 0.5 mostly behind. So it is
    when measured with running statistics, which lag behind at these rates (``recompute=False``).

    Args:
        kinds: by label, what to change in the arguments of :func:`bnviz.mlp` (``norm``,
            ``affine``), or ``hidden``.
        seeds: of points, weights and order of the batches.
        activation: as of ``mlp``.
        hidden: widths of the hidden layers.
        steps: updates.
        lr: learning rate.
        momentum: of SGD.
        batch_size: points in a batch; None for all of them at every step.
        adam: Adam in place of SGD.
        all_statistics: normalize with the statistics of all points, also where the loss is that
            of a mini-batch.
        recompute: measure with the statistics of all training points in place of the running ones,
            which lag behind where steps are large: another matter, that of chapter 8.
        every: steps between measurements.

    Returns:
        Accuracies over the steps, and the learned γ and β.

    Source: Ioffe & Szegedy 2015, section 3 (the linear regime of the nonlinearity).
    """
    sets = [(*data.spirals(POINTS, s), *data.spirals(POINTS, s + 1000)) for s in seeds]
    x, y, x_test, y_test = (torch.from_numpy(np.stack(part)) for part in zip(*sets, strict=True))
    accuracy, weight, bias, trained = {}, {}, {}, {}
    for label, changes in kinds.items():
        options = {"hidden": hidden, "norm": None, **changes}
        sizes = (2, *options.pop("hidden"), 2)
        networks = Ensemble(
            [mlp(sizes, activation, seed=seed, **options) for seed in seeds]
        ).train()
        learned = [parameter for parameter in networks.parameters() if parameter.requires_grad]
        optimizer = (
            torch.optim.Adam(learned, lr, fused=True)
            if adam
            else torch.optim.SGD(learned, lr, momentum, fused=True)
        )
        batches = batches_of_each(seeds, POINTS, batch_size or POINTS)
        each = torch.arange(len(seeds))[:, None]
        curve = []
        for step in range(1, steps + 1):
            rows = next(batches)
            if all_statistics:
                outputs, labels = networks(x)[each, rows], y[each, rows]
            else:
                outputs, labels = networks(x[each, rows]), y[each, rows]
            # A sum over networks: each has the gradient of its own mean.
            loss = F.cross_entropy(outputs.flatten(0, 1), labels.flatten()) * len(seeds)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % every == 0:
                ready = _ready(networks, x if recompute else None)
                curve.append(_accuracy(ready, x_test, y_test))
        accuracy[label] = np.stack(curve, axis=1)
        trained[label] = _ready(networks, x if recompute else None)
        weight[label] = _by_seed([norm.weight for norm in networks.norms], len(seeds))
        bias[label] = _by_seed([norm.bias for norm in networks.norms], len(seeds))
    return Spirals(np.arange(every, steps + 1, every), accuracy, weight, bias, trained)


@torch.no_grad()
def boundaries(
    outcome: Spirals, number: int = 0, *, reach: float = 1.15, cells: int = 100
) -> dict[str, Floats]:
    """The lines on which trained networks cannot tell the two spirals.

    Args:
        outcome: of :func:`spirals`.
        number: which of its seeds, counted from 0.
        reach: the square from -reach to reach is searched.
        cells: of a grid, along each side.

    Returns:
        By label, points of lines, shape (T, 2), with NaN between one line and the next.
    """
    found = {}
    for label, networks in outcome.networks.items():
        margin = partial(_margin, networks, len(outcome.accuracy[label]), number)
        found[label] = zero_lines(margin, reach=reach, cells=cells)
    return found


def _margin(networks: Ensemble, seeds: int, number: int, points: Tensor) -> Tensor:
    """By how much the second output of one of the networks is above the first."""
    outputs: Tensor = networks(points.expand(seeds, -1, -1))
    return outputs[number].diff(dim=1)


def capacity(
    seeds: Sequence[int] = range(3),
    *,
    batch_size: int | None = None,
    lr: float = 0.03,
    steps: int = 4000,
    every: int = 200,
    **options: Any,
) -> Spirals:
    """The network whose γ and β are fixed, trained otherwise: it can do more.

    With all points at every step it leaves the straight line behind, with Adam and, more slowly,
    with SGD. So what it could not do in :func:`spirals` is a matter of its training, not of what it
    can represent. With mini-batches of 64 it stays near the line, of 256 but for small rates and
    long trainings, and the noise of the gradient suffices for that: with ``all_statistics`` it
    stays there too.

    Args:
        seeds: as of ``spirals``.
        batch_size: points in a batch; None for all of them at every step.
        lr: learning rate.
        steps: updates.
        every: steps between measurements.
        options: as of ``spirals``; Adam unless they say otherwise.
    """
    fixed = {"γ, β fixed": KINDS["γ, β fixed"]}
    options = {"adam": True, "lr": lr, "steps": steps, "every": every, **options}
    return spirals(fixed, seeds, batch_size=batch_size, **options)


def _ready(networks: Ensemble, x: Tensor | None) -> Ensemble:
    """A copy in eval mode, with the statistics of all of x if it is given."""
    return copy.deepcopy(networks).eval() if x is None else recomputed(networks, x)


@torch.no_grad()
def _accuracy(networks: Ensemble, x: Tensor, y: Tensor) -> Floats:
    share: Floats = (networks(x).argmax(2) == y).double().mean(1).numpy()
    return share


def _by_seed(parameters: Sequence[Tensor], seeds: int) -> Floats:
    layers = [p.detach().double().reshape(seeds, -1).numpy() for p in parameters]
    return np.stack(layers, axis=1) if layers else np.zeros((seeds, 0, 0))
