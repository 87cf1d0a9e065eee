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
from torch.nn import functional as F

from bnviz import data
from bnviz.experiments.common import Floats, digits
from bnviz.networks import mlp
from bnviz.run import Run
from bnviz.training import train

__all__ = ["Sweep", "per_layer", "sweep"]


def per_layer(
    depth: int = 10,
    seeds: Sequence[int] = range(5),
    *,
    activation: str = "sigmoid",
    init: float | str | None = 0.1,
    width: int = 100,
    batch_size: int = 256,
) -> dict[str, Floats]:
    """Measure the gradient at each layer's weights before the first step, without BN and with.

    Ten sigmoid layers: without BN the first gets a millionth of the last, with BN about as much.
    Where it stops: BN does not keep gradients level everywhere; with 20 ReLU layers they grow
    towards the first.

    Returns:
        By label, lengths of the gradients of the hidden layers, shape (S, depth).
    """
    found: dict[str, list[list[float]]] = {"without BN": [], "with BN": []}
    for seed in seeds:
        x, y, _, _ = digits(seed)
        for label, norm in (("without BN", None), ("with BN", "batch")):
            model = mlp((64, *[width] * depth, 10), activation, norm=norm, init=init, seed=seed)
            weights = [block.linear.weight for block in model.hidden]
            loss = F.cross_entropy(model(x[:batch_size]), y[:batch_size])
            grads = torch.autograd.grad(loss, weights)
            found[label].append([float(g.norm()) for g in grads])
    return {label: np.array(rows) for label, rows in found.items()}


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
