"""Chapter 2: inputs that move, at the entrance of a model and inside of it.

>>> moved = moving_place_and_rule(seeds=range(2))
>>> moved["new place"]["straight border"].shape
(2,)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from bnviz import data
from bnviz.experiments.common import Floats, accuracy, digits, ended_at, steps_to
from bnviz.networks import mlp
from bnviz.training import shuffled_batches, train
from bnviz.twins import Twins

__all__ = [
    "BatchMeans",
    "Draw",
    "Movement",
    "SHIFTS",
    "Weighted",
    "batch_means",
    "movement",
    "moving_place_and_rule",
    "one_draw",
    "over_time_and_between_batches",
    "places",
    "pale_and_noisy",
    "starts",
    "weights_by_density",
]

OLD, NEW = -1.0, 1.5  # centres of the two places, in the first coordinate
_SPREAD = (0.5, 0.7)

# -- at the entrance: a model that learned in one place is asked in another -----------------------


def places(
    center: float, seeds: Sequence[int], turn: float = 0.0, number: int = 400
) -> tuple[Floats, NDArray[np.bool_]]:
    """Draw points around (center, 0) and say which lie above a wavy line: the rule.

    Args:
        center: of the place.
        seeds: of the points.
        turn: how far the wave is moved; 0 is the rule, any other number a changed rule.
        number: of points.

    Returns:
        Points (S, number, 2) for S seeds, and on which side each is, (S, number).
    """
    draws = [np.random.default_rng(s).normal((center, 0), _SPREAD, (number, 2)) for s in seeds]
    x = np.stack(draws)
    return x, x[..., 1] > np.sin(1.5 * x[..., 0] + turn)


def moving_place_and_rule(
    seeds: Sequence[int] = range(30), *, center: float = NEW, turn: float = 1.5
) -> dict[str, dict[str, Floats]]:
    """Learn where the points were; what is it worth where they are now, and with another rule?

    Logistic regression on 400 points. A straight border fits in the old place, and in the new one
    it does worse than a constant answer (about as well, where the new place is at 2.5): the
    rule has not changed, but the border was only right where it was learned (covariate shift).
    Given the wave as a third input, the model holds in the new place too; when the rule itself
    moves, that does not help (concept shift). Labels from the new place and of the new rule do.

    Args:
        seeds: of the points.
        center: of the new place.
        turn: how far the rule moves.

    Returns:
        By place and rule ("old place", "new place", "new place, new rule") and by model ("straight
        border", "border with wave", "constant answer", "border with wave, learned there"), the
        share of right answers for each seed, shape (S,). The constant answer is the better one.

    Source: the words follow Moreno-Torres et al. 2012, A unifying view on dataset shift; covariate
    shift is Shimodaira 2000.
    """
    old = places(OLD, _draws(0, seeds))
    straight, wavy = _learn(*old), _learn(_with_wave(old[0]), old[1])
    result = {}
    for name, (at, by) in _asked(center, turn).items():
        asked, more = (3, 4) if at == OLD else (1, 2)  # other points than those learned from
        x, truth = places(at, _draws(asked, seeds), by)
        x_more, truth_more = places(at, _draws(more, seeds), by)
        again = _learn(_with_wave(x_more, by), truth_more)
        result[name] = {
            "straight border": _right(straight, x, truth),
            "border with wave": _right(wavy, _with_wave(x), truth),
            "constant answer": np.maximum(truth.mean(1), 1 - truth.mean(1)),
            "border with wave, learned there": _right(again, _with_wave(x, by), truth),
        }
    return result


class Draw(NamedTuple):
    """One draw of points, and what was learned from those of the old place.

    Attributes:
        points: by place and rule, the points of each side ("above the rule", "below the rule"),
            shape (N, 2).
        lines: by place and rule, "the rule" and both borders, shape (T, 2).
        right: by place and rule, the share of right answers of each border.
    """

    points: dict[str, dict[str, Floats]]
    lines: dict[str, dict[str, Floats]]
    right: dict[str, dict[str, float]]


def one_draw(seed: int = 0, *, center: float = NEW, turn: float = 1.5) -> Draw:
    """As :func:`moving_place_and_rule`, for one seed: the points and the borders themselves."""
    shares = moving_place_and_rule([seed], center=center, turn=turn)
    old = places(OLD, _draws(0, [seed]))
    across = np.linspace(-3.0, center + 2.0, 101)
    learned = {
        "straight border": _learn(*old),
        "border with wave": _learn(_with_wave(old[0]), old[1]),
    }
    borders = {}
    for label, (border,) in learned.items():
        wave = border[2] * np.sin(1.5 * across) if len(border) == 4 else 0
        up = -(border[0] * across + wave + border[-1]) / border[1]
        borders[label] = np.column_stack([across, up])
    points, lines, right = {}, {}, {}
    for name, (at, by) in _asked(center, turn).items():
        (x,), (above,) = places(at, _draws(3 if at == OLD else 1, [seed]), by)
        points[name] = {"above the rule": x[above], "below the rule": x[~above]}
        rule = np.column_stack([across, np.sin(1.5 * across + by)])
        lines[name] = {"the rule": rule, **borders}
        right[name] = {label: float(shares[name][label][0]) for label in borders}
    return Draw(points, lines, right)


def _asked(center: float, turn: float) -> dict[str, tuple[float, float]]:
    """By name, where a model is asked and how far the rule has moved by then."""
    return {
        "old place": (OLD, 0.0),
        "new place": (center, 0.0),
        "new place, new rule": (center, turn),
    }


def _draws(part: int, seeds: Sequence[int]) -> list[int]:
    return [1000 * part + seed for seed in seeds]


class Weighted(NamedTuple):
    """Weights p_new / p_old on the examples of the old place, for places at several distances.

    Attributes:
        distances: from the old place, shape (D,).
        plain: right answers in the new place without weights, shape (D, S).
        weighted: with weights.
        again: with as many examples of the new place itself.
        constant: of the better constant answer.
        effective: how many examples the weights leave: (Σw)² / Σw², of 400, shape (D, S).
    """

    distances: Floats
    plain: Floats
    weighted: Floats
    again: Floats
    constant: Floats
    effective: Floats


def weights_by_density(
    distances: Sequence[float] = (0.25, 0.5, 0.75, 1.0, 2.5), seeds: Sequence[int] = range(30)
) -> Weighted:
    """Weigh each example of the old place by how much more likely it is in the new one.

    Where the places overlap, the straight border then fits the new place. Where they do not, the
    weights leave a handful of examples, and nothing is gained: at distance 2.5 about four of 400.

    Source: Shimodaira 2000, section 2 (the weighted log likelihood).
    """
    learned, fresh, more = (_draws(part, seeds) for part in range(3))
    x, y = places(OLD, learned)
    plain = _learn(x, y)
    columns: list[list[Floats]] = []
    for distance in distances:
        there, truth = places(OLD + distance, fresh)
        # Two bell curves of one width: their ratio is an exponential of the first coordinate.
        log = distance * (x[..., 0] - OLD - distance / 2) / _SPREAD[0] ** 2
        weight = np.exp(log - log.max(1, keepdims=True))
        columns.append(
            [
                _right(plain, there, truth),
                _right(_learn(x, y, weight), there, truth),
                _right(_learn(*places(OLD + distance, more)), there, truth),
                np.maximum(truth.mean(1), 1 - truth.mean(1)),
                weight.sum(1) ** 2 / (weight**2).sum(1),
            ]
        )
    return Weighted(np.array(distances), *np.swapaxes(columns, 0, 1))


def _learn(
    x: Floats,
    y: NDArray[np.bool_],
    weight: Floats | None = None,
) -> Floats:
    """Logistic regression by gradient descent, one a seed; the last weight is the bias."""
    x = _with_ones(x)
    weight = np.ones(y.shape) if weight is None else weight
    weight = weight / weight.sum(1, keepdims=True)
    border = np.zeros((len(x), x.shape[2]))
    for _ in range(1000):
        probability = 1 / (1 + np.exp(-np.einsum("snc,sc->sn", x, border)))
        border -= np.einsum("snc,sn->sc", x, weight * (probability - y))
    return border


def _right(border: Floats, x: Floats, y: NDArray[np.bool_]) -> Floats:
    share: Floats = ((np.einsum("snc,sc->sn", _with_ones(x), border) > 0) == y).mean(1)
    return share


def _with_ones(x: Floats) -> Floats:
    return np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=2)


def _with_wave(x: Floats, turn: float = 0.0) -> Floats:
    return np.concatenate([x, np.sin(1.5 * x[..., :1] + turn)], axis=2)


# -- inside: what a layer is given while the layers before it learn --------------------------------


class Movement(NamedTuple):
    """How the inputs of the last sigmoids move in training, without BN and with. Keys: the labels.

    Attributes:
        steps: updates, shape (R,): rows of the recordings.
        percentiles: 15th, 50th, 85th, shape (S, U, R, 3) for S seeds and U units.
        drift: how far the median travels, in units of the final spread (85th − 15th percentile);
            mean over units, shape (S,).
        growth: widest spread divided by narrowest; mean over units, shape (S,).
        center_moves: the greatest distance of the centre of 200 test images from where it began,
            in the plane of units 0 and 1, by label and mode ("train", "eval"), shape (S,). In
            training mode and with BN the centre *is* β, whatever comes in.
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

    With BN less of both, in training mode. In eval mode the same images' centre moves too, because
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


_LAST = "hidden3.activation"


class BatchMeans(NamedTuple):
    """Means of a network's inputs to the last sigmoids, over batches, at moments of training.

    Attributes:
        steps: updates before each moment, shape (T,).
        means: at each moment over the same B batches, for each unit, shape (T, B, U).
    """

    steps: NDArray[np.int64]
    means: Floats


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

    train(
        model, steps, data=data.digits(seed), lr=lr, seed=seed, on_step=look,
        batch_size=batch_size or len(x),
        **{"eval_every": steps, "record": False, "progress": False},
    )  # fmt: skip
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
    standard choice of Glorot & Bengio for 100 inputs and 100 outputs. The lead of BN shrinks as the
    start gets easier.

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
            runs = train(
                {label: mlp(_DEEP, activation, norm=norm, init=init_std, seed=seed)},
                steps, data=data.digits(seed), lr=lr, seed=seed, on_step=ended_at(goal),
                **{"eval_every": eval_every, "record": False, "progress": False},
            )  # fmt: skip
            reached[label][at] = steps_to(runs[label], goal)
    return reached


_DEEP = (64, 100, 100, 100, 10)

# -- at test time: images that come in otherwise than in training ---------------------------------


def _moved(x: Tensor) -> Tensor:
    """Every image one pixel to the right."""
    return F.pad(x.view(-1, 8, 8), (1, 0))[..., :8].flatten(1)


def _noisy(strength: float) -> Callable[[Tensor], Tensor]:
    noise = torch.Generator()
    return lambda x: x + strength * torch.randn(x.shape, generator=noise.manual_seed(0))


#: By label, how the test images differ from those of training.
SHIFTS: dict[str, Callable[[Tensor], Tensor]] = {
    "as in training": lambda x: x,
    "contrast × 0.6": lambda x: 0.6 * x,
    "contrast × 0.3": lambda x: 0.3 * x,
    "noise 0.2": _noisy(0.2),
    "noise 0.4": _noisy(0.4),
    "one pixel to the right": _moved,
}


def pale_and_noisy(
    seeds: Sequence[int] = range(5),
    shifts: Mapping[str, Callable[[Tensor], Tensor]] = SHIFTS,
    *,
    hidden: Sequence[int] = (100, 100),
    steps: int = 300,
    lr: float = 0.05,
    momentum: float = 0.9,
) -> dict[str, dict[str, Floats]]:
    """Test ReLU twins on images that come in pale, noisy or moved.

    Running statistics are those of the training images: with BN, pale images are recognized worse
    than without. The statistics of the pale images themselves mend that. It holds for contrast;
    noise and movement hurt both alike, and own statistics do not help.

    Args:
        seeds: of split, weights, batches.
        shifts: what is done to the test images (N, 64), by label.
        hidden: widths of the hidden layers.
        steps: updates.
        lr: learning rate of SGD.
        momentum: of SGD.

    Returns:
        By shift and label ("without BN", "with BN", "with BN, own statistics"), the test accuracy,
        shape (S,).

    Source: own statistics at test time: Li et al. 2016, Revisiting Batch Normalization For
    Practical Domain Adaptation.
    """
    kinds = "without BN", "with BN", "with BN, own statistics"
    found: dict[str, dict[str, list[float]]] = {s: {kind: [] for kind in kinds} for s in shifts}
    for seed in seeds:
        _, _, x, y = digits(seed)
        sizes = (64, *hidden, 10)
        plain, bn = mlp(sizes, seed=seed), mlp(sizes, norm="batch", seed=seed)
        train(
            {"plain": plain, "bn": bn}, steps, data=data.digits(seed), lr=lr, momentum=momentum,
            batch_size=64, seed=seed,
            **{"eval_every": steps, "record": False, "progress": False},
        )  # fmt: skip
        for name, shift in shifts.items():
            for kind, model in zip(kinds[:2], (plain, bn), strict=True):
                found[name][kind].append(accuracy(model.eval(), shift(x), y))
        kept = {key: value.clone() for key, value in bn.state_dict().items()}
        for name, shift in shifts.items():
            found[name][kinds[2]].append(accuracy(bn.train(), shift(x), y))
        bn.load_state_dict(kept)
    return {s: {k: np.array(v) for k, v in table.items()} for s, table in found.items()}
