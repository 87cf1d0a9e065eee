"""Networks without batch normalization and with, over starts, learning rates and depths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bnviz.experiments.common import Floats
from bnviz.experiments.training_dynamics.side_by_side import Trained, train_side_by_side
from bnviz.networks import mlp

__all__ = ["Sweep", "by_rate", "sweep", "two_rates"]

_NORMS: Mapping[str, str | None] = {"without BN": None, "with BN": "batch"}


class Sweep(NamedTuple):
    """Networks without BN and with, over initial weights, learning rate and depth.

    Attributes:
        inits: standard deviations of the initial weights, or rules by name, I of them.
        lrs: learning rates, shape (L,).
        depths: numbers of hidden layers, shape (D,).
        steps: updates before each measurement, shape (E,).
        accuracy: by label, in eval mode, shape (I, L, D, S, E) for S seeds.
        effective: by label, the learning rate divided by the square of the length of a unit's
            weights in layer 1 (mean over its units), likewise.
        runs: by label, place (i, l, d, s) of what came of each network.
    """

    inits: tuple[float | str, ...]
    lrs: Floats
    depths: NDArray[np.int64]
    steps: NDArray[np.int64]
    accuracy: dict[str, Floats]
    effective: dict[str, Floats]
    runs: Mapping[tuple[str, int, int, int, int], Trained]

    def usable(self, goal: float = 0.9) -> dict[str, NDArray[np.bool_]]:
        """By label, where every seed ends at this accuracy or above, shape (I, L, D)."""
        return {k: np.all(table[..., -1] >= goal, axis=3) for k, table in self.accuracy.items()}

    def cells(self) -> dict[int, dict[tuple[float | str, float], dict[str, list[Trained]]]]:
        """The runs by depth, then (initial weights, learning rate), then label, a list of seeds.

        That is how ``figures.sweep`` takes them, with the depth as a cause.
        """
        sides = (self.inits, self.lrs.tolist())
        return {
            int(depth): {
                (init, lr): {
                    label: [self.runs[label, i, j, k, s] for s in range(table.shape[3])]
                    for label, table in self.accuracy.items()
                }
                for (i, init), (j, lr) in product(*map(enumerate, sides))
            }
            for k, depth in enumerate(self.depths)
        }


def sweep(
    inits: Sequence[float | str] = (0.02, 0.2, 1.0),
    lrs: Sequence[float] = (0.03, 0.1, 0.3, 1.0, 3.0),
    depths: Sequence[int] = (3, 8),
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "relu",
    width: int = 50,
    batch_size: int = 32,
    steps: int = 240,
    eval_every: int = 40,
    record: bool = False,
) -> Sweep:
    """Train each combination, without BN and with, on the same batches.

    More combinations are usable with BN: larger learning rates, and initial weights from too small
    to too large; not all, and fewer as the network gets deeper.

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
        record: whether the first seed's networks are recorded inside.

    Returns:
        Accuracies and effective learning rates by combination.
    """
    shape = (len(inits), len(lrs), len(depths), len(seeds))
    accuracy, effective = {}, {}
    runs: dict[tuple[str, int, int, int, int], Trained] = {}
    for label, norm in _NORMS.items():
        for k, depth in enumerate(depths):
            sizes = (64, *[width] * depth, 10)
            places = [*product(*map(range, (shape[0], shape[1], shape[3])))]
            found = train_side_by_side(
                [mlp(sizes, activation, norm=norm, init=inits[i], seed=seeds[s])
                 for i, _, s in places],
                [lrs[j] for _, j, _ in places],
                [seeds[s] for *_, s in places],
                steps=steps, batch_size=batch_size, eval_every=eval_every,
                recorded=[p for p, (*_, s) in enumerate(places) if record and s == 0],
            )  # fmt: skip
            runs |= {(label, i, j, k, s): one for (i, j, s), one in zip(places, found, strict=True)}
        every = [*np.ndindex(shape)]
        table = [runs[label, *at].accuracy for at in every]
        rates = [lrs[at[1]] / runs[label, *at].length ** 2 for at in every]
        accuracy[label] = np.reshape(table, (*shape, -1))
        effective[label] = np.reshape(rates, (*shape, -1))
    measured = next(iter(runs.values())).steps
    return Sweep(tuple(inits), np.array(lrs), np.array(depths), measured, accuracy, effective, runs)


def by_rate(
    lrs: Sequence[float] = (0.003, 0.03, 0.3),
    depth: int = 10,
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "relu",
    init: float | str | None = "kaiming",
    width: int = 100,
    batch_size: int = 32,
    steps: int = 120,
    eval_every: int = 20,
) -> dict[float, dict[str, list[Trained]]]:
    """Train well started networks at several learning rates, without BN and with.

    At 0.3 ten layers of ReLU learn with BN only. At 0.003 BN is no gain: there those without it
    are ahead. That turns with the depth: three layers learn a little faster with BN at that
    rate too, so a small rate decides nothing by itself.

    Args:
        lrs: learning rates of SGD.
        depth: number of hidden layers.
        seeds: of split, weights and order.
        activation: as of :func:`bnviz.mlp`.
        init: as of ``mlp``.
        width: of the hidden layers.
        batch_size: images in a batch.
        steps: updates.
        eval_every: steps between measurements.

    Returns:
        By learning rate and label, the runs of the seeds.
    """
    places = [*product(lrs, seeds)]
    result: dict[float, dict[str, list[Trained]]] = {lr: {} for lr in lrs}
    for label, norm in _NORMS.items():
        sizes = (64, *[width] * depth, 10)
        models = [mlp(sizes, activation, norm=norm, init=init, seed=seed) for _, seed in places]
        found = train_side_by_side(
            models, [lr for lr, _ in places], [seed for _, seed in places],
            steps=steps, batch_size=batch_size, eval_every=eval_every,
        )  # fmt: skip
        for lr in lrs:
            result[lr][label] = [
                one for (rate, _), one in zip(places, found, strict=True) if rate == lr
            ]
    return result


def two_rates(
    pairs: Sequence[tuple[float, float]] = ((10.0, 10.0), (100.0, 0.1), (0.1, 10.0)),
    depth: int = 3,
    seeds: Sequence[int] = range(3),
    *,
    init: float | str = 0.2,
    width: int = 50,
    batch_size: int = 32,
    steps: int = 240,
) -> dict[tuple[float, float], Floats]:
    """Train with BN, at one rate for the weights before BN and at another for all the rest.

    At 10 for all they fail. It is not the weights before BN that cannot bear it: at 100 for these
    and 0.1 for all the rest they learn, and fail the other way round.

    Args:
        pairs: the rate of the weights before BN, and that of all else.
        depth: number of hidden layers.
        seeds: of split, weights and order.
        init: as of :func:`bnviz.mlp`.
        width: of the hidden layers.
        batch_size: images in a batch.
        steps: updates.

    Returns:
        By pair, the accuracy of each seed in eval mode.
    """
    sizes = (64, *[width] * depth, 10)
    places = [*product(pairs, seeds)]
    found = train_side_by_side(
        [mlp(sizes, "relu", norm="batch", init=init, seed=seed) for _, seed in places],
        [lr for (lr, _), _ in places],
        [seed for _, seed in places],
        other_lrs=[other for (_, other), _ in places],
        steps=steps, batch_size=batch_size, eval_every=steps,
    )  # fmt: skip
    ends = np.reshape([one.accuracy[-1] for one in found], (len(pairs), -1))
    return dict(zip(pairs, ends, strict=True))
