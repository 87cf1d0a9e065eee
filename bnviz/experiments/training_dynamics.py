"""Chapter 7: which starts, learning rates and depths batch normalization makes usable.

>>> grid = sweep((0.1,), (0.5,), (1,), seeds=[0], steps=30, eval_every=10)
>>> grid.accuracy["with BN"].shape
(1, 1, 1, 1, 4)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz import data
from bnviz.experiments.common import Floats, digits
from bnviz.networks import mlp
from bnviz.run import Run
from bnviz.training import train

__all__ = ["Sweep", "Vanishing", "sweep", "vanishing"]


class Vanishing(NamedTuple):
    """The first of many sigmoid layers, before training; by γ, shape (S,) each.

    The keys are the values that all γ have, and None for the network without BN.

    Attributes:
        saturated: share of the sigmoids whose slope is below 5 % of its greatest.
        weight: length of the gradient at the layer's weights.
        median: median size of the gradient at the sigmoids' inputs.
    """

    saturated: dict[float | None, Floats]
    weight: dict[float | None, Floats]
    median: dict[float | None, Floats]


def vanishing(
    gammas: Sequence[float | None] = (None, 1, 4, 16),
    seeds: Sequence[int] = range(5),
    *,
    depth: int = 10,
    init: float = 0.1,
    batch_size: int = 256,
) -> Vanishing:
    """Look at the gradient that reaches the first of ten sigmoid layers.

    Without BN it is about a millionth of what it is with BN: not because sigmoids saturate, none
    does, but because each layer passes on a quarter at most and small weights shrink it
    further. Fewer layers and larger weights lose less: a thirtieth is left of five layers at
    0.2. A large γ after BN saturates most sigmoids: the typical unit gets next to nothing,
    while a few in the middle get more, so that the gradient as a whole grows.

    Returns:
        Shares and gradients by γ.
    """
    tables: list[dict[float | None, list[float]]] = [{g: [] for g in gammas} for _ in range(3)]
    for gamma in gammas:
        for seed in seeds:
            norm = None if gamma is None else "batch"
            model = mlp((64, *[100] * depth, 10), "sigmoid", norm=norm, init=init, seed=seed)
            z: list[Tensor] = []
            for module in model.modules():
                if isinstance(module, nn.BatchNorm1d) and gamma is not None:
                    nn.init.constant_(module.weight, gamma)
                if isinstance(module, nn.Sigmoid):
                    module.register_forward_pre_hook(lambda _, args, z=z: z.append(args[0]))
            x, y, _, _ = digits(seed)
            loss = F.cross_entropy(model(x[:batch_size]), y[:batch_size])
            inputs = (z[0], model.hidden[0].linear.weight)
            grad_z, grad_w = torch.autograd.grad(loss, inputs)
            output = torch.sigmoid(z[0])
            flat = (output * (1 - output) < 0.05 / 4).double().mean()
            for table, value in zip(
                tables, (flat, grad_w.norm(), grad_z.abs().median()), strict=True
            ):
                table[gamma].append(float(value))
    return Vanishing(*({g: np.array(v) for g, v in table.items()} for table in tables))


class Sweep(NamedTuple):
    """Networks without BN and with, over initial weights, learning rate and depth.

    Attributes:
        inits: standard deviations of the initial weights, or rules by name, I of them.
        lrs: learning rates, shape (L,).
        depths: numbers of hidden layers, shape (D,).
        steps: updates before each measurement, shape (E,).
        accuracy: by label, in eval mode, shape (I, L, D, S, E) for S seeds.
        runs: by label, place (i, l, d) and seed, if they were asked for.
    """

    inits: tuple[float | str, ...]
    lrs: Floats
    depths: NDArray[np.int64]
    steps: NDArray[np.int64]
    accuracy: dict[str, Floats]
    runs: Mapping[tuple[str, int, int, int, int], Run]

    def usable(self, goal: float = 0.9) -> dict[str, NDArray[np.bool_]]:
        """By label, where every seed ends at this accuracy or above, shape (I, L, D)."""
        return {k: np.all(table[..., -1] >= goal, axis=3) for k, table in self.accuracy.items()}


def sweep(
    inits: Sequence[float | str] = (0.03, 0.1, 0.3, 1.0),
    lrs: Sequence[float] = (0.03, 0.3, 3.0),
    depths: Sequence[int] = (2, 8),
    seeds: Sequence[int] = range(1),
    *,
    activation: str = "relu",
    width: int = 100,
    batch_size: int = 64,
    steps: int = 200,
    eval_every: int = 50,
    record: bool | Mapping[str, Any] = False,
) -> Sweep:
    """Train each combination, without BN and with, on the same batches.

    More combinations are usable with BN: larger learning rates, and initial weights from too small
    to too large. It is not faster everywhere: at a small learning rate a well started network
    without BN can be ahead.

    Args:
        inits: as ``init`` of :func:`bnviz.mlp`.
        lrs: learning rates of SGD.
        depths: numbers of hidden layers.
        seeds: of split, weights and order.
        activation: as of ``mlp``.
        width: of the hidden layers.
        batch_size: images in a batch.
        steps: updates.
        eval_every: steps between measurements.
        record: as of :func:`bnviz.train`; if given, the runs are kept.

    Returns:
        Accuracies by combination.
    """
    shape = (len(inits), len(lrs), len(depths), len(seeds))
    curves: dict[str, list[Floats]] = {"without BN": [], "with BN": []}
    kept = {}
    for i, j, k, s in np.ndindex(shape):
        sizes, seed = (64, *[width] * depths[k], 10), seeds[s]
        pair = {
            label: mlp(sizes, activation, norm=norm, init=inits[i], seed=seed)
            for label, norm in (("without BN", None), ("with BN", "batch"))
        }
        runs = train(
            pair, steps, data=data.digits(seed), lr=lrs[j], batch_size=batch_size, seed=seed,
            styles={"without BN": "without", "with BN": "with"},
            **{"eval_every": eval_every, "record": record, "progress": False},
        )  # fmt: skip
        for label, run in runs.items():
            curves[label].append(run.accuracy)
            if record is not False:
                kept[label, i, j, k, seed] = run
    accuracy = {label: np.reshape(rows, (*shape, -1)) for label, rows in curves.items()}
    return Sweep(tuple(inits), np.array(lrs), np.array(depths), run.steps, accuracy, kept)
