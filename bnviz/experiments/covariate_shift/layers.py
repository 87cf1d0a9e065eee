"""What a layer is given while the layers before it learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from bnviz import data
from bnviz.experiments.common import Floats, digits, steps_to, steps_until, train_quietly
from bnviz.networks import mlp
from bnviz.training import shuffled_batches
from bnviz.twins import Twins

__all__ = [
    "BatchMeans",
    "Movement",
    "batch_means",
    "movement",
    "over_time_and_between_batches",
    "starts",
]

_LAST = "hidden3.activation"


_DEEP = (64, 100, 100, 100, 10)


class Movement(NamedTuple):
    """How the inputs of the last sigmoids move in training, without BN and with. Keys: the labels.

    Attributes:
        steps: updates, shape (R,): rows of the recordings.
        percentiles: 15th, 50th, 85th, shape (S, U, R, 3) for S seeds and U units.
        drift: how far the median travels, in units of the final spread (85th − 15th percentile);
            mean over units, shape (S,).
        growth: widest spread divided by narrowest; mean over units, shape (S,).
        center_moves: the greatest distance of the center of 200 test images from where it began,
            in the plane of units 0 and 1, by label and mode ("train", "eval"), shape (S,). In
            training mode and with BN the center *is* β, whatever comes in.
        steps_to_90: updates to 90 % test accuracy, shape (S,); NaN where it is not reached.
    """

    steps: NDArray[np.int64]
    percentiles: dict[str, Floats]
    drift: dict[str, Floats]
    growth: dict[str, Floats]
    center_moves: dict[tuple[str, str], Floats]
    steps_to_90: dict[str, Floats]


def movement(
    seeds: Sequence[int] = range(2),
    *,
    steps: int = 1400,
    init_std: float = 0.1,
    lr: float = 0.5,
    units: Sequence[int] = (0, 20, 40, 60, 80),
    after: int = 17,
) -> Movement:
    """Follow the inputs of the last sigmoids of the twins: medians travel, spreads grow.

    With BN less of both, in training mode. In eval mode the same images' center moves too, because
    the running statistics follow behind.

    Args:
        seeds: of the twins.
        steps: updates.
        init_std: standard deviation of the initial weights.
        lr: learning rate.
        units: of the last hidden layer, recorded one by one.
        after: drift and growth leave out what is before this step.

    Source: Ioffe & Szegedy 2015, figure 1 (b, c): 15th, 50th and 85th percentiles.
    """
    pairs = []
    for seed in seeds:
        twins = Twins(seed=seed, init_std=init_std, lr=lr, units=units, layers=_LAST)
        pairs.append(twins.train(steps, progress=False))
    labels = list(pairs[0].runs)
    percentiles, drift, growth, centers, reached = {}, {}, {}, {}, {}
    for label in labels:
        runs = [pair.runs[label] for pair in pairs]
        recordings = [run.recording for run in runs if run.recording]
        rows = recordings[0].steps
        table = np.array(
            [[r.percentiles(f"{_LAST}[{unit}]") for unit in units] for r in recordings]
        )
        late = table[:, :, rows >= after]
        spread = late[..., 2] - late[..., 0]
        percentiles[label] = table
        drift[label] = (np.ptp(late[..., 1], axis=2) / spread[..., -1]).mean(1)
        growth[label] = (spread.max(2) / spread.min(2)).mean(1)
        for mode in ("train", "eval"):
            probes = [run.probe for run in runs if run.probe]
            clouds = np.stack([getattr(probe, mode)[_LAST] for probe in probes])
            center = clouds[..., :2].mean(2)  # seeds, moments, two units
            far = np.linalg.norm(center - center[:, :1], axis=2)
            centers[label, mode] = far.max(1).astype(float)
        reached[label] = np.array([steps_to(run, 0.9) for run in runs])
    return Movement(rows, percentiles, drift, growth, centers, reached)


class BatchMeans(NamedTuple):
    """Means of a network's inputs to the last sigmoids, over batches, at moments of training.

    Attributes:
        steps: updates before each moment, shape (T,).
        means: at each moment over the same B batches, for each unit, shape (T, B, U).
    """

    steps: NDArray[np.int64]
    means: Floats

    def gone(self) -> Floats:
        """How far each unit's mean has gone from the start, in sampling noise, shape (T, U).

        At 1 it has gone as far as the batches' means lie apart at that moment (their standard
        deviation).
        """
        over_all = self.means.mean(1)
        gone: Floats = np.abs(over_all - over_all[0]) / self.means.std(1)
        return gone


def batch_means(
    seed: int = 0,
    *,
    batch_size: int | None = 60,
    steps: int = 1000,
    every: int = 20,
    lr: float = 0.5,
    init_std: float = 0.1,
    batches: int = 50,
) -> BatchMeans:
    """Stop a network without BN every so often, and take each unit's mean over the same batches.

    Two things that move are seen apart. Along the moments, with the images held still, the
    parameters move the means: internal covariate shift. From batch to batch, with the parameters
    held still, they differ because the images do: sampling noise.

    Args:
        seed: of split, weights, order and batches.
        batch_size: images a training step; None for all of them.
        steps: updates.
        every: steps between the moments.
        lr: learning rate of SGD.
        init_std: standard deviation of the initial weights.
        batches: of 60 random images that are looked at.
    """
    x = digits(seed)[0]
    model = mlp(_DEEP, "sigmoid", init=init_std, seed=seed)
    stream = shuffled_batches(len(x), 60, seed)
    looked_at = torch.stack([next(stream) for _ in range(batches)])
    at, means = [], []

    def look(step: int, run: object) -> None:
        if step % every == 0:
            with torch.no_grad():
                z = model.hidden[2].linear(model[:2](x))
            at.append(step)
            means.append(z[looked_at].mean(1).numpy())

    train_quietly(
        model,
        steps,
        data=data.digits(seed),
        lr=lr,
        seed=seed,
        on_step=look,
        batch_size=batch_size or len(x),
    )
    return BatchMeans(np.array(at), np.stack(means).astype(float))


def over_time_and_between_batches(
    seeds: Sequence[int] = range(3),
    *,
    steps: int = 280,
    every: int = 20,
    lr: float = 0.5,
    batch_size: int | None = 60,
) -> Floats:
    """Divide how far a unit's mean moves over training time by how much batches differ.

    The factor depends on how long one looks; it falls as the units' inputs spread out.

    Args:
        seeds: of split, weights, batches.
        steps: updates.
        every: steps between the moments that are compared.
        lr: learning rate.
        batch_size: images a training step; None for all of them.

    Returns:
        The ratio for each seed, of averages over the units, shape (S,).
    """
    options = {"steps": steps, "every": every}
    ratios = []
    for seed in seeds:
        means = batch_means(seed, lr=lr, batch_size=batch_size, **options).means
        over, between = means.mean(1).std(0).mean(), means.std(1).mean()
        ratios.append(over / between)
    return np.array(ratios)


def starts(
    init_stds: Sequence[float | None] = (0.1, 0.3),
    lrs: Sequence[float] = (0.5, 1.0),
    seeds: Sequence[int] = range(2),
    *,
    activation: str = "sigmoid",
    goal: float = 0.9,
    steps: int = 1500,
    eval_every: int = 10,
) -> dict[str, Floats]:
    """Count the twins' steps to a test accuracy, from harder and easier starts.

    A sigmoid passes at most a quarter of a slope on, so three of them in a row let little through
    unless the weights are large. That is what makes std 0.1 a hard start, although it is the
    standard choice of Glorot & Bengio for 100 inputs and 100 outputs. At learning rate 0.5 the lead
    of BN shrinks as the start gets easier. It also hangs on the learning rate: ReLU layers from std
    0.3 are faster with BN at 0.3, alike at 0.1 and slower with it at 0.01.

    Args:
        init_stds: standard deviations of the initial weights; None for PyTorch's default.
        lrs: learning rates of SGD.
        seeds: of split, weights, batches.
        activation: "sigmoid", "tanh" or "relu".
        goal: test accuracy.
        steps: updates at most.
        eval_every: steps between measurements.

    Returns:
        By label, steps of shape (I, L, S); NaN where ``steps`` were not enough.
    """
    shape = (len(init_stds), len(lrs), len(seeds))
    reached = {label: np.full(shape, np.nan) for label in ("without BN", "with BN")}
    for at in np.ndindex(shape):
        init_std, lr, seed = init_stds[at[0]], lrs[at[1]], seeds[at[2]]
        for label, norm in (("without BN", None), ("with BN", "batch")):
            model = mlp(_DEEP, activation, norm=norm, init=init_std, seed=seed)
            options = {"data": data.digits(seed), "lr": lr, "seed": seed, "eval_every": eval_every}
            reached[label][at] = steps_until(goal, model, steps, **options)
    return reached
